"""The page of docs/ on indicators and targets, and on the words by which they are stated."""

from decimal import Decimal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chiso.authoring.markdown import GENERATED, agency, table
from chiso.indicators import Catalogue
from chiso.indicators.catalogue import (
    Component,
    Definition,
    Framework,
    FrameworkFile,
    Indicator,
    Milestone,
    Target,
    Years,
)
from chiso.indicators.comparisons import Comparison
from chiso.indicators.formulas import SIGN, WORDS, Holds, MeasureTerm, Part, plain
from chiso.province.units import Reference


def indicator_page(catalogue: Catalogue, reference: Reference) -> str:
    """docs/indicators.md: every framework with its indicators and targets, and the words of formula and catalogue."""
    parts = [
        "# Indicators and targets\n",
        GENERATED,
        "Computed from measures of contracts, written `<family>/<source>.<measure>`. Rolling up over time and units: "
        "[architecture](architecture.md#rolling-up); the words of a formula: [below](#words-of-a-formula).\n",
    ]
    for framework in catalogue.frameworks:
        parts += [
            f"## {framework.framework}: {framework.name_vi}\n",
            f"Version {framework.version}{_years(framework)}.\n",
        ]
        parts.append(table(["indicator", "name", "unit", "formula", "from"], map(_indicator, framework.indicators)))
        if framework.targets:
            parts += [
                "Targets (`no formula yet`: nothing delivers it, so the status stays `no_data`):\n",
                table(
                    ["target", "name", "wanted", "measured by", "responsible"],
                    (_target(target, framework, catalogue, reference) for target in framework.targets),
                ),
            ]
    return "\n".join([*parts, *_compared(catalogue), *_words()])


def _compared(catalogue: Catalogue) -> list[str]:
    rows = [
        [f"`{each.id}`", each.name_vi, _relation(each), _bounds(each), " ".join(each.because.split())] for each in catalogue.comparisons
    ]
    return [
        "## What is held against each other\n",
        "Indicators of different sources that speak of the same thing. Where both have a complete value for a unit and period and contradict "
        "each other, the one that comes second waits for approval; `chiso reconcile` shows every pair.\n",
        table(["comparison", "name", "sides", "may differ by", "because"], rows),
    ]


def _relation(comparison: Comparison) -> str:
    first, second = comparison.sides
    sign = {"equal": "=", "at_most": "≤", "needs": "needs"}[comparison.relation]
    return f"`{first}` {sign} `{second}`"


def _bounds(comparison: Comparison) -> str:
    share = f"{plain(comparison.share * 100)} % of the larger" if comparison.share else ""
    difference = plain(comparison.difference) if comparison.difference else ""
    return " or ".join(filter(None, [share, difference])) or "–"


def _years(framework: Framework) -> str:
    first, last = framework.years.first, framework.years.last
    stated = [f"from {first}" if first else "", f"to {last}" if last else ""]
    return f", {' '.join(filter(None, stated))}" if first or last else ""


def _indicator(definition: Definition) -> list[str]:
    indicator = definition.indicator
    feeding = sorted({key.source for key in definition.wanted})
    links = ", ".join(f"[{source}](sources/{source.replace('/', '-')}.md)" for source in feeding)
    formula = f"`{definition.words}`" if definition.words else "as printed only"
    return [f"`{indicator.id}`", indicator.name_vi, indicator.unit, formula, links]


def _target(target: Target, framework: Framework, catalogue: Catalogue, reference: Reference) -> list[str]:
    def known(indicator: str) -> str:
        found = catalogue.definition(indicator, framework)
        return f"`{indicator}`" + ("" if found and found.words else " (no formula yet)")

    components = ", ".join(
        known(part.indicator)
        + (f" in {part.unit}" if part.unit else "")
        + f" {SIGN[part.direction]} {plain(part.value)}"
        for part in target.components
    )
    wanted = "milestone" if target.value is None else f"{SIGN[target.direction]} {plain(target.value)}"
    return [
        target.id,
        target.name_vi,
        f"{wanted} by {target.year}",
        components or known(target.indicator or ""),
        agency(target.responsible, reference),
    ]


def _words() -> list[str]:
    """What a formula and the catalogue's files may say, from the models themselves."""
    kinds: dict[str, type[Part]] = {"a measure": MeasureTerm, **{f"`{word}`": kind for word, kind in WORDS.items()}}
    return [
        "## Words of a formula\n",
        "A formula is a measure, or one of these words with what it takes; formulas stand inside each other. A blank figure is "
        "not 0: where a part that is needed isn't known there is no value, and `missing` says which part. A count of rows "
        "of which a known unit has none is 0.\n",
        table(
            ["word", "what it is", "takes", "example"],
            [[word, _described(kind), _fields(kind), f"`{kind.example}`"] for word, kind in kinds.items()],
        ),
        "## Words of the catalogue\n",
        "`catalogue.yml` lists indicators that any framework may use, `comparisons.yml` those that must agree; every other file is a version of a "
        "framework. "
        "`chiso indicators lint` says what is wrong in them.\n",
        table(
            ["what", "what it is", "takes"],
            [
                ["an indicator", _described(Indicator), _fields(Indicator)],
                ["a framework", _described(FrameworkFile), _fields(FrameworkFile)],
                ["`years`", _described(Years), _fields(Years)],
                ["a target", _described(Target), _fields(Target)],
                ["a component", _described(Component), _fields(Component)],
                ["a baseline, or a milestone on the way", _described(Milestone), _fields(Milestone)],
                ["a condition of `where`", _described(Holds), _fields(Holds)],
                ["a comparison (`comparisons.yml`)", _described(Comparison), _fields(Comparison)],
            ],
        ),
    ]


def _described(kind: type[BaseModel]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _fields(kind: type[BaseModel]) -> str:
    if kind is MeasureTerm:
        return "`<family>/<source>.<measure>`"
    return "<br>".join(_field(name, field) for name, field in kind.model_fields.items())


def _field(name: str, field: FieldInfo) -> str:
    default = f" ({plain(field.default)} unless stated)" if isinstance(field.default, Decimal) else " (may be left out)"
    said = f": {' '.join(field.description.split())}" if field.description else ""
    return f"`{name}`{'' if field.is_required() else default}{said}"
