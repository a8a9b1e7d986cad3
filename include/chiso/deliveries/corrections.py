"""Corrections as data: a figure that is known to be wrong in what was delivered, and what to take instead until the source is mended.

`include/schemas/reference/corrections.csv`: id; source, period, calendar and row_key (the contract's key, parts joined by ` / `) say
which row; column; expected, the wrong figure that must stand there (empty: a blank); value, the right one, both in the unit of the
contract; reason, requested_by, reviewed_by (somebody else); expires_on. The raw file and its SHA-256 stay what they are; every use is
a row of `warehouse.correction`.

Where the figure isn't the expected one any more, the source was mended: nothing is altered, and a finding says that the correction must go.
After its day a correction is no longer used, and a finding says so while the wrong figure still comes.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.findings.issues import Issue, issue
from chiso.province.periods import Period
from chiso.system.errors import ContractError, Fault

if TYPE_CHECKING:
    from chiso.deliveries.staged import Staged

FILE = "corrections.csv"
TABLE = "warehouse.correction"
COLUMNS = (
    "id", "source", "period", "calendar", "row_key", "column", "expected", "value", "reason", "requested_by", "reviewed_by", "expires_on",
)  # fmt: skip


@dataclass(frozen=True)
class Correction:
    """A line of the file. expected: None where the cell is blank."""

    id: str
    source: str
    period: Period
    row_key: str
    column: str
    expected: Decimal | None
    value: Decimal
    reason: str
    requested_by: str
    reviewed_by: str
    expires_on: date


@dataclass(frozen=True)
class Used:
    """A correction that altered a staged row."""

    correction: Correction
    row_no: int
    line: int


@dataclass(frozen=True)
class Applied:
    """What came of a source's corrections in a delivery. issues: of those that weren't used."""

    used: tuple[Used, ...]
    issues: tuple[Issue, ...]


def load(schemas: Path) -> list[Correction]:
    """The file below `schemas`, in its order. Raises ContractError with every fault, each with its line."""
    path = schemas / "reference" / FILE
    found: list[Correction] = []
    faults: list[Fault] = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ContractError(Fault(_NAME, "line 1", f"the columns must be {', '.join(COLUMNS)}"))
        for row in reader:
            try:
                found.append(_read(row, {each.id for each in found}))
            except ValueError as fault:
                faults.append(Fault(_NAME, f"line {reader.line_num}", str(fault)))
    if faults:
        raise ContractError(*faults)
    return found


_NAME = f"include/schemas/reference/{FILE}"


def _read(row: Mapping[str, str | None], known: set[str]) -> Correction:
    said = {name: (row[name] or "").strip() for name in COLUMNS}
    for name in set(COLUMNS) - {"expected"}:
        if not said[name]:
            raise ValueError(f"{name} is missing")
    if said["id"] in known:
        raise ValueError(f"{said['id']} is stated twice; each correction needs an id of its own")
    if said["requested_by"] == said["reviewed_by"]:
        raise ValueError("is reviewed by who requested it; somebody else must look at it")
    try:
        figures = [Decimal(said[name]) if said[name] else None for name in ("expected", "value")]
        period, last = Period.of(said["period"], said["calendar"]), date.fromisoformat(said["expires_on"])
    except (InvalidOperation, ValueError) as fault:
        raise ValueError("expected and value must be numbers like 1250.5, period one of its calendar, expires_on a day like 2024-12-31") from fault
    expected, value = figures
    if value is None or expected == value:
        raise ValueError("value is the expected one, so there is nothing to correct")
    return Correction(
        said["id"], said["source"], period, said["row_key"], said["column"], expected, value, said["reason"], said["requested_by"],
        said["reviewed_by"], last,
    )  # fmt: skip


def faults(corrections: Sequence[Correction], contracts: Mapping[str, Contract]) -> list[Fault]:
    """Corrections that name no source, or no column of figures in it; contracts: the sound ones, by source."""
    found = []
    for each in corrections:
        contract = contracts.get(each.source)
        columns = {column.name: column for column in contract.loaded_columns} if contract else {}
        if contract is None:
            found.append(Fault(_NAME, each.id, f"{each.source!r} is no source"))
        elif each.column not in columns or columns[each.column].how.kind != "figure":
            found.append(Fault(_NAME, each.id, f"{each.column!r} is no column of figures of {each.source}"))
    return found


def apply(connection: sa.Connection, staged: "Staged", corrections: Sequence[Correction], today: date) -> Applied:
    """Puts the right figures into the staged rows, in the connection's transaction. corrections: of any source and period."""
    used: list[Used] = []
    issues: list[Issue] = []
    for each in corrections:
        if (each.source, each.period) != (staged.contract.source, staged.period):
            continue
        rows = _rows(connection, staged, each)
        if each.expires_on < today:
            issues += [_said("correction_expired", staged, each, row) for row in rows if row.found == each.expected]
            continue
        for row in rows:
            if row.found != each.expected:
                issues.append(_said("correction_outdated", staged, each, row))
                continue
            connection.execute(
                sa.text(f'UPDATE {staged.scratch.rows} SET "{each.column}" = CAST(:value AS {row.kind}) WHERE row_no = :row'),
                {"value": str(each.value), "row": row.row_no},
            )
            used.append(Used(each, row.row_no, row.line or row.row_no))
        if not rows:
            issues.append(_said("correction_without_row", staged, each, None))
    return Applied(tuple(used), tuple(issues))


def _rows(connection: sa.Connection, staged: "Staged", each: Correction) -> Sequence[sa.Row[Any]]:
    key = ", ".join(f'coalesce(s."{name}"::text, \'\')' for name in staged.contract.key)
    return connection.execute(
        sa.text(
            f'SELECT s.row_no, s.line, CAST(s."{each.column}" AS numeric) AS found, pg_typeof(s."{each.column}")::text AS kind '
            f"FROM {staged.scratch.rows} s WHERE concat_ws(' / ', {key}) = :key ORDER BY s.row_no"
        ),
        {"key": each.row_key},
    ).all()


def _said(rule: str, staged: "Staged", each: Correction, row: sa.Row[Any] | None) -> Issue:
    letter = staged.letters.get(each.column)
    line = row and (row.line or row.row_no)
    return issue(
        rule, "warning", "flag", staged.contract.terms.responsible, sheet=staged.sheet if row else None, row=line,
        cell=f"{letter}{line}" if letter and line else None, column=each.column, value=None if row is None or row.found is None else f"{row.found:f}",
        is_figure=True, correction=each.id, key=each.row_key, expected="(trống)" if each.expected is None else f"{each.expected:f}",
        until=f"{each.expires_on:%d/%m/%Y}",
    )  # fmt: skip


def write(connection: sa.Connection, delivery_id: int, used: Sequence[Used]) -> None:
    """Writes down which corrections a delivery's facts rest on."""
    if used:
        connection.execute(
            sa.text(
                f"INSERT INTO {TABLE} (delivery_id, row_no, line, column_name, correction, before, after, reason, requested_by, "
                "reviewed_by, expires_on) "
                "VALUES (:delivery, :row, :line, :column, :id, :before, :after, :reason, :requested, :reviewed, :expires)"
            ),
            [
                {
                    "delivery": delivery_id, "row": each.row_no, "line": each.line, "column": each.correction.column, "id": each.correction.id,
                    "before": each.correction.expected, "after": each.correction.value, "reason": each.correction.reason,
                    "requested": each.correction.requested_by, "reviewed": each.correction.reviewed_by, "expires": each.correction.expires_on,
                }
                for each in used
            ],
        )  # fmt: skip
