"""Every source, by discovery: its three files hold together, and its fixture comes out exactly as written beside it."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.authoring import linting
from chiso.authoring.expecting import shape
from chiso.flow import collecting, loading
from chiso.system.platform import Platform
from chiso.system.settings import load

SETTINGS = load({})
SOURCES = contracts.source_names(SETTINGS)
FIXTURES = SETTINGS.home / "tests" / "fixtures"


@dataclass(frozen=True)
class Fixture:
    """A small delivery of a source and what must come of it."""

    path: Path
    expected: dict[str, Any]

    @classmethod
    def of(cls, source: str) -> "Fixture":
        family, name = source.split("/")
        expected = FIXTURES / family / f"{name}.expected.json"
        [path] = set((FIXTURES / family).glob(f"{name}.*")) - {expected}
        return cls(path, json.loads(expected.read_text("utf-8")))


def sums(platform: Platform, source: str) -> dict[str, float]:
    """Every measure of the source over its current rows, as the view for readers has them; those of no row are left out."""
    contract = contracts.load(source, platform.settings)
    if not contract.measures:
        return {}
    figures = ", ".join(f'{measure.aggregate_sql()} AS "{measure.id}"' for measure in contract.measures)
    with platform.engine.connect() as connection:
        row = connection.execute(sa.text(f"SELECT {figures} FROM publication.{source.replace('/', '_')}")).one()
    return {name: float(value) for name, value in row._mapping.items() if value}


@pytest.mark.parametrize("source", SOURCES)
def test_contract_suite_and_fixture_hold_together(source: str, shared_platform: Platform) -> None:
    assert linting.lint(shared_platform, [source]) == []


def test_nothing_stands_beside_them_that_nobody_reads() -> None:
    assert linting.lint_files(SETTINGS) == []


@pytest.mark.parametrize("source", SOURCES)
def test_the_fixture_comes_out_as_expected(source: str, platform: Platform) -> None:
    fixture, contract = Fixture.of(source), contracts.load(source, SETTINGS)
    expected = fixture.expected | {"issues": sorted(fixture.expected["issues"], key=str)}
    figures = expected.pop("sums")

    checked = loading.check(fixture.path, contract, platform)
    assert shape(checked) == expected
    assert (checked.loaded, checked.unchanged, checked.partitions) == (None, None, None)

    ingested = collecting.ingest_file(fixture.path, contract, platform)
    assert shape(ingested) == expected
    assert ingested.loaded is not None
    assert ingested.unchanged is not None
    assert ingested.loaded + ingested.unchanged + ingested.rejected == ingested.rows
    assert sums(platform, source) == figures

    again = collecting.ingest_file(fixture.path, contract, platform)
    assert shape(again) == expected
    assert (again.delivery, again.loaded) == (ingested.delivery, 0)
    assert again.unchanged == again.rows - again.rejected
    assert sums(platform, source) == figures


def test_a_source_without_a_fixture_fails(tmp_path: Path) -> None:
    for part in ("include/schemas", "expectations", "tests/fixtures"):
        shutil.copytree(SETTINGS.home / part, tmp_path / part)
    alone = replace(SETTINGS, home=tmp_path)
    assert linting.lint_files(alone) == []
    (tmp_path / "tests/fixtures/soc/system_levels.json").unlink()
    [fault] = linting.lint_files(alone)
    assert str(fault) == "tests/fixtures/soc/system_levels.*: the fixture is missing; put a small delivery there, under its own ending"
