"""Computes every indicator of a period, set-wise, and writes what differs from what is known."""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from chiso import audit
from chiso.contracts import Contract
from chiso.indicators.catalogue import Catalogue, Indicator
from chiso.indicators.figures import Figures, UnitKey, figures
from chiso.indicators.slices import Lack
from chiso.province.periods import Period
from chiso.province.units import Reference

_Known = dict[tuple[str, UnitKey], sa.Row[Any]]


@dataclass(frozen=True)
class Value:
    """An indicator's value for a unit at a period; value None = no data. Percentages 0–100, unrounded."""

    indicator: Indicator
    unit: UnitKey
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    missing: tuple[str, ...]
    inputs: Mapping[str, Sequence[int]]
    moves: bool = False

    @property
    def status(self) -> str:
        """computed; incomplete: a part of the period isn't there; no_data."""
        if self.value is None:
            return "no_data"
        return "incomplete" if self.missing else "computed"


def compute(
    connection: sa.Connection, period: Period, contracts: Sequence[Contract], catalogue: Catalogue, reference: Reference
) -> audit.Head:
    """Computes `period` in the connection's transaction; a value equal to the known one is not written again."""
    connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"indicators {period.calendar}/{period.code}"},
    )
    seen, through = connection.execute(
        sa.text("SELECT pg_current_snapshot()::text, coalesce(max(verdict_id), 0) FROM validation.verdict")
    ).one()
    province = reference.province(period.end)
    home = connection.execute(
        sa.text(
            "SELECT valid_from FROM warehouse.unit WHERE register = 'admin_unit' AND code = :code "
            "AND level = 'province' AND :day BETWEEN valid_from AND valid_to"
        ),
        {"code": province.code, "day": period.end},
    ).scalar_one()
    keyed = figures(connection, contracts, period, UnitKey("admin_unit", province.code, home))
    found = {key.measure: each for key, each in keyed.items()}
    values = [value for indicator in catalogue.used() for value in _values(indicator, found)]
    run_id = connection.execute(
        sa.text(
            "INSERT INTO indicators.run (calendar, period, through_verdict_id, seen, catalogue_sha256) "
            "VALUES (:calendar, :period, :through, CAST(:seen AS pg_snapshot), :sha) RETURNING run_id"
        ),
        {"calendar": period.calendar, "period": period.code, "through": through, "seen": seen, "sha": catalogue.sha256},
    ).scalar_one()
    written = _write(connection, run_id, period, values, catalogue, _moving(contracts))
    done = audit.Computed(
        period.calendar,
        period.code,
        run_id,
        values=len(values),
        written=written,
        written_sha256=written_sha256(connection, run_id).get(run_id),
        catalogue_sha256=catalogue.sha256,
    )
    return audit.record(connection, done)


def written_sha256(connection: sa.Connection, run_id: int | None = None) -> dict[int, str]:
    """Fingerprint of the values that each run (or one) wrote; a run that wrote none has none."""
    rows = connection.execute(
        sa.text(
            "SELECT run_id, encode(sha256(convert_to(string_agg(concat_ws('|', indicator, unit_register, unit_code, calendar, "
            "period, coalesce(value::text, '-'), coalesce(numerator::text, '-'), coalesce(denominator::text, '-'), status, "
            "publication, formula), E'\\n' ORDER BY value_id), 'UTF8')), 'hex') AS sha256 "
            "FROM indicators.value WHERE run_id = coalesce(:run, run_id) GROUP BY run_id"
        ),
        {"run": run_id},
    )
    return {row.run_id: row.sha256 for row in rows}


def sync_definitions(connection: sa.Connection, catalogue: Catalogue) -> None:
    """Writes the catalogue's definitions for those who read the warehouse, where they differ from what is there."""
    wanted = [
        (
            framework.framework,
            framework.version,
            indicator.id,
            indicator.name_vi,
            indicator.unit,
            indicator.formula,
        )
        for framework, indicator in catalogue.of(None)
    ]
    if _definitions(connection) == set(wanted):
        return
    # Several periods may be computed at once: the first writes, the others find it done.
    connection.execute(sa.text("LOCK TABLE indicators.definition IN SHARE ROW EXCLUSIVE MODE"))
    if _definitions(connection) == set(wanted):
        return
    connection.execute(sa.text("DELETE FROM indicators.definition"))
    connection.execute(
        sa.text(
            "INSERT INTO indicators.definition VALUES (:framework, :version, :indicator, :name_vi, :unit, :formula)"
        ),
        [
            dict(zip(("framework", "version", "indicator", "name_vi", "unit", "formula"), row, strict=True))
            for row in wanted
        ],
    )


def _definitions(connection: sa.Connection) -> set[tuple[str, ...]]:
    rows = connection.execute(
        sa.text("SELECT framework, version, indicator, name_vi, measure_unit, formula FROM indicators.definition")
    )
    return {tuple(row) for row in rows}


def _values(indicator: Indicator, found: Mapping[str, Figures]) -> Iterable[Value]:
    if not all(measure in found for measure in indicator.measures):
        return
    parts = [found[measure] for measure in indicator.measures]
    missing = tuple(sorted({_said(lack) for figure in parts for lack in figure.basis.lacks}))
    inputs = {f"{figure.basis.source}.{figure.measure.id}": figure.basis.deliveries for figure in parts}
    moves = any(figure.basis.moves for figure in parts)
    for unit in sorted({unit for figure in parts for unit in figure.values}):
        numerator = _sum(indicator.value or indicator.numerator, unit, found)
        denominator = _sum(indicator.denominator, unit, found) if indicator.denominator else None
        yield Value(
            indicator, unit, _divide(indicator, numerator, denominator), numerator, denominator, missing, inputs, moves
        )


def _said(lack: Lack) -> str:
    return f"rejected {lack.source} {lack.period} {lack.rows}" if lack.what == "rows" else lack.period


def _sum(measures: Sequence[str], unit: UnitKey, found: Mapping[str, Figures]) -> Decimal | None:
    """None where one of them has no figure for the unit: a part that isn't known is not 0."""
    values = [_figure(found[measure], unit) for measure in measures]
    return (
        None
        if any(value is None for value in values)
        else sum((value for value in values if value is not None), Decimal(0))
    )


def _figure(figures: Figures, unit: UnitKey) -> Decimal | None:
    """A count of rows or things that a known unit has none of is 0; a blank figure is not."""
    known = figures.values.get(unit)
    return Decimal(0) if known is None and figures.measure.is_count else known


def _divide(indicator: Indicator, numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    if numerator is None or not indicator.denominator:
        return numerator
    return numerator * 100 / denominator if denominator else None


def _write(
    connection: sa.Connection,
    run_id: int,
    period: Period,
    values: Sequence[Value],
    catalogue: Catalogue,
    moving: Set[str],
) -> int:
    """Inserts values that differ from the newest known; a complete value that changes is a restatement and held."""
    known, approved = _newest(connection, period, "true"), _newest(connection, period, "publication = 'approved'")
    everything = [*values, *_gone(values, known, catalogue, moving)]
    keyed = [((value.indicator.id, value.unit), value) for value in everything]
    rows = [
        row
        for key, value in keyed
        if (row := _row(value, known.get(key), approved.get(key), run_id, period)) is not None
    ]
    if rows:
        names = ", ".join(rows[0])
        connection.execute(
            sa.text(
                f"INSERT INTO indicators.value ({names}) SELECT {names} "
                "FROM jsonb_populate_recordset(NULL::indicators.value, CAST(:rows AS jsonb))"
            ),
            {"rows": json.dumps(rows, ensure_ascii=False, default=str)},  # numbers as text, which keeps every digit
        )
    return len(rows)


def _newest(connection: sa.Connection, period: Period, condition: str) -> _Known:
    rows = connection.execute(
        sa.text(
            "SELECT DISTINCT ON (indicator, unit_register, unit_code, unit_valid_from) * FROM indicators.value "
            f"WHERE calendar = :calendar AND period = :period AND {condition} "
            "ORDER BY indicator, unit_register, unit_code, unit_valid_from, value_id DESC"
        ),
        {"calendar": period.calendar, "period": period.code},
    )
    return {(row.indicator, UnitKey(row.unit_register, row.unit_code, row.unit_valid_from)): row for row in rows}


def _moving(contracts: Sequence[Contract]) -> Set[str]:
    """Measures that are counted over versions."""
    return {f"{contract.source}.{measure.id}" for contract in contracts if contract.has_events for measure in contract.measures}


def _gone(values: Sequence[Value], known: _Known, catalogue: Catalogue, moving: Set[str]) -> Iterable[Value]:
    """No data, for what has a value that no current delivery feeds any more: a row was rejected or left out."""
    present = {(value.indicator.id, value.unit) for value in values}
    for (name, unit), row in known.items():
        if (name, unit) not in present and row.status != "no_data" and name in catalogue.indicators:
            indicator = catalogue.indicators[name]
            yield Value(indicator, unit, None, None, None, (), {}, moves=not moving.isdisjoint(indicator.measures))


def _row(
    value: Value, known: sa.Row[Any] | None, approved: sa.Row[Any] | None, run_id: int, period: Period
) -> dict[str, Any] | None:
    """The line to write, None where it is known. Held: the approved value was complete and this one differs."""
    missing, inputs = list(value.missing), {measure: list(deliveries) for measure, deliveries in value.inputs.items()}
    if known and (
        known.value,
        known.numerator,
        known.denominator,
        known.status,
        known.missing,
        known.inputs,
        known.formula,
    ) == (value.value, value.numerator, value.denominator, value.status, missing, inputs, value.indicator.formula):
        return None
    held = approved is not None and approved.status == "computed" and approved.value != value.value and not value.moves
    return {
        "run_id": run_id,
        "indicator": value.indicator.id,
        "unit_register": value.unit.register,
        "unit_code": value.unit.code,
        "unit_valid_from": value.unit.valid_from,
        "calendar": period.calendar,
        "period": period.code,
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "status": value.status,
        "missing": missing,
        "inputs": inputs,
        "formula": value.indicator.formula,
        "publication": "held" if held else "approved",
        "held_because": f"restated: was {approved.value}" if held and approved is not None else None,
    }
