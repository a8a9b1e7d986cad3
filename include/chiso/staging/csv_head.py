"""The header of a text export: which separator it uses, and where each column of the contract stands."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, islice
from typing import NamedTuple

from chiso.contracts import Column, Contract
from chiso.deliveries.staged import Heading
from chiso.findings.issues import Issue, issue, refusal
from chiso.province.text import header_key
from chiso.staging.csv_records import Layout

LONGEST_NAME = 120
"""A header name of several lines that is longer than this is an unclosed quote."""
_LONGEST_HEAD = 1 << 16
_SAMPLE = 50
"""Records below the header that show how many fields there are."""
_SEPARATORS = ";,\t"
_LINE_END = re.compile(rb"\r{0,2}\n|\r")
_BLANK_LINES = re.compile(rb"(?:[ \t]*+(?:\r{0,2}\n|\r))*+")
_SEPARATOR_LINE = re.compile(rb"""(?i)"?sep=([\t!#-/:-@\[-`{-~])"?[;,\t ]*(?:\r{0,2}\n|\r)""")
"""What Excel reads as an instruction: `sep=;`."""

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
    """Physical lines down to its end."""

    @property
    def headings(self) -> list[Heading]:
        """Every column with a name, in file order."""
        columns = {place: name for name, place in self.positions.items()}
        return [Heading(name.strip(), columns.get(place)) for place, name in enumerate(self.names) if name.strip()]


def read_head(first: bytes, contract: Contract, file_name: str) -> tuple[Head, bytes]:
    """The header, and what follows it. first: the beginning of the text. Raises DeliveryRefused."""
    _refuse_other_files(first, contract, file_name)
    begin = _BLANK_LINES.match(first).end()  # type: ignore[union-attr]
    stated = _SEPARATOR_LINE.match(first, begin)
    begin = stated.end() if stated else begin
    before = len(_LINE_END.findall(first, 0, begin))
    text = _LINE_END.sub(b"\n", first[begin : begin + _LONGEST_HEAD]).decode("utf-8", errors="replace")
    separators = stated[1].decode() if stated else _SEPARATORS
    best = max((_Reading(text, each, contract) for each in separators), key=lambda reading: reading.fit)
    if any("\n" in name and len(name) > LONGEST_NAME for name in best.names):
        raise refusal("quote_unbalanced", contract.terms.responsible, file=file_name, line=before + 1)
    positions = _match(best.names, contract, file_name)
    ends = [found.end() for found in islice(_LINE_END.finditer(first, begin), best.lines)]
    layout = _layout(best.separator, best.width(), positions, contract)
    body = first[ends[-1] :] if len(ends) == best.lines else b""
    names = [contract.without_addresses(name) for name in best.names]
    return Head(layout, names, positions, before + best.lines), body


def header_keys(column: Column) -> set[str]:
    """Folded forms of every name that a one-level header may give the column."""
    return {header_key(name) for name in [*column.header[-1], column.name]}


def header_findings(head: Head, contract: Contract) -> list[Issue]:
    """Columns that the contract doesn't know, and those that are missing and may be."""
    owner = contract.terms.responsible
    unknown = [heading.printed for heading in head.headings if heading.column is None]
    found = [issue("column_unknown", "info", "flag", owner, value=printed) for printed in unknown]
    for column in contract.columns:
        if column.name not in head.positions:
            rule = "personal_column_missing" if column.personal else "optional_column_missing"
            found.append(issue(rule, "warning", "flag", owner, column=column.name, printed=column.printed))
    return found


class _Reading:
    """The text as it reads with one separator. fit: how many columns of the contract it then has, and how many at all."""

    def __init__(self, text: str, separator: str, contract: Contract) -> None:
        self.separator = separator
        self._reader = csv.reader(io.StringIO(text), delimiter=separator)
        self.names = next(self._reader, [])
        self.lines = self._reader.line_num
        keys = {header_key(name) for name in self.names}
        matched = sum(not keys.isdisjoint(header_keys(column)) for column in contract.columns)
        self.fit = (matched, len(self.names))

    def width(self) -> int:
        """Fields of a record: as many as names, unless every record ends in blank ones more, or in nameless ones less."""
        sample = list(islice((record for record in self._reader if any(record)), _SAMPLE))
        widths = Counter(map(len, sample))
        named = len(self.names)
        if not widths or named in widths:
            return named
        [(width, _)] = widths.most_common(1)
        surplus = chain(self.names[width:], *(record[named:] for record in sample if len(record) == width))
        return named if any(text.strip() for text in surplus) else width


def _refuse_other_files(first: bytes, contract: Contract, file_name: str) -> None:
    start = first.lstrip()
    if not start:
        raise refusal("file_empty", contract.terms.responsible, file=file_name)
    found = next((name for magic, name in _NOT_TEXT.items() if start.startswith(magic)), None)
    if b"\0" in start.partition(b"\n")[0]:
        found = found or ("dữ liệu nhị phân hoặc UTF-16 không có BOM", "binary data, or UTF-16 without a BOM")
    if found:
        raise refusal("not_text_export", contract.terms.responsible, file=file_name, found_vi=found[0], found_en=found[1])


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


def _layout(separator: str, width: int, positions: dict[str, int], contract: Contract) -> Layout:
    loaded = {name: place for name, place in positions.items() if not contract.column(name).personal}
    words = {
        place
        for name, place in loaded.items()
        if name not in contract.key and contract.column(name).reading != "timestamp"
    }
    return Layout(separator, width, frozenset(loaded.values()), frozenset(words))
