"""Workbooks of Excel 97 to 2003: looks of text, formulas without a result, odd values."""

import io
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import xlwt
from chiso.findings.issues import DeliveryRefused
from chiso.staging.workbook import Form

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import read, refused, rules

Write = Callable[[xlwt.Worksheet], object]
ROW, COLUMN = wb.FIRST_ROW + 1, 2
"""Of the cell that a test writes: C8."""


def book(write: Write) -> bytes:
    """The telecom form with three rows; `write` writes what it likes over them."""
    made = xlwt.Workbook(style_compression=2)
    sheet = made.add_sheet("Biểu 1", cell_overwrite_ok=True)
    for row, cells in enumerate(wb.telecom(*wb.communes("Phường Quang Trung", "Xã Đắk Cấm", "Xã Kroong"))):
        for column, value in enumerate(cells):
            if value is not None:
                sheet.write(row, column, value)
    write(sheet)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def font(**looks: Any) -> xlwt.Font:
    made = xlwt.Font()
    for name, value in looks.items():
        setattr(made, name, value)
    return made


def style(number_format: str = "General", **looks: Any) -> xlwt.XFStyle:
    made = xlwt.XFStyle()
    made.font = font(**looks)
    made.num_format_str = number_format
    return made


SUPER, SUB, STRUCK = font(escapement=1), font(escapement=2), font(struck_out=True)


def written(value: object, look: xlwt.XFStyle | None = None) -> Write:
    return lambda sheet: sheet.write(ROW, COLUMN, value, look or xlwt.XFStyle())


def rich(*runs: object) -> Write:
    return lambda sheet: sheet.write_rich_text(ROW, COLUMN, runs)


def cell(content: bytes) -> tuple[str | None, list[str]]:
    form = read(content, name="vien_thong.xls")
    assert form.rows == [7, 8, 9]
    assert [form.values["households"][index] for index in (0, 2)] == ["100", "100"]
    return form.values["households"][1], rules(form)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (rich("910", ("1", SUPER)), ("910", [])),
        (rich(("(1)", SUPER), "910"), ("910", [])),
        (rich("910", ("*", SUB)), ("910", [])),
        (rich(("810 ", STRUCK), "910"), ("910", [])),
        (rich("9", ("10", font(bold=True))), ("910", [])),
        (rich("9", ("1", STRUCK), "60"), ("9160", ["cell_in_pieces"])),
        (rich(("910", STRUCK)), ("910", ["cell_struck"])),
        (written("910", style(struck_out=True)), ("910", ["cell_struck"])),
        (written(910, style(struck_out=True)), ("910", ["cell_struck"])),
        (written(910), ("910", [])),
        (written(0.4501, style("0%")), ("45,01%", [])),
        (written(910, style("#,##0")), ("910", [])),
        (written(910000, style("#,##0,")), ("910000", ["cell_scaled"])),
        (written(910, style(";;;")), ("910", ["cell_struck"])),
        (written(12.5, style('#,##0.0" tỷ"')), ("12,5 tỷ", [])),
        (written(910, style('#,##0" hộ"')), ("910", [])),
    ],
)
def test_a_cell_reads_as_it_looks(write, expected):
    assert cell(book(write)) == expected


def test_fonts_of_runs_are_those_of_their_letters():
    def name(sheet: xlwt.Worksheet) -> None:
        sheet.write_rich_text(ROW, 1, [("X· ", font(name=".VnTime")), "Đắk Cấm"])

    assert read(book(name), name="a.xls").values["commune"][1] == "Xã Đắk Cấm"


@pytest.mark.parametrize(
    ("value", "look", "expected"),
    [
        (45444.0, "dd/mm/yyyy", ("01/06/2024", [])),
        (45444.5, "dd/mm/yyyy hh:mm", ("01/06/2024 12:00:00", [])),
        (0.5, "hh:mm", ("12:00:00", [])),
        (1.25, "[h]:mm", ("30:00:00", [])),
        (59.0, "dd/mm/yyyy", ("28/02/1900", [])),
        (60.0, "dd/mm/yyyy", ("60", ["cell_out_of_time"])),
        (-1.0, "dd/mm/yyyy", ("-1", ["cell_out_of_time"])),
        (1e9, "dd/mm/yyyy", ("1000000000", ["cell_out_of_time"])),
    ],
)
def test_dates_and_what_is_none(value, look, expected):
    assert cell(book(written(value, style(look)))) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(("look", "found"), [("General", []), ("dd/mm/yyyy", ["cell_out_of_time"])])
def test_a_number_that_is_none_rejects_its_row(value, look, found):
    assert cell(book(written(value, style(look)))) == ("#NUM!", found)


# Formulas

NONE, ZERO = b"\x03\x00\x00\x00\x00\x00\xff\xff", bytes(8)


def calculated(content: bytes, *results: tuple[bytes, int]) -> bytes:
    """The workbook with results, and options, in place of the empty ones of its formulas, in their order."""
    made = bytearray(content)
    place = 0
    for result, flags in results:
        place = made.index(NONE, place)
        made[place : place + 10] = result + struct.pack("<H", flags)
        place += 10
    return bytes(made)


def formulas(sheet: xlwt.Worksheet) -> None:
    sheet.write(ROW, COLUMN, xlwt.Formula("D8+E8"))
    sheet.write(ROW + 1, 9, xlwt.Formula("D9"))


NUMBER = struct.pack("<d", 910)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([(NONE, 0), (NONE, 0)], (None, ["formula_uncached", "formula_uncached"])),
        ([(ZERO, 0), (NONE, 0)], (None, ["formula_uncached", "formula_uncached"])),
        ([(ZERO, 2), (NUMBER, 0)], (None, ["formula_uncached"])),
        ([(NONE, 3), (NUMBER, 0)], (None, ["formula_uncached"])),
        ([(NONE, 0), (NUMBER, 0)], (None, [])),
        ([(ZERO, 0), (NUMBER, 0)], ("0", [])),
        ([(ZERO, 1), (NUMBER, 0)], ("0", [])),
        ([(NUMBER, 3), (NUMBER, 0)], ("910", [])),
    ],
)
def test_formulas_without_a_result(results, expected):
    assert cell(calculated(book(formulas), *results)) == expected


def _with_record(content: bytes, kind: int, marker: bytes) -> bytes:
    """The workbook with a record of `kind` in place of another of the same length (2 bytes) that says little."""
    place = content.index(marker)
    return content[:place] + struct.pack("<H", kind) + content[place + 2 :]


def test_a_zero_that_excel_calculated_is_one():
    calm = calculated(book(formulas), (ZERO, 0), (ZERO, 0))
    assert cell(calm)[0] is None
    precision = struct.pack("<HH", 0x000E, 2)  # in the workbook's own records
    assert cell(_with_record(calm, 0x01C1, precision)) == ("0", [])


def test_results_that_were_pending_are_none():
    settled = calculated(book(formulas), (NUMBER, 0), (NUMBER, 0))
    assert cell(settled) == ("910", [])
    sheet_begins = settled.index(struct.pack("<HHHH", 0x0809, 16, 0x0600, 0x0010))
    headers = settled.index(struct.pack("<HH", 0x002A, 2), sheet_begins)
    pending = settled[:headers] + struct.pack("<H", 0x005E) + settled[headers + 2 :]
    assert cell(pending) == (None, ["formula_uncached", "formula_uncached"])


# What is hidden, damaged, large


def test_hidden_rows_and_columns_are_reported():
    def hide(sheet: xlwt.Worksheet) -> None:
        sheet.row(ROW).hidden = True
        sheet.col(3).hidden = True

    form = read(book(hide), name="a.xls")
    assert {(finding.rule, finding.row, finding.cell) for finding in form.findings} == {
        ("hidden_row", 8, None),
        ("hidden_column", None, "D5"),
    }


def test_damage_is_told_in_words():
    content = book(lambda sheet: None)
    label = struct.pack("<HHHH", 0x00FD, 10, 6, 1)
    assert label in content
    finding = refused(content.replace(label, struct.pack("<HHHH", 0x00FD, 10, 6, 5000)), name="vien_thong.xls")
    assert (finding.rule, finding.sheet) == ("file_damaged", "Biểu 1")
    assert "Error" not in finding.message_en


def _scattered(sheet: xlwt.Worksheet) -> None:
    sheet.write(65535, 255, "xa")


def _overlapping(sheet: xlwt.Worksheet) -> None:
    sheet.write(5000, 0, "xa")
    for row in range(20, 3000):
        sheet.merged_ranges.append((row, 65535, 1, 1))


def _heavy(sheet: xlwt.Worksheet) -> None:
    for row in range(20, 5000):
        sheet.write(row, 1, "x" * 32000)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("write", [_scattered, _overlapping, _heavy])
def test_small_workbooks_take_little_time(write):
    content = book(write)
    with suppress(DeliveryRefused):
        read(content, name="a.xls")


def test_merges_that_overlap_are_reported():
    def merge(sheet: xlwt.Worksheet) -> None:
        sheet.merged_ranges.extend([(ROW, ROW + 3, 1, 1), (ROW + 1, ROW + 2, 0, 1), (ROW, ROW - 1, 5, 5)])

    form = read(book(merge), name="a.xls")
    assert [(finding.rule, finding.value) for finding in form.findings] == [("merge_odd", "F8:F7"), ("merge_odd", "A9:B10")]


def test_a_far_cell_takes_nothing_from_the_form():
    form: Form = read(book(_scattered), name="a.xls")
    assert form.rows == [7, 8, 9]
