"""JSON deliveries as they really come."""

import gzip
import json
from typing import Any

import pytest
import sqlalchemy as sa
from chiso.flow import computing

from tests.deliveries import Inbox, alert, at, found, json_bytes, procedure, rules, values

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
    "its own period after the list": json_bytes({"items": FOUR, "period": PERIOD}),
    "a list of other things before the records": json_bytes({"links": [{"rel": "next"}], "tags": ["a"], "items": FOUR}),
    "lists of other things after the records": json_bytes({"items": FOUR, "errors": [], "links": ["/p?page=2"]}),
    "envelopes that say that there was no error": lines(
        *({"error": none, "items": [record]} for none, record in zip((None, "", False, " 0 "), FOUR, strict=True))
    ),
    "an envelope that says what a column is called": json_bytes({"LinhVuc": "Hộ tịch", "items": FOUR}),
    "an empty last page": json_bytes({"total": 4, "items": FOUR}) + json_bytes({"total": 4, "links": [], "items": []}),
    "pages with a BOM each": b"\n".join(b"\xef\xbb\xbf" + json_bytes({"items": part}) for part in (FOUR[:2], FOUR[2:])),
    "JSON lines with blank ones, CRLF and BOM": b"\xef\xbb\xbf\r\n"
    + lines(*FOUR).replace(b"\n", b"\r\n\r\n")
    + b"\r\n ",
    "JSON lines in gzip": gzip.compress(lines(*FOUR)),
    "a total in words of other types": json_bytes({"total": "4", "items": FOUR[:2]})
    + b'{"total": 4.0, "items": '
    + json_bytes(FOUR[2:])
    + b"}",
    "no total": json_bytes({"total": None, "items": FOUR}),
    "whole numbers in other words": json_bytes([procedure(1, PhoBien=1.0), *FOUR[1:]]),
    "two fields for a column that say the same": json_bytes([procedure(1, MA_TTHC="1.000001"), *FOUR[1:]]),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_read_all_the_same(content: bytes, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, content, "p.json", PERIOD)
    assert (outcome.accepted, outcome.rows, outcome.rejected, outcome.issues) == (True, 4, 0, [])


ERRORS = [
    ("error", "quota exceeded"), ("ERROR", True), ("errors", [{"code": 7}]), ("error_message", "x"), ("Lỗi", {"ma": 17})
]
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
        json_bytes(FOUR).replace(b"}, {", b"} {", 1),
        json_bytes(FOUR).replace(b"}, {", b"},, {", 1),
        json_bytes(FOUR).replace(b'": "', b'" "', 1),
    ],
    "records_nested": [json_bytes({"result": {"data": FOUR}}), json_bytes({"ok": True, "a": {"b": {"c": FOUR}}})],
    "lists_several": [
        json_bytes({"items": FOUR[:2], "deleted": FOUR[2:]}),
        b'{"items": ' + json_bytes(FOUR[:2]) + b', "items": ' + json_bytes(FOUR[2:]) + b"}",
    ],
    "records_absent": [
        json_bytes({"items": FOUR}) + b'\n{"message": "timeout"}',
        b'{"messages": ["timeout"]}\n' + json_bytes({"total": 4, "items": FOUR}),
    ],
    "periods_differ": [
        json_bytes({"period": PERIOD, "items": FOUR[:2]}) + json_bytes({"period": "2024-06", "items": FOUR[2:]}),
    ],
    "file_expands": [gzip.compress(json_bytes(FOUR) + b" " * (64 << 20), 1)],
    "truncated": [gzip.compress(json_bytes(FOUR))[:-5]],
    "total_incomplete": [
        json_bytes({"total": 5, "items": FOUR}),
        json_bytes({"total": 4, "items": FOUR[:2]}) + json_bytes({"total": 5, "items": FOUR[2:]}),
        b'{"total": 4, "total": 5, "items": ' + json_bytes(FOUR) + b"}",
        *(json_bytes({"total": total, "items": FOUR}) for total in (5.0, 4.5, "5", "4,0", -4, True, [4], "bốn")),
        b'{"total": 1E400000000, "items": ' + json_bytes(FOUR) + b"}",
    ],
    "columns_missing": [
        json_bytes([without("MucDo", record) for record in FOUR]),
        b"{}",
        b'{"error": "", "code": 500}',
        b'{"items": [{"id": 1}, {"id": 2}]}',
    ],
    "error_stated": [
        *(json_bytes({name: said, "items": []}) for name, said in ERRORS),
        *(json_bytes({"items": FOUR, name: said}) for name, said in ERRORS),
        *(json_bytes({"total": 0, "data": {name: said, "items": []}, name: said}) for name, said in ERRORS),
        lines({"total": 4, "items": FOUR}, {"error": "quota exceeded"}),
        lines({"errors": ["timeout"]}, {"total": 4, "items": FOUR}),
        json_bytes({"error": "quota exceeded"}),
        json_bytes({"items": [procedure(number) for number in range(10_050)], "error": "cut"}),
    ],
    "catalogue_not_empty": [
        b"[]",
        b'{"total": 0, "items": []}',
        b'{"items": [], "links": []}',
        b'{"LinhVuc": "x", "links": [{"rel": "self"}], "items": [], "total": 0}',
    ],
    "period_unclear": [json_bytes({"period": period, "items": FOUR}) for period in ("hôm nay", "2024-13", [6], "\0")],
    "period_stated": [json_bytes({"period": "2024-06-29", "items": FOUR})],
}


@pytest.mark.parametrize(
    ("rule", "content"),
    [pytest.param(rule, content, id=f"{rule}-{place}") for rule, contents in REFUSED.items() for place, content in enumerate(contents, 1)],
)
def test_refused_whole(rule: str, content: bytes, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, content, "p.json", PERIOD)
    assert (outcome.accepted, outcome.rows, rules(outcome)) == (False, 0, [rule])


def test_an_error_is_shown_with_its_words_as_far_as_they_may_be(desk: Inbox) -> None:
    said = "hết hạn mức, gọi 0905123456 " + "x" * 500
    [found] = desk.check(SOURCE, json_bytes({"error": said, "items": []}), "p.json", PERIOD).issues
    assert found["value"].startswith("hết hạn mức, gọi *******456 x") and len(found["value"]) < 220
    assert found["value"] in found["message_vi"] and found["value"] in found["message_en"]


REJECTED = {
    "ma_tthc.not_utf8": [procedure(2, MaTTHC="1.\0"), procedure(2, MaTTHC="1.\ud800")],
    "muc_do.choice_unknown": [procedure(2, MucDo="khác")],
    "muc_do.required": [without("MucDo", procedure(2)), procedure(2, MucDo=None), procedure(2, MucDo=" ")],
    "pho_bien.flag_malformed": [
        procedure(2, PhoBien=7),
        procedure(2, PhoBien=0.5),
        procedure(2, PhoBien=10**4000),
        procedure(2, PhoBien="9" * 5000),
    ],
    "pho_bien.value_nan": [procedure(2, PhoBien=float("nan")), procedure(2, PhoBien=float("-inf"))],
    "ten_tthc.value_nan": [procedure(2, TenTTHC=float("nan"))],
    "ten_tthc.value_boolean": [procedure(2, TenTTHC=True)],
    "ma_tthc.fields_differ": [procedure(2, MA_TTHC="1.000009"), procedure(2, ma_tthc=None), procedure(2, MATTHC=1)],
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


@pytest.mark.parametrize("repeated", ['"PhoBien": 1', '"PhoBien": 0', '"moi": 1, "moi": 1'])
def test_a_record_that_repeats_a_field_is_rejected_by_its_name(repeated: str, desk: Inbox) -> None:
    odd = json_bytes(FOUR[1]).decode().replace("{", f"{{{repeated}, ", 1)
    content = "\n".join([json_bytes(FOUR[0]).decode(), odd, *(json_bytes(each).decode() for each in FOUR[2:])])
    outcome = desk.check(SOURCE, content.encode(), "p.json", PERIOD)
    assert (outcome.rows, found(outcome)) == (4, [("field_repeated", 2)])
    assert repeated[1:].partition('"')[0] in outcome.issues[0]["message_vi"]


def test_a_record_with_lists_of_its_own_is_no_envelope(desk: Inbox) -> None:
    """Neither in JSON lines nor alone, whatever its lists hold."""
    history = [{"MaTTHC": "1.000001", "MucDo": "một phần"}]
    records = [procedure(1, nhan=["a"], lich_su=history), *FOUR[1:]]
    for content in (lines(*records), json_bytes(records)):
        outcome = desk.check(SOURCE, content, "p.json", PERIOD)
        assert (outcome.rows, outcome.rejected, rules(outcome)) == (4, 0, ["column_unknown"] * 2)
    alone = desk.check(SOURCE, json_bytes({"nhan": ["a"], "lich_su": history} | FOUR[0]), "p.json", PERIOD)
    assert (alone.accepted, alone.rows, alone.rejected) == (True, 1, 0)


@pytest.mark.parametrize(("content", "line"), [
    (lines(*FOUR) + b'\n{"MaTTHC": "1.00', 5),
    (lines(*FOUR[:2], *FOUR[2:])[:-1], 4),
    (json_bytes(FOUR, indent=1).replace(b'"1.000003",', b'"1.000003"', 1), 28),
    (b"\n\n" + lines(*FOUR).replace(b"{", b"<", 1), 3),
    (lines(*FOUR).replace("tỉnh".encode(), b"t\xff", 1), 1),
])  # fmt: skip
def test_a_refusal_names_the_line(content: bytes, line: int, desk: Inbox) -> None:
    [refused] = desk.check(SOURCE, content, "p.json", PERIOD).issues
    assert refused["rule"] == "not_json"
    assert f"dòng {line} " in refused["message_vi"]


LEVELS = "soc/system_levels"


def level(number: int, **changes: Any) -> dict[str, Any]:
    """A system that breaks no rule; synthetic."""
    return {
        "ma_he_thong": f"HT{number:05d}",
        "ten": f"Hệ thống {number}",
        "ma_don_vi": "000.00.11.H34",
        "cap_do": 2,
        "da_phe_duyet": True,
        "so_quyet_dinh": "1/QĐ-UBND",
        "ngay_phe_duyet": "2024-05-15",
        "co_phuong_an": False,
    } | changes


@pytest.mark.parametrize(("written", "rule"), [
    ("true", "value_boolean"), ("1.5", "number_not_whole"), ("1.014", "number_not_whole"), ("1e-1", "number_not_whole"),
    ("NaN", "value_nan"), ("-Infinity", "value_nan"), ("-1", "number_negative"), ("-0", "number_negative"),
    ("1E400", "number_malformed"), ("1E400000000", "number_malformed"), ("1E" + "9" * 30, "number_malformed"),
    ("9" * 30, "number_malformed"), ("9" * 6000, "number_malformed"), ("[1]", "value_nested"), ('"1,014"', "number_ambiguous"),
    ("9" * 18, "range"), ("1000", "range"), ('"1.000"', "range"),
    ("2.0", None), ("2e0", None), ("20E-1", None), ('"2"', None),
])  # fmt: skip
def test_a_count_is_a_whole_number_of_json_or_of_an_office(written: str, rule: str | None, desk: Inbox) -> None:
    records = [json.dumps(level(number)) for number in range(1, 4)]
    records[1] = records[1].replace('"cap_do": 2', f'"cap_do": {written}')
    outcome = desk.check(LEVELS, "\n".join(records).encode(), "cap_do_2024-06.json")
    assert (outcome.accepted, outcome.rows) == (True, 3)
    assert found(outcome) == ([(f"cap_do.{rule}", 2)] if rule else [])


@pytest.mark.parametrize("count", [3, 10_050])
@pytest.mark.parametrize("named", ["so_lieu.json", "cap_do_2024-06.json"])
def test_the_envelope_says_the_period_wherever_it_stands(count: int, named: str, desk: Inbox) -> None:
    items = [level(number) for number in range(count)]
    for envelope in ({"period": "2024-06-28", "items": items}, {"items": items, "period": "2024-06-28"}):
        outcome = desk.check(LEVELS, json_bytes(envelope), named)
        assert outcome.period is not None
        assert (outcome.accepted, outcome.rows, outcome.period.code) == (True, count, "2024-06-28")
        assert "period_assumed" not in rules(outcome)


def test_a_period_was_asked_for_only_where_it_was(desk: Inbox) -> None:
    late = json_bytes({"items": [level(1)], "period": "2024-05"})
    assert rules(desk.check(LEVELS, late, "cap_do.json", "2024-06")) == ["period_stated"]
    assert rules(desk.check(LEVELS, late, "cap_do_2024-06.json")) == ["period_file_name"]
    assert desk.check(LEVELS, late, "cap_do.json").accepted


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


def test_a_page_that_came_twice_is_no_part_of_the_total(inbox: Inbox) -> None:
    first, second = ({"total": 4, "page": page, "items": FOUR[2 * page - 2 : 2 * page]} for page in (1, 2))
    twice = inbox.ingest(SOURCE, lines(first, first, second), "p.json", PERIOD)
    assert (twice.accepted, twice.rows, twice.loaded, twice.unchanged) == (True, 6, 4, 2)
    instead = inbox.ingest(SOURCE, lines(first, {**first, "page": 2}), "q.json", PERIOD)
    assert (instead.accepted, rules(instead)) == (False, ["total_incomplete"])


def test_days_without_a_stated_period_stand_for_themselves_alone(inbox: Inbox) -> None:
    days = {"2024-06-01": 2, "2024-06-06": 3, "2024-06-09": 4}
    first = inbox.ingest("soc/alerts", json_bytes({"items": [alert("2024-06-01", 2)]}), "a.json", received=at(1))
    rest = [alert(day, count) for day, count in days.items() if day != "2024-06-01"]
    both = inbox.ingest("soc/alerts", json_bytes({"items": rest}), "b.json", received=at(2))
    assert [outcome.window["period"] for outcome in (first, both)] == ["2024-06-01", "2024-06"]
    with inbox.platform.engine.connect() as connection:
        standing = sa.text("SELECT period FROM warehouse.current_slice() WHERE source = 'soc/alerts' ORDER BY 1")
        assert list(connection.execute(standing).scalars()) == list(days)
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "soc_alerts", "2024-06") == [9]


MAY = [alert(f"2024-05-{day:02}", 1) for day in range(1, 6)]
JUNE = alert("2024-06-01", 1)


@pytest.mark.parametrize("rows", [MAY, MAY[:1]], ids=["many", "one"])
@pytest.mark.parametrize(
    ("envelope", "name", "period", "rule"),
    [
        ({}, "a.json", "2024-06", "period_stated"),
        ({}, "a.json", "2024-06-01", "period_stated"),
        ({}, "a.json", "2023", "period_stated"),
        ({"period": "2024-06"}, "a.json", "2024-06", "period_stated"),
        ({}, "canh_bao_2024-06.json", None, "period_file_name"),
        ({"period": "2024-06"}, "a.json", None, "periods_differ"),
    ],
)
def test_days_that_all_lie_elsewhere_contradict_the_period(
    rows: list[dict[str, Any]], envelope: dict[str, str], name: str, period: str | None, rule: str, desk: Inbox
) -> None:
    outcome = desk.check("soc/alerts", json_bytes({**envelope, "items": rows}), name, period)
    assert (outcome.accepted, rules(outcome)) == (False, [rule])
    assert rows is not MAY or "2024-05" in outcome.issues[0]["message_vi"]


def test_days_some_of_which_lie_elsewhere_are_rejected(desk: Inbox) -> None:
    outcome = desk.check("soc/alerts", json_bytes({"items": [*MAY[:2], JUNE]}), "a.json", "2024-06")
    assert (outcome.accepted, outcome.rows, outcome.rejected) == (True, 3, 2)
    assert {rule for rule, _ in found(outcome)} == {"ngay.day_outside"}
    unreadable = desk.check("soc/alerts", json_bytes({"items": [alert("hôm qua", 1)]}), "a.json", "2024-06")
    assert (unreadable.accepted, {rule for rule, _ in found(unreadable)}) == (True, {"ngay.time_malformed"})


def test_a_stated_month_stands_for_each_of_its_days(inbox: Inbox) -> None:
    inbox.ingest("soc/alerts", json_bytes({"items": [alert("2024-06-01", 2)]}), "a.json", received=at(1))
    inbox.ingest("soc/alerts", json_bytes({"period": "2024-06", "items": [alert("2024-06-06", 3)]}), "b.json", received=at(2))
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "soc_alerts", "2024-06") == [3]


def test_other_pages_of_the_same_records_are_unchanged(inbox: Inbox) -> None:
    inbox.ingest(SOURCE, json_bytes({"total": 4, "items": FOUR}), "p.json", PERIOD)
    again = inbox.ingest(SOURCE, lines(*FOUR[::-1]), "q.json", PERIOD)
    assert (again.loaded, again.unchanged, again.partitions) == (0, 4, [])
