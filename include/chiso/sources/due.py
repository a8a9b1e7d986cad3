"""What a schedule must fetch: every period that is over and not accepted yet, and what may still be restated.

A refused delivery isn't accepted, so its period stays due. Nothing is asked for before its last day is over.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chiso.province.periods import Calendar, Grain, Period
from chiso.system.errors import ContractError

if TYPE_CHECKING:
    from chiso.contracts import Contract

_DAY = timedelta(days=1)


def due_periods(contract: "Contract", accepted: Collection[Period], today: date) -> list[Period]:
    """Periods to fetch now, oldest first, each once.

    What happens day by day (events, and figures that are summed) comes as one file per past month, and as days for the
    current month and for a month that was begun as days: no day is left out. A daily snapshot is taken at each past
    month's end and yesterday, a weekly one at each past month's end and on the newest Sunday; any other once per period.
    The newest accepted one of each length is asked for again, since it may be restated, and so are as many of the
    newest accepted days as the contract looks back; an ETag makes it cheap.

    accepted: periods with an accepted delivery, whatever their length. today: the platform's day.
    Drop folders and irregular sources have nothing that could be due: [].
    Raises: ContractError, where `transport.since` is no period.
    """
    terms = contract.terms
    shortest = terms.delivery.shortest
    if terms.transport.kind == "drop_folder" or shortest is None:
        return []
    first = _first_day(contract)
    calendar = terms.delivery.calendar
    # A period that still runs was accepted with what it had by then, so it covers nothing for good.
    over = [period for period in accepted if period.calendar == calendar and period.end < today]
    served = [period for period in over if period.start >= first]
    grains = [shortest]
    if shortest == "day" and contract.every_day_counts:
        wanted = set(_daily(first, today, accepted=over, calendar=calendar))
        grains.append("month")
    elif shortest == "day":
        newest = today - (_DAY if "day" in terms.delivery.cadences else timedelta(days=today.isoweekday()))
        wanted = set(_showing_a_day(newest, first, today, calendar)) - set(over)
    else:
        wanted = set(_whole(shortest, first, today, calendar)) - set(over)
    again = {period for grain in grains for period in _newest(served, grain, 1)}
    again |= set(_newest(served, "day", terms.delivery.look_back))
    return sorted(wanted | again, key=lambda period: (period.end, period.start))


def _first_day(contract: "Contract") -> date:
    try:
        return Period.of(contract.terms.transport.since or "", contract.terms.delivery.calendar).start
    except ValueError as fault:
        raise ContractError(f"{contract.source}: transport.since: {fault}") from fault


def _daily(first: date, today: date, *, accepted: list[Period], calendar: Calendar) -> Iterator[Period]:
    covered = {day for period in accepted for day in _days(period.start, period.end)}
    for month in _periods("month", first, today, calendar):
        days = _days(max(month.start, first), min(month.end, today - _DAY))
        missing = [day for day in days if day not in covered]
        if len(missing) == (month.end - month.start).days + 1:
            yield month
        else:
            yield from (Period(day.isoformat(), calendar) for day in missing)


def _whole(grain: Grain, first: date, today: date, calendar: Calendar) -> list[Period]:
    """Periods of that length that are over."""
    return [period for period in _periods(grain, first, today, calendar) if period.start >= first and period.end < today]


def _showing_a_day(newest: date, first: date, today: date, calendar: Calendar) -> Iterator[Period]:
    """Each past month's last day, and the newest day that can be had."""
    ends = {month.end for month in _periods("month", first, today, calendar) if month.end < today}
    yield from (
        Period(day.isoformat(), calendar)
        for day in ends | ({newest} if newest > max(ends, default=date.min) else set())
        if day >= first
    )


def _newest(accepted: Iterable[Period], grain: str, count: int) -> list[Period]:
    alike = sorted({period for period in accepted if period.grain == grain}, key=lambda period: period.end)
    return alike[len(alike) - min(count, len(alike)) :]


def _periods(grain: str, first: date, today: date, calendar: Calendar) -> list[Period]:
    """Periods of `grain` that hold a day from `first` to yesterday, in order."""
    # An administrative year begins in the December before it.
    years = [Period(str(year), calendar) for year in range(first.year, today.year + 2)]
    parts = [part for year in years for part in year.parts(grain)]
    return [part for part in parts if part.end >= first and part.start < today]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
