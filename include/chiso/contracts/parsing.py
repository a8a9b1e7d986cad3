"""Parsers, one for each reading: what a cell's text says as a value of its column, or why it says none.

Each takes one text that isn't blank, the column, and what is known besides. `parse` is what readers of single cells call.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from chiso.province import numbers
from chiso.province.period_words import from_words
from chiso.province.text import fold, looks_like_formula, nfc
from chiso.province.unit_names import looks_like_an_agency
from chiso.province.units import Ambiguous, NotFound, Reference, Unit
from chiso.system.settings import LOCAL_TIME

if TYPE_CHECKING:
    from chiso.contracts.columns import Column

EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
Value = str | int | Decimal | bool | date | datetime


@dataclass(frozen=True)
class Context:
    """What is known beside a cell.

    at: the day on which units are looked up; None leaves codes as they are. within: code of the district above the row.
    """

    reference: Reference
    at: date | None
    within: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """Why a text is no value of its column; `details` fill the message. readings: numbers that may have been meant."""

    rule: str
    details: Mapping[str, object] = field(default_factory=dict)
    readings: tuple[int | Decimal, ...] = ()


@dataclass(frozen=True)
class Doubtful:
    """A value that counts, with what is to be said of it."""

    value: str
    rule: str
    details: Mapping[str, object] = field(default_factory=dict)


Parsed = Value | Doubtful | Unreadable
Parser = Callable[[str, "Column", Context], Parsed]


def parse(cell: str, column: "Column", context: Context) -> Parsed | None:
    """What a cell says; None where it says that there is none, in a column whose blanks mean that."""
    if "\ufffd" in cell:
        return Unreadable("not_utf8")
    if column.terms.blank == "none" and _says_none(cell, column):
        return column.how.blank
    return column.how.parse(column.bare(cell), column, context)


def _says_none(cell: str, column: "Column") -> bool:
    folded = fold(cell)
    words = column.terms.none_words
    return numbers.means_nothing(cell) or cell in words or (folded != "" and folded in map(fold, words))


# --- Words ---


def text(cell: str, column: "Column", context: Context) -> Parsed:
    """As written, in NFC; what a spreadsheet would execute is none."""
    del column, context
    return Unreadable("formula_injection") if looks_like_formula(cell) else nfc(cell)


def choice(cell: str, column: "Column", context: Context) -> Parsed:
    """The listed value that is spelt so; whatever its case and accents, where only one is."""
    spellings = [(str(value), str(value)) for value in column.enum]
    spellings += [(each, value) for value, others in column.terms.choices.items() for each in others]
    exact = {value for spelling, value in spellings if nfc(spelling).lower() == nfc(cell).lower()}
    key = fold(cell)
    found = exact or {value for spelling, value in spellings if key and fold(spelling) == key}
    if len(found) == 1:
        return found.pop()
    details = {"choices": ", ".join(map(str, column.enum))}
    kept = text(cell, column, context)
    if column.terms.unknown != "flag" or isinstance(kept, Unreadable):
        return Unreadable("choice_unknown", details) if isinstance(kept, str) else kept
    return Doubtful(str(kept), "choice_unknown", details)


def period(cell: str, column: "Column", context: Context) -> Parsed:
    """The code of the period that is stated."""
    del column, context
    return from_words(cell) or Unreadable("period_malformed")


def unit(cell: str, column: "Column", context: Context) -> Parsed:
    """The code of the unit or agency that is named, among those of the column's levels."""
    if context.at is None:
        return nfc(cell)
    found = context.reference.find(cell, context.at, column.levels, context.within)
    if isinstance(found, Ambiguous):
        meant = [each for each in found.candidates if isinstance(each, Unit) and each.level == column.terms.bare]
        if len(meant) == 1:
            return meant[0].code
        return Unreadable("unit_ambiguous", {"candidates": ", ".join(each.code for each in found.candidates)})
    if not isinstance(found, NotFound):
        return found.code
    if column.terms.unknown == "text":
        kept = text(cell, column, context)
        return Doubtful(kept, "name_unlisted") if isinstance(kept, str) and looks_like_an_agency(cell) else kept
    return Unreadable("agency_unknown" if column.levels == ("agency",) else "unit_unknown")


# --- Figures ---


def count(cell: str, column: "Column", context: Context) -> Parsed:
    """A whole number ≥ 0, in the unit in which it is kept."""
    del context
    found = numbers.parse_count(cell)
    if isinstance(found, numbers.Malformed):
        return _unreadable(found)
    kept = found * 10**column.power
    return kept if kept < 10**numbers.MAX_DIGITS else Unreadable("number_malformed")


def number(cell: str, column: "Column", context: Context) -> Parsed:
    """A number, in the unit in which it is kept. In a column whose unit is `%` it is a percentage."""
    del context
    printed_in = column.figure_unit
    found = (
        numbers.parse_percent(cell, column.maximum) if printed_in.is_percent else numbers.parse_number(cell, printed_in)
    )
    return _unreadable(found) if isinstance(found, numbers.Malformed) else numbers.scaled(found, column.power)


def percent(cell: str, column: "Column", context: Context) -> Parsed:
    """A percentage as it is written; 45 % is 45."""
    del context
    return _not_negative(numbers.parse_percent(cell, column.maximum), column)


def printed(cell: str, column: "Column", context: Context) -> Parsed:
    """A figure as a document prints it, with its decimals."""
    del context
    return _not_negative(numbers.parse_printed(cell), column)


def _not_negative(found: Decimal | numbers.Malformed, column: "Column") -> Decimal | Unreadable:
    """The number, unless it is negative in a column whose minimum is not."""
    if isinstance(found, numbers.Malformed):
        return _unreadable(found)
    may_be = column.minimum is not None and column.minimum < 0
    return Unreadable("number_negative") if found < 0 and not may_be else found


def _unreadable(found: numbers.Malformed) -> Unreadable:
    return Unreadable(found.rule, {}, found.readings)


# --- Marks ---

_FLAGS = {"1": True, "0": False, "true": True, "false": False}


def flag(cell: str, column: "Column", context: Context) -> Parsed:
    """0 or 1, true or false."""
    del column, context
    return _FLAGS.get(cell.lower(), Unreadable("flag_malformed"))


def mark(cell: str, column: "Column", context: Context) -> Parsed:
    """`x` or a tick is yes; `-`, `KPS` and 0 are no."""
    del column, context
    folded = fold(cell)
    if folded in ("x", "true") or cell in ("✓", "✔"):
        return True
    return False if folded == "false" or numbers.parse_count(cell) == 0 else Unreadable("mark_malformed")


# --- Times ---

_DAY = re.compile(
    r"(?:(?P<day>[0-9]{1,2})(?P<sign>[/.-])(?P<month>[0-9]{1,2})(?P=sign)(?P<year>[0-9]{4})"
    r"|(?P<iso_year>[0-9]{4})(?P<iso_sign>[/.-])(?P<iso_month>[0-9]{1,2})(?P=iso_sign)(?P<iso_day>[0-9]{1,2}))"
    r"(?:[T ]+(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,][0-9]{1,9})? ?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)
_PIECES = {"dd": "%d", "MM": "%m", "yyyy": "%Y", "HH": "%H", "mm": "%M", "ss": "%S", "'": ""}


def strptime_format(form: str) -> str:
    """A contract's `format` (`dd/MM/yyyy HH:mm:ss`) as strptime takes it."""
    for piece, directive in _PIECES.items():
        form = form.replace(piece, directive)
    return form


def day(cell: str, column: "Column", context: Context) -> Parsed:
    """A day, ISO or day before month. A time of day may follow; with a zone, it is the local day that is meant."""
    del column, context
    found = _moment(cell)
    return Unreadable("time_malformed", {"format": "dd/MM/yyyy"}) if found is None else found.date()


def timestamp(cell: str, column: "Column", context: Context) -> Parsed:
    """A local time in the column's format, or a time with its zone, as local time."""
    del context
    form = column.format or ""
    zoned = _DAY.fullmatch(cell)
    if zoned and zoned["zone"]:
        return _moment(cell) or Unreadable("time_malformed", {"format": form})
    try:
        found = datetime.strptime(cell if cell.isascii() else "", strptime_format(form))  # noqa: DTZ007 - it is local
    except ValueError:
        return Unreadable("time_malformed", {"format": form})
    return found if EARLIEST_YEAR <= found.year <= LATEST_YEAR else Unreadable("time_malformed", {"format": form})


def _moment(cell: str) -> datetime | None:
    """The local moment, midnight where no time is stated; None where it is none between the years that we take."""
    found = _DAY.fullmatch(cell)
    if not found:
        return None
    year, month, first = (found[name] or found[f"iso_{name}"] for name in ("year", "month", "day"))
    hour, minute, second = (*(found["time"] or "0:0").split(":"), "0")[:3]
    if not EARLIEST_YEAR <= int(year) <= LATEST_YEAR:
        return None
    try:
        stated = datetime(int(year), int(month), int(first), int(hour), int(minute), int(second))  # noqa: DTZ001 - see below
        if not found["zone"]:
            return stated
        zone = found["zone"].upper().replace("Z", "+0000").replace(":", "")
        aware = stated.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo)
    except ValueError:
        return None
    return aware.astimezone(LOCAL_TIME).replace(tzinfo=None)
