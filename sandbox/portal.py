"""What each endpoint of the portal and the SOC serves, and for which periods."""

from collections.abc import Callable
from datetime import date

from sandbox import accounts, alerts, document_store, malware, payments, service_quality, trust_labels
from sandbox.days import SINCE, Span, UnknownPeriodError, published_at, span_of
from sandbox.documents import (
    CSV,
    XLSX,
    Document,
    Query,
    Record,
    file_document,
    fingerprint,
    json_document,
    page_of,
    page_size_of,
    period_of,
)
from sandbox.dossiers import DossierBook
from sandbox.procedures import catalogue, in_force
from sandbox.soc import assets, assets_on, systems

Endpoint = Callable[[Query], Document]
Records = Callable[[Span], list[Record]]
FORMAT = "1"  # part of the dossiers' ETag: raised when the generator changes
MONTHS, DAYS = 7, 10  # lengths of a period's code


class Box:
    """The province behind the endpoints, by path; they raise UnknownPeriodError and WrongQueryError."""

    def __init__(self, seed: int, dossiers: int, today: date) -> None:
        self.today = today
        procedures, watched, listed = catalogue(seed), assets(seed), systems(seed)
        self._book = DossierBook(seed, dossiers, today, procedures)
        paid = payments.Payments(seed, self._book)
        self._made_of = f"{FORMAT}/{seed}/{dossiers}/{today}"
        self.endpoints: dict[str, Endpoint] = {
            "/portal/dossiers/export": self._dossiers,
            "/portal/procedures": self._pages(DAYS, lambda on: [p.record() for p in in_force(procedures, on.first)]),
            "/portal/accounts": self._pages(MONTHS, lambda on: accounts.records(seed, on)),
            "/portal/payments/export": self._file(
                CSV, "thanh_toan_{}.csv", lambda on: paid.export(on, today), MONTHS, DAYS
            ),
            "/portal/document_store": self._pages(MONTHS, lambda on: document_store.records(seed, on)),
            "/portal/service_quality/export": self._file(
                XLSX,
                "bo_chi_so_766_{}.xlsx",
                lambda on: service_quality.workbook(seed, on, published_at(on, today)),
                MONTHS,
                since=service_quality.START,
            ),
            "/soc/monitored_assets": self._list(lambda on: assets_on(watched, on.first), DAYS),
            "/soc/alerts": self._list(lambda on: alerts.records(seed, on, today), MONTHS, DAYS),
            "/soc/system_levels": self._list(lambda on: [system.record(on.last) for system in listed], MONTHS),
            "/soc/trust_labels": self._file(
                CSV, "nhan_tin_nhiem_{}.csv", lambda on: trust_labels.export(seed, on), MONTHS
            ),
            "/soc/malware": self._list(lambda on: malware.records(seed, on), MONTHS),
        }

    def _span(self, code: str, lengths: tuple[int, ...], since: date = SINCE) -> Span:
        """The span of a code. Where months alone are served a month must be over, else have begun."""
        span = span_of(code)
        there = span.end <= self.today if lengths == (MONTHS,) else span.first <= self.today
        if len(code) not in lengths or span.first < since or not there:
            raise UnknownPeriodError(f"no figures of {code}")
        return span

    def _list(self, records: Records, *lengths: int) -> Endpoint:
        """One answer in JSON."""

        def answer(query: Query) -> Document:
            code = period_of(query)
            span = self._span(code, lengths)
            items = records(span)
            return json_document({"period": code, "total": len(items), "items": items}, published_at(span, self.today))

        return answer

    def _pages(self, length: int, records: Records) -> Endpoint:
        """JSON, a page an answer."""

        def answer(query: Query) -> Document:
            code, page, size = period_of(query), page_of(query), page_size_of(query)
            span = self._span(code, (length,))
            items = records(span)
            envelope = {"period": code, "page": page, "page_size": size, "total": len(items)}
            shown = items[(page - 1) * size : page * size]
            return json_document({**envelope, "items": shown}, published_at(span, self.today))

        return answer

    def _file(
        self, content_type: str, name: str, body: Callable[[Span], bytes], *lengths: int, since: date = SINCE
    ) -> Endpoint:
        """A file; the period's code goes into its name."""

        def answer(query: Query) -> Document:
            code = period_of(query)
            span = self._span(code, lengths, since)
            return file_document(content_type, body(span), published_at(span, self.today), name.format(code))

        return answer

    def _dossiers(self, query: Query) -> Document:
        """CSV of the dossier versions updated in a month or day, streamed."""
        code = period_of(query)
        span, book = self._span(code, (MONTHS, DAYS)), self._book
        return Document(
            content_type=CSV,
            modified=published_at(span, self.today),
            tag=fingerprint(f"{self._made_of}/{code}".encode()),
            chunks=lambda: book.export(span),
            file_name=f"ho_so_{code}.csv",
        )
