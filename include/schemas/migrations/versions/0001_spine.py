"""The spine: one schema a stage, insert-only facts, two times, the audit chain."""

from alembic import op

revision = "0001"
down_revision = None

STAGES = ("sources", "landing", "staging", "validation", "quarantine", "warehouse", "indicators", "publication")

TABLES = """
CREATE TABLE sources.fetch (
    fetch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    period text,
    uri text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('fetched', 'not_modified')),
    etag text,
    requests integer NOT NULL
);
CREATE INDEX ON sources.fetch (source, period, fetch_id);

CREATE TABLE landing.raw_file (
    sha256 text COLLATE "C" PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint NOT NULL,
    encrypted boolean NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE landing.delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    stated_period text,
    sha256 text COLLATE "C" NOT NULL REFERENCES landing.raw_file,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    origin text NOT NULL CHECK (origin IN ('fetch', 'drop_folder', 'file')),
    file_name text NOT NULL,
    uri text NOT NULL,
    fetch_id bigint REFERENCES sources.fetch,
    UNIQUE NULLS NOT DISTINCT (source, sha256, received_at, stated_period)
);
COMMENT ON COLUMN landing.delivery.received_at IS 'When it reached us: Last-Modified or the fetch, a file''s modification time. Timeliness is judged by it.';
COMMENT ON COLUMN landing.delivery.recorded_at IS 'When the warehouse learnt it; the real clock.';

CREATE TABLE validation.verdict (
    verdict_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    period text,
    calendar text CHECK (calendar IN ('civil', 'administrative')),
    accepted boolean NOT NULL,
    same_as bigint REFERENCES landing.delivery,
    row_count bigint NOT NULL,
    rejected_count bigint NOT NULL,
    loaded_count bigint NOT NULL,
    unchanged_count bigint NOT NULL,
    content_sha256 text NOT NULL,
    rules_sha256 text NOT NULL,
    issues jsonb NOT NULL,
    issues_total bigint NOT NULL,
    checks jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    written_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    UNIQUE (delivery_id, rules_sha256),
    CHECK (row_count = rejected_count + loaded_count + unchanged_count OR NOT accepted)
);
CREATE UNIQUE INDEX ON validation.verdict (delivery_id) WHERE accepted;
COMMENT ON COLUMN validation.verdict.same_as IS 'The delivery whose content was received again; its facts stand for this one, nothing was loaded.';
COMMENT ON COLUMN validation.verdict.checks IS 'Every rule that was judged: id, severity, action, success by Great Expectations, rows that break it.';

CREATE TABLE quarantine.reject (
    reject_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    verdict_id bigint NOT NULL REFERENCES validation.verdict,
    line bigint NOT NULL,
    rule text NOT NULL,
    sheet text,
    cell text,
    column_name text,
    value text,
    message_vi text NOT NULL,
    message_en text NOT NULL,
    responsible text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON quarantine.reject (verdict_id, line);
COMMENT ON COLUMN quarantine.reject.line IS '1-based sheet row, or the physical line on which the record starts (header = 1).';

CREATE TABLE warehouse.unit (
    register text NOT NULL CHECK (register IN ('admin_unit', 'agency')),
    code text COLLATE "C" NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    level text NOT NULL,
    name_vi text NOT NULL,
    parent_code text COLLATE "C",
    PRIMARY KEY (register, code, valid_from)
);
COMMENT ON TABLE warehouse.unit IS 'Units of government with their time axis; codes were reused on 2025-07-01, so never join by code alone.';
CREATE TABLE warehouse.unit_succession (
    register text NOT NULL,
    old_code text COLLATE "C" NOT NULL,
    new_code text COLLATE "C" NOT NULL,
    effective_date date NOT NULL,
    PRIMARY KEY (register, old_code, new_code, effective_date)
);
CREATE TABLE warehouse.period (
    calendar text NOT NULL CHECK (calendar IN ('civil', 'administrative')),
    period text NOT NULL,
    grain text NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    PRIMARY KEY (calendar, period)
);
CREATE TABLE warehouse.measure (
    source text NOT NULL,
    measure text NOT NULL,
    name_vi text NOT NULL,
    unit text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('flow', 'stock')),
    PRIMARY KEY (measure)
);

CREATE TABLE warehouse.record (
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    row_no bigint NOT NULL,
    line bigint NOT NULL,
    sheet text,
    unit_register text,
    unit_code text COLLATE "C",
    unit_valid_from date,
    subject text,
    period text NOT NULL,
    calendar text NOT NULL,
    attributes jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (delivery_id, row_no)
);
COMMENT ON TABLE warehouse.record IS 'One accepted row of a delivery: what its observations speak of. Insert-only.';
COMMENT ON COLUMN warehouse.record.line IS 'Sheet row, or the physical line on which the record starts; row_no is unique in the delivery, line need not be.';
CREATE TABLE warehouse.observation (
    delivery_id bigint NOT NULL,
    row_no bigint NOT NULL,
    measure text NOT NULL,
    value numeric NOT NULL,
    cell text,
    PRIMARY KEY (delivery_id, measure, row_no)
);
COMMENT ON TABLE warehouse.observation IS 'One figure of a record, in the measure''s unit; a blank cell has none. Insert-only.';

CREATE TABLE warehouse.dossier_version (
    ma_ho_so text COLLATE "C" NOT NULL,
    thoi_diem_cap_nhat timestamp NOT NULL,
    ma_tthc text COLLATE "C" NOT NULL,
    ma_don_vi text COLLATE "C" NOT NULL,
    ma_xa text COLLATE "C",
    kenh_thuc_hien smallint NOT NULL,
    muc_do text COLLATE "C" NOT NULL,
    ngay_tiep_nhan timestamp NOT NULL,
    ngay_hen_tra timestamp,
    ngay_ket_thuc timestamp,
    trang_thai smallint NOT NULL,
    so_lan_bo_sung integer NOT NULL,
    so_ngay_tam_dung integer NOT NULL,
    phi_le_phi bigint NOT NULL,
    thanh_toan_truc_tuyen smallint NOT NULL,
    co_ket_qua_dien_tu boolean NOT NULL,
    ho_so_so_hoa boolean NOT NULL,
    tai_su_dung_du_lieu boolean NOT NULL,
    muc_do_hai_long smallint,
    delivery_id bigint NOT NULL,
    row_no bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ma_ho_so, thoi_diem_cap_nhat, delivery_id, ngay_tiep_nhan)
) PARTITION BY RANGE (ngay_tiep_nhan);
COMMENT ON TABLE warehouse.dossier_version IS 'Every version of every dossier; local times (Asia/Ho_Chi_Minh), fees in đồng. Partitioned by month received, so that a period reads only its own. Insert-only.';
CREATE TABLE warehouse.dossier_version_other PARTITION OF warehouse.dossier_version DEFAULT;

CREATE TABLE warehouse.structure (
    fingerprint text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE warehouse.structure IS 'Of which files (migrations, SQL, reference lists, contracts) the warehouse was last built; the same need not be applied again.';

CREATE TABLE warehouse.touched_period (
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    calendar text NOT NULL,
    period text NOT NULL,
    PRIMARY KEY (delivery_id, calendar, period)
);

CREATE TABLE indicators.definition (
    framework text NOT NULL,
    version text NOT NULL,
    indicator text NOT NULL,
    name_vi text NOT NULL,
    measure_unit text NOT NULL,
    formula text NOT NULL,
    PRIMARY KEY (framework, indicator)
);
COMMENT ON TABLE indicators.definition IS 'Which indicators a framework lists, from include/schemas/indicators; a value belongs to every framework that lists its indicator.';

CREATE TABLE indicators.run (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    calendar text NOT NULL,
    period text NOT NULL,
    through_verdict_id bigint NOT NULL,
    seen pg_snapshot NOT NULL,
    catalogue_sha256 text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON indicators.run (calendar, period, run_id);
COMMENT ON COLUMN indicators.run.through_verdict_id IS 'The newest verdict that this run could see; a later one that touches the period makes it stale.';
COMMENT ON COLUMN indicators.run.seen IS 'What was committed when the run began: a load that committed later is not in it, even where its verdict has a lower number.';
CREATE TABLE indicators.value (
    value_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES indicators.run,
    indicator text NOT NULL,
    unit_register text NOT NULL,
    unit_code text COLLATE "C" NOT NULL,
    unit_valid_from date NOT NULL,
    calendar text NOT NULL,
    period text NOT NULL,
    value numeric,
    numerator numeric,
    denominator numeric,
    status text NOT NULL CHECK (status IN ('computed', 'incomplete', 'no_data')),
    missing jsonb NOT NULL,
    inputs jsonb NOT NULL,
    publication text NOT NULL CHECK (publication IN ('approved', 'held')),
    held_because text,
    formula text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON indicators.value (indicator, unit_register, unit_code, calendar, period, value_id);
COMMENT ON TABLE indicators.value IS 'Every value ever computed, insert-only; the newest recorded one is current. Percentages 0-100, unrounded.';
COMMENT ON COLUMN indicators.value.inputs IS 'Per measure: the deliveries and periods its figure was taken from.';

CREATE SCHEMA audit;
CREATE TABLE audit.event (
    seq bigint PRIMARY KEY,
    occurred_at timestamptz NOT NULL,
    stage text NOT NULL,
    kind text NOT NULL,
    delivery_id bigint,
    payload json NOT NULL,
    previous_hash text COLLATE "C" NOT NULL,
    hash text COLLATE "C" NOT NULL
);
COMMENT ON TABLE audit.event IS 'Hash chain: hash = SHA-256 of previous_hash and the canonical JSON of the event. `chiso audit verify` checks it.';
"""

INSERT_ONLY = ("landing.raw_file", "landing.delivery", "validation.verdict", "quarantine.reject", "warehouse.record",
               "warehouse.observation", "warehouse.dossier_version", "indicators.run", "indicators.value", "audit.event")


def upgrade() -> None:
    for stage in STAGES:
        op.execute(f"CREATE SCHEMA {stage}")
    op.execute(TABLES)
    op.execute("""
        CREATE FUNCTION audit.insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '%.% is insert-only: a correction is a new row', TG_TABLE_SCHEMA, TG_TABLE_NAME; END $$""")
    for table in INSERT_ONLY:
        op.execute(f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only()")
