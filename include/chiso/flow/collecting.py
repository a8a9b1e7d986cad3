"""What an operator or a schedule asks for: collect what is due, and load it.

Every function may be run again at any time; each does only what is left to do.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chiso import landing, sources, validation
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.raw import LARGEST_WORKBOOK_BYTES
from chiso.deliveries.register import Arrival, Fetch
from chiso.deliveries.verdicts import Outcome
from chiso.findings.issues import issue
from chiso.flow import loading, ranges
from chiso.flow.drop_folders import collect_dropped
from chiso.province.periods import Period
from chiso.system import progress
from chiso.system.errors import ChisoError, EndpointError, joined
from chiso.system.platform import Platform
from chiso.system.private_folder import private_folder, sweep
from chiso.system.settings import Endpoint

if TYPE_CHECKING:
    from chiso.sources.http import Session


def ingest_file(path: Path, contract: Contract, platform: Platform, stated_period: str | None = None) -> Outcome:
    """Loads a file given by hand: the same way as any delivery, received when it was last modified.

    A workbook that is too large to be read is refused before a byte of it is kept.
    """
    arrival = Arrival(path, path.name, path.resolve().as_uri(), loading.modified_at(path), "file", stated_period)
    size = path.stat().st_size
    if contract.terms.delivery.format == "workbook" and size > LARGEST_WORKBOOK_BYTES:
        return _too_large(arrival.file_name, size, contract)
    return loading.ingest(arrival, contract, platform)


def _too_large(file_name: str, size: int, contract: Contract) -> Outcome:
    finding = issue(
        "file_too_large",
        "critical",
        "refuse_delivery",
        contract.terms.responsible,
        file=file_name,
        size_mb=size >> 20,
        limit_mb=LARGEST_WORKBOOK_BYTES >> 20,
    )
    return Outcome(contract.source, None, False, issues=[finding.as_json()], issues_total=1)


def ingest_due(contract: Contract, platform: Platform, wanted: Sequence[Period] | None = None) -> Iterator[Outcome]:
    """Collects what is due of a source (or the wanted periods of it) and loads what was never judged.

    What could not be collected is raised after everything that came was loaded.
    """
    faults: list[ChisoError] = []
    try:
        collect(contract, platform, wanted)
    except EndpointError as fault:
        faults.append(fault)
    try:
        yield from load_pending(contract, platform)
    except ChisoError as fault:
        faults.append(fault)
    if faults:
        raise joined(faults)


# --- Stages 1 and 2 ---


def collect(contract: Contract, platform: Platform, wanted: Sequence[Period] | None = None) -> int:
    """Brings in what is due of a source, or the wanted periods of it, and keeps it; returns how many files came.

    Raises EndpointError, after everything that can be had was kept.
    """
    sweep(platform.settings.landing)
    if contract.terms.transport.kind != "drop_folder":
        return _collect_fetched(contract, platform, wanted)
    if wanted is not None:
        raise ranges.without_periods(contract)
    return collect_dropped(contract, platform)


def _collect_fetched(contract: Contract, platform: Platform, wanted: Sequence[Period] | None) -> int:
    accepted = register.fetched_periods(platform.engine, contract.source)
    if wanted is None:
        wanted = sources.due_periods(contract, list(accepted), platform.settings.today)
    if not wanted:
        return 0
    endpoint = platform.settings.endpoint(contract.terms.transport.endpoint)
    came = 0
    faults: list[EndpointError] = []
    with (
        private_folder(platform.settings.landing) as folder,
        sources.connect(contract, endpoint) as session,
    ):
        for each in progress.each(f"{contract.source}: fetching", wanted, lambda period: period.code):
            try:
                came += _fetch(each, contract, endpoint, folder, accepted.get(each), session, platform)
            except EndpointError as fault:  # one period that isn't there holds up no other
                faults.append(fault)
    if faults:
        raise joined(faults)
    return came


def _fetch(
    period: Period,
    contract: Contract,
    endpoint: Endpoint,
    folder: Path,
    etag: str | None,
    session: "Session",
    platform: Platform,
) -> int:
    """Fetches and keeps one period's delivery; 1 if one came, 0 if the endpoint says it is the one we have."""
    asked = Fetch(contract.source, period.code, sources.address(contract, period, session), datetime.now(UTC))
    sent_before = session.sent
    try:
        fetched = sources.fetch(contract, period, endpoint, folder / "delivery", etag=etag, session=session)
    except EndpointError as fault:
        sent = session.sent - sent_before
        evidence = session.evidence(fault, personal=contract.holds_personal_data)
        failure = register.Failure(fault.status, str(fault), evidence)
        register.add_fetch(platform, asked, "failed", requests=sent, failure=failure)
        raise
    if fetched is None:
        register.add_fetch(platform, asked, "not_modified", requests=session.sent - sent_before, etag=etag)
        return 0
    fetch_id = register.add_fetch(platform, asked, "fetched", requests=fetched.requests, etag=fetched.etag)
    arrival = Arrival(fetched.path, fetched.file_name, fetched.uri, fetched.received_at, "fetch", period.code, fetch_id)
    landing.keep(arrival, contract, platform.engine, platform.settings)
    return 1


# --- Stages 3 to 6 ---


def load_pending(contract: Contract, platform: Platform) -> Iterator[Outcome]:
    """Judges and loads every kept delivery that never was, or was refused by other rules, oldest received first.

    Those that were loaded before the contract gained a column, or leant on one that was withdrawn, are read again. One that
    can't be judged (its raw file is lost, its contract broken) doesn't hold up the others: its fault is raised after them.
    """
    _register_readings(contract, platform)
    rules = validation.Rules.of(contract, platform.settings).sha256
    yield from _load(register.pending(platform.engine, contract.source, rules), contract, platform)


def load_readings(contract: Contract, platform: Platform) -> Iterator[Outcome]:
    """Reads those deliveries again that don't hold all that their bytes say by now, and nothing else. Faults as above."""
    yield from _load(_register_readings(contract, platform), contract, platform)


def _register_readings(contract: Contract, platform: Platform) -> list[int]:
    again = register.to_read_again(platform.engine, contract)
    readings = [landing.read_again(delivery_id, platform.engine, platform.settings) for delivery_id in again]
    return [reading for reading in readings if reading is not None]


def _load(deliveries: Collection[int], contract: Contract, platform: Platform) -> Iterator[Outcome]:
    faults: list[ChisoError] = []
    for delivery_id in progress.each(f"{contract.source}: loading deliveries", deliveries):
        try:
            yield loading.load(register.landed(platform.engine, delivery_id, platform.settings), contract, platform)
        except ChisoError as fault:
            faults.append(fault)
    if faults:
        raise joined(faults)
