-- Which periods must be computed (again), and what their newest values are.

CREATE OR REPLACE FUNCTION indicators.stale_period(definitions jsonb)
RETURNS TABLE (calendar text, period text, end_date date, sources text[]) LANGUAGE sql STABLE AS $$
    WITH wanted AS (
        SELECT d ->> 'key' AS key, d ->> 'sha256' AS sha256, source, coalesce((d ->> 'first_year')::int, 0) AS first_year,
               coalesce((d ->> 'last_year')::int, 9999) AS last_year
        FROM jsonb_array_elements(definitions) d, jsonb_array_elements_text(d -> 'sources') source
    ), changed AS (
        SELECT b.basis_sha256, w.source, w.first_year, w.last_year
        FROM indicators.basis b CROSS JOIN wanted w WHERE b.definitions ->> w.key IS DISTINCT FROM w.sha256
    ), decided AS (
        SELECT coalesce(same_as, delivery_id) AS stands_for, verdict_id, written_in FROM validation.verdict WHERE accepted
        UNION ALL
        SELECT gone, NULL, w.written_in
        FROM validation.withdrawal w JOIN validation.verdict v ON v.delivery_id = w.delivery_id AND v.accepted,
             unnest(ARRAY[v.delivery_id, v.same_as]) gone
    ), newest AS (
        SELECT DISTINCT ON (calendar, period) * FROM indicators.run ORDER BY calendar, period, run_id DESC
    )
    SELECT t.calendar, t.period, p.end_date, array_agg(DISTINCT d.source)
    FROM warehouse.touched_period t
    JOIN decided v ON v.stands_for = t.delivery_id
    JOIN landing.delivery d ON d.delivery_id = v.stands_for
    LEFT JOIN warehouse.period p ON (p.calendar, p.period) = (t.calendar, t.period)
    LEFT JOIN newest r ON (r.calendar, r.period) = (t.calendar, t.period)
    LEFT JOIN indicators.basis b ON b.basis_sha256 = r.basis_sha256
    WHERE b.basis_sha256 IS NULL OR r.through_verdict_id < v.verdict_id OR NOT pg_visible_in_snapshot(v.written_in, r.seen)
       OR EXISTS (SELECT FROM changed c WHERE c.basis_sha256 = r.basis_sha256 AND c.source = d.source
                  AND left(t.period, 4)::int BETWEEN c.first_year AND c.last_year)
    GROUP BY t.calendar, t.period, p.end_date
$$;
COMMENT ON FUNCTION indicators.stale_period IS 'Periods whose newest run lacks an accepted delivery that touched them, or its withdrawal, or computed by another definition of what its source feeds. definitions: objects with key, sha256, sources, first_year, last_year.';

CREATE OR REPLACE FUNCTION indicators.value_as_of(as_of timestamptz DEFAULT 'infinity')
RETURNS SETOF indicators.known_value LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from, v.calendar, v.period)
           v.value_id, v.run_id, v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from, v.calendar, v.period,
           v.value, v.numerator, v.denominator, v.status, v.missing, v.inputs, v.formula, v.official, v.recorded_at,
           CASE WHEN d.decision = 'approve' THEN 'approved' ELSE v.publication END,
           v.held_because, d.decision, d.decided_by, d.why, d.decided_in, d.recorded_at
    FROM indicators.value v LEFT JOIN indicators.decision d ON d.value_id = v.value_id AND d.recorded_at <= as_of
    WHERE v.recorded_at <= as_of
    ORDER BY v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from, v.calendar, v.period, v.value_id DESC
$$;
COMMENT ON FUNCTION indicators.value_as_of IS 'The newest value of each indicator, unit and period with what was decided of it, as known at as_of (recorded time).';
