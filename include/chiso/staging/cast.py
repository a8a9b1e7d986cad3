"""From text to the contract's types, column by column; what can't be read is a finding, and the row stays.

Columns that are long in practice (times, counts, codes, plain words) are cast as a whole; everything else once per
distinct text, by the parser of the column's reading.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.contracts import Column
from chiso.contracts.parsing import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    Context,
    Doubtful,
    Parsed,
    Unreadable,
    parse,
    strptime_format,
)
from chiso.province.text import has_address
from chiso.province.units import Reference
from chiso.staging.batch import Broken, RawBatch

LONGEST_VALUE = 10_000
"""Bytes; a longer text is no value, and would only burden who looks at it."""
_MOST_SHOWN = 300
_TOO_LONG = Unreadable("value_too_long", {"longest": LONGEST_VALUE})
_ADDRESS = Unreadable("host_address")
_NOT_UTF8 = Unreadable("not_utf8")

Noted = Callable[[str, int], Unreadable | Doubtful]
"""What is to be said of a text that a mask marks; the number is its place in the column."""
Cast = tuple[pa.Array, pa.Array | None, Noted]
"""The typed column, a mask of the texts that something is to be said of (None: of none), and what."""


@dataclass(frozen=True)
class Casts:
    """How a delivery's columns are cast.

    at: the day on which units are looked up; None leaves codes as they are. no_addresses: words that hold one of a machine are no values.
    """

    columns: list[Column]
    reference: Reference
    at: date | None
    no_addresses: bool = False

    @property
    def context(self) -> Context:
        """What parsers need to know beside a cell."""
        return Context(self.reference, self.at)

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
        addresses = _addresses(raw) if self.no_addresses and column.how.kind == "word" else None
        if addresses is not None:
            found += _broken(column, batch, given, words, addresses, lambda text, place: _ADDRESS)
            raw = pc.if_else(addresses, None, raw)
        result, mask, why = self._cast(column, raw, batch.within)
        if excess:
            found += _broken(column, batch, given, words, too_long, lambda text, place: _TOO_LONG)
        if mask is not None and pc.any(mask).as_py():
            found += _broken(column, batch, given, words, mask, why)
        return result if words is None else result.take(words)

    def _cast(self, column: Column, raw: pa.Array, within: pa.Array | None) -> Cast:
        if column.terms.blank != "none" and (done := self._as_a_whole(column, raw)):
            return done
        context = self.context
        if within is None or "commune" not in column.levels:
            return _by_distinct(raw, lambda text: parse(text, column, context), column)
        return _by_distinct(_joined(raw, within), lambda text: _parse_within(text, column, context), column)

    def _as_a_whole(self, column: Column, raw: pa.Array) -> Cast | None:
        """None where texts of the column need to be looked at one by one."""
        if column.reading == "timestamp":
            return _timestamps(column, raw, self.context) if column.format else None
        if column.reading == "count" and column.power == 0 and (plain := _plain_counts(column, raw)) is not None:
            return plain, None, _never
        if column.how.is_decimal and column.power == 0 and (plain := _plain_decimals(column, raw)) is not None:
            return plain, None, _never
        if column.levels and self.at is None:
            return raw, _not_utf8(raw), lambda text, place: _NOT_UTF8
        if column.reading == "text" and not column.terms.prefixes and not _suspicious(raw):
            return pc.utf8_normalize(raw, form="NFC"), None, _never
        return None


def _addresses(raw: pa.Array) -> pa.Array | None:
    """Where a text holds an address of a machine; None where none does."""
    found = [text for text in pc.unique(raw).to_pylist() if text and has_address(text)]
    return pc.is_in(raw, pa.array(found, pa.string())) if found else None


def _broken(
    column: Column,
    batch: RawBatch,
    given: pa.Array,
    words: pa.Array | None,
    mask: pa.Array,
    why: Noted,
) -> Iterator[Broken]:
    """One entry for every row whose text `mask` marks. words: which of `given` each row holds; None: its own."""
    places = pc.indices_nonzero(mask if words is None else mask.take(words))
    texts_at = places if words is None else words.take(places)
    lines = batch.lines.take(places).to_pylist() if batch.lines is not None else [None] * len(places)
    rows, texts = batch.rows.take(places).to_pylist(), given.take(texts_at).to_pylist()
    for row, line, text, at in zip(rows, lines, texts, texts_at.to_pylist(), strict=True):
        reason = why(text, at)
        shown = None if reason.rule == _TOO_LONG.rule else text[:_MOST_SHOWN]
        rejects = isinstance(reason, Unreadable)
        readings = reason.readings if isinstance(reason, Unreadable) else ()
        yield Broken(row, column.name, reason.rule, shown, dict(reason.details), line, rejects, readings)


def _never(text: str, place: int) -> Unreadable:
    raise AssertionError(f"nothing was to be said of {text!r}, place {place}")


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
        if entry.rejects:
            by_row.setdefault(entry.row, []).append(entry.column or "*")
    marks = pa.array([",".join(columns) for columns in by_row.values()], pa.string())
    place = pc.index_in(table.column("row_no"), pa.array(list(by_row), pa.int64()))
    return table.append_column("unreadable", marks.take(place.combine_chunks()))


def _timestamps(column: Column, raw: pa.Array, context: Context) -> Cast:
    form = strptime_format(column.format or "")
    parsed = pc.strptime(raw, format=form, unit="s", error_is_null=True)
    wrong = _carried_over(raw, parsed, day_first=form.startswith("%d"))
    good = pc.if_else(wrong, None, parsed) if wrong is not None else parsed
    left = pc.and_(pc.is_valid(raw), pc.is_null(good))
    if not pc.any(left).as_py():
        return good, None, _never
    careful, mask, why = _by_distinct(pc.if_else(left, raw, None), lambda text: parse(text, column, context), column)
    return pc.coalesce(good, careful), mask, why


def _carried_over(raw: pa.Array, parsed: pa.Array, *, day_first: bool) -> pa.Array | None:
    """Where the parser was too kind: it carries 31/02 over into March, seconds 60 and 61 too, and takes the year 24 for AD 24.

    None where it nowhere was. Only days that may have been carried, the first three of a month, are compared with what is written.
    """
    first, last = (pc.year(bound).as_py() for bound in pc.min_max(parsed).values())
    if first is None:
        return None
    wrong = pc.or_(pc.ends_with(raw, ":60"), pc.ends_with(raw, ":61"))
    if first < EARLIEST_YEAR or last > LATEST_YEAR:
        year = pc.year(parsed)
        wrong = pc.or_(wrong, pc.or_(pc.less(year, EARLIEST_YEAR), pc.greater(year, LATEST_YEAR)))
    places = pc.indices_nonzero(pc.less_equal(pc.day(parsed), 3))
    written = pc.utf8_slice_codeunits(raw.take(places), *((0, 2) if day_first else (8, 10)))
    digits = pc.utf8_rtrim(written, characters="/-. ")
    stated = pc.cast(pc.if_else(pc.ascii_is_decimal(digits), digits, None), pa.int64())
    same_day = pc.fill_null(pc.equal(pc.day(parsed.take(places)), stated), False)
    carried = np.zeros(len(raw), bool)
    carried[places.filter(pc.invert(same_day)).to_numpy()] = True
    wrong = pc.or_(pc.fill_null(wrong, False), pa.array(carried))
    return wrong if pc.any(wrong).as_py() else None


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


def _plain_decimals(column: Column, raw: pa.Array) -> pa.Array | None:
    """The whole column at once where it is digits with a comma or without; None where some text isn't."""
    if not pc.all(pc.match_substring_regex(raw, "^(0|[1-9][0-9]{0,17})(,[0-9]{1,17})?$")).as_py():
        return None
    plain = pc.replace_substring(raw, ",", ".")
    return plain if column.default is None else pc.fill_null(plain, str(column.default))


def _suspicious(raw: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(raw, "\ufffd|^[=@+\t-]")).as_py())


def _not_utf8(raw: pa.Array) -> pa.Array:
    return pc.fill_null(pc.match_substring(raw, "\ufffd"), False)


def _joined(raw: pa.Array, within: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(raw, pc.fill_null(within, ""), "\0")


def _parse_within(text: str, column: Column, context: Context) -> Parsed | None:
    name, _, within = text.partition("\0")
    return parse(name, column, replace(context, within=within or None))


def _by_distinct(keys: pa.Array, cast: Callable[[str], Parsed | None], column: Column) -> Cast:
    encoded = keys.dictionary_encode()
    results = [cast(text) for text in encoded.dictionary.to_pylist()]
    kind = column.how.arrow
    typed = pa.array([_plain(result) for result in results], kind).take(encoded.indices)
    noted = pa.array([isinstance(result, Unreadable | Doubtful) for result in results], pa.bool_())
    mask = pc.fill_null(noted.take(encoded.indices), False)
    blank = column.how.blank if column.default is None else column.default
    if blank is not None:
        typed = pc.if_else(pc.is_null(keys), pa.scalar(str(blank) if column.how.is_decimal else blank, kind), typed)
    return typed, mask, lambda text, place: _to_say(results[encoded.indices[place].as_py()])


def _to_say(result: object) -> Unreadable | Doubtful:
    assert isinstance(result, Unreadable | Doubtful)  # noqa: S101 - only asked where the mask says so
    return result


def _plain(result: Parsed | None) -> object:
    """What Arrow takes of it."""
    if isinstance(result, Doubtful):
        return result.value
    if isinstance(result, Unreadable):
        return None
    return format(result, "f") if isinstance(result, Decimal) else result
