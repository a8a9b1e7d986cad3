"""A sample of a source without a contract, brought into one shape: columns with their headers and texts.

Only for proposing a contract. What a delivery says is read by `chiso.staging`, with the contract.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from chiso.province.text import nfc
from chiso.system.errors import UsageError

MOST_ROWS = 5000
"""That are looked at."""


@dataclass(frozen=True)
class SampleColumn:
    """header: the texts over the column, from the top; records have one. texts: of the data rows, None for a blank."""

    header: list[str]
    texts: list[str | None]

    @property
    def filled(self) -> list[str]:
        """The texts that are there."""
        return [text for text in self.texts if text is not None]


@dataclass(frozen=True)
class Sample:
    """titles: what stands above a form's header, or the period that an envelope states. headings: of a form's sections."""

    format: Literal["workbook", "csv", "json"]
    columns: list[SampleColumn]
    titles: list[str]
    headings: Sequence[str] = ()


def read_sample(path: Path) -> Sample:
    """The sample in a file of any format that is read. Raises UsageError where none is recognised, DeliveryRefused as readers do."""
    start = path.read_bytes()[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"PK", b"\xd0\xcf\x11\xe0", b"<", b"\xff\xfe<")):
        from chiso.authoring.sample_sheets import read_form_sample

        return read_form_sample(path)
    try:
        text = path.read_text("utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as fault:
        raise UsageError(f"{path.name} is no workbook and no text in UTF-8; give a delivery as it comes.") from fault
    return _json(text, path) if start.startswith((b"{", b"[")) else _csv(text, path)


def _csv(text: str, path: Path) -> Sample:
    lines = text.splitlines(keepends=True)
    begin = next((place for place, line in enumerate(lines) if line.strip() and not line.lower().startswith("sep=")), 0)
    separator = max(";,\t", key="".join(lines[begin : begin + 1]).count)
    rows = list(csv.reader(io.StringIO("".join(lines[begin:])), delimiter=separator))
    if len(rows) < 2 or len(rows[0]) < 2:
        raise UsageError(f"{path.name} holds no table: a header and rows below it, parted by ; or , are needed.")
    head, body = rows[0], [row for row in rows[1:] if any(row)][:MOST_ROWS]
    columns = [
        SampleColumn([nfc(name.strip())], [_cell(row[place]) if place < len(row) else None for row in body])
        for place, name in enumerate(head)
        if name.strip()
    ]
    return Sample("csv", columns, [])


def _json(text: str, path: Path) -> Sample:
    titles: list[str] = []
    records: list[Mapping[str, Any]] = []
    decoder, place = json.JSONDecoder(parse_float=str, parse_int=str), 0
    try:
        while place < len(text):
            value, place = decoder.raw_decode(text, place)
            records += _records(value, titles)
            place += len(text[place:]) - len(text[place:].lstrip(" \t\r\n,"))
    except (json.JSONDecodeError, RecursionError) as fault:
        raise UsageError(f"{path.name} is no JSON ({fault}).") from fault
    names = list(dict.fromkeys(name for record in records[:MOST_ROWS] for name in record))
    if not names:
        raise UsageError(f"{path.name} holds no records: a list of objects is needed.")
    columns = [SampleColumn([name], [_value(record.get(name)) for record in records[:MOST_ROWS]]) for name in names]
    return Sample("json", columns, titles)


def _records(value: Any, titles: list[str]) -> list[Mapping[str, Any]]:
    """The records of a list or an envelope, or the record itself; an envelope's period goes to `titles`."""
    if isinstance(value, list):
        return [entry for entry in value if isinstance(entry, dict)]
    if not isinstance(value, dict):
        return []
    lists = [entry for entry in value.values() if isinstance(entry, list) and any(isinstance(each, dict) for each in entry)]
    if not lists:
        return [value]
    titles += [str(value["period"])] if value.get("period") else []
    return _records(max(lists, key=len), titles)


def _value(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return ("1" if value else "0") if isinstance(value, bool) else _cell(str(value))


def _cell(text: str) -> str | None:
    return nfc(text.strip()) or None

