"""Bodies of answers: bounded, their gzip coding undone, never cut short unseen."""

import zlib
from collections.abc import Iterator
from typing import Any

import urllib3

from chiso.sources.pace import Pace
from chiso.sources.patience import PassingError, StalledError
from chiso.system.errors import EndpointError

_CHUNK = 1 << 16
_UNPACKED = 1 << 20


def decoded(raw: urllib3.BaseHTTPResponse, most: int, url: str, pace: Pace) -> Iterator[bytes]:
    """The body with its gzip coding undone, in blocks. Raises PassingError where it breaks off."""
    coding = raw.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if coding not in ("identity", "gzip", "x-gzip"):
        raise EndpointError(
            f"{url}: the body is coded as {coding!r}, which was not asked for. Tell the endpoint's owner."
        )
    received, written = 0, 0
    gzip = None if coding == "identity" else Gunzip()
    for piece in _pieces(raw, pace):
        received += len(piece)
        for block in gzip.blocks(piece) if gzip else (piece,):
            written += len(block)
            if max(received, written) > most:
                raise _too_large(most, url)
            yield block
        if received > most:  # compressed members that unpack to nothing, without an end
            raise _too_large(most, url)
    if gzip:
        gzip.finish()


def _too_large(most: int, url: str) -> EndpointError:
    return EndpointError(
        f"{url}: the body is larger than the {most} bytes that are allowed (max_bytes, less what came of the delivery before). If it is right, allow "
        "more with max_bytes in the connection (one page of paged JSON: 64 MiB, ask for smaller pages)."
    )


def _pieces(raw: urllib3.BaseHTTPResponse, pace: Pace) -> Iterator[bytes]:
    """The body as it is on the wire; urllib3 holds it against Content-Length and the last chunk."""
    try:
        yield from raw.stream(_CHUNK, decode_content=False)
    except urllib3.exceptions.ReadTimeoutError as fault:
        raise StalledError(pace.fault or "the body stopped coming") from fault
    except urllib3.exceptions.HTTPError as fault:
        raise PassingError("the body was cut short") from fault


class Gunzip:
    """Undoes gzip piece by piece; unlike the libraries' own decoders it notices that the end is missing."""

    def __init__(self) -> None:
        self._member: Any = None

    def blocks(self, piece: bytes) -> Iterator[bytes]:
        """What `piece` adds, in blocks of bounded size. Raises PassingError where it is damaged."""
        while piece := piece if self._member else piece.lstrip(b"\0"):  # zeros may pad the end of a member
            self._member = self._member or zlib.decompressobj(wbits=31)
            try:
                block = self._member.decompress(piece, _UNPACKED)
            except zlib.error as fault:
                raise PassingError("the gzip body is damaged") from fault
            if block:
                yield block
            piece = self._member.unconsumed_tail
            if self._member.eof:
                piece, self._member = self._member.unused_data, None

    def finish(self) -> None:
        """Raises PassingError where the last member has no end."""
        if self._member is not None:
            raise PassingError("the gzip body was cut short")
