"""What people decided of values that were held: rows of their own, no value is altered."""

from alembic import op

revision = "0012"
down_revision = "0009"

TABLES = """
CREATE TABLE indicators.decision (
    value_id bigint PRIMARY KEY REFERENCES indicators.value,
    decision text NOT NULL CHECK (decision IN ('approve', 'refuse')),
    decided_by text NOT NULL,
    why text NOT NULL,
    decided_in text NOT NULL CHECK (decided_in IN ('command', 'airflow')),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE indicators.decision IS 'What somebody decided of a value that was held: it is published from then on, or never. Insert-only.';
COMMENT ON COLUMN indicators.decision.decided_in IS 'Where the decision was made: at the command line, or in Airflow.';
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON indicators.decision
    FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only();
"""


def upgrade() -> None:
    op.execute(TABLES)
