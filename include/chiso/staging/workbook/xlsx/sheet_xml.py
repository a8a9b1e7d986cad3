"""Cells of a worksheet's XML, wherever they stand in it: each has the place that its own address says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO

import numpy as np
import pyarrow as pa
from lxml import etree

from chiso.staging.workbook.cells import a1, letters
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Formula
from chiso.staging.workbook.xlsx.strings import Rich, string_item
from chiso.staging.workbook.xlsx.xml_parts import OPTIONS, flag, forget, local_name

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384
"""The format has no cells beyond."""
_BLOCK_CELLS = 100_000
_KEPT_CELLS = 1000

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


@dataclass(frozen=True)
class Cells:
    """Cells of a stretch of a sheet in the order of the XML, arrays of equal length; what the sheet says besides."""

    rows: np.ndarray
    """From 0; int64 like `columns` and `styles`."""
    columns: np.ndarray
    styles: np.ndarray
    kinds: pa.Array
    """The cells' `t`: n, s, str, inlineStr, b, e, d."""
    values: pa.Array
    """As the XML has them; null where nothing is stored."""
    formulas: dict[int, Formula]
    """By position in the arrays; only those that execute or whose value isn't stored."""
    rich: dict[int, Rich] = field(default_factory=dict)
    """Texts of several looks that stand in their cell, by position."""
    hidden: frozenset[int] = frozenset()
    """Hidden rows, from 0."""
    merges: tuple[str, ...] = ()
    """References of merged cells; with the last cells."""
    hidden_columns: frozenset[int] = frozenset()


_NOT_STORED = Formula("", stored=False)


class SharedFormulas:
    """Formulas that cells share: only the first spells it out."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def suspect(self, text: str, share: str | None, *, stored: bool) -> Formula | None:
        """The formula if it executes or its value isn't stored."""
        if share is not None and text:
            self._texts[share] = text
        formula = Formula(text or self._texts.get(share or "", ""), stored)
        return formula if formula.executes else None if stored else _NOT_STORED

    @property
    def execute(self) -> bool:
        """Whether one of those seen does."""
        return any(Formula(text, stored=True).executes for text in self._texts.values())


def place(address: str) -> tuple[int, int] | None:
    """Row and column of `C24`, from 0; None for what is no cell's address."""
    found = _ADDRESS.fullmatch(address)
    if not found:
        return None
    row, column = int(found[2]), column_number(found[1])
    return (row - 1, column) if 0 < row <= MAX_ROW and column < MAX_COLUMN else None


@lru_cache(maxsize=1024)
def column_number(letters: str) -> int:
    """0 for `A`, 26 for `AA`."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def hidden_columns(description: etree._Element) -> range:
    """The columns that a `col` hides, as far as any are read."""
    first, last = (description.get(end, "") for end in ("min", "max"))
    hides = flag(description.get("hidden")) and first.isdecimal() and last.isdecimal()
    return range(int(first) - 1, min(int(last), MAX_COLUMNS)) if hides else range(0)


def walked(stream: IO[bytes], sheet: str, findings: Findings) -> Iterator[Cells]:
    """Reads any XML that a worksheet may be, element by element. Raises DeliveryRefused for a place that can't be."""
    walk = _Walk(sheet, findings)
    for number, (_, element) in enumerate(etree.iterparse(stream, tag=("{*}c", "{*}row", "{*}mergeCell", "{*}col"), **OPTIONS)):
        match local_name(element):
            case "c":
                walk.cell(element)
                if number % _KEPT_CELLS == 0:  # a row may be of any length
                    forget(element)
            case "row":
                walk.within(element)
                forget(element)
                if len(walk.rows) > _BLOCK_CELLS:
                    yield walk.taken()
            case "mergeCell":
                walk.merges.append(element.get("ref", ""))
            case _:
                walk.hidden_columns.update(hidden_columns(element))
    yield walk.taken()


class _Walk:
    """What was seen since cells were last taken."""

    def __init__(self, sheet: str, findings: Findings) -> None:
        self._sheet, self._findings = sheet, findings
        self._shared = SharedFormulas()
        self._row: int | None = -1
        """The row walked through; None where its number can't be, until a cell of it tells."""
        self._element: etree._Element | None = None
        self._column = -1
        self._number = ""
        self._hides = False
        self._begin()

    def _begin(self) -> None:
        self.rows: list[int] = []
        self._columns: list[int] = []
        self._styles: list[int] = []
        self._kinds: list[str] = []
        self._values: list[str | None] = []
        self._formulas: dict[int, Formula] = {}
        self._rich: dict[int, Rich] = {}
        self._hidden: set[int] = set()
        self.merges: list[str] = []
        self.hidden_columns: set[int] = set()

    def taken(self) -> Cells:
        """The cells since; it begins anew."""
        cells = Cells(
            np.array(self.rows, np.int64), np.array(self._columns, np.int64), np.array(self._styles, np.int64),
            pa.array(self._kinds, pa.string()), pa.array(self._values, pa.string()),
            self._formulas, self._rich, frozenset(self._hidden), tuple(self.merges), frozenset(self.hidden_columns),
        )
        self._begin()
        return cells

    def within(self, row: etree._Element | None) -> None:
        """Begins the row unless it was begun."""
        if row is not self._element and row is not None:
            self._element = row
            self._begin_row(row)

    def _begin_row(self, element: etree._Element) -> None:
        """Rows without a number follow the one before."""
        number = element.get("r")
        if number is not None:
            found = place(f"A{number.strip()}")
            self._row = found[0] if found else None
        elif self._row is not None:
            self._row += 1
            if self._row >= MAX_ROW:
                raise self._misplaced(a1(self._row, 0), None)
        self._column, self._number, self._hides = -1, number or "", flag(element.get("hidden"))
        self._hide()

    def _hide(self) -> None:
        if self._hides and self._row is not None:
            self._hidden.add(self._row)

    def cell(self, element: etree._Element) -> None:
        """Cells without an address follow the one before."""
        self.within(element.getparent())
        content = _Content.of(element)
        address = element.get("r")
        found = place(address.strip()) if address is not None else self._next()
        self._column = found[1] if found else self._column + 1
        if content.is_blank and self._column < MAX_COLUMN:
            return
        if found is None:
            raise self._misplaced(address or f"{letters(self._column)}{self._number}", content.value)
        if self._row is None:
            self._row = found[0]
            self._hide()
        if self._column < MAX_COLUMNS:
            self._keep(*found, element.get("s", ""), content)

    def _misplaced(self, address: str, value: str | None) -> Exception:
        return self._findings.refusal("cell_misplaced", sheet=self._sheet, value=value or "", address=address)

    def _next(self) -> tuple[int, int] | None:
        column = self._column + 1
        return (self._row, column) if self._row is not None and self._row < MAX_ROW and column < MAX_COLUMN else None

    def _keep(self, row: int, column: int, style: str, content: "_Content") -> None:
        position = len(self.rows)
        self.rows.append(row)
        self._columns.append(column)
        self._styles.append(int(style) if style.isascii() and style.isdigit() and len(style) < 7 else 0)
        self._kinds.append(content.kind)
        self._values.append(content.value or None)
        if content.rich:
            self._rich[position] = content.rich
        if content.formula is not None:
            formula = self._shared.suspect(content.formula, content.share, stored=content.stored)
            if formula:
                self._formulas[position] = formula


@dataclass(slots=True)
class _Content:
    """What stands in a cell. formula: None if there is none. share: number under which it is shared."""

    kind: str
    value: str | None = None
    rich: Rich | None = None
    formula: str | None = None
    share: str | None = None
    has_value: bool = False

    @classmethod
    def of(cls, element: etree._Element) -> "_Content":
        content = cls(element.get("t", "n"))
        for part in element:
            match local_name(part):
                case "v":
                    content.value, content.has_value = part.text or content.value, True
                case "f":
                    content.formula, content.share = part.text or "", part.get("si")
                case "is":
                    item = string_item(part)
                    content.kind = "inlineStr"
                    content.value = item if isinstance(item, str) else "".join(run.text for run in item)
                    content.rich = None if isinstance(item, str) else item
        return content

    @property
    def is_blank(self) -> bool:
        return not self.value and self.formula is None and self.kind != "e"

    @property
    def stored(self) -> bool:
        """Whether a formula's value is: a text may be empty, and still it was calculated."""
        return bool(self.value) or (self.kind == "str" and self.has_value)
