"""One shape for a sheet, whatever format it came in."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.staging.workbook.opening.budget import Budget

MAX_COLUMNS = 256
"""Columns further right are not read: no form has them, and a stray cell far out must not cost memory."""

Place = tuple[int, int]
"""Row and column, counted from 0."""

SUSPICIOUS = (r"(?i)\b(?:hyperlink|webservice|image|import\w*|dde|rtd|call|exec|register(?:\.id)?|sql\.request)\s*\("
              r"|\|")
"""Formulas that may reach out of the workbook, or run something: by a function, or by DDE (`cmd|'/C calc'!A0`)."""

_EXECUTING = re.compile(SUSPICIOUS)
_QUOTED = re.compile(r""""(?:[^"]|"")*"|(?<!\|)'(?:[^']|'')*'|\{[^{}]*\}""")
"""Texts, names of sheets, and lists of constants in a formula."""


@dataclass(frozen=True, slots=True)
class Span:
    """Merged cells; all four are inside, counted from 0. The value stands in the first cell."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a cell. `stored`: its value was kept in the file."""

    text: str
    stored: bool

    @property
    def executes(self) -> bool:
        """Whether it would reach out of the workbook, or run something."""
        return _EXECUTING.search(_QUOTED.sub("", self.text)) is not None


@dataclass(frozen=True)
class Grid:
    """The texts of a sheet, in columns of equal length; blanks are null."""

    columns: list[pa.ChunkedArray]
    merges: list[Span] = field(default_factory=list)
    bold: Container[Place] = frozenset()
    """Cells in bold."""
    hidden_rows: frozenset[int] = frozenset()
    formulas: dict[Place, Formula] = field(default_factory=dict)
    """At least those that execute or whose value wasn't stored."""
    faults: dict[Place, str] = field(default_factory=dict)
    """Cells that can't be taken as they stand → the rule that they break, one of those that name a cell."""
    odd_merges: list[str] = field(default_factory=list)
    """Merged cells that can't be, as the file names them; not among `merges`."""
    hidden_columns: frozenset[int] = frozenset()
    before: Callable[[], list[str]] = list
    """Gives the lines that stand before the table (HTML only)."""

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.columns[0]) if self.columns else 0

    @cached_property
    def filled(self) -> np.ndarray:
        """For each row, whether anything stands in it."""
        filled = np.zeros(self.height, bool)
        for column in self.columns:
            filled |= pc.is_valid(column).to_numpy()
        return filled

    def row(self, row: int) -> list[str | None]:
        """Texts of a row, without the blanks at its end."""
        return trimmed([column[row].as_py() for column in self.columns])

    def text(self, row: int, column: int) -> str | None:
        """Text of a cell; None for a blank one, also outside the sheet."""
        if not 0 <= row < self.height or column >= len(self.columns):
            return None
        return self.columns[column][row].as_py()  # type: ignore[no-any-return]

    def column(self, place: int) -> pa.ChunkedArray:
        """Texts of a column; all blank for one outside the sheet."""
        if place < len(self.columns):
            return self.columns[place]
        return pa.chunked_array([pa.nulls(self.height, pa.string())])

    def texts(self, rows: Sequence[int], column: int) -> pa.ChunkedArray:
        """Texts of a column in those rows, which ascend."""
        texts = self.column(column)
        if rows and rows[-1] - rows[0] + 1 == len(rows):
            return texts.slice(rows[0], len(rows))
        return texts.take(pa.array(rows, pa.int64()))


def columns_of(rows: Sequence[Sequence[str | None]], budget: Budget, sheet: str) -> list[pa.ChunkedArray]:
    """Rows of any length as columns. Raises DeliveryRefused where they would grow beyond the file's budget."""
    budget.places(len(rows) * max(map(len, rows), default=0), sheet)
    return [pa.chunked_array([pa.array(column, pa.string())]) for column in zip_longest(*rows)]


@dataclass(frozen=True)
class Sheet:
    """A sheet that can be loaded."""

    name: str
    hidden: bool
    load: Callable[[], Grid]


def trimmed(cells: list[str | None]) -> list[str | None]:
    """`cells` without the blanks at its end; changed in place."""
    while cells and cells[-1] is None:
        cells.pop()
    return cells
