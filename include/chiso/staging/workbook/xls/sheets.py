"""Sheets of an .xls file (BIFF, Excel 5 to 2003). The format keeps formulas compiled: only their values are known."""

import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import xlrd

from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook.cells import Piece, cell_text, clean, format_rule, read_pieces
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Formula, Grid, Place, Sheet, Span, columns_of, trimmed
from chiso.staging.workbook.merges import settled
from chiso.staging.workbook.opening.budget import Budget
from chiso.staging.workbook.xls.biff import Formulas

_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NO_DAY = 60
"""Counted from 1900, the day that the format takes for 29 February of that year."""


def sheets(stream: BinaryIO, findings: Findings, budget: Budget) -> list[Sheet]:
    """Worksheets of the file in their order. Raises DeliveryRefused when damaged."""
    with findings.reading():
        book = xlrd.open_workbook(file_contents=stream.read(), formatting_info=True, on_demand=True, ragged_rows=True,
                                  logfile=io.StringIO())
        formulas = Formulas(book.mem, book.base, book._sh_abs_posn)
        return [_sheet(book, number, formulas, findings, budget) for number in range(book.nsheets)]


def _sheet(book: Any, number: int, formulas: Formulas, findings: Findings, budget: Budget) -> Sheet:
    name = book.sheet_names()[number]

    def load() -> Grid:
        with findings.reading(name):
            return _Cells(book, book.sheet_by_index(number), formulas.uncalculated(number)).grid(budget)

    return Sheet(name, book._sheet_visibility[number] != 0, load)


class _Cells:
    """Cells of a sheet."""

    def __init__(self, book: Any, sheet: Any, uncalculated: set[Place]) -> None:
        self._book, self._sheet, self._uncalculated = book, sheet, uncalculated
        self._bold: set[Place] = set()
        self._faults: dict[Place, str] = {}

    def grid(self, budget: Budget) -> Grid:
        """The sheet, read."""
        sheet = self._sheet
        budget.rows(sheet.nrows, sheet.name)
        rows = []
        for row in range(sheet.nrows):
            texts = [self._text((row, column), cell) for column, cell in enumerate(sheet.row(row)[:MAX_COLUMNS])]
            budget.characters(sum(len(text) for text in texts if text), sheet.name)
            rows.append(trimmed(texts))
        merges, odd = settled(Span(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells)
        return Grid(columns_of(rows, budget, sheet.name), merges, odd_merges=odd, bold=frozenset(self._bold),
                    hidden_rows=frozenset(row for row, info in sheet.rowinfo_map.items() if info.hidden),
                    formulas={place: Formula("", stored=False) for place in self._uncalculated}, faults=self._faults,
                    hidden_columns=frozenset(column for column, info in sheet.colinfo_map.items() if info.hidden))

    def _text(self, place: Place, cell: Any) -> str | None:
        """The cell's text; what it breaks and how it looks is noted."""
        if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK) or place in self._uncalculated:
            return None
        style = self._book.xf_list[cell.xf_index]
        font = self._book.font_list[style.font_index]
        if cell.ctype == xlrd.XL_CELL_TEXT:
            joined, rule = read_pieces(list(self._pieces(place, cell.value, font)))
            text = clean(joined)
        else:
            text, rule = _value(cell, self._book.format_map[style.format_key].format_str, self._book.datemode)
            rule = "cell_struck" if font.struck_out else rule
        if text and rule:
            self._faults[place] = rule
        if text and font.weight >= 600:
            self._bold.add(place)
        return text

    def _pieces(self, place: Place, text: str, font: Any) -> Iterator[Piece]:
        """A text in the stretches of its fonts."""
        runs = self._sheet.rich_text_runlist_map.get(place, [])
        ends = [*(start for start, _ in runs), len(text)]
        for start, end, own in zip([0, *ends], ends, [font, *(self._book.font_list[index] for _, index in runs)], strict=False):
            if end > start:
                yield Piece(legacy_to_unicode(text[start:end], own.name), own.escapement > 0, bool(own.struck_out))


def _value(cell: Any, number_format: str, datemode: int) -> tuple[str | None, str | None]:
    """Text of a cell that holds no text, and the rule that it breaks, if any."""
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A")), None
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return cell_text(bool(cell.value)), None
    if cell.ctype != xlrd.XL_CELL_DATE:
        return cell_text(cell.value, number_format), format_rule(number_format)
    moment = _moment(cell.value, number_format, datemode)
    return (cell_text(cell.value), "cell_out_of_time") if moment is None else (cell_text(moment), None)


def _moment(value: float, number_format: str, datemode: int) -> object | None:
    """A serial number as the date, time or duration that its format shows; None if it is none."""
    try:
        if value < 0 or (datemode == 0 and int(value) == _NO_DAY):
            return None
        if _DURATION.search(number_format):
            return timedelta(days=value)
        moment: datetime = xlrd.xldate_as_datetime(value, datemode)
    except (OverflowError, ValueError):
        return None
    return moment.time() if value < 1 else moment
