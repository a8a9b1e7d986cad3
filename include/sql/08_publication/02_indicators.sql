-- Values and targets. A value stands once, whatever frameworks list it; a held value leaves the approved one before it in place.

CREATE VIEW publication.indicator_value AS
SELECT v.indicator, d.name_vi, d.measure_unit,
       ARRAY(SELECT e.framework || ' ' || e.version FROM indicators.definition e
             WHERE (e.indicator, e.defined_in) = (v.indicator, v.defined_in)
               AND left(v.period, 4)::int BETWEEN coalesce(e.first_year, 0) AND coalesce(e.last_year, 9999) ORDER BY 1) AS frameworks,
       v.defined_in, v.unit_register, v.unit_code, u.name_vi AS unit_name,
       CASE v.unit_register WHEN 'agency' THEN 'agency' ELSE u.level END AS level, u.parent_code,
       v.calendar, v.period, p.start_date AS period_start, p.end_date AS period_end, v.value, v.numerator, v.denominator, v.status, v.missing,
       v.status = 'computed' AND p.end_date < (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS complete,
       CASE WHEN v.waits THEN 'held' ELSE 'approved' END AS publication, CASE WHEN v.waits THEN v.newest_value END AS waiting_value, v.formula,
       ARRAY(SELECT f.file_name FROM landing.delivery f
             WHERE f.delivery_id IN (SELECT i.delivery_id FROM indicators.value_input i WHERE i.value_id = v.value_id) ORDER BY f.delivery_id) AS file_names,
       ARRAY(SELECT f.sha256::text FROM landing.delivery f
             WHERE f.delivery_id IN (SELECT i.delivery_id FROM indicators.value_input i WHERE i.value_id = v.value_id) ORDER BY f.delivery_id) AS file_sha256,
       v.recorded_at, coalesce(v.decided_at, v.recorded_at) AS approved_at, v.decided_by AS approved_by, v.value_id
FROM (
    SELECT DISTINCT ON (indicator, defined_in, unit_register, unit_code, unit_valid_from, calendar, period) *
    FROM (
        SELECT *, first_value(publication = 'held' AND decision IS NULL) OVER newest AS waits, first_value(value) OVER newest AS newest_value
        FROM indicators.known_value
        WINDOW newest AS (PARTITION BY indicator, defined_in, unit_register, unit_code, unit_valid_from, calendar, period ORDER BY value_id DESC)
    ) known
    WHERE publication = 'approved'
    ORDER BY indicator, defined_in, unit_register, unit_code, unit_valid_from, calendar, period, value_id DESC
) v
JOIN warehouse.period p USING (calendar, period)
JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (v.unit_register, v.unit_code, v.unit_valid_from)
JOIN publication.indicator d ON (d.indicator, d.defined_in) = (v.indicator, v.defined_in)
WHERE EXISTS (SELECT FROM indicators.definition e
              WHERE (e.indicator, e.defined_in) = (v.indicator, v.defined_in)
                AND left(v.period, 4)::int BETWEEN coalesce(e.first_year, 0) AND coalesce(e.last_year, 9999));
COMMENT ON VIEW publication.indicator_value IS 'The approved value that stands of each indicator, unit and period, one line whatever frameworks list it. Percentages 0-100, unrounded.';
COMMENT ON COLUMN publication.indicator_value.indicator IS 'Id; with defined_in a key of publication.indicator.'; -- text
COMMENT ON COLUMN publication.indicator_value.name_vi IS 'Name of the indicator in Vietnamese.'; -- text
COMMENT ON COLUMN publication.indicator_value.measure_unit IS 'What the value is given in.'; -- text
COMMENT ON COLUMN publication.indicator_value.frameworks IS 'Frameworks and versions that list the indicator for the period''s year.'; -- text[]
COMMENT ON COLUMN publication.indicator_value.defined_in IS 'catalogue, or the framework and version that define it for themselves.'; -- text
COMMENT ON COLUMN publication.indicator_value.unit_register IS 'admin_unit (publication.unit) or agency (publication.agency).'; -- text
COMMENT ON COLUMN publication.indicator_value.unit_code IS 'Code of the unit.'; -- text
COMMENT ON COLUMN publication.indicator_value.unit_name IS 'The unit''s name at the time.'; -- text
COMMENT ON COLUMN publication.indicator_value.level IS 'province, district, commune or agency.'; -- text
COMMENT ON COLUMN publication.indicator_value.parent_code IS 'Code of the unit that it lies in; of an agency the unit that it serves.'; -- text
COMMENT ON COLUMN publication.indicator_value.calendar IS 'civil or administrative.'; -- text
COMMENT ON COLUMN publication.indicator_value.period IS 'Code of the period; with calendar a key of publication.period.'; -- text
COMMENT ON COLUMN publication.indicator_value.period_start IS 'First day of the period.'; -- date
COMMENT ON COLUMN publication.indicator_value.period_end IS 'Last day of the period.'; -- date
COMMENT ON COLUMN publication.indicator_value.value IS 'The value, unrounded; null: no data, missing says why.'; -- numeric
COMMENT ON COLUMN publication.indicator_value.numerator IS 'Of a ratio, else null.'; -- numeric
COMMENT ON COLUMN publication.indicator_value.denominator IS 'Of a ratio, else null.'; -- numeric
COMMENT ON COLUMN publication.indicator_value.status IS 'computed; incomplete: made without what missing names; no_data.'; -- text
COMMENT ON COLUMN publication.indicator_value.missing IS 'What it lacks, as objects with `what`: see architecture.md, Rolling up.'; -- jsonb
COMMENT ON COLUMN publication.indicator_value.complete IS 'Whether the period is complete: it is over and nothing is missing.'; -- boolean
COMMENT ON COLUMN publication.indicator_value.publication IS 'approved; held: a newer value waits for approval, this one stands until then.'; -- text
COMMENT ON COLUMN publication.indicator_value.waiting_value IS 'That newer value.'; -- numeric
COMMENT ON COLUMN publication.indicator_value.formula IS 'What it was made of.'; -- text
COMMENT ON COLUMN publication.indicator_value.file_names IS 'Names of the files that it was made of, by delivery.'; -- text[]
COMMENT ON COLUMN publication.indicator_value.file_sha256 IS 'Their SHA-256, in the same order.'; -- text[]
COMMENT ON COLUMN publication.indicator_value.recorded_at IS 'When it was computed.'; -- timestamp with time zone
COMMENT ON COLUMN publication.indicator_value.approved_at IS 'Since when it may be published: at once, or when somebody approved it.'; -- timestamp with time zone
COMMENT ON COLUMN publication.indicator_value.approved_by IS 'Who approved it, where it was held; null: nobody had to.'; -- text
COMMENT ON COLUMN publication.indicator_value.value_id IS 'Key of publication.indicator_value_file and publication.change.'; -- bigint

CREATE VIEW publication.indicator_value_file AS
SELECT v.value_id, v.indicator, v.defined_in, v.unit_register, v.unit_code, v.calendar, v.period, d.source, i.measures, d.delivery_id,
       d.file_name, d.sha256, d.received_at
FROM indicators.value v
JOIN (SELECT value_id, delivery_id, array_agg(split_part(measure, '.', 2) ORDER BY measure) AS measures
      FROM indicators.value_input GROUP BY value_id, delivery_id) i USING (value_id)
JOIN landing.delivery d USING (delivery_id);
COMMENT ON VIEW publication.indicator_value_file IS 'A line for each file that a value was made of; also of values that stand no more.';
COMMENT ON COLUMN publication.indicator_value_file.value_id IS 'Key in publication.indicator_value and publication.change.'; -- bigint
COMMENT ON COLUMN publication.indicator_value_file.indicator IS 'Id of the indicator.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.defined_in IS 'Where it is defined.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.unit_register IS 'admin_unit or agency.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.unit_code IS 'Code of the unit.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.calendar IS 'civil or administrative.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.period IS 'Code of the value''s period.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.source IS 'The source that the file was delivered for, <family>/<source>.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.measures IS 'Measures of the source that were taken from it.'; -- text[]
COMMENT ON COLUMN publication.indicator_value_file.delivery_id IS 'Key of publication.delivery.'; -- bigint
COMMENT ON COLUMN publication.indicator_value_file.file_name IS 'Name of the file.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.sha256 IS 'SHA-256 of its bytes.'; -- text
COMMENT ON COLUMN publication.indicator_value_file.received_at IS 'When it reached us.'; -- timestamp with time zone

CREATE VIEW publication.target_component AS
SELECT p.framework, p.version, p.target, p.place, p.indicator,
       (SELECT min(d.name_vi) FROM indicators.definition d WHERE (d.framework, d.version, d.indicator) = (p.framework, p.version, p.indicator)) AS name_vi,
       p.unit_code, p.direction, p.target_value, p.actual, p.calendar, p.period, p.status, p.missing, p.publication
FROM indicators.part_standing() p
JOIN indicators.target t ON (t.framework, t.version, t.target) = (p.framework, p.version, p.target) AND t.indicator IS NULL;
COMMENT ON VIEW publication.target_component IS 'Components of composite targets and milestones, each against its own wanted value.';
COMMENT ON COLUMN publication.target_component.framework IS 'Short name of the document.'; -- text
COMMENT ON COLUMN publication.target_component.version IS 'Version of the document.'; -- text
COMMENT ON COLUMN publication.target_component.target IS 'Number of the target; key of publication.target_status.'; -- text
COMMENT ON COLUMN publication.target_component.place IS 'Place among the target''s components, from 1.'; -- integer
COMMENT ON COLUMN publication.target_component.indicator IS 'Id of the indicator.'; -- text
COMMENT ON COLUMN publication.target_component.name_vi IS 'Its name, where the framework lists it.'; -- text
COMMENT ON COLUMN publication.target_component.unit_code IS 'The unit whose value counts; null: the province.'; -- text
COMMENT ON COLUMN publication.target_component.direction IS 'How the value must stand to the wanted one: ge, gt, le, lt or eq.'; -- text
COMMENT ON COLUMN publication.target_component.target_value IS 'The wanted value.'; -- numeric
COMMENT ON COLUMN publication.target_component.actual IS 'The latest value; null: none is known.'; -- numeric
COMMENT ON COLUMN publication.target_component.calendar IS 'Calendar of its period.'; -- text
COMMENT ON COLUMN publication.target_component.period IS 'Its period.'; -- text
COMMENT ON COLUMN publication.target_component.status IS 'met, unmet or no_data.'; -- text
COMMENT ON COLUMN publication.target_component.missing IS 'What the value lacks.'; -- jsonb
COMMENT ON COLUMN publication.target_component.publication IS 'approved, or held: the value waits for approval.'; -- text

CREATE VIEW publication.target_status AS
SELECT t.framework, t.version, t.target, t.name_vi, t.indicator, t.direction, t.target_value, t.target_year,
       CASE WHEN t.direction <> 'milestone' THEN lowest.actual END AS actual, lowest.calendar, lowest.period,
       CASE WHEN 'unmet' = ANY(parts.statuses) THEN 'unmet' WHEN 'no_data' = ANY(parts.statuses) THEN 'no_data' ELSE 'met' END AS status,
       coalesce(lowest.missing, '[]') AS missing, parts.publication, t.responsible,
       (SELECT a.name_vi FROM warehouse.unit a WHERE a.register = 'agency' AND a.code = t.responsible
        ORDER BY a.valid_from DESC LIMIT 1) AS responsible_name
FROM indicators.target t
JOIN (
    SELECT framework, version, target, array_agg(status) AS statuses,
           CASE WHEN bool_or(publication = 'held') THEN 'held' ELSE 'approved' END AS publication
    FROM indicators.part_standing() GROUP BY framework, version, target
) parts USING (framework, version, target)
LEFT JOIN (
    SELECT DISTINCT ON (framework, version, target) * FROM indicators.part_standing() WHERE actual IS NOT NULL
    ORDER BY framework, version, target, actual, place
) lowest USING (framework, version, target)
ORDER BY t.framework, t.version, t.place;
COMMENT ON VIEW publication.target_status IS 'Targets of every version of a framework against the latest values: what `chiso targets` says. A composite is met where every component is, and shows its lowest one.';
COMMENT ON COLUMN publication.target_status.framework IS 'Short name of the document, e.g. nq09.'; -- text
COMMENT ON COLUMN publication.target_status.version IS 'Version of the document.'; -- text
COMMENT ON COLUMN publication.target_status.target IS 'Number of the target in the document.'; -- text
COMMENT ON COLUMN publication.target_status.name_vi IS 'What is to be reached.'; -- text
COMMENT ON COLUMN publication.target_status.indicator IS 'What it is measured by; null: by the components in publication.target_component.'; -- text
COMMENT ON COLUMN publication.target_status.direction IS 'How the value must stand to the wanted one: ge, gt, le, lt, eq; milestone: its components decide.'; -- text
COMMENT ON COLUMN publication.target_status.target_value IS 'The wanted value; null of a milestone.'; -- numeric
COMMENT ON COLUMN publication.target_status.target_year IS 'By when.'; -- integer
COMMENT ON COLUMN publication.target_status.actual IS 'The latest value, of a composite its lowest known component, of a milestone null.'; -- numeric
COMMENT ON COLUMN publication.target_status.calendar IS 'Calendar of the value''s period.'; -- text
COMMENT ON COLUMN publication.target_status.period IS 'Period of the value.'; -- text
COMMENT ON COLUMN publication.target_status.status IS 'met, unmet or no_data.'; -- text
COMMENT ON COLUMN publication.target_status.missing IS 'What the value lacks.'; -- jsonb
COMMENT ON COLUMN publication.target_status.publication IS 'approved, or held: a value that counts waits for approval.'; -- text
COMMENT ON COLUMN publication.target_status.responsible IS 'Code of the agency that answers for it.'; -- text
COMMENT ON COLUMN publication.target_status.responsible_name IS 'Its name.'; -- text

CREATE VIEW publication.target_trajectory AS
SELECT framework, version, target, year, make_date(year, 12, 31) AS day, value FROM indicators.target_year ORDER BY framework, version, target, year;
COMMENT ON VIEW publication.target_trajectory IS 'What each target wants at the end of a year: its baseline and values on the way as its document states them, straight between them.';
COMMENT ON COLUMN publication.target_trajectory.framework IS 'Short name of the document.'; -- text
COMMENT ON COLUMN publication.target_trajectory.version IS 'Version of the document.'; -- text
COMMENT ON COLUMN publication.target_trajectory.target IS 'Number of the target; key of publication.target_status.'; -- text
COMMENT ON COLUMN publication.target_trajectory.year IS 'The year.'; -- integer
COMMENT ON COLUMN publication.target_trajectory.day IS 'Its last day.'; -- date
COMMENT ON COLUMN publication.target_trajectory.value IS 'What is wanted by then.'; -- numeric

CREATE VIEW publication.held_value AS
SELECT v.indicator, d.name_vi, d.measure_unit, v.defined_in, v.unit_register, v.unit_code, u.name_vi AS unit_name, v.calendar, v.period,
       before.value AS before, v.value AS after, coalesce(c.cause, 'same_number') AS cause, v.held_because, coalesce(c.delivery_ids, '{}') AS delivery_ids,
       v.recorded_at, v.value_id
FROM (
    SELECT DISTINCT ON (indicator, defined_in, unit_register, unit_code, unit_valid_from, calendar, period) *
    FROM indicators.known_value
    ORDER BY indicator, defined_in, unit_register, unit_code, unit_valid_from, calendar, period, value_id DESC
) v
JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (v.unit_register, v.unit_code, v.unit_valid_from)
JOIN publication.indicator d ON (d.indicator, d.defined_in) = (v.indicator, v.defined_in)
LEFT JOIN LATERAL (
    SELECT a.value FROM indicators.known_value a
    WHERE (a.indicator, a.defined_in, a.unit_register, a.unit_code, a.unit_valid_from, a.calendar, a.period)
        = (v.indicator, v.defined_in, v.unit_register, v.unit_code, v.unit_valid_from, v.calendar, v.period) AND a.publication = 'approved'
    ORDER BY a.value_id DESC LIMIT 1) before ON true
LEFT JOIN indicators.value_change c ON c.value_id = v.value_id
WHERE v.publication = 'held' AND v.decision IS NULL;
COMMENT ON VIEW publication.held_value IS 'Newest values that wait for a decision. What is approved before them stays published.';
COMMENT ON COLUMN publication.held_value.indicator IS 'Id of the indicator.'; -- text
COMMENT ON COLUMN publication.held_value.name_vi IS 'Name of the indicator in Vietnamese.'; -- text
COMMENT ON COLUMN publication.held_value.measure_unit IS 'What the value is given in.'; -- text
COMMENT ON COLUMN publication.held_value.defined_in IS 'Where it is defined.'; -- text
COMMENT ON COLUMN publication.held_value.unit_register IS 'admin_unit or agency.'; -- text
COMMENT ON COLUMN publication.held_value.unit_code IS 'Code of the unit.'; -- text
COMMENT ON COLUMN publication.held_value.unit_name IS 'Its name.'; -- text
COMMENT ON COLUMN publication.held_value.calendar IS 'civil or administrative.'; -- text
COMMENT ON COLUMN publication.held_value.period IS 'Code of the period.'; -- text
COMMENT ON COLUMN publication.held_value.before IS 'The approved value, which stays published; null: none is.'; -- numeric
COMMENT ON COLUMN publication.held_value.after IS 'The value that waits.'; -- numeric
COMMENT ON COLUMN publication.held_value.cause IS 'Why it was computed anew, as in publication.change; same_number: its number is that of the value before.'; -- text
COMMENT ON COLUMN publication.held_value.held_because IS 'Why it waits.'; -- text
COMMENT ON COLUMN publication.held_value.delivery_ids IS 'Deliveries that are new among what it is made of; keys of publication.delivery.'; -- bigint[]
COMMENT ON COLUMN publication.held_value.recorded_at IS 'When it was computed.'; -- timestamp with time zone
COMMENT ON COLUMN publication.held_value.value_id IS 'Key of publication.indicator_value_file and publication.decision.'; -- bigint

CREATE VIEW publication.decision AS
SELECT v.value_id, v.indicator, v.defined_in, v.unit_register, v.unit_code, v.calendar, v.period, v.value, v.held_because,
       v.decision, v.decided_by, v.why, v.decided_in, v.decided_at
FROM indicators.known_value v WHERE v.decision IS NOT NULL;
COMMENT ON VIEW publication.decision IS 'What was decided of values that were held, by whom, when and why.';
COMMENT ON COLUMN publication.decision.value_id IS 'The value that was decided of.'; -- bigint
COMMENT ON COLUMN publication.decision.indicator IS 'Id of the indicator.'; -- text
COMMENT ON COLUMN publication.decision.defined_in IS 'Where it is defined.'; -- text
COMMENT ON COLUMN publication.decision.unit_register IS 'admin_unit or agency.'; -- text
COMMENT ON COLUMN publication.decision.unit_code IS 'Code of the unit.'; -- text
COMMENT ON COLUMN publication.decision.calendar IS 'civil or administrative.'; -- text
COMMENT ON COLUMN publication.decision.period IS 'Code of the period.'; -- text
COMMENT ON COLUMN publication.decision.value IS 'The value.'; -- numeric
COMMENT ON COLUMN publication.decision.held_because IS 'Why it had been held.'; -- text
COMMENT ON COLUMN publication.decision.decision IS 'approve: it is published; refuse: it never is.'; -- text
COMMENT ON COLUMN publication.decision.decided_by IS 'Who decided.'; -- text
COMMENT ON COLUMN publication.decision.why IS 'The reason given.'; -- text
COMMENT ON COLUMN publication.decision.decided_in IS 'command or airflow: where it was decided.'; -- text
COMMENT ON COLUMN publication.decision.decided_at IS 'When it was decided.'; -- timestamp with time zone
