"""Windows and roll-up of reporting periods, after the table of both calendars."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from chiso.province.periods import (
    CALENDARS,
    Period,
    months_touched,
    smallest_covering,
    touched,
    with_window,
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
CODES = [*(f"2024-{month:02d}" for month in range(1, 13)), "2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2024-H1", "2024-H2",
         "2024-9M", "2024"]  # fmt: skip
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


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("calendar", CALENDARS)
def test_a_period_is_known_by_its_months_and_by_its_window(code: str, calendar: str) -> None:
    period = Period.of(code, calendar)
    assert Period.of_months(2024, *period.months, calendar) == period
    assert with_window(period.start, period.end) == [period]


def test_months_and_days_that_make_no_period() -> None:
    assert Period.of_months(2024, 1, 10) is None
    assert Period.of_months(2024, 4, 5) is None
    assert with_window(date(2024, 6, 1), date(2024, 6, 29)) == []


def test_the_smallest_period_that_covers_days() -> None:
    assert smallest_covering(date(2024, 6, 3), date(2024, 6, 3)) == Period.of("2024-06-03")
    assert smallest_covering(date(2024, 6, 3), date(2024, 6, 9)) == Period.of("2024-06")
    assert smallest_covering(date(2024, 5, 3), date(2024, 6, 9)) == Period.of("2024-Q2")
    assert smallest_covering(date(2024, 6, 3), date(2024, 7, 9)) == Period.of("2024-9M")
    assert smallest_covering(date(2023, 12, 31), date(2024, 1, 1)) is None
