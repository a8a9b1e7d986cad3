"""Which reports came on time, which late, which are missing, and which aren't due yet; by source, reporter and period.

A report is received with the first delivery of it that was accepted and not withdrawn: a refused one is none. It is on time
until the end of the day on which it is due, in the province's time. Sources whose contract sets no such day aren't listed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import sqlalchemy as sa

from chiso import contracts
from chiso.contracts import Contract
from chiso.inquiry.expected_reports import covering, expected_periods
from chiso.province import working_days
from chiso.province.periods import Period
from chiso.province.units import Reference, load_reference
from chiso.province.working_days import WorkingDays
from chiso.system.platform import Platform
from chiso.system.settings import LOCAL_TIME

State = Literal["on_time", "late", "missing", "not_due"]


@dataclass(frozen=True)
class Report:
    """A report that was expected.

    reporter: code of the agency that answers for it; where each unit sends its own, of the unit. due: by the end of this day.
    working_days_late: until it came, or until today where it is missing; 0 where it isn't late.
    """

    source: str
    reporter: str
    period: str
    calendar: str
    due: date
    received_at: datetime | None
    state: State
    working_days_late: int
    delivery: int | None


@dataclass(frozen=True)
class Timeliness:
    """Reports by source, period and reporter."""

    reports: Sequence[Report]

    @property
    def reporting_rate(self) -> Decimal | None:
        """Of the reports that came or should have, the share that came (0 to 1); None where there are none."""
        return self._share("on_time", "late")

    @property
    def on_time_rate(self) -> Decimal | None:
        """Of the same, the share that came on time."""
        return self._share("on_time")

    def as_json(self) -> dict[str, Any]:
        """The public shape."""
        return {
            "reports": [asdict(report) for report in self.reports],
            "reporting_rate": self.reporting_rate,
            "on_time_rate": self.on_time_rate,
        }

    def _share(self, *states: State) -> Decimal | None:
        due = [report.state for report in self.reports if report.state != "not_due"]
        return round(Decimal(sum(state in states for state in due)) / len(due), 4) if due else None


def timeliness(platform: Platform, source: str | None = None, period: str | None = None) -> Timeliness:
    """Every report that was expected until the platform's day; of a source, or of exactly a period.

    Raises UsageError for a source that there isn't.
    """
    settings = platform.settings
    known = [contracts.load(source, settings)] if source else contracts.load_all(settings).contracts
    with platform.engine.connect() as connection:
        received = _Received(connection)
    judge = _Judge(working_days.load(settings.schemas), load_reference(settings.schemas), settings.today)
    reports = [report for contract in known for report in judge.reports(contract, received.of(contract))]
    return Timeliness([report for report in reports if period in (None, report.period)])


@dataclass(frozen=True)
class _Receipt:
    delivery: int
    received_at: datetime


_ByPeriod = dict[Period, _Receipt]

_ACCEPTED = (
    "validation.verdict v JOIN landing.delivery d USING (delivery_id) {slices} WHERE v.accepted AND v.period IS NOT NULL "
    "AND NOT EXISTS (SELECT FROM validation.withdrawal w WHERE w.delivery_id = v.delivery_id)"
)
_FIRST = "d.delivery_id, d.received_at"


class _Received:
    """The first accepted delivery of each period, of the source as a whole and of each of its reporters."""

    def __init__(self, connection: sa.Connection) -> None:
        whole = _ACCEPTED.format(slices="")
        slices = _ACCEPTED.format(slices="JOIN warehouse.slice s ON s.delivery_id = coalesce(v.same_as, v.delivery_id)")
        self._whole = connection.execute(
            sa.text(
                f"SELECT DISTINCT ON (d.source, v.period) d.source, '' AS reporter, v.period, {_FIRST} FROM {whole} "
                "ORDER BY d.source, v.period, d.received_at, d.delivery_id"
            )
        ).all()
        self._slices = connection.execute(
            sa.text(
                f"SELECT DISTINCT ON (d.source, s.reporter, s.period) d.source, s.reporter, s.period, {_FIRST} FROM {slices} "
                "AND s.reporter <> '' ORDER BY d.source, s.reporter, s.period, d.received_at, d.delivery_id"
            )
        ).all()

    def of(self, contract: Contract) -> Mapping[str, _ByPeriod]:
        """By who must report: "" where the source does as a whole, the unit where each sends its own, or the office.

        Periods stand on the contract's calendar, also those of sheets that state the other one's days.
        """
        delivery = contract.terms.delivery
        found: dict[str, _ByPeriod] = defaultdict(dict)
        offices = {office for columns in contract.shares.values() for office in columns[0].offices}
        for row in self._whole if delivery.replaces in ("period", "keys") else self._slices:
            if row.source == contract.source and (not offices or row.reporter in offices):
                found[row.reporter][Period.of(row.period, delivery.calendar)] = _Receipt(row.delivery_id, row.received_at)
        return found


@dataclass(frozen=True)
class _Judge:
    calendar: WorkingDays
    reference: Reference
    today: date

    def reports(self, contract: Contract, received: Mapping[str, _ByPeriod]) -> list[Report]:
        count = contract.terms.delivery.due_working_days
        if count is None:
            return []
        found = [
            (period, self._report(contract, reporter, period, self.calendar.due_day(period, count), by_period))
            for reporter, by_period in received.items()
            for period in self._expected(contract, reporter, by_period)
        ]
        return [report for _, report in sorted(found, key=lambda each: (each[0].end, each[0].start, each[1].reporter))]

    def _expected(self, contract: Contract, reporter: str, by_period: _ByPeriod) -> Iterator[Period]:
        """Of a unit only while it exists, whatever it was called then."""
        spans = self._spans.get(reporter) if contract.terms.delivery.reporter else None
        for period in expected_periods(contract, by_period.keys(), self.today):
            if spans is None or period in by_period or any(first <= period.end <= last for first, last in spans):
                yield period

    @cached_property
    def _spans(self) -> dict[str, list[tuple[date, date]]]:
        return self.reference.terms(["province", "district", "commune", "agency"])

    def _report(self, contract: Contract, reporter: str, period: Period, due: date, by_period: _ByPeriod) -> Report:
        came = next((by_period[each] for each in covering(contract, period) if each in by_period), None)
        arrived = came.received_at.astimezone(LOCAL_TIME).date() if came else self.today
        late = self.calendar.days_late(due, arrived)
        state: State = ("late" if late else "on_time") if came else "missing" if late else "not_due"
        answers = reporter if contract.terms.delivery.reporter else self._answering(reporter or contract.terms.responsible, due)
        return Report(
            contract.source,
            answers,
            period.code,
            period.calendar,
            due,
            came.received_at if came else None,
            state,
            late,
            came.delivery if came else None,
        )

    def _answering(self, agency: str, at: date) -> str:
        """The agency itself, or who has taken over its tasks by that day."""
        return next((successor.code for successor in self.reference.successors(agency, at)), agency)
