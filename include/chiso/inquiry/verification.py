"""Whether the audit chain, the raw files and the loaded facts still are what was written down. Offline."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

import sqlalchemy as sa

from chiso import audit, contracts, indicators, landing, warehouse
from chiso.deliveries.verdicts import issues_sha256
from chiso.system.platform import Platform


def verify(platform: Platform) -> dict[str, Any]:
    """`{"holds", "faults", "events", "raw_files", "head"}`; every fault a sentence."""
    heads = audit.read_heads(platform.settings)
    # One snapshot: what loads meanwhile is in none of what is compared.
    snapshot = platform.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection:
        faults = [
            *audit.verify_chain(connection, heads),
            *_deliveries(connection),
            *_results(connection, platform),
            *_values(connection),
        ]
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
    counted = {delivery: said.get("ledger") or {} for delivery, said in _events(connection, "counted")}
    for table in warehouse.LEDGER:
        found = warehouse.fingerprints(connection, table)
        for delivery in sorted(counted.keys() | found.keys()):
            said_of = counted.get(delivery, {}).get(table)
            if said_of is None or not warehouse.same(said_of, found.get(delivery)):
                yield f"delivery {delivery}: its rows in {table} are no longer what was counted"
    verdicts = connection.execute(sa.text("SELECT * FROM validation.verdict WHERE same_as IS NULL ORDER BY verdict_id"))
    in_chain = {_verdict(delivery, said) for delivery, said in _events(connection, "verdict")}
    for row in verdicts:
        if _verdict(row.delivery_id, _as_event(row)) not in in_chain:
            yield f"delivery {row.delivery_id}: its verdict differs from the one in the chain"


def _deliveries(connection: sa.Connection) -> Iterator[str]:
    """Deliveries whose source, bytes or receipt are not those of their event: they decide what is current."""
    rows = connection.execute(sa.text("SELECT * FROM landing.delivery ORDER BY delivery_id")).all()
    received = dict(_events(connection, "delivery_received"))
    for row in rows:
        said = received.get(row.delivery_id, {})
        stated = (said.get("source"), said.get("sha256"), said.get("received_at"))
        if stated != (row.source, row.sha256, row.received_at.astimezone(UTC).isoformat()):
            yield f"delivery {row.delivery_id}: source, bytes or receipt differ from its event in the chain"
    again = dict(_events(connection, "content_unchanged"))
    for row in connection.execute(sa.text("SELECT delivery_id, same_as FROM validation.verdict WHERE same_as IS NOT NULL")):
        if again.get(row.delivery_id, {}).get("same_as") != row.same_as:
            yield f"delivery {row.delivery_id}: the chain doesn't say that its content is delivery {row.same_as}'s"


def _values(connection: sa.Connection) -> Iterator[str]:
    """Runs whose values are no longer those that they wrote."""
    rows = connection.execute(sa.text("SELECT payload FROM audit.event WHERE kind = 'computed' ORDER BY seq")).scalars()
    said = {event.get("run"): event.get("written_sha256") for event in rows if isinstance(event, dict)}
    found = indicators.written_sha256(connection)
    for run in sorted({run for run in said if isinstance(run, int)} | found.keys()):
        if said.get(run) != found.get(run):
            yield f"run {run}: its values in indicators.value are no longer what it wrote"


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
