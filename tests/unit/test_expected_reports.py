"""Which reports a source owes by its cadence."""

from datetime import date

import pytest
from chiso.contracts import Contract
from chiso.inquiry.expected_reports import covering, expected_periods
from chiso.province.periods import Period

from tests.unit.sources.test_due_periods import contract

QUARTERLY = contract("forms", "quarter", "2024-01")
HALVES = contract("halves", ["half", "year"], "2022-01")
DAILY = contract("delta", "day", "2024-05")
SNAPSHOT = contract("assets", "day", "2024-05")
WEEKLY = contract("procedures", "week", "2024-05")


def owed(made: Contract, delivered: str, today: date) -> str:
    return " ".join(period.code for period in expected_periods(made, [Period.of(code) for code in delivered.split()], today))


@pytest.mark.parametrize(
    ("made", "delivered", "today", "expected"),
    [
        pytest.param(QUARTERLY, "", date(2024, 7, 3), "", id="nothing came yet"),
        pytest.param(QUARTERLY, "2023-Q3", date(2024, 7, 3), "2023-Q3 2023-Q4 2024-Q1 2024-Q2", id="since the first"),
        pytest.param(QUARTERLY, "2024-Q1", date(2024, 6, 30), "2024-Q1", id="not before its last day is over"),
        pytest.param(QUARTERLY, "2024-Q1", date(2024, 7, 1), "2024-Q1 2024-Q2", id="from the next day on"),
        pytest.param(QUARTERLY, "2024-Q1 2024-Q3", date(2024, 7, 3), "2024-Q1 2024-Q2 2024-Q3", id="what comes early is a report"),
        pytest.param(QUARTERLY, "2023 2024-Q1", date(2024, 7, 3), "2024-Q1 2024-Q2", id="another length is none"),
        pytest.param(HALVES, "2022-H1", date(2024, 7, 3), "2022-H1 2022 2023-H1 2023 2024-H1", id="the year's form for the second half"),
        pytest.param(HALVES, "2022 2023-H2", date(2024, 7, 3), "2022 2023-H1 2023-H2 2024-H1", id="the second half's form for the year's"),
        pytest.param(HALVES, "2023-H2 2023", date(2024, 1, 3), "2023", id="both: the longer"),
        pytest.param(DAILY, "2024-04", date(2024, 7, 3), "2024-04 2024-05 2024-06 2024-07-01 2024-07-02", id="past months as files"),
        pytest.param(
            DAILY, "2024-06-27", date(2024, 7, 2), "2024-06-27 2024-06-28 2024-06-29 2024-06-30 2024-07-01", id="days since the first",
        ),
        pytest.param(SNAPSHOT, "2024-05-31 2024-06-30", date(2024, 7, 3), "2024-05-31 2024-06-30 2024-07-01 2024-07-02", id="ends of months"),
        pytest.param(SNAPSHOT, "2024-05-31 2024-06-28", date(2024, 7, 1), "2024-05-31 2024-06-28 2024-06-29 2024-06-30", id="then each day"),
        pytest.param(WEEKLY, "2024-06-16", date(2024, 7, 1), "2024-06-16 2024-06-23 2024-06-30", id="Sundays"),
    ],
)  # fmt: skip
def test_a_report_for_each_period_since_the_first(made: Contract, delivered: str, today: date, expected: str) -> None:
    assert owed(made, delivered, today) == expected


def test_periods_of_the_administrative_calendar() -> None:
    made = contract("forms", "month", "2024-01", delivery={"calendar": "administrative"})
    delivered = [Period.of("2023-12", "administrative")]
    assert [period.code for period in expected_periods(made, delivered, date(2024, 2, 15))] == ["2023-12", "2024-01", "2024-02"]
    assert [period.code for period in expected_periods(made, delivered, date(2024, 2, 14))] == ["2023-12", "2024-01"]


def test_a_month_s_file_is_the_report_on_its_days_where_all_days_count() -> None:
    day = Period.of("2024-06-27")
    assert covering(DAILY, day) == [day, Period.of("2024-06")]
    assert covering(SNAPSHOT, day) == [day]
