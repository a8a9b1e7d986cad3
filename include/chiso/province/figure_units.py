"""Units in which figures are printed: a scale (`triệu`, `nghìn tỷ`) and what is counted (`đồng`, `người`).

A unit stands in a contract, in a column's header, or behind the number in a cell; it is read the same way everywhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from chiso.province.text import fold, nfc

_SCALES = {
    "nghìn": 3,
    "ngàn": 3,
    "nghin": 3,
    "ngan": 3,
    "triệu": 6,
    "trieu": 6,
    "tr": 6,
    "tỷ": 9,
    "tỉ": 9,
    "ty": 9,
    "ti": 9,
}
"""Words of scale, with accents or wholly without."""
_ACCENTED = frozenset({"nghìn", "ngàn", "triệu", "tỷ", "tỉ"})
"""Those that mean a scale wherever they stand: `ty` may be a company."""
_IN_WORDS = {1: "nghìn ", 2: "triệu ", 3: "tỷ "}
"""How many times `000` → the word: `1.000 đồng` is a unit too."""
_DONG = frozenset({"đồng", "dong", "đ", "d", "vnđ", "vnd"})
DONG = "đồng"
_CURRENCIES = _DONG | {"usd", "eur"}
_NO_SCALE_BEFORE = frozenset({"le", "trong", "so", "suat", "gia", "phan"})
"""Words (folded) that follow `tỷ` where it is no scale: `tỷ lệ`, `tỷ trọng`."""
_WORD = re.compile(r"[^\W\d_]+|%")
_JOINED = re.compile(r"\b(tr|tỷ|tỉ|triệu|nghìn|ngàn)(?=(?:đ|đồng)\b)")
_THOUSANDS = re.compile(r"(?<![\w.,])1((?:[.,]?000){1,3})(?![\d.,])")
_BRACKETED = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


@dataclass(frozen=True)
class FigureUnit:
    """scale: power of ten, None where nothing is said of it. word: what is counted, None where nothing is said."""

    scale: int | None = None
    word: str | None = None

    @property
    def power(self) -> int:
        """The scale, 0 where nothing is said of it."""
        return self.scale or 0

    @property
    def is_percent(self) -> bool:
        """Whether figures are percentages."""
        return self.word == "%"

    def takes(self, said: "FigureUnit") -> bool:
        """Whether a cell of a column in this unit may say `said`; where nothing is said of the column, money is in đồng."""
        if said.word is None:
            return not self.is_percent
        return said.word == (self.word or DONG)

    def power_in(self, said: "FigureUnit") -> int:
        """Power of ten from what a cell says to this unit: `tỷ` in a column of `triệu đồng` → 3."""
        return said.power - self.power


UNSTATED = FigureUnit()


@lru_cache(maxsize=4096)
def figure_unit(text: str) -> FigureUnit:
    """The unit that a phrase is: `nghìn tỷ đồng` → 12, đồng; `tr.đ` → 6, đồng; `%` → 0, %; `hộ` → 0, ho."""
    return _unit_of(_words(text))


@lru_cache(maxsize=4096)
def header_unit(text: str) -> FigureUnit:
    """The unit that a header states, in brackets (`GRDP (tỷ đồng)`, `Dân số (nghìn người)`, `Tỷ trọng (%)`), alone or at its end."""
    for part in [*_BRACKETED.findall(text), text]:
        words = _words(part)
        if _is_scaled(words) or (len(words) == 1 and words[0] in _CURRENCIES | {"%"}):
            return _unit_of(words)
    words = _words(text)
    for place in range(len(words)):
        count = _scales_at(words, place)
        after = words[place + count : place + count + 1]
        if count and (after[0] in _CURRENCIES if after else words[place] in _ACCENTED):
            return _unit_of([*words[place : place + count], *after])
    return UNSTATED


def scale_of(text: str) -> int | None:
    """Power of ten that a header states: `(triệu đồng)` → 6, `tỷ đồng` → 9, `(đồng)` → 0; None without."""
    unit = header_unit(text)
    return None if unit.is_percent else unit.scale


def _words(text: str) -> list[str]:
    lower = _THOUSANDS.sub(lambda found: _IN_WORDS[found[1].count("000")], nfc(text).lower())
    return _WORD.findall(_JOINED.sub(r"\1 ", lower))


def _scales_at(words: Sequence[str], place: int) -> int:
    """How many words of scale stand together there."""
    count = 0
    while place + count < len(words) and words[place + count] in _SCALES:
        count += 1
    return count


def _is_scaled(words: Sequence[str]) -> bool:
    count = _scales_at(words, 0)
    return bool(count) and not (words[count:] and fold(words[count]) in _NO_SCALE_BEFORE)


def _unit_of(words: Sequence[str]) -> FigureUnit:
    count = _scales_at(words, 0)
    counted = words[count:]
    scale = sum(_SCALES[word] for word in words[:count])
    if not counted:
        return FigureUnit(scale if count else None)
    if len(counted) == 1 and counted[0] in _DONG:
        return FigureUnit(scale, DONG)
    return FigureUnit(scale, counted[0] if len(counted) == 1 and counted[0] == "%" else fold(" ".join(counted)))
