"""What a column of a sample seems to be, by its header and its texts. Every guess is for an engineer to look at."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, get_args

from chiso.authoring.samples import SampleColumn
from chiso.contracts.readings import READINGS, ReadingName
from chiso.province import numbers
from chiso.province.figure_units import figure_unit, header_unit
from chiso.province.period_words import from_words
from chiso.province.text import fold, header_key
from chiso.province.units import Agency, Ambiguous, Level, NotFound, Reference, Unit

_MOST = 0.8
"""Share of the texts that decides; the others may be what is wrong with the sample."""
_NAMES = 0.6
"""The same of names, which sheets spell in many ways."""
_MOST_CHOICES, _LONGEST_CHOICE = 8, 40
_LEVELS: tuple[Level, ...] = get_args(Level)
_PERIODS = frozenset({"nam", "ky", "kybaocao", "kysolieu", "quy", "thang"})
_PERSONAL = re.compile(r"hoten|hovaten|chuhoso|sodinhdanh|cccd|cmnd|cmtnd|dienthoai|sdt|email|thudientu|ngaysinh|diachi")
_NEVER_SUMMED = re.compile(r"\b(?:xep hang|thu hang|hang|diem|ty le|ty trong|chi so|binh quan|trung binh)\b")
_BRACKETED = re.compile(r"[(\[]([^()\[\]]+)[)\]]")
_TIMES = {
    "dd/MM/yyyy HH:mm:ss": r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}:\d{2}",
    "dd/MM/yyyy HH:mm": r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}",
    "yyyy-MM-dd HH:mm:ss": r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}",
    "yyyy-MM-dd'T'HH:mm:ss": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}",
}
_DAY = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_MARKS = frozenset({"x", "-", "kps", "✓", "✔", ""})
_FLAGS = frozenset({"0", "1", "true", "false"})


@dataclass(frozen=True)
class Guess:
    """A column as the contract would say it. terms, options: its customProperties and logicalTypeOptions."""

    header: list[str]
    texts: list[str | None]
    reading: ReadingName
    terms: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    choices: list[str] = field(default_factory=list)
    personal: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def printed(self) -> str:
        """The header as one text."""
        return " / ".join(" ".join(level.split()) for level in self.header)

    @property
    def is_figure(self) -> bool:
        """Whether it holds numbers."""
        return READINGS[self.reading].kind == "figure"

    @property
    def filled_down(self) -> list[str | None]:
        """The texts, where a blank that means what stands above is that."""
        if self.terms.get("blank") != "above":
            return self.texts
        result: list[str | None] = []
        for text in self.texts:
            result.append(text if text is not None else result[-1] if result else None)
        return result

    def saying(self, note: str, **terms: Any) -> "Guess":
        """The same with a note and further terms."""
        return replace(self, terms=self.terms | terms, notes=[*self.notes, note])


@dataclass(frozen=True)
class Surroundings:
    """What is known beside a column. at: the day on which units are looked up. records: text export or JSON, not a form."""

    reference: Reference
    at: date
    records: bool
    headings: Sequence[str] = ()


def guess(column: SampleColumn, around: Surroundings) -> Guess:
    """The first of all readings that most of the column's texts fit."""
    made = Guess(column.header, column.texts, "text")
    if _PERSONAL.search(header_key(column.header[-1])):
        return replace(made, personal=True, notes=["looks like personal data: it is dropped, and raw files are encrypted"])
    texts = column.filled
    if not texts:
        return _blank(made, around)
    for attempt in (_period, _mark, _flag, _time, _figure):
        if found := attempt(made, texts, around):
            return found
    return _word(made, texts, around)


def _share(texts: Sequence[str], fits: Any) -> float:
    return sum(bool(fits(text)) for text in texts) / len(texts)


def _blank(made: Guess, around: Surroundings) -> Guess:
    """Nothing stands in the column; its values may be the headings over the rows."""
    if not around.headings:
        return made.saying("is blank in the sample")
    named = _named(made, around.headings, around)
    return (named or made).saying("its values stand in headings over the rows", blank="above")


# --- Times, marks, figures ---


def _period(made: Guess, texts: list[str], around: Surroundings) -> Guess | None:
    del around
    if header_key(made.header[-1]) not in _PERIODS or _share(texts, from_words) < _MOST:
        return None
    return replace(made, reading="period")


def _mark(made: Guess, texts: list[str], around: Surroundings) -> Guess | None:
    marked = {fold(text) or text.strip() for text in texts}
    if around.records or not marked & {"x", "✓", "✔"} or _share(texts, lambda text: (fold(text) or text) in _MARKS) < _MOST:
        return None
    return replace(made, reading="mark")


def _flag(made: Guess, texts: list[str], around: Surroundings) -> Guess | None:
    said = {text.lower() for text in texts}
    worded = re.match(r"(?:da|co|la|is|has)(?:_|\b)", fold(made.header[-1]).replace(" ", "_")) is not None
    if not around.records or not said <= _FLAGS or not (worded or len(said) > 1):
        return None
    return replace(made, reading="flag")


def _time(made: Guess, texts: list[str], around: Surroundings) -> Guess | None:
    del around
    for form, pattern in _TIMES.items():
        if _share(texts, re.compile(pattern).fullmatch) >= _MOST:
            return replace(made, reading="timestamp", options={"format": form})
    return replace(made, reading="date") if _share(texts, _DAY.fullmatch) >= _MOST else None


def _figure(made: Guess, texts: list[str], around: Surroundings) -> Guess | None:
    unit = header_unit(made.printed)
    if unit.is_percent or _share(texts, lambda text: text.rstrip().endswith("%")) > 0.5:
        return replace(made, reading="percent", notes=["a percentage: it becomes no measure and is never summed"])
    counts = _share(texts, lambda text: not isinstance(numbers.parse_count(text), numbers.Malformed))
    own = (_NUMBER.fullmatch if around.records else lambda text: not isinstance(numbers.parse_number(text, unit), numbers.Malformed))
    if max(counts, _share(texts, own)) < _MOST or (around.records and any(re.match(r"0\d", text) for text in texts)):
        return None
    bracketed = next((found for found in _BRACKETED.findall(made.printed) if figure_unit(found) == unit), None)
    terms: dict[str, Any] = {"printed_in": bracketed} if bracketed and unit.power else {}
    notes = [f"printed in {bracketed}, kept in the plain unit"] if terms else []
    if _NEVER_SUMMED.search(fold(made.printed)):
        terms["over_rows"] = "none"
    whole = counts == 1 or (counts >= _MOST and not terms.get("printed_in"))
    return replace(made, reading="count" if whole else "number", terms=terms, notes=notes)


# --- Words ---


def _word(made: Guess, texts: list[str], around: Surroundings) -> Guess:
    if named := _named(made, texts, around):
        blank = len(texts) < len(made.texts) and made.texts[0] is not None and not around.records
        return named.saying("a blank is taken for what stands above it", blank="above") if blank else named
    counted = Counter(texts)
    few = 1 < len(counted) <= _MOST_CHOICES and len(texts) >= 2 * len(counted)
    if few and max(map(len, counted)) <= _LONGEST_CHOICE:
        listed = [text for text, _ in counted.most_common()]
        said = "values are listed as the sample has them; another is flagged. Drop the list if any text is right"
        return replace(made, reading="choice", choices=_spelt_once(listed)).saying(said, unknown="flag")
    return made


def _spelt_once(texts: list[str]) -> list[str]:
    """The most frequent spelling of each, whatever its case and accents."""
    return list({fold(text): text for text in reversed(texts)}.values())[::-1]


def _named(made: Guess, texts: Sequence[str], around: Surroundings) -> Guess | None:
    """The column as one of units or agencies, of the levels that its names resolve to."""
    names = list(dict.fromkeys(texts))
    levels = Counter[Level]()
    unclear = unknown = 0
    for name in names:
        found = around.reference.find(name, around.at, _LEVELS)
        if isinstance(found, Unit | Agency):
            levels[_level(found)] += 1
        elif isinstance(found, Ambiguous):
            unclear += 1
        else:
            unknown += 1
    if not levels or unknown > (1 - _NAMES) * len(names):
        return None
    wanted = [level for level in _LEVELS if levels[level] > 0.05 * len(names) or levels[level] == max(levels.values())]
    terms: dict[str, Any] = {} if wanted == ["agency"] else {"levels": wanted}
    made = replace(made, reading="agency" if wanted == ["agency"] else "unit", terms=terms)
    if unclear:
        made = made.saying(f"{unclear} of {len(names)} names fit several units, unless a district stands over them")
    if unknown > 0.1 * len(names):
        strange = next(name for name in names if isinstance(around.reference.find(name, around.at, _LEVELS), NotFound))
        made = made.saying(f"some names are no unit (“{strange}”) and are kept as they are", unknown="text")
    return made


def _level(found: Unit | Agency) -> Level:
    return "agency" if isinstance(found, Agency) else found.level
