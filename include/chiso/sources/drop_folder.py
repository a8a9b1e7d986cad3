"""Files that people put into a folder, and the sources they belong to by name."""

import os
import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from chiso.system.errors import EndpointError, SettingsError
from chiso.system.settings import LOCAL_TIME, Endpoint, connection_variable

if TYPE_CHECKING:
    from chiso.contracts import Contract
    from chiso.findings.issues import Issue

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
    status: os.stat_result
    """How it stood when it was looked at; of a link out of the folder, the link's own."""
    fits: tuple[str, ...]
    """Sources whose patterns fit the name best."""
    left: "Issue | None"
    """Why it is left alone; None where it is to be taken."""

    @property
    def received_at(self) -> datetime:
        """When the file was last modified, with its zone."""
        return datetime.fromtimestamp(self.status.st_mtime, LOCAL_TIME)

    @property
    def source(self) -> str | None:
        """The source whose file it is; None where it is left alone."""
        return None if self.left else self.fits[0]


def scan_drop_folder(endpoint: Endpoint, contracts: Sequence["Contract"]) -> list[Dropped]:
    """Each file of the folders once, oldest first, with the source whose `file_names` fit its name.

    Where several sources fit, the one with the longest pattern has it. Hidden files, lock files of Office, half-copied
    files and everything that is no file are passed over. A file that can't be taken concerns itself alone: `left` says why.

    endpoint: `file:///absolute/folder`; its `extra` may hold `folders` (one more, or in JSON a list of them) and
    `max_bytes` (200 MiB, of one file). contracts: those of other transports are passed over.
    Raises: EndpointError, if a folder can't be listed; SettingsError, if the connection can't be used as it is set.
    """
    transports = [contract.terms.transport for contract in contracts]
    names = sorted({transport.endpoint for transport in transports if transport.kind == "drop_folder"})
    variable = connection_variable(names[0]) if names else "the connection of the drop folder"
    patterns, largest = _patterns(contracts), _largest(endpoint, variable)
    files = [
        _dropped(path, status, patterns, largest)
        for folder in drop_folders(endpoint, variable)
        for path, status in _listed(folder, variable)
    ]
    return sorted(files, key=lambda file: (file.received_at, file.file_name))


def drop_folders(endpoint: Endpoint, variable: str) -> list[Path]:
    """The folders that a connection names. Raises EndpointError, naming `variable`, where it names none."""
    parts = urlsplit(endpoint.url)
    if parts.scheme != "file":
        raise EndpointError(
            f"{variable}: a drop folder at {parts.scheme or 'no'}:// is not supported yet. "
            "Mount it as a folder and set file:///its/path."
        )
    more: Any = (endpoint.extra or {}).get("folders") or []
    paths = [unquote(parts.path), *map(str, [more] if isinstance(more, str) else more)]
    if parts.netloc not in ("", "localhost") or any(not path.startswith("/") or "\0" in path for path in paths):
        raise EndpointError(f"{variable}: write the drop folder as file:///absolute/path, three slashes.")
    return list(dict.fromkeys(map(Path, paths)))


def _largest(endpoint: Endpoint, variable: str) -> int:
    from chiso.deliveries.raw import LARGEST_WORKBOOK_BYTES

    given = (endpoint.extra or {}).get("max_bytes", LARGEST_WORKBOOK_BYTES)
    if not str(given).isascii() or not str(given).isdigit():
        raise SettingsError(f"{variable}: max_bytes={given!r} is no number of bytes; correct it.")
    return int(given)


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
    """The status of what the link leads to, if that lies in the folder; where it lies is asked of the very file."""
    try:
        reached = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # leads nowhere, in a circle, or where this user may not go
        return link
    try:
        target, status = Path(f"/proc/self/fd/{reached}").readlink(), os.fstat(reached)
    finally:
        os.close(reached)
    if not target.is_relative_to(home):
        return link
    listed_itself = target.parent == home and _is_finished(target.name)
    return status if stat.S_ISREG(status.st_mode) and not listed_itself else None


def _dropped(path: Path, status: os.stat_result, patterns: Sequence[tuple[str, str]], largest: int) -> Dropped:
    name = os.fsencode(path.name).decode("utf-8", "replace")
    fits = tuple(_sources_of(name, patterns))
    return Dropped(path, name, path.absolute().as_uri(), status, fits, _left(path, name, status, fits, largest))


def _left(path: Path, name: str, status: os.stat_result, fits: tuple[str, ...], largest: int) -> "Issue | None":
    if not fits:
        return left_alone("file_name_unknown", name)
    if stat.S_ISLNK(status.st_mode):
        return left_alone("link_outside", name)
    if len(fits) > 1:
        return left_alone("file_name_shared", name, sources=", ".join(fits))
    if status.st_size > largest:
        return left_alone("file_too_large", name, size_mb=status.st_size >> 20, limit_mb=largest >> 20)
    if not os.access(path, os.R_OK, effective_ids=True):
        return left_alone("file_unreadable", name)
    return None


def left_alone(rule: str, file: str, **details: Any) -> "Issue":
    """Why a file was left alone, and what to do."""
    from chiso.findings.issues import issue

    return issue(rule, "warning", "flag", None, file=file, **details)


def _patterns(contracts: Sequence["Contract"]) -> list[tuple[str, str]]:
    """Pattern as a key, and source."""
    return [
        (name_key(pattern), contract.source)
        for contract in contracts
        if contract.terms.transport.kind == "drop_folder"
        for pattern in contract.terms.transport.file_names
    ]


def _sources_of(name: str, patterns: Sequence[tuple[str, str]]) -> list[str]:
    """Sources that the longest fitting patterns belong to."""
    key = name_key(name.replace("[", "("))
    fitting = [(len(pattern), source) for pattern, source in patterns if fnmatchcase(key, pattern)]
    longest = max((length for length, _ in fitting), default=0)
    return sorted({source for length, source in fitting if length == longest})


def name_key(text: str) -> str:
    """Lower case, no accents, one `_` for any run of spaces, `_` and `-`; a pattern's `[a-z]` stays."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _CLASS_OR_GAP.sub(lambda found: found[1] or "_", plain)
