"""Forms as departments draw them: titles, merged headers, numbering row, subtotals, closing lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.programs import ENDINGS, WRITERS
from sandbox.programs.page import SYNTHETIC, Cell, Page, Program, Style, Value


def dotted(number: int) -> str:
    """A number as text with dots: 2396 -> 2.396."""
    return f"{number:,}".replace(",", ".")


def decimal(number: int, of: int) -> str:
    """A number in tenths, hundredths … as text with a decimal comma: 68904, 10 -> 6.890,4."""
    whole, rest = divmod(number, of)
    return f"{dotted(whole)},{rest:0{len(str(of)) - 1}d}"


@dataclass(frozen=True)
class Look:
    """The font of an office's templates, whether the columns are numbered below the header, the program that writes them."""

    font: str = "Calibri"
    size: int = 11
    numbered: bool = True
    program: Program = "excel"

    @property
    def ending(self) -> str:
        """Of the files' names."""
        return ENDINGS[self.program]


class Form:
    """One sheet, drawn from top to bottom; the same calls give the same bytes."""

    def __init__(self, sheet: str, sent: datetime, widths: Sequence[float], look: Look = Look()) -> None:
        self._page = Page(sheet, sent, list(widths), look.font, look.size)
        self._look = look
        self._row = 0

    @property
    def _columns(self) -> int:
        return len(self._page.widths)

    def _put(self, column: int, value: Value, style: Style) -> None:
        self._page.cells.append(Cell(self._row, column, value, style, self._row, column))

    def national_title(self, above: str, office: str) -> None:
        """The two lines that head an official paper: the office on the left, the state's on the right, and an empty row."""
        right = max(self._columns - 3, 2)
        for left, state in ((above, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), (office, "Độc lập - Tự do - Hạnh phúc")):
            self._put(0, left, "caption")
            self._put(right, state, "caption")
            self._row += 1
        self._row += 1

    def title(self, *lines: str) -> None:
        """Title lines in the first column, the first two bold, and an empty row after them."""
        for i, line in enumerate(lines):
            self._put(0, line, "caption" if i < 2 else "text")
            self._row += 1
        self._row += 1

    def header(self, *levels: Sequence[str | None]) -> None:
        """Header rows; None continues the cell above, "" the cell to the left. Then the numbering row."""
        top = self._row
        for i, level in enumerate(levels):
            for column, text in enumerate(level):
                if text:
                    self._head_cell(levels, top, i, column)
        self._row = top + len(levels)
        if not self._look.numbered:
            return
        for column in range(self._columns):
            self._put(column, f"({column + 1})", "number")
        self._row += 1

    def _head_cell(self, levels: Sequence[Sequence[str | None]], top: int, i: int, column: int) -> None:
        below = i
        while below + 1 < len(levels) and levels[below + 1][column] is None:
            below += 1
        right = column
        while right + 1 < len(levels[i]) and levels[i][right + 1] == "":
            right += 1
        self._page.cells.append(Cell(top + i, column, levels[i][column], "heading", top + below, right))

    def row(self, values: Sequence[Value], bold: bool = False, hidden: bool = False) -> None:
        """One row; text stays text, also where it looks like a number. hidden: a filter was left on that hides it."""
        for column in range(self._columns):
            self._put(column, values[column] if column < len(values) else None, "bold" if bold else "plain")
        if hidden:
            self._page.hidden_rows.append(self._row)
        self._row += 1

    def close(self, note: str, signer: str) -> bytes:
        """Footnotes, place and date, signature block; the workbook's bytes."""
        right = max(self._columns - 4, 2)
        day = self._page.sent
        lines = (
            (),
            ((0, note),),
            ((0, SYNTHETIC),),
            ((right, f"Kon Tum, ngày {day.day:02d} tháng {day.month} năm {day.year}"),),
            ((1, "NGƯỜI LẬP BIỂU"), (right, signer)),
            ((1, "(Ký, ghi rõ họ tên)"), (right, "(Ký, đóng dấu)")),
        )
        for line in lines:
            for column, text in line:
                self._put(column, text, "text")
            self._row += 1
        return WRITERS[self._look.program](self._page)
