"""Columns cast as a whole say what their cells say one by one."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from chiso.contracts import Column
from chiso.contracts.parsing import Context, Doubtful, Unreadable, parse
from chiso.province.units import load_reference
from chiso.staging.batch import Broken, RawBatch
from chiso.staging.cast import LONGEST_VALUE, Casts
from hypothesis import given
from hypothesis import strategies as st

REFERENCE = load_reference(Path(__file__).parents[3] / "include" / "schemas")
DAY = date(2024, 6, 30)
FORM = "dd/MM/yyyy HH:mm:ss"


def column(reading: str, **given) -> Column:
    own = {name: given.pop(name) for name in ("minimum", "maximum", "enum", "format") if name in given}
    return Column(name="it", printed="Cột", reading=reading, header=[["Cột"]], required=False, terms=given, **own)


def cast(texts, made: Column, within=None, at=DAY) -> tuple[list[object], list[Broken], list[str | None]]:
    """Values, findings, and which columns of each row can't be read."""
    delivered = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    rows = pa.array(range(1, len(delivered) + 1), pa.int64())
    given = None if within is None else pa.array(within, pa.string())
    table, broken = Casts([made], REFERENCE, at).apply(RawBatch(rows, {"it": delivered}, within=given))
    assert table.schema.field("it").type == made.how.arrow
    return table.column("it").to_pylist(), broken, table.column("unreadable").to_pylist()


TEXTS = {
    "count": ["2447", "0", "01", "1.014", "1 014", "-", "KPS", "1,014", "12,5", "-5", "9" * 19, "+5", "0x10", "１０", "910²", "٩١٠"],
    "number": ["2447", "0", "01", "3,148", "1.014,5", "-0,3", "5 tỷ", "5 USD", "6.88", "1,5,5", "-", "9" * 19, "910²", "９１０"],
    "percent": ["45", "45,01", "45,01%", "6.88", "1.014", "150.000", "-5%", "KPS", "x"],
    "printed": ["84%", "79,24%", "1.014", "gần 5", "-5%", "ba", "9/17"],
    "timestamp": ["27/06/2024 08:00:00", "2024-05-14T17:00:00Z", "31/02/2024 08:00:00", "1²/06/2024 08:00:00",
                  "01/06/0024 08:00:00", "1/6/2024 8:0:0", "27/06/2024 08:00:60", "2024-06-27 08:00:00", "٠١/06/2024 08:00:00"],
    "date": ["27/06/2024", "2024-05-14T17:00:00Z", "45292", "1²/06/2024"],
    "text": ["Trạm 1", "=1+1", "-", "-5", "+84"],
    "flag": ["1", "0", "true", "2"],
    "mark": ["x", "-", "0", "có"],
    "choice": ["Bàn", "ghe", "tủ"],
    "period": ["2024", "6 tháng đầu năm 2024", "xưa"],
    "unit": ["Xã Ya Ly", "23554", "Đắk Hà", "Không Có"],
    "agency": ["Sở Y tế", "000.00.16.H34", "Không Có"],
}  # fmt: skip


def one_by_one(text: str | None, made: Column) -> tuple[object, str | None]:
    """Value and rule as the parser says them."""
    found = parse(text.strip(), made, Context(REFERENCE, DAY)) if text and text.strip() else made.how.blank
    if text is None or not text.strip():
        found = made.how.blank if made.default is None else made.default
        found = Decimal(found) if made.how.is_decimal and found is not None else found
    if isinstance(found, Unreadable):
        return None, found.rule
    if isinstance(found, Doubtful):
        return found.value, found.rule
    return found, None


@pytest.mark.parametrize("terms", [{}, {"blank": "none"}, {"blank": 7}, {"unknown": "flag"}])
@given(data=st.data())
def test_a_column_says_what_its_cells_say(terms, data):
    reading = data.draw(st.sampled_from(sorted(TEXTS)))
    made = column(reading, format=FORM, enum=["bàn", "ghế"], **terms)
    if made.default is not None and made.how.kind != "figure":
        return
    pool = st.sampled_from(TEXTS[reading])
    texts = data.draw(
        st.lists(st.one_of(st.none(), st.just(" "), pool, pool.map(lambda text: f" {text} ")), max_size=8)
    )
    values, broken, unreadable = cast(texts, made)
    expected = [one_by_one(text, made) for text in texts]
    assert [_number(value, made) for value in values] == [value for value, _ in expected]
    assert {entry.row: entry.rule for entry in broken} == {
        row: rule for row, (_, rule) in enumerate(expected, 1) if rule
    }
    rejected = {entry.row for entry in broken if entry.rejects}
    assert [row for row, names in enumerate(unreadable, 1) if names] == sorted(rejected)


def _number(value: object, made: Column) -> object:
    """A staged decimal as the number it is: it may be written with other zeros."""
    return Decimal(value) if made.how.is_decimal and isinstance(value, str) else value


def test_whole_columns_of_plain_numbers():
    assert cast(["3,148", None, "0", "12"], column("number"))[0] == ["3.148", None, "0", "12"]
    assert cast(["3,148", None], column("number", blank=0))[0] == ["3.148", "0"]
    assert cast(["3,148", None], column("number", printed_in="nghìn đồng"))[0] == ["3148", None]
    assert cast(["12", None], column("count", blank=0))[0] == [12, 0]
    assert cast(["12", "5"], column("count", printed_in="nghìn đồng"))[0] == [12_000, 5_000]


def test_times_with_a_zone_beside_local_ones():
    texts = ["27/06/2024 08:00:00", "2024-05-14T17:00:00Z", None, "01/03/2024 00:00:00", "31/02/2024 00:00:00"]
    values, broken, _ = cast(texts, column("timestamp", format=FORM))
    days = ["2024-06-27 08:00:00", "2024-05-15 00:00:00", "None", "2024-03-01 00:00:00", "None"]
    assert list(map(str, values)) == days
    assert [(entry.row, entry.rule, entry.value) for entry in broken] == [(5, "time_malformed", texts[4])]


def test_a_flagged_value_counts_and_is_said():
    made = column("choice", enum=["bàn"], unknown="flag")
    values, [finding], unreadable = cast(["Bàn", "Tủ"], made)
    assert (values, unreadable) == (["bàn", "Tủ"], [None, None])
    assert (finding.row, finding.rule, finding.value, finding.rejects) == (2, "choice_unknown", "Tủ", False)


def test_words_of_a_dictionary_are_cast_once_each():
    words = pa.array(["Xã Ya Ly", "Không Có", "Xã Ya Ly"]).dictionary_encode()
    values, broken, unreadable = cast(words, column("unit"))
    assert (values, unreadable) == (["23554", None, "23554"], [None, "it", None])
    assert [(entry.row, entry.value) for entry in broken] == [(2, "Không Có")]


def test_the_district_above_the_row_decides():
    texts, within = ["xa dak long", "xa dak long", "xa dak long"], ["615", "610", None]
    values, broken, _ = cast(texts, column("unit", levels=["agency", "commune"]), within)
    assert values == ["23504", "23368", None]
    assert [(entry.row, entry.rule, entry.value) for entry in broken] == [(3, "unit_ambiguous", "xa dak long")]


def test_codes_are_left_alone_where_no_day_is_known():
    assert cast(["23504", None], column("unit"), at=None)[0] == ["23504", None]
    assert cast(["23504", "-"], column("unit", blank="none"), at=None)[0] == ["23504", None]
    assert cast(["23504", "235\ufffd4"], column("agency"), at=None)[2] == [None, "it"]


def test_a_value_that_is_too_long_is_not_shown():
    values, [finding], _ = cast(["x" * (LONGEST_VALUE + 1)], column("text"))
    assert (values, finding.rule, finding.value) == ([None], "value_too_long", None)


def test_a_line_that_could_not_be_split_is_a_row():
    batch = RawBatch(
        pa.array([2], pa.int64()), {"it": pa.array(["5"])}, broken=[Broken(1, None, "wrong_field_count", None)]
    )
    table, _ = Casts([column("count")], REFERENCE, DAY).apply(batch)
    assert table.select(["row_no", "it", "unreadable"]).to_pylist() == [
        {"row_no": 1, "it": None, "unreadable": "*"},
        {"row_no": 2, "it": 5, "unreadable": None},
    ]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Lĩnh vực y tế", "Y tế"),
        ("LĨNH VỰC Y TẾ", "Y TẾ"),
        ("Lĩnh vực: Y tế", "Y tế"),
        ("I. Lĩnh vực y tế", "Y tế"),
        ("Ngành y tế", "Y tế"),
        ("1) Y tế", "Y tế"),
        ("Y tế", "Y tế"),
        ("Lĩnh vực", "Lĩnh vực"),
        ("Lĩnh vực khác", "Khác"),
        ("3G", "3G"),
    ],
)
def test_a_word_that_says_but_what_the_column_is(said, meant):
    assert cast([said], column("text", prefixes=["Lĩnh vực", "Ngành"]))[0] == [meant]
    assert cast([said], column("text"))[0] == [said]
