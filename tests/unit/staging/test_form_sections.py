"""Blanks that mean what stands above, and headings over rows: every shape of one form gives the same rows."""

import pytest

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import Page, column, contract, read, rules

HEADER = ["STT", "Địa bàn", "Cơ sở", "Loại", "Kết nối (x)", "Lượt khách", "Ghi chú"]
DISTRICT = {"blank": "above", "levels": ["district"], "required": True, "key": True}
FACILITY_COLUMNS = [
    column("district", "Địa bàn", "unit", **DISTRICT),
    column("facility", "Cơ sở", required=True, key=True),
    column("kind", "Loại"),
    column("online", "Kết nối (x)", "mark"),
    column("visits", "Lượt khách", "count"),
]
FACILITIES = contract(*FACILITY_COLUMNS, label="facility", unit="district")
A = [["Nhà văn hóa số 1", "Nhà văn hóa", "x", 31], ["Thư viện số 1", "Thư viện", None, 44]]
B = [["Nhà văn hóa số 1", "Nhà văn hóa", "x", 52], ["Thư viện số 2", "Thư viện", "x", 67], ["Bảo tàng", None, None, 5]]
TP, GLEI = "Thành phố Kon Tum", "Huyện Đắk Glei"
WHOLE = [[TP, *row] for row in A] + [[GLEI, *row] for row in B]
TOTAL = [None, "Tổng cộng", None, None, 3, 199]


def rows(form):
    """Rows as the contract's columns say them."""
    return [
        [None if text is None else int(text) if text.isdigit() else text for text in row]
        for row in zip(*form.values.values(), strict=True)
    ]


def numbered(*groups):
    number = 0
    for district, group in groups:
        for row in group:
            number += 1
            yield [number, district, *row]


MERGED = [HEADER, *numbered((TP, A[:1]), (None, A[1:]), (GLEI, B[:1]), (None, B[1:])), TOTAL]
SECTIONED = [
    HEADER,
    ["I", TP],
    *([number, None, *row] for number, row in enumerate(A, 1)),
    ["II", GLEI],
    *([number, None, *row] for number, row in enumerate(B, 1)),
    TOTAL,
]


def headed(*headings, marks=(None, None)):
    """The sheet with headings in which the district stands at the place that `headings` gives."""
    (first, second), (one, two) = headings, marks
    return [HEADER, [one, *first], *SECTIONED[2:4], [two, *second], *SECTIONED[5:8], TOTAL]


@pytest.mark.parametrize(
    "page",
    [
        Page([HEADER, *numbered((TP, A), (GLEI, B)), TOTAL]),
        Page(MERGED),
        Page(MERGED, merges=[(1, 1, 2, 1), (3, 1, 5, 1)]),
        Page([*MERGED[:5], HEADER, [f"({number})" for number in range(1, 8)], *MERGED[5:]]),
        Page(SECTIONED),
        Page(SECTIONED, bold={1, 4, 8}),
        Page(headed([TP], [GLEI])),
        Page(headed([TP], [GLEI], marks=(1, 2))),
        Page(headed([None, TP], [None, GLEI])),
        Page(headed([None, TP], [None, GLEI], marks=("A", "B"))),
        Page([HEADER, [TP], *SECTIONED[2:4], [GLEI], *SECTIONED[5:]]),
        Page([HEADER, [f"I. {TP}"], *SECTIONED[2:4], [f"II. {GLEI}"], *SECTIONED[5:]], merges=[(1, 0, 1, 6), (4, 0, 4, 6)]),
        Page([HEADER, ["A", "Toàn bộ cơ sở"], *SECTIONED[1:]]),
        Page([HEADER, ["I", TP, None, None, 1, 75], *SECTIONED[2:4], ["II", GLEI, None, None, 2, 124], *SECTIONED[5:]]),
        Page([HEADER, [None, TP, None, None, 1, 75], *SECTIONED[2:4], [None, GLEI, None, None, 2, 124], *SECTIONED[5:]]),
        Page([HEADER, *MERGED[1:3], [None, f"Cộng {TP}", None, None, 1, 75], *MERGED[3:6],
              [None, None, f"Tổng {GLEI}", None, 2, 124], TOTAL]),
    ],
    ids=[
        "in every row", "once", "merged", "page break", "sections", "bold sections", "unmarked sections", "numbered sections",
        "in the label's column", "lettered in the label's column", "in the first column", "merged over the row",
        "a section of sections", "subtotals", "unmarked subtotals", "closed",
    ],
)  # fmt: skip
@pytest.mark.parametrize("label", ["facility", "district"])
def test_every_shape_says_the_same(page, label):
    form = read(wb.xlsx(page), contract(*FACILITY_COLUMNS, label=label, unit="district"))
    assert rows(form) == WHOLE
    # A district that stands in the label's column without number or mark is told from data by its sums alone.
    assert set(rules(form)) <= ({"total_unlisted"} if label == "district" else set())
    total = form.totals[-1]
    assert (total.kind, total.label, total.covers) == ("total", "Tổng cộng", [0, 1, 2, 3, 4])


def test_subtotals_cover_their_own_rows():
    sheet = [HEADER, ["I", TP, None, None, 1, 75], *SECTIONED[2:4], ["II", GLEI, None, None, 2, 124], *SECTIONED[5:]]
    form = read(wb.xlsx(Page(sheet)), FACILITIES)
    assert [(total.label, total.covers) for total in form.totals[:2]] == [(TP, [0, 1]), (GLEI, [2, 3, 4])]


def test_a_heading_that_is_no_value_is_set_aside_and_ends_the_section():
    sheet = [*SECTIONED[:8], ["III", "Cơ sở khác"], [1, None, "Trạm 9", None, None, 8], TOTAL]
    form = read(wb.xlsx(Page(sheet)), FACILITIES)
    assert rows(form) == [*WHOLE, [None, "Trạm 9", None, None, 8]]


def test_a_heading_within_a_section_leaves_it():
    sheet = [
        HEADER, ["I", TP], [None, "Công lập"], *SECTIONED[2:3], [None, "Ngoài công lập"], *SECTIONED[3:4],
        ["II", GLEI], [None, "Công lập"], *SECTIONED[5:8], TOTAL,
    ]  # fmt: skip
    assert rows(read(wb.xlsx(Page(sheet, bold={2, 4, 7})), FACILITIES)) == WHOLE


def test_a_misspelt_heading_is_no_other_districts():
    sheet = [*SECTIONED[:4], ["II", "Huyện Đắk Glây"], *SECTIONED[5:]]
    assert {row[0] for row in rows(read(wb.xlsx(Page(sheet)), FACILITIES))[2:]} == {"Huyện Đắk Glây"}


def test_nothing_stands_above_the_first_blank():
    assert rows(read(wb.xlsx(Page([HEADER, [1, None, *A[0]]])), FACILITIES)) == [[None, *A[0]]]


def test_a_section_over_nothing_is_told():
    sheet = [*SECTIONED[:4], ["II", "Huyện Đắk Hà"], ["III", GLEI], *SECTIONED[5:]]
    form = read(wb.xlsx(Page(sheet)), FACILITIES)
    assert rows(form) == WHOLE
    assert [(found.rule, found.severity, found.row, found.value) for found in form.findings] == [
        ("section_without_rows", "warning", 5, "Huyện Đắk Hà")
    ]


def test_a_broken_cell_is_not_passed_on():
    sheet = [HEADER, [1, ('=HYPERLINK("http://x.vn")', TP), *A[0]], [2, None, *A[1]]]
    form = read(wb.xlsx(Page(sheet)), FACILITIES)
    assert rules(form) == ["formula_injection"]


# Words of any kind in the column

SECTORS = contract(
    column("sector", "Lĩnh vực", blank="above", required=True, key=True),
    column("dataset", "Bộ dữ liệu", required=True, key=True),
    column("records", "Số bản ghi", "count"),
    label="dataset",
)
SECTOR_ROWS = [["Đất đai", "Thửa đất", 90], ["Đất đai", "Bản đồ", 12], ["Y tế, dân số", "Sổ khám", 7]]


@pytest.mark.parametrize(
    "body",
    [
        [[1, *SECTOR_ROWS[0]], [2, None, *SECTOR_ROWS[1][1:]], [3, *SECTOR_ROWS[2]]],
        [["I", "Đất đai"], [1, None, "Thửa đất", 90], [2, None, "Bản đồ", 12], ["II", "Y tế, dân số"], [1, None, "Sổ khám", 7]],
        [["I", None, "Đất đai"], [1, None, "Thửa đất", 90], [2, None, "Bản đồ", 12], ["II", None, "Y tế, dân số"],
         [1, None, "Sổ khám", 7]],
        [["Đất đai"], [1, None, "Thửa đất", 90], [2, None, "Bản đồ", 12], ["Y tế, dân số"], [1, None, "Sổ khám", 7]],
    ],
    ids=["once", "sections", "sections in the label's column", "sections in the first column"],
)  # fmt: skip
def test_open_words_stand_above_too(body):
    form = read(wb.xlsx(Page([["STT", "Lĩnh vực", "Bộ dữ liệu", "Số bản ghi"], *body])), SECTORS)
    assert rows(form) == SECTOR_ROWS


# A unit's own column

SERVICES = contract(
    column("district", "Đơn vị", "unit", **DISTRICT),
    column("service", "Dịch vụ", key=True, required=True, blank="none", none_words=["Chưa có"]),
    column("state", "Tình trạng", "choice", enum=["đã triển khai", "chưa"]),
    column("plan", "Đề án (x)", "mark"),
    label="district",
    unit="district",
)
SERVICE_HEADER = ["STT", "Đơn vị", "Dịch vụ", "Tình trạng", "Đề án (x)", "Ghi chú"]
CITY = [[TP, "Camera", "đã triển khai", "x"], [TP, "Chiếu sáng", "đã triển khai", None]]
FOOT = [[], [None, None, None, "Kon Tum, ngày 4 tháng 7 năm 2024"], [None, "NGƯỜI LẬP BIỂU", None, "GIÁM ĐỐC"],
        [None, "(Ký, ghi rõ họ tên)", None, "(Ký, đóng dấu)"], [None, "Trần A", None, "Lê B"]]  # fmt: skip


@pytest.mark.parametrize("label", ["district", "service"])
@pytest.mark.parametrize(
    ("page", "last"),
    [
        (Page([SERVICE_HEADER, [1, *CITY[0]], [None, None, *CITY[1][1:]], [2, GLEI, None, "chưa"], *FOOT], bold={5}), "chưa"),
        (Page([SERVICE_HEADER, [1, *CITY[0]], [None, None, *CITY[1][1:]], [2, GLEI, None, "chưa"]], merges=[(1, 1, 2, 1)]), "chưa"),
        (Page([SERVICE_HEADER, [1, *CITY[0]], [None, None, "Chiếu sáng", "đã triển khai"], [2, GLEI], *FOOT]), None),
        (Page([SERVICE_HEADER, [1, *CITY[0]], [None, None, "Chiếu sáng", "đã triển khai"], [None, GLEI], *FOOT]), None),
        (Page([SERVICE_HEADER, ["I", TP], [1, None, *CITY[0][1:]], [2, None, *CITY[1][1:]], ["II", GLEI], *FOOT]), None),
        (Page([SERVICE_HEADER, [1, TP], [None, None, *CITY[0][1:]], [None, None, *CITY[1][1:]], [2, GLEI], *FOOT]), None),
    ],
    ids=["blank", "merged", "name alone", "unnumbered name alone", "sections", "numbered sections"],
)
def test_a_unit_with_nothing_is_a_row(page, last, label):
    form = read(wb.xlsx(page), contract(*SERVICES.columns, label=label, unit="district"))
    assert rows(form) == [*CITY, [GLEI, None, last, None]]
    assert form.findings == []


def test_a_second_row_may_hold_one_word():
    sheet = [SERVICE_HEADER, [1, *CITY[0]], [None, None, "Chiếu sáng"], [2, GLEI, None, "chưa"]]
    assert rows(read(wb.xlsx(Page(sheet)), SERVICES))[1] == [TP, "Chiếu sáng", None, None]


# Marks number data, means stand over them

SCORES = contract(
    column("agency", "Đơn vị", "agency", required=True, key=True),
    column("speed", "Tiến độ", "percent"),
    column("score", "Điểm", "number", over_rows="none"),
    label="agency",
    unit="agency",
)


def test_a_section_with_means_is_set_aside():
    sheet = [
        ["STT", "Đơn vị", "Tiến độ", "Điểm"],
        ["I", "Sở, ban, ngành", "75%", "5,5"], [1, "Sở Y tế", "70%", "5"], [2, "Sở Nội vụ", "80%", "6"],
        ["II", "UBND cấp huyện", "60%", "4"], [1, "UBND huyện Sa Thầy", "60%", "4"],
    ]  # fmt: skip
    form = read(wb.xlsx(Page(sheet)), SCORES)
    assert form.values["agency"] == ["Sở Y tế", "Sở Nội vụ", "UBND huyện Sa Thầy"]
    assert form.findings == []


@pytest.mark.parametrize("marks", [("I", "II", "III"), ("A", "B", "C"), ("a)", "b)", "c)")])
def test_marks_may_number_data(marks):
    sheet = [["STT", "Bộ dữ liệu", "Số bản ghi"], *([mark, f"Bộ {mark}", 5] for mark in marks), [None, "Tổng số", 15]]
    form = read(wb.xlsx(Page(sheet)), contract(column("dataset", "Bộ dữ liệu"), column("n", "Số bản ghi", "count"), label="dataset"))
    assert form.values["n"] == ["5"] * 3
    assert [(total.label, total.covers) for total in form.totals] == [("Tổng số", [0, 1, 2])]


@pytest.mark.parametrize("marks", [("I", "II", "III"), (1, 2, 3)])
def test_marks_may_number_rows_of_words(marks):
    form_of_words = contract(column("dataset", "Bộ dữ liệu"), column("sector", "Lĩnh vực"), label="dataset")
    sheet = [["STT", "Bộ dữ liệu", "Lĩnh vực"], *([mark, f"Nguồn nước {mark}", "Môi trường"] for mark in marks)]
    assert len(read(wb.xlsx(Page(sheet)), form_of_words).rows) == 3


def test_a_named_unit_over_nothing_is_a_row():
    sheet = [["STT", "Đơn vị", "Tiến độ", "Điểm"], ["I", "Sở Y tế", "70%", "5"], ["II", "Sở Nội vụ"]]
    assert read(wb.xlsx(Page(sheet)), SCORES).values["agency"] == ["Sở Y tế", "Sở Nội vụ"]


def test_subtotals_stand_where_the_contract_says():
    figures = column("n", "Số hồ sơ", "count")
    body = [["I", "Khối một", 5], [1, "Bộ A", 2], [2, "Bộ B", 3], ["II", "Khối hai", 4], [1, "Bộ C", 4]]
    form = read(wb.xlsx(Page([["STT", "Bộ", "Số hồ sơ"], *body])), contract(column("b", "Bộ"), figures, label="b", subtotals="none"))
    assert len(form.rows) == 5
    body = [[1, "Bộ A", 2], [2, "Bộ B", 3], ["I", "Khối một", 5], [1, "Bộ C", 4], ["II", "Khối hai", 4]]
    form = read(wb.xlsx(Page([["STT", "Bộ", "Số hồ sơ"], *body])), contract(column("b", "Bộ"), figures, label="b", subtotals="below"))
    assert [(total.label, total.covers) for total in form.totals] == [("Khối một", [0, 1]), ("Khối hai", [2])]


def test_a_commune_lies_in_the_district_that_its_row_names():
    form = contract(
        column("district", "Huyện", "unit", levels=["district"], blank="above"),
        column("commune", "Xã", "unit", levels=["commune"], required=True, key=True),
        column("n", "Số điểm", "count"),
        label="commune",
        unit="commune",
    )
    sheet = [["TT", "Huyện", "Xã", "Số điểm"], [1, GLEI, "Xã Đắk Long", 2], [2, None, "Xã Đắk Nhoong", 3],
             [3, "Huyện Đắk Hà", "Xã Đắk Long", 4]]  # fmt: skip
    assert read(wb.xlsx(Page(sheet)), form).within == ["610", "610", "615"]
    sheet = [["TT", "Huyện", "Xã", "Số điểm"], ["I", GLEI, None, 5], [1, None, "Xã Đắk Long", 2], [2, None, "Xã Đắk Nhoong", 3]]
    read_again = read(wb.xlsx(Page(sheet)), form)
    assert (read_again.within, read_again.totals[0].covers) == (["610", "610"], [0, 1])


def test_a_marked_section_named_in_a_units_column_sums_its_rows():
    tp, glei = [[TP, *row] for row in A], [[GLEI, *row] for row in B]
    sheet = [HEADER, ["A", "TUYẾN TỈNH", None, None, 1, 75], [1, *tp[0]], [2, *tp[1]],
             ["B", "TUYẾN HUYỆN", None, None, 2, 124], *([number, *row] for number, row in enumerate(glei, 1)), TOTAL]  # fmt: skip
    form = read(wb.xlsx(Page(sheet)), FACILITIES)
    assert rows(form) == WHOLE
    assert [(total.label, total.covers) for total in form.totals] == [
        ("TUYẾN TỈNH", [0, 1]), ("TUYẾN HUYỆN", [2, 3, 4]), ("Tổng cộng", [0, 1, 2, 3, 4]),
    ]  # fmt: skip
    assert form.findings == []


NAMED = contract(column("name", "Tên", required=True, key=True), column("kind", "Loại"), column("ready", "Có (x)", "mark"), label="name")
NAMED_ROWS = [["STT", "Tên", "Loại", "Có (x)"], [1, "CSDL A", "mở", "x"], [2, "CSDL B", "mở", None]]


@pytest.mark.parametrize("heading", ["Ghi chú:", "Lưu ý", "* Ghi chú: dấu x là có"])
def test_numbered_notes_are_no_rows(heading):
    notes = [[], [heading], [1, "Số liệu tính đến 30/6/2024."], [2, "Dấu x là có."], [None, "Người lập", None, "Thủ trưởng"]]
    form = read(wb.xlsx(Page([*NAMED_ROWS, *notes])), NAMED)
    assert (form.values["name"], form.findings) == (["CSDL A", "CSDL B"], [])


def test_rows_whose_numbers_go_on_below_a_note_count():
    form = read(wb.xlsx(Page([*NAMED_ROWS, ["Ghi chú: kỳ trước chưa có"], [3, "CSDL C"]])), NAMED)
    assert form.values["name"] == ["CSDL A", "CSDL B", "CSDL C"]


def test_a_second_table_below_is_told_and_not_read():
    other = [[], ["STT", "Nội dung", "Đơn vị tính", "Số liệu"], [1, "Máy chủ", "máy", 40], [2, "Dung lượng", "TB", 500]]
    form = read(wb.xlsx(Page([*NAMED_ROWS, *other])), NAMED)
    assert form.values["name"] == ["CSDL A", "CSDL B"]
    (found,) = form.findings
    assert (found.rule, found.severity, found.row) == ("second_table", "warning", 5)


def test_a_header_on_the_next_page_is_no_second_table():
    form = read(wb.xlsx(Page([*NAMED_ROWS, NAMED_ROWS[0], [3, "CSDL C"]])), NAMED)
    assert (form.values["name"], form.findings) == (["CSDL A", "CSDL B", "CSDL C"], [])


@pytest.mark.parametrize("cell", [None, "Y tế", "Lĩnh vực y tế"])
@pytest.mark.parametrize("heading", ["Lĩnh vực y tế", "Y tế", "LĨNH VỰC: Y tế"])
def test_a_heading_may_say_what_its_column_is(heading, cell):
    form = contract(
        column("field", "Lĩnh vực", required=True, blank="above", prefixes=["Lĩnh vực"]),
        column("dataset", "Bộ dữ liệu", required=True, key=True),
        column("records", "Bản ghi", "count"),
        label="dataset",
    )
    sheet = [["STT", "Lĩnh vực", "Bộ dữ liệu", "Bản ghi"], ["I", heading], [1, cell, "Hồ sơ bệnh án", 12], [2, cell, "Tiêm chủng", 7]]
    found = read(wb.xlsx(Page(sheet)), form)
    assert ([form.column("field").bare(text).casefold() for text in found.values["field"]], rules(found)) == (["y tế"] * 2, [])


@pytest.mark.parametrize("cell", [None, "định kỳ", "Báo cáo định kỳ"])
@pytest.mark.parametrize("heading", ["Báo cáo định kỳ", "Định kỳ"])
def test_a_heading_may_spell_the_value_of_its_rows_otherwise(heading, cell):
    kinds = column("kind", "Loại", "choice", enum=["định kỳ", "thống kê"], blank="above", choices={"định kỳ": ["Báo cáo định kỳ"]})
    form = contract(column("report", "Chế độ báo cáo", required=True, key=True), kinds, column("n", "Số", "count"), label="report")
    sheet = [["STT", "Chế độ báo cáo", "Loại", "Số"], ["I", heading], [1, "KTXH", cell, 3], ["II", "Thống kê"], [2, "TK", "thống kê", 4]]
    found = read(wb.xlsx(Page(sheet)), form)
    assert (found.values["report"], rules(found)) == (["KTXH", "TK"], [])
