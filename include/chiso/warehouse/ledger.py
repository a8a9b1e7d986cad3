"""Counts and sums of current events, kept as a ledger: every load writes by how much it changed them.

So a period's figures are a sum over few rows, however many events there are, and are known as of every load.
Derived from the events, and made anew when what is counted changes.
"""

import hashlib
import json
from datetime import date

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Counted
from chiso.contracts import Contract, Measure
from chiso.deliveries.events import bore_the_code, is_newer, newest_first, own_time, same_thing, thing, unit_code
from chiso.warehouse.fingerprint import ledger_fingerprint

_CHANGES, _BEFORE, _DAYS = "event_change", "event_before", "event_day"


def count(connection: sa.Connection, contract: Contract, delivery_id: int, added: str, earlier: str = "true") -> None:
    """Writes what the events in `added`, all of this delivery, change.

    earlier: SQL condition on `v`, true for the versions that were loaded before.
    """
    _find_changes(connection, contract, delivery_id, added, earlier)
    for column in counted_by(contract):
        _write(connection, contract, delivery_id, column)
    connection.exec_driver_sql(f"DROP TABLE {_CHANGES}")


def days_counted(connection: sa.Connection, delivery_id: int) -> list[date]:
    """A day of each half-month in which the delivery's load changed a figure, or where one comes from."""
    found = sa.text("SELECT DISTINCT span_start FROM warehouse.event_origin WHERE delivery_id = :delivery")
    return list(connection.execute(found, {"delivery": delivery_id}).scalars())


def recount(connection: sa.Connection, contract: Contract) -> audit.Head | None:
    """Makes the ledger anew where it was counted by other measures or units than today's, load by load.

    The caller holds the source's load lock.
    """
    basis = _basis(connection, contract)
    known = connection.execute(
        sa.text("SELECT basis_sha256 FROM warehouse.event_basis WHERE source = :source"), {"source": contract.source}
    ).scalar()
    if known == basis:
        return None
    found = connection.execute(
        sa.text(
            "SELECT v.delivery_id FROM validation.verdict v JOIN landing.delivery d USING (delivery_id) "
            "WHERE d.source = :source AND v.accepted AND v.same_as IS NULL AND v.loaded_count > 0 ORDER BY v.verdict_id"
        ),
        {"source": contract.source},
    )
    loads = list(found.scalars())
    for table in ("event_ledger", "event_origin"):
        connection.execute(sa.text(f"DELETE FROM warehouse.{table} WHERE delivery_id = ANY(:loads)"), {"loads": loads})
    head = None
    for place, delivery in enumerate(loads):
        earlier = f"v.delivery_id = ANY(ARRAY{loads[:place]}::bigint[])"
        added = f"(SELECT * FROM {contract.fact_table} WHERE delivery_id = {delivery} AND portion IN (0, {delivery}))"
        count(connection, contract, delivery, added, earlier)
        head = audit.record(connection, Counted(ledger_fingerprint(connection, delivery)), delivery)
    connection.execute(
        sa.text(
            "INSERT INTO warehouse.event_basis VALUES (:source, :basis) "
            "ON CONFLICT (source) DO UPDATE SET basis_sha256 = excluded.basis_sha256"
        ),
        {"source": contract.source, "basis": basis},
    )
    return head


def counted_by(contract: Contract) -> list[str]:
    """The timestamps by which the contract's measures are counted."""
    return sorted({measure.counted_by for measure in contract.measures if measure.counted_by})


def _find_changes(connection: sa.Connection, contract: Contract, delivery_id: int, added: str, earlier: str) -> None:
    """Fills a temporary table: +1 for a version that becomes its thing's current one, -1 for the one that was."""
    terms, table = contract.terms, contract.fact_table
    at = own_time(contract)
    own = [*contract.thing_key, *at, *counted_by(contract), *([terms.unit] if terms.unit else []), str(terms.unit_at), *terms.dimensions]
    plain = ", ".join(f'"{name}"' for name in dict.fromkeys(own))
    figures = ", ".join(f'({_figure(measure)}) AS "{measure.label}"' for measure in contract.measures)
    names = ", ".join(f'"{measure.label}"' for measure in contract.measures)
    within = ", ".join(f'a."{name}" DESC' for name in [*contract.thing_key, *at])
    replaces = is_newer(contract, ("c", "d"), ("b", "b"))
    given = f"SELECT received_at FROM landing.delivery WHERE delivery_id = {delivery_id}"
    # A large delivery's rows are indexed by thing and time: reading them in that order spares the sort.
    connection.exec_driver_sql("SET LOCAL enable_sort = off")
    connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE {_CHANGES} ON COMMIT DROP AS SELECT 1 AS change, {plain}, delivery_id, {figures} FROM "
            f"(SELECT DISTINCT ON ({thing(contract, 'a')}) * FROM {added} a ORDER BY {within}) newest"
        )
    )
    connection.exec_driver_sql("SET LOCAL enable_sort = on")
    known = connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE {_BEFORE} ON COMMIT DROP AS "
            f"SELECT DISTINCT ON ({thing(contract, 'v')}) -1 AS change, {plain}, delivery_id, {figures}, received_at "
            f"FROM {table} v JOIN landing.delivery d USING (delivery_id) "
            f"WHERE {earlier} AND ({thing(contract, 'v')}) IN (SELECT {thing(contract, 'c')} FROM {_CHANGES} c) "
            f"ORDER BY {thing(contract, 'v')}, {newest_first(contract, 'v', 'd')}"
        )
    ).rowcount
    if known:
        connection.execute(
            sa.text(
                f"DELETE FROM {_CHANGES} c USING {_BEFORE} b, ({given}) d "
                f"WHERE {same_thing(contract, 'b', 'c')} AND NOT {replaces}"
            )
        )
        connection.execute(
            sa.text(
                f"INSERT INTO {_CHANGES} SELECT change, {plain}, delivery_id, {names} FROM {_BEFORE} b "
                f"WHERE ({thing(contract, 'b')}) IN (SELECT {thing(contract, 'c')} FROM {_CHANGES} c)"
            )
        )
    connection.exec_driver_sql(f"DROP TABLE {_BEFORE}")


def _figure(measure: Measure) -> str:
    """SQL for what a version adds: whether it is counted, or the figure that it brings."""
    if measure.is_count:
        return measure.holds_sql()
    return f"CASE WHEN {measure.holds_sql()} THEN {measure.row_sql()} END"


def _write(connection: sa.Connection, contract: Contract, delivery_id: int, column: str) -> None:
    """Sums the changes of the measures counted by `column`, by unit, dimensions and the delivery that brought the version."""
    terms = contract.terms
    measures = [measure for measure in contract.measures if measure.counted_by == column]
    sums = ", ".join(f'{_change(measure)} AS "{measure.label}"' for measure in measures)
    lines = ", ".join(f"('{measure.id}', g.\"{measure.label}\")" for measure in measures)
    dimensions = "".join(f', "{name}"' for name in terms.dimensions)
    named = ", ".join(f"'{name}', g.\"{name}\"" for name in terms.dimensions)
    connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE {_DAYS} ON COMMIT DROP AS SELECT {unit_code(contract, 'c')} AS counted_unit, "
            f'"{terms.unit_at}"::date AS counted_unit_at, '
            f'"{column}"::date AS counted_day, delivery_id{dimensions}, sum(change) AS change, {sums} FROM {_CHANGES} c '
            f'WHERE "{column}" IS NOT NULL GROUP BY 1, 2, 3, delivery_id{dimensions}'
        )
    )
    connection.execute(
        sa.text(
            "INSERT INTO warehouse.event_ledger "
            "(delivery_id, source, measure, unit_register, unit_code, unit_valid_from, span_start, dimensions, change) "
            f"SELECT {delivery_id}, :source, x.measure, u.register, u.code, u.valid_from, {_span('counted_day')}, "
            f"{f'jsonb_build_object({named})' if named else 'NULL::jsonb'}, sum(x.change) "
            f"FROM {_DAYS} g LEFT JOIN warehouse.unit u ON {bore_the_code('u', 'g.counted_unit', 'g.counted_unit_at')} "
            f"CROSS JOIN LATERAL (VALUES {lines}) x(measure, change) WHERE x.change <> 0 "
            "GROUP BY 3, 4, 5, 6, 7, 8 HAVING sum(x.change) <> 0"
        ),
        {"source": contract.source},
    )
    connection.execute(
        sa.text(
            "INSERT INTO warehouse.event_origin (delivery_id, counted_by, span_start, origin_id, change) "
            f"SELECT {delivery_id}, '{column}', {_span('counted_day')}, delivery_id, sum(change) "
            f"FROM {_DAYS} GROUP BY 3, 4 HAVING sum(change) <> 0"
        )
    )
    connection.exec_driver_sql(f"DROP TABLE {_DAYS}")


def _change(measure: Measure) -> str:
    if measure.is_count:
        return f'sum(change) FILTER (WHERE "{measure.label}")'
    return f'sum(change * "{measure.label}")'


def _span(column: str) -> str:
    """SQL for the first day of the half-month: 1st or 15th, so that months of both calendars are made of whole ones."""
    day = f'"{column}"'
    return f"({day}::date - (date_part('day', {day})::int - CASE WHEN date_part('day', {day}) < 15 THEN 1 ELSE 15 END))"


def _basis(connection: sa.Connection, contract: Contract) -> str:
    """Identifies what counts depend on: the contract's measures and terms, and when which unit's code is valid."""
    terms = contract.terms
    what = [measure.model_dump_json() for measure in contract.measures] + [terms.unit, terms.unit_at, terms.dimensions]
    what += [contract.table, contract.key, own_time(contract)]
    found = connection.execute(sa.text("SELECT register, code, valid_from, valid_to FROM warehouse.unit ORDER BY 1, 2, 3"))
    units = [[str(value) for value in row] for row in found]
    return hashlib.sha256(json.dumps([what, units]).encode()).hexdigest()
