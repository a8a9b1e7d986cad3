"""Numbers as offices write them."""

from decimal import Decimal

import pytest
from chiso.province.numbers import MAX_DIGITS, Malformed, parse_count, parse_number, parse_printed, readings, scale_of
from hypothesis import given
from hypothesis import strategies as st

COUNTS = st.integers(0, 10**15)


def grouped(number: int, separator: str) -> str:
    return f"{number:,}".replace(",", separator)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2447", 2447),
        ("2.447", 2447),
        ("1 014", 1014),
        ("1\u00a0014", 1014),
        ("1\u2009014", 1014),
        ("1\u202f014", 1014),
        (" 7 ", 7),
        ("-", 0),
        ("–", 0),
        ("KPS", 0),
        ("kps", 0),
        ("Không phát sinh", 0),
        ("0", 0),
        ("01", 1),
        ("1.014.567", 1014567),
        ("1,234,567", 1234567),
    ],
)
def test_counts(text, count):
    assert parse_count(text) == count


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1,014", "number_ambiguous"),
        ("151.10", "number_malformed"),
        ("5.9123", "number_malformed"),
        ("12,5", "number_malformed"),
        ("1.5", "number_malformed"),
        ("0.500", "number_malformed"),
        ("1.014,5", "number_malformed"),
        ("1.01.014", "number_malformed"),
        ("45%", "number_malformed"),
        ("9/17", "number_malformed"),
        ("12 hộ", "number_malformed"),
        ("1 01", "number_malformed"),
        ("#DIV/0!", "number_malformed"),
        ("-5", "number_negative"),
        ("-1.014", "number_negative"),
        ("−5", "number_negative"),
        ("abc", "number_missing"),
        ("x", "number_missing"),
        ("…", "number_missing"),
        ("9" * 5000, "number_malformed"),
        ("١٢", "number_missing"),
    ],
)
def test_malformed_counts(text, rule):
    found = parse_count(text)
    assert isinstance(found, Malformed)
    assert found.rule == rule


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3,148", "3.148"),
        ("1.014,5", "1014.5"),
        ("45,01%", "45.01"),
        ("6.88 %", "6.88"),
        ("87.5%", "87.5"),
        ("0.5", "0.5"),
        ("-0,3", "-0.3"),
        ("1.014", "1014"),
        ("1014", "1014"),
        ("1,234,567.89", "1234567.89"),
        ("-", "0"),
        ("KPS", "0"),
        ("3,148 tỷ", "3148000000"),
        ("304,443 triệu đồng", "304443000"),
        ("5 nghìn", "5000"),
        ("1 014,5", "1014.5"),
    ],
)
def test_numbers(text, number):
    assert parse_number(text) == Decimal(number)


def test_a_dot_is_decimal_in_a_ratio_column_only():
    assert parse_number("87.5", ratio=True) == Decimal("87.5")
    assert parse_number("1.014", ratio=True) == Decimal("1.014")
    assert isinstance(parse_number("87.5"), Malformed)


def test_scale_words_are_brought_to_the_columns_unit():
    assert parse_number("3,148 tỷ", unit_scale=6) == 3148
    assert parse_number("3,148", unit_scale=6) == Decimal("3.148")
    units = ("Kế hoạch (triệu đồng)", "tỷ đồng", "nghìn", "hộ", "Tỷ lệ (%)", "Tỷ lệ (triệu đồng) lũy kế")
    assert [scale_of(unit) for unit in units] == [6, 9, 3, None, None, 6]


@pytest.mark.parametrize(
    "text", ["9/17", "12.5.3", "6-8", "--5", "1,2,3", "abc", "", "1e5", "NaN", "Infinity", "0x10", "1_000"]
)
def test_malformed_numbers(text):
    assert isinstance(parse_number(text), Malformed)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("79,24%", "79.24"),
        ("84%", "84"),
        ("6.88 %", "6.88"),
        ("45,0%", "45.0"),
        ("1.014", "1014"),
        ("32.456", "32456"),
        ("0,24", "0.24"),
        ("hơn 6.400", "6400"),
        ("gần 260.000", "260000"),
        ("trên 10%", "10"),
        ("khoảng 50%", "50"),
        ("thứ 58", "58"),
        ("≥ 80%", "80"),
        ("ba", "3"),
        ("ước đạt 6,88%", "6.88"),
        ("108,3", "108.3"),
    ],
)
def test_printed_figures_keep_their_decimals(text, printed):
    found = parse_printed(text)
    assert str(found) == printed


def test_printed_scale_keeps_its_precision():
    found = parse_printed("3,148 tỷ đồng")
    assert isinstance(found, Decimal)
    assert (found, found.as_tuple().exponent) == (Decimal(3148000000), 6)


@pytest.mark.parametrize(
    "text", ["9/17", "0,7-0,8", "6-8", "23/8", "4G", "878-TB/TU", "24/7", "cao nhất", "1.363/1.726; 79,24%"]
)
def test_what_is_no_printed_figure(text):
    assert isinstance(parse_printed(text), Malformed)


def test_readings():
    assert readings("151.10")[:2] == [15110, 151]
    assert {59123, 6, 5, 5912} <= set(readings("5.9123"))
    assert readings("1,014") == [1014, 1]
    assert readings("1O14") == [1014]
    assert readings("abc") == []
    assert parse_count("151.10") == Malformed("number_malformed", tuple(readings("151.10")))


@given(COUNTS)
def test_every_spelling_of_a_count_is_that_count(number):
    for text in (str(number), grouped(number, "."), grouped(number, " "), grouped(number, "\u00a0")):
        assert parse_count(text) == number
    if number >= 10**6:
        assert parse_count(grouped(number, ",")) == number


@given(COUNTS, st.integers(0, 9999), st.integers(1, 4))
def test_every_spelling_of_a_decimal_is_that_number(whole, part, places):
    decimals = str(part).zfill(places)[-places:]
    expected = Decimal(f"{whole}.{decimals}")
    for text in (f"{whole},{decimals}", f"{grouped(whole, '.')},{decimals}", f"{whole}.{decimals}%"):
        assert parse_number(text) == expected
        assert str(parse_printed(text)) == str(expected)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_malformed(text):
    count = parse_count(text)
    assert isinstance(count, Malformed) or (type(count) is int and 0 <= count < 10**MAX_DIGITS)
    for found in (parse_number(text), parse_number(text, ratio=True), parse_printed(text)):
        assert isinstance(found, Malformed) or found.is_finite()
    assert all(reading >= 0 for reading in readings(text))


@given(st.from_regex(r"[0-9.,]{1,12}", fullmatch=True))
def test_a_count_never_has_other_digits_than_its_text(text):
    count = parse_count(text)
    if isinstance(count, int):
        assert str(count) == "".join(filter(str.isdigit, text)).lstrip("0").rjust(1, "0")
