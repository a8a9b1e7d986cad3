"""Targets of every direction against what is known, composites and milestones with their parts."""

from dataclasses import asdict
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from chiso.indicators.catalogue import Catalogue, Definition, Framework, Indicator, Target, Years
from chiso.indicators.targets import Standing, assess
from chiso.publication import scoreboard
from pydantic import ValidationError

LACKS = [{"what": "period", "source": "d/t", "period": "2024-Q1", "calendar": "civil"}]


def row(value: str, period: str = "2024-H1", publication: str = "approved", **given: Any) -> Any:
    known = {"value": Decimal(value), "period": period, "calendar": "civil", "publication": publication, "missing": []}
    return SimpleNamespace(**(known | given))


def target(**given: Any) -> Target:
    return Target(**({"id": "t.1", "name_vi": "Mục tiêu", "year": 2025, "responsible": "000.00.11.H34"} | given))


def standing(wanted: Target, known: dict[tuple[str, str | None], Any]) -> Standing:
    shared = {
        name: Definition(Indicator(id=name, name_vi=f"Chỉ tiêu {name}", unit="%"), "catalogue", Years(), None)
        for name in ("a", "b")
    }
    framework = Framework("nq", "1", "Nghị quyết", Years(), (), (wanted,))
    [found] = assess(framework, Catalogue(shared, (framework,)), lambda indicator, unit: known.get((indicator, unit)), lambda _: [])
    return found


@pytest.mark.parametrize(
    ("direction", "value", "actual", "status"),
    [
        ("ge", "80", "80", "met"), ("ge", "80", "79.999", "unmet"), ("ge", "52.5", "52.5", "met"),
        ("gt", "80", "80", "unmet"), ("gt", "80", "80.0001", "met"), ("gt", "0.5", "0.54", "met"),
        ("le", "35", "35", "met"), ("le", "35", "45", "unmet"), ("le", "35", "1", "met"),
        ("lt", "35", "35", "unmet"), ("lt", "35", "34.5", "met"),
        ("eq", "100", "100.00", "met"), ("eq", "100", "99.99", "unmet"), ("eq", "100", "100.01", "unmet"),
    ],
)  # fmt: skip
def test_every_direction(direction: str, value: str, actual: str, status: str) -> None:
    found = standing(target(indicator="a", direction=direction, value=value), {("a", None): row(actual)})
    assert (found.status, found.actual, found.target_value) == (status, Decimal(actual), Decimal(value))
    assert (found.period, found.calendar) == ("2024-H1", "civil")


def test_without_a_value_there_is_no_status() -> None:
    found = standing(target(indicator="a", direction="le", value=35), {})
    assert (found.status, found.actual, found.period, found.components) == ("no_data", None, None, ())


def test_what_the_value_lacks_and_whether_it_is_held_is_said() -> None:
    found = standing(
        target(indicator="a", direction="ge", value=1), {("a", None): row("2", publication="held", missing=LACKS)}
    )
    assert (found.missing, found.publication) == (LACKS, "held")


COMPOSITE = target(
    direction="ge",
    value=80,
    components=[
        {"indicator": "a", "direction": "ge", "value": 80},
        {"indicator": "b", "direction": "gt", "value": "79.5"},
    ],
)


@pytest.mark.parametrize(
    ("a", "b", "status", "actual"),
    [
        ("98", "80", "met", "80"),
        ("98", "45.01", "unmet", "45.01"),
        (None, "45.01", "unmet", "45.01"),
        (None, "98", "no_data", "98"),
        (None, None, "no_data", None),
        ("98", "79.5", "unmet", "79.5"),
    ],
)
def test_a_composite_needs_every_component(a: str | None, b: str | None, status: str, actual: str | None) -> None:
    known = {(name, None): row(value) for name, value in (("a", a), ("b", b)) if value is not None}
    found = standing(COMPOSITE, known)
    assert (found.status, found.actual) == (status, actual and Decimal(actual))
    assert [part.actual for part in found.components] == [a and Decimal(a), b and Decimal(b)]
    assert [part.target_value for part in found.components] == [80, Decimal("79.5")]
    assert found.components[0].name_vi == "Chỉ tiêu a"


def test_a_held_component_marks_the_composite() -> None:
    found = standing(COMPOSITE, {("a", None): row("98"), ("b", None): row("97", publication="held")})
    assert (found.publication, [part.publication for part in found.components]) == ("held", ["approved", "held"])


MILESTONE = target(
    direction="milestone",
    components=[
        {"indicator": "a", "unit": "608", "direction": "ge", "value": 1},
        {"indicator": "a", "unit": "613", "direction": "ge", "value": 1},
        {"indicator": "b", "direction": "ge", "value": 100},
    ],
)


def test_a_milestone_of_named_units() -> None:
    known = {("a", "608"): row("2"), ("a", "613"): row("1"), ("b", None): row("100"), ("a", None): row("0")}
    found = standing(MILESTONE, known)
    assert (found.status, found.actual, found.target_value) == ("met", None, None)
    assert [(part.unit_code, part.actual) for part in found.components] == [("608", 2), ("613", 1), (None, 100)]
    assert standing(MILESTONE, known | {("a", "613"): row("0")}).status == "unmet"
    assert standing(MILESTONE, {key: value for key, value in known.items() if key[1] != "613"}).status == "no_data"


@pytest.mark.parametrize(
    "given",
    [
        {"direction": "ge", "value": 80},
        {"direction": "ge", "indicator": "a"},
        {"direction": "milestone", "indicator": "a"},
        {"direction": "milestone", "value": 1, "components": [{"indicator": "a", "direction": "ge", "value": 1}]},
        {
            "direction": "ge",
            "value": 1,
            "indicator": "a",
            "components": [{"indicator": "a", "direction": "ge", "value": 1}],
        },
        {"direction": "more", "value": 1, "indicator": "a"},
        {"direction": "ge", "value": 1, "components": [{"indicator": "a", "direction": "milestone", "value": 1}]},
        {"direction": "ge", "value": "much", "indicator": "a"},
    ],
)
def test_what_is_no_target(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        target(**given)


def test_the_scoreboard_writes_numbers_as_readers_do() -> None:
    lines = scoreboard(
        [
            asdict(standing(target(indicator="a", direction="lt", value="52.5"), {("a", None): row("1234.5")})),
            asdict(standing(COMPOSITE, {("b", None): row("98")})),
            asdict(standing(MILESTONE, {("a", "608"): row("2"), ("b", None): row("99.5")})),
        ]
    ).splitlines()
    assert "< 52,5" in lines[2] and "1.234,5" in lines[2] and "chưa đạt" in lines[2]
    assert "≥ 80" in lines[3] and "chưa có số liệu" in lines[3]
    assert "cột mốc" in lines[4] and "2; 99,5" in lines[4] and "chưa đạt" in lines[4]
