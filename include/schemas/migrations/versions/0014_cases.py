"""Cases of quarantine: what is wrong with a row, and every step until it is settled."""

from alembic import op

revision = "0014"
down_revision = "0013"

TABLES = """
ALTER TABLE quarantine.reject ADD row_no bigint;
COMMENT ON COLUMN quarantine.reject.row_no IS 'Number of the row in its delivery; null of what was rejected before numbers were kept.';

CREATE TABLE quarantine.row_case (
    case_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    calendar text NOT NULL,
    period text NOT NULL,
    reporter text NOT NULL,
    row_key text[] NOT NULL,
    nth integer NOT NULL,
    rule text NOT NULL,
    column_name text,
    by_line boolean NOT NULL,
    unit_code text,
    verdict_id bigint NOT NULL REFERENCES validation.verdict,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX ON quarantine.row_case (source, calendar, period, reporter, row_key, nth, rule, column_name) NULLS NOT DISTINCT;
CREATE INDEX ON quarantine.row_case (verdict_id);
COMMENT ON TABLE quarantine.row_case IS 'A row that breaks a rule, whichever deliveries bring it. Insert-only; what became of it are its events.';
COMMENT ON COLUMN quarantine.row_case.period IS 'The period that the row speaks of: its own, else its delivery''s.';
COMMENT ON COLUMN quarantine.row_case.reporter IS 'The reporter or office of the slice that it belongs to, as in warehouse.slice.';
COMMENT ON COLUMN quarantine.row_case.row_key IS 'The contract''s key of the row as it reads in the file; of one without a readable key sheet and line.';
COMMENT ON COLUMN quarantine.row_case.nth IS 'Which row of its delivery it is, of those with the same key and fault.';
COMMENT ON COLUMN quarantine.row_case.by_line IS 'Whether the row has no readable key, or the fault lies in it: another delivery has it at the same line.';
COMMENT ON COLUMN quarantine.row_case.verdict_id IS 'The verdict that found it first.';

CREATE TABLE quarantine.case_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES quarantine.row_case,
    step text NOT NULL CHECK (step IN ('opened', 'seen', 'returned', 'corrected', 'released', 'discarded', 'gone')),
    delivery_id bigint NOT NULL REFERENCES landing.delivery,
    verdict_id bigint REFERENCES validation.verdict,
    reject_id bigint REFERENCES quarantine.reject,
    decided_by text,
    why text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (verdict_id IS NOT NULL OR decided_by IS NOT NULL AND why IS NOT NULL)
);
CREATE INDEX ON quarantine.case_event (case_id, event_id);
CREATE INDEX ON quarantine.case_event (delivery_id);
CREATE INDEX ON quarantine.case_event (verdict_id);
COMMENT ON TABLE quarantine.case_event IS 'A step in the life of a case: found by a verdict, or decided by a person. Insert-only; the newest one says how it stands.';
COMMENT ON COLUMN quarantine.case_event.step IS 'seen: a newer delivery has the same fault. corrected: a newer one has the row without it. gone: a newer one lacks the row.';
COMMENT ON COLUMN quarantine.case_event.delivery_id IS 'The delivery in which the row was found, or that settled it.';
COMMENT ON COLUMN quarantine.case_event.verdict_id IS 'The verdict that wrote the step; null of a decision.';
COMMENT ON COLUMN quarantine.case_event.reject_id IS 'The rejected row that was found, where one was.';
"""
INSERT_ONLY = ("row_case", "case_event")


def upgrade() -> None:
    op.execute(TABLES)
    for table in INSERT_ONLY:
        op.execute(f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON quarantine.{table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only()")
