"""Excel of today: .xlsx."""

from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sandbox.programs.page import SYNTHETIC, Cell, Page, Style


def write(page: Page) -> bytes:
    """The workbook; the same page gives the same bytes."""
    buffer = BytesIO()
    book = Workbook(buffer, {"in_memory": True})
    # The created time is in the file, so it must not be the clock's.
    book.set_properties({"created": page.sent.replace(tzinfo=None), "comments": SYNTHETIC})
    sheet = book.add_worksheet(page.name)
    for column, width in enumerate(page.widths):
        sheet.set_column(column, column, width)
    styles = _styles(book, page)
    for cell in page.cells:
        _write(sheet, cell, styles[cell.style])
    if page.hidden_rows:
        sheet.autofilter(page.header_bottom, 0, page.table[1], len(page.widths) - 1)
        for row in page.hidden_rows:
            sheet.set_row(row, options={"hidden": True})
    book.close()
    return buffer.getvalue()


def _styles(book: Workbook, page: Page) -> dict[Style, Format | None]:
    font = {"font_name": page.font, "font_size": page.size}
    grid = {**font, "border": 1, "valign": "vcenter"}
    return {
        "text": None,
        "plain": book.add_format(grid),
        "bold": book.add_format({**grid, "bold": True}),
        "heading": book.add_format({**grid, "bold": True, "align": "center", "text_wrap": True}),
        "number": book.add_format({**grid, "italic": True, "align": "center"}),
        "caption": book.add_format({**font, "bold": True}),
    }


def _write(sheet: Worksheet, cell: Cell, style: Format | None) -> None:
    """Text stays text, also where it looks like a number."""
    if cell.is_merged:
        sheet.merge_range(cell.row, cell.column, cell.bottom, cell.right, cell.value, style)
    elif cell.value is None:
        sheet.write_blank(cell.row, cell.column, None, style)
    elif isinstance(cell.value, str):
        sheet.write_string(cell.row, cell.column, cell.value, style)
    else:
        sheet.write_number(cell.row, cell.column, cell.value, style)
