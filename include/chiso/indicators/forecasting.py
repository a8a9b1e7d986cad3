"""Where an indicator is likely to stand at a target's year: the random walk with drift.

The value goes on from the last one by the mean change over the history. The interval is that of normal errors, wider with the
square root of time (Hyndman, Athanasopoulos: Forecasting, 3rd ed., 5.2 and 5.5). Every step of the history is forecast from those
before it as well: what the method would have been wrong by, beside what "as last time" would have been.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import sqrt
from statistics import NormalDist, fmean

METHOD = "drift"
LEVEL = 0.8
"""How likely the value lies within the interval."""
SHORTEST = 5
"""Fewer values say nothing of the future."""
_FIRST_TRIED = 3
"""How many values the first step of the history is forecast from."""
_HORIZON = 10
"""Years after the target's in which it is looked for when the target will be met."""
_DAYS = 365.2425
_Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Forecast:
    """A value at the end of `year` with the interval that holds it at `LEVEL`; unrounded, in the indicator's unit.

    points: how many values it rests on. mean_error: by how much, in the mean, the method missed the values of the history;
    naive_error: by how much "as last time" did. met_in: the first year at whose end the target is likely met; None if none is near.
    """

    method: str
    year: int
    value: Decimal
    low: Decimal
    high: Decimal
    points: int
    mean_error: Decimal
    naive_error: Decimal
    met_in: int | None


def forecast(history: Mapping[date, Decimal], year: int, reached: Callable[[Decimal], bool], *, percentage: bool) -> Forecast | None:
    """The forecast for the end of `year`; None where the history is too short, or reaches that day.

    history: values of one kind of period, by its last day. reached: whether a value meets the target. percentage: values lie within
    0 and 100.
    """
    if len(history) < SHORTEST or max(history) >= date(year, 12, 31):
        return None
    points = [(day.toordinal() / _DAYS, float(value)) for day, value in sorted(history.items())]
    tried = [(points[:place], *points[place]) for place in range(_FIRST_TRIED, len(points))]
    missed = [abs(_ahead(before, at)[0] - value) for before, at, value in tried]
    naive = [abs(before[-1][1] - value) for before, _, value in tried]

    def at(year: int) -> tuple[Decimal, Decimal, Decimal]:
        value, deviation = _ahead(points, date(year, 12, 31).toordinal() / _DAYS)
        margin = NormalDist().inv_cdf((1 + LEVEL) / 2) * deviation
        low, middle, high = (_bounded(each, percentage=percentage) for each in (value - margin, value, value + margin))
        return low, middle, high

    low, value, high = at(year)
    ahead = (later for later in range(max(history).year, year + _HORIZON + 1) if date(later, 12, 31) > max(history))
    met_in = next((later for later in ahead if reached(at(later)[1])), None)
    return Forecast(METHOD, year, value, low, high, len(points), _rounded(fmean(missed)), _rounded(fmean(naive)), met_in)


def _ahead(points: _Points, at: float) -> tuple[float, float]:
    """Value and standard deviation at a time, in years."""
    (first, began), (last, stands) = points[0], points[-1]
    drift = (stands - began) / (last - first)
    residuals = [(after - before - drift * (then - now)) / sqrt(then - now) for (now, before), (then, after) in pairwise(points)]
    variance = sum(each**2 for each in residuals) / max(len(residuals) - 1, 1)
    ahead = at - last
    return stands + drift * ahead, sqrt(variance * ahead * (1 + ahead / (last - first)))


def _bounded(value: float, *, percentage: bool) -> Decimal:
    return _rounded(min(max(value, 0), 100) if percentage else value)


def _rounded(value: float) -> Decimal:
    return round(Decimal(value), 4)
