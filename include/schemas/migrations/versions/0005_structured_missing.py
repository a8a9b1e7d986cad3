"""What a value lacks as objects; indicators that a framework's version defines for itself; by which definitions a run computed."""

from alembic import op

revision = "0005"
down_revision = "0004"

COLUMNS = """
ALTER TABLE indicators.value ADD COLUMN defined_in text NOT NULL DEFAULT 'catalogue', ADD COLUMN official boolean;
ALTER TABLE indicators.value ALTER COLUMN defined_in DROP DEFAULT;
COMMENT ON COLUMN indicators.value.defined_in IS 'Where the indicator is defined: catalogue, or a framework and its version.';
COMMENT ON COLUMN indicators.value.official IS 'Of figures that come twice whether these are the official ones; null where there is no such difference.';
COMMENT ON COLUMN indicators.value.missing IS 'Objects with `what`: period, rows (the source lacks them), figure, part, denominator, unit, no_unit, no_units, maxima, gone.';
COMMENT ON COLUMN indicators.value.inputs IS 'Per measure (source.measure): the deliveries that its figure was taken from.';

CREATE TABLE indicators.basis (
    basis_sha256 text COLLATE "C" PRIMARY KEY,
    definitions jsonb NOT NULL
);
COMMENT ON TABLE indicators.basis IS 'By which definitions runs computed: a hash of each, by where it is defined and its id. Insert-only.';
ALTER TABLE indicators.run RENAME COLUMN catalogue_sha256 TO basis_sha256;
COMMENT ON COLUMN indicators.run.basis_sha256 IS 'Key in indicators.basis; of runs before that table, the hash of the catalogue.';

ALTER TABLE indicators.definition
    ADD COLUMN defined_in text NOT NULL DEFAULT 'catalogue', ADD COLUMN first_year integer, ADD COLUMN last_year integer,
    DROP CONSTRAINT definition_pkey, ADD PRIMARY KEY (framework, version, indicator);
ALTER TABLE indicators.definition ALTER COLUMN defined_in DROP DEFAULT;
COMMENT ON COLUMN indicators.definition.first_year IS 'The years to which the version applies; null: without an end.';
"""

# Of dossiers civil months were named, whatever the value's calendar.
VALUES = """
UPDATE indicators.value v SET
    missing = coalesce((
        SELECT jsonb_agg(CASE WHEN word[1] = 'rejected'
            THEN jsonb_build_object('what', 'rows', 'source', word[2], 'period', word[3], 'calendar', v.calendar, 'rows', word[4]::int)
            ELSE jsonb_strip_nulls(jsonb_build_object('what', 'period', 'source', fed.source, 'period', word[1],
                'calendar', CASE fed.source WHEN 'portal/dossiers' THEN 'civil' ELSE v.calendar END)) END ORDER BY place)
        FROM jsonb_array_elements_text(v.missing) WITH ORDINALITY said(text, place),
             LATERAL string_to_array(text, ' ') word,
             LATERAL (SELECT CASE count(DISTINCT m.source) WHEN 1 THEN min(m.source) END AS source
                      FROM warehouse.measure m WHERE v.inputs ?| ARRAY[m.measure, m.source || '.' || m.measure]) fed), '[]'),
    inputs = coalesce((
        SELECT jsonb_object_agg(coalesce(m.source || '.' || i.measure, i.measure), i.deliveries)
        FROM jsonb_each(v.inputs) i(measure, deliveries) LEFT JOIN warehouse.measure m USING (measure)), '{}');
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute("ALTER TABLE indicators.value DISABLE TRIGGER insert_only")
    op.execute(VALUES)
    op.execute("ALTER TABLE indicators.value ENABLE TRIGGER insert_only")
    op.execute("CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON indicators.basis "
               "FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only()")
