"""Vietnamese as it was typed before Unicode: the fonts draw other signs as Vietnamese letters.

TCVN 5712:1993 VN3 (fonts `.Vn…`) has one sign a letter, and no capitals with tones: those are the small letters of the
sister font whose name ends with H. VNI (fonts `VNI…`) puts a sign for the tone, and the vowel's mark, after the letter.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

_TONES = ("", "\N{COMBINING GRAVE ACCENT}", "\N{COMBINING HOOK ABOVE}", "\N{COMBINING TILDE}", "\N{COMBINING ACUTE ACCENT}",
          "\N{COMBINING DOT BELOW}")
# Each vowel without a tone, then with the six of _TONES without the first.
_TCVN3_VOWELS = {
    **{"a": "aµ¶·¸¹", "ă": "¨»¼½¾Æ", "â": "©ÇÈÉÊË", "e": "eÌÎÏÐÑ", "ê": "ªÒÓÔÕÖ", "i": "i×ØÜÝÞ"},
    **{"o": "oßáâãä", "ô": "«åæçèé", "ơ": "¬êëìíî", "u": "uïñòóô", "ư": "\xadõö÷øù", "y": "yúûüýþ"},
}
_TCVN3_CAPITALS = {"Ă": "¡", "Â": "¢", "Ê": "£", "Ô": "¤", "Ơ": "¥", "Ư": "¦", "Đ": "§"}
_TCVN3 = {
    **{
        unicodedata.normalize("NFC", vowel + tone): sign
        for vowel, signs in _TCVN3_VOWELS.items()
        for tone, sign in zip(_TONES, signs, strict=True)
    },
    **_TCVN3_CAPITALS,
    "đ": "®",
}
_VNI_VOWELS = {
    **{"a": ["a", "aø", "aû", "aõ", "aù", "aï"], "ă": ["aê", "aè", "aú", "aü", "aé", "aë"], "â": ["aâ", "aà", "aå", "aã", "aá", "aä"]},
    **{"e": ["e", "eø", "eû", "eõ", "eù", "eï"], "ê": ["eâ", "eà", "eå", "eã", "eá", "eä"], "i": ["i", "ì", "æ", "ó", "í", "ò"]},
    **{"o": ["o", "oø", "oû", "oõ", "où", "oï"], "ô": ["oâ", "oà", "oå", "oã", "oá", "oä"], "ơ": ["ô", "ôø", "ôû", "ôõ", "ôù", "ôï"]},
    **{"u": ["u", "uø", "uû", "uõ", "uù", "uï"], "ư": ["ö", "öø", "öû", "öõ", "öù", "öï"], "y": ["y", "yø", "yû", "yõ", "yù", "î"]},
}
_VNI_SMALL = {
    unicodedata.normalize("NFC", vowel + tone): signs
    for vowel, those in _VNI_VOWELS.items()
    for tone, signs in zip(_TONES, those, strict=True)
} | {"đ": "ñ"}
_VNI = _VNI_SMALL | {letter.upper(): signs.upper() for letter, signs in _VNI_SMALL.items()}


class Piece(NamedTuple):
    """Signs that are drawn in one font."""

    text: str
    font: str


def typed(text: str, font: str) -> list[Piece]:
    """What a typist types to see `text` in the font; as it is, in a font of Unicode."""
    if font.startswith("VNI"):
        return [Piece("".join(_VNI.get(letter, letter) for letter in text), font)]
    if not font.startswith(".Vn"):
        return [Piece(text, font)]
    if text == text.upper() != text.lower():
        return [Piece("".join(_TCVN3.get(letter, letter) for letter in text.lower()), f"{font}H")]
    return list(_tcvn3(text, font))


def _tcvn3(text: str, font: str) -> Iterator[Piece]:
    """Pieces of mixed letters: capitals with tones are drawn in the sister font."""
    for name, run in groupby((_tcvn3_sign(letter, font) for letter in text), key=lambda sign: sign.font):
        yield Piece("".join(sign.text for sign in run), name)


def _tcvn3_sign(letter: str, font: str) -> Piece:
    small = _TCVN3.get(letter.lower())
    if letter in _TCVN3 or letter.isascii() or small is None:
        return Piece(_TCVN3.get(letter, letter), font)
    return Piece(small, f"{font}H")
