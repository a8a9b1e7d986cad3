"""What people decide of values that are held. A decision is a row; nothing that was computed is altered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Rows
from chiso.province.periods import Period

Verb = Literal["approve", "refuse"]


@dataclass(frozen=True)
class Decided:
    """A decision of some values of one period. decided_in: where it was made."""

    decision: Verb
    decided_by: str
    why: str
    decided_in: Literal["command", "airflow"]


def waiting(
    connection: sa.Connection, period: str | None = None, indicator: str | None = None, unit: str | None = None
) -> Sequence[sa.Row[Any]]:
    """Values that wait for a decision, as `publication.held_value` shows them."""
    return connection.execute(
        sa.text(
            "SELECT * FROM publication.held_value WHERE period = coalesce(:period, period) AND indicator = coalesce(:indicator, indicator) "
            "AND unit_code = coalesce(:unit, unit_code) ORDER BY calendar, period, indicator, unit_register, unit_code, defined_in"
        ),
        {"period": period, "indicator": indicator, "unit": unit},
    ).all()


def decide(
    connection: sa.Connection, period: Period, values: Collection[sa.Row[Any]], decided: Decided
) -> None:
    """Writes a decision of waiting values of a period, if there are any; the caller has taken its turn."""
    if not values:
        return
    said = {"decision": decided.decision, "by": decided.decided_by, "why": decided.why, "where": decided.decided_in}
    connection.execute(
        sa.text(
            "INSERT INTO indicators.decision (value_id, decision, decided_by, why, decided_in) "
            "SELECT unnest(CAST(:ids AS bigint[])), :decision, :by, :why, :where"
        ),
        {**said, "ids": [row.value_id for row in values]},
    )
    listed = [
        {
            "value_id": row.value_id,
            "indicator": row.indicator,
            "unit": f"{row.unit_register}/{row.unit_code}",
            "value": None if row.after is None else str(row.after),
        }
        for row in values
    ]
    event = audit.ValuesDecided(
        period.calendar, period.code, decided.decision, decided.decided_by, decided.why, decided.decided_in, listed
    )
    audit.record(connection, event, rows=[Rows.of("indicators.decision", *(row.value_id for row in values))])
