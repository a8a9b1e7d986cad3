"""Facts of every source in a typed table of its own, made from its contract; what a delivery stands for as rows.

What was loaded before keeps its delivery, rows and times: forms and lists are taken over from their attributes, dossiers
with their table.
"""

import json

import sqlalchemy as sa
from alembic import context, op
from chiso.contracts import Contract, load_all
from chiso.province.periods import Period
from chiso.system.errors import ContractError
from chiso.warehouse.slices import add_slices
from chiso.warehouse.tables import ensure

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE warehouse.load (
    delivery_id bigint PRIMARY KEY REFERENCES landing.delivery,
    source text NOT NULL,
    period text NOT NULL,
    calendar text NOT NULL,
    sheet text,
    letters jsonb NOT NULL,
    columns text[] NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE warehouse.load IS 'An accepted delivery whose rows were loaded: where they stand in the file, and which columns of the contract were read. Insert-only.';
COMMENT ON COLUMN warehouse.load.letters IS 'Column of the contract → letters of its column in the sheet; with the row''s line they name a figure''s cell.';
CREATE TABLE warehouse.slice (
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    calendar text NOT NULL,
    period text NOT NULL,
    reporter text NOT NULL,
    official boolean,
    PRIMARY KEY (delivery_id, calendar, period, reporter)
);
COMMENT ON TABLE warehouse.slice IS 'What a delivery stands for: a period, of one reporter where each sends its own (else ''''); a newer delivery of the same replaces it. Insert-only.';
COMMENT ON COLUMN warehouse.slice.official IS 'Where figures come preliminary and official: which they are.';
CREATE TABLE warehouse.event_ledger (
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    source text NOT NULL,
    measure text NOT NULL,
    unit_register text,
    unit_code text COLLATE "C",
    unit_valid_from date,
    span_start date NOT NULL,
    dimensions jsonb,
    change numeric NOT NULL
);
CREATE INDEX ON warehouse.event_ledger (source, span_start);
CREATE INDEX ON warehouse.event_ledger (delivery_id);
COMMENT ON TABLE warehouse.event_ledger IS 'By how much each load changed a figure that is counted or summed over current events. Derived from the events; made anew when a measure or the list of units changes.';
COMMENT ON COLUMN warehouse.event_ledger.span_start IS 'The 1st or the 15th: first day of the half-month, which lies in one month of either calendar.';
CREATE TABLE warehouse.event_origin (
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    counted_by text NOT NULL,
    span_start date NOT NULL,
    origin_id bigint NOT NULL REFERENCES landing.delivery,
    change bigint NOT NULL
);
CREATE INDEX ON warehouse.event_origin (span_start, counted_by);
CREATE INDEX ON warehouse.event_origin (delivery_id);
COMMENT ON TABLE warehouse.event_origin IS 'By how much each load changed the number of events that are current and came with delivery origin_id: the lineage of event_ledger.';
CREATE TABLE warehouse.event_basis (source text PRIMARY KEY, basis_sha256 text NOT NULL);
COMMENT ON TABLE warehouse.event_basis IS 'What event_ledger was counted by: the contract''s measures and the lists of units.';
ALTER TABLE landing.delivery ADD COLUMN read_again bigint REFERENCES landing.delivery;
DO $$ DECLARE old text; BEGIN
    SELECT conname INTO old FROM pg_constraint WHERE conrelid = 'landing.delivery'::regclass AND contype = 'u';
    EXECUTE format('ALTER TABLE landing.delivery DROP CONSTRAINT %I', old);
END $$;
ALTER TABLE landing.delivery ADD UNIQUE NULLS NOT DISTINCT (source, sha256, received_at, stated_period, read_again);
COMMENT ON COLUMN landing.delivery.read_again IS 'The delivery whose kept bytes are read again, by a contract that has changed since: the same receipt, new facts.';
DROP TABLE warehouse.version_count, warehouse.version_origin, warehouse.count_basis;
ALTER TABLE warehouse.measure DROP CONSTRAINT measure_pkey, ADD PRIMARY KEY (source, measure);
"""
DOSSIERS = """
ALTER TABLE warehouse.dossier_version RENAME TO portal_dossiers;
ALTER TABLE warehouse.portal_dossiers ADD COLUMN line bigint;
COMMENT ON COLUMN warehouse.portal_dossiers.portion IS 'Physical only: 0, or the delivery''s id where it is large enough for a partition of its own, which is filled before it is indexed.';
DO $$ DECLARE part regclass; BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'warehouse.portal_dossiers'::regclass LOOP
        EXECUTE format('ALTER TABLE %s RENAME TO %I', part, replace(split_part(part::text, '.', 2), 'dossier_version', 'portal_dossiers'));
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(DOSSIERS)
    for table in ("load", "slice"):
        op.execute(f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON warehouse.{table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only()")
    connection = op.get_bind()
    contracts = {contract.source: contract for contract in load_all(context.config.attributes["settings"]).contracts}
    ensure(connection, list(contracts.values()))
    loads = connection.execute(sa.text(
        "SELECT v.delivery_id, d.source, v.period, v.calendar, v.recorded_at FROM validation.verdict v JOIN landing.delivery d USING (delivery_id) "
        "WHERE v.accepted AND v.same_as IS NULL ORDER BY v.verdict_id")).all()
    unknown = sorted({load.source for load in loads} - set(contracts))
    if unknown:  # what was loaded would be lost with the tables that it lies in
        raise ContractError(f"{', '.join(unknown)}: has loaded deliveries and no sound contract, so they can't be taken over into "
                            "typed tables. Mend or bring back the contract (`chiso source lint` names its faults); nothing was changed.")
    for load in loads:
        _take_over(connection, load, contracts[load.source])
    op.execute("DROP TABLE warehouse.observation, warehouse.record")


def _take_over(connection: sa.Connection, load: sa.Row, contract: Contract) -> None:
    sheet = connection.execute(sa.text("SELECT max(sheet) FROM warehouse.record WHERE delivery_id = :id"), {"id": load.delivery_id}).scalar()
    connection.execute(
        sa.text("INSERT INTO warehouse.load VALUES (:id, :source, :period, :calendar, :sheet, CAST(:letters AS jsonb), :columns, :recorded)"),
        {"id": load.delivery_id, "source": load.source, "period": load.period, "calendar": load.calendar, "sheet": sheet,
         "letters": json.dumps(_letters(connection, load.delivery_id, contract)), "columns": contract.loaded_names,
         "recorded": load.recorded_at})
    if not contract.has_events:
        names = [f'"{name}"' for name in contract.loaded_names]
        reporter = contract.terms.delivery.reporter
        reported_by = f"coalesce(a.{reporter}::text, '')" if reporter else "''"
        connection.execute(
            sa.text(f"INSERT INTO {contract.fact_table} (delivery_id, row_no, line, unit_register, unit_code, unit_valid_from, period, reporter, "
                    f"recorded_at, {', '.join(names)}) SELECT r.delivery_id, r.row_no, r.line, r.unit_register, r.unit_code, r.unit_valid_from, "
                    f"r.period, {reported_by}, r.recorded_at, {', '.join(f'a.{name}' for name in names)} FROM warehouse.record r, "
                    f"jsonb_populate_record(NULL::{contract.fact_table}, r.attributes) a WHERE r.delivery_id = :id"),
            {"id": load.delivery_id})
    add_slices(connection, contract, load.delivery_id, Period.of(load.period, load.calendar))


def _letters(connection: sa.Connection, delivery_id: int, contract: Contract) -> dict[str, str]:
    """Column letters, as the cells of the delivery's figures show them."""
    rows = connection.execute(
        sa.text("SELECT DISTINCT measure, substring(cell FROM '^[A-Z]+') AS letter FROM warehouse.observation WHERE delivery_id = :id "
                "AND cell IS NOT NULL"), {"id": delivery_id})
    letters = {row.measure: row.letter for row in rows}
    return {measure.column: letters[measure.id] for measure in contract.measures if measure.column and measure.id in letters}
