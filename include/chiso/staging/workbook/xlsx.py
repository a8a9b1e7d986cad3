"""Sheets of an .xlsx package.

openpyxl reads the cells of a form, with their fonts and formats. Very long sheets are read in blocks (long_sheet).
"""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from lxml import etree
from openpyxl import load_workbook

from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook import sheet_xml
from chiso.staging.workbook.budget import Budget
from chiso.staging.workbook.cells import cell_text, clean
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Grid, Place, Sheet, columns_of, trimmed
from chiso.staging.workbook.long_sheet import Frame, IrregularSheetError, read_long_sheet

LONG_SHEET_BYTES = 2 * 2**20
"""Of the sheet's XML: some 5 000 rows of a form."""
_STYLES = "xl/styles.xml"


@dataclass(frozen=True)
class _Part:
    """A worksheet within the package."""

    name: str
    hidden: bool
    path: str
    beside: list[str]
    """Paths of the parts that any sheet needs: the workbook with its relations, styles, shared strings."""


def sheets(stream: BinaryIO, findings: Findings, budget: Budget) -> list[Sheet]:
    """Worksheets of the package in their order; chart sheets are none. Raises DeliveryRefused when damaged."""
    with findings.reading():
        content = stream.read()
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = list(_parts(package))
    return [Sheet(part.name, part.hidden, partial(_load, content, part, findings, budget)) for part in parts]


def _load(content: bytes, part: _Part, findings: Findings, budget: Budget) -> Grid:
    with findings.reading(), zipfile.ZipFile(io.BytesIO(content)) as package:
        if package.getinfo(part.path).file_size > LONG_SHEET_BYTES:
            try:
                return _long_grid(package, part)
            except IrregularSheetError:
                pass
        return _form_grid(content, part, package.read(part.path), budget)


def _long_grid(package: zipfile.ZipFile, part: _Part) -> Grid:
    parts = {path: package.read(path) for path in part.beside}
    return read_long_sheet(package, Frame(part.name, part.path, parts, parts.get(_STYLES)))


# The package's directory of sheets

def _parts(package: zipfile.ZipFile) -> Iterator[_Part]:
    book_path = _target(package, "_rels/.rels", lambda relation: relation.get("Type", "").endswith("/officeDocument"))
    folder, name = posixpath.split(book_path)
    relations_path = f"{folder}/_rels/{name}.rels".lstrip("/")
    relations = _relations(package, relations_path)
    common = [_resolved(folder, relation.get("Target", "")) for relation in relations.values()
              if relation.get("Type", "").endswith(("/styles", "/sharedStrings"))]
    present = package.namelist()
    beside = [path for path in ("[Content_Types].xml", "_rels/.rels", book_path, relations_path, *common) if path in present]
    book = etree.fromstring(package.read(book_path), _parser())
    for sheet in book.iter("{*}sheet"):
        identity = next(value for key, value in sheet.attrib.items() if str(key).endswith("}id"))
        relation = relations[str(identity)]
        if relation.get("Type", "").endswith("/worksheet"):
            path = _resolved(folder, relation.get("Target", ""))
            yield _Part(sheet.get("name", ""), sheet.get("state", "visible") != "visible", path, beside)


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

def _form_grid(content: bytes, part: _Part, xml: bytes, budget: Budget) -> Grid:
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
    return Grid(columns_of(rows, budget, part.name), sheet_xml.merges(xml), frozenset(bold), sheet_xml.hidden_rows(xml),
                sheet_xml.formulas(xml))


def _styled_text(cell: Any) -> str | None:
    value = cell.value
    if isinstance(value, str):
        return clean(legacy_to_unicode(value, cell.font.name))
    return None if value is None else cell_text(value, cell.number_format or "")
