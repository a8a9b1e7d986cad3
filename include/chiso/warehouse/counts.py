"""Counts of current versions, kept as a ledger: every load writes by how much it changed them.

So a period's figures are a sum over few rows, however many versions there are, and are known as of every load.
Derived from the versions, and made anew when what is counted changes.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from chiso import audit
from chiso.contracts import Contract, Measure
from chiso.system.settings import Settings
from chiso.warehouse.fingerprint import ledger_fingerprint

_CHANGES, _BEFORE, _DAYS = "version_change", "version_before", "version_day"


def count(connection: sa.Connection, contract: Contract, delivery_id: int, added: str, earlier: str = "true") -> None:
    """Writes what the versions in `added`, all of this delivery, change.

    earlier: SQL condition on `v`, true for the versions that were loaded before.
    """
    _find_changes(connection, contract, delivery_id, added, earlier)
    for column in counted_by(contract):
        _write(connection, contract, delivery_id, column)
    connection.exec_driver_sql(f"DROP TABLE {_CHANGES}")


def days_counted(connection: sa.Connection, delivery_id: int) -> list[date]:
    """A day of each half-month in which the delivery's load changed a count, or where one comes from."""
    found = sa.text("SELECT DISTINCT span_start FROM warehouse.version_origin WHERE delivery_id = :delivery")
    return list(connection.execute(found, {"delivery": delivery_id}).scalars())


def recount(connection: sa.Connection, contract: Contract, settings: Settings) -> audit.Head | None:
    """Makes the ledger anew where it was counted by other measures or agencies than today's, load by load.

    The caller holds the source's load lock.
    """
    basis = _basis(contract, settings)
    known = connection.execute(
        sa.text("SELECT basis_sha256 FROM warehouse.count_basis WHERE source = :source"), {"source": contract.source}
    ).scalar()
    if known == basis:
        return None
    versions = contract.terms.versions
    assert versions is not None  # noqa: S101 - only delta sources are counted
    found = connection.execute(
        sa.text(
            "SELECT v.delivery_id FROM validation.verdict v JOIN landing.delivery d USING (delivery_id) "
            "WHERE d.source = :source AND v.accepted AND v.same_as IS NULL AND v.loaded_count > 0 ORDER BY v.verdict_id"
        ),
        {"source": contract.source},
    )
    loads = list(found.scalars())
    for table in ("version_count", "version_origin"):
        connection.execute(sa.text(f"DELETE FROM warehouse.{table} WHERE delivery_id = ANY(:loads)"), {"loads": loads})
    head = None
    for place, delivery in enumerate(loads):
        earlier = f"v.delivery_id = ANY(ARRAY{loads[:place]}::bigint[])"
        added = f"(SELECT * FROM warehouse.{versions.table} WHERE delivery_id = {delivery} AND portion IN (0, {delivery})) a"
        count(connection, contract, delivery, added, earlier)
        head = record(connection, delivery)
    connection.execute(
        sa.text(
            "INSERT INTO warehouse.count_basis VALUES (:source, :basis) "
            "ON CONFLICT (source) DO UPDATE SET basis_sha256 = excluded.basis_sha256"
        ),
        {"source": contract.source, "basis": basis},
    )
    return head


def record(connection: sa.Connection, delivery_id: int) -> audit.Head:
    """Writes into the audit chain what the delivery's load left in the ledger; the newest such event holds."""
    return audit.record(
        connection, "warehouse", "counted", {"ledger": ledger_fingerprint(connection, delivery_id)}, delivery_id
    )


def counted_by(contract: Contract) -> list[str]:
    """The timestamps by which the contract's measures are counted."""
    return sorted({measure.counted_by for measure in contract.terms.measures if measure.counted_by})


def _find_changes(connection: sa.Connection, contract: Contract, delivery_id: int, added: str, earlier: str) -> None:
    """Fills a temporary table: +1 for a version that becomes its thing's current one, -1 for the one that was."""
    versions = contract.terms.versions
    assert versions is not None  # noqa: S101 - only delta sources are counted
    terms, key, at = contract.terms, f'"{versions.key}"', f'"{versions.at}"'
    listed = dict.fromkeys([versions.key, versions.at, *counted_by(contract), str(terms.unit), str(terms.unit_at)])
    plain = ", ".join(f'"{name}"' for name in listed)
    flags = ", ".join(f'({measure.when}) AS "{measure.id}"' for measure in terms.measures)
    names = ", ".join(f'"{measure.id}"' for measure in terms.measures)
    older = f"(b.{at}, b.received_at, b.delivery_id) < (c.{at}, d.received_at, c.delivery_id)"
    given = f"SELECT received_at FROM landing.delivery WHERE delivery_id = {delivery_id}"
    # A large delivery's rows are indexed by thing and time: reading them in that order spares the sort.
    connection.exec_driver_sql("SET LOCAL enable_sort = off")
    connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE {_CHANGES} ON COMMIT DROP AS SELECT 1 AS change, {plain}, delivery_id, {flags} FROM "
            f"(SELECT DISTINCT ON ({key}) * FROM {added} ORDER BY {key} DESC, {at} DESC) newest"
        )
    )
    connection.exec_driver_sql("SET LOCAL enable_sort = on")
    known = connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE {_BEFORE} ON COMMIT DROP AS SELECT DISTINCT ON ({key}) -1 AS change, {plain}, delivery_id, {flags}, received_at "
            f"FROM warehouse.{versions.table} v JOIN landing.delivery d USING (delivery_id) "
            f"WHERE {earlier} AND v.{key} IN (SELECT {key} FROM {_CHANGES}) ORDER BY {key}, {at} DESC, received_at DESC, delivery_id DESC"
        )
    ).rowcount
    if known:
        connection.execute(
            sa.text(f"DELETE FROM {_CHANGES} c USING {_BEFORE} b, ({given}) d WHERE b.{key} = c.{key} AND NOT {older}")
        )
        connection.execute(
            sa.text(
                f"INSERT INTO {_CHANGES} SELECT change, {plain}, delivery_id, {names} FROM {_BEFORE} b "
                f"WHERE {key} IN (SELECT {key} FROM {_CHANGES})"
            )
        )
    connection.exec_driver_sql(f"DROP TABLE {_BEFORE}")


def _write(connection: sa.Connection, contract: Contract, delivery_id: int, column: str) -> None:
    """Sums the changes of the measures counted by `column`, by unit and by the delivery that brought the version."""
    terms = contract.terms
    measures: Sequence[Measure] = [measure for measure in terms.measures if measure.counted_by == column]
    sums = ", ".join(f'sum(change) FILTER (WHERE "{measure.id}") AS "{measure.id}"' for measure in measures)
    lines = ", ".join(f"('{measure.id}', g.\"{measure.id}\")" for measure in measures)
    connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE {_DAYS} ON COMMIT DROP AS SELECT \"{terms.unit}\" AS unit, \"{terms.unit_at}\"::date AS unit_at, "
            f'"{column}"::date AS day, delivery_id, sum(change) AS change, {sums} FROM {_CHANGES} '
            f'WHERE "{column}" IS NOT NULL GROUP BY 1, 2, 3, 4'
        )
    )
    connection.execute(
        sa.text(
            f"INSERT INTO warehouse.version_count SELECT {delivery_id}, x.measure, u.code, u.valid_from, {_span('day')}, sum(x.change) "
            f"FROM {_DAYS} g LEFT JOIN warehouse.unit u ON u.register = 'agency' AND u.code = g.unit "
            "AND g.unit_at BETWEEN u.valid_from AND u.valid_to "
            f"CROSS JOIN LATERAL (VALUES {lines}) x(measure, change) WHERE x.change <> 0 "
            "GROUP BY 2, 3, 4, 5 HAVING sum(x.change) <> 0"
        )
    )
    connection.execute(
        sa.text(
            f"INSERT INTO warehouse.version_origin SELECT {delivery_id}, '{column}', {_span('day')}, delivery_id, sum(change) "
            f"FROM {_DAYS} GROUP BY 3, 4 HAVING sum(change) <> 0"
        )
    )
    connection.exec_driver_sql(f"DROP TABLE {_DAYS}")


def _span(column: str) -> str:
    """SQL for the first day of the half-month: 1st or 15th, so that months of both calendars are made of whole ones."""
    day = f'"{column}"'
    return f"({day}::date - (date_part('day', {day})::int - CASE WHEN date_part('day', {day}) < 15 THEN 1 ELSE 15 END))"


def _basis(contract: Contract, settings: Settings) -> str:
    terms = contract.terms
    what = [[measure.id, measure.when, measure.counted_by] for measure in terms.measures] + [terms.unit, terms.unit_at]
    agencies = [path.read_text("utf-8") for path in sorted((settings.schemas / "reference").glob("agenc*"))]
    return hashlib.sha256(json.dumps([what, agencies]).encode()).hexdigest()
