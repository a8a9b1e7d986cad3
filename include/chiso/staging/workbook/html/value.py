"""Values that spreadsheet programs keep beside the text of an HTML cell: exact, where the text is rounded for the eye."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from chiso.staging.workbook.cells import cell_text
from chiso.staging.workbook.shown_units import unit_in, with_unit

_STORED = ("x:num", "sdval")
"""Of Excel, of LibreOffice."""
_FIGURE = re.compile(r"[0-9](?:[0-9.,\s]*[0-9])?(?:E[+-]?[0-9]{1,3})?", re.IGNORECASE)
_LONGEST = 40


def stored_text(cell: Any, text: str | None, rule: str | None) -> tuple[str | None, str | None]:
    """The exact value that an HTML cell keeps beside its text, as text; and the rule that the cell breaks, if any.

    `1,014` beside 1014 is 1014, `45%` beside 0.4501 is 45,01%. A value that doesn't round to the text breaks
    `cell_unclear`; dates and words are taken as they are shown.
    """
    value = next((found for name in _STORED if (found := _number(cell.get(name))) is not None), None)
    if value is None or rule:
        return text, rule
    figures = _FIGURE.findall(text or "")
    if len(figures) > 1 or (not figures and any(map(str.isalpha, text or ""))):
        return text, None
    percent = "%" in (text or "")
    if not any(_rounds_to(abs(value) * (100 if percent else 1), shown) for shown in figures or ["0"]):
        return text, "cell_unclear"
    exact = cell_text(value, "0%" if percent else "General") or ""
    return with_unit(exact, frozenset({unit_in(_FIGURE.sub(" ", text or ""))})), None


def _number(stated: str | None) -> Decimal | None:
    if not stated or len(stated) > _LONGEST:
        return None
    try:
        value = Decimal(stated)
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) < _LONGEST else None


def _rounds_to(value: Decimal, shown: str) -> bool:
    """Whether `value` is shown so, rounded, with a comma or a dot before its decimals."""
    return len(shown) <= _LONGEST and any(abs(value - read) <= step / 2 for read, step in _readings(shown))


def _readings(shown: str) -> Iterator[tuple[Decimal, Decimal]]:
    """Numbers that a figure may be, each with the step between it and the next one of as many digits."""
    digits, _, exponent = re.sub(r"\s", "", shown).upper().partition("E")
    for sign in ".,":
        whole, _, decimals = digits.rpartition(sign) if digits.count(sign) == 1 else (digits, "", "")
        scale = int(exponent or 0) - len(decimals)
        number = re.sub("[.,]", "", whole + decimals)
        yield Decimal(number).scaleb(scale), Decimal(1).scaleb(scale)
