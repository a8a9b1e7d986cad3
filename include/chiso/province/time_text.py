"""One spelling for words of time: a text in small letters without accents, in which a word of time stands for itself only.

`Tháng`, `THÁNG` and `thang` become `thang`, `quí` and `Qúy` become `quy`; words that only look alike without their
accents (quỹ, tạm, ký) are in capitals, so that no pattern of time takes them for it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property

from chiso.province.text import nfc

_SPELLINGS = {
    "thang": "tháng", "quy": "quý quí qúy qúi", "nam": "năm", "tuan": "tuần", "ngay": "ngày", "ky": "kỳ kì", "dot": "đợt",
    "nua": "nửa", "dau": "đầu", "cuoi": "cuối", "giua": "giữa", "tu": "từ", "den": "đến", "mot": "một", "hai": "hai",
    "ba": "ba", "bon": "bốn tư", "sau": "sáu", "bay": "bảy bẩy", "tam": "tám", "chin": "chín", "muoi": "mười",
    "gieng": "giêng", "chap": "chạp", "so": "số so",
}  # fmt: skip
_MEANT = {spelling: word for word, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_UNACCENTED = {word: word for word in _SPELLINGS} | {"qui": "quy", "ki": "ky"}
_ALSO_OTHERS = {"nam", "tu", "sau", "tam", "ky", "chap", "ki"}
"""Without accents these are ordinary words, too: `Việt Nam`, `tu sửa`, `sau khi`."""

_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_DASH = re.compile("[\u2010-\u2015\u2212]|->|→")
_FILLER = re.compile(r"\.{2,}|[_\"'“”‘’«»*]")
_GLUED = re.compile(
    r"(?<=\d)(?=(?:nam|thang|quy)(?![^\W\d_]))|(?:(?<=thang)|(?<=quy))(?=[ivx]+\b)"
    r"|(?<=[^\W_])(?=(?:năm|tháng|quý|quí)(?![^\W\d_]))|(?:(?<=tháng)|(?<=quý)|(?<=quí))(?=[^\W\d_])",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W\d_]+|.")
_NUMBER_FOLLOWS = re.compile(r"[\s:.(]*\d")
_ROMAN = re.compile("[ivx]+")


def clean(line: str) -> str:
    """One line as it would be typed with care: full-width signs, dashes, dotted blanks, quotes and spaces made plain."""
    # A superscript is no digit of the number before it.
    signs = (sign if unicodedata.category(sign) == "No" else unicodedata.normalize("NFKC", sign) for sign in line)
    plain = _DASH.sub("-", _INVISIBLE.sub("", nfc("".join(signs))))
    return re.sub(r"\s+", " ", _GLUED.sub(" ", _FILLER.sub(" ", plain))).strip()


_MOST_SHOWN = 80


class TimeText:
    """Cleaned lines in one spelling, joined by line breaks; every sign of `spelled` has its place in the lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        """lines: as `clean` makes them."""
        self._lines = lines
        pairs = [pair for line in lines for pair in (*_spelled(line), ("\n", "\n"))][:-1]
        self.spelled = "".join(spelled for spelled, _ in pairs)
        self._pairs = pairs

    @cached_property
    def _places(self) -> list[int]:
        places, start = [], 0
        for spelled, written in self._pairs:
            places += [start + min(offset, len(written) - 1) for offset in range(len(spelled))]
            start += len(written)
        return [*places, start]

    @cached_property
    def _written(self) -> str:
        return "\n".join(self._lines)

    def words(self, start: int, end: int) -> str:
        """What the lines say between two places of `spelled`, in their own spelling."""
        words = self._written[self._places[start] : self._places[end]].replace("\n", " ").strip(" ,;:.-(/")
        return words if len(words) <= _MOST_SHOWN else f"{words[:_MOST_SHOWN]}…"


def _spelled(line: str) -> Iterator[tuple[str, str]]:
    """The words and signs of a line in the one spelling, each with how it is written."""
    accented = any(ord(sign) > 127 and sign.isalpha() for sign in line)
    for token in _TOKEN.finditer(line):
        written = token[0].lower()
        yield _MEANT.get(written) or _unaccented(written, line, token.end(), accented=accented), token[0]


def _unaccented(word: str, line: str, end: int, *, accented: bool) -> str:
    """A word without accents; in capitals where it only looks like one of time, or like a Roman number."""
    letters = unicodedata.normalize("NFD", word.replace("đ", "d"))
    folded = "".join(sign for sign in letters if not unicodedata.combining(sign))
    if folded not in _UNACCENTED:
        return folded if folded == word or not _ROMAN.fullmatch(folded) else folded.upper()
    meant = folded == word and (
        not accented or folded not in _ALSO_OTHERS or (folded == "nam" and _NUMBER_FOLLOWS.match(line, end))
    )
    return _UNACCENTED[folded] if meant else folded.upper()
