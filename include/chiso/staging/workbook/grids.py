"""One shape for a sheet, whatever format it came in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

MAX_COLUMNS = 256
"""Columns further right are not read: no form has them, and a stray cell far out must not cost memory."""

Place = tuple[int, int]
"""Row and column, counted from 0."""


@dataclass(frozen=True)
class Span:
    """Merged cells; all four are inside, counted from 0. The value stands in the first cell."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Formula:
    """A formula in a cell. `stored`: its value was kept in the file."""

    text: str
    stored: bool


@dataclass(frozen=True)
class Grid:
    """The texts of a sheet: `rows[0]` is its first row, rows may differ in length, blanks are None."""

    rows: list[list[str | None]]
    merges: list[Span] = field(default_factory=list)
    bold: frozenset[Place] = frozenset()
    """Cells in bold; unknown (empty) for very long sheets."""
    hidden_rows: frozenset[int] = frozenset()
    formulas: dict[Place, Formula] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    """Lines that stand before the table (HTML only)."""

    def text(self, row: int, column: int) -> str | None:
        """Text of a cell; None for a blank one, also outside the sheet."""
        if not 0 <= row < len(self.rows) or column >= len(self.rows[row]):
            return None
        return self.rows[row][column]

    def texts(self, rows: Iterable[int], column: int) -> list[str | None]:
        """Texts of a column in those rows."""
        cells = map(self.rows.__getitem__, rows)
        return [row[column] if column < len(row) else None for row in cells]


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
