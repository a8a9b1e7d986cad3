"""A drop folder on another machine."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import SplitResult, quote, unquote

from chiso.sources.folders import is_finished
from chiso.sources.servers import Access, Entry, Server, connect
from chiso.system.errors import ArrivalError, ChisoError, EndpointError, StorageError
from chiso.system.private_folder import private_folder
from chiso.system.settings import Endpoint

_BLOCK = 1 << 20
_REFUSALS = frozenset({"PermissionError", "AuthenticationException", "NoCredentialsError", "ClientAuthenticationError"})
_REPLACED = "FileExpired"
"""Kinds of faults, by name, since not each of their libraries need be here."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that another machine lists."""

    entry: Entry
    folder: "_OpenFolder" = field(repr=False, compare=False)

    is_fetched = True
    status = None

    @property
    def name(self) -> str:
        """The last part of what its server calls it."""
        return self.entry.key.rpartition("/")[2]

    @property
    def uri(self) -> str:
        """Without secrets."""
        return f"{self.folder.uri}/{quote(os.fsencode(self.name), safe='')}"

    @property
    def size(self) -> int:
        """In bytes."""
        return self.entry.size

    @property
    def modified_at(self) -> datetime:
        """When it was last modified, by its server's clock."""
        return self.entry.modified_at

    @property
    def etag(self) -> str | None:
        """That of an object."""
        return self.entry.etag

    @property
    def flaw(self) -> str | None:
        """Where a link leads can't be told from here, so none is followed."""
        return "link_elsewhere" if self.entry.is_link else None

    @contextmanager
    def here(self, landing: Path) -> Iterator[Path]:
        """A copy in a private folder below `landing`, gone afterwards."""
        with private_folder(landing) as work:
            copy = work / "delivery"
            self.folder.copy(self, copy)
            yield copy


@dataclass(frozen=True)
class RemoteFolder:
    """A folder of another machine. variable: holds the connection, for messages."""

    address: SplitResult
    endpoint: Endpoint
    variable: str

    @property
    def uri(self) -> str:
        """Without secrets."""
        return f"{self.address.scheme}://{self.address.netloc}{quote(unquote(self.address.path))}".rstrip("/")

    @contextmanager
    def listed(self) -> Iterator[Sequence[RemoteFile]]:
        """Its finished files; the connection lasts as long as the context. Raises EndpointError, SettingsError."""
        access = Access.of(self.endpoint, self.variable)
        with _meaning(self.uri, access):
            server = connect(self.address, access)
        with closing(server):
            folder = _OpenFolder(self.uri, server, access)
            with _meaning(self.uri, access):
                files = [RemoteFile(entry, folder) for entry in server.entries()]
            yield [file for file in files if is_finished(file.name)]


@dataclass(frozen=True)
class _OpenFolder:
    """A folder over an open connection."""

    uri: str
    server: Server
    access: Access

    def copy(self, file: RemoteFile, target: Path) -> None:
        """Writes the bytes that were listed, and no more. Raises as `ListedFile.here` says."""
        with self._asking(file):
            stream = self.server.open(file.entry)
        with closing(stream):
            try:
                with target.open("wb") as sink:
                    copied = sum(sink.write(data) for data in self._blocks(stream, file))
            except OSError as fault:
                raise StorageError(
                    f"{file.name} can't be kept in {target.parents[1]}: {fault.strerror}. Check the disk's space and the folder's "
                    "permissions."
                ) from fault
        with self._asking(file):
            now = self.server.entry(file.entry.key)
        if copied != file.size or not now.is_as(file.entry):
            raise _changed(file)

    def _blocks(self, stream: BinaryIO, file: RemoteFile) -> Iterator[bytes]:
        allowed, left = self.access.limits.delivery_seconds, file.size
        deadline = time.monotonic() + allowed
        while True:
            with self._asking(file):
                data = stream.read(_BLOCK)
            if not data:
                return
            left -= len(data)
            if left < 0:
                raise _changed(file)
            if time.monotonic() > deadline:
                raise EndpointError(
                    f"{file.uri} was not here after {allowed:g} s. Look at the server; if it needs so long, allow more with "
                    f"max_seconds in {self.access.variable}."
                )
            yield data

    @contextmanager
    def _asking(self, file: RemoteFile) -> Iterator[None]:
        """Of a fault that concerns the file alone, ArrivalError."""
        try:
            with _meaning(file.uri, self.access):
                yield
        except EndpointError as meant:
            if isinstance(meant.__cause__, FileNotFoundError):
                raise ArrivalError(f"{file.name} is gone from {self.uri}. Nothing of it was kept.") from meant
            if type(meant.__cause__).__name__ == _REPLACED:
                raise _changed(file) from meant
            if isinstance(meant.__cause__, PermissionError):
                raise ArrivalError(
                    f"{file.name} in {self.uri} can't be read. Let the login in {self.access.variable} read it, then run again."
                ) from meant
            raise


@contextmanager
def _meaning(uri: str, access: Access) -> Iterator[None]:
    """Says of whatever a library raises what it means, and what to do. Raises EndpointError."""
    try:
        yield
    except ChisoError:
        raise
    except FileNotFoundError as fault:
        raise EndpointError(
            f"The drop folder {uri} does not exist. Create it, or correct {access.variable}, then run again."
        ) from fault
    except Exception as fault:
        reason = access.without_secrets(str(fault) or type(fault).__name__)
        if _REFUSALS & {kind.__name__ for kind in type(fault).__mro__}:
            raise EndpointError(
                f"{uri}: access is refused ({reason}). Check login, password and keys in {access.variable}, and that they may list "
                "and read the folder, then run again."
            ) from fault
        raise EndpointError(
            f"{uri}: no proper answer ({reason}). Check that the server answers, and its address in {access.variable}, then run again."
        ) from fault


def _changed(file: RemoteFile) -> ArrivalError:
    return ArrivalError(
        f"{file.name} was written to or replaced while it was looked at. Nothing of it was kept; run again."
    )
