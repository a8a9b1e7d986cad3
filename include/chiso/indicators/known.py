"""What is known at a period, as formulas look at it: figures by unit, whole or of one part, and which units there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from chiso.contracts import Level
from chiso.indicators.figures import Figures, MeasureKey, UnitKey
from chiso.indicators.slices import Lack


@dataclass(frozen=True)
class Gap:
    """Why a formula has no result for a unit, or only one of the parts that are known. Fields that don't apply are None.

    figure: `measure` has no figure for the unit (or at all). part: one is missing for `value` of `dimension`.
    denominator: it is 0. unit: no figures for the unit `unit`, which is counted. no_unit: `unit` doesn't exist at the
    period's end. no_units: none of `level` does. maxima: those of the parts sum to `value` instead of the total.
    gone: no current delivery speaks of the unit any more.
    """

    what: Literal["figure", "part", "denominator", "unit", "no_unit", "no_units", "maxima", "gone"]
    measure: str | None = None
    dimension: str | None = None
    value: str | None = None
    unit: str | None = None
    level: str | None = None


def as_objects(missing: Iterable[Gap | Lack]) -> list[dict[str, Any]]:
    """What is missing, in the public shape: objects with `what` and the fields that apply, each once."""
    return [{name: value for name, value in vars(each).items() if value not in (None, 0)} for each in dict.fromkeys(missing)]


class Result(NamedTuple):
    """What a formula comes to for a unit. Without a value, `gaps` say why; with one, what it was made without."""

    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class Units:
    """The units that exist at a day: the province, what lies in it, and the agencies.

    levels: by level, code → unit. parents: the code of the unit that each lies in or serves.
    """

    province: UnitKey
    levels: Mapping[Level, Mapping[str, UnitKey]]
    parents: Mapping[UnitKey, str | None]

    def inside(self, unit: UnitKey, level: Level) -> dict[str, UnitKey]:
        """Units of `level` in a unit, by code: all of them in the province."""
        found = self.levels.get(level, {})
        if unit == self.province:
            return dict(found)
        if unit.register != self.province.register:
            return {}
        return {code: each for code, each in found.items() if self.parents[each] == unit.code}

    def named(self, code: str) -> UnitKey | None:
        """The unit or agency with this code; None if there is none at the day."""
        return next((found[code] for found in self.levels.values() if code in found), None)


def units_at(connection: sa.Connection, province_code: str, day: date) -> Units:
    """Units and agencies at a day, from the warehouse's register."""
    rows = connection.execute(
        sa.text(
            "SELECT register, code, valid_from, CASE register WHEN 'agency' THEN 'agency' ELSE level END AS level, parent_code "
            "FROM warehouse.unit WHERE :day BETWEEN valid_from AND valid_to AND (level <> 'province' OR code = :province)"
        ),
        {"day": day, "province": province_code},
    ).all()
    keyed = [(UnitKey(row.register, row.code, row.valid_from), row.level, row.parent_code) for row in rows]
    [province] = [unit for unit, level, _ in keyed if level == "province"]
    districts = {unit.code for unit, level, parent in keyed if level == "district" and parent == province.code}
    ours: dict[Level, set[str | None]] = {
        "province": {None},
        "district": {province.code},
        "commune": {province.code, *districts},
    }
    levels: dict[Level, dict[str, UnitKey]] = {"province": {}, "district": {}, "commune": {}, "agency": {}}
    for unit, level, parent in keyed:
        if level == "agency" or parent in ours[level]:
            levels[level][unit.code] = unit
    return Units(province, levels, {unit: parent for unit, _, parent in keyed})


@dataclass(frozen=True)
class Known:
    """Everything that a formula may look at.

    values: a measure's figures by unit, of all or of the part that is looked at. units: those that are asked about.
    """

    figures: Mapping[MeasureKey, Figures]
    register: Units
    values: Mapping[MeasureKey, Mapping[UnitKey, Decimal]]
    units: frozenset[UnitKey] = frozenset()

    @classmethod
    def whole(cls, figures: Mapping[MeasureKey, Figures], register: Units) -> "Known":
        """What is known, not yet asked about any unit."""
        return cls(figures, register, {key: each.values for key, each in figures.items()})

    def of(self, units: Iterable[UnitKey]) -> "Known":
        """The same, asked about other units."""
        return replace(self, units=frozenset(units))

    def parts(self, measures: Iterable[MeasureKey], dimension: str) -> dict[str | None, "Known"]:
        """By value of a dimension, what is known of that part, asked about those of the units that have any of it."""
        values: dict[str | None, dict[MeasureKey, dict[UnitKey, Decimal]]] = {}
        for key in measures:
            figures = self.figures[key].parts.get(dimension, {}) if key in self.figures else {}
            for (unit, value), figure in figures.items():
                if unit in self.units:
                    values.setdefault(value, {}).setdefault(key, {})[unit] = figure
        return {
            value: replace(self, values=of, units=frozenset(unit for found in of.values() for unit in found))
            for value, of in values.items()
        }

    def figure(self, key: MeasureKey, unit: UnitKey) -> Result:
        """A measure's figure for a unit. A count of rows of which a known unit has none is 0; a blank is no figure."""
        value = self.values.get(key, {}).get(unit)
        if value is not None:
            return Result(value)
        if key in self.figures and self.figures[key].measure.is_count:
            return Result(Decimal(0))
        return Result(None, gaps=(Gap("figure", measure=str(key)),))

    def having(self, measures: Iterable[MeasureKey]) -> set[UnitKey]:
        """Units with a figure for any of the measures."""
        return {unit for key in measures for unit in self.values.get(key, {})}
