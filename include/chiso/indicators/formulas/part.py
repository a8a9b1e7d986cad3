"""What every formula can do, and the measure, which all of them are made of."""

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from pydantic import model_serializer, model_validator
from typing_extensions import override

from chiso.indicators.figures import MeasureKey, UnitKey
from chiso.indicators.known import Gap, Known, Result
from chiso.system.stated import Stated

_MEASURE = re.compile(r"([a-z][a-z0-9_]*/[a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")
Results = dict[UnitKey, Result]
Wanted = dict[MeasureKey, frozenset[str]]
"""Measures, each with the dimensions by which its figures are needed."""


class Part(Stated):
    """A formula, or a part of one."""

    example: ClassVar[str] = ""

    @property
    def operands(self) -> "tuple[Part, ...]":
        """The formulas that it is made of."""
        return ()

    def wanted(self) -> Wanted:
        """The measures that it needs."""
        found: Wanted = {}
        for operand in self.operands:
            for key, dimensions in operand.wanted().items():
                found[key] = found.get(key, frozenset()) | dimensions
        return found

    def nested(self) -> "Iterator[Part]":
        """Itself and every formula inside it."""
        yield self
        for operand in self.operands:
            yield from operand.nested()

    def speaks_of(self, known: Known) -> set[UnitKey]:
        """The units for which it may come to something."""
        return {unit for operand in self.operands for unit in operand.speaks_of(known)}

    def taken(self, known: Known) -> "Mapping[UnitKey, Part]":
        """For each of `known.units` the formula that gives the result: itself, unless it has alternatives."""
        return dict.fromkeys(known.units, self)

    @abstractmethod
    def results(self, known: Known) -> Results:
        """What it comes to, for each of `known.units`."""

    @abstractmethod
    def words(self) -> str:
        """Written out, for documentation and beside every value."""


class MeasureTerm(Part):
    """A measure of a source: a flow as the sum over the period, a stock as it last stood in it."""

    example = "departments/telecom.households"
    source: str
    measure: str

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: object) -> object:
        if isinstance(given, cls):
            return given
        match = _MEASURE.fullmatch(given) if isinstance(given, str) else None
        if not match:
            raise ValueError(f"{given!r} is no measure; write <family>/<source>.<measure>, e.g. {cls.example}")
        return {"source": match[1], "measure": match[2]}

    @model_serializer
    def _written(self) -> str:
        return self.words()

    @property
    def key(self) -> MeasureKey:
        """Source and id."""
        return MeasureKey(self.source, self.measure)

    @override
    def wanted(self) -> Wanted:
        return {self.key: frozenset()}

    @override
    def speaks_of(self, known: Known) -> set[UnitKey]:
        return known.having([self.key])

    @override
    def results(self, known: Known) -> Results:
        return {unit: known.figure(self.key, unit) for unit in known.units}

    @override
    def words(self) -> str:
        return str(self.key)


def plain(value: Decimal) -> str:
    """A number in digits, without trailing zeros."""
    return f"{value.normalize():f}"


def bracketed(part: Part) -> str:
    """Written out, in brackets unless it is a measure."""
    return part.words() if isinstance(part, MeasureTerm) else f"({part.words()})"


def combined(operands: Sequence[Part], known: Known, choose: Callable[[list[Result]], Result]) -> Results:
    """By unit what `choose` makes of every operand's result; no value where one of them has none."""
    each = [operand.results(known) for operand in operands]
    return {unit: _whole([found[unit] for found in each], choose) for unit in known.units}


def _whole(found: list[Result], choose: Callable[[list[Result]], Result]) -> Result:
    gaps = tuple(gap for each in found for gap in each.gaps)
    if any(each.value is None for each in found):
        return Result(None, gaps=gaps)
    return choose(found)._replace(gaps=gaps)


def missing(measures: Wanted) -> tuple[Gap, ...]:
    """Gaps that say that none of the measures has a figure."""
    return tuple(Gap("figure", measure=str(key)) for key in measures)
