"""Whether the audit chain, the raw files and the loaded facts still are what was written down. Offline."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from chiso import audit, contracts, landing, warehouse
from chiso.flow import issues_sha256
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
    """Facts that are no longer those of their load, and verdicts that are no longer those of their event."""
    loads = {delivery: said.get("facts") or {} for delivery, said in _events(connection, "load")}
    known = [contracts.load(name, platform.settings) for name in contracts.source_names(platform.settings)]
    for table in sorted({table for contract in known for table in warehouse.fact_tables(contract)}):
        found = warehouse.fingerprints(connection, table)
        said = {delivery: facts[table] for delivery, facts in loads.items() if table in facts}
        for delivery in sorted(said.keys() | found.keys()):
            if delivery not in said or not warehouse.same(said[delivery], found.get(delivery)):
                yield f"delivery {delivery}: its rows in {table} are no longer what its load left there"
    verdicts = connection.execute(sa.text("SELECT * FROM validation.verdict WHERE same_as IS NULL ORDER BY verdict_id"))
    in_chain = {_verdict(delivery, said) for delivery, said in _events(connection, "verdict")}
    for row in verdicts:
        if _verdict(row.delivery_id, _as_event(row)) not in in_chain:
            yield f"delivery {row.delivery_id}: its verdict differs from the one in the chain"


def _events(connection: sa.Connection, kind: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Delivery and payload of every such event; a payload that was tampered with may be anything, then it says nothing."""
    rows = connection.execute(
        sa.text("SELECT delivery_id, payload FROM audit.event WHERE kind = :kind ORDER BY seq"), {"kind": kind}
    )
    return ((row.delivery_id, row.payload if isinstance(row.payload, dict) else {}) for row in rows)


def _verdict(delivery_id: int, said: Mapping[str, Any]) -> tuple[object, ...]:
    names = ("period", "calendar", "accepted", "rows", "rejected", "issues_sha256")
    return (delivery_id, *(said.get(name) for name in names))


def _as_event(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "period": row.period,
        "calendar": row.calendar,
        "accepted": row.accepted,
        "rows": row.row_count,
        "rejected": row.rejected_count,
        "issues_sha256": issues_sha256(row.issues),
    }
