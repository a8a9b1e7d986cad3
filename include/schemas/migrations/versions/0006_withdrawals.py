"""Deliveries that were accepted and taken back: a decision is a row, nothing loaded is altered."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE validation.withdrawal (
    delivery_id bigint PRIMARY KEY REFERENCES landing.delivery,
    asked bigint NOT NULL REFERENCES landing.delivery,
    decided_by text NOT NULL,
    why text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    written_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE validation.withdrawal IS 'An accepted delivery that somebody took back: from then on it stands for nothing. Insert-only.';
COMMENT ON COLUMN validation.withdrawal.asked IS 'The delivery that the decision named; its other readings and the receipts for which its rows stand go with it.';
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON validation.withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only();
"""


def upgrade() -> None:
    op.execute(TABLES)
