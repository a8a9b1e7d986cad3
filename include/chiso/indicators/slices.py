"""Which deliveries' rows make up a figure at a period, and what of the period they lack."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.province.periods import Grain, Period

_FINER: tuple[str, ...] = ("year", "half", "quarter", "month", "day")


class Slice(NamedTuple):
    """What a delivery stands for: a period, of one reporter or ('') of all; whether its figures are official."""

    period: Period
    reporter: str
    delivery_id: int
    official: bool | None = None


@dataclass(frozen=True)
class Lack:
    """Something that a figure lacks: a period without a delivery, or rows of a delivery that are in quarantine."""

    source: str
    what: Literal["period", "rows"]
    period: str
    calendar: str
    rows: int = 0


@dataclass(frozen=True)
class Chosen:
    """Slices whose rows make up a figure, and the periods that it lacks."""

    slices: tuple[Slice, ...]
    lacks: tuple[Period, ...]

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
    )
    return [Slice(Period.of(row.period, calendar), row.reporter, row.delivery_id, row.official) for row in rows]


def choose(contract: Contract, kind: Literal["flow", "stock"], period: Period, known: Iterable[Slice]) -> Chosen | None:
    """What a measure of that kind is made of at a period; None where nothing stands for any part of it.

    flow: the period itself where it was delivered, else the parts that were; stock: the part that ends last, of
    several that end together the shortest.
    """
    inside = [each for each in known if period.contains(each.period)]
    if not inside:
        return None
    own = {each.period for each in inside}
    used = _last(own) if kind == "stock" else _parts(contract, period, own)
    covered = [Period(period.code, period.calendar)] if period in used else list(used)
    lacking = _gaps(contract, period, covered)
    if kind == "stock":
        end = max(part.end for part in used)
        lacking = [gap for gap in lacking if gap.end > end][-1:]
    return Chosen(tuple(sorted(each for each in inside if each.period in used)), tuple(lacking))


def _last(own: set[Period]) -> set[Period]:
    return {max(own, key=lambda part: (part.end, part.start))}


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
