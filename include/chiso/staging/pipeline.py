"""Reading, casting and loading at the same time, each step in a thread of its own, with bounded memory."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _End:
    """What follows the last item; `fault` is what its making met."""

    def __init__(self, fault: BaseException | None = None) -> None:
        self.fault = fault


class _Ahead(threading.Thread, Generic[Item]):
    """Makes items until it is stopped; no more than `depth` wait to be taken."""

    def __init__(self, items: Iterator[Item], depth: int) -> None:
        super().__init__(name="ahead", daemon=True)
        self._items = items
        self.ready: queue.Queue[Item | _End] = queue.Queue(maxsize=depth)
        self.stopped = threading.Event()

    def run(self) -> None:
        try:
            for item in self._items:
                self._hand_over(item)
                if self.stopped.is_set():
                    return
        except BaseException as fault:  # noqa: BLE001 - handed over to the thread that reads
            self._hand_over(_End(fault))
        else:
            self._hand_over(_End())
        finally:
            if isinstance(self._items, Generator):
                self._items.close()  # a step before this one ends too

    def _hand_over(self, item: Item | _End) -> None:
        while not self.stopped.is_set():
            try:
                self.ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return


def ahead(items: Iterator[Item], depth: int = 1) -> Generator[Item, None, None]:
    """Yields `items`, which a thread makes up to `depth` ahead; raises where their making raised.

    The work must let the interpreter go, as Arrow, zlib and sockets do, for steps to run beside each other.
    A reader that stops early leaves no thread behind.
    """
    worker = _Ahead(items, depth)
    worker.start()
    try:
        while not isinstance(item := worker.ready.get(), _End):
            yield item
        if item.fault is not None:
            raise item.fault
    finally:
        worker.stopped.set()
        worker.join()


def applied_ahead(work: Callable[[Item], Result], items: Iterator[Item]) -> Iterator[tuple[Item, Result]]:
    """Yields each item with what `work` makes of it in a thread of its own, while the item before is dealt with."""
    with ThreadPoolExecutor(1, "ahead") as thread:
        before: tuple[Item, Future[Result]] | None = None
        for item in items:
            made = thread.submit(work, item)
            if before:
                yield before[0], before[1].result()
            before = item, made
        if before:
            yield before[0], before[1].result()
