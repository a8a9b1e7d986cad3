"""What a load left in insert-only tables, as a number that changes with any of its rows.

The load's audit event holds it, so that `chiso audit verify` notices a fact that was changed, added or removed later.
PostgreSQL hashes rows without turning them into text, well under a second a million; the hash is that of one
generation of the server, which is kept beside it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from chiso.audit import Fingerprints
from chiso.contracts import Contract
from chiso.warehouse.tables import OWN_COLUMNS

LEDGER = ("warehouse.event_ledger", "warehouse.event_origin")
"""Derived from events, and made anew now and then; their fingerprints have audit events of their own."""
BESIDE = ("warehouse.load", "warehouse.slice")
"""What every load writes beside its facts: where they stand in the file, and what they stand for."""

HEADER = "warehouse.load_header"
"""The header of a load as it was read; of loads before there was such a table nothing."""

_PHYSICAL = "portion"
"""Says where a row lies, not what it says."""
_GENERATION = "current_setting('server_version_num')::int / 10000"


def fact_tables(contract: Contract) -> list[str]:
    """Where a source's loads lie."""
    return [contract.fact_table, *BESIDE]


def fingerprint(
    connection: sa.Connection, contract: Contract, delivery_id: int, known: Fingerprints | None = None
) -> Fingerprints:
    """By table: `{"rows", "hash", "postgres"}` of a delivery's load. known: those that were taken already."""
    taken = known or {}
    columns = {contract.fact_table: contract.loaded_names}
    return taken | {
        table: _fingerprint_of(connection, table, delivery_id, columns.get(table))
        for table in fact_tables(contract)
        if table not in taken
    }


def ledger_fingerprint(connection: sa.Connection, delivery_id: int) -> Fingerprints:
    """The same of what a delivery's load left in the ledger of counts."""
    return {table: _fingerprint_of(connection, table, delivery_id) for table in LEDGER}


def header_fingerprint(connection: sa.Connection, delivery_id: int) -> Fingerprints:
    """The same of the header."""
    return {HEADER: _fingerprint_of(connection, HEADER, delivery_id)}


def fingerprint_and_days(
    connection: sa.Connection, contract: Contract, rows: str, at: str
) -> tuple[dict[str, Any], list[date]]:
    """The fingerprint of all `rows`, of the shape of the facts, and the days of their timestamp `at`, in one reading."""
    hashed = _of_rows(connection, contract.fact_table, contract.loaded_names)
    each = f'SELECT "{at}"::date AS day, {hashed} FROM {rows} t GROUP BY 1'
    found = connection.execute(
        sa.text(
            "SELECT coalesce(sum(rows), 0)::bigint AS rows, coalesce(sum(hash::numeric), 0)::text AS hash, "
            f"{_GENERATION} AS postgres, coalesce(array_agg(day), '{{}}') AS days FROM ({each}) d"
        )
    ).one()
    return {"rows": found.rows, "hash": found.hash, "postgres": found.postgres}, found.days


def _fingerprint_of(
    connection: sa.Connection, table: str, delivery_id: int, columns: Sequence[str] | None = None
) -> dict[str, Any]:
    found = connection.execute(
        sa.text(f"SELECT {_of_rows(connection, table, columns)} FROM {table} t WHERE delivery_id = {delivery_id}")
    )
    return dict(found.one()._mapping)


def fingerprints(connection: sa.Connection, table: str) -> dict[int, dict[str, Any]]:
    """The same of every delivery that has rows in `table`, by delivery; of facts over the columns that its load read."""
    loads: list[tuple[Sequence[str] | None, list[int]]] = []
    if table not in (*LEDGER, *BESIDE, HEADER):
        read = (  # a table holds the facts of one source
            "SELECT columns, array_agg(delivery_id) AS deliveries FROM warehouse.load WHERE source = (SELECT l.source "
            f"FROM warehouse.load l JOIN (SELECT delivery_id FROM {table} LIMIT 1) one USING (delivery_id)) GROUP BY columns"
        )
        loads = [(row.columns, row.deliveries) for row in connection.execute(sa.text(read))]
    found: dict[int, dict[str, Any]] = {}
    for columns, deliveries in loads:
        found |= _grouped(connection, table, columns, "delivery_id = ANY(:deliveries)", deliveries)
    known = [delivery for _, deliveries in loads for delivery in deliveries]
    return found | _grouped(connection, table, None, "delivery_id <> ALL(:deliveries)", known)


def _grouped(
    connection: sa.Connection, table: str, columns: Sequence[str] | None, condition: str, deliveries: list[int]
) -> dict[int, dict[str, Any]]:
    of_rows = _of_rows(connection, table, columns)
    rows = connection.execute(
        sa.text(f"SELECT delivery_id, {of_rows} FROM {table} t WHERE {condition} GROUP BY delivery_id"),
        {"deliveries": deliveries},
    )
    return {row.delivery_id: {"rows": row.rows, "hash": row.hash, "postgres": row.postgres} for row in rows}


def _of_rows(connection: sa.Connection, table: str, columns: Sequence[str] | None = None) -> str:
    """SQL for the fingerprint of rows `t`. columns: of facts, the contract's that count; None: every one of the table."""
    names = connection.execute(
        sa.text(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 "
            "AND NOT attisdropped AND attname <> :physical ORDER BY attnum"
        ),
        {"table": table, "physical": _PHYSICAL},
    ).scalars()
    listed = ", ".join(f't."{name}"' for name in names if columns is None or name in columns or name in OWN_COLUMNS)
    return (
        f"count(*) AS rows, coalesce(sum(hash_record_extended(ROW({listed}), 0)), 0)::text AS hash, "
        f"{_GENERATION} AS postgres"
    )


def same(said: dict[str, Any], found: dict[str, Any] | None) -> bool:
    """Whether two fingerprints agree; of two generations of the server only the rows can be compared."""
    if found is None or found["postgres"] != said["postgres"]:
        return bool(said["rows"] == (found["rows"] if found else 0))
    return said == found
