"""Measures at a period: rolled up over time and units, each figure with the deliveries it was taken from.

flow: the sum over the source's own periods inside; stock: the last one that was delivered; a rate is made of its
parts after they were rolled up. What is missing of the period is said.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from chiso.contracts import Contract, Measure
from chiso.indicators.scopes import DISTRICT, keys, stands_alone
from chiso.indicators.slices import Chosen, Lack, Slice, choose, current_slices, of_share
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

    values: the province's over all rows, a unit's over its own, a district's over its own and its communes'.
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
    wanted: Mapping[MeasureKey, frozenset[str]],
) -> dict[MeasureKey, Figures]:
    """The wanted measures at `period`, each by the dimensions named for it; sources without a delivery for it are left out.

    wanted: measure → dimensions by which it is wanted too.
    """
    found: dict[MeasureKey, Figures] = {}
    for contract in contracts:
        keys = {MeasureKey(contract.source, measure.id): measure for measure in contract.measures}
        measures = {measure: wanted[key] for key, measure in keys.items() if key in wanted}
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
    found: list[Figures] = []
    alike = {(measure.kind, contract.share_of(measure)): measure for measure in wanted}
    for (kind, share), one in alike.items():
        measures = {each: wanted[each] for each in wanted if (each.kind, contract.share_of(each)) == (kind, share)}
        chosen = choose(contract, kind, period, of_share(contract, one, known))
        if chosen:
            lacks = _lacks(connection, contract, chosen)
            basis = Basis(contract.source, chosen.deliveries, lacks, official=chosen.official)
            found += _aggregated(connection, contract, measures, chosen.slices, basis, province)
    return found


def _lacks(connection: sa.Connection, contract: Contract, chosen: Chosen) -> tuple[Lack, ...]:
    rows = connection.execute(
        sa.text(
            "SELECT v.period, v.calendar, v.rejected_count FROM validation.verdict v "
            "WHERE v.accepted AND v.rejected_count > 0 AND v.delivery_id = ANY(:deliveries) ORDER BY v.delivery_id"
        ),
        {"deliveries": list(chosen.deliveries)},
    )
    rejected = [Lack(contract.source, "rows", row.period, row.calendar, row.rejected_count) for row in rows]
    return (*chosen.lacks, *rejected)


_Found = dict[tuple[UnitKey, str | None], Decimal]
"""Figures by unit and part; part None where they are by no dimension."""


def _aggregated(
    connection: sa.Connection, contract: Contract, wanted: _Wanted, slices: Sequence[Slice], basis: Basis, province: UnitKey
) -> Iterator[Figures]:
    whole = _grouped(connection, contract, list(wanted), slices, province, None)
    parts: dict[str, dict[Measure, _Found]] = {}
    for dimension in sorted({name for dimensions in wanted.values() for name in dimensions}):
        measures = [measure for measure, dimensions in wanted.items() if dimension in dimensions]
        parts[dimension] = _grouped(connection, contract, measures, slices, province, dimension)
    for measure, dimensions in wanted.items():
        values = {unit: value for (unit, _), value in whole[measure].items()}
        yield Figures(measure, basis, values, {dimension: parts[dimension][measure] for dimension in dimensions})


def _grouped(
    connection: sa.Connection,
    contract: Contract,
    measures: Sequence[Measure],
    slices: Sequence[Slice],
    province: UnitKey,
    dimension: str | None,
) -> dict[Measure, _Found]:
    part = f'f."{dimension}"::text' if dimension else "NULL::text"
    found: dict[Measure, _Found] = {measure: {} for measure in measures}
    for alone in (False, True):
        group = [measure for measure in measures if stands_alone(measure) == alone]
        if not group:
            continue
        sums = ", ".join(f'{measure.aggregate_sql("f.")} AS "{measure.label}"' for measure in group)
        rows = connection.execute(
            sa.text(f"""
            SELECT k.register, k.code, k.valid_from, {part} AS part, {sums} FROM ({rows_sql(contract)}) f {DISTRICT}
            JOIN LATERAL {keys(contract, alone=alone)} ON k.code IS NOT NULL GROUP BY 1, 2, 3, 4"""),
            {"slices": as_json(slices)} | province_parameters(province),
        )
        for row in rows:
            for measure in group:
                value = row._mapping[measure.label]
                if value is not None:
                    found[measure][UnitKey(row.register, row.code, row.valid_from), row.part] = Decimal(value)
    return found


def rows_sql(contract: Contract) -> str:
    """SELECT of the rows of the slices in :slices (see `as_json`)."""
    return f"""SELECT t.* FROM jsonb_to_recordset(CAST(:slices AS jsonb)) s(delivery_id bigint, period text, reporter text)
        JOIN {contract.fact_table} t USING (delivery_id, period, reporter)"""


def as_json(slices: Iterable[Slice]) -> str:
    """Slices as a parameter of SQL."""
    return json.dumps(
        [{"delivery_id": each.delivery_id, "period": each.period.code, "reporter": each.reporter} for each in slices]
    )


def province_parameters(province: UnitKey) -> dict[str, Any]:
    """The province as parameters of `chiso.indicators.scopes.keys`."""
    return {"province_register": province.register, "province_code": province.code, "province_from": province.valid_from}


# --- Events: counted and summed at their own grain ---


def _of_events(
    connection: sa.Connection, contract: Contract, period: Period, province: UnitKey, wanted: _Wanted
) -> list[Figures]:
    """Sums what every load changed in the figures of current events, over the half-months of the period."""
    basis = _coverage(connection, contract, period)
    if basis is None:
        return []
    origins = _origins(connection, contract, period)
    whole = _ledger(connection, contract, list(wanted), period, province, None)
    parts: dict[str, dict[Measure, _Found]] = {}
    for dimension in sorted({name for dimensions in wanted.values() for name in dimensions}):
        measures = [measure for measure, dimensions in wanted.items() if dimension in dimensions]
        parts[dimension] = _ledger(connection, contract, measures, period, province, dimension)
    found = []
    for measure, dimensions in wanted.items():
        used = replace(basis, deliveries=origins.get(measure.counted_at, ()))
        values = {province: Decimal(0)} | {unit: value for (unit, _), value in whole[measure].items()}
        found.append(Figures(measure, used, values, {name: parts[name][measure] for name in dimensions}))
    return found


def _ledger(
    connection: sa.Connection,
    contract: Contract,
    measures: Sequence[Measure],
    period: Period,
    province: UnitKey,
    dimension: str | None,
) -> dict[Measure, _Found]:
    part = "f.dimensions ->> :dimension" if dimension else "NULL::text"
    rows = connection.execute(
        sa.text(f"""
        SELECT f.measure, k.register, k.code, k.valid_from, {part} AS part, sum(f.change) AS value
        FROM warehouse.event_ledger f {DISTRICT} JOIN LATERAL {keys(contract, alone=False)} ON k.code IS NOT NULL
        WHERE f.source = :source AND f.measure = ANY(:measures) AND f.span_start <= :last
            AND (f.span_start >= :first OR f.measure = ANY(:standing))
        GROUP BY 1, 2, 3, 4, 5 HAVING sum(f.change) <> 0"""),
        {"source": contract.source, "measures": [measure.id for measure in measures], "first": period.start, "last": period.end}
        | {"standing": [measure.id for measure in measures if measure.stands]}
        | province_parameters(province)
        | ({"dimension": dimension} if dimension else {}),
    )
    found: dict[Measure, _Found] = {measure: {} for measure in measures}
    known = {measure.id: measure for measure in measures}
    for row in rows:
        found[known[row.measure]][UnitKey(row.register, row.code, row.valid_from), row.part] = row.value
    return found


def _origins(connection: sa.Connection, contract: Contract, period: Period) -> dict[str, tuple[int, ...]]:
    """Deliveries that brought the current events which are counted in the period, by the timestamp that counts."""
    rows = connection.execute(
        sa.text(
            "SELECT counted_by, origin_id FROM warehouse.event_origin o JOIN landing.delivery d ON d.delivery_id = o.origin_id "
            "WHERE d.source = :source AND span_start <= :last AND (span_start >= :first OR counted_by = ANY(:standing)) "
            "GROUP BY 1, 2 HAVING sum(change) <> 0 ORDER BY 1, 2"
        ),
        {
            "source": contract.source,
            "first": period.start,
            "last": period.end,
            "standing": [measure.id for measure in contract.measures if measure.stands],
        },
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
    return Basis(contract.source, (), chosen.lacks if chosen else (), moves=True)


def days_of(periods: Collection[Period]) -> set[date]:
    """Every day of the periods."""
    return {date.fromordinal(n) for period in periods for n in range(period.start.toordinal(), period.end.toordinal() + 1)}
