"""What a staged delivery says of each measure, before anything is loaded."""

from typing import Any

import sqlalchemy as sa

from chiso.deliveries.staged import Staged
from chiso.warehouse.accepted import accepted_rows


def staged_values(engine: sa.Engine, staged: Staged) -> list[dict[str, Any]]:
    """`{"measure", "unit", "rows", "sum"}` over the accepted rows. sum: the measure over all of them; None where it has none."""
    measures = staged.contract.measures
    if not measures:
        return []
    figures = ", ".join(
        f"count(*) FILTER (WHERE {measure.holds_sql('s.')}), {measure.aggregate_sql('s.')}" for measure in measures
    )
    with engine.connect() as connection:
        row = connection.exec_driver_sql(f"SELECT {figures} FROM {accepted_rows(staged.scratch)} s".replace("%", "%%")).one()
    found = zip(measures, row[::2], row[1::2], strict=True)
    return [{"measure": measure.id, "unit": measure.unit, "rows": rows, "sum": value} for measure, rows, value in found]

