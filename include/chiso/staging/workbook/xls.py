"""Sheets of an .xls file (BIFF, Excel 97 to 2003). The format keeps formulas compiled: only their values are known."""

import io
from functools import partial
from typing import Any, BinaryIO

import xlrd

from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook.budget import Budget
from chiso.staging.workbook.cells import cell_text, clean
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Grid, Place, Sheet, Span, columns_of, trimmed


def sheets(stream: BinaryIO, findings: Findings, budget: Budget) -> list[Sheet]:
    """Worksheets of the file in their order. Raises DeliveryRefused when damaged."""
    with findings.reading():
        book = xlrd.open_workbook(file_contents=stream.read(), formatting_info=True, logfile=io.StringIO())
        return [Sheet(sheet.name, sheet.visibility != 0, partial(_load, book, sheet, findings, budget))
                for sheet in book.sheets()]


def _load(book: Any, sheet: Any, findings: Findings, budget: Budget) -> Grid:
    with findings.reading():
        rows: list[list[str | None]] = []
        bold: set[Place] = set()
        for row in range(sheet.nrows):
            cells = sheet.row(row)[:MAX_COLUMNS]
            rows.append(trimmed([_text(book, cell) for cell in cells]))
            bold.update((row, column) for column, cell in enumerate(cells) if rows[row][column:column + 1] != []
                        and _font(book, cell).weight >= 600)
        merges = [Span(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
        hidden = frozenset(row for row, info in sheet.rowinfo_map.items() if info.hidden)
    return Grid(columns_of(rows, budget, sheet.name), merges, frozenset(bold), hidden)


def _font(book: Any, cell: Any) -> Any:
    return book.font_list[book.xf_list[cell.xf_index].font_index]


def _text(book: Any, cell: Any) -> str | None:
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return clean(legacy_to_unicode(cell.value, _font(book, cell).name))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return cell_text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_DATE:
        return cell_text(xlrd.xldate_as_datetime(cell.value, book.datemode))
    return cell_text(cell.value, book.format_map[book.xf_list[cell.xf_index].format_key].format_str)
