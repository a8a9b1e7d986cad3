"""Events tell of the rows that they are about, by SHA-256; what was there before is taken over where nobody altered it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from chiso import audit
from chiso.audit import Bound, Rows
from chiso.contracts import load_all
from chiso.warehouse.tables import OWN_COLUMNS, ensure

revision = "0015"
down_revision = "0014"

TABLES = """
ALTER TABLE audit.event
    ADD COLUMN opened bigint, ADD COLUMN bound json, ADD COLUMN content_sha256 text COLLATE "C",
    ADD CHECK (num_nonnulls(opened, bound, content_sha256) IN (0, 3));
COMMENT ON TABLE audit.event IS 'Hash chain: hash = SHA-256 of previous_hash and content_sha256, which is that of the event''s canonical JSON. `chiso audit verify` checks it. Insert-only.';
COMMENT ON COLUMN audit.event.opened IS 'The first event of the transaction that wrote it; null of versions before 0015, whose hash covers their JSON directly.';
COMMENT ON COLUMN audit.event.bound IS 'The rows that it tells of: by table and key their number and SHA-256 over the columns named.';
CREATE INDEX ON audit.event (kind, seq);
CREATE INDEX ON audit.event (delivery_id);
CREATE INDEX ON indicators.value (run_id);
CREATE INDEX ON notices.topic (mail_id);
ALTER TABLE warehouse.structure ADD COLUMN built_sha256 text;
COMMENT ON COLUMN warehouse.structure.built_sha256 IS 'What the structure was after that, as the newest event of kind built tells.';
"""

LEDGER = ("warehouse.event_ledger", "warehouse.event_origin")


def upgrade() -> None:
    op.execute(TABLES)
    connection = op.get_bind()
    if not connection.execute(sa.text("SELECT EXISTS (SELECT FROM landing.delivery)")).scalar():
        return
    contracts = load_all(context.config.attributes["settings"]).contracts
    ensure(connection, contracts)
    facts = [contract.fact_table for contract in contracts]
    bound: list[Bound] = []
    for table in [*audit.KEYS, *facts]:
        if audit.KEYS.get(table, audit.FACTS_KEY) and _exists(connection, table):
            bound += _taken_over(connection, table)
    audit.record(connection, audit.TakenOver(sorted({each.table for each in bound})), rows=bound)


def _exists(connection: sa.Connection, table: str) -> bool:
    return connection.execute(sa.text("SELECT to_regclass(:table)"), {"table": table}).scalar() is not None


def _taken_over(connection: sa.Connection, table: str) -> Iterator[Bound]:
    """Everything in a table, but for what differs from the fingerprints that earlier versions told."""
    altered = set(_altered(connection, table))
    keys = [key for key in audit.counted(connection, table) if key not in altered]
    if keys:
        yield from audit.bind(connection, [Rows.of(table, *keys)])


def _altered(connection: sa.Connection, table: str) -> Iterable[str]:
    """Deliveries whose rows in a table are no longer those of their event of a version before this one."""
    told: dict[int, dict[str, Any]] = {}
    events = connection.execute(
        sa.text("SELECT delivery_id, kind, payload FROM audit.event WHERE kind IN ('load', 'converted', 'counted') AND content_sha256 IS NULL ORDER BY seq")
    )
    for event in events:
        for said in ("facts", "ledger"):
            if table in (event.payload.get(said) or {}):
                told[event.delivery_id] = event.payload[said][table]
    if not told:
        return
    for delivery, columns in _read(connection, table, list(told)):
        found = connection.execute(sa.text(f"SELECT {_fingerprint(connection, table, columns)} FROM {table} t WHERE delivery_id = {delivery}")).one()
        said = told[delivery]
        if found.rows != said["rows"] or (found.postgres == said["postgres"] and found.hash != said["hash"]):
            yield str(delivery)


def _read(connection: sa.Connection, table: str, deliveries: list[int]) -> Iterator[tuple[int, Sequence[str] | None]]:
    """Deliveries with the columns over which their rows were told of; None: all that the table had."""
    is_facts = table not in audit.KEYS
    loads = connection.execute(sa.text("SELECT delivery_id, columns FROM warehouse.load WHERE delivery_id = ANY(:ids)"), {"ids": deliveries})
    columns = {row.delivery_id: row.columns for row in loads}
    for delivery in deliveries:
        yield delivery, columns.get(delivery) if is_facts else None


def _fingerprint(connection: sa.Connection, table: str, columns: Sequence[str] | None) -> str:
    """As versions before this one took it: a sum of 64-bit hashes, which somebody can forge."""
    names = connection.execute(
        sa.text("SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped "
                "AND attname <> 'portion' ORDER BY attnum"), {"table": table}).scalars()
    listed = ", ".join(f't."{name}"' for name in names if columns is None or name in columns or name in OWN_COLUMNS)
    return (f"count(*) AS rows, coalesce(sum(hash_record_extended(ROW({listed}), 0)), 0)::text AS hash, "
            "current_setting('server_version_num')::int / 10000 AS postgres")
