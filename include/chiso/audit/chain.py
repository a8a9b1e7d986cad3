"""The audit chain: what happened, each event bound to the one before by its hash.

An event is written in the transaction of what it tells of. Its head is also appended to a file outside the
database (`var/audit/heads.log`), since whoever owns the database could rewrite a whole chain.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chiso.audit.events import Event
from chiso.system.settings import Settings

GENESIS = "0" * 64
_CHAIN_LOCK = 7_205_002


@dataclass(frozen=True)
class Head:
    """The newest event of a transaction: its number and hash."""

    seq: int
    hash: str


def record(connection: sa.Connection, happened: Event, delivery_id: int | None = None) -> Head:
    """Appends an event in the connection's transaction; the chain's lock is held until that ends."""
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CHAIN_LOCK})
    last = connection.execute(sa.text("SELECT seq, hash FROM audit.event ORDER BY seq DESC LIMIT 1")).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    event = {
        "seq": seq,
        "occurred_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "stage": happened.STAGE,
        "kind": happened.KIND,
        "delivery_id": delivery_id,
        "payload": asdict(happened),
    }
    digest = event_hash(previous, event)
    connection.execute(
        sa.text(
            "INSERT INTO audit.event VALUES (:seq, :occurred_at, :stage, :kind, :delivery_id, :payload, :previous, :hash)"
        ),
        event | {"payload": _canonical(event["payload"]), "previous": previous, "hash": digest},
    )
    return Head(seq, digest)


def anchor(settings: Settings, head: Head | None) -> None:
    """Writes the chain's head beside the database, after the commit."""
    if head is None:
        return
    path = heads_file(settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{head.seq} {head.hash}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def heads_file(settings: Settings) -> Path:
    """The append-only file of heads."""
    return settings.var / "audit" / "heads.log"


def event_hash(previous: str, event: Mapping[str, Any]) -> str:
    """SHA-256 of the previous hash and the event's canonical JSON."""
    return hashlib.sha256(f"{previous}\n{_canonical(event)}".encode()).hexdigest()


def read_heads(settings: Settings) -> list[str] | None:
    """The anchored heads, to be read before the chain that must hold them; None where there is no such file."""
    path = heads_file(settings)
    return path.read_text("utf-8").splitlines() if path.exists() else None


def verify_chain(connection: sa.Connection, heads: list[str] | None) -> Iterator[str]:
    """What is wrong with the chain, a line each: broken hashes, missing numbers, heads that differ."""
    previous, expected = GENESIS, 1
    hashes: dict[int, str] = {}
    rows = connection.execute(sa.text("SELECT * FROM audit.event ORDER BY seq"), execution_options={"yield_per": 1000})
    for row in rows:
        if row.seq != expected:
            yield f"audit event {expected} is missing (next is {row.seq})"
        event = {
            "seq": row.seq,
            "occurred_at": row.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "stage": row.stage,
            "kind": row.kind,
            "delivery_id": row.delivery_id,
            "payload": row.payload,
        }
        if row.previous_hash != previous or row.hash != event_hash(previous, event):
            yield f"audit event {row.seq} ({row.stage} {row.kind}) was changed: its hash doesn't hold"
        previous, expected = row.hash, row.seq + 1
        hashes[row.seq] = row.hash
    yield from _verify_heads(heads, hashes)


def _verify_heads(heads: list[str] | None, hashes: Mapping[int, str]) -> Iterator[str]:
    if heads is None:
        if hashes:
            yield "heads.log: the file of anchored heads is missing, so a rewritten chain could not be told"
        return
    for number, line in enumerate(heads, 1):
        seq, _, digest = line.partition(" ")
        if not seq.isdecimal() or hashes.get(int(seq)) != digest:
            yield f"heads.log line {number}: the chain no longer holds the anchored event {seq}"


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
