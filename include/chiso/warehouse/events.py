"""Events at their own grain: every version of each, in bulk."""

from dataclasses import replace
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Bound, Rows
from chiso.contracts import Contract
from chiso.deliveries.events import stands
from chiso.deliveries.scratch import Scratch
from chiso.province.periods import Period, months_touched
from chiso.system.database import owning
from chiso.warehouse import grants
from chiso.warehouse.accepted import accepted_rows
from chiso.warehouse.ledger import count, days_counted
from chiso.warehouse.tables import protect

OWN_PARTITION = 200_000
"""Rows from which a delivery gets a partition of its own."""
_UNCHANGED = "event_unchanged"


class MergedEvents(NamedTuple):
    """Rows loaded; the months, on both calendars, in which something changed; what the audit chain is to say of the rows."""

    loaded: int
    months: list[Period]
    written: Bound


def merge_events(connection: sa.Connection, contract: Contract, scratch: Scratch, delivery_id: int) -> MergedEvents:
    """Gathers what is new in a table of its own, counts it, and then makes it part of the whole.

    A table that is made, filled and only then indexed costs a third of rows that go one by one into an indexed one.
    """
    target, gathered = contract.fact_table, f"{contract.fact_table}_{delivery_id}"
    columns = _columns(connection, target)
    probed = ", ".join(f'"{column}"' for column in contract.key)
    connection.exec_driver_sql(f"ANALYZE {scratch.rows} ({probed})")  # a day's delta probes the key, a bulk load is hashed
    loaded = _gather(connection, contract, scratch, delivery_id, columns, target, gathered)
    large = loaded >= OWN_PARTITION
    if large:
        key = ", ".join(f'"{column}"' for column in [*contract.key, "delivery_id", "portion"])
        required = ", ".join(f'ALTER "{column.name}" SET NOT NULL' for column in columns if column.required)
        connection.exec_driver_sql(
            f"ALTER TABLE {gathered} {required}, ADD CHECK (portion = {delivery_id}), ADD PRIMARY KEY ({key})"
        )
    [written] = audit.bind(connection, [Rows.of(gathered, delivery_id)])
    days = _days(connection, gathered, _moment(contract))
    if loaded:
        count(connection, contract, delivery_id, gathered)
    if large:
        _attach(connection, gathered, target, delivery_id)
    else:
        _pour(connection, contract, gathered, target)
    days += days_counted(connection, contract, delivery_id)
    return MergedEvents(loaded, months_touched(days), replace(written, table=target))


def _attach(connection: sa.Connection, gathered: str, target: str, delivery_id: int) -> None:
    """What was gathered becomes a partition like the others: the owner's, insert-only."""
    with owning(connection):
        connection.exec_driver_sql(f"ALTER TABLE {gathered} OWNER TO CURRENT_USER")
        protect(connection, gathered)
        grants.let_write(connection, gathered)
        connection.exec_driver_sql(f"ALTER TABLE {target} ATTACH PARTITION {gathered} FOR VALUES IN ({delivery_id})")


def _days(connection: sa.Connection, rows: str, at: str) -> list[date]:
    """The days of the rows' timestamp `at`."""
    return list(connection.execute(sa.text(f'SELECT DISTINCT "{at}"::date FROM {rows}')).scalars())


def _moment(contract: Contract) -> str:
    """The timestamp that says when a row of a delivery is of: its version's, else its own."""
    assert contract.terms.events is not None and contract.terms.unit_at is not None  # noqa: S101 - the contract's check
    return contract.terms.events.at or contract.terms.unit_at


class _Column(NamedTuple):
    name: str
    kind: str
    required: bool


def _columns(connection: sa.Connection, target: str) -> list[_Column]:
    rows = connection.execute(
        sa.text(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
            "WHERE attrelid = CAST(:target AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ),
        {"target": target},
    )
    return [_Column(*row) for row in rows]


def _pour(connection: sa.Connection, contract: Contract, gathered: str, target: str) -> None:
    """Moves few rows into the partition that small deliveries share."""
    columns = ", ".join(f'"{column.name}"' for column in contract.loaded_columns)
    order = ", ".join(f'"{column}"' for column in contract.key)
    connection.exec_driver_sql(
        f"INSERT INTO {target} ({columns}, delivery_id, row_no, line) "
        f"SELECT {columns}, delivery_id, row_no, line FROM {gathered} ORDER BY {order}"
    )
    connection.exec_driver_sql(f"DROP TABLE {gathered}")


def _gather(
    connection: sa.Connection,
    contract: Contract,
    scratch: Scratch,
    delivery_id: int,
    columns: list[_Column],
    target: str,
    gathered: str,
) -> int:
    """Makes `gathered` of the accepted rows that aren't known, or not in this form; returns how many."""
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {_UNCHANGED} ON COMMIT DROP AS {_unchanged(contract, scratch, target)}"
    )
    connection.exec_driver_sql(f"ANALYZE {_UNCHANGED}")
    ours = {"delivery_id": str(delivery_id), "portion": str(delivery_id), "recorded_at": "now()"}
    staged = {name: f's."{name}"' for name in ("row_no", "line", *contract.loaded_names)}
    given = staged | ours
    typed = ", ".join(f'CAST({given.get(column.name, "NULL")} AS {column.kind}) AS "{column.name}"' for column in columns)
    accepted = accepted_rows(scratch, without=_UNCHANGED)
    loaded = connection.exec_driver_sql(f"CREATE TABLE {gathered} AS SELECT {typed} FROM {accepted} s").rowcount
    connection.exec_driver_sql(f"DROP TABLE {_UNCHANGED}")
    return loaded


def _unchanged(contract: Contract, scratch: Scratch, target: str) -> str:
    """SQL for the staged rows whose key is known and whose newest form says the same.

    Rows that say the same are found first, and then whether they are the newest: there are few of the former, or of
    the versions of one key.
    """
    key = ", ".join(f'"{column}"' for column in contract.key)
    known, staged = (", ".join(f'{alias}."{column.name}"' for column in contract.loaded_columns) for alias in "vs")
    same_key = " AND ".join(f'n."{column}" = same."{column}"' for column in contract.key)
    return (
        f"WITH same AS (SELECT s.row_no, {key}, d.received_at, v.delivery_id FROM {scratch.rows} s JOIN {target} v USING ({key}) "
        f"JOIN landing.delivery d USING (delivery_id) WHERE ROW({known}) IS NOT DISTINCT FROM ROW({staged}) AND {stands('v')}) "
        f"SELECT row_no FROM same WHERE NOT EXISTS (SELECT 1 FROM {target} n JOIN landing.delivery e USING (delivery_id) "
        f"WHERE {same_key} AND (e.received_at, n.delivery_id) > (same.received_at, same.delivery_id) AND {stands('n')})"
    )
