"""Dossier versions as the portal exports them, generated on the fly with flat memory.

Every row is put together from precomputed pieces. A piece is picked by the day of receipt and the dossier's
number in that day, so any period can be generated alone, and a version reads the same in a day's and in a
month's export.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sandbox.days import SINCE, Span, UnknownPeriodError, is_working_day
from sandbox.dossier_pieces import (
    BAD_KINDS,
    COLUMNS,
    HORIZON,
    PERSONS,
    PLANS,
    PROFILES,
    Plan,
    Profile,
    persons,
    plans,
    profiles,
    spoil,
)
from sandbox.procedures import Procedure, in_force
from sandbox.province import LAST_DAY, Agency, agencies

START = date(2024, 1, 1)  # `total` dossiers come from this day on, a few came before
EARLIER = 3_600  # dossiers received from SINCE to START, some 150 a month; all were finished before START
ENCODING = "utf-8"
BOM = "\ufeff"
ROWS_PER_CHUNK = 500
LOOKBACK = 75  # days that hold HORIZON working days, Tết included
BAD_PER_DOSSIER = 0.0072  # about 0.3 % of rows at 2.4 versions a dossier


@dataclass(frozen=True, slots=True)
class Day:
    """One day of receipt: `ahead[k]` is the index of the k-th working day after it, itself for 0."""

    day: date
    stamp: str
    count: int
    bad: dict[int, str]
    ahead: tuple[int, ...]
    working: bool


class Course(NamedTuple):
    """What becomes of a dossier: when it came, was promised, ended (None: it stays open), how long it was paused, what was paid.

    fee: in đồng. paid: at once, over the internet, when it ends.
    """

    code: str
    agency: str
    online: bool
    received: date
    due: date
    ended: date | None
    ended_at: str
    paused: timedelta
    fee: int
    paid: bool


class _Picks(NamedTuple):
    """Where a day's dossiers begin in the pools of pieces, and by which strides they go on."""

    profile_at: int
    plan_at: int
    person_at: int
    profile_by: int
    plan_by: int
    person_by: int


def _course(day: Day, number: int, profile: Profile, plan: Plan, start: date) -> Course:
    last = plan.steps[-1]
    fee, _, payment = profile.paid.partition(";")
    return Course(
        code=f"{profile.agency}-{day.stamp}-{number + 1:04d}",
        agency=profile.agency,
        online=profile.middle.split(";")[3] == "2",
        received=day.day,
        due=start + timedelta(days=day.ahead[plan.due_after]),
        ended=start + timedelta(days=day.ahead[last.lag]) if last.ended else None,
        ended_at=last.ended,
        paused=timedelta(days=int(last.state.split(";")[2])),
        fee=int(fee or 0),
        paid=payment != "0",
    )


def _calendar(total: int, start: date, end: date) -> list[Day]:
    """The days of receipt, from `start` to the day before `end`, with their dossiers and bad rows."""
    length = (end - start).days
    reach = [start + timedelta(days=i) for i in range(length + LOOKBACK + 30)]
    working = [i for i, day in enumerate(reach) if is_working_day(day)]
    weights = [20 if is_working_day(day) else 2 if day.weekday() < 6 else 1 for day in reach[:length]]
    days: list[Day] = []
    seen, owed, position, kind = 0, 0.0, 0, 0
    for i, weight in enumerate(weights):
        count = total * (seen + weight) // sum(weights) - total * seen // sum(weights)
        seen += weight
        # Bad rows are first versions and at most 1 % of them, so that no day's export has more than 1 %.
        owed += BAD_PER_DOSSIER * count
        bad_count = min(int(owed), count // 100)
        owed -= bad_count
        bad = {}
        for j in range(bad_count):
            bad[count * (j + 1) // (bad_count + 1)] = BAD_KINDS[kind % len(BAD_KINDS)]
            kind += 1
        while working[position] <= i:
            position += 1
        ahead = (i, *working[position : position + HORIZON])
        days.append(Day(reach[i], f"{reach[i]:%y%m%d}", count, bad, ahead, is_working_day(reach[i])))
    return days


class Volume:
    """All versions of `total` dossiers received from `start` to the day before `end`.

    closed: every dossier has its end before `end`; else each runs its course, whatever its end.
    """

    def __init__(
        self, seed: str, total: int, start: date, end: date, procedures: Sequence[Procedure], closed: bool
    ) -> None:
        self.seed, self.start, self.end, self.closed = seed, start, end, closed
        self._procedures = procedures
        self._days = _calendar(total, start, end)
        self._plans = plans(seed)
        self._persons = persons(seed)
        self._profiles: dict[tuple[tuple[Agency, ...], bool], list[Profile]] = {}
        self._ending: dict[int, list[Plan]] = {}
        self._dates = [f"{start + timedelta(days=i):%d/%m/%Y} " for i in range(len(self._days) + LOOKBACK + 30)]

    def rows(self, span: Span) -> Iterator[str]:
        """The lines of all versions updated in the span, before `end`."""
        first, end = (span.first - self.start).days, (min(span.end, self.end) - self.start).days
        for i in range(max(0, first - LOOKBACK), end):
            yield from self._rows(self._days[i], first, end)

    def _profiles_on(self, day: Day) -> list[Profile]:
        """Profiles that hold on the day; agencies change on 1 March 2025."""
        units = agencies(day.day)
        key = (units, day.working)
        if key not in self._profiles:
            self._profiles[key] = profiles(self.seed, units, self._procedures, day.working)
        return self._profiles[key]

    def _plans_on(self, day: Day) -> list[Plan]:
        """Courses that dossiers received on the day may take."""
        if not self.closed:
            return self._plans
        room = sum(index < len(self._days) for index in day.ahead) - 1
        if room not in self._ending:
            self._ending[room] = [plan for plan in self._plans if plan.steps[-1].ended and plan.steps[-1].lag <= room]
        return self._ending[room]

    def courses(self) -> Iterator[Course]:
        """Every dossier, in the order of receipt."""
        for day in self._days:
            known, plans_then, picks = self._profiles_on(day), self._plans_on(day), self._picks(day)
            for i in range(day.count):
                profile = known[(picks.profile_at + i * picks.profile_by) % PROFILES]
                plan = plans_then[(picks.plan_at + i * picks.plan_by) % len(plans_then)]
                yield _course(day, i, profile, plan, self.start)

    def _picks(self, day: Day) -> _Picks:
        rng = random.Random(f"{self.seed}/{day.stamp}")
        at = [rng.randrange(size) for size in (PROFILES, PLANS, PERSONS)]
        return _Picks(*at, *(rng.randrange(1, size) for size in (PROFILES, PLANS, PERSONS)))

    def _rows(self, day: Day, first: int, end: int) -> Iterator[str]:
        """Rows of the dossiers received on the day whose update falls into [first, end)."""
        inside = [first <= index < end for index in day.ahead]
        if not any(inside):
            return
        profile_at, plan_at, person_at, profile_by, plan_by, person_by = self._picks(day)
        known, courses, people = self._profiles_on(day), self._plans_on(day), self._persons
        dates = [self._dates[index] for index in day.ahead]
        today, bad = dates[0], day.bad
        for i in range(day.count):
            plan = courses[(plan_at + i * plan_by) % len(courses)]
            head = ""
            for step in plan.steps:
                lag = step.lag
                if not inside[lag]:
                    continue
                if not head:
                    profile = known[(profile_at + i * profile_by) % PROFILES]
                    person = people[(person_at + i * person_by) % PERSONS]
                    head = (
                        f"{profile.agency}-{day.stamp}-{i + 1:04d};{profile.middle};{today}{plan.received};"
                        f"{dates[plan.due_after]}17:00:00"
                    )
                ended = step.ended
                if ended:
                    row = f"{head};{dates[lag]}{ended};{step.state};{profile.paid};{step.flags};"
                else:
                    row = f"{head};;{step.state};{profile.unpaid};{step.flags};"
                row = f"{row}{dates[lag]}{step.updated};{person}\r\n"
                if lag == 0 and not ended and i in bad:
                    fields = row.split(";", len(COLUMNS) - 1)
                    spoil(bad[i], fields, day.day)
                    row = ";".join(fields)
                yield row


class DossierBook:
    """All versions of `total` dossiers received between START and the day before `today`, and of those before START."""

    def __init__(self, seed: int, total: int, today: date, procedures: Sequence[Procedure]) -> None:
        if not START < today <= LAST_DAY + timedelta(days=1):
            raise UnknownPeriodError(f"today must lie between {START + timedelta(days=1)} and {LAST_DAY}, not {today}")
        self.today = today
        then = in_force(procedures, SINCE)
        self._earlier = Volume(f"{seed}/earlier", EARLIER, SINCE, START, then, closed=True)
        self._current = Volume(f"{seed}", total, START, today, procedures, closed=False)

    def courses(self) -> Iterator[Course]:
        """Every dossier, in the order of receipt."""
        yield from self._earlier.courses()
        yield from self._current.courses()

    def export(self, span: Span) -> Iterator[bytes]:
        """The CSV of all versions updated in the span, as chunks of some 150 kB.

        Raises: UnknownPeriodError, at once, for a span before SINCE or after `today`.
        """
        if not SINCE <= span.first <= self.today:
            raise UnknownPeriodError(f"no dossiers of {span.first}: they go from {SINCE} to {self.today}")
        return self._chunks(self._earlier if span.first < START else self._current, span)

    def _chunks(self, volume: Volume, span: Span) -> Iterator[bytes]:
        yield (BOM + ";".join(COLUMNS) + "\r\n").encode(ENCODING)
        rows: list[str] = []
        for row in volume.rows(span):
            rows.append(row)
            if len(rows) == ROWS_PER_CHUNK:
                yield "".join(rows).encode(ENCODING)
                rows.clear()
        if rows:
            yield "".join(rows).encode(ENCODING)
