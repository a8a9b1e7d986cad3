"""Cases: a row and the rule that it breaks, whichever deliveries bring it. All moves are set-wise, in a verdict's transaction.

A fault that a newer delivery has too keeps its case open. A newer accepted delivery that speaks for the same slice closes it: as
corrected where the row is there without the fault, as gone where it isn't. Events have no slices: a newer version of the same
thing without the fault corrects it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from chiso.audit import Rows
from chiso.contracts import Contract
from chiso.deliveries.staged import Staged
from chiso.quarantine.rejects import FOUND


@dataclass(frozen=True)
class Moves:
    """Cases that took steps. by: how many, by step and the delivery under which the step is written."""

    by: Counter[tuple[str, int]] = field(default_factory=Counter)

    @staticmethod
    def of(steps: Iterable[sa.Row[Any]]) -> "Moves":
        """From rows of `step`, `delivery_id`."""
        return Moves(Counter((row.step, row.delivery_id) for row in steps))

    def __add__(self, others: "Moves") -> "Moves":
        return Moves(self.by + others.by)

    def __bool__(self) -> bool:
        return bool(self.by)

    @property
    def steps(self) -> dict[str, int]:
        """How many took which step."""
        found: Counter[str] = Counter()
        for (step, _), number in self.by.items():
            found[step] += number
        return dict(found)

    @property
    def found(self) -> bool:
        """Whether a fault was found, for the first time or again."""
        return any(step in ("opened", "seen") for step, _ in self.by)

    @property
    def rows(self) -> list[Rows]:
        """The steps, for the audit chain."""
        deliveries = sorted({delivery for _, delivery in self.by})
        return [Rows.of("quarantine.case_event", *deliveries)] if deliveries else []


_LONGEST_PART = 120
_LAST = """CROSS JOIN LATERAL (SELECT e.step, e.event_id FROM quarantine.case_event e WHERE e.case_id = c.case_id ORDER BY e.event_id DESC LIMIT 1) l
    CROSS JOIN LATERAL (SELECT e.reject_id, e.delivery_id, e.verdict_id, d.received_at
        FROM quarantine.case_event e JOIN landing.delivery d USING (delivery_id)
        WHERE e.case_id = c.case_id AND e.reject_id IS NOT NULL ORDER BY e.event_id DESC LIMIT 1) f"""
"""Of a case c: its last step l, and the delivery f in which it was found last."""


def take_up(connection: sa.Connection, staged: Staged, delivery_id: int, verdict_id: int) -> Moves:
    """Opens a case for each rejected row and rule that has none; notes that those which have one were seen again.

    Not where a newer delivery told of the case since. What somebody discarded or released stays so while the cell says the same.
    """
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE found_case ON COMMIT DROP AS {_found(staged)}")
    connection.exec_driver_sql("ANALYZE found_case")
    asked = {"delivery": delivery_id, "verdict": verdict_id, "source": staged.contract.source, "calendar": staged.period.calendar}
    identity = "period, reporter, row_key, nth, rule, column_name"
    connection.execute(
        sa.text(
            f"INSERT INTO quarantine.row_case (source, calendar, {identity}, by_line, unit_code, verdict_id) "
            f"SELECT :source, :calendar, {identity}, by_line, unit_code, :verdict FROM found_case ORDER BY reject_id ON CONFLICT DO NOTHING"
        ),
        asked,
    )
    moved = connection.execute(
        sa.text(f"""
        INSERT INTO quarantine.case_event (case_id, step, delivery_id, verdict_id, reject_id)
        SELECT c.case_id, CASE WHEN l.step IN ('opened', 'seen', 'returned') THEN 'seen' ELSE 'opened' END, :delivery, :verdict, n.reject_id
        FROM found_case n JOIN quarantine.row_case c ON (c.source, c.calendar, c.period, c.reporter, c.row_key, c.nth, c.rule)
             = (:source, :calendar, n.period, n.reporter, n.row_key, n.nth, n.rule) AND c.column_name IS NOT DISTINCT FROM n.column_name
        JOIN quarantine.reject q ON q.reject_id = n.reject_id
        JOIN landing.delivery d ON d.delivery_id = :delivery
        LEFT JOIN LATERAL (SELECT l.step, f.received_at, f.delivery_id, b.value FROM (SELECT c.case_id) c {_LAST}
             JOIN quarantine.reject b ON b.reject_id = f.reject_id) l ON true
        WHERE l.step IS NULL OR (d.received_at, d.delivery_id) >= (l.received_at, l.delivery_id)
              AND NOT (l.step IN ('discarded', 'released') AND l.value IS NOT DISTINCT FROM q.value)
        ORDER BY n.reject_id RETURNING step, delivery_id"""),
        asked,
    )
    return Moves.of(moved)


def settle(connection: sa.Connection, staged: Staged, delivery_id: int, verdict_id: int) -> Moves:
    """Closes the open cases for which an accepted delivery speaks, by its staged rows."""
    return _settle(connection, staged.contract, staged.scratch.rows, {
        "delivery": delivery_id, "speaks": delivery_id, "verdict": verdict_id, "own": staged.period.code,
    })  # fmt: skip


def settle_late(connection: sa.Connection, staged: Staged, delivery_id: int, verdict_id: int) -> Moves:
    """Closes the cases of a delivery for whose slices newer ones have spoken already, by what was loaded of those."""
    contract, moves = staged.contract, Moves()
    if contract.has_events:
        return moves
    newer = connection.execute(
        sa.text(
            "SELECT DISTINCT s.delivery_id, v.period FROM warehouse.current_slice() s JOIN validation.verdict v USING (verdict_id) "
            "JOIN landing.delivery d ON d.delivery_id = :delivery "
            "WHERE s.source = :source AND s.calendar = :calendar AND (s.received_at, v.delivery_id) > (d.received_at, d.delivery_id) ORDER BY 1"
        ),
        {"delivery": delivery_id, "source": contract.source, "calendar": staged.period.calendar},
    ).all()
    for row in newer:
        rows = f"(SELECT * FROM {contract.fact_table} WHERE delivery_id = {row.delivery_id})"
        asked = {"delivery": row.delivery_id, "speaks": row.delivery_id, "verdict": verdict_id, "own": row.period}
        moves += _settle(connection, contract, rows, asked, found_in=delivery_id)
    return moves


def lose(connection: sa.Connection, gone: list[int], decided_by: str, why: str) -> Moves:
    """Withdrawn deliveries neither have faults nor settle any: cases of theirs alone are gone, those that they closed are open again."""
    decided = {"gone": gone, "by": decided_by, "why": why}
    reopened = connection.execute(
        sa.text(f"""
        INSERT INTO quarantine.case_event (case_id, step, delivery_id, reject_id, decided_by, why)
        SELECT c.case_id, 'opened', f.delivery_id, f.reject_id, :by, :why
        FROM (SELECT DISTINCT case_id FROM quarantine.case_event WHERE delivery_id = ANY(:gone)) c {_LAST}
        JOIN quarantine.case_event s ON s.event_id = l.event_id
        WHERE l.step IN ('corrected', 'gone') AND s.delivery_id = ANY(:gone) AND f.delivery_id <> ALL(:gone) RETURNING step, delivery_id"""),
        decided,
    ).all()
    dropped = connection.execute(
        sa.text(f"""
        INSERT INTO quarantine.case_event (case_id, step, delivery_id, decided_by, why)
        SELECT c.case_id, 'gone', f.delivery_id, :by, :why
        FROM (SELECT DISTINCT case_id FROM quarantine.case_event WHERE delivery_id = ANY(:gone)) c {_LAST}
        WHERE l.step IN ('opened', 'seen', 'returned') AND NOT EXISTS (SELECT FROM quarantine.case_event e
              WHERE e.case_id = c.case_id AND e.reject_id IS NOT NULL AND e.delivery_id NOT IN (SELECT delivery_id FROM validation.withdrawal))
        RETURNING step, delivery_id"""),
        decided,
    )
    return Moves.of(reopened) + Moves.of(dropped)


# --- SQL ---


def _found(staged: Staged) -> str:
    """SQL for what was rejected: reject_id and a case's identity."""
    contract, terms = staged.contract, staged.contract.terms
    names = _key(contract)
    said = {name: f"max(r.value) FILTER (WHERE r.column_name = '{name}') OVER (PARTITION BY r.row_no)" for name in names}
    parts = [f"left(coalesce({said[name]}, {_text(name)}, {_absent(contract, name)}), {_LONGEST_PART})" for name in names]
    place = "coalesce(r.sheet || ' ', '') || 'dòng ' || r.line"
    key = f"CASE WHEN num_nulls({', '.join(parts)}) = 0 THEN ARRAY[{', '.join(parts)}] ELSE ARRAY[{place}] END"
    in_key = ", ".join(f"'{name}'" for name in names)
    period = "NULL" if terms.period is None else _own_period(contract, terms.period)
    reporter = "''"
    if terms.delivery.reporter:
        other = _text(terms.delivery.reporter, "o")
        alone = f"(SELECT min({other}) FROM {staged.scratch.rows} o HAVING count(DISTINCT {other}) = 1)"
        reporter = f"coalesce({_text(terms.delivery.reporter)}, {alone}, '')"
    elif contract.shares:
        shares = " ".join(f"WHEN '{column.name}' THEN '{share}'" for share, columns in contract.shares.items() for column in columns)
        reporter = f"CASE r.column_name {shares} ELSE '' END"
    unit = _text(terms.unit) if terms.unit else "NULL::text"
    return (
        "SELECT reject_id, period, reporter, row_key, rule, column_name, by_line, unit_code, "
        "row_number() OVER (PARTITION BY period, reporter, row_key, rule, column_name ORDER BY row_no)::int AS nth FROM ("
        f"SELECT r.reject_id, r.row_no, r.rule, r.column_name, coalesce({period}, '{staged.period.code}') AS period, {reporter} AS reporter, "
        f"{key} AS row_key, num_nulls({', '.join(parts)}) > 0 OR coalesce(r.column_name IN ({in_key}), false) AS by_line, {unit} AS unit_code "
        f"FROM {FOUND} r JOIN {staged.scratch.rows} s USING (row_no)) found"
    )


def _settle(connection: sa.Connection, contract: Contract, rows: str, asked: Mapping[str, object], found_in: int | None = None) -> Moves:
    """rows: those of the delivery that speaks, with `line`. found_in: only cases that this delivery opened or saw."""
    names = _key(contract)
    same_key = " AND ".join(
        f"left(coalesce({_text(name)}, {_absent(contract, name)}), {_LONGEST_PART}) = c.row_key[{place}]" for place, name in enumerate(names, 1)
    )
    speaks = (
        "true" if contract.has_events else
        "EXISTS (SELECT FROM warehouse.slice w WHERE w.delivery_id = :speaks AND w.calendar = c.calendar "
        f"AND (w.period = c.period OR c.period = :own) AND (w.reporter = c.reporter{' OR c.reporter = :every' if contract.shares else ''}))"
    )  # fmt: skip
    connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.to_settle")
    open_cases = connection.execute(
        sa.text(f"""
        CREATE TEMPORARY TABLE to_settle ON COMMIT DROP AS
        SELECT c.case_id, c.row_key, c.by_line, q.line, (d.sha256 = o.sha256) AS same_bytes
        FROM quarantine.row_case c {_LAST} JOIN quarantine.reject q ON q.reject_id = f.reject_id
        JOIN landing.delivery d ON d.delivery_id = :delivery JOIN landing.delivery o ON o.delivery_id = f.delivery_id
        WHERE c.source = :source AND l.step IN ('opened', 'seen', 'returned')
          AND (CAST(:found_in AS bigint) = f.delivery_id OR CAST(:found_in AS bigint) IS NULL AND f.verdict_id IS DISTINCT FROM :verdict
               AND (f.received_at, f.delivery_id) <= (d.received_at, d.delivery_id)) AND {speaks}"""),
        {**asked, "source": contract.source, "found_in": found_in, "every": ""},
    ).rowcount
    if not open_cases:
        return Moves()
    connection.exec_driver_sql("ANALYZE to_settle")
    otherwise = "" if contract.has_events else "UNION ALL SELECT case_id, 'gone' FROM to_settle"
    lines_tell = "c.by_line AND c.same_bytes" if contract.has_events else "c.by_line"
    moved = connection.execute(
        sa.text(f"""
        INSERT INTO quarantine.case_event (case_id, step, delivery_id, verdict_id)
        SELECT DISTINCT ON (case_id) case_id, step, :delivery, :verdict FROM (
            SELECT c.case_id, 'corrected' AS step FROM to_settle c JOIN {rows} s ON {same_key}
            UNION ALL SELECT c.case_id, 'corrected' FROM to_settle c JOIN {rows} s ON coalesce(s.line, s.row_no) = c.line WHERE {lines_tell}
            {otherwise}) told
        ORDER BY case_id, step RETURNING step, delivery_id"""),
        dict(asked),
    )
    return Moves.of(moved)


def _key(contract: Contract) -> list[str]:
    return contract.thing_key if contract.has_events else contract.key


def _text(name: str, of: str = "s") -> str:
    return f'{of}."{name}"::text'


def _absent(contract: Contract, name: str) -> str:
    """SQL for what a blank part of a key reads as: nothing, or NULL where it makes the key unreadable."""
    return "''" if contract.column(name).terms.blank == "none" else "NULL"


def _own_period(contract: Contract, name: str) -> str:
    return _text(name) if contract.column(name).reading == "period" else f"to_char(s.\"{name}\", 'YYYY-MM-DD')"
