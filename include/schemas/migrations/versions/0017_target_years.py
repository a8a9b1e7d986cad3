"""What targets want at the end of each year, for those who read it with SQL."""

from alembic import op

revision = "0017"
down_revision = "0016"

TABLES = """
CREATE TABLE indicators.target_year (
    framework text NOT NULL,
    version text NOT NULL,
    target text NOT NULL,
    year integer NOT NULL,
    value numeric NOT NULL,
    PRIMARY KEY (framework, version, target, year)
);
COMMENT ON TABLE indicators.target_year IS 'The trajectory of each target that has one: what is wanted at the end of a year, the baseline first.';
"""


def upgrade() -> None:
    op.execute(TABLES)
