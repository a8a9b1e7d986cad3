"""Stage 2: keep the bytes, their SHA-256 and how they came; append-only. Changes no byte.

A raw file lies under its SHA-256 below `var/landing`, once, encrypted with age where its source holds personal data.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, BinaryIO, cast

import sqlalchemy as sa

from chiso import audit
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.raw import raw_path
from chiso.deliveries.register import Arrival, Landed
from chiso.system.errors import StorageError
from chiso.system.settings import Settings

__all__ = ["keep", "read_again", "verify"]

_BLOCK = 1 << 20


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
        register.add_raw_file(connection, sha256, size, encrypted=encrypted)
        delivery_id, is_new = register.add(connection, contract.source, arrival, sha256)
        if is_new:
            received = audit.DeliveryReceived(
                contract.source,
                sha256,
                size,
                arrival.file_name,
                arrival.origin,
                arrival.received_at.astimezone(UTC).isoformat(),
            )
            head = audit.record(connection, received, delivery_id)
    audit.anchor(settings, head)
    return register.landed(engine, delivery_id, settings)


def read_again(delivery_id: int, engine: sa.Engine, settings: Settings) -> Landed:
    """A kept delivery once more, so that a changed contract reads its bytes; what was loaded of it before is kept."""
    with engine.begin() as connection:
        again = register.add_reading(connection, delivery_id)
        row = connection.execute(
            sa.text("SELECT d.*, f.bytes FROM landing.delivery d JOIN landing.raw_file f USING (sha256) WHERE delivery_id = :id"),
            {"id": again},
        ).one()
        received = audit.DeliveryReceived(
            row.source,
            row.sha256,
            row.bytes,
            row.file_name,
            row.origin,
            row.received_at.astimezone(UTC).isoformat(),
            read_again=delivery_id,
        )
        head = audit.record(connection, received, again)
    audit.anchor(settings, head)
    return register.landed(engine, again, settings)


def verify(engine: sa.Engine, settings: Settings) -> Iterator[str]:
    """What is wrong with the kept files, a line each: missing, undecipherable, or no longer the bytes of their name."""
    for sha256, raw in register.raw_files(engine, settings):
        try:
            with raw.open() as stream:
                digest = _digest(stream)
        except StorageError as fault:
            yield str(fault)
            continue
        if digest != sha256:
            yield f"{raw.path}: the raw file was changed, its SHA-256 is {digest}"


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while data := stream.read(_BLOCK):
        digest.update(data)
    return digest.hexdigest()


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
        path = raw_path(settings, source.sha256, encrypted=encrypted)
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
