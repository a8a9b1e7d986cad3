"""Whether the audit chain, the raw files and the loaded facts still are what was written down. Offline."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from chiso import audit, contracts, landing
from chiso.platform import Platform


def verify(platform: Platform) -> dict[str, Any]:
    """`{"holds", "faults", "events", "raw_files", "head"}`; every fault a sentence."""
    with platform.engine.connect() as connection:
        faults = [*audit.verify_chain(connection, platform.settings), *_results(connection, platform)]
        events, head = connection.execute(
            sa.text("SELECT count(*), (SELECT hash FROM audit.event ORDER BY seq DESC LIMIT 1) FROM audit.event")
        ).one()
        files = connection.execute(sa.text("SELECT count(*) FROM landing.raw_file")).scalar_one()
    faults += landing.verify(platform.engine, platform.settings)
    return {"holds": not faults, "faults": faults, "events": events, "raw_files": files, "head": head}


def _results(connection: sa.Connection, platform: Platform) -> Iterator[str]:
    """Loads whose facts are no longer as many as their event says, verdicts and deliveries without an event."""
    tables = {
        f"warehouse.{contract.terms.versions.table}"
        for name in contracts.source_names(platform.settings)
        if (contract := contracts.load(name, platform.settings)).terms.versions
    }
    facts = " UNION ALL ".join(f"SELECT delivery_id FROM {table}" for table in ["warehouse.record", *sorted(tables)])
    rows = connection.execute(
        sa.text(f"""
        WITH facts AS (SELECT delivery_id, count(*) AS found FROM ({facts}) f GROUP BY delivery_id)
        SELECT delivery_id, (e.payload ->> 'loaded')::bigint AS said, coalesce(found, 0) AS found
        FROM audit.event e FULL JOIN facts USING (delivery_id)
        WHERE (e.kind = 'load' OR e.kind IS NULL) AND (e.payload ->> 'loaded')::bigint IS DISTINCT FROM coalesce(found, 0)""")
    )
    for row in rows:
        yield f"delivery {row.delivery_id}: the chain says {row.said} rows were loaded, the warehouse holds {row.found}"
    for row in connection.execute(
        sa.text("""
        SELECT v.delivery_id FROM validation.verdict v WHERE v.same_as IS NULL AND NOT EXISTS
            (SELECT 1 FROM audit.event e WHERE e.delivery_id = v.delivery_id AND e.kind = 'verdict'
             AND (e.payload ->> 'rows')::bigint = v.row_count AND (e.payload ->> 'rejected')::bigint = v.rejected_count)""")
    ):
        yield f"delivery {row.delivery_id}: its verdict differs from the one in the chain"
