"""Rows that sum others, whatever they are called and wherever their name stands."""

import pytest

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import Page, column, contract, read, rules

AGENCIES = contract(
    column("agency", "Đơn vị", "agency", required=True, key=True),
    column("files", "Hồ sơ", "count"),
    column("online", "Trực tuyến", "count"),
    column("money", "Kinh phí (triệu đồng)", "number"),
    column("share", "Tỷ lệ (%)", "percent"),
    label="agency",
    unit="agency",
)
HEADER = ["STT", "Đơn vị", "Hồ sơ", "Trực tuyến", "Kinh phí (triệu đồng)", "Tỷ lệ (%)"]
NAMES = ["Sở Y tế", "Sở Nội vụ", "Sở Tư pháp", "Sở Tài chính"]
FIGURES = [[120, 80, "1.200,50", "66,7"], [75, "-", "300", "0"], [31, 30, 0, "96,8"], [250, 17, "12,25", "6,8"]]
ROWS = [[number, name, *row] for number, (name, row) in enumerate(zip(NAMES, FIGURES, strict=True), 1)]
SUMS = [476, 127, "1.512,75", "26,7"]
UNLISTED = ["Total", "TỔNG I+II", "T/cộng", "Lũy kế", "Toàn ngành", "UBND tỉnh Kon Tum", "Cộng dồn", "Sum", "Chung", "Σ"]


def totals(form):
    return [(total.label, [form.rows[place] for place in total.covers]) for total in form.totals]


@pytest.mark.parametrize("name", UNLISTED)
@pytest.mark.parametrize("place", [0, 1])
def test_a_total_is_one_whatever_its_name(name, place):
    row = [None, None, *SUMS]
    row[place] = name
    form = read(wb.xlsx(Page([HEADER, *ROWS, row])), AGENCIES)
    assert form.values["agency"] == NAMES
    assert totals(form) == [(name, [2, 3, 4, 5])]
    assert [(found.row, found.value, found.severity) for found in form.findings if found.rule == "total_unlisted"] in (
        [],
        [(6, name, "warning")],
    )


def test_an_unlisted_total_is_told():
    (found,) = read(wb.xlsx(Page([HEADER, *ROWS, [None, "Toàn ngành", *SUMS]])), AGENCIES).findings
    assert (found.rule, found.severity, found.action, found.row) == ("total_unlisted", "warning", "flag", 6)
    assert "“Toàn ngành” bằng tổng các dòng 2–5 ở 3/3 cột" in found.message_vi


@pytest.mark.parametrize("name", ["Toàn ngành", "Khối sở"])
def test_an_unlisted_total_may_stand_on_top(name):
    form = read(wb.xlsx(Page([HEADER, [None, name, *SUMS], *ROWS])), AGENCIES)
    assert totals(form) == [(name, [3, 4, 5, 6])]


def test_blocks_with_unlisted_totals():
    sheet = [HEADER, *ROWS[:2], [None, "Khối một", 195, 80, "1500,5"], *ROWS[2:], [None, "Khối hai", 281, 47, "12,25"],
             [None, "Toàn ngành", *SUMS]]  # fmt: skip
    form = read(wb.xlsx(Page(sheet)), AGENCIES)
    assert form.values["agency"] == NAMES
    assert totals(form) == [("Khối một", [2, 3]), ("Khối hai", [5, 6]), ("Toàn ngành", [2, 3, 5, 6])]


def test_blocks_under_unlisted_subtotals():
    sheet = [HEADER, [None, "Khối một", 195, 80, "1500,5"], *ROWS[:2], [None, "Khối hai", 281, 47, "12,25"], *ROWS[2:]]
    form = read(wb.xlsx(Page(sheet)), AGENCIES)
    assert form.values["agency"] == NAMES
    assert totals(form) == [("Khối một", [3, 4]), ("Khối hai", [6, 7])]


def test_a_total_after_sections_covers_all():
    sheet = [HEADER, ["I", "Khối một", 195, 80, "1500,5"], *ROWS[:2], ["II", "Khối hai", 281, 47, "12,25"], *ROWS[2:],
             [None, "Toàn ngành", *SUMS]]  # fmt: skip
    form = read(wb.xlsx(Page(sheet)), AGENCIES)
    assert totals(form) == [("Khối một", [3, 4]), ("Khối hai", [6, 7]), ("Toàn ngành", [3, 4, 6, 7])]


def test_one_wrong_figure_makes_no_data_row_of_a_total():
    form = read(wb.xlsx(Page([HEADER, *ROWS, [None, "Toàn ngành", 476, 127, "1.512,75", "26,7"]])), AGENCIES)
    wide = contract(*AGENCIES.columns[:4], column("visits", "Lượt", "count"), label="agency", unit="agency")
    sheet = [[*HEADER[:5], "Lượt"], *([*row[:5], 10] for row in ROWS), [None, "Toàn ngành", *SUMS[:3], 41]]
    assert totals(read(wb.xlsx(Page(sheet)), wide)) == totals(form)


@pytest.mark.parametrize("row", [[5, "Toàn ngành", *SUMS], [None, "Sở Công Thương", *SUMS], [5, "Sở Công Thương", *SUMS]])
def test_what_is_named_or_numbered_like_data_counts_and_is_told(row):
    form = read(wb.xlsx(Page([HEADER, *ROWS, row])), AGENCIES)
    assert len(form.rows) == 5
    assert [(found.rule, found.severity, found.action, found.row) for found in form.findings] == [
        ("row_sums_others", "warning", "flag", 6)
    ]


@pytest.mark.parametrize(
    "row",
    [
        [5, "Sở Công Thương", 476, 127, "1.512", None],
        [None, "Chi cục mới", 475, 126, "1.512,75", None],
        [None, "Chi cục mới", 0, 0, 0, None],
        [None, "Chi cục mới", None, None, None, "26,7"],
        [5, "Sở Công Thương", 31, 30, 0, None],
    ],
)
def test_what_sums_nothing_is_data(row):
    form = read(wb.xlsx(Page([HEADER, *ROWS, row])), AGENCIES)
    assert len(form.rows) == 5
    assert form.findings == []


def test_figures_that_happen_to_add_up_are_data():
    rows = [[1, "Sở Y tế", 1], [2, "Sở Nội vụ", 2], [3, "Sở Tư pháp", 3], [4, "Sở Tài chính", 9]]
    form = contract(column("agency", "Đơn vị", "agency"), column("n", "Hồ sơ", "count"), label="agency")
    assert rules(read(wb.xlsx(Page([["STT", "Đơn vị", "Hồ sơ"], *rows])), form)) == []


# Rows that are no units

TASKS = contract(
    column("task", "Nhiệm vụ", required=True, key=True),
    column("planned", "Kế hoạch", "number"),
    column("spent", "Giải ngân", "number"),
    label="task",
)
TASK_ROWS = [["Số hóa", "12,5", "3"], ["Tập huấn", "7", "0,5"], ["Đường truyền", "100", "20"]]
TASK_SUMS = ["119,5", "23,5"]


@pytest.mark.parametrize("numbered", [True, False])
def test_totals_of_rows_that_are_no_units(numbered):
    rows = [[number if numbered else None, *row] for number, row in enumerate(TASK_ROWS, 1)]
    sheet = [["STT", "Nhiệm vụ", "Kế hoạch", "Giải ngân"], *rows, [None, "Toàn chương trình", *TASK_SUMS]]
    form = read(wb.xlsx(Page(sheet)), TASKS)
    assert totals(form) == [("Toàn chương trình", [2, 3, 4])]
    assert rules(form) == ["total_unlisted"]


def test_bold_marks_a_total_where_rows_have_no_numbers():
    sheet = [["Nhiệm vụ", "Kế hoạch", "Giải ngân"], *TASK_ROWS, ["Toàn chương trình", *TASK_SUMS], ["Khác", "1", "1"]]
    assert totals(read(wb.xlsx(Page(sheet, bold={0, 4})), TASKS)) == [("Toàn chương trình", [2, 3, 4])]
    form = read(wb.xlsx(Page(sheet)), TASKS)
    assert (len(form.rows), form.totals) == (5, [])


def test_every_row_with_figures_is_data_where_the_contract_says_so():
    plain = contract(*TASKS.columns, label="task", subtotals="none")
    sheet = [["STT", "Nhiệm vụ", "Kế hoạch", "Giải ngân"], ["I", "Nhóm một", "12,5", "3"], [1, *TASK_ROWS[0]], [2, *TASK_ROWS[1]],
             [None, "Toàn chương trình", "32", "6,5"]]  # fmt: skip
    form = read(wb.xlsx(Page(sheet)), plain)
    assert form.values["task"] == ["Nhóm một", "Số hóa", "Tập huấn"]
    assert totals(form) == [("Toàn chương trình", [2, 3, 4])]


def test_columns_whose_totals_mean_something_else_prove_nothing():
    ignored = contract(*TASKS.columns, label="task", totals={"ignored": ["spent"]})
    sheet = [["STT", "Nhiệm vụ", "Kế hoạch", "Giải ngân"], *([n, *row] for n, row in enumerate(TASK_ROWS, 1)),
             [None, "Toàn chương trình", "119,5", "7"]]  # fmt: skip
    assert totals(read(wb.xlsx(Page(sheet)), ignored)) == [("Toàn chương trình", [2, 3, 4])]
    assert len(read(wb.xlsx(Page(sheet)), TASKS).rows) == 4


@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize("number", [None, 3])
def test_the_words_of_a_total_may_stand_in_any_column(place, number):
    facilities = contract(
        column("district", "Địa bàn", "unit", levels=["district"]),
        column("facility", "Cơ sở"),
        column("kind", "Loại"),
        column("online", "Kết nối (x)", "mark"),
        column("visits", "Lượt khách", "count"),
        label="facility",
    )
    last = [number, None, None, None, 9, 18]
    last[place] = "Tổng cộng"
    sheet = [["STT", "Địa bàn", "Cơ sở", "Loại", "Kết nối (x)", "Lượt khách"],
             [1, "Huyện Sa Thầy", "A", "a", "x", 11], [2, "Huyện Sa Thầy", "B", None, "x", 7], last]  # fmt: skip
    form = read(wb.xlsx(Page(sheet, merges=[(3, 0, 3, 3)] if place == 0 else [])), facilities)
    assert totals(form) == [("Tổng cộng", [2, 3])]
    assert form.findings == []


def test_long_sheets_are_looked_through_at_once():
    rows = [[number, f"Nhiệm vụ {number}", 2, 1] for number in range(1, 3001)]
    form = read(wb.xlsx(Page([["STT", "Nhiệm vụ", "Kế hoạch", "Giải ngân"], *rows, [None, "Toàn bộ", 6000, 3000]])), TASKS)
    assert [(label, len(covers)) for label, covers in totals(form)] == [("Toàn bộ", 3000)]


@pytest.mark.parametrize("total", [[None, "Tổng cộng", 952, 254, "3.025,50"], [None, "Toàn tỉnh", 952, None, None]])
def test_a_printed_total_proves_that_a_row_counts(total):
    form = read(wb.xlsx(Page([HEADER, *ROWS, [None, "Chi cục mới", *SUMS], total])), AGENCIES)
    assert form.values["agency"][-1] == "Chi cục mới"
    assert form.findings == []


def test_a_printed_total_that_leaves_a_row_out_proves_nothing():
    form = read(wb.xlsx(Page([HEADER, *ROWS, [None, "Toàn ngành", *SUMS], [None, "Tổng cộng", *SUMS]])), AGENCIES)
    assert totals(form) == [("Toàn ngành", [2, 3, 4, 5]), ("Tổng cộng", [2, 3, 4, 5])]


def test_totals_before_the_last_sum_what_agrees():
    sheet = [HEADER, ["I", "Khối một", 195, 80, "1500,5"], *ROWS[:2], [None, "Tổng số khối một", 195, 80, "1500,5"],
             [3, *ROWS[2][1:]], [None, "Tổng I+II", 226, 110, "1500,5"], [4, *ROWS[3][1:]], [None, "Tổng cộng", *SUMS]]  # fmt: skip
    form = read(wb.xlsx(Page(sheet)), AGENCIES)
    assert totals(form)[1:] == [("Tổng số khối một", [3, 4]), ("Tổng I+II", [3, 4, 6]), ("Tổng cộng", [3, 4, 6, 8])]


def test_a_mean_of_units_is_set_aside():
    sheet = [HEADER, ["I", "Khối một", *SUMS], *ROWS, [None, "Bình quân chung", 119, 32, 400, "26,7"]]
    form = read(wb.xlsx(Page(sheet)), AGENCIES)
    assert form.values["agency"] == NAMES
    assert totals(form) == [("Khối một", [3, 4, 5, 6]), ("Bình quân chung", [])]
    ratings = contract(column("rating", "Xếp loại"), column("n", "Số người", "count"), label="rating")
    form = read(wb.xlsx(Page([["Xếp loại", "Số người"], ["Tốt", 5], ["Trung bình", 2], ["Tổng số", 7]])), ratings)
    assert form.values["rating"] == ["Tốt", "Trung bình"]


@pytest.mark.parametrize("name", ["Tỷ lệ (%)", "Tỉ trọng (%)"])
def test_a_rate_of_units_is_set_aside(name):
    form = read(wb.xlsx(Page([HEADER, *ROWS, [None, name, None, "26,7"]])), AGENCIES)
    assert form.values["agency"] == NAMES
    assert totals(form) == [(name, [])]


@pytest.mark.parametrize("name", ["Cộng đồng số", "Cộng tác viên dư luận"])
def test_a_name_that_begins_with_another_word_of_a_total_is_a_row(name):
    tasks = [[None, "Nền tảng số", 100, 50], [None, name, 1, 1], [None, "Tổng đài 1022", 10, 10]]
    form = read(wb.xlsx(Page([["STT", "Nhiệm vụ", "Kế hoạch", "Giải ngân"], *tasks])), TASKS)
    assert [row[1] for row in tasks] == form.values["task"]
    assert (form.totals, form.findings) == ([], [])


@pytest.mark.parametrize("written", ["910²", "٩١٠", "９１０", "②"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_digits_of_other_scripts_stay_as_they_stand(written, place):
    figures = [910, 910, 910]
    figures[place] = written
    form = read(wb.xlsx(Page([HEADER, [1, NAMES[0], 1, 2, 3, None], [2, NAMES[1], *figures, None]])), AGENCIES)
    assert form.values[("files", "online", "money")[place]][1] == written


BELOW = [["Tỷ lệ giải ngân (%)", None, "19,7"], ["Cùng kỳ năm trước", 90, 30]]


@pytest.mark.parametrize("label", ["Tổng cộng", "Toàn ngành"])
@pytest.mark.parametrize("spent", ["23,5", 24])
def test_unnumbered_rows_below_the_total_do_not_count(label, spent):
    rows = [[number, *row] for number, row in enumerate(TASK_ROWS, 1)]
    total = [None, label, "119,5", "23,5" if label == "Toàn ngành" else spent]
    below = [[None, *row] for row in BELOW]
    form = read(wb.xlsx(Page([["STT", "Nhiệm vụ", "Kế hoạch", "Giải ngân"], *rows, total, *below])), TASKS)
    assert form.values["task"] == [row[0] for row in TASK_ROWS]
    assert totals(form) == [(label, [2, 3, 4])]
    told = [(found.row, found.value, found.severity) for found in form.findings if found.rule == "row_below_total"]
    assert told == [(6, BELOW[0][0], "warning"), (7, BELOW[1][0], "warning")]


def test_an_unnumbered_row_below_a_total_that_holds_only_with_it_counts():
    rows = [[number, *row] for number, row in enumerate(TASK_ROWS, 1)]
    sheet = [["STT", "Nhiệm vụ", "Kế hoạch", "Giải ngân"], *rows, [None, "Tổng cộng", "129,5", "24,5"], [None, "Bổ sung", 10, 1]]
    form = read(wb.xlsx(Page(sheet)), TASKS)
    assert (form.values["task"][-1], form.findings) == ("Bổ sung", [])


# Totals that a contract names, and the province's own row

SECTORS = contract(
    column("sector", "Ngành", required=True, key=True, prefixes=["Ngành", "Lĩnh vực"]),
    column("grdp", "GRDP", "number"),
    label="sector",
    dimensions=["sector"],
    totals={"names": ["Toàn nền kinh tế"]},
)
SECTOR_ROWS = [[1, "Nông nghiệp", 100], [2, "Công nghiệp", 200], [3, "Dịch vụ", 300]]


@pytest.mark.parametrize("name", ["Toàn nền kinh tế", "TOÀN NỀN KINH TẾ", "GRDP toàn tỉnh", "GRDP (toàn tỉnh)", "Tổng của tỉnh Kon Tum"])
@pytest.mark.parametrize("total", [600, 777])
def test_a_named_total_is_one_whatever_it_sums_to(name, total):
    form = read(wb.xlsx(Page([["STT", "Ngành", "GRDP"], *SECTOR_ROWS, [None, name, total]])), SECTORS)
    assert form.values["sector"] == ["Nông nghiệp", "Công nghiệp", "Dịch vụ"]
    assert totals(form) == [(name, [2, 3, 4])]


@pytest.mark.parametrize("name", ["Thuế trừ trợ cấp", "Kinh tế"])
def test_other_rows_below_are_data(name):
    form = read(wb.xlsx(Page([["STT", "Ngành", "GRDP"], *SECTOR_ROWS, [4, name, 77]])), SECTORS)
    assert form.values["sector"][-1] == name


PROVINCE = contract(
    column("unit", "Đơn vị", "unit", levels=["agency", "province", "district"], required=True, key=True),
    column("officials", "Cán bộ", "count"),
    column("trained", "Đã tập huấn", "count"),
    label="unit",
)


@pytest.mark.parametrize("name", ["Tỉnh Kon Tum", "Cấp tỉnh", "UBND tỉnh Kon Tum"])
def test_the_province_may_have_a_row_of_its_own(name):
    rows = [[1, name, 40, 7], [2, "Sở Y tế", 100, 50], [3, "Huyện Đắk Glei", 200, 30]]
    form = read(wb.xlsx(Page([["STT", "Đơn vị", "Cán bộ", "Đã tập huấn"], *rows, [None, "Tổng cộng", 340, 87]])), PROVINCE)
    assert form.values["unit"] == [name, "Sở Y tế", "Huyện Đắk Glei"]
    assert totals(form) == [("Tổng cộng", [2, 3, 4])]


@pytest.mark.parametrize("place", [0, 2])
def test_a_row_of_the_province_that_sums_the_others_is_their_total(place):
    rows = [[1, "Sở Y tế", 100, 50], [2, "Huyện Đắk Glei", 200, 30]]
    rows.insert(place, [None, "Tỉnh Kon Tum", 300, 80])
    form = read(wb.xlsx(Page([["STT", "Đơn vị", "Cán bộ", "Đã tập huấn"], *rows])), PROVINCE)
    assert form.values["unit"] == ["Sở Y tế", "Huyện Đắk Glei"]
    assert [label for label, _ in totals(form)] == ["Tỉnh Kon Tum"]
    assert form.findings == []
