"""Sheets of an .xlsx package.

openpyxl reads the cells of a form, with their fonts and formats. Very long sheets take python-calamine, many times
faster, which knows neither: there each column has the style of its cells near the top. What neither tells without
building every cell of the sheet (merges, hidden rows, formulas beside their values) is taken from the sheet's XML.
"""

import io
import posixpath
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from lxml import etree
from openpyxl import load_workbook
from openpyxl.styles.stylesheet import Stylesheet
from openpyxl.utils import coordinate_to_tuple
from openpyxl.xml.functions import fromstring
from python_calamine import CalamineWorkbook

from chiso.staging.workbook.cells import cell_text, clean
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Formula, Grid, Place, Sheet, Span, trimmed
from chiso.text import legacy_to_unicode

LONG_SHEET_BYTES = 2 * 2**20
"""Of the sheet's XML: some 5 000 rows of a form."""
_STYLED_HEAD_BYTES = 2**18
"""How far into a long sheet cells are looked at for their column's style."""
_REGULAR_ROWS_SHARE = 10
"""A long sheet whose last row number is more than so many times its rows is read cell by cell: calamine would
lay out every cell in between."""

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_ROW_NUMBER = re.compile(rb'\br="(\d+)"')
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]+\d+):([A-Z]+\d+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>)"
                      rb"\s*(<(?:\w+:)?v\b[^>]*>[^<]+<)?")
_ERROR = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)>.{0,4096}?<(?:\w+:)?v\b[^>]*>([^<]+)<', re.DOTALL)
_STYLED = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+)\d+"[^>]*?\bs="(\d+)"')
_CELL_NAME = re.compile(rb'\br="([A-Z]+\d+)"')
_FAR_COLUMN = re.compile(rb' r="[A-Z]{2,3}[0-9]')


@dataclass(frozen=True)
class _Part:
    """A worksheet within the package."""

    name: str
    hidden: bool
    path: str


def sheets(stream: BinaryIO, findings: Findings) -> list[Sheet]:
    """Worksheets of the package in their order; chart sheets are none. Raises DeliveryRefused when damaged."""
    with findings.reading():
        content = stream.read()
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = list(_parts(package))
    return [Sheet(part.name, part.hidden, partial(_load, content, part, findings)) for part in parts]


def _load(content: bytes, part: _Part, findings: Findings) -> Grid:
    with findings.reading():
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            xml = package.read(part.path)
            styles = package.read("xl/styles.xml") if "xl/styles.xml" in package.namelist() else None
        if len(xml) > LONG_SHEET_BYTES and _is_regular(xml):
            return _long_grid(content, part, xml, styles)
        return _form_grid(content, part, xml)


# The package's directory of sheets

def _parts(package: zipfile.ZipFile) -> Iterator[_Part]:
    book_path = _target(package, "_rels/.rels", lambda relation: relation.get("Type", "").endswith("/officeDocument"))
    folder, name = posixpath.split(book_path)
    relations = _relations(package, f"{folder}/_rels/{name}.rels".lstrip("/"))
    book = etree.fromstring(package.read(book_path), _parser())
    for sheet in book.iter("{*}sheet"):
        identity = next(value for key, value in sheet.attrib.items() if str(key).endswith("}id"))
        relation = relations[str(identity)]
        if relation.get("Type", "").endswith("/worksheet"):
            path = _resolved(folder, relation.get("Target", ""))
            yield _Part(sheet.get("name", ""), sheet.get("state", "visible") != "visible", path)


def _target(package: zipfile.ZipFile, path: str, wanted: Any) -> str:
    relation = next(filter(wanted, _relations(package, path).values()))
    return _resolved("", relation.get("Target", ""))


def _relations(package: zipfile.ZipFile, path: str) -> dict[str, Any]:
    root = etree.fromstring(package.read(path), _parser())
    return {relation.get("Id", ""): relation for relation in root}


def _resolved(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)


# Forms

def _form_grid(content: bytes, part: _Part, xml: bytes) -> Grid:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheet: Any = book[part.name]
        sheet.reset_dimensions()  # what the file claims is wrong often enough
        rows: list[list[str | None]] = []
        bold: set[Place] = set()
        for index, cells in enumerate(sheet.iter_rows()):
            rows.append(trimmed([_styled_text(cell) for cell in cells[:MAX_COLUMNS]]))
            bold.update((index, column) for column, text in enumerate(rows[-1]) if text and cells[column].font.b)
    finally:
        book.close()
    return Grid(rows, _merges(xml), frozenset(bold), _hidden_rows(xml), _formulas(xml))


def _styled_text(cell: Any) -> str | None:
    value = cell.value
    if isinstance(value, str):
        return clean(legacy_to_unicode(value, cell.font.name))
    return None if value is None else cell_text(value, cell.number_format or "")


# Long sheets

class _Texts(dict[Any, str | None]):
    """Texts by value for one style, each made once."""

    def __init__(self, font: str, number_format: str) -> None:
        super().__init__()
        self._font, self._format = font, number_format

    def __missing__(self, value: Any) -> str | None:
        text = legacy_to_unicode(value, self._font) if isinstance(value, str) else value
        self[value] = result = cell_text(text, self._format)
        return result


class _TextsAndTruths(_Texts):
    """The same where booleans occur, which Python takes for the numbers 0 and 1."""

    def __getitem__(self, value: Any) -> str | None:
        return cell_text(value) if isinstance(value, bool) else super().__getitem__(value)


def _is_regular(xml: bytes) -> bool:
    """Whether the sheet is about as large as its cells: nothing far to the right or far below the rest."""
    last = _ROW_NUMBER.search(xml, max(xml.rfind(b"<row "), 0))
    most = _REGULAR_ROWS_SHARE * xml.count(b"<row ")
    return last is not None and int(last[1]) <= most and not _FAR_COLUMN.search(xml)


def _long_grid(content: bytes, part: _Part, xml: bytes, styles: bytes | None) -> Grid:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        sheet = book.get_sheet_by_name(part.name)
        # Rows come from the first used column on, and `total_width` leaves the last one out.
        left = [""] * sheet.start[1] if sheet.start else []
        column_styles = _column_styles(xml, styles, sheet.end[1] + 1 if sheet.end else 0)
        kind = _TextsAndTruths if b't="b"' in xml else _Texts
        by_style = {style: kind(*style) for style in column_styles}
        texts = [by_style[style] for style in column_styles]
        rows = [trimmed([texts_of[value] for texts_of, value in zip(texts, [*left, *values], strict=True)])
                for values in sheet.iter_rows()]
    _put_errors(xml, rows)
    return Grid(rows, _merges(xml), frozenset(), _hidden_rows(xml), _formulas(xml))


def _column_styles(xml: bytes, styles: bytes | None, width: int) -> list[tuple[str, str]]:
    """Font name and number format that most cells of a column have near the top."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for name, style in _STYLED.findall(xml[:_STYLED_HEAD_BYTES]):
        counts[coordinate_to_tuple(f"{name.decode()}1")[1] - 1][int(style)] += 1
    if styles is None:
        return [("", "")] * width
    tree: Any = fromstring(styles)
    sheet: Any = Stylesheet.from_tree(tree)
    common = {column: sheet.cell_styles[count.most_common(1)[0][0]] for column, count in counts.items()}
    return [(sheet.fonts[common[column].fontId].name or "", _number_format(sheet, common[column].numFmtId))
            if column in common else ("", "") for column in range(width)]


def _number_format(sheet: Any, identity: int) -> str:
    return "0%" if identity in (9, 10) else str(sheet.custom_formats.get(identity, ""))


def _put_errors(xml: bytes, rows: list[list[str | None]]) -> None:
    """Error values, which calamine gives as blanks."""
    if b't="e"' not in xml:
        return
    for attributes, text in _ERROR.findall(xml):
        for row, column in _place(attributes):
            cells = rows[row]
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = text.decode()


# What stands in the XML only

def _place(attributes: bytes) -> Iterator[Place]:
    found = _CELL_NAME.search(attributes)
    if found:
        row, column = coordinate_to_tuple(found[1].decode())
        yield row - 1, column - 1


def _merges(xml: bytes) -> list[Span]:
    if b"mergeCell" not in xml:
        return []
    corners = ((coordinate_to_tuple(first.decode()), coordinate_to_tuple(last.decode()))
               for first, last in _MERGE.findall(xml))
    return [Span(first[0] - 1, first[1] - 1, last[0] - 1, last[1] - 1) for first, last in corners]


def _hidden_rows(xml: bytes) -> frozenset[int]:
    if b"hidden=" not in xml:
        return frozenset()
    hidden, row = set(), 0
    for found in _ROW.finditer(xml):
        number = _ROW_NUMBER.search(found[1])
        row = int(number[1]) if number else row + 1
        if _HIDDEN.search(found[1]):
            hidden.add(row - 1)
    return frozenset(hidden)


def _formulas(xml: bytes) -> dict[Place, Formula]:
    if b"<f" not in xml and b":f" not in xml:
        return {}
    # A text result may be empty: then the value is stored, though nothing stands in it.
    return {place: Formula(text.decode("utf-8", "replace"), bool(value) or b't="str"' in attributes)
            for attributes, text, value in _FORMULA.findall(xml) for place in _place(attributes)}
