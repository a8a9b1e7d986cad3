"""Figures made by hand (synthetic), and a small register: a province, two districts with two communes each, two agencies."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from chiso.contracts import Measure
from chiso.indicators.figures import Basis, Figures, Lack, MeasureKey, UnitKey
from chiso.indicators.known import Known, Units

SINCE = date(1900, 1, 1)


def unit(code: str) -> UnitKey:
    return UnitKey("agency" if "." in code else "admin_unit", code, SINCE)


PROVINCE = unit("62")
CITY, HIGHLAND = unit("608"), unit("613")
COMMUNES = {"001": "608", "002": "608", "003": "613", "004": "613"}
AGENCIES = ("000.00.01.H34", "000.00.02.H34")
UNITS = Units(
    PROVINCE,
    {
        "province": {"62": PROVINCE},
        "district": {"608": CITY, "613": HIGHLAND},
        "commune": {code: unit(code) for code in COMMUNES},
        "agency": {code: unit(code) for code in AGENCIES},
    },
    {PROVINCE: None, CITY: "62", HIGHLAND: "62"}
    | {unit(code): parent for code, parent in COMMUNES.items()}
    | {unit(code): "62" for code in AGENCIES},
)

Parts = Mapping[str, Mapping[str | None, str]]
"""By unit code, the figure of each value of the dimension."""


def figures(
    name: str,
    values: Mapping[str, str | int],
    *,
    parts: Mapping[str, Parts] | None = None,
    lacks: tuple[Lack, ...] = (),
    deliveries: tuple[int, ...] = (1,),
    official: bool | None = None,
    moves: bool = False,
    counted: bool = False,
    kind: str = "flow",
) -> dict[MeasureKey, Figures]:
    """A measure's figures by unit code. name: `family/source.measure`. counted: rows are counted."""
    source, _, measure = name.rpartition(".")
    column = {} if counted else {"column": "x"}
    made = Measure(id=measure, name_vi="x", unit="x", kind=kind, **column)  # type: ignore[arg-type]
    by_dimension = {
        dimension: {(unit(code), value): Decimal(text) for code, of in each.items() for value, text in of.items()}
        for dimension, each in (parts or {}).items()
    }
    basis = Basis(source, deliveries, lacks, moves, official)
    return {
        MeasureKey(source, measure): Figures(
            made, basis, {unit(code): Decimal(value) for code, value in values.items()}, by_dimension
        )
    }


def known(*given: dict[MeasureKey, Figures]) -> Known:
    """What is known, of every measure given."""
    return Known.whole({key: each for one in given for key, each in one.items()}, UNITS)
