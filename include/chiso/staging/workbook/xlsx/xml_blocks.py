"""XML of office packages as nearly every program writes it, in blocks of whole elements, to be matched by patterns.

What is regular is decided by strict patterns that every piece of the XML must fit. Anything else is left to a parser,
which gives the same.
"""

import re
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from chiso.staging.workbook.xlsx.xml_parts import parsed

BLOCK_BYTES = 8 << 20
"""Of a sheet some 15 000 rows."""

_ROOT = re.compile(rb"\A(?:\xef\xbb\xbf)?(?P<declaration><\?xml[^>]*\?>)?\s*<(?:(?P<prefix>\w+):)?\w+\b[^>]*>")
_OTHER_ENCODING = re.compile(rb"""encoding=["'](?!utf-?8["'])""", re.IGNORECASE)


class IrregularXmlError(Exception):
    """The XML isn't written as most is; it may be right all the same."""


class Blocks:
    """A part's XML, cut after whole elements; a prefix that a program gives to all names is left out."""

    def __init__(self, stream: IO[bytes], within: bytes, element: bytes) -> None:
        """within: the tag that stands around the elements, like `<sheetData`. element: their name."""
        self._stream = stream
        head = stream.read(BLOCK_BYTES)
        root = _ROOT.match(head)
        if not root or _OTHER_ENCODING.search(root["declaration"] or b""):
            raise IrregularXmlError
        self._prefix = root["prefix"] + b":" if root["prefix"] else b""
        start = re.search(rb"<%s%s(?: [^<>]*[^/<>])?>" % (self._prefix, within), head)
        if not start or b"<!" in head[:start.start()]:
            raise IrregularXmlError
        self._element_end, self._end = (b"</%s%s>" % (self._prefix, name) for name in (element, within))
        self._rest = head[start.end():]
        self.outside = head[:start.end()]
        """The XML without its elements; whole when all blocks were taken."""

    def __iter__(self) -> Iterator[bytes]:
        """Blocks of about `BLOCK_BYTES`."""
        while True:
            elements, end, rest = self._rest.partition(self._end)
            if end:
                self.outside += end + rest + self._stream.read()
                yield self._bare(elements)
                return
            elements, end, rest = self._rest.rpartition(self._element_end)
            more = self._stream.read(BLOCK_BYTES)
            if not more or len(rest) > BLOCK_BYTES:
                raise IrregularXmlError
            self._rest = rest + more
            yield self._bare(elements + end)

    def _bare(self, block: bytes) -> bytes:
        if not self._prefix:
            return block
        return block.replace(b"<" + self._prefix, b"<").replace(b"</" + self._prefix, b"</")


def split(block: bytes, at: str) -> tuple[str, pa.Array]:
    """What stands in a block before the first `at`, and what follows each."""
    try:
        pieces = pc.split_pattern(pa.array([block.decode()], pa.string()), at).values
    except UnicodeDecodeError as fault:
        raise IrregularXmlError from fault
    return pieces[0].as_py(), pieces[1:]


def decoded(values: pa.Array) -> pa.Array:
    """Texts between tags as an XML parser gives them."""
    coded = pc.fill_null(pc.match_substring_regex(values, "[&\r]"), False)
    if not pc.any(coded).as_py():
        return values
    texts = values.filter(coded).dictionary_encode()
    read = pa.array([parsed(f"<v>{text}</v>").text for text in texts.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(values, coded, read.take(texts.indices))
