-- The change feed: what readers who were here before have to look at again.

CREATE VIEW publication.change AS
SELECT c.recorded_at, 'value' AS what, c.cause, c.indicator, c.defined_in, c.unit_register, c.unit_code, u.name_vi AS unit_name, c.calendar, c.period,
       c.old_value, c.new_value, c.publication, NULL::text AS source, c.delivery_ids,
       ARRAY(SELECT d.file_name FROM landing.delivery d WHERE d.delivery_id = ANY(c.delivery_ids) ORDER BY d.delivery_id) AS file_names, c.value_id
FROM indicators.value_change c
LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (c.unit_register, c.unit_code, c.unit_valid_from)
UNION ALL
SELECT v.recorded_at, 'delivery', CASE WHEN NOT v.accepted THEN 'refused' WHEN v.same_as IS NOT NULL THEN 'unchanged' ELSE 'accepted' END,
       NULL, NULL, NULL, NULL, NULL, v.calendar, v.period, NULL, NULL, NULL, d.source, ARRAY[d.delivery_id], ARRAY[d.file_name], NULL
FROM validation.verdict v JOIN landing.delivery d USING (delivery_id)
UNION ALL
SELECT w.recorded_at, 'delivery', 'withdrawn', NULL, NULL, NULL, NULL, NULL, v.calendar, v.period, NULL, NULL, NULL, d.source,
       ARRAY[d.delivery_id], ARRAY[d.file_name], NULL
FROM validation.withdrawal w JOIN landing.delivery d USING (delivery_id) JOIN validation.verdict v ON v.delivery_id = w.delivery_id AND v.accepted;
COMMENT ON VIEW publication.change IS 'Change feed: each verdict on a delivery, each delivery that was withdrawn, and each value whose number differs from the one before it, by recorded time.';
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
