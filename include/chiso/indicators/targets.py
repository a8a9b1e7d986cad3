"""Targets of a resolution against what is known: met, unmet or no data, each with its parts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from chiso.indicators.catalogue import Catalogue, Component, Direction, Target
from chiso.indicators.reading import latest

_HOLDS = {"ge": Decimal.__ge__, "gt": Decimal.__gt__, "le": Decimal.__le__, "lt": Decimal.__lt__, "eq": Decimal.__eq__}


def assess(
    targets: Sequence[Target], values: Mapping[str, list[sa.Row[Any]]], period: str | None, catalogue: Catalogue
) -> list[dict[str, Any]]:
    """Rows of the public shape. `values`: the province's, by indicator, as known at the moment asked for."""
    return [
        _composite(target, values, period, catalogue) if target.components else _simple(target, values, period)
        for target in targets
    ]


def _simple(target: Target, values: Mapping[str, list[sa.Row[Any]]], period: str | None) -> dict[str, Any]:
    known = latest(values.get(target.indicator or "", []), period)
    status = "no_data" if known is None else _status(target.direction, known.value, target.value)
    return _row(
        target,
        known.value if known else None,
        known.period if known else None,
        status,
        [],
        known.publication if known else "approved",
    )


def _composite(
    target: Target, values: Mapping[str, list[sa.Row[Any]]], period: str | None, catalogue: Catalogue
) -> dict[str, Any]:
    """Met where every part is; one unmet part decides, a missing one leaves it open."""
    parts = [_part(component, values, period, catalogue) for component in target.components]
    statuses = {part["status"] for part in parts}
    status = "unmet" if "unmet" in statuses else "no_data" if "no_data" in statuses else "met"
    known = [part for part in parts if part["actual"] is not None]
    lowest = min(known, key=lambda part: part["actual"]) if known else None
    actual = None if target.direction == "milestone" or lowest is None else lowest["actual"]
    held = any(part["publication"] == "held" for part in parts)
    return _row(target, actual, lowest["period"] if lowest else None, status, parts, "held" if held else "approved")


def _part(
    component: Component, values: Mapping[str, list[sa.Row[Any]]], period: str | None, catalogue: Catalogue
) -> dict[str, Any]:
    known = latest(values.get(component.indicator, []), period)
    indicator = catalogue.indicators.get(component.indicator)
    return {
        "indicator": component.indicator,
        "name_vi": indicator.name_vi if indicator else None,
        "direction": component.direction,
        "target_value": component.value,
        "actual": known.value if known else None,
        "period": known.period if known else None,
        "status": _status(component.direction, known.value, component.value) if known else "no_data",
        "publication": known.publication if known else "approved",
    }


def _status(direction: Direction, actual: Decimal, wanted: int | None) -> str:
    if wanted is None or direction == "milestone":
        return "no_data"
    return "met" if _HOLDS[direction](Decimal(actual), Decimal(wanted)) else "unmet"


def _row(
    target: Target,
    actual: Decimal | None,
    period: str | None,
    status: str,
    components: list[dict[str, Any]],
    publication: str,
) -> dict[str, Any]:
    return {
        "target": target.id,
        "indicator": target.indicator,
        "name_vi": target.name_vi,
        "direction": target.direction,
        "target_value": target.value,
        "target_year": target.year,
        "actual": actual,
        "period": period,
        "status": status,
        "progress": "none",
        "components": components,
        "responsible": target.responsible,
        "publication": publication,
    }
