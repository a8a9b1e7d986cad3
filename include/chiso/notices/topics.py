"""What agencies are to be told: reports that are soon due or overdue, files that were refused, values that wait."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import sqlalchemy as sa

from chiso import contracts
from chiso.contracts import Contract
from chiso.inquiry.timeliness import Report, Timeliness
from chiso.province import working_days
from chiso.province.period_names import in_vietnamese
from chiso.province.periods import Period
from chiso.province.units import Reference, load_reference
from chiso.system.platform import Platform
from chiso.system.settings import LOCAL_TIME
from chiso.system.visible import visible

Kind = Literal["upcoming", "overdue", "refused", "held", "digest"]
DAYS_BEFORE = 2
"""Working days before the due day on which a report is reminded of."""
_MOST = 8
"""So many periods are named, the others counted."""

Told = frozenset[tuple[str, str, str]]
"""Agency, kind and key of everything that was told."""


@dataclass(frozen=True)
class Topic:
    """Something that an agency is told. keys: what of it is new; said to be told once it was sent."""

    kind: Kind
    agency: str
    keys: tuple[str, ...]
    vi: str
    en: str


class Topics:
    """Everything that could be told by now, whatever was told before."""

    def __init__(self, platform: Platform, found: Timeliness) -> None:
        """found: reports of every source."""
        settings = platform.settings
        self._platform, self._found, self._today = platform, found, settings.today
        self._contracts = {contract.source: contract for contract in contracts.load_all(settings).contracts}
        self._calendar = working_days.load(settings.schemas)
        self._reference: Reference = load_reference(settings.schemas)

    def new(self, told: Told) -> list[Topic]:
        """What nobody was told yet, by agency."""
        topics = [*self._reports(told, "upcoming"), *self._reports(told, "overdue"), *self._refused(told), *self._held(told)]
        return sorted(topics, key=lambda topic: (topic.agency, topic.kind, topic.vi))

    def name(self, agency: str) -> str:
        """The agency's name today, else its code."""
        found = self._reference.agency(agency, self._today)
        return found.name if found else agency

    def of_reports(self, kind: Literal["upcoming", "overdue"], *, fetched: bool) -> list[Report]:
        """Reports that are due within days, or overdue; by source, reporter and due day. fetched: also those that the platform fetches itself."""
        owed = sorted(self._found.reports, key=lambda report: (report.source, report.reporter, report.due))
        asked = [report for report in owed if fetched or self._is_sent(report.source)]
        if kind == "overdue":
            return [report for report in asked if report.state == "missing"]
        return [report for report in asked if report.state == "not_due" and self._calendar.days_late(self._today, report.due) <= DAYS_BEFORE]

    def line(self, reports: Sequence[Report]) -> tuple[str, str]:
        """Reports of one source and reporter on one line, in Vietnamese and English."""
        first, contract = reports[0], self._contracts[reports[0].source]
        unit = self._unit(contract, first)
        periods = [in_vietnamese(Period.of(report.period, report.calendar)) for report in reports]
        one = len(reports) == 1
        late = f", quá hạn {first.working_days_late} ngày làm việc" if first.working_days_late else ""
        late_en = f", {first.working_days_late} working days ago" if first.working_days_late else ""
        codes = [report.period for report in reports]
        return (
            f"{contract.title_vi}{unit}: kỳ {_some(periods, 'kỳ khác')} (hạn gửi {'' if one else 'sớm nhất '}{first.due:%d/%m/%Y}{late})",
            f"{first.source}{unit}: {_some(codes, 'more')} ({'' if one else 'first '}due {first.due:%Y-%m-%d}{late_en})",
        )

    def _unit(self, contract: Contract, report: Report) -> str:
        if not contract.terms.delivery.reporter:
            return ""
        unit = self._reference.unit(report.reporter, Period.of(report.period, report.calendar).end)
        return f", {unit.name if unit else report.reporter}"

    def _is_sent(self, source: str) -> bool:
        """Whether somebody has to send it: who owns a system that the platform asks can do nothing."""
        return self._contracts[source].terms.transport.kind == "drop_folder"

    def _reports(self, told: Told, kind: Literal["upcoming", "overdue"]) -> Iterator[Topic]:
        for (_, _), found in groupby(self.of_reports(kind, fetched=False), key=lambda report: (report.source, report.reporter)):
            reports = list(found)
            agency = self._owing(reports[0])
            new = [report for report in reports if (agency, kind, report_key(report)) not in told]
            if new:
                yield Topic(kind, agency, tuple(map(report_key, new)), *self.line(new))

    def _owing(self, report: Report) -> str:
        """The agency that answers for a report; of a unit's own the one that serves it."""
        terms = self._contracts[report.source].terms
        if not terms.delivery.reporter:
            return report.reporter
        serving = (self._reference.agency(owner, self._today) for owner in terms.owners)
        return next((agency.code for agency in serving if agency and agency.unit_code == report.reporter), terms.responsible)

    def _answering(self, source: str) -> str | None:
        contract = self._contracts.get(source)
        if contract is None:
            return None
        agency = contract.terms.responsible
        return next((successor.code for successor in self._reference.successors(agency, self._today)), agency)

    def _refused(self, told: Told) -> Iterator[Topic]:
        rows = self._rows(
            "SELECT r.source, r.delivery_id, r.file_name, r.received_at, d.reasons_vi, d.reasons_en FROM publication.refused_delivery r "
            "JOIN publication.delivery d USING (delivery_id) ORDER BY r.delivery_id"
        )
        for row in rows:
            agency, key = self._answering(row.source), str(row.delivery_id)
            if agency is None or (agency, "refused", key) in told:
                continue
            name, title = visible(row.file_name), self._contracts[row.source].title_vi
            received = f"{row.received_at.astimezone(LOCAL_TIME):%d/%m/%Y}"
            yield Topic(
                "refused",
                agency,
                (key,),
                _with_reasons(f"Tệp “{name}” ({title}), nhận ngày {received}:", row.reasons_vi),
                _with_reasons(f"File “{name}” ({row.source}), received {row.received_at.astimezone(LOCAL_TIME):%Y-%m-%d}:", row.reasons_en),
            )

    def _held(self, told: Told) -> Iterator[Topic]:
        """By agency whose delivery led to it, and indicator."""
        rows = self._rows(
            "SELECT DISTINCT h.value_id, h.indicator, h.name_vi, h.period, h.calendar, h.held_because, d.source "
            "FROM publication.held_value h JOIN landing.delivery d ON d.delivery_id = ANY(h.delivery_ids) ORDER BY h.calendar, h.period, h.value_id"
        )
        waits: dict[tuple[str, str], dict[str, sa.Row[Any]]] = {}
        for row in rows:
            agency, key = self._answering(row.source), str(row.value_id)
            if agency is not None and (agency, "held", key) not in told:
                waits.setdefault((agency, row.indicator), {})[key] = row
        for (agency, indicator), values in waits.items():
            first = next(iter(values.values()))
            periods = list(dict.fromkeys(Period.of(value.period, value.calendar) for value in values.values()))
            yield Topic(
                "held",
                agency,
                tuple(values),
                f"{first.name_vi}: {len(values)} giá trị, kỳ {_some(list(map(in_vietnamese, periods)), 'kỳ khác')}",
                f"{indicator}: {len(values)} values of {_some([period.code for period in periods], 'more')}; the first {visible(first.held_because)}",
            )

    def _rows(self, query: str) -> Sequence[sa.Row[Any]]:
        with self._platform.engine.connect() as connection:
            return connection.execute(sa.text(query)).all()


def report_key(report: Report) -> str:
    """What tells reports apart in what was told."""
    return f"{report.source}/{report.reporter}/{report.calendar}/{report.period}"


def _some(names: Sequence[str], others: str) -> str:
    left = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" … +{left} {others}" if left > 0 else "")


def _with_reasons(head: str, reasons: str | None) -> str:
    return "\n".join([head, *(f"  {visible(reason)}" for reason in (reasons or "").splitlines())])
