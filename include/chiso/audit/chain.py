"""The audit chain: what happened, each event bound to the one before by its hash, and to the rows that it tells of by theirs.

An event is written in the transaction of what it tells of. The last one of a transaction is signed and anchored outside the database
just before it commits, since whoever owns the database could rewrite a whole chain.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from chiso.audit.anchors import Anchors, Ends, Head, Read, verify_anchors
from chiso.audit.events import Event
from chiso.audit.faults import Fault
from chiso.audit.rows import Bound, Rows, bind
from chiso.system.settings import Settings

GENESIS = "0" * 64
_CHAIN_LOCK = 7_205_002
_OPENED, _LAST = "chiso audit opened", "chiso audit last"


@contextmanager
def transaction(engine: sa.Engine, settings: Settings) -> Iterator[sa.Connection]:
    """A transaction whose events are anchored as it commits. Raises SettingsError where there is no key to sign with."""
    anchors = Anchors.of(settings)
    with engine.connect() as connection:
        connection.info.pop(_LAST, None)
        connection.info[_OPENED] = 0
        try:
            with connection.begin() as begun:
                yield connection
                head = connection.info.pop(_LAST, None)
                if head is not None:
                    with anchors.announced(head):
                        begun.commit()
        finally:
            connection.info.pop(_OPENED, None)
            connection.info.pop(_LAST, None)


def record(
    connection: sa.Connection, happened: Event, delivery_id: int | None = None, rows: Iterable[Rows | Bound] = ()
) -> None:
    """Appends an event in the connection's `transaction`; the chain's lock is held until that ends.

    rows: what the event tells of, already written, or hashed already.
    """
    if _OPENED not in connection.info:
        raise RuntimeError("An event outside audit.transaction would never be anchored.")
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CHAIN_LOCK})
    last = connection.execute(sa.text("SELECT seq, hash FROM audit.event ORDER BY seq DESC LIMIT 1")).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    opened = connection.info[_OPENED] or seq
    event = {
        "seq": seq,
        "opened": opened,
        "occurred_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "stage": happened.STAGE,
        "kind": happened.KIND,
        "delivery_id": delivery_id,
        "payload": asdict(happened),
        "bound": [asdict(each) for each in _bound(connection, rows)],
    }
    digest = content_sha256(event)
    head = Head(seq, chained(previous, digest))
    connection.execute(
        sa.text(
            "INSERT INTO audit.event (seq, opened, occurred_at, stage, kind, delivery_id, payload, bound, content_sha256, previous_hash, hash) "
            "VALUES (:seq, :opened, :occurred_at, :stage, :kind, :delivery_id, :payload, :bound, :digest, :previous, :hash)"
        ),
        event
        | {
            "payload": canonical(event["payload"]),
            "bound": canonical(event["bound"]),
            "digest": digest,
            "previous": previous,
            "hash": head.hash,
        },
    )
    connection.info[_OPENED], connection.info[_LAST] = opened, head


def _bound(connection: sa.Connection, rows: Iterable[Rows | Bound]) -> Iterator[Bound]:
    for each in rows:
        if isinstance(each, Bound):
            yield each
        else:
            yield from bind(connection, [each])


def content_sha256(event: Mapping[str, Any]) -> str:
    """SHA-256 of an event's canonical JSON."""
    return hashlib.sha256(canonical(event).encode()).hexdigest()


def chained(previous: str, content: str) -> str:
    """An event's hash: SHA-256 of the hash before it and the SHA-256 of its content."""
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()


def head_of(connection: sa.Connection) -> Head | None:
    """The chain's newest event."""
    row = connection.execute(sa.text("SELECT seq, hash FROM audit.event ORDER BY seq DESC LIMIT 1")).first()
    return Head(row.seq, row.hash) if row else None


@dataclass(frozen=True)
class Said:
    """An event's content."""

    seq: int
    payload: Mapping[str, Any]


@dataclass
class Told:
    """What the chain says, in one reading. rows: the newest of each table and key; events: how many."""

    faults: list[Fault] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)
    last_of_transactions: list[int] = field(default_factory=list)
    rows: dict[str, dict[str, tuple[int, Bound]]] = field(default_factory=dict)
    newest: dict[str, "Said"] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """Their number."""
        return len(self.hashes)


def read_chain(connection: sa.Connection, newest: Iterable[str] = ()) -> Told:
    """Reads every event, checks its hash, and gathers what is told of rows. newest: kinds whose newest content is wanted."""
    told, kinds = Told(), frozenset(newest)
    previous, expected, opened = GENESIS, 1, 0
    rows = connection.execute(sa.text("SELECT * FROM audit.event ORDER BY seq"), execution_options={"yield_per": 1000})
    for row in rows:
        where = f"event {row.seq}"
        if row.seq != expected:
            told.faults.append(Fault("chain", "audit.event", f"event {expected}", f"is missing (next is {row.seq})"))
        signed = row.content_sha256 is not None
        event = _event_of(row, signed=signed)
        holds = row.hash == (chained(previous, row.content_sha256) if signed else _unsigned_hash(previous, event))
        if row.previous_hash != previous or not holds or (signed and row.content_sha256 != content_sha256(event)):
            told.faults.append(Fault("chain", "audit.event", where, f"({row.stage} {row.kind}) was changed: its hash doesn't hold"))
        if signed:
            if told.last_of_transactions and row.opened == opened:
                told.last_of_transactions.pop()
            told.last_of_transactions.append(row.seq)
            opened = row.opened
            _take_rows(told, row)
        if row.kind in kinds:
            told.newest[row.kind] = Said(row.seq, row.payload)
        previous, expected = row.hash, row.seq + 1
        told.hashes[row.seq] = row.hash
    return told


@dataclass(frozen=True)
class Recorded:
    """An event as it is stored. signed: False of versions whose hash covers the content directly, and that tell of no rows."""

    seq: int
    hash: str
    content_sha256: str | None
    content: Mapping[str, Any]

    @property
    def signed(self) -> bool:
        """Whether its hash covers the SHA-256 of its content."""
        return self.content_sha256 is not None


def events(connection: sa.Connection) -> Iterator[Recorded]:
    """Every event, oldest first."""
    rows = connection.execute(sa.text("SELECT * FROM audit.event ORDER BY seq"), execution_options={"yield_per": 1000})
    for row in rows:
        yield Recorded(row.seq, row.hash, row.content_sha256, _event_of(row, signed=row.content_sha256 is not None))


def _event_of(row: sa.Row[Any], *, signed: bool) -> dict[str, Any]:
    event = {
        "seq": row.seq,
        "occurred_at": row.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "stage": row.stage,
        "kind": row.kind,
        "delivery_id": row.delivery_id,
        "payload": row.payload,
    }
    return event | {"opened": row.opened, "bound": row.bound} if signed else event


def _take_rows(told: Told, row: sa.Row[Any]) -> None:
    for said in row.bound if isinstance(row.bound, list) else ():
        try:
            bound = Bound.read(said)
        except (KeyError, TypeError):
            continue  # its event was changed, which is told already
        told.rows.setdefault(bound.table, {})[bound.key] = (row.seq, bound)


def _unsigned_hash(previous: str, event: Mapping[str, Any]) -> str:
    """The hash of events of versions that told of no rows."""
    return hashlib.sha256(f"{previous}\n{canonical(event)}".encode()).hexdigest()


def verify_heads(told: Told, before: Read, after: Read, settings: Settings, kept: Head | None) -> Iterator[Fault]:
    """What is wrong with the anchored heads. kept: a head that somebody wrote down, which the chain must still have."""
    yield from verify_anchors(before, after, Ends(told.hashes, told.last_of_transactions), Anchors.of(settings).signer)
    if kept and told.hashes.get(kept.seq) != kept.hash:
        yield Fault("chain", "audit.event", f"event {kept.seq}", "isn't the one that was kept: the chain was rewritten")


def canonical(value: object) -> str:
    """JSON of one form: keys in order, no blanks."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
