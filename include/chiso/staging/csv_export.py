"""Text exports: UTF-8 with or without BOM, `;` `,` or tab, quoted newlines, gzip or not. Streamed in blocks.

Every record keeps the physical line on which it starts. Personal columns end here: they are parsed, since
records can't be split without them, and dropped.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa

from chiso.contracts import Column, Contract
from chiso.deliveries.raw import TruncatedError, Unpacked
from chiso.findings.issues import Issue, issue, refusal
from chiso.province.text import header_key
from chiso.staging.batch import Broken, RawBatch
from chiso.staging.csv_records import Layout, OpenQuoteError, records

BLOCK = 4 << 20
LONGEST_RECORD = 64 << 20
"""A record that is longer than this is an unclosed quote."""
LONGEST_NAME = 120
"""A header name of several lines that is longer than this is an unclosed quote."""

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

    layout: Layout
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
        raise refusal("truncated", contract.terms.responsible, file=file_name, reason=str(fault)) from fault
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
            raise refusal("quote_unbalanced", contract.terms.responsible, file=file_name, line="?")
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
    owner = contract.terms.responsible
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
    return Head(_layout(separator, names, positions, contract), names, positions, lines), first[end:]


def _layout(separator: str, names: Sequence[str], positions: dict[str, int], contract: Contract) -> Layout:
    loaded = {name: place for name, place in positions.items() if not contract.column(name).personal}
    words = {
        place
        for name, place in loaded.items()
        if name not in contract.key and contract.column(name).reading != "timestamp"
    }
    return Layout(separator, len(names), frozenset(loaded.values()), frozenset(words))


def _match(names: Sequence[str], contract: Contract, file_name: str) -> dict[str, int]:
    keys = [header_key(name) for name in names]
    positions: dict[str, int] = {}
    for column in contract.columns:
        places = [place for place, key in enumerate(keys) if key in header_keys(column)]
        if len(places) > 1:
            raise refusal("header_duplicate", contract.terms.responsible, file=file_name, columns=column.printed)
        if places:
            positions[column.name] = places[0]
    missing = [
        column.printed
        for column in contract.columns
        if column.name not in positions and not column.optional_header and not column.personal
    ]
    if missing:
        raise refusal("columns_missing", contract.terms.responsible, file=file_name, columns=", ".join(missing))
    return positions


def header_keys(column: Column) -> set[str]:
    """Folded forms of every name that a one-level header may give the column."""
    return {header_key(name) for name in [*column.header[-1], column.name]}


def _header_findings(head: Head, contract: Contract) -> list[Issue]:
    owner = contract.terms.responsible
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
        raise refusal("truncated", contract.terms.responsible, file=file_name, reason=str(fault)) from fault


def _chain(body: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if body:
        yield body
    yield from blocks


def _parse(block: bytes, first_line: int, head: Head, contract: Contract, file_name: str) -> RawBatch:
    try:
        table, lines, malformed = records(block, first_line, head.layout)
    except OpenQuoteError as fault:
        raise refusal("quote_unbalanced", contract.terms.responsible, file=file_name, line=fault.line) from fault
    columns = {
        name: table.column(f"f{place}").combine_chunks()
        for name, place in head.positions.items()
        if place in head.layout.loaded
    }
    for column in contract.loaded_columns:
        columns.setdefault(column.name, pa.nulls(table.num_rows, pa.string()))
    broken = [
        Broken(line, None, "wrong_field_count", None, {"actual": row.actual_columns, "expected": row.expected_columns})
        for line, row in malformed
        if row.text.strip()
    ]
    return RawBatch(pa.array(lines, pa.int64()), columns, broken=broken)
