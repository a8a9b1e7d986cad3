"""Which periods a schedule must fetch."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from chiso.contracts import Contract, Delivery, Events, Measure, Terms, Transport
from chiso.province.periods import Period
from chiso.sources import due_periods, periods_between
from chiso.system.errors import ContractError
from hypothesis import given, settings
from hypothesis import strategies as st

TODAY = date(2024, 7, 3)


FLOW = {"id": "alerts", "name_vi": "Cảnh báo", "unit": "cảnh báo", "kind": "flow", "column": "so_luong"}


def contract(mode: str, cadence: str, since: str, **more: Any) -> Contract:
    transport: dict[str, Any] = {"kind": "json", "endpoint": "soc", "path": "/x", "since": since}
    kind = {"content": "events", "replaces": "keys"} if mode == "delta" else {}
    delivery: dict[str, Any] = {"cadence": cadence, "format": "json", **kind}
    return Contract(
        source="soc/x",
        version="1",
        title_vi="x",
        description="x",
        columns=[],
        terms=Terms(
            owner="000.00.11.H34",
            transport=Transport(**{**transport, **more.get("transport", {})}),
            delivery=Delivery(**{**delivery, **more.get("delivery", {})}),
            events=Events() if mode == "delta" else None,
            measures=[Measure(**measure) for measure in more.get("measures", [])],
        ),
        path=Path("x.yml"),
    )


def due(made: Contract, accepted: str = "", today: date = TODAY) -> str:
    calendar = made.terms.delivery.calendar
    periods = due_periods(made, [Period.of(code, calendar) for code in accepted.split()], today)
    assert all(period.calendar == calendar for period in periods)
    return " ".join(period.code for period in periods)


DELTA = contract("delta", "day", "2024-05", delivery={"look_back": 2})


@pytest.mark.parametrize(
    ("accepted", "today", "expected"),
    [
        pytest.param("", TODAY, "2024-05 2024-06 2024-07-01 2024-07-02", id="nothing yet"),
        pytest.param("2024-05 2024-06", TODAY, "2024-06 2024-07-01 2024-07-02", id="newest month again"),
        pytest.param(
            "2024-05 2024-06 2024-07-01 2024-07-02",
            date(2024, 7, 4),
            "2024-06 2024-07-01 2024-07-02 2024-07-03",
            id="next day",
        ),
        pytest.param(
            "2024-05 2024-06 2024-07-01 2024-07-02 2024-07-03",
            date(2024, 7, 4),
            "2024-06 2024-07-02 2024-07-03",
            id="nothing new: two days and a month again",
        ),
        pytest.param("2024-06", TODAY, "2024-05 2024-06 2024-07-01 2024-07-02", id="a month missing"),
        pytest.param(
            "2024-05 2024-06 2024-07-01",
            date(2024, 7, 5),
            "2024-06 2024-07-01 2024-07-02 2024-07-03 2024-07-04",
            id="a gap of days",
        ),
        pytest.param("2024-05 2024-06", date(2024, 7, 1), "2024-06", id="first of a month"),
        pytest.param("2024-05", date(2024, 7, 1), "2024-05 2024-06", id="month just over, none of its days"),
        pytest.param(
            "2024-05 " + " ".join(f"2024-06-{day:02d}" for day in range(1, 28)),
            date(2024, 7, 1),
            "2024-05 2024-06-26 2024-06-27 2024-06-28 2024-06-29 2024-06-30",
            id="month begun as days ends as days",
        ),
        pytest.param(
            "2024-05 " + " ".join(f"2024-06-{day:02d}" for day in range(1, 31)),
            date(2024, 7, 2),
            "2024-05 2024-06-29 2024-06-30 2024-07-01",
            id="all days of a month cover it",
        ),
        pytest.param(
            "2024-05 2024-06 2024-07", TODAY, "2024-06 2024-07-01 2024-07-02", id="a running month is nothing"
        ),
        pytest.param(
            "2024-05 2024-06 2024-07-03", TODAY, "2024-06 2024-07-01 2024-07-02", id="today is never asked"
        ),
        pytest.param("2024-Q2", TODAY, "2024-07-01 2024-07-02", id="a longer file covers"),
        pytest.param("2024-04 2024-04-30", TODAY, "2024-05 2024-06 2024-07-01 2024-07-02", id="before since"),
        pytest.param("", date(2024, 4, 30), "", id="before the beginning"),
        pytest.param("", date(2024, 5, 1), "", id="on the first day"),
        pytest.param("", date(2024, 5, 2), "2024-05-01", id="on the second day"),
    ],
)
def test_daily_delta(accepted: str, today: date, expected: str) -> None:
    assert due(DELTA, accepted, today) == expected


@pytest.mark.parametrize(
    ("look_back", "again"),
    [(0, "2024-07-09"), (1, "2024-07-09"), (3, "2024-07-06 2024-07-08 2024-07-09"), (99, "2024-07-01 2024-07-04 2024-07-06 2024-07-08 2024-07-09")],
)
def test_every_missed_day_is_asked_for_again_and_as_many_accepted_as_the_contract_looks_back(
    look_back: int, again: str
) -> None:
    accepted = "2024-05 2024-06 2024-07-01 2024-07-04 2024-07-06 2024-07-08 2024-07-09"
    missed = ["2024-07-02", "2024-07-03", "2024-07-05", "2024-07-07", "2024-07-10"]
    made = contract("delta", "day", "2024-05", delivery={"look_back": look_back})
    assert due(made, accepted, date(2024, 7, 11)).split() == sorted(["2024-06", *missed, *again.split()])


def test_a_day_whose_figures_are_summed_is_asked_for_like_an_event() -> None:
    made = contract("replace", "day", "2024-05", measures=[FLOW], delivery={"look_back": 2})
    assert due(made) == "2024-05 2024-06 2024-07-01 2024-07-02"
    known = "2024-05 2024-06-01 " + " ".join(f"2024-06-{day:02d}" for day in range(3, 31)) + " 2024-07-01"
    assert due(made, known) == "2024-05 2024-06-02 2024-06-30 2024-07-01 2024-07-02"
    stock = contract("replace", "day", "2024-05", measures=[FLOW | {"kind": "stock"}])
    assert due(stock) == "2024-05-31 2024-06-30 2024-07-02"


def test_daily_delta_over_the_new_year() -> None:
    made = contract("delta", "day", "2023-12")
    assert due(made, "", date(2024, 1, 2)) == "2023-12 2024-01-01"
    assert due(made, "", date(2024, 1, 1)) == "2023-12"
    assert due(made, "2023-12-30", date(2024, 1, 1)).split()[-2:] == ["2023-12-30", "2023-12-31"]
    assert due(contract("delta", "day", "2024-02"), "", date(2024, 3, 1)) == "2024-02"


def test_daily_delta_that_begins_inside_a_month() -> None:
    made = contract("delta", "day", "2024-05-30")
    assert due(made, "") == "2024-05-30 2024-05-31 2024-06 2024-07-01 2024-07-02"
    assert due(made, "2024-05") == "2024-06 2024-07-01 2024-07-02"


@settings(max_examples=150)
@given(
    months=st.sets(st.integers(1, 8)),
    days=st.sets(st.dates(date(2024, 1, 1), date(2024, 8, 31)), max_size=40),
    today=st.dates(date(2024, 1, 1), date(2024, 9, 30)),
)
def test_daily_delta_leaves_no_day_out_and_asks_for_none_too_early(
    months: set[int], days: set[date], today: date
) -> None:
    accepted = [Period.of(f"2024-{month:02d}") for month in months]
    accepted += [Period.of(day.isoformat()) for day in days]
    wanted = due_periods(contract("delta", "day", "2024-01", delivery={"look_back": 2}), accepted, today)
    assert len(set(wanted)) == len(wanted)
    assert wanted == sorted(wanted, key=lambda period: (period.end, period.start))
    assert all(period.end < today for period in wanted)
    known = [*wanted, *(period for period in accepted if period.end < today)]
    past = [date(2024, 1, 1) + timedelta(days=n) for n in range((today - date(2024, 1, 1)).days)]
    assert all(any(period.start <= day <= period.end for period in known) for day in past)
    again = set(wanted) & set(accepted)
    assert len([period for period in again if period.grain == "day"]) <= 2
    assert len([period for period in again if period.grain == "month"]) <= 1


@pytest.mark.parametrize(
    ("cadence", "since", "accepted", "today", "expected"),
    [
        ("day", "2024-05", "", TODAY, "2024-05-31 2024-06-30 2024-07-02"),
        ("day", "2024-05", "2024-05-31 2024-06-30 2024-07-02", TODAY, "2024-07-02"),
        ("day", "2024-05", "2024-05-31 2024-06-30 2024-07-01", TODAY, "2024-07-01 2024-07-02"),
        ("day", "2024-05", "2024-06-30", date(2024, 7, 1), "2024-05-31 2024-06-30"),
        ("day", "2023-12", "", date(2024, 1, 1), "2023-12-31"),
        ("day", "2024-06-30", "", TODAY, "2024-06-30 2024-07-02"),
        ("day", "2024-07-02", "", TODAY, "2024-07-02"),
        ("day", "2024-07-03", "", TODAY, ""),
        # 30 June 2024 is a Sunday and the month's end, 7 July the next Sunday.
        ("week", "2024-05", "", TODAY, "2024-05-31 2024-06-30"),
        ("week", "2024-05", "", date(2024, 7, 7), "2024-05-31 2024-06-30"),
        ("week", "2024-05", "", date(2024, 7, 8), "2024-05-31 2024-06-30 2024-07-07"),
        ("week", "2024-05", "2024-05-31 2024-06-30 2024-07-07", date(2024, 7, 14), "2024-07-07"),
        ("week", "2024-05", "2024-05-31 2024-06-30 2024-07-07", date(2024, 7, 15), "2024-07-07 2024-07-14"),
        ("week", "2024-05", "", date(2024, 6, 3), "2024-05-31 2024-06-02"),
        ("week", "2023-12", "", date(2024, 1, 9), "2023-12-31 2024-01-07"),
        ("month", "2024-04", "", TODAY, "2024-04 2024-05 2024-06"),
        ("month", "2024-04", "2024-04 2024-06", TODAY, "2024-05 2024-06"),
        ("month", "2024-04", "2024-04 2024-05 2024-06", date(2024, 7, 31), "2024-06"),
        ("month", "2024-04", "2024-04 2024-05 2024-06 2024-07", TODAY, "2024-06"),
        ("month", "2023-11", "2023-11", date(2024, 2, 1), "2023-11 2023-12 2024-01"),
        ("month", "2024-04-15", "", date(2024, 6, 1), "2024-05"),
        ("quarter", "2023-Q4", "", TODAY, "2023-Q4 2024-Q1 2024-Q2"),
        ("quarter", "2024-02", "", TODAY, "2024-Q2"),
        ("half", "2023", "2023-H1", TODAY, "2023-H1 2023-H2 2024-H1"),
        ("half", "2023", "", date(2024, 6, 30), "2023-H1 2023-H2"),
        ("year", "2022", "2022", TODAY, "2022 2023"),
        ("irregular", "2022", "", TODAY, ""),
    ],
)
def test_snapshots(cadence: str, since: str, accepted: str, today: date, expected: str) -> None:
    assert due(contract("replace", cadence, since), accepted, today) == expected


def test_a_daily_snapshot_is_not_asked_for_periods_that_the_endpoint_lacks() -> None:
    made = contract("replace", "day", "2024-06")
    assert due(made, "2024-05-31 2024-06") == "2024-06-30 2024-07-02"


def test_months_of_the_administrative_calendar() -> None:
    made = contract("replace", "month", "2023-12", delivery={"calendar": "administrative"})
    assert due(made, "", date(2024, 2, 14)) == "2023-12 2024-01"
    assert due(made, "", date(2024, 2, 15)) == "2023-12 2024-01 2024-02"
    civil = [Period.of("2024-01", "civil")]
    assert Period.of("2024-01", "administrative") in due_periods(made, civil, date(2024, 2, 15))


def test_quarterly_delta_comes_once_per_quarter() -> None:
    assert due(contract("delta", "quarter", "2024"), "2024-Q1") == "2024-Q1 2024-Q2"


def test_nothing_is_fetched_from_a_drop_folder() -> None:
    made = contract("replace", "month", "2024-01", transport={"kind": "drop_folder", "file_names": ["x*"]})
    assert due(made) == ""


def test_a_wrong_beginning_is_the_contracts_fault() -> None:
    with pytest.raises(ContractError, match=r"soc/x: transport.since: '2024-13'"):
        due(contract("replace", "month", "2024-13"))


def between(made: Contract, first: date, last: date, accepted: str = "", today: date = TODAY) -> str:
    calendar = made.terms.delivery.calendar
    known = [Period.of(code, calendar) for code in accepted.split()]
    found = periods_between(made, first, last, known, today)
    return " ".join(f"({period.code})" if had else period.code for period, had in found.items())


@pytest.mark.parametrize(
    ("made", "first", "last", "accepted", "expected"),
    [
        pytest.param(DELTA, date(2024, 5, 1), date(2024, 7, 31), "", "2024-05 2024-06 2024-07-01 2024-07-02", id="months, then days"),
        pytest.param(DELTA, date(2024, 5, 1), date(2024, 6, 30), "2024-05", "(2024-05) 2024-06", id="one is had"),
        pytest.param(DELTA, date(2024, 5, 30), date(2024, 6, 2), "", "2024-05-30 2024-05-31 2024-06-01 2024-06-02", id="days across months"),
        pytest.param(
            DELTA, date(2024, 7, 1), date(2024, 7, 31), "2024-07-01", "(2024-07-01) 2024-07-02", id="a month that was begun as days"
        ),
        pytest.param(
            contract("snapshot", "month", "2022-01"), date(2023, 12, 1), date(2024, 2, 29), "2024-01", "2023-12 (2024-01) 2024-02", id="months"
        ),
        pytest.param(contract("snapshot", "quarter", "2022"), date(2024, 1, 1), date(2024, 12, 31), "", "2024-Q1 2024-Q2", id="what is over"),
        pytest.param(contract("snapshot", "quarter", "2022"), date(2024, 2, 1), date(2024, 3, 31), "", "", id="no whole quarter"),
        pytest.param(
            contract("snapshot", "week", "2022-01"), date(2024, 4, 1), date(2024, 5, 31), "2024-04-30", "(2024-04-30) 2024-05-31", id="weekly"
        ),
    ],
)
def test_a_range_of_the_past_is_asked_for_as_a_schedule_would_have(made: Contract, first: date, last: date, accepted: str, expected: str) -> None:
    assert between(made, first, last, accepted) == expected


@given(st.dates(date(2024, 5, 1), date(2024, 7, 2)), st.dates(date(2024, 5, 1), date(2024, 7, 2)), st.sets(st.sampled_from(
    ["2024-05", "2024-06", "2024-05-30", "2024-06-01", "2024-06-30", "2024-07-01"])))
@settings(max_examples=60)
def test_every_day_of_a_range_is_had_or_fetched_once(one: date, other: date, accepted: set[str]) -> None:
    first, last = min(one, other), max(one, other)
    found = periods_between(DELTA, first, last, [Period.of(code) for code in sorted(accepted)], TODAY)
    fetched = [day.code for period, had in found.items() if not had for day in period.parts("day")]
    have = {day.code for code in accepted for day in Period.of(code).parts("day")}
    wanted = {(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)}
    assert len(fetched) == len(set(fetched))
    assert set(fetched) == wanted - have
