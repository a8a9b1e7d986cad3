"""Reporting periods: a code means a window only together with a calendar.

Source of the windows: Decree 09/2019/NĐ-CP practice (administrative: from the 15th to the 14th) and the civil
calendar. Codes: day `2024-06-15`, month `2024-06`, `2024-Q2`, `2024-H1`, `2024-9M`, year `2024`.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
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


def _month_of(day: date, calendar: Calendar) -> Period:
    if calendar == "administrative" and day.day >= 15:
        day = _month_end(day) + timedelta(days=1)
    return Period(f"{day.year}-{day.month:02d}", calendar)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


# --- Periods in words: titles of sheets, names of files ---


class UnclearPeriodError(ValueError):
    """A title or file name states no period, or states two. `vi` and `en` say which."""

    def __init__(self, vi: str, en: str) -> None:
        """Both texts, without the file's name."""
        super().__init__(en)
        self.vi, self.en = vi, en


_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_YEAR = r"(20\d\d)"
_DATE = r"(\d{1,2})\s*(?:[/.-]|thang)\s*(\d{1,2})(?:\s*(?:[/.-]|nam)\s*" + _YEAR + ")?"
_RANGE = re.compile(rf"{_DATE}\s*(?:-|–|->|den)(?:\s+het)?\s*(?:ngay)?\s*{_DATE}")
_DATED = re.compile(rf"ngay\s*\d{{1,2}}\s*thang\s*\d{{1,2}}\s*nam\s*{_YEAR}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]{_YEAR}")
_OF_YEAR = rf"\s*(?:/|-|\.|,|nam)?\s*(?:nam)?\s*{_YEAR}"
_WORDS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(rf"\b(?:thang|t)\s*(0?[1-9]|1[0-2]){_OF_YEAR}\b"), "month"),
    (re.compile(rf"\bquy\s*(iv|i{{1,3}}|[1-4]){_OF_YEAR}\b"), "quarter"),
    (re.compile(rf"\b(6|sau) thang dau(?:\s*nam)?{_OF_YEAR}\b"), "H1"),
    (re.compile(rf"\b(6|sau) thang cuoi(?:\s*nam)?{_OF_YEAR}\b"), "H2"),
    (re.compile(rf"\b(9|chin) thang(?:\s*dau)?(?:\s*nam)?{_OF_YEAR}\b"), "9M"),
]
_YEARLESS = re.compile(r"\b(?:6|sau) thang (dau|cuoi)(?:\s*nam)?\b(?!\s*20\d\d)")
_ONLY_YEAR = re.compile(rf"\bnam\s*{_YEAR}\b")
_FILE_PARTS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(rf"(?:thang|t|m)[ _.-]*(0?[1-9]|1[0-2])[ _.-]+(?:nam[ _.-]*)?{_YEAR}(?!\d)"), "month"),
    (re.compile(rf"(?<![a-z])(?:quy|q)[ _.-]*(iv|i{{1,3}}|[1-4])[ _.-]*(?:nam[ _.-]*)?{_YEAR}(?!\d)"), "quarter"),
    (re.compile(rf"(?<![a-z\d])(6)[ _.-]*(?:t|thang)[ _.-]*(?:dau)[ _.-]*(?:nam)?[ _.-]*{_YEAR}(?!\d)"), "H1"),
    (re.compile(rf"(?<![a-z\d])(6)[ _.-]*(?:t|thang)[ _.-]*(?:cuoi)[ _.-]*(?:nam)?[ _.-]*{_YEAR}(?!\d)"), "H2"),
    (re.compile(rf"(?<![a-z\d])(9)[ _.-]*(?:t|thang)[ _.-]*(?:dau[ _.-]*)?(?:nam)?[ _.-]*{_YEAR}(?!\d)"), "9M"),
]
_FILE_CODE = re.compile(
    r"(?<!\d)(20\d\d)[ _.-]?(?:(q[1-4])|(h[12])|(9m))(?![a-z\d])"
    r"|(?<!\d)(20\d\d)[_.-](0[1-9]|1[0-2])(?:[_.-](0[1-9]|[12]\d|3[01]))?(?!\d)"
)
_FILE_HALF = re.compile(rf"(?<![a-z\d])(h[12])[ _.-]*{_YEAR}(?!\d)")


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub(r"\s+", " ", "".join(letter for letter in decomposed if not unicodedata.combining(letter)))


def from_titles(lines: Sequence[str], default: Calendar) -> Period:
    """The period that a sheet's titles state.

    lines: texts above the header, from the top. default: the calendar of the source; dates in a title decide
    instead, and must be a window of one of the calendars. Raises UnclearPeriodError.
    """
    plain = [_plain(line) for line in lines]
    spans = {span for line in plain for span in _ranges(line)}
    named = _named([line for line in plain if "ky bao cao" in line]) or _named(plain)
    if len(named) > 1:
        raise UnclearPeriodError(
            f"tiêu đề nêu nhiều kỳ báo cáo khác nhau: {', '.join(sorted(named))}",
            f"the titles state several periods: {', '.join(sorted(named))}",
        )
    if len(spans) > 1:
        raise UnclearPeriodError("tiêu đề nêu nhiều khoảng ngày khác nhau", "the titles state several date ranges")
    if spans:
        return _window(*spans.pop(), next(iter(named), None))
    if not named:
        raise UnclearPeriodError("tiêu đề không nêu kỳ báo cáo", "the titles state no reporting period")
    return Period.of(named.pop(), default)


def _named(lines: Sequence[str]) -> set[str]:
    undated = [_DATED.sub(" ", line) for line in lines]
    found = {code for line in undated for code in _codes(line)}
    if found:
        return found
    years = {match[1] for line in undated for match in _ONLY_YEAR.finditer(line)}
    halves = {match[1] for line in undated for match in _YEARLESS.finditer(line)}
    if halves and len(years) == 1:
        return {f"{next(iter(years))}-{'H1' if half == 'dau' else 'H2'}" for half in halves}
    return years


def _codes(line: str) -> Iterable[str]:
    for pattern, kind in _WORDS:
        for match in pattern.finditer(line):
            yield _code(kind, match[1], match[2])


def _code(kind: str, number: str, year: str) -> str:
    if kind == "month":
        return f"{year}-{int(number):02d}"
    if kind == "quarter":
        return f"{year}-Q{_ROMAN.get(number) or int(number)}"
    return f"{year}-{kind}"


def _ranges(line: str) -> Iterable[tuple[date, date]]:
    for match in _RANGE.finditer(line):
        day, month, year, last_day, last_month, last_year = (int(group) if group else None for group in match.groups())
        if not (day and month and last_day and last_month and last_year):
            continue
        try:
            last = date(last_year, last_month, last_day)
            first_year = year or (last_year if (month, day) <= (last_month, last_day) else last_year - 1)
            yield date(first_year, month, day), last
        except ValueError:
            continue


def _window(first: date, last: date, named: str | None) -> Period:
    fitting = [
        period
        for calendar in CALENDARS
        for anchor in _month_of(last, calendar).enclosing()
        if (period := anchor).start == first and period.end == last
    ]
    agreeing = [period for period in fitting if named in (None, period.code)]
    if agreeing:
        return agreeing[0]
    span = f"{first:%d/%m/%Y}–{last:%d/%m/%Y}"
    if fitting:
        raise UnclearPeriodError(
            f"tiêu đề ghi kỳ {named} nhưng khoảng ngày {span} là kỳ {fitting[0].code}",
            f"the title says {named}, but its dates {span} are period {fitting[0].code}",
        )
    raise UnclearPeriodError(
        f"khoảng ngày {span} không phải một kỳ báo cáo theo lịch dương hay lịch hành chính (15–14)",
        f"the dates {span} are no reporting period of the civil or the administrative (15–14) calendar",
    )


def from_words(text: str) -> str | None:
    """The code that a cell states: a code, an EDTF year (`2024~`), or words (`6 tháng đầu năm 2024`); else None."""
    stripped = text.strip().rstrip("~")
    if _CODE.fullmatch(stripped):
        try:
            return Period.of(stripped).code
        except ValueError:
            return None
    named = _named([_plain(text)])
    return next(iter(named)) if len(named) == 1 else None


def from_file_name(name: str) -> str | None:
    """The code that a file name states (`vien_thong_Q3_2022.xlsx` → `2022-Q3`); None where it states none."""
    plain = _plain(name.rsplit(".", 1)[0] if "." in name else name)
    for pattern, kind in _FILE_PARTS:
        if match := pattern.search(plain):
            return _code(kind, match[1], match[2])
    if match := _FILE_HALF.search(plain):
        return f"{match[2]}-{match[1].upper()}"
    if match := _FILE_CODE.search(plain):
        return _file_code(match)
    return None


def _file_code(match: re.Match[str]) -> str | None:
    year, quarter, half, nine, other_year, month, day = match.groups()
    code = f"{year}-{(quarter or half or nine).upper()}" if year else "-".join(filter(None, [other_year, month, day]))
    try:
        return Period.of(code).code
    except ValueError:
        return None
