"""Numbers as Vietnamese offices write them: a dot between thousands, a comma before decimals.

Every parser takes one text that isn't blank and returns the number or `Malformed`; none falls back to
`float`, since that would read `151.10` as 151.1 where 15 110 was meant. Results are exact (`int`, `Decimal`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import chain

from chiso.province.figure_units import DONG, UNSTATED, FigureUnit, figure_unit
from chiso.province.text import fold

MAX_DIGITS = 18
"""Longest run of digits that is a number: what fits the warehouse's bigint."""


@dataclass(frozen=True)
class Malformed:
    """A text that is no number of the kind asked for.

    rule: `number_ambiguous` (two numbers fit: `1,014`), `number_negative` (a count below 0), `number_unit` (another
    unit than the column's), `number_malformed` (digits, but separators of no known form) or `number_missing` (no
    digits at all). readings: numbers that may have been meant, likeliest first; never used without proof.
    """

    rule: str
    readings: tuple[int | Decimal, ...] = ()


_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000\t ]+")
_SAME = str.maketrans(
    dict.fromkeys("‐‑‒–—−－", "-")
    | {chr(0xFF10 + digit): str(digit) for digit in range(10)}
    | {"\uff0e": ".", "\uff0c": ",", "\uff05": "%"}
)
"""Dashes, and signs of full width, which mean what the common ones mean."""
_NOTHING = frozenset({"kps", "khong phat sinh"})
_EXACT = Context(prec=4 * MAX_DIGITS)
"""Never rounds what the forms below take."""

_PLAIN = re.compile(r"[0-9]+")
_VI_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_SPACE_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+")
_EN_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_ONE_DOT_GROUP = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_COMMA_DECIMAL = re.compile(r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?:[. ][0-9]{3})+),(?P<decimals>[0-9]+)")
_EN_DECIMAL = re.compile(r"(?P<whole>[1-9][0-9]{0,2}(?:,[0-9]{3}){2,})\.(?P<decimals>[0-9]+)")
_DOT_DECIMAL = re.compile(r"(?P<whole>[0-9]+)\.(?P<decimals>[0-9]+)")
_ZERO_DOT_DECIMAL = re.compile(r"(?P<whole>0)\.(?P<decimals>[0-9]+)")

_WITH_UNIT = re.compile(r"(?P<number>[0-9](?:[0-9., ]*[0-9])?) ?(?P<unit>%|[^\W\d_][^\d_()%]*)?")
_LETTERS = re.compile(r"[\s./]")
_HEDGES = re.compile(r"(?:hơn|gần|khoảng|trên|dưới|ước|ước đạt|đạt|xấp xỉ|ít nhất|tối thiểu|tối đa|không quá"
                     r"|thứ|hạng|nhóm|tốp|top|[><=~≥≤≈])\s*(?=\S)")
_WORDS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
          "mười": 10}


def means_nothing(text: str) -> bool:
    """Whether a text says that there is nothing to report: `-`, `KPS`, `Không phát sinh`."""
    number = _clean(text)
    return number == "-" or fold(number) in _NOTHING


def parse_count(text: str) -> int | Malformed:
    """A whole number ≥ 0: `2447`, `2.447`, `1 014`, `1,234,567`, `01`; `-` and `KPS` are 0.

    `1,014` is ambiguous (1 014 or 1.014); `12,5`, `1.5`, `151.10`, `5.9123`, anything with words malformed.
    """
    if means_nothing(text):
        return 0
    number = _clean(text)
    whole = _whole(number)
    return whole if whole is not None else _malformed_count(number)


def parse_number(text: str, unit: FigureUnit = UNSTATED) -> Decimal | Malformed:
    """A number in `unit`, `,` before the decimals: `3,148`, `1.014,5`, `-0,3`; `-` and `KPS` are 0.

    A dot is a decimal point in `0.5` only. What the cell says of its unit is read beside the column's:
    `3,148 tỷ` in `triệu đồng` is 3148, `USD` or `hộ` there is another unit.
    """
    if means_nothing(text):
        return Decimal(0)
    number = _clean(text).lower()
    parts = _signed(number)
    value = _decimal(parts.number, dot_is_decimal=parts.said.is_percent) if parts else None
    if parts is None or value is None:
        return Malformed(_malformed(number).rule, (*readings(text), *_with_point(number)))
    if parts.said == UNSTATED:
        return parts.of(value, 0)
    return parts.of(value, unit.power_in(parts.said)) if unit.takes(parts.said) else Malformed("number_unit")


def parse_percent(text: str, maximum: Decimal | None = None) -> Decimal | Malformed:
    """A percentage, with its sign or without: `45,01%`, `45.01 %`, `6.88`, `8,61`; `-` and `KPS` are 0.

    A dot before other than three digits is a decimal point. Before three it may as well part thousands: `1.014` is
    ambiguous, unless only one of the two numbers is no greater than `maximum`.
    """
    if means_nothing(text):
        return Decimal(0)
    number = _clean(text).lower()
    parts = _signed(number)
    value = _decimal(parts.number, dot_is_decimal=True) if parts else None
    if parts is None or value is None:
        return _malformed(number)
    if not (parts.said == UNSTATED or parts.said.is_percent):
        return Malformed("number_unit")
    if _ONE_DOT_GROUP.fullmatch(parts.number):
        fitting = [each for each in (value, value.scaleb(3)) if maximum is None or each <= maximum]
        return parts.of(fitting[0], 0) if len(fitting) == 1 else Malformed("number_ambiguous")
    return parts.of(value, 0)


def parse_printed(text: str) -> Decimal | Malformed:
    """A figure as a document prints it; the exponent keeps the printed precision.

    `79,24%` → 79.24, `84%` → 84, `6.88 %` → 6.88, `1.014` → 1014, `gần 260.000` → 260000, `thứ 58` → 58,
    `ba` → 3, `-5%` → -5, `3,148 tỷ đồng` → 3.148E+9. Ranges, ratios (`9/17`) and dates are malformed.
    """
    number = _clean(text).lower()
    while hedge := _HEDGES.match(number):
        number = number[hedge.end():]
    if number in _WORDS:
        return Decimal(_WORDS[number])
    parts = _signed(number)
    value = _decimal(parts.number, dot_is_decimal=parts.said.is_percent) if parts else None
    if parts is None or value is None:
        return _malformed(number)
    return parts.of(value, parts.said.power) if parts.said.word in (None, DONG, "%") else Malformed("number_unit")


def scaled(value: Decimal, power: int) -> Decimal:
    """`value` × 10^`power`, exactly; the number of its digits stays."""
    return _EXACT.scaleb(value, power) if power else value


def without_zeros(value: Decimal) -> str:
    """Digits with a point, without zeros at their end: 1250.500 → `1250.5`."""
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def as_typed(value: Decimal) -> str:
    """As a person types it into a cell: 1250.500 → `1250,5`."""
    return without_zeros(value).replace(".", ",")


def as_printed(value: Decimal) -> str:
    """As Vietnamese offices write it: `15.110`, `1.250,5`."""
    return f"{value:,f}".translate(str.maketrans(",.", ".,"))


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


def _with_point(number: str) -> Iterator[Decimal]:
    """The number that a misplaced dot makes if it is a decimal point."""
    if _DOT_DECIMAL.fullmatch(number) and len(number) <= MAX_DIGITS:
        yield Decimal(number)


@dataclass(frozen=True)
class _Parts:
    """A text that ends in a unit or none: sign, digits with separators, and what it says of the unit."""

    negative: bool
    number: str
    said: FigureUnit

    def of(self, value: Decimal, power: int) -> Decimal:
        """`value` with the sign, × 10^`power`."""
        return scaled(_EXACT.minus(value) if self.negative and value else value, power)


def _signed(number: str) -> _Parts | None:
    """None where it isn't a number with or without a unit behind it."""
    found = _WITH_UNIT.fullmatch(number.removeprefix("-").lstrip())
    if not found:
        return None
    unit = found["unit"] or ""
    if unit != "%" and not _LETTERS.sub("", unit).isalpha() and unit:
        return None
    return _Parts(number.startswith("-"), found["number"], figure_unit(unit) if unit else UNSTATED)


def _clean(text: str) -> str:
    return _SPACES.sub(" ", text.translate(_SAME)).strip()


def _whole(number: str) -> int | None:
    forms = (_PLAIN, _VI_GROUPS, _SPACE_GROUPS, _EN_GROUPS)
    if not any(form.fullmatch(number) for form in forms):
        return None
    digits = re.sub(r"[., ]", "", number)
    return int(digits) if len(digits.lstrip("0")) <= MAX_DIGITS else None


def _decimal(number: str, *, dot_is_decimal: bool) -> Decimal | None:
    if len(number) > 2 * MAX_DIGITS:
        return None
    dotted = _DOT_DECIMAL if dot_is_decimal else _ZERO_DOT_DECIMAL
    for form in (dotted, _COMMA_DECIMAL, _EN_DECIMAL):
        if found := form.fullmatch(number):
            return Decimal(f"{re.sub('[., ]', '', found['whole'])}.{found['decimals']}")
    whole = _whole(number)
    return None if whole is None else Decimal(whole)


def _malformed(number: str) -> Malformed:
    return Malformed("number_malformed" if re.search("[0-9]", number) else "number_missing")


def _malformed_count(number: str) -> Malformed:
    likely = tuple(readings(number))
    if _AMBIGUOUS.fullmatch(number):
        return Malformed("number_ambiguous", likely)
    if number.startswith("-") and _decimal(number[1:].lstrip(), dot_is_decimal=False) is not None:
        return Malformed("number_negative", likely)
    return Malformed(_malformed(number).rule, likely)
