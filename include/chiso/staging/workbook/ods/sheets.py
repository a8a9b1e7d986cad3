"""Sheets of an .ods file (OpenDocument). Runs of blank cells and rows, up to a million, are kept short.

Read from its XML: the usual library prints a broken document to the log and goes on with the part it understood.
"""

import re
import zipfile
from collections.abc import Iterator
from itertools import chain, islice, repeat
from typing import BinaryIO

from lxml import etree

from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Formula, Grid, Place, Sheet, Span, columns_of
from chiso.staging.workbook.merges import settled
from chiso.staging.workbook.ods.look import OFFICE, TABLE, Look, Looks
from chiso.staging.workbook.ods.value import Value, value_of
from chiso.staging.workbook.opening.budget import Budget
from chiso.staging.workbook.opening.package import Package

_CELL, _COVERED, _ROW = f"{TABLE}table-cell", f"{TABLE}covered-table-cell", f"{TABLE}table-row"
_GROUP = f"{TABLE}table-row-group"
_DEFAULT = f"{TABLE}default-cell-style-name"
_COUNT = re.compile(r"0*[1-9][0-9]{0,8}")
_PARTS = ("content.xml", "styles.xml")


def sheets(stream: BinaryIO, findings: Findings, budget: Budget) -> list[Sheet]:
    """Tables of the file in their order. Raises DeliveryRefused when damaged."""
    with findings.reading():
        with zipfile.ZipFile(stream) as archive:
            package = Package(archive)
            parts = [_parsed(package.read(name)) for name in _PARTS if name in package]
        looks = Looks(parts)
        return [_sheet(table, looks, findings, budget) for table in parts[0].iterfind(f".//{OFFICE}spreadsheet/{TABLE}table")]


def _parsed(xml: bytes) -> etree._Element:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True))


def _sheet(table: etree._Element, looks: Looks, findings: Findings, budget: Budget) -> Sheet:
    name = table.get(f"{TABLE}name", "")

    def load() -> Grid:
        with findings.reading(name):
            return _Area(table, looks, name, budget).grid()

    return Sheet(name, looks.of(table.get(f"{TABLE}style-name"), "table").hidden, load)


class _Area:
    """The rows of a table, as they are filled."""

    def __init__(self, table: etree._Element, looks: Looks, name: str, budget: Budget) -> None:
        self._table, self._looks, self._name, self._budget = table, looks, name, budget
        self._columns = list(_columns(table))
        self._rows: list[list[str | None]] = []
        self._blank = 0
        """Rows since the last filled one; at the sheet's end there are a million of them."""
        self._merges: list[Span] = []
        self._bold: set[Place] = set()
        self._hidden: set[int] = set()
        self._formulas: dict[Place, Formula] = {}
        self._faults: dict[Place, str] = {}

    def grid(self) -> Grid:
        """The table, read."""
        for row in self._table.iter(_ROW):
            if next(row.iterancestors(f"{TABLE}table")) is self._table:
                self._add(row)
        merges, odd = settled(self._merges)
        return Grid(columns_of(self._rows, self._budget, self._name), merges, odd_merges=odd, bold=frozenset(self._bold),
                    hidden_rows=frozenset(self._hidden), formulas=self._formulas, faults=self._faults,
                    hidden_columns=frozenset(place for place, column in enumerate(self._columns) if _is_hidden(column)))

    def _add(self, row: etree._Element) -> None:
        copies = _count(row, "number-rows-repeated")
        cells = list(self._filled(row))
        if not cells:
            self._blank += copies
            return
        self._budget.rows(self._blank + copies, self._name)
        self._budget.copies((copies - 1) * len(cells), self._name)
        self._budget.characters(copies * sum(len(value.text or "") for _, _, value, _ in cells), self._name)
        self._rows.extend(repeat([], self._blank))
        self._blank = 0
        texts: list[str | None] = [None] * (cells[-1][0] + 1)
        for column, _, value, _ in cells:
            texts[column] = value.text
        for number in range(len(self._rows), len(self._rows) + copies):
            self._rows.append(texts)
            self._note(number, row, cells)

    def _note(self, number: int, row: etree._Element, cells: list["_Filled"]) -> None:
        """What is to be known of a row's cells besides their texts."""
        if _is_hidden(row) or any(group.get(f"{TABLE}display") == "false" for group in row.iterancestors(_GROUP)):
            self._hidden.add(number)
        for column, cell, value, look in cells:
            self._merges += _span(number, column, cell)
            if look.bold and value.text:
                self._bold.add((number, column))
            if value.rule:
                self._faults[number, column] = value.rule
            if formula := cell.get(f"{TABLE}formula"):
                stored = cell.get(f"{OFFICE}value-type") is not None
                self._formulas[number, column] = Formula(formula.partition("=")[2], stored)

    def _filled(self, row: etree._Element) -> Iterator["_Filled"]:
        """Cells in which anything stands, with their columns; those that a merge covers are left out."""
        place = 0
        for cell in row.iterchildren(_CELL, _COVERED):
            copies = _count(cell, "number-columns-repeated")
            if cell.tag == _CELL and (len(cell) or cell.attrib) and place < MAX_COLUMNS:
                look = self._look(cell, row, place)
                value = value_of(cell, look, self._looks)
                if value.text is not None or value.rule or cell.get(f"{TABLE}formula"):
                    reach = min(place + copies, MAX_COLUMNS)
                    self._budget.copies(reach - place - 1, self._name)
                    yield from ((column, cell, value, look) for column in range(place, reach))
            place += copies

    def _look(self, cell: etree._Element, row: etree._Element, place: int) -> Look:
        name = cell.get(f"{TABLE}style-name") or row.get(_DEFAULT)
        if name is None and place < len(self._columns):
            name = self._columns[place].get(_DEFAULT)
        return self._looks.of(name or "", "table-cell")


_Filled = tuple[int, etree._Element, Value, Look]


def _columns(table: etree._Element) -> Iterator[etree._Element]:
    """The element that describes each column, as far as any is read."""
    described = (repeat(column, _count(column, "number-columns-repeated")) for column in table.iter(f"{TABLE}table-column"))
    return islice(chain.from_iterable(described), MAX_COLUMNS)


def _is_hidden(element: etree._Element) -> bool:
    return element.get(f"{TABLE}visibility") in ("collapse", "filter")


def _span(row: int, column: int, cell: etree._Element) -> Iterator[Span]:
    down, right = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
    if down > 1 or right > 1:
        yield Span(row, column, row + down - 1, column + right - 1)


def _count(element: etree._Element, attribute: str) -> int:
    """A number of rows or columns, 1 if it isn't given. Raises ValueError."""
    stated = element.get(f"{TABLE}{attribute}")
    if stated is None:
        return 1
    if not _COUNT.fullmatch(stated):
        raise ValueError(f"{attribute} {stated!r}")
    return int(stated)
