"""What is known of indicators: values with what documents print beside them, as of any moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from chiso.indicators.catalogue import Catalogue, Definition, Framework
from chiso.indicators.figures import MeasureKey
from chiso.province.periods import Period
from chiso.province.text import fold


@dataclass(frozen=True)
class Question:
    """Which values are asked for. unit_code None: the province. as_of None: what is known now (recorded time). restated: to the units of a day."""

    framework: str | None = None
    period: str | None = None
    unit_code: str | None = None
    as_of: datetime | None = None
    version: str | None = None
    restated: date | None = None


@dataclass(frozen=True)
class KnownValue:
    """An indicator of a framework for a unit at a period, as it is known, beside what a document prints.

    value None: no data; `missing` says what a value was made without, or why there is none. Percentages 0–100, unrounded.
    """

    indicator: str
    name_vi: str
    framework: str
    version: str
    unit_register: str
    unit_code: str
    unit_name: str | None
    period: str
    calendar: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    reported_value: Decimal | None
    measure_unit: str
    status: str
    missing: Sequence[Mapping[str, Any]]
    publication: str
    recorded_at: datetime | None
    cause: str | None
    """Why its number differs from the one before it, as in `publication.change`; None of a first one, or where it doesn't."""


def read_indicators(
    connection: sa.Connection,
    question: Question,
    catalogue: Catalogue,
    province_codes: Sequence[str],
    stocks: frozenset[MeasureKey],
) -> list[KnownValue]:
    """Values by framework, indicator and period.

    stocks: measures that stand until the next figure. An indicator that is made of them alone shows, for a period without a
    value, the latest complete one before it, under its own period.
    """
    units = [question.unit_code] if question.unit_code else list(province_codes)
    versions = [
        framework
        for framework in catalogue.versions(question.framework, question.version)
        if question.period is None or Period.of(question.period).year in framework.years
    ]
    names = sorted({definition.indicator.id for framework in versions for definition in framework.indicators})
    values = _by_definition(_values(connection, question, names, units))
    latest = {} if question.period is None else latest_values(connection, question.period, question.as_of, names, units)
    whole = question.unit_code is None or question.unit_code in province_codes
    reported = _reported(connection, question, units, whole=whole)
    reader = _Reader(question, values, latest, reported, stocks, units[0])
    found = [pair for framework in versions for definition in framework.indicators for pair in reader.rows(framework, definition)]
    causes = _causes(connection, [value_id for value_id, _ in found if value_id is not None])
    return [replace(row, cause=causes.get(value_id)) for value_id, row in found]


def _causes(connection: sa.Connection, value_ids: Sequence[int]) -> dict[int | None, str]:
    rows = connection.execute(
        sa.text("SELECT value_id, cause FROM indicators.value_change WHERE value_id = ANY(:ids) AND cause <> 'first'"), {"ids": list(value_ids)}
    )
    return {row.value_id: row.cause for row in rows}


_Found = tuple[int | None, KnownValue]
"""A value with its number in the warehouse; None where there is none."""
_ByDefinition = Mapping[tuple[str, str], list[sa.Row[Any]]]


@dataclass(frozen=True)
class _Reader:
    question: Question
    values: _ByDefinition
    latest: Mapping[tuple[str, str], sa.Row[Any]]
    reported: Mapping[str, list[sa.Row[Any]]]
    stocks: frozenset[MeasureKey]
    unit_code: str

    def rows(self, framework: Framework, definition: Definition) -> list[_Found]:
        """The values of one indicator; what is only printed, or asked for and not there, is a row without a value."""
        indicator = definition.indicator
        said = [row for name in indicator.names for row in self.reported.get(name, [])]
        printed = {row.period: row for row in sorted(said, key=lambda row: row.received_at)}  # the newest of a period
        chosen = self._chosen(framework, definition)
        rows: list[_Found] = [(value.value_id, _row(framework, definition, value, printed.get(value.period))) for value in chosen]
        shown = {value.period for value in chosen}
        asked = self.question.period
        without = [period for period in printed if period not in shown] if asked is None else [] if chosen else [asked]
        return rows + [(None, _bare(framework, definition, period, printed.get(period), self.unit_code)) for period in without]

    def _chosen(self, framework: Framework, definition: Definition) -> list[sa.Row[Any]]:
        key = (definition.indicator.id, definition.defined_in)
        own = [row for row in self.values.get(key, []) if Period.of(row.period).year in framework.years]
        if self.question.period is None:
            return own
        return [row for row in own if row.value is not None] or self._before(framework, definition) or own

    def _before(self, framework: Framework, definition: Definition) -> list[sa.Row[Any]]:
        lasting = bool(definition.wanted) and set(definition.wanted) <= self.stocks
        row = self.latest.get((definition.indicator.id, definition.defined_in)) if lasting else None
        return [row] if row is not None and Period.of(row.period).year in framework.years else []


def _values(
    connection: sa.Connection, question: Question, indicators: Sequence[str], units: Sequence[str]
) -> Sequence[sa.Row[Any]]:
    return connection.execute(
        sa.text(
            "SELECT v.*, u.name_vi AS unit_name FROM indicators.value_as_of(:as_of) v "
            "JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (v.unit_register, v.unit_code, v.unit_valid_from) "
            "AND (CAST(:any_level AS boolean) OR u.level = 'province') "
            "JOIN warehouse.period p USING (calendar, period) "
            "WHERE v.indicator = ANY(:indicators) AND v.unit_code = ANY(:units) AND v.period = coalesce(CAST(:period AS text), v.period) "
            "ORDER BY p.end_date, p.start_date, v.calendar DESC"
        ),
        {
            "as_of": question.as_of or "infinity",
            "indicators": list(indicators),
            "units": list(units),
            "any_level": question.unit_code is not None,
            "period": question.period,
        },
    ).all()


def _by_definition(rows: Sequence[sa.Row[Any]]) -> _ByDefinition:
    found: dict[tuple[str, str], list[sa.Row[Any]]] = {}
    for row in rows:
        found.setdefault((row.indicator, row.defined_in), []).append(row)
    return found


def latest_values(
    connection: sa.Connection,
    period: str | None,
    as_of: datetime | None,
    indicators: Sequence[str],
    units: Sequence[str],
) -> dict[tuple[str, str], sa.Row[Any]]:
    """By indicator and where it is defined, the value at `period`, else the latest complete one before it.

    period None: the latest of all. units: the codes that one unit bears over time.
    """
    rows = connection.execute(
        sa.text(
            "SELECT DISTINCT ON (v.indicator, v.defined_in) v.*, u.name_vi AS unit_name "
            "FROM indicators.latest_value(CAST(:period AS text), NULL, :as_of) v "
            "JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (v.unit_register, v.unit_code, v.unit_valid_from) "
            "JOIN warehouse.period p ON (p.calendar, p.period) = (v.calendar, v.period) "
            "WHERE v.indicator = ANY(:indicators) AND v.unit_code = ANY(:units) "
            "ORDER BY v.indicator, v.defined_in, (v.period = CAST(:period AS text)) DESC NULLS LAST, "
            "p.end_date DESC, p.start_date DESC, v.calendar DESC"
        ),
        {"period": period, "as_of": as_of or "infinity", "indicators": list(indicators), "units": list(units)},
    )
    return {(row.indicator, row.defined_in): row for row in rows}


def history(
    connection: sa.Connection, as_of: datetime | None, indicators: Sequence[str], units: Sequence[str]
) -> dict[tuple[str, str], list[tuple[Period, Decimal]]]:
    """By indicator and where it is defined, its complete values at every period. units: the codes that one unit bears over time."""
    rows = connection.execute(
        sa.text(
            "SELECT indicator, defined_in, calendar, period, value FROM indicators.value_as_of(:as_of) "
            "WHERE status = 'computed' AND indicator = ANY(:indicators) AND unit_code = ANY(:units)"
        ),
        {"as_of": as_of or "infinity", "indicators": list(indicators), "units": list(units)},
    )
    found: dict[tuple[str, str], list[tuple[Period, Decimal]]] = {}
    for row in rows:
        found.setdefault((row.indicator, row.defined_in), []).append((Period.of(row.period, row.calendar), row.value))
    return found


def _reported(
    connection: sa.Connection, question: Question, units: Sequence[str], *, whole: bool
) -> dict[str, list[sa.Row[Any]]]:
    """Printed figures of the unit, by the folded name of what they speak of; of the province also those without a unit."""
    rows = connection.execute(
        sa.text(
            "SELECT * FROM indicators.printed_as_of(:as_of) WHERE value IS NOT NULL "
            "AND (unit_code = ANY(:units) OR CAST(:whole AS boolean) AND unit_code IS NULL)"
        ),
        {"as_of": question.as_of or "infinity", "units": list(units), "whole": whole},
    )
    found: dict[str, list[sa.Row[Any]]] = {}
    for row in rows:
        found.setdefault(fold(row.subject), []).append(row)
    return found


def _row(framework: Framework, definition: Definition, value: sa.Row[Any], printed: sa.Row[Any] | None) -> KnownValue:
    return KnownValue(
        indicator=definition.indicator.id,
        name_vi=definition.indicator.name_vi,
        framework=framework.framework,
        version=framework.version,
        unit_register=value.unit_register,
        unit_code=value.unit_code,
        unit_name=value.unit_name,
        period=value.period,
        calendar=value.calendar,
        value=value.value,
        numerator=None if value.denominator is None else value.numerator,
        denominator=value.denominator,
        reported_value=printed.value if printed else None,
        measure_unit=definition.indicator.unit,
        status=value.status,
        missing=value.missing,
        publication=value.publication,
        recorded_at=value.recorded_at,
        cause=None,
    )


def _bare(
    framework: Framework, definition: Definition, period: str, printed: sa.Row[Any] | None, unit_code: str
) -> KnownValue:
    return KnownValue(
        indicator=definition.indicator.id,
        name_vi=definition.indicator.name_vi,
        framework=framework.framework,
        version=framework.version,
        unit_register="admin_unit",
        unit_code=unit_code,
        unit_name=None,
        period=period,
        calendar=printed.calendar if printed else "civil",
        value=None,
        numerator=None,
        denominator=None,
        reported_value=printed.value if printed else None,
        measure_unit=definition.indicator.unit,
        status="no_data",
        missing=(),
        publication="approved",
        recorded_at=None,
        cause=None,
    )
