"""Faults that the server can be told to show, each for a number of requests."""

import threading
from dataclasses import dataclass
from typing import Any

DEFAULT_HANG_SECONDS = 30.0
# Faults of a page need a page before it, so that a client has something to compare with.
PAGED = frozenset({"token_expired", "repeated_page", "total_changed"})
KNOWN = PAGED | {
    "rate_limited",
    "server_error",
    "timeout",
    "cut_short",
    "html_page",
    "truncated_gzip",
    "empty_body",
}


class UnknownFaultError(ValueError):
    """No fault of that name, or a count below 0."""


@dataclass
class Fault:
    """An armed fault: `times` requests are left; `path` limits it to paths that start so."""

    name: str
    times: int = 1
    seconds: float = DEFAULT_HANG_SECONDS
    path: str = "/"

    def __post_init__(self) -> None:
        if self.name not in KNOWN:
            raise UnknownFaultError(f"{self.name!r} is none of {', '.join(sorted(KNOWN))}")
        if self.times < 0 or self.seconds < 0:
            raise UnknownFaultError("times and seconds can't be negative")

    def fits(self, path: str, page: int, gzip: bool) -> bool:
        """Whether a request can show this fault; `page` is 1 where there are no pages."""
        if not path.startswith(self.path) or (self.name in PAGED and page < 2):
            return False
        return gzip or self.name != "truncated_gzip"

    def record(self) -> dict[str, Any]:
        """The JSON item of the list of faults."""
        return {"name": self.name, "times": self.times, "seconds": self.seconds, "path": self.path}


def parse(text: str) -> Fault:
    """Read NAME[:TIMES].

    Raises: UnknownFaultError.
    """
    name, _, times = text.partition(":")
    if times and not times.isdigit():
        raise UnknownFaultError(f"{times!r} is no number of requests")
    return Fault(name, int(times or 1))


class Faults:
    """The armed faults, in the order they were set; thread-safe."""

    def __init__(self, armed: list[Fault]) -> None:
        self._armed = list(armed)
        self._lock = threading.Lock()

    def set(self, fault: Fault) -> None:
        """Arm a fault in place of an earlier one of the same name and path; 0 times disarms it."""
        with self._lock:
            self._armed = [old for old in self._armed if (old.name, old.path) != (fault.name, fault.path)]
            if fault.times:
                self._armed.append(fault)

    def take(self, path: str, page: int, gzip: bool) -> Fault | None:
        """The first armed fault that fits the request, counted down."""
        with self._lock:
            for fault in self._armed:
                if fault.fits(path, page, gzip):
                    fault.times -= 1
                    if not fault.times:
                        self._armed.remove(fault)
                    return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """The armed faults as JSON items."""
        with self._lock:
            return [fault.record() for fault in self._armed]
