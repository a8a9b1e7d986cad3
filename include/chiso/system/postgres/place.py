"""Where a checkout's cluster lies.

For an ordinary user: `<var>/postgres`. For root: `/var/lib/chiso/<instance-id>`, since the server's own user
often can't reach the checkout, and no permission outside our folders is ours to change. The instance id is
random and kept in `<var>/instance-id`, so that a fresh clone at an old path gets a fresh cluster. Clusters of
checkouts that are gone are removed on the way.

A folder holds: `server/` (the server's own: `data/`, `server.log`), our configuration, the locks.
"""

import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from chiso.system.errors import StorageError
from chiso.system.postgres.account import Account, server_account
from chiso.system.postgres.binaries import copied_programs, wheel_programs
from chiso.system.postgres.processes import postmaster
from chiso.system.postgres.sharing import exclusive, exclusive_or_none
from chiso.system.settings import Settings

SHARED = Path("/var/lib/chiso")
_INSTANCE_ID = "instance-id"
_GRACE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Place:
    """One cluster: its folder, the user it runs as, and its programs."""

    folder: Path
    account: Account
    programs: Path

    @property
    def server(self) -> Path:
        """What the server's user owns (0700)."""
        return self.folder / "server"

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.server / "data"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.server / "server.log"


def find_place(settings: Settings) -> Place:
    """The place of this checkout's cluster, made when absent.

    Raises: StorageError, if a folder can't be made; SettingsError, if there is no user to run the server as.
    """
    account = server_account()
    try:
        if not account.foreign:
            place = Place(settings.var / "postgres", account, wheel_programs())
            place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
            SHARED.chmod(0o755)
            place = Place(_own_folder(settings.var), account, copied_programs(SHARED))
        if not place.server.exists():
            place.server.mkdir(mode=0o700)
            account.own(place.server)
    except OSError as fault:
        raise StorageError(f"No place for the embedded server ({fault}): make the folder writable, "
                           f"or set CHISO_VAR to one that is.") from fault
    return place


def has_place(settings: Settings) -> bool:
    """Whether this checkout ever had a cluster."""
    return any((settings.var / name).exists() for name in ("postgres", _INSTANCE_ID))


def _own_folder(var: Path) -> Path:
    with exclusive(SHARED / "places.lock"):
        folder = SHARED / _instance_id(var)
        if not folder.exists():
            folder.mkdir(mode=0o755)
            folder.chmod(0o755)
        (folder / "var").write_text(f"{var}\n", "utf-8")
        _sweep(keep=folder)
    return folder


def _instance_id(var: Path) -> str:
    """The checkout's id. A copied checkout gets one of its own; a moved one keeps it."""
    record = var / _INSTANCE_ID
    known = _read(record)
    if known:
        other = _read(SHARED / known / "var")
        if not other or Path(other) == var or _read(Path(other) / _INSTANCE_ID) != known:
            return known
    fresh = secrets.token_hex(8)
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    record.write_text(f"{fresh}\n", "utf-8")
    return fresh


def _sweep(keep: Path) -> None:
    """Removes clusters whose checkout is gone or has another id, unless their server runs.

    A checkout that is out of sight may be on a disk that isn't mounted: its cluster stays for a day after
    its last use.
    """
    for record in SHARED.glob("*/var"):
        folder = record.parent
        var = Path(_read(record))
        if folder == keep or _read(var / _INSTANCE_ID) == folder.name:
            continue
        if not var.parent.exists() and time.time() - _last_use(folder) < _GRACE_SECONDS:
            continue
        with exclusive_or_none(folder / "start.lock") as ours:
            if ours and not postmaster(folder / "server" / "data"):
                shutil.rmtree(folder)


def _last_use(folder: Path) -> float:
    server = folder / "server"
    return (server if server.exists() else folder).stat().st_mtime


def _read(path: Path) -> str:
    return path.read_text("utf-8").strip() if path.is_file() else ""
