"""Targets in the warehouse, for those who read it with SQL."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
CREATE TABLE indicators.target (
    framework text NOT NULL,
    version text NOT NULL,
    target text NOT NULL,
    place integer NOT NULL,
    name_vi text NOT NULL,
    indicator text,
    direction text NOT NULL,
    target_value numeric,
    target_year integer NOT NULL,
    responsible text NOT NULL,
    PRIMARY KEY (framework, version, target)
);
COMMENT ON TABLE indicators.target IS 'What a version of a framework wants reached, from include/schemas/indicators.';
CREATE TABLE indicators.target_part (
    framework text NOT NULL,
    version text NOT NULL,
    target text NOT NULL,
    place integer NOT NULL,
    indicator text NOT NULL,
    defined_in text,
    unit_code text,
    unit_codes text[] NOT NULL,
    direction text NOT NULL,
    target_value numeric NOT NULL,
    PRIMARY KEY (framework, version, target, place)
);
COMMENT ON TABLE indicators.target_part IS 'What must be met for a target: itself, or each of its components.';
COMMENT ON COLUMN indicators.target_part.unit_code IS 'The unit whose value counts; null: the province.';
COMMENT ON COLUMN indicators.target_part.unit_codes IS 'The codes that the unit bears over time.';
COMMENT ON COLUMN indicators.target_part.defined_in IS 'Where its indicator is defined; null: nowhere, so it has no value.';
"""


def upgrade() -> None:
    op.execute(TABLES)
