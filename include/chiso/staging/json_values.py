"""JSON values as the texts that casts read.

Types stay apart: the strings of a delivery are read as Vietnamese offices write (`"1.014"` counts 1 014), its numbers are
what they say. So a number is handed on in the one way that Vietnamese reading takes exactly: whole ones as digits
(`5.0` and `5e0` → `5`), others with a comma (`37.125` → `37,125`). Where a column holds words, a number is a code and
stays as it was written. What is no value of its column is a fault, by the name of its rule.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pyarrow as pa

from chiso.contracts import Reading
from chiso.province.text import nfc
from chiso.staging.words import normal_words

_MOST_PLACES = 40
"""A number with more places before or after the point is left as it is written, which no cast takes."""
_UNENCODABLE = re.compile("[\0\ud800-\udfff]")
"""What PostgreSQL can't hold; the casts reject what stands for it."""
_NOT_PLAIN = "[\\x00\u0300-\u036f]"
"""Signs that need more than Unicode's own normal form."""


class Differing(str):
    """Names of fields of a record that mean one column and don't say the same."""


def faults(values: list[Any], reading: Reading) -> Iterator[tuple[int, str, str | None]]:
    """Place of each value that is none of a column with this reading by its type alone, the rule it breaks, and its text."""
    if set(map(type, values)) <= {str, int, type(None)}:
        return
    for place, value in enumerate(values):
        if rule := _fault(value, reading):
            yield place, rule, _shown(value)


def _fault(value: Any, reading: Reading) -> str | None:
    if isinstance(value, Differing):
        return "fields_differ"
    if isinstance(value, dict | list):
        return "value_nested"
    if isinstance(value, float):
        return "value_nan"
    if isinstance(value, bool):
        return None if reading.kind == "mark" else "value_boolean"
    if isinstance(value, Decimal) and reading.name == "count" and value != value.to_integral_value():
        return "number_not_whole"
    return None


def _shown(value: Any) -> str | None:
    """The value as it was written; None where that is no single value."""
    if isinstance(value, dict | list):
        return None
    return encodable(str(value)) if isinstance(value, str | Decimal) else json.dumps(value)


def agreed(said: dict[str, Any]) -> Any:
    """The one value of several fields that mean one column."""
    values = list(said.values())
    differ = any(type(value) is not type(values[0]) or value != values[0] for value in values[1:])
    return Differing(", ".join(said)) if differ else next(iter(values), None)


def texts(values: list[Any], reading: Reading) -> pa.Array:
    """Values without a fault as texts in normal form, null as null, true and false as these words."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        with suppress(UnicodeEncodeError):
            words = normal_words(pa.array(values, pa.string()), _NOT_PLAIN)
            if words is not None:
                return words.dictionary_decode()
    if kinds in ({bool}, {int}):
        return pa.array(values).cast(pa.string())
    return pa.array([_text(value, reading) for value in values], pa.string())


def encodable(text: str) -> str:
    """The text, with U+FFFD for what PostgreSQL can't hold."""
    return _UNENCODABLE.sub("\ufffd", text)


def _text(value: Any, reading: Reading) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return _number(value, reading)
    return None if value is None else nfc(encodable(str(value)))


def _number(number: Decimal, reading: Reading) -> str:
    written = str(number)
    if written.isdigit() or abs(number.adjusted()) > _MOST_PLACES or len(written) > 2 * _MOST_PLACES:
        return written
    if reading.kind in ("word", "time"):
        return f"{number:f}"
    if not reading.is_decimal and number == (whole := number.to_integral_value()):
        return f"{whole:f}"
    return f"{number:f}".replace(".", ",")
