"""The audit chain: each event carries the hash of the one before and of the rows that it tells of; its head is anchored and signed."""

from chiso.audit.anchors import Anchors, Head, Read
from chiso.audit.chain import Told, canonical, events, head_of, read_chain, record, transaction, verify_heads
from chiso.audit.events import (
    Built,
    Computed,
    ContentUnchanged,
    Counted,
    Defined,
    DeliveryReceived,
    Event,
    Fetched,
    Loaded,
    Mailed,
    Reported,
    ReportsBegun,
    RowsRejected,
    TakenOver,
    ValuesDecided,
    VerdictGiven,
    Withdrawn,
)
from chiso.audit.faults import Fault
from chiso.audit.rows import FACTS_KEY, KEYS, Bound, Rows, bind, counted, fields, hashed, told_columns

__all__ = [
    "FACTS_KEY", "KEYS", "Anchors", "Bound", "Built", "Computed", "ContentUnchanged", "Counted", "Defined", "DeliveryReceived", "Event", "Fault",
    "Fetched", "Head", "Loaded", "Mailed", "Read", "Reported", "ReportsBegun", "Rows", "RowsRejected", "TakenOver", "Told", "ValuesDecided",
    "VerdictGiven", "Withdrawn", "bind", "canonical", "counted", "events", "fields",
    "hashed", "head_of", "read_chain", "record", "told_columns", "transaction",
    "verify_heads",
]  # fmt: skip
