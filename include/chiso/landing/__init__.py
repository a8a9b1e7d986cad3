"""Stage 2: keep the bytes, their SHA-256 and how they came; append-only. Changes no byte.

A raw file lies under its SHA-256 below `var/landing`, once, encrypted with age where it may hold what is never stored
(personal data, addresses of machines).
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, BinaryIO, cast

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Fault, Rows
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.raw import RawFile, raw_path
from chiso.deliveries.register import Arrival, Landed
from chiso.system import progress
from chiso.system.errors import ArrivalError, StorageError
from chiso.system.private_folder import UNFINISHED, is_work, private_folder
from chiso.system.settings import Settings

__all__ = ["keep", "read_again", "verify"]

_BLOCK = 1 << 20


def keep(arrival: Arrival, contract: Contract, engine: sa.Engine, settings: Settings) -> Landed:
    """Keeps the arrival's bytes and registers the delivery, if it isn't known yet.

    Nothing is registered where it raises: ArrivalError, where the file can't be read or changes meanwhile;
    StorageError, where it can't be kept.
    """
    encrypted = contract.keeps_files_encrypted
    with _stored(arrival, encrypted, engine, settings) as (sha256, size), audit.transaction(engine, settings) as connection:
        arrival = replace(arrival, received_at=_receipt(arrival, contract.source, sha256, connection))
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
            audit.record(connection, received, delivery_id, _receipt_of(sha256, delivery_id))
    return register.landed(engine, delivery_id, settings)


def read_again(delivery_id: int, engine: sa.Engine, settings: Settings) -> int | None:
    """Registers a kept delivery once more, so that its bytes are read anew; what was loaded of it before is kept.

    Returns the id under which it is read; None if that was registered before.
    """
    with audit.transaction(engine, settings) as connection:
        again = register.add_reading(connection, delivery_id)
        if again is None:
            return None
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
        audit.record(connection, received, again, _receipt_of(row.sha256, again))
    return again


def _receipt_of(sha256: str, delivery_id: int) -> list[Rows]:
    return [Rows.of("landing.raw_file", sha256), Rows.of("landing.delivery", delivery_id)]


def _receipt(arrival: Arrival, source: str, sha256: str, connection: sa.Connection) -> datetime:
    """When it was received: never ahead of now, or it would stay current whatever came after it.

    The same bytes at the same place, still dated ahead, are the receipt that is known.
    """
    now = datetime.now(UTC)
    if arrival.received_at <= now:
        return arrival.received_at
    known = register.newest_from(connection, source, arrival.uri)
    return known[1] if known and known[0] == sha256 else now


def verify(kept: Sequence[tuple[str, RawFile]], settings: Settings) -> Iterator[Fault]:
    """What is wrong with the kept files: missing, undecipherable, no longer the bytes of their name, or kept by nobody.

    kept: every file that was registered, with its SHA-256.
    """
    here = {path for path in settings.landing.rglob("*") if not path.is_dir() or path.is_symlink()}
    for sha256, raw in progress.each("raw files", kept):
        where = str(raw.path.relative_to(settings.landing))
        try:
            with raw.open() as stream:
                digest = _digest(stream)
        except StorageError as fault:
            yield Fault("file", "landing", where, str(fault))
            continue
        if digest != sha256:
            yield Fault("file", "landing", where, f"the raw file was changed, its SHA-256 is {digest}")
    work = {path for path in here if is_work(path, settings.landing)}
    unfinished = {path.stat().st_ino for path in work if path.exists()}
    for path in sorted(here - work - {raw.path for _, raw in kept}):
        if not path.exists() or path.is_symlink() or path.stat().st_ino not in unfinished:
            yield Fault("file", "landing", str(path.relative_to(settings.landing)), "was kept by no delivery: somebody put it there")


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while data := stream.read(_BLOCK):
        digest.update(data)
    return digest.hexdigest()


@contextmanager
def _stored(arrival: Arrival, encrypted: bool, engine: sa.Engine, settings: Settings) -> Iterator[tuple[str, int]]:
    """SHA-256 and size of the bytes, which are kept by now and registered inside; those that are there already aren't written again."""
    known = _known(arrival, encrypted, engine, settings)
    if known:
        yield known
        return
    with _written(arrival, encrypted, settings) as new:
        yield new


def _known(arrival: Arrival, encrypted: bool, engine: sa.Engine, settings: Settings) -> tuple[str, int] | None:
    """SHA-256 and size, if these very bytes are kept. Only what may be known by its size is read for that."""
    with _opened(arrival) as given:
        if not register.size_is_known(engine, given.status.st_size):
            return None
        while given.read(_BLOCK):
            pass
    path = raw_path(settings, given.sha256, encrypted=encrypted)
    return (given.sha256, given.size) if path.exists() else None


@contextmanager
def _written(arrival: Arrival, encrypted: bool, settings: Settings) -> Iterator[tuple[str, int]]:
    """Writes and hashes in one pass; the file appears under its name when it is whole, and on the disk.

    Until it is registered it keeps its name in the private folder too, so that what a killed process left isn't taken for a file
    that somebody put there.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(private_folder(settings.landing))
            scratch = folder / "raw"
            with _opened(arrival) as given, scratch.open("wb") as target:
                _write(given, target, encrypted, settings)
                target.flush()
                os.fsync(target.fileno())
            path = raw_path(settings, given.sha256, encrypted=encrypted)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            scratch.chmod(0o400)
            with suppress(FileExistsError):  # the same bytes are kept already, perhaps since a moment ago
                os.link(scratch.rename(folder / path.name), path)
        except OSError as fault:
            raise StorageError(
                f"{arrival.file_name} can't be kept in {settings.landing}: {fault.strerror}. "
                "Check the disk's space and the folder's permissions."
            ) from fault
        yield given.sha256, given.size
        (settings.landing / UNFINISHED / path.name).unlink(missing_ok=True)


def _write(source: "_Given", target: IO[bytes], encrypted: bool, settings: Settings) -> None:
    if encrypted:
        import pyrage

        identity = pyrage.x25519.Identity.from_str(settings.landing_keys[0])
        pyrage.encrypt_io(cast(BinaryIO, source), cast(BinaryIO, target), [identity.to_public()])
        return
    while data := source.read(_BLOCK):
        target.write(data)


@contextmanager
def _opened(arrival: Arrival) -> Iterator["_Given"]:
    """The arrival's file, which must stay as it was when it was looked at. Raises ArrivalError."""
    try:
        # Where the file was replaced by a pipe, no writer is waited for.
        opened = os.open(arrival.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        raise _unreadable(arrival, fault) from fault
    with os.fdopen(opened, "rb") as file:
        given = _Given(arrival, file)
        if not stat.S_ISREG(given.status.st_mode):
            raise ArrivalError(f"{arrival.file_name} is no regular file. Give one.")
        _expect_same(arrival.seen or given.status, given.status, arrival)
        yield given
        _expect_same(given.status, os.fstat(opened), arrival)


def _expect_same(then: os.stat_result, now: os.stat_result, arrival: Arrival) -> None:
    said = [(each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns) for each in (then, now)]
    if said[0] != said[1]:
        raise ArrivalError(
            f"{arrival.file_name} was written to or replaced while it was looked at. Nothing of it was kept; run again."
        )


def _unreadable(arrival: Arrival, fault: OSError) -> ArrivalError:
    return ArrivalError(f"{arrival.file_name} can't be read: {fault.strerror}. Let this user read it, then run again.")


class _Given:
    """An arrival's bytes, hashed and counted as they are read. Raises ArrivalError where they can't be."""

    def __init__(self, arrival: Arrival, file: BinaryIO) -> None:
        self._arrival, self._file = arrival, file
        self._hash, self.size = hashlib.sha256(), 0
        self.status = os.fstat(file.fileno())

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(size)
        except OSError as fault:
            raise _unreadable(self._arrival, fault) from fault
        self._hash.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
