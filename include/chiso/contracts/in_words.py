"""What the models find wrong in a document, in plain words with its place."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from chiso.contracts.words import Words

_LISTED = re.compile(r"\.(\d+)(?=\.|$)")
_BRANCH = re.compile(r"(?:literal|list|tuple|dict|constrained|lax|function|tagged|union)\b.*|str|int|bool|decimal|date|comparison|all|any|<.*")
"""Parts of a place that only say which of several types was tried."""
_TYPES = {
    "string_type": "a text; put it in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
}


def in_words(fault: ValidationError, unknown: str | None = None) -> Iterator[tuple[str, str]]:
    """Place and message of each error that the models found. unknown: what is said of a word that they don't have."""
    found: dict[str, str] = {}
    for error in fault.errors(include_url=False):
        parts = [str(part) for part in error["loc"]]
        place = _LISTED.sub(r"[\1]", ".".join(part for part in parts if not _BRANCH.fullmatch(part)))
        if error["type"] == "extra_forbidden":
            said = unknown or f"is no word of a contract{meant(parts[-1], _words())}; docs/contracts.md lists them"
        else:
            said = _message(error)
        found.setdefault(place, said)
    for place, said in found.items():
        if not any(other.startswith((f"{place}.", f"{place}[")) for other in found):
            yield place, said


def meant(word: str, known: Collection[str]) -> str:
    """` (did you mean …?)`; "" where nothing known is like the word."""
    near = difflib.get_close_matches(word, known, 1, cutoff=0.75)
    return f" (did you mean `{near[0]}`?)" if near else ""


def _words() -> set[str]:
    """Every word that a contract may use."""
    return {name for kind in Words.__subclasses__() for name in kind.model_fields}


def _message(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        return f"must be one of {context.get('expected')}, not {_shown(error['input'])}"
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind in _TYPES:
        return f"must be {_TYPES[kind]}, not {_shown(error['input'])}"
    said = str(error["msg"])
    return f"{said[:1].lower()}{said[1:]}, not {_shown(error['input'])}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
