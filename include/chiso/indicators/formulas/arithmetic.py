"""Sums and ratios of formulas, the latest figure, and alternatives."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field
from typing_extensions import override

from chiso.indicators.figures import UnitKey
from chiso.indicators.formulas.part import MeasureTerm, Part, Results, bracketed, combined, plain
from chiso.indicators.known import Gap, Known, Result

if TYPE_CHECKING:
    from chiso.indicators.formulas import Formula


class Sum(Part):
    """The sum of formulas, all of which must be known."""

    example = "{sum: [departments/one_stop_results.received_online, departments/one_stop_results.received_direct]}"
    sum: "list[Formula]" = Field(min_length=1)

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return tuple(self.sum)

    @override
    def results(self, known: Known) -> Results:
        return combined(self.operands, known, _summed)

    @override
    def words(self) -> str:
        return " + ".join(bracketed(part) for part in self.sum)


def _summed(found: list[Result]) -> Result:
    return Result(sum((each.value for each in found if each.value is not None), Decimal(0)))


class Difference(Part):
    """The first of several formulas less all the others, all of which must be known."""

    example = "{difference: [portal/dossiers.dossiers_open, portal/dossiers.dossiers_open_late]}"
    difference: "list[Formula]" = Field(min_length=2)

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return tuple(self.difference)

    @override
    def results(self, known: Known) -> Results:
        return combined(self.operands, known, _less)

    @override
    def words(self) -> str:
        return " − ".join(bracketed(part) for part in self.difference)


def _less(found: list[Result]) -> Result:
    first, *others = (each.value or Decimal(0) for each in found)
    return Result(first - sum(others, Decimal(0)))


class Capped(Part):
    """A formula's value, but never more than `at`: what is reached of a threshold beyond which more doesn't count."""

    example = "{capped: {ratio: portal/dossiers.dossiers_digitised, to: portal/dossiers.dossiers_received, scale: 125}, at: 100}"
    capped: "Formula"
    """What is capped."""
    at: Decimal
    """The most that it comes to."""

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return (self.capped,)

    @override
    def results(self, known: Known) -> Results:
        found = self.capped.results(known)
        return {unit: each._replace(value=min(each.value, self.at)) if each.value is not None else each for unit, each in found.items()}

    @override
    def words(self) -> str:
        return f"min({self.capped.words()}; {plain(self.at)})"


class Ratio(Part):
    """The ratio of one formula to another, times `scale`; never a mean of ratios. A denominator of 0 gives no value."""

    example = "{ratio: departments/telecom.households_fibre, to: departments/telecom.households}"
    ratio: "Formula"
    """The numerator."""
    to: "Formula"
    """The denominator."""
    scale: Decimal = Field(default=Decimal(100), gt=0)
    """100 for a percentage, 1 for a plain ratio or a mean, 1000 for so many in a thousand."""

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return (self.ratio, self.to)

    @override
    def results(self, known: Known) -> Results:
        above, below = self.ratio.results(known), self.to.results(known)
        return {unit: self._divided(above[unit], below[unit]) for unit in known.units}

    def _divided(self, above: Result, below: Result) -> Result:
        gaps = above.gaps + below.gaps
        if above.value is None or below.value is None:
            return Result(None, above.value, below.value, gaps)
        if below.value == 0:
            return Result(None, above.value, below.value, (*gaps, Gap("denominator")))
        return Result(above.value * self.scale / below.value, above.value, below.value, gaps)

    @override
    def words(self) -> str:
        scale = "" if self.scale == 1 else f" × {plain(self.scale)}"
        return f"{bracketed(self.ratio)} / {bracketed(self.to)}{scale}"


class Latest(Part):
    """A score, a rank or another stock as it last stood in the period, of its own unit; never a sum over time."""

    example = "{latest: departments/dti_results.rank_country}"
    latest: MeasureTerm

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return (self.latest,)

    @override
    def results(self, known: Known) -> Results:
        return self.latest.results(known)

    @override
    def words(self) -> str:
        return f"latest {self.latest.words()}"


class FirstOf(Part):
    """The first of several formulas that comes to something; only as the whole of an indicator's formula.

    Beside each value stands the formula that it was made by.
    """

    example = "{first_of: [{sum: [soc/alerts.low, soc/alerts.high]}, soc/alerts.printed]}"
    first_of: "list[Formula]" = Field(min_length=2)

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return tuple(self.first_of)

    @override
    def taken(self, known: Known) -> Mapping[UnitKey, Part]:
        tried = [(part, part.results(known)) for part in self.first_of]
        return {
            unit: next((part for part, found in tried if found[unit].value is not None), self.first_of[0])
            for unit in known.units
        }

    @override
    def results(self, known: Known) -> Results:
        tried = [part.results(known) for part in self.first_of]
        return {
            unit: next((found[unit] for found in tried if found[unit].value is not None), tried[0][unit])
            for unit in known.units
        }

    @override
    def words(self) -> str:
        return ", else ".join(part.words() for part in self.first_of)
