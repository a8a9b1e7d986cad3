"""Windows, roll-up and words of reporting periods, after the table of both calendars."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from chiso.province.periods import (
    CALENDARS,
    Period,
    UnclearPeriodError,
    from_file_name,
    from_titles,
    from_words,
    months_touched,
    smallest_covering,
    touched,
)
from hypothesis import given
from hypothesis import strategies as st

WINDOWS = [
    ("2024-06", "civil", date(2024, 6, 1), date(2024, 6, 30)),
    ("2024-Q2", "civil", date(2024, 4, 1), date(2024, 6, 30)),
    ("2024-H1", "civil", date(2024, 1, 1), date(2024, 6, 30)),
    ("2024-9M", "civil", date(2024, 1, 1), date(2024, 9, 30)),
    ("2024", "civil", date(2024, 1, 1), date(2024, 12, 31)),
    ("2024-06", "administrative", date(2024, 5, 15), date(2024, 6, 14)),
    ("2024-Q2", "administrative", date(2024, 3, 15), date(2024, 6, 14)),
    ("2024-H1", "administrative", date(2023, 12, 15), date(2024, 6, 14)),
    ("2024-H2", "administrative", date(2024, 6, 15), date(2024, 12, 14)),
    ("2024-9M", "administrative", date(2023, 12, 15), date(2024, 9, 14)),
    ("2024", "administrative", date(2023, 12, 15), date(2024, 12, 14)),
    ("2024-01", "administrative", date(2023, 12, 15), date(2024, 1, 14)),
    ("2024-02", "civil", date(2024, 2, 1), date(2024, 2, 29)),
    ("2024-06-15", "administrative", date(2024, 6, 15), date(2024, 6, 15)),
]
DAYS = st.dates(date(2001, 1, 1), date(2098, 12, 31))


@pytest.mark.parametrize(("code", "calendar", "start", "end"), WINDOWS)
def test_a_code_means_a_window_on_its_calendar(code: str, calendar: str, start: date, end: date) -> None:
    period = Period.of(code, calendar)
    assert (period.start, period.end) == (start, end)


@pytest.mark.parametrize("code", ["2024-13", "2024-W24", "2024-Q5", "2024-H3", "24-06", "2024-02-30", "2024-6", "", "2024-12M"])
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r"no period|no day"):
        Period.of(code)


def test_a_day_belongs_to_another_month_on_each_calendar() -> None:
    assert {(month.calendar, month.code) for month in months_touched([date(2024, 6, 14)])} == {
        ("civil", "2024-06"), ("administrative", "2024-06")}
    assert {(month.calendar, month.code) for month in months_touched([date(2024, 6, 15)])} == {
        ("civil", "2024-06"), ("administrative", "2024-07")}
    assert {(month.calendar, month.code) for month in months_touched([date(2023, 12, 15)])} == {
        ("civil", "2023-12"), ("administrative", "2024-01")}


@given(DAYS, st.sampled_from(CALENDARS))
def test_a_day_lies_in_every_period_that_encloses_it(day: date, calendar: str) -> None:
    around = Period.of(day.isoformat(), calendar).enclosing()
    assert all(period.start <= day <= period.end for period in around)
    assert {period.grain for period in around} >= {"month", "quarter", "half", "year"}


@given(st.integers(2001, 2098), st.sampled_from(CALENDARS), st.sampled_from(["month", "quarter", "half"]))
def test_parts_follow_each_other_and_fill_the_year(year: int, calendar: str, grain: str) -> None:
    whole = Period.of(str(year), calendar)
    parts = whole.parts(grain)
    assert parts[0].start == whole.start and parts[-1].end == whole.end
    assert all(after.start - before.end == timedelta(days=1) for before, after in pairwise(parts))


def test_a_quarter_touches_what_contains_it() -> None:
    assert [period.code for period in touched([Period.of("2024-Q2")])] == ["2024-Q2", "2024-H1", "2024-9M", "2024"]
    assert [period.code for period in touched([Period.of("2024-12")])] == ["2024-12", "2024-Q4", "2024-H2", "2024"]


TITLES = [
    (["Tháng 5/2024"], "2024-05"), (["tháng 5 năm 2024"], "2024-05"), (["T5/2024"], "2024-05"),
    (["Kỳ báo cáo: Quý II/2024"], "2024-Q2"), (["Quý 2 năm 2024"], "2024-Q2"), (["QUÝ IV NĂM 2023"], "2023-Q4"),
    (["6 tháng đầu năm 2024"], "2024-H1"), (["9 tháng năm 2024"], "2024-9M"), (["Năm 2024"], "2024"),
    (["6 tháng cuối năm", "Năm 2024"], "2024-H2"), (["BÁO CÁO NĂM 2024", "Quý I/2024"], "2024-Q1"),
    (["Kon Tum, ngày 05 tháng 7 năm 2024", "Kỳ báo cáo: Quý II/2024"], "2024-Q2"),
    (["(Ban hành kèm theo Thông tư số 01/2020/TT-VPCP)", "Tháng 3 năm 2024"], "2024-03"),
    (["So với cùng kỳ năm 2023", "Kỳ báo cáo: 6 tháng đầu năm 2024"], "2024-H1"),
]


@pytest.mark.parametrize(("titles", "code"), TITLES)
def test_titles_state_the_period(titles: list[str], code: str) -> None:
    assert from_titles(titles, "civil") == Period.of(code)


@pytest.mark.parametrize(("title", "code", "calendar"), [
    ("Tháng 3/2024 (Từ ngày 15/02/2024 đến ngày 14/3/2024)", "2024-03", "administrative"),
    ("Từ ngày 01/06/2024 đến ngày 30/6/2024", "2024-06", "civil"),
    ("Từ ngày 15 tháng 12 năm 2023 đến ngày 14 tháng 6 năm 2024", "2024-H1", "administrative"),
    ("(từ 15/12/2023 - 14/12/2024)", "2024", "administrative"),
])  # fmt: skip
def test_dates_in_a_title_decide_the_calendar(title: str, code: str, calendar: str) -> None:
    for default in CALENDARS:
        assert from_titles([title], default) == Period.of(code, calendar)


@pytest.mark.parametrize("titles", [
    ["Tháng 4/2024 (Từ ngày 15/02/2024 đến ngày 14/3/2024)"], ["Từ ngày 16/02/2024 đến ngày 14/3/2024"],
    ["BÁO CÁO HẠ TẦNG VIỄN THÔNG"], ["Quý I/2024", "Quý II/2024"], ["Từ 01/06/2024 đến 30/06/2024", "Từ 01/07/2024 đến 31/07/2024"],
])  # fmt: skip
def test_titles_that_state_no_or_two_periods_are_unclear(titles: list[str]) -> None:
    with pytest.raises(UnclearPeriodError) as unclear:
        from_titles(titles, "administrative")
    assert unclear.value.vi and unclear.value.en


@pytest.mark.parametrize(("name", "code"), [
    ("06a_thang3_2024.xlsx", "2024-03"), ("vien_thong_Q3_2022.xlsx", "2022-Q3"), ("so_lieu_cong_bo_2024H1.xlsx", "2024-H1"),
    ("bc 6 tháng đầu năm 2024.xls", "2024-H1"), ("Quý III-2024.xlsx", "2024-Q3"), ("ho_so_2024-06-15.csv", "2024-06-15"),
    ("dossiers_2024_06.csv", "2024-06"), ("9 thang 2024.xlsx", "2024-9M"), ("06a.xlsx", None), ("bao_cao_2024.xlsx", None), ("v2.1.xlsx", None),
])  # fmt: skip
def test_file_names(name: str, code: str | None) -> None:
    assert from_file_name(name) == code


@pytest.mark.parametrize(("text", "code"), [
    ("2024-H1", "2024-H1"), ("2024~", "2024"), ("6 tháng đầu năm 2024", "2024-H1"), ("Năm 2023", "2023"),
    ("2023-11/2024-02", None), ("đến nay", None), ("2024-13", None),
])  # fmt: skip
def test_words_in_a_cell(text: str, code: str | None) -> None:
    assert from_words(text) == code


def test_the_smallest_period_that_covers_days() -> None:
    assert smallest_covering(date(2024, 6, 3), date(2024, 6, 3)) == Period.of("2024-06-03")
    assert smallest_covering(date(2024, 6, 3), date(2024, 6, 9)) == Period.of("2024-06")
    assert smallest_covering(date(2024, 5, 3), date(2024, 6, 9)) == Period.of("2024-Q2")
    assert smallest_covering(date(2024, 6, 3), date(2024, 7, 9)) == Period.of("2024-9M")
    assert smallest_covering(date(2023, 12, 31), date(2024, 1, 1)) is None
