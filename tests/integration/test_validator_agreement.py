"""Great Expectations and the row rules find the same rows, for every rule of every source."""

import json
import random
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.contracts import Column, Contract
from chiso.deliveries.scratch import Scratch
from chiso.province.periods import Period
from chiso.staging import tables
from chiso.system.errors import ContractError
from chiso.system.platform import Platform
from chiso.system.settings import load
from chiso.validation import expectations, judge, rows
from chiso.validation.rules import Rule, Rules

SETTINGS = load({})
SOURCES = contracts.source_names(SETTINGS)
PERIOD = Period.of("2024-06")
ROWS = 14
"""Fewer than the rows that Great Expectations lists at most."""

TEXTS = [None, "", "toàn trình", "TOÀN TRÌNH", "000.00.11.H34-240610-0001", "000.00.11.H34", "H34-240610-0001\n", "23281",
         "e\u0301", "x'y", "100%", "{batch}", "\\d", ":name", "🏠", "2024-06"]  # fmt: skip
NUMBERS = [None, -1, 0, 1, 2, 3, 5, 6, 10, 11, 100, 1001, 10**18 - 1]
MOMENTS = [None, "1900-01-01", "2024-06-30 23:59:59", "2024-07-01", "2025-07-01"]
POOLS: dict[str, Sequence[object]] = {
    "count": NUMBERS,
    "number": NUMBERS,
    "percent": NUMBERS,
    "printed": NUMBERS,
    "flag": [None, True, False],
    "mark": [True, False],
    "timestamp": MOMENTS,
    "date": MOMENTS,
}


def fill(connection: sa.Connection, contract: Contract, table: str, chance: random.Random) -> None:
    """A staging table of odd values, some rows twice."""
    columns = [column.name for column in contract.loaded_columns]
    values = [{name: value(column, chance) for name, column in zip(columns, contract.loaded_columns, strict=True)}
              for _ in range(ROWS)]  # fmt: skip
    values[3], values[4] = dict(values[1]), values[2] | {columns[-1]: values[5][columns[-1]]}
    listed = ", ".join(f'"{column}"' for column in columns)
    for number, row in enumerate(values, 2):
        connection.execute(
            sa.text(
                f"INSERT INTO {table} (row_no, {listed}) "
                f"VALUES (:row_no, {', '.join(f':{column}' for column in columns)})"
            ),
            row | {"row_no": number},
        )


def look(connection: sa.Connection, stated: Rules) -> None:
    """Evaluates the simple conditions on what stands in the staging table, and writes them down there."""
    table = stated.scratch.rows
    found = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY row_no")).mappings().all()
    typed = {}
    for column in stated.contract.loaded_columns:
        kind = column.how.arrow
        values = [row[column.name] for row in found]
        typed[column.name] = pa.array(
            [None if value is None else str(value) for value in values] if kind == pa.string() else values, kind
        )
    bits = rows.RowConditions(stated).failed(pa.table(typed)).to_pylist()
    for row, failed in zip(found, bits, strict=True):
        connection.execute(
            sa.text(f"UPDATE {table} SET failed = :failed WHERE row_no = :row"),
            {"failed": failed, "row": row["row_no"]},
        )


def value(column: Column, chance: random.Random) -> object:
    return chance.choice([*POOLS.get(column.reading, TEXTS), *column.enum[:3]] if column.enum else
                         POOLS.get(column.reading, TEXTS))  # fmt: skip


def complete(platform: Platform, name: str, stated: Sequence[Rule]) -> dict[str, set[int]]:
    """Rows that break each rule, as Great Expectations lists them."""
    gx = expectations.gx
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="ephemeral")
        url = platform.engine.url.render_as_string(hide_password=False)
        source = context.data_sources.add_postgres(name="warehouse", connection_string=url)
        asset = source.add_table_asset(name=name, table_name=name, schema_name="staging")
        suite = gx.ExpectationSuite(
            name="agreement",
            expectations=[dict(rule.expectation) | {"meta": {"rule": rule.id}} for rule in stated],
        )
        result = (
            asset.add_batch_definition_whole_table("all")
            .get_batch()
            .validate(suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["row_no"]})
        )
        source.get_execution_engine().close()
        source.get_engine().dispose()
    return {entry.expectation_config.meta["rule"]: listed(entry) for entry in result.results}


def listed(entry: Any) -> set[int]:
    found = entry.result
    if "unexpected_index_list" in found:
        places = found["unexpected_index_list"] or []
    else:
        places = found["details"]["unexpected_rows"] if not entry.success else []
    assert len(places) in (found.get("unexpected_count", len(places)), found.get("observed_value"))
    return {place["row_no"] for place in places}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_find_the_same_rows(source: str, seed: int, shared_platform: Platform) -> None:
    contract = contracts.load(source, SETTINGS)
    rulebook = Rules.of(contract, SETTINGS).at(PERIOD)
    stated = [rule for rule in rulebook.stated if rule.is_row_level]
    scratch = rulebook.scratch
    with shared_platform.engine.begin() as connection:
        tables.create(connection, scratch, contract)
        fill(connection, contract, scratch.rows, random.Random(seed))
        look(connection, rulebook)
    counts = rows.mark(shared_platform.engine, rulebook)
    with shared_platform.engine.connect() as connection:
        marked: dict[str, set[int]] = {rule.id: set() for rule in stated}
        for mark in connection.execute(sa.text(f"SELECT rule, row_no FROM {scratch.marks}")):
            marked[mark.rule].add(mark.row_no)
    assert complete(shared_platform, scratch.name, stated) == marked
    assert {rule: len(found) for rule, found in marked.items() if found} == counts


def test_the_types_in_use_are_few() -> None:
    used = {rule.expectation["type"] for source in SOURCES
            for rule in Rules.of(contracts.load(source, SETTINGS), SETTINGS).stated if rule.is_row_level}  # fmt: skip
    assert used == {
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_in_set",
        "expect_column_pair_values_a_to_be_greater_than_b",
        "unexpected_rows_expectation",
    }


def test_an_expectation_type_that_the_library_drops_is_an_error(shared_platform: Platform) -> None:
    rule = Rule("odd", {"type": "expect_nothing_of_the_kind", "kwargs": {}}, "critical", "refuse_delivery", "delivery")
    with pytest.raises(ContractError, match="took 0 of 1 rules"):
        judged_by(shared_platform, [rule])


def test_a_rule_that_cannot_be_judged_is_an_error(shared_platform: Platform) -> None:
    query = {"unexpected_rows_query": "SELECT * FROM {batch} WHERE no_such_column > 1"}
    rule = Rule("odd", {"type": "unexpected_rows_expectation", "kwargs": query}, "critical", "refuse_delivery", "delivery")
    with shared_platform.engine.begin() as connection:
        tables.create(connection, Scratch("odd"), contracts.load("soc/system_levels", SETTINGS))
    with pytest.raises(ContractError, match="odd could not be judged"):
        judged_by(shared_platform, [rule])


def judged_by(platform: Platform, stated: list[Rule]) -> None:
    url = platform.engine.url.render_as_string(hide_password=False)
    judge.judge(stated, url, "odd", "odd")


def test_large_bounds_of_a_suite_keep_every_digit(platform: Platform) -> None:
    entry = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "cap_do", "min_value": 1234567, "max_value": 1234569},
        "severity": "critical",
        "meta": {"rule": "bounds", "action": "reject_row", "column": "cap_do", "message_vi": "Sai.", "message_en": "Wrong."},
    }
    home = platform.settings.var / "home"
    (home / "expectations" / "soc").mkdir(parents=True)
    (home / "expectations" / "soc" / "system_levels.json").write_text(
        json.dumps({"name": "soc/system_levels", "expectations": [entry]}), "utf-8"
    )
    shutil.copytree(SETTINGS.schemas / "reference", home / "include" / "schemas" / "reference")
    contract = contracts.load("soc/system_levels", SETTINGS)
    settings = replace(SETTINGS, home=home)
    rulebook = Rules.of(contract, settings)
    table = rulebook.scratch.rows
    with platform.engine.begin() as connection:
        tables.create(connection, rulebook.scratch, contract)
        for number in range(1234566, 1234571):
            connection.execute(sa.text(f"INSERT INTO {table} (row_no, cap_do) VALUES ({number}, {number})"))
        look(connection, rulebook)
    assert rows.mark(platform.engine, rulebook)["bounds"] == 2
    assert complete(platform, rulebook.scratch.name, rulebook.conditions)["bounds"] == {1234566, 1234570}
