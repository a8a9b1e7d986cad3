-- Rows in quarantine as cases: what is wrong, how it stands, and each step on the way.

CREATE VIEW publication.quarantine_case AS
SELECT c.case_id, c.source, c.period, c.calendar, array_to_string(c.row_key, ' / ') AS row_key, c.unit_code, found.delivery_id, d.file_name,
       q.sheet, q.cell, q.line, c.column_name, c.rule, q.value, q.message_vi, q.message_en, q.responsible,
       CASE WHEN last.step IN ('opened', 'seen') THEN 'open' ELSE last.step END AS state, spell.opened_at,
       spell.received_at AS waits_since, spell.returned_at,
       CASE WHEN last.step NOT IN ('opened', 'seen', 'returned') THEN last.recorded_at END AS closed_at,
       CASE WHEN last.step = 'corrected' AND ended.sha256 <> spell.sha256 THEN ended.received_at - spell.received_at END AS time_to_fix,
       CASE WHEN last.step NOT IN ('opened', 'seen', 'returned') THEN last.delivery_id END AS closed_in, last.decided_by, last.why
FROM quarantine.row_case c
CROSS JOIN LATERAL (SELECT * FROM quarantine.case_event e WHERE e.case_id = c.case_id ORDER BY e.event_id DESC LIMIT 1) last
CROSS JOIN LATERAL (SELECT e.delivery_id, e.reject_id FROM quarantine.case_event e
                    WHERE e.case_id = c.case_id AND e.reject_id IS NOT NULL ORDER BY e.event_id DESC LIMIT 1) found
CROSS JOIN LATERAL (SELECT o.recorded_at AS opened_at, b.received_at, b.sha256, (SELECT max(r.recorded_at) FROM quarantine.case_event r
                        WHERE r.case_id = c.case_id AND r.step = 'returned' AND r.event_id > o.event_id) AS returned_at
                    FROM quarantine.case_event o JOIN landing.delivery b USING (delivery_id) WHERE o.case_id = c.case_id AND o.step = 'opened' ORDER BY o.event_id DESC LIMIT 1) spell
JOIN quarantine.reject q ON q.reject_id = found.reject_id
JOIN landing.delivery d ON d.delivery_id = found.delivery_id
JOIN landing.delivery ended ON ended.delivery_id = last.delivery_id;
COMMENT ON VIEW publication.quarantine_case IS 'Each row that breaks a rule, whichever deliveries brought it, as it stands; rows of refused deliveries too. Personal columns are never among them, personal values are masked.';
COMMENT ON COLUMN publication.quarantine_case.case_id IS 'Number of the case.'; -- bigint
COMMENT ON COLUMN publication.quarantine_case.source IS 'The source, <family>/<source>.'; -- text
COMMENT ON COLUMN publication.quarantine_case.period IS 'The period that the row speaks of: its own, else its delivery''s.'; -- text
COMMENT ON COLUMN publication.quarantine_case.calendar IS 'civil or administrative.'; -- text
COMMENT ON COLUMN publication.quarantine_case.row_key IS 'The key of the row as it reads in the file; of one without a readable key sheet and line.'; -- text
COMMENT ON COLUMN publication.quarantine_case.unit_code IS 'Code of the unit that the row is of, where it could be read.'; -- text
COMMENT ON COLUMN publication.quarantine_case.delivery_id IS 'The newest delivery in which the fault was found; key of publication.delivery.'; -- bigint
COMMENT ON COLUMN publication.quarantine_case.file_name IS 'Name of its file.'; -- text
COMMENT ON COLUMN publication.quarantine_case.sheet IS 'The sheet; null for texts.'; -- text
COMMENT ON COLUMN publication.quarantine_case.cell IS 'The cell, as C8; null for texts.'; -- text
COMMENT ON COLUMN publication.quarantine_case.line IS 'Row of the sheet, or physical line on which the record starts (header = 1).'; -- bigint
COMMENT ON COLUMN publication.quarantine_case.column_name IS 'The column, as the contract names it.'; -- text
COMMENT ON COLUMN publication.quarantine_case.rule IS 'The rule that the row breaks.'; -- text
COMMENT ON COLUMN publication.quarantine_case.value IS 'What stands in the cell; personal values are masked.'; -- text
COMMENT ON COLUMN publication.quarantine_case.message_vi IS 'What is wrong and what to do, in Vietnamese.'; -- text
COMMENT ON COLUMN publication.quarantine_case.message_en IS 'The same in English.'; -- text
COMMENT ON COLUMN publication.quarantine_case.responsible IS 'Code of the agency that answers for it.'; -- text
COMMENT ON COLUMN publication.quarantine_case.state IS 'open; returned: sent back to be mended; corrected: a newer delivery has the row without the fault; released: loaded by decision; discarded: closed by decision; gone: a newer delivery lacks the row, or the one that had it was withdrawn.'; -- text
COMMENT ON COLUMN publication.quarantine_case.opened_at IS 'When it was opened, the last time.'; -- timestamp with time zone
COMMENT ON COLUMN publication.quarantine_case.waits_since IS 'When the file was received that had the fault first.'; -- timestamp with time zone
COMMENT ON COLUMN publication.quarantine_case.returned_at IS 'When it was sent back since, the last time.'; -- timestamp with time zone
COMMENT ON COLUMN publication.quarantine_case.closed_at IS 'When it was closed; null while it is open or returned.'; -- timestamp with time zone
COMMENT ON COLUMN publication.quarantine_case.time_to_fix IS 'Of a corrected one the time from receiving the file that had the fault first to receiving the one without it; null where nothing but our rules was mended.'; -- interval
COMMENT ON COLUMN publication.quarantine_case.closed_in IS 'The delivery that closed it; of one that was decided the one that it was found in.'; -- bigint
COMMENT ON COLUMN publication.quarantine_case.decided_by IS 'Who took the last step; null of what a verdict found.'; -- text
COMMENT ON COLUMN publication.quarantine_case.why IS 'The reason that was given.'; -- text

CREATE VIEW publication.quarantine_step AS
SELECT e.case_id, e.event_id, e.step, e.recorded_at, e.delivery_id, d.file_name, q.sheet, q.cell, q.line, q.value, e.decided_by, e.why
FROM quarantine.case_event e JOIN landing.delivery d USING (delivery_id) LEFT JOIN quarantine.reject q USING (reject_id);
COMMENT ON VIEW publication.quarantine_step IS 'Every step of every case in quarantine, in the order of event_id.';
COMMENT ON COLUMN publication.quarantine_step.case_id IS 'Key of publication.quarantine_case.'; -- bigint
COMMENT ON COLUMN publication.quarantine_step.event_id IS 'Number of the step.'; -- bigint
COMMENT ON COLUMN publication.quarantine_step.step IS 'opened; seen: a newer delivery has the same fault; returned, corrected, released, discarded, gone as in publication.quarantine_case.'; -- text
COMMENT ON COLUMN publication.quarantine_step.recorded_at IS 'When it was taken.'; -- timestamp with time zone
COMMENT ON COLUMN publication.quarantine_step.delivery_id IS 'The delivery in which the fault was found, or that settled it.'; -- bigint
COMMENT ON COLUMN publication.quarantine_step.file_name IS 'Name of its file.'; -- text
COMMENT ON COLUMN publication.quarantine_step.sheet IS 'The sheet in which the fault was found; null for texts, and for steps that found none.'; -- text
COMMENT ON COLUMN publication.quarantine_step.cell IS 'The cell.'; -- text
COMMENT ON COLUMN publication.quarantine_step.line IS 'The row of the sheet, or the line.'; -- bigint
COMMENT ON COLUMN publication.quarantine_step.value IS 'What stood there; personal values are masked.'; -- text
COMMENT ON COLUMN publication.quarantine_step.decided_by IS 'Who took it; null of what a verdict found.'; -- text
COMMENT ON COLUMN publication.quarantine_step.why IS 'The reason that was given.'; -- text

CREATE VIEW publication.time_to_fix AS
SELECT source, responsible, unit_code, count(*) FILTER (WHERE state IN ('open', 'returned')) AS waiting,
       min(waits_since) FILTER (WHERE state IN ('open', 'returned')) AS waiting_since, count(time_to_fix) AS corrected,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY time_to_fix) AS median_time, max(time_to_fix) AS longest_time
FROM publication.quarantine_case GROUP BY source, responsible, unit_code;
COMMENT ON VIEW publication.time_to_fix IS 'How long faults wait until a newer file comes without them, by source and unit.';
COMMENT ON COLUMN publication.time_to_fix.source IS 'The source, <family>/<source>.'; -- text
COMMENT ON COLUMN publication.time_to_fix.responsible IS 'Code of the agency that answers for it.'; -- text
COMMENT ON COLUMN publication.time_to_fix.unit_code IS 'Code of the unit that the rows are of; null where it couldn''t be read.'; -- text
COMMENT ON COLUMN publication.time_to_fix.waiting IS 'Cases that are open or returned.'; -- bigint
COMMENT ON COLUMN publication.time_to_fix.waiting_since IS 'When the file was received that had the oldest of these faults first.'; -- timestamp with time zone
COMMENT ON COLUMN publication.time_to_fix.corrected IS 'Cases that a newer file corrected.'; -- bigint
COMMENT ON COLUMN publication.time_to_fix.median_time IS 'Of these the median of the time to the corrected file.'; -- interval
COMMENT ON COLUMN publication.time_to_fix.longest_time IS 'The longest.'; -- interval
