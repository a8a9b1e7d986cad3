"""What people do with rows in quarantine."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import sqlalchemy as sa

from chiso import audit, contracts, landing, quarantine
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.verdicts import Outcome
from chiso.flow import loading
from chiso.quarantine import Case
from chiso.system.errors import UsageError
from chiso.system.platform import Platform
from chiso.validation import Rules


def discard(platform: Platform, numbers: Sequence[int], decided_by: str, why: str) -> list[Case]:
    """Closes cases without loading their rows; returns them.

    Raises UsageError: no name or reason, no such case, one that is closed.
    """
    require_decision(decided_by, why)
    with platform.engine.connect() as connection:
        sources = {case.source for case in quarantine.cases_named(connection, numbers)}
    with unmoved(platform, sources), audit.transaction(platform.engine, platform.settings) as connection:
        cases = quarantine.cases_named(connection, numbers)
        quarantine.decide(connection, cases, "discarded", decided_by.strip(), why.strip())
    return cases


def release(platform: Platform, numbers: Sequence[int], decided_by: str, why: str) -> Outcome:
    """Loads rows by decision: their delivery is read again, with an exception for each of the cases.

    The decision is written down with what it loads; where the delivery stays refused, it isn't. Raises UsageError: no name or
    reason, no such case, one that is closed, cases of several deliveries, a row that can't be loaded or breaks further rules.
    """
    require_decision(decided_by, why)
    with platform.engine.connect() as connection:
        cases = quarantine.require_open(quarantine.cases_named(connection, numbers))
        if len({(case.source, case.sha256) for case in cases}) > 1:
            named = ", ".join(map(str, sorted({case.delivery_id for case in cases})))
            raise UsageError(f"The cases are of several deliveries ({named}); release those of one at a time.")
        others = quarantine.cases_of_bytes(connection, cases[0].source, cases[0].sha256)
        others = [case for case in others if case.is_open and case not in cases]
    delivery_id = max(case.delivery_id for case in cases)
    contract = contracts.load(cases[0].source, platform.settings)
    _require_loadable(cases, others, Rules.of(contract, platform.settings))
    decision = loading.Release(cases, decided_by.strip(), why.strip())
    return loading.load(register.landed(platform.engine, _reading(platform, delivery_id), platform.settings), contract, platform, decision)


def _require_loadable(cases: list[Case], others: list[Case], rules: Rules) -> None:
    known = rules.by_id()
    for case in cases:
        rule = known.get(case.rule)
        if case.row_no is None:
            raise UsageError(f"Case {case.case_id} was found by an older version; `chiso quarantine replay --delivery {case.delivery_id}` first.")
        if rule is None or (case.value is None and rule.expectation["type"] == "expect_column_values_to_not_be_null"):
            raise UsageError(f"Case {case.case_id}: no value can be read ({case.rule}), so there is none to load. Have it corrected, or discard it.")
        if rule.found_by == "twins":
            raise UsageError(f"Case {case.case_id}: which of several rows with one key is right can't be released. Have it corrected, or discard it.")
        more = [other.case_id for other in others if other.row_no == case.row_no]
        if more:
            raise UsageError(f"The row of case {case.case_id} is rejected by case {more[0]} too; release both, or neither.")


def replay(platform: Platform, *, delivery: int | None = None, source: str | None = None) -> Iterator[Outcome]:
    """Judges kept bytes again by today's rules: of a delivery, or of all of a source that rules have changed for.

    Those are the refused ones, and accepted ones that stand and have rejected rows. An accepted delivery is read again as another one;
    what was judged by today's rules already keeps its outcome. Raises UsageError: no such delivery or source.
    """
    if (delivery is None) == (source is None):
        raise UsageError("Give either --delivery or --source.")
    if source is not None:
        contract = contracts.load(source, platform.settings)
        rules = Rules.of(contract, platform.settings).sha256
        chosen = register.pending(platform.engine, source, rules)
        accepted = register.rejected_by_others(platform.engine, contract, rules)
        for each in sorted({*chosen, *accepted}):
            yield _judged_again(platform, contract, each)
        return
    assert delivery is not None  # noqa: S101 - asked above
    contract = contracts.load(_source_of(platform, delivery), platform.settings)
    yield _judged_again(platform, contract, register.newest_reading(platform.engine, delivery))


def _judged_again(platform: Platform, contract: Contract, delivery_id: int) -> Outcome:
    """A delivery whose accepted verdict was by other rules is read again; any other is judged itself, or keeps its outcome."""
    rules = Rules.of(contract, platform.settings).sha256
    with platform.engine.connect() as connection:
        by_others = connection.execute(
            sa.text("SELECT FROM validation.verdict WHERE delivery_id = :id AND accepted AND rules_sha256 <> :rules"),
            {"id": delivery_id, "rules": rules},
        ).first()
    if by_others is not None:
        delivery_id = _reading(platform, delivery_id)
    return loading.load(register.landed(platform.engine, delivery_id, platform.settings), contract, platform)


def _reading(platform: Platform, delivery_id: int) -> int:
    """Registers that the delivery's bytes are read again; or the reading that was registered, and never judged."""
    newest = register.newest_reading(platform.engine, delivery_id)
    with platform.engine.connect() as connection:
        judged = connection.execute(sa.text("SELECT FROM validation.verdict WHERE delivery_id = :id"), {"id": newest}).first()
    if judged is None:
        return newest
    again = landing.read_again(newest, platform.engine, platform.settings)
    return again if again is not None else register.newest_reading(platform.engine, newest)


def _source_of(platform: Platform, delivery_id: int) -> str:
    with platform.engine.connect() as connection:
        source = connection.execute(sa.text("SELECT source FROM landing.delivery WHERE delivery_id = :id"), {"id": delivery_id}).scalar()
    if source is None:
        raise UsageError(f"There is no delivery {delivery_id}; `chiso deliveries` lists them.")
    return str(source)


def require_decision(decided_by: str, why: str) -> None:
    """Raises UsageError where nobody is named, or no reason is given."""
    if not (decided_by.strip() and why.strip()):
        raise UsageError("A decision needs a name and a reason: give --by NAME --why TEXT.")


@contextmanager
def unmoved(platform: Platform, sources: Collection[str]) -> Iterator[None]:
    """While it lasts no cases of these sources move: nothing of them is loaded, and nobody else decides."""
    with ExitStack() as held:
        for source in sorted(sources):
            held.enter_context(loading.one_at_a_time(contracts.load(source, platform.settings), platform.engine))
        yield
