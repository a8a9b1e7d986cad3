"""Kinds of events: what the chain says of each, for who writes it and who verifies it.

Payloads hold strings, integers, booleans, lists and mappings of them; no floats, whose text isn't canonical.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa

Fingerprints = dict[str, dict[str, Any]]
"""What a delivery left in each table: `{"rows", "hash", "postgres"}`, by table."""


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    STAGE: ClassVar[str]
    KIND: ClassVar[str]


Kind = TypeVar("Kind", bound=Event)


@dataclass(frozen=True)
class DeliveryReceived(Event):
    """A delivery was kept, or its bytes are read again as another one. received_at: UTC, ISO."""

    STAGE = "landing"
    KIND = "delivery_received"
    source: str
    sha256: str
    bytes: int
    file_name: str
    origin: str
    received_at: str
    read_again: int | None = None


@dataclass(frozen=True)
class ContentUnchanged(Event):
    """A delivery has the content of another one, which stands for it."""

    STAGE = "landing"
    KIND = "content_unchanged"
    same_as: int


@dataclass(frozen=True)
class VerdictGiven(Event):
    """A delivery was judged."""

    STAGE = "validation"
    KIND = "verdict"
    source: str
    sha256: str
    period: str | None
    calendar: str | None
    accepted: bool
    rows: int
    rejected: int
    issues: int
    issues_sha256: str


@dataclass(frozen=True)
class Withdrawn(Event):
    """An accepted delivery was taken back. asked: the delivery that the decision named; this one is it, or went with it."""

    STAGE = "validation"
    KIND = "withdrawn"
    asked: int
    decided_by: str
    why: str


@dataclass(frozen=True)
class RowsRejected(Event):
    """Rows of a delivery were put into quarantine. findings: rows times the rules that they break."""

    STAGE = "quarantine"
    KIND = "rows_rejected"
    rows: int
    findings: int


@dataclass(frozen=True)
class Loaded(Event):
    """A delivery's rows became facts. ledger: of what is derived from events, until a newer `Counted` says otherwise."""

    STAGE = "warehouse"
    KIND = "load"
    loaded: int
    unchanged: int
    partitions: list[str]
    facts: Fingerprints
    ledger: Fingerprints


@dataclass(frozen=True)
class Converted(Event):
    """A delivery's facts were brought into another shape by a new version of the platform."""

    STAGE = "warehouse"
    KIND = "converted"
    facts: Fingerprints


@dataclass(frozen=True)
class Counted(Event):
    """What a delivery's load changed was counted anew."""

    STAGE = "warehouse"
    KIND = "counted"
    ledger: Fingerprints


@dataclass(frozen=True)
class Computed(Event):
    """A period's indicators were computed."""

    STAGE = "indicators"
    KIND = "computed"
    calendar: str
    period: str
    run: int
    values: int
    written: int
    written_sha256: str | None
    catalogue_sha256: str


@dataclass(frozen=True)
class ValuesDecided(Event):
    """Somebody decided of values that were held. decision: approve or refuse; values: `{"value_id", "indicator", "unit", "value"}`."""

    STAGE = "indicators"
    KIND = "values_decided"
    calendar: str
    period: str
    decision: str
    decided_by: str
    why: str
    decided_in: str
    values: list[dict[str, Any]]


@dataclass(frozen=True)
class Mailed(Event):
    """A mail was sent. topics: what it was about, `{"agency", "kind", "key"}`. Its address and text by their hashes alone."""

    STAGE = "notices"
    KIND = "mailed"
    mail: int
    message_id: str
    day: str
    subject: str
    address_sha256: str
    body_sha256: str
    topics: list[dict[str, str]]


def read_events(connection: sa.Connection, kind: type[Kind]) -> Iterator[tuple[int | None, Kind | None]]:
    """Delivery and content of every event of a kind, oldest first; None for one whose payload is no longer of its kind."""
    rows = connection.execute(
        sa.text("SELECT delivery_id, payload FROM audit.event WHERE kind = :kind ORDER BY seq"), {"kind": kind.KIND}
    )
    for row in rows:
        yield row.delivery_id, _content(kind, row.payload)


def _content(kind: type[Kind], payload: object) -> Kind | None:
    """Events of older versions may lack a field, which then says nothing."""
    if not isinstance(payload, Mapping):
        return None
    nothing: dict[str, Any] = {"facts": {}, "ledger": {}}
    return kind(**{field.name: payload.get(field.name, nothing.get(field.name)) for field in fields(kind)})
