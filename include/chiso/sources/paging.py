"""Paged JSON: `page` from 1, `page_size`, and an envelope with `page`, `total` and one list of records.

The envelope is read to find the way, the records are only counted: each body is kept as it came.
"""

import io
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO

from chiso.deliveries.envelope import stated_error
from chiso.sources.evidence import READ_BYTES
from chiso.sources.http import Answer, Session
from chiso.sources.patience import PassingError
from chiso.system import progress
from chiso.system.errors import EndpointError

LARGEST_PAGE_BYTES = 64 << 20


@dataclass(frozen=True)
class _Page:
    """What is needed of an envelope to go on, and what its body began with."""

    number: int
    total: int
    records: list[Any]
    first_bytes: bytes


class _OtherPageError(PassingError):
    """A page that can't be used came with status 200; another try may bring the one that was asked for."""

    def __init__(self, what: str, first_bytes: bytes) -> None:
        super().__init__(what, first_bytes=first_bytes[:READ_BYTES], status=HTTPStatus.OK)


class _TotalChangedError(_OtherPageError):
    """The set changed while it was read: pages before and after it don't belong together."""


def download_pages(
    session: Session, url: str, page_size: int, sink: BinaryIO, etag: str | None
) -> Answer | None:
    """Writes all pages to `sink`, a newline between; None where every page is as `etag` knows it.

    A page that can't be read as JSON ends it: what came so far, with that page, is the delivery.
    Raises: EndpointError, where the pages don't make one whole after some tries.
    """
    if etag and _unchanged(session, url, page_size, etag.split(" ")):
        return None
    patience = session.patience(url)
    while True:
        try:
            return _Reading(session, url, page_size, sink).run()
        except _TotalChangedError as fault:
            sink.seek(0)
            sink.truncate()
            patience.wait(fault)


def _unchanged(session: Session, url: str, page_size: int, etags: list[str]) -> bool:
    """Whether each page still has its ETag; the total stands in every page, so there can't be one more."""
    return all(
        session.download(_page_url(url, number, page_size), io.BytesIO(), etag, LARGEST_PAGE_BYTES) is None
        for number, etag in enumerate(etags, start=1)
    )


def _page_url(url: str, number: int, page_size: int) -> str:
    return f"{url}{'&' if '?' in url else '?'}page={number}&page_size={page_size}"


class _Reading:
    """One pass over the pages."""

    def __init__(self, session: Session, url: str, page_size: int, sink: BinaryIO) -> None:
        self._session, self._url, self._page_size, self._sink = session, url, page_size, sink
        self._answers: list[Answer] = []
        self._last: _Page | None = None
        self._count = 0

    def run(self) -> Answer:
        """Follows the pages to the end."""
        with progress.step("pages", unit="records") as under_way:
            return self._follow(under_way)

    def _follow(self, under_way: progress.Step) -> Answer:
        while True:
            body, page = self._ask(len(self._answers) + 1)
            self._sink.write(b"\n" + body if len(self._answers) > 1 else body)
            if page is None:
                return self._answer(complete=False)
            self._count += len(page.records)
            under_way.at(self._count, page.total)
            if self._ended(page):
                return self._answer(complete=True)
            self._last = page

    def _ask(self, number: int) -> tuple[bytes, _Page | None]:
        """The page, asked again where the server sends another one; None beside a body that can't be read."""
        url = _page_url(self._url, number, self._page_size)
        patience = self._session.patience(url)
        while True:
            body = io.BytesIO()
            room = min(LARGEST_PAGE_BYTES, self._session.limits.max_bytes - self._sink.tell())
            answer = self._session.download(url, body, limit=room)
            try:
                page = self._read(body.getvalue(), number)
            except _TotalChangedError:
                raise
            except PassingError as fault:
                patience.wait(fault)
                continue
            if answer is not None:  # never None without an ETag
                self._answers.append(answer)
            return body.getvalue(), page

    def _read(self, body: bytes, number: int) -> _Page | None:
        """The envelope. Raises PassingError where this page was not the one that was asked for."""
        if not body.strip() and number > 1:
            # Kept, it would look like a whole delivery that merely ends early.
            raise _OtherPageError("the page is empty, without an envelope", body)
        page = self._envelope(body)
        if page is None:
            return None
        repeated = self._last is not None and page.records and page.records == self._last.records
        if page.number != number or repeated:
            raise _OtherPageError(f"page {number} was asked for, another one came", page.first_bytes)
        if self._last is not None and page.total != self._last.total:
            change = f"from {self._last.total} to {page.total}"
            raise _TotalChangedError(f"the total changed while paging, {change}", page.first_bytes)
        return page

    def _envelope(self, body: bytes) -> _Page | None:
        try:
            envelope = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(envelope, dict):
            return None
        if said := stated_error(envelope.items()):
            # Kept, it would look like a set without records; there may be some the next time.
            raise _OtherPageError("the envelope states an error", said.encode(errors="replace"))
        lists = [value for value in envelope.values() if isinstance(value, list)]
        if len(lists) != 1:
            return None
        number, total = envelope.get("page"), envelope.get("total")
        if type(number) is not int or type(total) is not int or total < 0:
            # Kept, the records of this page would look like all there are.
            raise self._fault("the envelope has records, but no whole-number page and total. Ask the endpoint's owner what changed.", body)
        return _Page(number, total, lists[0], body[:READ_BYTES])

    def _ended(self, page: _Page) -> bool:
        """Whether all records came. Raises EndpointError where the count can't come out right."""
        if self._count > page.total:
            said = f"{self._count} records came, but the total is {page.total}. Tell the endpoint's owner, then run again."
            raise self._fault(said, page.first_bytes)
        if self._count < page.total and not page.records:
            said = f"page {page.number} is empty though only {self._count} of {page.total} records came."
            raise self._fault(f"{said} Run again; if it stays so, tell the endpoint's owner.", page.first_bytes)
        return self._count == page.total

    def _fault(self, what: str, body: bytes) -> EndpointError:
        return EndpointError(f"{self._url}: {what}", HTTPStatus.OK, body[:READ_BYTES])

    def _answer(self, *, complete: bool) -> Answer:
        etags = [answer.etag for answer in self._answers]
        modified = [answer.last_modified for answer in self._answers if answer.last_modified]
        known = [etag for etag in etags if etag]
        return Answer(
            etag=" ".join(known) if complete and len(known) == len(etags) else None,
            last_modified=max(modified, default=None),
            file_name=None,
        )
