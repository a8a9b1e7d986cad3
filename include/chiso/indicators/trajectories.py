"""The way to a target: from its baseline over its milestones to its value, and whether what is known keeps up with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from chiso.indicators.catalogue import Target
from chiso.indicators.formulas import HOLDS, Direction
from chiso.province.periods import Period

Progress = Literal["met_early", "on_track", "behind", "none"]
_KEEPS_UP: dict[str, Direction] = {"ge": "ge", "gt": "ge", "eq": "ge", "le": "le", "lt": "le"}
"""By a target's direction, how a value must stand to the trajectory; that a target is strict matters at its end only."""


@dataclass(frozen=True)
class Point:
    """What is wanted at the end of a year."""

    year: int
    value: Decimal


def trajectory(target: Target) -> list[Point]:
    """A point a year, straight between those that the document states; [] of a milestone, the target alone where nothing else is stated."""
    if target.value is None:
        return []
    stated = {each.year: each.value for each in target.milestones}
    if target.baseline:
        stated[target.baseline.year] = target.baseline.value
    stated[target.year] = target.value
    between = [_between(Point(*one), Point(*other)) for one, other in pairwise(sorted(stated.items()))]
    return [*(point for points in between for point in points), Point(target.year, target.value)]


def _between(one: Point, other: Point) -> list[Point]:
    """The points from `one` on, before `other`."""
    years = range(one.year, other.year)
    return [Point(year, one.value + (other.value - one.value) * (year - one.year) / len(years)) for year in years]


def expected(points: Sequence[Point], day: date) -> Decimal | None:
    """What is wanted on a day; None before the trajectory begins."""
    wanted = {point.year: point.value for point in points}
    last = points[-1].year if points else 0
    if day.year > last:
        return wanted.get(last)
    before, after = wanted.get(day.year - 1), wanted.get(day.year)
    if day == date(day.year, 12, 31):
        return after
    if before is None or after is None:
        return None
    return before + (after - before) * day.timetuple().tm_yday / date(day.year, 12, 31).timetuple().tm_yday


def progress(target: Target, points: Sequence[Point], status: str, actual: Decimal | None, period: str | None) -> Progress:
    """How the latest value stands to the trajectory.

    met_early: the target is met before its year is over. none: nothing is known, or the document states no way to the target.
    """
    if period is None or status == "no_data":
        return "none"
    day, end = Period.of(period).end, date(target.year, 12, 31)
    if status == "met":
        return "met_early" if day < end else "on_track"
    if day >= end:
        return "behind"
    wanted = expected(points, day)
    if actual is None or wanted is None:
        return "none"
    return "on_track" if HOLDS[_KEEPS_UP[target.direction]](actual, wanted) else "behind"
