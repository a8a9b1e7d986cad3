"""What the endpoints answer: documents of the portal and the SOC, before they are put on the wire."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.days import Span, UnknownPeriodError, published_at, span_of
from sandbox.dossiers import DossierBook
from sandbox.procedures import CATALOGUE_START, catalogue
from sandbox.soc import assets, assets_on, systems

Query = dict[str, str]
MAX_PAGE_SIZE = 1000
FORMAT = "1"  # part of the export's ETag: raised when the generator changes


class WrongQueryError(ValueError):
    """A parameter is missing or can't be read."""


@dataclass(frozen=True)
class Document:
    """An answer: `chunks` can be called again and gives the same bytes."""

    content_type: str
    modified: datetime
    tag: str
    chunks: Callable[[], Iterator[bytes]]
    payload: dict[str, Any] | None = None
    file_name: str = ""

    def with_total(self, difference: int) -> "Document":
        """The same page with another `total` in its envelope."""
        payload = dict(self.payload or {})
        payload["total"] += difference
        return json_document(payload, self.modified)


def json_document(payload: dict[str, Any], modified: datetime) -> Document:
    """A JSON answer, its tag taken from its bytes."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    tag = hashlib.sha256(body).hexdigest()[:32]
    return Document("application/json; charset=utf-8", modified, tag, lambda: iter((body,)), payload)


def _period(query: Query) -> str:
    if not query.get("period"):
        raise WrongQueryError("parameter period is missing")
    return query["period"]


def page_of(query: Query) -> int:
    """The page asked for, 1 by default.

    Raises: WrongQueryError.
    """
    return _whole(query, "page", 1, 10**6)


def _whole(query: Query, name: str, default: int, highest: int) -> int:
    text = query.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise WrongQueryError(f"{name} must be a whole number from 1 to {highest}")
    return int(text)


class Box:
    """The province behind the endpoints; its methods raise UnknownPeriodError and WrongQueryError."""

    def __init__(self, seed: int, dossiers: int, today: date) -> None:
        self.today = today
        self._catalogue = catalogue(seed)
        self._book = DossierBook(seed, dossiers, today, self._catalogue)
        self._assets = assets(seed)
        self._systems = systems(seed)
        self._made_of = f"{FORMAT}/{seed}/{dossiers}/{today}"

    def _span(self, code: str, length: int, first: date) -> Span:
        """The span of a code of `length` characters that lies between `first` and `today`."""
        span = span_of(code)
        if len(code) != length or not first <= span.first <= self.today:
            raise UnknownPeriodError(f"no figures of {code}")
        return span

    def dossier_export(self, query: Query) -> Document:
        """CSV of the dossier versions updated in a month or day."""
        code = _period(query)
        span = span_of(code)
        book = self._book
        book.export(span)  # an unknown period shows before the first byte
        return Document(
            content_type="text/csv; charset=utf-8",
            modified=published_at(span, self.today),
            tag=hashlib.sha256(f"{self._made_of}/{code}".encode()).hexdigest()[:32],
            chunks=lambda: book.export(span),
            file_name=f"ho_so_{code}.csv",
        )

    def procedures(self, query: Query) -> Document:
        """One page of the catalogue on a day."""
        code, page = _period(query), page_of(query)
        page_size = _whole(query, "page_size", 100, MAX_PAGE_SIZE)
        span = self._span(code, 10, CATALOGUE_START)
        known = [procedure for procedure in self._catalogue if procedure.since <= span.first]
        shown = known[(page - 1) * page_size : page * page_size]
        payload = {
            "period": code,
            "page": page,
            "page_size": page_size,
            "total": len(known),
            "items": [procedure.record() for procedure in shown],
        }
        return json_document(payload, published_at(span, self.today))

    def monitored_assets(self, query: Query) -> Document:
        """Assets on a day."""
        code = _period(query)
        span = self._span(code, 10, CATALOGUE_START)
        items = assets_on(self._assets, span.first)
        payload = {"period": code, "total": len(items), "items": items}
        return json_document(payload, published_at(span, self.today))

    def system_levels(self, query: Query) -> Document:
        """Systems and their levels at a month's end."""
        code = _period(query)
        span = self._span(code, 7, CATALOGUE_START)
        items = [system.record(span.end - timedelta(days=1)) for system in self._systems]
        payload = {"period": code, "total": len(items), "items": items}
        return json_document(payload, published_at(span, self.today))


def previous_page(query: Query) -> Query:
    """The query for the page before."""
    return {**query, "page": str(page_of(query) - 1)}
