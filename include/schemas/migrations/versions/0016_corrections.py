"""Which corrections the facts of a delivery rest on."""

from alembic import op

revision = "0016"
down_revision = "0015"

TABLES = """
CREATE TABLE warehouse.correction (
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    row_no bigint NOT NULL,
    line bigint NOT NULL,
    column_name text NOT NULL,
    correction text NOT NULL,
    before numeric,
    after numeric NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    reviewed_by text NOT NULL,
    expires_on date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (delivery_id, row_no, column_name)
);
COMMENT ON TABLE warehouse.correction IS 'A figure of a loaded row that was taken from include/schemas/reference/corrections.csv instead of the delivery. Insert-only.';
COMMENT ON COLUMN warehouse.correction.before IS 'What the delivery says, in the contract''s unit; null: a blank.';
COMMENT ON COLUMN warehouse.correction.after IS 'What was loaded instead.';
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON warehouse.correction
    FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only();
"""


def upgrade() -> None:
    op.execute(TABLES)
