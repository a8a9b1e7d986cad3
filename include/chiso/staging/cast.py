"""From text to the contract's types, column by column; what can't be read is a finding, and the row stays.

Casts are vectorised where columns are long (times, counts, flags); names and words are cast once per distinct text.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.contracts import Column
from chiso.province import numbers
from chiso.province.period_words import from_words
from chiso.province.text import fold, looks_like_formula
from chiso.province.units import Ambiguous, NotFound, Reference
from chiso.staging.batch import Broken, RawBatch

LONGEST_VALUE = 10_000
"""Bytes; a longer text is no value, and would only burden who looks at it."""
_MOST_SHOWN = 300
_EARLIEST_YEAR, _LATEST_YEAR = 1900, 2100
_FLAGS = {"1": True, "0": False, "true": True, "false": False}


@dataclass(frozen=True)
class Unreadable:
    """Why one text can't be cast; `details` fill the message."""

    rule: str
    details: dict[str, object]
    readings: tuple[int, ...] = ()


_TOO_LONG = Unreadable("value_too_long", {"longest": LONGEST_VALUE})


@dataclass(frozen=True)
class Casts:
    """How a delivery's columns are cast. at: the day on which units are looked up; None leaves codes as they are."""

    columns: list[Column]
    reference: Reference
    at: date | None

    def apply(self, batch: RawBatch) -> tuple[pa.Table, list[Broken]]:
        """Typed columns beside `row_no` and `unreadable` (names of the columns that failed, `*` for the line)."""
        found: list[Broken] = []
        typed = {column.name: self._column(column, batch, found) for column in self.columns}
        lines = batch.lines if batch.lines is not None else pa.nulls(len(batch.rows), pa.int64())
        table = pa.table({"row_no": batch.rows, "line": lines, **typed})
        found += batch.broken
        return _with_broken_lines(table, found), found

    def _column(self, column: Column, batch: RawBatch, found: list[Broken]) -> pa.Array:
        """The typed column; what fails is appended to `found`. Words of a dictionary are cast once each."""
        delivered = batch.values[column.name]
        words = delivered.indices if pa.types.is_dictionary(delivered.type) else None
        given = _blank_to_null(delivered.dictionary if words is not None else delivered)
        too_long = pc.fill_null(pc.greater(pc.binary_length(given), LONGEST_VALUE), False)
        excess = bool(pc.any(too_long).as_py())
        raw = pc.if_else(too_long, None, given) if excess else given
        result, mask, why = self._cast(column, raw, batch.within)
        if excess:
            found += _broken(column, batch, given, words, too_long, _too_long)
        if mask is not None and pc.any(mask).as_py():
            found += _broken(column, batch, given, words, mask, why)
        return result if words is None else result.take(words)

    def _cast(
        self, column: Column, raw: pa.Array, within: pa.Array | None
    ) -> tuple[pa.Array, pa.Array | None, Callable[[str, int], Unreadable]]:
        if column.reading == "timestamp":
            return _timestamps(column, raw)
        if column.reading == "count" and (plain := _plain_counts(column, raw)) is not None:
            return plain, None, lambda text, place: Unreadable("number_malformed", {})
        if column.reading in ("unit", "agency") and self.at is None:
            return raw, _not_utf8(raw), lambda text, place: Unreadable("not_utf8", {})
        if column.reading == "text" and not _suspicious(raw):
            return pc.utf8_normalize(raw, form="NFC"), None, lambda text, place: Unreadable("not_utf8", {})
        keys = raw if within is None or column.reading != "unit" else _joined(raw, within)
        return _by_distinct(keys, lambda text: self._one(column, text), column)

    def _one(self, column: Column, text: str) -> object:
        """One distinct text, cast; Unreadable where it can't be."""
        if "\ufffd" in text:
            return Unreadable("not_utf8", {})
        casts: dict[str, Callable[[str], object]] = {
            "text": _text,
            "choice": lambda value: _choice(value, column),
            "count": _count,
            "number": lambda value: _number(numbers.parse_number(value)),
            "percent": lambda value: _number(numbers.parse_number(value, ratio=True)),
            "printed": lambda value: _number(numbers.parse_printed(value)),
            "flag": _flag,
            "mark": _mark,
            "date": _date,
            "period": lambda value: from_words(value) or Unreadable("period_malformed", {}),
            "unit": self._unit,
            "agency": lambda value: self._agency(value, column),
        }
        return casts[column.reading](text)

    def _unit(self, text: str) -> object:
        name, _, within = text.partition("\0")
        found = self.reference.find_unit(name, self._day, within or None)
        if isinstance(found, Ambiguous):
            return Unreadable("unit_ambiguous", {"candidates": ", ".join(unit.code for unit in found.candidates)})
        return Unreadable("unit_unknown", {}) if isinstance(found, NotFound) else found.code

    def _agency(self, text: str, column: Column) -> object:
        found = self.reference.find_agency(text, self._day)
        if not isinstance(found, NotFound | Ambiguous):
            return found.code
        return _text(text) if column.terms.unknown == "text" else Unreadable("agency_unknown", {})

    @property
    def _day(self) -> date:
        assert self.at is not None  # noqa: S101 - columns of units are cast only where it is given
        return self.at


def _broken(
    column: Column,
    batch: RawBatch,
    given: pa.Array,
    words: pa.Array | None,
    mask: pa.Array,
    why: Callable[[str, int], Unreadable],
) -> Iterator[Broken]:
    """One entry for every row whose text `mask` marks. words: which of `given` each row holds; None: its own."""
    places = pc.indices_nonzero(mask if words is None else mask.take(words))
    texts_at = places if words is None else words.take(places)
    lines = batch.lines.take(places).to_pylist() if batch.lines is not None else [None] * len(places)
    rows, texts = batch.rows.take(places).to_pylist(), given.take(texts_at).to_pylist()
    for row, line, text, at in zip(rows, lines, texts, texts_at.to_pylist(), strict=True):
        reason = why(text, at)
        shown = None if reason.rule == _TOO_LONG.rule else text[:_MOST_SHOWN]
        details = reason.details | {"readings": reason.readings} if reason.readings else reason.details
        yield Broken(row, column.name, reason.rule, shown, details, line)


def _too_long(text: str, place: int) -> Unreadable:
    del text, place
    return _TOO_LONG


def _blank_to_null(raw: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(raw)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _with_broken_lines(table: pa.Table, broken: list[Broken]) -> pa.Table:
    """Adds a row for every line that could not be split, and `unreadable`, their names joined by commas."""
    whole = [entry for entry in broken if entry.column is None]
    if whole:
        empty = {field.name: pa.nulls(len(whole), field.type) for field in table.schema}
        places = {
            "row_no": pa.array([entry.row for entry in whole], pa.int64()),
            "line": pa.array([entry.line for entry in whole], pa.int64()),
        }
        table = pa.concat_tables([table, pa.table(empty | places, schema=table.schema)]).sort_by("row_no")
    by_row: dict[int, list[str]] = {}
    for entry in broken:
        by_row.setdefault(entry.row, []).append(entry.column or "*")
    marks = pa.array([",".join(columns) for columns in by_row.values()], pa.string())
    place = pc.index_in(table.column("row_no"), pa.array(list(by_row), pa.int64()))
    return table.append_column("unreadable", marks.take(place.combine_chunks()))


def _timestamps(column: Column, raw: pa.Array) -> tuple[pa.Array, pa.Array, Callable[[str, int], Unreadable]]:
    form = _strptime(column.format or "")
    parsed = pc.strptime(raw, format=form, unit="s", error_is_null=True)
    wrong = _carried_over(raw, parsed, day_first=form.startswith("%d"))
    good = pc.if_else(wrong, None, parsed) if wrong is not None else parsed
    mask = pc.and_(pc.is_valid(raw), pc.is_null(good))
    return good, mask, lambda text, place: Unreadable("time_malformed", {"format": column.format})


def _carried_over(raw: pa.Array, parsed: pa.Array, *, day_first: bool) -> pa.Array | None:
    """Where the parser was too kind: it carries 31/02 over into March, seconds 60 and 61 too, and takes the year 24 for AD 24.

    None where it nowhere was. Only days that may have been carried, the first three of a month, are compared with what is written.
    """
    first, last = (pc.year(bound).as_py() for bound in pc.min_max(parsed).values())
    if first is None:
        return None
    wrong = pc.or_(pc.ends_with(raw, ":60"), pc.ends_with(raw, ":61"))
    if first < _EARLIEST_YEAR or last > _LATEST_YEAR:
        year = pc.year(parsed)
        wrong = pc.or_(wrong, pc.or_(pc.less(year, _EARLIEST_YEAR), pc.greater(year, _LATEST_YEAR)))
    places = pc.indices_nonzero(pc.less_equal(pc.day(parsed), 3))
    written = pc.utf8_slice_codeunits(raw.take(places), *((0, 2) if day_first else (8, 10)))
    digits = pc.utf8_rtrim(written, characters="/-. ")
    stated = pc.cast(pc.if_else(pc.utf8_is_digit(digits), digits, None), pa.int64())
    same_day = pc.fill_null(pc.equal(pc.day(parsed.take(places)), stated), False)
    carried = np.zeros(len(raw), bool)
    carried[places.filter(pc.invert(same_day)).to_numpy()] = True
    wrong = pc.or_(pc.fill_null(wrong, False), pa.array(carried))
    return wrong if pc.any(wrong).as_py() else None


def _strptime(form: str) -> str:
    pieces = {"dd": "%d", "MM": "%m", "yyyy": "%Y", "HH": "%H", "mm": "%M", "ss": "%S"}
    for piece, directive in pieces.items():
        form = form.replace(piece, directive)
    return form


def _plain_counts(column: Column, raw: pa.Array) -> pa.Array | None:
    """The whole column at once where it is digits only; None where some text isn't."""
    try:
        counts = pc.cast(raw, pa.int64())
    except pa.ArrowInvalid:
        return None
    # A sign or a hexadecimal prefix is for the careful parser.
    if pc.any(pc.match_substring_regex(raw, "[^0-9]")).as_py():
        return None
    return pc.fill_null(counts, column.default) if column.default is not None else counts


def _suspicious(raw: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(raw, "\ufffd|^[=@+\t-]")).as_py())


def _not_utf8(raw: pa.Array) -> pa.Array:
    return pc.fill_null(pc.match_substring(raw, "\ufffd"), False)


def _joined(raw: pa.Array, within: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(raw, pc.fill_null(within, ""), "\0")


def _by_distinct(
    keys: pa.Array, cast: Callable[[str], object], column: Column
) -> tuple[pa.Array, pa.Array, Callable[[str, int], Unreadable]]:
    encoded = keys.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    results = [cast(text) for text in texts]
    blank: object = column.how.blank if column.default is None else column.default
    values = [None if isinstance(result, Unreadable) else _plain(result) for result in results]
    kind = column.how.arrow
    typed = pa.array(values, kind).take(encoded.indices)
    failing = pa.array([isinstance(result, Unreadable) for result in results], pa.bool_()).take(encoded.indices)
    mask = pc.fill_null(failing, False)
    if blank is not None:
        typed = pc.if_else(pc.is_null(keys), pa.scalar(blank, kind), typed)
    return typed, mask, lambda text, place: _reason(results[encoded.indices[place].as_py()])


def _reason(result: object) -> Unreadable:
    assert isinstance(result, Unreadable)  # noqa: S101 - only asked where the mask says so
    return result


def _plain(value: object) -> object:
    return format(value, "f") if isinstance(value, Decimal) else value


def _text(value: str) -> object:
    return Unreadable("formula_injection", {}) if looks_like_formula(value) else value


def _choice(value: str, column: Column) -> object:
    by_key = {fold(str(allowed)): allowed for allowed in column.enum}
    return by_key.get(fold(value)) or Unreadable("choice_unknown", {"choices": ", ".join(map(str, column.enum))})


def _count(value: str) -> object:
    parsed = numbers.parse_count(value)
    return Unreadable(parsed.rule, {}, parsed.readings) if isinstance(parsed, numbers.Malformed) else parsed


def _number(parsed: Decimal | numbers.Malformed) -> object:
    return Unreadable(parsed.rule, {}, parsed.readings) if isinstance(parsed, numbers.Malformed) else parsed


def _flag(value: str) -> object:
    return _FLAGS.get(value.lower(), Unreadable("flag_malformed", {}))


def _mark(value: str) -> object:
    if fold(value) in ("x", "true") or value in "✓✔":
        return True
    return False if fold(value) == "false" or numbers.parse_count(value) == 0 else Unreadable("mark_malformed", {})


def _date(value: str) -> object:
    """ISO, or day before month as Vietnamese sheets write it; a time of day may follow and is dropped."""
    text = value.split(" ", maxsplit=1)[0].split("T", maxsplit=1)[0]
    for pieces in _date_pieces(text):
        try:
            day = date(*pieces)
        except ValueError:
            continue
        if _EARLIEST_YEAR <= day.year <= _LATEST_YEAR:
            return day
    return Unreadable("time_malformed", {"format": "dd/MM/yyyy"})


def _date_pieces(text: str) -> Iterator[tuple[int, int, int]]:
    for separator in "/-.":
        parts = text.split(separator)
        if len(parts) == 3 and all(part.isdigit() for part in parts):
            first, month, last = (int(part) for part in parts)
            yield (first, month, last) if len(parts[0]) == 4 else (last, month, first)
