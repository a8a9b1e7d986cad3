"""Which deliveries' rows make up a figure at a period, and what of the period they lack."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

import sqlalchemy as sa

from chiso.contracts import Contract, Measure
from chiso.province.periods import Grain, Period

_FINER: tuple[str, ...] = ("year", "half", "quarter", "month", "day")


class Slice(NamedTuple):
    """What a delivery stands for: a period, of one reporter or ('') of all; whether its figures are official.

    lasts: first and last day of the unit that reports; None where the reporter is no unit.
    """

    period: Period
    reporter: str
    delivery_id: int
    official: bool | None = None
    lasts: tuple[date, date] | None = None

    def could_report(self, part: Period) -> bool:
        """Whether its reporter existed at the end of `part`."""
        return self.lasts is None or self.lasts[0] <= part.end <= self.lasts[1]


@dataclass(frozen=True)
class Lack:
    """Something that a figure lacks: a period without a delivery, or rows of a delivery that are in quarantine.

    reporter: the one that alone didn't deliver the period; None where nobody did.
    """

    source: str
    what: Literal["period", "rows"]
    period: str
    calendar: str
    rows: int = 0
    reporter: str | None = None


@dataclass(frozen=True)
class Chosen:
    """Slices whose rows make up a figure, and what of the period it lacks."""

    slices: tuple[Slice, ...]
    lacks: tuple[Lack, ...]

    @property
    def deliveries(self) -> tuple[int, ...]:
        """Each once, in order."""
        return tuple(sorted({each.delivery_id for each in self.slices}))

    @property
    def official(self) -> bool | None:
        """Whether all figures are official; None where the source doesn't tell official from preliminary ones."""
        states = {each.official for each in self.slices} - {None}
        return False not in states if states else None


def current_slices(connection: sa.Connection, contract: Contract, calendar: str, as_of: datetime | None = None) -> list[Slice]:
    """Everything that stands of a source on a calendar, as known at a moment (recorded time)."""
    rows = connection.execute(
        sa.text(
            "SELECT period, reporter, delivery_id, official FROM warehouse.current_slice(:as_of) WHERE source = :source AND calendar = :calendar"
        ),
        {"source": contract.source, "calendar": calendar, "as_of": as_of or "infinity"},
    ).all()
    spans = _spans(connection, {row.reporter for row in rows} - {""})
    found = []
    for row in rows:
        period = Period.of(row.period, calendar)
        lasts = next((span for span in spans.get(row.reporter, ()) if span[0] <= period.end <= span[1]), None)
        found.append(Slice(period, row.reporter, row.delivery_id, row.official, lasts))
    return found


def of_share(contract: Contract, measure: Measure, known: Collection[Slice]) -> list[Slice]:
    """Those that stand for what a measure is taken from, where offices fill columns of one form; else all.

    Who fills the columns is no reporter of rows: each delivery's rows speak of all units.
    """
    share = contract.share_of(measure)
    return [each._replace(reporter="") for each in known if each.reporter == share] if share else list(known)


def _spans(connection: sa.Connection, codes: Collection[str]) -> dict[str, list[tuple[date, date]]]:
    """First and last days of the units that have, or had, these codes."""
    spans: dict[str, list[tuple[date, date]]] = {}
    if codes:
        query = sa.text("SELECT code, valid_from, valid_to FROM warehouse.unit WHERE code = ANY(:codes)")
        for code, first, last in connection.execute(query, {"codes": sorted(codes)}):
            spans.setdefault(code, []).append((first, last))
    return spans


def choose(contract: Contract, kind: Literal["flow", "stock"], period: Period, known: Collection[Slice]) -> Chosen | None:
    """What a measure of that kind is made of at a period; None where nothing stands for any part of it.

    Of each reporter by itself: flow: the period itself where it was delivered, else the parts that were; stock: the part
    that ends last, of several that end together the shortest, unless the reporter had ceased to exist before the others' last.
    """
    by_reporter: dict[str, list[Slice]] = {}
    for each in known:
        if period.contains(each.period):
            by_reporter.setdefault(each.reporter, []).append(each)
    if not by_reporter:
        return None
    if kind == "stock":
        return _stocks(contract, period, known, by_reporter)
    return _flows(contract, period, by_reporter)


_ByReporter = Mapping[str, list[Slice]]


def _stocks(contract: Contract, period: Period, known: Collection[Slice], by_reporter: _ByReporter) -> Chosen:
    lasts = [max(slices, key=lambda each: (each.period.end, each.period.start)) for slices in by_reporter.values()]
    latest = max((each.period for each in lasts), key=lambda part: (part.end, part.start))
    used = sorted(each for each in lasts if each.could_report(latest))
    covered = [Period(period.code, period.calendar)] if latest == period else [latest]
    gaps = [gap for gap in _gaps(contract, period, covered) if gap.end > latest.end][-1:]
    before = {each for each in known if each.period.end + timedelta(days=1) == period.start and each.reporter not in by_reporter}
    late = {each.reporter for each in used if each.period.end < latest.end}
    late |= {each.reporter for each in before if each.could_report(latest)} if "" not in by_reporter else set()
    lacks = [_lack(contract, gap) for gap in gaps] + [_lack(contract, latest, reporter) for reporter in sorted(late)]
    return Chosen(tuple(used), tuple(lacks))


def _flows(contract: Contract, period: Period, by_reporter: _ByReporter) -> Chosen:
    parts = {name: frozenset(_parts(contract, period, {each.period for each in slices})) for name, slices in by_reporter.items()}
    used = [each for name, slices in by_reporter.items() for each in slices if each.period in parts[name]]
    common = _gaps(contract, period, sorted(frozenset[Period]().union(*parts.values()), key=lambda part: part.start))
    gaps = {covered: _gaps(contract, period, sorted(covered, key=lambda part: part.start)) for covered in set(parts.values())}
    lacks = [_lack(contract, gap) for gap in common]
    for name, slices in sorted(by_reporter.items()):
        missed = [gap for gap in gaps[parts[name]] if not any(whole.contains(gap) for whole in common)]
        lacks += [_lack(contract, gap, name) for gap in missed if any(each.could_report(gap) for each in slices)]
    return Chosen(tuple(sorted(used)), tuple(lacks))


def _lack(contract: Contract, part: Period, reporter: str = "") -> Lack:
    return Lack(contract.source, "period", part.code, part.calendar, reporter=reporter or None)


def _parts(contract: Contract, period: Period, own: set[Period]) -> set[Period]:
    """Parts that don't overlap: those of the source's own length first."""
    if period in own:
        return {period}
    length = _grain(contract)
    used: set[Period] = set()
    for part in sorted(own, key=lambda part: (part.grain != length, part.start, part.end)):
        if all(part.end < other.start or other.end < part.start for other in used):
            used.add(part)
    return used


def _grain(contract: Contract) -> Grain | None:
    """The shortest period that the source reports on; None where it states no length."""
    if contract.terms.period and contract.column(contract.terms.period).reading == "date":
        return "day"
    return contract.terms.delivery.shortest


def _gaps(contract: Contract, period: Period, covered: Sequence[Period]) -> list[Period]:
    """Parts of the period of which nothing stands, in order: of the source's own length, and shorter where it doesn't fit.

    Days are gathered into months where a whole month is missing.
    """
    length = _grain(contract)
    first: str = "month" if length == "day" else length or "year"
    if period.grain in _FINER and _FINER.index(period.grain) > _FINER.index(first):
        first = period.grain
    taken = [(part.start, part.end) for part in covered]
    gaps: list[Period] = []
    for grain in _FINER[_FINER.index(first) :]:
        if _days_left(period, taken) == 0:
            break
        parts = [period] if grain == period.grain else [part for part in period.parts(grain) if period.contains(part)]
        for part in parts:
            if all(part.end < start or end < part.start for start, end in taken):
                gaps.append(part)
                taken.append((part.start, part.end))
    return sorted(gaps, key=lambda gap: gap.start)


def _days_left(period: Period, taken: Sequence[tuple[date, date]]) -> int:
    days = {period.start + timedelta(days=n) for n in range((period.end - period.start).days + 1)}
    for start, end in taken:
        days -= {start + timedelta(days=n) for n in range((end - start).days + 1)}
    return len(days)
