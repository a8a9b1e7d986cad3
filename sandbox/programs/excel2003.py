"""Excel 97 to 2003: .xls, with the fonts of its time."""

from io import BytesIO

import xlwt

from sandbox.programs.old_fonts import typed
from sandbox.programs.page import Cell, Page, Style

_TWIPS_PER_POINT = 20
_UNITS_PER_LETTER = 256
_BOLD: frozenset[Style] = frozenset({"caption", "bold", "heading"})


def write(page: Page) -> bytes:
    """The workbook; the same page gives the same bytes."""
    book = xlwt.Workbook()
    sheet = book.add_sheet(page.name)
    for column, width in enumerate(page.widths):
        sheet.col(column).width = int(width * _UNITS_PER_LETTER)
    pen = _Pen(page)
    for cell in page.cells:
        pen.write(sheet, cell)
    for row in page.hidden_rows:
        sheet.row(row).hidden = True
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


class _Pen:
    """Writes cells in the looks of a page; Excel 2003 takes few of them, so each is made once."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._fonts: dict[tuple[str, Style], xlwt.Font] = {}
        self._styles: dict[tuple[str, Style], xlwt.XFStyle] = {}

    def write(self, sheet: xlwt.Worksheet, cell: Cell) -> None:
        """A cell, typed as its font needs it: in several pieces where no font has all of its letters."""
        if not isinstance(cell.value, str):
            sheet.write(cell.row, cell.column, cell.value, self._style(self._page.font, cell.style))
            return
        pieces = typed(cell.value, self._page.font)
        style = self._style(pieces[0].font, cell.style)
        if len(pieces) == 1:
            sheet.write(cell.row, cell.column, pieces[0].text, style)
        else:
            runs = [(piece.text, self._font(piece.font, cell.style)) for piece in pieces]
            sheet.write_rich_text(cell.row, cell.column, runs, style)
        if cell.is_merged:
            sheet.merge(cell.row, cell.bottom, cell.column, cell.right, style)

    def _font(self, name: str, style: Style) -> xlwt.Font:
        if (name, style) not in self._fonts:
            font = self._fonts[name, style] = xlwt.Font()
            font.name, font.height = name, self._page.size * _TWIPS_PER_POINT
            font.bold, font.italic = style in _BOLD, style == "number"
        return self._fonts[name, style]

    def _style(self, font: str, style: Style) -> xlwt.XFStyle:
        if (font, style) not in self._styles:
            made = self._styles[font, style] = xlwt.XFStyle()
            made.font = self._font(font, style)
            if style in {"heading", "number"}:
                made.alignment.horz, made.alignment.wrap = xlwt.Alignment.HORZ_CENTER, style == "heading"
            if style not in {"text", "caption"}:
                for side in ("left", "right", "top", "bottom"):
                    setattr(made.borders, side, xlwt.Borders.THIN)
        return self._styles[font, style]
