"""Targets of a resolution against what is known: met, unmet or no data, each with its parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from chiso.indicators.catalogue import Catalogue, Component, Framework, Target
from chiso.indicators.forecasting import Forecast, forecast
from chiso.indicators.formulas import HOLDS, Direction
from chiso.indicators.trajectories import Point, Progress, progress, trajectory
from chiso.province.periods import Period

Status = Literal["met", "unmet", "no_data"]
Recall = Callable[[str], Sequence[tuple[Period, Decimal]]]
"""The complete values of an indicator (by where it is defined) of the province, at every period."""
Find = Callable[[str, str | None], sa.Row[Any] | None]
"""The value that counts for an indicator (by where it is defined), of the province or of a unit with a code; None if there is
none.
"""


@dataclass(frozen=True)
class ComponentStanding:
    """Where a part of a composite target or milestone stands. unit_code None: the province."""

    indicator: str
    name_vi: str | None
    unit_code: str | None
    direction: Direction
    target_value: Decimal
    actual: Decimal | None
    period: str | None
    calendar: str | None
    status: Status
    missing: Sequence[Mapping[str, Any]]
    publication: str


@dataclass(frozen=True)
class Standing:
    """Where a target stands. actual: of a composite its lowest known component, of a milestone none."""

    target: str
    indicator: str | None
    name_vi: str
    direction: str
    target_value: Decimal | None
    target_year: int
    actual: Decimal | None
    period: str | None
    calendar: str | None
    status: Status
    progress: Progress
    components: Sequence[ComponentStanding]
    baseline: Point | None
    trajectory: Sequence[Point]
    forecast: Forecast | None
    document: str
    responsible: str
    missing: Sequence[Mapping[str, Any]]
    publication: str


def assess(framework: Framework, catalogue: Catalogue, find: Find, recall: Recall) -> list[Standing]:
    """Every target of a framework, in its order."""
    return [
        _composite(target, framework, catalogue, find) if target.components else _simple(target, framework, catalogue, find, recall)
        for target in framework.targets
    ]


def holds(direction: Direction, actual: Decimal | None, wanted: Decimal) -> Status:
    """Whether a value reaches another; le, lt: lower is better."""
    if actual is None:
        return "no_data"
    return "met" if HOLDS[direction](actual, wanted) else "unmet"


def _simple(target: Target, framework: Framework, catalogue: Catalogue, find: Find, recall: Recall) -> Standing:
    found = find(target.indicator or "", None)
    if found is None or target.direction == "milestone" or target.value is None:
        return _standing(target, framework, found, "no_data", (), found.publication if found else "approved")
    direction, wanted = target.direction, target.value
    definition = catalogue.definition(target.indicator or "", framework)
    forecasted = None
    if definition:
        latest = Period.of(found.period, found.calendar)
        years = catalogue.comparable_years(definition, latest.year)
        history = {
            period.end: value
            for period, value in recall(definition.indicator.id)
            if (period.grain, period.calendar) == (latest.grain, latest.calendar) and period.end <= latest.end and period.year in years
        }
        forecasted = forecast(
            history, target.year, lambda value: HOLDS[direction](value, wanted), percentage=definition.indicator.unit == "%"
        )
    return _standing(target, framework, found, holds(direction, found.value, wanted), (), found.publication, forecasted)


def _composite(target: Target, framework: Framework, catalogue: Catalogue, find: Find) -> Standing:
    """Met where every component is; one unmet component decides, a missing one leaves it open."""
    found = [find(component.indicator, component.unit) for component in target.components]
    parts = [
        _component(component, row, framework, catalogue)
        for component, row in zip(target.components, found, strict=True)
    ]
    statuses = {part.status for part in parts}
    status: Status = "unmet" if "unmet" in statuses else "no_data" if "no_data" in statuses else "met"
    known = [row for row in found if row is not None]
    lowest = min(known, key=lambda row: row.value) if known else None
    held = any(part.publication == "held" for part in parts)
    return _standing(target, framework, lowest, status, parts, "held" if held else "approved")


def _component(
    component: Component, found: sa.Row[Any] | None, framework: Framework, catalogue: Catalogue
) -> ComponentStanding:
    definition = catalogue.definition(component.indicator, framework)
    return ComponentStanding(
        indicator=component.indicator,
        name_vi=definition.indicator.name_vi if definition else None,
        unit_code=component.unit,
        direction=component.direction,
        target_value=component.value,
        actual=found.value if found else None,
        period=found.period if found else None,
        calendar=found.calendar if found else None,
        status=holds(component.direction, found.value if found else None, component.value),
        missing=found.missing if found else (),
        publication=found.publication if found else "approved",
    )


def _standing(
    target: Target,
    framework: Framework,
    found: sa.Row[Any] | None,
    status: Status,
    components: Sequence[ComponentStanding],
    publication: str,
    forecasted: Forecast | None = None,
) -> Standing:
    actual, points = found.value if found else None, trajectory(target)
    return Standing(
        target=target.id,
        indicator=target.indicator,
        name_vi=target.name_vi,
        direction=target.direction,
        target_value=target.value,
        target_year=target.year,
        actual=actual if target.direction != "milestone" else None,
        period=found.period if found else None,
        calendar=found.calendar if found else None,
        status=status,
        progress=progress(target, points, status, actual, found.period if found else None),
        components=components,
        baseline=Point(target.baseline.year, target.baseline.value) if target.baseline else None,
        trajectory=points,
        forecast=forecasted,
        document=target.document or framework.name_vi,
        responsible=target.responsible,
        missing=found.missing if found else (),
        publication=publication,
    )
