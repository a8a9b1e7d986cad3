"""Parts of the row above count in its stead or not at all, never beside it."""

import pytest

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import Page, column, contract, read, rules

TASKS = contract(
    column("task", "Nhiệm vụ", required=True, key=True),
    column("planned", "Kế hoạch", "number"),
    column("spent", "Giải ngân", "number"),
    label="task",
)
HEADER = ["STT", "Nhiệm vụ", "Kế hoạch", "Giải ngân"]
TOTAL = [None, "Tổng cộng", 300, 70]


def tasks(*rows):
    return read(wb.xlsx(Page([HEADER, *rows])), TASKS)


@pytest.mark.parametrize("marks", [("1.1", "1.2"), ("-", "-"), ("a", "b"), ("+", "+"), ("a)", "b)")])
def test_parts_that_sum_to_the_row_above_count_in_its_stead(marks):
    parts = [[marks[0], "Phần cứng", 60, 30], [marks[1], "Phần mềm", 40, 20]]
    form = tasks([1, "A", 100, 50], *parts, [2, "B", 150, 10], [3, "C", 50, 10], TOTAL)
    assert form.values["task"] == ["Phần cứng", "Phần mềm", "B", "C"]
    assert [(total.label, total.covers) for total in form.totals] == [("A", [0, 1]), ("Tổng cộng", [0, 1, 2, 3])]
    assert form.findings == []


@pytest.mark.parametrize("mark", ["1.1", "-", "a", None])
def test_a_part_among_others_does_not_count(mark):
    form = tasks([1, "A", 100, 50], [mark, "Trong đó: thiết bị", 60, 30], [2, "B", 150, 10], [3, "C", 50, 10], TOTAL)
    assert form.values["task"] == ["A", "B", "C"]
    assert [(found.rule, found.row) for found in form.findings] == [("row_part_of_another", 3)]
    assert [(total.label, total.covers) for total in form.totals] == [("Tổng cộng", [0, 1, 2])]


def test_parts_below_a_line_of_their_own():
    parts = [[None, "Trong đó:"], ["-", "Thiết bị", 60, 30], ["-", "Đào tạo", 10, 5]]
    form = tasks([1, "A", 100, 50], *parts, [2, "B", 200, 20], TOTAL)
    assert (form.values["task"], rules(form)) == (["A", "B"], ["row_part_of_another"] * 2)


def test_numbered_groups_end_where_the_next_number_begins():
    form = tasks([1, "A", 100, 50], ["1.1", "A1", 60, 30], ["1.2", "A2", 40, 20], [2, "B", 150, 10], ["2.1", "B1", 150, 10],
                 ["2.1.1", "B11", 100, 4], ["2.1.2", "B12", 50, 6], [3, "C", 50, 10], TOTAL)  # fmt: skip
    assert form.values["task"] == ["A1", "A2", "B11", "B12", "C"]
    assert [(total.label, total.covers) for total in form.totals] == [
        ("A", [0, 1]), ("B", [2, 3]), ("B1", [2, 3]), ("Tổng cộng", [0, 1, 2, 3, 4]),
    ]  # fmt: skip
    assert form.findings == []


@pytest.mark.parametrize("on_top", [True, False])
@pytest.mark.parametrize("numbers", [(1, 2), (None, None)])
def test_a_part_of_the_total_does_not_count(on_top, numbers):
    rows = [[numbers[0], "A", 100, 50], [numbers[1], "B", 200, 20]]
    total = [TOTAL, [None, "Trong đó: ngân sách tỉnh", 120, 30]]
    form = tasks(*([*total, *rows] if on_top else [*rows, *total]))
    assert form.values["task"] == ["A", "B"]
    assert [(found.rule, found.value) for found in form.findings] == [("row_part_of_another", "Trong đó: ngân sách tỉnh")]


def test_marked_rows_below_a_row_without_figures_are_rows():
    form = tasks([1, "A"], ["-", "Phần cứng", 60, 30], ["-", "Phần mềm", 40, 20], [2, "B", 200, 20], TOTAL)
    assert "Phần cứng" in form.values["task"] and "Phần mềm" in form.values["task"]
    assert "row_part_of_another" not in rules(form)
