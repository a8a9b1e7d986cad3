"""Corrections with what became of them."""

from typing import Any

import sqlalchemy as sa

from chiso.deliveries import corrections as stated
from chiso.system.platform import Platform


def corrections(platform: Platform) -> list[dict[str, Any]]:
    """Every correction of the file, `state` active or expired, `deliveries` whose facts rest on it. Raises ContractError where the file is faulty."""
    with platform.engine.connect() as connection:
        used = connection.execute(
            sa.text("SELECT correction, array_agg(DISTINCT delivery_id ORDER BY delivery_id) FROM warehouse.correction GROUP BY 1")
        )
        deliveries: dict[str, list[int]] = {row[0]: row[1] for row in used}
    return [
        {
            "id": each.id,
            "source": each.source,
            "period": each.period.code,
            "calendar": each.period.calendar,
            "row_key": each.row_key,
            "column": each.column,
            "expected": each.expected,
            "value": each.value,
            "reason": each.reason,
            "requested_by": each.requested_by,
            "reviewed_by": each.reviewed_by,
            "expires_on": each.expires_on,
            "state": "expired" if each.expires_on < platform.settings.today else "active",
            "deliveries": deliveries.get(each.id, []),
        }
        for each in stated.load(platform.settings.schemas)
    ]
