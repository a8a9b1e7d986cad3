"""Whole figures that grow over the years, are split over units, and meet published ones exactly."""

import random
from collections.abc import Mapping, Sequence

from sandbox.forms.periods import Reported
from sandbox.province import Agency, Commune, District, apportion

Unit = Agency | Commune | District


def natures(seed: int, form: str, units: Sequence[Unit], low: float = 0.8, high: float = 1.25) -> list[float]:
    """A lasting factor for each unit."""
    rng = random.Random(f"{seed}/{form}")
    return [rng.uniform(low, high) for _ in units]


def growing(period: Reported, first: float, last: float, **known: float) -> float:
    """A figure that goes from `first` at the beginning of 2022 to `last` at the end of June 2024.

    known: what is published, by period as in `y2023` or `y2024H1`; it is met exactly.
    """
    exact = known.get(f"y{period.year}{period.part}")
    return exact if exact is not None else first + (last - first) * period.age / 2.5


def split(total: int, weights: Sequence[float]) -> list[int]:
    """Whole parts in proportion to the weights."""
    return apportion(total, weights)


def part_of(part: int, wholes: Sequence[int], factors: Sequence[float]) -> list[int]:
    """Split a part of a total over the units that make up the total, nowhere more than the unit has."""
    rest = sum(wholes) - part
    if rest < part:  # what is not in the part is the smaller side, and varies as freely
        others = part_of(rest, wholes, [2.05 - factor for factor in factors])
        return [whole - other for whole, other in zip(wholes, others, strict=True)]
    return apportion(part, [whole * factor for whole, factor in zip(wholes, factors, strict=True)]) if part else [0] * len(wholes)


def share_of(percent: float, total: int) -> int:
    """So many percent of a total, as a whole number."""
    return round(total * percent / 100)


def columns(*parts: Sequence[int]) -> list[tuple[int, ...]]:
    """Rows from columns."""
    return list(zip(*parts, strict=True))


Known = Mapping[str, float]
