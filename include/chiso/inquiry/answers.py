"""What people ask of the warehouse: values, targets, where a number comes from, what was refused or is held."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from chiso import contracts, indicators
from chiso.indicators import KnownValue, MeasureKey, Question, Standing
from chiso.province.periods import Period
from chiso.province.units import load_reference
from chiso.system.errors import UsageError
from chiso.system.platform import Platform
from chiso.system.settings import Settings


def indicator_rows(platform: Platform, question: Question) -> list[KnownValue]:
    """Values of a framework, or of all. Raises UsageError for an unknown framework or version."""
    settings = platform.settings
    catalogue = indicators.load_catalogue(settings)
    measures = {
        MeasureKey(contract.source, measure.id): measure for contract in contracts.load_all(settings).contracts for measure in contract.measures
    }
    stocks = frozenset(key for key, measure in measures.items() if measure.kind == "stock")
    with platform.engine.connect() as connection:
        if question.restated:
            reference = load_reference(settings.schemas)
            return indicators.read_restated(connection, question, question.restated, catalogue, reference, measures)
        return indicators.read_indicators(connection, question, catalogue, _province_codes(settings), stocks)


def target_rows(
    platform: Platform,
    framework: str,
    period: str | None = None,
    as_of: datetime | None = None,
    version: str | None = None,
) -> list[Standing]:
    """Targets of a framework, by what is known for `period` or the latest before it.

    version: by default the one that applies to the period's year. Raises UsageError for an unknown framework or version.
    """
    catalogue = indicators.load_catalogue(platform.settings)
    year = int(period[:4]) if period else platform.settings.today.year
    chosen = catalogue.version_at(framework, year, version)
    parts = [component for target in chosen.targets for component in target.components]
    names = {*(target.indicator or "" for target in chosen.targets), *(part.indicator for part in parts)}
    codes = {part.unit: [part.unit] for part in parts if part.unit} | {None: _province_codes(platform.settings)}
    with platform.engine.connect() as connection:
        known = {
            unit: indicators.latest_values(connection, period, as_of, sorted(names), units)
            for unit, units in codes.items()
        }
        past = indicators.history(connection, as_of, sorted(names), codes[None])

    def place(indicator: str) -> tuple[str, str]:
        definition = catalogue.definition(indicator, chosen)
        return indicator, definition.defined_in if definition else ""

    return indicators.assess(
        chosen, catalogue, lambda indicator, unit: known[unit].get(place(indicator)), lambda indicator: past.get(place(indicator), [])
    )


def explanation(
    platform: Platform,
    indicator: str,
    period: str,
    calendar: str | None,
    unit: str | None,
    as_of: datetime | None,
    *,
    rows: bool,
) -> dict[str, Any]:
    """A value's lineage in the public shape. Raises UsageError where there is no such value.

    indicator: or a target's id: the value by which it is judged, of a composite the component that fails it, or else is the lowest.
    """
    catalogue = indicators.load_catalogue(platform.settings)
    if framework := catalogue.framework_of_target(indicator):
        indicator, period, on_calendar, of_unit = _judged_by(platform, framework, indicator, period, as_of)
        calendar, unit = calendar or on_calendar, unit or of_unit
    definitions = catalogue.named(indicator)
    units = [unit] if unit else _province_codes(platform.settings)
    with platform.engine.connect() as connection:
        value = connection.execute(
            sa.text(
                "SELECT * FROM indicators.value_as_of(:as_of) WHERE indicator = :indicator AND period = :period AND unit_code = ANY(:units) "
                "AND calendar = coalesce(:calendar, calendar) ORDER BY value IS NULL, calendar DESC, defined_in LIMIT 1"
            ),
            {
                "as_of": as_of or "infinity",
                "indicator": indicator,
                "period": period,
                "units": units,
                "calendar": calendar,
            },
        ).first()
        if value is None:
            raise UsageError(
                f"No value of {indicator} at {period}{f' for {unit}' if unit else ''}: nothing that feeds it has been "
                f"loaded for that period. See `chiso indicators --period {period}`."
            )
        sound = contracts.load_all(platform.settings).contracts
        definition = next((each for each in definitions if each.defined_in == value.defined_in), definitions[0])
        reference = load_reference(platform.settings.schemas)
        province = reference.province(Period.of(value.period, value.calendar).end).code
        said = indicators.explain(connection, definition.indicator, value, sound, province, rows=rows)
        return said | {"corrections": _corrections_of(connection, said["inputs"]), "decisions": _decisions_of(connection, value, as_of)}


def _judged_by(
    platform: Platform, framework: str, target: str, period: str, as_of: datetime | None
) -> tuple[str, str, str | None, str | None]:
    """Indicator, period, calendar and unit of the value by which a target is judged at a period."""
    [standing] = [row for row in target_rows(platform, framework, period, as_of) if row.target == target]
    if standing.indicator:
        return standing.indicator, standing.period or period, standing.calendar, None
    known = [part for part in standing.components if part.actual is not None and part.period]
    if not known:
        raise UsageError(f"Nothing that {target} is judged by is known at {period}; chiso targets --framework {framework} says what is missing.")
    part = min(known, key=lambda each: (each.status == "met", each.actual))
    return part.indicator, str(part.period), part.calendar, part.unit_code


def _corrections_of(connection: sa.Connection, inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Corrections of the rows that were counted: who asked for it and why, and what the delivery says instead."""
    rows = {(part["delivery"], part["row"]) for part in inputs}
    found = connection.execute(
        sa.text(
            "SELECT delivery_id AS delivery, line AS row, column_name AS column, correction, before, after, reason, requested_by, reviewed_by, "
            "expires_on, recorded_at FROM warehouse.correction WHERE delivery_id = ANY(:deliveries) ORDER BY delivery_id, line, column_name"
        ),
        {"deliveries": sorted({delivery for delivery, _ in rows})},
    )
    return [dict(row._mapping) for row in found if (row.delivery, row.row) in rows or (row.delivery, None) in rows]


def _decisions_of(connection: sa.Connection, value: sa.Row[Any], as_of: datetime | None) -> list[dict[str, Any]]:
    """What was decided of this value and of those before it, oldest first: `{"value", "decision", "by", "at", "where", "why"}`."""
    found = connection.execute(
        sa.text(
            "SELECT value, decision, decided_by AS by, decided_at AS at, decided_in AS \"where\", why FROM publication.decision "
            "WHERE (indicator, defined_in, unit_register, unit_code, calendar, period) = "
            "(:indicator, :defined_in, :unit_register, :unit_code, :calendar, :period) AND decided_at <= :as_of ORDER BY decided_at, value_id"
        ),
        {name: getattr(value, name) for name in ("indicator", "defined_in", "unit_register", "unit_code", "calendar", "period")}
        | {"as_of": as_of or "infinity"},
    )
    return [dict(row._mapping) for row in found]


def loaded_since(platform: Platform, moment: datetime) -> dict[str, int]:
    """Deliveries judged since: how many were accepted, refused, received again; how many rows were loaded."""
    with platform.engine.connect() as connection:
        row = connection.execute(
            sa.text(
                "SELECT count(*) FILTER (WHERE accepted AND same_as IS NULL) AS accepted, "
                "count(*) FILTER (WHERE NOT accepted) AS refused, count(same_as) AS again, "
                "coalesce(sum(loaded_count), 0)::bigint AS rows FROM validation.verdict WHERE recorded_at >= :moment"
            ),
            {"moment": moment},
        ).one()
        return dict(row._mapping)


def refused(platform: Platform) -> list[dict[str, Any]]:
    """Deliveries that stand refused, with the reason in both languages."""
    return _all(
        platform,
        "SELECT source, file_name, delivery_id, received_at, period, reason_vi, reason_en "
        "FROM publication.refused_delivery ORDER BY source, file_name, delivery_id",
    )


def rejected(platform: Platform) -> Iterator[dict[str, Any]]:
    """Rows in quarantine of current and of refused deliveries: source, file, line or cell, rule, reason. Streamed."""
    with platform.engine.connect() as connection:
        found = connection.execute(
            sa.text("SELECT * FROM publication.rejected_row ORDER BY source, period, delivery_id, line, rule"),
            execution_options={"yield_per": 5000},
        )
        yield from (dict(row._mapping) for row in found)


def held(
    platform: Platform, period: str | None = None, indicator: str | None = None, unit: str | None = None
) -> list[dict[str, Any]]:
    """Newest values that wait for a decision before they are published, with what is approved before them."""
    with platform.engine.connect() as connection:
        return [dict(row._mapping) for row in indicators.waiting(connection, period, indicator, unit)]


def chain_head(platform: Platform) -> str:
    """Number and hash of the newest audit event: whoever keeps them can tell later whether the chain was cut."""
    rows = _all(platform, "SELECT seq, hash FROM audit.event ORDER BY seq DESC LIMIT 1")
    return f"{rows[0]['seq']} {rows[0]['hash']}" if rows else "0"


def _all(platform: Platform, query: str) -> list[dict[str, Any]]:
    with platform.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.text(query))]


def _province_codes(settings: Settings) -> list[str]:
    """The province's codes, the one it bears on the platform's day first."""
    reference = load_reference(settings.schemas)
    today = reference.province(settings.today).code
    return sorted({code for _, _, code in reference.province_codes}, key=lambda code: code != today)
