"""Days, working days and period codes of the civil calendar, in local time (UTC+7, no summer time)."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
SINCE = date(2022, 1, 1)  # the first day of which the endpoints know anything

# Public holidays with their bridge days and the days off in lieu.
HOLIDAYS = frozenset(
    date(year, month, day)
    for year, month, days in (
        (2022, 1, (3, 31)),
        (2022, 2, (1, 2, 3, 4)),
        (2022, 4, (11,)),
        (2022, 5, (2, 3)),
        (2022, 9, (1, 2)),
        (2023, 1, (2, 20, 23, 24, 25, 26)),
        (2023, 5, (1, 2, 3)),
        (2023, 9, (1, 4)),
        (2024, 1, (1,)),
        (2024, 2, (8, 9, 12, 13, 14)),
        (2024, 4, (18, 29, 30)),
        (2024, 5, (1,)),
        (2024, 9, (2, 3)),
        (2025, 1, (1, 27, 28, 29, 30, 31)),
        (2025, 4, (7, 30)),
        (2025, 5, (1, 2)),
    )
    for day in days
)


class UnknownPeriodError(ValueError):
    """The period code is not one that this source serves."""


@dataclass(frozen=True)
class Span:
    """Days of a period: first included, end excluded."""

    first: date
    end: date

    @property
    def last(self) -> date:
        """The last day."""
        return self.end - timedelta(days=1)

    @property
    def months_known(self) -> int:
        """Months from the first that is known to this one, both counted."""
        return (self.first.year - SINCE.year) * 12 + self.first.month - SINCE.month + 1

    def days_before(self, today: date) -> Iterator[date]:
        """Its days that are over."""
        return (self.first + timedelta(days=n) for n in range((min(self.end, today) - self.first).days))


def is_working_day(day: date) -> bool:
    """Monday to Friday, holidays excepted."""
    return day.weekday() < 5 and day not in HOLIDAYS


def span_of(code: str) -> Span:
    """Read a civil month (2024-06) or day (2024-06-15).

    Raises: UnknownPeriodError.
    """
    if not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", code):
        raise UnknownPeriodError(f"{code!r} is neither YYYY-MM nor YYYY-MM-DD")
    try:
        first = date.fromisoformat(code if len(code) == 10 else f"{code}-01")
    except ValueError as error:
        raise UnknownPeriodError(f"{code!r} is no date") from error
    length = 1 if len(code) == 10 else monthrange(first.year, first.month)[1]
    return Span(first, first + timedelta(days=length))


def published_at(span: Span, today: date) -> datetime:
    """When figures of the span were ready: half past midnight after its end, or this morning."""
    return datetime.combine(min(span.end, today), time(0, 30), LOCAL)
