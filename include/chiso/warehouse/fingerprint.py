"""What a load left in insert-only tables, as a number that changes with any of its rows.

The load's audit event holds it, so that `chiso audit verify` notices a fact that was changed, added or removed later.
PostgreSQL hashes rows without turning them into text, well under a second a million; the hash is that of one
generation of the server, which is kept beside it.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract

Fingerprints = dict[str, dict[str, Any]]
"""By table: `{"rows", "hash", "postgres"}`."""
LEDGER = ("warehouse.event_ledger", "warehouse.event_origin")
"""Derived from events, and made anew now and then; their fingerprints have audit events of their own."""
BESIDE = ("warehouse.load", "warehouse.slice")
"""What every load writes beside its facts: where they stand in the file, and what they stand for."""

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
    return taken | {
        table: _fingerprint_of(connection, table, delivery_id) for table in fact_tables(contract) if table not in taken
    }


def ledger_fingerprint(connection: sa.Connection, delivery_id: int) -> Fingerprints:
    """The same of what a delivery's load left in the ledger of counts."""
    return {table: _fingerprint_of(connection, table, delivery_id) for table in LEDGER}


def fingerprint_and_days(
    connection: sa.Connection, table: str, rows: str, at: str
) -> tuple[dict[str, Any], list[date]]:
    """The fingerprint of all `rows`, of the shape of `table`, and the days of their timestamp `at`, in one reading."""
    each = f'SELECT "{at}"::date AS day, {_of_rows(connection, table)} FROM {rows} t GROUP BY 1'
    found = connection.execute(
        sa.text(
            "SELECT coalesce(sum(rows), 0)::bigint AS rows, coalesce(sum(hash::numeric), 0)::text AS hash, "
            f"{_GENERATION} AS postgres, coalesce(array_agg(day), '{{}}') AS days FROM ({each}) d"
        )
    ).one()
    return {"rows": found.rows, "hash": found.hash, "postgres": found.postgres}, found.days


def _fingerprint_of(connection: sa.Connection, table: str, delivery_id: int) -> dict[str, Any]:
    found = connection.execute(
        sa.text(f"SELECT {_of_rows(connection, table)} FROM {table} t WHERE delivery_id = {delivery_id}")
    )
    return dict(found.one()._mapping)


def fingerprints(connection: sa.Connection, table: str) -> dict[int, dict[str, Any]]:
    """The same of every delivery that has rows in `table`, by delivery."""
    of_rows = _of_rows(connection, table)
    rows = connection.execute(sa.text(f"SELECT delivery_id, {of_rows} FROM {table} t GROUP BY delivery_id"))
    return {row.delivery_id: {"rows": row.rows, "hash": row.hash, "postgres": row.postgres} for row in rows}


def _of_rows(connection: sa.Connection, table: str) -> str:
    names = connection.execute(
        sa.text(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 "
            "AND NOT attisdropped AND attname <> :physical ORDER BY attnum"
        ),
        {"table": table, "physical": _PHYSICAL},
    ).scalars()
    listed = ", ".join(f't."{name}"' for name in names)
    return (
        f"count(*) AS rows, coalesce(sum(hash_record_extended(ROW({listed}), 0)), 0)::text AS hash, "
        f"{_GENERATION} AS postgres"
    )


def same(said: dict[str, Any], found: dict[str, Any] | None) -> bool:
    """Whether two fingerprints agree; of two generations of the server only the rows can be compared."""
    if found is None or found["postgres"] != said["postgres"]:
        return bool(said["rows"] == (found["rows"] if found else 0))
    return said == found
