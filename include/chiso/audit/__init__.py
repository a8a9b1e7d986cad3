"""The audit chain: each event carries the hash of the one before; its head is anchored outside the database."""

from chiso.audit.chain import Head, anchor, read_heads, record, verify_chain
from chiso.audit.events import (
    Computed,
    ContentUnchanged,
    Converted,
    Counted,
    DeliveryReceived,
    Fingerprints,
    Loaded,
    Mailed,
    RowsRejected,
    ValuesDecided,
    VerdictGiven,
    Withdrawn,
    read_events,
)

__all__ = [
    "Computed", "ContentUnchanged", "Converted", "Counted", "DeliveryReceived", "Fingerprints", "Head", "Loaded", "Mailed", "RowsRejected",
    "ValuesDecided", "VerdictGiven", "Withdrawn", "anchor", "read_events", "read_heads", "record", "verify_chain",
]  # fmt: skip
