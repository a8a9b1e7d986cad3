"""Whether the audit chain, the raw files and the loaded facts still are what was written down. Offline."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

import sqlalchemy as sa

from chiso import audit, contracts, indicators, landing, warehouse
from chiso.deliveries.verdicts import issues_sha256
from chiso.system import progress
from chiso.system.platform import Platform


def verify(platform: Platform) -> dict[str, Any]:
    """`{"holds", "faults", "events", "raw_files", "head"}`; every fault a sentence."""
    heads = audit.read_heads(platform.settings)
    # One snapshot: what loads meanwhile is in none of what is compared.
    snapshot = platform.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection:
        with progress.step("audit chain"):
            faults = [*audit.verify_chain(connection, heads), *_deliveries(connection), *_withdrawals(connection),
                      *_decisions(connection)]
        faults += [*_results(connection, platform), *_values(connection)]
        events, head = connection.execute(
            sa.text("SELECT count(*), (SELECT hash FROM audit.event ORDER BY seq DESC LIMIT 1) FROM audit.event")
        ).one()
        files = connection.execute(sa.text("SELECT count(*) FROM landing.raw_file")).scalar_one()
    faults += landing.verify(platform.engine, platform.settings)
    return {"holds": not faults, "faults": faults, "events": events, "raw_files": files, "head": head}


def _results(connection: sa.Connection, platform: Platform) -> Iterator[str]:
    """Facts that are no longer those of their load, and verdicts that are no longer those of their event."""
    facts, ledger = _fingerprints(connection)
    known = contracts.load_all(platform.settings).contracts
    told = {table for tables in facts.values() for table in tables}
    tables = sorted(told | {table for contract in known for table in warehouse.fact_tables(contract)})
    for table in progress.each("facts", tables, str):
        yield from _differing(connection, table, facts, "what its load left there")
    for table in warehouse.LEDGER:
        yield from _differing(connection, table, ledger, "what was counted")
    rows = connection.execute(sa.text("SELECT * FROM validation.verdict WHERE same_as IS NULL ORDER BY verdict_id"))
    in_chain = {_as_told(delivery, said) for delivery, said in audit.read_events(connection, audit.VerdictGiven) if said}
    for row in rows:
        if _as_stored(row) not in in_chain:
            yield f"delivery {row.delivery_id}: its verdict differs from the one in the chain"


_Said = dict[int, audit.Fingerprints]


def _fingerprints(connection: sa.Connection) -> tuple[_Said, _Said]:
    """What loads left in the tables of facts and in the ledger, by delivery, as the newest event of each says."""
    facts: _Said = {}
    ledger: _Said = {}
    for delivery, loaded in audit.read_events(connection, audit.Loaded):
        if delivery is not None and loaded is not None:
            facts[delivery], ledger[delivery] = loaded.facts, loaded.ledger
    for delivery, converted in audit.read_events(connection, audit.Converted):
        if delivery is not None and converted is not None:
            facts[delivery] = converted.facts
    for delivery, counted in audit.read_events(connection, audit.Counted):
        if delivery is not None and counted is not None:
            ledger[delivery] = counted.ledger
    return facts, ledger


def _differing(connection: sa.Connection, table: str, told: _Said, what: str) -> Iterator[str]:
    if connection.execute(sa.text("SELECT to_regclass(:table)"), {"table": table}).scalar() is None:
        yield f"table {table} is gone, with all that loads left there"
        return
    found = warehouse.fingerprints(connection, table)
    said = {delivery: tables[table] for delivery, tables in told.items() if table in tables}
    for delivery in sorted(said.keys() | found.keys()):
        if delivery not in said or not warehouse.same(said[delivery], found.get(delivery)):
            yield f"delivery {delivery}: its rows in {table} are no longer {what}"


def _deliveries(connection: sa.Connection) -> Iterator[str]:
    """Deliveries whose source, bytes or receipt are not those of their event: they decide what is current."""
    rows = connection.execute(sa.text("SELECT * FROM landing.delivery ORDER BY delivery_id")).all()
    received = dict(audit.read_events(connection, audit.DeliveryReceived))
    for row in rows:
        said = received.get(row.delivery_id)
        told = said and (said.source, said.sha256, said.received_at)
        if told != (row.source, row.sha256, row.received_at.astimezone(UTC).isoformat()):
            yield f"delivery {row.delivery_id}: source, bytes or receipt differ from its event in the chain"
    again = dict(audit.read_events(connection, audit.ContentUnchanged))
    for row in connection.execute(sa.text("SELECT delivery_id, same_as FROM validation.verdict WHERE same_as IS NOT NULL")):
        unchanged = again.get(row.delivery_id)
        if unchanged is None or unchanged.same_as != row.same_as:
            yield f"delivery {row.delivery_id}: the chain doesn't say that its content is delivery {row.same_as}'s"


def _withdrawals(connection: sa.Connection) -> Iterator[str]:
    """Withdrawals of which the chain says nothing, or something else; and those that are gone."""
    rows = connection.execute(sa.text("SELECT delivery_id, asked, decided_by, why FROM validation.withdrawal"))
    stored = {row.delivery_id: (row.asked, row.decided_by, row.why) for row in rows}
    said = {
        delivery: (event.asked, event.decided_by, event.why)
        for delivery, event in audit.read_events(connection, audit.Withdrawn)
        if delivery is not None and event
    }
    for delivery in sorted(stored.keys() | said.keys()):
        if stored.get(delivery) != said.get(delivery):
            yield f"delivery {delivery}: its withdrawal differs from the one in the chain"


def _decisions(connection: sa.Connection) -> Iterator[str]:
    """Decisions of values of which the chain says nothing, or something else; and those that are gone."""
    rows = connection.execute(sa.text("SELECT value_id, decision, decided_by, why, decided_in FROM indicators.decision"))
    stored = {row.value_id: tuple(row)[1:] for row in rows}
    said = {
        value["value_id"]: (event.decision, event.decided_by, event.why, event.decided_in)
        for _, event in audit.read_events(connection, audit.ValuesDecided)
        if event
        for value in event.values
    }
    for value in sorted(said.keys() | stored.keys()):
        if said.get(value) != stored.get(value):
            yield f"value {value}: what was decided of it differs from the chain"


def _values(connection: sa.Connection) -> Iterator[str]:
    """Runs whose values are no longer those that they wrote."""
    events = [event for _, event in audit.read_events(connection, audit.Computed) if event]
    said = {event.run: event.written_sha256 for event in events if isinstance(event.run, int)}
    found = indicators.written_sha256(connection)
    for run in sorted(said.keys() | found.keys()):
        if said.get(run) != found.get(run):
            yield f"run {run}: its values in indicators.value are no longer what it wrote"


def _as_told(delivery: int | None, said: audit.VerdictGiven) -> tuple[object, ...]:
    return (delivery, said.period, said.calendar, said.accepted, said.rows, said.rejected, said.issues_sha256)


def _as_stored(row: sa.Row[Any]) -> tuple[object, ...]:
    return (
        row.delivery_id,
        row.period,
        row.calendar,
        row.accepted,
        row.row_count,
        row.rejected_count,
        issues_sha256(row.issues),
    )
