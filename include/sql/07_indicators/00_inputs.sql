-- The deliveries that a value was made of.

CREATE VIEW indicators.value_input AS
SELECT v.value_id, i.key AS measure, e.value::bigint AS delivery_id
FROM indicators.value v CROSS JOIN jsonb_each(v.inputs) i CROSS JOIN jsonb_array_elements_text(i.value) e;
COMMENT ON VIEW indicators.value_input IS 'A line for each measure of a value and delivery that its figure was taken from.';
