"""Which sources there are, and what last came of each."""

from typing import Any

import sqlalchemy as sa

from chiso import contracts
from chiso.province.periods import Period
from chiso.system.platform import Platform


def source_rows(platform: Platform) -> list[dict[str, Any]]:
    """A row for each sound contract, by source.

    last_received_at: the newest receipt; last_accepted_period: of accepted deliveries that weren't withdrawn, the period that ends last. Both None
    where nothing came.
    """
    with platform.engine.connect() as connection:
        received = {
            row.source: row.at
            for row in connection.execute(sa.text("SELECT source, max(received_at) AS at FROM landing.delivery GROUP BY source"))
        }
        accepted = connection.execute(
            sa.text(
                "SELECT DISTINCT d.source, v.period, v.calendar FROM validation.verdict v JOIN landing.delivery d USING (delivery_id) "
                "WHERE v.accepted AND v.period IS NOT NULL "
                "AND NOT EXISTS (SELECT FROM validation.withdrawal w WHERE w.delivery_id = v.delivery_id)"
            )
        ).all()
    newest: dict[str, Period] = {}
    for row in accepted:
        period = Period.of(row.period, row.calendar)
        newest[row.source] = max(newest.get(row.source, period), period, key=lambda each: (each.end, each.start))
    return [
        {
            "source": contract.source,
            "title_vi": contract.title_vi,
            "family": contract.family,
            "owner": contract.terms.responsible,
            "format": contract.terms.delivery.format,
            "cadence": ", ".join(contract.terms.delivery.cadences),
            "due_working_days": contract.terms.delivery.due_working_days,
            "last_received_at": received.get(contract.source),
            "last_accepted_period": newest[contract.source].code if contract.source in newest else None,
        }
        for contract in contracts.load_all(platform.settings).contracts
    ]
