"""What stands in the XML of an .xlsx sheet only: no library tells it without building every cell.

Each function takes the part, or a block of its rows.
"""

import re
from collections.abc import Iterator

from openpyxl.utils import coordinate_to_tuple

from chiso.staging.workbook.grids import Formula, Place, Span

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_ROW_NUMBER = re.compile(rb'\br="(\d+)"')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]+\d+):([A-Z]+\d+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>)"
                      rb"\s*(<(?:\w+:)?v\b[^>]*>[^<]+<)?")
_ERROR = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)(?<!/)>(?:(?!</(?:\w+:)?c>).){0,4096}?<(?:\w+:)?v\b[^>]*>([^<]+)<',
                    re.DOTALL)
_CELL_NAME = re.compile(rb'\br="([A-Z]+\d+)"')


def merges(xml: bytes) -> list[Span]:
    """Merged cells."""
    if b"mergeCell" not in xml:
        return []
    corners = ((coordinate_to_tuple(first.decode()), coordinate_to_tuple(last.decode()))
               for first, last in _MERGE.findall(xml))
    return [Span(first[0] - 1, first[1] - 1, last[0] - 1, last[1] - 1) for first, last in corners]


def hidden_rows(xml: bytes) -> frozenset[int]:
    """Hidden rows, counted from 0."""
    if b"hidden=" not in xml:
        return frozenset()
    hidden, row = set(), 0
    for found in _ROW.finditer(xml):
        number = _ROW_NUMBER.search(found[1])
        row = int(number[1]) if number else row + 1
        if _HIDDEN.search(found[1]):
            hidden.add(row - 1)
    return frozenset(hidden)


def formulas(xml: bytes) -> dict[Place, Formula]:
    """Formulas by cell."""
    if b"<f" not in xml and b":f" not in xml:
        return {}
    # A text result may be empty: then the value is stored, though nothing stands in it.
    return {place: Formula(text.decode("utf-8", "replace"), bool(value) or b't="str"' in attributes)
            for attributes, text, value in _FORMULA.findall(xml) for place in _place(attributes)}


def errors(xml: bytes) -> Iterator[tuple[Place, str]]:
    """Error values such as `#N/A`, by cell."""
    if b't="e"' in xml:
        for attributes, text in _ERROR.findall(xml):
            for place in _place(attributes):
                yield place, text.decode()


def _place(attributes: bytes) -> Iterator[Place]:
    found = _CELL_NAME.search(attributes)
    if found:
        row, column = coordinate_to_tuple(found[1].decode())
        yield row - 1, column - 1
