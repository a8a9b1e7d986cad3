-- Which periods must be computed (again), and what their newest values are.

CREATE OR REPLACE FUNCTION indicators.stale_period(catalogue text)
RETURNS TABLE (calendar text, period text, end_date date, sources text[]) LANGUAGE sql STABLE AS $$
    SELECT t.calendar, t.period, p.end_date, array_agg(DISTINCT d.source)
    FROM warehouse.touched_period t
    JOIN validation.verdict v ON v.delivery_id = t.delivery_id AND v.accepted
    JOIN landing.delivery d ON d.delivery_id = t.delivery_id
    LEFT JOIN warehouse.period p ON (p.calendar, p.period) = (t.calendar, t.period)
    WHERE NOT EXISTS (SELECT 1 FROM indicators.run r WHERE r.calendar = t.calendar AND r.period = t.period
                      AND r.catalogue_sha256 = catalogue AND r.through_verdict_id >= v.verdict_id
                      AND pg_visible_in_snapshot(v.written_in, r.seen))
    GROUP BY t.calendar, t.period, p.end_date
$$;
COMMENT ON FUNCTION indicators.stale_period IS 'Periods that an accepted delivery touched and no later run has computed by this catalogue of indicators.';

CREATE OR REPLACE FUNCTION indicators.value_as_of(as_of timestamptz DEFAULT 'infinity')
RETURNS SETOF indicators.value LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (indicator, unit_register, unit_code, unit_valid_from, calendar, period) *
    FROM indicators.value WHERE recorded_at <= as_of
    ORDER BY indicator, unit_register, unit_code, unit_valid_from, calendar, period, value_id DESC
$$;
COMMENT ON FUNCTION indicators.value_as_of IS 'The newest value of each indicator, unit and period, as known at as_of (recorded time).';
