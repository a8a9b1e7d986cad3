"""Progress on a terminal: a line for each step under way, below everything else that is printed, gone when it is done.

Lines are shown on stderr where that is a terminal, and only of work that has lasted for two seconds.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from chiso.system.progress import Step, watched_by
from chiso.system.visible import PassedOn, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

DELAY_SECONDS = 2.0
_REFRESHES_A_SECOND = 5
_BAR_WIDTH = 20
_MOST_LINES = 8
_WIDE_ENOUGH_FOR_BARS = 60
_WITHOUT_A_CURSOR = ("", "dumb", "unknown")
"""Terminals that can't take a line back."""


@contextmanager
def shown() -> Iterator[None]:
    """Steps are shown inside the `with`, if stderr is a terminal; what is printed meanwhile stands above them."""
    if not _takes_lines_back(sys.stderr):
        yield
        return
    display = _Display(sys.stderr)
    out = _Above(sys.stdout, display) if sys.stdout.isatty() else sys.stdout
    with redirect_stdout(out), redirect_stderr(_Above(sys.stderr, display)), watched_by(display.step):
        try:
            yield
        finally:
            display.end()


def _takes_lines_back(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM", "").lower() not in _WITHOUT_A_CURSOR


@dataclass(eq=False)
class _Line:
    """A step as it stands."""

    what: str
    total: int | None
    unit: str
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    def at(self, done: int | None = None, total: int | None = None, what: str | None = None) -> None:
        self.done = self.done if done is None else done
        self.total = self.total if total is None else total
        self.what = self.what if what is None else what

    @property
    def count(self) -> str:
        """How far it has come, in words."""
        return f"{self.done}/{self.total} {self.unit}".strip() if self.total else ""

    @property
    def clock(self) -> str:
        """How long it has taken."""
        seconds = int(time.monotonic() - self.began)
        return f"{seconds // 60}:{seconds % 60:02}"


class _Display:
    """The lines of all steps. The first step begins the two seconds, the end of the last one clears the lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._lines: list[_Line] = []
        self._live: Live | None = None
        self._delay: threading.Timer | None = None
        self._is_due = False
        self._within_a_line = False

    @contextmanager
    def step(self, what: str, total: int | None, unit: str) -> Iterator[Step]:
        """`chiso.system.progress.Watcher`."""
        line = _Line(what, total, unit)
        with self._lock:
            self._lines.append(line)
            if self._delay is None:
                self._delay = threading.Timer(DELAY_SECONDS, self._begin)
                self._delay.daemon = True
                self._delay.start()
        try:
            yield line
        finally:
            with self._lock:
                self._lines.remove(line)
                if not self._lines:
                    self.end()

    def end(self) -> None:
        """Clears the lines; the next step begins anew."""
        with self._lock:
            self._clear()
            self._is_due = False
            if self._delay is not None:
                self._delay.cancel()
                self._delay = None

    def print(self, text: str, write: Callable[[str], int]) -> int:
        """Writes the text above the lines. A text that ends within a line keeps them away until that is whole."""
        with self._lock:
            self._clear()
            count = write(text)
            self._within_a_line = not text.endswith("\n")
            self._draw()
            return count

    def _begin(self) -> None:
        import rich.live
        import rich.progress_bar
        import rich.spinner
        import rich.table  # noqa: F401 - loaded before the lock is taken, since that takes a while

        with self._lock:
            if threading.current_thread() is self._delay:
                self._is_due = True
                self._draw()

    def _draw(self) -> None:
        if not self._is_due or self._within_a_line:
            return
        from rich.live import Live

        # One that was stopped can't go on: it would clear what was printed since, in the place of its lines.
        self._live = Live(
            console=_console(self._stream),
            get_renderable=self._table,
            refresh_per_second=_REFRESHES_A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start(refresh=True)

    def _clear(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _table(self) -> "Table":
        """The lines as they stand. Asked for by the thread that refreshes them, which must not wait for who prints."""
        from rich.progress_bar import ProgressBar
        from rich.spinner import Spinner
        from rich.table import Column, Table
        from rich.text import Text

        is_wide = os.get_terminal_size(self._stream.fileno()).columns >= _WIDE_ENOUGH_FOR_BARS
        kept = [Column(no_wrap=True) for _ in range(4)]  # the text alone gives way where the terminal is narrow
        table = Table.grid(kept[0], "", *kept[1:], padding=(0, 1))
        for line in self._lines[:_MOST_LINES]:
            said = Text(visible(line.what), no_wrap=True, overflow="ellipsis")
            bar = ProgressBar(line.total, line.done, width=_BAR_WIDTH) if line.total and is_wide else ""
            table.add_row(Spinner("dots"), said, line.count, bar, line.clock)
        return table


def _console(stream: TextIO) -> "Console":
    from rich.console import Console

    class WithCursor(Console):
        """Leaves the cursor where it is seen: who is killed could not bring it back."""

        def show_cursor(self, show: bool = True) -> bool:
            return False

    return WithCursor(file=stream, force_terminal=True)


class _Above(PassedOn):
    """A stream whose text stands above the lines."""

    def __init__(self, stream: TextIO, display: _Display) -> None:
        super().__init__(stream)
        self._display = display

    def write(self, text: str) -> int:
        return self._display.print(text, self._written) if text else 0

    def _written(self, text: str) -> int:
        count = super().write(text)
        self.flush()
        return count
