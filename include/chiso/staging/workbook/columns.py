"""A column of a long sheet as texts: what cells.cell_text says of each value, made for many at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from chiso.province.text import legacy_to_unicode
from chiso.staging.words import normal_words
from chiso.staging.workbook.cells import cell_text

_NOT_PLAIN = "[\u0300-\u036f\u200b-\u200d\u2060\ufeff]"
"""Marks that Unicode's own normal form may leave alone, and signs that can't be seen: for the careful reading."""
_EXACT = 1e15
"""Whole numbers below are written as they are."""


class Style(NamedTuple):
    """Of a column's cells."""

    font: str = ""
    number_format: str = ""


def texts(values: Sequence[Any], style: Style) -> pa.Array:
    """The values as texts, null for blanks."""
    kinds = set(map(type, values))
    plain = _words(values, style) if kinds == {str} else _whole_numbers(values, style) if kinds == {float} else None
    if plain is not None:
        return plain
    made = (_TextsAndTruths if bool in kinds else _Texts)(style)
    return pa.array([made[value] for value in values], pa.string())


def _words(values: Sequence[str], style: Style) -> pa.Array | None:
    """None where a font or a sign needs more care than Unicode's normal form."""
    if style.font.lstrip().lower().startswith((".vn", "vni")):
        return None
    words = normal_words(pa.array(values, pa.string()), _NOT_PLAIN)
    if words is None:
        return None
    trimmed = pc.utf8_trim_whitespace(words.dictionary)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed).take(words.indices)


def _whole_numbers(values: Sequence[float], style: Style) -> pa.Array | None:
    """None where one isn't whole, or might be shown as a percentage."""
    numbers = pa.array(values, pa.float64())
    whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), _EXACT))
    if "%" in style.number_format or not pc.all(whole).as_py():
        return None
    return numbers.cast(pa.int64()).cast(pa.string())


class _Texts(dict[Any, str | None]):
    """Texts by value for one style, each made once."""

    def __init__(self, style: Style) -> None:
        super().__init__()
        self._style = style

    def __missing__(self, value: Any) -> str | None:
        text = legacy_to_unicode(value, self._style.font) if isinstance(value, str) else value
        self[value] = result = cell_text(text, self._style.number_format)
        return result


class _TextsAndTruths(_Texts):
    """The same where booleans occur, which Python takes for the numbers 0 and 1."""

    def __getitem__(self, value: Any) -> str | None:
        return cell_text(value) if isinstance(value, bool) else super().__getitem__(value)
