-- The change feed: what readers who were here before have to look at again.

CREATE VIEW publication.change AS
SELECT c.recorded_at, 'value' AS what, c.cause, c.indicator, c.defined_in, c.unit_register, c.unit_code, u.name_vi AS unit_name, c.calendar, c.period,
       c.old_value, c.new_value, c.publication, NULL::text AS source, c.delivery_ids,
       ARRAY(SELECT d.file_name FROM landing.delivery d WHERE d.delivery_id = ANY(c.delivery_ids) ORDER BY d.delivery_id) AS file_names, c.value_id,
       NULL::text AS decided_by, NULL::text AS why
FROM indicators.value_change c
LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (c.unit_register, c.unit_code, c.unit_valid_from)
UNION ALL
SELECT k.decided_at, 'value', CASE k.decision WHEN 'approve' THEN 'approved' ELSE 'not_approved' END, k.indicator, k.defined_in, k.unit_register,
       k.unit_code, u.name_vi, k.calendar, k.period, b.value, k.value, k.publication, NULL, '{}', '{}', k.value_id, k.decided_by, k.why
FROM indicators.known_value k
LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (k.unit_register, k.unit_code, k.unit_valid_from)
LEFT JOIN LATERAL (
    SELECT a.value FROM indicators.known_value a
    WHERE (a.indicator, a.defined_in, a.unit_register, a.unit_code, a.unit_valid_from, a.calendar, a.period)
        = (k.indicator, k.defined_in, k.unit_register, k.unit_code, k.unit_valid_from, k.calendar, k.period)
      AND a.publication = 'approved' AND a.value_id < k.value_id
    ORDER BY a.value_id DESC LIMIT 1) b ON true
WHERE k.decision IS NOT NULL
UNION ALL
SELECT v.recorded_at, 'delivery', CASE WHEN NOT v.accepted THEN 'refused' WHEN v.same_as IS NOT NULL THEN 'unchanged' ELSE 'accepted' END,
       NULL, NULL, NULL, NULL, NULL, v.calendar, v.period, NULL, NULL, NULL, d.source, ARRAY[d.delivery_id], ARRAY[d.file_name], NULL,
       NULL, NULL
FROM validation.verdict v JOIN landing.delivery d USING (delivery_id)
UNION ALL
SELECT w.recorded_at, 'delivery', 'withdrawn', NULL, NULL, NULL, NULL, NULL, v.calendar, v.period, NULL, NULL, NULL, d.source,
       ARRAY[d.delivery_id], ARRAY[d.file_name], NULL, w.decided_by, w.why
FROM validation.withdrawal w JOIN landing.delivery d USING (delivery_id) JOIN validation.verdict v ON v.delivery_id = w.delivery_id AND v.accepted;
COMMENT ON VIEW publication.change IS 'Change feed: each verdict on a delivery, each delivery that was withdrawn, each value whose number differs from the one before it, and each decision on a value that was held, by recorded time.';
COMMENT ON COLUMN publication.change.recorded_at IS 'When the warehouse learnt it; ask for what is later than your last look.'; -- timestamp with time zone
COMMENT ON COLUMN publication.change.what IS 'value or delivery.'; -- text
COMMENT ON COLUMN publication.change.cause IS 'Of a value why it changed, of a delivery what was decided; the words are in publication.code_list, columns cause and decision.'; -- text
COMMENT ON COLUMN publication.change.indicator IS 'Id of the indicator.'; -- text
COMMENT ON COLUMN publication.change.defined_in IS 'Where it is defined.'; -- text
COMMENT ON COLUMN publication.change.unit_register IS 'admin_unit or agency.'; -- text
COMMENT ON COLUMN publication.change.unit_code IS 'Code of the unit.'; -- text
COMMENT ON COLUMN publication.change.unit_name IS 'Its name.'; -- text
COMMENT ON COLUMN publication.change.calendar IS 'civil or administrative.'; -- text
COMMENT ON COLUMN publication.change.period IS 'Period of the value or delivery.'; -- text
COMMENT ON COLUMN publication.change.old_value IS 'The number before; null: there was none.'; -- numeric
COMMENT ON COLUMN publication.change.new_value IS 'The number after; null: there is none any more.'; -- numeric
COMMENT ON COLUMN publication.change.publication IS 'Of a value approved, or held: it waits for approval and publication.indicator_value shows the one before.'; -- text
COMMENT ON COLUMN publication.change.source IS 'Of a delivery its source.'; -- text
COMMENT ON COLUMN publication.change.delivery_ids IS 'The delivery; of a value those that are new among what it is made of.'; -- bigint[]
COMMENT ON COLUMN publication.change.file_names IS 'Names of their files.'; -- text[]
COMMENT ON COLUMN publication.change.value_id IS 'Key of publication.indicator_value_file.'; -- bigint
COMMENT ON COLUMN publication.change.decided_by IS 'Who decided it, of withdrawals and of values that were held.'; -- text
COMMENT ON COLUMN publication.change.why IS 'The reason that was given.'; -- text
