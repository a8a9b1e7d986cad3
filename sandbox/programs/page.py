"""A page as it is drawn, before a program writes it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Value = str | int | float | None
Program = Literal["excel", "excel2003", "libreoffice", "web_export"]
Style = Literal["text", "caption", "plain", "bold", "heading", "number"]
"""text and caption stand outside the table, the others in its grid; caption, bold and heading are bold."""

SYNTHETIC = "(**) Số liệu tổng hợp (synthetic) cho thử nghiệm."


@dataclass(frozen=True)
class Cell:
    """A cell at `row`, `column`, counted from 0; where it is merged with others, down and right to `bottom`, `right`."""

    row: int
    column: int
    value: Value
    style: Style
    bottom: int
    right: int

    @property
    def is_merged(self) -> bool:
        """Whether it covers others."""
        return (self.bottom, self.right) != (self.row, self.column)


@dataclass
class Page:
    """A sheet with one table; `font` of all cells, `size` in points, `widths` of the columns in letters."""

    name: str
    sent: datetime
    widths: list[float]
    font: str
    size: int
    cells: list[Cell] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    """What a filter has put out of sight."""

    @property
    def table(self) -> tuple[int, int]:
        """First and last row of the grid."""
        rows = [cell.row for cell in self.cells if cell.style not in ("text", "caption")]
        return rows[0], rows[-1]

    @property
    def header_bottom(self) -> int:
        """Last row of the header."""
        return max(cell.bottom for cell in self.cells if cell.style == "heading")
