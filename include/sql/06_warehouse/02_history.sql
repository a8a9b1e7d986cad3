-- What stood when, in recorded time: every delivery with the spans in which it stood for a slice.

CREATE VIEW warehouse.accepted_time AS
SELECT v.verdict_id, v.delivery_id, v.same_as, tstzrange(v.recorded_at, coalesce(w.recorded_at, 'infinity')) AS known
FROM validation.verdict v LEFT JOIN validation.withdrawal w USING (delivery_id)
WHERE v.accepted;
COMMENT ON VIEW warehouse.accepted_time IS 'When a delivery was known as accepted and not withdrawn, in recorded time; every history is made of it.';

CREATE VIEW warehouse.slice_history AS
SELECT source, period, calendar, reporter, delivery_id, verdict_id, received_at, official, lower(span) AS valid_from, upper(span) AS valid_to
FROM (
    SELECT d.source, s.period, s.calendar, s.reporter, s.delivery_id, t.verdict_id, d.received_at, s.official,
           tstzmultirange(t.known) - coalesce(range_agg(t.known) OVER (
               PARTITION BY d.source, s.period, s.calendar, s.reporter
               ORDER BY coalesce(s.official, true) DESC, d.received_at DESC, d.delivery_id DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS spans
    FROM warehouse.accepted_time t
    JOIN landing.delivery d USING (delivery_id)
    JOIN warehouse.slice s ON s.delivery_id = coalesce(t.same_as, t.delivery_id)
) ranked CROSS JOIN unnest(spans) span;
COMMENT ON VIEW warehouse.slice_history IS 'What current_slice(as_of) says at every as_of: a delivery stands for its slice while it is accepted and none that goes before it is. One that never stood has no line.';

CREATE FUNCTION warehouse.standing_slice(of_source text)
RETURNS TABLE (period text, calendar text, reporter text, delivery_id bigint, received_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT period, calendar, reporter, delivery_id, received_at FROM warehouse.current_slice() WHERE source = of_source
$$;
COMMENT ON FUNCTION warehouse.standing_slice IS 'current_slice() of a source, with its owner''s rights: the views that others read are made of it.';

CREATE FUNCTION warehouse.standing_delivery() RETURNS TABLE (delivery_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$ SELECT c.delivery_id FROM warehouse.current_delivery() c $$;
COMMENT ON FUNCTION warehouse.standing_delivery IS 'Deliveries of which anything stands, with its owner''s rights: the views that others read are made of it.';
