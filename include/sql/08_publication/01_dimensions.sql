-- Dimensions of the data centre: units, agencies, periods, indicators, and what codes mean. Of every view the type of a
-- column stands after its comment; docs/data-dictionary.md is rendered from both.

CREATE VIEW publication.unit AS
SELECT u.register AS unit_register, u.code AS unit_code, u.valid_from, u.valid_to, u.level, u.name_vi AS unit_name,
       o.code AS parent_code, o.name_vi AS parent_name,
       ARRAY(SELECT s.new_code FROM warehouse.unit_succession s
             WHERE s.register = u.register AND s.old_code = u.code AND s.effective_date = u.valid_to + 1 ORDER BY 1) AS succeeded_by
FROM warehouse.unit u
LEFT JOIN warehouse.unit o ON o.register = 'admin_unit' AND o.code = u.parent_code AND u.valid_from BETWEEN o.valid_from AND o.valid_to
WHERE u.register = 'admin_unit';
COMMENT ON VIEW publication.unit IS 'Administrative units, each in a span of time. Codes were given anew on 2025-07-01: join by code and a day between valid_from and valid_to, of forms period_end.';
COMMENT ON COLUMN publication.unit.unit_register IS 'admin_unit.'; -- text
COMMENT ON COLUMN publication.unit.unit_code IS 'Code of the General Statistics Office.'; -- text
COMMENT ON COLUMN publication.unit.valid_from IS 'First day; 1900-01-01: since ever.'; -- date
COMMENT ON COLUMN publication.unit.valid_to IS 'Last day; 9999-12-31: until today.'; -- date
COMMENT ON COLUMN publication.unit.level IS 'province, district or commune.'; -- text
COMMENT ON COLUMN publication.unit.unit_name IS 'Name in Vietnamese.'; -- text
COMMENT ON COLUMN publication.unit.parent_code IS 'Code of the unit that it lies in.'; -- text
COMMENT ON COLUMN publication.unit.parent_name IS 'Name of that unit.'; -- text
COMMENT ON COLUMN publication.unit.succeeded_by IS 'Codes of the units that stand for it from the day after valid_to.'; -- text[]

CREATE VIEW publication.agency AS
SELECT u.register AS unit_register, u.code AS unit_code, u.valid_from, u.valid_to, u.level, u.name_vi AS unit_name,
       o.code AS parent_code, o.name_vi AS parent_name
FROM warehouse.unit u
LEFT JOIN warehouse.unit o ON o.register = 'admin_unit' AND o.code = u.parent_code AND u.valid_from BETWEEN o.valid_from AND o.valid_to
WHERE u.register = 'agency';
COMMENT ON VIEW publication.agency IS 'Agencies, each in a span of time.';
COMMENT ON COLUMN publication.agency.unit_register IS 'agency.'; -- text
COMMENT ON COLUMN publication.agency.unit_code IS 'Code of the agency.'; -- text
COMMENT ON COLUMN publication.agency.valid_from IS 'First day; 1900-01-01: since ever.'; -- date
COMMENT ON COLUMN publication.agency.valid_to IS 'Last day; 9999-12-31: until today.'; -- date
COMMENT ON COLUMN publication.agency.level IS 'Level at which it works, in Vietnamese: tỉnh, huyện, or ngành dọc (an office of the central government).'; -- text
COMMENT ON COLUMN publication.agency.unit_name IS 'Name in Vietnamese.'; -- text
COMMENT ON COLUMN publication.agency.parent_code IS 'Code of the administrative unit that it serves.'; -- text
COMMENT ON COLUMN publication.agency.parent_name IS 'Name of that unit.'; -- text

CREATE VIEW publication.period AS
SELECT calendar, period, grain, start_date AS period_start, end_date AS period_end,
       end_date < (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS is_over
FROM (
    SELECT calendar, period, grain, start_date, end_date FROM warehouse.period
    UNION ALL
    SELECT calendar, to_char(day, 'YYYY-MM-DD'), 'day', day::date, day::date
    FROM generate_series(timestamp '2000-01-01', timestamp '2060-12-31', interval '1 day') day CROSS JOIN unnest(ARRAY['civil', 'administrative']) calendar
) p;
COMMENT ON VIEW publication.period IS 'Periods from 2000 to 2060 on both calendars, from days to years.';
COMMENT ON COLUMN publication.period.calendar IS 'civil, or administrative (a month from the 15th of the month before to the 14th).'; -- text
COMMENT ON COLUMN publication.period.period IS 'Code: 2024, 2024-H1, 2024-9M, 2024-Q2, 2024-06 or 2024-06-27.'; -- text
COMMENT ON COLUMN publication.period.grain IS 'Length: year, nine_months, half, quarter, month or day.'; -- text
COMMENT ON COLUMN publication.period.period_start IS 'First day.'; -- date
COMMENT ON COLUMN publication.period.period_end IS 'Last day.'; -- date
COMMENT ON COLUMN publication.period.is_over IS 'Whether its last day has passed.'; -- boolean

CREATE VIEW publication.indicator AS
SELECT indicator, defined_in, min(name_vi) AS name_vi, min(measure_unit) AS measure_unit, min(formula) AS formula,
       array_agg(framework || ' ' || version ORDER BY framework, version) AS frameworks
FROM indicators.definition GROUP BY indicator, defined_in;
COMMENT ON VIEW publication.indicator IS 'Indicators, a line for each definition, with the frameworks that list it.';
COMMENT ON COLUMN publication.indicator.indicator IS 'Id; stays the same for ever.'; -- text
COMMENT ON COLUMN publication.indicator.defined_in IS 'catalogue, or a framework and its version where that defines it for itself.'; -- text
COMMENT ON COLUMN publication.indicator.name_vi IS 'Name in Vietnamese.'; -- text
COMMENT ON COLUMN publication.indicator.measure_unit IS 'What a value is given in; percentages 0-100.'; -- text
COMMENT ON COLUMN publication.indicator.formula IS 'What it is made of, as measures <family>/<source>.<measure>; empty where it is only printed by others.'; -- text
COMMENT ON COLUMN publication.indicator.frameworks IS 'Frameworks and versions that list it.'; -- text[]

CREATE VIEW publication.framework_indicator AS
SELECT framework, version, indicator, defined_in, first_year, last_year FROM indicators.definition;
COMMENT ON VIEW publication.framework_indicator IS 'Which indicators a version of a framework lists, and for which years it applies.';
COMMENT ON COLUMN publication.framework_indicator.framework IS 'Short name of the document.'; -- text
COMMENT ON COLUMN publication.framework_indicator.version IS 'Version of the document.'; -- text
COMMENT ON COLUMN publication.framework_indicator.indicator IS 'Id of the indicator.'; -- text
COMMENT ON COLUMN publication.framework_indicator.defined_in IS 'Where it is defined; with indicator a key of publication.indicator.'; -- text
COMMENT ON COLUMN publication.framework_indicator.first_year IS 'First year to which the version applies; null: without a beginning.'; -- integer
COMMENT ON COLUMN publication.framework_indicator.last_year IS 'Last year; null: without an end.'; -- integer

CREATE VIEW publication.code_list AS
SELECT source, column_name, value, label, place FROM warehouse.contract_code
UNION ALL
SELECT * FROM (VALUES
    (NULL::text, 'calendar', 'civil', 'dương lịch', 1),
    (NULL, 'calendar', 'administrative', 'kỳ báo cáo hành chính, từ ngày 15 tháng trước đến ngày 14', 2),
    (NULL, 'unit_register', 'admin_unit', 'đơn vị hành chính', 1),
    (NULL, 'unit_register', 'agency', 'cơ quan, đơn vị', 2),
    (NULL, 'level', 'province', 'tỉnh', 1),
    (NULL, 'level', 'district', 'huyện, thành phố', 2),
    (NULL, 'level', 'commune', 'xã, phường, thị trấn', 3),
    (NULL, 'level', 'agency', 'cơ quan, đơn vị', 4),
    (NULL, 'value_status', 'computed', 'đủ số liệu', 1),
    (NULL, 'value_status', 'incomplete', 'còn thiếu số liệu', 2),
    (NULL, 'value_status', 'no_data', 'chưa có số liệu', 3),
    (NULL, 'publication', 'approved', 'đã duyệt', 1),
    (NULL, 'publication', 'held', 'chờ duyệt', 2),
    (NULL, 'target_status', 'met', 'đạt', 1),
    (NULL, 'target_status', 'unmet', 'chưa đạt', 2),
    (NULL, 'target_status', 'no_data', 'chưa có số liệu', 3),
    (NULL, 'delivery_state', 'pending', 'chờ kiểm tra', 1),
    (NULL, 'delivery_state', 'refused', 'bị từ chối', 2),
    (NULL, 'delivery_state', 'current', 'đang có hiệu lực', 3),
    (NULL, 'delivery_state', 'unchanged', 'gửi lại, nội dung không đổi', 4),
    (NULL, 'delivery_state', 'superseded', 'đã có tệp khác thay', 5),
    (NULL, 'delivery_state', 'withdrawn', 'đã thu hồi', 6),
    (NULL, 'decision', 'accepted', 'được nhận', 1),
    (NULL, 'decision', 'unchanged', 'gửi lại, nội dung không đổi', 2),
    (NULL, 'decision', 'refused', 'bị từ chối', 3),
    (NULL, 'decision', 'withdrawn', 'đã thu hồi', 4),
    (NULL, 'origin', 'fetch', 'lấy từ hệ thống', 1),
    (NULL, 'origin', 'drop_folder', 'lấy từ thư mục nhận tệp', 2),
    (NULL, 'origin', 'file', 'nạp thủ công', 3),
    (NULL, 'drift', 'added', 'thêm cột', 1),
    (NULL, 'drift', 'renamed', 'đổi tên cột', 2),
    (NULL, 'drift', 'moved', 'đổi vị trí cột', 3),
    (NULL, 'drift', 'retyped', 'đổi kiểu dữ liệu', 4),
    (NULL, 'drift', 'missing', 'thiếu cột', 5),
    (NULL, 'fetch_outcome', 'fetched', 'đã lấy về', 1),
    (NULL, 'fetch_outcome', 'not_modified', 'không có gì mới', 2),
    (NULL, 'fetch_outcome', 'failed', 'không lấy được', 3),
    (NULL, 'cause', 'first', 'giá trị đầu tiên', 1),
    (NULL, 'cause', 'further_delivery', 'có thêm tệp, gửi muộn hoặc của phần tiếp theo trong kỳ', 2),
    (NULL, 'cause', 'corrected_delivery', 'tệp gửi lại thay tệp trước', 3),
    (NULL, 'cause', 'official_figures', 'số chính thức thay số sơ bộ', 4),
    (NULL, 'cause', 'withdrawn_delivery', 'tệp bị thu hồi', 5),
    (NULL, 'cause', 'read_again', 'tệp cũ được đọc lại theo mô tả mới', 6),
    (NULL, 'cause', 'changed_definition', 'công thức hoặc danh mục đơn vị thay đổi', 7),
    (NULL, 'cause', 'changed_definition_and_deliveries', 'công thức thay đổi và có tệp khác', 8),
    (NULL, 'cause', 'recounted', 'tính lại từ cùng các tệp', 9),
    (NULL, 'cause', 'same_number', 'cùng số, khác tệp nguồn', 10),
    (NULL, 'cause', 'approved', 'được phê duyệt công bố', 11),
    (NULL, 'cause', 'not_approved', 'không được phê duyệt công bố', 12)
) ours (source, column_name, value, label, place);
COMMENT ON VIEW publication.code_list IS 'What codes mean: of the columns of sources from their contracts, and (source null) of the other views.';
COMMENT ON COLUMN publication.code_list.source IS 'The source, <family>/<source>; null: a code of the platform.'; -- text
COMMENT ON COLUMN publication.code_list.column_name IS 'The column; of a code of the platform its kind.'; -- text
COMMENT ON COLUMN publication.code_list.value IS 'The code as text: compare with column::text.'; -- text
COMMENT ON COLUMN publication.code_list.label IS 'What it means, in Vietnamese.'; -- text
COMMENT ON COLUMN publication.code_list.place IS 'Place in the list, from 1.'; -- integer
