"""Whether `make run` or `make up` drives the main job just now: then it builds the reports itself, once, at the end.

The lock is held as long as that takes; the kernel frees it, however its holder ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from chiso.system.settings import Settings


@contextmanager
def driving(settings: Settings) -> Iterator[None]:
    """Around the main job and its reports."""
    with _lock(settings) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_driven(settings: Settings) -> bool:
    """Whether somebody is inside `driving`."""
    with _lock(settings) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def _lock(settings: Settings) -> Iterator[int]:
    folder = settings.var / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "main-job.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)
