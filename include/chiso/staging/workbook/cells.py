"""A cell's value as the text that a Vietnamese spreadsheet program would show, with full precision."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from chiso.province.text import nfc

_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


def cell_text(value: object, number_format: str = "General") -> str | None:
    """`value` as text; None for a blank.

    2447.0 → `2447`, 1.014 → `1,014`, 0.4501 with a percent format → `45,01%`, times `dd/mm/yyyy HH:MM:SS`
    (the day alone at midnight), booleans `TRUE` and `FALSE`. Texts are NFC and trimmed.
    """
    if value is None or isinstance(value, str):
        return clean(value or "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 and "%" not in number_format:
        return str(int(value))
    if isinstance(value, int | float | Decimal):
        return _number(value, is_percent(number_format))
    return _moment(value)


def clean(text: str) -> str | None:
    """NFC, without invisible signs and outer blanks; None if nothing is left."""
    return nfc(_INVISIBLE.sub("", text)).strip() or None


def is_percent(number_format: str) -> bool:
    """Whether the format shows a hundredfold value with a percent sign."""
    return "%" in number_format and "%" in _LITERALS.sub("", number_format)


def a1(row: int, column: int) -> str:
    """`C24` for row 23, column 2, both counted from 0."""
    return f"{letters(column)}{row + 1}"


def letters(column: int) -> str:
    """`A` for 0, `AA` for 26."""
    name = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(65 + digit) + name
    return name


def _number(value: float | Decimal, percent: bool) -> str:
    exact = Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        return "#NUM!"
    shown = exact.scaleb(2) if percent else exact
    digits = f"{shown:f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".").replace(".", ",")
    return f"{'0' if digits == '-0' else digits}{'%' if percent else ''}"


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y}" if value.time() == time(0) else f"{value:%d/%m/%Y %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return f"{value:%H:%M:%S}" if isinstance(value, time) else str(value)
