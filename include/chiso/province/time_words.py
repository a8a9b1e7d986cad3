"""Words of time in Vietnamese titles, cells and file names: what each says, and which can't be understood.

`mentions` reads a text from left to right. Every month, quarter, span, year and date in it becomes a mention; so does
every other word of time, as `Loose` or `Unread`, so that nothing that limits a period is passed over. Documents, laws,
place-and-date lines and aims ("đến năm 2025") speak of no reporting period and give none.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chiso.province.time_phrases import (
    DAY_MONTH,
    FIVE,
    LABEL,
    NEUTRAL,
    OF_YEAR,
    ON,
    PHRASE,
    PROGRAMME,
    ROLES,
    TO,
    WORDED,
)
from chiso.province.time_text import TimeText


@dataclass(frozen=True)
class Months:
    """First and last month of a year that is stated elsewhere: `Quý II` is (4, 6)."""

    first: int
    last: int


@dataclass(frozen=True)
class Year:
    """One year; `named` where the word năm stands with it."""

    number: int
    named: bool = True


@dataclass(frozen=True)
class Years:
    """Several years: `Giai đoạn 2020 - 2022`."""

    first: int
    last: int


@dataclass(frozen=True)
class Day:
    """A date alone, day, month, year; 0 where it isn't stated. In a title it is a document's, in a cell a period."""

    day: int
    month: int
    year: int


@dataclass(frozen=True)
class Dates:
    """`từ 15/4 đến 14/5/2024`: both days inclusive."""

    first: Day
    last: Day


@dataclass(frozen=True)
class Until:
    """`tính đến 30/6/2024`, `đến hết quý II`: how far the figures go; a day of 0 is the month's end, a year of 0 unstated."""

    end: Day


@dataclass(frozen=True)
class Loose:
    """A unit without a number (`báo cáo quý`): how many months the period has; 0 for a week, a day, `đến nay`."""

    months: int


@dataclass(frozen=True)
class Cumulative:
    """`lũy kế`: from January on."""


@dataclass(frozen=True)
class Unread:
    """A word of time that names no reporting period: `tuần 24`, `Tháng 13`, `cuối năm 2024`."""


What = Months | Year | Years | Day | Dates | Until | Loose | Cumulative | Unread
What_co = TypeVar("What_co", bound=What, covariant=True)


@dataclass(frozen=True)
class Mention(Generic[What_co]):
    """What a text says of time, in its own words. line: index of the text. labelled: it stands after `Kỳ báo cáo`."""

    what: What_co
    words: str
    line: int
    labelled: bool


def mentions(lines: Sequence[str]) -> Iterator[Mention[What]]:
    """Everything that `lines` say of time, in order; a phrase may run on into the next line. lines: cleaned."""
    return (mention for mention, _ in _scan(TimeText(lines)))


def wholly_time(line: str) -> list[Mention[What]] | None:
    """What a cleaned line says of time; None where it says anything else beside."""
    text = TimeText([line])
    found = list(_scan(text))
    beside = text.spelled
    for _, (start, end) in found:
        beside = beside[:start] + " " * (end - start) + beside[end:]
    return [mention for mention, _ in found] if found and NEUTRAL.fullmatch(beside) else None


def _scan(text: TimeText) -> Iterator[tuple[Mention[What], tuple[int, int]]]:
    """Every mention, and where it stands."""
    spelled = text.spelled
    labels = [match.end() for match in LABEL.finditer(spelled)]
    line = start = end = label = 0
    for match in PHRASE.finditer(spelled):
        line += spelled.count("\n", start, match.start())
        start = max(start, spelled.rfind("\n", start, match.start()) + 1)
        while labels and labels[0] <= match.start():
            label = labels.pop(0)
        role, begin = _role(spelled, max(start, end), match.start())
        for what in _said(match, role, spelled[start : match.start()]):
            yield Mention(what, text.words(begin, match.end()), line, labelled=0 < label >= start), (begin, match.end())
        end = match.end()


# --- What a phrase says ---


def _role(spelled: str, after: int, place: int) -> tuple[str, int]:
    """What the words before a phrase at `place` make of it, and where these begin. after: where the last phrase ends."""
    for role, pattern in ROLES.items():
        if match := pattern.search(spelled, after, place):
            return role, match.start()
    return "", place


def _said(match: re.Match[str], role: str, line: str) -> list[What]:
    """What a phrase says in its role. line: its line before it."""
    kind = match.lastgroup or ""
    if kind == "nothing" or (kind == "years" and PROGRAMME.search(line)):
        return []
    said = _READERS[kind](match)
    if role in ("compared", "aim"):  # one period only; what follows in its list may be the form's
        several = len(_YEAR.findall(match[0])) > 1 or sum(isinstance(what, Months) for what in said) > 1
        return [Unread()] if several and kind != "years" else []
    if role == "until":
        return _until(said)
    ranged = any(isinstance(what, Months) and what.first < what.last for what in said)
    if role == "part" or (role == "from" and not (ranged and kind in ("months", "month_year"))):
        return [Unread()]
    return [Loose(0) if isinstance(what, Day) and not what.year else what for what in said]


def _until(said: list[What]) -> list[What]:
    """`đến` before a phrase: a day or month is how far the figures go, a year is an aim."""
    year = next((what.number for what in said if isinstance(what, Year)), 0)
    ends: list[What] = [Until(Day(0, what.last, year)) for what in said if isinstance(what, Months)]
    ends += [Until(what) for what in said if isinstance(what, Day)]
    ends += [Unread() for what in said if isinstance(what, Dates)]
    return [*ends, *(what for what in said if isinstance(what, Unread | Loose | Cumulative))]


_ROMAN = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
_WORTH = {"gieng": 1, "mot": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10,
          "muoi mot": 11, "muoi hai": 12, "chap": 12} | {roman: value for value, roman in enumerate(_ROMAN)}  # fmt: skip
_ANY_NUMBER = re.compile(rf"\d{{1,2}}|(?:\b|(?<=\bq))(?:[ivx]+\b|{WORDED})")
_FIFTH = re.compile(rf"(?<=thang)[\s:.(]*{FIVE}")
_YEAR = re.compile(r"20\d\d")
_OF_YEAR = re.compile(OF_YEAR)


def _numbers(text: str) -> list[int]:
    """The numbers of a phrase without its years; 0 for one that isn't well-formed."""
    bare = _OF_YEAR.sub(" | ", _FIFTH.sub(" 5", text))
    return [int(word) if word.isdigit() else _WORTH.get(word, 0) for word in _ANY_NUMBER.findall(bare)]


def _with_years(match: re.Match[str], spans: list[What]) -> list[What]:
    return [*spans, *(Year(number) for number in sorted({int(year) for year in _YEAR.findall(match[0])}))]


def _months(match: re.Match[str]) -> list[What]:
    months = _numbers(match[0])
    if not months or not all(1 <= month <= 12 for month in months):
        return [Unread()]
    first, last = months[0], months[-1]
    ranged = len(months) == 2 and first < last and re.search(r"-|\bden\b", _OF_YEAR.sub("", match[0]))
    if ranged or months == list(range(first, last + 1)):
        return _with_years(match, [Months(first, last)])
    return _with_years(match, [Months(month, month) for month in sorted(set(months))])


def _quarters(match: re.Match[str]) -> list[What]:
    quarters = _numbers(match[0])
    if not all(1 <= quarter <= 4 for quarter in quarters):
        return [Unread()]
    return _with_years(match, [Months(3 * quarter - 2, 3 * quarter) for quarter in sorted(set(quarters))])


_GOES_ON = re.compile(r"[ ]*[^\W\d_]")


def _count(match: re.Match[str]) -> list[What]:
    """`6 tháng đầu năm`, `9 tháng`: from January on, or up to December."""
    count = _numbers(match[0])[0]
    bare = not re.search(r"\b(?:dau|cuoi|nam|20\d\d)\b", match[0])
    if not 2 <= count <= 12 or (bare and _GOES_ON.match(match.string, match.end())):
        return [Unread()]
    return _with_years(match, [Months(13 - count, 12) if "cuoi" in match[0] else Months(1, count)])


def _half(match: re.Match[str]) -> list[What]:
    return _with_years(match, [Months(7, 12) if "cuoi" in match[0] or "h2" in match[0] else Months(1, 6)])


_ISO_SPANS = {"q1": (1, 3), "q2": (4, 6), "q3": (7, 9), "q4": (10, 12), "h1": (1, 6), "h2": (7, 12), "9m": (1, 9)}


def _iso(match: re.Match[str]) -> list[What]:
    suffix = match[0][4:].strip("-/ ")
    return _with_years(match, [Months(*(_ISO_SPANS.get(suffix) or (int(suffix), int(suffix))))])


_AND_BEFORE, _AND_AFTER = re.compile(r"(?:\bva|[&+])\s*$"), re.compile(r"\s*(?:va\b|[&+])")


def _year(match: re.Match[str]) -> list[What]:
    """A year; as a whole one where it is joined to another period (`quý IV và năm 2023`)."""
    year = Year(int(match[0][-4:]), named="nam" in match[0])
    text, (start, end) = match.string, match.span()
    joined = _AND_BEFORE.search(text, max(start - 8, 0), start) or _AND_AFTER.match(text, end)
    return [Months(1, 12), year] if joined else [year]


def _years(match: re.Match[str]) -> list[What]:
    years = [int(year) for year in _YEAR.findall(match[0])]
    return [Years(min(years), max(years))] if len(set(years)) > 1 else [Year(years[0])]


def _day(text: str) -> Day:
    day, month, year = [*(int(number) for number in re.findall(r"\d+", text)), 0][:3]
    if day > 31:
        return Day(year, month, day)
    return Day(day, month, year + 2000 if 0 < year < 100 else year)


def _days(match: re.Match[str]) -> list[What]:
    return [_day(match[0])]


_BOTH_DATES = re.compile(rf"(?:tu\W*)?{ON}({DAY_MONTH}|\d{{1,2}}){TO}{ON}({DAY_MONTH})")


def _dates(match: re.Match[str]) -> list[What]:
    both = _BOTH_DATES.fullmatch(match[0])
    if not both:
        return [Unread()]
    last = _day(both[2])
    first = Day(int(both[1]), last.month, last.year) if both[1].isdigit() else _day(both[1])
    return [Dates(first, last)]


_UNITS = {"thang": 1, "quy": 3, "nam": 12}


def _cadences(match: re.Match[str]) -> list[What]:
    """`tháng/quý/6 tháng/năm`: the lengths a form may have."""
    return [Loose(int(count or 1) * _UNITS[unit]) for count, unit in re.findall(r"(?:(\d{1,2}) )?(thang|quy|nam)", match[0])]


def _month_year(match: re.Match[str]) -> list[What]:
    months = [int(month) for month in re.findall(r"\b(\d{1,2})[ ]?[/.-]", match[0])]
    return _with_years(match, [Months(months[0], months[-1])] if months[0] <= months[-1] else [Unread()])


_READERS: dict[str, Callable[[re.Match[str]], list[What]]] = {
    "dates": _dates,
    "iso_day": _days,
    "day": _days,
    "iso": _iso,
    "years": _years,
    "months": _months,
    "quarters": _quarters,
    "count": _count,
    "half": _half,
    "nine": lambda match: _with_years(match, [Months(1, 9)]),
    "month_year": _month_year,
    "cadences": _cadences,
    "whole_year": lambda match: _with_years(match, [Months(1, 12)]),
    "year": _year,
    "unread": lambda match: [Unread()],
    "cumulative": lambda match: [Cumulative()],
    "loose": lambda match: [Loose(_UNITS.get(match[0], 0))],
}
