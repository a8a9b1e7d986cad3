"""Tables of a web page that was saved as .xls, as many exporters do. Its title may stand before the table."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from typing import Any, BinaryIO

from lxml import html

from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook.budget import Budget
from chiso.staging.workbook.cells import clean
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Grid, Place, Sheet, Span, columns_of, trimmed

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_FONT = re.compile(r"font-family\s*:\s*[\"']?([^;\"',]+)", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_BLOCKS = frozenset({"p", "div", "td", "th", "li", "h1", "h2", "h3", "h4", "h5", "h6", "center", "caption", "body"})
_SILENT = frozenset({"script", "style", "title", "head", "meta"})
_SPACES = re.compile(r"[ \t\r\n\u00a0]+")


def sheets(stream: BinaryIO, findings: Findings, budget: Budget) -> list[Sheet]:
    """Every table that holds no other table. Raises DeliveryRefused when there is none to read."""
    with findings.reading():
        page = html.document_fromstring(_decoded(stream.read()), parser=html.HTMLParser(no_network=True))
        tables = [table for table in page.iter("table") if table.find(".//table") is None]
    names = {f"table {number}": table for number, table in enumerate(tables, start=1)}
    return [Sheet(name, hidden=False, load=partial(_load, table, name, findings, budget)) for name, table in names.items()]


def _decoded(content: bytes) -> str:
    """By its mark, its declaration, as UTF-8, else as the Windows code page that legacy fonts were typed in."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    text = content.removeprefix(b"\xef\xbb\xbf")
    declared = _CHARSET.search(text[:4096])
    for encoding in ("utf-8", declared[1].decode() if declared else "cp1252"):
        try:
            return _without_declaration(text.decode(encoding))
        except (UnicodeDecodeError, LookupError):
            continue
    return _without_declaration(text.decode("cp1252", "replace"))


def _without_declaration(text: str) -> str:
    """The page as text; the parser takes none that declares an encoding."""
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)


def _load(table: Any, name: str, findings: Findings, budget: Budget) -> Grid:
    with findings.reading():
        return _grid(table, name, budget)


def _grid(table: Any, name: str, budget: Budget) -> Grid:
    rows: list[list[str | None]] = []
    merges: list[Span] = []
    bold: set[Place] = set()
    hidden: set[int] = set()
    taken: set[Place] = set()
    elements = list(table.iter("tr"))
    for row, element in enumerate(elements):
        texts: list[str | None] = []
        column = 0
        for cell in element.iterchildren("td", "th"):
            while (row, column) in taken:
                column += 1
            span = Span(row, column, row + _span(cell, "rowspan", len(elements) - row) - 1,
                        column + _span(cell, "colspan", MAX_COLUMNS) - 1)
            if column >= MAX_COLUMNS:
                break
            texts += [None] * (column - len(texts)) + [_text(cell)]
            taken.update((below, beside) for below in range(row, span.bottom + 1)
                         for beside in range(column, span.right + 1))
            if span.bottom > row or span.right > column:
                merges.append(span)
            if _is_bold(cell):
                bold.add((row, column))
        rows.append(trimmed(texts))
        if _HIDDEN.search(element.get("style", "")):
            hidden.add(row)
    return Grid(columns_of(rows, budget, name), merges, frozenset(bold), frozenset(hidden), before=list(_lines_before(table)))


def _span(cell: Any, attribute: str, most: int) -> int:
    stated = cell.get(attribute, "1").strip()
    return min(max(int(stated), 1), most) if stated.isdigit() else 1


def _text(cell: Any) -> str | None:
    for line_break in cell.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    lines = (_SPACES.sub(" ", line).strip() for line in cell.text_content().split("\n"))
    return clean(legacy_to_unicode("\n".join(filter(None, lines)), _font(cell)))


def _font(cell: Any) -> str | None:
    """The font that the cell, what stands in it, or what it stands in names; nearest first."""
    for element in (*cell.iter("font", "span", "td", "th", "b", "p"), *cell.iterancestors()):
        styled = _FONT.search(element.get("style", ""))
        name = element.get("face") or (styled[1] if styled else None)
        if name:
            return str(name).strip()
    return None


def _is_bold(cell: Any) -> bool:
    return (cell.tag == "th" or next(cell.iter("b", "strong"), None) is not None
            or any(_BOLD.search(element.get("style", "")) for element in (cell, cell.getparent())))


def _lines_before(table: Any) -> Iterator[str]:
    """Lines of text that stand before the table, also those in other tables."""
    pieces = ((_block(piece), piece) for piece in table.xpath("preceding::text()"))
    for block, group in groupby(pieces, key=lambda found: found[0]):
        if block is None:
            continue
        joined = "".join(("\n" if piece.is_tail and piece.getparent().tag == "br" else "")
                         + legacy_to_unicode(_SPACES.sub(" ", piece), _font(piece.getparent())) for _, piece in group)
        yield from filter(None, map(clean, joined.split("\n")))


def _block(piece: Any) -> Any:
    element = piece.getparent()
    if piece.is_tail:
        element = element.getparent()
    for outer in (element, *element.iterancestors()):
        if outer.tag in _SILENT:
            return None
        if outer.tag in _BLOCKS:
            return outer
    return None
