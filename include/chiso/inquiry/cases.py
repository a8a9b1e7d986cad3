"""Cases of quarantine: how each stands, the story of one, and how long faults wait."""

from typing import Any

import sqlalchemy as sa

from chiso.system.errors import UsageError
from chiso.system.platform import Platform

STATES = ("open", "returned", "corrected", "released", "discarded", "gone")
_COLUMNS = (
    'c.case_id AS "case", c.source, c.period, c.calendar, c.row_key, c.unit_code, c.delivery_id AS delivery, c.sheet, c.cell, c.line AS "row", '
    'c.column_name AS "column", c.rule, c.value, c.message_vi, c.message_en, c.responsible, c.state, c.opened_at, c.closed_at, '
    'c.decided_by AS "by", c.why'
)


def case_rows(platform: Platform, source: str | None = None, period: str | None = None, state: str | None = None) -> list[dict[str, Any]]:
    """The cases of a source, of a period (their rows' or their deliveries'), in a state; by number."""
    with platform.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                f"SELECT {_COLUMNS} FROM publication.quarantine_case c WHERE (CAST(:source AS text) IS NULL OR c.source = :source) "
                "AND (CAST(:state AS text) IS NULL OR c.state = :state) AND (CAST(:period AS text) IS NULL OR c.period = :period "
                "OR EXISTS (SELECT FROM validation.verdict v WHERE v.delivery_id = c.delivery_id AND v.period = :period)) ORDER BY c.case_id"
            ),
            {"source": source, "period": period, "state": state},
        )
        return [row._asdict() for row in rows]


def case_story(platform: Platform, case: int) -> dict[str, Any]:
    """A case with its `steps`, oldest first. Raises UsageError where there is none of that number."""
    with platform.engine.connect() as connection:
        row = connection.execute(sa.text(f"SELECT {_COLUMNS} FROM publication.quarantine_case c WHERE c.case_id = :case"), {"case": case}).first()
        if row is None:
            raise UsageError(f"There is no case {case}; `chiso quarantine list` names them.")
        steps = connection.execute(
            sa.text(
                'SELECT step, recorded_at AS "at", delivery_id AS delivery, file_name, sheet, cell, line AS "row", value, decided_by AS "by", why '
                "FROM publication.quarantine_step WHERE case_id = :case ORDER BY event_id"
            ),
            {"case": case},
        ).all()
    return {**row._asdict(), "steps": [step._asdict() for step in steps]}


def times_to_fix(platform: Platform, source: str | None = None) -> list[dict[str, Any]]:
    """How long faults wait, by source, agency that answers and unit: cases, and times in days; the oldest that waits first."""
    with platform.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT source, responsible, unit_code, waiting, waiting_since, corrected, "
                "round(extract(epoch FROM median_time) / 86400, 2) AS median_days, "
                "round(extract(epoch FROM longest_time) / 86400, 2) AS longest_days "
                "FROM publication.time_to_fix WHERE (CAST(:source AS text) IS NULL OR source = :source) "
                "ORDER BY waiting_since NULLS LAST, source, responsible, unit_code"
            ),
            {"source": source},
        )
        return [row._asdict() for row in rows]
