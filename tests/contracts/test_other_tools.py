"""Contracts and suites are files that others read too: the Open Data Contract Standard's tool, and Great Expectations as it comes."""

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.authoring import creating
from chiso.contracts.loading import contract_file
from chiso.system.database import owning
from chiso.system.platform import Platform
from chiso.system.settings import load
from chiso.validation.suite import suite_file

HERE = Path(__file__).parent
SETTINGS = load({})
SOURCES = contracts.source_names(SETTINGS)
TELECOM = "departments/telecom"


@pytest.fixture(scope="module")
def datacontract() -> Path:
    """The Python of the environment that the tool has for itself."""
    subprocess.run(["make", "--silent", ".venv/datacontract/ready"], cwd=SETTINGS.home, check=True)
    return SETTINGS.home / ".venv/datacontract/bin/python"


def refused(paths: Sequence[Path], datacontract: Path) -> dict[str, str]:
    """What `datacontract lint` says of those files that it refuses."""
    command = [datacontract, "-I", HERE / "datacontract_lint.py", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_datacontract_lint_takes_every_contract(datacontract: Path) -> None:
    assert refused([SETTINGS.home / contract_file(source) for source in SOURCES], datacontract) == {}


def test_datacontract_lint_would_refuse_one_that_is_wrong(datacontract: Path, tmp_path: Path) -> None:
    text = (SETTINGS.home / contract_file(TELECOM)).read_text("utf-8")
    path = tmp_path / "telecom.yml"
    path.write_text(text.replace("logicalType: integer", "logicalType: whole"), "utf-8")
    assert "whole" in refused([path], datacontract)[str(path)]


@pytest.mark.parametrize("sample", ["departments/telecom.xlsx", "portal/payments.2024-06-28.csv", "soc/alerts.json"])
def test_datacontract_lint_takes_what_is_proposed(sample: str, checkout: Platform, datacontract: Path) -> None:
    given = SETTINGS.home / "tests/fixtures" / sample
    created = creating.create(f"{given.parent.name}/proposed", given, None, checkout)
    assert refused([created.written[0]], datacontract) == {}


def test_datacontract_lint_takes_the_readme_s_example(datacontract: Path, tmp_path: Path) -> None:
    block = re.search(r"^   ```yaml\n(.*?)^   ```", (SETTINGS.home / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert block is not None
    path = tmp_path / "meetings.yml"
    path.write_text(textwrap.dedent(block[1]), "utf-8")
    assert refused([path], datacontract) == {}


def stock(run: str, url: str, table: str) -> Any:
    """What Great Expectations makes of all suites, and of a table by one of them, where this project can't be imported."""
    suites = [str(SETTINGS.home / suite_file(source)) for source in SOURCES]
    asked = {"suites": suites, "run": str(SETTINGS.home / suite_file(run)), "url": url, "table": table}
    packages = str(Path(pytest.__file__).parents[1])
    command = [sys.executable, "-I", "-S", HERE / "stock_expectations.py", packages, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_great_expectations_alone_loads_every_suite_and_judges_by_it(platform: Platform) -> None:
    with platform.engine.begin() as connection, owning(connection):
        connection.execute(
            sa.text(
                "CREATE TABLE public.telecom AS SELECT 10 AS households, fibre AS households_fibre, 3 AS hamlets, 4 AS hamlets_4g, "
                "20 AS adults, 20 AS adults_mobile_broadband FROM unnest(ARRAY[9, 10]) fibre; GRANT SELECT ON public.telecom TO PUBLIC"
            )
        )
    said = stock(TELECOM, platform.engine.url.render_as_string(hide_password=False), "telecom")
    assert len(said["loaded"]) == len(SOURCES)
    for path, loaded in said["loaded"].items():
        stated = json.loads(Path(path).read_text("utf-8"))["expectations"]
        assert loaded == [{word: entry[word] for word in ("type", "severity", "meta")} for entry in stated], path
    assert said["holds"] == {"fibre_exceeds_households": True, "covered_exceeds_hamlets": False, "users_exceed_adults": True}
