"""Text exports: UTF-8 with or without BOM, UTF-16 with one, `;` `,` or tab, quoted newlines, gzip or not. Streamed in blocks.

Every record keeps the physical line on which it starts. Personal columns end here: they are parsed, since
records can't be split without them, and dropped.
"""

import codecs
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from chiso.contracts import Contract
from chiso.deliveries.raw import Unpacked
from chiso.findings.issues import Issue, refusal
from chiso.staging.batch import Broken, RawBatch
from chiso.staging.csv_head import Head, header_findings, read_head
from chiso.staging.csv_records import OpenQuoteError, Records, quote_bounds, record_end, records
from chiso.staging.streams import refusing

BLOCK = 4 << 20
LONGEST_RECORD = 16 << 20
"""A record that is longer than this is an unclosed quote."""


def read_csv(stream: BinaryIO, contract: Contract, file_name: str) -> tuple[Head, list[Issue], Iterator[RawBatch]]:
    """The header, findings about it, and the rows in batches. Raises DeliveryRefused, also while iterating."""
    chunks = _utf8(Unpacked(stream))
    with refusing(contract, file_name):
        first = next(chunks, b"")
    head, body = read_head(first, contract, file_name)
    return head, header_findings(head, contract), _batches(head, chain([body], chunks), contract, file_name)


def _utf8(stream: Unpacked) -> Iterator[bytes]:
    """The text in UTF-8 without BOM, whatever it was."""
    data = stream.read(BLOCK)
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.removeprefix(codecs.BOM_UTF8)
        while data:
            yield data
            data = stream.read(BLOCK)
        return
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    while data:
        yield decoder.decode(data).encode()
        data = stream.read(BLOCK)
    yield decoder.decode(b"", final=True).encode()


def _batches(head: Head, chunks: Iterator[bytes], contract: Contract, file_name: str) -> Iterator[RawBatch]:
    line = head.lines + 1
    try:
        with refusing(contract, file_name):
            for block, quotes in _blocks(chunks, head.layout.separator):
                found = records(block, quotes, line, head.layout)
                yield replace(_batch(found, head, contract), unended=_unended(block, found))
                line += found.height
    except OpenQuoteError as fault:
        owner = contract.terms.responsible
        raise refusal("quote_unbalanced", owner, file=file_name, line=fault.line or line) from fault


def _blocks(chunks: Iterator[bytes], separator: str) -> Iterator[tuple[bytes, np.ndarray]]:
    """Blocks that end where a record ends, and the bounds of the quoted fields in each.

    NUL becomes U+FFFD, which the casts reject. Raises OpenQuoteError.
    """
    rest, enough = b"", 0
    for data in chunks:
        rest += data.replace(b"\0", "\ufffd".encode()) if b"\0" in data else data
        if len(rest) < enough:
            continue
        quotes = quote_bounds(rest, separator)
        cut = record_end(rest, quotes, returns=len(rest) > BLOCK)
        if cut:
            yield rest[:cut], quotes[: np.searchsorted(quotes, cut)]
            rest = rest[cut:]
        elif len(rest) > LONGEST_RECORD:
            raise OpenQuoteError
        enough = 0 if cut else 2 * len(rest)
    if rest:
        yield rest, quote_bounds(rest, separator)


def _unended(block: bytes, found: Records) -> int | None:
    """The line of the block's last record, where no line ends after it."""
    lines = [*found.lines[-1:].tolist(), *(line for line, _ in found.malformed[-1:])]
    return None if block.endswith((b"\n", b"\r")) else max(lines, default=None)


def _batch(found: Records, head: Head, contract: Contract) -> RawBatch:
    columns = {
        name: found.table.column(f"f{place}").combine_chunks()
        for name, place in head.positions.items()
        if place in head.layout.loaded
    }
    for column in contract.loaded_columns:
        columns.setdefault(column.name, pa.nulls(found.table.num_rows, pa.string()))
    broken = [
        Broken(line, None, "wrong_field_count", None, {"actual": row.actual_columns, "expected": row.expected_columns})
        for line, row in found.malformed
    ]
    return RawBatch(pa.array(found.lines, pa.int64()), columns, broken=broken)
