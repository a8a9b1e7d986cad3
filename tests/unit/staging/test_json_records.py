"""JSON read piece by piece says what Python's json module says of the whole, wherever a block ends."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from chiso import contracts
from chiso.contracts.readings import READINGS
from chiso.deliveries.raw import Unpacked
from chiso.findings.issues import DeliveryRefused
from chiso.province.numbers import parse_number, parse_percent, parse_printed
from chiso.staging import json_records, json_text
from chiso.staging.json_records import JsonRecords
from chiso.staging.json_text import JsonText, Repeated
from chiso.staging.json_values import texts
from chiso.system import settings
from hypothesis import given
from hypothesis import strategies as st

CONTRACT = contracts.load("soc/system_levels", settings.load())

NUMBERS = st.one_of(st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=3))
TEXTS = st.text(max_size=5) | st.sampled_from(['"', "\\", "]", "}", "\n", "\ud800", "Đắk", "e\u0302\u0301"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
SIGNS = st.sampled_from([*'[]{},:"\\ \n0', "", "1", "NaN", "null", "\ufeff"])


def pieces(text: str, block: int) -> list[Any]:
    """The values that stand one after another, lists and objects taken apart."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_text, "_BLOCK", block)
        reading = JsonText(Unpacked(io.BytesIO(text.encode("utf-8"))))
        found: list[Any] = []
        while sign := reading.peek():
            if sign == "[":
                found.append([value for _, value in reading.items()])
            elif sign == "{":
                found.append({name: reading.value() for name in reading.names()})
            else:
                found.append(reading.value())
        return found


@given(st.lists(VALUES, max_size=4), st.sampled_from([None, 1]), st.integers(1, 9))
def test_values_are_what_json_says(values: list[Any], indent: int | None, block: int) -> None:
    text = "\n".join(json.dumps(value, indent=indent) for value in values)
    expected = json.loads(json.dumps(values), parse_float=Decimal)
    assert pieces(text, block) == expected


@given(VALUES, st.data())
def test_what_is_no_json_is_refused(value: Any, data: st.DataObject) -> None:
    text = json.dumps([value, {"a": value}], ensure_ascii=True)
    place = data.draw(st.integers(0, len(text) - 1))
    broken = text[:place] + data.draw(SIGNS) + text[place + 1 :]
    try:
        expected = json.loads(broken, parse_float=Decimal, object_pairs_hook=json_text.object_of)
    except json.JSONDecodeError:
        with pytest.raises(json.JSONDecodeError):
            whole(broken)
    else:
        assert whole(broken) == [expected]


def whole(text: str) -> list[Any]:
    """The values of a text; what follows a value without a space is no value of its own."""
    found = pieces(text, 7)
    if len(found) != 1:
        raise json.JSONDecodeError("several values", text, 0)
    return found


def read(text: str) -> tuple[list[dict[str, str | None]], list[tuple[int, int | None, str]], JsonRecords]:
    records = JsonRecords(io.BytesIO(text.encode()), CONTRACT, "p.json")
    rows: list[dict[str, str | None]] = []
    broken = []
    for batch in records.batches():
        columns = {name: array.to_pylist() for name, array in batch.values.items()}
        rows += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        broken += [(each.row, each.line, each.rule) for each in batch.broken]
    return rows, broken, records


RECORD = {
    "ma_he_thong": "HT1", "ten": "Hệ thống", "ma_don_vi": "000.00.11.H34", "cap_do": 2, "da_phe_duyet": True,
    "so_quyet_dinh": None, "ngay_phe_duyet": "2024-05-15", "co_phuong_an": False,
}  # fmt: skip
SHAPES = {
    "array": json.dumps,
    "envelope": lambda records: json.dumps(
        {"links": [{"rel": "next"}], "items": records, "total": len(records)}, indent=2
    ),
    "lines": lambda records: "\r\n\n".join(map(json.dumps, records)),
    "pages": lambda records: "\n".join(json.dumps({"total": len(records), "items": [each]}) for each in records),
}


@given(
    # Pages of the same records would be one page that a server sent twice.
    st.lists(st.tuples(TEXTS, st.integers(0, 9), st.booleans(), st.lists(TEXTS)), min_size=1, max_size=7, unique_by=str),
    st.integers(1, 3),
)
def test_every_shape_gives_every_record(said: list[tuple[str, int, bool, list[str]]], batch: int) -> None:
    records = [
        RECORD | {"ma_he_thong": key, "cap_do": of, "co_phuong_an": flag, "moi": more} for key, of, flag, more in said
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_records, "BATCH_ROWS", batch)
        found = {shape: read(write(records)) for shape, write in SHAPES.items()}
    rows = found["array"][0]
    assert [(row["cap_do"], row["co_phuong_an"]) for row in rows] == [
        (str(of), str(flag).lower()) for _, of, flag, _ in said
    ]
    for others, broken, reading in found.values():
        assert (others, broken, reading.content_sha256) == (rows, [], found["array"][2].content_sha256)


@given(NUMBERS)
def test_a_number_means_what_it_says(number: int | Decimal) -> None:
    """In a column of counts whole ones are digits and others faults; in one of words it stays as written."""
    text = json.dumps(RECORD).replace('"cap_do": 2', f'"cap_do": {number}').replace('"HT1"', f"{number}")
    [row], broken, _ = read(text)
    assert row["ma_he_thong"] is not None
    assert Decimal(row["ma_he_thong"]) == number
    if number == int(number):
        assert broken == []
        assert row["cap_do"] == (str(int(number)) if number or not str(number).startswith("-") else "-0")
    else:
        assert broken == [(1, 1, "number_not_whole")]


@given(
    st.decimals(min_value=0, max_value=10**15, places=4)
    | st.sampled_from([Decimal("37.125"), Decimal("5.0"), Decimal("1E+3")])
)
def test_vietnamese_reading_takes_a_number_for_what_it_is(number: Decimal) -> None:
    written = {
        name: texts([number, None], READINGS[name]).to_pylist() for name in ("number", "percent", "printed", "text")
    }
    assert written["text"] == [f"{number:f}", None]
    for name, parse in {"number": parse_number, "percent": parse_percent, "printed": parse_printed}.items():
        [text, _] = written[name]
        assert text is not None
        assert parse(text) == number
        assert text.count(",") == ("." in str(number))


def test_a_number_and_a_text_are_other_contents() -> None:
    sums = {
        read(json.dumps(RECORD | {"so_quyet_dinh": value}))[2].content_sha256 for value in (1014, "1014", 1014.0, None)
    }
    repeated = json.dumps(RECORD).replace('"HT1"', '"HT1", "ma_he_thong": "HT1"')
    assert len(sums | {read(repeated)[2].content_sha256, read(json.dumps(RECORD))[2].content_sha256}) == 5


def test_a_repeated_name_is_kept_with_every_value() -> None:
    assert pieces('[{"a": 1, "b": {"c": 1, "c": 2}, "a": 2}]', 3) == [
        [Repeated([("a", 1), ("b", Repeated([("c", 1), ("c", 2)])), ("a", 2)])]
    ]


@pytest.mark.parametrize("depth", [10, 800, 900, 950, 980, 990, 1000, 1200, 100_000])
def test_deep_nesting_is_read_or_refused(depth: int) -> None:
    text = json.dumps(RECORD).replace("null", "[" * depth + "]" * depth)
    try:
        assert read(text)[1] == [(1, 1, "value_nested")]
    except DeliveryRefused as refused:
        assert depth > 800
        assert refused.finding.rule == "not_json"


def test_a_value_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "LONGEST_VALUE", 5_000)
    monkeypatch.setattr(json_text, "_BLOCK", 1_000)
    with pytest.raises(DeliveryRefused, match="Unterminated"):
        read('[{"a": "' + "x" * 100_000)
