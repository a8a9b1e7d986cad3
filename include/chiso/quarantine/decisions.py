"""What people decide of cases: each a step of its own, and one event of the audit chain with the whole content of its rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Rows
from chiso.quarantine.events import CasesDecided
from chiso.system.errors import UsageError

OPEN = ("opened", "seen", "returned")


@dataclass(frozen=True)
class Case:
    """A case as it stands. step: the last one; delivery_id, sha256 (of its bytes), reject_id, row_no, value: as it was found last."""

    case_id: int
    source: str
    period: str
    calendar: str
    row_key: list[str]
    rule: str
    column_name: str | None
    step: str
    delivery_id: int
    sha256: str
    reject_id: int
    row_no: int | None
    value: str | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.step in OPEN


_CASES = """
    SELECT c.case_id, c.source, c.period, c.calendar, c.row_key, c.rule, c.column_name, l.step,
           f.delivery_id, d.sha256, f.reject_id, q.row_no, q.value
    FROM quarantine.row_case c
    CROSS JOIN LATERAL (SELECT e.step FROM quarantine.case_event e WHERE e.case_id = c.case_id ORDER BY e.event_id DESC LIMIT 1) l
    CROSS JOIN LATERAL (SELECT e.delivery_id, e.reject_id FROM quarantine.case_event e WHERE e.case_id = c.case_id AND e.reject_id IS NOT NULL
                        ORDER BY e.event_id DESC LIMIT 1) f
    JOIN quarantine.reject q ON q.reject_id = f.reject_id
    JOIN landing.delivery d ON d.delivery_id = f.delivery_id"""


def cases_named(connection: sa.Connection, numbers: Sequence[int]) -> list[Case]:
    """The cases of those numbers, each once. Raises UsageError where there is none of a number."""
    found = _select(connection, "WHERE c.case_id = ANY(:numbers)", numbers=list(numbers))
    if unknown := sorted(set(numbers) - {case.case_id for case in found}):
        raise UsageError(f"There is no case {unknown[0]}; `chiso quarantine list` names them.")
    return found


def require_open(cases: list[Case]) -> list[Case]:
    """Raises UsageError where one is closed."""
    for case in cases:
        if not case.is_open:
            raise UsageError(f"Case {case.case_id} is closed ({case.step}); `chiso quarantine show {case.case_id}` tells how.")
    return cases


def cases_of(connection: sa.Connection, delivery_id: int) -> list[Case]:
    """The cases that were last found in a delivery."""
    return _select(
        connection,
        "WHERE f.delivery_id = :delivery AND c.case_id IN (SELECT case_id FROM quarantine.case_event WHERE delivery_id = :delivery)",
        delivery=delivery_id,
    )


def cases_of_bytes(connection: sa.Connection, source: str, sha256: str) -> list[Case]:
    """The cases that were last found in these bytes, whichever delivery they came with."""
    return _select(connection, "WHERE c.source = :source AND d.sha256 = :sha256", source=source, sha256=sha256)


def _select(connection: sa.Connection, condition: str, **asked: object) -> list[Case]:
    rows = connection.execute(sa.text(f"{_CASES} {condition} ORDER BY c.case_id"), asked)
    return [Case(*row) for row in rows]


def decide(
    connection: sa.Connection,
    cases: Collection[Case],
    step: Literal["returned", "discarded", "released"],
    decided_by: str,
    why: str,
    delivery_id: int | None = None,
) -> None:
    """Writes down a decision of cases, and its event, where there are any. Raises UsageError where one was closed meanwhile.

    delivery_id: the one by which it was carried out; else each case's own. Whoever calls it holds the lock of their sources.
    """
    if not cases:
        return
    require_open(cases_named(connection, [case.case_id for case in cases]))
    events = connection.execute(
        sa.text(
            "INSERT INTO quarantine.case_event (case_id, step, delivery_id, decided_by, why) "
            "SELECT case_id, :step, coalesce(:delivery, delivery_id), :by, :why "
            "FROM unnest(CAST(:cases AS bigint[]), CAST(:deliveries AS bigint[])) AS x(case_id, delivery_id) RETURNING case_id, event_id"
        ),
        {
            "step": step,
            "delivery": delivery_id,
            "by": decided_by,
            "why": why,
            "cases": [case.case_id for case in cases],
            "deliveries": [case.delivery_id for case in cases],
        },
    )
    numbers = {row.case_id: row.event_id for row in events}
    rows = [
        {
            "case": case.case_id,
            "event": numbers[case.case_id],
            "source": case.source,
            "period": case.period,
            "calendar": case.calendar,
            "row_key": case.row_key,
            "rule": case.rule,
            "column": case.column_name,
            "reject": case.reject_id,
        }
        for case in cases
    ]
    deliveries = sorted({case.delivery_id for case in cases} if delivery_id is None else {delivery_id})
    about = deliveries[0] if len(deliveries) == 1 else None
    audit.record(connection, CasesDecided(step, decided_by, why, rows), about, [Rows.of("quarantine.case_event", *deliveries)])


def released(connection: sa.Connection, source: str, sha256: str) -> frozenset[tuple[int, str]]:
    """Row and rule of each exception that was decided for these bytes: it holds whenever they are read."""
    rows = connection.execute(
        sa.text("""
        SELECT DISTINCT q.row_no, q.rule FROM quarantine.case_event e
        JOIN quarantine.row_case c ON c.case_id = e.case_id AND c.source = :source
        CROSS JOIN LATERAL (SELECT b.reject_id, b.delivery_id FROM quarantine.case_event b WHERE b.case_id = e.case_id AND b.event_id < e.event_id
                            AND b.reject_id IS NOT NULL ORDER BY b.event_id DESC LIMIT 1) f
        JOIN quarantine.reject q ON q.reject_id = f.reject_id JOIN landing.delivery d ON d.delivery_id = f.delivery_id
        WHERE e.step = 'released' AND d.sha256 = :sha256"""),
        {"source": source, "sha256": sha256},
    )
    return frozenset((row.row_no, row.rule) for row in rows)
