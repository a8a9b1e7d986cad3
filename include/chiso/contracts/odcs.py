"""From a YAML file (Open Data Contract Standard v3.2) to a contract, and from what is wrong in it to plain words."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from chiso.contracts.model import Column, ColumnTerms, Contract, Terms
from chiso.contracts.readings import ReadingName
from chiso.contracts.references import faults_within
from chiso.system.errors import ContractError, Fault

_DEFAULT_READING: Mapping[str, ReadingName] = {
    "string": "text",
    "integer": "count",
    "number": "number",
    "boolean": "flag",
    "timestamp": "timestamp",
    "date": "date",
}
_NEEDED = ("apiVersion", "kind", "id", "name", "version", "status", "schema", "customProperties")
_LISTED = re.compile(r"\.(\d+)(?=\.|$)")


def read_contract(path: Path, checkout: Path) -> Contract:
    """The contract in a file, checked. Raises ContractError with every fault that is found, each with its place."""
    name = str(path.relative_to(checkout)) if path.is_relative_to(checkout) else str(path)
    document = read_yaml(path, name)
    try:
        contract = _contract(document, path)
    except ValidationError as fault:
        raise ContractError(*(Fault(name, place, message) for place, message in in_words(fault))) from fault
    except _MissingError as fault:
        raise ContractError(Fault(name, fault.place, fault.message)) from fault
    if found := [Fault(name, place, message) for place, message in faults_within(contract)]:
        raise ContractError(*found)
    return contract


def read_yaml(path: Path, name: str) -> dict[str, Any]:
    """The document in a file of YAML. Raises ContractError, with the line, where it is none."""
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ContractError(
            Fault(name, place, f"this is not well-formed YAML ({fault.problem}); mend it there or just above")
        ) from fault
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as fault:
        raise ContractError(
            Fault(name, "", f"the file can't be read as YAML ({_first_line(fault)}); save it as UTF-8 text")
        ) from fault
    if not isinstance(document, dict):
        raise ContractError(
            Fault(name, "", "the file holds no mapping of keys to values; begin from another source's file")
        )
    return document


class _MissingError(Exception):
    """A part of the document is missing or of another shape."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


def _contract(document: Mapping[str, Any], path: Path) -> Contract:
    for key in _NEEDED:
        if key not in document:
            raise _MissingError(key, "is missing; every contract needs it")
    table = _first(document["schema"])
    return Contract(
        source=str(document["id"]).replace("-", "/", 1),
        version=str(document["version"]),
        title_vi=str(document["name"]),
        description=str(_mapping(document.get("description", {}), "description").get("purpose", "")),
        columns=[_column(field, number) for number, field in enumerate(_properties(table))],
        terms=_terms(document),
        path=path,
    )


def _first(schema: object) -> Mapping[str, Any]:
    if not isinstance(schema, list) or len(schema) != 1 or not isinstance(schema[0], dict):
        raise _MissingError("schema", "must be a list of exactly one table")
    return schema[0]


def _properties(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    fields = table.get("properties")
    if not isinstance(fields, list) or not fields:
        raise _MissingError("schema.properties", "must list the columns")
    return [_mapping(field, f"schema.properties[{number}]") for number, field in enumerate(fields)]


def _terms(document: Mapping[str, Any]) -> Terms:
    given = _custom(document, "customProperties")
    for key in ("owner", "transport", "delivery"):
        if key not in given:
            raise _MissingError("customProperties", f"the property `{key}` is missing")
    return Terms.model_validate(given)


def _column(field: Mapping[str, Any], number: int) -> Column:
    place = f"schema.properties[{number}]"
    for key in ("name", "businessName", "logicalType"):
        if key not in field:
            raise _MissingError(f"{place} ({field.get('name', 'no name')})", f"`{key}` is missing")
    if field["logicalType"] not in _DEFAULT_READING:
        raise _MissingError(f"{field['name']}.logicalType", f"must be one of {', '.join(_DEFAULT_READING)}")
    terms = ColumnTerms.model_validate(_custom(field, f"{field['name']}.customProperties"))
    options = _mapping(field.get("logicalTypeOptions", {}), f"{field['name']}.logicalTypeOptions")
    listed = _listed(field)
    by_type: ReadingName = (
        "choice" if listed and field["logicalType"] == "string" else _DEFAULT_READING[field["logicalType"]]
    )
    aliases = [str(field["businessName"]), *(str(item["synonym"]) for item in field.get("synonyms", []))]
    return Column(
        name=field["name"],
        printed=str(field["businessName"]),
        reading=terms.reading or by_type,
        header=terms.header or [aliases],
        required=field.get("required", False),
        key=field.get("primaryKey", False),
        personal=field.get("classification") == "personal",
        format=options.get("format"),
        pattern=options.get("pattern"),
        minimum=_decimal(options.get("minimum")),
        maximum=_decimal(options.get("maximum")),
        enum=[item["value"] for item in listed],
        labels={str(item["value"]): str(item["label"]) for item in listed if item.get("label")},
        terms=terms,
    )


def _listed(field: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = field.get("enum", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) and "value" in item for item in listed):
        raise _MissingError(f"{field['name']}.enum", "must be a list of `{value: …}`")
    return listed


def _decimal(value: object) -> object:
    """YAML's floats by what is written, not by what they are in binary."""
    return str(value) if isinstance(value, float) else value


def _custom(element: Mapping[str, Any], place: str) -> dict[str, Any]:
    given = element.get("customProperties", [])
    if not isinstance(given, list) or not all(
        isinstance(item, dict) and {"property", "value"} <= set(item) for item in given
    ):
        raise _MissingError(place, "must be a list of `{property: …, value: …}`")
    names = [item["property"] for item in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _MissingError(place, f"`{', '.join(twice)}` is stated twice")
    return {item["property"]: item["value"] for item in given}


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _MissingError(place, "must be a mapping of keys to values")
    return value


# --- What is wrong, in words ---


def in_words(
    fault: ValidationError, unknown: str = "is no word of a contract; docs/contracts.md lists them"
) -> Iterator[tuple[str, str]]:
    """Place and message of each error that the models found. unknown: what is said of a word that they don't have."""
    for error in fault.errors(include_url=False):
        parts = [
            part
            for part in map(str, error["loc"])
            if part not in ("comparison", "all", "any", "list[str]", "str", "constrained-str") and part[:1] != "<"
        ]
        place = _LISTED.sub(r"[\1]", ".".join(parts))
        yield place, unknown if error["type"] == "extra_forbidden" else _message(error["type"], error)


def _message(kind: str, error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        return f"must be one of {context.get('expected')}, not {error['input']!r}"
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    said = str(error["msg"])
    return f"{said[:1].lower()}{said[1:]}, not {_shown(error['input'])}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _first_line(fault: BaseException) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0]


@lru_cache(maxsize=256)
def cached_contract(path: Path, checkout: Path, modified_ns: int) -> Contract:
    """The contract in a file that was last modified then; read once."""
    del modified_ns
    return read_contract(path, checkout)
