"""Whether a value is published at once or held until somebody approves it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa


@dataclass(frozen=True)
class Decision:
    """approved or held, and why."""

    publication: Literal["approved", "held"]
    because: str


def decide(value: Decimal | None, approved: sa.Row[Any] | None, *, moves: bool, official: bool | None) -> Decision:
    """What becomes of a newly computed value. approved: the newest approved one of the same indicator, unit and period.

    Only a restatement is held: a complete value that changes, unless it is expected to.
    """
    if approved is None:
        return Decision("approved", "the first value")
    if approved.value == value:
        return Decision("approved", "the same number")
    if approved.status != "computed":
        return Decision("approved", "the value before was not complete")
    if moves:
        return Decision("approved", "counted over events, which go on changing")
    if official and approved.official is False:
        return Decision("approved", "official figures after preliminary ones")
    return Decision("held", f"restated: was {approved.value}")
