"""Kinds of events of the audit chain about cases."""

from dataclasses import dataclass
from typing import Any

from chiso.audit.events import Event


@dataclass(frozen=True)
class CasesMoved(Event):
    """A verdict, or a withdrawal, moved cases. steps: how many, by step."""

    STAGE = "quarantine"
    KIND = "cases_moved"
    steps: dict[str, int]


@dataclass(frozen=True)
class CasesDecided(Event):
    """Somebody decided of cases. rows: `{"case", "event", "source", "period", "calendar", "row_key", "rule", "column", "reject"}`."""

    STAGE = "quarantine"
    KIND = "cases_decided"
    step: str
    decided_by: str
    why: str
    rows: list[dict[str, Any]]
