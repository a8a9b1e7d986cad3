"""What is made over the values of a dimension: the lowest and highest part, means, composite scores."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator
from typing_extensions import override

from chiso.indicators.figures import UnitKey
from chiso.indicators.formulas.part import Part, Results, Wanted, bracketed, combined, missing, plain
from chiso.indicators.known import Gap, Known, Result
from chiso.province.text import fold

if TYPE_CHECKING:
    from chiso.indicators.formulas import Formula

_ByValue = Mapping[str | None, Results]
"""Results by the dimension's value."""


class _OverDimension(Part):
    """A formula that looks at each value of a dimension apart; inside it no other does."""

    over: Any

    @model_validator(mode="after")
    def _flat(self) -> "_OverDimension":
        if self.over is not None and any(dimensions for part in self.operands for dimensions in part.wanted().values()):
            raise ValueError(f"over {self.over}: a formula inside it can't be over a dimension too")
        return self

    @override
    def wanted(self) -> Wanted:
        own = frozenset([self.over] if self.over is not None else [])
        return {key: dimensions | own for key, dimensions in super().wanted().items()}

    def _of_parts(self, parts: _ByValue, known: Known, choose: Callable[[list[Result]], Result]) -> Results:
        """By unit what `choose` makes of every part that the unit has; no value where one of them has none."""
        return {unit: self._of_unit(unit, parts, choose) for unit in known.units}

    def _of_unit(self, unit: UnitKey, parts: _ByValue, choose: Callable[[list[Result]], Result]) -> Result:
        own = {value: found[unit] for value, found in parts.items() if unit in found}
        if not own:
            return Result(None, gaps=missing(self.wanted()))
        gaps = tuple(
            Gap("part", dimension=self.over, value=value) for value, found in own.items() if found.value is None
        )
        return Result(None, gaps=gaps) if gaps else choose(list(own.values()))


class _Extreme(_OverDimension):
    """The lowest or highest of parts, with that part's numerator and denominator."""

    over: str | None = None
    """The dimension whose parts are compared, where one formula is given."""

    @property
    @abstractmethod
    def compared(self) -> "Sequence[Formula]":
        """What is compared."""

    @abstractmethod
    def best(self, found: list[Result]) -> Result:
        """The one that is chosen of some that all have a value."""

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return tuple(self.compared)

    @model_validator(mode="after")
    def _comparable(self) -> "_Extreme":
        if (len(self.compared) == 1) != (self.over is not None):
            raise ValueError("give several formulas, or one with `over`, the dimension whose parts are compared")
        return self

    @override
    def results(self, known: Known) -> Results:
        if self.over is None:
            return combined(self.operands, known, self.best)
        inside = known.parts(self.wanted(), self.over)
        return self._of_parts(
            {value: self.compared[0].results(part) for value, part in inside.items()}, known, self.best
        )

    def _written(self, word: str) -> str:
        inside = "; ".join(part.words() for part in self.compared)
        return f"{word}({inside})" if self.over is None else f"{word} by {self.over} ({inside})"


def _one_or_several(given: object) -> str:
    return "<several>" if isinstance(given, list) else "<one>"


class Minimum(_Extreme):
    """The lowest of several formulas, or of one over the values of a dimension; every part must be known."""

    example = "{minimum: {ratio: departments/digital_economy.value_added, to: departments/digital_economy.grdp}, over: sector}"
    minimum: "Annotated[Annotated[Formula, Tag('<one>')] | Annotated[list[Formula], Tag('<several>')], Discriminator(_one_or_several)]"

    @property
    @override
    def compared(self) -> "Sequence[Formula]":
        return self.minimum if isinstance(self.minimum, list) else [self.minimum]

    @override
    def best(self, found: list[Result]) -> Result:
        return min(found, key=lambda each: each.value or Decimal(0))

    @override
    def words(self) -> str:
        return self._written("min")


class Maximum(_Extreme):
    """The highest of several formulas, or of one over the values of a dimension; every part must be known."""

    example = "{maximum: [soc/alerts.high, soc/alerts.critical]}"
    maximum: "Annotated[Annotated[Formula, Tag('<one>')] | Annotated[list[Formula], Tag('<several>')], Discriminator(_one_or_several)]"

    @property
    @override
    def compared(self) -> "Sequence[Formula]":
        return self.maximum if isinstance(self.maximum, list) else [self.maximum]

    @override
    def best(self, found: list[Result]) -> Result:
        return max(found, key=lambda each: each.value or Decimal(0))

    @override
    def words(self) -> str:
        return self._written("max")


class Mean(_OverDimension):
    """The mean of a formula over the values of a dimension, weighted by another; a part that weighs 0 counts for nothing.

    A mean over rows needs no dimension: it is the ratio, with scale 1, of a measure that is a product (`column` times the
    weight) to the measure of the weights.
    """

    example = "{mean: soc/alerts.minutes, weights: soc/alerts.alerts, over: severity}"
    mean: "Formula"
    """What is averaged."""
    weights: "Formula"
    """What each part weighs."""
    over: str
    """The dimension whose values are the parts."""

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return (self.mean, self.weights)

    @override
    def results(self, known: Known) -> Results:
        parts = {value: self._weighted(inside) for value, inside in known.parts(self.wanted(), self.over).items()}
        return self._of_parts(parts, known, _mean)

    def _weighted(self, inside: Known) -> Results:
        """Of each unit the part's product and weight, as numerator and denominator."""
        means, weights = self.mean.results(inside), self.weights.results(inside)
        return {unit: _product(means[unit].value, weights[unit].value) for unit in inside.units}

    @override
    def words(self) -> str:
        return f"mean by {self.over} ({self.mean.words()}, weighted by {self.weights.words()})"


def _product(value: Decimal | None, weight: Decimal | None) -> Result:
    if weight == 0:
        return Result(Decimal(0), Decimal(0), Decimal(0))
    product = None if value is None or weight is None else value * weight
    return Result(product, product, weight)


def _mean(parts: list[Result]) -> Result:
    above = sum((part.numerator for part in parts if part.numerator is not None), Decimal(0))
    below = sum((part.denominator for part in parts if part.denominator is not None), Decimal(0))
    return Result(above / below, above, below) if below else Result(None, above, below, (Gap("denominator"),))


_Listed = dict[str, Annotated[Decimal, Field(ge=0)]]


def _how(given: object) -> str:
    from chiso.indicators.formulas import WORDS

    listed = isinstance(given, Mapping) and not any(word in given for word in WORDS)
    return "<listed>" if listed else "<measured>"


class Score(_OverDimension):
    """A composite score: each part's index times its maximum, summed, over the total of the maxima.

    Not computable where the index of a part with a maximum above 0 is missing, or where the maxima don't sum to `total`.
    """

    example = (
        "{score: departments/dti_results.index_value, over: main_index, total: 1000, "
        "maxima: {Nhận thức số: 100, Hoạt động chính quyền số: 200, …}}"
    )
    score: "Formula"
    """The index of a part, between 0 and 1."""
    over: str
    """The dimension whose values are the parts."""
    maxima: (
        "Annotated[Annotated[_Listed, Tag('<listed>')] | Annotated[Formula, Tag('<measured>')], Discriminator(_how)]"
    )
    """By the dimension's value, whatever its case and accents, or the measure that holds them; 0 is not scored."""
    total: Decimal | None = Field(default=None, gt=0)
    """What the maxima of a whole score sum to; whatever they sum to where it is left out."""

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return (self.score,) if isinstance(self.maxima, dict) else (self.score, self.maxima)

    @model_validator(mode="after")
    def _adds_up(self) -> "Score":
        if isinstance(self.maxima, dict):
            stated = sum(self.maxima.values(), Decimal(0))
            if stated == 0:
                raise ValueError("maxima: none is above 0")
            if self.total not in (None, stated):
                raise ValueError(f"maxima sum to {plain(stated)}, not to the total of {plain(self.total or stated)}")
            if len({fold(name) for name in self.maxima}) < len(self.maxima):
                raise ValueError("maxima: two names are the same but for case and accents")
        return self

    @override
    def results(self, known: Known) -> Results:
        inside = known.parts(self.wanted(), self.over)
        indices = {value: self.score.results(part) for value, part in inside.items()}
        if isinstance(self.maxima, dict):
            stated = self.maxima
            return {unit: self._scored(unit, indices, stated) for unit in known.units}
        measured = {value: self.maxima.results(part) for value, part in inside.items()}
        return {unit: self._scored(unit, indices, _maxima(unit, measured)) for unit in known.units}

    def _scored(self, unit: UnitKey, indices: _ByValue, maxima: Mapping[str, Decimal]) -> Result:
        total = sum(maxima.values(), Decimal(0))
        if total == 0:
            return Result(None, gaps=missing(self.wanted()))
        if self.total not in (None, total):
            return Result(None, gaps=(Gap("maxima", dimension=self.over, value=plain(total)),))
        named = {fold(value): found for value, found in indices.items() if value is not None}
        reached = {name: _value(named.get(fold(name), {}), unit) for name, maximum in maxima.items() if maximum}
        gaps = tuple(Gap("part", dimension=self.over, value=name) for name, value in reached.items() if value is None)
        if gaps:
            return Result(None, gaps=gaps)
        points = sum((value * maxima[name] for name, value in reached.items() if value is not None), Decimal(0))
        return Result(points / total, points, total)

    @override
    def words(self) -> str:
        if isinstance(self.maxima, dict):
            maxima = "{" + ", ".join(f"{name}: {plain(value)}" for name, value in self.maxima.items()) + "}"
            total = plain(sum(self.maxima.values(), Decimal(0)))
        else:
            maxima, total = self.maxima.words(), plain(self.total) if self.total else f"Σ {bracketed(self.maxima)}"
        return f"Σ by {self.over} ({bracketed(self.score)} × {maxima}) / {total}"


def _maxima(unit: UnitKey, measured: _ByValue) -> dict[str, Decimal]:
    values = {value: _value(found, unit) for value, found in measured.items() if value is not None}
    return {name: maximum for name, maximum in values.items() if maximum is not None}


def _value(found: Mapping[UnitKey, Result], unit: UnitKey) -> Decimal | None:
    return found[unit].value if unit in found else None
