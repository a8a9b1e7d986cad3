"""Measures at a period: rolled up over time and units, each figure with the deliveries it was taken from.

flow: the sum over the source's own periods inside; stock: the last one that was delivered; a rate is made of its
parts after they were rolled up. What is missing of the period is said.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from chiso.contracts import Contract, Measure
from chiso.indicators.slices import Chosen, Lack, Slice, choose, current_slices
from chiso.province.periods import Period


class UnitKey(NamedTuple):
    """A unit on its time axis; register `admin_unit` or `agency`."""

    register: str
    code: str
    valid_from: date


class MeasureKey(NamedTuple):
    """A measure of a source; written `departments/telecom.households`."""

    source: str
    measure: str

    def __str__(self) -> str:
        return f"{self.source}.{self.measure}"


@dataclass(frozen=True)
class Basis:
    """Where a measure's figure at a period comes from.

    moves: the figure is counted over events, which go on changing; otherwise a change is a restatement. official: of figures
    that come preliminary and official, whether all of these are official; None where the source makes no such difference.
    """

    source: str
    deliveries: tuple[int, ...]
    lacks: tuple[Lack, ...]
    moves: bool = False
    official: bool | None = None


@dataclass(frozen=True)
class Figures:
    """A measure at a period: for the province and every unit that has one, and by the dimensions that were asked for.

    values: the province's over all rows, a unit's over its own, a district's over its communes.
    parts: dimension → unit and value of the dimension → figure.
    """

    measure: Measure
    basis: Basis
    values: Mapping[UnitKey, Decimal]
    parts: Mapping[str, Mapping[tuple[UnitKey, str | None], Decimal]] = field(default_factory=dict)


def figures(
    connection: sa.Connection,
    contracts: Iterable[Contract],
    period: Period,
    province: UnitKey,
    wanted: Mapping[MeasureKey, frozenset[str]] | None = None,
) -> dict[MeasureKey, Figures]:
    """The wanted measures at `period`, each by the dimensions named for it; sources without a delivery for it are left out.

    wanted: measure → dimensions by which it is wanted too; None: every measure, by none.
    """
    found: dict[MeasureKey, Figures] = {}
    for contract in contracts:
        measures = {
            measure: wanted.get(MeasureKey(contract.source, measure.id), frozenset()) if wanted else frozenset[str]()
            for measure in contract.measures
            if wanted is None or MeasureKey(contract.source, measure.id) in wanted
        }
        if measures:
            read = _of_events if contract.has_events else _of_rows
            found |= {
                MeasureKey(contract.source, each.measure.id): each
                for each in read(connection, contract, period, province, measures)
            }
    return found


_Wanted = Mapping[Measure, frozenset[str]]


# --- Snapshots: forms and lists ---


def _of_rows(
    connection: sa.Connection, contract: Contract, period: Period, province: UnitKey, wanted: _Wanted
) -> list[Figures]:
    known = current_slices(connection, contract, period.calendar)
    found = []
    for kind in ("stock", "flow"):
        measures = {measure: dimensions for measure, dimensions in wanted.items() if measure.kind == kind}
        chosen = choose(contract, kind, period, known) if measures else None
        if chosen:
            lacks = _lacks(connection, contract, chosen)
            basis = Basis(contract.source, chosen.deliveries, lacks, official=chosen.official)
            found += _aggregated(connection, contract, measures, chosen.slices, basis, province)
    return found


def _lacks(connection: sa.Connection, contract: Contract, chosen: Chosen) -> tuple[Lack, ...]:
    periods = [Lack(contract.source, "period", gap.code, gap.calendar) for gap in chosen.lacks]
    rows = connection.execute(
        sa.text(
            "SELECT v.period, v.calendar, v.rejected_count FROM validation.verdict v "
            "WHERE v.accepted AND v.rejected_count > 0 AND v.delivery_id = ANY(:deliveries) ORDER BY v.delivery_id"
        ),
        {"deliveries": list(chosen.deliveries)},
    )
    rejected = [Lack(contract.source, "rows", row.period, row.calendar, row.rejected_count) for row in rows]
    return (*periods, *rejected)


_SCOPES = """CROSS JOIN LATERAL (VALUES ('province', NULL, NULL, NULL::date), ('own', f.unit_register, f.unit_code, f.unit_valid_from),
    ('parent', 'admin_unit', f.parent_code, f.parent_from)) k(scope, register, code, valid_from)
    WHERE k.scope = 'province' OR k.code IS NOT NULL"""
"""Each row counts for the province, for its own unit, and for the district of its commune."""


def _aggregated(
    connection: sa.Connection, contract: Contract, wanted: _Wanted, slices: Sequence[Slice], basis: Basis, province: UnitKey
) -> list[Figures]:
    rows = _grouped(connection, contract, list(wanted), slices, None)
    parts: dict[str, Sequence[sa.Row[Any]]] = {}
    for dimension in sorted({name for dimensions in wanted.values() for name in dimensions}):
        measures = [measure for measure, dimensions in wanted.items() if dimension in dimensions]
        parts[dimension] = _grouped(connection, contract, measures, slices, dimension)
    return [
        Figures(
            measure,
            basis,
            {unit: value for unit, _, value in _figures(contract, measure, rows, province)},
            {
                dimension: {(unit, part): value for unit, part, value in _figures(contract, measure, parts[dimension], province)}
                for dimension in dimensions
            },
        )
        for measure, dimensions in wanted.items()
    ]


def _grouped(
    connection: sa.Connection, contract: Contract, measures: Sequence[Measure], slices: Sequence[Slice], dimension: str | None
) -> Sequence[sa.Row[Any]]:
    part = f'f."{dimension}"::text' if dimension else "NULL::text"
    sums = ", ".join(f'{measure.aggregate_sql("f.")} AS "{measure.id}"' for measure in measures)
    return connection.execute(
        sa.text(f"""
        WITH f AS ({rows_sql(contract)})
        SELECT k.scope, k.register, k.code, k.valid_from, {part} AS part, {sums} FROM f {_SCOPES} GROUP BY 1, 2, 3, 4, 5"""),
        {"slices": as_json(slices)},
    ).all()


def rows_sql(contract: Contract) -> str:
    """SELECT of the rows of the slices in :slices (see `as_json`), each with its unit's district."""
    return f"""SELECT t.*, p.code AS parent_code, p.valid_from AS parent_from
        FROM jsonb_to_recordset(CAST(:slices AS jsonb)) s(delivery_id bigint, period text, reporter text)
        JOIN {contract.fact_table} t USING (delivery_id, period, reporter)
        LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (t.unit_register, t.unit_code, t.unit_valid_from)
        LEFT JOIN warehouse.unit p ON p.register = u.register AND u.register = 'admin_unit' AND p.code = u.parent_code
            AND p.level = 'district' AND u.valid_from BETWEEN p.valid_from AND p.valid_to"""


def as_json(slices: Iterable[Slice]) -> str:
    """Slices as a parameter of SQL."""
    return json.dumps(
        [{"delivery_id": each.delivery_id, "period": each.period.code, "reporter": each.reporter} for each in slices]
    )


def _figures(
    contract: Contract, measure: Measure, rows: Sequence[sa.Row[Any]], province: UnitKey
) -> Iterable[tuple[UnitKey, str | None, Decimal]]:
    """Figures by unit; of a score or rank, which stands for its own unit alone, the province's only where it is its own."""
    scopes = ["parent", "own", "province"]
    if measure.over_rows == "none":
        scopes = ["own"] if contract.terms.unit else ["province"]
    for scope in scopes:
        for row in rows:
            value = row._mapping[measure.id]
            if row.scope == scope and value is not None:
                unit = province if scope == "province" else UnitKey(row.register, row.code, row.valid_from)
                yield unit, row.part, Decimal(value)


# --- Events: counted and summed at their own grain ---


def _of_events(
    connection: sa.Connection, contract: Contract, period: Period, province: UnitKey, wanted: _Wanted
) -> list[Figures]:
    """Sums what every load changed in the figures of current events, over the half-months of the period."""
    basis = _coverage(connection, contract, period)
    if basis is None:
        return []
    origins = _origins(connection, contract, period)
    found = []
    for measure, dimensions in wanted.items():
        used = replace(basis, deliveries=origins.get(str(measure.counted_by), ()))
        values = _ledger(connection, contract, measure, period, province, None)
        parts = {name: _ledger(connection, contract, measure, period, province, name) for name in dimensions}
        whole = {unit: value for (unit, _), value in values.items()}
        found.append(Figures(measure, used, {province: Decimal(0)} | whole, parts))
    return found


def _ledger(
    connection: sa.Connection, contract: Contract, measure: Measure, period: Period, province: UnitKey, dimension: str | None
) -> dict[tuple[UnitKey, str | None], Decimal]:
    part = "l.dimensions ->> :dimension" if dimension else "NULL::text"
    rows = connection.execute(
        sa.text(f"""
        WITH f AS (
            SELECT l.unit_register, l.unit_code, l.unit_valid_from, {part} AS part, l.change, p.code AS parent_code, p.valid_from AS parent_from
            FROM warehouse.event_ledger l
            LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (l.unit_register, l.unit_code, l.unit_valid_from)
            LEFT JOIN warehouse.unit p ON p.register = u.register AND u.register = 'admin_unit' AND p.code = u.parent_code
                AND p.level = 'district' AND u.valid_from BETWEEN p.valid_from AND p.valid_to
            WHERE l.source = :source AND l.measure = :measure AND l.span_start BETWEEN :first AND :last)
        SELECT k.scope, k.register, k.code, k.valid_from, f.part, sum(f.change) AS value FROM f {_SCOPES}
        GROUP BY 1, 2, 3, 4, 5 HAVING sum(f.change) <> 0"""),
        {"source": contract.source, "measure": measure.id, "first": period.start, "last": period.end}
        | ({"dimension": dimension} if dimension else {}),
    ).all()
    found: dict[tuple[UnitKey, str | None], Decimal] = {}
    for row in rows:
        unit = province if row.scope == "province" else UnitKey(row.register, row.code, row.valid_from)
        found[unit, row.part] = found.get((unit, row.part), Decimal(0)) + row.value if row.scope != "province" else row.value
    return found


def _origins(connection: sa.Connection, contract: Contract, period: Period) -> dict[str, tuple[int, ...]]:
    """Deliveries that brought the current events which are counted in the period, by the timestamp that counts."""
    rows = connection.execute(
        sa.text(
            "SELECT counted_by, origin_id FROM warehouse.event_origin o JOIN landing.delivery d ON d.delivery_id = o.origin_id "
            "WHERE d.source = :source AND span_start BETWEEN :first AND :last "
            "GROUP BY 1, 2 HAVING sum(change) <> 0 ORDER BY 1, 2"
        ),
        {"source": contract.source, "first": period.start, "last": period.end},
    ).all()
    return {column: tuple(row.origin_id for row in rows if row.counted_by == column) for column, _ in rows}


def _coverage(connection: sa.Connection, contract: Contract, period: Period) -> Basis | None:
    """The days that deliveries speak of, and what of the period none does; None where none speaks of a day in it."""
    spans = [each.period for each in current_slices(connection, contract, contract.terms.delivery.calendar)]
    days = days_of(spans)
    inside = [day for day in days_of([period]) if day in days]
    if not inside:
        return None
    known = [Slice(Period(day.isoformat(), period.calendar), "", 0) for day in inside]
    chosen = choose(contract, "flow", period, known)
    lacks = chosen.lacks if chosen else ()
    return Basis(contract.source, (), tuple(Lack(contract.source, "period", gap.code, gap.calendar) for gap in lacks), moves=True)


def days_of(periods: Collection[Period]) -> set[date]:
    """Every day of the periods."""
    return {date.fromordinal(n) for period in periods for n in range(period.start.toordinal(), period.end.toordinal() + 1)}
