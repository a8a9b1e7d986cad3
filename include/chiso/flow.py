"""The composition of the stages: how a delivery becomes facts. Read it from the top.

The command line and the DAG tasks call these same functions.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chiso import audit, landing, quarantine, staging, validation, warehouse
from chiso.contracts import Contract
from chiso.database import load_lock, reachable
from chiso.errors import UsageError
from chiso.issues import DeliveryRefused, Issue
from chiso.landing import Arrival, Landed
from chiso.periods import Period, from_file_name
from chiso.platform import Platform
from chiso.raw import RawFile
from chiso.reference import load_reference
from chiso.staging import Delivered, Staged
from chiso.validation import Judged, Verdict


@dataclass(frozen=True)
class Outcome:
    """What came of a delivery. loaded, unchanged, partitions: None after a dry run; partitions: `calendar/period`."""

    source: str
    period: Period | None
    accepted: bool
    rows: int = 0
    rejected: int = 0
    loaded: int | None = None
    unchanged: int | None = None
    delivery: int | None = None
    partitions: list[str] | None = None
    issues: list[dict[str, Any]] = field(default_factory=list)
    issues_total: int = 0

    def as_json(self) -> dict[str, Any]:
        """The public shape."""
        return {
            "source": self.source,
            "period": self.period.code if self.period else None,
            "calendar": self.period.calendar if self.period else None,
            "accepted": self.accepted,
            "rows": self.rows,
            "rejected": self.rejected,
            "loaded": self.loaded,
            "unchanged": self.unchanged,
            "delivery": self.delivery,
            "partitions": self.partitions,
            "issues": self.issues,
            "issues_total": self.issues_total,
        }


def ingest(arrival: Arrival, contract: Contract, platform: Platform) -> Outcome:
    """Stages 2 to 6 of one delivery."""
    landed = landing.keep(arrival, contract, platform.engine, platform.settings)
    if landed.raw.encrypted and contract.terms.delivery.format == "csv":
        # The bytes are at hand; deciphering what was kept would only give the same ones.
        landed = replace(landed, raw=RawFile(arrival.path, landed.raw.name, sha256=landed.sha256))
    return load(landed, contract, platform)


def load(landed: Landed, contract: Contract, platform: Platform) -> Outcome:
    """Stages 3 to 6: read, judge, then load in one transaction. Running it again changes nothing."""
    with _one_at_a_time(contract, platform.engine), reachable(platform.engine):
        if known := _already_judged(landed, contract, platform):
            return known
        validation.warm_up()
        try:
            staged = _stage(landed, contract, platform)
            if current := _current(contract, staged.period, staged.content_sha256, platform):
                return _received_again(landed, current, contract, platform)
            judged = _judged(staged, landed.raw.name)
            with validation.judging(
                judged, platform.engine, platform.settings, staged.issues, keep_docs=True
            ) as verdict:
                return _commit(landed, staged, verdict, contract, platform)
        except DeliveryRefused as refused:
            return _refuse(landed, refused.finding, contract, platform)
        finally:
            _discard(contract, platform)


def check(path: Path, contract: Contract, platform: Platform, stated_period: str | None = None) -> Outcome:
    """A dry run of stages 3 and 4: what `ingest` would find. Keeps nothing."""
    raw = RawFile(path, path.name)
    with _one_at_a_time(contract, platform.engine), reachable(platform.engine):
        try:
            staged = _read(
                Delivered(raw, _sha256(path), modified_at(path), stated_period),
                contract,
                platform,
            )
            with validation.judging(
                _judged(staged, raw.name), platform.engine, platform.settings, staged.issues, keep_docs=False
            ) as judge:
                verdict = judge()
        except DeliveryRefused as refused:
            return Outcome(contract.source, None, False, issues=[refused.finding.as_json()], issues_total=1)
        finally:
            _discard(contract, platform)
    return Outcome(
        contract.source,
        staged.period,
        verdict.accepted,
        staged.rows,
        verdict.rejected,
        issues=[found.as_json() for found in verdict.issues],
        issues_total=verdict.issues_total,
    )


# --- The steps ---


@contextmanager
def _one_at_a_time(contract: Contract, engine: sa.Engine) -> Iterator[None]:
    """Holds the source's lock; a second load of the same source waits for the first."""
    with reachable(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        lock = load_lock(contract.source)
        connection.execute(sa.text(f"SELECT pg_advisory_lock({lock})"))
        try:
            yield
        finally:
            connection.execute(sa.text(f"SELECT pg_advisory_unlock({lock})"))


def _stage(landed: Landed, contract: Contract, platform: Platform) -> Staged:
    return _read(
        Delivered(landed.raw, landed.sha256, landed.received_at, landed.stated_period),
        contract,
        platform,
    )


def _read(delivered: Delivered, contract: Contract, platform: Platform) -> Staged:
    reference = load_reference(platform.settings.schemas)
    conditions = validation.RowConditions(contract, platform.settings)
    delivered = replace(delivered, password=_password(contract, platform), failed=conditions.failed)
    with platform.engine.begin() as connection:
        return staging.read(delivered, contract, reference, connection, _scratch(contract))


def _commit(
    landed: Landed, staged: Staged, judge: Callable[[], Verdict], contract: Contract, platform: Platform
) -> Outcome:
    """Verdict, rejects, facts and audit events together, or none of them. The merge begins before the verdict is there."""
    with platform.engine.begin() as connection:
        with connection.begin_nested() as attempt:
            merged = warehouse.merge(
                connection, contract, staged.name, landed.delivery_id, staged.period, staged.letters, staged.sheet
            )
            verdict = judge()
            if not verdict.accepted:
                attempt.rollback()
                merged = warehouse.NOTHING
        outcome = Outcome(
            contract.source,
            staged.period,
            verdict.accepted,
            staged.rows,
            verdict.rejected,
            merged.loaded,
            staged.rows - verdict.rejected - merged.loaded if verdict.accepted else 0,
            landed.delivery_id,
            [f"{period.calendar}/{period.code}" for period in merged.touched],
            [found.as_json() for found in verdict.issues],
            verdict.issues_total,
        )
        verdict_id = _write_verdict(
            connection, landed, outcome, staged.content_sha256, contract, platform, checks=verdict.checks
        )
        kept = quarantine.keep(
            connection, verdict_id, validation.rejects(connection, _judged(staged, landed.raw.name), platform.settings)
        )
        head = _audit(connection, landed, outcome, kept, merged.facts)
        if contract.terms.versions and merged.loaded:
            head = warehouse.record_counts(connection, landed.delivery_id)
    audit.anchor(platform.settings, head)
    return outcome


def _refuse(landed: Landed, finding: Issue, contract: Contract, platform: Platform) -> Outcome:
    """The delivery can't be read as what it claims to be: the verdict says why, nothing else is written."""
    outcome = Outcome(
        contract.source,
        None,
        False,
        loaded=0,
        unchanged=0,
        delivery=landed.delivery_id,
        partitions=[],
        issues=[finding.as_json()],
        issues_total=1,
    )
    with platform.engine.begin() as connection:
        _write_verdict(connection, landed, outcome, landed.sha256, contract, platform)
        head = _audit(connection, landed, outcome, 0, {})
    audit.anchor(platform.settings, head)
    return outcome


def _received_again(landed: Landed, current: sa.Row[Any], contract: Contract, platform: Platform) -> Outcome:
    """The content equals the current delivery's: that one stands, this receipt is written down."""
    outcome = _stored(current, contract, landed.delivery_id)
    with platform.engine.begin() as connection:
        _write_verdict(
            connection, landed, outcome, current.content_sha256, contract, platform, same_as=current.stands_for
        )
        head = audit.record(
            connection, "landing", "content_unchanged", {"same_as": current.stands_for}, landed.delivery_id
        )
    audit.anchor(platform.settings, head)
    return outcome


def _audit(connection: sa.Connection, landed: Landed, outcome: Outcome, kept: int, facts: dict[str, Any]) -> audit.Head:
    head = audit.record(
        connection,
        "validation",
        "verdict",
        {
            "source": outcome.source,
            "sha256": landed.sha256,
            "period": outcome.period.code if outcome.period else None,
            "calendar": outcome.period.calendar if outcome.period else None,
            "accepted": outcome.accepted,
            "rows": outcome.rows,
            "rejected": outcome.rejected,
            "issues": outcome.issues_total,
            "issues_sha256": issues_sha256(outcome.issues),
        },
        landed.delivery_id,
    )
    if kept:
        head = audit.record(
            connection, "quarantine", "rows_rejected", {"rows": outcome.rejected, "findings": kept}, landed.delivery_id
        )
    if outcome.accepted:
        head = audit.record(
            connection,
            "warehouse",
            "load",
            {
                "loaded": outcome.loaded,
                "unchanged": outcome.unchanged,
                "partitions": outcome.partitions,
                "facts": facts,
            },
            landed.delivery_id,
        )
    return head


def issues_sha256(issues: Sequence[dict[str, Any]]) -> str:
    """Identifies a verdict's findings in the audit chain."""
    return hashlib.sha256(json.dumps(issues, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# --- What is known already ---

_VERDICT = """
    SELECT v.*, d.source, coalesce(v.same_as, v.delivery_id) AS stands_for
    FROM validation.verdict v JOIN landing.delivery d USING (delivery_id)"""
_STILL_GOOD = """AND (v.rejected_count = 0 OR v.rules_sha256 = :rules)
    AND NOT (:delta AND EXISTS (SELECT 1 FROM validation.verdict n JOIN landing.delivery e USING (delivery_id)
        WHERE e.source = d.source AND n.accepted AND n.same_as IS NULL AND n.verdict_id > v.verdict_id))"""
"""Where the same content needs no second look: nothing was rejected, or it would be again; and of a delta, whose rows
others may have restated since, nothing came after it."""


def _already_judged(landed: Landed, contract: Contract, platform: Platform) -> Outcome | None:
    """The stored outcome: an accepted delivery is final, a refused one until its rules change."""
    with platform.engine.connect() as connection:
        row = connection.execute(
            sa.text(
                _VERDICT + " WHERE v.delivery_id = :id AND (v.accepted OR v.rules_sha256 = :rules) "
                "ORDER BY v.accepted DESC, v.verdict_id DESC LIMIT 1"
            ),
            {"id": landed.delivery_id, "rules": validation.rules_sha256(contract, platform.settings)},
        ).first()
        if row is None and contract.terms.delivery.format != "json":
            row = connection.execute(
                sa.text(
                    _VERDICT + " JOIN warehouse.current_delivery() c ON c.verdict_id = v.verdict_id "
                    "WHERE d.source = :source AND d.sha256 = :sha256 "
                    "AND v.period = coalesce(:stated, v.period) AND v.period = coalesce(:named, v.period) "
                    + _STILL_GOOD
                ),
                {
                    "source": contract.source,
                    "sha256": landed.sha256,
                    "stated": landed.stated_period,
                    "named": from_file_name(landed.raw.name),
                    "rules": validation.rules_sha256(contract, platform.settings),
                    "delta": contract.terms.delivery.mode == "delta",
                },
            ).first()
            return _received_again(landed, row, contract, platform) if row else None
    return _stored(row, contract, landed.delivery_id) if row else None


def _current(contract: Contract, period: Period, content_sha256: str, platform: Platform) -> sa.Row[Any] | None:
    """The current delivery's verdict, if its content is this one and would be judged alike."""
    with platform.engine.connect() as connection:
        return connection.execute(
            sa.text(
                _VERDICT
                + " JOIN warehouse.current_delivery() c ON c.verdict_id = v.verdict_id WHERE d.source = :source "
                "AND v.period = :period AND v.calendar = :calendar AND v.content_sha256 = :content " + _STILL_GOOD
            ),
            {
                "source": contract.source,
                "period": period.code,
                "calendar": period.calendar,
                "content": content_sha256,
                "rules": validation.rules_sha256(contract, platform.settings),
                "delta": contract.terms.delivery.mode == "delta",
            },
        ).first()


def _stored(row: sa.Row[Any], contract: Contract, delivery_id: int) -> Outcome:
    period = Period.of(row.period, row.calendar) if row.period else None
    return Outcome(
        contract.source,
        period,
        row.accepted,
        row.row_count,
        row.rejected_count,
        0,
        row.row_count - row.rejected_count if row.accepted else 0,
        delivery_id,
        [],
        row.issues,
        row.issues_total,
    )


def _write_verdict(
    connection: sa.Connection,
    landed: Landed,
    outcome: Outcome,
    content_sha256: str,
    contract: Contract,
    platform: Platform,
    *,
    checks: Sequence[dict[str, Any]] = (),
    same_as: int | None = None,
) -> int:
    row = connection.execute(
        sa.text("""
        INSERT INTO validation.verdict (delivery_id, period, calendar, accepted, same_as, row_count, rejected_count, loaded_count,
            unchanged_count, content_sha256, rules_sha256, issues, issues_total, checks)
        VALUES (:delivery, :period, :calendar, :accepted, :same_as, :rows, :rejected, :loaded, :unchanged, :content, :rules,
            CAST(:issues AS jsonb), :issues_total, CAST(:checks AS jsonb)) RETURNING verdict_id"""),
        {
            "delivery": landed.delivery_id,
            "period": outcome.period.code if outcome.period else None,
            "calendar": outcome.period.calendar if outcome.period else None,
            "accepted": outcome.accepted,
            "same_as": same_as,
            "rows": outcome.rows,
            "rejected": outcome.rejected,
            "loaded": outcome.loaded or 0,
            "unchanged": outcome.unchanged or 0,
            "content": content_sha256,
            "rules": validation.rules_sha256(contract, platform.settings),
            "issues": json.dumps(outcome.issues, ensure_ascii=False),
            "issues_total": outcome.issues_total,
            "checks": json.dumps(list(checks), ensure_ascii=False),
        },
    )
    return int(row.scalar_one())


# --- Small parts ---


def _judged(staged: Staged, file_name: str) -> Judged:
    return Judged(staged.name, staged.contract, staged.period, staged.rows, staged.sheet, staged.letters, file_name)


def _scratch(contract: Contract) -> str:
    """Name of the source's staging tables: one set, since its lock admits one load at a time."""
    return contract.source.replace("/", "_")


def _discard(contract: Contract, platform: Platform) -> None:
    with platform.engine.begin() as connection:
        staging.discard(connection, _scratch(contract))


def _password(contract: Contract, platform: Platform) -> str | None:
    """The secret that opens protected workbooks: the drop folder connection's password."""
    terms = contract.terms.transport
    name = f"AIRFLOW_CONN_CHISO_{terms.endpoint.upper()}"
    if terms.kind != "drop_folder" or not platform.settings.has(name):
        return None
    return platform.settings.endpoint(terms.endpoint).password or None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def modified_at(path: Path) -> datetime:
    """A file's modification time: its receipt. Raises UsageError where there is no such file."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}") from fault
