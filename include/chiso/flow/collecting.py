"""What an operator or a schedule asks for: collect what is due, and load it.

Every function may be run again at any time; each does only what is left to do.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import sqlalchemy as sa

from chiso import contracts, landing, sources, validation
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.register import Arrival
from chiso.deliveries.verdicts import Outcome
from chiso.flow import loading
from chiso.province.periods import Period
from chiso.sources import Dropped, Fetched
from chiso.system.errors import ChisoError, EndpointError, UsageError
from chiso.system.platform import Platform
from chiso.system.settings import Endpoint

if TYPE_CHECKING:
    from chiso.sources.http import Session

_ABANDONED_SECONDS = 24 * 3600


def ingest_file(path: Path, contract: Contract, platform: Platform, stated_period: str | None = None) -> Outcome:
    """Loads a file given by hand: the same way as any delivery, received when it was last modified."""
    arrival = Arrival(path, path.name, path.resolve().as_uri(), loading.modified_at(path), "file", stated_period)
    return loading.ingest(arrival, contract, platform)


def ingest_due(contract: Contract, platform: Platform, period: str | None = None) -> Iterator[Outcome]:
    """Collects what is due of a source (or one period of it) and loads what was never judged."""
    collect(contract, platform, period)
    yield from load_pending(contract, platform)


# --- Stages 1 and 2 ---


def collect(contract: Contract, platform: Platform, period: str | None = None) -> int:
    """Brings in what is due of a source and keeps it; returns how many files came. Raises EndpointError."""
    if contract.terms.transport.kind == "drop_folder":
        return _collect_dropped(contract, platform, period)
    return _collect_fetched(contract, platform, period)


def _collect_dropped(contract: Contract, platform: Platform, period: str | None) -> int:
    if period is not None:
        raise UsageError(f"{contract.source}: a drop folder has no periods to ask for; give --file.")
    mine = [found for found in dropped_files(contract.family, platform) if found.source == contract.source]
    for found in mine:
        landing.keep(
            Arrival(found.path, found.file_name, found.uri, found.received_at, "drop_folder"),
            contract,
            platform.engine,
            platform.settings,
        )
    return len(mine)


def dropped_files(family: str, platform: Platform) -> list[Dropped]:
    """Every file in the family's drop folders; `source` is None where no contract's pattern fits its name."""
    dropping = [
        contract
        for contract in contracts.load_family(family, platform.settings)
        if contract.terms.transport.kind == "drop_folder"
    ]
    endpoints = {contract.terms.transport.endpoint for contract in dropping}
    return [
        found
        for name in sorted(endpoints)
        for found in sources.scan_drop_folder(platform.settings.endpoint(name), dropping)
    ]


def _collect_fetched(contract: Contract, platform: Platform, period: str | None) -> int:
    accepted = register.fetched_periods(platform.engine, contract.source)
    wanted = (
        [Period.of(period, contract.terms.delivery.calendar)]
        if period
        else sources.due_periods(contract, list(accepted), platform.settings.today)
    )
    if not wanted:
        return 0
    endpoint = platform.settings.endpoint(contract.terms.transport.endpoint)
    came = 0
    faults: list[ChisoError] = []
    with (
        TemporaryDirectory(prefix="fetch-", dir=_scratch(platform)) as folder,
        sources.connect(contract, endpoint) as session,
    ):
        for each in wanted:
            try:
                came += _fetch(each, contract, endpoint, Path(folder), accepted.get(each), session, platform)
            except EndpointError as fault:  # one period that isn't there holds up no other
                faults.append(fault)
    if faults:
        raise faults[0]
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
    fetched = sources.fetch(contract, period, endpoint, folder / "delivery", etag=etag, session=session)
    if fetched is None:
        return 0
    fetch_id = _record_fetch(fetched, contract, period, platform)
    arrival = Arrival(fetched.path, fetched.file_name, fetched.uri, fetched.received_at, "fetch", period.code, fetch_id)
    landing.keep(arrival, contract, platform.engine, platform.settings)
    return 1


def _scratch(platform: Platform) -> Path:
    """Fetches land beside the raw files: same disk, private. What a killed fetch left there is removed after a day."""
    folder = platform.settings.landing
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in [*folder.glob("fetch-*"), *folder.glob(".*.part")]:
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    return folder


def _record_fetch(fetched: Fetched, contract: Contract, period: Period, platform: Platform) -> int:
    with platform.engine.begin() as connection:
        return int(
            connection.execute(
                sa.text(
                    "INSERT INTO sources.fetch (source, period, uri, started_at, finished_at, outcome, etag, requests) "
                    "VALUES (:source, :period, :uri, :started, :finished, 'fetched', :etag, :requests) RETURNING fetch_id"
                ),
                {
                    "source": contract.source,
                    "period": period.code,
                    "uri": fetched.uri,
                    "started": fetched.started_at,
                    "finished": fetched.finished_at,
                    "etag": fetched.etag,
                    "requests": fetched.requests,
                },
            ).scalar_one()
        )


# --- Stages 3 to 6 ---


def load_pending(contract: Contract, platform: Platform) -> Iterator[Outcome]:
    """Judges and loads every kept delivery that never was, or was refused by other rules, oldest received first.

    Those that were loaded before the contract gained a column are read again. One that can't be judged (its raw file
    is lost, its contract broken) doesn't hold up the others: its fault is raised after them.
    """
    faults: list[ChisoError] = []
    rules = validation.Rules.of(contract, platform.settings).sha256
    for delivery_id in register.to_read_again(platform.engine, contract):
        landing.read_again(delivery_id, platform.engine, platform.settings)
    for delivery_id in register.pending(platform.engine, contract.source, rules):
        try:
            yield loading.load(register.landed(platform.engine, delivery_id, platform.settings), contract, platform)
        except ChisoError as fault:
            faults.append(fault)
    if faults:
        raise faults[0]
