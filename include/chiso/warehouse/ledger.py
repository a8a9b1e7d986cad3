"""Counts and sums of current events, kept as a ledger: every load writes by how much it changed them.

So a period's figures are a sum over few rows, however many events there are, and are known as of every load.
Derived from the events, and made anew when what is counted changes.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Counted, Rows
from chiso.contracts import Contract, Measure
from chiso.deliveries.events import (
    bore_the_code,
    is_newer,
    newest_first,
    own_time,
    same_thing,
    stands,
    thing,
    unit_code,
)

LEDGER = ("warehouse.event_ledger", "warehouse.event_origin")
"""Derived from events, and made anew now and then."""
_CHANGES, _BEFORE, _DAYS = "event_change", "event_before", "event_day"


def count(connection: sa.Connection, contract: Contract, delivery_id: int, added: str, earlier: str = stands("v")) -> None:
    """Writes what the events in `added`, all of this delivery, change.

    earlier: SQL condition on `v`, true for the versions that were loaded before and stand.
    """
    _find_changes(connection, contract, delivery_id, added, earlier)
    _write_changes(connection, contract, delivery_id)


def take_back(connection: sa.Connection, contract: Contract, delivery_id: int, deliveries: Sequence[int]) -> None:
    """Writes, under `delivery_id`, what it changes that `deliveries`, which stand until now, are withdrawn."""
    ids = ", ".join(map(str, deliveries))
    gone = f"(SELECT * FROM {contract.fact_table} WHERE delivery_id IN ({ids}) AND portion IN (0, {ids}))"
    shape = ", ".join(["change", *_plain(contract), "delivery_id", *_labels(contract)])
    standing = _newest_of(contract, -1, gone, stands("v"))
    _fill(connection, _CHANGES, f"SELECT {shape} FROM ({standing}) b WHERE delivery_id IN ({ids})")
    left = _newest_of(contract, 1, _CHANGES, f"{stands('v')} AND v.delivery_id NOT IN ({ids})")
    connection.execute(sa.text(f"INSERT INTO {_CHANGES} SELECT {shape} FROM ({left}) n"))
    _write_changes(connection, contract, delivery_id)


def _write_changes(connection: sa.Connection, contract: Contract, delivery_id: int) -> None:
    for place in _places(contract):
        _write(connection, contract, delivery_id, place)
    connection.exec_driver_sql(f"DROP TABLE {_CHANGES}")


def days_counted(connection: sa.Connection, contract: Contract, delivery_id: int) -> list[date]:
    """A day of each half-month in which the delivery's load changed a figure, or where one comes from.

    What stands changes in every half-month from the first that changed to the newest of which the source has spoken.
    """
    standing = [measure.id for measure in contract.measures if measure.stands]
    asked = {"delivery": delivery_id, "standing": standing, "source": contract.source}
    counted = sa.text(
        "SELECT DISTINCT span_start FROM warehouse.event_origin WHERE delivery_id = :delivery AND counted_by <> ALL(:standing)"
    )
    days = list(connection.execute(counted, asked).scalars())
    stood = sa.text(
        "SELECT (SELECT min(span_start) FROM warehouse.event_ledger WHERE delivery_id = :delivery AND measure = ANY(:standing)), "
        "(SELECT max(o.span_start) FROM warehouse.event_origin o JOIN landing.delivery d ON d.delivery_id = o.origin_id "
        "WHERE d.source = :source AND o.counted_by <> ALL(:standing) AND o.span_start <= d.received_at)"
    )
    first, last = connection.execute(stood, asked).one()
    return days + (_half_months(first, last) if first and last else [])


def _half_months(first: date, last: date) -> list[date]:
    months = [date(year, month, 1) for year in range(first.year, last.year + 1) for month in range(1, 13)]
    return [day for month in months for day in (month, month.replace(day=15)) if first <= day <= last]


def recount(connection: sa.Connection, contract: Contract) -> None:
    """Makes the ledger anew where it was counted by other measures or units than today's, load by load.

    The caller holds the source's load lock.
    """
    basis = _basis(connection, contract)
    known = connection.execute(
        sa.text("SELECT basis_sha256 FROM warehouse.event_basis WHERE source = :source"), {"source": contract.source}
    ).scalar()
    if known == basis:
        return
    found = connection.execute(
        sa.text(
            "SELECT v.delivery_id FROM validation.verdict v JOIN landing.delivery d USING (delivery_id) "
            f"WHERE d.source = :source AND v.accepted AND v.same_as IS NULL AND v.loaded_count > 0 AND {stands('v')} "
            "ORDER BY v.verdict_id"
        ),
        {"source": contract.source},
    )
    loads = list(found.scalars())
    changed = sorted(_clear(connection, contract) | set(loads))
    for place, delivery in enumerate(loads):
        earlier = f"v.delivery_id = ANY(ARRAY{loads[:place]}::bigint[])"
        added = f"(SELECT * FROM {contract.fact_table} WHERE delivery_id = {delivery} AND portion IN (0, {delivery}))"
        count(connection, contract, delivery, added, earlier)
    connection.execute(
        sa.text(
            "INSERT INTO warehouse.event_basis VALUES (:source, :basis) "
            "ON CONFLICT (source) DO UPDATE SET basis_sha256 = excluded.basis_sha256"
        ),
        {"source": contract.source, "basis": basis},
    )
    rows = [Rows.of("warehouse.event_basis", contract.source), *(Rows.of(table, *changed) for table in LEDGER)]
    audit.record(connection, Counted(contract.source, len(loads)), rows=rows)


def _clear(connection: sa.Connection, contract: Contract) -> set[int]:
    """Empties the ledger of a source; returns the deliveries under which something was written."""
    cleared: set[int] = set()
    for table in LEDGER:
        rows = connection.execute(
            sa.text(
                f"DELETE FROM {table} WHERE delivery_id IN (SELECT delivery_id FROM landing.delivery WHERE source = :source) "
                "RETURNING delivery_id"
            ),
            {"source": contract.source},
        )
        cleared |= set(rows.scalars())
    return cleared


class _Place(NamedTuple):
    """Measures that are counted at the same moments. moments: SQL on a row `c`, each with what a row counts there."""

    name: str
    measures: list[Measure]
    moments: list[tuple[str, int]]


def _places(contract: Contract) -> list[_Place]:
    found: dict[str, _Place] = {}
    for measure in contract.measures:
        moments = [(measure.since_sql("c."), 1), *([(f'c."{measure.until}"', -1)] if measure.until else [])]
        found.setdefault(measure.counted_at, _Place(measure.counted_at, [], moments)).measures.append(measure)
    return [found[name] for name in sorted(found)]


def _find_changes(connection: sa.Connection, contract: Contract, delivery_id: int, added: str, earlier: str) -> None:
    """Fills a temporary table: +1 for a version that becomes its thing's current one, -1 for the one that was."""
    plain, names = ", ".join(_plain(contract)), ", ".join(_labels(contract))
    within = ", ".join(f'a."{name}" DESC' for name in [*contract.thing_key, *own_time(contract)])
    replaces = is_newer(contract, ("c", "d"), ("b", "b"))
    given = f"SELECT received_at FROM landing.delivery WHERE delivery_id = {delivery_id}"
    # A large delivery's rows are indexed by thing and time: reading them in that order spares the sort.
    connection.exec_driver_sql("SET LOCAL enable_sort = off")
    newest = f"(SELECT DISTINCT ON ({thing(contract, 'a')}) * FROM {added} a ORDER BY {within}) newest"
    _fill(connection, _CHANGES, f"SELECT 1 AS change, {plain}, delivery_id, {_figures(contract)} FROM {newest}")
    connection.exec_driver_sql("SET LOCAL enable_sort = on")
    if _fill(connection, _BEFORE, _newest_of(contract, -1, _CHANGES, earlier)):
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


def _fill(connection: sa.Connection, table: str, rows: str) -> int:
    """Makes a temporary table of the rows of a SELECT; returns how many."""
    return connection.execute(sa.text(f"CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS {rows}")).rowcount


def _newest_of(contract: Contract, change: int, things: str, condition: str) -> str:
    """SELECT of the version that counts of each thing that a table of things names, among the versions `v` of a condition."""
    return (
        f"SELECT DISTINCT ON ({thing(contract, 'v')}) {change} AS change, {', '.join(_plain(contract))}, delivery_id, {_figures(contract)}, "
        f"received_at FROM {contract.fact_table} v JOIN landing.delivery d USING (delivery_id) "
        f"WHERE {condition} AND ({thing(contract, 'v')}) IN (SELECT {thing(contract, 'c')} FROM {things} c) "
        f"ORDER BY {thing(contract, 'v')}, {newest_first(contract, 'v', 'd')}"
    )


def _plain(contract: Contract) -> list[str]:
    """The columns by which versions are told apart, placed and counted, in quotes."""
    terms = contract.terms
    moments = sorted({name for measure in contract.measures for name in measure.moments})
    own = [*contract.thing_key, *own_time(contract), *moments, *([terms.unit] if terms.unit else []), str(terms.unit_at)]
    return [f'"{name}"' for name in dict.fromkeys([*own, *terms.dimensions])]


def _labels(contract: Contract) -> list[str]:
    return [f'"{measure.label}"' for measure in contract.measures]


def _figures(contract: Contract) -> str:
    """What a version adds to each measure, under the measure's label."""
    return ", ".join(f'({_figure(measure)}) AS "{measure.label}"' for measure in contract.measures)


def _figure(measure: Measure) -> str:
    """SQL for what a version adds: whether it is counted, or the figure that it brings."""
    if measure.is_count:
        return measure.holds_sql()
    return f"CASE WHEN {measure.holds_sql()} THEN {measure.row_sql()} END"


def _write(connection: sa.Connection, contract: Contract, delivery_id: int, place: _Place) -> None:
    """Sums the changes of measures counted at one place, by unit, dimensions and the delivery that brought the version."""
    terms, measures = contract.terms, place.measures
    moments = ", ".join(f"({moment}, {sign})" for moment, sign in place.moments)
    whether = f' AND "{measures[0].label}"' if measures[0].stands else ""
    sums = ", ".join(f'{_change(measure)} AS "{measure.label}"' for measure in measures)
    lines = ", ".join(f"('{measure.id}', g.\"{measure.label}\")" for measure in measures)
    dimensions = "".join(f', "{name}"' for name in terms.dimensions)
    named = ", ".join(f"'{name}', g.\"{name}\"" for name in terms.dimensions)
    connection.execute(
        sa.text(
            f"CREATE TEMPORARY TABLE {_DAYS} ON COMMIT DROP AS SELECT {unit_code(contract, 'c')} AS counted_unit, "
            f'"{terms.unit_at}"::date AS counted_unit_at, '
            f"x.moment::date AS counted_day, delivery_id{dimensions}, sum(change * x.sign) AS change, {sums} FROM {_CHANGES} c "
            f"CROSS JOIN LATERAL (VALUES {moments}) x(moment, sign) "
            f"WHERE x.moment IS NOT NULL{whether} GROUP BY 1, 2, 3, delivery_id{dimensions}"
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
            f"SELECT {delivery_id}, '{place.name}', {_span('counted_day')}, delivery_id, sum(change) "
            f"FROM {_DAYS} GROUP BY 3, 4 HAVING sum(change) <> 0"
        )
    )
    connection.exec_driver_sql(f"DROP TABLE {_DAYS}")


def _change(measure: Measure) -> str:
    if measure.is_count:
        return f'sum(change * x.sign) FILTER (WHERE "{measure.label}")'
    return f'sum(change * x.sign * "{measure.label}")'


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
