"""One sheet gives the same grid whichever way it is read: matched in blocks, or walked through element by element.

Sheets that libraries wrote are also compared with what openpyxl says of each cell.
"""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook.cells import cell_text, clean
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import Grid
from chiso.staging.workbook.opening.container import open_container
from chiso.staging.workbook.xlsx import sheets as xlsx
from chiso.staging.workbook.xlsx import strings, xml_blocks
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl.cell import MergedCell
from openpyxl.styles import Font

from tests.unit.staging import open_xml as ox
from tests.unit.staging import workbooks as wb
from tests.unit.staging.test_xlsx_forms import LOOKS, PACKAGES, PIECES, PLACES, VALUES, rich
from tests.unit.staging.workbooks import Page, communes, figures, telecom

FINDINGS = Findings("a.xlsx", "x", "departments/telecom")
FIXTURES = Path(__file__).parents[2] / "fixtures" / "departments"


def many_rows(number: int) -> list[list[object]]:
    """Rows in which the last of a block differs from what the first of the next would be: gaps, texts, numbers, sums."""
    rows: list[list[object]] = [["I", "Thành phố Kon Tum", *figures(100 * number)]]
    for place in range(number):
        rows.append([place + 1, f"  Cơ sở {place}\u200b", place, 1.5 * place, f"{place}.000", "-", "KPS", "=1+1", None, "#N/A", ""])
        rows += [[]] * (place % 50 == 49)
    return [*rows, [None, ("='x'!A1|B", "Tổng cộng"), *figures(100 * number)], ["(*) Ghi chú"]]


MANY = Page(
    telecom(*many_rows(400)), merges=[(0, 0, 0, 3), (100, 1, 102, 1)], hidden_rows={9, 333}, bold={6, 406},
    formats={(row, 3): "0.00%" if row % 3 else "General" for row in range(6, 420)},
    fonts={row: ".VnTime" if row % 7 == 0 else "Arial" for row in range(6, 420)},
)  # fmt: skip


def written_by_xlsxwriter() -> bytes:
    """Dates, truths, errors, rich texts, formulas of every kind."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy", "bold": True})
    hours, raised = book.add_format({"num_format": "[h]:mm"}), book.add_format({"font_script": 1})
    sheet.write_row(0, 0, ["a & b < c", 'd "e"', "dòng\nhai", "  trắng  ", True, 0.1 + 0.2, 1e300, -3])
    sheet.write_datetime(1, 0, datetime(2024, 5, 20), day)  # noqa: DTZ001
    sheet.write_datetime(1, 1, datetime(2024, 5, 20, 7, 30), book.add_format({"num_format": "d/m/yy h:mm"}))  # noqa: DTZ001
    sheet.write_number(1, 2, 1.25, hours)
    sheet.write_rich_string(1, 3, "910", raised, "1")
    sheet.write_formula(2, 0, "=A1&B1", None, "x & y")
    sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
    sheet.write_formula(2, 2, "=TRUE()", None, True)
    sheet.write_array_formula("D3:E3", "{=1+1}", None, 2)
    sheet.write_blank(2, 6, None, day)
    sheet.merge_range(3, 0, 5, 2, "gộp")
    book.close()
    return out.getvalue()


def written_by_openpyxl() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for cells in telecom(*communes("Phường Quang Trung", "Xã Đắk Cấm"), [3, "Xã Kroong", "=1+1", 0.84, True, date(2024, 5, 20)]):
        sheet.append([cell[0] if isinstance(cell, tuple) else cell for cell in cells])
    sheet["D9"].number_format = "0.0%"
    sheet["B9"].font = Font(b=True, strike=True)
    sheet["B8"].font = Font(name=".VnTime")
    sheet.row_dimensions[8].hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


BY_LIBRARIES = {
    "many rows": wb.xlsx(MANY),
    "several sheets": wb.xlsx(Page([["Hướng dẫn"]], name="Khác"), MANY),
    "every kind": written_by_xlsxwriter(),
    "openpyxl": written_by_openpyxl(),
    **{path.name: path.read_bytes() for folder in (FIXTURES, wb.EXAMPLES) for path in sorted(folder.glob("*.xlsx"))},
}

CORPUS = BY_LIBRARIES | PACKAGES | {
    "no cells": wb.xlsx(Page([])),
    "values": ox.package(ox.sheet(*(ox.row(line, ox.number(f"B{line}", stored, f' s="{style}"'))
                                    for line, (style, stored, _) in enumerate(VALUES.values(), 1))), looks=LOOKS),
    "pieces": ox.package(ox.sheet(*(ox.row(line, f'<c r="B{line}" t="s"><v>{line - 1}</v></c>') for line in range(1, len(PIECES) + 1))),
                         shared=ox.strings(*(item for item, *_ in PIECES.values()))),
    **{place: ox.package(ox.sheet(*ox.above(), *rows)) for place, rows in PLACES.items()},
}  # fmt: skip


def read_each_way(content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    yield said(path)
    with monkeypatch.context() as patched:
        patched.setattr(xml_blocks, "BLOCK_BYTES", 2000)
        yield said(path)
    with monkeypatch.context() as patched:
        patched.setattr(xlsx, "scanned", irregular)
        patched.setattr(strings, "_scanned", irregular)
        yield said(path)


def irregular(*_: object) -> None:
    raise xml_blocks.IrregularXmlError


def said(path: Path) -> list[dict[str, Any]]:
    """All that the grids of a file say."""
    opened = open_container(path, None, FINDINGS)
    return [plain(sheet.load()) for sheet in xlsx.sheets(opened.stream, FINDINGS, opened.budget)]


def plain(grid: Grid) -> dict[str, Any]:
    places = [(row, column) for row in range(grid.height) for column in range(len(grid.columns))]
    return {
        "texts": [column.to_pylist() for column in grid.columns],
        "merges": grid.merges,
        "bold": [place for place in places if place in grid.bold],
        "hidden": grid.hidden_rows,
        "formulas": grid.formulas,
        "faults": grid.faults,
        "odd": grid.odd_merges,
    }


@pytest.mark.parametrize("content", CORPUS.values(), ids=CORPUS)
def test_every_way_gives_the_same_grid(content, monkeypatch, tmp_path):
    whole, in_blocks, walked = read_each_way(content, monkeypatch, tmp_path)
    assert whole
    assert in_blocks == whole
    assert walked == whole


@pytest.mark.parametrize("content", BY_LIBRARIES.values(), ids=BY_LIBRARIES)
def test_what_libraries_write_is_matched_in_blocks(content, monkeypatch, tmp_path):
    monkeypatch.setattr(xlsx, "walked", None)
    monkeypatch.setattr(strings, "_walked", None)
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert said(path)


@pytest.mark.parametrize("content", BY_LIBRARIES.values(), ids=BY_LIBRARIES)
def test_cells_read_as_openpyxl_sees_them(content, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    opened = open_container(path, None, FINDINGS)
    sheets = xlsx.sheets(opened.stream, FINDINGS, opened.budget)
    book = openpyxl.load_workbook(path, data_only=True, rich_text=False)
    assert [sheet.name for sheet in sheets] == book.sheetnames
    for sheet, theirs in zip(sheets, book.worksheets, strict=True):
        grid = sheet.load()
        for cells in theirs.iter_rows():
            for cell in (cell for cell in cells if not isinstance(cell, MergedCell)):
                ours = grid.text(cell.row - 1, cell.column - 1)
                assert ours == as_shown(cell), cell.coordinate
                assert ((cell.row - 1, cell.column - 1) in grid.bold) == bool(ours and cell.font.b), cell.coordinate


def as_shown(cell: Any) -> str | None:
    if isinstance(cell.value, str):
        raised = "9101"  # openpyxl joins a footnote's mark to the number
        return "910" if cell.value == raised else clean(legacy_to_unicode(cell.value, cell.font.name))
    return cell_text(cell.value, cell.number_format or "")


# Any sheet

SCRAPS = st.text(st.sampled_from("aĐắ 1.,-%&<>\"'\n\u0301_x000D_\u200b"), max_size=6)
VALUE = st.one_of(st.floats(allow_nan=False, allow_infinity=False).map(repr), st.integers(-(10**16), 10**16).map(str), SCRAPS)
CELL = st.tuples(st.integers(0, 7), st.sampled_from(["n", "str", "inlineStr", "b", "e", "d", "rich", "f"]), VALUE, st.booleans())


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELL, min_size=1, max_size=30), width=st.integers(1, 5))
def test_any_cells_read_the_same_either_way(cells, width, monkeypatch, tmp_path):
    lines = [ox.row(at // width + 1, *(cell(f"{'ABCDE'[place]}{at // width + 1}", *one)
                                       for place, one in enumerate(cells[at : at + width])))
             for at in range(0, len(cells), width)]  # fmt: skip
    whole, in_blocks, walked = read_each_way(ox.package(ox.sheet(*lines), looks=LOOKS), monkeypatch, tmp_path)
    assert whole == in_blocks == walked


def cell(address: str, style: int, kind: str, value: str, has_value: bool) -> str:
    written = ox.escape(value)
    match kind:
        case "inlineStr":
            return ox.text(address, value, f' s="{style}"')
        case "rich":
            return f'<c r="{address}" s="{style}" t="inlineStr"><is>{rich(f"<t>{written}</t>", f"<rPr><strike/></rPr><t>{written}</t>")}</is></c>'
        case "f":
            return f'<c r="{address}" s="{style}"><f>{written}</f>{f"<v>{written}</v>" * has_value}</c>'
    return f'<c r="{address}" s="{style}" t="{kind}">{f"<v>{written}</v>" * has_value}</c>'


def test_moments():
    assert [cell_text(moment) for moment in (time(7, 30), timedelta(hours=36))] == ["07:30:00", "36:00:00"]
