"""Cells of an .xlsx sheet as texts: what cells.cell_text says of each value, made for many at once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.staging.workbook.cells import a1, cell_text, clean, number_text
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.opening.budget import Budget
from chiso.staging.workbook.shown_units import with_unit
from chiso.staging.workbook.xlsx.sheet_xml import Cells
from chiso.staging.workbook.xlsx.strings import Rich, SharedStrings, rich_text, words
from chiso.staging.workbook.xlsx.styles import Look, Looks, Shows
from chiso.staging.workbook.xlsx.xml_parts import flag

_WHOLE = r"^(?:0|-?[1-9][0-9]{0,14})$"
_SHORT_DECIMAL = r"^-?(?:0|[1-9][0-9]{0,7})\.[0-9]{0,5}[1-9]$"
"""Both are as exact as a floating-point number, which gives fifteen digits back."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - sheets know no time zones
_DAYS_UNTIL_1904 = 1462
_NO_LEAP_DAY = 60
"""29 February 1900, which spreadsheets count though it never was."""
_UNTOLD_ERROR = "#N/A"
_DAY_SECONDS = 86_400
_LAST_SERIAL = 2_958_466
"""The day after 31 December 9999."""


class Text(NamedTuple):
    """What a cell reads as, and the rule that it breaks."""

    text: str | None
    rule: str | None = None


@dataclass(frozen=True)
class Book:
    """What cells of a package refer to. from_1904: its days are counted from there."""

    strings: SharedStrings
    looks: Looks
    from_1904: bool


class Texts(NamedTuple):
    """Texts of cells, null for blanks, in an order of their own: `order` has their positions among the cells.

    By position are the rules that some cells break, and whether each is in bold.
    """

    order: np.ndarray
    texts: pa.Array
    rules: dict[int, str]
    bold: np.ndarray


@dataclass(frozen=True)
class Reader:
    """Makes texts of one sheet's cells."""

    book: Book
    sheet: str
    budget: Budget
    findings: Findings

    def read(self, cells: Cells) -> Texts:
        """Raises DeliveryRefused for a shared string that isn't there, and where the budget is spent."""
        looks = self.book.looks
        numbers = looks.numbers(cells.styles)
        kinds = cells.kinds.dictionary_encode()
        groups = np.asarray(kinds.indices).astype(np.int64) * len(looks.distinct) + numbers
        parts: list[pa.Array] = [pa.array([], pa.string())]
        order: list[np.ndarray] = [np.array([], np.int64)]
        rules: dict[int, str] = {}
        for group in np.unique(groups).tolist():
            kind, look = divmod(group, len(looks.distinct))
            positions = np.flatnonzero(groups == group)
            texts, broken = self._group(kinds.dictionary[kind].as_py(), looks.distinct[look], cells, positions)
            parts.append(texts)
            order.append(positions)
            rules |= {int(positions[place]): rule for place, rule in broken.items()}
        bold = np.array([look.font.bold for look in looks.distinct])[numbers]
        return Texts(np.concatenate(order), pa.concat_arrays(parts), rules, bold)

    def _group(self, kind: str, look: Look, cells: Cells, positions: np.ndarray) -> tuple[pa.Array, dict[int, str]]:
        """Texts of cells of one kind and look; rules by place among them."""
        values = cells.values.take(pa.array(positions))
        rich = {place: cells.rich[position] for place, position in enumerate(positions.tolist())
                if position in cells.rich} if cells.rich else {}
        rules: dict[int, str] = {}
        if kind == "s":
            texts, rich = self._shared(values, look, lambda place: a1(cells.rows[positions[place]], cells.columns[positions[place]]))
        elif kind == "n":
            texts, rules = numbers(values, look.shows, from_1904=self.book.from_1904)
            if look.shows == "number" and with_unit("", look.units):
                texts = pc.binary_join_element_wise(texts, with_unit("", look.units), "")
        elif kind in _OTHERS:
            texts, rules = _each(pc.fill_null(values, _UNTOLD_ERROR) if kind == "e" else values, _OTHERS[kind])
        else:
            texts = words(values, look.font.name)
        if kind != "s":
            self.budget.characters(pc.sum(pc.binary_length(texts)).as_py() or 0, self.sheet)
        rule = look.breaks or (look.breaks_number if kind == "n" else None)
        if rule:
            rules = dict.fromkeys(np.flatnonzero(texts.is_valid()).tolist(), rule) | rules
        return self._with_rich(texts, rules, rich, look)

    def _shared(self, values: pa.Array, look: Look, cell: Callable[[int], str]) -> tuple[pa.Array, dict[int, Rich]]:
        """Texts of shared strings, the rich ones apart. cell: the address of a value's cell."""
        strings = self.book.strings
        digits = pc.utf8_trim_whitespace(values)
        wrong = np.flatnonzero(pc.fill_null(pc.invert(pc.match_substring_regex(digits, "^[0-9]{1,9}$")), False))
        indices = pc.cast(digits, pa.int64()) if not len(wrong) else pa.array([], pa.int64())
        wrong = wrong if len(wrong) else np.flatnonzero(pc.fill_null(pc.greater_equal(indices, len(strings)), False))
        if len(wrong):
            address, text = cell(int(wrong[0])), values[int(wrong[0])].as_py()
            raise self.findings.damaged(f"ô {address} dùng chuỗi dùng chung số {text}, tệp không có",
                                        f"cell {address} uses the shared string {text}, which isn't there", sheet=self.sheet)
        texts, lengths = strings.texts(look.font.name)
        self.budget.characters(int(lengths[np.asarray(indices.drop_null())].sum()), self.sheet)
        rich = strings.rich and {place: strings.rich[index] for place, index in enumerate(indices.to_pylist())
                                 if index in strings.rich}
        return texts.take(indices), rich

    def _with_rich(self, texts: pa.Array, rules: dict[int, str], rich: dict[int, Rich],
                   look: Look) -> tuple[pa.Array, dict[int, str]]:
        """Rich texts say of each of their runs whether it is struck through, whatever the cell's look."""
        if not rich:
            return texts, rules
        made = texts.to_pylist()
        rules = {place: rule for place, rule in rules.items() if place not in rich}
        for place, runs in rich.items():
            text, rule = rich_text(runs, look.font)
            self.budget.characters(len(text or ""), self.sheet)
            made[place] = text
            if rule:
                rules[place] = rule
        return pa.array(made, pa.string()), rules


# Kinds of cells

def numbers(values: pa.Array, shows: Shows, *, from_1904: bool) -> tuple[pa.Array, dict[int, str]]:
    """Numbers as they are shown, and the rules that some break, by place."""
    if shows != "number":
        return _each(values, lambda text: _number(text, shows, from_1904))
    whole = pc.match_substring_regex(values, _WHOLE)
    if pc.all(whole).as_py():
        return values, {}
    short = pc.match_substring_regex(values, _SHORT_DECIMAL)
    odd = pc.and_not(pc.is_valid(values), pc.fill_null(pc.or_(whole, short), False))
    texts = pc.if_else(short, pc.replace_substring(values, ".", ","), values)
    if not pc.any(odd).as_py():
        return texts, {}
    made, rules = _each(values.filter(odd), lambda text: _number(text, shows, from_1904))
    places = np.flatnonzero(odd)
    return pc.replace_with_mask(texts, odd, made), {int(places[place]): rule for place, rule in rules.items()}


def _each(values: pa.Array, make: Callable[[str], Text]) -> tuple[pa.Array, dict[int, str]]:
    """What `make` says of each distinct value; null for null."""
    encoded = values.dictionary_encode()
    made = [make(value) for value in encoded.dictionary.to_pylist()]
    texts = pa.array([text for text, _ in made], pa.string()).take(encoded.indices)
    if not any(rule for _, rule in made):
        return texts, {}
    return texts, {place: rule for place, index in enumerate(encoded.indices.to_pylist())
                   if index is not None and (rule := made[index].rule)}


def _number(text: str, shows: Shows, from_1904: bool) -> Text:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return Text(clean(text), "cell_no_number")
    value = float(text)
    if shows in ("number", "percent"):
        return Text(number_text(value, percent=shows == "percent"))
    moment = _moment(value, shows, from_1904)
    return Text(cell_text(value), "cell_out_of_time") if moment is None else Text(cell_text(moment))


def _moment(serial: float, shows: Shows, from_1904: bool) -> datetime | time | timedelta | None:
    """A day, time or span of time by its number of days, to the second; None outside the calendar."""
    days = serial + (_DAYS_UNTIL_1904 if from_1904 and shows == "date" else 0)
    if not 0 <= days < _LAST_SERIAL:
        return None
    span = timedelta(seconds=round(days * _DAY_SECONDS))
    if shows == "duration":
        return span
    if serial < 1 and span.days == 0:
        return (_EPOCH + span).time()
    before_leap_day = timedelta(days=1 if days < _NO_LEAP_DAY else 0)
    return _EPOCH + span + before_leap_day


def _iso_moment(text: str) -> Text:
    try:
        return Text(cell_text(datetime.fromisoformat(text.strip())))
    except ValueError:
        return Text(clean(text), "cell_out_of_time")


_OTHERS: dict[str, Callable[[str], Text]] = {
    "b": lambda text: Text(cell_text(flag(text))),
    "e": lambda text: Text(clean(text)),
    "d": _iso_moment,
}
