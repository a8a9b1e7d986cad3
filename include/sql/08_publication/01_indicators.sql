-- What the data centre reads: approved values only, with names. A held value leaves the one before it in place.

CREATE OR REPLACE VIEW publication.indicator AS
SELECT d.framework, d.version, v.indicator, d.name_vi, d.measure_unit, d.formula, v.unit_register, v.unit_code, v.unit_valid_from,
       u.name_vi AS unit_name, v.calendar, v.period, p.start_date, p.end_date, v.value, v.numerator, v.denominator, v.status, v.missing,
       v.recorded_at, v.value_id
FROM (
    SELECT DISTINCT ON (indicator, defined_in, unit_register, unit_code, unit_valid_from, calendar, period) *
    FROM indicators.value WHERE publication = 'approved'
    ORDER BY indicator, defined_in, unit_register, unit_code, unit_valid_from, calendar, period, value_id DESC
) v
JOIN indicators.definition d ON (d.indicator, d.defined_in) = (v.indicator, v.defined_in)
     AND left(v.period, 4)::int BETWEEN coalesce(d.first_year, 0) AND coalesce(d.last_year, 9999)
JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (v.unit_register, v.unit_code, v.unit_valid_from)
JOIN warehouse.period p ON (p.calendar, p.period) = (v.calendar, v.period);
COMMENT ON VIEW publication.indicator IS 'The newest approved value of each indicator, unit and period, a line for every framework that lists it. Percentages 0-100, unrounded.';

CREATE OR REPLACE VIEW publication.refused_delivery AS
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

CREATE OR REPLACE VIEW publication.rejected_row AS
SELECT d.source, d.file_name, v.period, q.sheet, q.cell, q.line, q.rule, q.value, q.message_vi, q.message_en, q.responsible, d.delivery_id,
       CASE WHEN v.accepted THEN 'accepted' ELSE 'refused' END AS state
FROM quarantine.reject q
JOIN validation.verdict v USING (verdict_id)
JOIN landing.delivery d USING (delivery_id)
WHERE v.accepted AND d.delivery_id IN (SELECT c.delivery_id FROM warehouse.current_delivery() c)
   OR NOT v.accepted AND v.verdict_id IN (SELECT r.verdict_id FROM publication.refused_delivery r);
COMMENT ON VIEW publication.rejected_row IS 'Rows in quarantine of current deliveries and of those that stand refused (state), a line for each rule that a row breaks; personal values are masked.';

CREATE OR REPLACE VIEW publication.held_value AS
SELECT indicator, unit_register, unit_code, calendar, period, value, held_because
FROM indicators.value_as_of() WHERE publication = 'held';
COMMENT ON VIEW publication.held_value IS 'Newest values that wait for approval.';
