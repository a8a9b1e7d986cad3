"""docs/contracts.md: every word that a contract or its suite may use, from the models themselves, with an example each."""

import types
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chiso.authoring.markdown import GENERATED, table
from chiso.contracts.columns import ColumnTerms
from chiso.contracts.conditions import All, AnyOf, Comparison
from chiso.contracts.measures import Measure
from chiso.contracts.odcs import COLUMN_WORDS, FILE_WORDS
from chiso.contracts.readings import READINGS
from chiso.contracts.terms import (
    Delivery,
    Events,
    Figures,
    Preliminary,
    Printed,
    Sheet,
    Terms,
    Totals,
    Transport,
)
from chiso.contracts.yaml_text import read_yaml
from chiso.system.settings import Settings
from chiso.validation.history import History
from chiso.validation.suite import Entry, Meta

MODELS: Mapping[str, type[BaseModel]] = {
    "customProperties of a contract": Terms,
    "transport": Transport,
    "delivery": Delivery,
    "preliminary": Preliminary,
    "events": Events,
    "sheet": Sheet,
    "totals": Totals,
    "figures": Figures,
    "printed": Printed,
    "customProperties of a column": ColumnTerms,
    "A measure": Measure,
    "A condition": Comparison,
    "All of several": All,
    "Any of several": AnyOf,
    "An expectation of the suite": Entry,
    "meta of an expectation": Meta,
    "history of an expectation": History,
}
"""Heading → what is explained under it."""
_HEADINGS = {model: heading for heading, model in MODELS.items()}
_TYPES: Mapping[Any, str] = {
    str: "a text",
    int: "a whole number",
    Decimal: "a number",
    bool: "true or false",
    float: "a number",
    object: "anything",
    Any: "anything",
}
_INTRO = """A contract is one YAML file, `include/schemas/contracts/<family>/<source>.yml`, valid by the Open Data Contract Standard
v3.2; tests run `datacontract lint`, the standard's own tool, on each. What the standard has no word for stands in
`customProperties`, each `{property: …, value: …}`. A word that isn't listed here is a fault: `chiso source lint` names it, with
its place. `chiso source new` proposes a contract from a sample. How one is added, with a complete example:
[README](../README.md#adding-a-source).
"""


def examples(settings: Settings) -> dict[str, dict[str, Any]]:
    """Model → word → an example of its value."""
    path = settings.schemas / "contract_words.yml"
    return read_yaml(path, path.name)


def contract_page(settings: Settings) -> str:
    """The page."""
    shown = examples(settings)
    readings = [
        [f"`{reading.name}`", reading.what, f"`{reading.example}`", _kept(reading.sql), reading.kind] for reading in READINGS.values()
    ]
    parts = [
        "# Words of a contract\n",
        GENERATED,
        _INTRO,
        "## The file\n",
        _plain(FILE_WORDS),
        "## A column\n",
        "An entry of `schema[0].properties`.\n",
        _plain(COLUMN_WORDS),
        "## Readings of a column\n",
        "How the text of a cell becomes a value. Without the word `reading` it follows from the logical type: text, or a choice "
        "where values are listed; count; number; flag; timestamp; date.\n",
        table(["reading", "what it takes", "example", "kept as", "kind"], readings),
        *(part for heading, model in MODELS.items() for part in _model(heading, model, shown)),
    ]
    return "\n".join(parts)


def _plain(words: Mapping[str, str]) -> str:
    return table(["word", "what it says"], ([f"`{word}`", said] for word, said in words.items()))


def _model(heading: str, model: type[BaseModel], shown: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    given = shown.get(model.__name__, {})
    rows = [_field(name, field, given) for name, field in model.model_fields.items()]
    titled = f"`{heading}`" if heading.islower() and " " not in heading else heading
    return [f"## {titled}\n", f"{_joined(model.__doc__ or '')}\n", table(["word", "what it says", "value", "example"], rows)]


def _field(name: str, field: FieldInfo, given: Mapping[str, Any]) -> list[str]:
    example = f"`{name}: {_inline(given[name])}`" if name in given else ""
    return [f"`{name}`", _joined(field.description or ""), f"{_type(field.annotation)}; {_default(field)}", example]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    default = field.get_default(call_default_factory=True)
    if default is None or default in ("", [], {}) or isinstance(default, BaseModel):
        return "may be left out"
    return f"`{_inline(default)}` unless stated"


def _type(annotation: Any) -> str:
    if annotation in _TYPES:
        return _TYPES[annotation]
    if annotation in _HEADINGS:
        return _link(_HEADINGS[annotation])
    parts = get_args(annotation)
    return {
        Literal: lambda: ", ".join(f"`{value}`" for value in parts),
        Annotated: lambda: _type(parts[0]),
        Union: lambda: _either([part for part in parts if part is not type(None)]),
        types.UnionType: lambda: _either([part for part in parts if part is not type(None)]),
        list: lambda: f"a list: {_type(parts[0])}",
        tuple: lambda: f"a list: {_type(parts[0])}",
        dict: lambda: f"a mapping to {_type(parts[1])}",
    }.get(get_origin(annotation), lambda: _link(_HEADINGS[Comparison]))()


def _either(parts: list[Any]) -> str:
    if {Comparison, All, AnyOf} <= {get_args(part)[0] if get_origin(part) is Annotated else part for part in parts}:
        return _link(_HEADINGS[Comparison])
    return " or ".join(dict.fromkeys(map(_type, parts)))


def _link(heading: str) -> str:
    return f"[{heading}](#{heading.lower().replace(' ', '-')})"


def _kept(sql: str) -> str:
    return f"`{sql.split(' ', maxsplit=1)[0]}`"


def _joined(text: str) -> str:
    return " ".join(text.split())


def _inline(value: Any) -> str:
    """YAML on one line; decimals as they are written."""
    plain = float(value) if isinstance(value, Decimal) else value
    text: str = yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    return text.removesuffix("...\n").strip()
