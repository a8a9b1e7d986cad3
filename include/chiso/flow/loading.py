"""The composition of the stages: how a delivery becomes facts. Read it from the top.

The command line and the DAG tasks call these same functions.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from chiso import audit, landing, quarantine, sources, staging, validation, warehouse
from chiso.audit import Rows
from chiso.contracts import Contract
from chiso.deliveries import corrections, drift, verdicts, withdrawals
from chiso.deliveries.drift import Drift
from chiso.deliveries.raw import RawFile
from chiso.deliveries.register import Arrival, Landed, Received
from chiso.deliveries.staged import Staged
from chiso.deliveries.verdicts import Outcome, Standing
from chiso.findings.issues import DeliveryRefused, Issue
from chiso.province.units import load_reference
from chiso.system import progress
from chiso.system.database import load_lock, reachable
from chiso.system.errors import UsageError
from chiso.system.platform import Platform
from chiso.system.settings import connection_variable
from chiso.validation import RowConditions, Rules, Verdict

Answer = TypeVar("Answer")


def ingest(arrival: Arrival, contract: Contract, platform: Platform) -> Outcome:
    """Stages 2 to 6 of one delivery."""
    validation.warm_up()  # keeping a large file takes about as long as the start
    with progress.step(f"keeping {arrival.file_name}"):
        landed = landing.keep(arrival, contract, platform.engine, platform.settings)
    if landed.raw.encrypted:
        landed = replace(landed, raw=replace(landed.raw, plain=arrival.path, sha256=landed.sha256))
    return load(landed, contract, platform)


@dataclass(frozen=True)
class Release:
    """A decision to load rows of a delivery although they break a rule; it is written down if the delivery is accepted."""

    cases: Sequence[quarantine.Case]
    decided_by: str
    why: str

    @property
    def excepted(self) -> frozenset[tuple[int, str]]:
        """Row and rule of each."""
        return frozenset((case.row_no, case.rule) for case in self.cases if case.row_no is not None)


def load(landed: Landed, contract: Contract, platform: Platform, release: Release | None = None) -> Outcome:
    """Stages 3 to 6: read, judge, then load in one transaction. Running it again changes nothing.

    What was released of these bytes before, or is by `release`, rejects no row.
    """
    rules = Rules.of(contract, platform.settings)
    with one_at_a_time(contract, platform.engine), reachable(platform.engine):
        if known := _known(landed, rules, platform):
            return known
        validation.warm_up()
        try:
            staged = _read(landed, rules, platform)
            with platform.engine.connect() as connection:
                standing = verdicts.of_same_content(connection, landed, staged, rules.sha256)
                withdrawn = withdrawals.of_same_content(connection, landed, staged)
                excepted = quarantine.released(connection, contract.source, landed.sha256)
            if withdrawn:
                return _refuse(landed, withdrawn.finding(contract.terms.responsible), rules, platform)
            if standing:
                return _received_again(landed, standing, rules, platform)
            drifts = _drifts(staged, platform) if landed.read_again is None else []
            staged = replace(staged, issues=drift.judged(staged, drifts))
            excepted |= release.excepted if release else frozenset()
            with validation.judging(
                staged, rules, platform.engine, excepted=excepted
            ) as judge:
                return _commit(_Judging(landed, staged, rules, judge, drifts, release), platform)
        except DeliveryRefused as refused:
            return _refuse(landed, refused.finding, rules, platform)
        finally:
            _discard(contract, platform)


def check(
    path: Path,
    contract: Contract,
    platform: Platform,
    stated_period: str | None = None,
    *,
    with_values: bool = False,
    alone: bool = False,
) -> Outcome:
    """A dry run of stages 3 and 4: what `ingest` would find. Keeps nothing.

    with_values: also the sums by measure. alone: by the rules that say the same whatever else was loaded.
    """
    rules = Rules.of(contract, platform.settings)
    rules = rules.of_delivery_alone() if alone else rules
    if rules.needs_library:
        validation.warm_up()
    received = Received(RawFile(path, path.name), _sha256(path), modified_at(path), stated_period)
    with one_at_a_time(contract, platform.engine), reachable(platform.engine):
        try:
            staged = _read(received, rules, platform)
            if not alone:
                staged = replace(staged, issues=drift.judged(staged, _drifts(staged, platform)))
            with progress.step("judging"):
                verdict = validation.dry_run(staged, rules, platform.engine)
            values = warehouse.staged_values(platform.engine, staged) if with_values else None
        except DeliveryRefused as refused:
            values = [] if with_values else None
            return Outcome(contract.source, None, False, issues=[refused.finding.as_json()], issues_total=1, values=values)
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
        values=values,
    )


def with_rows(landed: Landed, rules: Rules, platform: Platform, ask: Callable[[sa.Connection], Answer]) -> Answer:
    """What `ask` finds in the staged rows of a kept delivery, which is read for that and judged by nobody. Raises DeliveryRefused."""
    with one_at_a_time(rules.contract, platform.engine), reachable(platform.engine):
        try:
            _read(landed, rules, platform)
            with platform.engine.connect() as connection:
                return ask(connection)
        finally:
            _discard(rules.contract, platform)


# --- The steps ---


def _known(landed: Landed, rules: Rules, platform: Platform) -> Outcome | None:
    """What is said of the delivery before it is read: it was judged or withdrawn, or its bytes are the current one's."""
    contract = rules.contract
    with platform.engine.connect() as connection:
        if withdrawn := withdrawals.of_delivery(connection, landed.delivery_id):
            return _refused(landed, withdrawn.finding(contract.terms.responsible), contract)
        if known := verdicts.own(connection, landed, contract, rules.sha256):
            return known
        standing = verdicts.of_same_bytes(connection, landed, contract, rules.sha256)
    return _received_again(landed, standing, rules, platform) if standing else None


@contextmanager
def one_at_a_time(contract: Contract, engine: sa.Engine) -> Iterator[None]:
    """Holds the source's lock; a second load of the same source waits for the first."""
    with reachable(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        lock = load_lock(contract.source)
        with progress.step(f"{contract.source}: waiting for whoever loads it"):
            connection.execute(sa.text(f"SELECT pg_advisory_lock({lock})"))
        try:
            yield
        finally:
            connection.execute(sa.text(f"SELECT pg_advisory_unlock({lock})"))


def _read(received: Received, rules: Rules, platform: Platform) -> Staged:
    failed, reference = RowConditions(rules).failed, load_reference(platform.settings.schemas)
    with platform.engine.begin() as connection:
        password = workbook_password(rules.contract, platform)
        staged = staging.read(staging.Task(received, rules.contract, reference, connection, failed, password))
        applied = corrections.apply(connection, staged, corrections.load(platform.settings.schemas), platform.settings.today)
        if applied.used:
            validation.recheck(connection, staged, failed, [each.row_no for each in applied.used])
    return replace(staged, corrected=applied.used, issues=[*staged.issues, *applied.issues])


def _drifts(staged: Staged, platform: Platform) -> list[Drift]:
    with platform.engine.connect() as connection:
        return drift.find(connection, staged)


@dataclass(frozen=True)
class _Judging:
    """A delivery that was read, while Great Expectations judges it. judge: waits for the verdict."""

    landed: Landed
    staged: Staged
    rules: Rules
    judge: Callable[[], Verdict]
    drifts: Sequence[Drift]
    release: Release | None


def _commit(case: _Judging, platform: Platform) -> Outcome:
    """Verdict, rejects, facts and audit events together, or none of them. The merge begins before the verdict is there."""
    landed, staged = case.landed, case.staged
    with audit.transaction(platform.engine, platform.settings) as connection:
        with connection.begin_nested() as attempt:
            with progress.step("loading"):
                merged = warehouse.merge(connection, staged, landed.delivery_id)
            verdict = case.judge()
            if not verdict.accepted:
                attempt.rollback()
                merged = warehouse.NOTHING
        outcome = Outcome(
            staged.contract.source,
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
        verdict_id = verdicts.write(connection, outcome, staged.content_sha256, case.rules.sha256, checks=verdict.checks)
        drift.write(connection, verdict_id, staged, landed.delivery_id, case.drifts)
        kept = quarantine.keep(connection, verdict_id, validation.rejects(connection, staged, case.rules))
        if outcome.accepted and case.release:
            decision = case.release
            quarantine.decide(connection, decision.cases, "released", decision.decided_by, decision.why, landed.delivery_id)
        moves = _move_cases(connection, case, verdict_id, accepted=outcome.accepted)
        _audit_verdict(connection, landed, outcome, verdict_id)
        if kept:
            rejected = audit.RowsRejected(outcome.rejected, kept)
            audit.record(connection, rejected, landed.delivery_id, [Rows.of("quarantine.reject", verdict_id)])
        if moves:
            cases = [Rows.of("quarantine.row_case", verdict_id), *moves.rows]
            audit.record(connection, quarantine.CasesMoved(moves.steps), landed.delivery_id, cases)
        if outcome.accepted:
            corrections.write(connection, landed.delivery_id, staged.corrected)
            corrected = [Rows.of(corrections.TABLE, landed.delivery_id)] if staged.corrected else []
            loaded = audit.Loaded(merged.loaded, outcome.unchanged or 0, outcome.partitions or [])
            audit.record(connection, loaded, landed.delivery_id, [*merged.written, *corrected])
    return outcome


def _move_cases(connection: sa.Connection, case: _Judging, verdict_id: int, *, accepted: bool) -> quarantine.Moves:
    delivery_id = case.landed.delivery_id
    moves = quarantine.take_up(connection, case.staged, delivery_id, verdict_id)
    if accepted:
        moves += quarantine.settle(connection, case.staged, delivery_id, verdict_id)
    if moves.found:
        moves += quarantine.settle_late(connection, case.staged, delivery_id, verdict_id)
    return moves


def _refuse(landed: Landed, finding: Issue, rules: Rules, platform: Platform) -> Outcome:
    """The delivery can't be read as what it claims to be: the verdict says why, nothing else is written."""
    outcome = _refused(landed, finding, rules.contract)
    with audit.transaction(platform.engine, platform.settings) as connection:
        verdict_id = verdicts.write(connection, outcome, landed.sha256, rules.sha256)
        _audit_verdict(connection, landed, outcome, verdict_id)
    return outcome


def _refused(landed: Landed, finding: Issue, contract: Contract) -> Outcome:
    return Outcome(
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


def _received_again(landed: Landed, standing: Standing, rules: Rules, platform: Platform) -> Outcome:
    """The content equals the current delivery's: that one stands, this receipt is written down."""
    with audit.transaction(platform.engine, platform.settings) as connection:
        same_as = standing.stands_for
        verdict_id = verdicts.write(connection, standing.outcome, standing.content_sha256, rules.sha256, same_as=same_as)
        said = [Rows.of("validation.verdict", verdict_id)]
        audit.record(connection, audit.ContentUnchanged(same_as), landed.delivery_id, said)
    return standing.outcome


def _audit_verdict(connection: sa.Connection, landed: Landed, outcome: Outcome, verdict_id: int) -> None:
    given = audit.VerdictGiven(
        outcome.source,
        landed.sha256,
        **outcome.window,
        accepted=outcome.accepted,
        rows=outcome.rows,
        rejected=outcome.rejected,
        issues=outcome.issues_total,
    )
    said = [Rows.of(table, verdict_id) for table in ("validation.verdict", "validation.drift")]
    audit.record(connection, given, landed.delivery_id, said)


# --- Small parts ---


def _discard(contract: Contract, platform: Platform) -> None:
    with platform.engine.begin() as connection:
        staging.discard(connection, contract)


def workbook_password(contract: Contract, platform: Platform) -> str | None:
    """The secret that opens protected workbooks, of the drop folder's connection."""
    terms = contract.terms.transport
    name = connection_variable(terms.endpoint)
    if terms.kind != "drop_folder" or not platform.settings.has(name):
        return None
    return sources.workbook_password(platform.settings.endpoint(terms.endpoint))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def modified_at(path: Path) -> datetime:
    """A file's modification time: its receipt. Raises UsageError where there is no such file."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}") from fault
