"""Of a fetch that failed, what the answer began with."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLES = """
ALTER TABLE sources.fetch ADD COLUMN evidence text CHECK (outcome = 'failed' OR evidence IS NULL);
COMMENT ON COLUMN sources.fetch.evidence IS 'What the last answer of a failed fetch began with where it was no delivery, without secrets and personal data.';
"""


def upgrade() -> None:
    op.execute(TABLES)
