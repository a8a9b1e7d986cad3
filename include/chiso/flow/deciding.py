"""People's decisions of values that are held: they are published from then on, or never."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chiso import audit, indicators
from chiso.indicators import Decided
from chiso.province.periods import Period
from chiso.system.errors import UsageError
from chiso.system.platform import Platform


@dataclass(frozen=True)
class Outcome:
    """What was decided. superseded: how many values no longer waited, since newer ones were computed or others were faster."""

    values: tuple[dict[str, Any], ...]
    superseded: int = 0

    def as_json(self) -> dict[str, Any]:
        """The public shape."""
        return {"decided": len(self.values), "values": list(self.values)}


def decide(
    platform: Platform,
    decided: Decided,
    period: str,
    indicator: str | None = None,
    unit: str | None = None,
    shown: Collection[int] | None = None,
) -> Outcome:
    """Decides of the values of a period that wait, or of those of them that were shown to who decides (ids of values).

    Raises UsageError: no name, no reason, nothing that waits (unless it was shown).
    """
    if not (decided.decided_by.strip() and decided.why.strip()):
        raise UsageError("A decision needs a name and a reason: give --by NAME --why TEXT.")
    with platform.engine.connect() as connection:
        calendars = sorted({row.calendar for row in indicators.waiting(connection, period, indicator, unit)})
    if not calendars and shown is None:
        of = "".join([f" of {indicator}" if indicator else "", f" for {unit}" if unit else ""])
        raise UsageError(f"No value{of} at {period} waits for a decision; `chiso held` lists what does.")
    done: list[dict[str, Any]] = []
    for calendar in calendars:
        done += _decide(platform, decided, Period.of(period, calendar), indicator, unit, shown)
    return Outcome(tuple(done), len(shown) - len(done) if shown is not None else 0)


def _decide(
    platform: Platform, decided: Decided, period: Period, indicator: str | None, unit: str | None, shown: Collection[int] | None
) -> list[dict[str, Any]]:
    with audit.transaction(platform.engine, platform.settings) as connection:
        indicators.take_turns(connection, period)
        found = [
            row
            for row in indicators.waiting(connection, period.code, indicator, unit)
            if row.calendar == period.calendar and (shown is None or row.value_id in shown)
        ]
        indicators.decide(connection, period, found, decided)
    return [_shape(row, decided) for row in found]


def _shape(row: sa.Row[Any], decided: Decided) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("indicator", "unit_register", "unit_code", "calendar", "period")}
    return {**said, "value": row.after, "decision": decided.decision}
