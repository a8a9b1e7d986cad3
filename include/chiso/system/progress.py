"""What is being done, for whoever watches. Silent until somebody does: `chiso.system.terminal` is who.

The core says at few places what it begins. Steps may lie within each other, and begin and end in any thread.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import BinaryIO, Protocol, TypeVar, cast

Item = TypeVar("Item")


class Step(Protocol):
    """Work that is under way."""

    def at(self, done: int | None = None, total: int | None = None, what: str | None = None) -> None:
        """Says how far it has come; what isn't given stays as it was."""
        ...


Watcher = Callable[[str, int | None, str], AbstractContextManager[Step]]
"""Is shown every step for as long as it lasts: what is done, how much there is of it, and the unit of that."""


class _Unwatched:
    """A step that nobody watches."""

    def at(self, done: int | None = None, total: int | None = None, what: str | None = None) -> None:
        pass


_UNWATCHED = _Unwatched()
_watchers: list[Watcher] = []


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Steps of the whole process are shown to `watcher` inside the `with`."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def is_watched() -> bool:
    """Whether somebody is shown the steps."""
    return bool(_watchers)


def step(what: str, total: int | None = None, unit: str = "") -> AbstractContextManager[Step]:
    """Work that takes as long as the `with`. total: how much there is of it, in `unit`; None: nobody knows."""
    return _watchers[-1](what, total, unit) if _watchers else nullcontext(_UNWATCHED)


def each(what: str, items: Collection[Item], name: Callable[[Item], str] | None = None) -> Iterator[Item]:
    """Yields the items, each of which is dealt with when the next one is asked for. name: what to call the one at hand."""
    with step(what, len(items)) as under_way:
        for done, item in enumerate(items):
            under_way.at(done, what=f"{what}: {name(item)}" if name else None)
            yield item


class _Measured:
    """A stream of which the step that reads it says how much was read."""

    def __init__(self, stream: BinaryIO, under_way: Step) -> None:
        self._stream, self._step = stream, under_way
        self._count = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._count += len(data)
        self._step.at(self._count >> 20)
        return data


@contextmanager
def reading(what: str, stream: BinaryIO, size: int) -> Iterator[BinaryIO]:
    """The stream, whose reading is the step. size: how many bytes it has."""
    with step(what, size >> 20, "MB") as under_way:
        yield cast(BinaryIO, _Measured(stream, under_way))
