"""The header of each load as it was read, and what differs between one and the next."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE warehouse.load_header (
    delivery_id bigint PRIMARY KEY REFERENCES landing.delivery,
    header jsonb NOT NULL
);
COMMENT ON TABLE warehouse.load_header IS 'The columns of a loaded delivery in its own order: `printed` as it heads them, `column` of the contract or null. Insert-only.';
CREATE TABLE validation.drift (
    verdict_id bigint NOT NULL REFERENCES validation.verdict,
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    column_name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('added', 'renamed', 'moved', 'retyped', 'missing')),
    before text,
    now text,
    policy text NOT NULL CHECK (policy IN ('freeze', 'warn', 'evolve')),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (verdict_id, column_name, kind)
);
CREATE INDEX ON validation.drift (delivery_id);
COMMENT ON TABLE validation.drift IS 'Columns that a delivery has otherwise than the last accepted one of its source (where there is none, than the contract), and the contract''s policy then. Insert-only.';
COMMENT ON COLUMN validation.drift.column_name IS 'The contract''s name, or of a column that it doesn''t know the heading.';
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("warehouse.load_header", "validation.drift"):
        op.execute(f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only()")
