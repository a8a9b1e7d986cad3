"""Who uses the server: file locks, which the kernel frees when their holder dies, however it dies.

`start.lock` is held for the moment of coming and going, so that no two processes start or stop the server
at once. `users.lock` is held shared by every process that uses it; who gets it exclusively is the last out.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds the lock file alone, waiting for it as long as needed."""
    with _private(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def exclusive_or_none(path: Path) -> Iterator[bool]:
    """Holds the lock file alone if nobody else does; yields whether it is held."""
    with _private(path) as file:
        yield _try_exclusive(file)


@contextmanager
def shared_use(folder: Path, start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Counts this process among the users of the server in `folder`.

    start: must do nothing when the server runs. stop: called by the last user that leaves.
    """
    with _private(folder / "users.lock") as users:
        with exclusive(folder / "start.lock"):
            fcntl.flock(users, fcntl.LOCK_SH)
            start()
        try:
            yield
        finally:
            with exclusive(folder / "start.lock"):
                if _try_exclusive(users):
                    stop()


def _private(path: Path) -> TextIO:
    """Opens a lock file that no other user can open: whoever can open it can hold it."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")


def _try_exclusive(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
