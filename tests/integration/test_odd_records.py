"""JSON deliveries as they really come."""

import gzip
import json
from typing import Any

import pytest

from tests.deliveries import Inbox, found, json_bytes, procedure, rules

SOURCE, PERIOD = "portal/procedures", "2024-06-30"
FOUR = [procedure(number) for number in range(1, 5)]


def without(name: str, record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != name}


def lines(*records: object) -> bytes:
    return b"\n".join(json_bytes(record) for record in records)


READ = {
    "an array": json_bytes(FOUR),
    "an envelope": json_bytes({"total": 4, "page": 1, "items": FOUR}),
    "the list before the total": json_bytes({"items": FOUR, "total": 4}),
    "JSON lines": lines(*FOUR),
    "pages": json_bytes({"total": 4, "items": FOUR[:2]}) + b"\n" + json_bytes({"total": 4, "items": FOUR[2:]}),
    "pretty": json_bytes(FOUR, indent=2),
    "BOM": b"\xef\xbb\xbf" + json_bytes(FOUR),
    "gzip": gzip.compress(json_bytes(FOUR)),
    "flags in other words": json_bytes(
        [procedure(1, PhoBien=True, CoPhiLePhi="true", TichHopCongQuocGia="0"), *FOUR[1:]]
    ),
    "a code that is a number": json_bytes([procedure(1, MaTTHC=17), *FOUR[1:]]),
    "its own period": json_bytes({"period": PERIOD, "items": FOUR}),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_read_all_the_same(content: bytes, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, content, "p.json", PERIOD)
    assert (outcome.accepted, outcome.rows, outcome.rejected, outcome.issues) == (True, 4, 0, [])


REFUSED = {
    "file_empty": [b"", b" \n"],
    "not_json": [
        b"<html></html>",
        b"17",
        b'"abc"',
        json_bytes(FOUR)[:-1],
        json_bytes(FOUR)[:-40],
        json_bytes({"items": FOUR})[:-1],
        json_bytes(FOUR) + b"garbage",
        json_bytes(FOUR).decode().encode("utf-16"),
        b"[" * 100_000,
        b'[{"MaTTHC":' + b"[" * 50_000 + b"]" * 50_000 + b"}]",
    ],
    "truncated": [gzip.compress(json_bytes(FOUR))[:-5]],
    "total_incomplete": [
        json_bytes({"total": 5, "items": FOUR}),
        json_bytes({"total": 4, "items": FOUR[:2]}) + json_bytes({"total": 5, "items": FOUR[2:]}),
    ],
    "columns_missing": [
        json_bytes([without("MucDo", record) for record in FOUR]),
        b"{}",
        b'{"error": "x", "code": 500}',
    ],
    "catalogue_not_empty": [b"[]", b'{"total": 0, "items": []}'],
    "period_stated": [json_bytes({"period": "2024-06-29", "items": FOUR})],
}


@pytest.mark.parametrize(
    ("rule", "content"), [(rule, content) for rule, contents in REFUSED.items() for content in contents]
)
def test_refused_whole(rule: str, content: bytes, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, content, "p.json", PERIOD)
    assert (outcome.accepted, outcome.rows, rules(outcome)) == (False, 0, [rule])


REJECTED = {
    "ma_tthc.not_utf8": [procedure(2, MaTTHC="1.\0"), procedure(2, MaTTHC="1.\ud800")],
    "muc_do.choice_unknown": [procedure(2, MucDo="khác")],
    "muc_do.required": [without("MucDo", procedure(2)), procedure(2, MucDo=None), procedure(2, MucDo=" ")],
    "pho_bien.flag_malformed": [
        procedure(2, PhoBien=7),
        procedure(2, PhoBien=float("nan")),
        procedure(2, PhoBien="9" * 5000),
    ],
    "ten_tthc.value_nested": [procedure(2, TenTTHC=["a"]), procedure(2, TenTTHC={"vi": "a"})],
    "ten_tthc.formula_injection": [procedure(2, TenTTHC="=cmd|' /C calc'!A0")],
    "not_an_object": [17, "abc", None, ["a"]],
}


@pytest.mark.parametrize(
    ("rule", "record"), [(rule, record) for rule, records in REJECTED.items() for record in records]
)
def test_rejects_its_record_alone(rule: str, record: object, desk: Inbox) -> None:
    escaped = json.dumps([FOUR[0], record, *FOUR[2:]], indent=2)  # a lone surrogate can only stand escaped
    outcome = desk.check(SOURCE, escaped.encode(), "p.json", PERIOD)
    assert (outcome.accepted, outcome.rows, outcome.rejected) == (True, 4, 1)
    assert found(outcome) == [(rule, 14)]


def test_a_nested_value_in_a_record_of_json_lines_is_no_envelope(desk: Inbox) -> None:
    outcome = desk.check(SOURCE, lines(procedure(1, TenTTHC=["a"]), *FOUR[1:]), "p.json", PERIOD)
    assert (outcome.rows, found(outcome)) == (4, [("ten_tthc.value_nested", 1)])


def test_an_odd_field_name_is_a_finding(inbox: Inbox) -> None:
    content = json_bytes(FOUR).replace(b'"LinhVuc"', b'"moi\\ud800\\u0000": 1, "LinhVuc"')
    outcome = inbox.ingest(SOURCE, content, "p.json", PERIOD)
    assert (outcome.accepted, rules(outcome)) == (True, ["column_unknown"])


def test_equal_records_count_once_and_different_ones_not_at_all(inbox: Inbox) -> None:
    equal = inbox.ingest(SOURCE, json_bytes([*FOUR, FOUR[0]]), "p.json", PERIOD)
    assert (equal.rows, equal.loaded, equal.unchanged, equal.rejected) == (5, 4, 1, 0)
    different = inbox.ingest(SOURCE, json_bytes([*FOUR, procedure(1, PhoBien=0)], indent=1), "q.json", PERIOD)
    assert (different.rows, different.loaded, different.rejected) == (5, 3, 2)
    assert [rule for rule, _ in found(different)] == ["key.conflict"] * 2


def test_other_pages_of_the_same_records_are_unchanged(inbox: Inbox) -> None:
    inbox.ingest(SOURCE, json_bytes({"total": 4, "items": FOUR}), "p.json", PERIOD)
    again = inbox.ingest(SOURCE, lines(*FOUR[::-1]), "q.json", PERIOD)
    assert (again.loaded, again.unchanged, again.partitions) == (0, 4, [])
