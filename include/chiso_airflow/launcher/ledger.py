"""What runs, written down: so that there is one platform per checkout, and a killed one can be cleaned up.

`platform.lock` is held for the supervisor's life; the kernel frees it, however the supervisor ends.
`platform.json` holds its processes. A process id may be anybody's later on, hence each goes with its start
time, and the whole with the machine's boot.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
from chiso.system.errors import ChisoError
from chiso.system.secrets_file import update_platform_env
from chiso.system.settings import Settings, read_env_file

from chiso_airflow.launcher.processes import descendants, end, lives

_SAME_START_SECONDS = 2.0
_PATIENCE_SECONDS = 5.0


class AlreadyRunning(ChisoError):  # noqa: N818 - a state, not a fault
    """A platform of this checkout is up: use it, or stop it with `make down`."""


@dataclass
class Record:
    """What platform.json holds. processes: name -> (process id, start time in seconds since the epoch)."""

    command: str
    boot: str
    processes: dict[str, tuple[int, float]] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    """What we put into platform.env while we run."""
    url: str = ""
    """Airflow's address; empty until it answers."""


class Ledger:
    """The record of the running platform, kept on disk."""

    def __init__(self, settings: Settings, command: str) -> None:
        """Begins a record with this process as the supervisor."""
        self._settings = settings
        self.record = Record(command, _boot())
        self.note_process("supervisor", os.getpid())

    def note_process(self, name: str, pid: int) -> None:
        """Writes a process down, before anything can happen to us."""
        self.record.processes[name] = (pid, psutil.Process(pid).create_time())
        self._save()

    def publish(self, endpoints: Mapping[str, str]) -> None:
        """Tells other shells of this checkout where things are, as long as we run."""
        self.record.endpoints = dict(endpoints)
        self._save()
        update_platform_env(self._settings, dict(endpoints))

    def ready(self, url: str) -> None:
        """The platform answers at `url`."""
        self.record.url = url
        self._save()

    def close(self) -> None:
        """Takes back what was published; nothing runs any more."""
        _withdraw(self._settings, self.record)

    def _save(self) -> None:
        path = _record_path(self._settings)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self.record), indent=1), "utf-8")
        fresh.replace(path)


@contextmanager
def sole_platform(settings: Settings, command: str) -> Iterator[Ledger]:
    """Holds the checkout's platform lock; clears what a killed predecessor left.

    Raises: AlreadyRunning.
    """
    with _lock(settings) as held:
        if not held:
            raise AlreadyRunning(_running_message(settings))
        clear_leftovers(settings)
        yield Ledger(settings, command)


def running(settings: Settings) -> Record | None:
    """The record of the platform that runs now, if one does."""
    with _lock(settings) as free:
        return None if free else read_record(settings)


def read_record(settings: Settings) -> Record | None:
    """The record on disk, of a platform alive or dead; None if there is none."""
    try:
        fields = json.loads(_record_path(settings).read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):  # none, or cut off by a crash before anything started
        return None
    fields["processes"] = {name: (pid, start) for name, (pid, start) in fields["processes"].items()}
    return Record(**fields)


def supervisor(record: Record) -> psutil.Process | None:
    """The live supervisor of the record."""
    pid, start = record.processes["supervisor"]
    return psutil.Process(pid) if record.boot == _boot() and _began(pid, start) else None


def living(record: Record) -> list[tuple[str, int]]:
    """Names and process ids of what still runs."""
    return [(name, pid) for name, (pid, start) in record.processes.items()
            if record.boot == _boot() and _began(pid, start) and lives(psutil.Process(pid))]


def clear_leftovers(settings: Settings) -> int:
    """Ends what a killed platform left running and takes back its endpoints; returns how many processes."""
    record = read_record(settings)
    if record is None:
        return 0
    left = _leftovers(record)
    end(lambda: _leftovers(record), _PATIENCE_SECONDS)
    _withdraw(settings, record)
    return len(left)


def _leftovers(record: Record) -> list[psutil.Process]:
    """Live processes of a record: those noted, what is below them, and what shares their sessions."""
    if record.boot != _boot():
        return []
    noted = {pid: start for name, (pid, start) in record.processes.items() if name != "supervisor"}
    # Each led a session, whose number isn't given away while a member lives. One taken by a stranger has none.
    sessions = {pid for pid, start in noted.items() if not psutil.pid_exists(pid) or _began(pid, start)}
    members = [process for process in psutil.process_iter() if _session(process.pid) in sessions]
    return [process for process in descendants(members) if lives(process)]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return -1


def _began(pid: int, start: float) -> bool:
    """Whether the process of that number is the one that began then, be it dead and not yet buried."""
    try:
        return abs(psutil.Process(pid).create_time() - start) < _SAME_START_SECONDS
    except psutil.NoSuchProcess:
        return False


def _withdraw(settings: Settings, record: Record) -> None:
    held = read_env_file(settings.var / "platform.env")
    ours = {name: None for name, value in record.endpoints.items() if held.get(name) == value}
    update_platform_env(settings, ours)
    _record_path(settings).unlink(missing_ok=True)


@contextmanager
def _lock(settings: Settings) -> Iterator[bool]:
    folder = settings.var / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / "platform.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _running_message(settings: Settings) -> str:
    record = read_record(settings)
    what = f"`make {record.command}`" if record else "Another command"
    where = f" (UI: {record.url})" if record and record.url else ""
    return f"{what} of this checkout is at work{where}. Wait for it, or stop it: make down."


def _record_path(settings: Settings) -> Path:
    return settings.var / "run" / "platform.json"


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
