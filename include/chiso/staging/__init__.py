"""Stage 3: find the table, map its headers, cast by contract, drop personal columns. No rule, no row is dropped.

A text that can't be cast is a finding with its line or cell; the row stays, with NULL in that column.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.deliveries.raw import RawFile
from chiso.findings.issues import Issue, refusal
from chiso.province.periods import Period, smallest_covering
from chiso.province.units import Reference
from chiso.staging import tables
from chiso.staging.batch import RawBatch
from chiso.staging.cast import Casts
from chiso.staging.csv_export import read_csv
from chiso.staging.json_records import JsonRecords
from chiso.staging.pipeline import ahead
from chiso.staging.reporting import doubts, record_period

if TYPE_CHECKING:
    from chiso.staging.form import StagedForm

__all__ = ["Delivered", "Staged", "discard", "read"]


@dataclass(frozen=True)
class Delivered:
    """What staging is given: the bytes and what is known of them beforehand."""

    raw: RawFile
    sha256: str
    received: datetime
    stated_period: str | None = None
    password: str | None = None
    """Opens protected workbooks."""
    failed: Callable[[pa.Table], pa.Array] | None = None
    """Shown every block of typed rows; says as bits which conditions each row breaks, which staging writes down."""


@dataclass(frozen=True)
class Staged:
    """A delivery in `staging.<name>`, read and cast.

    rows: data rows, unreadable ones included. content_sha256: of the bytes of a workbook, the
    canonical records of JSON, the header's findings and staged rows of a text export: what must differ for a new judgement.
    letters: contract column → column letters of the sheet.
    """

    name: str
    contract: Contract
    period: Period
    rows: int
    content_sha256: str
    issues: list[Issue] = field(default_factory=list)
    sheet: str | None = None
    letters: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """Qualified name of the rows' table."""
        return f"staging.{self.name}"


def read(
    delivered: Delivered, contract: Contract, reference: Reference, connection: sa.Connection, name: str
) -> Staged:
    """Reads a delivery into unlogged tables called `name`, inside the connection's transaction.

    Raises DeliveryRefused where the bytes aren't what they claim to be.
    """
    pa.set_memory_pool(pa.system_memory_pool())  # the others keep a quarter more than the blocks at work
    tables.create(connection, name, contract)
    readers = {"csv": _read_csv, "json": _read_json, "workbook": _read_workbook}
    return readers[contract.terms.delivery.format](delivered, contract, reference, connection, name)


def discard(connection: sa.Connection, name: str) -> None:
    """Drops the tables of `name`."""
    tables.drop(connection, name)


def _read_csv(
    delivered: Delivered, contract: Contract, reference: Reference, connection: sa.Connection, name: str
) -> Staged:
    said, assumed = _stated(delivered, contract)
    with delivered.raw.open() as stream:
        issues, batches = read_csv(stream, contract, delivered.raw.name)
        at = said.end if said and not contract.terms.unit_at else None
        copied = _load(connection, name, batches, Casts(contract.loaded_columns, reference, at), delivered, contract)
    period = said or _covered(connection, name, contract)
    if period is None:
        period, assumed = record_period(contract, None, None, delivered.raw.name, delivered.received)
    headed = json.dumps([copied.sha256, *(found.as_json() for found in issues)], ensure_ascii=False)
    content = hashlib.sha256(headed.encode()).hexdigest()
    return Staged(name, contract, period, copied.rows, content, issues + assumed)


def _stated(delivered: Delivered, contract: Contract) -> tuple[Period | None, list[Issue]]:
    """The period that is known before reading; a delta speaks of the days in it, so it may state none."""
    from chiso.province.periods import from_file_name

    if contract.has_events and not (delivered.stated_period or from_file_name(delivered.raw.name)):
        return None, []
    return record_period(contract, delivered.stated_period, None, delivered.raw.name, delivered.received)


def _covered(connection: sa.Connection, name: str, contract: Contract) -> Period | None:
    """The shortest period that holds every event's time; the years' last where they span several."""
    assert contract.terms.events is not None and contract.terms.unit_at  # noqa: S101 - the contract's check: events have both
    at = contract.terms.events.at or contract.terms.unit_at
    first, last = connection.execute(
        sa.text(f'SELECT min("{at}")::date, max("{at}")::date FROM staging.{name}')
    ).one()
    if first is None:
        return None
    return smallest_covering(first, last) or Period.of(str(last.year))


def _read_json(
    delivered: Delivered, contract: Contract, reference: Reference, connection: sa.Connection, name: str
) -> Staged:
    with delivered.raw.open() as stream:
        said = _envelope_period(stream)
    period, assumed = record_period(contract, delivered.stated_period, said, delivered.raw.name, delivered.received)
    with delivered.raw.open() as stream:
        records = JsonRecords(stream, contract, delivered.raw.name)
        casts = Casts(contract.loaded_columns, reference, period.end)
        copied = _load(connection, name, records.batches(), casts, delivered, contract)
    odd = doubts(period, contract, delivered.received)
    if records.period and records.period != said:  # stated after the list
        record_period(contract, period.code, records.period, delivered.raw.name, delivered.received)
    return Staged(name, contract, period, copied.rows, records.content_sha256, records.findings() + assumed + odd)


_ENVELOPE_PERIOD = re.compile(rb'^[^\[]*?"period"\s*:\s*"([^"]{4,10})"')


def _envelope_period(stream: BinaryIO) -> str | None:
    """The period that an envelope states before its list."""
    found = _ENVELOPE_PERIOD.match(stream.read(4096))
    return found[1].decode("ascii", errors="replace") if found else None


def _read_workbook(
    delivered: Delivered, contract: Contract, reference: Reference, connection: sa.Connection, name: str
) -> Staged:
    from chiso.staging.form import read_form  # the workbook libraries are for forms only

    with delivered.raw.plain_path() as path:
        form = read_form(path, delivered.raw.name, delivered.password, delivered.stated_period, contract, reference)
    if not form.form.rows:
        raise refusal("no_rows", contract.terms.responsible, file=delivered.raw.name)
    casts = Casts(contract.loaded_columns, reference, form.period.end)
    copied = _load(connection, name, form.batches(), casts, delivered, contract, form)
    form.load_totals(connection, name)
    odd = doubts(form.period, contract, delivered.received)
    return Staged(name, contract, form.period, copied.rows, delivered.sha256, form.issues + odd, form.sheet, form.letters)


def _load(
    connection: sa.Connection,
    name: str,
    batches: Iterator[RawBatch],
    casts: Casts,
    delivered: Delivered,
    contract: Contract,
    form: "StagedForm | None" = None,
) -> tables.Copied:
    """Casts and copies every batch, each step beside the others."""
    with tables.BrokenCells() as broken:

        def typed() -> Iterator[pa.Table]:
            for batch in ahead(batches):
                table, found = casts.apply(batch)
                broken.add(form.with_proposals(found, casts) if form else found)
                failed = delivered.failed(table) if delivered.failed else pa.nulls(table.num_rows, pa.int64())
                yield table.append_column("failed", failed)

        copied = tables.copy_rows(connection, name, typed(), contract)
        broken.copy(connection, name)
        said = f"{copied.sha256} {broken.sha256}".encode()
    return tables.Copied(copied.rows, hashlib.sha256(said).hexdigest())
