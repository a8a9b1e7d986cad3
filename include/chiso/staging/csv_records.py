"""Records of a block of CSV as columns of text, each with the physical line on which it starts.

The plain way reads lines and quotes off the bytes, and converts the columns to load. Where the bytes leave a doubt (a
quote inside an unquoted field, one left open, a line of blanks) the careful way converts every column and looks into it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

_WORDS = pa.dictionary(pa.int32(), pa.string())
_QUOTE, _LINE_END = ord('"'), ord("\n")
_QUOTED = re.compile(rb'"((?:[^"]|"")*)"')


class Layout(NamedTuple):
    """How the fields of a record lie. loaded: positions that are converted; words: those of them whose texts repeat."""

    separator: str
    width: int
    loaded: frozenset[int]
    words: frozenset[int]


class Records(NamedTuple):
    """table: columns `f<position>`; lines: of each row; malformed: line and record, of another width."""

    table: pa.Table
    lines: np.ndarray
    malformed: list[tuple[int, arrow_csv.InvalidRow]]


class OpenQuoteError(ValueError):
    """A quote swallows whole records. line: where its record starts."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def records(block: bytes, first_line: int, layout: Layout) -> Records:
    """The records of a block that ends where one ends; lines that hold nothing at all are left out.

    Bytes that are no UTF-8 become U+FFFD, which the casts reject. Raises OpenQuoteError.
    """
    block = _plain_lines(block)
    quotes = _positions(block, _QUOTE) if b'"' in block else np.zeros(0, np.int64)
    starts = _starts(block, quotes, layout)
    if starts is not None:
        table, malformed = _converted(block, layout, layout.loaded, quoted=len(quotes) > 0)
        if table.num_rows + len(malformed) == len(starts.lines) and not len(_blank(table)):
            numbers = {row.number - 1 for row in malformed}
            _refuse_swallowed(block, starts, numbers, first_line, layout)
            is_good = np.ones(len(starts.lines), dtype=bool)
            is_good[list(numbers)] = False
            lines = starts.lines + first_line
            return Records(table, lines[is_good], [(int(lines[row.number - 1]), row) for row in malformed])
    return _careful(block, first_line, layout, quoted=len(quotes) > 0)


def _converted(
    block: bytes, layout: Layout, positions: frozenset[int], *, quoted: bool
) -> tuple[pa.Table, list[arrow_csv.InvalidRow]]:
    """Columns at `positions`, words that repeat as dictionaries; and the records of another width."""
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
            delimiter=layout.separator, newlines_in_values=quoted, ignore_empty_lines=False, invalid_row_handler=keep
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()) | {f"f{place}": _WORDS for place in layout.words},
            include_columns=[f"f{place}" for place in sorted(positions)],
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


def _blank(table: pa.Table) -> pa.Array:
    """Places of rows with nothing in any column of the table."""
    places = pc.indices_nonzero(pc.equal(table.column(0), ""))
    for column in table.columns[1:]:
        places = places.filter(pc.equal(column.take(places).cast(pa.string()), ""))
    return places


def _plain_lines(block: bytes) -> bytes:
    """The block without what the parser would end a record at.

    NUL becomes U+FFFD, which the casts reject; a carriage return that ends no line becomes a space.
    """
    if b"\0" in block:
        block = block.replace(b"\0", "\ufffd".encode())
    return re.sub(rb"\r(?!\n)", b" ", block) if _has_lone_returns(block) else block


def _has_lone_returns(block: bytes) -> bool:
    if b"\r" not in block:
        return False
    letters = np.frombuffer(block, np.uint8)
    returns = _positions(block, ord("\r"))
    return bool(returns[-1] == len(block) - 1 or (letters[returns + 1] != _LINE_END).any())


def _positions(block: bytes, byte: int) -> np.ndarray:
    return np.flatnonzero(np.frombuffer(block, np.uint8) == byte)


# --- The plain way ---


class _Starts(NamedTuple):
    """Where each record starts: its line in the block (from 0), its first byte. heights: how many lines it takes."""

    lines: np.ndarray
    offsets: np.ndarray
    heights: np.ndarray


def _starts(block: bytes, quotes: np.ndarray, layout: Layout) -> _Starts | None:
    """None where a quote neither opens a field nor closes one nor stands for itself beside another."""
    ends = _positions(block, _LINE_END)
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    if len(quotes) % 2 or not _open_fields(block, quotes[::2], layout):
        return None
    outside = np.flatnonzero(np.searchsorted(quotes, ends) % 2 == 0)
    lines = np.concatenate(([0], outside[:-1] + 1))
    offsets = np.concatenate(([0], ends[outside[:-1]] + 1))
    return _Starts(lines, offsets, np.diff(lines, append=len(ends)))


def _open_fields(block: bytes, opening: np.ndarray, layout: Layout) -> bool:
    """Whether before each of these quotes a field begins, or the quote that it doubles stands."""
    letters = np.frombuffer(block, np.uint8)
    before = letters[opening[opening > 0] - 1]
    return bool(np.isin(before, (ord(layout.separator), _LINE_END, _QUOTE)).all())


def _refuse_swallowed(block: bytes, starts: _Starts, malformed: set[int], first_line: int, layout: Layout) -> None:
    """Raises OpenQuoteError for the first record with another one inside a quoted field."""
    separator = layout.separator.encode()
    inside = re.compile(_swallowed(layout).encode())
    for place in np.flatnonzero(starts.heights > 1):
        start = starts.offsets[place]
        end = starts.offsets[place + 1] if place + 1 < len(starts.offsets) else len(block)
        record = block[start:end]
        whole = place in malformed
        if record.count(separator) < (layout.width - 1) * (1 if whole else 2):
            continue
        fields = [record] if whole else _QUOTED.findall(record)
        if any(inside.search(field) for field in fields):
            raise OpenQuoteError(first_line + int(starts.lines[place]))


def _swallowed(layout: Layout) -> str:
    """Pattern of a line end and a whole record after it; of one field, nothing is one."""
    if layout.width < 2:
        return r"(?!)"
    return f"\n(?:[^{layout.separator}\n]*{layout.separator}){{{layout.width - 1}}}"


# --- The careful way ---


def _careful(block: bytes, first_line: int, layout: Layout, *, quoted: bool) -> Records:
    if quoted:
        block = _with_blank_record(block, layout)
    table, malformed = _converted(block, layout, frozenset(range(layout.width)), quoted=quoted)
    ends = [_newlines(column) for column in table.columns] if quoted else []
    lines, malformed_lines = _line_numbers(table.num_rows, sum(ends), malformed, first_line)
    swallowing = min(_swallowing(table, ends, lines, malformed, malformed_lines, layout), default=None)
    if swallowing is not None:
        raise OpenQuoteError(swallowing)
    table, lines = _without_blank(table, lines)
    return Records(table, lines, list(zip(malformed_lines, malformed, strict=True)))


def _with_blank_record(block: bytes, layout: Layout) -> bytes:
    """The block and a record of blanks, which is set aside again, unless a quote left open swallows it."""
    end = b"" if block.endswith(b"\n") else b"\n"
    return block + end + layout.separator.encode() * (layout.width - 1) + b"\n"


def _newlines(column: pa.ChunkedArray) -> np.ndarray:
    """How many line ends each value holds; of a dictionary's values each is looked at once."""
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        of_words = _newlines(pa.chunked_array([array.dictionary]))
        return of_words[array.indices.to_numpy()]  # type: ignore[no-any-return]
    bounds = np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]
    letters = np.frombuffer(array.buffers()[2] or b"", np.uint8)[: bounds[-1] if len(array) else 0]
    ends = np.flatnonzero(letters == _LINE_END)
    if not len(ends):
        return np.zeros(len(array), np.int64)
    before: np.ndarray = np.searchsorted(ends, bounds)
    return np.diff(before)


def _line_numbers(
    rows: int, inner: np.ndarray | int, malformed: Sequence[arrow_csv.InvalidRow], first_line: int
) -> tuple[np.ndarray, list[int]]:
    """Physical line of each good row and of each malformed one. inner: line ends inside each good row."""
    total = rows + len(malformed)
    is_good = np.ones(total, dtype=bool)
    bad_at = np.array([row.number - 1 for row in malformed], dtype=np.int64)
    is_good[bad_at] = False
    height = np.ones(total, dtype=np.int64)
    height[is_good] += inner
    height[bad_at] += np.array([row.text.count("\n") for row in malformed], dtype=np.int64)
    start = first_line + np.concatenate(([0], np.cumsum(height)[:-1])) if total else np.zeros(0, dtype=np.int64)
    return start[is_good], [int(start[place]) for place in bad_at]


def _swallowing(
    table: pa.Table,
    ends: Sequence[np.ndarray],
    lines: np.ndarray,
    malformed: Sequence[arrow_csv.InvalidRow],
    malformed_lines: Sequence[int],
    layout: Layout,
) -> Iterator[int]:
    """Lines of records with another one inside a quoted field: its quote was never closed where it should be."""
    if layout.width < 2 or not ends:
        return
    inside = _swallowed(layout)
    for column, inner in zip(table.columns, ends, strict=True):
        places = np.flatnonzero(inner)
        found = pc.match_substring_regex(column.take(pa.array(places)).cast(pa.string()), inside)
        yield from (int(lines[place]) for place in places[found.to_numpy()])
    yield from (line for row, line in zip(malformed, malformed_lines, strict=True) if re.search(inside, row.text))


def _without_blank(table: pa.Table, lines: np.ndarray) -> tuple[pa.Table, np.ndarray]:
    """Sets lines aside that hold nothing at all."""
    places = _blank(table)
    if not len(places):
        return table, lines
    keep = np.ones(table.num_rows, dtype=bool)
    keep[places.to_numpy()] = False
    return table.filter(pa.array(keep)), lines[keep]
