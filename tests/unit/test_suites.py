"""Suites: everything that is wrong in one is found at once, each with its place, in words."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chiso import contracts
from chiso.system.errors import ContractError, Fault
from chiso.system.settings import load
from chiso.validation.rules import Rules

SETTINGS = load({})
SOURCE = "departments/telecom"
FILE = f"expectations/{SOURCE}.json"


def entry(**changed: Any) -> dict[str, Any]:
    """A sound expectation, changed; `meta__x` and `kwargs__x` change what lies within."""
    made: dict[str, Any] = {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": "SELECT * FROM {batch} WHERE hamlets_4g > hamlets"},
        "severity": "critical",
        "meta": {
            "rule": "covered_exceeds",
            "action": "reject_row",
            "column": "hamlets_4g",
            "message_vi": "Số thôn ({value}) lớn hơn tổng số.",
            "message_en": "{value} exceeds all.",
        },
    }
    for name, value in changed.items():
        outer, _, inner = name.partition("__")
        if inner:
            made[outer][inner] = value
        else:
            made[name] = value
    return made


def condition(kind: str, **kwargs: Any) -> dict[str, Any]:
    return entry(type=f"expect_column_{kind}", kwargs=kwargs)


def faults(text: str, tmp_path: Path) -> list[Fault]:
    """What is wrong with telecom's suite if this is its text."""
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    (tmp_path / "include").symlink_to(SETTINGS.home / "include")
    try:
        Rules.of(contracts.load(SOURCE, SETTINGS), replace(SETTINGS, home=tmp_path))
    except ContractError as fault:
        return fault.faults
    return []


def suite(*entries: dict[str, Any]) -> str:
    return json.dumps({"name": SOURCE, "expectations": list(entries)}, ensure_ascii=False)


@pytest.mark.parametrize("sound", [
    entry(),
    entry(kwargs__unexpected_rows_query="WITH b AS (SELECT * FROM {batch}) SELECT * FROM b WHERE hamlets > 0 -- ; a remark"),
    entry(kwargs__unexpected_rows_query="SELECT * FROM {batch} WHERE commune ~ '^[0-9]{{5}}$' AND commune <> ');'"),
    entry(kwargs__unexpected_rows_query="SELECT * FROM {batch} WHERE {period_end} < {period_start}"),
    entry(meta__action="flag", meta__rows=True, severity="warning"),
    condition("values_to_be_between", column="hamlets", min_value=0),
    condition("values_to_match_regex", column="commune", regex="^[0-9]+$"),
    condition("values_to_be_in_set", column="hamlets", value_set=[1, 2]),
    condition("pair_values_a_to_be_greater_than_b", column_A="hamlets", column_B="hamlets_4g", or_equal=True,
              ignore_row_if="either_value_is_missing"),
])  # fmt: skip
def test_what_is_sound_has_no_fault(sound: dict[str, Any], tmp_path: Path) -> None:
    assert faults(suite(sound), tmp_path) == []


@pytest.mark.parametrize(("wrong", "place", "said"), [
    (entry(severity="fatal"), "expectations[0].severity", "must be one of 'critical', 'warning' or 'info', not 'fatal'"),
    (entry(meta__action="drop"), "expectations[0].meta.action", "must be one of 'refuse_delivery', 'reject_row' or 'flag'"),
    (entry(meta__colour="red"), "expectations[0].meta.colour", "is no word of a suite"),
    (entry(meta={"rule": "a"}), "expectations[0].meta.action", "is missing"),
    (entry(meta__rule="Sai quá"), "meta.rule", "can't be a rule's id"),
    (entry(meta__rule="totals"), "meta.rule", "has a rule totals of its own"),
    (entry(meta__column="hamlet"), "meta.column", "'hamlet' is no column that is loaded"),
    (entry(meta__message_vi="{value"), "meta.message_vi", "a brace without its other half"),
    (entry(meta__message_en="{sum} is wrong"), "meta.message_en", "{sum} is filled in by nothing"),
    (entry(meta__message_en="{value:d} is wrong"), "meta.message_en", "is filled in by nothing"),
    (entry(meta__column=None), "meta.message_vi", "whose value that is"),
    (entry(meta__message_vi=" "), "meta.message_vi", "is blank"),
    (entry(kwargs={}), "kwargs.unexpected_rows_query", "is missing"),
    (entry(kwargs__unexpected_rows_query="SELECT * FROM {batch"), "kwargs.unexpected_rows_query", "a brace without"),
    (entry(kwargs__unexpected_rows_query="SELECT * FROM {bath}"), "kwargs.unexpected_rows_query", "{bath} is filled in by nothing"),
    (entry(kwargs__unexpected_rows_query="SELECT * FROM {batch} WHERE commune ~ '[0-9]{5}'"), "kwargs.unexpected_rows_query",
     "written twice"),
    (entry(kwargs__unexpected_rows_query="SELECT 1"), "kwargs.unexpected_rows_query", "doesn't speak of {batch}"),
    (entry(kwargs__unexpected_rows_query="DELETE FROM {batch}"), "kwargs.unexpected_rows_query", "must only read"),
    (entry(kwargs__unexpected_rows_query="SELECT * FROM {batch}; DROP TABLE x"), "kwargs.unexpected_rows_query", "a semicolon"),
    (entry(kwargs__unexpected_rows_query="SELECT * FROM {batch}) q --"), "kwargs.unexpected_rows_query", "a parenthesis"),
    (condition("values_to_be_unique", column="commune"), "type", "can't name rows; use one of"),
    (condition("values_to_be_between", column="commune", min_value=1), "kwargs.column", "commune holds no numbers (unit)"),
    (condition("values_to_be_between", column="hamlets"), "kwargs", "give min_value, max_value or both"),
    (condition("values_to_be_between", column="hamlets", min_value=5, max_value=1), "kwargs", "no value lies between"),
    (condition("values_to_be_between", column="hamlets", min_value="2"), "kwargs.min_value", "'2' is no number"),
    (condition("values_to_not_be_null", column="hamlets", mostly=0.9), "kwargs.mostly", "isn't read"),
    (condition("values_to_not_be_null", column='a"; DROP'), "kwargs.column", "is no column that is loaded"),
    (condition("values_to_match_regex", column="commune", regex="(?=x)y"), "kwargs.regex", "look-around"),
    (condition("values_to_match_regex", column="hamlets", regex="x"), "kwargs.column", "hamlets is no text"),
    (condition("values_to_be_in_set", column="hamlets", value_set=["1"]), "kwargs.value_set", "'1' is no value of hamlets"),
    (condition("pair_values_a_to_be_greater_than_b", column_A="hamlets", column_B="commune",
               ignore_row_if="either_value_is_missing"), "kwargs", "can't be greater than"),
    (condition("pair_values_a_to_be_greater_than_b", column_A="hamlets", column_B="hamlets_4g", ignore_row_if="never"),
     "kwargs.ignore_row_if", "either_value_is_missing"),
    (entry(type="expect_table_columns_to_match_set", kwargs={"column_set": ["nothing"]}, meta__action="flag"),
     "kwargs.column_set", "'nothing' is no column"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(wrong: dict[str, Any], place: str, said: str, tmp_path: Path) -> None:
    found = faults(suite(wrong), tmp_path)
    assert len(found) in (1, 2, 3)
    assert {fault.file for fault in found} == {FILE}
    assert any(fault.place.endswith(place) and said in fault.message for fault in found), found


def test_every_fault_is_found_at_once(tmp_path: Path) -> None:
    found = faults(suite(entry(), entry(), entry(meta__rule="other", meta__column="nothing")), tmp_path)
    assert [(fault.place, fault.message) for fault in found] == [
        ("expectations[0] (covered_exceeds).meta.rule", "covered_exceeds is the id of 2 rules; each needs its own"),
        ("expectations[1] (covered_exceeds).meta.rule", "covered_exceeds is the id of 2 rules; each needs its own"),
        ("expectations[2] (other).meta.column", "'nothing' is no column that is loaded"),
    ]


@pytest.mark.parametrize(("text", "place", "said"), [
    ('{"name": "x",\n "expectations": [}', "line 2, column 19", "not well-formed JSON (expecting value)"),
    ('{"name": "x", "name": "y"}', "name", "stands twice"),
    ("[]", "", "must be a mapping of keys to values"),
    ('{"name": "departments/telecom"}', "expectations", "is missing"),
    ('{"name": "departments/telekom", "expectations": []}', "name", "write 'departments/telecom'"),
    ('{"name": "departments/telecom", "expectations": [], "rules": 1}', "rules", "is no word of a suite"),
])  # fmt: skip
def test_a_file_that_is_no_suite_is_said_with_its_place(text: str, place: str, said: str, tmp_path: Path) -> None:
    [found] = faults(text, tmp_path)
    assert (found.file, found.place) == (FILE, place)
    assert said in found.message
