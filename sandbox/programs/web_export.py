"""An office's own software, whose export to Excel is a web page named .xls: the titles before its table, figures as text."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from sandbox.programs.page import Cell, Page, Value

_HEAD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">
<head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><title>{title}</title>
<style>td {{border: .5pt solid black; font: {size}pt {font}; mso-number-format: "\\@"}}</style></head>
<body>
"""


def write(page: Page) -> bytes:
    """The page; the same one gives the same bytes."""
    top, bottom = page.table
    rows = {row: list(cells) for row, cells in groupby(sorted(page.cells, key=lambda cell: (cell.row, cell.column)), key=lambda cell: cell.row)}
    lines = [
        _HEAD.format(title=escape(page.name), size=page.size, font=page.font),
        *_paragraphs([rows[row] for row in rows if row < top]),
        '<table border="1" cellspacing="0">',
        *(_row(rows[row], hidden=row in page.hidden_rows) for row in rows if top <= row <= bottom),
        "</table>",
        *_paragraphs([rows[row] for row in rows if row > bottom]),
        "</body></html>\n",
    ]
    return "\n".join(lines).encode()


def _paragraphs(rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    for cell in (cell for row in rows for cell in row):
        text = _text(cell.value)
        yield f"<p><b>{text}</b></p>" if cell.style == "caption" else f"<p>{text}</p>"


def _row(cells: Sequence[Cell], *, hidden: bool) -> str:
    look = ' style="display:none"' if hidden else ""
    return f"<tr{look}>{''.join(map(_cell, cells))}</tr>"


def _cell(cell: Cell) -> str:
    spans = f' rowspan="{cell.bottom - cell.row + 1}" colspan="{cell.right - cell.column + 1}"' if cell.is_merged else ""
    text = _text(cell.value)
    return f"<td{spans}><b>{text}</b></td>" if cell.style in {"bold", "heading"} else f"<td{spans}>{text}</td>"


def _text(value: Value) -> str:
    if value is None:
        return "&nbsp;"
    return escape(value).replace("\n", "<br>") if isinstance(value, str) else f"{value:,}".replace(",", ".")
