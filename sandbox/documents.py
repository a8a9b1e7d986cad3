"""Answers before they are put on the wire, and the parameters they are asked for with."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Query = dict[str, str]
Record = dict[str, Any]
MAX_PAGE_SIZE = 1000
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class WrongQueryError(ValueError):
    """A parameter is missing or can't be read."""


@dataclass(frozen=True)
class Document:
    """An answer: `chunks` can be called again and gives the same bytes."""

    content_type: str
    modified: datetime
    tag: str
    chunks: Callable[[], Iterator[bytes]]
    payload: Record | None = None
    file_name: str = ""

    def with_total(self, difference: int) -> "Document":
        """The same page with another `total` in its envelope."""
        payload = dict(self.payload or {})
        payload["total"] += difference
        return json_document(payload, self.modified)


def fingerprint(content: bytes) -> str:
    """The tag of a content."""
    return hashlib.sha256(content).hexdigest()[:32]


def json_document(payload: Record, modified: datetime) -> Document:
    """A JSON answer, its tag taken from its bytes."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return Document("application/json; charset=utf-8", modified, fingerprint(body), lambda: iter((body,)), payload)


def file_document(content_type: str, body: bytes, modified: datetime, file_name: str) -> Document:
    """A file, its tag taken from its bytes."""
    return Document(content_type, modified, fingerprint(body), lambda: iter((body,)), file_name=file_name)


def csv_body(header: Sequence[str], rows: Iterable[Sequence[str | int]], separator: str, bom: bool) -> bytes:
    """A CSV in UTF-8, lines ended by CR LF."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def period_of(query: Query) -> str:
    """The period's code. Raises: WrongQueryError."""
    if not query.get("period"):
        raise WrongQueryError("parameter period is missing")
    return query["period"]


def page_of(query: Query) -> int:
    """The page asked for, 1 by default. Raises: WrongQueryError."""
    return _whole(query, "page", 1, 10**6)


def page_size_of(query: Query) -> int:
    """Records of a page, 100 by default. Raises: WrongQueryError."""
    return _whole(query, "page_size", 100, MAX_PAGE_SIZE)


def previous_page(query: Query) -> Query:
    """The query for the page before."""
    return {**query, "page": str(page_of(query) - 1)}


def _whole(query: Query, name: str, default: int, highest: int) -> int:
    text = query.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise WrongQueryError(f"{name} must be a whole number from 1 to {highest}")
    return int(text)
