"""What a staged delivery says of each measure, before anything is loaded."""

from typing import Any

import sqlalchemy as sa

from chiso.deliveries.events import own_time, thing
from chiso.deliveries.staged import Staged
from chiso.warehouse.accepted import accepted_rows


def staged_values(engine: sa.Engine, staged: Staged) -> list[dict[str, Any]]:
    """`{"measure", "unit", "rows", "sum"}` over the accepted rows, of events the newest version of each.

    rows: how many have a figure. sum: the measure over all of them; None where it has none.
    """
    measures = staged.contract.measures
    if not measures:
        return []
    figures = ", ".join(
        f"count(*) FILTER (WHERE {measure.holds_sql('s.')}), {measure.aggregate_sql('s.')}" for measure in measures
    )
    with engine.connect() as connection:
        row = connection.exec_driver_sql(f"SELECT {figures} FROM {_current_rows(staged)} s".replace("%", "%%")).one()
    found = zip(measures, row[::2], row[1::2], strict=True)
    return [{"measure": measure.id, "unit": measure.unit, "rows": rows, "sum": value} for measure, rows, value in found]


def _current_rows(staged: Staged) -> str:
    """SQL for the rows that would count if nothing else had been loaded."""
    rows, times = accepted_rows(staged.scratch), own_time(staged.contract)
    if not times:
        return rows
    key = thing(staged.contract, "v")
    return f'(SELECT DISTINCT ON ({key}) v.* FROM {rows} v ORDER BY {key}, v."{times[0]}" DESC)'
