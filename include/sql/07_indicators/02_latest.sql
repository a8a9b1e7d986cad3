-- The value that counts for a period: its own, or what was known before it.

CREATE OR REPLACE FUNCTION indicators.latest_value(asked text DEFAULT NULL, on_calendar text DEFAULT NULL, as_of timestamptz DEFAULT 'infinity')
RETURNS SETOF indicators.known_value LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from) v.*
    FROM indicators.value_as_of(as_of) v
    JOIN warehouse.period p ON (p.calendar, p.period) = (v.calendar, v.period)
    WHERE v.value IS NOT NULL AND (on_calendar IS NULL OR v.calendar = on_calendar)
      AND (v.period = asked
           -- rows in quarantine don't make a value older than it is; whatever else is missing does
           OR NOT v.missing @? '$[*] ? (@.what != "rows")'
              AND p.end_date <= coalesce((SELECT q.end_date FROM warehouse.period q
                                          WHERE (q.calendar, q.period) = (coalesce(on_calendar, 'civil'), asked)),
                                         CASE WHEN asked ~ '^\d{4}-\d{2}-\d{2}$' THEN asked::date END, 'infinity'))
    ORDER BY v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from,
             (v.period = asked) DESC NULLS LAST, p.end_date DESC, p.start_date DESC, v.calendar DESC
$$;
COMMENT ON FUNCTION indicators.latest_value IS 'For each indicator and unit the value at a period (on any calendar, unless one is given), else the latest complete one that ends no later, of the shortest period; without a period the latest of all.';
