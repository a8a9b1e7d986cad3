"""The way to a target: its points, what is wanted on a day, how a value stands to it, and where it is likely to go."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from chiso.indicators.catalogue import Catalogue, Definition, Framework, Indicator, Target, Years
from chiso.indicators.forecasting import forecast
from chiso.indicators.targets import Standing, assess
from chiso.indicators.trajectories import Point, expected, progress, trajectory
from chiso.province.periods import Period
from pydantic import ValidationError

from tests.unit.indicators.test_targets import row, target


def wanted(**given: Any) -> Target:
    return target(**({"indicator": "a", "direction": "ge", "value": 80, "baseline": {"year": 2021, "value": 40}} | given))


def points(*pairs: tuple[int, str]) -> list[Point]:
    return [Point(year, Decimal(value)) for year, value in pairs]


def test_between_what_is_stated_the_trajectory_is_straight() -> None:
    assert trajectory(wanted()) == points((2021, "40"), (2022, "50"), (2023, "60"), (2024, "70"), (2025, "80"))
    assert trajectory(wanted(milestones=[{"year": 2024, "value": 46}])) == points(
        (2021, "40"), (2022, "42"), (2023, "44"), (2024, "46"), (2025, "80")
    )
    assert trajectory(wanted(baseline=None)) == points((2025, "80"))
    assert trajectory(wanted(baseline=None, milestones=[{"year": 2023, "value": 35}], value=45, direction="le")) == points(
        (2023, "35"), (2024, "40"), (2025, "45")
    )
    assert trajectory(target(direction="milestone", components=[{"indicator": "a", "direction": "ge", "value": 1}])) == []


@pytest.mark.parametrize(
    ("day", "value"),
    [("2020-12-31", None), ("2021-12-31", "40"), ("2021-06-30", None), ("2022-12-31", "50"), ("2023-12-31", "60"), ("2031-01-01", "80")],
)
def test_what_is_wanted_on_a_day(day: str, value: str | None) -> None:
    assert expected(trajectory(wanted()), date.fromisoformat(day)) == (None if value is None else Decimal(value))


def test_within_a_year_it_grows_by_days() -> None:
    assert expected(trajectory(wanted()), date(2024, 6, 30)) == Decimal(60) + Decimal(10) * 182 / 366


@pytest.mark.parametrize(
    ("given", "actual", "period", "said"),
    [
        ({}, "60", "2023", "on_track"),
        ({}, "59.99", "2023", "behind"),
        ({"direction": "gt"}, "60", "2023", "on_track"),  # strict at its end only
        ({}, "80", "2024-Q1", "met_early"),
        ({}, "80", "2025", "on_track"),
        ({}, "79", "2025", "behind"),
        ({}, "79", "2027", "behind"),
        ({"baseline": None}, "79", "2025", "behind"),
        ({"baseline": None}, "79", "2024", "none"),
        ({}, "1", "2020", "none"),
        ({"direction": "le", "value": 35, "baseline": {"year": 2021, "value": 45}}, "40", "2023", "on_track"),
        ({"direction": "le", "value": 35, "baseline": {"year": 2021, "value": 45}}, "40.1", "2023", "behind"),
    ],
)
def test_progress(given: dict[str, Any], actual: str, period: str, said: str) -> None:
    one = wanted(**given)
    assert standing(one, {("a", None): row(actual, period)}).progress == said


def test_without_a_value_nothing_is_said() -> None:
    assert progress(wanted(), trajectory(wanted()), "no_data", None, None) == "none"
    assert standing(wanted(), {}).progress == "none"


def test_a_composite_that_is_met_is_met_early() -> None:
    parts = [{"indicator": "a", "direction": "ge", "value": 1}, {"indicator": "b", "direction": "ge", "value": 1}]
    one = target(direction="milestone", components=parts)
    assert standing(one, {("a", None): row("1"), ("b", None): row("2")}).progress == "met_early"
    assert standing(one, {("a", None): row("1"), ("b", None): row("0")}).progress == "none"


@pytest.mark.parametrize(
    "given",
    [
        {"baseline": {"year": 2026, "value": 1}},
        {"milestones": [{"year": 2024, "value": 1}, {"year": 2023, "value": 1}]},
        {"milestones": [{"year": 2025, "value": 1}]},
        {"direction": "milestone", "value": None, "indicator": None, "components": [{"indicator": "a", "direction": "ge", "value": 1}]},
    ],
)
def test_a_way_that_leads_nowhere_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        wanted(**given)


# --- Forecasts ---


def years(*values: str, first: int = 2017) -> dict[date, Decimal]:
    return {date(first + place, 12, 31): Decimal(value) for place, value in enumerate(values)}


def ahead(history: dict[date, Decimal], year: int = 2025, value: str = "80", *, percentage: bool = True):  # type: ignore[no-untyped-def]
    return forecast(history, year, lambda reached: reached >= Decimal(value), percentage=percentage)


def test_a_straight_history_goes_on() -> None:
    found = ahead(years("40", "45", "50", "55", "60"))  # to 2021
    assert (found.method, found.year, found.points, found.met_in) == ("drift", 2025, 5, 2025)
    assert abs(found.value - 80) < Decimal("0.1") and found.high - found.low < Decimal("0.2")
    assert found.mean_error < Decimal("0.1") and abs(found.naive_error - 5) < Decimal("0.1")


def test_the_interval_holds_four_of_five_futures() -> None:
    """Of random walks with drift: the method's own model."""
    from random import Random

    chance, held = Random(34), 0
    for _ in range(400):
        value, walk = 100.0, []
        for _ in range(16):
            value += chance.gauss(2, 3)
            walk.append(value)
        found = ahead(years(*(str(each) for each in walk[:12]), first=2010), 2025, percentage=False)
        held += found.low <= Decimal(walk[15]) <= found.high
    assert 0.72 < held / 400 < 0.88


def test_percentages_stay_percentages() -> None:
    found = ahead(years("60", "85", "70", "97", "97"))
    assert (found.value, found.high) == (100, 100) and found.low < 100


def test_too_short_a_history_says_nothing() -> None:
    assert ahead(years("40", "45", "50", "55")) is None
    assert ahead(years("40", "45", "50", "55", "60"), 2021) is None


def test_what_falls_is_never_met() -> None:
    assert ahead(years("60", "55", "50", "45", "40")).met_in is None


def test_values_of_another_version_kind_of_period_or_calendar_are_left_out() -> None:
    at = [Period.of(code, "civil") for code in ("2018", "2019", "2020", "2021", "2022", "2023", "2021-Q1")]
    values = [(period, Decimal(10 * place)) for place, period in enumerate(at)] + [(Period.of("2017", "administrative"), Decimal(0))]
    whole = standing(wanted(), {("a", None): row("50", "2023")}, values)
    assert whole.forecast is not None and whole.forecast.points == 6
    assert standing(wanted(), {("a", None): row("50", "2023")}, values, Years(first=2021)).forecast is None


def standing(
    one: Target, known: dict[tuple[str, str | None], Any], past: list[tuple[Period, Decimal]] | None = None, years: Years = Years()  # noqa: B008
) -> Standing:
    shared = {name: Definition(Indicator(id=name, name_vi=name, unit="%"), "catalogue", Years(), None) for name in ("a", "b")}
    framework = Framework("nq", "1", "Nghị quyết", Years(), (), (one,))
    versions = (framework, Framework("index", "2", "Chỉ số", years, tuple(shared.values()), ()))
    [found] = assess(framework, Catalogue(shared, versions), lambda indicator, unit: known.get((indicator, unit)), lambda _: past or [])
    return found
