"""Text exports: UTF-8 with or without BOM, `;` `,` or tab, quoted newlines, gzip or not. Streamed in blocks.

Every record keeps the physical line on which it starts. Personal columns end here: they are parsed, since
records can't be split without them, and dropped.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from chiso.contracts import Column, Contract
from chiso.issues import Issue, issue, refusal
from chiso.raw import TruncatedError, Unpacked
from chiso.staging.batch import Broken, RawBatch
from chiso.text import header_key

BLOCK = 4 << 20
LONGEST_RECORD = 64 << 20
"""A record that is longer than this is an unclosed quote."""
LONGEST_NAME = 120
"""A header name of several lines that is longer than this is an unclosed quote."""
_WORDS = pa.dictionary(pa.int32(), pa.string())
_LINE_END = ord("\n")

_NOT_TEXT = {
    b"<": ("một trang HTML", "an HTML page"),
    b"PK": ("một tệp zip hoặc Excel", "a zip or Excel file"),
    b"{": ("JSON", "JSON"),
    b"[": ("JSON", "JSON"),
    b"%PDF": ("PDF", "PDF"),
    b"\xd0\xcf\x11\xe0": ("một tệp Office", "an Office file"),
}


class Head(NamedTuple):
    """The header record: where each contract column stands."""

    separator: str
    names: list[str]
    """Printed names in file order."""
    positions: dict[str, int]
    """Contract column → position."""
    lines: int
    """Physical lines it takes."""


def read_csv(stream: BinaryIO, contract: Contract, file_name: str) -> tuple[list[Issue], Iterator[RawBatch]]:
    """Findings about the header, and the rows in batches. Raises DeliveryRefused, also while iterating."""
    blocks = _blocks(Unpacked(stream), contract, file_name)
    try:
        first = next(blocks, b"")
    except TruncatedError as fault:
        raise refusal("truncated", contract.terms.owner, file=file_name, reason=str(fault)) from fault
    first = first.removeprefix(b"\xef\xbb\xbf")
    head, body = _head(first, contract, file_name)
    return _header_findings(head, contract), _batches(head, body, blocks, contract, file_name)


def _blocks(stream: Unpacked, contract: Contract, file_name: str) -> Iterator[bytes]:
    """Blocks that end where a record ends."""
    rest, only_returns = b"", None
    while data := stream.read(BLOCK):
        if only_returns is None:
            only_returns = b"\n" not in data
        rest += data.replace(b"\r", b"\n") if only_returns else data
        cut = _record_end(rest)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > LONGEST_RECORD:
            raise refusal("quote_unbalanced", contract.terms.owner, file=file_name, line="?")
    if rest:
        yield rest


def _record_end(data: bytes) -> int:
    """Position after the last newline that lies outside quotes; 0 if there is none."""
    end = data.rfind(b"\n")
    quotes = _count(data[: max(end, 0)], b'"') if b'"' in data else 0
    while end >= 0 and quotes % 2:
        before = data.rfind(b"\n", 0, end)
        quotes -= data.count(b'"', max(before, 0), end)
        end = before
    return end + 1


def _count(data: bytes, byte: bytes) -> int:
    """`data.count`, several times as fast where there are many."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord(byte)))


def _head(first: bytes, contract: Contract, file_name: str) -> tuple[Head, bytes]:
    owner = contract.terms.owner
    start = first.lstrip()
    if not start:
        raise refusal("file_empty", owner, file=file_name)
    found = next((name for magic, name in _NOT_TEXT.items() if start.startswith(magic)), None)
    if b"\0" in start.partition(b"\n")[0]:
        found = found or ("dữ liệu nhị phân hoặc UTF-16", "binary data or UTF-16")
    if found:
        raise refusal("not_text_export", owner, file=file_name, found_vi=found[0], found_en=found[1])
    blank = len(first) - len(start)
    text = first[: 1 << 16].decode("utf-8", errors="replace")[first[:blank].count(b"\n") and blank :]
    line = text.splitlines()[0]
    separator = max(";,\t", key=line.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    names = next(reader)
    if any("\n" in name and len(name) > LONGEST_NAME for name in names):
        raise refusal("quote_unbalanced", owner, file=file_name, line=1)
    lines = reader.line_num + first[:blank].count(b"\n")
    positions = _match(names, contract, file_name)
    end = 0
    for _ in range(lines):
        end = first.find(b"\n", end) + 1 or len(first)
    return Head(separator, names, positions, lines), first[end:]


def _match(names: Sequence[str], contract: Contract, file_name: str) -> dict[str, int]:
    keys = [header_key(name) for name in names]
    positions: dict[str, int] = {}
    for column in contract.columns:
        places = [place for place, key in enumerate(keys) if key in header_keys(column)]
        if len(places) > 1:
            raise refusal("header_duplicate", contract.terms.owner, file=file_name, columns=column.printed)
        if places:
            positions[column.name] = places[0]
    missing = [
        column.printed
        for column in contract.columns
        if column.name not in positions and not column.optional_header and not column.personal
    ]
    if missing:
        raise refusal("columns_missing", contract.terms.owner, file=file_name, columns=", ".join(missing))
    return positions


def header_keys(column: Column) -> set[str]:
    """Folded forms of every name that a one-level header may give the column."""
    return {header_key(name) for name in [*column.header[-1], column.name]}


def _header_findings(head: Head, contract: Contract) -> list[Issue]:
    owner = contract.terms.owner
    known = set(head.positions.values())
    found = [
        issue("column_unknown", "info", "flag", owner, value=name)
        for place, name in enumerate(head.names)
        if place not in known and name.strip()
    ]
    for column in contract.columns:
        if column.name not in head.positions:
            rule = "personal_column_missing" if column.personal else "optional_column_missing"
            found.append(issue(rule, "warning", "flag", owner, column=column.name, printed=column.printed))
    return found


def _batches(
    head: Head, body: bytes, blocks: Iterator[bytes], contract: Contract, file_name: str
) -> Iterator[RawBatch]:
    line = head.lines + 1
    try:
        for block in _chain(body, blocks):
            yield _parse(block, line, head, contract, file_name)
            line += _count(block, b"\n")
    except TruncatedError as fault:
        raise refusal("truncated", contract.terms.owner, file=file_name, reason=str(fault)) from fault


def _chain(body: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if body:
        yield body
    yield from blocks


def _parse(block: bytes, first_line: int, head: Head, contract: Contract, file_name: str) -> RawBatch:
    quoted = b'"' in block
    block = _plain_lines(block)
    if quoted:
        block = _with_blank_record(block, head)
    table, malformed = _split(block, quoted, head, contract)
    ends = [_newlines(column) for column in table.columns] if quoted else []
    lines, broken_lines = _line_numbers(table.num_rows, sum(ends), malformed, first_line)
    if quoted:
        swallowing = min(_swallowing(table, ends, lines, malformed, broken_lines, head), default=None)
        if swallowing is not None:
            raise refusal("quote_unbalanced", contract.terms.owner, file=file_name, line=swallowing)
    table, lines = _without_blank(table, lines)
    columns = {
        name: table.column(place).combine_chunks()
        for name, place in head.positions.items()
        if not contract.column(name).personal
    }
    broken = [
        Broken(
            number, None, "wrong_field_count", None, {"actual": row.actual_columns, "expected": row.expected_columns}
        )
        for number, row in zip(broken_lines, malformed, strict=True)
        if row.text.strip()
    ]
    for column in contract.loaded_columns:
        columns.setdefault(column.name, pa.nulls(table.num_rows, pa.string()))
    return RawBatch(pa.array(lines, pa.int64()), columns, broken=broken)


def _split(block: bytes, quoted: bool, head: Head, contract: Contract) -> tuple[pa.Table, list[arrow_csv.InvalidRow]]:
    """Whole records in columns of text, words that repeat as dictionaries; and the records of another width.

    Bytes that are no UTF-8 become U+FFFD, which the casts reject.
    """
    names = [f"f{place}" for place in range(len(head.names))]
    kinds = dict.fromkeys(names, pa.string()) | {
        f"f{place}": _WORDS
        for name, place in head.positions.items()
        if name not in contract.key and contract.column(name).reading != "timestamp"
    }
    malformed: list[arrow_csv.InvalidRow] = []

    def keep(row: arrow_csv.InvalidRow) -> str:
        malformed.append(row)
        return "skip"

    data = block if _is_utf8(block) else block.decode("utf-8", errors="replace").encode()
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
        parse_options=arrow_csv.ParseOptions(
            delimiter=head.separator, newlines_in_values=quoted, ignore_empty_lines=False, invalid_row_handler=keep
        ),
        convert_options=arrow_csv.ConvertOptions(column_types=kinds, strings_can_be_null=False, check_utf8=False),
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


def _with_blank_record(block: bytes, head: Head) -> bytes:
    """The block and a record of blanks, which is set aside again, unless a quote left open swallows it."""
    end = b"" if block.endswith(b"\n") else b"\n"
    return block + end + head.separator.encode() * (len(head.names) - 1) + b"\n"


def _swallowing(
    table: pa.Table,
    ends: Sequence[np.ndarray],
    lines: np.ndarray,
    malformed: Sequence[arrow_csv.InvalidRow],
    broken_lines: list[int],
    head: Head,
) -> Iterator[int]:
    """Lines of records with a whole record inside a quoted field: its quote was never closed where it should be."""
    if len(head.names) < 2:
        return
    inside = f"\n(?:[^{head.separator}\n]*{head.separator}){{{len(head.names) - 1}}}"
    for column, inner in zip(table.columns, ends, strict=True):
        places = np.flatnonzero(inner)
        found = pc.match_substring_regex(column.take(pa.array(places)).cast(pa.string()), inside)
        yield from (int(lines[place]) for place in places[found.to_numpy()])
    yield from (line for row, line in zip(malformed, broken_lines, strict=True) if re.search(inside, row.text))


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
    returns = np.flatnonzero(letters == ord("\r"))
    return bool(returns[-1] == len(block) - 1 or (letters[returns + 1] != _LINE_END).any())


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


def _without_blank(table: pa.Table, lines: np.ndarray) -> tuple[pa.Table, np.ndarray]:
    """Sets lines aside that hold nothing at all."""
    places = pc.indices_nonzero(pc.equal(table.column(0), ""))
    for column in table.columns[1:]:
        places = places.filter(pc.equal(column.take(places).cast(pa.string()), ""))
    if not len(places):
        return table, lines
    keep = np.ones(table.num_rows, dtype=bool)
    keep[places.to_numpy()] = False
    return table.filter(pa.array(keep)), lines[keep]
