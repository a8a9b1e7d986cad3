"""What the reader makes of the layouts that departments send."""

import pytest

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import ONE_STOP, TELECOM, Page, communes, figures, read, rules, telecom

THREE = communes("Phường Quang Trung", "Phường Duy Tân", "Xã Đắk Cấm")
GLEI = communes("Thị trấn Đắk Glei", "Xã Đắk Blô", start=4)


def named(label, households=300, ordinal=None):
    """A row without a number: a total, a subtotal."""
    return [ordinal, label, *figures(households)]


def sums(form):
    """(kind, label, covered rows) of each total."""
    return [(total.kind, total.label, [form.rows[place] for place in total.covers]) for total in form.totals]


# The two forms of the province


def test_telecom_example():
    form = wb.read_example("vien_thong_Q3_2022.xlsx", TELECOM)
    assert (form.sheet, len(form.rows), form.rows[0], form.rows[-1]) == ("Biểu 1", 102, 8, 118)
    assert form.titles == [
        ("A1", "SỞ THÔNG TIN VÀ TRUYỀN THÔNG"),
        ("A2", "BÁO CÁO HẠ TẦNG VIỄN THÔNG"),
        ("A3", "Kỳ báo cáo: Quý III/2022"),
    ]
    assert form.letters == dict(zip([column.name for column in TELECOM.columns], "BCDEFGHIJ", strict=True))
    assert form.values["households"][form.rows.index(24)] == "151.10"
    assert form.values["households"][form.rows.index(69)] == "5.9123"
    assert [form.within.count(code) for code in ("608", "610", "618")] == [21, 12, 3]
    assert None not in form.within
    assert [len(total.covers) for total in form.totals] == [21, 12, 8, 9, 9, 7, 11, 11, 11, 3, 102]
    assert [total.kind for total in form.totals] == ["subtotal"] * 10 + ["total"]
    assert form.totals[-1].values["households"] == "161174"
    assert form.findings == []


def test_one_stop_example():
    form = wb.read_example("06a_thang3_2024.xlsx", ONE_STOP)
    assert (form.sheet, len(form.rows), form.rows[0], form.rows[-1]) == ("II.06a", 30, 11, 41)
    assert form.letters["received"] == "C"
    assert form.letters["resolved"] == "G"
    assert form.letters["pending_overdue"] == "M"
    assert form.values["resolved"][0] == "2.202"
    assert sums(form) == [("total", "TỔNG CỘNG", form.rows)]
    assert set(form.within) == {None}
    assert form.findings == []


# Headers


def shifted(rows):
    return [[None, *row] for row in rows]


def one_stop(*rows, header=wb.ONE_STOP_HEADER):
    return [*header, *rows]


ONE_STOP_ROWS = [[1, "Sở Nội vụ", *wb.ONE_STOP_FIGURES], [2, "Sở Y tế", *wb.ONE_STOP_FIGURES]]


def test_empty_first_column():
    form = read(wb.xlsx(Page(shifted(telecom(*THREE)))))
    assert form.letters["commune"] == "C"
    assert len(form.rows) == 3


@pytest.mark.parametrize("merges", [wb.ONE_STOP_MERGES, []], ids=["merged", "unmerged"])
def test_three_header_rows(merges):
    form = read(wb.xlsx(Page(one_stop(*ONE_STOP_ROWS), merges=merges)), ONE_STOP)
    assert form.letters == dict(zip([column.name for column in ONE_STOP.columns], "BCDEFGHIJKLM", strict=True))
    assert form.rows == [4, 5]


def test_header_in_one_row_with_joined_levels():
    rows = [
        ["TT", "Lĩnh vực", *(column.printed.replace(" / ", " > ") for column in ONE_STOP.columns[1:])],
        *ONE_STOP_ROWS,
    ]
    assert read(wb.xlsx(Page(rows)), ONE_STOP).values["pending_overdue"] == ["1", "1"]


def test_headers_vary_in_case_form_and_line_breaks():
    header = [
        "T T",
        "ĐỊA PHƯƠNG",
        "Tổng số\nhộ",
        "HỘ CÓ CÁP-\nQUANG",
        "Số thôn",
        "Thôn phủ 4G".upper(),
        "người  trưởng thành (người)",
        "Số người dùng băng rộng di động",
        "Trung tâm xã\ncó cáp quang",
        "Vu\u0300ng lo\u0303m so\u0301ng",
    ]
    form = read(wb.xlsx(Page([*wb.TITLES, header, *THREE])))
    assert form.letters["signal_gaps"] == "J"
    assert len(form.rows) == 3


def test_reordered_and_added_columns():
    order = [1, 9, 0, 2, 3, 4, 5, 6, 7, 8, 10]
    rows = [
        [row[place] for place in order if place < len(row)]
        + (["Mới"] if row is wb.HEADER else ["(12)"] if row is wb.NUMBERING else [5])
        for row in telecom(*THREE)[len(wb.TITLES) :]
    ]
    form = read(wb.xlsx(Page(rows)))
    assert (form.letters["commune"], form.letters["signal_gaps"], form.letters["households"]) == ("A", "B", "D")
    assert form.values["commune"] == [row[1] for row in THREE]
    (finding,) = form.findings
    assert (finding.rule, finding.severity, finding.cell, finding.value) == ("column_unknown", "info", "L1", "Mới")


def test_common_columns_may_be_missing():
    form = read(wb.xlsx(Page([*wb.TITLES, wb.HEADER[1:10], *(row[1:10] for row in THREE)])))
    assert len(form.rows) == 3
    assert form.findings == []


def test_unknown_column_with_a_deeper_header():
    header = [[*wb.HEADER[:10], "Khác", None], [None] * 10 + ["a", "b"]]
    merges = [(0, 10, 0, 11), *((0, column, 1, column) for column in range(10))]
    form = read(wb.xlsx(Page([*header, *([*row[:10], 1, 2] for row in THREE)], merges=merges)))
    assert form.rows == [3, 4, 5]
    assert [finding.value for finding in form.findings] == ["Khác / a", "Khác / b"]


def test_optional_column_missing_is_blank():
    gaps = TELECOM.columns[-1]
    optional = gaps.model_copy(update={"terms": gaps.terms.model_copy(update={"optional_header": True})})
    contract = TELECOM.model_copy(update={"columns": [*TELECOM.columns[:-1], optional]})
    form = read(wb.xlsx(Page([wb.HEADER[:9], *(row[:9] for row in THREE)])), contract)
    assert form.values["signal_gaps"] == [None] * 3
    assert "signal_gaps" not in form.letters
    assert rules(form) == ["optional_column_missing"]


# Rows that are no data


@pytest.mark.parametrize(
    "numbering",
    [
        [f"({number})" for number in range(1, 12)],
        list(range(1, 12)),
        ["A", "B", *range(1, 10)],
        ["(A)", "(B)", "(1)", "2", "3", "4=5+6", "5", "6", "7", "8", "9"],
        ["1", "2", "3=4+5", "4", "5", "6", "7", "8", "9=(10)-(11)", "10", "11"],
    ],
    ids=str,
)
def test_numbering_rows(numbering):
    assert read(wb.xlsx(Page([wb.HEADER, numbering, *THREE]))).rows == [3, 4, 5]


def test_what_surrounds_the_data_is_set_aside():
    rows = telecom(
        [None, "Khu vực thành thị"],
        *THREE,
        [],
        [4],
        [5],
        named("Tổng cộng"),
        [],
        ["(*) Số liệu do các doanh nghiệp cung cấp."],
        ["Ghi chú: 5 xã chưa báo cáo"],
        [None, "Nguồn: các doanh nghiệp"],
        [None] * 5 + ["Kon Tum, ngày 20 tháng 6 năm 2024"],
        [None, "NGƯỜI LẬP BIỂU", None, None, None, "TM. UBND TỈNH"],
        [None] * 5 + ["KT. GIÁM ĐỐC"],
        [None, "Nguyễn Văn A", None, None, None, "Trần B"],
    )
    form = read(wb.xlsx(Page(rows)))
    assert form.values["commune"] == [row[1] for row in THREE]
    assert sums(form) == [("total", "Tổng cộng", form.rows)]


def test_repeated_header_of_a_page_break():
    rows = telecom(*THREE, wb.HEADER, wb.NUMBERING, *GLEI)
    assert len(read(wb.xlsx(Page(rows))).rows) == 5


@pytest.mark.parametrize(
    "label", ["Tổng cộng", "TỔNG CỘNG", "Cộng", "Tổng số", "Toàn tỉnh", "Tỉnh Kon Tum", "Tổng cộng (I+II):"]
)
@pytest.mark.parametrize("place", [0, 1])
def test_totals_in_either_column_above_or_below(label, place):
    row = named(None)
    row[place] = label
    for rows in ([row, *THREE], [*THREE, row]):
        form = read(wb.xlsx(Page(telecom(*rows))))
        assert sums(form) == [("total", label, form.rows)]
        assert len(form.rows) == 3


def test_names_that_begin_like_totals_are_data():
    contract = TELECOM.model_copy(
        update={"columns": [wb.column("commune", "Đơn vị", required=True, key=True), *TELECOM.columns[1:]]}
    )
    names = ["Tổng công ty Điện lực", "Công an tỉnh", "Tổng cục Thuế", "Cổng thông tin", "Toàn án"]
    form = read(wb.xlsx(Page(telecom(*communes(*names)))), contract)
    assert form.values["commune"] == names
    assert form.totals == []


# Districts

DISTRICTS = [[named("Thành phố Kon Tum"), *THREE], [named("Huyện Đắk Glei", 200), *GLEI]]


@pytest.mark.parametrize("marks", [(None, None), ("I", "II"), ("A", "B"), (1, 2)])
def test_district_subtotals_over_their_communes(marks):
    rows = [row for mark, group in zip(marks, DISTRICTS, strict=True) for row in [[mark, *group[0][1:]], *group[1:]]]
    form = read(wb.xlsx(Page(telecom(*rows, named("Tổng cộng", 500)))))
    assert form.within == ["608"] * 3 + ["610"] * 2
    assert sums(form) == [
        ("subtotal", "Thành phố Kon Tum", [8, 9, 10]),
        ("subtotal", "Huyện Đắk Glei", [12, 13]),
        ("total", "Tổng cộng", form.rows),
    ]


def test_district_subtotals_under_their_communes():
    rows = [row for group in DISTRICTS for row in [*group[1:], group[0]]]
    form = read(wb.xlsx(Page(telecom(*rows))))
    assert form.within == ["608"] * 3 + ["610"] * 2
    assert [covered for _, _, covered in sums(form)] == [[7, 8, 9], [11, 12]]


def test_district_sections_without_figures_and_closing_sums():
    rows = [
        ["I", "TP. Kon Tum"],
        *THREE,
        named("Cộng TP. Kon Tum"),
        ["II", "H. Đăk Glei"],
        *GLEI,
        named("Cộng", 200),
        named("Tổng cộng", 500),
    ]
    form = read(wb.xlsx(Page(telecom(*rows))))
    assert form.within == ["608"] * 3 + ["610"] * 2
    assert [(kind, label, len(covered)) for kind, label, covered in sums(form)] == [
        ("subtotal", "Cộng TP. Kon Tum", 3),
        ("subtotal", "Cộng", 2),
        ("total", "Tổng cộng", 5),
    ]


def test_bold_district_without_a_prefix():
    rows = telecom(named("Đắk Tô"), *communes("Đắk Tô", "Tân Cảnh"), named("Sa Thầy"), *communes("Xã Sa Nhơn", start=3))
    form = read(wb.xlsx(Page(rows, bold={6, 9})))
    assert form.within == ["612", "612", "616"]
    assert [total.label for total in form.totals] == ["Đắk Tô", "Sa Thầy"]


def test_a_commune_with_its_districts_name_is_data():
    rows = telecom(named("Huyện Sa Thầy", ordinal="I"), [None, "Sa Thầy", *figures()], *communes("Xã Sa Nhơn"))
    assert read(wb.xlsx(Page(rows))).values["commune"] == ["Sa Thầy", "Xã Sa Nhơn"]


def test_districts_without_communes_are_no_communes():
    districts = [[mark, name, *figures()] for mark, name in [("I", "Thành phố Kon Tum"), ("II", "Huyện Đắk Hà")]]
    form = read(wb.xlsx(Page(telecom(*communes("Xã Sa Nhơn"), *districts))))
    assert form.values["commune"] == ["Xã Sa Nhơn"]
    assert "Huyện Đắk Hà" in {found.value for found in form.findings if found.rule == "subtotal_without_rows"}


def test_new_communes_with_names_of_old_districts_are_data():
    form = read(wb.xlsx(Page(telecom(*communes("Xã Đăk Tô", "Xã Tu Mơ Rông", "Đăk Hà")))))
    assert len(form.rows) == 3
    assert form.within == [None] * 3


# Sections of the one-stop form


def test_sections_with_figures_are_subtotals():
    section = [["I", "Sở, ban, ngành", *wb.ONE_STOP_FIGURES], ["II", "UBND cấp huyện", *wb.ONE_STOP_FIGURES]]
    huyen = [[1, "UBND TP. Kon Tum", *wb.ONE_STOP_FIGURES]]
    form = read(
        wb.xlsx(Page(one_stop(section[0], *ONE_STOP_ROWS, section[1], *huyen), merges=wb.ONE_STOP_MERGES)), ONE_STOP
    )
    assert sums(form) == [("subtotal", "Sở, ban, ngành", [5, 6]), ("subtotal", "UBND cấp huyện", [8])]


def test_nested_sections_and_numbered_parts():
    f = wb.ONE_STOP_FIGURES
    rows = one_stop(
        ["A", "Cấp tỉnh", *f],
        ["I", "Khối một", *f],
        [1, "Sở Nội vụ", *f],
        ["II", "Khối hai", *f],
        [1, "Sở Y tế", *f],
        ["1.1", "Y tế dự phòng", *f],
        ["1.2", "Khám bệnh", *f],
        ["B", "Cấp huyện", *f],
        [1, "UBND huyện Sa Thầy", *f],
    )
    form = read(wb.xlsx(Page(rows)), ONE_STOP)
    assert form.values["agency_or_field"] == ["Sở Nội vụ", "Y tế dự phòng", "Khám bệnh", "UBND huyện Sa Thầy"]
    assert [(total.label, total.covers) for total in form.totals] == [
        ("Cấp tỉnh", [0, 1, 2]),
        ("Khối một", [0]),
        ("Khối hai", [1, 2]),
        ("Sở Y tế", [1, 2]),
        ("Cấp huyện", [3]),
    ]


def test_section_title_merged_over_the_numbers_column():
    rows = one_stop(
        ["I. Sở, ban, ngành"], *ONE_STOP_ROWS, ["II. UBND cấp huyện"], [1, "UBND huyện Sa Thầy", *wb.ONE_STOP_FIGURES]
    )
    assert len(read(wb.xlsx(Page(rows)), ONE_STOP).rows) == 3


def test_numbered_section_titles_and_remarks_between_rows():
    f = wb.ONE_STOP_FIGURES
    rows = one_stop(
        [1, "Khối sở, ngành"],
        ["1.1", "Sở Nội vụ", *f],
        [None, "Trong đó:"],
        ["1.2", "Sở Y tế", *f],
        [None, "Cộng", *f],
        [2, "Khối huyện"],
        ["2.1", "UBND huyện Sa Thầy", *f],
        [None, "Cộng", *f],
        ["Tổng cộng", "cả tỉnh", *f],
    )
    form = read(wb.xlsx(Page(rows)), ONE_STOP)
    assert form.values["agency_or_field"] == ["Sở Nội vụ", "Sở Y tế", "UBND huyện Sa Thầy"]
    assert [(total.label, total.covers) for total in form.totals] == [
        ("Cộng", [0, 1]),
        ("Cộng", [2]),
        ("Tổng cộng", [0, 1, 2]),
    ]


def test_a_bold_agency_without_figures_heads_its_fields():
    rows = one_stop([None, "Sở Y tế"], [1, "Khám bệnh", *wb.ONE_STOP_FIGURES], [2, "Dược", *wb.ONE_STOP_FIGURES])
    assert len(read(wb.xlsx(Page(rows, bold={3})), ONE_STOP).rows) == 2


# Nothing is lost


def test_rows_with_figures_and_no_label_are_data():
    rows = telecom(*THREE, [None, None, *figures()], [4, None, *figures()])
    assert read(wb.xlsx(Page(rows))).values["commune"][3:] == [None, None]


def test_named_rows_without_figures_are_data():
    rows = telecom(*THREE, [4, "Xã Kroong"], [None, "Xã Vinh Quang"], named("Tổng cộng"))
    assert read(wb.xlsx(Page(rows))).values["commune"][3:] == ["Xã Kroong", "Xã Vinh Quang"]


def test_data_after_the_total_are_read():
    assert len(read(wb.xlsx(Page(telecom(*THREE, named("Tổng cộng"), *GLEI)))).rows) == 5


def test_an_all_bold_sheet_is_data():
    form = read(wb.xlsx(Page(telecom(*([None, *row[1:]] for row in THREE)), bold=set(range(20)))))
    assert len(form.rows) == 3


def test_merged_words_stand_for_every_row_and_merged_figures_for_one():
    rows = telecom(*THREE)
    rows[7] = [2, None, None, *THREE[1][3:]]
    form = read(wb.xlsx(Page(rows, merges=[(6, 1, 7, 1), (6, 2, 7, 2)])))
    assert form.values["commune"][:2] == ["Phường Quang Trung"] * 2
    assert form.values["households"][:2] == ["100", None]


def test_hidden_rows_are_read_and_told():
    form = read(wb.xlsx(Page(telecom(*THREE), hidden_rows={7})))
    assert form.rows == [7, 8, 9]
    assert [(finding.rule, finding.severity, finding.row) for finding in form.findings] == [
        ("hidden_row", "warning", 8)
    ]


# Sheets


def test_sheets_without_the_form_are_passed_over():
    form = read(
        wb.xlsx(
            Page([["Hướng dẫn"], ["STT", "Nội dung"]], name="Hướng dẫn"),
            Page(telecom(*THREE)),
            Page(telecom(*GLEI), name="Cũ", hidden=True),
        )
    )
    assert (form.sheet, len(form.rows)) == ("Biểu 1", 3)
    assert rules(form) == ["hidden_sheet_ignored"]


def test_an_empty_template_beside_the_form_is_passed_over():
    assert len(read(wb.xlsx(Page(telecom(), name="Mẫu"), Page(telecom(*THREE)))).rows) == 3


def test_a_hidden_sheet_is_read_where_no_other_holds_the_form():
    form = read(wb.xlsx(Page(telecom(*THREE), hidden=True)))
    assert len(form.rows) == 3
    assert rules(form) == ["hidden_sheet_read"]
