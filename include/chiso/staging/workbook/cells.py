"""A cell's value as the text that a Vietnamese spreadsheet program would show, with full precision."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from chiso.province.text import nfc, with_own_letters
from chiso.staging.workbook.shown_units import units_of_format, with_unit

_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200d\u2060\ufeff]")
_FIGURES = re.compile(r"[\s\d.,%+()-]*\d[\s\d.,%+()-]*")
_MARK = re.compile(r"\s*[(\[]?(?:\d{1,2}|[*†‡]+)[)\]]?\s*")
_FIGURE_MARK = r"[(\[]?(?:\d{1,2}|[a-z]|[*†‡]+)[)\]]?"
_FIGURE_MARKS = re.compile(rf"{_FIGURE_MARK}(?:[,;\s]+{_FIGURE_MARK})*", re.IGNORECASE)
_MARKED = re.compile(r"(?:\d|[^\W\d_]{3}|[)\]%]|^[-–—xX])\s*$")
"""What a raised mark may follow; after a shorter word it belongs to a unit (m2) or a formula (CO2)."""
_SEAM = "\0"
"""Stands where a piece was left out."""
_JOINED = re.compile(rf"\d{_SEAM}+\d")
_SCALED = re.compile(r"[0#?],+(?![0#?,])")
"""A comma after the last digit divides what is shown by a thousand."""
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


def cell_text(value: object, number_format: str = "General") -> str | None:
    """`value` as text; None for a blank.

    2447.0 → `2447`, 1.014 → `1,014`, 0.4501 with a percent format → `45,01%`, 12.5 with the format `0.0" tỷ"` →
    `12,5 tỷ`, times `dd/mm/yyyy HH:MM:SS` (the day alone at midnight), booleans `TRUE` and `FALSE`. Texts are NFC and trimmed.
    """
    if value is None or isinstance(value, str):
        return clean(value or "")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | Decimal):
        return with_unit(number_text(value, percent=is_percent(number_format)), units_of_format(number_format))
    return _moment(value)


def clean(text: str) -> str | None:
    """NFC in Vietnamese letters, without invisible signs and outer blanks; None if nothing is left."""
    return with_own_letters(nfc(_INVISIBLE.sub("", text))).strip() or None


class Piece(NamedTuple):
    """Text of a cell that has one look. raised: super- or subscript. struck: deleted by a line through it, or hidden."""

    text: str
    raised: bool = False
    struck: bool = False


def read_pieces(pieces: Sequence[Piece]) -> tuple[str, str | None]:
    """A cell's text as a person reads its pieces, and the rule that they break, if any.

    What is struck through is left out, and so are raised marks of footnotes: 910 with a raised 1 is 910, while m with
    a raised 2 stays m2. Figures that this would join, and raised parts of them, break `cell_in_pieces`; a cell of which
    no more than marks would be left breaks `cell_struck`.
    """
    whole = "".join(piece.text for piece in pieces)
    if not any(piece.raised or piece.struck for piece in pieces):
        return whole, None
    plain = "".join(piece.text for piece in pieces if not piece.struck and not piece.raised)
    if not plain.strip() and any(piece.struck and piece.text.strip() for piece in pieces):
        return whole, "cell_struck"
    is_figure = _FIGURES.fullmatch(plain) is not None
    if is_figure and not all(_is_mark_of_figure(piece.text, plain) for piece in pieces if piece.raised and not piece.struck):
        return whole, "cell_in_pieces"
    read = ""
    for piece in pieces:
        left_out = piece.struck or (piece.raised and (is_figure or _is_mark(piece.text, read)))
        read += _SEAM if left_out and piece.text else piece.text
    if _JOINED.search(read):
        return whole, "cell_in_pieces"
    return read.replace(_SEAM, ""), None


def _is_mark_of_figure(raised: str, figure: str) -> bool:
    """Whether a raised text points to a footnote, and is neither a part of the number (`12,⁵⁰`) nor a power (`10⁶`)."""
    mark = raised.strip()
    is_power = figure.strip() == "10" and mark.isdigit()
    return not mark or (not is_power and _FIGURE_MARKS.fullmatch(mark) is not None)


def _is_mark(raised: str, before: str) -> bool:
    return _MARK.fullmatch(raised) is not None and _MARKED.search(before) is not None


def is_percent(number_format: str) -> bool:
    """Whether the format shows a hundredfold value with a percent sign."""
    return "%" in number_format and "%" in _LITERALS.sub("", number_format)


def format_rule(number_format: str) -> str | None:
    """The rule that a number breaks whose format hides it (`;;;`), divides it by a thousand (`0,`) or has several units."""
    if ";" in number_format and not number_format.strip("; "):
        return "cell_struck"
    if any(map(_SCALED.search, _LITERALS.sub("", number_format).split(";"))):
        return "cell_scaled"
    return "cell_unclear" if len(units_of_format(number_format)) > 1 else None


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


def number_text(value: float | Decimal, *, percent: bool = False) -> str:
    """A number with full precision, a comma before its decimals."""
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
