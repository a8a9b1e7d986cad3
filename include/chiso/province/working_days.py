"""Working days of Vietnamese authorities: Monday to Friday, without public holidays and the days off that make up for them.

Holidays and most compensatory days come from the library `holidays`; days that the Government swapped and the library lacks
stand, each with its document, in `include/schemas/reference/working_days.csv`.
"""

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chiso.province.periods import Period
from chiso.system.errors import ContractError, Fault

if TYPE_CHECKING:
    from holidays import HolidayBase

_DAY = timedelta(days=1)
FILE = "working_days.csv"


class WorkingDays:
    """The working calendar. stated: days that are working days or not, whatever the library says of them."""

    def __init__(self, stated: Mapping[date, bool] | None = None) -> None:
        """stated: none where it is left out."""
        self._stated = dict(stated or {})

    @cached_property
    def _holidays(self) -> "HolidayBase":
        from holidays import country_holidays  # loaded when a day is asked for: it takes a while

        return country_holidays("VN")

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on that day."""
        stated = self._stated.get(day)
        return bool(self._holidays.is_working_day(day)) if stated is None else stated

    def due_day(self, period: Period, working_days: int) -> date:
        """The day by whose end what speaks of a period is due: so many working days after its last day."""
        day = period.end
        for _ in range(working_days):
            day += _DAY
            while not self.is_working_day(day):
                day += _DAY
        return day

    def days_late(self, due: date, came: date) -> int:
        """Working days from the day after `due` to the one on which what came could be worked with; 0 where it wasn't late.

        What comes on a day off is there on the next working day.
        """
        if came <= due:
            return 0
        while not self.is_working_day(came):
            came += _DAY
        return sum(self.is_working_day(due + n * _DAY) for n in range(1, (came - due).days + 1))


def load(schemas: Path) -> WorkingDays:
    """The calendar with the days that the reference list states. Raises ContractError, which names file and line."""
    path = schemas / "reference" / FILE
    stated: dict[date, bool] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            day, working = row.get("day"), row.get("working")
            try:
                found = date.fromisoformat(day or "")
            except ValueError:
                raise _fault(reader.line_num, f"{day!r} is no day; write 2025-05-02") from None
            if working not in ("0", "1"):
                raise _fault(reader.line_num, f"{working!r} must be 1 for a working day, 0 for a day off")
            if not row.get("document"):
                raise _fault(reader.line_num, f"{day} has no document; name the one that announced it")
            if found in stated:
                raise _fault(reader.line_num, f"{day} is stated twice; keep one line")
            stated[found] = working == "1"
    return WorkingDays(stated)


def _fault(line: int, message: str) -> ContractError:
    return ContractError(Fault(f"include/schemas/reference/{FILE}", f"line {line}", message))
