"""A contract against the JSON schema of the Open Data Contract Standard, in words: what other tools of the standard would refuse."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

Found = tuple[str, str]
"""Place in the contract, message."""


def faults_of_schema(document: Mapping[str, Any]) -> Iterator[Found]:
    """What the schema finds wrong, each place once."""
    said: set[str] = set()
    errors = sorted(_validator().iter_errors(document), key=lambda error: [str(part) for part in error.absolute_path])
    spoilt = [list(error.absolute_path) for error in errors if error.validator != "unevaluatedProperties"]
    for error in errors:
        path = list(error.absolute_path)
        if error.validator == "unevaluatedProperties" and any(other[: len(path)] == path for other in spoilt):
            continue  # what fails within leaves its neighbours unevaluated
        for place, message in _in_words(error, document):
            if place not in said:
                said.add(place)
                yield place, message


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema import Draft201909Validator

    return Draft201909Validator(json.loads((files("open_data_contract_standard") / "schema.json").read_text("utf-8")))


def _in_words(error: Any, document: Mapping[str, Any]) -> Iterator[Found]:
    place, kind, value = _place(error.absolute_path, document), error.validator, error.validator_value
    if kind in ("additionalProperties", "unevaluatedProperties"):
        known = set(error.schema.get("properties", {}))
        for word in _unexpected(error):
            if word not in known:
                yield _within(place, word), "is no word of the Open Data Contract Standard here; leave it out, or mend its spelling"
    elif kind == "required":
        yield from ((_within(place, word), "is missing") for word in value if word not in error.instance)
    elif kind == "type":
        yield place, f"must be {_article(value)}, not {_shown(error.instance)}"
    elif kind == "enum":
        yield place, f"must be one of {', '.join(map(str, value))}, not {_shown(error.instance)}"
    elif kind in ("pattern", "format"):
        yield place, f"{_shown(error.instance)} doesn't have the form {value}"
    else:
        yield place, f"{_shown(error.instance)} is not what the Open Data Contract Standard allows here ({kind})"


def _unexpected(error: Any) -> list[str]:
    """Keys that the schema doesn't have; the library names them in its message alone."""
    return [word for word in error.instance if repr(word) in error.message] if isinstance(error.instance, dict) else []


def _place(path: Sequence[str | int], document: Mapping[str, Any]) -> str:
    """As other faults name it: a column by its name."""
    parts = list(path)
    if parts[:1] == ["schema"] and len(parts) >= 4 and parts[2] == "properties":
        column = document["schema"][parts[1]]["properties"][parts[3]]
        named = isinstance(column, dict) and isinstance(column.get("name"), str)
        parts = [column["name"] if named else f"schema.properties[{parts[3]}]", *parts[4:]]
    place = ""
    for part in parts:
        place = f"{place}[{part}]" if isinstance(part, int) else _within(place, part)
    return place


def _within(place: str, word: str) -> str:
    return f"{place}.{word}" if place else word


def _article(kinds: str | list[str]) -> str:
    names = {"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list",
             "object": "a mapping of keys to values", "null": "nothing"}  # fmt: skip
    return " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
