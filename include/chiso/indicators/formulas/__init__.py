"""How indicators are made of measures: a formula is a measure, or one of the words of `WORDS` with what it takes.

Every word is a class: what it takes, what it comes to for a unit, how it is written out. Formulas compose. Where a part that
is needed isn't known there is no value, and the result says which part: nothing is guessed, and nothing stands for 0.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag

from chiso.indicators.formulas.arithmetic import Capped, Difference, FirstOf, Latest, Ratio, Sum
from chiso.indicators.formulas.counts import HOLDS, SIGN, Count, Direction, Holds, OfUnit
from chiso.indicators.formulas.dimensions import Maximum, Mean, Minimum, Score
from chiso.indicators.formulas.part import MeasureTerm, Part, Wanted, plain

__all__ = [
    "HOLDS", "SIGN", "WORDS", "Capped", "Count", "Difference", "Direction", "FirstOf", "Formula", "Holds", "Latest", "Maximum", "Mean",
    "MeasureTerm", "Minimum", "OfUnit", "Part", "Ratio", "Score", "Sum", "Wanted", "plain",
]  # fmt: skip

WORDS: Mapping[str, type[Part]] = {
    "sum": Sum,
    "difference": Difference,
    "ratio": Ratio,
    "minimum": Minimum,
    "maximum": Maximum,
    "mean": Mean,
    "score": Score,
    "count": Count,
    "unit": OfUnit,
    "capped": Capped,
    "latest": Latest,
    "first_of": FirstOf,
}
"""The word by which a formula is known, and what it is."""


def _tag(given: Any) -> str:
    if isinstance(given, Mapping):
        return next(f"<{word}>" for word in WORDS if word in given)
    return next((f"<{word}>" for word, kind in WORDS.items() if isinstance(given, kind)), "<measure>")


def _one_word(given: object) -> object:
    if isinstance(given, str | Part):
        return given
    words = [word for word in WORDS if isinstance(given, Mapping) and word in given]
    if len(words) != 1:
        said = f"this has {' and '.join(words)}" if words else f"{str(given)[:60]} has none"
        raise ValueError(f"a formula is a measure, or has one of the words {', '.join(WORDS)}; {said}")
    return given


Formula = Annotated[
    Annotated[MeasureTerm, Tag("<measure>")]
    | Annotated[Sum, Tag("<sum>")]
    | Annotated[Difference, Tag("<difference>")]
    | Annotated[Ratio, Tag("<ratio>")]
    | Annotated[Minimum, Tag("<minimum>")]
    | Annotated[Maximum, Tag("<maximum>")]
    | Annotated[Mean, Tag("<mean>")]
    | Annotated[Score, Tag("<score>")]
    | Annotated[Count, Tag("<count>")]
    | Annotated[OfUnit, Tag("<unit>")]
    | Annotated[Capped, Tag("<capped>")]
    | Annotated[Latest, Tag("<latest>")]
    | Annotated[FirstOf, Tag("<first_of>")],
    Discriminator(_tag),
    BeforeValidator(_one_word),
]
_KINDS: tuple[type[Part], ...] = (Holds, *WORDS.values())
for _kind in _KINDS:
    _kind.model_rebuild(_types_namespace={"Formula": Formula})
