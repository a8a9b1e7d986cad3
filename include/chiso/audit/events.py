"""Kinds of events: what the chain says of each, for who writes it and who verifies it.

Payloads hold strings, integers, booleans, lists and mappings of them; no floats, whose text isn't canonical.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    STAGE: ClassVar[str]
    KIND: ClassVar[str]


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
    """A delivery's rows became facts."""

    STAGE = "warehouse"
    KIND = "load"
    loaded: int
    unchanged: int
    partitions: list[str]


@dataclass(frozen=True)
class Counted(Event):
    """Of a source with events: how many of its deliveries' changes were counted anew."""

    STAGE = "warehouse"
    KIND = "counted"
    source: str
    deliveries: int


@dataclass(frozen=True)
class Fetched(Event):
    """A delivery was asked for. outcome: fetched, not_modified or failed."""

    STAGE = "sources"
    KIND = "fetch"
    source: str
    outcome: str


@dataclass(frozen=True)
class TakenOver(Event):
    """A version that tells of rows took over what earlier ones had written and nobody had altered since."""

    STAGE = "warehouse"
    KIND = "taken_over"
    tables: list[str]


@dataclass(frozen=True)
class Built(Event):
    """The warehouse's structure and lists were made from the checkout.

    objects: the SHA-256 of each object's definition; altered: those that somebody had changed before.
    """

    STAGE = "warehouse"
    KIND = "built"
    objects: dict[str, str]
    altered: list[str]


@dataclass(frozen=True)
class Defined(Event):
    """Definitions or targets of indicators were written from the checkout. tables: which."""

    STAGE = "indicators"
    KIND = "defined"
    tables: list[str]


@dataclass(frozen=True)
class ReportsBegun(Event):
    """Reports are being made: until they are told of, those on the disk are neither the old nor the new ones."""

    STAGE = "publication"
    KIND = "reports_begun"


@dataclass(frozen=True)
class Reported(Event):
    """Reports were made. files: how many; manifest_sha256: of the file that has the SHA-256 of each."""

    STAGE = "publication"
    KIND = "reports"
    files: int
    manifest_sha256: str


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
