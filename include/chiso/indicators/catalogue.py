"""The catalogue: which indicators there are, what they are made of, which frameworks and targets use them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from chiso.contracts import Contract
from chiso.indicators.comparisons import Comparison
from chiso.indicators.figures import MeasureKey
from chiso.indicators.formulas import Direction, FirstOf, Formula, Wanted
from chiso.province.periods import Period
from chiso.province.text import fold
from chiso.province.units import Reference
from chiso.system.errors import Fault, UsageError
from chiso.system.stated import Stated

SHARED = "catalogue"
"""Where an indicator is defined that several frameworks may list; of its own a framework says `<framework>/<version>`."""


class Indicator(Stated):
    """One indicator: what it is called, what it is given in, what it is made of."""

    id: str
    """Snake case; public, so it stays."""
    name_vi: str
    """How Vietnamese readers call it."""
    unit: str
    """What a value is given in, as Vietnamese readers write it (%, hồ sơ, đồng)."""
    formula: Formula | None = None
    """What it is made of; left out where it is only known as documents print it, or waits for its source."""
    published_as: list[str] = Field(default_factory=list)
    """How documents name it beside id and name, whatever the case and accents."""
    restatement_tolerance: Decimal = Field(default=Decimal(0), ge=0)
    """By how much, in its unit, a published value may be restated without anybody's approval."""

    @model_validator(mode="after")
    def _sensible(self) -> "Indicator":
        inside = self.formula.nested() if self.formula else iter(())
        if any(isinstance(part, FirstOf) and part is not self.formula for part in inside):
            raise ValueError("first_of can only be the whole of an indicator's formula")
        if self.formula and not self.wanted:
            raise ValueError("the formula names no measure, so nothing would ever compute it")
        return self

    @property
    def words(self) -> str:
        """The formula written out; "" where there is none."""
        return self.formula.words() if self.formula else ""

    @property
    def wanted(self) -> Wanted:
        """Every measure that it is made of, with the dimensions that are looked at."""
        return self.formula.wanted() if self.formula else {}

    @property
    def names(self) -> set[str]:
        """Folded names under which documents print it."""
        return {fold(name) for name in [self.id, self.name_vi, *self.published_as]}


class OwnIndicator(Stated):
    """An indicator as one version of a framework defines it; what is left out is as in the shared catalogue."""

    id: str
    name_vi: str | None = None
    unit: str | None = None
    formula: Formula | None = None
    published_as: list[str] | None = None
    restatement_tolerance: Decimal | None = None


def _listed_or_own(given: object) -> str:
    return "<id>" if isinstance(given, str) else "<own>"


class Years(Stated):
    """The years to which a version of a framework applies, both inclusive; without an end where one is left out."""

    first: int | None = None
    """The first year."""
    last: int | None = None
    """The last year."""

    def __contains__(self, year: object) -> bool:
        return isinstance(year, int) and (self.first or year) <= year <= (self.last or year)


class Component(Stated):
    """A part of a composite target or milestone: an indicator of the province, or of one named unit, against a value."""

    indicator: str
    """Its id."""
    unit: str | None = None
    """The code of the unit whose value counts; the province's where it is left out."""
    direction: Direction
    """How the value must stand to the wanted one; `le`, `lt`: lower is better."""
    value: Decimal
    """The wanted one."""


class Milestone(Stated):
    """What a document states for the end of a year."""

    year: int
    """The year."""
    value: Decimal
    """What stood, or is wanted, at its end."""


class Target(Stated):
    """A target of a resolution: an indicator against a value, or several components that must all be met.

    A milestone is a state of things, so it has components and no value of its own.
    """

    id: str
    """Its number in the document; no two targets share one."""
    name_vi: str
    """What is to be reached."""
    indicator: str | None = None
    """What it is measured by, where that is one indicator."""
    direction: Literal["ge", "gt", "le", "lt", "eq", "milestone"]
    """How the value must stand to the wanted one; `le`, `lt`: lower is better."""
    value: Decimal | None = None
    """The wanted one; of a composite as it is printed, while its components decide."""
    year: int
    """By when."""
    responsible: str
    """Code of the agency that answers for it."""
    components: list[Component] = Field(default_factory=list)
    """What must be met, each by itself."""
    baseline: Milestone | None = None
    """Where the document says that things stood before."""
    milestones: list[Milestone] = Field(default_factory=list)
    """What it wants reached at the end of earlier years."""
    document: str = ""
    """Where it is stated, if not in the framework's own document."""

    @model_validator(mode="after")
    def _on_the_way(self) -> "Target":
        years = [each.year for each in ([self.baseline] if self.baseline else []) + self.milestones] + [self.year]
        if years != sorted(set(years)):
            raise ValueError("baseline, milestones and the target's year must follow each other")
        if self.direction == "milestone" and len(years) > 1:
            raise ValueError("a milestone has no value, so no baseline and no values on the way")
        return self

    @model_validator(mode="after")
    def _judgeable(self) -> "Target":
        if (self.indicator is None) != bool(self.components):
            raise ValueError("give either an indicator or components")
        if (self.value is None) != (self.direction == "milestone"):
            raise ValueError("a milestone has components and no value; every other target needs its value")
        if self.direction == "milestone" and not self.components:
            raise ValueError("a milestone needs components")
        return self

    @property
    def parts(self) -> list[Component]:
        """What must be met: its components, else itself."""
        if self.components or self.indicator is None or self.value is None or self.direction == "milestone":
            return self.components
        return [Component(indicator=self.indicator, direction=self.direction, value=self.value)]


class FrameworkFile(Stated):
    """A version of a document that lists indicators and sets targets, as its file has it."""

    framework: str
    """The document's short name; its versions share it."""
    version: str
    """Of the document; each version has a file of its own."""
    name_vi: str
    """What the document is called."""
    years: Years = Years()
    """The years to which this version applies: an old year is computed by the version of its time."""
    indicators: list[
        Annotated[Annotated[str, Tag("<id>")] | Annotated[OwnIndicator, Tag("<own>")], Discriminator(_listed_or_own)]
    ] = Field(default_factory=list)
    """Ids of catalogue.yml, or definitions of its own (`{id: …, formula: …}`; what is left out is as in catalogue.yml)."""
    targets: list[Target] = Field(default_factory=list)
    """What the document wants reached."""


@dataclass(frozen=True)
class Definition:
    """An indicator where it is defined.

    sha256: of everything that its values depend on but the data; None where it can't be computed: it has no formula, or
    one that names what isn't there.
    """

    indicator: Indicator
    defined_in: str
    years: Years
    sha256: str | None

    @property
    def key(self) -> str:
        """Tells it apart from every other."""
        return f"{self.defined_in}.{self.indicator.id}"

    @cached_property
    def words(self) -> str:
        """Its formula written out."""
        return self.indicator.words

    @cached_property
    def wanted(self) -> Wanted:
        """Every measure that it is made of, with the dimensions that are looked at."""
        return self.indicator.wanted


@dataclass(frozen=True)
class Framework:
    """A version of a framework. indicators: those it lists, in its order, each where it is defined."""

    framework: str
    version: str
    name_vi: str
    years: Years
    indicators: tuple[Definition, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Catalogue:
    """Everything sound below `include/schemas/indicators`, and the faults of what is not.

    shared: definitions of catalogue.yml, by id. comparisons: between shared ones.
    """

    shared: Mapping[str, Definition]
    frameworks: tuple[Framework, ...]
    faults: tuple[Fault, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    def versions(self, framework: str | None = None, version: str | None = None) -> list[Framework]:
        """Versions of a framework (one of them, or all), or everything. UsageError for an unknown one."""
        names = list(dict.fromkeys(each.framework for each in self.frameworks))
        if framework is not None and framework not in names:
            raise UsageError(f"Unknown framework {framework!r}. Known: {', '.join(names)}.")
        found = [each for each in self.frameworks if framework in (None, each.framework)]
        if version is not None and version not in [each.version for each in found]:
            known = ", ".join(f"{each.framework} {each.version}" for each in found)
            raise UsageError(f"Unknown version {version!r}. Known: {known}.")
        return [each for each in found if version in (None, each.version)]

    def version_at(self, framework: str, year: int, version: str | None = None) -> Framework:
        """The version of a framework that applies to a year, or the newest. UsageError for an unknown one."""
        found = self.versions(framework, version)
        return next((each for each in reversed(found) if year in each.years), found[-1])

    def definition(self, indicator: str, framework: Framework | None = None) -> Definition | None:
        """The indicator as a framework defines it, else the shared one; None if there is none."""
        own = framework.indicators if framework else ()
        return next((each for each in own if each.indicator.id == indicator), self.shared.get(indicator))

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """Every definition once, the shared ones first."""
        listed = (definition for framework in self.frameworks for definition in framework.indicators)
        return tuple({each.key: each for each in [*self.shared.values(), *listed]}.values())

    def computed(self, period: Period) -> list[Definition]:
        """Those that can be computed and whose years the period lies in."""
        return [each for each in self.definitions if each.sha256 and period.year in each.years]

    def comparable_years(self, definition: Definition, year: int) -> Years:
        """The years around `year` whose values are of one series: where a framework has versions, those of the one that applies."""
        listing = (each for each in self.frameworks if definition in each.indicators and year in each.years)
        return next((each.years for each in listing if each.years != Years()), definition.years)

    def framework_of_target(self, target: str) -> str | None:
        """The framework that has a target of this id; None where none has."""
        return next((each.framework for each in self.frameworks for one in each.targets if one.id == target), None)

    def named(self, indicator: str) -> list[Definition]:
        """Every definition of an indicator. UsageError for an unknown one."""
        found = [each for each in self.definitions if each.indicator.id == indicator]
        if not found:
            known = dict.fromkeys(each.indicator.id for each in self.definitions)
            raise UsageError(f"Unknown indicator {indicator!r}. Known: {', '.join(known)}.")
        return found


def sha256_of(indicator: Indicator, contracts: Mapping[str, Contract], units_sha256: str) -> str:
    """Of the indicator's formula, of the measures that it names, and of the list of units; all of them must be there."""
    content = {
        "formula": indicator.formula.model_dump(mode="json") if indicator.formula else None,
        "measures": [_basis(key, contracts) for key in sorted(indicator.wanted)],
        "units": units_sha256,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _basis(key: MeasureKey, contracts: Mapping[str, Contract]) -> dict[str, object]:
    """What a contract says that decides a measure's figures."""
    contract = contracts[key.source]
    terms, measure = contract.terms, contract.measure(key.measure)
    share = contract.share_of(measure)
    basis: dict[str, object] = {
        "source": key.source,
        "measure": measure.model_dump(mode="json"),
        "rows": terms.model_dump(mode="json", include={"unit", "unit_at", "period", "events"}),
        "deliveries": terms.delivery.model_dump(
            mode="json", include={"cadence", "calendar", "content", "replaces", "reporter", "preliminary"}
        ),
    }
    return basis | ({"share": share} if share else {})


def units_sha256(reference: Reference) -> str:
    """Of which units and agencies there are, in which, and when; their names don't count."""
    units = [(each.level, each.code, each.parent_code, each.valid_from, each.valid_to) for each in reference.units]
    agencies = [(each.level, each.code, each.unit_code, each.valid_from, each.valid_to) for each in reference.agencies]
    return hashlib.sha256(repr((reference.province_codes, units, agencies)).encode()).hexdigest()
