"""The catalogue: which indicators there are, what they are made of, which frameworks and targets use them."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from chiso.province.text import fold
from chiso.system.errors import ContractError

Direction = Literal["ge", "gt", "le", "lt", "eq", "milestone"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Indicator(_Model):
    """One indicator. Either `value` (a sum of measures), or numerator and denominator (a percentage), or neither."""

    id: str
    name_vi: str
    unit: str
    value: list[str] = []
    numerator: list[str] = []
    denominator: list[str] = []
    published_as: list[str] = []

    @model_validator(mode="after")
    def _whole(self) -> "Indicator":
        if bool(self.numerator) != bool(self.denominator) or (self.value and self.numerator):
            raise ValueError(f"{self.id}: give value, or numerator and denominator, or none of them")
        return self

    @property
    def measures(self) -> list[str]:
        """Every measure it is made of."""
        return list(dict.fromkeys([*self.value, *self.numerator, *self.denominator]))

    @property
    def formula(self) -> str:
        """The formula in words of measures; "" where it is only known as printed."""
        if self.value:
            return " + ".join(self.value)
        if self.numerator:
            return f"({' + '.join(self.numerator)}) / ({' + '.join(self.denominator)}) × 100"
        return ""

    @property
    def names(self) -> set[str]:
        """Folded names under which documents print it."""
        return {fold(name) for name in [self.id, self.name_vi, *self.published_as]}


class Component(_Model):
    """A part of a composite target or milestone."""

    indicator: str
    direction: Direction
    value: int


class Target(_Model):
    """A target of a resolution. `value` is None for a milestone."""

    id: str
    name_vi: str
    indicator: str | None = None
    direction: Direction
    value: int | None = None
    year: int
    responsible: str
    components: list[Component] = []


class Framework(_Model):
    """A document that lists indicators and sets targets."""

    framework: str
    version: str
    name_vi: str
    indicators: list[str]
    targets: list[Target] = []


class Catalogue(_Model):
    """Everything below `include/schemas/indicators`."""

    indicators: dict[str, Indicator]
    frameworks: dict[str, Framework]
    sha256: str

    def of(self, framework: str | None) -> list[tuple[Framework, Indicator]]:
        """Indicators of one framework, or of all. KeyError for an unknown one."""
        chosen = [self.frameworks[framework]] if framework else list(self.frameworks.values())
        return [(each, self.indicators[name]) for each in chosen for name in each.indicators]

    def used(self) -> list[Indicator]:
        """Indicators with a formula, each once."""
        return [indicator for indicator in self.indicators.values() if indicator.formula]


@lru_cache(maxsize=4)
def load_catalogue(schemas: Path) -> Catalogue:
    """Reads the catalogue. Raises ContractError naming file and key."""
    folder = schemas / "indicators"
    paths = sorted(folder.glob("*.yml"))
    try:
        documents = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in paths}
        indicators = [Indicator(**entry) for entry in documents.pop("catalogue.yml")["indicators"]]
        frameworks = [Framework(**document) for document in documents.values()]
    except (ValidationError, KeyError, TypeError, OSError, yaml.YAMLError) as fault:
        raise ContractError(f"Indicator catalogue {folder}: {fault}") from fault
    _check(indicators, frameworks)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return Catalogue(
        indicators={each.id: each for each in indicators},
        frameworks={each.framework: each for each in frameworks},
        sha256=digest,
    )


def _check(indicators: Sequence[Indicator], frameworks: Sequence[Framework]) -> None:
    known = {indicator.id for indicator in indicators}
    if len(known) != len(indicators):
        raise ContractError("Indicator catalogue: an id is stated twice.")
    for framework in frameworks:
        unknown = sorted(set(framework.indicators) - known)
        if unknown:
            raise ContractError(f"Framework {framework.framework} lists unknown indicators: {', '.join(unknown)}.")
