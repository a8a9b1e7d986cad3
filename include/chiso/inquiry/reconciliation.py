"""Where figures that speak of the same thing agree or not: computed, reported by others, printed in documents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from chiso import indicators
from chiso.indicators import comparisons, expected
from chiso.indicators.catalogue import SHARED, Catalogue, Indicator
from chiso.indicators.expected import ExpectedValues
from chiso.province.periods import Period
from chiso.province.text import fold
from chiso.province.units import load_reference
from chiso.system.platform import Platform

Line = dict[str, Any]


@dataclass(frozen=True)
class _Known:
    """Values of a calendar by indicator and unit: those that are complete, and all."""

    complete: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    all: dict[tuple[str, str], Decimal] = field(default_factory=dict)


def reconcile(platform: Platform, code: str, unit: str | None = None) -> list[Line]:
    """Every comparison of a period, on each calendar, for one unit or all: the catalogue's, and values against what documents print.

    A line: `{"what", "period", "calendar", "unit_code", "sides", "difference", "difference_pct", "agrees", "explained_by"}`; sides:
    `{"source", "value", "printed"}`. difference: the first side less the second, in their unit; difference_pct: of the second.
    """
    schemas = platform.settings.schemas
    catalogue, known = indicators.load_catalogue(platform.settings), expected.load(schemas)
    found: list[Line] = []
    with platform.engine.connect() as connection:
        for calendar, values in _values(connection, code).items():
            period = Period.of(code, calendar)
            province = load_reference(schemas).province(period.end).code
            explained = _Explained(known, period)
            found += _compared(catalogue, values.complete, explained)
            found += _printed(connection, catalogue, values.all, explained, province)
    return [line for line in found if unit in (None, line["unit_code"])]


def _values(connection: sa.Connection, period: str) -> dict[str, _Known]:
    """What is known of shared definitions, by calendar."""
    rows = connection.execute(
        sa.text(
            "SELECT calendar, indicator, unit_code, value, status FROM indicators.value_as_of() "
            "WHERE period = :period AND defined_in = :shared AND value IS NOT NULL ORDER BY calendar DESC"
        ),
        {"period": period, "shared": SHARED},
    )
    found: dict[str, _Known] = {}
    for row in rows:
        known = found.setdefault(row.calendar, _Known())
        known.all[row.indicator, row.unit_code] = row.value
        if row.status == "computed":
            known.complete[row.indicator, row.unit_code] = row.value
    return found


class _Explained:
    """What is expected of a period, with the reason."""

    def __init__(self, known: ExpectedValues, period: Period) -> None:
        self._known, self.period = known, period

    def line(self, what: str, unit: str, sides: list[Line], ids: Iterable[str], *, agrees: bool) -> Line:
        first, second = (side["value"] for side in sides)
        whys = (self._known.why(name, unit, self.period, side["value"]) for name, side in zip(ids, sides, strict=False))
        return {
            "what": what, "period": self.period.code, "calendar": self.period.calendar, "unit_code": unit, "sides": sides,
            "difference": first - second, "difference_pct": (first - second) / second * 100 if second else None,
            "agrees": agrees, "explained_by": None if agrees else next(filter(None, whys), None),
        }  # fmt: skip


def _compared(catalogue: Catalogue, values: comparisons.Values, explained: _Explained) -> Iterator[Line]:
    for each in comparisons.compare(catalogue.comparisons, values):
        sides = [
            _side(catalogue.shared[name].indicator, value)
            for name, value in zip(each.comparison.sides, (each.first, each.second), strict=True)
        ]
        yield explained.line(each.comparison.id, each.unit_code, sides, each.comparison.sides, agrees=each.agrees)


def _printed(
    connection: sa.Connection, catalogue: Catalogue, values: comparisons.Values, explained: _Explained, province: str
) -> Iterator[Line]:
    """Values against the newest figure that each document prints of them, at the precision with which it is printed."""
    named = {name: each.indicator for each in catalogue.shared.values() for name in each.indicator.names}
    rows = connection.execute(
        sa.text(
            "SELECT DISTINCT ON (source, document, subject, unit_code) source, document, subject, coalesce(unit_code, :province) AS unit_code, value "
            "FROM indicators.printed_as_of() WHERE value IS NOT NULL AND (calendar, period) = (:calendar, :period) "
            "ORDER BY source, document, subject, unit_code, received_at DESC, delivery_id DESC"
        ),
        {"province": province, "calendar": explained.period.calendar, "period": explained.period.code},
    )
    for row in rows:
        indicator = named.get(fold(row.subject))
        value = values.get((indicator.id, row.unit_code)) if indicator else None
        if indicator and value is not None:
            sides = [_side(indicator, value), {"source": row.source, "value": row.value, "printed": f"{row.value:f}"}]
            agrees = expected.agrees(value, row.value)
            yield explained.line(indicator.id, row.unit_code, sides, [indicator.id], agrees=agrees)


def _side(indicator: Indicator, value: Decimal) -> Line:
    return {"source": " + ".join(sorted({key.source for key in indicator.wanted})), "value": value, "printed": None}
