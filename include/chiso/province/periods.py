"""Reporting periods: a code means a window only together with a calendar.

Source of the windows: Decree 09/2019/NĐ-CP practice (administrative: from the 15th to the 14th) and the civil
calendar. Codes: day `2024-06-15`, month `2024-06`, `2024-Q2`, `2024-H1`, `2024-9M`, year `2024`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal, get_args

Calendar = Literal["civil", "administrative"]
CALENDARS: tuple[Calendar, ...] = get_args(Calendar)
_CODE = re.compile(r"(\d{4})(?:-(?:(Q[1-4])|(H[12])|(9M)|(\d{2})(?:-(\d{2}))?))?")
_SPANS = {"Q1": (1, 3), "Q2": (4, 6), "Q3": (7, 9), "Q4": (10, 12), "H1": (1, 6), "H2": (7, 12), "9M": (1, 9)}
Grain = Literal["day", "month", "quarter", "half", "nine_months", "year"]


@dataclass(frozen=True, order=True)
class Period:
    """A span of the world: `code` on `calendar`. Build it with `Period.of`, which checks the code."""

    code: str
    calendar: Calendar

    @classmethod
    def of(cls, code: str, calendar: str = "civil") -> "Period":
        """The period; ValueError where code or calendar is none."""
        period = cls(code, calendar)  # type: ignore[arg-type]
        if calendar not in CALENDARS:
            raise ValueError(f"{calendar!r} is no calendar; there are {', '.join(CALENDARS)}")
        match = _CODE.fullmatch(code)
        if not match:
            raise ValueError(f"{code!r} is no period; write 2024-06-15, 2024-06, 2024-Q2, 2024-H1, 2024-9M or 2024")
        try:
            _ = period.end
        except ValueError:
            raise ValueError(f"{code!r} is no day or month of the calendar") from None
        return period

    @cached_property
    def grain(self) -> Grain:
        """How long it is."""
        if len(self.code) == 4:
            return "year"
        suffix = self.code[5:]
        if suffix == "9M":
            return "nine_months"
        if suffix[0] in "QH":
            return "quarter" if suffix[0] == "Q" else "half"
        return "month" if len(suffix) == 2 else "day"

    @property
    def year(self) -> int:
        """The year in the code (an administrative year begins in the December before)."""
        return int(self.code[:4])

    @cached_property
    def months(self) -> tuple[int, int]:
        """First and last month of the code's year that it spans; a day: its month on this calendar."""
        if self.grain == "day":
            month = _month_of(date.fromisoformat(self.code), self.calendar)
            return (month.months[0], month.months[0])
        suffix = self.code[5:]
        if not suffix:
            return (1, 12)
        return _SPANS.get(suffix) or (int(suffix), int(suffix))

    @cached_property
    def start(self) -> date:
        """First day."""
        if self.grain == "day":
            return date.fromisoformat(self.code)
        first = date(self.year, self.months[0], 1)
        return first if self.calendar == "civil" else (first - timedelta(days=1)).replace(day=15)

    @cached_property
    def end(self) -> date:
        """Last day, inclusive."""
        if self.grain == "day":
            return date.fromisoformat(self.code)
        last = date(self.year, self.months[1], 14)
        return last if self.calendar == "administrative" else _month_end(last)

    @classmethod
    def of_months(cls, year: int, first: int, last: int, calendar: str = "civil") -> "Period | None":
        """The period of the months `first` to `last` of `year`; None where no period consists of these."""
        names = {span: f"-{name}" for name, span in _SPANS.items()} | {(1, 12): ""}
        suffix = f"-{first:02d}" if first == last else names.get((first, last))
        return None if suffix is None else cls.of(f"{year}{suffix}", calendar)

    def contains(self, other: "Period") -> bool:
        """Whether `other` lies inside, on the same calendar."""
        return self.calendar == other.calendar and self.start <= other.start and other.end <= self.end

    def enclosing(self) -> list["Period"]:
        """The reporting periods, from month up, that contain it, shortest first; itself among them unless a day."""
        if self.grain == "day":
            return _month_of(self.start, self.calendar).enclosing()
        first, last = self.months
        spans = [*((f"{month:02d}", (month, month)) for month in range(1, 13)), *_SPANS.items()]
        codes = [f"{self.year}-{name}" for name, (low, high) in spans if low <= first and last <= high]
        return [Period(code, self.calendar) for code in [*codes, str(self.year)]]

    def parts(self, grain: str) -> list["Period"]:
        """The sub-periods of `grain` (day, month, quarter, half, year) it consists of, in order."""
        if grain == "day":
            days = (self.end - self.start).days + 1
            return [Period((self.start + timedelta(days=n)).isoformat(), self.calendar) for n in range(days)]
        first, last = self.months
        names = {
            "month": [f"{month:02d}" for month in range(first, last + 1)],
            "quarter": ["Q1", "Q2", "Q3", "Q4"],
            "half": ["H1", "H2"],
        }.get(grain)
        if names is None:
            return [Period(str(self.year), self.calendar)]
        parts = [Period(f"{self.year}-{name}", self.calendar) for name in names]
        return [part for part in parts if self.contains(part)]


def touched(periods: Iterable[Period]) -> list[Period]:
    """Every reporting period from month up that `periods` fall into, each once, by end and then by start."""
    found = {outer for period in periods for outer in period.enclosing()}
    return sorted(found, key=lambda period: (period.end, -period.start.toordinal(), period.calendar))


def months_touched(days: Iterable[date]) -> list[Period]:
    """The months, on both calendars, that `days` fall into."""
    return sorted({_month_of(day, calendar) for day in days for calendar in CALENDARS})


def smallest_covering(first: date, last: date) -> Period | None:
    """The shortest civil period that holds both days; None where they lie in different years."""
    if first == last:
        return Period(first.isoformat(), "civil")
    return next((period for period in _month_of(first, "civil").enclosing() if period.end >= last), None)


def with_window(first: date, last: date) -> list[Period]:
    """The periods, from month up, that begin on `first` and end on `last`; on either calendar."""
    around = [period for calendar in CALENDARS for period in _month_of(last, calendar).enclosing()]
    return [period for period in around if (period.start, period.end) == (first, last)]


def _month_of(day: date, calendar: Calendar) -> Period:
    if calendar == "administrative" and day.day >= 15:
        day = _month_end(day) + timedelta(days=1)
    return Period(f"{day.year}-{day.month:02d}", calendar)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
