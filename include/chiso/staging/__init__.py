"""Stage 3: find the table, map its headers, cast by contract, drop personal columns. No rule, no row is dropped.

A text that can't be cast is a finding with its line or cell; the row stays, with NULL in that column.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.deliveries.register import Received
from chiso.deliveries.scratch import Scratch
from chiso.deliveries.staged import Staged
from chiso.findings.issues import Issue, issue, refusal
from chiso.province.periods import Period, smallest_covering
from chiso.province.units import Reference
from chiso.staging import tables
from chiso.staging.batch import RawBatch
from chiso.staging.cast import Casts
from chiso.staging.csv_export import read_csv
from chiso.staging.json_records import JsonRecords
from chiso.staging.pipeline import ahead
from chiso.staging.reporting import doubts, record_period, rows_period
from chiso.system import progress

if TYPE_CHECKING:
    from chiso.staging.form import StagedForm

__all__ = ["Task", "discard", "read"]


@dataclass(frozen=True)
class Task:
    """What is to be read, how, and into which tables.

    password: opens protected workbooks. failed: is shown every block of typed rows, and says as bits which conditions
    each row breaks, which staging writes down.
    """

    received: Received
    contract: Contract
    reference: Reference
    connection: sa.Connection
    failed: Callable[[pa.Table], pa.Array]
    password: str | None = None

    @property
    def scratch(self) -> Scratch:
        """The source's own tables."""
        return Scratch(self.contract.scratch_name)

    @property
    def file_name(self) -> str:
        """As delivered."""
        return self.received.raw.name


def read(task: Task) -> Staged:
    """Reads a delivery into its unlogged tables, inside the connection's transaction.

    Raises DeliveryRefused where the bytes aren't what they claim to be.
    """
    pa.set_memory_pool(pa.system_memory_pool())  # the others keep a quarter more than the blocks at work
    tables.create(task.connection, task.scratch, task.contract)
    readers: dict[str, Callable[[Task], Staged]] = {"csv": _read_csv, "json": _read_json, "workbook": _read_workbook}
    return readers[task.contract.terms.delivery.format](task)


def discard(connection: sa.Connection, contract: Contract) -> None:
    """Drops the tables of the source."""
    tables.drop(connection, Scratch(contract.scratch_name))


def _staged(task: Task, period: Period, copied: tables.Copied, content_sha256: str, issues: list[Issue]) -> Staged:
    if copied.cut is not None:
        owner = task.contract.terms.responsible
        issues = [*issues, issue("file_cut", "warning", "flag", owner, file=task.file_name, row=copied.cut)]
    return Staged(task.contract, task.scratch, task.file_name, period, copied.rows, content_sha256, issues)


def _read_csv(task: Task, own: str | None = None) -> Staged:
    """own: the period that its rows state, where an earlier reading found no other."""
    contract, received = task.contract, task.received
    said, assumed = _stated(task) if own is None else (Period.of(own, contract.terms.delivery.calendar), [])
    with _opened(task) as stream:
        head, issues, batches = read_csv(stream, contract, task.file_name)
        copied = _load(task, batches, _casts(task, said))
    if assumed and (own := _own_code(task)):
        tables.create(task.connection, task.scratch, contract)
        return _read_csv(task, own)
    if said and not assumed:
        _expect_some_in(said, task)
    period = said or _covered(task)
    if period is None:
        period, assumed = record_period(contract, None, None, task.file_name, received.received_at)
    headed = json.dumps([copied.sha256, *(found.as_json() for found in issues)], ensure_ascii=False)
    staged = _staged(task, period, copied, hashlib.sha256(headed.encode()).hexdigest(), issues + assumed)
    return replace(staged, header=head.headings, states_period=not (assumed or own or said is None))


@contextmanager
def _opened(task: Task) -> Iterator[BinaryIO]:
    raw = task.received.raw
    with raw.open() as stream, progress.reading(f"reading {task.file_name}", stream, raw.size) as measured:
        yield measured


def _stated(task: Task) -> tuple[Period | None, list[Issue]]:
    """The period that is known before reading; events speak of the days in them, so they may state none."""
    from chiso.province.period_words import from_file_name

    stated = task.received.stated_period
    if task.contract.has_events and not (stated or from_file_name(task.file_name)):
        return None, []
    return record_period(task.contract, stated, None, task.file_name, task.received.received_at)


def _expect_some_in(period: Period, task: Task, *, is_in_envelope: bool = False) -> None:
    """Raises DeliveryRefused where every row that says its day lies outside the period that was stated: it is another delivery.

    Of events the months of the period are meant: what a day's export touches are months, and within one it may bring what was
    written down on other days. is_in_envelope: whether the delivery itself states the period, too.
    """
    contract, stated = task.contract, task.received.stated_period
    days = _event_times(task) if contract.has_events else _own_days(contract)
    if not days:
        return
    inside = " OR ".join(f'"{at}"::date BETWEEN :first AND :last' for at in sorted(days))
    query = sa.text(f"SELECT EXISTS (SELECT FROM {task.scratch.rows} WHERE {inside})")
    within = _months(period) if contract.has_events else {"first": period.start, "last": period.end}
    if task.connection.execute(query, within).scalar_one():
        return
    covered = _covered_code(task) if contract.has_events else _own_code(task)
    if covered:
        rule = "period_stated" if stated else "periods_differ" if is_in_envelope else "period_file_name"
        said = {"stated": stated, "named": period.code, "period": covered, "periods": f"{period.code}, {covered}"}
        raise refusal(rule, contract.terms.responsible, file=task.file_name, **said)


def _own_days(contract: Contract) -> set[str]:
    """The column with a row's own day, to which its figures belong, if there is one."""
    name = contract.terms.period
    return {name} if name and contract.column(name).reading == "date" else set()


def _months(period: Period) -> dict[str, date]:
    """First and last day of the months that it lies in."""
    first, last = (Period(f"{day:%Y-%m}", period.calendar) for day in (period.start, period.end))
    return {"first": first.start, "last": last.end}


def _event_times(task: Task) -> set[str]:
    """The columns that say when an event happened, or was written down."""
    events, unit_at = task.contract.terms.events, task.contract.terms.unit_at
    return {name for name in (events and events.at, unit_at) if name}


def _covered(task: Task) -> Period | None:
    """The shortest period that holds every event's time; the years' last where they span several."""
    terms = task.contract.terms
    assert terms.events is not None and terms.unit_at  # noqa: S101 - the contract's check: events have both
    at = terms.events.at or terms.unit_at
    first, last = task.connection.execute(
        sa.text(f'SELECT min("{at}")::date, max("{at}")::date FROM {task.scratch.rows}')
    ).one()
    if first is None:
        return None
    return smallest_covering(first, last) or Period.of(str(last.year))


def _covered_code(task: Task) -> str | None:
    period = _covered(task)
    return period.code if period else None


def _read_json(task: Task, said: str | None = None, *, of_rows: bool = False) -> Staged:
    """said: the period of the envelope or else (of_rows) of the rows, where an earlier reading met it at the end only."""
    contract, received = task.contract, task.received
    with _opened(task) as stream:
        records = JsonRecords(stream, contract, task.file_name)
        batches = records.batches()
        first = next(batches)
        said = said or records.period
        period, assumed = record_period(contract, received.stated_period, said, task.file_name, received.received_at)
        copied = _load(task, chain([first], batches), _casts(task, period))
    late = records.period or (_own_code(task) if assumed else None)
    if late and late != said:
        tables.create(task.connection, task.scratch, contract)
        return _read_json(task, late, of_rows=records.period is None)
    if not assumed:
        _expect_some_in(period, task, is_in_envelope=bool(said) and not of_rows)
    odd = doubts(period, contract, received.received_at)
    staged = _staged(task, period, copied, records.content_sha256, records.findings() + assumed + odd)
    return replace(staged, header=records.header, states_period=not (assumed or of_rows))


def _read_workbook(task: Task) -> Staged:
    from chiso.staging.form import read_form  # the workbook libraries are for forms only

    contract, received = task.contract, task.received
    with progress.step(f"reading {task.file_name}"):
        with received.raw.plain_path() as path:
            form = read_form(path, task.file_name, task.password, received.stated_period, contract, task.reference)
        period, casts = form.period, _casts(task, form.period)
        copied = _load(task, form.batches(), casts, form)
    odd = form.load_totals(task.connection, task.scratch, casts.context) + doubts(period, contract, received.received_at)
    staged = _staged(task, period, copied, received.sha256, form.issues + odd)
    return replace(staged, sheet=form.sheet, letters=form.letters, header=form.form.headings, states_period=form.states_period)


def _own_code(task: Task) -> str | None:
    """The period that holds those of the staged rows; None where rows state none."""
    name = task.contract.terms.period
    if name is None:
        return None
    query = f'SELECT DISTINCT "{name}"::text FROM {task.scratch.rows} WHERE "{name}" IS NOT NULL'
    own = [Period.of(code, task.contract.terms.delivery.calendar) for code in task.connection.execute(sa.text(query)).scalars()]
    return rows_period(own, task.file_name, task.contract).code if own else None


def _casts(task: Task, period: Period | None) -> Casts:
    """Units are looked up at the period's end, where the warehouse looks for them too, unless each row says its own day."""
    at = period.end if period and not task.contract.terms.unit_at else None
    return Casts(task.contract.loaded_columns, task.reference, at, task.contract.terms.no_addresses)


def _load(task: Task, batches: Iterator[RawBatch], casts: Casts, form: "StagedForm | None" = None) -> tables.Copied:
    """Casts and copies every batch, each step beside the others."""
    cut: list[int] = []
    with tables.BrokenCells() as broken:

        def typed() -> Iterator[pa.Table]:
            for batch in ahead(batches):
                table, found = casts.apply(batch)
                cut.extend(entry.row for entry in found if entry.rejects and entry.row == batch.unended)
                broken.add(form.with_proposals(found, casts) if form else found)
                yield table.append_column("failed", task.failed(table))

        copied = tables.copy_rows(task.connection, task.scratch, typed(), task.contract)
        broken.copy(task.connection, task.scratch)
        said = f"{copied.sha256} {broken.sha256}".encode()
    return tables.Copied(copied.rows, hashlib.sha256(said).hexdigest(), next(iter(cut), None))
