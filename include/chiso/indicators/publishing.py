"""Whether a value is published at once or held until somebody approves it.

Where the lines are drawn, and why: docs/adr/0021-publication-gate.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from chiso.indicators.expected import agrees


@dataclass(frozen=True)
class Decision:
    """approved or held, and why."""

    publication: Literal["approved", "held"]
    because: str


@dataclass(frozen=True)
class Computed:
    """A newly computed value, and what is known beside it.

    moves: it is counted over events, which go on changing. official: as of `chiso.indicators.figures.Basis`. missing: what it
    lacks. printed: what documents print for it. failing: critical rules that its deliveries break. late: deliveries that
    came after the period was closed. contradicted: what of other sources contradicts it.
    """

    value: Decimal | None
    moves: bool
    official: bool | None
    missing: Sequence[Mapping[str, Any]] = ()
    printed: Sequence[Decimal] = ()
    failing: Sequence[str] = ()
    late: Sequence[int] = ()
    contradicted: Sequence[str] = ()


@dataclass(frozen=True)
class Before:
    """What was known before: the newest approved value, and one that was refused since, with who refused it and why."""

    approved: sa.Row[Any] | None
    refused: sa.Row[Any] | None = None


def decide(new: Computed, before: Before, tolerance: Decimal, expected: str | None) -> Decision:
    """What becomes of a value. tolerance: by how much it may be restated. expected: why its number is expected, where it is.

    Held is what nobody should read unasked: a restatement beyond the tolerance, a number that was refused, one that a document
    or another source contradicts, one that lacks what a form should have.
    """
    approved = before.approved
    if approved is not None and approved.value == new.value:
        return Decision("approved", "the same number")
    if expected:
        return Decision("approved", f"expected: {expected}")
    if before.refused is not None and before.refused.value == new.value:
        return Decision("held", f"refused before by {before.refused.decided_by}: {before.refused.why}")
    return _restated(new, approved, tolerance) or _doubtful(new) or Decision("approved", "nothing speaks against it")


def _restated(new: Computed, approved: sa.Row[Any] | None, tolerance: Decimal) -> Decision | None:
    """A complete value that changes is held, unless it is expected to change."""
    if approved is None or approved.status != "computed":
        return None
    if new.moves or (new.official and approved.official is False):
        return None
    if new.late:
        return Decision("held", f"restated: was {approved.value}; delivery {_listed(new.late)} came after the period was closed")
    if new.value is not None and approved.value is not None and abs(new.value - approved.value) <= tolerance:
        return None
    return Decision("held", f"restated: was {approved.value}")


def _doubtful(new: Computed) -> Decision | None:
    """A number in which something is known to be wrong."""
    if new.value is None:
        return None
    if other := [each for each in new.printed if not agrees(new.value, each)]:
        return Decision("held", f"documents print {_listed(other)}")
    if new.contradicted:
        return Decision("held", f"contradicted: {_listed(new.contradicted)}")
    if new.failing:
        return Decision("held", f"critical rules are broken: {_listed(new.failing)}")
    if not new.moves and (lacking := sorted({name for lack in new.missing if (name := _lack(lack))})):
        return Decision("held", f"incomplete: {_listed(lacking)}")
    return None


def _lack(lack: Mapping[str, Any]) -> str | None:
    """What a value lacks, where it is held for it; that a part of its period is still to come is no reason."""
    if lack["what"] == "rows":
        return f"{lack['rows']} rows of {lack['source']} are in quarantine"
    if lack["what"] == "period" and lack.get("reporter"):
        return f"{lack['reporter']} didn't report {lack['source']}"
    return f"nothing of {lack['unit']}" if lack["what"] == "unit" else None


def _listed(things: Sequence[object]) -> str:
    return ", ".join(map(str, things))
