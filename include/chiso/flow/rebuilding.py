"""The whole history again: every kept file is read, judged, loaded and computed anew beside the warehouse, and the values are compared."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from chiso import contracts, landing, quarantine
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.register import Arrival
from chiso.flow import computing, loading, quarantining
from chiso.system import progress
from chiso.system.database import connect
from chiso.system.platform import Platform
from chiso.system.postgres import embedded_server
from chiso.system.postgres.place import find_place
from chiso.system.secrets_file import SECRETS, ensure_platform_env
from chiso.warehouse import upgrade

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Difference:
    """A value that stands and what the rebuilt history has instead; None: no data."""

    indicator: str
    defined_in: str
    unit_register: str
    unit_code: str
    unit_valid_from: str
    calendar: str
    period: str
    stands: Decimal | None
    rebuilt: Decimal | None


@dataclass(frozen=True)
class Rebuilt:
    """How many values were compared, and those that differ. left_out: sources without a sound contract."""

    values: int
    differences: list[Difference]
    left_out: list[str]


def rebuild(platform: Platform) -> Rebuilt:
    """Builds the history anew on a server of its own, from the raw files, and compares; the warehouse itself is only read.

    Withdrawn deliveries are left out, rows that were released by decision are released again. The periods of the warehouse should be
    computed: a stale value differs.
    """
    sound = {contract.source: contract for contract in contracts.load_all(platform.settings).contracts}
    with platform.engine.connect() as connection:
        kept = connection.execute(sa.text(_KEPT)).all()
    with _beside(platform) as other:
        for row in progress.each("deliveries", kept, lambda row: f"{row.source} {row.file_name}"):
            if row.source in sound:
                _load(row.delivery_id, sound[row.source], platform, other)
        computing.compute_stale(other)
        stand, rebuilt = _values(platform), _values(other)
    places = sorted(stand.keys() | rebuilt.keys())
    differences = [
        Difference(*place, stands=stand.get(place), rebuilt=rebuilt.get(place)) for place in places if stand.get(place) != rebuilt.get(place)
    ]
    return Rebuilt(len(places), differences, sorted({row.source for row in kept} - sound.keys()))


_KEPT = """
SELECT delivery_id, source, file_name FROM landing.delivery d WHERE read_again IS NULL AND NOT EXISTS (
    SELECT FROM validation.withdrawal w JOIN landing.delivery x ON x.delivery_id = w.delivery_id
    WHERE (x.source, x.sha256, x.received_at) = (d.source, d.sha256, d.received_at)) ORDER BY delivery_id"""
"""A file that was read again by a changed contract is read once here, by today's."""


@contextmanager
def _beside(platform: Platform) -> Iterator[Platform]:
    """An empty platform with the same checkout, keys and day, on a server that ends with it."""
    folder = Path(tempfile.mkdtemp(prefix="rebuild-", dir=platform.settings.var))
    own = {name: value for name, value in platform.settings.values.items() if name != "AIRFLOW_CONN_CHISO_WAREHOUSE"}
    settings = ensure_platform_env(replace(platform.settings, var=folder / "var", values=own), SECRETS)
    try:
        with embedded_server(settings) as server:
            engine = connect(server.url("warehouse"))
            try:
                upgrade(engine, settings)
                yield Platform(settings, engine)
            finally:
                engine.dispose()
        shutil.rmtree(find_place(settings).folder)
    finally:
        shutil.rmtree(folder)


def _load(delivery_id: int, contract: Contract, platform: Platform, other: Platform) -> None:
    """Takes the kept bytes the usual way, as they were received then."""
    landed = register.landed(platform.engine, delivery_id, platform.settings)
    with platform.engine.connect() as connection:
        released = quarantine.released(connection, contract.source, landed.sha256)
        came = connection.execute(
            sa.text("SELECT file_name, uri, origin, stated_period FROM landing.delivery WHERE delivery_id = :id"), {"id": delivery_id}
        ).one()
    with tempfile.TemporaryDirectory(dir=other.settings.var) as folder:
        path = Path(folder) / "raw"
        with landed.raw.open() as stream, path.open("wb") as copy:
            shutil.copyfileobj(stream, copy, _BLOCK)
        arrival = Arrival(path, came.file_name, came.uri, landed.received_at, came.origin, came.stated_period)
        again = landing.keep(arrival, contract, other.engine, other.settings)
    outcome = loading.load(again, contract, other)
    if released and outcome.rejected:
        with other.engine.connect() as connection:
            cases = quarantine.cases_of_bytes(connection, contract.source, again.sha256)
        chosen = [case.case_id for case in cases if case.is_open and (case.row_no, case.rule) in released]
        if chosen:
            quarantining.release(other, chosen, "rebuild", "released before")


_Place = tuple[str, str, str, str, str, str, str]


def _values(platform: Platform) -> dict[_Place, Decimal]:
    with platform.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT indicator, defined_in, unit_register, unit_code, unit_valid_from::text, calendar, period, value "
                "FROM indicators.value_as_of() WHERE value IS NOT NULL"
            )
        )
        return {(row[0], row[1], row[2], row[3], row[4], row[5], row[6]): row.value for row in rows}
