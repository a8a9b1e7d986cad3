"""Sheets of an .ods file (OpenDocument). Runs of equal blank cells and rows, up to a million, are kept short."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO

from odf import teletype
from odf.namespaces import FONS, OFFICENS, STYLENS, TABLENS
from odf.opendocument import load
from odf.style import Style
from odf.table import Table, TableRow
from odf.text import P

from chiso.staging.workbook.cells import cell_text, clean
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Formula, Grid, Place, Sheet, Span, trimmed
from chiso.text import legacy_to_unicode

MAX_REPEATED_ROWS = 10_000
"""Copies of one filled row; no form repeats a row so often."""
_CELL, _COVERED = (TABLENS, "table-cell"), (TABLENS, "covered-table-cell")
_NUMBERS = frozenset({"float", "percentage", "currency"})


@dataclass(frozen=True)
class _Look:
    """What a cell's style says."""

    bold: bool = False
    font: str = ""


def sheets(stream: BinaryIO, findings: Findings) -> list[Sheet]:
    """Tables of the file in their order. Raises DeliveryRefused when damaged."""
    with findings.reading():
        document = load(stream)
        styles = {style.getAttrNS(STYLENS, "name"): style for style in document.getElementsByType(Style)}
        looks = {name: _look(style, styles) for name, style in styles.items()}
        return [Sheet(str(table.getAttrNS(TABLENS, "name")), _is_hidden(table, styles),
                      partial(_load, table, looks, findings))
                for table in document.spreadsheet.getElementsByType(Table)]


def _is_hidden(table: Any, styles: dict[str, Any]) -> bool:
    style = styles.get(table.getAttrNS(TABLENS, "style-name"))
    return any(part.getAttrNS(TABLENS, "display") == "false" for part in _parts(style))


def _parts(style: Any) -> list[Any]:
    return [part for part in style.childNodes if part.attributes] if style is not None else []


def _look(style: Any, styles: dict[str, Any]) -> _Look:
    """Bold and font of a style; what it leaves open, its parents say."""
    bold, font, seen = None, None, set()
    while style is not None and id(style) not in seen:
        seen.add(id(style))
        for part in _parts(style):
            bold = bold or part.getAttrNS(FONS, "font-weight")
            font = font or part.getAttrNS(STYLENS, "font-name") or part.getAttrNS(FONS, "font-family")
        style = styles.get(style.getAttrNS(STYLENS, "parent-style-name"))
    return _Look(bold == "bold", str(font or "").strip("'"))


def _load(table: Any, looks: dict[str, _Look], findings: Findings) -> Grid:
    with findings.reading():
        return _grid(table, looks)


def _grid(table: Any, looks: dict[str, _Look]) -> Grid:
    rows: list[list[str | None]] = []
    merges: list[Span] = []
    bold: set[Place] = set()
    hidden: set[int] = set()
    formulas: dict[Place, Formula] = {}
    blank = 0
    for element in table.getElementsByType(TableRow):
        copies = int(element.getAttrNS(TABLENS, "number-rows-repeated") or 1)
        cells = [(column, cell, _text(cell, looks)) for column, cell in _cells(element)]
        if not any(text for _, _, text in cells):
            blank += copies  # the sheet's end is a million of them
            continue
        rows.extend([] for _ in range(blank))
        blank = 0
        texts: list[str | None] = [None] * (cells[-1][0] + 1)
        for column, cell, text in cells:
            texts[column] = text
        for row in range(len(rows), len(rows) + min(copies, MAX_REPEATED_ROWS)):
            rows.append(trimmed(list(texts)))
            merges += [span for column, cell, _ in cells for span in _span(row, column, cell)]
            bold.update((row, column) for column, cell, text in cells if text and _style(cell, looks).bold)
            formulas |= {(row, column): formula for column, cell, _ in cells for formula in _formula(cell)}
            if element.getAttrNS(TABLENS, "visibility") in ("collapse", "filter"):
                hidden.add(row)
    return Grid(rows, merges, frozenset(bold), frozenset(hidden), formulas)


def _cells(row: Any) -> Iterator[tuple[int, Any]]:
    """Cells with their columns; blank ones at the row's end stand for as many as they like."""
    column = 0
    for cell in row.childNodes:
        if cell.qname not in (_CELL, _COVERED):
            continue
        copies = int(cell.getAttrNS(TABLENS, "number-columns-repeated") or 1)
        if cell.qname == _CELL:
            yield from ((place, cell) for place in range(column, min(column + copies, MAX_COLUMNS)))
        column += copies


def _style(cell: Any, looks: dict[str, _Look]) -> _Look:
    return looks.get(cell.getAttrNS(TABLENS, "style-name"), _Look())


def _text(cell: Any, looks: dict[str, _Look]) -> str | None:
    kind = cell.getAttrNS(OFFICENS, "value-type")
    if kind in _NUMBERS:
        return cell_text(float(cell.getAttrNS(OFFICENS, "value")), "0%" if kind == "percentage" else "General")
    if kind == "date":
        return cell_text(datetime.fromisoformat(cell.getAttrNS(OFFICENS, "date-value")))
    if kind == "boolean":
        return cell_text(cell.getAttrNS(OFFICENS, "boolean-value") == "true")
    lines = [teletype.extractText(line) for line in cell.childNodes if line.qname == P().qname]
    return clean(legacy_to_unicode("\n".join(lines), _style(cell, looks).font))


def _span(row: int, column: int, cell: Any) -> Iterator[Span]:
    down = int(cell.getAttrNS(TABLENS, "number-rows-spanned") or 1)
    right = int(cell.getAttrNS(TABLENS, "number-columns-spanned") or 1)
    if down > 1 or right > 1:
        yield Span(row, column, row + down - 1, column + right - 1)


def _formula(cell: Any) -> Iterator[Formula]:
    text = cell.getAttrNS(TABLENS, "formula")
    if text:
        yield Formula(str(text).partition("=")[2], cell.getAttrNS(OFFICENS, "value-type") is not None)
