"""What looks at single units: how many of a level meet a condition, and the value of one that is named."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from typing_extensions import override

from chiso.contracts import Level
from chiso.indicators.figures import UnitKey
from chiso.indicators.formulas.part import Part, Results, bracketed, plain
from chiso.indicators.known import Gap, Known, Result

if TYPE_CHECKING:
    from chiso.indicators.formulas import Formula

Direction = Literal["ge", "gt", "le", "lt", "eq"]
HOLDS: Mapping[Direction, Callable[[Decimal, Decimal], bool]] = {
    "ge": Decimal.__ge__,
    "gt": Decimal.__gt__,
    "le": Decimal.__le__,
    "lt": Decimal.__lt__,
    "eq": Decimal.__eq__,
}
SIGN: Mapping[str, str] = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "eq": "="}
_PLURAL: Mapping[Level, str] = {
    "province": "provinces",
    "district": "districts",
    "commune": "communes",
    "agency": "agencies",
}


class Holds(Part):
    """A condition of a count: whether a formula's value reaches another."""

    formula: "Formula"
    """What is looked at, for each unit."""
    direction: Direction
    """How it must stand to `value`."""
    value: Decimal
    """What it is compared with."""

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return (self.formula,)

    @override
    def results(self, known: Known) -> Results:
        """1 where it holds, 0 where it doesn't."""
        return {unit: self._judged(found) for unit, found in self.formula.results(known).items()}

    def _judged(self, found: Result) -> Result:
        return found if found.value is None else Result(Decimal(HOLDS[self.direction](found.value, self.value)))

    @override
    def words(self) -> str:
        return f"{self.formula.words()} {SIGN[self.direction]} {plain(self.value)}"


class Count(Part):
    """How many units of a level there are, or for how many of them every condition of `where` holds.

    Of the province, and of a district its communes. A unit of which nothing is known isn't counted and is named as missing.
    The ratio of two counts is a share: `{ratio: {count: district, where: […]}, to: {count: district}}`.
    """

    example = (
        "{count: district, among: ['608', '613'], "
        "where: [{formula: departments/smart_city.services, direction: ge, value: 1}]}"
    )
    count: Level
    """The level of the units."""
    where: tuple[Holds, ...] = ()
    """Conditions, all of which must hold; without any the units themselves are counted."""
    among: tuple[str, ...] = ()
    """Codes of the units that are looked at; all of the level where it is left out."""

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return self.where

    @override
    def speaks_of(self, known: Known) -> set[UnitKey]:
        districts = known.register.levels["district"].values() if self.count == "commune" and not self.among else ()
        return {known.register.province, *districts}

    @override
    def results(self, known: Known) -> Results:
        holding = self._holding(known)
        return {unit: self._counted(unit, known, holding) for unit in known.units}

    def _holding(self, known: Known) -> dict[UnitKey, bool]:
        """Whether every condition holds, for the units of which that is known."""
        units = known.register.inside(known.register.province, self.count).values()
        looked_at = known.of(known.having(self.wanted()) & set(units))
        each = [condition.results(looked_at) for condition in self.where]
        holding: dict[UnitKey, bool] = {}
        for unit in looked_at.units:
            values = [found[unit].value for found in each]
            if 0 in values:
                holding[unit] = False
            elif None not in values:
                holding[unit] = True
        return holding

    def _counted(self, unit: UnitKey, known: Known, holding: Mapping[UnitKey, bool]) -> Result:
        inside = known.register.inside(unit, self.count)
        if not inside:
            return Result(None, gaps=(Gap("no_units", unit=unit.code, level=self.count),))
        if absent := [code for code in self.among if code not in inside]:
            return Result(None, gaps=tuple(Gap("no_unit", unit=code) for code in absent))
        looked_at = {code: inside[code] for code in self.among or inside}
        if not self.where:
            return Result(Decimal(len(looked_at)))
        gaps = tuple(Gap("unit", unit=code) for code, each in looked_at.items() if each not in holding)
        if len(gaps) == len(looked_at):
            return Result(None, gaps=gaps)
        return Result(Decimal(sum(holding.get(each, False) for each in looked_at.values())), gaps=gaps)

    @override
    def words(self) -> str:
        where = " and ".join(condition.words() for condition in self.where)
        among = f"among {', '.join(self.among)}" if self.among else ""
        return " ".join(filter(None, [f"number of {_PLURAL[self.count]}", among, f"where {where}" if where else ""]))


class OfUnit(Part):
    """A formula's value for one named unit, as the province's value."""

    example = "{unit: '608', formula: departments/smart_city.services}"
    unit: str
    """The unit's code."""
    formula: "Formula"
    """What is looked at."""

    @property
    @override
    def operands(self) -> tuple[Part, ...]:
        return (self.formula,)

    @override
    def speaks_of(self, known: Known) -> set[UnitKey]:
        return {known.register.province}

    @override
    def results(self, known: Known) -> Results:
        return dict.fromkeys(known.units, self._result(known))

    def _result(self, known: Known) -> Result:
        named = known.register.named(self.unit)
        if named is None:
            return Result(None, gaps=(Gap("no_unit", unit=self.unit),))
        if named not in known.having(self.wanted()):
            return Result(None, gaps=(Gap("unit", unit=self.unit),))
        return self.formula.results(known.of([named]))[named]

    @override
    def words(self) -> str:
        return f"{bracketed(self.formula)} in {self.unit}"
