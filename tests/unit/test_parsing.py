"""What cells say, reading by reading."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from chiso.contracts import READINGS, Column
from chiso.contracts.parsing import Context, Doubtful, Unreadable, parse
from chiso.findings.issues import issue
from chiso.province.units import load_reference
from hypothesis import given
from hypothesis import strategies as st

SCHEMAS = Path(__file__).parents[2] / "include" / "schemas"
REFERENCE = load_reference(SCHEMAS)
DAY = date(2024, 6, 30)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def column(reading: str, printed: str = "Cột", **given) -> Column:
    """A column; what isn't its own word is one of its terms."""
    own = {name: given.pop(name) for name in ("minimum", "maximum", "enum", "format") if name in given}
    return Column(name="it", printed=printed, reading=reading, header=[[printed]], required=False, terms=given, **own)


def said(text: str, reading: str, printed: str = "Cột", within: str | None = None, **given):
    """The value of a cell, or the rule that it breaks."""
    found = parse(text, column(reading, printed, **given), Context(REFERENCE, DAY, within))
    if isinstance(found, Unreadable):
        issue(found.rule, "critical", "reject_row", None, value=text, **{"printed": printed} | dict(found.details))
        return found.rule
    return found


# --- Figures ---


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("45,01%", "45.01"),
        ("45.01 %", "45.01"),
        ("6.88", "6.88"),
        ("87.50", "87.50"),
        ("8,61", "8.61"),
        ("1.014", "1.014"),
    ],
)
def test_percentages(text, percent):
    assert said(text, "percent", maximum=100) == Decimal(percent)


def test_a_percentage_that_could_be_two_numbers():
    assert said("1.014", "percent") == "number_ambiguous"
    assert said("1.014", "percent", maximum=2000) == "number_ambiguous"


@pytest.mark.parametrize("reading", ["percent", "printed"])
def test_negative_figures_are_taken_where_the_minimum_is_negative(reading):
    assert said("-5%", reading) == said("-5%", reading, minimum=0) == "number_negative"
    assert said("-5%", reading, minimum=-100) == -5


def test_a_number_column_with_percent_as_its_unit():
    assert said("6.88", "number", "Tỷ trọng (%)", maximum=100) == Decimal("6.88")
    assert said("45,01%", "number", unit="%") == Decimal("45.01")
    assert said("45,01%", "number") == "number_unit"


@pytest.mark.parametrize(
    "text", ["9.876,5", "9.876,5 tỷ", "9.876,5 tỷ đồng", "9,8765 nghìn tỷ", "9.876.500 triệu đồng"]
)
def test_one_amount_in_a_column_of_ty_dong(text):
    """As the header prints it, kept in that unit; with `printed_in`, kept in đồng."""
    assert said(text, "number", "GRDP (tỷ đồng)") == Decimal("9876.5")
    assert said(text, "number", unit="tỷ đồng") == Decimal("9876.5")
    assert said(text, "number", printed_in="tỷ đồng") == Decimal(9_876_500_000_000)
    assert said(text, "number", "GRDP (tỷ đồng)", printed_in="tỷ đồng") == Decimal(9_876_500_000_000)


def test_units_of_numbers():
    assert said("6,8904 nghìn tỷ", "number", "GRDP (tỷ đồng)") == Decimal("6890.4")
    assert said("1.250,5 triệu đồng", "number", printed_in="tỷ đồng") == Decimal(1_250_500_000)
    assert said("1.250,5", "number") == Decimal("1250.5")
    assert said("3,148 tỷ", "number") == Decimal(3_148_000_000)
    for text in ("5 USD", "5 hộ", "5 %", "5 tỷ USD"):
        assert said(text, "number", "GRDP (tỷ đồng)") == "number_unit"


def test_counts_in_a_printed_unit():
    assert said("1.014", "count", printed_in="nghìn người") == 1_014_000
    assert said("-", "count", printed_in="nghìn người") == 0
    assert said("9" * 18, "count", printed_in="nghìn người") == "number_malformed"


@pytest.mark.parametrize("text", ["37,125", "-0,5", "1014", "0,1"])
def test_numbers_of_json_as_their_reader_hands_them_on(text):
    number = Decimal(text.replace(",", "."))
    assert said(text, "number") == number
    assert said(text, "percent", minimum=-1) == said(text, "printed", minimum=-1) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**12))
def test_printed_units_scale_exactly(number):
    text = f"{number:,}".translate(str.maketrans(",.", ".,"))
    assert said(text, "number", printed_in="triệu đồng") == number * 10**6


# --- Words ---

TYPES = ["bệnh viện", "trạm y tế"]


def test_choices():
    assert said("TRẠM Y TẾ", "choice", enum=TYPES) == "trạm y tế"
    assert said("tram y te", "choice", enum=TYPES) == "trạm y tế"
    assert said("Trạm YT", "choice", enum=TYPES, choices={"trạm y tế": ["Trạm YT", "TYT"]}) == "trạm y tế"
    assert said("Nhà hộ sinh", "choice", enum=TYPES) == "choice_unknown"
    assert said("922", "choice", enum=[922, 405]) == "922"


def test_listed_values_that_differ_in_accents_only():
    assert said("BÁN", "choice", enum=["bàn", "bán"]) == "bán"
    assert said("ban", "choice", enum=["bàn", "bán"]) == "choice_unknown"
    assert said("sơ bộ (lần 2)", "choice", enum=["sơ bộ (lần 1)", "sơ bộ (lần 2)"]) == "sơ bộ (lần 2)"


def test_a_value_that_is_not_listed_is_kept_where_the_contract_says_so():
    found = said("Nhà hộ sinh", "choice", enum=TYPES, unknown="flag")
    assert isinstance(found, Doubtful)
    assert (found.value, found.rule) == ("Nhà hộ sinh", "choice_unknown")
    assert said("=WEBSERVICE(1)", "choice", enum=TYPES, unknown="flag") == "formula_injection"


def test_periods():
    assert said("6 tháng đầu năm 2024", "period") == "2024-H1"
    assert said("hôm qua", "period") == "period_malformed"


def test_texts():
    assert said("Trạm 1", "text") == "Trạm 1"
    assert said("=1+1", "text") == "formula_injection"
    assert said("Tr\ufffdm", "text") == "not_utf8"


def test_marks_and_flags():
    assert [said(text, "mark") for text in ("x", "X", "✓", "-", "KPS", "0", "true", "false")] == [
        True, True, True, False, False, False, True, False,
    ]  # fmt: skip
    assert said("có", "mark") == "mark_malformed"
    assert [said(text, "flag") for text in ("1", "0", "True", "false", "2")] == [
        True,
        False,
        True,
        False,
        "flag_malformed",
    ]


NONE_AT_ALL = {"blank": "none", "none_words": ["Chưa có", "Không"]}


@pytest.mark.parametrize("text", ["-", "–", "KPS", "Không phát sinh", "Chưa có", "CHUA CO", "không"])
def test_words_that_say_that_there_is_none(text):
    for reading in ("text", "count", "number", "percent", "date", "period", "unit"):
        assert said(text, reading, **NONE_AT_ALL) is None
    assert said(text, "choice", enum=TYPES, **NONE_AT_ALL) is None
    assert said(text, "mark", **NONE_AT_ALL) is False


def test_other_words_are_values_where_a_blank_is_none():
    assert said("Camera", "text", **NONE_AT_ALL) == "Camera"
    assert said("0", "count", **NONE_AT_ALL) == 0
    assert said("-", "text") == "-"
    assert said("…", "text", blank="none", none_words=["///"]) == "…"


# --- Times ---


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("27/06/2024", date(2024, 6, 27)),
        ("7-6-2024", date(2024, 6, 7)),
        ("27.06.2024", date(2024, 6, 27)),
        ("2024-06-27", date(2024, 6, 27)),
        ("27/06/2024 08:00:00", date(2024, 6, 27)),
        ("2024-05-14T17:00:00Z", date(2024, 5, 15)),
        ("2024-05-14T16:59:59Z", date(2024, 5, 14)),
        ("2024-06-30T00:00:00+07:00", date(2024, 6, 30)),
        ("2024-06-30T00:00:00+0900", date(2024, 6, 29)),
        ("2024-05-14T17:00:00.123456Z", date(2024, 5, 15)),
    ],
)
def test_days(text, day):
    assert said(text, "date") == day


@pytest.mark.parametrize(
    "text",
    ["1²/06/2024", "²/06/2024", f"01/06/{'2' * 5001}", "9" * 20, "99999999999999999999/01/2024", "45292", "20240627",
     "31/02/2024", "06/27/2024", "27/06/24", "27/6", "6/2024", "27/06-2024", "27/06/2024 abc", "27/06/2024 25:00",
     "2024-06-27T00:00:00+99:00", "27 tháng 6 năm 2024", "27 Jun 2024", "27/06/1824", "31/12/9999", "٢٧/٠٦/٢٠٢٤",
     "2024-05-14Z"],
)  # fmt: skip
def test_what_is_no_day(text):
    assert said(text, "date") == "time_malformed"


FORM = "dd/MM/yyyy HH:mm:ss"


@pytest.mark.parametrize(
    ("form", "text", "moment"),
    [
        (FORM, "27/06/2024 08:00:00", "2024-06-27 08:00:00"),
        (FORM, "2024-05-14T17:00:00Z", "2024-05-15 00:00:00"),
        ("yyyy-MM-dd'T'HH:mm:ss", "2024-06-27T08:30:00+07:00", "2024-06-27 08:30:00"),
        ("yyyy-MM-dd'T'HH:mm:ss", "2024-06-27T08:30:00", "2024-06-27 08:30:00"),
    ],
)
def test_timestamps(form, text, moment):
    assert str(said(text, "timestamp", format=form)) == moment


@pytest.mark.parametrize(
    "text",
    ["1²/06/2024 08:00:00", "2024-06-27 08:00:00", "27/06/2024", "27/06/24 08:00:00", "27/06/2024 24:00:00", "45292",
     "31/02/2024 08:00:00", "27/06/2024 08:00:60", "٢٧/06/2024 08:00:00", "9" * 5001, "2024-02-30T08:00:00Z"],
)  # fmt: skip
def test_what_is_no_timestamp(text):
    assert said(text, "timestamp", format=FORM) == "time_malformed"


@given(st.integers(-2_000_000_000, 4_000_000_000), st.integers(-12 * 60, 14 * 60))
def test_times_with_a_zone_are_local(second, minutes):
    there = datetime.fromtimestamp(second, timezone(timedelta(minutes=minutes)))
    local = there.astimezone(HANOI).replace(tzinfo=None)
    assert said(there.isoformat(), "timestamp", format=FORM) == local
    assert said(there.isoformat(), "date") == local.date()
    in_utc = f"{there.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert said(in_utc, "timestamp", format=FORM) == local


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_spelling_of_a_day_is_that_day(day):
    for form in ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y 23:59:59"):
        assert said(day.strftime(form), "date") == day


# --- Units ---


@pytest.mark.parametrize(
    ("levels", "text", "code"),
    [
        (["commune"], "Xã Đắk Cấm", "23311"),
        (["agency", "district", "commune"], "UBND huyện Sa Thầy", "000.00.28.H34"),
        (["agency", "district", "commune"], "Huyện Sa Thầy", "616"),
        (["agency", "district", "commune"], "Sở TT&TT", "000.00.11.H34"),
        (["agency", "district", "commune"], "000.00.11.H34", "000.00.11.H34"),
        (["agency", "district", "commune"], "23504", "23504"),
        (["district"], "UBND huyện Sa Thầy", "616"),
        (["agency", "commune"], "UBND phường Quang Trung", "23281"),
        (["agency", "commune"], "UBND xã Hơ Moong", "23534"),
        (["agency", "commune"], "UBND thị trấn Plei Kần", "23377"),
        (["agency", "commune"], "UBND xã Đắk Long (huyện Đắk Glei)", "23368"),
        (["commune"], "Xã Đắk Long, huyện Đắk Hà", "23504"),
        (["commune"], "Xã Đắk Long, Đắk Hà", "23504"),
        (["commune"], "Xã Đắk Long - huyện Đắk Hà", "23504"),
        (["commune"], "Xã Đắk Long (H. Đắk Hà)", "23504"),
        (["commune"], "Xã Đắk Long (huyện Đắk Hà, tỉnh Kon Tum)", "23504"),
        (["commune"], "Xã Đắk Long, huyện Đắk Hà, Kon Tum", "23504"),
        (["commune"], "Phường Quang Trung, Kon Tum", "23281"),
        (["district"], "TP. Kon Tum, tỉnh Kon Tum", "608"),
        (["commune"], "Xã Ya Ly (mới)", "23554"),
    ],
)
def test_names_of_units(levels, text, code):
    assert said(text, "unit", levels=levels) == code


@pytest.mark.parametrize(
    ("levels", "text", "rule"),
    [
        (["commune"], "Huyện Đắk Hà", "unit_unknown"),
        (["commune"], "615", "unit_unknown"),
        (["district"], "Xã Đắk Long", "unit_unknown"),
        (["commune"], "Sở TT&TT", "unit_unknown"),
        (["agency"], "Huyện Sa Thầy", "agency_unknown"),
        (["district", "commune"], "Đắk Hà", "unit_ambiguous"),
        (["agency", "district", "commune"], "UBND Đắk Hà", "unit_ambiguous"),
        (["commune"], "Xã Đắk Long, huyện Sa Thầy", "unit_unknown"),
        (["commune"], "Xã Ya Ly, huyện Đắk Hà", "unit_unknown"),
        (["commune"], "Xã Ya Ly (huyện Không Có)", "unit_unknown"),
        (["commune"], "Xã Ya Ly, Không Có", "unit_unknown"),
        (["commune"], "Xã Đắk Long, tỉnh Quảng Nam", "unit_unknown"),
    ],
)
def test_names_that_are_none_or_several(levels, text, rule):
    assert said(text, "unit", levels=levels) == rule


def test_the_order_of_levels_says_nothing():
    for levels in (["agency", "district"], ["district", "agency"]):
        assert said("UBND huyện Sa Thầy", "unit", levels=levels) == "000.00.28.H34"


def test_the_district_above_the_row_decides():
    assert said("xa dak long", "unit", levels=["agency", "district", "commune"]) == "unit_ambiguous"
    assert said("xa dak long", "unit", within="615", levels=["agency", "district", "commune"]) == "23504"
    assert said("Đắk Hà", "unit", within="615", levels=["commune"]) == "23500"


def test_a_name_that_is_none_stays_where_the_contract_says_so():
    assert said("Đất đai", "agency", unknown="text") == "Đất đai"
    assert said("Đất đai", "unit", unknown="text", levels=["agency", "commune"]) == "Đất đai"
    assert said("Đắk Hà", "unit", unknown="text", levels=["district", "commune"]) == "unit_ambiguous"


@pytest.mark.parametrize("name", ["Sở Vũ trụ", "UBND huyện Không Có", "SỞ VŨ TRỤ", "Ủy ban nhân dân xã Không Có", "Xã Không Có"])
def test_what_is_written_like_an_agency_but_is_none_is_told(name):
    found = said(name, "unit", unknown="text", levels=["agency", "commune"])
    assert found == Doubtful(name, "name_unlisted")


@pytest.mark.parametrize("name", ["Sở hữu trí tuệ", "SỞ HỮU TRÍ TUỆ", "Ban hành văn bản", "Xã hội", "XÃ HỘI", "Các sở, ban, ngành"])
def test_a_field_of_work_is_none(name):
    assert said(name, "agency", unknown="text") == name


@pytest.mark.parametrize(
    ("text", "bare", "code"),
    [
        ("Đắk Hà", "district", "615"),
        ("Sa Thầy", "commune", "23527"),
        ("Đắk Hà", "commune", "unit_ambiguous"),
        ("Thị trấn Đắk Hà", "district", "23500"),
        ("Huyện Đắk Hà", "commune", "615"),
    ],
)
def test_a_bare_name_may_mean_a_level(text, bare, code):
    assert said(text, "unit", bare=bare, levels=["district", "commune"]) == code
    assert said("=1+1", "agency", unknown="text") == "formula_injection"


def test_codes_are_left_alone_where_no_day_is_known():
    assert parse("23504", column("unit"), Context(REFERENCE, None)) == "23504"


ANYTHING = st.one_of(st.text(max_size=40), st.text("0123456789.,-/ %²½x()tỷđồngTZ:+", max_size=25))


@given(ANYTHING)
def test_any_text_is_a_value_or_a_finding(text):
    if not text.strip():
        return
    for reading in READINGS:
        found = parse(text, column(reading, format=FORM, enum=TYPES, maximum=100), Context(REFERENCE, DAY))
        if isinstance(found, Unreadable):
            issue(found.rule, "critical", "reject_row", None, value=text, **{"printed": "Cột"} | dict(found.details))
        else:
            assert isinstance(found, str | int | Decimal | date)
