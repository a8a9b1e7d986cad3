"""Starting processes that can't outlive us, and ending them with all that they have started.

We are the subreaper of what we start: a descendant whose parent dies becomes our child, so that the whole
tree stays in sight. Each component is told by the kernel when we die, and leads a session of its own, by
which leftovers are recognised even after kill -9 (`ledger`).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper() -> None:
    """From now on orphaned descendants become children of this process."""
    if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def start(command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, log: Path,
          stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Starts a component in its own session, its output in a fresh `log`; it gets SIGTERM when we die."""
    begin_log(log)
    with log.open("ab") as output:  # several processes write to it: none may overwrite another's line
        return subprocess.Popen(
            [str(part) for part in command], env=dict(env), cwd=cwd, stdin=stdin, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=partial(tie_to_parent, os.getpid()))  # noqa: PLW1509 - the launcher has no threads


def begin_log(log: Path) -> None:
    """An empty log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")


@contextmanager
def watched() -> Iterator[None]:
    """Has a process of its own clear up after this one, should it be killed without a chance to."""
    command = [sys.executable, "-m", "chiso_airflow.launcher.watch"]
    watcher = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        watcher.terminate()
        watcher.wait()


def tie_to_parent(parent: int) -> None:
    """In a fresh child: SIGTERM when `parent`, the process that forked us, dies."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died in between
        os.kill(os.getpid(), signal.SIGKILL)


def descendants(of: Iterable[psutil.Process], spared: int | None = None) -> list[psutil.Process]:
    """The processes and all below them, without the tree of the process id `spared`."""
    found: dict[int, psutil.Process] = {}
    for root in of:
        if root.pid == spared:
            continue
        found[root.pid] = root
        try:
            found |= {child.pid: child for child in root.children(recursive=True)}
        except psutil.NoSuchProcess:
            continue
    return list(found.values())


def own_children() -> list[psutil.Process]:
    """What we have started, and what we have inherited as a subreaper."""
    return psutil.Process().children()


def end(find: Callable[[], list[psutil.Process]], patience_seconds: float) -> None:
    """Ends every process that `find` names, also those that appear meanwhile: SIGTERM, patience, SIGKILL."""
    _signal(find(), signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    while alive := [process for process in find() if lives(process)]:
        if time.monotonic() > deadline:
            _signal(alive, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=0.2)


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; a zombie, which only waits for its parent or an init that may be slow, doesn't."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def bury(patience_seconds: float = 5) -> None:
    """Waits for dead children, inherited ones too, so that no zombie is left to an init that may not reap."""
    psutil.wait_procs(own_children(), timeout=patience_seconds)


def _signal(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
