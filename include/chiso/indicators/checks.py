"""Whether everything that the catalogue names is there, and fits what it is named for. Each fault has its place and mend."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches

from chiso.contracts import Contract
from chiso.indicators.catalogue import Indicator, Target
from chiso.indicators.figures import MeasureKey
from chiso.indicators.formulas import Count, Latest, OfUnit, Part, Sum
from chiso.province.units import Reference

Found = tuple[str, str]
"""Place in the file, message."""


@dataclass(frozen=True)
class Surroundings:
    """What a catalogue may name: sound contracts by source, the sources whose contract is faulty, units and agencies."""

    contracts: Mapping[str, Contract]
    faulty: Set[str]
    reference: Reference

    @property
    def unit_codes(self) -> set[str]:
        """Of every unit and agency, whenever it exists."""
        return {unit.code for unit in self.reference.units} | self.agency_codes

    @property
    def agency_codes(self) -> set[str]:
        """Of every agency, whenever it exists."""
        return {each.code for each in self.reference.agencies}


def faults_of_indicator(indicator: Indicator, around: Surroundings) -> list[Found]:
    """What its formula names that isn't there, or doesn't fit."""
    return [(f"{indicator.id}.formula", message) for message in _formula(indicator, around)]


def _formula(indicator: Indicator, around: Surroundings) -> Iterator[str]:
    unsound = False
    for key, dimensions in indicator.wanted.items():
        wrong = list(_measure(key, dimensions, around))
        unsound = unsound or bool(wrong)
        yield from wrong
    for part in indicator.formula.nested() if indicator.formula else ():
        yield from _units(part, around)
        if not unsound:
            yield from _kinds(part, around)


def _measure(key: MeasureKey, dimensions: Set[str], around: Surroundings) -> Iterator[str]:
    if key.source in around.faulty:
        yield f"the contract of {key.source} has faults; see `chiso source lint {key.source}`"
        return
    contract = around.contracts.get(key.source)
    if contract is None:
        yield f"{key.source} is no source{hint(key.source, around.contracts)}"
        return
    known = [measure.id for measure in contract.measures]
    if key.measure not in known:
        yield f"{key.source} has no measure {key.measure}{hint(key.measure, known)}; it has {', '.join(known) or 'none'}"
    for dimension in sorted(dimensions - set(contract.terms.dimensions)):
        stated = ", ".join(contract.terms.dimensions) or "none"
        yield f"{dimension} is no dimension of {key.source}, which has {stated}; state it in the contract's `dimensions`"


def _units(part: Part, around: Surroundings) -> Iterator[str]:
    codes = part.among if isinstance(part, Count) else [part.unit] if isinstance(part, OfUnit) else []
    for code in codes:
        if code not in around.unit_codes:
            yield f"{code} is the code of no unit and no agency; see the lists in include/schemas/reference"


def _kinds(part: Part, around: Surroundings) -> Iterator[str]:
    """Measures that are used against what they are: a rank in a sum, a flow as a latest figure."""
    for key in part.wanted() if isinstance(part, Sum) and len(part.sum) > 1 else ():
        if around.contracts[key.source].measure(key.measure).over_rows == "none":
            yield f"{key} is a score or a rank, which is never summed; take `latest` of it"
    if isinstance(part, Latest) and around.contracts[part.latest.source].measure(part.latest.measure).kind == "flow":
        yield f"{part.latest.words()} is a flow, which is summed over the period; `latest` takes a stock"


def faults_of_targets(targets: Iterable[Target], indicators: Set[str], around: Surroundings) -> Iterator[Found]:
    """Indicators, units and agencies that targets name and that aren't there."""
    for target in targets:
        if target.responsible not in around.agency_codes:
            yield f"{target.id}.responsible", f"{target.responsible} is the code of no agency; see agencies.csv"
        for name in [target.indicator, *(component.indicator for component in target.components)]:
            if name is not None and name not in indicators:
                yield (
                    target.id,
                    f"{name} is no indicator{hint(name, indicators)}; one that waits for its source stands in the catalogue "
                    "without a formula",
                )
        for component in target.components:
            if component.unit is not None and component.unit not in around.unit_codes:
                yield f"{target.id}.components", f"{component.unit} is the code of no unit and no agency"


def twice(names: Iterable[str]) -> list[str]:
    """Those that occur more than once, sorted."""
    listed = list(names)
    return sorted({name for name in listed if listed.count(name) > 1})


def hint(name: str, known: Iterable[str]) -> str:
    """A question whether a similar name was meant, where there is one."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.8)
    return f" (did you mean {near[0]}?)" if near else ""
