"""Stage 4: judge a staged delivery with Great Expectations and the contract. Changes no data."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.findings.issues import Issue, issue, shown
from chiso.province.periods import Period
from chiso.province.text import mask_words
from chiso.system.errors import DisagreementError
from chiso.system.settings import Settings
from chiso.validation import judge, rows
from chiso.validation.judge import warm_up
from chiso.validation.rows import RowConditions
from chiso.validation.rules import Rule, rules, totals_query

__all__ = ["Judged", "RowConditions", "Verdict", "build_docs", "judging", "rejects", "rules_sha256", "warm_up"]

MOST_ISSUES = 1000
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class Judged:
    """What is judged: a delivery staged as `staging.<name>`, its rows and where they stand."""

    name: str
    contract: Contract
    period: Period
    rows: int
    sheet: str | None
    letters: Mapping[str, str]
    file_name: str


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
    judged: Judged, engine: sa.Engine, settings: Settings, found_before: Sequence[Issue], *, keep_docs: bool
) -> Iterator[Callable[[], Verdict]]:
    """Marks the rows, has Great Expectations judge beside the caller; yields what waits for the verdict.

    Leaves `staging.<name>_mark` (row_no, rule, rejects …) and `_twin` for quarantine and warehouse. found_before: what
    staging noticed about the delivery. The verdict raises DisagreementError where Great Expectations and the row
    rules differ, ContractError where a rule can't be judged.
    """
    stated = rules(judged.contract, settings, judged.period, judged.name)
    counts = rows.mark(engine, judged.name, judged.contract, stated)
    with ThreadPoolExecutor(1, thread_name_prefix="judge") as beside:
        holds = beside.submit(
            judge.judge,
            stated,
            engine.url.render_as_string(hide_password=False),
            judged.name,
            judged.contract.source.replace("/", "."),
            f"{judged.period.code}.{judged.name}",
            settings.reports / "data_docs" if keep_docs else None,
        )
        yield lambda: _verdict(judged, engine, stated, counts, holds.result(), found_before)


def _verdict(
    judged: Judged,
    engine: sa.Engine,
    stated: Sequence[Rule],
    counts: Mapping[str, int],
    holds: Mapping[str, bool],
    found_before: Sequence[Issue],
) -> Verdict:
    with engine.connect() as connection:
        _check_agreement(connection, judged, stated, counts, holds)
        marks, total = _row_issues(connection, judged, stated)
        rejected = _count(connection, f"SELECT count(DISTINCT row_no) FROM staging.{judged.name}_mark WHERE rejects")
        whole = [*found_before, *_delivery_issues(connection, judged, stated, holds, rejected)]
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
                "success": holds[rule.id],
                "rows": counts.get(rule.id, 0),
            }
            for rule in stated
        ],
    )


def build_docs(settings: Settings) -> Path | None:
    """Builds the Data Docs of all kept results; None if nothing was judged yet."""
    docs = settings.reports / "data_docs"
    if not (docs / "results").exists():
        return None
    return judge.build_docs(docs)


def rules_sha256(contract: Contract, settings: Settings) -> str:
    """Identifies what a delivery is judged by: contract, suite and reference lists."""
    digest = hashlib.sha256()
    suite = settings.expectations / f"{contract.source}.json"
    for path in [contract.path, suite, *sorted((settings.schemas / "reference").iterdir())]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def rejects(connection: sa.Connection, judged: Judged, settings: Settings) -> Iterator[Issue]:
    """Every (row, rule) that rejects a row, streamed from the marks."""
    by_id = {rule.id: rule for rule in rules(judged.contract, settings, judged.period, judged.name)}
    marks = connection.execute(
        sa.text(
            f"SELECT DISTINCT ON (row_no, rule) * FROM staging.{judged.name}_mark WHERE rejects ORDER BY row_no, rule"
        ),
        execution_options={"yield_per": 5000},
    )
    known: dict[tuple[object, ...], Issue] = {}
    for row in marks:
        said = (row.rule, row.column_name, row.value, str(row.details))
        if said not in known:
            if len(known) == _MOST_REMEMBERED:
                known.clear()
            known[said] = _issue_of(row, judged, by_id)
        yield _placed(known[said], row, judged)


def _check_agreement(
    connection: sa.Connection,
    judged: Judged,
    stated: Sequence[Rule],
    counts: Mapping[str, int],
    holds: Mapping[str, bool],
) -> None:
    unreadable = _count(connection, f"SELECT count(*) FROM (SELECT 1 FROM {_table(judged)}_broken LIMIT 1) b")
    for rule in stated:
        if not (rule.is_row_level or rule.id == "readable"):
            continue
        breaking = unreadable if rule.id == "readable" else counts.get(rule.id, 0)
        if holds[rule.id] != (breaking == 0):
            raise DisagreementError(
                f"{judged.contract.source}, rule {rule.id}: Great Expectations says it {'holds' if holds[rule.id] else 'fails'}, "
                f"the row rules found {breaking} breaking rows. Nothing was loaded; report this as a defect."
            )


def _row_issues(connection: sa.Connection, judged: Judged, stated: Sequence[Rule]) -> tuple[list[Issue], int]:
    by_id = {rule.id: rule for rule in stated}
    total = _count(connection, f"SELECT count(*) FROM (SELECT DISTINCT row_no, rule FROM staging.{judged.name}_mark) s")
    found = connection.execute(
        sa.text(
            f"SELECT DISTINCT ON (NOT rejects, row_no, rule) * FROM staging.{judged.name}_mark "
            f"ORDER BY NOT rejects, row_no, rule LIMIT {MOST_ISSUES}"
        )
    )
    return [_row_issue(row, judged, by_id) for row in found], total


def _row_issue(row: Any, judged: Judged, by_id: Mapping[str, Rule]) -> Issue:
    return _placed(_issue_of(row, judged, by_id), row, judged)


def _issue_of(row: Any, judged: Judged, by_id: Mapping[str, Rule]) -> Issue:
    """The finding of one mark, without its place: its texts come from the rule, or from what staging wrote down."""
    owner = judged.contract.terms.responsible
    personal = judged.contract.holds_personal_data and row.value is not None
    value = mask_words(row.value) if personal else row.value
    what = {"sheet": judged.sheet, "column": row.column_name, "value": value}
    rule = by_id.get(row.rule)
    if rule is None:
        details = _cell_details(row, judged)
        return issue(row.details["text"], "critical", "reject_row", owner, check=row.rule, **what, **details)
    if rule.text is None:
        said = "" if value is None else shown(value)
        vi, en = rule.vi.format(value=said), rule.en.format(value=said)
        what |= {"value": said or None, "cell": None, "row": None}
        return Issue(rule.severity, rule.id, rule.action, **what, message_vi=vi, message_en=en, responsible=owner)
    return issue(rule.text, rule.severity, rule.action, owner, check=rule.id, **what, **rule.details)


def _placed(found: Issue, row: Any, judged: Judged) -> Issue:
    letter = judged.letters.get(row.column_name or "")
    found = replace(found, row=row.line, cell=f"{letter}{row.line}" if letter else None)
    return found if row.line == row.row_no else _with_record(found, row.row_no)


def _with_record(found: Issue, number: int) -> Issue:
    """Several JSON records may share a line: the texts also say which record it is."""
    vi, en = f"Bản ghi {number}: {found.message_vi}", f"Record {number}: {found.message_en}"
    return replace(found, message_vi=vi, message_en=en)


def _cell_details(row: Any, judged: Judged) -> dict[str, Any]:
    column = judged.contract.column(row.column_name) if row.column_name else None
    details = {"printed": column.printed if column else ""}
    details |= {name: value for name, value in row.details.items() if name != "text"}
    proposal = details.pop("proposal", None)
    if proposal is not None:
        details |= {
            "hint_vi": f" Có thể là {proposal:,}".replace(",", ".") + ": chỉ giá trị này khớp với dòng tổng.",
            "hint_en": f" Probably {proposal}: the only reading that makes the printed totals hold.",
        }
    return details


def _delivery_issues(
    connection: sa.Connection, judged: Judged, stated: Sequence[Rule], holds: Mapping[str, bool], rejected: int
) -> Iterator[Issue]:
    owner = judged.contract.terms.responsible
    for rule in stated:
        if holds[rule.id] or rule.is_row_level or rule.id == "readable":
            continue
        if rule.id == "totals":
            yield from _totals_issues(connection, judged)
        elif rule.id == "too_many_rejects":
            yield issue(rule.id, rule.severity, rule.action, owner, rejected=rejected, rows=judged.rows)
        else:
            yield Issue(
                rule.severity,
                rule.id,
                rule.action,
                judged.sheet,
                None,
                None,
                rule.column,
                None,
                rule.vi.format(value=""),
                rule.en.format(value=""),
                owner,
            )


def _totals_issues(connection: sa.Connection, judged: Judged) -> Iterator[Issue]:
    query = totals_query(judged.contract, judged.name).replace("{batch}", _table(judged))
    for row in connection.execute(sa.text(query)):
        yield issue(
            "total_disagrees",
            "warning",
            "flag",
            judged.contract.terms.responsible,
            sheet=judged.sheet,
            cell=row.cell,
            row=row.row_no,
            column=row.column_name,
            value=f"{row.printed:f}",
            label=row.label,
            summed=f"{row.summed:f}",
            printed_total=f"{row.printed:f}",
            printed=judged.contract.column(row.column_name).printed,
        )


def _table(judged: Judged) -> str:
    return f"staging.{judged.name}"


def _count(connection: sa.Connection, query: str) -> int:
    return int(connection.execute(sa.text(query)).scalar_one())
