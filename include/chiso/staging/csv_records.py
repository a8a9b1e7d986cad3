"""Records of a block of CSV as columns of text, each with the physical line on which it starts.

Where quoted fields, lines and records begin and end is read off the bytes; Arrow converts the columns to load.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

_WORDS = pa.dictionary(pa.int32(), pa.string())
_QUOTE, _LINE_END, _RETURN, _SPACE = b'"\n\r '
_QUOTED = re.compile(rb'"(?:[^"]|"")*+"')


class Layout(NamedTuple):
    """How the fields of a record lie. loaded: positions that are converted; words: those of them whose texts repeat."""

    separator: str
    width: int
    loaded: frozenset[int]
    words: frozenset[int]


class Records(NamedTuple):
    """table: columns `f<position>`; lines: of each row; malformed: line and record, of another width; height: in lines."""

    table: pa.Table
    lines: np.ndarray
    malformed: list[tuple[int, arrow_csv.InvalidRow]]
    height: int


class OpenQuoteError(ValueError):
    """A quote swallows whole records. line: where its record starts; 0: where the block does."""

    def __init__(self, line: int = 0) -> None:
        super().__init__(f"line {line}")
        self.line = line


def records(block: bytes, quotes: np.ndarray, first_line: int, layout: Layout) -> Records:
    """The records of a block that ends where one ends; those that hold nothing at all are left out.

    quotes: `quote_bounds` of the block. Bytes that are no UTF-8 become U+FFFD, which the casts reject.
    Raises OpenQuoteError.
    """
    if len(returns := _lone_returns(block)):
        block = _without_returns(block, returns, quotes, layout)
        quotes = quote_bounds(block, layout.separator)
    spans = _spans(block, quotes, first_line)
    table, malformed = _converted(block, layout, quoted=len(quotes) > 0)
    if table.num_rows + len(malformed) != len(spans.lines):
        raise OpenQuoteError(first_line)
    is_good = np.ones(len(spans.lines), dtype=bool)
    is_good[[row.number - 1 for row in malformed]] = False
    _refuse_swallowed(block, quotes, spans, is_good, layout)
    nothing = re.compile(rb'(?:""(?!")|[%b \t\r\n])*+' % re.escape(layout.separator.encode()))
    at_fault = [
        (int(spans.lines[row.number - 1]), row) for row in malformed if not nothing.fullmatch(row.text.encode())
    ]
    places = np.flatnonzero(is_good)
    blank = [row for row in _blank(table).to_pylist() if nothing.fullmatch(spans.record(places[row], block))]
    if blank:
        keep = np.ones(table.num_rows, dtype=bool)
        keep[blank] = False
        table, places = table.filter(pa.array(keep)), places[keep]
    return Records(table, spans.lines[places], at_fault, spans.height)


# --- Quotes and line ends ---


def quote_bounds(block: bytes, separator: str) -> np.ndarray:
    """Positions of the quotes that open and close fields, by turns; an odd number if the last field isn't closed.

    block: begins where a record does. A quote inside an unquoted field (`nhà 5" ngõ`) is a sign like others.
    """
    if b'"' not in block:
        return np.zeros(0, np.int64)
    quotes = _positions(block, _QUOTE)
    # Where every second quote stands at the beginning of a field, or doubles another, there are no others.
    if _begins_field(block, quotes[::2], separator, _QUOTE).all():
        return quotes
    bounds: list[int] = []
    for place in quotes[_begins_field(block, quotes, separator)].tolist():
        if not bounds or place > bounds[-1]:
            field = _QUOTED.match(block, place)
            bounds += (place, field.end() - 1) if field else (place,)
            if not field:
                break
    return np.array(bounds, np.int64)


def _begins_field(block: bytes, quotes: np.ndarray, separator: str, *others: int) -> np.ndarray:
    """Whether a field, or one of the other signs, stands before each quote."""
    letters = np.frombuffer(block, np.uint8)
    begins: np.ndarray = np.isin(letters[quotes - 1], (ord(separator), _LINE_END, _RETURN, *others))
    begins |= quotes == 0
    return begins


def record_end(block: bytes, quotes: np.ndarray, *, returns: bool) -> int:
    """Position after the last line end outside quotes; 0 if there is none. returns: a carriage return is one too."""
    last = block.rfind(b"\n")
    if last >= 0 and np.searchsorted(quotes, last) % 2 == 0:
        return last + 1
    for mark in (_LINE_END, _RETURN) if returns else (_LINE_END,):
        ends = _positions(block, mark)
        ends = ends[_are_outside(ends, quotes) & ((mark == _LINE_END) | (ends < len(block) - 1))]
        if len(ends):
            return int(ends[-1]) + 1
    return 0


def _lone_returns(block: bytes) -> np.ndarray:
    """Positions of carriage returns that no newline follows."""
    if b"\r" not in block:
        return np.zeros(0, np.int64)
    returns = _positions(block, _RETURN)
    letters = np.frombuffer(block, np.uint8)
    lone: np.ndarray = returns[letters[np.minimum(returns + 1, len(block) - 1)] != _LINE_END]
    return lone


def _without_returns(block: bytes, returns: np.ndarray, quotes: np.ndarray, layout: Layout) -> bytes:
    """The block with newlines for the lone carriage returns that end records, and spaces for those inside fields.

    A line with as many fields as a record holds the latter.
    """
    ends, separators = _positions(block, _LINE_END), _positions(block, ord(layout.separator))
    ends, separators = ends[_are_outside(ends, quotes)], separators[_are_outside(separators, quotes)]
    fields = np.diff(np.searchsorted(separators, np.append(ends, len(block))), prepend=0) + 1
    in_field = fields[np.searchsorted(ends, returns)] == layout.width
    in_field &= (layout.width > 1) & (returns < len(block) - 1)
    letters = np.frombuffer(block, np.uint8).copy()
    letters[returns] = np.where(in_field | ~_are_outside(returns, quotes), _SPACE, _LINE_END)
    return letters.tobytes()


def _are_outside(places: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    """Whether each place lies outside quoted fields."""
    outside: np.ndarray = np.searchsorted(quotes, places) % 2 == 0
    return outside


def _positions(block: bytes, byte: int) -> np.ndarray:
    return np.flatnonzero(np.frombuffer(block, np.uint8) == byte)


# --- Records ---


class _Spans(NamedTuple):
    """First byte and physical line of each record that is no empty line, and how many of both it takes; lines of all."""

    begins: np.ndarray
    lines: np.ndarray
    sizes: np.ndarray
    heights: np.ndarray
    height: int

    def record(self, place: int, block: bytes) -> bytes:
        """The bytes of a record."""
        begin = int(self.begins[place])
        return block[begin : begin + int(self.sizes[place])]


def _spans(block: bytes, quotes: np.ndarray, first_line: int) -> _Spans:
    """Raises OpenQuoteError where a quoted field isn't closed."""
    ends = _positions(block, _LINE_END)
    height = len(ends)
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    last = np.flatnonzero(_are_outside(ends, quotes))  # the line that is a record's last
    if len(quotes) % 2:
        raise OpenQuoteError(first_line + (int(last[-1]) + 1 if len(last) else 0))
    begins = np.append(0, ends[last[:-1]] + 1)
    lines = np.append(0, last[:-1] + 1)
    sizes, heights = np.diff(begins, append=len(block)), np.diff(lines, append=len(ends))
    letters = np.frombuffer(block, np.uint8)
    is_empty = (letters[begins] == _LINE_END) | ((letters[begins] == _RETURN) & (sizes == 2))
    if is_empty.any():
        begins, lines, sizes, heights = (each[~is_empty] for each in (begins, lines, sizes, heights))
    return _Spans(begins, first_line + lines, sizes, heights, height)


def _refuse_swallowed(block: bytes, quotes: np.ndarray, spans: _Spans, is_good: np.ndarray, layout: Layout) -> None:
    """Raises OpenQuoteError for the first record with another one inside a quoted field."""
    if layout.width < 2:
        return
    separator = re.escape(layout.separator.encode())
    inside = re.compile(rb"\n(?:[^%b\n]*%b){%d}" % (separator, separator, layout.width - 1))
    for place in np.flatnonzero(spans.heights > 1).tolist():
        record = spans.record(place, block)
        if record.count(layout.separator.encode()) < (layout.width - 1) * (2 if is_good[place] else 1):
            continue
        begin = int(spans.begins[place])
        fields = _quoted(block, quotes, begin, begin + len(record)) if is_good[place] else [record]
        if any(inside.search(field) for field in fields):
            raise OpenQuoteError(int(spans.lines[place]))


def _quoted(block: bytes, quotes: np.ndarray, start: int, end: int) -> Iterator[bytes]:
    """The quoted fields of a record."""
    first, last = np.searchsorted(quotes, (start, end))
    for place in quotes[first:last:2].tolist():
        if place >= start and (field := _QUOTED.match(block, place)):
            yield field[0]
            start = field.end()


def _blank(table: pa.Table) -> pa.Array:
    """Places of rows with nothing in any column of the table."""
    places = pc.indices_nonzero(pc.equal(table.column(0), ""))
    for column in table.columns[1:]:
        places = places.filter(pc.equal(column.take(places).cast(pa.string()), ""))
    return places


def _converted(block: bytes, layout: Layout, *, quoted: bool) -> tuple[pa.Table, list[arrow_csv.InvalidRow]]:
    """The columns to load, words that repeat as dictionaries; and the records of another width."""
    names = [f"f{place}" for place in range(layout.width)]
    malformed: list[arrow_csv.InvalidRow] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        malformed.append(row)
        return "skip"

    data = block if _is_utf8(block) else block.decode("utf-8", errors="replace").encode()
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.separator, newlines_in_values=quoted, ignore_empty_lines=True, invalid_row_handler=keep
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()) | {f"f{place}": _WORDS for place in layout.words},
            include_columns=[f"f{place}" for place in sorted(layout.loaded)],
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    return table, malformed


def _is_utf8(block: bytes) -> bool:
    """Arrow's check of a text as long as the block, several times as fast as decoding it."""
    bounds = pa.py_buffer(np.array([0, len(block)], np.int32))
    whole = pa.Array.from_buffers(pa.binary(), 1, [None, bounds, pa.py_buffer(block)])
    try:
        whole.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True
