"""Which reports a source owes: by its contract's cadence, since its first delivery. Pure; what came of them: timeliness.py."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from chiso.contracts import Contract
from chiso.province.periods import Calendar, Grain, Period

_DAY = timedelta(days=1)


def expected_periods(contract: Contract, delivered: Collection[Period], today: date) -> list[Period]:
    """The periods of which a report was delivered or should have been, by their ends; [] where nothing came yet, or nothing is regular.

    delivered: the periods that were, on the contract's calendar. Nothing is expected of a period that isn't over.
    Of lengths that end together the longest is the report (the year's form stands for the second half), but one that came
    goes before one that didn't. What comes day by day is expected by days in a month of which a day came, and in the running
    one; of other months as a month's file or, where each day shows how things stand, as of the month's last day.
    """
    delivery = contract.terms.delivery
    known = {period for period in delivered if period.grain in {*delivery.grains, *(["month"] if contract.every_day_counts else [])}}
    if delivery.shortest is None or not known:
        return []
    owed = _days(contract, known, today) if delivery.shortest == "day" else _whole(delivery.grains, known, today)
    return sorted({*owed, *(period for period in known if period.end >= today)}, key=lambda period: (period.end, period.start))


def covering(contract: Contract, period: Period) -> list[Period]:
    """The periods of deliveries that are the report on a period, best first: a day's own, and its month's where all days count."""
    return [period, *(period.enclosing()[:1] if period.grain == "day" and contract.every_day_counts else [])]


def _whole(grains: list[Grain], known: Collection[Period], today: date) -> Iterator[Period]:
    first = min(known, key=lambda period: period.end)
    for period in _periods(grains[0], first.end, today, first.calendar):
        if period.end >= today:
            continue
        ending = [longer for longer in period.enclosing() if longer.grain in grains and longer.end == period.end]
        came = [each for each in ending if each in known]
        yield (came or ending)[-1]


def _days(contract: Contract, known: Collection[Period], today: date) -> Iterator[Period]:
    every_day = contract.every_day_counts
    weekly = "day" not in contract.terms.delivery.cadences
    first = min(known, key=lambda period: period.start)
    for month in _periods("month", first.start, today, first.calendar):
        came = {period.start for period in known if period.grain == "day" and month.contains(period)}
        begun = came if every_day else came - {month.end}
        if not begun and month.end < today:
            yield month if every_day else Period(month.end.isoformat(), month.calendar)
            continue
        start = month.start if every_day or not begun else min(begun)
        for day in month.parts("day"):
            if max(start, first.start) <= day.start < today and (not weekly or day.start.isoweekday() == 7):
                yield day


def _periods(grain: Grain, first: date, today: date, calendar: Calendar) -> list[Period]:
    """Periods that end on a day from the first one, and began before today; in order."""
    # An administrative year begins in the December before it.
    years = [Period(str(year), calendar) for year in range(first.year, today.year + 2)]
    parts = [part for year in years for part in year.parts(grain)]
    return [part for part in parts if part.end >= first and part.start < today]
