"""JSON deliveries: an array, an envelope with one list, pages of envelopes one after another, or JSON lines.

Streamed: a batch of records and a block of text are in memory, and a digest of each record. Numbers stay the text they were.
"""

import codecs
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from chiso.contracts import Contract
from chiso.deliveries.raw import TruncatedError, Unpacked
from chiso.findings.issues import DeliveryRefused, Issue, issue, refusal
from chiso.province.text import header_key, nfc
from chiso.staging.batch import Broken, RawBatch
from chiso.staging.csv_export import header_keys
from chiso.staging.words import normal_words

BATCH_ROWS = 10_000
_BLOCK = 1 << 20
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=True)
_SPACE = re.compile("[ \t\r\n,]*")
_UNENCODABLE = re.compile("[\0\ud800-\udfff]")
"""What PostgreSQL can't hold; the casts reject what stands for it."""
_NOT_PLAIN = "[\\x00\u0300-\u036f]"
"""Signs that need more than Unicode's own normal form."""


class _Text:
    """The text with a place in it, and the line of that place."""

    def __init__(self, stream: Unpacked) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._buffer, self._at, self.line, self._ended = "", 0, 1, False

    def peek(self) -> str:
        """The next sign that is no space or comma; "" at the end."""
        while True:
            end = _SPACE.match(self._buffer, self._at).end()  # type: ignore[union-attr]
            self.line += self._buffer.count("\n", self._at, end)
            self._at = end
            if end < len(self._buffer) or not self._more():
                return self._buffer[end : end + 1]

    def skip(self) -> None:
        """Passes over one sign."""
        self._at += 1

    def value(self) -> Any:
        """Decodes the value that begins here. Raises json.JSONDecodeError."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            if end == len(self._buffer) and self._more():
                continue
            self.line += self._buffer.count("\n", self._at, end)
            self._at = end
            return value

    def _more(self) -> bool:
        if self._ended:
            return False
        data = self._stream.read(_BLOCK)
        self._ended = not data
        self._buffer = self._buffer[self._at :] + self._decode.decode(data, final=self._ended)
        self._at = 0
        return True


@dataclass
class JsonRecords:
    """A delivery being read; `totals`, `period`, `content_sha256` and `findings()` hold when `batches` is used up."""

    stream: BinaryIO
    contract: Contract
    file_name: str
    count: int = 0
    period: str | None = None
    """What the envelope says."""
    _totals: set[int] = field(default_factory=set)
    _digests: bytearray = field(default_factory=bytearray)
    _names: dict[str, str | None] = field(default_factory=dict)

    @property
    def content_sha256(self) -> str:
        """Of the canonical records, sorted: the same for other pages or another order."""
        return hashlib.sha256(np.sort(np.frombuffer(self._digests, "S32")).tobytes()).hexdigest()

    def batches(self) -> Iterator[RawBatch]:
        """The records. Raises DeliveryRefused where the text is no JSON, is cut short, or lacks a column."""
        collected: list[tuple[int, int, Any]] = []
        for line, record in self._records():
            self.count += 1
            self._digests += hashlib.sha256(_CANONICAL.encode(record).encode()).digest()
            collected.append((self.count, line, record))
            if len(collected) >= BATCH_ROWS:
                yield self._batch(collected)
                collected = []
        yield self._batch(collected)
        self._check()

    def findings(self) -> list[Issue]:
        """About the records as a whole."""
        owner = self.contract.terms.responsible
        unknown = [name for name, column in self._names.items() if column is None]
        found = [issue("column_unknown", "info", "flag", owner, value=_encodable(name)) for name in unknown]
        seen = set(self._names.values())
        for column in self.contract.columns if self.count else []:
            if column.name not in seen:
                rule = "personal_column_missing" if column.personal else "optional_column_missing"
                found.append(issue(rule, "warning", "flag", owner, column=column.name, printed=column.printed))
        return found

    def _check(self) -> None:
        owner = self.contract.terms.responsible
        seen = set(self._names.values())
        missing = [
            column.printed
            for column in self.contract.columns
            if column.name not in seen and not column.optional_header and not column.personal
        ]
        if missing and self.count:
            raise refusal("columns_missing", owner, file=self.file_name, columns=", ".join(missing))
        if self._totals and self._totals != {self.count}:
            raise refusal(
                "total_incomplete",
                owner,
                file=self.file_name,
                rows=self.count,
                total=", ".join(map(str, sorted(self._totals))),
            )

    def _records(self) -> Iterator[tuple[int, Any]]:
        text: _Text | None = None
        try:
            text = _Text(Unpacked(self.stream))
            if not text.peek():
                raise refusal("file_empty", self.contract.terms.responsible, file=self.file_name)
            while sign := text.peek():
                if sign == "[":
                    yield from self._array(text)
                elif sign == "{":
                    yield from self._object(text)
                else:
                    raise json.JSONDecodeError(f"unexpected {sign!r}", sign, 0)
        except json.JSONDecodeError as fault:
            raise self._refused(text, fault.msg) from fault
        except RecursionError as fault:
            raise self._refused(text, "nested too deeply") from fault
        except UnicodeDecodeError as fault:
            raise self._refused(text, "not UTF-8") from fault
        except TruncatedError as fault:
            raise refusal("truncated", self.contract.terms.responsible, file=self.file_name, reason=str(fault)) from fault

    def _refused(self, text: _Text | None, reason: str) -> DeliveryRefused:
        return refusal(
            "not_json", self.contract.terms.responsible, file=self.file_name, reason=reason, line=text.line if text else 1
        )

    def _array(self, text: _Text) -> Iterator[tuple[int, Any]]:
        text.skip()
        while (sign := text.peek()) != "]":
            if not sign:
                raise json.JSONDecodeError("the list is cut short", "", 0)
            yield text.line, text.value()
        text.skip()

    def _object(self, text: _Text) -> Iterator[tuple[int, Any]]:
        """An envelope yields the records of its list, any other object is a record itself."""
        line, fields, is_envelope = text.line, {}, False
        text.skip()
        while (sign := text.peek()) != "}":
            if sign != '"':
                raise json.JSONDecodeError("a field name is missing or the object is cut short", "", 0)
            name = text.value()
            if text.peek() != ":":
                raise json.JSONDecodeError("a colon is missing", "", 0)
            text.skip()
            if text.peek() == "[" and self._column(name) is None:
                is_envelope = True
                yield from self._array(text)
            else:
                fields[name] = text.value()
        text.skip()
        if is_envelope:
            self._read_envelope(fields)
        else:
            yield line, fields

    def _read_envelope(self, fields: Mapping[str, Any]) -> None:
        if str(fields.get("total", "")).isdigit():
            self._totals.add(int(fields["total"]))
        if fields.get("period"):
            self.period = str(fields["period"])

    def _batch(self, records: list[tuple[int, int, Any]]) -> RawBatch:
        broken = [
            Broken(number, None, "not_an_object", None, line=line)
            for number, line, record in records
            if not isinstance(record, dict)
        ]
        good = [entry for entry in records if isinstance(entry[2], dict)]
        numbers, lines, objects = map(list, zip(*good, strict=True)) if good else ([], [], [])
        for name in dict.fromkeys(chain.from_iterable(objects)):
            if name not in self._names:
                self._names[name] = self._column(name)
        values = {column.name: self._values(column.name, objects) for column in self.contract.loaded_columns}
        for column, cells in values.items():
            broken += [Broken(numbers[place], column, "value_nested", None, line=lines[place])
                       for place in _nested(cells)]  # fmt: skip
        return RawBatch(
            pa.array(numbers, pa.int64()),
            {column: _texts(cells) for column, cells in values.items()},
            lines=pa.array(lines, pa.int64()),
            broken=broken,
        )

    def _values(self, column: str, objects: list[dict[str, Any]]) -> list[Any]:
        """A column's values; of several fields that mean it, an object's last counts."""
        fields = [name for name, meant in self._names.items() if meant == column]
        if len(fields) == 1:
            return [fields_of.get(fields[0]) for fields_of in objects]
        return [next((fields_of[name] for name in reversed(fields_of) if name in fields), None) for fields_of in objects]

    def _column(self, name: str) -> str | None:
        """The contract's column that a field's name means."""
        key = header_key(name)
        return next((column.name for column in self.contract.columns if key in header_keys(column)), None)


def _nested(values: list[Any]) -> list[int]:
    """Places of values that are no value of a cell."""
    if set(map(type, values)).isdisjoint((dict, list)):
        return []
    return [place for place, value in enumerate(values) if isinstance(value, dict | list)]


def _texts(values: list[Any]) -> pa.Array:
    """Texts in normal form; numbers are the texts they were, truths 1 and 0, nested values blank."""
    kinds = set(map(type, values))
    if kinds == {bool}:
        return pa.array(values).cast(pa.int8()).cast(pa.string())
    if kinds <= {str, type(None)}:
        with suppress(UnicodeEncodeError):
            words = normal_words(pa.array(values, pa.string()), _NOT_PLAIN)
            if words is not None:
                return words.dictionary_decode()
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    return nfc(_encodable(str(value)))


def _encodable(text: str) -> str:
    return _UNENCODABLE.sub("\ufffd", text)
