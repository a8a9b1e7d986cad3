"""JSON deliveries: an array, an envelope with one list, pages of envelopes one after another, or JSON lines.

Streamed: a batch of records and a block of text are in memory, and a digest of each record.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from chiso.contracts import Column, Contract
from chiso.deliveries.envelope import stated_error
from chiso.deliveries.raw import Unpacked
from chiso.deliveries.staged import Heading
from chiso.findings.issues import DeliveryRefused, Issue, issue, refusal
from chiso.province.text import header_key
from chiso.staging.batch import Broken, RawBatch
from chiso.staging.csv_head import header_keys
from chiso.staging.json_text import JsonText, Repeated, object_of
from chiso.staging.json_values import agreed, encodable, faults, texts
from chiso.staging.streams import refusing

BATCH_ROWS = 10_000
LONGEST_LIST = 1_000_000
"""Items of a list that may be held though none is a record."""
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=True, default=lambda number: [str(number)])
"""Numbers as lists, so that 1 and "1" differ."""

_Items = list[tuple[int, Any]]
"""Line and value of each item of a list."""


class JsonRecords:
    """A delivery being read; `content_sha256` and `findings()` hold when `batches` is used up."""

    def __init__(self, stream: BinaryIO, contract: Contract, file_name: str) -> None:
        """stream: at its beginning."""
        self._text = JsonText(Unpacked(stream))
        self._contract, self._file_name = contract, file_name
        self._columns = {key: column.name for column in contract.columns for key in header_keys(column)}
        self._needed = {
            column.name for column in contract.columns if not column.optional_header and not column.personal
        }
        self._names: dict[str, str | None] = {}
        self._count, self._digests = 0, bytearray()
        self._totals: set[Decimal | str] = set()
        self._periods: dict[str, None] = {}
        self._pages, self._strange_line = 0, 0
        self._known_pages: set[bytes] = set()
        self._repeated = 0

    @property
    def period(self) -> str | None:
        """What an envelope says; known with the first batch, unless it stands after a list that is longer than one."""
        return next(iter(self._periods), None)

    @property
    def content_sha256(self) -> str:
        """Of the canonical records, sorted: the same for other pages or another order."""
        return hashlib.sha256(np.sort(np.frombuffer(self._digests, "S32")).tobytes()).hexdigest()

    @property
    def header(self) -> list[Heading]:
        """The fields of the records, each once, in the order in which they were met."""
        return [Heading(self._shown(name), column) for name, column in self._names.items()]

    def batches(self) -> Iterator[RawBatch]:
        """The records. Raises DeliveryRefused where they are no JSON, incomplete, or contradict each other."""
        try:
            with refusing(self._contract, self._file_name):
                yield from self._batches()
        except json.JSONDecodeError as found:
            raise self._refusal("not_json", reason=found.msg, line=self._text.line) from found
        except RecursionError as found:
            raise self._refusal("not_json", reason="nested too deeply", line=self._text.line) from found
        except UnicodeDecodeError as found:
            raise self._refusal("not_json", reason="not UTF-8", line=self._text.line) from found

    def findings(self) -> list[Issue]:
        """About the records as a whole."""
        owner = self._contract.terms.responsible
        unknown = [heading.printed for heading in self.header if heading.column is None]
        found = [issue("column_unknown", "info", "flag", owner, value=printed) for printed in unknown]
        for column in self._unseen():
            rule = "personal_column_missing" if column.personal else "optional_column_missing"
            found.append(issue(rule, "warning", "flag", owner, column=column.name, printed=column.printed))
        return found

    def _batches(self) -> Iterator[RawBatch]:
        collected: list[tuple[int, int, Any]] = []
        for line, record in self._records():
            self._count += 1
            self._digests += hashlib.sha256(_CANONICAL.encode(record).encode()).digest()
            collected.append((self._count, line, record))
            if len(collected) >= BATCH_ROWS:
                yield self._batch(collected)
                collected = []
                if self._needed and not any(self._names.values()):
                    break  # there may be millions of these
        yield self._batch(collected)
        self._check()

    # --- What is a record ---

    def _records(self) -> Iterator[tuple[int, Any]]:
        if not self._text.peek():
            raise self._refusal("file_empty")
        while sign := self._text.peek():
            if sign == "[":
                yield from self._text.items()
            elif sign == "{":
                yield from self._object()
            else:
                raise json.JSONDecodeError(f"unexpected {sign!r}", "", 0)

    def _object(self) -> Iterator[tuple[int, Any]]:
        """The records of an envelope, or the object itself as a record.

        A list is held until its object ends, which tells what it is; one that is longer than a batch isn't waited for.
        """
        line, begun = self._text.line, len(self._digests)
        members: list[tuple[str, Any]] = []
        lists: list[tuple[str, _Items]] = []
        passed: list[str] = []
        for name in self._text.names():
            if self._text.peek() != "[":
                members.append((name, self._text.value()))
                continue
            items = self._text.items()
            held = list(islice(items, BATCH_ROWS + 1))
            if len(held) > BATCH_ROWS and self._holds_records(held, len(self._meant(object_of(members)))):
                passed.append(name)
                yield from chain(held, items)
            else:
                held += islice(items, LONGEST_LIST)
                if len(held) > LONGEST_LIST:
                    raise json.JSONDecodeError(f"the list {name!r} is long and holds no records", "", 0)
                lists.append((name, held))
                members.append((name, [item for _, item in held]))
        record = object_of(members)
        own = self._meant(record)
        is_envelope = bool(passed) or self._is_envelope(members, lists, own)
        if (is_envelope or not own) and (said := stated_error(members)):
            raise self._refusal("error_stated", value=self._shown(said), line=line)
        if is_envelope:
            yield from self._enclosed(members, lists, passed)
            self._note_page(bytes(self._digests[begun:]))
        else:
            if not own:
                self._note_strange(members, line)
            yield line, record

    def _is_envelope(self, members: list[tuple[str, Any]], lists: list[tuple[str, _Items]], own: set[str]) -> bool:
        """Whether a list has records with more columns than the object's own, or the lists are those of an empty delivery."""
        if any(self._holds_records(items, len(own)) for _, items in lists):
            return True
        says_none = ("total", 0) in members and not self._needed <= own
        return bool(lists) and (says_none or not (own or any(items for _, items in lists)))

    def _enclosed(
        self, members: list[tuple[str, Any]], lists: list[tuple[str, _Items]], passed: list[str]
    ) -> Iterator[tuple[int, Any]]:
        """The records of an envelope's list, unless they have been passed on already."""
        for name, value in members:
            if name == "total" and value is not None:
                self._totals.add(_total(value))
            if name == "period" and value not in (None, ""):
                self._periods.setdefault(encodable(str(value)))
        holding = [(name, items) for name, items in lists if self._holds_records(items, 0)]
        names = [*passed, *(name for name, _ in holding)]
        if len(names) > 1:
            raise self._refusal("lists_several", lists=self._shown(", ".join(names)))
        for _, items in holding:
            yield from items

    def _note_page(self, records: bytes) -> None:
        """Counts a page; a server may send one twice, which makes no record more. records: their digests."""
        self._pages += 1
        page = hashlib.sha256(records).digest()
        if page in self._known_pages:
            self._repeated += len(records) // hashlib.sha256().digest_size
        self._known_pages.add(page)

    def _note_strange(self, members: list[tuple[str, Any]], line: int) -> None:
        """Notes an object that is neither an envelope nor has a field of the contract. Raises where its records lie deeper."""
        self._strange_line = self._strange_line or line
        deeper = next(filter(None, (self._path(value, name) for name, value in members)), None)
        if deeper:
            raise self._refusal("records_nested", path=self._shown(deeper), line=line)

    def _path(self, value: Any, path: str) -> str | None:
        """Where a list of records lies in a value."""
        if isinstance(value, dict):
            return next(filter(None, (self._path(inner, f"{path}.{name}") for name, inner in value.items())), None)
        is_list = isinstance(value, list) and self._holds_records([(0, item) for item in value], 0)
        return path if is_list else None

    def _holds_records(self, items: _Items, more_than: int) -> bool:
        """Whether an item has more columns of the contract than that."""
        return any(len(self._meant(item)) > more_than for _, item in items)

    def _meant(self, record: Any) -> set[str]:
        """The columns of the contract that its fields mean."""
        return {column for name in _names(record) if (column := self._column(name))}

    # --- Checks of the whole ---

    def _check(self) -> None:
        missing = [column.printed for column in self._unseen() if column.name in self._needed]
        if missing:
            raise self._refusal("columns_missing", columns=", ".join(missing))
        if self._pages and self._strange_line:
            raise self._refusal("records_absent", line=self._strange_line)
        count = self._count - self._repeated
        if any(total != count for total in self._totals):
            raise self._refusal("total_incomplete", rows=count, total=", ".join(sorted(map(str, self._totals))))
        if len(self._periods) > 1:
            raise self._refusal("periods_differ", periods=", ".join(self._periods))

    def _unseen(self) -> list[Column]:
        """Columns that no record has; none of a delivery without records."""
        seen = set(self._names.values())
        return [column for column in self._contract.columns if column.name not in seen] if self._count else []

    def _shown(self, text: str) -> str:
        return self._contract.without_addresses(encodable(text))

    def _refusal(self, rule: str, **details: Any) -> DeliveryRefused:
        return refusal(rule, self._contract.terms.responsible, file=self._file_name, **details)

    # --- Columns of a batch ---

    def _batch(self, records: list[tuple[int, int, Any]]) -> RawBatch:
        for name in dict.fromkeys(chain.from_iterable(_names(record) for _, _, record in records)):
            self._names.setdefault(name, self._column(name))
        good = [entry for entry in records if isinstance(entry[2], dict)]
        broken = [_unusable(*entry) for entry in records if not isinstance(entry[2], dict)]
        numbers, lines, objects = map(list, zip(*good, strict=True)) if good else ([], [], [])
        values = {}
        for column in self._contract.loaded_columns:
            cells = self._cells(column, objects)
            for place, rule, value in faults(cells, column.how):
                broken.append(Broken(numbers[place], column.name, rule, value, line=lines[place]))
                cells[place] = None
            values[column.name] = texts(cells, column.how)
        return RawBatch(pa.array(numbers, pa.int64()), values, lines=pa.array(lines, pa.int64()), broken=broken)

    def _cells(self, column: Column, objects: list[dict[str, Any]]) -> list[Any]:
        """A column's values; `Differing` where several fields of a record mean it and don't say the same."""
        fields = [name for name, meant in self._names.items() if meant == column.name]
        if len(fields) == 1:
            return [members.get(fields[0]) for members in objects]
        return [agreed({name: members[name] for name in fields if name in members}) for members in objects]

    def _column(self, name: str) -> str | None:
        """The contract's column that a field's name means."""
        return self._columns.get(header_key(name))


def _names(record: Any) -> Iterable[str]:
    if isinstance(record, Repeated):
        return (name for name, _ in record)
    return record if isinstance(record, dict) else ()


def _unusable(number: int, line: int, record: Any) -> Broken:
    """Why a record that is no object of single names can't be used."""
    if isinstance(record, Repeated):
        return Broken(number, None, "field_repeated", encodable(", ".join(record.names())), line=line)
    return Broken(number, None, "not_an_object", None, line=line)


def _total(value: Any) -> Decimal | str:
    """A total as it is stated; one that is no number equals no count."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return Decimal(value)
    return (
        Decimal(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool)
        else encodable(json.dumps(value, default=str))
    )
