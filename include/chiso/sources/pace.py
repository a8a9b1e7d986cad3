"""The pace of an answer: its bytes must keep coming, fast enough, and all of it before the deadline.

A socket's own time-out begins anew with every byte, so that one byte a second would hold us for ever. Here every read
of a connection, of headers too, waits no longer than both limits allow.
"""

import http.client
import io
import socket
import time
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter

from chiso.sources.patience import Clock

SLOWEST_BYTES_PER_SECOND = 1024
"""Averaged over the time that silence is borne."""


class Pace:
    """Watches the reads of a session. `fault`: why the last one was given up, for a message."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.fault: str | None = None
        self.begin()

    def begin(self) -> None:
        """A new answer is read."""
        self._since: float | None = None
        self._bytes = 0

    def longest_read(self) -> float:
        """Seconds that the next read may wait. Raises TimeoutError where there are none left."""
        if self._clock.left_seconds <= 0:
            self._give_up("it took too long")
        return min(self._clock.read_seconds, self._clock.left_seconds)

    def came(self, count: int) -> None:
        """Counts bytes. Raises TimeoutError where too few came in the last while."""
        now = time.monotonic()
        self._since = self._since or now
        self._bytes += count
        if now - self._since < self._clock.read_seconds:
            return
        if self._bytes < SLOWEST_BYTES_PER_SECOND * (now - self._since):
            self._give_up(f"only {self._bytes} bytes came in {now - self._since:.1f} s")
        self._since, self._bytes = now, 0

    def _give_up(self, why: str) -> None:
        self.fault = why
        raise TimeoutError(why)


class PacedAdapter(HTTPAdapter):
    """Requests whose answers are read at the session's pace."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        super().__init__()

    def get_connection_with_tls_context(self, *given: Any, **options: Any) -> Any:
        """The pool for a request; the connections that it makes are paced."""
        pool: Any = super().get_connection_with_tls_context(*given, **options)
        if not isinstance(pool.ConnectionCls, partial):
            pool.ConnectionCls = partial(_connection, pool.ConnectionCls, self._pace)
        return pool


def _connection(kind: Any, pace: Pace, **options: Any) -> Any:
    made = kind(**options)
    made.response_class = partial(_Response, pace)
    return made


class _Response(http.client.HTTPResponse):
    """An answer whose head and body are read through the pace."""

    def __init__(self, pace: Pace, sock: socket.socket, *given: Any, **options: Any) -> None:
        super().__init__(sock, *given, **options)
        pace.begin()
        raw: socket.SocketIO = self.fp.detach()  # type: ignore[assignment] # what makefile("rb") buffers
        self.fp = io.BufferedReader(_PacedReader(raw, sock, pace))


class _PacedReader(io.RawIOBase):
    def __init__(self, raw: socket.SocketIO, sock: socket.socket, pace: Pace) -> None:
        self._raw, self._sock, self._pace = raw, sock, pace

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._pace.longest_read())
        count = self._raw.readinto(buffer)
        self._pace.came(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
