"""The composition of the stages: how a delivery becomes facts. Read it from the top.

The command line and the DAG tasks call these same functions.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chiso import audit, landing, quarantine, staging, validation, warehouse
from chiso.contracts import Contract
from chiso.deliveries import verdicts
from chiso.deliveries.raw import RawFile
from chiso.deliveries.register import Arrival, Landed
from chiso.deliveries.verdicts import Outcome, Standing
from chiso.findings.issues import DeliveryRefused, Issue
from chiso.province.units import load_reference
from chiso.staging import Delivered, Staged
from chiso.system.database import load_lock, reachable
from chiso.system.errors import UsageError
from chiso.system.platform import Platform
from chiso.validation import Judged, Verdict


def ingest(arrival: Arrival, contract: Contract, platform: Platform) -> Outcome:
    """Stages 2 to 6 of one delivery."""
    validation.warm_up()  # keeping a large file takes about as long as the start
    landed = landing.keep(arrival, contract, platform.engine, platform.settings)
    if landed.raw.encrypted and contract.terms.delivery.format == "csv":
        # The bytes are at hand; deciphering what was kept would only give the same ones.
        landed = replace(landed, raw=RawFile(arrival.path, landed.raw.name, sha256=landed.sha256))
    return load(landed, contract, platform)


def load(landed: Landed, contract: Contract, platform: Platform) -> Outcome:
    """Stages 3 to 6: read, judge, then load in one transaction. Running it again changes nothing."""
    with _one_at_a_time(contract, platform.engine), reachable(platform.engine):
        rules = validation.rules_sha256(contract, platform.settings)
        with platform.engine.connect() as connection:
            if known := verdicts.own(connection, landed, contract, rules):
                return known
            # An answer of JSON may speak of the period in which it was given, which its bytes don't say.
            dated = contract.terms.delivery.format != "json"
            standing = verdicts.of_same_bytes(connection, landed, contract, rules) if dated else None
        if standing:
            return _received_again(landed, standing, rules, platform)
        validation.warm_up()
        try:
            staged = _stage(landed, contract, platform)
            with platform.engine.connect() as connection:
                standing = verdicts.of_same_content(
                    connection, landed, contract, rules, staged.period, staged.content_sha256
                )
            if standing:
                return _received_again(landed, standing, rules, platform)
            judged = _judged(staged, landed.raw.name)
            with validation.judging(
                judged, platform.engine, platform.settings, staged.issues, keep_docs=True
            ) as verdict:
                return _commit(landed, staged, verdict, rules, contract, platform)
        except DeliveryRefused as refused:
            return _refuse(landed, refused.finding, rules, contract, platform)
        finally:
            _discard(contract, platform)


def check(path: Path, contract: Contract, platform: Platform, stated_period: str | None = None) -> Outcome:
    """A dry run of stages 3 and 4: what `ingest` would find. Keeps nothing."""
    raw = RawFile(path, path.name)
    validation.warm_up()
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
    landed: Landed, staged: Staged, judge: Callable[[], Verdict], rules: str, contract: Contract, platform: Platform
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
        verdict_id = verdicts.write(connection, outcome, staged.content_sha256, rules, checks=verdict.checks)
        kept = quarantine.keep(
            connection, verdict_id, validation.rejects(connection, _judged(staged, landed.raw.name), platform.settings)
        )
        head = _audit(connection, landed, outcome, kept, merged.facts)
        if contract.terms.versions and merged.loaded:
            head = warehouse.record_counts(connection, landed.delivery_id)
    audit.anchor(platform.settings, head)
    return outcome


def _refuse(landed: Landed, finding: Issue, rules: str, contract: Contract, platform: Platform) -> Outcome:
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
        verdicts.write(connection, outcome, landed.sha256, rules)
        head = _audit(connection, landed, outcome, 0, {})
    audit.anchor(platform.settings, head)
    return outcome


def _received_again(landed: Landed, standing: Standing, rules: str, platform: Platform) -> Outcome:
    """The content equals the current delivery's: that one stands, this receipt is written down."""
    with platform.engine.begin() as connection:
        same_as = standing.stands_for
        verdicts.write(connection, standing.outcome, standing.content_sha256, rules, same_as=same_as)
        head = audit.record(connection, "landing", "content_unchanged", {"same_as": same_as}, landed.delivery_id)
    audit.anchor(platform.settings, head)
    return standing.outcome


def _audit(connection: sa.Connection, landed: Landed, outcome: Outcome, kept: int, facts: dict[str, Any]) -> audit.Head:
    head = audit.record(
        connection,
        "validation",
        "verdict",
        {
            "source": outcome.source,
            "sha256": landed.sha256,
            **outcome.window,
            "accepted": outcome.accepted,
            "rows": outcome.rows,
            "rejected": outcome.rejected,
            "issues": outcome.issues_total,
            "issues_sha256": verdicts.issues_sha256(outcome.issues),
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
