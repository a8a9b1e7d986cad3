"""Stages 1 and 2 of what people put into drop folders: take each new file once, and say which were left alone."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from chiso import contracts, landing, sources
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.register import Arrival, Failure, Fetch, KnownFile
from chiso.findings.issues import Issue
from chiso.sources import Dropped, Scan
from chiso.system import progress
from chiso.system.errors import ArrivalError, ChisoError, EndpointError, joined
from chiso.system.platform import Platform
from chiso.system.settings import connection_variable

log = logging.getLogger(__name__)

QUIET_SECONDS = 5.0
"""A file is taken when nobody has written to it for so long."""
CLOCKS_DIFFER_SECONDS = 3600.0
"""By how much another machine's clock may be wrong: what it calls younger is waited for as if it were new."""


@dataclass(frozen=True)
class LeftAlone:
    """A file that lies in a drop folder and wasn't taken. why: with what to do, in both languages."""

    file_name: str
    uri: str
    why: Issue


def collect_dropped(contract: Contract, platform: Platform) -> int:
    """Keeps every file of the source that is new by place, time, size and ETag; returns how many.

    A file that can't be read, or changes while it is looked at, holds up no other: it is left for the next run. Nor does
    a folder that can't be listed: EndpointError is raised after the others were taken, and the failed fetch is on record.
    """
    known = register.known_files(platform.engine)
    began = datetime.now(UTC)
    came = 0
    with scan(contract.terms.transport.endpoint, platform) as seen:
        faults = dict(seen.faults)
        for uri, fault in faults.items():
            _record_failed(Fetch(contract.source, None, uri, began), fault, platform)
        fresh = [found for found in seen.files if found.source == contract.source and not _is_known(found, known)]
        _await_quiet(fresh)
        for found in progress.each(f"{contract.source}: taking files", fresh, lambda found: found.file_name):
            if found.folder in faults:
                continue  # its server has just failed
            try:
                came += _keep(found, contract, platform)
            except EndpointError as fault:
                faults[found.folder] = fault
    if faults:
        raise joined(list(faults.values()))
    return came


def _keep(found: Dropped, contract: Contract, platform: Platform) -> bool:
    asked = Fetch(contract.source, None, found.uri, datetime.now(UTC))
    try:
        with found.file.here(platform.settings.landing) as path:
            fetch_id = None
            if found.file.is_fetched:
                fetch_id = register.add_fetch(platform, asked, "fetched", requests=1, etag=found.file.etag)
            arrival = Arrival(
                path, found.file_name, found.uri, found.received_at, "drop_folder", fetch_id=fetch_id, seen=found.file.status
            )
            landing.keep(arrival, contract, platform.engine, platform.settings)
    except ArrivalError as fault:
        log.warning("%s: %s", contract.source, fault)
        return False
    except EndpointError as fault:
        _record_failed(asked, fault, platform)
        raise
    return True


def _record_failed(asked: Fetch, fault: EndpointError, platform: Platform) -> None:
    register.add_fetch(platform, asked, "failed", requests=1, failure=Failure(fault.status, str(fault), None))


def _await_quiet(files: Sequence[Dropped]) -> None:
    """Waits until the youngest file has been left in peace long enough; keeping it notices if it hasn't been."""
    wait = max(map(_unrest_seconds, files), default=0)
    if wait > 0:
        with progress.step("waiting until nobody writes to the files"):
            time.sleep(wait)


def _unrest_seconds(found: Dropped) -> float:
    """How long a file is still to be watched; one with an ETag was whole when it appeared."""
    age = time.time() - found.received_at.timestamp()
    if found.file.etag:
        return 0
    if found.file.is_fetched and abs(age) < CLOCKS_DIFFER_SECONDS:
        return QUIET_SECONDS
    return QUIET_SECONDS - max(age, 0)


@contextmanager
def scan(endpoint: str, platform: Platform) -> Iterator[Scan]:
    """Every file in the drop folders of a connection, oldest first. Raises EndpointError, SettingsError."""
    takers = [each for each in _dropping(platform) if each.terms.transport.endpoint == endpoint]
    with sources.scanned_drop_folder(platform.settings.endpoint(endpoint), takers) as seen:
        yield seen


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


def _left_alone(endpoint: str, source: str | None, known: set[KnownFile], platform: Platform) -> Iterator[LeftAlone]:
    files: Sequence[Dropped] = ()
    faults: dict[str, ChisoError] = {}
    try:
        with scan(endpoint, platform) as seen:
            files, faults = seen.files, {**seen.faults}
    except ChisoError as fault:
        faults[""] = fault
    for uri, said in faults.items():
        yield LeftAlone(endpoint, uri, sources.left_alone("folder_unreadable", endpoint, reason=str(said)))
    for found in files:
        why = found.left or (None if _is_received(found, known) else sources.left_alone("file_not_received", found.file_name))
        if why and (source is None or not found.fits or source in found.fits):
            yield LeftAlone(found.file_name, found.uri, why)


def _is_known(found: Dropped, known: set[KnownFile]) -> bool:
    """Whether it needn't be read. One dated ahead, whose receipt is when it was first seen, is known by its ETag alone."""
    return _is_received(found, known) if found.file.etag else _key(found) in known


def _is_received(found: Dropped, known: set[KnownFile]) -> bool:
    key = _key(found)
    if key.received_at <= datetime.now(UTC):
        return key in known
    return key in {replace(each, received_at=key.received_at) for each in known}  # dated ahead: received when first seen


def _key(found: Dropped) -> KnownFile:
    return KnownFile(found.source or "", found.uri, found.file.size, found.received_at, found.file.etag)


def _dropping(platform: Platform) -> list[Contract]:
    sound = contracts.load_all(platform.settings).contracts
    return [each for each in sound if each.terms.transport.kind == "drop_folder"]
