"""Vietnamese text: one form, keys to match by, legacy fonts, personal numbers.

Keys are for comparing only; what is kept and shown stays as it was written (NFC).
"""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viparse.normalize.tables import Charmap

_COMBINING = re.compile("[\u0300-\u036f]")
_TONE_FIRST = re.compile("([\u0300\u0301\u0303\u0309\u0323]+)([\u0302\u0306\u031b]+)")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LOOKALIKES = str.maketrans("ÐðƉɖƢƣ", "ĐđĐđƯư")
_NOT_WORD = re.compile(r"[\W_]+")


def nfc(text: str) -> str:
    """`text` in NFC; a tone that was typed before the vowel's own mark (e + ́ + ̂) joins too."""
    composed = unicodedata.normalize("NFC", text)
    if not _COMBINING.search(composed):
        return composed
    return unicodedata.normalize("NFC", _TONE_FIRST.sub(r"\2\1", unicodedata.normalize("NFD", composed)))


def with_own_letters(text: str) -> str:
    """`text` with Đ and ư where another alphabet's letter of the same looks was typed (Ðơn vị, Phƣờng)."""
    return text.translate(_LOOKALIKES)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    r"""Match key of a name or heading: lower case, no accents, no bracketed part, words one space apart.

    `Đắk Tô`, `ĐĂK TÔ` and `dak to` → `dak to`; `Hộ có\ncáp quang (hộ)` → `ho co cap quang`;
    `Ia H' Drai` → `ia h drai`; `Ðơn vị` with an Icelandic letter → `don vi`. A text of brackets only gives "".
    """
    bare = with_own_letters(_INVISIBLE.sub("", nfc(text)).lower())
    while (shorter := _BRACKETED.sub(" ", bare)) != bare:
        bare = shorter
    letters = unicodedata.normalize("NFD", bare.replace("đ", "d"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", plain).strip()


def header_key(text: str) -> str:
    """`fold` without spaces: `MaHoSo`, `MA_HO_SO`, `Mã hồ sơ` → `mahoso`; broken lines and hyphens vanish."""
    return fold(text).replace(" ", "")


def _with_capitals(entries: dict[str, str]) -> dict[str, str]:
    """Adds what typists write at the start of a word: a capital base with the mark of the small letter."""
    mixed = {source[0].upper() + source[1:]: target.upper()
             for source, target in entries.items() if len(source) > 1 and source[0].islower()}
    return mixed | entries


_UNICODE_VIETNAMESE = re.compile("[ăđĩũơưĂĐĨŨƠƯ\u1ea0-\u1ef9]")


@lru_cache(maxsize=1)
def _charmaps() -> "tuple[Charmap, Charmap]":
    """Of TCVN3 and of VNI; loaded where a legacy font occurs. The library lacks ẳ and the one-letter ỵ of VNI."""
    from viparse.normalize.tables import build_charmap
    from viparse.normalize.tcvn3 import TCVN3
    from viparse.normalize.vni import VNI

    pairs = dict(VNI.pairs) | {"aú": "ẳ", "AÚ": "Ẳ", "î": "ỵ", "Î": "Ỵ"}
    return TCVN3, build_charmap("vni", _with_capitals(pairs).items())


def legacy_to_unicode(text: str, font_name: str | None) -> str:
    """`text` as it looks in its font: TCVN3 for `.Vn…`, VNI for `VNI…`, unchanged for any other.

    `.VnTimeH` and its sisters draw every letter as a capital, so their text becomes upper case. Text that
    already holds Vietnamese Unicode letters was typed in Unicode whatever the font, and stays.
    """
    font = (font_name or "").strip()
    family = font.lower()
    if not family.startswith((".vn", "vni")) or _UNICODE_VIETNAMESE.search(text):
        return text
    from viparse.normalize.tables import convert

    tcvn3, vni = _charmaps()
    if family.startswith("vni"):
        return nfc(convert(text, vni))
    unicode_text = nfc(convert(text, tcvn3))
    return unicode_text.upper() if font.endswith("H") else unicode_text


_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"                               # e-mail address
    r"|(?<!\d)0\d{2}(?: \d{3}){3}(?!\d)"                          # 12-digit identity number in groups
    r"|(?<!\d)(?:\d{11,12}|\d{9})(?!\d)"                          # identity number, old or new; as a number it loses its zero
    r"|(?<![\d.])(?:\+ ?84[ .-]?|0)\d{2,3}[ .-]?\d{3}[ .-]?\d{3,4}(?![\d.]*\d)"  # telephone
)


def mask_personal(value: str) -> str:
    """`value` with identity numbers, telephones and e-mail addresses starred up to the last three signs."""
    return _PERSONAL.sub(lambda found: "*" * (len(found.group()) - 3) + found.group()[-3:], value)


_ADDRESS = re.compile(
    r"(?<![^\W_])(?<!\.)(?:\d{1,3}\.){3}\d{1,3}(?![^\W_])(?!\.\d)"                                  # IPv4
    r"|(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?:\.\d{1,3})*(?![\w:])"                # IPv6, or MAC with colons
    r"|(?<![\w:])(?=:*[0-9A-Fa-f])(?:[0-9A-Fa-f]{1,4}:)*(?:[0-9A-Fa-f]{0,4}::)[0-9A-Fa-f:]{0,29}(?:\.\d{1,3})*(?!\w)"  # IPv6 with zeros left out
    r"|(?<![\w-])(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}(?![\w-])"                                     # MAC
)


def has_address(value: str) -> bool:
    """Whether an address of a machine (IPv4, IPv6, MAC) stands in `value`. Codes of agencies (`000.00.11.H34`) are none."""
    return _ADDRESS.search(value) is not None


def mask_addresses(value: str) -> str:
    """`value` with addresses of machines starred, as long as before."""
    return _ADDRESS.sub(lambda found: "*" * len(found.group()), value)


_CODE_LIKE = re.compile(r"[\w.,:/+%()-]*|[\d./: -]*")


def mask_words(value: str) -> str:
    """`value` down to its first letter and length, unless it is a code, a number or a time: words may be a name.

    For deliveries with personal columns, whose words may have slipped into another column.
    """
    return value if _CODE_LIKE.fullmatch(value) else f"{value[:1]}… ({len(value)})"


_FORMULA = re.compile(r"""
    [\t\r]                                  # passed over by a spreadsheet, then what follows is executed
    | =\s*\S | @\s*[A-Za-z_]
    | [+-]\s*[(@=]
    | [+-][A-Za-z_$]
    | [+-].*\|.*!                           # DDE: -2+3+cmd|' /C calc'!A0
""", re.VERBOSE | re.DOTALL)
_DASHED_WORDS = re.compile(r"[+-][^\W\d_]+(?:[ ,]+[^\W\d_]+)+\.?")


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet would execute `text`. Negative numbers, `-`, dashed lists (`-Sở Y tế`) no."""
    start = text.lstrip(" ")
    return bool(_FORMULA.match(start)) and not _DASHED_WORDS.fullmatch(start)
