"""Indicators of different sources that speak of the same thing, and where they contradict each other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from chiso.system.stated import Stated

FILE = "comparisons.yml"


class Comparison(Stated):
    """Two indicators that must agree, for every unit and period of which both have a complete value."""

    id: str
    """Snake case; public, so it stays."""
    name_vi: str
    """What is compared, as Vietnamese readers call it."""
    sides: tuple[str, str]
    """Ids of two indicators of the catalogue that are given in the same unit."""
    relation: Literal["equal", "at_most", "needs"] = "equal"
    """equal: both are the same; at_most: the first is no more than the second; needs: where the first is more than 0, so is the second."""
    share: Decimal = Field(default=Decimal(0), ge=0)
    """By how much of the larger one they may differ."""
    difference: Decimal = Field(default=Decimal(0), ge=0)
    """By how much, in their unit, they may differ whatever the share."""
    because: str
    """Why they must agree, and why within these bounds."""

    @model_validator(mode="after")
    def _two_sides(self) -> "Comparison":
        if self.sides[0] == self.sides[1]:
            raise ValueError("compares an indicator with itself; name two")
        if self.relation == "needs" and (self.share or self.difference):
            raise ValueError("needs says whether there is anything, so it takes no share and no difference")
        return self

    def agrees(self, first: Decimal, second: Decimal) -> bool:
        """Whether two values, in the order of the sides, don't contradict each other."""
        if self.relation == "needs":
            return first <= 0 or second > 0
        apart = first - second if self.relation == "at_most" else abs(first - second)
        return apart <= max(self.share * max(abs(first), abs(second)), self.difference)


Values = Mapping[tuple[str, str], Decimal]
"""Complete values by indicator and code of the unit."""


@dataclass(frozen=True)
class Compared:
    """A comparison of a unit's values. first, second: in the order of the sides."""

    comparison: Comparison
    unit_code: str
    first: Decimal
    second: Decimal

    @property
    def agrees(self) -> bool:
        """Whether they don't contradict each other."""
        return self.comparison.agrees(self.first, self.second)


def compare(comparisons: Iterable[Comparison], values: Values) -> Iterator[Compared]:
    """Each comparison with each unit that has both values. Where one needs the other, a unit without it has 0 of what others have."""
    units: dict[str, set[str]] = {}
    for indicator, unit in values:
        units.setdefault(indicator, set()).add(unit)
    for comparison in comparisons:
        first, second = comparison.sides
        known = units.get(second, set())
        asked = units.get(first, set()) if comparison.relation == "needs" and known else units.get(first, set()) & known
        for unit in sorted(asked):
            yield Compared(comparison, unit, values[first, unit], values.get((second, unit), Decimal(0)))


def contradictions(comparisons: Iterable[Comparison], values: Values) -> dict[tuple[str, str], list[str]]:
    """What contradicts a value, in words, by indicator and code of the unit."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in compare(comparisons, values):
        if not each.agrees:
            one, other = each.comparison.sides
            for own, against, value in ((one, other, each.second), (other, one, each.first)):
                found.setdefault((own, each.unit_code), []).append(f"{against} is {value.normalize():f} ({each.comparison.id})")
    return found
