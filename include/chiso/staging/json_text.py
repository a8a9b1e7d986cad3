"""JSON read piece by piece: the members of an object and the items of a list, each with the line on which it begins.

Several texts may follow one another (JSON lines, pages of an API). A block of text and the value at work are in memory.
"""

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from chiso.deliveries.raw import Unpacked

LONGEST_VALUE = 16 << 20
"""Signs; a record that is longer is none."""
_BLOCK = 1 << 20
_LONG = 19
"""Signs of a whole number that may not fit 64 bits."""
_COMMA = re.compile("[ \t\r\n]*,[ \t\r\n]*")
_SPACE = re.compile("[ \t\r\n\ufeff]*")
"""A byte order mark too: each page of an API may begin with one."""


class Repeated(list[tuple[str, Any]]):
    """Names and values of an object in which a name stands twice, so that it says nothing certain."""

    def names(self) -> list[str]:
        """The names that stand twice or more."""
        names = [name for name, _ in self]
        return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Repeated:
    """The object with these members."""
    members = dict(pairs)
    return members if len(members) == len(pairs) else Repeated(pairs)


def _whole(text: str) -> int | Decimal:
    """The number as int where no cast would refuse its length or its sign (`-0`)."""
    return int(text) if len(text) < _LONG and text != "-0" else Decimal(text)


def _number(text: str) -> Decimal | str:
    """The number, exact and as precise as written; one beyond all measure (`1E99999999999999999999`) stays text."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


_DECODER = json.JSONDecoder(object_pairs_hook=object_of, parse_int=_whole, parse_float=_number)


class JsonText:
    """A text with a place in it, and the line of that place (from 1).

    Values are dict, list, str, bool, None, int and Decimal; `Repeated` for an object that repeats a name, and float for
    NaN, Infinity and -Infinity, which are no JSON and yet are written. Every method raises json.JSONDecodeError where
    the text is no JSON or ends too early, UnicodeDecodeError where it is no UTF-8.
    """

    def __init__(self, stream: Unpacked) -> None:
        """stream: at its beginning."""
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._buffer, self._at, self.line, self._ended = "", 0, 1, False

    def peek(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            end = _SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]
            self._pass_to(end)
            if end < len(self._buffer) or not self._more():
                return self._buffer[end : end + 1]

    def value(self) -> Any:
        """The value that begins here."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as fault:
                if self._more():
                    continue
                self._pass_to(fault.pos)
                if not self._ended:
                    message = f"{fault.msg}, or a value is longer than {LONGEST_VALUE >> 20} MB"
                    raise json.JSONDecodeError(message, "", 0) from fault
                raise
            if end + len(".e+") > len(self._buffer) and self._more():
                continue  # a number may go on, as 1 does in `1.5` and `1e+5`
            self._pass_to(end)
            return value

    def items(self) -> Iterator[tuple[int, Any]]:
        """Line and value of each item of the list that begins here."""
        self._at += 1
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self.line, self.value()
            if self._ends("]"):
                return

    def names(self) -> Iterator[str]:
        """Each name of the object that begins here; `value` or `items` must pass over what it names before the next."""
        self._at += 1
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise json.JSONDecodeError("a name in quotes is missing, or the object is cut short", "", 0)
            name = self.value()
            if self.peek() != ":":
                raise json.JSONDecodeError("a colon is missing", "", 0)
            self._at += 1
            self.peek()
            yield name
            if self._ends("}"):
                return

    def _ends(self, closing: str) -> bool:
        """Passes over what follows an item: `closing`, or a comma and the space behind it."""
        comma = _COMMA.match(self._buffer, self._at)
        if comma and comma.end() < len(self._buffer):
            self._pass_to(comma.end())
            return False
        sign = self.peek()
        if sign not in (closing, ","):
            raise json.JSONDecodeError(f"a comma or {closing} is missing", "", 0)
        self._at += 1
        if sign == ",":
            self.peek()
        return sign == closing

    def _pass_to(self, end: int) -> None:
        self.line += self._buffer.count("\n", self._at, end)
        self._at = end

    def _more(self) -> bool:
        """Reads as much again as is left, so that a long value is decoded a few times only."""
        left = len(self._buffer) - self._at
        if self._ended or left > LONGEST_VALUE:
            return False
        data = self._stream.read(max(_BLOCK, left))
        self._ended = not data
        self._buffer = self._buffer[self._at :] + self._decode.decode(data, final=self._ended)
        self._at = 0
        return True
