"""Workbooks as departments draw them: titles, merged headers, numbering row, subtotals, closing lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook

Value = str | int | float | None
SYNTHETIC = "(**) Số liệu tổng hợp (synthetic) cho thử nghiệm."


def dotted(number: int) -> str:
    """A number as text with dots: 2396 -> 2.396."""
    return f"{number:,}".replace(",", ".")


def decimal(number: int, of: int) -> str:
    """A number in tenths, hundredths … as text with a decimal comma: 68904, 10 -> 6.890,4."""
    whole, rest = divmod(number, of)
    return f"{dotted(whole)},{rest:0{len(str(of)) - 1}d}"


@dataclass(frozen=True)
class Look:
    """The font of an office's templates, and whether the columns are numbered below the header."""

    font: str = "Calibri"
    size: int = 11
    numbered: bool = True


class Form:
    """One sheet, written from top to bottom; the same calls give the same bytes."""

    def __init__(self, sheet: str, sent: datetime, widths: Sequence[float], look: Look = Look()) -> None:
        self._buffer = BytesIO()
        self._book = Workbook(self._buffer, {"in_memory": True})
        # The created time is in the file, so it must not be the clock's.
        self._book.set_properties({"created": sent.replace(tzinfo=None), "comments": SYNTHETIC})
        self._sheet = self._book.add_worksheet(sheet)
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width)
        self._columns = len(widths)
        self._sent = sent
        self._row = 0
        self._look = look
        font = {"font_name": look.font, "font_size": look.size}
        grid = {**font, "border": 1, "valign": "vcenter"}
        self._plain = self._book.add_format(grid)
        self._bold = self._book.add_format({**grid, "bold": True})
        self._heading = self._book.add_format({**grid, "bold": True, "align": "center", "text_wrap": True})
        self._number = self._book.add_format({**grid, "italic": True, "align": "center"})
        self._caption = self._book.add_format({**font, "bold": True})

    def national_title(self, above: str, office: str) -> None:
        """The two lines that head an official paper: the office on the left, the state's on the right, and an empty row."""
        right = max(self._columns - 3, 2)
        for left, state in ((above, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), (office, "Độc lập - Tự do - Hạnh phúc")):
            self._sheet.write_string(self._row, 0, left, self._caption)
            self._sheet.write_string(self._row, right, state, self._caption)
            self._row += 1
        self._row += 1

    def title(self, *lines: str) -> None:
        """Title lines in the first column, the first two bold, and an empty row after them."""
        for i, line in enumerate(lines):
            self._sheet.write_string(self._row, 0, line, self._caption if i < 2 else None)
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
            self._sheet.write_string(self._row, column, f"({column + 1})", self._number)
        self._row += 1

    def _head_cell(self, levels: Sequence[Sequence[str | None]], top: int, i: int, column: int) -> None:
        below = i
        while below + 1 < len(levels) and levels[below + 1][column] is None:
            below += 1
        right = column
        while right + 1 < len(levels[i]) and levels[i][right + 1] == "":
            right += 1
        text = levels[i][column] or ""
        if (below, right) == (i, column):
            self._sheet.write_string(top + i, column, text, self._heading)
        else:
            self._sheet.merge_range(top + i, column, top + below, right, text, self._heading)

    def row(self, values: Sequence[Value], bold: bool = False) -> None:
        """One row; text stays text, also where it looks like a number."""
        style = self._bold if bold else self._plain
        for column in range(self._columns):
            value = values[column] if column < len(values) else None
            if value is None:
                self._sheet.write_blank(self._row, column, None, style)
            elif isinstance(value, str):
                self._sheet.write_string(self._row, column, value, style)
            else:
                self._sheet.write_number(self._row, column, value, style)
        self._row += 1

    def close(self, note: str, signer: str) -> bytes:
        """Footnotes, place and date, signature block; the workbook's bytes."""
        right = max(self._columns - 4, 2)
        day = self._sent
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
                self._sheet.write_string(self._row, column, text)
            self._row += 1
        self._book.close()
        return self._buffer.getvalue()
