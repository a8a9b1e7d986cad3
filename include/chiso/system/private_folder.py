"""Private folders for work beside the raw files: same disk, gone when their user is done, however that ends.

They may hold what is else kept encrypted, so what a killed process left is removed by the next one that comes along.
Each folder is locked by its user; the kernel frees the lock of a dead one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from tempfile import mkdtemp

UNFINISHED = "unfinished"
"""Below the root: further names of files that a killed process may have kept without registering them."""
_PREFIX = "work-"
_LEFT = (f"{_PREFIX}*", "fetch-*", ".*.part")
"""What may have been left; the latter two by versions before this module, which held no locks."""


@contextmanager
def private_folder(root: Path) -> Iterator[Path]:
    """A folder of the caller's own below `root`, which is made when absent; removed afterwards."""
    with _coming_and_going(root):
        _sweep(root)
        folder = Path(mkdtemp(prefix=_PREFIX, dir=root))
        held = os.open(folder, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def is_work(path: Path, root: Path) -> bool:
    """Whether a path below `root` is somebody's work, at present or left behind."""
    first = path.relative_to(root).parts[0]
    return first == UNFINISHED or any(fnmatch(first, pattern) for pattern in _LEFT)


def sweep(root: Path) -> None:
    """Removes the folders whose users are dead."""
    with _coming_and_going(root):
        _sweep(root)


def _sweep(root: Path) -> None:
    for left in [path for pattern in _LEFT for path in root.glob(pattern)]:
        with suppress(FileNotFoundError):  # its user is done, and has removed it
            _remove_abandoned(left)


def _remove_abandoned(left: Path) -> None:
    held = os.open(left, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if left.is_dir():
            _spare_twins(left)
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    except BlockingIOError:
        return  # its user lives
    finally:
        os.close(held)


def _spare_twins(left: Path) -> None:
    """A file that also lies elsewhere was being kept when its user died: that it wasn't finished must be known of it."""
    for path in left.iterdir():
        if path.is_file() and path.stat().st_nlink > 1:
            unfinished = left.parent / UNFINISHED
            unfinished.mkdir(mode=0o700, exist_ok=True)
            path.rename(unfinished / path.name)


@contextmanager
def _coming_and_going(root: Path) -> Iterator[None]:
    """One at a time, so that no folder is taken for abandoned before it is locked."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
