"""The register of deliveries: what came, when and how, and what of it is still to be judged.

A delivery is (source, stated period, SHA-256, receipt): the same one again is no second delivery.
"""

import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Rows
from chiso.contracts import Contract
from chiso.deliveries.events import stands
from chiso.deliveries.raw import RawFile, raw_path
from chiso.province.periods import Period
from chiso.system.platform import Platform
from chiso.system.settings import Settings


@dataclass(frozen=True)
class Arrival:
    """A file that reached us, and how. `origin`: fetch, drop_folder or file (given by hand).

    seen: the file's status when it was looked at; one that is another file by now, or was written to, isn't kept.
    """

    path: Path
    file_name: str
    uri: str
    received_at: datetime
    origin: str
    stated_period: str | None = None
    fetch_id: int | None = None
    seen: os.stat_result | None = None


@dataclass(frozen=True)
class Received:
    """Bytes to be read, and what is known of them beforehand. stated_period: what was asked for, if anything was."""

    raw: RawFile
    sha256: str
    received_at: datetime
    stated_period: str | None = None


@dataclass(frozen=True)
class Landed(Received):
    """A kept delivery."""

    delivery_id: int = field(kw_only=True)
    read_again: int | None = field(default=None, kw_only=True)
    """The delivery whose bytes these are, where a changed contract reads them again."""


@dataclass(frozen=True)
class Fetch:
    """A delivery that is asked for. period: its code, where one is asked for; uri: without secrets."""

    source: str
    period: str | None
    uri: str
    started_at: datetime


@dataclass(frozen=True)
class Failure:
    """Why a fetch failed. status: of the last answer, where there was one; reason: and what to do; evidence: what it began with."""

    status: int | None
    reason: str
    evidence: str | None


def add_fetch(
    platform: Platform,
    asked: Fetch,
    outcome: Literal["fetched", "not_modified", "failed"],
    *,
    requests: int,
    etag: str | None = None,
    failure: Failure | None = None,
) -> int:
    """Writes down what came of a fetch that ends now; returns its id.

    requests: sent for it. failure: of one that failed.
    """
    with audit.transaction(platform.engine, platform.settings) as connection:
        fetch_id = int(
            connection.execute(
                sa.text(
                    "INSERT INTO sources.fetch (source, period, uri, started_at, finished_at, outcome, etag, requests, status, reason, evidence) "
                    "VALUES (:source, :period, :uri, :started_at, :finished_at, :outcome, :etag, :requests, :status, :reason, :evidence) "
                    "RETURNING fetch_id"
                ),
                {
                    **asdict(asked),
                    "finished_at": datetime.now(UTC),
                    "outcome": outcome,
                    "etag": etag,
                    "requests": requests,
                    **(asdict(failure) if failure else dict.fromkeys(("status", "reason", "evidence"))),
                },
            ).scalar_one()
        )
        audit.record(connection, audit.Fetched(asked.source, outcome), rows=[Rows.of("sources.fetch", fetch_id)])
    return fetch_id


def add_raw_file(connection: sa.Connection, sha256: str, size: int, *, encrypted: bool) -> None:
    """Registers a file's bytes, if they aren't known yet. size: in bytes, as delivered."""
    connection.execute(
        sa.text(
            "INSERT INTO landing.raw_file (sha256, bytes, encrypted) VALUES (:sha256, :size, :encrypted) "
            "ON CONFLICT DO NOTHING"
        ),
        {"sha256": sha256, "size": size, "encrypted": encrypted},
    )


def add(connection: sa.Connection, source: str, arrival: Arrival, sha256: str) -> tuple[int, bool]:
    """Registers a delivery; returns its id, and whether it is new."""
    key = {"source": source, "stated": arrival.stated_period, "sha256": sha256, "received": arrival.received_at}
    came = {
        "origin": arrival.origin,
        "file_name": arrival.file_name,
        "uri": arrival.uri,
        "fetch_id": arrival.fetch_id,
    }
    added = connection.execute(
        sa.text(
            "INSERT INTO landing.delivery (source, stated_period, sha256, received_at, origin, file_name, uri, fetch_id) "
            "VALUES (:source, :stated, :sha256, :received, :origin, :file_name, :uri, :fetch_id) "
            "ON CONFLICT DO NOTHING RETURNING delivery_id"
        ),
        key | came,
    ).scalar()
    if added is not None:
        return int(added), True
    known = connection.execute(
        sa.text(
            "SELECT delivery_id FROM landing.delivery WHERE source = :source AND sha256 = :sha256 "
            "AND received_at = :received AND stated_period IS NOT DISTINCT FROM :stated AND read_again IS NULL"
        ),
        key,
    )
    return int(known.scalar_one()), False


def size_is_known(engine: sa.Engine, size: int) -> bool:
    """Whether any kept file has so many bytes; where none has, bytes of that size are new."""
    with engine.connect() as connection:
        known = connection.execute(sa.text("SELECT EXISTS (SELECT FROM landing.raw_file WHERE bytes = :size)"), {"size": size})
        return bool(known.scalar_one())


def newest_from(connection: sa.Connection, source: str, uri: str) -> tuple[str, datetime] | None:
    """SHA-256 and receipt of the newest delivery that came from that place."""
    row = connection.execute(
        sa.text(
            "SELECT sha256, received_at FROM landing.delivery WHERE source = :source AND uri = :uri "
            "ORDER BY received_at DESC, delivery_id DESC LIMIT 1"
        ),
        {"source": source, "uri": uri},
    ).first()
    return (row.sha256, row.received_at) if row else None


@dataclass(frozen=True)
class KnownFile:
    """A file of a drop folder. uri: its place; size: in bytes; received_at: when it was last modified; etag: where it has one."""

    source: str
    uri: str
    size: int
    received_at: datetime
    etag: str | None


def known_files(engine: sa.Engine) -> set[KnownFile]:
    """Files of drop folders that were received."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT d.source, d.uri, f.bytes, d.received_at, o.etag FROM landing.delivery d "
                "JOIN landing.raw_file f USING (sha256) LEFT JOIN sources.fetch o USING (fetch_id) WHERE d.origin = 'drop_folder'"
            )
        )
        return {KnownFile(row.source, row.uri, row.bytes, row.received_at, row.etag) for row in rows}


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
        raw_path(settings, row.sha256, encrypted=row.encrypted),
        row.file_name,
        row.encrypted,
        tuple(settings.landing_keys) if row.encrypted else (),
    )
    return Landed(raw, row.sha256, row.received_at, row.stated_period, delivery_id=row.delivery_id, read_again=row.read_again)


def raw_files(connection: sa.Connection, settings: Settings) -> list[tuple[str, RawFile]]:
    """Every file that was ever kept, oldest first, with the SHA-256 that its bytes must have."""
    rows = connection.execute(sa.text("SELECT sha256, encrypted FROM landing.raw_file ORDER BY stored_at")).all()
    return [(row.sha256, _kept(row.sha256, settings, encrypted=row.encrypted)) for row in rows]


def _kept(sha256: str, settings: Settings, *, encrypted: bool) -> RawFile:
    path = raw_path(settings, sha256, encrypted=encrypted)
    return RawFile(path, path.name, encrypted, tuple(settings.landing_keys) if encrypted else ())


def pending(engine: sa.Engine, source: str, rules_sha256: str) -> list[int]:
    """Deliveries of `source` to be judged, oldest received first: never judged, or refused by other rules than these."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                f"SELECT delivery_id FROM landing.delivery d WHERE source = :source AND {stands('d')} AND NOT EXISTS (SELECT 1 "
                "FROM validation.verdict v WHERE v.delivery_id = d.delivery_id AND (v.accepted OR v.rules_sha256 = :rules)) "
                "ORDER BY received_at, delivery_id"
            ),
            {"source": source, "rules": rules_sha256},
        )
        return [row.delivery_id for row in rows]


def to_read_again(engine: sa.Engine, contract: Contract) -> list[int]:
    """Deliveries that stand and don't hold all that their bytes say by now, oldest received first.

    They were loaded without a column that the contract has gained since, or before it said which office fills which column; of
    events also without rows that a delivery had brought before, which was withdrawn since. Of bytes that came several times it
    is the delivery whose receipt stands. Of events every delivery stands: a newer one of the same period replaces none of its
    keys but those it has.
    """
    gained = "NOT l.columns @> CAST(:columns AS text[])"
    lacking = f"({gained} OR cardinality(CAST(:shares AS text[])) > 0 AND s.reporter <> ALL(CAST(:shares AS text[])))"
    standing = (
        "warehouse.current_slice() s JOIN warehouse.load l USING (delivery_id) JOIN validation.verdict v USING (verdict_id) "
        "JOIN landing.delivery d ON d.delivery_id = v.delivery_id"
    )
    if contract.has_events:
        standing = "warehouse.load l JOIN landing.delivery d USING (delivery_id)"
        lacking = f"({gained} OR {_LEFT_TO_A_WITHDRAWN_ONE})"
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                f"SELECT DISTINCT d.received_at, d.delivery_id FROM {standing} "
                f"WHERE l.source = :source AND {stands('d')} AND {lacking} "
                "AND NOT EXISTS (SELECT 1 FROM landing.delivery r WHERE r.read_again = d.delivery_id) ORDER BY 1, 2"
            ),
            {"source": contract.source, "columns": contract.loaded_names, "shares": list(contract.shares)},
        )
        return [row.delivery_id for row in rows]


_LEFT_TO_A_WITHDRAWN_ONE = """EXISTS (SELECT FROM validation.verdict o, validation.withdrawal w JOIN validation.verdict g USING (delivery_id)
    JOIN landing.delivery e USING (delivery_id) WHERE o.delivery_id = d.delivery_id AND o.accepted AND o.unchanged_count > 0
    AND g.accepted AND g.loaded_count > 0 AND e.source = d.source AND g.verdict_id < o.verdict_id AND w.recorded_at > o.recorded_at)"""
"""Whether rows weren't loaded since a delivery had brought them before, and that one was withdrawn afterwards."""


def rejected_by_others(engine: sa.Engine, contract: Contract, rules_sha256: str) -> list[int]:
    """Accepted deliveries that stand and of which rows were rejected by other rules than these, oldest received first.

    Of events every delivery stands.
    """
    stand = "" if contract.has_events else "AND v.verdict_id IN (SELECT c.verdict_id FROM warehouse.current_delivery() c)"
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                f"SELECT d.delivery_id FROM validation.verdict v JOIN landing.delivery d USING (delivery_id) WHERE d.source = :source AND v.accepted "
                f"AND v.rejected_count > 0 AND v.rules_sha256 <> :rules AND {stands('d')} {stand} "
                "AND NOT EXISTS (SELECT FROM landing.delivery r WHERE r.read_again = d.delivery_id) ORDER BY d.received_at, d.delivery_id"
            ),
            {"source": contract.source, "rules": rules_sha256},
        )
        return list(rows.scalars())


def newest_reading(engine: sa.Engine, delivery_id: int) -> int:
    """The delivery as which the bytes of this one were read last; itself where they never were read again."""
    with engine.connect() as connection:
        newest = connection.execute(
            sa.text(
                "WITH RECURSIVE reading(delivery_id) AS (SELECT CAST(:id AS bigint) UNION ALL "
                "SELECT d.delivery_id FROM reading r JOIN landing.delivery d ON d.read_again = r.delivery_id) SELECT max(delivery_id) FROM reading"
            ),
            {"id": delivery_id},
        )
        return int(newest.scalar_one())


def judged_as(engine: sa.Engine, delivery_id: int) -> int:
    """The delivery whose rows tell what is wrong in the bytes of this one: of equal content the first, of its readings the last judged."""
    with engine.connect() as connection:
        found = connection.execute(
            sa.text(
                "WITH RECURSIVE judged(delivery_id) AS (SELECT coalesce((SELECT max(v.same_as) FROM validation.verdict v "
                "WHERE v.delivery_id = :id), CAST(:id AS bigint)) UNION ALL "
                "SELECT d.delivery_id FROM judged j JOIN landing.delivery d ON d.read_again = j.delivery_id "
                "WHERE EXISTS (SELECT FROM validation.verdict v WHERE v.delivery_id = d.delivery_id)) SELECT max(delivery_id) FROM judged"
            ),
            {"id": delivery_id},
        )
        return int(found.scalar_one())


def add_reading(connection: sa.Connection, delivery_id: int) -> int | None:
    """Registers that a delivery's bytes are read again; returns the id under which its new facts are kept.

    None if that was registered before.
    """
    added = connection.execute(
        sa.text(
            "INSERT INTO landing.delivery (source, stated_period, sha256, received_at, origin, file_name, uri, fetch_id, read_again) "
            "SELECT source, stated_period, sha256, received_at, origin, file_name, uri, fetch_id, delivery_id FROM landing.delivery "
            "WHERE delivery_id = :id ON CONFLICT DO NOTHING RETURNING delivery_id"
        ),
        {"id": delivery_id},
    )
    return added.scalar()


def accepted_periods(engine: sa.Engine, source: str) -> list[Period]:
    """Periods with a current delivery, whichever way it came."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT DISTINCT period, calendar FROM warehouse.current_delivery() WHERE source = :source"), {"source": source}
        )
        return [Period.of(row.period, row.calendar) for row in rows]


def fetched_periods(engine: sa.Engine, source: str) -> dict[Period, str | None]:
    """Periods with a current delivery that was fetched, each with the ETag that its endpoint gave."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT c.period, c.calendar, f.etag FROM warehouse.current_delivery() c "
                "JOIN validation.verdict v USING (verdict_id) JOIN landing.delivery d ON d.delivery_id = v.delivery_id "
                "JOIN sources.fetch f USING (fetch_id) WHERE c.source = :source AND d.origin = 'fetch'"
            ),
            {"source": source},
        )
        return {Period.of(row.period, row.calendar): row.etag for row in rows}
