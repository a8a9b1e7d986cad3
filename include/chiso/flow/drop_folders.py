"""Stages 1 and 2 of what people put into drop folders: take each new file once, and say which were left alone."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chiso import contracts, landing, sources
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.register import Arrival
from chiso.findings.issues import Issue
from chiso.sources import Dropped
from chiso.system import progress
from chiso.system.errors import ArrivalError, ChisoError
from chiso.system.platform import Platform
from chiso.system.settings import connection_variable

log = logging.getLogger(__name__)

QUIET_SECONDS = 5.0
"""A file is taken when nobody has written to it for so long."""


@dataclass(frozen=True)
class LeftAlone:
    """A file that lies in a drop folder and wasn't taken. why: with what to do, in both languages."""

    file_name: str
    uri: str
    why: Issue


def collect_dropped(contract: Contract, platform: Platform) -> int:
    """Keeps every file of the source that is new by place, time and size; returns how many.

    A file that can't be read, or changes while it is looked at, holds up no other: it is left for the next run.
    """
    known = register.known_files(platform.engine)
    files = scan(contract.terms.transport.endpoint, platform)
    fresh = [found for found in files if found.source == contract.source and _key(found) not in known]
    _await_quiet(fresh)
    taken = progress.each(f"{contract.source}: taking files", fresh, lambda found: found.file_name)
    return sum(_keep(found, contract, platform) for found in taken)


def _keep(found: Dropped, contract: Contract, platform: Platform) -> bool:
    arrival = Arrival(
        found.path, found.file_name, found.uri, found.received_at, "drop_folder", seen=found.status
    )
    try:
        landing.keep(arrival, contract, platform.engine, platform.settings)
    except ArrivalError as fault:
        log.warning("%s: %s", contract.source, fault)
        return False
    return True


def _await_quiet(files: Sequence[Dropped]) -> None:
    """Waits until the youngest file has been left in peace long enough; keeping it notices if it hasn't been."""
    ages = [time.time() - found.status.st_mtime for found in files]
    youngest = min(ages, default=QUIET_SECONDS)
    if youngest < QUIET_SECONDS:
        with progress.step("waiting until nobody writes to the files"):
            time.sleep(QUIET_SECONDS - max(youngest, 0))


def scan(endpoint: str, platform: Platform) -> list[Dropped]:
    """Every file in the drop folders of a connection, oldest first. Raises EndpointError, SettingsError."""
    takers = [each for each in _dropping(platform) if each.terms.transport.endpoint == endpoint]
    return sources.scan_drop_folder(platform.settings.endpoint(endpoint), takers)


def left_alone(platform: Platform, family: str | None = None, source: str | None = None) -> list[LeftAlone]:
    """What lies in drop folders (of a family, of a source, or all) and wasn't received, each with the reason.

    Of a source: what its patterns fit, and what fits none. Folders that can't be listed are entries themselves; a
    connection that isn't set has none.
    """
    looked_at = {
        each.terms.transport.endpoint
        for each in _dropping(platform)
        if family in (None, each.family) and source in (None, each.source)
    }
    known = register.known_files(platform.engine)
    return [
        left
        for endpoint in sorted(looked_at)
        if platform.settings.has(connection_variable(endpoint))
        for left in _left_alone(endpoint, source, known, platform)
    ]


def _left_alone(
    endpoint: str, source: str | None, known: set[tuple[str, str, int, datetime]], platform: Platform
) -> Iterator[LeftAlone]:
    try:
        files = scan(endpoint, platform)
    except ChisoError as fault:
        yield LeftAlone(endpoint, "", sources.left_alone("folder_unreadable", endpoint, reason=str(fault)))
        return
    for found in files:
        why = found.left or (None if _received(found, known) else sources.left_alone("file_not_received", found.file_name))
        if why and (source is None or not found.fits or source in found.fits):
            yield LeftAlone(found.file_name, found.uri, why)


def _received(found: Dropped, known: set[tuple[str, str, int, datetime]]) -> bool:
    if found.received_at <= datetime.now(UTC):
        return _key(found) in known
    return _key(found)[:3] in {each[:3] for each in known}  # dated ahead: its receipt is when it was first seen


def _key(found: Dropped) -> tuple[str, str, int, datetime]:
    return found.source or "", found.uri, found.status.st_size, found.received_at


def _dropping(platform: Platform) -> list[Contract]:
    sound = contracts.load_all(platform.settings).contracts
    return [each for each in sound if each.terms.transport.kind == "drop_folder"]
