r"""Text that is safe to show: what a terminal would obey, or a reader can't see, is written out as its code.

A file name or a value comes from outside. Escape sequences in it can rewrite a screen, direction marks make it read
differently from what it says, a line break forges a second line of a log.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import TextIOBase
from typing import TextIO

_LINE_END = re.compile("(\r?\n)")


def visible(text: str) -> str:
    r"""`text` on one line: control signs, direction marks and other invisible signs as `\u001b`; spaces stay."""
    return text if text.isprintable() else "".join(map(_visible_sign, text))


def visible_lines(text: str) -> str:
    """The same of a text of several lines."""
    return "".join(part if part in ("\n", "\r\n") else visible(part) for part in _LINE_END.split(text))


def _visible_sign(sign: str) -> str:
    if sign.isprintable() or unicodedata.category(sign) == "Zs":
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


class PassedOn(TextIOBase):
    """A text stream that writes to another one."""

    def __init__(self, stream: TextIO) -> None:
        """stream: the one beneath."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Hands the text on."""
        self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Of the one beneath."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether the one beneath is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Of the one beneath."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override] # a plain attribute in the base class
        """Of the one beneath."""
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """Of the one beneath."""
        return self._stream.errors


class _VisibleStream(PassedOn):
    """A text stream on which everything written is safe to show."""

    def write(self, text: str) -> int:
        self._stream.write(visible_lines(text))
        return len(text)


@contextmanager
def safe_output() -> Iterator[None]:
    """Everything that this process prints, errors and logs included, is safe to show."""
    with redirect_stdout(_VisibleStream(sys.stdout)), redirect_stderr(_VisibleStream(sys.stderr)):
        yield
