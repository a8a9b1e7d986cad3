"""What the words and marks of a form's rows say: numbers of rows, totals, figures, notes at the foot."""

import re
from typing import Literal

from chiso.province.text import fold, looks_like_formula

Rank = Literal["letter", "roman", "name"]
"""How a row over others is marked: A, I, or by its name alone."""

# Numbers and marks of rows

_NUMBER = re.compile(r"\(?[0-9]{1,6}(?:\.[0-9]{1,4})*[.)]?|[a-zđ][.)]?|[-+*•]")
_ROMAN = re.compile(r"(?:X{0,3})(?:IX|IV|V?I{0,3})[./)]?")
_LETTER = re.compile(r"[A-ZĐ][./)]?")
_MARKED = re.compile(r"([IVX]+|[A-ZĐ])[./)]\s+(\S.*)", re.DOTALL)


def is_number(ordinal: str) -> bool:
    """Whether a row is numbered like data: `1`, `1.2`, `(3)`, `a)`, `-`."""
    return _NUMBER.fullmatch(ordinal) is not None


def rank_of(ordinal: str) -> Rank:
    """How a row with that ordinal is marked, if it stands over others."""
    if ordinal and ordinal[0] in "IVX" and _ROMAN.fullmatch(ordinal):
        return "roman"
    return "letter" if _LETTER.fullmatch(ordinal) else "name"


def is_mark(text: str) -> bool:
    """Whether it numbers or marks a row rather than naming it."""
    return is_number(text) or rank_of(text) != "name"


def parted(text: str) -> tuple[str, str]:
    """Mark and name of a text that holds both (`II. Cấp huyện`); the mark is "" without one."""
    found = _MARKED.fullmatch(text)
    return (found[1], found[2]) if found else ("", text)


# Totals

_START = re.compile(r"\W*(?:t[oổ]ng|c[oộ]ng|to[aà]n|t\W{0,2}c|total|sum)\b", re.IGNORECASE)
_WORDS = frozenset({"tong cong", "tong so", "tong", "cong", "toan tinh", "cong toan tinh", "tong toan tinh",
                    "tong cong toan tinh", "tong so toan tinh", "toan tinh tong cong", "cong chung", "tong chung",
                    "t cong", "total", "grand total", "sum"})
_GRAND = re.compile(r"\W*tổng\s+(?:cộng|số)\b", re.IGNORECASE)
_OF_MARKS = re.compile(r"(?:tong(?: cong| so)?|cong)(?: (?:[ivx]+|[a-z]|\d{1,2}|va)){2,}")
_OTHER_WORD = r"(?!\s+(?:đồng|tác|h[oò][aà]|hưởng|sinh|sản|sự|điểm)\b)"
"""`Cộng` begins another word: `Cộng đồng`, `Cộng tác viên`."""
_CLOSING = re.compile(rf"\W*(?P<word>tổng(?:\s+(?:cộng|số))?|cộng)\b{_OTHER_WORD}\s*", re.IGNORECASE)


def may_be_total(text: str) -> bool:
    """Whether it begins like the name of a total; cheap, since most names don't."""
    return len(text) <= 5 or _START.match(text) is not None


def is_total(text: str) -> bool:
    """Whether it is what totals are called, and nothing besides: `Tổng cộng`, `Toàn tỉnh`, `TỔNG I+II`."""
    folded = fold(text)
    return (folded in _WORDS or _OF_MARKS.fullmatch(folded) is not None) and not looks_like_formula(text)


def is_grand(text: str) -> bool:
    """Whether it begins with `Tổng cộng` or `Tổng số`: a total, unless the row is numbered like data."""
    return _GRAND.match(text) is not None


def summed_name(text: str) -> str:
    """What a text sums by its own words: of `Cộng TP. Huế`, `Tổng huyện Sa Thầy`, the unit; "" if it says none."""
    found = _CLOSING.match(text)
    return text[found.end():] if found else ""


def is_closing(text: str) -> bool:
    """Whether it begins with `Cộng`, as rows do that close a section."""
    found = _CLOSING.match(text)
    return found is not None and found["word"].lower() == "cộng"


_RATIO = re.compile(r"(?:binh quan|trung binh|t[yi] (?:le|trong))\b")


def is_ratio(text: str) -> bool:
    """Whether it begins like the name of an average or a rate, which sums nothing."""
    return _RATIO.match(fold(text)) is not None


_OF_WHICH = re.compile(r"\W*trong đó\b", re.IGNORECASE)


def is_of_which(text: str) -> bool:
    """Whether it begins with `Trong đó`: a part of what the row above says."""
    return _OF_WHICH.match(text) is not None


# Rows that number the columns

_COLUMN_NUMBER = re.compile(r"\(?([0-9]{1,2})\)?(?:\s*=[-+*/x():%0-9\s]+)?")
_COLUMN_LETTER = re.compile(r"\(?[A-Za-zĐđ]\)?")


def column_numbers(texts: list[str]) -> list[str] | None:
    """The numbers in `(1) (2) (3)…`, `A B 1 2…`, `1 2 3=4+5…`; None where a text is none of these."""
    numbers = [found[1] for text in texts if (found := _COLUMN_NUMBER.fullmatch(text))]
    letters = [text for text in texts if _COLUMN_LETTER.fullmatch(text)]
    return numbers if len(numbers) + len(letters) >= len(texts) else None


# Figures

_FIGURE = re.compile(r"[^\w]*[0-9]|[-–—…]+$|#[A-Z/0]+[!?]?|kps$|không phát sinh$", re.IGNORECASE)
_PROSE = re.compile(r"(?:[^\W\d_]{2,}\W+){3}", re.UNICODE)
_DATE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}")


def is_figure(text: str) -> bool:
    """Whether it is meant as a figure, well-formed or not; prose and dates aren't."""
    return bool(_FIGURE.match(text)) and not _PROSE.search(text) and not _DATE.fullmatch(text)


# The foot

_NOTE = re.compile(r"\(?\*|ghi chu\b|nguon\b|luu y\b|chu thich\b")
_PLACE_AND_DATE = re.compile(r"\bngay(?: \d+)? thang(?: \d+)? nam\b")
_SIGNATURE = re.compile(
    r"nguoi (?:lap|bao cao|ky)|lap bieu|ke toan|thu truong|(?:pho )?(?:giam doc|chu tich|truong phong|chanh van phong"
    r"|cuc truong)|tm |kt |tl |tuq |ky ten|noi nhan|xac nhan")


def is_note(text: str) -> bool:
    """Whether it begins a note, or stands over several."""
    return bool(_NOTE.match(text) or _NOTE.match(fold(text)))


def starts_over(ordinal: str) -> bool:
    """Whether it is the first number or mark of a list."""
    return ordinal.strip("(.)") in ("1", "a", "-", "+", "*", "•")


def is_foot(text: str) -> bool:
    """Whether it is a note, place and date, or a signature, as they stand below a form."""
    folded = fold(text)
    return bool(is_note(text) or _PLACE_AND_DATE.search(folded) or _SIGNATURE.match(f"{folded} "))
