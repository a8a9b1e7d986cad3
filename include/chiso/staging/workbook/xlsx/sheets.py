"""Sheets of an .xlsx package."""

import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import closing
from functools import cached_property, partial
from typing import BinaryIO

import pyarrow as pa
from lxml import etree

from chiso.staging.pipeline import ahead
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import Grid, Sheet
from chiso.staging.workbook.opening.budget import Budget
from chiso.staging.workbook.opening.package import Package
from chiso.staging.workbook.xlsx.placing import Placing
from chiso.staging.workbook.xlsx.sheet_scan import scanned
from chiso.staging.workbook.xlsx.sheet_xml import Cells, walked
from chiso.staging.workbook.xlsx.strings import SharedStrings, shared_strings
from chiso.staging.workbook.xlsx.styles import Looks, read_looks
from chiso.staging.workbook.xlsx.texts import Book, Reader
from chiso.staging.workbook.xlsx.xml_blocks import IrregularXmlError
from chiso.staging.workbook.xlsx.xml_parts import flag, parsed


def sheets(stream: BinaryIO, findings: Findings, budget: Budget) -> list[Sheet]:
    """Worksheets of the package in their order; chart sheets are none. Raises DeliveryRefused when damaged."""
    with findings.reading():
        workbook = _Workbook(Package(zipfile.ZipFile(stream)))
        return [Sheet(name, hidden, partial(_load, workbook, name, path, findings, budget))
                for name, hidden, path in workbook.worksheets(findings)]


def _load(workbook: "_Workbook", name: str, path: str, findings: Findings, budget: Budget) -> Grid:
    with findings.reading(name):
        reader = Reader(workbook.book, name, budget, findings)
        try:
            with workbook.package.open(path) as part:
                return _grid(scanned(part), reader)
        except IrregularXmlError:
            with workbook.package.open(path) as part:
                return _grid(walked(part, name, findings), reader)


def _grid(cells: Iterator[Cells], reader: Reader) -> Grid:
    placing = Placing(reader)
    with closing(ahead(cells)) as blocks:
        for block in blocks:
            placing.add(block)
    return placing.grid()


class _Workbook:
    """The package's directory of sheets, and what all sheets refer to, read once."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._path = next(_targets("", _relations(package, "_rels/.rels"), "/officeDocument"), "xl/workbook.xml")
        self._folder = posixpath.dirname(self._path)
        self._relations = _relations(package, f"{self._folder}/_rels/{posixpath.basename(self._path)}.rels")
        self._root = parsed(package.read(self._path))

    def worksheets(self, findings: Findings) -> Iterator[tuple[str, bool, str]]:
        """Name of each, whether it is hidden, and its path. Raises DeliveryRefused where its content is missing."""
        taken: set[str] = set()
        for sheet in self._root.iterfind("{*}sheets/{*}sheet"):
            name = sheet.get("name", "")
            identity = next((value for key, value in sheet.attrib.items() if str(key).endswith("}id")), None)
            relation = self._relations.get(str(identity))
            if relation is not None and not relation.get("Type", "").endswith("/worksheet"):
                continue
            path = _resolved(self._folder, relation.get("Target", "")) if relation is not None else ""
            if path not in self.package or path.lower() in taken:
                raise findings.damaged(f"thiếu nội dung của trang “{name}”", f"the content of sheet “{name}” is missing", sheet=name)
            taken.add(path.lower())
            yield name, sheet.get("state", "visible") != "visible", path

    @cached_property
    def book(self) -> Book:
        """What cells refer to; each part may be absent."""
        strings, looks = (next((path for path in _targets(self._folder, self._relations, kind) if path in self.package), None)
                          for kind in ("/sharedStrings", "/styles"))
        properties = self._root.find("{*}workbookPr")
        return Book(
            shared_strings(self.package, strings) if strings else SharedStrings(pa.array([], pa.string()), {}),
            read_looks(self.package.read(looks)) if looks else Looks(),
            properties is not None and flag(properties.get("date1904")),
        )


def _relations(package: Package, path: str) -> dict[str, etree._Element]:
    """Relations by their id; none if the part is absent."""
    return {relation.get("Id", ""): relation for relation in parsed(package.read(path))} if path in package else {}


def _targets(folder: str, relations: dict[str, etree._Element], kind: str) -> Iterator[str]:
    """Paths of related parts. kind: how the relation's type ends, which is the same in both kinds of Open XML."""
    return (_resolved(folder, relation.get("Target", "")) for relation in relations.values()
            if relation.get("Type", "").endswith(kind))


def _resolved(folder: str, target: str) -> str:
    """The path of a part that one in `folder` names."""
    target = target.replace("\\", "/")
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
