"""What became of deliveries, when each was due, and which of its columns came otherwise than before."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from chiso import contracts
from chiso.province import working_days
from chiso.province.periods import Period
from chiso.system.errors import UsageError
from chiso.system.platform import Platform

_COLUMNS = (
    "delivery_id AS delivery", "source", "period", "calendar", "state", "received_at", "file_name", "rows",
    "rejected", "same_as", "withdrawn_by", "withdrawn_why", "withdrawn_at",
)  # fmt: skip


def delivery_rows(platform: Platform, source: str | None = None, delivery: int | None = None) -> list[dict[str, Any]]:
    """A row for each delivery (of a source, or one), oldest received first: its state, the day it was due, the drift of its columns.

    Raises UsageError, where there is no such delivery.
    """
    conditions = "(CAST(:source AS text) IS NULL OR source = :source) AND (CAST(:delivery AS bigint) IS NULL OR delivery_id = :delivery)"
    asked = {"source": source, "delivery": delivery}
    with platform.engine.connect() as connection:
        rows = connection.execute(
            sa.text(f"SELECT {', '.join(_COLUMNS)} FROM publication.delivery WHERE {conditions} ORDER BY received_at, delivery_id"), asked
        ).all()
        drifts = connection.execute(
            sa.text(
                f'SELECT delivery_id, column_name AS "column", kind, before, now, policy FROM publication.column_drift WHERE {conditions} '
                "ORDER BY recorded_at, column_name, kind"
            ),
            asked,
        ).all()
    if delivery is not None and not rows:
        raise UsageError(f"There is no delivery {delivery}; `chiso deliveries` lists them.")
    known: dict[int, list[dict[str, Any]]] = {}
    for drift in drifts:
        shape = drift._asdict()
        known.setdefault(shape.pop("delivery_id"), []).append(shape)
    due = _DueDays(platform)
    return [
        {**row._asdict(), "due": due.of(row.source, row.period, row.calendar), "drift": known.get(row.delivery, [])} for row in rows
    ]


class _DueDays:
    """The days on which periods of sources are due; None where a contract states none."""

    def __init__(self, platform: Platform) -> None:
        self._calendar = working_days.load(platform.settings.schemas)
        sound = contracts.load_all(platform.settings).contracts
        self._counts = {contract.source: contract.terms.delivery.due_working_days for contract in sound}

    def of(self, source: str, period: str | None, calendar: str | None) -> str | None:
        count = self._counts.get(source)
        if count is None or period is None or calendar is None:
            return None
        return self._calendar.due_day(Period.of(period, calendar), count).isoformat()


def judged_since(platform: Platform, moment: datetime) -> dict[str, tuple[int, int]]:
    """Of the deliveries that came since, by family: how many are judged, and how many there are."""
    with platform.engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT split_part(source, '/', 1) AS family, count(*) AS came, count(*) FILTER (WHERE EXISTS "
                "(SELECT FROM validation.verdict v WHERE v.delivery_id = d.delivery_id)) AS judged "
                "FROM landing.delivery d WHERE recorded_at >= :moment GROUP BY family"
            ),
            {"moment": moment},
        )
        return {row.family: (row.judged, row.came) for row in rows}
