-- Where the parts of targets stand: by the latest value of each, held or not, as `chiso targets` says it.

CREATE FUNCTION indicators.part_standing()
RETURNS TABLE (framework text, version text, target text, place integer, indicator text, unit_code text, direction text, target_value numeric,
               actual numeric, calendar text, period text, status text, missing jsonb, publication text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT p.framework, p.version, p.target, p.place, p.indicator, p.unit_code, p.direction, p.target_value, v.value, v.calendar, v.period,
           CASE WHEN v.value IS NULL THEN 'no_data'
                WHEN CASE p.direction WHEN 'ge' THEN v.value >= p.target_value WHEN 'gt' THEN v.value > p.target_value
                                      WHEN 'le' THEN v.value <= p.target_value WHEN 'lt' THEN v.value < p.target_value
                                      WHEN 'eq' THEN v.value = p.target_value END THEN 'met'
                ELSE 'unmet' END,
           coalesce(v.missing, '[]'), coalesce(v.publication, 'approved')
    FROM indicators.target_part p
    LEFT JOIN LATERAL (
        SELECT l.* FROM indicators.latest_value() l JOIN warehouse.period q ON (q.calendar, q.period) = (l.calendar, l.period)
        WHERE l.indicator = p.indicator AND l.defined_in = p.defined_in AND l.unit_code = ANY(p.unit_codes)
        ORDER BY q.end_date DESC, q.start_date DESC, l.calendar DESC LIMIT 1) v ON true
$$;
COMMENT ON FUNCTION indicators.part_standing IS 'Each part of a target against the latest value that counts for it, with its owner''s rights: the views that others read are made of it.';
