"""What is known of indicators: values with what documents print beside them, as of any moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from chiso.indicators.catalogue import Catalogue, Framework, Indicator
from chiso.province.periods import Period
from chiso.province.text import fold


@dataclass(frozen=True)
class Question:
    """Which values are asked for. unit_code None: the province. as_of None: what is known now (recorded time)."""

    framework: str | None = None
    period: str | None = None
    unit_code: str | None = None
    as_of: datetime | None = None


def read_indicators(
    connection: sa.Connection,
    question: Question,
    catalogue: Catalogue,
    province_codes: Sequence[str],
    stocks: frozenset[str],
) -> list[dict[str, Any]]:
    """Rows of the public shape, by framework, indicator and period.

    stocks: measures that stand until the next figure: an indicator made of them alone shows, for a period
    without a value, the latest before it, under its own period.
    """
    units = [question.unit_code] if question.unit_code else list(province_codes)
    values = _values(connection, question, units)
    reported = _reported(connection, question) if not question.unit_code else []
    rows: list[dict[str, Any]] = []
    for framework, indicator in catalogue.of(question.framework):
        rows += _rows(
            framework,
            indicator,
            question,
            [row for row in values if row.indicator == indicator.id],
            [row for row in reported if fold(row.subject) in indicator.names],
            stocks,
            units,
        )
    return rows


def _values(connection: sa.Connection, question: Question, units: Sequence[str]) -> Sequence[sa.Row[Any]]:
    return connection.execute(
        sa.text(
            "SELECT v.*, u.name_vi AS unit_name, p.end_date FROM indicators.value_as_of(:as_of) v "
            "JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (v.unit_register, v.unit_code, v.unit_valid_from) "
            "AND (CAST(:any_level AS boolean) OR u.level = 'province') "
            "JOIN warehouse.period p USING (calendar, period) WHERE v.unit_code = ANY(:units) ORDER BY p.end_date, p.start_date, v.calendar DESC"
        ),
        {"as_of": question.as_of or "infinity", "units": list(units), "any_level": question.unit_code is not None},
    ).all()


def _reported(connection: sa.Connection, question: Question) -> Sequence[sa.Row[Any]]:
    return connection.execute(
        sa.text("SELECT * FROM indicators.printed_as_of(:as_of) WHERE value IS NOT NULL ORDER BY received_at"),
        {"as_of": question.as_of or "infinity"},
    ).all()


def _rows(
    framework: Framework,
    indicator: Indicator,
    question: Question,
    values: Sequence[sa.Row[Any]],
    reported: Sequence[sa.Row[Any]],
    stocks: frozenset[str],
    units: Sequence[str],
) -> list[dict[str, Any]]:
    printed = {row.period: row for row in reported}
    chosen = (
        list(values)
        if question.period is None
        else _at(question.period, values, lasting=set(indicator.measures) <= stocks)
    )
    rows = [_row(framework, indicator, value, printed.get(value.period)) for value in chosen]
    shown = {value.period for value in chosen}
    unseen = [question.period] if question.period else list(printed)
    without = [period for period in unseen if period not in shown and not (question.period and chosen)]
    return rows + [_bare(framework, indicator, period, printed.get(period), units[0]) for period in without]


def _at(code: str, values: Sequence[sa.Row[Any]], *, lasting: bool) -> list[sa.Row[Any]]:
    """The values of the period itself; else, of what lasts, the latest complete one before it, shortest period first."""
    own = [row for row in values if row.period == code and row.value is not None]
    if own or not lasting:
        return own
    end = Period.of(code).end
    before = [row for row in values if _whole(row) and row.end_date <= end]
    return [max(before, key=lambda row: (row.end_date, -_length(row)))] if before else []


def _whole(row: sa.Row[Any]) -> bool:
    """Whether no part of the period is missing; rows in quarantine don't make a value older than it is."""
    return row.value is not None and all(part.startswith("rejected ") for part in row.missing)


def _length(row: sa.Row[Any]) -> int:
    period = Period.of(row.period, row.calendar)
    return (period.end - period.start).days


def latest(values: Sequence[sa.Row[Any]], code: str | None) -> sa.Row[Any] | None:
    """The value known for `code`, or the latest complete one before it (of all, where code is None)."""
    if code is not None:
        found = _at(code, values, lasting=True)
        return found[0] if found else None
    complete = [row for row in values if _whole(row)]
    return max(complete, key=lambda row: (row.end_date, -_length(row))) if complete else None


def province_values(
    connection: sa.Connection, as_of: datetime | None, province_codes: Sequence[str]
) -> Mapping[str, list[sa.Row[Any]]]:
    """The province's values by indicator, oldest period first."""
    found: dict[str, list[sa.Row[Any]]] = {}
    for row in _values(connection, Question(as_of=as_of), province_codes):
        found.setdefault(row.indicator, []).append(row)
    return found


def _row(framework: Framework, indicator: Indicator, value: sa.Row[Any], printed: sa.Row[Any] | None) -> dict[str, Any]:
    return {
        "indicator": indicator.id,
        "name_vi": indicator.name_vi,
        "framework": framework.framework,
        "version": framework.version,
        "unit_register": value.unit_register,
        "unit_code": value.unit_code,
        "unit_name": value.unit_name,
        "period": value.period,
        "calendar": value.calendar,
        "value": value.value,
        "numerator": value.numerator if indicator.denominator else None,
        "denominator": value.denominator,
        "reported_value": printed.value if printed else None,
        "measure_unit": indicator.unit,
        "status": value.status,
        "publication": value.publication,
        "recorded_at": value.recorded_at.isoformat(),
    }


def _bare(
    framework: Framework, indicator: Indicator, period: str, printed: sa.Row[Any] | None, unit_code: str
) -> dict[str, Any]:
    return {
        "indicator": indicator.id,
        "name_vi": indicator.name_vi,
        "framework": framework.framework,
        "version": framework.version,
        "unit_register": "admin_unit",
        "unit_code": unit_code,
        "unit_name": None,
        "period": period,
        "calendar": printed.calendar if printed else "civil",
        "value": None,
        "numerator": None,
        "denominator": None,
        "reported_value": printed.value if printed else None,
        "measure_unit": indicator.unit,
        "status": "no_data",
        "publication": "approved",
        "recorded_at": None,
    }
