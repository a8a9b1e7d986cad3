"""Sheets of an .ods file (OpenDocument). Runs of blank cells and rows, up to a million, are kept short.

Read from its XML: the usual library prints a broken document to the log and goes on with the part it understood.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO

from lxml import etree

from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook.budget import Budget
from chiso.staging.workbook.cells import cell_text, clean
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Formula, Grid, Place, Sheet, Span, columns_of, trimmed

MAX_REPEATED_ROWS = 10_000
"""Copies of one filled row; no form repeats a row so often."""

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _STYLE, _TABLE, _TEXT = (f"{{{_NAMESPACE}{name}:1.0}}" for name in ("office", "style", "table", "text"))
_FO = f"{{{_NAMESPACE}xsl-fo-compatible:1.0}}"
_NUMBERS = frozenset({"float", "percentage", "currency"})


@dataclass(frozen=True)
class _Look:
    """What a style says of its cells, or of its table."""

    bold: bool = False
    font: str = ""
    hidden: bool = False


_PLAIN = _Look()


def sheets(stream: BinaryIO, findings: Findings, budget: Budget) -> list[Sheet]:
    """Tables of the file in their order. Raises DeliveryRefused when damaged."""
    with findings.reading():
        with zipfile.ZipFile(stream) as package:
            parts = [_parsed(package.read(name)) for name in ("content.xml", "styles.xml")
                     if name in package.namelist()]
        looks = _looks(parts)
        tables = parts[0].iterfind(f".//{_OFFICE}spreadsheet/{_TABLE}table")
        return [Sheet(table.get(f"{_TABLE}name", ""), _look(table, looks).hidden,
                      partial(_load, table, looks, findings, budget)) for table in tables]


def _parsed(xml: bytes) -> etree._Element:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))


# Styles

def _looks(parts: list[etree._Element]) -> dict[str, _Look]:
    styles = {style.get(f"{_STYLE}name", ""): style for part in parts for style in part.iter(f"{_STYLE}style")}
    return {name: _resolved(style, styles) for name, style in styles.items()}


def _resolved(style: etree._Element | None, styles: dict[str, etree._Element]) -> _Look:
    """Bold and font of a style; what it leaves open, its parents say."""
    stated: dict[str, str] = {}
    seen: set[str] = set()
    while style is not None and style.get(f"{_STYLE}name", "") not in seen:
        seen.add(style.get(f"{_STYLE}name", ""))
        for properties in style:
            stated = {str(name): str(value) for name, value in properties.attrib.items()} | stated
        style = styles.get(style.get(f"{_STYLE}parent-style-name", ""))
    font = stated.get(f"{_STYLE}font-name") or stated.get(f"{_FO}font-family") or ""
    return _Look(stated.get(f"{_FO}font-weight") == "bold", font.strip("'"), stated.get(f"{_TABLE}display") == "false")


def _look(element: etree._Element, looks: dict[str, _Look]) -> _Look:
    return looks.get(element.get(f"{_TABLE}style-name", ""), _PLAIN)


# Cells

def _load(table: etree._Element, looks: dict[str, _Look], findings: Findings, budget: Budget) -> Grid:
    with findings.reading():
        return _grid(table, looks, budget)


def _grid(table: etree._Element, looks: dict[str, _Look], budget: Budget) -> Grid:
    rows: list[list[str | None]] = []
    merges: list[Span] = []
    bold: set[Place] = set()
    hidden: set[int] = set()
    formulas: dict[Place, Formula] = {}
    blank = 0
    for element in table.iter(f"{_TABLE}table-row"):
        copies = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
        cells = [(column, cell, _text(cell, looks)) for column, cell in _cells(element)]
        if all(text is None for _, _, text in cells):
            blank += copies  # the sheet's end is a million of them
            continue
        rows.extend([] for _ in range(blank))
        blank = 0
        texts: list[str | None] = [None] * (cells[-1][0] + 1)
        for column, _, text in cells:
            texts[column] = text
        for row in range(len(rows), len(rows) + min(copies, MAX_REPEATED_ROWS)):
            rows.append(trimmed(list(texts)))
            merges += [span for column, cell, _ in cells for span in _span(row, column, cell)]
            bold.update((row, column) for column, cell, text in cells if text and _look(cell, looks).bold)
            formulas |= {(row, column): formula for column, cell, _ in cells for formula in _formula(cell)}
            if element.get(f"{_TABLE}visibility") in ("collapse", "filter"):
                hidden.add(row)
    return Grid(columns_of(rows, budget, table.get(f"{_TABLE}name", "")), merges, frozenset(bold), frozenset(hidden), formulas)


def _cells(row: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    """Cells with their columns, without those that a merge covers; repeated ones several times."""
    column = 0
    for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        copies = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        if cell.tag == f"{_TABLE}table-cell":
            yield from ((place, cell) for place in range(column, min(column + copies, MAX_COLUMNS)))
        column += copies


def _text(cell: etree._Element, looks: dict[str, _Look]) -> str | None:
    kind = cell.get(f"{_OFFICE}value-type")
    if kind in _NUMBERS:
        return cell_text(float(cell.get(f"{_OFFICE}value", "")), "0%" if kind == "percentage" else "General")
    if kind == "date":
        return cell_text(datetime.fromisoformat(cell.get(f"{_OFFICE}date-value", "")))
    if kind == "boolean":
        return cell_text(cell.get(f"{_OFFICE}boolean-value") == "true")
    lines = ("".join(_pieces(line)) for line in cell.iterchildren(f"{_TEXT}p"))
    return clean(legacy_to_unicode("\n".join(lines), _look(cell, looks).font))


def _pieces(line: etree._Element) -> Iterator[str]:
    """Text of a paragraph; runs of spaces and breaks are elements of their own."""
    yield line.text or ""
    for element in line:
        if element.tag == f"{_TEXT}s":
            yield " " * min(int(element.get(f"{_TEXT}c", "1")), MAX_COLUMNS)
        elif element.tag == f"{_TEXT}line-break":
            yield "\n"
        else:
            yield from _pieces(element)
        yield element.tail or ""


def _span(row: int, column: int, cell: etree._Element) -> Iterator[Span]:
    down = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
    right = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
    if down > 1 or right > 1:
        yield Span(row, column, row + down - 1, column + right - 1)


def _formula(cell: etree._Element) -> Iterator[Formula]:
    text = cell.get(f"{_TABLE}formula")
    if text:
        yield Formula(text.partition("=")[2], cell.get(f"{_OFFICE}value-type") is not None)
