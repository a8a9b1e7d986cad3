-- The deliveries that a value was made of.

CREATE VIEW indicators.value_input AS
SELECT v.value_id, i.key AS measure, e.value::bigint AS delivery_id
FROM indicators.value v CROSS JOIN jsonb_each(v.inputs) i CROSS JOIN jsonb_array_elements_text(i.value) e;
COMMENT ON VIEW indicators.value_input IS 'A line for each measure of a value and delivery that its figure was taken from.';

-- What becomes of a value follows from how it was computed and what somebody decided since.

CREATE VIEW indicators.known_value AS
SELECT v.value_id, v.run_id, v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from, v.calendar, v.period,
       v.value, v.numerator, v.denominator, v.status, v.missing, v.inputs, v.formula, v.official, v.recorded_at,
       CASE WHEN d.decision = 'approve' THEN 'approved' ELSE v.publication END AS publication,
       v.held_because, d.decision, d.decided_by, d.why, d.decided_in, d.recorded_at AS decided_at
FROM indicators.value v LEFT JOIN indicators.decision d USING (value_id);
COMMENT ON VIEW indicators.known_value IS 'Every value with what was decided of it: approved at once or by somebody, or held, which waits while there is no decision.';
