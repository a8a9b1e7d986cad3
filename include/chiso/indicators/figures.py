"""Measures at a period: rolled up over time and units, each figure with the deliveries it was taken from.

flow: the sum over the source's own periods inside; stock: the last one that has a value; a rate is made of its
parts after they were rolled up. What is missing of the period is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import sqlalchemy as sa

from chiso.contracts import Contract, Measure
from chiso.province.periods import Period


class UnitKey(NamedTuple):
    """A unit on its time axis; register `admin_unit` or `agency`."""

    register: str
    code: str
    valid_from: date


@dataclass(frozen=True)
class Basis:
    """Where a measure's figure at a period comes from.

    missing: the source's own periods that are not there, and `rejected …` where rows of a form are in quarantine.
    moves: the figure is counted over versions, which go on changing; otherwise a change is a restatement.
    """

    source: str
    deliveries: tuple[int, ...]
    missing: tuple[str, ...]
    moves: bool = False


@dataclass(frozen=True)
class Figures:
    """A measure at a period, for the province and every unit that has one."""

    measure: Measure
    basis: Basis
    values: Mapping[UnitKey, Decimal]


def figures(
    connection: sa.Connection, contracts: Iterable[Contract], period: Period, province: UnitKey
) -> dict[str, Figures]:
    """Every measure of `contracts` at `period`, by measure id; sources without a delivery for it are left out."""
    found: dict[str, Figures] = {}
    for contract in contracts:
        if not contract.terms.measures or contract.terms.indicator:
            continue  # printed figures are compared, never computed with
        read = _of_versions if contract.terms.versions else _of_records
        found |= {each.measure.id: each for each in read(connection, contract, period, province)}
    return found


# --- Records: forms and snapshots ---


def _of_records(connection: sa.Connection, contract: Contract, period: Period, province: UnitKey) -> list[Figures]:
    current = {
        Period.of(row.period, row.calendar): row.delivery_id
        for row in connection.execute(
            sa.text("SELECT * FROM warehouse.current_delivery() WHERE source = :source AND calendar = :calendar"),
            {"source": contract.source, "calendar": period.calendar},
        )
    }
    inside = {part: delivery for part, delivery in current.items() if period.contains(part)}
    found = []
    for kind, choose in (("stock", _last), ("flow", _all_parts)):
        measures = [measure for measure in contract.terms.measures if measure.kind == kind]
        basis = choose(contract, period, inside) if measures and inside else None
        if basis:
            basis = replace(basis, missing=basis.missing + _rejected(connection, basis.deliveries))
            found += _sum_records(connection, contract, measures, basis, province)
    return found


def _rejected(connection: sa.Connection, deliveries: Sequence[int]) -> tuple[str, ...]:
    """What the deliveries' sums lack since rows are in quarantine."""
    rows = connection.execute(
        sa.text(
            "SELECT d.source, v.period, v.rejected_count FROM validation.verdict v JOIN landing.delivery d USING (delivery_id) "
            "WHERE v.accepted AND v.rejected_count > 0 AND v.delivery_id = ANY(:deliveries) ORDER BY v.delivery_id"
        ),
        {"deliveries": list(deliveries)},
    )
    return tuple(f"rejected {row.source} {row.period} {row.rejected_count}" for row in rows)


def _last(contract: Contract, period: Period, inside: Mapping[Period, int]) -> Basis:
    """The sub-period that ends last; of several that end together the shortest, which is the source's own."""
    last = max(inside, key=lambda part: (part.end, part.start))
    expected = _parts(contract, period)
    missing = [part.code for part in expected if part.end > last.end][-1:] if last.end < period.end else []
    return Basis(contract.source, (inside[last],), tuple(missing))


def _all_parts(contract: Contract, period: Period, inside: Mapping[Period, int]) -> Basis:
    if period in inside:
        return Basis(contract.source, (inside[period],), ())
    expected = _parts(contract, period)
    present = [part for part in expected if part in inside]
    return Basis(
        contract.source,
        tuple(inside[part] for part in present),
        tuple(part.code for part in expected if part not in inside),
    )


def _parts(contract: Contract, period: Period) -> list[Period]:
    cadence = contract.terms.delivery.cadence
    if cadence == "week":
        cadence = "day"
    return period.parts(cadence) or [period]


def _sum_records(
    connection: sa.Connection, contract: Contract, measures: Sequence[Measure], basis: Basis, province: UnitKey
) -> list[Figures]:
    """Sums over rows: the province's over all, a unit's over its own, a district's over its communes."""
    rows = connection.execute(
        sa.text("""
        WITH o AS (
            SELECT o.measure, o.value, r.unit_register, r.unit_code, r.unit_valid_from, u.level, p.code AS parent_code, p.valid_from AS parent_from
            FROM warehouse.observation o JOIN warehouse.record r USING (delivery_id, row_no)
            LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (r.unit_register, r.unit_code, r.unit_valid_from)
            LEFT JOIN warehouse.unit p ON p.register = u.register AND u.register = 'admin_unit' AND p.code = u.parent_code
                AND p.level = 'district' AND u.valid_from BETWEEN p.valid_from AND p.valid_to
            WHERE o.delivery_id = ANY(:deliveries) AND o.measure = ANY(:measures))
        SELECT measure, NULL AS register, NULL AS code, NULL::date AS valid_from, sum(value) AS value FROM o GROUP BY measure
        UNION ALL SELECT measure, unit_register, unit_code, unit_valid_from, sum(value) FROM o WHERE unit_code IS NOT NULL GROUP BY 1, 2, 3, 4
        UNION ALL SELECT measure, unit_register, parent_code, parent_from, sum(value) FROM o WHERE parent_code IS NOT NULL GROUP BY 1, 2, 3, 4"""),
        {"deliveries": list(basis.deliveries), "measures": [measure.id for measure in measures]},
    ).all()
    return [
        Figures(
            measure,
            basis,
            {
                UnitKey(row.register, row.code, row.valid_from) if row.code else province: row.value
                for row in rows
                if row.measure == measure.id
            },
        )
        for measure in measures
    ]


# --- Versions: things counted at their own grain ---


def _of_versions(connection: sa.Connection, contract: Contract, period: Period, province: UnitKey) -> list[Figures]:
    """Sums what every load changed in the counts of current versions, over the half-months of the period."""
    basis = _coverage(connection, contract, period)
    if basis is None:
        return []
    window = {"measures": [measure.id for measure in contract.terms.measures], "first": period.start, "last": period.end}
    rows = connection.execute(
        sa.text(
            "SELECT measure, unit_code, unit_valid_from, sum(change) AS value FROM warehouse.version_count "
            "WHERE measure = ANY(:measures) AND span_start BETWEEN :first AND :last GROUP BY 1, 2, 3 HAVING sum(change) <> 0"
        ),
        window,
    ).all()
    origins = _origins(connection, contract, period)
    found = []
    for measure in contract.terms.measures:
        counted = {
            UnitKey("agency", row.unit_code, row.unit_valid_from): Decimal(row.value)
            for row in rows
            if row.measure == measure.id and row.unit_code
        }
        counted[province] = sum((Decimal(row.value) for row in rows if row.measure == measure.id), Decimal(0))
        used = replace(basis, deliveries=origins.get(str(measure.counted_by), ()))
        found.append(Figures(measure, used, counted))
    return found


def _origins(connection: sa.Connection, contract: Contract, period: Period) -> dict[str, tuple[int, ...]]:
    """Deliveries that brought the current versions which are counted in the period, by the timestamp that counts."""
    rows = connection.execute(
        sa.text(
            "SELECT counted_by, origin_id FROM warehouse.version_origin o JOIN landing.delivery d ON d.delivery_id = o.origin_id "
            "WHERE d.source = :source AND span_start BETWEEN :first AND :last "
            "GROUP BY 1, 2 HAVING sum(change) <> 0 ORDER BY 1, 2"
        ),
        {"source": contract.source, "first": period.start, "last": period.end},
    ).all()
    return {column: tuple(row.origin_id for row in rows if row.counted_by == column) for column, _ in rows}


def current_versions_sql(contract: Contract, column: str) -> str:
    """The newest version of each thing whose `column` lies in [:first, :after), as known at :as_of (recorded time).

    By the time of receipt only versions of the period are compared, and a thing whose newer version moved to another
    time is left out; another column is looked at after the newest version was found.
    """
    versions = contract.terms.versions
    assert versions is not None  # noqa: S101 - callers come from delta sources
    table, key, at, received = f"warehouse.{versions.table}", versions.key, versions.at, contract.terms.unit_at
    inside = f'v."{received}" >= :first AND v."{received}" < :after' if column == received else "true"
    moved = f"""AND NOT EXISTS (SELECT 1 FROM {table} o JOIN landing.delivery e USING (delivery_id)
        WHERE o."{key}" = n."{key}" AND o.recorded_at <= :as_of AND (o."{received}" < :first OR o."{received}" >= :after)
        AND (o."{at}", e.received_at, o.delivery_id) > (n."{at}", n.received_at, n.delivery_id))"""
    return f"""SELECT * FROM (SELECT DISTINCT ON (v."{key}") v.*, d.received_at FROM {table} v JOIN landing.delivery d USING (delivery_id)
        WHERE {inside} AND v.recorded_at <= :as_of
        ORDER BY v."{key}", v."{at}" DESC, d.received_at DESC, v.delivery_id DESC) n
        WHERE n."{column}" >= :first AND n."{column}" < :after {moved if column == received else ""}"""


def _coverage(connection: sa.Connection, contract: Contract, period: Period) -> Basis | None:
    """The deliveries whose days lie in the period, and the days no delivery speaks of, gathered into months."""
    rows = connection.execute(
        sa.text("SELECT * FROM warehouse.current_delivery() WHERE source = :source"), {"source": contract.source}
    )
    spans = {row.delivery_id: Period.of(row.period, row.calendar) for row in rows}
    touching = sorted(
        delivery for delivery, span in spans.items() if span.start <= period.end and period.start <= span.end
    )
    if not touching:
        return None
    covered = {
        span.start + timedelta(days=n) for span in spans.values() for n in range((span.end - span.start).days + 1)
    }
    days = [period.start + timedelta(days=n) for n in range((period.end - period.start).days + 1)]
    missing = sorted({f"{day:%Y-%m}" for day in days if day not in covered})
    return Basis(contract.source, tuple(touching), tuple(missing), moves=True)
