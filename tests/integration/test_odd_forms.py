"""Departments' forms as they really come: periods, departments, totals, marks."""

from collections.abc import Sequence

import pytest
from chiso import contracts
from chiso.flow import computing
from chiso.province.units import load_reference

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, found, rules, telecom_form, telecom_row, values
from tests.unit.staging.workbooks import ONE_STOP_FIGURES, ONE_STOP_HEADER, ONE_STOP_MERGES, Page, xlsx

SOURCE, ONE_STOP = "departments/telecom", "departments/one_stop_results"
ROWS = [telecom_row(number, name) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
FIRST = 7
"""Sheet row of the first commune."""


def with_cell(column: int, *cells: object) -> list[list[object]]:
    """The five rows with the column's first cells replaced."""
    rows = [list(row) for row in ROWS]
    for row, cell in zip(rows, cells, strict=False):
        row[column] = cell
    return rows


def total(households: object, label: str = "Tổng cộng") -> list[object]:
    return [None, label, households, *[None] * 8]


def one_stop(*rows: Sequence[object], period: str = "Tháng 3/2024") -> bytes:
    titles = [["VĂN PHÒNG UBND TỈNH"], ["TÌNH HÌNH GIẢI QUYẾT TTHC"], [period], []]
    merges = [(top + 4, left, bottom + 4, right) for top, left, bottom, right in ONE_STOP_MERGES]
    numbering = [f"({number})" for number in range(1, 14)]
    return xlsx(Page([*titles, *ONE_STOP_HEADER, numbering, *rows], merges=merges))


@pytest.mark.parametrize(
    ("title", "name", "stated"),
    [
        ("Kỳ báo cáo: Quý III/2022", "vien_thong_Q3_2022.xlsx", "2022-Q3"),
        ("Quý 3 năm 2022", "vien_thong.xlsx", None),
        ("(Từ ngày 01/07/2022 đến ngày 30/09/2022)", "telecom.xlsx", None),
        ("Từ ngày 15/6/2022 đến ngày 14/9/2022", "telecom.xlsx", "2022-Q3"),
        ("Quý III – Năm 2022", "vien_thong_nam_2022.xlsx", None),
        ("Quý III (tháng 7, 8, 9) năm 2022", "bc_10_thang_2022.xlsx", None),
    ],
)
def test_periods_that_are_understood(title: str, name: str, stated: str | None, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, telecom_form(ROWS, period=title), name, stated)
    assert outcome.accepted
    assert outcome.period is not None
    assert outcome.period.code == "2022-Q3"
    assert outcome.period.calendar == ("administrative" if "15/6" in title else "civil")


@pytest.mark.parametrize(
    ("title", "name", "stated", "rule"),
    [
        ("Quý III/2022", "vien_thong_Q2_2022.xlsx", None, "period_file_name"),
        ("Quý III/2022", "vien_thong.xlsx", "2022-Q2", "period_stated"),
        ("Quý III/2022", "vien_thong_nam_2021.xlsx", None, "period_file_name"),
        ("BÁO CÁO", "vien_thong_Q3_2022.xlsx", None, "period_unclear"),
        ("Tháng 8 và tháng 9 năm 2022", "vien_thong.xlsx", None, "period_unclear"),
        ("10 tháng năm 2022", "vien_thong.xlsx", None, "period_unclear"),
        ("Quý III/2022 và Quý II/2022", "vien_thong.xlsx", None, "period_unclear"),
        ("Từ ngày 01/07/2022 đến ngày 29/09/2022", "vien_thong.xlsx", None, "period_unclear"),
        ("Quý II/2022 (từ ngày 01/07/2022 đến ngày 30/09/2022)", "vien_thong.xlsx", None, "period_unclear"),
    ],
)
def test_periods_that_are_not(title: str, name: str, stated: str | None, rule: str, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, telecom_form(ROWS, period=title), name, stated)
    assert (outcome.accepted, rules(outcome)) == (False, [rule])


def test_a_refusal_names_the_words_of_time_and_their_cell(desk: Inbox) -> None:
    [finding] = desk.check(SOURCE, telecom_form(ROWS, period="Tuần 24 năm 2022"), "vien_thong.xlsx").issues
    assert (finding["rule"], finding["cell"]) == ("period_unclear", "A3")
    assert "“Tuần 24”" in finding["message_vi"] and "“Tuần 24”" in finding["message_en"]


@pytest.mark.parametrize("department", ["SỞ Y TẾ", "Đơn vị báo cáo: Sở Y tế"])
def test_another_department_s_form_is_refused(department: str, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, telecom_form(ROWS, department=department), "vien_thong.xlsx")
    assert (outcome.accepted, rules(outcome)) == (False, ["department_wrong"])
    assert outcome.issues[0]["cell"] == "A1"


def test_a_total_that_disagrees_is_a_warning_on_its_cell(desk: Inbox) -> None:
    assert desk.check(SOURCE, telecom_form([*ROWS, total(500)]), "vien_thong.xlsx").issues == []
    outcome = desk.check(SOURCE, telecom_form([*ROWS, total(501)]), "vien_thong.xlsx")
    assert outcome.accepted
    [finding] = outcome.issues
    assert (finding["rule"], finding["severity"], finding["action"]) == ("total_disagrees", "warning", "flag")
    assert (finding["cell"], finding["row"], finding["column"]) == ("C12", 12, "households")


@pytest.mark.parametrize(("printed", "wrong"), [(5, False), ("5", False), ("x", False), (None, False), ("-", False), (7, True), (0, True)])
def test_the_total_of_a_column_of_marks_is_their_number(printed: object, wrong: bool, desk: Inbox) -> None:
    summing = [*total(500)[:8], printed]
    outcome = desk.check(SOURCE, telecom_form([*ROWS, summing]), "vien_thong.xlsx")
    where = [(found["rule"], found["cell"], found["value"]) for found in outcome.issues]
    assert where == ([("total_disagrees", "I12", str(printed))] if wrong else [])


@pytest.mark.parametrize(
    ("cells", "printed", "proposal"),
    [
        (["151.10"], 15510, "15110"),
        (["1,014"], 1414, "1014"),
        (["151.10"], 9999, None),
        (["1,014", "1,014"], 2328, None),
    ],
)
def test_a_total_over_unreadable_cells_is_not_judged(
    cells: list[object], printed: int, proposal: str | None, desk: Inbox
) -> None:
    outcome = desk.check(SOURCE, telecom_form([*with_cell(2, *cells), total(printed)]), "vien_thong.xlsx")
    assert "total_disagrees" not in rules(outcome)
    assert outcome.rejected == len(cells)
    assert ("Probably" in outcome.issues[0]["message_en"]) is (proposal is not None)
    assert (proposal or "") in outcome.issues[0]["message_en"]


def test_what_means_nothing_to_report(desk: Inbox) -> None:
    counts = desk.check(SOURCE, telecom_form(with_cell(9, "-", "KPS", None, "–", 0)), "vien_thong.xlsx")
    marks = desk.check(SOURCE, telecom_form(with_cell(8, "-", "KPS", None, "X", "có")), "vien_thong.xlsx")
    assert (counts.rejected, counts.issues) == (0, [])
    assert found(marks) == [("centre_fibre.mark_malformed", FIRST + 4)]


def test_a_commune_that_no_list_knows_is_rejected(desk: Inbox) -> None:
    outcome = desk.check(SOURCE, telecom_form(with_cell(1, "Xã Không Có")), "vien_thong.xlsx")
    assert (outcome.accepted, found(outcome)) == (True, [("commune.unit_unknown", FIRST)])


def test_formulas_are_rejected_unless_their_value_is_stored(desk: Inbox) -> None:
    cells = [("=50+50", 100), ("=1+1", ""), ("=WEBSERVICE(1)", 5)]
    outcome = desk.check(SOURCE, telecom_form(with_cell(2, *cells)), "vien_thong.xlsx")
    assert found(outcome) == [("households.formula_uncached", FIRST + 1), ("households.formula_injection", FIRST + 2)]


def test_rows_of_one_commune(inbox: Inbox) -> None:
    twice = telecom_form([*ROWS, ROWS[0]])
    equal = inbox.ingest(SOURCE, twice, "vien_thong.xlsx")
    assert (equal.rows, equal.loaded, equal.unchanged) == (6, 5, 1)
    other = telecom_form([*ROWS, telecom_row(6, COMMUNES_OF_DAK_GLEI[0], 999)])
    different = inbox.check(SOURCE, other, "vien_thong.xlsx")
    assert found(different) == [("key.conflict", FIRST), ("key.conflict", FIRST + 5)]


def test_two_of_thirty_are_rejected_and_three_refuse(desk: Inbox) -> None:
    figures = ONE_STOP_FIGURES
    rows = [[number, f"Lĩnh vực thử nghiệm {number}", *figures] for number in range(1, 31)]
    for bad, accepted in ((2, True), (3, False)):
        for row in rows[:bad]:
            row[2] = "1,014"
        outcome = desk.check(ONE_STOP, one_stop(*rows), "06a.xlsx")
        assert (outcome.accepted, outcome.rows, outcome.rejected) == (accepted, 30, bad)


def test_a_row_whose_own_sums_do_not_hold_is_rejected(desk: Inbox) -> None:
    wrong = [10, 5, 3, 3, 8, 4, 3, 1, 2, 1, 1]
    blank = [10, 5, 3, None, 8, 4, 3, 1, 2, 1, 1]
    content = one_stop([1, "Sở Y tế", *wrong], [2, "Hộ tịch", *ONE_STOP_FIGURES], [3, "Đất đai", *blank])
    outcome = desk.check(ONE_STOP, content, "06a.xlsx")
    assert found(outcome) == [("sum_3_4_5_6", 9)]
    assert outcome.issues[0]["cell"] == "C9"


@pytest.mark.parametrize(
    ("title", "calendar"),
    [
        ("Tháng 3/2024", "administrative"),
        ("Từ ngày 15/02/2024 đến ngày 14/03/2024", "administrative"),
        ("Từ ngày 01/03/2024 đến ngày 31/03/2024", "civil"),
    ],
)
def test_the_dates_of_a_title_decide_the_calendar(title: str, calendar: str, desk: Inbox) -> None:
    outcome = desk.check(ONE_STOP, one_stop([1, "Sở Y tế", *ONE_STOP_FIGURES], period=title), "06a.xlsx")
    assert outcome.period is not None
    assert (outcome.period.code, outcome.period.calendar) == ("2024-03", calendar)


@pytest.mark.parametrize(
    ("rule", "content"),
    [
        ("file_empty", b""),
        ("html_page", b"<html><body>500</body></html>"),
        ("file_unknown", b"a;b\n1;2\n"),
        ("file_damaged", telecom_form(ROWS)[:3000]),
        ("no_rows", telecom_form([])),
        ("header_not_found", one_stop([1, "Sở Y tế", *ONE_STOP_FIGURES])),
    ],
)
def test_refused_whole(rule: str, content: bytes, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, content, "vien_thong.xlsx")
    assert (outcome.accepted, outcome.rows, rules(outcome)) == (False, 0, [rule])


def test_a_form_of_today_s_communes_counts_for_today_s_province(inbox: Inbox) -> None:
    reference = load_reference(inbox.platform.settings.schemas)
    new = [unit.name for unit in reference.units if unit.level == "commune" and unit.parent_code == "51"][:6]
    form = telecom_form(
        [telecom_row(number, name) for number, name in enumerate(new, 1)],
        period="Quý III/2025",
        department="SỞ KHOA HỌC VÀ CÔNG NGHỆ",
    )
    outcome = inbox.ingest(SOURCE, form, "vien_thong_Q3_2025.xlsx")
    assert (outcome.accepted, outcome.loaded) == (True, 6)
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "households_fibre_pct", "2025-Q3") == [50]
    assert contracts.load(SOURCE, inbox.platform.settings).terms.responsible == "000.00.11.H34"


@pytest.mark.parametrize(("cell", "shown"), [("123,456789", "123,456789"), (912, "912"), ("1.500.000", "1500000")])
def test_a_rule_shows_a_figure_as_its_cell_says_it(cell: object, shown: str, desk: Inbox) -> None:
    header = ["STT", "Nhiệm vụ, dự án", "Chủ đầu tư", "Kế hoạch (triệu đồng)", "Giải ngân (triệu đồng)", "Tình trạng"]
    titles = [["SỞ TÀI CHÍNH"], ["KINH PHÍ CHUYỂN ĐỔI SỐ"], ["6 tháng đầu năm 2024"]]
    content = xlsx(Page([*titles, header, [1, "A", "VP UBND tỉnh", 1, cell, None]]))
    outcome = desk.check("departments/budget", content, "kinh_phi.xlsx")
    [finding] = [each for each in outcome.issues if each["rule"] == "disbursed_exceeds_planned"]
    assert (finding["value"], finding["message_vi"]) == (shown, f"Giải ngân ({shown}) vượt kế hoạch.")
