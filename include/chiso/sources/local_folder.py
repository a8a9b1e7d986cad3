"""A drop folder on this machine. No link leads out of it."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chiso.sources.folders import is_finished
from chiso.system.errors import EndpointError
from chiso.system.settings import LOCAL_TIME


@dataclass(frozen=True)
class LocalFile:
    """A file in a folder of this machine."""

    path: Path
    status: os.stat_result
    """How it stood when it was looked at; of a link out of the folder, the link's own."""

    is_fetched = False
    etag = None

    @property
    def name(self) -> str:
        """As text; bytes that are no UTF-8 are replaced."""
        return os.fsencode(self.path.name).decode("utf-8", "replace")

    @property
    def uri(self) -> str:
        """`file:///…`."""
        return self.path.absolute().as_uri()

    @property
    def size(self) -> int:
        """In bytes."""
        return self.status.st_size

    @property
    def modified_at(self) -> datetime:
        """When it was last modified."""
        return datetime.fromtimestamp(self.status.st_mtime, LOCAL_TIME)

    @property
    def flaw(self) -> str | None:
        """A link out of the folder is not followed; what this user may not read can't be."""
        if stat.S_ISLNK(self.status.st_mode):
            return "link_outside"
        return None if os.access(self.path, os.R_OK, effective_ids=True) else "file_unreadable"

    @contextmanager
    def here(self, landing: Path) -> Iterator[Path]:
        """The file itself; who reads it compares it with `status`."""
        yield self.path


@dataclass(frozen=True)
class LocalFolder:
    """A folder of this machine. variable: holds the connection, for messages."""

    path: Path
    variable: str

    @property
    def uri(self) -> str:
        """`file:///…`."""
        return self.path.as_uri()

    @contextmanager
    def listed(self) -> Iterator[Sequence[LocalFile]]:
        """Its finished files. Raises EndpointError, if it can't be listed."""
        yield self._files()

    def _files(self) -> list[LocalFile]:
        folder, variable = self.path, self.variable
        try:
            home = folder.resolve(strict=True)
            with os.scandir(folder) as entries:
                paths = [Path(entry.path) for entry in entries if is_finished(entry.name)]
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
        statuses = ((path, self._status(path, home)) for path in paths)
        return [LocalFile(path, status) for path, status in statuses if status is not None]

    def _status(self, path: Path, home: Path) -> os.stat_result | None:
        """None for what is no file of its own, and for one that has gone since it was listed."""
        try:
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                return _link_status(path, home, status)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise EndpointError(
                f"{path} can't be looked at: {fault.strerror}. Check {self.variable} and that this user may enter "
                f"{self.path}, then run again."
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
    listed_itself = target.parent == home and is_finished(target.name)
    return status if stat.S_ISREG(status.st_mode) and not listed_itself else None
