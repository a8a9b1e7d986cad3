-- What became of every delivery, and which columns came otherwise than before.

CREATE VIEW publication.delivery AS
SELECT d.delivery_id, d.source, v.period, v.calendar, d.received_at, d.recorded_at, d.origin, d.file_name, d.sha256,
       CASE WHEN w.delivery_id IS NOT NULL THEN 'withdrawn'
            WHEN v.verdict_id IS NULL THEN 'pending'
            WHEN NOT v.accepted THEN 'refused'
            WHEN c.verdict_id IS NOT NULL THEN 'current'
            WHEN v.same_as IS NOT NULL THEN 'unchanged'
            ELSE 'superseded' END AS state,
       v.same_as, v.row_count, v.rejected_count, w.decided_by AS withdrawn_by, w.why AS withdrawn_why, w.recorded_at AS withdrawn_at, d.read_again
FROM landing.delivery d
LEFT JOIN (SELECT DISTINCT ON (delivery_id) * FROM validation.verdict ORDER BY delivery_id, accepted DESC, verdict_id DESC) v USING (delivery_id)
LEFT JOIN validation.withdrawal w ON w.delivery_id = d.delivery_id
LEFT JOIN (SELECT DISTINCT verdict_id FROM warehouse.current_delivery()) c ON c.verdict_id = v.verdict_id;
COMMENT ON VIEW publication.delivery IS 'Every delivery and its state: pending, refused, current (something of it stands), unchanged (the same content as same_as), superseded, withdrawn. Of events also a superseded one counts where no newer version of a thing came.';

CREATE VIEW publication.column_drift AS
SELECT d.source, d.delivery_id, d.received_at, v.period, v.calendar, v.accepted, r.column_name, r.kind, r.before, r.now, r.policy, r.recorded_at
FROM validation.drift r JOIN validation.verdict v USING (verdict_id) JOIN landing.delivery d ON d.delivery_id = r.delivery_id;
COMMENT ON VIEW publication.column_drift IS 'Columns that a delivery had otherwise than the last accepted one of its source: added, renamed, moved, retyped, missing; personal columns by their names alone.';
