"""Files that people put into a folder, and the sources they belong to by name."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from chiso.sources.folders import Folder, ListedFile
from chiso.sources.local_folder import LocalFolder
from chiso.system.errors import EndpointError, SettingsError
from chiso.system.settings import Endpoint, connection_variable

if TYPE_CHECKING:
    from chiso.contracts import Contract
    from chiso.findings.issues import Issue

_CLASS_OR_GAP = re.compile(r"(\[[^\]]*\])|[\s_-]+")
_BUCKETS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"})
"""Schemes whose addresses name a bucket, whatever the server."""


@dataclass(frozen=True)
class Dropped:
    """A file in the folder."""

    file: ListedFile
    fits: tuple[str, ...]
    """Sources whose patterns fit the name best."""
    left: "Issue | None"
    """Why it is left alone; None where it is to be taken."""
    folder: str
    """Address of the folder, without secrets."""

    @property
    def file_name(self) -> str:
        """The name as text."""
        return self.file.name

    @property
    def uri(self) -> str:
        """Where it lies, without secrets."""
        return self.file.uri

    @property
    def received_at(self) -> datetime:
        """When the file was last modified, with its zone."""
        return self.file.modified_at

    @property
    def source(self) -> str | None:
        """The source whose file it is; None where it is left alone."""
        return None if self.left else self.fits[0]


@dataclass(frozen=True)
class Scan:
    """What lies in the folders of a connection."""

    files: Sequence[Dropped]
    """Each once, oldest first."""
    faults: Mapping[str, EndpointError]
    """Folders that can't be listed, by their addresses: they hold up no other."""


@dataclass(frozen=True)
class _Pattern:
    """A pattern of names. length: of its key, since the longest one that fits decides."""

    fits: re.Pattern[str]
    length: int
    source: str


@contextmanager
def scanned_drop_folder(endpoint: Endpoint, contracts: Sequence["Contract"]) -> Iterator[Scan]:
    """The files of the folders, with the source whose `file_names` fit the name; the context keeps connections for them.

    Where several sources fit, the one with the longest pattern has it. Hidden files, lock files of Office, half-copied
    files and everything that is no file are passed over. A file that can't be taken concerns itself alone: `left` says why.

    endpoint: `file:///absolute/folder`, `s3://bucket/prefix`, `sftp://host/folder` or what else fsspec knows; its `extra` may
    hold `folders` (one more, or in JSON a list of them: absolute paths or addresses) and `max_bytes` (200 MiB, of one file);
    what else a folder elsewhere takes: `chiso.sources.servers`. contracts: those of other transports are passed over.
    Raises: EndpointError, SettingsError, if the connection can't be used as it is set.
    """
    transports = [contract.terms.transport for contract in contracts]
    names = sorted({transport.endpoint for transport in transports if transport.kind == "drop_folder"})
    variable = connection_variable(names[0]) if names else "the connection of the drop folder"
    patterns, largest = _patterns(contracts), _largest(endpoint, variable)
    files: list[Dropped] = []
    faults: dict[str, EndpointError] = {}
    with ExitStack() as held:
        for folder in drop_folders(endpoint, variable):
            try:
                listed = held.enter_context(folder.listed())
            except EndpointError as fault:
                faults[folder.uri] = fault
                continue
            files += [_dropped(file, folder, patterns, largest) for file in listed]
        yield Scan(sorted(files, key=lambda file: (file.received_at, file.file_name)), faults)


def drop_folders(endpoint: Endpoint, variable: str) -> list[Folder]:
    """The folders that a connection names, each once.

    Raises, naming `variable`: EndpointError, where an address is none; SettingsError, where they lie on several servers,
    since login and password are those of one.
    """
    addresses = [urlsplit(address) for address in _addresses(endpoint)]
    if any("@" in address.netloc for address in addresses):
        raise SettingsError(f"{variable}: an address in folders holds a login; the connection's own is for all of them. Leave it out.")
    servers = {_server(address) for address in addresses} - {"file"}
    if len(servers) > 1:
        raise SettingsError(
            f"{variable}: its folders lie on several servers ({', '.join(sorted(servers))}), but it holds the login of one. "
            "Leave those of one server in it."
        )
    return [_folder(address, endpoint, variable) for address in addresses]


def workbook_password(endpoint: Endpoint) -> str | None:
    """What opens protected workbooks: `workbook_password` of `extra`; else the password, where it is no server's."""
    given = (endpoint.extra or {}).get("workbook_password")
    is_login = any(_server(urlsplit(address)) != "file" for address in _addresses(endpoint))
    return given or (None if is_login else endpoint.password) or None


def _addresses(endpoint: Endpoint) -> list[str]:
    """The address of each folder, once; an absolute path is one of this machine."""
    more: Any = (endpoint.extra or {}).get("folders") or []
    paths = map(str, [more] if isinstance(more, str) else more)
    return list(dict.fromkeys([endpoint.url, *(Path(path).as_uri() if path.startswith("/") else path for path in paths)]))


def _server(address: SplitResult) -> str:
    """What a login is for."""
    return address.scheme if address.scheme in {"file", *_BUCKETS} else f"{address.scheme}://{address.netloc}"


def _folder(address: SplitResult, endpoint: Endpoint, variable: str) -> Folder:
    path = unquote(address.path)
    if "\0" in path or not address.scheme:
        raise _no_address(variable)
    if address.scheme == "file":
        if address.netloc not in ("", "localhost") or not path.startswith("/"):
            raise _no_address(variable)
        return LocalFolder(Path(path), variable)
    from chiso.sources.remote_folder import RemoteFolder

    return RemoteFolder(address, endpoint, variable)


def _no_address(variable: str) -> EndpointError:
    return EndpointError(
        f"{variable}: write the drop folder as file:///absolute/path, three slashes, or as the address of one elsewhere, "
        "as s3://bucket/prefix or sftp://host/path."
    )


def _largest(endpoint: Endpoint, variable: str) -> int:
    from chiso.deliveries.raw import LARGEST_WORKBOOK_BYTES

    given = (endpoint.extra or {}).get("max_bytes", LARGEST_WORKBOOK_BYTES)
    if not str(given).isascii() or not str(given).isdigit():
        raise SettingsError(f"{variable}: max_bytes={given!r} is no number of bytes; correct it.")
    return int(given)


def _dropped(file: ListedFile, folder: Folder, patterns: Sequence[_Pattern], largest: int) -> Dropped:
    fits = tuple(_sources_of(file.name, patterns))
    return Dropped(file, fits, _left(file, fits, largest), folder.uri)


def _left(file: ListedFile, fits: tuple[str, ...], largest: int) -> "Issue | None":
    if not fits:
        return left_alone("file_name_unknown", file.name)
    if file.flaw:
        return left_alone(file.flaw, file.name)
    if len(fits) > 1:
        return left_alone("file_name_shared", file.name, sources=", ".join(fits))
    if file.size > largest:
        return left_alone("file_too_large", file.name, size_mb=file.size >> 20, limit_mb=largest >> 20)
    return None


def left_alone(rule: str, file: str, **details: Any) -> "Issue":
    """Why a file was left alone, and what to do."""
    from chiso.findings.issues import issue

    return issue(rule, "warning", "flag", None, file=file, **details)


def _patterns(contracts: Sequence["Contract"]) -> list[_Pattern]:
    keys = [
        (name_key(pattern), contract.source)
        for contract in contracts
        if contract.terms.transport.kind == "drop_folder"
        for pattern in contract.terms.transport.file_names
    ]
    return [_Pattern(re.compile(translate(key)), len(key), source) for key, source in keys]


def _sources_of(name: str, patterns: Sequence[_Pattern]) -> list[str]:
    """Sources that the longest fitting patterns belong to."""
    key = name_key(name.replace("[", "("))
    fitting = [pattern for pattern in patterns if pattern.fits.match(key)]
    longest = max((pattern.length for pattern in fitting), default=0)
    return sorted({pattern.source for pattern in fitting if pattern.length == longest})


def name_key(text: str) -> str:
    """Lower case, no accents, one `_` for any run of spaces, `_` and `-`; a pattern's `[a-z]` stays."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _CLASS_OR_GAP.sub(lambda found: found[1] or "_", plain)
