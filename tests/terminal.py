"""A command on a pseudo-terminal, whose screen is what a person would see."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

HOME = Path(__file__).parents[1]
COLUMNS, LINES = 100, 30
PATIENCE_SECONDS = 60.0


class Terminal:
    """A screen, what was written to it, and the process in front of it."""

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes]) -> None:
        self._descriptor, self.process = descriptor, process
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, without blank lines."""
        return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def is_whole(self) -> bool:
        """Whether the next prompt finds the cursor, seen, at the beginning of a line."""
        return self._screen.cursor.x == 0 and not self._screen.cursor.hidden

    def shows(self, *texts: str) -> bool:
        """Whether each of the texts comes to stand on the screen, all at the same time; False where the command ends before."""
        while not all(any(text in line for line in self.lines) for text in texts):
            if not self._read():
                return False
        return True

    def say(self, text: str) -> None:
        """Hands the command a line."""
        assert self.process.stdin
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def interrupt(self) -> None:
        """What the terminal does at Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def ended(self) -> int:
        """The exit code, after everything that was written is on the screen."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_SECONDS)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], PATIENCE_SECONDS)
        assert ready, f"waited in vain before {self.lines}"
        try:
            data = os.read(self._descriptor, 1 << 16)
        except OSError:  # nobody has the other end any more
            return False
        self.written += data
        self._stream.feed(data)
        return bool(data)


@contextmanager
def on_a_terminal(command: Sequence[str], environ: Mapping[str, str], *, out: Path | None = None) -> Iterator[Terminal]:
    """Runs the command. out: where its standard output goes, instead of the terminal."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")}
    output = out.open("wb") if out else None
    process = subprocess.Popen(
        command, env=variables | {"TERM": "xterm-256color"} | dict(environ), cwd=HOME, stdin=subprocess.PIPE, stdout=output or its, stderr=its,
        start_new_session=True,
    )  # fmt: skip
    os.close(its)
    if output:
        output.close()
    terminal = Terminal(ours, process)
    try:
        yield terminal
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()
        os.close(ours)
