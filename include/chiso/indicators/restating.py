"""Values restated to the units of another day: sums of what the units of the time reported, and rates from their parts.

A value is a sum or it isn't restated: ranks, extremes, scores, counts of units and means have no parts that add up. Nothing is
guessed where a part has no value.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Measure
from chiso.indicators.catalogue import Catalogue, Definition, Framework
from chiso.indicators.figures import MeasureKey
from chiso.indicators.formulas import Difference, FirstOf, Formula, MeasureTerm, Part, Ratio, Sum
from chiso.indicators.reading import KnownValue, Question
from chiso.province.periods import Period
from chiso.province.restating import Thing, cover, thing_at
from chiso.province.units import Agency, Reference
from chiso.system.errors import UsageError

Measures = Mapping[MeasureKey, Measure]
_SINCE_EVER = date(1900, 1, 1)
"""The first day of what has none, in the warehouse."""


def read_restated(
    connection: sa.Connection, question: Question, day: date, catalogue: Catalogue, reference: Reference, measures: Measures
) -> list[KnownValue]:
    """Values of a unit of `day` (default: the province) at every period, made of those of the units of the period's end.

    Raises UsageError where no unit has the code on that day.
    """
    unit = thing_at(reference, question.unit_code, day) if question.unit_code else reference.province(day)
    if unit is None:
        raise UsageError(f"{question.unit_code} is the code of no unit and no agency on {day}. See `publication.unit` for codes and their days.")
    covering: Callable[[date], frozenset[Thing] | None] = cache(lambda at: cover(reference, unit, at))
    versions = catalogue.versions(question.framework, question.version)
    periods = _periods(connection, question.period)
    covers = {period: covering(period.end) for period in periods}
    codes = {each.code for things in covers.values() for each in things or ()}
    names = {definition.indicator.id for framework in versions for definition in framework.indicators}
    values = _values(connection, question.as_of, sorted(names), sorted(codes))
    rows = (
        _Restated(framework, definition, unit, period, covers[period], values).row(measures)
        for framework in versions
        for definition in framework.indicators
        for period in periods
        if period.year in framework.years
    )
    return [row for row in rows if row is not None]


_Key = tuple[str, str, Period, str, date]
"""Indicator, where it is defined, period, code and first day of the unit."""


def _periods(connection: sa.Connection, code: str | None) -> list[Period]:
    rows = connection.execute(
        sa.text("SELECT DISTINCT calendar, period FROM indicators.run WHERE period = coalesce(CAST(:code AS text), period)"), {"code": code}
    )
    found = [Period.of(row.period, row.calendar) for row in rows]
    return sorted(found, key=lambda each: (each.end, each.start, each.calendar))


def _values(
    connection: sa.Connection, as_of: datetime | None, indicators: Sequence[str], codes: Sequence[str]
) -> Mapping[_Key, sa.Row[Any]]:
    rows = connection.execute(
        sa.text("SELECT * FROM indicators.value_as_of(:as_of) WHERE indicator = ANY(:indicators) AND unit_code = ANY(:codes)"),
        {"as_of": as_of or "infinity", "indicators": list(indicators), "codes": list(codes)},
    )
    return {(row.indicator, row.defined_in, Period.of(row.period, row.calendar), row.unit_code, row.unit_valid_from): row for row in rows}


@dataclass(frozen=True)
class _Restated:
    """One indicator of a unit at a period."""

    framework: Framework
    definition: Definition
    unit: Thing
    period: Period
    things: frozenset[Thing] | None
    values: Mapping[_Key, sa.Row[Any]]

    def row(self, measures: Measures) -> KnownValue | None:
        """The value, or why there is none; None where the units of the time have none and none was to be expected."""
        parts = {each: found for each in self.things or () if (found := self._reported(each)) is not None}
        if not parts:
            return None
        if self.things == frozenset([self.unit]):  # it was the same unit
            [known] = parts.values()
            return self._known(known.value, known.numerator, known.denominator, known.missing, parts)
        formula = self.definition.indicator.formula
        if formula is None or not adds_up(formula, measures):
            return self._known(None, None, None, [{"what": "not_additive"}], parts)
        absent = [each.code for each in self.things or () if each not in parts or parts[each].value is None]
        if absent and not all(measures[key].is_count for key in self.definition.wanted):  # of what is counted, a unit without rows has none
            return self._known(None, None, None, [{"what": "unit", "unit": code} for code in sorted(absent)], parts)
        return self._summed(formula, parts)

    def _reported(self, thing: Thing) -> sa.Row[Any] | None:
        place = (thing.code, thing.valid_from or _SINCE_EVER)
        return self.values.get((self.definition.indicator.id, self.definition.defined_in, self.period, *place))

    def _summed(self, formula: Formula, parts: Mapping[Thing, sa.Row[Any]]) -> KnownValue:
        missing = [lack for row in parts.values() for lack in row.missing]
        missing = [lack for place, lack in enumerate(missing) if lack not in missing[:place]]
        if all(row.denominator is None for row in parts.values()):
            return self._known(sum((row.value or Decimal(0) for row in parts.values()), Decimal(0)), None, None, missing, parts)
        above, below = (sum((getattr(row, name) or Decimal(0) for row in parts.values()), Decimal(0)) for name in ("numerator", "denominator"))
        if below == 0:
            return self._known(None, above, below, [*missing, {"what": "denominator"}], parts)
        return self._known(above * _scale(formula) / below, above, below, missing, parts)

    def _known(
        self,
        value: Decimal | None,
        numerator: Decimal | None,
        denominator: Decimal | None,
        missing: Sequence[Mapping[str, Any]],
        parts: Mapping[Thing, sa.Row[Any]],
    ) -> KnownValue:
        indicator = self.definition.indicator
        return KnownValue(
            indicator=indicator.id,
            name_vi=indicator.name_vi,
            framework=self.framework.framework,
            version=self.framework.version,
            unit_register="agency" if isinstance(self.unit, Agency) else "admin_unit",
            unit_code=self.unit.code,
            unit_name=self.unit.name,
            period=self.period.code,
            calendar=self.period.calendar,
            value=value,
            numerator=None if denominator is None else numerator,
            denominator=denominator,
            reported_value=None,
            measure_unit=indicator.unit,
            status="no_data" if value is None else "incomplete" if missing else "computed",
            missing=missing,
            publication="held" if any(row.publication == "held" for row in parts.values()) else "approved",
            recorded_at=max(row.recorded_at for row in parts.values()),
            cause=None,
        )


def adds_up(formula: Formula, measures: Measures) -> bool:
    """Whether a value of several units is the sum of theirs, or the ratio of such sums."""
    if isinstance(formula, FirstOf):
        return all(adds_up(part, measures) for part in formula.first_of)
    if isinstance(formula, Ratio):
        return all(_is_sum(part, measures) for part in (formula.ratio, formula.to))
    return _is_sum(formula, measures)


def _is_sum(formula: Part, measures: Measures) -> bool:
    terms = list(_terms(formula))
    return all(
        isinstance(part, MeasureTerm) and part.key in measures and measures[part.key].over_rows == "sum" and not measures[part.key].distinct
        for part in terms
    )


def _terms(formula: Part) -> Iterator[Part]:
    if isinstance(formula, Sum | Difference):
        for part in formula.operands:
            yield from _terms(part)
    else:
        yield formula


def _scale(formula: Formula) -> Decimal:
    """What a ratio is multiplied by; alternatives of one indicator share it."""
    ratio = next(part for part in formula.nested() if isinstance(part, Ratio))
    return ratio.scale
