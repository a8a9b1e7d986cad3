"""Long sheets of an .xlsx package, in blocks of rows: of the XML and of the cells' values only a block is in memory.

Each block is handed to python-calamine as a workbook of its own. It reads values many times faster than openpyxl, and
beside other Python code, but knows neither fonts nor number formats: each column has the style of its cells near
the top.
"""

import io
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
from openpyxl.styles.stylesheet import Stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.xml.functions import fromstring
from python_calamine import CalamineWorkbook

from chiso.staging.pipeline import applied_ahead
from chiso.staging.workbook import sheet_xml
from chiso.staging.workbook.columns import Style, texts
from chiso.staging.workbook.grids import Formula, Grid, Place

BLOCK_BYTES = 8 << 20
"""Of the sheet's XML: some 15 000 rows. A block is at least as long as the shared strings, which each one needs whole."""
_STYLED_HEAD_BYTES = 2**18
"""How far into the sheet cells are looked at for their column's style."""
_REGULAR_ROWS_SHARE = 10
"""Most row numbers for one row that is there: calamine would lay out every cell in between."""

_ROOT = re.compile(rb"<worksheet\b[^>]*>")
_SHEET_DATA = re.compile(rb"<sheetData(?:\s[^>]*)?>")
_ROW_NUMBERS = re.compile(rb'<row\b[^>]*?\br="(\d{1,7})"')
_FAR_COLUMN = re.compile(rb""" r=["'][A-Za-z]{2}""")
_STYLED = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+)\d+"[^>]*?\bs="(\d+)"')


class IrregularSheetError(Exception):
    """The sheet can't be cut into blocks, or is much larger than its cells: to be read cell by cell."""


@dataclass(frozen=True)
class Frame:
    """What makes rows a workbook of their own. parts: of the package, by path, without its sheets; name, path: the sheet's."""

    name: str
    path: str
    parts: Mapping[str, bytes]
    styles: bytes | None


def read_long_sheet(package: zipfile.ZipFile, frame: Frame) -> Grid:
    """Raises IrregularSheetError."""
    pieces: list[tuple[int, list[pa.Array]]] = []
    hidden: set[int] = set()
    formulas: dict[Place, Formula] = {}
    looks: dict[int, Style] | None = None
    with package.open(frame.path) as stream:
        xml = _SheetXml(stream, max([BLOCK_BYTES, *map(len, frame.parts.values())]))
        books = ((rows, _book(xml.root, rows, frame)) for rows in xml.blocks())
        for (rows, _), sheet in applied_ahead(lambda block: block[1].get_sheet_by_name(frame.name), books):
            looks = _looks(rows, frame.styles) if looks is None else looks
            if sheet.start:  # a block of blank cells has no first one
                first, left = sheet.start
                pieces.append((first, _columns(_values(rows, sheet, first, left), left, looks)))
            hidden |= sheet_xml.hidden_rows(rows)
            formulas |= _suspect_formulas(rows)
    return Grid(_joined(pieces), sheet_xml.merges(xml.tail), frozenset(), frozenset(hidden), formulas)


class _SheetXml:
    """The part's XML, cut after whole rows. `tail` is what follows the rows, when all blocks were taken."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._size = stream, size
        head = stream.read(size)
        root, data = _ROOT.search(head), _SHEET_DATA.search(head)
        if not root or not data:
            raise IrregularSheetError
        self.root, self._rest = root[0], head[data.end():]
        self.tail = b""
        self._rows = self._last = 0

    def blocks(self) -> Iterator[bytes]:
        """Rows in blocks of about `size` bytes."""
        while not self.tail:
            rows, end, rest = self._rest.partition(b"</sheetData>")
            if end:
                self.tail = end + rest + self._stream.read()
            else:
                rows, end, rest = self._rest.rpartition(b"</row>")
                rows += end
            if rows.strip():
                self._check(rows)
                yield rows
            if not self.tail:
                more = self._stream.read(self._size)
                if not more or len(rest) > self._size:
                    raise IrregularSheetError
                self._rest = rest + more

    def _check(self, rows: bytes) -> None:
        """Every row has its number, in order, and nothing is far to the right or far below the rest."""
        numbers = np.array(_ROW_NUMBERS.findall(rows), "S7").astype(np.int64)
        count = rows.count(b"<row")
        commented = b"!" in rows and b"<!" in rows
        if not count or len(numbers) != count or commented or _FAR_COLUMN.search(rows):
            raise IrregularSheetError
        self._rows += count
        ordered = numbers[0] > self._last and (np.diff(numbers) > 0).all()
        self._last = int(numbers[-1])
        dense = numbers[-1] - numbers[0] <= _REGULAR_ROWS_SHARE * count and self._last <= _REGULAR_ROWS_SHARE * self._rows
        if not (ordered and dense):
            raise IrregularSheetError


def _book(root: bytes, rows: bytes, frame: Frame) -> CalamineWorkbook:
    """A workbook of the rows alone."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as out:
        for path, part in frame.parts.items():
            out.writestr(path, part)
        out.writestr(frame.path, b"".join((root, b"<sheetData>", rows, b"</sheetData></worksheet>")))
    package.seek(0)
    return CalamineWorkbook.from_filelike(package)


def _values(rows: bytes, sheet: Any, first: int, left: int) -> list[list[Any]]:
    values: list[list[Any]] = sheet.to_python()
    for (row, column), text in sheet_xml.errors(rows):  # calamine gives them as blanks
        values[row - first][column - left] = text
    return values


def _suspect_formulas(rows: bytes) -> dict[Place, Formula]:
    return {place: formula for place, formula in sheet_xml.formulas(rows).items() if formula.executes or not formula.stored}


def _looks(rows: bytes, styles: bytes | None) -> dict[int, Style]:
    """Font name and number format that most cells of a column have in the first rows."""
    if styles is None:
        return {}
    counts: dict[bytes, Counter[bytes]] = defaultdict(Counter)
    for column, style in _STYLED.findall(rows[:_STYLED_HEAD_BYTES]):
        counts[column][style] += 1
    tree: Any = fromstring(styles)
    sheet: Any = Stylesheet.from_tree(tree)
    common = {column_index_from_string(column.decode()) - 1: sheet.cell_styles[int(count.most_common(1)[0][0])]
              for column, count in counts.items()}
    return {column: Style(sheet.fonts[style.fontId].name or "", _number_format(sheet, style.numFmtId))
            for column, style in common.items()}


def _number_format(sheet: Any, identity: int) -> str:
    return "0%" if identity in (9, 10) else str(sheet.custom_formats.get(identity, ""))


def _columns(values: list[list[Any]], left: int, looks: Mapping[int, Style]) -> list[pa.Array]:
    """Columns of texts, from the sheet's first one on. left: the column of the first values."""
    blank = [pa.nulls(len(values), pa.string())] * left
    return blank + [texts(cells, looks.get(column, Style()))
                    for column, cells in enumerate(zip(*values, strict=True), left)]


def _joined(pieces: list[tuple[int, list[pa.Array]]]) -> list[pa.ChunkedArray]:
    """Columns of the whole sheet; blank where no block has rows or such a column."""
    width = max((len(columns) for _, columns in pieces), default=0)
    chunks: list[list[pa.Array]] = [[] for _ in range(width)]
    height = 0
    for first, columns in pieces:
        rows = len(columns[0]) if columns else 0
        for place, parts in enumerate(chunks):
            parts.append(pa.nulls(first - height, pa.string()))
            parts.append(columns[place] if place < len(columns) else pa.nulls(rows, pa.string()))
        height = first + rows
    return [pa.chunked_array(parts, pa.string()) for parts in chunks]
