"""Columns that come otherwise than they did: added, renamed, moved, retyped or missing, each a finding by the contract's policy."""

import json
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.deliveries.events import stands
from chiso.deliveries.staged import Heading, Staged
from chiso.findings.issues import Action, Issue, Severity, issue, shown
from chiso.province.text import header_key
from chiso.system.visible import visible

Kind = Literal["added", "renamed", "moved", "retyped", "missing"]
_JUDGED: dict[str, tuple[Severity, Action]] = {
    "freeze": ("critical", "refuse_delivery"),
    "warn": ("warning", "flag"),
    "evolve": ("info", "flag"),
}
_SAID_BY_STAGING = {"column_unknown", "optional_column_missing", "personal_column_missing"}
"""Findings of the header alone, which say of a column that it was added or is missing."""


@dataclass(frozen=True)
class Drift:
    """What became of a column.

    column: the contract's name, or the heading of one that it doesn't know. before, now: headings; places where it moved;
    where it was retyped the reading, and how many of its cells could be read.
    """

    column: str
    kind: Kind
    before: str | None
    now: str | None


def find(connection: sa.Connection, staged: Staged) -> list[Drift]:
    """How a staged delivery's columns differ from those of the last accepted one; where there is none, which the contract lacks.

    Of JSON without a record no column is known, so that it has none that differs, nor is it a measure of another.
    """
    if not staged.header:
        return []
    now = _known(staged.header)
    before = _last_header(connection, staged.contract, now)
    if before is None:
        return list(_unknown(staged.header, []))
    then = _known(before)
    found = [
        *_unknown(staged.header, before),
        *(Drift(name, "added", None, _text(staged.header[place])) for name, place in now.items() if name not in then),
        *(Drift(name, "missing", _text(before[place]), None) for name, place in then.items() if name not in now),
        *_renamed(before, staged.header),
        *_retyped(connection, staged, then),
    ]
    if staged.contract.terms.delivery.format != "json":  # the fields of a record have no order
        found += _moved(then, now)
    known = {column.name for column in staged.contract.form_with(now)}
    return [drift for drift in found if drift.column in known or drift.kind == "added"]


def judged(staged: Staged, drifts: Sequence[Drift]) -> list[Issue]:
    """The delivery's findings, with one for each column that drifted, as grave as the policy has it.

    What staging says of a column already is that finding.
    """
    policy = staged.contract.terms.delivery.drift
    severity, action = _JUDGED[policy]
    about = {drift.column for drift in drifts if drift.kind in ("added", "missing")}
    issues: list[Issue] = []
    said: set[str | None] = set()
    for found in staged.issues:
        column = found.value if found.rule == "column_unknown" else found.column
        if found.rule in _SAID_BY_STAGING and column in about:
            said.add(column)
            issues.append(found if policy == "warn" else replace(found, severity=severity, action=action))
        else:
            issues.append(found)
    return issues + [
        _issue(drift, staged, severity, action)
        for drift in drifts
        if drift.kind not in ("added", "missing") or drift.column not in said
    ]


def write(connection: sa.Connection, verdict_id: int, staged: Staged, delivery_id: int, drifts: Sequence[Drift]) -> None:
    """Writes the drift log of a verdict."""
    connection.execute(
        sa.text(
            "INSERT INTO validation.drift (verdict_id, delivery_id, column_name, kind, before, now, policy) "
            'SELECT :verdict, :delivery, x."column", x.kind, x.before, x.now, :policy '
            'FROM jsonb_to_recordset(CAST(:drifts AS jsonb)) x("column" text, kind text, before text, now text)'
        ),
        {
            "verdict": verdict_id,
            "delivery": delivery_id,
            "policy": staged.contract.terms.delivery.drift,
            "drifts": json.dumps([asdict(drift) for drift in drifts]),
        },
    )


def _issue(drift: Drift, staged: Staged, severity: Severity, action: Action) -> Issue:
    printed = next((column.printed for column in staged.contract.columns if column.name == drift.column), drift.column)
    return issue(
        f"column_{drift.kind}",
        severity,
        action,
        staged.contract.terms.responsible,
        sheet=staged.sheet,
        column=drift.column,
        printed=printed,
        before=drift.before,
        now=drift.now,
    )


def _last_header(connection: sa.Connection, contract: Contract, now: Collection[str]) -> list[Heading] | None:
    """Of a form whose columns several offices fill the last header of those that fill the columns `now`."""
    of_office = "EXISTS (SELECT FROM jsonb_array_elements(h.header) e WHERE e ->> 'column' = ANY(CAST(own.columns AS text[])))"
    header = connection.execute(
        sa.text(
            f"SELECT h.header FROM warehouse.load_header h JOIN landing.delivery d USING (delivery_id) WHERE d.source = :source AND {stands('d')} "
            f"AND h.header != '[]' AND NOT EXISTS (SELECT FROM jsonb_to_recordset(CAST(:own AS jsonb)) own(columns text[], fills boolean) "
            f"WHERE {of_office} <> own.fills) ORDER BY d.received_at DESC, d.delivery_id DESC LIMIT 1"
        ),
        {"source": contract.source, "own": json.dumps(_own_columns(contract, now))},
    ).scalar()
    return None if header is None else [Heading(**heading) for heading in header]


def _own_columns(contract: Contract, now: Collection[str]) -> list[dict[str, object]]:
    """Of each office that has columns of its own: which they are, and whether it fills a form with the columns `now`."""
    own = {columns[0].offices[0]: columns for columns in contract.shares.values() if len(columns[0].offices) == 1}
    fills = contract.offices_of(now)
    return [{"columns": [column.name for column in columns], "fills": office in fills} for office, columns in own.items()]


def _text(heading: Heading) -> str:
    """A heading as findings show it."""
    return visible(shown(heading.printed))


def _known(header: Sequence[Heading]) -> dict[str, int]:
    """Column of the contract → its place, from 0."""
    return {heading.column: place for place, heading in reversed(list(enumerate(header))) if heading.column}


def _unknown(now: Sequence[Heading], before: Sequence[Heading]) -> Iterator[Drift]:
    seen = {header_key(heading.printed) for heading in before if heading.column is None}
    said: set[str] = set()  # of headings that are told apart by what isn't shown of them, one is named
    for heading in now:
        key, text = header_key(heading.printed), _text(heading)
        if heading.column is None and key not in seen and text not in said:
            said.add(text)
            yield Drift(text, "added", None, text)


def _renamed(before: Sequence[Heading], now: Sequence[Heading]) -> Iterator[Drift]:
    then = _known(before)
    for name, place in _known(now).items():
        old, new = before[then[name]] if name in then else now[place], now[place]
        if header_key(old.printed) != header_key(new.printed):
            yield Drift(name, "renamed", _text(old), _text(new))


def _moved(then: dict[str, int], now: dict[str, int]) -> list[Drift]:
    """The fewest columns whose move explains the new order."""
    both = sorted((name for name in now if name in then), key=now.__getitem__)
    kept = _longest_rising([then[name] for name in both])
    return [Drift(name, "moved", str(then[name] + 1), str(now[name] + 1)) for name in both if then[name] not in kept]


def _longest_rising(places: Sequence[int]) -> set[int]:
    """The longest subsequence of different numbers that rises."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for place in places:
        at = bisect_left(ends, place)
        before[place] = ends[at - 1] if at else None
        ends[at : at + 1] = [place]
    kept, last = set(), ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return kept


def _retyped(connection: sa.Connection, staged: Staged, then: dict[str, int]) -> Iterator[Drift]:
    """Columns of which no cell that says something can be read any more."""
    rows = connection.execute(
        sa.text(f"SELECT column_name, count(DISTINCT row_no) AS cells FROM {staged.scratch.broken} WHERE column_name IS NOT NULL GROUP BY 1")
    ).all()
    cells = {row.column_name: row.cells for row in rows if row.column_name in then}
    if not cells:
        return
    read = ", ".join(f'count("{name}") AS "{name}"' for name in cells)
    readable = connection.execute(sa.text(f"SELECT {read} FROM {staged.scratch.rows}")).one()._mapping
    for name, broken in sorted(cells.items()):
        if readable[name] == 0:
            yield Drift(name, "retyped", staged.contract.column(name).reading, f"0 / {broken}")
