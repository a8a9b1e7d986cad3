"""Units that a cell shows beside its number without keeping them: words of a number format, signs of currencies."""

import re
from collections.abc import Iterator
from functools import lru_cache

from chiso.province.figure_units import UNSTATED, header_unit

_PARTS = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|[_*].'
    r"|(?P<end>;)|(?P<digit>General|[0#?])|[-+.,/%@()\s]|E(?=[-+])|(?P<bare>.)",
    re.IGNORECASE | re.DOTALL,
)
_CURRENCY_SIGN = re.compile("[$₫€£¥]")


def unit_in(words: str) -> str:
    """`words`, if they are a scale or a currency; "" for others, such as `hộ`."""
    said = " ".join(words.split()).strip("-– ")
    unit = header_unit(said)
    return said if (unit != UNSTATED and not unit.is_percent) or _CURRENCY_SIGN.search(said) else ""


@lru_cache(maxsize=1024)
def units_of_format(number_format: str) -> frozenset[str]:
    """The units that a number format writes: `tỷ` of `#,##0.0" tỷ"`, `$` of `[$$-409]0`; "" where it writes none.

    More than one where its sections (of negative numbers, of large ones) differ.
    """
    return frozenset(unit_in(words) for words in _sections(number_format)) or frozenset({""})


def _sections(number_format: str) -> Iterator[str]:
    """What each section that shows digits writes beside them."""
    words, has_digits = "", False
    for part in _PARTS.finditer(f"{number_format};"):
        has_digits = has_digits or bool(part["digit"])
        words += part["quoted"] or part["escaped"] or part["currency"] or part["bare"] or (" " if part["digit"] else "")
        if part["end"]:
            if has_digits:
                yield words
            words, has_digits = "", False


def with_unit(number: str, units: frozenset[str]) -> str:
    """A number as it is read with the one unit beside it: `12,5 tỷ`."""
    [unit] = units if len(units) == 1 else [""]
    return f"{number} {unit}" if unit else number
