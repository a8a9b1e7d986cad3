"""Reporting periods of the departments' forms: quarters, half-years, years from 2022 to mid-2024."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

_MONTHS = {"Q1": 3, "Q2": 6, "Q3": 9, "Q4": 12, "H1": 6}
_ROMAN = {"Q1": "I", "Q2": "II", "Q3": "III", "Q4": "IV"}


@dataclass(frozen=True, order=True)
class Reported:
    """A period that a form speaks of: `part` is Q1 … Q4, H1, or empty for the year."""

    year: int
    part: str = ""

    @property
    def end(self) -> date:
        """Its last day."""
        month = _MONTHS.get(self.part, 12)
        return date(self.year, month, monthrange(self.year, month)[1])

    @property
    def administrative_end(self) -> date:
        """The last day where a period goes from the 15th to the 14th."""
        return self.end.replace(day=14)

    @property
    def title(self) -> str:
        """As a form's title names it."""
        if self.part in _ROMAN:
            return f"Quý {_ROMAN[self.part]}/{self.year}"
        return f"6 tháng đầu năm {self.year}" if self.part else f"Năm {self.year}"

    @property
    def suffix(self) -> str:
        """As a file's name ends."""
        return f"{self.part}_{self.year}" if self.part in _ROMAN else f"6T_{self.year}" if self.part else f"nam_{self.year}"

    @property
    def age(self) -> float:
        """Years from the beginning of 2022 to its end."""
        return self.end.year - 2022 + (self.end.timetuple().tm_yday / 366)


QUARTERS = tuple(
    Reported(year, part) for year in (2022, 2023, 2024) for part in ("Q1", "Q2", "Q3", "Q4") if (year, part) <= (2024, "Q2")
)
HALVES = tuple(Reported(year, part) for year in (2022, 2023, 2024) for part in ("H1", "") if (year, part) != (2024, ""))
