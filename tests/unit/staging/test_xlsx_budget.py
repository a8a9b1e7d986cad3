"""Small files that would grow large are refused in words, in little time and memory; large ones are read."""

import re

import pytest
from chiso.staging.workbook.opening import budget
from chiso.staging.workbook.xlsx import sheet_xml, strings
from chiso.staging.workbook.xlsx import sheets as xlsx

from tests.unit.staging import open_xml as ox
from tests.unit.staging.workbooks import read, refused

LINE = ox.FIRST_LINE
DATA = [ox.commune(LINE, ox.NAMES[0])]
FAR = ox.row(1_048_576, ox.text("B1048576", "xa"))


def cells(template: str, count: int) -> list[str]:
    """Rows below the data with one cell each; %d is the line."""
    return [ox.row(line, template % line) for line in range(LINE + 1, LINE + 1 + count)]


MANY_CELLS = cells('<c r="B%d" t="s"><v>0</v></c>', 6000)
MERGE = '<mergeCell ref="A9:B9"/>'
LONG = "x" * 30_000

EXPANDING = {
    "one long string in many cells": (ox.package(ox.sheet(*ox.above(), *DATA, *MANY_CELLS), shared=ox.strings(f"<t>{LONG}</t>")), "characters"),
    "one long string of two looks": (
        ox.package(ox.sheet(*ox.above(), *DATA, *MANY_CELLS), shared=ox.strings(f"<r><t>{LONG}</t></r><r><rPr><b/></rPr><t>x</t></r>")),
        "characters",
    ),
    "a cell far to the right and down": (ox.package(ox.sheet(*ox.above(), *DATA, FAR.replace('"B', '"IV'))), "cells"),
    "far rows in many sheets": (ox.package(*[ox.sheet(*ox.above()[:3], FAR)] * 3), "rows"),
    "one cell again and again": (
        ox.package(ox.sheet(*ox.above(), *DATA, ox.row(9, '<c r="C9"><v>1</v></c><c r="C9"><v>2</v></c>' * 170_000))), "repeated cells",
    ),
    "merges": (
        ox.package(ox.sheet(*ox.above(), *DATA, after=f"<mergeCells>{MERGE * 330_000}</mergeCells>")), "repeated cells",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "what"), EXPANDING.values(), ids=EXPANDING)
def test_what_expands_is_refused(content, what):
    assert len(content) < 200_000
    finding = refused(content)
    assert finding.rule == "sheet_expands"
    assert re.search(rf"grows to more than [\d,]+ {what}, too much", finding.message_en)


def test_a_sheet_has_no_more_rows_than_the_format(monkeypatch):
    monkeypatch.setattr(sheet_xml, "MAX_ROW", 1000)
    finding = refused(ox.package(ox.sheet(*ox.above(), *DATA, "<row/>" * 1000)))
    assert (finding.rule, "“A1001”" in finding.message_en) == ("cell_misplaced", True)


def test_a_row_has_no_more_cells_than_the_format():
    assert refused(ox.package(ox.sheet(*ox.above(), *DATA, f"<row>{'<c/>' * 20_000}</row>"))).rule == "cell_misplaced"


def test_a_far_note_costs_little():
    assert read(ox.package(ox.sheet(*ox.above(), *DATA, FAR))).rows == [LINE]


def test_the_budget_grows_with_the_file(monkeypatch):
    monkeypatch.setattr(budget, "_LIMITS", {name: limit.__class__(0, limit.per_byte, limit.vi, limit.en)
                                           for name, limit in budget._LIMITS.items()})  # fmt: skip
    rows = [ox.commune(LINE + at, f"Cơ sở {at}") for at in range(500)]
    assert len(read(ox.package(ox.sheet(*ox.above(), *rows))).rows) == 500


def test_what_sheets_share_is_read_once(monkeypatch):
    read_parts = []
    real = strings.shared_strings
    monkeypatch.setattr(xlsx, "shared_strings", lambda package, path: read_parts.append(path) or real(package, path))
    sheets = [ox.sheet(ox.row(1, ox.text("A1", f"Trang {number}"))) for number in range(119)]
    form = read(ox.package(*sheets, ox.sheet(*ox.above(), *DATA), shared=ox.strings("<t>1</t>")))
    assert form.sheet == "Biểu 120"
    assert read_parts == ["xl/sharedStrings.xml"]
