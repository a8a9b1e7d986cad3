-- What became of a value each time its number changed, and why.

CREATE VIEW indicators.value_change AS
SELECT v.value_id, v.recorded_at, v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from, v.calendar, v.period,
       o.value AS old_value, v.value AS new_value, v.publication, came.delivery_ids,
       CASE WHEN NOT EXISTS (
                SELECT FROM indicators.value e
                WHERE (e.indicator, e.defined_in, e.unit_register, e.unit_code, e.unit_valid_from, e.calendar, e.period)
                    = (v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from, v.calendar, v.period)
                  AND e.value_id < v.value_id AND e.value IS NOT NULL) THEN 'first'
            WHEN v.official AND NOT o.official THEN 'official_figures'
            WHEN defined.anew AND came.delivery_ids = '{}' AND went.delivery_ids = '{}' THEN 'changed_definition'
            WHEN defined.anew THEN 'changed_definition_and_deliveries'
            WHEN went.withdrawn THEN 'withdrawn_delivery'
            WHEN came.delivery_ids <> '{}'
                 AND NOT EXISTS (SELECT FROM landing.delivery d WHERE d.delivery_id = ANY(came.delivery_ids) AND d.read_again IS NULL) THEN 'read_again'
            WHEN came.delivery_ids <> '{}' AND went.delivery_ids <> '{}' THEN 'corrected_delivery'
            WHEN came.delivery_ids <> '{}' THEN 'further_delivery'
            ELSE 'recounted' END AS cause
FROM indicators.value v
LEFT JOIN LATERAL (
    SELECT * FROM indicators.value b
    WHERE (b.indicator, b.defined_in, b.unit_register, b.unit_code, b.unit_valid_from, b.calendar, b.period)
        = (v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from, v.calendar, v.period) AND b.value_id < v.value_id
    ORDER BY b.value_id DESC LIMIT 1) o ON true
JOIN indicators.run r ON r.run_id = v.run_id
LEFT JOIN indicators.run s ON s.run_id = o.run_id
LEFT JOIN indicators.basis n ON n.basis_sha256 = r.basis_sha256
LEFT JOIN indicators.basis m ON m.basis_sha256 = s.basis_sha256
CROSS JOIN LATERAL (
    SELECT v.formula <> o.formula OR n.definitions ->> (v.defined_in || '.' || v.indicator) <> m.definitions ->> (v.defined_in || '.' || v.indicator)
           AS anew) defined
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(x.delivery_id ORDER BY x.delivery_id), '{}') AS delivery_ids
    FROM (SELECT delivery_id FROM indicators.value_input WHERE value_id = v.value_id
          EXCEPT SELECT delivery_id FROM indicators.value_input WHERE value_id = o.value_id) x) came
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(x.delivery_id), '{}') AS delivery_ids, coalesce(bool_or(w.delivery_id IS NOT NULL), false) AS withdrawn
    FROM (SELECT delivery_id FROM indicators.value_input WHERE value_id = o.value_id
          EXCEPT SELECT delivery_id FROM indicators.value_input WHERE value_id = v.value_id) x
    LEFT JOIN validation.withdrawal w ON w.delivery_id = x.delivery_id AND w.recorded_at <= v.recorded_at) went
WHERE v.value IS DISTINCT FROM o.value;
COMMENT ON VIEW indicators.value_change IS 'A line for each value whose number differs from the one before it: both, the deliveries that are new to it, and the cause.';
