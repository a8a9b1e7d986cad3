"""A raw file as bytes: as it was given, or as landing keeps it, encrypted with age where it may hold what is never stored."""

import gzip
import hashlib
import os
import shutil
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

from chiso.system.errors import StorageError
from chiso.system.private_folder import private_folder
from chiso.system.settings import Settings

LARGEST_WORKBOOK_BYTES = 200 << 20
"""A larger one is never read, so it isn't kept either."""
MAX_UNPACKED_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 8 << 20
"""A small file of equal rows may shrink to any ratio; only a large one is suspect."""


def raw_path(settings: Settings, sha256: str, *, encrypted: bool) -> Path:
    """Where landing keeps the bytes of that SHA-256."""
    return settings.landing / sha256[:2] / (sha256 + (".age" if encrypted else ""))


@dataclass(frozen=True)
class RawFile:
    """Bytes on disk. `keys`: age identities, of which any may open an encrypted file."""

    path: Path
    name: str
    """What it was called where it came from."""
    encrypted: bool = False
    keys: tuple[str, ...] = field(default=(), repr=False)
    sha256: str | None = None
    """What the bytes must be; who reads the plain ones to their end learns that they are."""
    plain: Path | None = None
    """Of an encrypted file, where the same bytes still lie in plain: a stream of them needs no deciphering."""

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes as delivered, as a stream. Raises StorageError if they are missing, changed, or no key opens them."""
        if self.plain or not self.encrypted:
            with self._file() as stream:
                yield cast(BinaryIO, _Compared(stream, self)) if self.sha256 else stream
            return
        with _decrypting(self) as stream:
            yield stream

    @contextmanager
    def plain_path(self) -> Iterator[Path]:
        """A path to the bytes as delivered, for readers that need a file of their own."""
        if not self.encrypted:
            yield self.path
            return
        with private_folder(self.path.parents[1]) as folder, _decrypting(self) as stream:
            target = folder / "delivery"
            with target.open("wb") as copy:
                shutil.copyfileobj(stream, copy, 1 << 20)
            yield target

    @property
    def size(self) -> int:
        """In bytes, as it lies on the disk."""
        return self._readable.stat().st_size

    @property
    def _readable(self) -> Path:
        return self.plain or self.path

    def _file(self) -> BinaryIO:
        try:
            return self._readable.open("rb")
        except OSError as fault:
            raise StorageError(f"{self._readable}: {fault.strerror}. Restore the file, or give another one.") from fault


class _Compared:
    """A plain file's bytes, which must be the promised ones when its end is reached."""

    def __init__(self, stream: BinaryIO, raw: RawFile) -> None:
        self._stream, self._raw, self._hash = stream, raw, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._hash.update(data)
        if not data and self._hash.hexdigest() != self._raw.sha256:
            raise StorageError(f"{self._raw.plain or self._raw.path} was changed while it was read. Nothing was loaded; run again.")
        return data


class _Pump(threading.Thread):
    """Decrypts into a pipe, since the library pushes and readers pull; keeps the fault it met."""

    def __init__(self, raw: RawFile, sink: int) -> None:
        super().__init__(name=f"decrypt {raw.name}", daemon=True)
        self._raw, self._sink = raw, sink
        self.fault: Exception | None = None

    def run(self) -> None:
        import pyrage

        identities = [pyrage.x25519.Identity.from_str(key) for key in self._raw.keys]
        try:
            with os.fdopen(self._sink, "wb") as sink, self._raw.path.open("rb") as sealed:
                pyrage.decrypt_io(sealed, sink, identities)
        except (pyrage.DecryptError, OSError, ValueError) as fault:
            self.fault = fault


class _Decrypted:
    """The pipe's reading end: its last read tells a broken file from a finished one."""

    def __init__(self, source: IO[bytes], pump: _Pump, raw: RawFile) -> None:
        self._source, self._pump, self._raw = source, pump, raw

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        if not data:
            self._pump.join()
            if self._pump.fault:
                raise StorageError(
                    f"{self._raw.path} can't be decrypted ({self._pump.fault}): the key in "
                    "CHISO_LANDING_KEY doesn't open it, or the file was damaged. docs/runbooks/keys.md"
                )
        return data


@contextmanager
def _decrypting(raw: RawFile) -> Iterator[BinaryIO]:
    if not raw.path.exists():
        raise StorageError(f"{raw.path} is missing. Restore the file from a copy.")
    source, sink = os.pipe()
    pump = _Pump(raw, sink)
    pump.start()
    with os.fdopen(source, "rb", buffering=1 << 20) as stream:
        yield cast(BinaryIO, _Decrypted(stream, pump, raw))


class TruncatedError(ValueError):
    """A compressed stream ended early or is damaged."""


class ExpandsError(ValueError):
    """A compressed stream unpacks to far more than records ever do. unpacked: bytes so far; ratio: to those packed."""

    def __init__(self, unpacked: int, ratio: int) -> None:
        super().__init__(f"{unpacked} bytes, {ratio} times the packed ones")
        self.unpacked, self.ratio = unpacked, ratio


class Unpacked:
    """A stream that is decompressed where its first bytes say gzip.

    `read` raises TruncatedError where it breaks off, ExpandsError where it unpacks to far too much.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """stream: at its beginning."""
        self._packed = _Rejoined(stream.read(1 << 16), stream)
        self._unpacked = 0
        is_gzip = self._packed.head[:2] == b"\x1f\x8b"
        self._gzip = gzip.GzipFile(fileobj=cast(BinaryIO, self._packed)) if is_gzip else None

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; b"" at the end."""
        if self._gzip is None:
            return self._packed.read(size)
        try:
            data = self._gzip.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
            raise TruncatedError(str(fault)) from fault
        self._unpacked += len(data)
        ratio = self._unpacked // max(self._packed.count, 1)
        if self._unpacked > RATIO_MATTERS_FROM_BYTES and ratio > MAX_UNPACKED_RATIO:
            raise ExpandsError(self._unpacked, ratio)
        return data


class _Rejoined:
    """A stream whose beginning was read already; `count` of its bytes were handed out."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self.head, self._stream = head, stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        if self.head and size >= 0:
            data, self.head = self.head[:size], self.head[size:]
        else:
            data, self.head = self.head + self._stream.read(size), b""
        self.count += len(data)
        return data
