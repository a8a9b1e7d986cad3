"""The one period that a form's titles, a cell or a file's name state, in words or as a code.

All that is said of time must fit one period: months and year may stand in different titles, dates and `tính đến …` must
agree with them. The year alone decides only where nothing shorter is spoken of.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NoReturn, TypeVar

from chiso.province.periods import Calendar, Period, with_window
from chiso.province.time_text import clean
from chiso.province.time_words import (
    Cumulative,
    Dates,
    Day,
    Loose,
    Mention,
    Months,
    Unread,
    Until,
    What,
    Year,
    Years,
    mentions,
    wholly_time,
)

Kind = TypeVar("Kind", bound=What)


class UnclearPeriodError(ValueError):
    """The words state no period, several, or one that can't be understood. `vi` and `en` say which.

    line: index of the title that must be mended; None where none is to blame.
    """

    def __init__(self, vi: str, en: str, line: int | None = None) -> None:
        """Both texts, without the file's name."""
        super().__init__(en)
        self.vi, self.en, self.line = vi, en, line


class NoSinglePeriodError(UnclearPeriodError):
    """All is understood, but it states no period, or only a span of years."""


def from_titles(lines: Sequence[str], calendar: Calendar) -> Period:
    """The period that a sheet's titles state.

    lines: texts above the header, from the top. calendar: the source's; dates in a title decide instead, and must be a
    window of one of the calendars. Raises UnclearPeriodError.
    """
    numbered = [(number, clean(part)) for number, line in enumerate(lines) for part in line.splitlines()]
    try:
        return _period(list(mentions([part for _, part in numbered])), calendar)
    except UnclearPeriodError as fault:
        if fault.line is not None:
            fault.line = numbered[fault.line][0]
        raise


def from_titles_if_stated(lines: Sequence[str], calendar: Calendar) -> Period | None:
    """As `from_titles`, for a form whose rows bear their own periods: None where the titles state none, or several years.

    Raises UnclearPeriodError where a word of time isn't understood, or two periods contradict each other.
    """
    try:
        return from_titles(lines, calendar)
    except NoSinglePeriodError:
        return None


def from_words(text: str) -> str | None:
    """The code that a cell states: a code, an EDTF year (`2024~`), or words (`6 tháng đầu năm 2024`).

    None where it says anything else beside, or no single period.
    """
    line = clean(text)
    code = line.rstrip("~").upper()
    try:
        return Period.of(code).code
    except ValueError:
        said = wholly_time(line)
    if said is None or any(isinstance(mention.what, Dates | Until) for mention in said):
        return None  # which calendar its days are of isn't the cell's to say
    return _code_or_none(said, days=True)


_ISO_IN_NAME = re.compile(r"(?<!\d)(20\d\d)[_.-](\d\d)(?:[_.-](\d\d))?(?!\d)")
_ISO_DAY = re.compile(r"(?<!\d)20\d\d-\d\d-\d\d(?!\d)")


def from_file_name(name: str) -> str | None:
    """The code that a file name states (`vien_thong_Q3_2022.xlsx` → `2022-Q3`); None where it states no whole period.

    A year counts with its word only (`nam_2023`): a bare one may be that of a law or a list.
    """
    stem = name.rsplit(".", 1)[0] if "." in name else name
    dashed = _ISO_IN_NAME.sub(lambda found: "-".join(filter(None, found.groups())), stem)
    return _named(dashed) or _named(stem)


def _named(stem: str) -> str | None:
    said = [mention for mention in mentions([clean(stem)]) if not isinstance(mention.what, Until | Cumulative)]
    shorter = any(isinstance(mention.what, Months | Day) for mention in said)
    worded = any(isinstance(mention.what, Year) and mention.what.named for mention in said)
    return _code_or_none(said, days=bool(_ISO_DAY.search(stem))) if shorter or worded else None


def _code_or_none(said: list[Mention[What]], *, days: bool) -> str | None:
    try:
        return _period(said, "civil", days=days).code
    except UnclearPeriodError:
        return None


# --- One period of all that is said ---


def _period(said: list[Mention[What]], calendar: Calendar, *, days: bool = False) -> Period:
    """The only period that `said` allows. days: a date alone is one, too."""
    if unread := _all(said, Unread):
        words = _quoted(unread)
        _refuse(unread, f"không hiểu các từ chỉ thời gian {words}", f"these words of time are not understood: {words}")
    period = _stated(said, calendar, days=days)
    labelled = [mention for mention in said if mention.labelled]
    decided = [mention for mention in labelled if isinstance(mention.what, Months | Year | Dates)]
    if decided:
        _check_label(decided, period, calendar)
    _check_length(labelled if decided else said, period)
    for mention in said:
        _check_reach(mention, period)
    return period


def _stated(said: list[Mention[What]], calendar: Calendar, *, days: bool) -> Period:
    """The period that months, years and dates make together."""
    months, year, dates = _one(said, Months), _one(said, Year), _one(said, Dates)
    if dates:
        return _of_dates(dates, months, year)
    if year:
        return _of_months(months, year, calendar)
    if months:
        _refuse([months], f"không nêu năm của “{months.words}”", f"the year of “{months.words}” is not stated")
    day = _one(said, Day) if days else None
    if day:
        return Period.of(_date(day, day.what, 0).isoformat(), calendar)
    if several := _all(said, Years):
        words = _quoted(several)
        raise NoSinglePeriodError(
            f"{words} là nhiều năm, không phải một kỳ báo cáo", f"{words} is several years, no single period", several[0].line
        )
    raise NoSinglePeriodError("tiêu đề không nêu kỳ báo cáo", "the titles state no reporting period")


def _of_months(months: Mention[Months] | None, year: Mention[Year], calendar: Calendar) -> Period:
    first, last = (months.what.first, months.what.last) if months else (1, 12)
    period = Period.of_months(year.what.number, first, last, calendar)
    if not period:
        assert months  # noqa: S101 - twelve months are a year
        _refuse(
            [months],
            f"“{months.words}” không phải một kỳ báo cáo (tháng, quý, 6 tháng, 9 tháng hay năm)",
            f"“{months.words}” is no reporting period (month, quarter, half-year, nine months or year)",
        )
    return period


def _of_dates(dates: Mention[Dates], months: Mention[Months] | None, year: Mention[Year] | None) -> Period:
    """The period with the dates' window; months and year that stand beside them must agree."""
    from_day, to_day = dates.what.first, dates.what.last
    number = year.what.number if year else to_day.year
    if not number:
        _refuse([dates], f"không nêu năm của “{dates.words}”", f"the year of “{dates.words}” is not stated")
    last = _date(dates, to_day, number)
    turns = (from_day.month, from_day.day) > (last.month, last.day)
    first = _date(dates, from_day, last.year - turns)
    fitting = with_window(first, last)
    span = f"{first:%d/%m/%Y}–{last:%d/%m/%Y}"
    if not fitting:
        _refuse(
            [dates],
            f"khoảng ngày {span} không phải một kỳ báo cáo theo lịch dương hay lịch hành chính (15–14)",
            f"the dates {span} are no reporting period of the civil or the administrative (15–14) calendar",
        )
    [period] = fitting
    beside = [mention for mention in (months, year) if mention]
    if (months and period.months != (months.what.first, months.what.last)) or period.year != number:
        words = _quoted(beside)
        _refuse(
            [dates],
            f"tiêu đề ghi {words} nhưng khoảng ngày {span} là kỳ {period.code}",
            f"the title says {words}, but its dates {span} are period {period.code}",
        )
    return period


def _date(mention: Mention[What], day: Day, year: int) -> date:
    """`day`, in `year` where it states none."""
    try:
        found = date(day.year or year, day.month, day.day)
    except ValueError:
        found = date.min
    if not 2000 <= found.year < 2100:
        words = mention.words
        _refuse([mention], f"“{words}” không phải ngày có thật", f"“{words}” holds no day of this century")
    return found


# --- What else is said must agree ---


def _check_label(labelled: list[Mention[What]], period: Period, calendar: Calendar) -> None:
    """A whole period after `Kỳ báo cáo` is not made shorter or moved by another title."""
    try:
        stated = _stated(labelled, calendar, days=False)
    except UnclearPeriodError:
        return  # completed by other titles
    if stated.code != period.code:
        words = _quoted(labelled)
        _refuse(
            labelled,
            f"“Kỳ báo cáo” ghi {words} nhưng tiêu đề khác ghi {period.code}",
            f"“Kỳ báo cáo” says {words}, but another title says {period.code}",
        )


def _check_length(said: Sequence[Mention[What]], period: Period) -> None:
    """Months or quarters that are spoken of without their number are what the period consists of; `lũy kế` begins in January."""
    first, last = period.months
    loose = _all(said, Loose)
    lengths = {mention.what.months for mention in loose}
    fits = not lengths or (last - first + 1 in lengths and 0 not in lengths)
    odd: list[Mention[What]] = [*([] if fits else loose), *(_all(said, Cumulative) if first > 1 else [])]
    if odd:
        words = _quoted(odd)
        _refuse(
            odd,
            f"{words} không nêu rõ kỳ nào nên không lấy {period.code} làm kỳ báo cáo",
            f"{words} doesn't say which period is meant, so {period.code} is not taken for it",
        )


def _check_reach(mention: Mention[What], period: Period) -> None:
    """Years that are spoken of hold the period; figures reach its end (on the calendar that ends it first)."""
    what, last_month = mention.what, period.months[1]
    if isinstance(what, Years):
        agrees = what.first <= period.year <= what.last
    elif isinstance(what, Until) and what.end.day:
        reached = (what.end.year or period.year, what.end.month, what.end.day)
        agrees = reached >= (period.year, last_month, 14)
    elif isinstance(what, Until):
        agrees = what.end.month == last_month and what.end.year in (0, period.year)
    else:
        return
    if not agrees:
        _refuse(
            [mention],
            f"“{mention.words}” không khớp với kỳ {period.code}",
            f"“{mention.words}” doesn't agree with period {period.code}",
        )


def _all(said: Sequence[Mention[What]], kind: type[Kind]) -> list[Mention[Kind]]:
    return [mention for mention in said if isinstance(mention.what, kind)]  # type: ignore[misc]


def _one(said: Sequence[Mention[What]], kind: type[Kind]) -> Mention[Kind] | None:
    """The only thing of a kind that is said, however often. Raises UnclearPeriodError where there are several."""
    found: dict[object, Mention[Kind]] = {}
    for mention in _all(said, kind):
        found.setdefault(mention.what.number if isinstance(mention.what, Year) else mention.what, mention)
    if len(found) > 1:
        words = _quoted(found.values())
        _refuse(
            list(found.values()),
            f"nêu nhiều kỳ báo cáo khác nhau: {words}",
            f"several periods are stated: {words}",
        )
    return next(iter(found.values()), None)


def _quoted(said: Iterable[Mention[What]]) -> str:
    return ", ".join(dict.fromkeys(f"“{mention.words}”" for mention in said))


def _refuse(said: Sequence[Mention[What]], vi: str, en: str) -> NoReturn:
    raise UnclearPeriodError(vi, en, said[0].line)
