"""Stage 2: keep the bytes, their SHA-256 and how they came; append-only. Changes no byte.

A raw file lies under its SHA-256 below `var/landing`, once, encrypted with age where its source holds personal
data. A delivery is (source, stated period, SHA-256, receipt): the same one again is no second delivery.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO, cast

import sqlalchemy as sa

from chiso import audit
from chiso.contracts import Contract
from chiso.errors import StorageError
from chiso.raw import RawFile
from chiso.settings import Settings

__all__ = ["Arrival", "Landed", "keep", "landed", "pending", "verify"]

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Arrival:
    """A file that reached us, and how. `origin`: fetch, drop_folder or file (given by hand)."""

    path: Path
    file_name: str
    uri: str
    received_at: datetime
    origin: str
    stated_period: str | None = None
    fetch_id: int | None = None


@dataclass(frozen=True)
class Landed:
    """A kept delivery: its id, its bytes."""

    delivery_id: int
    sha256: str
    received_at: datetime
    stated_period: str | None
    raw: RawFile


def keep(arrival: Arrival, contract: Contract, engine: sa.Engine, settings: Settings) -> Landed:
    """Keeps the arrival's bytes and registers the delivery, if it isn't known yet.

    Raises StorageError where the file can't be read or kept; nothing is registered then.
    """
    encrypted = contract.holds_personal_data
    # A file dated ahead of its receipt would stay current whatever came after it.
    arrival = replace(arrival, received_at=min(arrival.received_at, datetime.now(UTC)))
    sha256, size = _store(arrival, encrypted, settings)
    head = None
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO landing.raw_file (sha256, bytes, encrypted) VALUES (:sha256, :size, :encrypted) "
                "ON CONFLICT DO NOTHING"
            ),
            {"sha256": sha256, "size": size, "encrypted": encrypted},
        )
        row = connection.execute(
            _INSERT,
            {
                "source": contract.source,
                "stated": arrival.stated_period,
                "sha256": sha256,
                "received": arrival.received_at,
                "origin": arrival.origin,
                "file_name": arrival.file_name,
                "uri": arrival.uri,
                "fetch_id": arrival.fetch_id,
            },
        ).first()
        if row is not None:
            head = audit.record(
                connection,
                "landing",
                "delivery_received",
                {
                    "source": contract.source,
                    "sha256": sha256,
                    "bytes": size,
                    "file_name": arrival.file_name,
                    "origin": arrival.origin,
                    "received_at": arrival.received_at.astimezone(UTC).isoformat(),
                },
                row.delivery_id,
            )
        else:
            row = connection.execute(
                _FIND,
                {
                    "source": contract.source,
                    "stated": arrival.stated_period,
                    "sha256": sha256,
                    "received": arrival.received_at,
                },
            ).one()
    audit.anchor(settings, head)
    return landed(engine, row.delivery_id, settings)


_INSERT = sa.text("""
    INSERT INTO landing.delivery (source, stated_period, sha256, received_at, origin, file_name, uri, fetch_id)
    VALUES (:source, :stated, :sha256, :received, :origin, :file_name, :uri, :fetch_id)
    ON CONFLICT DO NOTHING RETURNING delivery_id""")
_FIND = sa.text("""
    SELECT delivery_id FROM landing.delivery WHERE source = :source AND sha256 = :sha256 AND received_at = :received
    AND stated_period IS NOT DISTINCT FROM :stated""")


def landed(engine: sa.Engine, delivery_id: int, settings: Settings) -> Landed:
    """A delivery that was kept before."""
    with engine.connect() as connection:
        row = connection.execute(
            sa.text(
                "SELECT d.*, f.encrypted FROM landing.delivery d JOIN landing.raw_file f USING (sha256) "
                "WHERE delivery_id = :id"
            ),
            {"id": delivery_id},
        ).one()
    raw = RawFile(
        _path(settings, row.sha256, encrypted=row.encrypted),
        row.file_name,
        row.encrypted,
        tuple(settings.landing_keys) if row.encrypted else (),
    )
    return Landed(row.delivery_id, row.sha256, row.received_at, row.stated_period, raw)


def pending(engine: sa.Engine, source: str, rules_sha256: str) -> list[int]:
    """Deliveries of `source` to be judged, oldest received first: never judged, or refused by other rules than these."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT delivery_id FROM landing.delivery d WHERE source = :source AND NOT EXISTS (SELECT 1 "
                "FROM validation.verdict v WHERE v.delivery_id = d.delivery_id AND (v.accepted OR v.rules_sha256 = :rules)) "
                "ORDER BY received_at, delivery_id"
            ),
            {"source": source, "rules": rules_sha256},
        )
        return [row.delivery_id for row in rows]


def verify(engine: sa.Engine, settings: Settings) -> Iterator[str]:
    """What is wrong with the kept files, a line each: missing, undecipherable, or no longer the bytes of their name."""
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT sha256, encrypted FROM landing.raw_file ORDER BY stored_at")).all()
    for row in rows:
        path = _path(settings, row.sha256, encrypted=row.encrypted)
        raw = RawFile(path, path.name, row.encrypted, tuple(settings.landing_keys) if row.encrypted else ())
        try:
            with raw.open() as stream:
                digest = _digest(stream)
        except StorageError as fault:
            yield str(fault)
            continue
        if digest != row.sha256:
            yield f"{path}: the raw file was changed, its SHA-256 is {digest}"


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while data := stream.read(_BLOCK):
        digest.update(data)
    return digest.hexdigest()


def _path(settings: Settings, sha256: str, *, encrypted: bool) -> Path:
    return settings.landing / sha256[:2] / (sha256 + (".age" if encrypted else ""))


def _store(arrival: Arrival, encrypted: bool, settings: Settings) -> tuple[str, int]:
    """Hashes and keeps the bytes in one pass; a file that is there already is not written again."""
    settings.landing.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = settings.landing / f".{os.getpid()}-{threading.get_ident()}.part"
    try:
        with arrival.path.open("rb") as given:
            source = _Hashing(given)
            with scratch.open("wb") as target:
                _write(source, target, encrypted, settings)
                target.flush()
                os.fsync(target.fileno())
        path = _path(settings, source.sha256, encrypted=encrypted)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            scratch.chmod(0o400)
            scratch.rename(path)
    except OSError as fault:
        raise StorageError(
            f"{arrival.file_name} can't be kept in {settings.landing}: {fault.strerror}. "
            "Check the file, the disk's space and the folder's permissions."
        ) from fault
    finally:
        scratch.unlink(missing_ok=True)
    return source.sha256, source.size


def _write(source: "_Hashing", target: IO[bytes], encrypted: bool, settings: Settings) -> None:
    if encrypted:
        import pyrage

        identity = pyrage.x25519.Identity.from_str(settings.landing_keys[0])
        pyrage.encrypt_io(cast(BinaryIO, source), cast(BinaryIO, target), [identity.to_public()])
        return
    while data := source.read(_BLOCK):
        target.write(data)


class _Hashing:
    def __init__(self, source: BinaryIO) -> None:
        self._source, self._hash, self.size = source, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
