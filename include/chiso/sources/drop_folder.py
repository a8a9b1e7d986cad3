"""Files that people put into a folder, and the sources they belong to by name."""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from chiso.system.errors import ContractError, EndpointError
from chiso.system.settings import LOCAL_TIME, Endpoint

if TYPE_CHECKING:
    from chiso.contracts import Contract

HALF_COPIED = (".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download")
"""Endings that browsers and copying programs give to a file that isn't all there yet."""
_CLASS_OR_GAP = re.compile(r"(\[[^\]]*\])|[\s_-]+")


@dataclass(frozen=True)
class Dropped:
    """A file in the folder."""

    path: Path
    file_name: str
    """The name as text; bytes that are no UTF-8 are replaced."""
    uri: str
    received_at: datetime
    """When the file was last modified, with its zone."""
    source: str | None
    """None: no contract's pattern fits, or it is a link out of the folder, which is not to be opened."""


def scan_drop_folder(endpoint: Endpoint, contracts: Sequence["Contract"]) -> Iterator[Dropped]:
    """Each file of the folder once, oldest first, with the source whose `file_names` fit its name.

    Where several sources fit, the one with the longest pattern has it. Hidden files, lock files of Office,
    half-copied files and everything that is no file are passed over.

    endpoint: `file:///absolute/folder`. contracts: those of other transports are passed over.
    Raises: EndpointError, if the folder can't be listed; ContractError, if two sources fit a name equally.
    """
    transports = [contract.terms.transport for contract in contracts]
    names = sorted({transport.endpoint for transport in transports if transport.kind == "drop_folder"})
    variable = f"AIRFLOW_CONN_CHISO_{names[0].upper()}" if names else "the connection of the drop folder"
    folder = _folder(endpoint.url, variable)
    patterns = _patterns(contracts)
    files = [_dropped(path, status, patterns) for path, status in _listed(folder, variable)]
    return iter(sorted(files, key=lambda file: (file.received_at, file.file_name)))


def _folder(url: str, variable: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise EndpointError(
            f"{variable}: a drop folder at {parts.scheme or 'no'}:// is not supported yet. "
            "Mount it as a folder and set file:///its/path."
        )
    path = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        raise EndpointError(f"{variable}: write the drop folder as file:///absolute/path, three slashes.")
    return Path(path)


def _listed(folder: Path, variable: str) -> list[tuple[Path, os.stat_result]]:
    """Files of the folder with their status; of a link that leads out of it, the link's own."""
    try:
        home = folder.resolve(strict=True)
        with os.scandir(folder) as entries:
            paths = [Path(entry.path) for entry in entries if _is_finished(entry.name)]
    except FileNotFoundError as fault:
        raise EndpointError(
            f"The drop folder {folder} does not exist. Create it, or correct {variable}, then run again."
        ) from fault
    except (OSError, RuntimeError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise EndpointError(
            f"The drop folder {folder} can't be listed: {reason}. Check {variable} and that this user may "
            "read and enter the folder, then run again."
        ) from fault
    statuses = ((path, _status(path, home, folder, variable)) for path in paths)
    return [(path, status) for path, status in statuses if status is not None]


def _is_finished(name: str) -> bool:
    return not name.startswith((".", "~$")) and not name.lower().endswith(HALF_COPIED)


def _status(path: Path, home: Path, folder: Path, variable: str) -> os.stat_result | None:
    """None for what is no file of its own, and for one that has gone since it was listed."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return _link_status(path, home, status)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise EndpointError(
            f"{path} can't be looked at: {fault.strerror}. Check {variable} and that this user may enter "
            f"{folder}, then run again."
        ) from fault
    return status if stat.S_ISREG(status.st_mode) else None


def _link_status(path: Path, home: Path, link: os.stat_result) -> os.stat_result | None:
    try:
        target = path.resolve(strict=True)
    except (FileNotFoundError, RuntimeError):  # leads nowhere, or in a circle
        return link
    if not target.is_relative_to(home):
        return link
    listed_itself = target.parent == home and _is_finished(target.name)
    status = target.stat()
    return status if stat.S_ISREG(status.st_mode) and not listed_itself else None


def _dropped(path: Path, status: os.stat_result, patterns: Sequence[tuple[str, str]]) -> Dropped:
    name = os.fsencode(path.name).decode("utf-8", "replace")
    return Dropped(
        path=path,
        file_name=name,
        uri=path.absolute().as_uri(),
        received_at=datetime.fromtimestamp(status.st_mtime, LOCAL_TIME),
        source=None if stat.S_ISLNK(status.st_mode) else _source_of(name, patterns),
    )


def _patterns(contracts: Sequence["Contract"]) -> list[tuple[str, str]]:
    """Pattern as a key, and source."""
    return [
        (_key(pattern), contract.source)
        for contract in contracts
        if contract.terms.transport.kind == "drop_folder"
        for pattern in contract.terms.transport.file_names
    ]


def _source_of(name: str, patterns: Sequence[tuple[str, str]]) -> str | None:
    key = _key(name.replace("[", "("))
    fitting = [(len(pattern), source) for pattern, source in patterns if fnmatchcase(key, pattern)]
    longest = max((length for length, _ in fitting), default=0)
    sources = sorted({source for length, source in fitting if length == longest})
    if len(sources) > 1:
        raise ContractError(
            f"The file name {name} fits {' and '.join(sources)} equally well. Make the pattern of one of "
            "them longer (transport.file_names in the contract)."
        )
    return sources[0] if sources else None


def _key(text: str) -> str:
    """Lower case, no accents, one `_` for any run of spaces, `_` and `-`; a pattern's `[a-z]` stays."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _CLASS_OR_GAP.sub(lambda found: found[1] or "_", plain)
