"""Which live processes are the server's.

A pid file alone says nothing after kill -9: its number may meanwhile be anybody's. Command lines tell for
certain, and every user may read them (working directories not: containers deny them even to root).
"""

from pathlib import Path

import psutil


def postmaster(data: Path) -> psutil.Process | None:
    """The live postmaster of the data directory, if there is one."""
    fields = postmaster_fields(data)
    try:
        process = psutil.Process(int(fields[0]))
        ours = process.name() == "postgres" and str(data) in process.cmdline()
    except (psutil.Error, ValueError, IndexError):
        return None
    return process if ours else None


def postmaster_fields(data: Path) -> list[str]:
    """Lines of postmaster.pid (pid, data, start time, port, …); empty if there is none."""
    try:
        return (data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []


def end_orphans(uid: int, patience_seconds: float = 10) -> None:
    """Waits for the user's backends that outlived their postmaster, then kills them: they bar a new start."""
    orphans = [process for process in psutil.process_iter() if _is_orphan(process, uid)]
    _, alive = psutil.wait_procs(orphans, timeout=patience_seconds)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=patience_seconds)


def _is_orphan(process: psutil.Process, uid: int) -> bool:
    """A backend (title "postgres: …") whose parent is no server."""
    try:
        title = process.cmdline()[:1]
        if not title or not title[0].startswith("postgres: ") or process.uids().real != uid:
            return False
        parent = process.parent()
        return parent is None or not parent.name().startswith("post")
    except psutil.Error:  # gone meanwhile, or not ours to see
        return False
