-- What stands now, and what stood at any moment: derived, never stored.

CREATE OR REPLACE FUNCTION warehouse.current_delivery(as_of timestamptz DEFAULT 'infinity')
RETURNS TABLE (source text, period text, calendar text, delivery_id bigint, verdict_id bigint, received_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (d.source, v.period, v.calendar)
           d.source, v.period, v.calendar, coalesce(v.same_as, d.delivery_id), v.verdict_id, d.received_at
    FROM validation.verdict v JOIN landing.delivery d USING (delivery_id)
    WHERE v.accepted AND v.recorded_at <= as_of
    ORDER BY d.source, v.period, v.calendar, d.received_at DESC, d.delivery_id DESC
$$;
COMMENT ON FUNCTION warehouse.current_delivery IS 'The newest received accepted delivery of each source and period, as known at as_of (recorded time).';

CREATE OR REPLACE VIEW warehouse.current_observation AS
SELECT m.source, r.period, r.calendar, o.measure, m.unit AS measure_unit, m.kind, r.unit_register, r.unit_code, r.unit_valid_from,
       r.subject, o.value, r.sheet, o.cell, r.row_no, r.delivery_id, r.recorded_at
FROM warehouse.current_delivery() d
JOIN warehouse.record r USING (delivery_id)
JOIN warehouse.observation o USING (delivery_id, row_no)
JOIN warehouse.measure m USING (measure);

CREATE OR REPLACE VIEW warehouse.current_dossier AS
SELECT DISTINCT ON (v.ma_ho_so) v.*
FROM warehouse.dossier_version v JOIN landing.delivery d USING (delivery_id)
ORDER BY v.ma_ho_so, v.thoi_diem_cap_nhat DESC, d.received_at DESC, v.delivery_id DESC;

CREATE OR REPLACE VIEW warehouse.known_subject AS
SELECT d.source, r.subject
FROM warehouse.current_delivery() d JOIN warehouse.record r USING (delivery_id)
WHERE r.subject IS NOT NULL
GROUP BY d.source, r.subject;
COMMENT ON VIEW warehouse.known_subject IS 'Procedures, assets, systems … that a current delivery of their source lists.';
