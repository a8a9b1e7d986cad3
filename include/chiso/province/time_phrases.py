"""How Vietnamese speaks of time, as patterns over the one spelling of `TimeText`.

`PHRASE` finds the next phrase; its kind is the name of the group that matched. Where several kinds begin at one place
the first listed wins, so documents stand before dates, dates before periods, and what can't be understood at the end.
"""

import re


def _either(*patterns: str) -> str:
    return "|".join(patterns)


# Numbers and units

WORDED = r"(?:muoi (?:mot|hai)|muoi|mot|gieng|hai|ba|tu(?! (?:ngay|thang|quy)| ?\d)|bon|sau|bay|tam|chin|chap)\b"
_NUMBER = rf"(?:\d{{1,2}}\b|[ivx]{{1,5}}\b|{WORDED})"
_GAP = r"[\s:.(]*+"
"""What may stand between a unit and its number."""
FIVE = r"nam(?=[\s,;/()-]*nam\b|\s*/)"
"""`năm` as a number, after `tháng`."""
_YEAR = r"20\d\d\b(?!\s*-\s*(?:nam\s*)?20\d\d|[-/]\d{1,2}\b)"
_YEARS_WORD = r"[\s,.;:/()-]*+(?:cua\s+)?(?:nam\b\W*)?"
_OF_YEAR = rf"(?:{_YEARS_WORD}{_YEAR})?"
OF_YEAR = rf"{_YEARS_WORD}20\d\d\b"
_AND = r"(?:[ ]*[,/&+-]|\s*\b(?:va|den(?:\s+het)?)\b)\s*"
_OF_REPORT = r"(?:\s*/\s*nam\b)?(?: bao cao\b)?"
_THANG = rf"(?:\bthang{_OF_REPORT}{_GAP}|\bt\.?(?=\d))"
_QUY = rf"(?:\bquy{_OF_REPORT}{_GAP}|\bq\.?[ ]?(?=[\divx]))"
_ANOTHER = r"(?![ ]*thang\b|[ ]?[/.][ ]?\d{1,2}\b)"
"""After a further number of a list: it isn't that of `6 tháng` or a date."""


def _list(unit: str, first: str) -> str:
    """`tháng 4, 5 và 6 năm 2024`, `quý I/2024, quý II/2024`; after a year, a further number needs its unit."""
    return rf"{unit}{first}(?:{_AND}{unit}?{_NUMBER}{_ANOTHER})*{_OF_YEAR}(?:{_AND}(?:{unit}{_NUMBER}|[ivx]+\b(?![/.])){_OF_YEAR})*"


_COUNT = rf"\b(?:\d{{1,2}}|{WORDED})[ ]?(?:\((?:\d{{1,2}}|{WORDED})\)[ ]?)?(?:thang|(?<=\d)t)\b(?!{_GAP}\d{{1,2}}\b)"
_MONTH_YEAR = r"(?:0?[1-9]|1[0-2])[ ]?[/.-][ ]?20\d\d\b"
_CADENCE = r"(?:thang|quy|nam|\d{1,2} thang)\b"

# Dates

DAY_MONTH = (
    r"(?:20\d\d-\d\d-\d\d\b|\d{1,2}(?:[ ]?/[ ]?\d{1,2}[ ]?/[ ]?\d\d\b|"
    r"(?:[ ]?[/.-][ ]?|[ ]?thang[ ]?)\d{1,2}\b(?:(?:[ ]?[/.-][ ]?|[\s,]*nam[\s.:]*)20\d\d\b)?))"
)
ON = r"(?:\d{1,2}[ ]?(?:h|gio|:)[ ]?\d{0,2}[ ,]*)?(?:\bngay\b[\s.:]*)?"
TO = r"\s*(?:-?\s*\b(?:den|toi)\b|-)[\s:]*(?:het\s*)?"
_BLANK = r"[\s./,-]*+"

# Documents

_UNIT = r"(?:thang|quy|nam|den|va|t\d|q\d|q[ivx])"
_NUMBERED = rf"(?: so)?[ :.]*(?:\d++|[ivx]++\b)[a-z]?(?:[-/.:](?!{_UNIT})\w+)*+(?![ ]*thang\b(?!{_GAP}\d))"
"""`số 12/BC-STTTT`, `số 02`; not the 6 of `số liệu 6 tháng`."""
_SIGNED = rf"(?:[ ,]*\bngay\b[\s.:]*{DAY_MONTH})?"
_LAW = r"(?:nghi quyet|quyet dinh|nghi dinh|thong tu|chi thi|nq|qd|nd)"
_PAPER = (
    r"(?:cong van|to trinh|thong bao|phu luc|mau|bieu|bang|dieu|khoan|muc|phan|chuong|trang|phien ban|iso|iec|tcvn|qcvn|cv)"
)
_OTHER_QUY = (
    r"(?:VI|dinh|che|hoach|MO|mo|trinh|chuan|doi|dong|uoc|nhon|tac|phap|hinh|cach|pham|luat|thuoc|ve|"
    r"co quan|don vi|khach|ong|doanh nghiep|cong ty|SO|phong|ban|dai bieu|bau)\b"
)

_NOTHING = _either(
    r"\b(?:luat|hien phap)\b[^\n\d]{0,80}\bnam\s*(?:19|20)\d\d",  # Luật Giao dịch điện tử năm 2023
    rf"\b{_LAW}{_NUMBERED}(?: nam 20\d\d\b)?{_SIGNED}",  # Nghị quyết 09-NQ/TU ngày 18/02/2022
    rf"\b{_PAPER}{_NUMBERED}{_SIGNED}",  # Công văn 123 ngày 5/7, Biểu số 02, Phụ lục II
    rf"(?<!ho )\bso(?![ :.]*20\d\d\b(?!/)){_NUMBERED}{_SIGNED}",  # Số: 12/BC-STTTT
    rf"\b(?!20\d\d\b)\d+[a-z]?[-/](?:20\d\d/)?(?!{_UNIT}\b)[a-z]{{2,}}[\w/.-]*{_SIGNED}",  # 09/2019/NĐ-CP
    r"\bnhiem ky(?:\s*20\d\d\s*-\s*20\d\d)?",
    # Ngày nhận báo cáo: ngày 15 tháng 12
    r"\b(?:thoi han|han (?:nop|gui|bao cao)|(?:thoi gian|ngay) (?:nhan|gui|lap|nop|in|xuat|KY|ban hanh))\b[^\n:]{0,30}:[^\n]*",
    # ngày 25 hàng tháng, ngày 20 tháng cuối quý
    r"\bngay\W{0,3}\d{1,2}\W+(?:hang (?:thang|quy|nam)|(?:cua )?thang (?:cuoi|dau|sau|SAU|ke tiep|tiep theo)(?: (?:quy|ky|nam))?)",
    # ngày ... tháng ... năm 2024, ngày 05 tháng 7 năm 20..., ngày .../7/2024
    rf"\bngay{_BLANK}(?:\d{{1,2}}{_BLANK})?thang{_BLANK}nam\b(?:[\s.:]*20(?:\d\d)?\b)?",
    rf"\bngay{_BLANK}thang{_BLANK}\d{{1,2}}{_BLANK}nam\b(?:[\s.:]*20(?:\d\d)?\b)?",
    rf"\bngay{_BLANK}\d{{1,2}}{_BLANK}thang{_BLANK}\d{{1,2}}{_BLANK}nam\b(?![\s.:]*20\d\d)(?:[\s.:]*20\b)?",
    r"\bngay[\s:]*[/.-][ ]?\d{0,2}[ ]?[/.-][ ]?20(?:\d\d)?\b",
    rf"\b(?:\d+ )?(?:quy|QUY) {_OTHER_QUY}|\b(?:noi|chinh|phap) (?:quy|QUY)\b",  # quy định, Quý vị
    r"\bthang (?:diem|do|bac|may|bang|luong)\b|\bcau thang\b|\btuan le\b",
    r"\b\d{1,2} thang(?:[ ]?/[ ]?| mot )lan\b",
)

# What can't be part of a period

_UNREAD = _either(
    r"\b(?:\d+|[ivx]+)(?:\s*[/.-]\s*(?:\d+|[ivx]+)){0,5}[ /.-]+20\d\d\b",  # 13/2024, II/2024, 5-6/2024
    r"\b[a-z]{1,9}\d\w{0,9}[/.-]20\d\d\b|\b\d{1,4}[a-z]\w{0,9}[/.-]20\d\d\b|(?:\b\w{1,9})?[ ]?/[ ]?20\d\d\b",
    r"\b20\d\d(?:[ ]?[-/][ ]?\d{2}|[-/](?![tq][\divx])[a-z]{0,9}\d\w{0,9})\b",  # 2023-24
    rf"\b(?:[a-z]?\d{{1,2}}|[ivx]+) nam 20\d\d\b(?!{_AND}(?:nam\W*)?20\d\d)",  # … II năm 2024
    rf"\b(?:thang|quy|tuan|dot|THANG|QUY|TUAN|DOT){_GAP}(?:thu |-)?[ ]?(?:\d+|[ivx]+\b)(?:{_AND}\d+\b)*",  # tuần 24, quỹ 2
    r"\b(?:thang|quy)[\s:.]*(?:TU|NAM|SAU|TAM|CHAP)\b",  # accents are missing from the number alone
    rf"\bky(?: bao cao| so lieu)?[\s:]+(?:\d{{1,2}}|[ivx]+)\b(?![ ]?[/.-]|[ ]*thang\b(?!{_GAP}\d))",  # kỳ 1
    r"\bnam hoc\W*20\d\d\b|\bnam[\s:.(-]*(?!20\d\d\b)\d+",  # năm học 2024, năm 1999
    r"\b(?!20\d\d\b)\d+[ ]?(?:tuan|thang|quy)\b",  # 18 tháng, 2 quý
    r"\b\d{1,2} nam\b(?!\W*20\d\d)(?! (?:thuc hien|trien khai|thi hanh|hoat dong|thanh lap|ban hanh))",
    r"(?<!ban )(?<!bat )(?<!lan )\b(?:dau|cuoi|giua|nua) (?:thang|quy|nam|tuan)\b",
    r"\b(?:hoc ky|ban nien|nien do|thap (?:ky|KY|nien)|the (?:ky|KY))\b(?:\W*(?:\d+|[ivx]+)\b)?",
    r"\b(?:quarter|month|week|half)\b",
)

_KINDS = {
    "nothing": _NOTHING,
    "dates": rf"(?:\btu\b\W{{0,3}}{ON}\d{{1,2}}|\bngay\W{{0,3}}\d{{1,2}}|(?:\btu\b\W{{0,3}})?{ON}\b{DAY_MONTH}){TO}{ON}{DAY_MONTH}",
    "iso_day": r"\b20\d\d-\d{2}-\d{2}\b",
    "day": _either(
        *(rf"(?:\bngay[\s.:]*)?(?<![\w/])\d{{1,2}}[ ]?{sign}[ ]?\d{{1,2}}[ ]?{sign}[ ]?(?:19|20)\d\d\b" for sign in ("/", r"\.", "-")),
        r"\b\d{1,2}/\d{1,2}/\d\d\b",
        r"\bngay[\s.:]*\d{1,2}[\s,./-]*thang[\s.:]*\d{1,2}\b(?:[\s,./-]*nam[\s.:]*20\d\d\b|[ ]?[/.-][ ]?20\d\d\b)?",
        r"(?<=, )\d{1,2}[ ]?thang[ ]?\d{1,2}(?:[\s,]*nam[\s.:]*|[ ]?[/.-][ ]?)20\d\d\b",
        rf"(?:\bngay[\s.:]*|(?<=\bden )|(?<=\btu )){DAY_MONTH}",
        r"\b\d{1,2}[/.]\d{1,2},? nam 20\d\d\b",
    ),
    # Periods
    "iso": r"\b20\d\d[-/ ]?(?:q[1-4]|h[12]|9m)\b|\b20\d\d[-/](?:0[1-9]|1[0-2])\b(?![-/]\d)",
    "years": r"(?:\b(?:(?:giai doan|cac|nhung|nam hoc|nien khoa|thoi ky|tu|nam)\b\W*){1,4})?"
             rf"\b20\d\d\b(?:{_AND}(?:nam\b\W*)?20\d\d\b(?![-/]\d{{1,2}}\b))+",
    "cadences": rf"\b(?:{_CADENCE}(?:\s*[,/]\s*| va | hoac ))+{_CADENCE}(?!{_GAP}(?:\d|[ivx]+\b)|\s*(?:dau|cuoi)\b)",
    "months": _list(_THANG, rf"(?:{FIVE}|{_NUMBER})"),
    "quarters": _list(_QUY, _NUMBER),
    "count": rf"{_COUNT}(?:\s*\b(?:dau|cuoi)\b(?: tien| cung)?)?"
             rf"(?:[\s,.;:/()-]*+(?:cua |trong )?nam\b(?!\s*(?:\d{{1,2}}\b|hoc\b)))?{_OF_YEAR}",
    "half": rf"\bnua (?:nam )?(?:dau|cuoi)\b(?: (?:cua )?nam\b)?{_OF_YEAR}|\bh[12]\b{_OF_YEAR}",
    "nine": rf"\b9m\b{_OF_YEAR}",
    "month_year": rf"(?<![\d/.])(?<!\d-)\b{_MONTH_YEAR}(?![/-]\w)(?:{_AND}{_MONTH_YEAR}(?![/-]\w))?",
    "unread": _UNREAD,
    "whole_year": rf"\bca nam\b(?:{_GAP}20\d\d\b)?",
    "year": rf"(?:\bnam{_GAP}(?:bao cao\W*)?|\b)20\d\d\b(?![-/]\d{{1,2}}\b)",
    "cumulative": r"\b(?:luy ke|cong don)\b",
    "loose": r"\b(?:den nay|tuan|thang|quy)\b|\btu\W{0,3}ngay\b(?!\W*\d)"
             r"|\b(?:0?[1-9]|1[0-2]) [^\W\d_]+(?=,? (?:cua )?nam 20\d\d\b)"
             r"|(?<![\w/.-])(?!24/)(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])\b(?![/\w%])",
}  # fmt: skip
PHRASE = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))

LABEL = re.compile(r"\b(?:ky (?:bao cao|so lieu)|thoi ky|thoi diem (?:bao cao|so lieu)|(?m:^)ky)\b\W*")
"""What a line begins with that states the period."""

ROLES = {
    "compared": re.compile(r"\b(?:so (?:sanh )?(?:voi|cung)|cung ky|ky truoc)\b[^\d\n,;()]{0,30}$"),
    "aim": re.compile(r"\b(?:[tT][aA][mM] nhin|dinh huong|huong toi)\W*$"),
    "until": re.compile(r"\b(?:(?:tinh )?(?:den|toi)|het)\b\W*(?:(?:het|cuoi|ngay|thoi diem)\b\W*){0,3}$"),
    "from": re.compile(r"(?<!dau )(?<!thong )\b(?:ke )?tu\b\W*(?:ngay\b\W*)?$"),
    "part": re.compile(r"\b(?:SAU|sau|truoc)\W*$|(?<!ban )(?<!bat )(?<!lan )\b(?:dau|cuoi|giua|nua)\W*$"),
}
"""What the words just before a phrase make of it."""

PROGRAMME = re.compile(
    r"\b(?:ke hoach|chuong trinh|de an|chien luoc|du an|nhiem vu|muc tieu|nghi quyet|quyet dinh|dinh huong|phuong huong)\b"
)
"""Before a span of years in its line: the years are the programme's."""

NEUTRAL = re.compile(
    r"(?:[^\w?~]|\b(?:ky|bao cao|so lieu|so bo|SO bo|chinh thuc|uoc|thuc hien|uoc tinh|ca|trong|cua|thoi diem|thoi ky)\b)*+"
)
"""What may stand in a period's cell beside it."""
