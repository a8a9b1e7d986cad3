"""Stage 4: judge a staged delivery with Great Expectations and the contract. Changes no data."""

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from chiso.deliveries.staged import Staged
from chiso.findings.issues import Action, Issue, Severity, issue, worded
from chiso.province.numbers import as_printed, as_typed, scaled
from chiso.province.text import mask_words
from chiso.system import progress
from chiso.system.errors import DisagreementError
from chiso.validation import judge, rows
from chiso.validation.judge import Judged, warm_up
from chiso.validation.rows import RowConditions, recheck
from chiso.validation.rules import Rule, Rules, totals_query

__all__ = ["RowConditions", "Rules", "Verdict", "dry_run", "judging", "recheck", "rejects", "warm_up"]

MOST_ISSUES = 1000
_MOST_REMEMBERED = 10_000
_CELL_REJECTED: tuple[Severity, Action] = ("critical", "reject_row")
_CELL_FLAGGED: tuple[Severity, Action] = ("warning", "flag")
"""What staging's own findings about cells do: the value can't be read, or it counts and something is to be said of it."""


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations and the row rules say. `issues`: at most 1 000 of `issues_total`, worst first."""

    accepted: bool
    rejected: int
    issues: list[Issue]
    issues_total: int
    checks: list[dict[str, Any]]


@contextmanager
def judging(
    staged: Staged,
    rules: Rules,
    engine: sa.Engine,
    *,
    excepted: Collection[tuple[int, str]] = (),
) -> Iterator[Callable[[], Verdict]]:
    """Marks the rows, has Great Expectations judge beside the caller; yields what waits for the verdict.

    excepted: row and rule of what somebody released: it is told, but rejects no row.
    Leaves the marks (row_no, rule, rejects …) and twins for quarantine and warehouse. The verdict raises
    DisagreementError where Great Expectations and the row rules differ, ContractError where a rule can't be staged.
    """
    dated = rules.at(staged.period)
    with progress.step("looking for rows that break a rule"):
        counts = rows.mark(engine, dated)
        if excepted:
            rows.spare(engine, staged.scratch, excepted)
    with ThreadPoolExecutor(1, thread_name_prefix="judge") as beside:
        holds = beside.submit(
            judge.judge,
            dated.stated,
            engine.url.render_as_string(hide_password=False),
            staged.scratch.name,
            staged.contract.source.replace("/", "."),
        )

        def judged() -> Verdict:
            with progress.step("judging"):
                case = _Case(staged, dated, counts, holds.result())
                _require_agreement(case, engine)
                return _verdict(case, engine)

        yield judged


def dry_run(staged: Staged, rules: Rules, engine: sa.Engine) -> Verdict:
    """What `judging` would say, kept nowhere.

    Where every rule is one that the row rules or SQL answer, as nearly always, Great Expectations isn't waited for: its start
    takes longer than all the rest, and a load has it judge in any case (docs/adr/0017-dry-runs.md).
    """
    if rules.needs_library:
        with judging(staged, rules, engine) as verdict:
            return verdict()
    dated = rules.at(staged.period)
    counts = rows.mark(engine, dated)
    with engine.connect() as connection:
        judged = {rule.id: _judged(connection, rule, staged, counts) for rule in dated.stated}
    return _verdict(_Case(staged, dated, counts, judged), engine)


def _judged(connection: sa.Connection, rule: Rule, staged: Staged, counts: Mapping[str, int]) -> Judged:
    return Judged(_holds(connection, rule, staged, counts), rule.expectation["type"], None)


def _holds(connection: sa.Connection, rule: Rule, staged: Staged, counts: Mapping[str, int]) -> bool:
    if rule.is_row_level:
        return not counts.get(rule.id)
    if rule.found_by == "broken":
        return not _count(connection, f"SELECT count(*) FROM {staged.scratch.broken} WHERE rejects")
    query = (rule.whole_query or "").format(batch=staged.scratch.rows)
    found = connection.exec_driver_sql(f"SELECT EXISTS (SELECT 1 FROM ({query}) found)".replace("%", "%%"))
    return not found.scalar_one()


@dataclass(frozen=True)
class _Case:
    """A delivery, its rules, how many rows break each, and what Great Expectations says of each."""

    staged: Staged
    rules: Rules
    counts: Mapping[str, int]
    judged: Mapping[str, Judged]

    @property
    def responsible(self) -> str:
        return self.staged.contract.terms.responsible


def _verdict(case: _Case, engine: sa.Engine) -> Verdict:
    scratch = case.staged.scratch
    with engine.connect() as connection:
        marks, total = _row_issues(connection, case.staged, case.rules)
        rejected = _count(connection, f"SELECT count(DISTINCT row_no) FROM {scratch.marks} WHERE rejects")
        whole = [*case.staged.issues, *_delivery_issues(connection, case, rejected)]
    accepted = not any(found.action == "refuse_delivery" for found in whole)
    order = {"critical": 0, "warning": 1, "info": 2}
    issues = sorted([*whole, *marks], key=lambda found: order[found.severity])[:MOST_ISSUES]
    return Verdict(
        accepted,
        rejected,
        issues,
        total + len(whole),
        [
            {
                "rule": rule.id,
                "severity": rule.severity,
                "action": rule.action,
                "success": case.judged[rule.id].success,
                "rows": case.counts.get(rule.id, 0),
                "type": case.judged[rule.id].type,
                "words": case.judged[rule.id].words or rule.vi or None,
            }
            for rule in case.rules.stated
        ],
    )


def rejects(connection: sa.Connection, staged: Staged, rules: Rules) -> Iterator[tuple[int, Issue]]:
    """Number of the row and finding of every (row, rule) that rejects a row, streamed from the marks."""
    by_id = rules.by_id()
    marks = connection.execute(
        sa.text(
            f"SELECT DISTINCT ON (row_no, rule) * FROM {staged.scratch.marks} WHERE rejects ORDER BY row_no, rule"
        ),
        execution_options={"yield_per": 5000},
    )
    known: dict[tuple[object, ...], Issue] = {}
    for row in marks:
        said = (row.rule, row.column_name, row.value, str(row.details))
        if said not in known:
            if len(known) == _MOST_REMEMBERED:
                known.clear()
            known[said] = _issue_of(row, staged, by_id)
        yield row.row_no, _placed(known[said], row, staged)


def _require_agreement(case: _Case, engine: sa.Engine) -> None:
    """Raises DisagreementError where the row rules and Great Expectations differ."""
    with engine.connect() as connection:
        broken = _count(connection, f"SELECT count(DISTINCT row_no) FROM {case.staged.scratch.broken} WHERE rejects")
    for rule in case.rules.stated:
        if not (rule.is_row_level or rule.found_by == "broken"):
            continue
        breaking = broken if rule.found_by == "broken" else case.counts.get(rule.id, 0)
        if case.judged[rule.id].success != (breaking == 0):
            raise DisagreementError(
                f"{case.staged.contract.source}, rule {rule.id}: Great Expectations says it "
                f"{'holds' if case.judged[rule.id].success else 'fails'}, the row rules found {breaking} breaking rows. "
                "Nothing was loaded; report this as a defect."
            )


def _row_issues(connection: sa.Connection, staged: Staged, rules: Rules) -> tuple[list[Issue], int]:
    by_id, marks = rules.by_id(), staged.scratch.marks
    total = _count(connection, f"SELECT count(*) FROM (SELECT DISTINCT row_no, rule FROM {marks}) s")
    found = connection.execute(
        sa.text(
            f"SELECT DISTINCT ON (NOT rejects, row_no, rule) * FROM {marks} "
            f"ORDER BY NOT rejects, row_no, rule LIMIT {MOST_ISSUES}"
        )
    )
    return [_placed(_issue_of(row, staged, by_id), row, staged) for row in found], total


def _issue_of(row: Any, staged: Staged, by_id: Mapping[str, Rule]) -> Issue:
    """The finding of one mark, without its place: its texts come from the rule, or from what staging wrote down."""
    owner = staged.contract.terms.responsible
    value = row.value
    if value is not None:
        value = staged.contract.without_addresses(mask_words(value) if staged.contract.holds_personal_data else value)
    what: dict[str, Any] = {"sheet": staged.sheet, "column": row.column_name, "value": value}
    rule = by_id.get(row.rule)
    if rule is None:
        severity, action = _CELL_REJECTED if row.rejects else _CELL_FLAGGED
        details = _cell_details(row, staged)
        return issue(row.details["text"], severity, action, owner, check=row.rule, **what, **details)
    if (figure := _figure(row, staged)) is not None:
        what |= {"value": figure, "is_figure": True}
    severity, action = (rule.severity, rule.action) if row.rejects or rule.action != "reject_row" else _CELL_FLAGGED
    if rule.text is None:
        return worded(rule.id, severity, action, owner, (rule.vi, rule.en), **what)
    return issue(rule.text, severity, action, owner, check=rule.id, **what, **rule.details)


def _figure(row: Any, staged: Staged) -> str | None:
    """A typed figure as its cell says it, in the printed unit; None for what is none, or may be a personal number."""
    if row.column_name is None or row.value is None or staged.contract.holds_personal_data:
        return None
    column = staged.contract.column(row.column_name)
    if column.how.kind != "figure":
        return None
    try:
        return as_typed(scaled(Decimal(row.value), -column.power))
    except InvalidOperation:
        return None


def _placed(found: Issue, row: Any, staged: Staged) -> Issue:
    letter = staged.letters.get(row.column_name or "")
    found = replace(found, row=row.line, cell=f"{letter}{row.line}" if letter else None)
    return found if row.line == row.row_no or staged.letters else _with_record(found, row.row_no)


def _with_record(found: Issue, number: int) -> Issue:
    """Several JSON records may share a line: the texts also say which record it is."""
    vi, en = f"Bản ghi {number}: {found.message_vi}", f"Record {number}: {found.message_en}"
    return replace(found, message_vi=vi, message_en=en)


def _cell_details(row: Any, staged: Staged) -> dict[str, Any]:
    column = staged.contract.column(row.column_name) if row.column_name else None
    details = {"printed": column.printed if column else ""}
    details |= {name: value for name, value in row.details.items() if name != "text"}
    proposal = details.pop("proposal", None)
    if proposal is not None:
        details |= {
            "hint_vi": f" Có thể là {as_printed(Decimal(proposal))}: chỉ giá trị này khớp với dòng tổng.",
            "hint_en": f" Probably {proposal}: the only reading that makes the printed totals hold.",
        }
    return details


def _delivery_issues(connection: sa.Connection, case: _Case, rejected: int) -> Iterator[Issue]:
    for rule in case.rules.stated:
        if case.judged[rule.id].success or rule.is_row_level:
            continue
        if rule.found_by == "totals":
            yield from _totals_issues(connection, case.staged)
        elif rule.found_by == "share":
            yield issue(rule.id, rule.severity, rule.action, case.responsible, rejected=rejected, rows=case.staged.rows)
        elif rule.found_by == "delivery":
            where: dict[str, Any] = {"sheet": case.staged.sheet, "column": rule.column}
            yield worded(rule.id, rule.severity, rule.action, case.responsible, (rule.vi, rule.en), **where)


def _totals_issues(connection: sa.Connection, staged: Staged) -> Iterator[Issue]:
    query = totals_query(staged.contract).replace("{batch}", staged.scratch.rows)
    for row in connection.execute(sa.text(query)):
        column = staged.contract.column(row.column_name)
        printed, summed = (as_typed(scaled(figure, -column.power)) for figure in (row.printed, row.summed))
        yield issue(
            "total_disagrees",
            "warning",
            "flag",
            staged.contract.terms.responsible,
            sheet=staged.sheet,
            cell=row.cell,
            row=row.row_no,
            column=row.column_name,
            value=printed,
            is_figure=not staged.contract.holds_personal_data,
            label=row.label,
            summed=summed,
            printed_total=printed,
            printed=column.printed,
        )


def _count(connection: sa.Connection, query: str) -> int:
    return int(connection.execute(sa.text(query)).scalar_one())
