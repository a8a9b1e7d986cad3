"""Numbers as Vietnamese offices write them: a dot between thousands, a comma before decimals.

Every parser takes one text that isn't blank and returns the number or `Malformed`; none falls back to
`float`, since that would read `151.10` as 151.1 where 15 110 was meant. Results are exact (`int`, `Decimal`).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from chiso.province.text import fold

MAX_DIGITS = 18
"""Longest run of digits that is a number: what fits the warehouse's bigint."""


@dataclass(frozen=True)
class Malformed:
    """A text that is no number of the kind asked for.

    rule: `number_ambiguous` (two numbers fit: `1,014`), `number_negative` (a count below 0),
    `number_malformed` (digits, but separators of no known form) or `number_missing` (no digits at all).
    readings: whole numbers that may have been meant, likeliest first; never used without proof.
    """

    rule: str
    readings: tuple[int, ...] = ()


_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000\t ]+")
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212", "------")
_NOTHING = frozenset({"kps", "khong phat sinh"})

_PLAIN = re.compile(r"[0-9]+")
_VI_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_SPACE_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+")
_EN_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_COMMA_DECIMAL = re.compile(r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?:[. ][0-9]{3})+),(?P<decimals>[0-9]+)")
_EN_DECIMAL = re.compile(r"(?P<whole>[1-9][0-9]{0,2}(?:,[0-9]{3}){2,})\.(?P<decimals>[0-9]+)")
_DOT_DECIMAL = re.compile(r"(?P<whole>[0-9]+)\.(?P<decimals>[0-9]+)")
_ZERO_DOT_DECIMAL = re.compile(r"(?P<whole>0)\.(?P<decimals>[0-9]+)")

_SCALES = {"ty": 9, "ti": 9, "trieu": 6, "nghin": 3, "ngan": 3}
_CURRENCIES = frozenset({"", "dong", "vnd", "d", "usd"})
"""What follows a scale in a unit; nothing else does, as `Tỷ lệ` is no unit."""
_SCALED = re.compile(r"(?P<number>[^a-zđ]*?[0-9%]) ?(?P<scale>tỷ|tỉ|triệu|nghìn|ngàn)?"
                     r"(?: ?(?:đồng|vnđ|vnd))?")
_HEDGES = re.compile(r"(?:hơn|gần|khoảng|trên|dưới|ước|ước đạt|đạt|xấp xỉ|ít nhất|tối thiểu|tối đa|không quá"
                     r"|thứ|hạng|nhóm|tốp|top|[><=~≥≤≈])\s*(?=\S)")
_WORDS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
          "mười": 10}


def parse_count(text: str) -> int | Malformed:
    """A whole number ≥ 0: `2447`, `2.447`, `1 014`, `1,234,567`, `01`; `-` and `KPS` are 0.

    `1,014` is ambiguous (1 014 or 1.014); `12,5`, `1.5`, `151.10`, `5.9123`, anything with words malformed.
    """
    number = _clean(text)
    if _is_nothing(number):
        return 0
    whole = _whole(number)
    return whole if whole is not None else _malformed_count(number)


def parse_number(text: str, *, ratio: bool = False, unit_scale: int = 0) -> Decimal | Malformed:
    """A number, `,` before the decimals: `3,148`, `1.014,5`, `45,01%` (→ 45.01), `-0,3`; `-` and `KPS` are 0.

    ratio: the column holds percentages or scores, so that one dot is a decimal sign whatever follows (`87.5`,
    `1.014`); elsewhere a dot is one only in `0.5` and before a percent sign.
    unit_scale: power of ten of the column's own unit (6 for `triệu đồng`, see `scale_of`), in which the value
    is given: `3,148 tỷ` there is 3148.
    """
    number = _clean(text).lower()
    if _is_nothing(number):
        return Decimal(0)
    sign = -1 if number.startswith("-") else 1
    split = _split_scale(number.removeprefix("-").lstrip())
    value = _decimal(split[0], dot_is_decimal=ratio) if split else None
    if split is None or value is None:
        return _malformed(number)
    return sign * (value.scaleb(split[1] - unit_scale) if split[1] else value)


def parse_printed(text: str) -> Decimal | Malformed:
    """A figure as a document prints it; the exponent keeps the printed precision.

    `79,24%` → 79.24, `84%` → 84, `6.88 %` → 6.88, `1.014` → 1014, `gần 260.000` → 260000, `thứ 58` → 58,
    `ba` → 3, `3,148 tỷ đồng` → 3.148E+9. Ranges, ratios (`9/17`) and dates are malformed.
    """
    number = _clean(text).lower()
    while hedge := _HEDGES.match(number):
        number = number[hedge.end():]
    if number in _WORDS:
        return Decimal(_WORDS[number])
    split = _split_scale(number)
    value = _decimal(split[0], dot_is_decimal=False) if split else None
    if split is None or value is None:
        return _malformed(number)
    return value.scaleb(split[1]) if split[1] else value


def scale_of(text: str) -> int | None:
    """Power of ten that a unit states: `(triệu đồng)` → 6, `tỷ đồng` → 9, `nghìn` → 3; None without."""
    words = fold(text.replace("(", " ").replace(")", " ")).split()
    pairs = zip(words, [*words[1:], ""], strict=True)
    return next((_SCALES[word] for word, after in pairs if word in _SCALES and after in _CURRENCIES), None)


def readings(text: str) -> list[int]:
    """Whole numbers that a malformed count may have meant, likeliest first, each once.

    `151.10` → 15110, 151, 151100 …: separators misplaced, decimals, a digit too many or too few in a group.
    A caller may propose one only where it alone makes printed sums hold.
    """
    groups = re.findall(r"[0-9]+", _clean(text).translate(str.maketrans("OolI", "0011")))
    if not groups or sum(map(len, groups)) > MAX_DIGITS:
        return []
    head, tail = "".join(groups[:-1]), groups[-1]
    candidates = chain([head + tail], _decimal_readings(head, tail), _group_readings(head, tail))
    return list(dict.fromkeys(int(candidate) for candidate in candidates))


def _decimal_readings(head: str, tail: str) -> list[str]:
    if not head:
        return []
    return [head, str(int(head) + 1)] if tail[0] >= "5" else [head]


def _group_readings(head: str, tail: str) -> list[str]:
    """The last group brought to three digits."""
    if not head:
        return []
    if len(tail) == 4:
        return [head + tail[:place] + tail[place + 1:] for place in reversed(range(4))]
    return [head + tail.ljust(3, "0"), head + tail.rjust(3, "0")] if len(tail) < 3 else []


def _clean(text: str) -> str:
    return _SPACES.sub(" ", text.translate(_DASHES)).strip()


def _is_nothing(number: str) -> bool:
    return number == "-" or fold(number) in _NOTHING


def _whole(number: str) -> int | None:
    forms = (_PLAIN, _VI_GROUPS, _SPACE_GROUPS, _EN_GROUPS)
    if not any(form.fullmatch(number) for form in forms):
        return None
    digits = re.sub(r"[., ]", "", number)
    return int(digits) if len(digits.lstrip("0")) <= MAX_DIGITS else None


def _decimal(number: str, *, dot_is_decimal: bool) -> Decimal | None:
    percent = number.endswith("%")
    number = number.removesuffix("%").rstrip()
    if len(number) > 2 * MAX_DIGITS:
        return None
    dotted = _DOT_DECIMAL if percent or dot_is_decimal else _ZERO_DOT_DECIMAL
    for form in (dotted, _COMMA_DECIMAL, _EN_DECIMAL):
        if found := form.fullmatch(number):
            return Decimal(f"{re.sub('[., ]', '', found['whole'])}.{found['decimals']}")
    whole = _whole(number)
    return None if whole is None else Decimal(whole)


def _split_scale(number: str) -> tuple[str, int] | None:
    found = _SCALED.fullmatch(number)
    return (found["number"], _SCALES[fold(found["scale"])] if found["scale"] else 0) if found else None


def _malformed(number: str) -> Malformed:
    return Malformed("number_malformed" if re.search("[0-9]", number) else "number_missing")


def _malformed_count(number: str) -> Malformed:
    likely = tuple(readings(number))
    if _AMBIGUOUS.fullmatch(number):
        return Malformed("number_ambiguous", likely)
    if number.startswith("-") and _decimal(number[1:].lstrip(), dot_is_decimal=False) is not None:
        return Malformed("number_negative", likely)
    return Malformed(_malformed(number).rule, likely)
