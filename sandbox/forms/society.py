"""Forms on people: digital citizens, health, education, social protection, civil registry, insurance."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from sandbox.forms import offices
from sandbox.forms.figures import columns, growing, natures, part_of, share_of, split
from sandbox.forms.periods import HALVES, QUARTERS, Reported
from sandbox.forms.report import Line, Report, numbered, total
from sandbox.programs.page import Value
from sandbox.province import communes, districts
from sandbox.workbook import dotted


def _communes(rows: Sequence[Sequence[int]]) -> list[Line]:
    """Communes below the bold subtotals of their districts, then the province."""
    lines, upcoming, number, width = [], iter(rows), 0, len(rows[0]) + 1
    for district in districts():
        inside = list(islice(upcoming, len(district.communes)))
        lines.append(total(district.name, [[district.name, *row] for row in inside], width))
        for commune, row in zip(district.communes, inside, strict=True):
            number += 1
            lines.append(Line([number, commune.name, *(dotted(figure) if number % 4 == 0 else figure for figure in row)]))
    return [*lines, total("Tổng cộng", [["", *row] for row in rows], width)]


def digital_citizens(seed: int, period: Reported) -> list[Line]:
    """More than 90 % of those in need were reached in 2023."""
    units = communes()
    factors = natures(seed, "digital_citizens", units)
    need = split(round(growing(period, 182_000, 236_000)), factors)
    reached = part_of(share_of(growing(period, 74, 95, y2023Q4=93), sum(need)), need, factors)
    identities = split(round(growing(period, 64_000, 341_000)), factors)
    signatures = split(round(growing(period, 900, 21_500)), factors)
    return _communes(columns(need, reached, identities, signatures))


def civil_registry(seed: int, period: Reported) -> list[Line]:
    """Books of all communes; cases are entered, and then approved."""
    units = communes()
    factors = natures(seed, "civil_registry", units)
    books = split(5_610, factors)
    digitised = part_of(share_of(growing(period, 12, 91), sum(books)), books, factors)
    entered = split(round(growing(period, 61_000, 418_000)), factors)
    approved = part_of(share_of(growing(period, 55, 88), sum(entered)), entered, factors)
    return _communes(columns(books, digitised, entered, approved))


def _districts(rows: Sequence[Sequence[int]], name: str = "Tổng cộng") -> list[Line]:
    named: list[list[Value]] = [[unit.name, *row] for unit, row in zip(districts(), rows, strict=True)]
    return [*numbered(named), total(name, named, len(named[0]))]


def social_protection(seed: int, period: Reported) -> list[Line]:
    """Beneficiaries by district."""
    factors = natures(seed, "social_protection", districts())
    people = split(round(growing(period, 14_200, 16_900)), factors)
    updated = part_of(share_of(growing(period, 62, 97), sum(people)), people, factors)
    cashless = part_of(share_of(growing(period, 4, 46), sum(people)), people, factors)
    return _districts(columns(people, updated, cashless))


def social_insurance(seed: int, period: Reported) -> list[Line]:
    """98,5 % of the insured agreed with the population database in the first half of 2024, as published."""
    factors = natures(seed, "social_insurance", districts())
    insured = split(round(growing(period, 506_000, 540_000, y2024Q2=540_000)), factors)
    synced = part_of(share_of(growing(period, 71, 98.5, y2024Q2=98.5), sum(insured)), insured, factors)
    return _districts(columns(insured, synced), "Toàn tỉnh")


def social_insurance_mistyped(seed: int, period: Reported) -> list[Line]:
    """The same with two figures of a district exchanged: the part is above its whole, and totals disagree."""
    lines = social_insurance(seed, period)
    number, name, insured, synced = lines[2].cells
    return [*lines[:2], Line([number, name, synced, insured]), *lines[3:]]


def health(seed: int, period: Reported) -> list[Line]:
    """Facilities below the district in whose section they stand; all take cashless payments since the first half of 2024."""
    rng = random.Random(f"{seed}/health")
    lines = []
    for mark, district in enumerate(districts(), start=1):
        lines.append(Line([_roman(mark), district.name], bold=True))
        kinds = [("Trung tâm Y tế", "Trung tâm y tế", 9)]
        kinds += [(f"Trạm Y tế {unit.name[0].lower()}{unit.name[1:]}", "Trạm y tế", 1) for unit in district.communes]
        for number, (name, kind, size) in enumerate(kinds, start=1):
            people, care, since = round(rng.uniform(3_200, 5_600) * size / 1.4), rng.uniform(0.8, 1.1), rng.uniform(0.4, 2.2)
            records = int(people * min(growing(period, 0.42, 0.86) * care, 0.98))
            cashless = "x" if period >= Reported(2024, "Q1") or since <= period.age else None
            lines.append(Line([number, None, name, kind, cashless, records, people]))
    return lines


_PUBLIC, _CASHLESS, _PRIVATE = 333, 175, 41
_SCHOOL_LEVELS = ("mầm non", "tiểu học", "THCS", "TH&THCS", "THPT")


def education(seed: int, period: Reported) -> list[Line]:
    """333 public schools, 175 of which take fees without cash in the first half of 2024 (52,6 %, as published)."""
    rng = random.Random(f"{seed}/education")
    units = districts()
    schools = split(_PUBLIC + _PRIVATE, [len(unit.communes) for unit in units])
    public = part_of(_PUBLIC, schools, [1.0] * len(units))
    cashless = round(growing(period, 22, _CASHLESS, y2024H1=_CASHLESS))
    without = part_of(cashless, public, natures(seed, "education", units))
    lines, number = [], 0
    for place, unit in enumerate(units):
        for each in range(schools[place]):
            number += 1
            level = _SCHOOL_LEVELS[each % len(_SCHOOL_LEVELS)]
            name = f"Trường {level} số {each // len(_SCHOOL_LEVELS) + 1} {unit.name[0].lower()}{unit.name[1:]}"
            is_public = each < public[place]
            pays = each < without[place] if is_public else each % 2
            made = rng.randrange(0, 24)
            cells: list[Value] = [number, unit.name if each == 0 else None, name, level, "x" if is_public else None]
            lines.append(Line([*cells, "x" if pays else None, made or "-"]))
    return lines


def _roman(number: int) -> str:
    return ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")[number - 1]


_DISTRICT = ("STT", "Đơn vị")
HEALTH = Report(
    "y_te",
    offices.HEALTH,
    "ỨNG DỤNG CÔNG NGHỆ THÔNG TIN TRONG KHÁM BỆNH, CHỮA BỆNH",
    [(*_DISTRICT, "Cơ sở KCB", "Loại", "Thanh toán không dùng tiền mặt (x)", "Hồ sơ sức khỏe điện tử", "Dân số quản lý", "Ghi chú")],
    (6, 24, 40, 16, 16, 14, 14, 14),
    QUARTERS,
    health,
)
INSURANCE = Report(
    "bhxh",
    offices.SOCIAL_INSURANCE,
    "ĐỒNG BỘ, XÁC THỰC DỮ LIỆU NGƯỜI THAM GIA BHXH, BHYT, BHTN",
    [(*_DISTRICT, "Người tham gia", "Đã đồng bộ, xác thực\nCSDL dân cư", "Ghi chú")],
    (6, 28, 14, 18, 14),
    QUARTERS,
    social_insurance,
)
MISTYPED = replace(INSURANCE, stem="bhxh_ban_dau", periods=(Reported(2024, "Q1"),), lines=social_insurance_mistyped, days=1)
"""Sent first, and a day later corrected by the form itself."""
REPORTS = (
    HEALTH,
    INSURANCE,
    MISTYPED,
    Report(
        "cong_dan_so",
        offices.POLICE,
        "PHÁT TRIỂN CÔNG DÂN SỐ",
        [(*_DISTRICT, "Người có nhu cầu", "Người tiếp cận dịch vụ Chính quyền số", "Định danh mức 2", "Chữ ký số cá nhân", "Ghi chú")],
        (6, 28, 12, 18, 12, 12, 14),
        QUARTERS,
        digital_citizens,
    ),
    Report(
        "ho_tich",
        offices.JUSTICE,
        "SỐ HÓA SỔ HỘ TỊCH",
        [(*_DISTRICT, "Sổ hộ tịch phải số hóa", "Đã số hóa", "Trường hợp đã nhập phần mềm", "Đã phê duyệt", "Ghi chú")],
        (6, 28, 14, 12, 16, 12, 14),
        QUARTERS,
        civil_registry,
    ),
    Report(
        "bao_tro",
        offices.LABOUR,
        "DỮ LIỆU ĐỐI TƯỢNG BẢO TRỢ XÃ HỘI, CHI TRẢ KHÔNG DÙNG TIỀN MẶT",
        [(*_DISTRICT, "Đối tượng bảo trợ", "Đã cập nhật dữ liệu", "Chi trả không dùng tiền mặt", "Ghi chú")],
        (6, 28, 14, 14, 16, 14),
        QUARTERS,
        social_protection,
    ),
    Report(
        "giao_duc",
        offices.EDUCATION,
        "CHUYỂN ĐỔI SỐ TRONG CƠ SỞ GIÁO DỤC",
        [(*_DISTRICT, "Cơ sở giáo dục", "Cấp học", "Công lập (x)", "Thu học phí không dùng tiền mặt (x)", "Học liệu số đóng góp", "Ghi chú")],
        (6, 24, 44, 12, 10, 16, 14, 14),
        HALVES,
        education,
    ),
)
