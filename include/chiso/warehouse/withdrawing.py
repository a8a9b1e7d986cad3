"""What a withdrawal changes among the facts: nothing of what was loaded, only how events are counted."""

from collections.abc import Sequence

import sqlalchemy as sa

from chiso.audit import Rows
from chiso.contracts import Contract
from chiso.province.periods import months_touched, touched
from chiso.warehouse import ledger
from chiso.warehouse.merge import note_touched


def take_back(connection: sa.Connection, contract: Contract, delivery_id: int, deliveries: Sequence[int]) -> None:
    """Counts without the events of `deliveries`; what that changes, and which periods, stands under `delivery_id`.

    Called before the withdrawal is written, in its transaction.
    """
    ledger.take_back(connection, contract, delivery_id, deliveries)
    note_touched(connection, delivery_id, touched(months_touched(ledger.days_counted(connection, contract, delivery_id))))


def counted(delivery_id: int) -> list[Rows]:
    """What stands in the ledger under a delivery, and the periods that it may have changed, for the audit chain."""
    return [Rows.of(table, delivery_id) for table in (*ledger.LEDGER, "warehouse.touched_period")]
