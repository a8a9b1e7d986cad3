"""Fetches that failed are written down too, with the reason; so are those that brought nothing new."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
ALTER TABLE sources.fetch
    DROP CONSTRAINT fetch_outcome_check,
    ADD CHECK (outcome IN ('fetched', 'not_modified', 'failed')),
    ADD COLUMN status integer,
    ADD COLUMN reason text,
    ADD CHECK ((outcome = 'failed') = (reason IS NOT NULL));
COMMENT ON TABLE sources.fetch IS 'A delivery that was asked for over HTTP: it came, was the one that we have, or could not be fetched.';
COMMENT ON COLUMN sources.fetch.status IS 'HTTP status of the last answer of a failed fetch; null where there was none.';
COMMENT ON COLUMN sources.fetch.reason IS 'Why it failed, and what to do.';
"""


def upgrade() -> None:
    op.execute(TABLES)
