-- What stands now, and what stood at any moment: derived, never stored.

CREATE FUNCTION warehouse.current_slice(as_of timestamptz DEFAULT 'infinity')
RETURNS TABLE (source text, period text, calendar text, reporter text, delivery_id bigint, verdict_id bigint, received_at timestamptz,
               official boolean)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (d.source, s.period, s.calendar, s.reporter)
           d.source, s.period, s.calendar, s.reporter, s.delivery_id, v.verdict_id, d.received_at, s.official
    FROM validation.verdict v
    JOIN landing.delivery d USING (delivery_id)
    JOIN warehouse.slice s ON s.delivery_id = coalesce(v.same_as, v.delivery_id)
    WHERE v.accepted AND v.recorded_at <= as_of
      AND NOT EXISTS (SELECT FROM validation.withdrawal w WHERE w.delivery_id = v.delivery_id AND w.recorded_at <= as_of)
    ORDER BY d.source, s.period, s.calendar, s.reporter, coalesce(s.official, true) DESC, d.received_at DESC, d.delivery_id DESC
$$;
COMMENT ON FUNCTION warehouse.current_slice IS 'For each source, period and reporter the accepted delivery that stands, of those that nobody withdrew: an official one before preliminary ones, then the newest received; as known at as_of (recorded time).';

CREATE FUNCTION warehouse.current_delivery(as_of timestamptz DEFAULT 'infinity')
RETURNS TABLE (source text, period text, calendar text, delivery_id bigint, verdict_id bigint, received_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT s.source, v.period, v.calendar, s.delivery_id, s.verdict_id, s.received_at
    FROM warehouse.current_slice(as_of) s JOIN validation.verdict v USING (verdict_id)
$$;
COMMENT ON FUNCTION warehouse.current_delivery IS 'Deliveries of which anything stands, each with the verdict that says so, as known at as_of (recorded time).';
