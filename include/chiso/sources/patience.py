"""How long and how much is borne: the limits of a connection, and the tries that one thing is given.

A delivery has a deadline. Beside it, failed tries and the waits between them have a limit of their own, which the
deliveries of a session share: an endpoint that is down costs it once, not for every period. Beyond that limit every
delivery still gets one try, and a shorter time to answer; after some in a row in vain nothing more is asked.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import urllib3
from urllib3.util.retry import Retry

from chiso.system import progress
from chiso.system.errors import EndpointError, SettingsError

HURRIED_SECONDS = 10.0
"""For the next bytes, when patience is over."""
MOST_STALLS = 3
"""In a row, before an endpoint is given up."""
_ABSURD = 1 << 62


@dataclass(frozen=True)
class Limits:
    """What a connection bears; `extra` of it may say otherwise."""

    read_seconds: float = 60
    """Waiting for the next bytes."""
    retries: int = 5
    backoff_seconds: float = 0.5
    """Before the second try; doubled each time."""
    longest_wait_seconds: float = 60
    """One wait; an endpoint that asks for a longer one isn't waited for."""
    patience_seconds: float = 60
    """Failed tries and waits of a session, together; beyond it there is one try for each thing."""
    delivery_seconds: float = 600
    """One delivery from its first request to its last byte."""
    max_bytes: int = 8 << 30

    @classmethod
    def of(cls, extra: Mapping[str, Any], variable: str) -> Self:
        """Those of a connection. Raises SettingsError naming `variable` and the key."""
        given: dict[str, Any] = {}
        for key, field, read in _LIMIT_KEYS:
            if key not in extra:
                continue
            try:
                given[field] = read(str(extra[key]))
            except ValueError:
                given[field] = -1
            if not 0 <= given[field] < _ABSURD or (key in _NEVER_ZERO and not given[field]):
                raise SettingsError(f"{variable}: {key}={extra[key]!r} is no usable number; correct it.")
        return cls(**given)


_LIMIT_KEYS: tuple[tuple[str, str, Callable[[str], float]], ...] = (
    ("timeout_seconds", "read_seconds", float),
    ("retries", "retries", int),
    ("backoff_seconds", "backoff_seconds", float),
    ("max_wait_seconds", "longest_wait_seconds", float),
    ("patience_seconds", "patience_seconds", float),
    ("max_seconds", "delivery_seconds", float),
    ("max_bytes", "max_bytes", int),
)
_NEVER_ZERO = ("timeout_seconds", "max_seconds")


class PassingError(Exception):
    """Something that may well go right the next time; `response`, where there is one, may say when."""

    def __init__(
        self, what: str, response: urllib3.BaseHTTPResponse | None = None, first_bytes: bytes = b"", status: int | None = None
    ) -> None:
        """what: what happened, for a message that begins with the URL. first_bytes: of the response's body. status: its own, if left out."""
        super().__init__(what)
        self.response, self.first_bytes = response, first_bytes
        self.status = response.status if response else status


class StalledError(PassingError):
    """The endpoint let us wait in vain."""


class UnreachableError(StalledError):
    """Nobody is there to be asked."""


class Clock:
    """The time of a session: until when its delivery must be here, and what its failures have cost so far."""

    def __init__(self, limits: Limits, variable: str) -> None:
        """variable: holds the connection, for messages."""
        self.limits, self.variable = limits, variable
        self.futile_seconds = 0.0
        self.given_up: EndpointError | None = None
        """Why nothing more is asked of the endpoint."""
        self._stalls = 0
        self._deadline = float("inf")

    @property
    def read_seconds(self) -> float:
        """How long the next bytes may be waited for."""
        return min(self.limits.read_seconds, HURRIED_SECONDS if self.out_of_patience else float("inf"))

    @property
    def out_of_patience(self) -> bool:
        """Whether failures have cost what may be spent on them."""
        return self.futile_seconds >= self.limits.patience_seconds

    def note_answer(self) -> None:
        """The endpoint lives."""
        self._stalls = 0

    def note_stall(self, fault: EndpointError, *, unreachable: bool) -> None:
        """Something was given up since the endpoint let us wait. unreachable: nobody is there for anything else either."""
        self._stalls += 1
        if unreachable or self._stalls == MOST_STALLS:
            self.given_up = fault

    def begin_delivery(self) -> None:
        """Sets the deadline of the delivery that is fetched now."""
        self._deadline = time.monotonic() + self.limits.delivery_seconds

    @property
    def left_seconds(self) -> float:
        """Until the deadline; not positive when it is over."""
        return self._deadline - time.monotonic()

    def expect_time_left(self, url: str, wait: float = 0) -> None:
        """Raises EndpointError where the deadline would be over after `wait` seconds."""
        if self.left_seconds > wait:
            return
        fault = EndpointError(
            f"{url}: the delivery was not here after {self.limits.delivery_seconds:g} s. Look at the endpoint; if it "
            f"needs so long, allow more with max_seconds in {self.variable}."
        )
        self.note_stall(fault, unreachable=False)
        raise fault


class Patience:
    """Tries that one thing is given: counted, each after a longer wait, the last ending in an error."""

    def __init__(self, clock: Clock, url: str, advice: str) -> None:
        self._clock, self._url, self._advice = clock, url, advice
        self._tries = 0
        self._began = time.monotonic()

    def wait(self, fault: PassingError) -> None:
        """Waits before the next try. Raises EndpointError where this was the last one."""
        clock, limits = self._clock, self._clock.limits
        self._tries += 1
        clock.futile_seconds += time.monotonic() - self._began
        clock.expect_time_left(self._url)
        if self._tries > limits.retries or clock.out_of_patience:
            raise self._last(fault) from fault
        wait = self._asked_wait(fault)
        if wait is None:
            jitter = random.uniform(0, limits.backoff_seconds)  # noqa: S311 - so that callers don't come back all at once
            wait = min(limits.backoff_seconds * 2 ** (self._tries - 1) + jitter, limits.longest_wait_seconds)
        clock.expect_time_left(self._url, wait)
        with progress.step(f"waiting {wait:.0f} s, then asking {self._url} again"):
            time.sleep(wait)
        clock.futile_seconds += wait
        self._began = time.monotonic()

    def _last(self, fault: PassingError) -> EndpointError:
        times = "once" if self._tries == 1 else f"{self._tries} times"
        error = EndpointError(f"{self._url}: {fault} (tried {times}). {self._advice}", fault.status, fault.first_bytes)
        if isinstance(fault, StalledError):
            self._clock.note_stall(error, unreachable=isinstance(fault, UnreachableError))
        return error

    def _asked_wait(self, fault: PassingError) -> float | None:
        """Seconds that the endpoint asks us to wait. Raises EndpointError where it asks for too much."""
        if fault.response is None or "Retry-After" not in fault.response.headers:
            return None
        try:
            asked = Retry().parse_retry_after(fault.response.headers["Retry-After"])
        except urllib3.exceptions.InvalidHeader:  # nobody can read it
            return None
        longest = self._clock.limits.longest_wait_seconds
        if asked > longest:
            raise EndpointError(
                f"{self._url}: {fault} and asks to wait {asked:.0f} s. Run again after that; waits of more than "
                f"{longest:g} s are allowed with max_wait_seconds in {self._clock.variable}.",
                fault.response.status,
                fault.first_bytes,
            )
        return asked
