"""Mails that were sent, and what each was about: so that nothing is told twice."""

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
CREATE SCHEMA notices;
CREATE TABLE notices.mail (
    mail_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL UNIQUE,
    day date NOT NULL,
    address text NOT NULL,
    subject text NOT NULL,
    body_sha256 text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (address, day)
);
COMMENT ON TABLE notices.mail IS 'A mail that the mail server took: one an address and day. Insert-only.';
COMMENT ON COLUMN notices.mail.message_id IS 'Its Message-ID; the same where a mail is sent again since noting it had failed.';
COMMENT ON COLUMN notices.mail.day IS 'The platform''s day.';
CREATE TABLE notices.topic (
    mail_id bigint NOT NULL REFERENCES notices.mail,
    agency text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('upcoming', 'overdue', 'refused', 'held', 'digest')),
    key text NOT NULL,
    PRIMARY KEY (agency, kind, key)
);
COMMENT ON TABLE notices.topic IS 'What a mail told an agency: each thing once, whatever its address was. Insert-only.';
COMMENT ON COLUMN notices.topic.agency IS 'Code of the agency; empty: the data centre.';
COMMENT ON COLUMN notices.topic.kind IS 'upcoming, overdue: a report; refused: a delivery; held: a value; digest: a day.';
COMMENT ON COLUMN notices.topic.key IS 'Of a report <source>/<reporter>/<calendar>/<period>, else the number of delivery or value, or the day.';
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notices.mail
    FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notices.topic
    FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only();
"""


def upgrade() -> None:
    op.execute(TABLES)
