"""Strings of an .xlsx package: shared ones and those that stand in their cell, plain or in runs of several looks."""

import re
from functools import lru_cache
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lxml import etree

from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook.cells import Piece, clean, read_pieces
from chiso.staging.workbook.opening.package import Package
from chiso.staging.workbook.xlsx.styles import Font, font_of, is_legacy
from chiso.staging.workbook.xlsx.xml_blocks import Blocks, IrregularXmlError, decoded, split
from chiso.staging.workbook.xlsx.xml_parts import OPTIONS, forget, local_name, parsed

_PLAIN = r'(?s)^(?:<t(?: xml:space="preserve")?>(?P<text>[^<]*)</t>)?</si>\s*$'
"""What follows `<si>` where the text has one look."""
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ODD = (r"[\x00-\x08\x0b-\x1f\x7f\x{0300}-\x{036f}\x{200b}-\x{200d}\x{2060}\x{feff}]"
        r"|[ÐðƉɖƢƣ]|_x[0-9A-Fa-f]{4}_")
"""What the quick way leaves to `plain_text`: signs that can't be seen, marks apart from their letters, other
alphabets' letters, escapes."""


class Run(NamedTuple):
    """A part of a rich text. font: None where the cell's own holds."""

    text: str
    font: Font | None = None


Rich = tuple[Run, ...]


class SharedStrings:
    """Strings by number."""

    def __init__(self, plain: pa.Array, rich: dict[int, Rich]) -> None:
        """plain: raw texts, null for rich ones. rich: the others by number."""
        self.rich = rich
        self._plain = plain
        self._texts: dict[str, tuple[pa.Array, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self._plain)

    def texts(self, font: str) -> tuple[pa.Array, np.ndarray]:
        """All texts as they read in a font, null for rich ones, and their lengths in bytes."""
        if font not in self._texts:
            texts = words(self._plain, font)
            self._texts[font] = texts, np.asarray(pc.fill_null(pc.binary_length(texts), 0))
        return self._texts[font]


def shared_strings(package: Package, path: str) -> SharedStrings:
    """Reads the part. Raises XMLSyntaxError."""
    try:
        with package.open(path) as part:
            return _scanned(part)
    except IrregularXmlError:
        with package.open(path) as part:
            return _walked(part)


def _scanned(stream: IO[bytes]) -> SharedStrings:
    """Plain strings many at once. Raises IrregularXmlError."""
    parts: list[pa.Array] = [pa.array([], pa.string())]
    rich: dict[int, Rich] = {}
    start = 0
    for block in Blocks(stream, b"sst", b"si"):
        before, pieces = split(block, "<si>")
        if before.strip():
            raise IrregularXmlError
        found = pc.extract_regex(pieces, _PLAIN)
        for place in np.flatnonzero(found.is_null()).tolist():
            rich[start + place] = _runs(_regular(pieces[place].as_py()))
        parts.append(decoded(pc.struct_field(found, "text")))
        start += len(pieces)
    return SharedStrings(pa.concat_arrays(parts), rich)


def _regular(piece: str) -> etree._Element:
    """What follows `<si>` as an element."""
    try:
        return parsed(f"<si>{piece}")
    except etree.XMLSyntaxError as fault:
        raise IrregularXmlError from fault


def _walked(stream: IO[bytes]) -> SharedStrings:
    texts: list[str | None] = []
    rich: dict[int, Rich] = {}
    for _, item in etree.iterparse(stream, tag="{*}si", **OPTIONS):
        read = string_item(item)
        if not isinstance(read, str):
            rich[len(texts)] = read
        texts.append(read if isinstance(read, str) else None)
        forget(item)
    return SharedStrings(pa.array(texts, pa.string()), rich)


def string_item(item: etree._Element) -> str | Rich:
    """Text of `si` or `is`, which hold either one `t` or runs; readings for Japanese are left out."""
    if len(item) == 1 and local_name(item[0]) == "t":
        return item[0].text or ""
    runs = _runs(item)
    return "".join(run.text for run in runs) if all(run.font is None for run in runs) else runs


def _runs(item: etree._Element) -> Rich:
    return tuple(_run(part) for part in item.iterchildren("{*}t", "{*}r"))


def _run(part: etree._Element) -> Run:
    if local_name(part) == "t":
        return Run(part.text or "")
    look = part.find("{*}rPr")
    return Run("".join(text.text or "" for text in part.iterchildren("{*}t")), None if look is None else font_of(look))


# How they read

def words(texts: pa.Array, font: str) -> pa.Array:
    """Many texts as `plain_text` makes them, each distinct one once; null for blanks."""
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    if is_legacy(font):
        return pa.array([plain_text(text, font) for text in distinct.to_pylist()], pa.string()).take(encoded.indices)
    made = pc.utf8_trim_whitespace(pc.utf8_normalize(distinct, form="NFC"))
    odd = pc.match_substring_regex(distinct, _ODD)
    if pc.any(odd).as_py():
        careful = [plain_text(text, font) for text in distinct.filter(odd).to_pylist()]
        made = pc.replace_with_mask(made, odd, pa.array(careful, pa.string()))
    return pc.if_else(pc.equal(made, ""), None, made).take(encoded.indices)


def plain_text(text: str, font: str) -> str | None:
    """A text as it looks in its font, NFC and trimmed; None for a blank one."""
    return clean(legacy_to_unicode(unescaped(text), font))


@lru_cache(maxsize=1024)
def rich_text(runs: Rich, font: Font) -> tuple[str | None, str | None]:
    """A rich text in a cell of that font as a person reads it, and the rule that it breaks, if any."""
    pieces = []
    for run in runs:
        own = run.font or font
        text = legacy_to_unicode(unescaped(run.text), own.name or font.name)
        pieces.append(Piece(text, own.raised, own.struck))
    text, rule = read_pieces(pieces)
    return clean(text), rule


def unescaped(text: str) -> str:
    r"""`text` with `_x000D_` and the like as the signs they stand for; line ends become \n."""
    if "_x" in text:
        text = _ESCAPE.sub(_sign, text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _sign(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return escape[0] if 0xD800 <= code <= 0xDFFF else chr(code)
