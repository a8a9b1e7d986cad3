-- What came: deliveries and their verdicts, rows in quarantine, fetches.

CREATE VIEW publication.delivery AS
SELECT d.delivery_id, d.source, d.file_name, d.sha256, f.bytes, coalesce(v.period, d.stated_period) AS period, v.calendar, d.received_at, d.recorded_at,
       v.recorded_at AS judged_at,
       CASE WHEN w.delivery_id IS NOT NULL THEN 'withdrawn' WHEN v.verdict_id IS NULL THEN 'pending' WHEN NOT v.accepted THEN 'refused'
            WHEN v.same_as IS NOT NULL THEN 'unchanged' WHEN d.delivery_id IN (SELECT s.delivery_id FROM warehouse.standing_delivery() s)
            THEN 'current' ELSE 'superseded' END AS state,
       v.row_count AS rows, v.rejected_count AS rejected, v.loaded_count AS loaded, v.unchanged_count AS unchanged, v.issues_total AS issues,
       said.reasons_vi, said.reasons_en, v.same_as, w.decided_by AS withdrawn_by, w.why AS withdrawn_why, w.recorded_at AS withdrawn_at,
       d.read_again, d.origin, d.uri, d.fetch_id
FROM landing.delivery d
JOIN landing.raw_file f USING (sha256)
LEFT JOIN LATERAL (SELECT * FROM validation.verdict n WHERE n.delivery_id = d.delivery_id ORDER BY n.accepted DESC, n.verdict_id DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
    SELECT string_agg(i ->> 'message_vi', E'\n' ORDER BY place) AS reasons_vi, string_agg(i ->> 'message_en', E'\n' ORDER BY place) AS reasons_en
    FROM (SELECT i, row_number() OVER (ORDER BY (i ->> 'action' = 'refuse_delivery') DESC, n) AS place
          FROM jsonb_array_elements(v.issues) WITH ORDINALITY a(i, n) WHERE i ->> 'severity' = 'critical') first
    WHERE place <= 3) said ON true
LEFT JOIN validation.withdrawal w ON w.delivery_id = d.delivery_id;
COMMENT ON VIEW publication.delivery IS 'Every receipt of a file, with what was said of it.';
COMMENT ON COLUMN publication.delivery.delivery_id IS 'Number of the delivery.'; -- bigint
COMMENT ON COLUMN publication.delivery.source IS 'The source, <family>/<source>.'; -- text
COMMENT ON COLUMN publication.delivery.file_name IS 'Name of the file.'; -- text
COMMENT ON COLUMN publication.delivery.sha256 IS 'SHA-256 of its bytes.'; -- text
COMMENT ON COLUMN publication.delivery.bytes IS 'Its size.'; -- bigint
COMMENT ON COLUMN publication.delivery.period IS 'The period that it speaks of; of one that can''t be read the one that was asked for.'; -- text
COMMENT ON COLUMN publication.delivery.calendar IS 'civil or administrative.'; -- text
COMMENT ON COLUMN publication.delivery.received_at IS 'When it reached us; timeliness is judged by it.'; -- timestamp with time zone
COMMENT ON COLUMN publication.delivery.recorded_at IS 'When the warehouse learnt of it.'; -- timestamp with time zone
COMMENT ON COLUMN publication.delivery.judged_at IS 'When the verdict was given.'; -- timestamp with time zone
COMMENT ON COLUMN publication.delivery.state IS 'pending: not judged yet; refused; current: something of it stands; unchanged: it has the content of same_as; superseded, but of events those without a newer version count on; withdrawn.'; -- text
COMMENT ON COLUMN publication.delivery.rows IS 'Data rows found in it, rejected ones included.'; -- bigint
COMMENT ON COLUMN publication.delivery.rejected IS 'Rows in quarantine.'; -- bigint
COMMENT ON COLUMN publication.delivery.loaded IS 'Rows loaded.'; -- bigint
COMMENT ON COLUMN publication.delivery.unchanged IS 'Rows that were known already.'; -- bigint
COMMENT ON COLUMN publication.delivery.issues IS 'Number of findings, warnings included.'; -- bigint
COMMENT ON COLUMN publication.delivery.reasons_vi IS 'The first reasons for which it or rows of it were turned down, at most three, in Vietnamese.'; -- text
COMMENT ON COLUMN publication.delivery.reasons_en IS 'The same in English.'; -- text
COMMENT ON COLUMN publication.delivery.same_as IS 'The delivery whose content it has.'; -- bigint
COMMENT ON COLUMN publication.delivery.withdrawn_by IS 'Who took it back.'; -- text
COMMENT ON COLUMN publication.delivery.withdrawn_why IS 'Why it was taken back.'; -- text
COMMENT ON COLUMN publication.delivery.withdrawn_at IS 'When it was taken back; from then on it stands for nothing.'; -- timestamp with time zone
COMMENT ON COLUMN publication.delivery.read_again IS 'The delivery whose bytes were read again by a changed contract.'; -- bigint
COMMENT ON COLUMN publication.delivery.origin IS 'fetch, drop_folder or file (given by hand).'; -- text
COMMENT ON COLUMN publication.delivery.uri IS 'Where it came from.'; -- text
COMMENT ON COLUMN publication.delivery.fetch_id IS 'Key of publication.fetch.'; -- bigint

CREATE VIEW publication.refused_delivery AS
SELECT d.source, d.file_name, d.delivery_id, d.received_at, v.period, v.issues -> 0 ->> 'message_vi' AS reason_vi,
       v.issues -> 0 ->> 'message_en' AS reason_en, v.verdict_id
FROM validation.verdict v JOIN landing.delivery d USING (delivery_id)
WHERE NOT v.accepted
  AND v.verdict_id = (SELECT max(n.verdict_id) FROM validation.verdict n WHERE n.delivery_id = v.delivery_id)
  AND NOT EXISTS (
      SELECT 1 FROM validation.verdict a JOIN landing.delivery b USING (delivery_id)
      WHERE a.accepted AND NOT EXISTS (SELECT FROM validation.withdrawal w WHERE w.delivery_id = a.delivery_id)
        AND b.source = d.source AND b.delivery_id IS DISTINCT FROM d.read_again
        AND (b.delivery_id = d.delivery_id OR b.file_name = d.file_name AND b.received_at >= d.received_at AND coalesce(v.period, a.period) = a.period));
COMMENT ON VIEW publication.refused_delivery IS 'Deliveries that stand refused: neither they nor a later file of the same name were accepted.';
COMMENT ON COLUMN publication.refused_delivery.source IS 'The source, <family>/<source>.'; -- text
COMMENT ON COLUMN publication.refused_delivery.file_name IS 'Name of the file.'; -- text
COMMENT ON COLUMN publication.refused_delivery.delivery_id IS 'Key of publication.delivery.'; -- bigint
COMMENT ON COLUMN publication.refused_delivery.received_at IS 'When it reached us.'; -- timestamp with time zone
COMMENT ON COLUMN publication.refused_delivery.period IS 'The period that it speaks of, where that could be read.'; -- text
COMMENT ON COLUMN publication.refused_delivery.reason_vi IS 'The first reason, in Vietnamese.'; -- text
COMMENT ON COLUMN publication.refused_delivery.reason_en IS 'The same in English.'; -- text
COMMENT ON COLUMN publication.refused_delivery.verdict_id IS 'Number of the verdict.'; -- bigint

CREATE VIEW publication.rejected_row AS
SELECT d.source, d.file_name, v.period, q.sheet, q.cell, q.line, q.column_name, q.rule, q.value, q.message_vi, q.message_en, q.responsible,
       d.delivery_id, CASE WHEN v.accepted THEN 'accepted' ELSE 'refused' END AS state, q.recorded_at
FROM quarantine.reject q
JOIN validation.verdict v USING (verdict_id)
JOIN landing.delivery d USING (delivery_id)
WHERE v.accepted AND d.delivery_id IN (SELECT c.delivery_id FROM warehouse.standing_delivery() c)
   OR NOT v.accepted AND v.verdict_id IN (SELECT r.verdict_id FROM publication.refused_delivery r);
COMMENT ON VIEW publication.rejected_row IS 'Rows in quarantine of current deliveries and of those that stand refused (state), a line for each rule that a row breaks; personal values are masked.';
COMMENT ON COLUMN publication.rejected_row.source IS 'The source, <family>/<source>.'; -- text
COMMENT ON COLUMN publication.rejected_row.file_name IS 'Name of the file.'; -- text
COMMENT ON COLUMN publication.rejected_row.period IS 'Period of the delivery.'; -- text
COMMENT ON COLUMN publication.rejected_row.sheet IS 'The sheet; null for texts.'; -- text
COMMENT ON COLUMN publication.rejected_row.cell IS 'The cell, as C8; null for texts.'; -- text
COMMENT ON COLUMN publication.rejected_row.line IS 'Row of the sheet, or physical line on which the record starts (header = 1).'; -- bigint
COMMENT ON COLUMN publication.rejected_row.column_name IS 'The column, as the contract names it.'; -- text
COMMENT ON COLUMN publication.rejected_row.rule IS 'The rule that the row breaks.'; -- text
COMMENT ON COLUMN publication.rejected_row.value IS 'What stands in the cell; personal values are masked.'; -- text
COMMENT ON COLUMN publication.rejected_row.message_vi IS 'What is wrong and what to do, in Vietnamese.'; -- text
COMMENT ON COLUMN publication.rejected_row.message_en IS 'The same in English.'; -- text
COMMENT ON COLUMN publication.rejected_row.responsible IS 'Code of the agency that answers for it.'; -- text
COMMENT ON COLUMN publication.rejected_row.delivery_id IS 'Key of publication.delivery.'; -- bigint
COMMENT ON COLUMN publication.rejected_row.state IS 'What became of its delivery: accepted or refused.'; -- text
COMMENT ON COLUMN publication.rejected_row.recorded_at IS 'When it was put into quarantine.'; -- timestamp with time zone

CREATE VIEW publication.fetch AS
SELECT fetch_id, source, period, substring(uri FROM '^[a-z0-9+]+://[^/?#]+') AS endpoint, uri, started_at, finished_at, outcome, status, reason, evidence, requests
FROM sources.fetch;
COMMENT ON VIEW publication.fetch IS 'Every delivery that was asked for over HTTP, every file that was fetched from a drop folder elsewhere, and every drop folder that could not be listed.';
COMMENT ON COLUMN publication.fetch.fetch_id IS 'Number of the fetch.'; -- bigint
COMMENT ON COLUMN publication.fetch.source IS 'The source, <family>/<source>.'; -- text
COMMENT ON COLUMN publication.fetch.period IS 'The period that was asked for; null of a drop folder.'; -- text
COMMENT ON COLUMN publication.fetch.endpoint IS 'The system that was asked: scheme and host, or bucket; null of a folder of this machine.'; -- text
COMMENT ON COLUMN publication.fetch.uri IS 'The address, without secrets.'; -- text
COMMENT ON COLUMN publication.fetch.started_at IS 'When it began.'; -- timestamp with time zone
COMMENT ON COLUMN publication.fetch.finished_at IS 'When it ended.'; -- timestamp with time zone
COMMENT ON COLUMN publication.fetch.outcome IS 'fetched, not_modified or failed.'; -- text
COMMENT ON COLUMN publication.fetch.status IS 'HTTP status of the last answer of a failed fetch; null where there was none.'; -- integer
COMMENT ON COLUMN publication.fetch.reason IS 'Why it failed, and what to do.'; -- text
COMMENT ON COLUMN publication.fetch.evidence IS 'What the last answer of a failed fetch began with where it was no delivery, without secrets and personal data.'; -- text
COMMENT ON COLUMN publication.fetch.requests IS 'Requests sent over HTTP; of a drop folder 1 for each look or file.'; -- integer

CREATE VIEW publication.column_drift AS
SELECT d.source, d.delivery_id, d.received_at, v.period, v.calendar, v.accepted, r.column_name, r.kind, r.before, r.now, r.policy, r.recorded_at
FROM validation.drift r JOIN validation.verdict v USING (verdict_id) JOIN landing.delivery d ON d.delivery_id = r.delivery_id;
COMMENT ON VIEW publication.column_drift IS 'Columns that a delivery had otherwise than the last accepted one of its source; personal columns by their names alone.';
COMMENT ON COLUMN publication.column_drift.source IS 'The source, <family>/<source>.'; -- text
COMMENT ON COLUMN publication.column_drift.delivery_id IS 'Key of publication.delivery.'; -- bigint
COMMENT ON COLUMN publication.column_drift.received_at IS 'When the delivery reached us.'; -- timestamp with time zone
COMMENT ON COLUMN publication.column_drift.period IS 'The period that it speaks of.'; -- text
COMMENT ON COLUMN publication.column_drift.calendar IS 'civil or administrative.'; -- text
COMMENT ON COLUMN publication.column_drift.accepted IS 'Whether it was accepted.'; -- boolean
COMMENT ON COLUMN publication.column_drift.column_name IS 'The column, as the contract names it; of an added one its header.'; -- text
COMMENT ON COLUMN publication.column_drift.kind IS 'added, renamed, moved, retyped or missing.'; -- text
COMMENT ON COLUMN publication.column_drift.before IS 'As it was.'; -- text
COMMENT ON COLUMN publication.column_drift.now IS 'As it is.'; -- text
COMMENT ON COLUMN publication.column_drift.policy IS 'What the contract says of it: freeze, warn or evolve.'; -- text
COMMENT ON COLUMN publication.column_drift.recorded_at IS 'When the warehouse learnt it.'; -- timestamp with time zone
