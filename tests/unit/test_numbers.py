"""Numbers as offices write them."""

from decimal import Decimal

import pytest
from chiso.province.figure_units import FigureUnit, figure_unit, header_unit, scale_of
from chiso.province.numbers import (
    MAX_DIGITS,
    Malformed,
    parse_count,
    parse_number,
    parse_percent,
    parse_printed,
    readings,
    scaled,
)
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
        ("0.5", "0.5"),
        ("-0,3", "-0.3"),
        ("1.014", "1014"),
        ("1014", "1014"),
        ("１.０１４，５", "1014.5"),
        ("1\u00a0014,5", "1014.5"),
        ("12.500.000 đồng", "12500000"),
        ("12.500.000đ", "12500000"),
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


@pytest.mark.parametrize(
    ("unit", "text", "number"),
    [
        ("tỷ đồng", "9.876,5", "9876.5"),
        ("tỷ đồng", "9.876,5 tỷ", "9876.5"),
        ("tỷ đồng", "9.876,5 TỶ ĐỒNG", "9876.5"),
        ("tỷ đồng", "6,8904 nghìn tỷ", "6890.4"),
        ("tỷ đồng", "1.250,5 triệu đồng", "1.2505"),
        ("tỷ đồng", "1.250,5 tr.đ", "1.2505"),
        ("tỷ đồng", "500.000.000 đồng", "0.5"),
        ("triệu đồng", "3,148 tỷ", "3148"),
        ("triệu đồng", "3,148", "3.148"),
        ("nghìn tỷ đồng", "6.890,4 tỷ", "6.8904"),
        ("đồng", "3,148 tỷ", "3148000000"),
        ("triệu USD", "1,5 tỷ USD", "1500"),
        ("nghìn người", "1,2 triệu người", "1200"),
        ("nghìn người", "5 nghìn", "5"),
        ("hộ", "12 hộ", "12"),
        ("%", "45,01%", "45.01"),
        ("%", "6.88 %", "6.88"),
    ],
)
def test_a_unit_in_the_cell_is_read_beside_the_columns(unit, text, number):
    assert parse_number(text, figure_unit(unit)) == Decimal(number)


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("tỷ đồng", "5 tỷ USD"),
        ("tỷ đồng", "5 hộ"),
        ("tỷ đồng", "5%"),
        ("hộ", "5 đồng"),
        ("%", "5 tỷ"),
        ("triệu USD", "5 triệu đồng"),
        ("", "5 USD"),
        ("", "45,01%"),
        ("", "5 nghìn hộ"),
    ],
)
def test_another_unit_than_the_columns(unit, text):
    assert parse_number(text, figure_unit(unit)) == Malformed("number_unit")


@given(st.integers(0, 10**9), st.integers(0, 999), st.sampled_from(["tỷ đồng", "triệu đồng", "nghìn tỷ", "đồng", "nghìn"]))
def test_the_columns_own_unit_in_the_cell_says_nothing_new(whole, part, unit):
    text, column = f"{grouped(whole, '.')},{part:03}", figure_unit(unit)
    assert parse_number(f"{text} {unit}", column) == parse_number(text, column) == Decimal(f"{whole}.{part:03}")


@given(st.integers(0, 10**9), st.sampled_from(["tỷ", "triệu", "nghìn", "nghìn tỷ"]), st.sampled_from([0, 3, 6, 9, 12]))
def test_what_a_cell_says_is_the_same_amount_in_every_column(whole, scale, power):
    amount = parse_number(f"{whole},25 {scale}", FigureUnit(power, "đồng"))
    assert scaled(amount, power) == scaled(Decimal(f"{whole}.25"), figure_unit(scale).power)


def test_scaling_is_exact():
    number = Decimal("9" * 36 + ".1")
    assert scaled(number, 9) == Decimal("9" * 36 + "100000000")
    assert parse_number("123456789012345678,123456789012345 tỷ") == Decimal("123456789012345678123456789.012345")


HEADERS = {
    "Kế hoạch (triệu đồng)": 6,
    "GRDP\n(tỷ đồng)": 9,
    "GRDP (TY DONG)": 9,
    "tỷ đồng": 9,
    "Giá trị nghìn tỷ đồng": 12,
    "nghìn": 3,
    "Dân số (nghìn người)": 3,
    "nghìn người": 3,
    "đồng": 0,
    "Tỷ lệ hộ nghèo": None,
    "Thu (tr.đ)": 6,
    "Thu (1.000 đồng)": 3,
    "Phí (đồng)": 0,
    "hộ": None,
    "Tỷ lệ (%)": None,
    "Tỷ lệ (triệu đồng) lũy kế": 6,
    "Doanh thu công ty": None,
    "Số tỷ phú": None,
    "DN quy mô 500–1000 người": None,
}


@pytest.mark.parametrize(("header", "scale"), HEADERS.items())
def test_scales_of_headers(header, scale):
    assert scale_of(header) == scale


def test_a_header_says_what_is_counted():
    assert header_unit("Tỷ trọng (%)").is_percent
    assert header_unit("Giá trị (lũy kế)") == FigureUnit()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("45,01%", "45.01"),
        ("45.01 %", "45.01"),
        ("6.88", "6.88"),
        ("87.50", "87.50"),
        ("8,61", "8.61"),
        ("1,014", "1.014"),
        ("0.4501", "0.4501"),
        ("0.500", "0.5"),
        ("100", "100"),
        ("-5%", "-5"),
        ("5.9123%", "5.9123"),
        ("1.014,5", "1014.5"),
        ("-", "0"),
        ("KPS", "0"),
    ],
)
def test_percentages(text, number):
    assert parse_percent(text) == Decimal(number)
    assert parse_percent(text, Decimal(10_000)) == Decimal(number)


@pytest.mark.parametrize("text", ["1.014", "1.014%", "87.500", "-1.014 %"])
def test_three_digits_after_a_dot_are_ambiguous_unless_the_maximum_decides(text):
    assert parse_percent(text) == parse_percent(text, Decimal(100_000)) == Malformed("number_ambiguous")
    assert parse_percent(text, Decimal(100)) == Decimal(text.rstrip(" %"))


def test_three_digits_after_a_dot_beyond_any_maximum():
    assert parse_percent("150.000", Decimal(100)) == Malformed("number_ambiguous")


@pytest.mark.parametrize("text", ["9/17", "6-8", "45 tỷ", "5 hộ", "%", "45%%", "45,0,1%", "¹", "1²", "½", "45(1)%", "45*"])
def test_what_is_no_percentage(text):
    assert isinstance(parse_percent(text), Malformed)


@pytest.mark.parametrize("text", ["6.88", "87.5", "6890.4", "151.10", "5.9123"])
def test_a_dot_is_no_decimal_point_in_a_number(text):
    found = parse_number(text)
    assert isinstance(found, Malformed)
    assert found.rule == "number_malformed"
    assert Decimal(text) in found.readings


ODD = ["1²", "910 ¹", "910¹", "910(1)", "910 (1)", "910*", "910 *", "1½", "½", "1'014", "1’014", "910\n5", "٩١٠", "९१०",
       "910 5", "1 01", "1\u200b014", "①", "Ⅳ", "9𝟏𝟎", "1.014.", "1,,014", "1..014", ",5", "5,", "+5", "(5)"]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_digits_and_footnotes_are_never_joined(text):
    for found in (parse_count(text), parse_number(text), parse_percent(text), parse_printed(text)):
        assert isinstance(found, Malformed)


@pytest.mark.parametrize("space", [chr(code) for code in (0x20, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)])
def test_spaces_of_all_kinds_part_thousands(space):
    assert parse_count(f"1{space}014") == 1014
    assert parse_number(f"1{space}014,5") == Decimal("1014.5")
    assert parse_percent(f"45,01{space}%") == Decimal("45.01")


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
        ("-5%", "-5"),
        ("−0,30 %", "-0.30"),
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
    for text in (f"{whole},{decimals}", f"{grouped(whole, '.')},{decimals}"):
        assert parse_number(text) == expected
        assert parse_percent(text) == parse_percent(f"{text} %") == expected
        assert str(parse_printed(text)) == str(expected)
    assert str(parse_printed(f"{whole}.{decimals}%")) == str(expected)
    if places != 3:
        assert parse_percent(f"{whole}.{decimals}") == parse_percent(f"{whole}.{decimals}%") == expected


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_malformed(text):
    count = parse_count(text)
    assert isinstance(count, Malformed) or (type(count) is int and 0 <= count < 10**MAX_DIGITS)
    for found in (parse_number(text), parse_percent(text), parse_percent(text, Decimal(100)), parse_printed(text)):
        assert isinstance(found, Malformed) or found.is_finite()
    assert all(reading >= 0 for reading in readings(text))


@given(st.from_regex(r"[0-9.,]{1,12}", fullmatch=True))
def test_a_count_never_has_other_digits_than_its_text(text):
    count = parse_count(text)
    if isinstance(count, int):
        assert str(count) == "".join(filter(str.isdigit, text)).lstrip("0").rjust(1, "0")
