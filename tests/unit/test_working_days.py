"""Working days and due days, against what the Government announced for 2022 to 2026."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from chiso.province import working_days
from chiso.province.periods import Period
from chiso.system.errors import ContractError
from hypothesis import given
from hypothesis import strategies as st

from sandbox.days import HOLIDAYS

SCHEMAS = Path(__file__).parents[2] / "include/schemas"
CALENDAR = working_days.load(SCHEMAS)
OFF = """2022-01-03 2022-01-31 2022-02-01 2022-02-02 2022-02-03 2022-02-04 2022-04-11 2022-05-02 2022-05-03 2022-09-01 2022-09-02
2023-01-02 2023-01-20 2023-01-23 2023-01-24 2023-01-25 2023-01-26 2023-05-01 2023-05-02 2023-05-03 2023-09-01 2023-09-04
2024-01-01 2024-02-08 2024-02-09 2024-02-12 2024-02-13 2024-02-14 2024-04-18 2024-04-29 2024-04-30 2024-05-01 2024-09-02 2024-09-03
2025-01-01 2025-01-27 2025-01-28 2025-01-29 2025-01-30 2025-01-31 2025-04-07 2025-04-30 2025-05-01 2025-05-02 2025-09-01 2025-09-02"""
"""Every day from Monday to Friday on which offices were closed."""
SATURDAYS_AT_WORK = {"2024-05-04", "2025-04-26"}


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_four_years_are_as_they_were_announced() -> None:
    weekdays_off = [day for day in days(date(2022, 1, 1), date(2025, 12, 31)) if day.weekday() < 5 and not CALENDAR.is_working_day(day)]
    weekends_on = [day for day in days(date(2022, 1, 1), date(2025, 12, 31)) if day.weekday() >= 5 and CALENDAR.is_working_day(day)]
    assert [day.isoformat() for day in weekdays_off] == OFF.split()
    assert {day.isoformat() for day in weekends_on} == SATURDAYS_AT_WORK


def test_the_new_year_of_2026_was_swapped() -> None:
    assert [CALENDAR.is_working_day(date(2026, 1, day)) for day in (1, 2, 5, 10)] == [False, False, True, True]


def test_the_sandbox_knows_the_same_holidays() -> None:
    spans = days(date(2022, 1, 1), date(2025, 5, 31))
    assert {day for day in spans if day.weekday() < 5 and not CALENDAR.is_working_day(day)} == {day for day in HOLIDAYS if day <= spans[-1]}


@pytest.mark.parametrize(
    ("code", "calendar", "count", "due"),
    [
        ("2024-06", "civil", 5, date(2024, 7, 5)),
        ("2024-Q1", "civil", 5, date(2024, 4, 5)),
        ("2024-06", "administrative", 2, date(2024, 6, 18)),  # ends on Friday the 14th
        ("2024-04", "civil", 3, date(2024, 5, 4)),  # a Saturday that made up for the 29th
        ("2024-01", "civil", 6, date(2024, 2, 15)),  # over Tết
        ("2025-04-30", "civil", 1, date(2025, 5, 5)),
        ("2023", "civil", 0, date(2023, 12, 31)),
    ],
)
def test_due_days(code: str, calendar: str, count: int, due: date) -> None:
    assert CALENDAR.due_day(Period.of(code, calendar), count) == due


@given(st.dates(date(2022, 1, 1), date(2025, 12, 1)), st.integers(1, 30))
def test_between_the_end_and_the_due_day_lie_so_many_working_days(end: date, count: int) -> None:
    due = CALENDAR.due_day(Period.of(end.isoformat()), count)
    assert CALENDAR.is_working_day(due)
    assert sum(map(CALENDAR.is_working_day, days(end + timedelta(days=1), due))) == count


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("02/05/2025,0,x,y", "line 2: '02/05/2025' is no day"),
        ("2025-05-02,nghỉ,x,y", "line 2: 'nghỉ' must be 1 for a working day"),
        ("2025-05-02,0,x,", "line 2: 2025-05-02 has no document"),
        ("2025-05-02,0,x,y\n2025-05-02,1,x,y", "line 3: 2025-05-02 is stated twice"),
    ],
)
def test_a_faulty_line_is_named(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / working_days.FILE).write_text(f"day,working,why_vi,document\n{line}\n", "utf-8")
    with pytest.raises(ContractError, match=r"working_days\.csv") as fault:
        working_days.load(tmp_path)
    assert said in str(fault.value)


@pytest.mark.parametrize(
    ("due", "came", "late"),
    [
        (date(2024, 7, 5), date(2024, 7, 1), 0),
        (date(2024, 7, 5), date(2024, 7, 5), 0),
        (date(2024, 7, 5), date(2024, 7, 6), 1),  # on Saturday: there on Monday
        (date(2024, 7, 5), date(2024, 7, 8), 1),
        (date(2024, 4, 16), date(2024, 4, 24), 5),  # the day of the Hùng kings lies between
        (date(2025, 4, 25), date(2025, 4, 26), 1),  # a Saturday on which offices work
    ],
)
def test_how_late_counts_working_days(due: date, came: date, late: int) -> None:
    assert CALENDAR.days_late(due, came) == late
