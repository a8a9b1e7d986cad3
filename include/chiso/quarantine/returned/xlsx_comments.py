"""Comments on cells of an .xlsx, written into the package's own parts; every other part stays byte for byte.

A comment needs its text (comments part), its box (a shape of the VML drawing), relations of the sheet to both, their content types, and
`legacyDrawing` in the sheet. Where the sheet has them already, they are added to.
"""

import posixpath
import re
import zipfile
from collections.abc import Callable, Container, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from chiso.quarantine.returned.plain_workbook import AUTHOR

_MAIN = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
"""Namespaces of a sheet and of its relations, of transitional and of strict files."""
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES_NAMESPACE = "http://schemas.openxmlformats.org/package/2006/content-types"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_TYPES = "[Content_Types].xml"
_AFTER_LEGACY_DRAWING = {
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst", "AlternateContent",
}  # fmt: skip
"""What follows it by the schema's order."""
_BLOCK = 1024
"""Shapes have numbers in blocks of so many; each drawing owns blocks."""
_LONGEST_TEXT = 32_000
_ADDRESS = re.compile(r"([A-Z]+)(\d+)")

Comments = Mapping[str, Mapping[str, str]]
"""Sheet → cell (A1) → text."""


def mark(package: BinaryIO, target: Path, comments: Comments) -> None:
    """Writes the package to `target` with the comments added. Raises KeyError for a sheet that it doesn't have."""
    with zipfile.ZipFile(package) as archive:
        parts = _Parts(archive)
        sheets = _sheets(parts)
        for name, cells in comments.items():
            if cells:
                _mark_sheet(parts, sheets[name], cells)
        parts.write(target)


class _Parts:
    """The package's parts by path, however the archive spells their names; and what of them is changed or new."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._known = {_key(info.filename): info for info in archive.infolist() if not info.is_dir()}
        self._changed: dict[str, bytes] = {}
        self._new: dict[str, tuple[str, bytes]] = {}

    def __contains__(self, path: str) -> bool:
        return _key(path) in self._known or _key(path) in self._new

    def __getitem__(self, path: str) -> bytes:
        key = _key(path)
        if key in self._changed:
            return self._changed[key]
        return self._new[key][1] if key in self._new else self._archive.read(self._known[key])

    def __setitem__(self, path: str, content: bytes) -> None:
        key = _key(path)
        if key in self._known:
            self._changed[key] = content
        else:
            self._new[key] = (path, content)

    def names(self) -> Iterator[str]:
        yield from (info.filename for info in self._known.values())
        yield from (name for name, _ in self._new.values())

    def unused(self, pattern: str) -> str:
        """The first of the pattern's names that no part has."""
        number = 1
        while pattern.format(number) in self:
            number += 1
        return pattern.format(number)

    def write(self, target: Path) -> None:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for info in self._archive.infolist():
                content = self._changed.get(_key(info.filename))
                out.writestr(copy(info), self._archive.read(info) if content is None else content, info.compress_type)
            for name, content in self._new.values():
                out.writestr(name, content)


def _key(path: str) -> str:
    return path.replace("\\", "/").lstrip("/").casefold()


def _sheets(parts: _Parts) -> dict[str, str]:
    """Name of each sheet → path of its part."""
    book = "xl/workbook.xml"
    if "_rels/.rels" in parts:
        book = next((r.target for r in _relations(parts, "") if r.kind == "officeDocument"), book)
    targets = {relation.id: relation.target for relation in _relations(parts, book)}
    found = {}
    for sheet in etree.fromstring(parts[book], _PARSER).iter("{*}sheet"):
        number = next((value for name, value in sheet.attrib.items() if etree.QName(name).namespace in _RELATIONS), None)
        if number in targets:
            found[str(sheet.get("name"))] = targets[number]
    return found


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


# --- Relations and content types ---


@dataclass(frozen=True)
class _Relation:
    id: str
    kind: str
    target: str


def _relations_path(path: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relations(parts: _Parts, path: str) -> list[_Relation]:
    """What the part `path` ("" for the package) refers to; kind: the last word of its type."""
    own = _relations_path(path)
    if own not in parts:
        return []
    folder = posixpath.dirname(path)
    return [
        _Relation(
            str(each.get("Id")),
            str(each.get("Type")).rsplit("/", 1)[-1],
            posixpath.normpath(posixpath.join("/", folder, str(each.get("Target")).replace("\\", "/"))).lstrip("/"),
        )
        for each in etree.fromstring(parts[own], _PARSER).iter("{*}Relationship")
        if each.get("TargetMode") != "External"
    ]


def _relate(parts: _Parts, path: str, kind: str, target: str, namespace: str) -> str:
    """Adds a relation of the part to the one at `target`; returns its id."""
    own = _relations_path(path)
    if own not in parts:
        parts[own] = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_PACKAGE_RELATIONS}"></Relationships>'.encode()
    used = {str(each.get("Id")) for each in etree.fromstring(parts[own], _PARSER).iter("{*}Relationship")}
    number = next(f"rIdChiSo{n}" for n in range(1, len(used) + 2) if f"rIdChiSo{n}" not in used)
    said = f'<Relationship xmlns="{_PACKAGE_RELATIONS}" Id="{number}" Type="{namespace}/{kind}" Target={quoteattr("/" + target)}/>'
    parts[own] = _inserted(parts[own], said)
    return number


def _declare(parts: _Parts, path: str, kind: str) -> None:
    """Says of what type a new part is."""
    said = f'<Override xmlns="{_TYPES_NAMESPACE}" PartName={quoteattr("/" + path)} ContentType="{kind}"/>'
    parts[_TYPES] = _inserted(parts[_TYPES], said)


# --- A sheet ---


def _mark_sheet(parts: _Parts, sheet: str, cells: Mapping[str, str]) -> None:
    flavour = next(place for place, name in enumerate(_MAIN) if name.encode() in _plain(parts[sheet]))
    known = {relation.kind: relation.target for relation in _relations(parts, sheet)}
    text = known.get("comments")
    if text is None:
        text = parts.unused("xl/comments{}.xml")
        parts[text] = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<comments xmlns="{_MAIN[flavour]}"><authors/><commentList/></comments>'
        ).encode()
        _relate(parts, sheet, "comments", text, _RELATIONS[flavour])
        _declare(parts, text, _COMMENTS_TYPE)
    parts[text], without_box = _commented(parts[text], cells)
    boxes = _boxes_of(parts, sheet)
    if boxes is None:
        boxes = parts.unused("xl/drawings/vmlDrawing{}.vml")
        number = _relate(parts, sheet, "vmlDrawing", boxes, _RELATIONS[flavour])
        _declare(parts, boxes, _VML_TYPE)
        parts[boxes] = _NO_BOXES
        said = f'<legacyDrawing xmlns="{_MAIN[flavour]}" xmlns:r="{_RELATIONS[flavour]}" r:id="{number}"/>'
        parts[sheet] = _inserted(parts[sheet], said, before=_AFTER_LEGACY_DRAWING)
    parts[boxes] = _with_boxes(parts[boxes], without_box, _free_block(parts))


def _boxes_of(parts: _Parts, sheet: str) -> str | None:
    """The VML drawing to which the sheet's `legacyDrawing` refers."""
    found: list[str] = []

    def seen(name: str, attributes: Mapping[str, str]) -> None:
        if name == "legacyDrawing":
            found.extend(value for key, value in attributes.items() if key.rsplit(":", 1)[-1] == "id")

    _children(parts[sheet], seen)
    targets = {relation.id: relation.target for relation in _relations(parts, sheet)}
    return targets.get(found[0]) if found else None


def _commented(xml: bytes, cells: Mapping[str, str]) -> tuple[bytes, list[str]]:
    """The comments part with the texts added; and the cells that had no comment before."""
    root = etree.fromstring(xml, _PARSER)
    space = etree.QName(root).namespace
    authors, listed = root.find("{*}authors"), root.find("{*}commentList")
    assert authors is not None and listed is not None  # noqa: S101 - the schema requires both
    names = [author.text for author in authors]
    if AUTHOR not in names:
        etree.SubElement(authors, f"{{{space}}}author").text = AUTHOR
        names.append(AUTHOR)
    known = {str(comment.get("ref")): comment for comment in listed}
    for cell, said in cells.items():
        if cell in known:
            text = known[cell].find("{*}text")
            assert text is not None  # noqa: S101 - the schema requires it
            _add_run(text, f"\n{said}")
        else:
            comment = etree.SubElement(listed, f"{{{space}}}comment", ref=cell, authorId=str(names.index(AUTHOR)))
            _add_run(etree.SubElement(comment, f"{{{space}}}text"), said)
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content, [cell for cell in cells if cell not in known]


def _add_run(text: etree._Element, said: str) -> None:
    space = etree.QName(text).namespace
    bare = text.find("{*}t")
    if bare is not None:  # plain text and runs don't mix
        run = etree.Element(f"{{{space}}}r")
        text.replace(bare, run)
        run.append(bare)
    run = etree.Element(f"{{{space}}}r")
    last = [place for place, each in enumerate(text) if etree.QName(each).localname == "r"]
    text.insert(last[-1] + 1 if last else 0, run)
    words = etree.SubElement(run, f"{{{space}}}t")
    words.text = said[:_LONGEST_TEXT]
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


# --- Boxes ---

_VML = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"'
_SHAPE_TYPE = (
    f'<v:shapetype {_VML} id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_NO_BOXES = f'<xml {_VML}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data=""/></o:shapelayout></xml>'.encode()
_ID_MAP = re.compile(rb"(<o:idmap\b[^>]*\bdata=[\"'])([\d, ]*)")
_END = re.compile(rb"</xml\s*>\s*$", re.IGNORECASE)


def _free_block(parts: _Parts) -> int:
    """The first block of shape numbers after all that the package's drawings own."""
    drawings = [parts[name] for name in parts.names() if name.lower().endswith(".vml")]
    owned = [int(block) for drawing in drawings for found in _ID_MAP.finditer(drawing) for block in re.findall(rb"\d+", found[2])]
    return max(owned, default=0) + 1


def _with_boxes(vml: bytes, cells: list[str], block: int) -> bytes:
    """The drawing with a box for each cell. It needn't be well-formed XML: what stands is left as it is."""
    if not cells:
        return vml
    blocks = range(block, block + 1 + len(cells) // _BLOCK)
    shapes = "".join(_box(cell, blocks.start * _BLOCK + 1 + place) for place, cell in enumerate(cells))
    kind = "" if b"_x0000_t202" in vml else _SHAPE_TYPE
    owned = ",".join(map(str, blocks)).encode()
    vml = _ID_MAP.sub(lambda found: found[1] + (found[2] + b"," if found[2].strip() else b"") + owned, vml, count=1)
    end = _END.search(vml)
    if end is None:
        raise ValueError("the VML drawing has no end")
    return vml[: end.start()] + (kind + shapes).encode() + vml[end.start() :]


def _box(cell: str, number: int) -> str:
    found = _ADDRESS.fullmatch(cell)
    assert found is not None  # noqa: S101 - findings name cells so
    column, row = _column(found[1]), int(found[2]) - 1
    anchor = f"{column + 1}, 15, {max(row - 1, 0)}, 10, {column + 5}, 15, {max(row - 1, 0) + 6}, 4"
    return (
        f'<v:shape {_VML} id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;'
        'width:230pt;height:90pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{escape(anchor)}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


# --- XML that stays as it is, but for what is put in ---


@dataclass
class _Places:
    """Where the children of an element's root begin, in bytes, and where the root ends."""

    root: str = ""
    depth: int = 0
    children: list[tuple[str, int]] = field(default_factory=list)
    end: int = 0


def _children(xml: bytes, seen: Callable[[str, Mapping[str, str]], None] | None = None) -> _Places:
    """seen: is told each child's local name and attributes."""
    parser, places = expat.ParserCreate(), _Places()

    def start(name: str, attributes: dict[str, str]) -> None:
        places.depth += 1
        places.root = places.root or name
        if places.depth == 2:
            local = name.rsplit(":", 1)[-1]
            places.children.append((local, parser.CurrentByteIndex))
            if seen:
                seen(local, attributes)

    def end(_: str) -> None:
        places.depth -= 1
        if places.depth == 0:
            places.end = parser.CurrentByteIndex

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(xml, True)
    return places


def _inserted(xml: bytes, said: str, before: Container[str] = ()) -> bytes:
    """The document with an element put in at its end, but before the children with those names that stand there."""
    places = _children(xml)
    place = places.end
    for name, at in reversed(places.children):
        if name not in before:
            break
        place = at
    element = said.encode(_encoding(xml))
    if _plain(xml[place : place + 4]).startswith(b"</") or place != places.end:
        return xml[:place] + element + xml[place:]
    closed = xml.rstrip().removesuffix(b"/>")  # a root without children, closed at once
    return closed + b">" + element + f"</{places.root}>".encode()


def _encoding(xml: bytes) -> str:
    if xml.startswith(b"\xff\xfe"):
        return "utf-16-le"
    return "utf-16-be" if xml.startswith(b"\xfe\xff") else "utf-8"


def _plain(xml: bytes) -> bytes:
    return xml.replace(b"\0", b"")
