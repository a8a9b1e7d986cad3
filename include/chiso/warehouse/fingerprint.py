"""What a load left in insert-only tables, as a number that changes with any of its rows.

The load's audit event holds it, so that `chiso audit verify` notices a fact that was changed, added or removed later.
PostgreSQL hashes rows without turning them into text, well under a second a million; the hash is that of one
generation of the server, which is kept beside it.
"""

from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract

_OF_ROWS = (
    "count(*) AS rows, coalesce(sum(hash_record_extended(t, 0)), 0)::text AS hash, "
    "current_setting('server_version_num')::int / 10000 AS postgres"
)


def fact_tables(contract: Contract) -> list[str]:
    """Where a source's facts lie."""
    versions = contract.terms.versions
    return [f"warehouse.{versions.table}"] if versions else ["warehouse.record", "warehouse.observation"]


def fingerprint(connection: sa.Connection, contract: Contract, delivery_id: int) -> dict[str, dict[str, Any]]:
    """By table: `{"rows", "hash", "postgres"}` of a delivery's facts."""
    return {
        table: dict(
            connection.execute(
                sa.text(f"SELECT {_OF_ROWS} FROM {table} t WHERE delivery_id = :delivery"), {"delivery": delivery_id}
            )
            .one()
            ._mapping
        )
        for table in fact_tables(contract)
    }


def fingerprints(connection: sa.Connection, table: str) -> dict[int, dict[str, Any]]:
    """The same of every delivery that has rows in `table`, by delivery."""
    rows = connection.execute(sa.text(f"SELECT delivery_id, {_OF_ROWS} FROM {table} t GROUP BY delivery_id"))
    return {row.delivery_id: {"rows": row.rows, "hash": row.hash, "postgres": row.postgres} for row in rows}


def same(said: dict[str, Any], found: dict[str, Any] | None) -> bool:
    """Whether two fingerprints agree; of two generations of the server only the rows can be compared."""
    if found is None or found["postgres"] != said["postgres"]:
        return bool(said["rows"] == (found["rows"] if found else 0))
    return said == found
