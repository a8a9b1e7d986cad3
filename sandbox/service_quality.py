"""Service quality per agency and month as the national portal computes it (Decision 766/QĐ-TTg, in force since August 2022)."""

import random
from datetime import date, datetime

from sandbox.days import Span
from sandbox.programs.page import Value
from sandbox.province import Agency, agencies
from sandbox.workbook import Form

START = date(2022, 8, 1)
# The groups, and the points that each may give; together 100.
GROUPS = {
    "Công khai minh bạch": 18,
    "Tiến độ giải quyết": 20,
    "Dịch vụ trực tuyến": 12,
    "Thanh toán trực tuyến": 10,
    "Số hóa hồ sơ": 22,
    "Mức độ hài lòng": 18,
}
HEADER: tuple[tuple[str | None, ...], ...] = (
    ("STT", "Đơn vị", "Kết quả theo nhóm chỉ số", *[""] * (len(GROUPS) - 1), "Tổng điểm"),
    (None, None, *GROUPS, None),
)
SECTIONS = (("I", "SỞ, BAN, NGÀNH", "tỉnh"), ("II", "UBND HUYỆN, THÀNH PHỐ", "huyện"))


def scores(seed: int, unit: Agency, month: Span) -> list[int]:
    """An agency's scores by group and its total, in hundredths of a percent of the points that can be had."""
    level = random.Random(f"{seed}/service_quality/{unit.code}")
    rng = random.Random(f"{seed}/service_quality/{unit.code}/{month.first}")
    rise = month.months_known * 60
    found = [min(10_000, level.randint(4_500, 8_200) + rise + rng.randint(-300, 300)) for _ in GROUPS]
    return [*found, sum(score * points for score, points in zip(found, GROUPS.values(), strict=True)) // 100]


def workbook(seed: int, month: Span, made: datetime) -> bytes:
    """The export of a month: agencies of the province, then of the districts; percentages are text with a dot."""
    form = Form("766", made, (6, 42, *[14] * len(GROUPS), 12))
    form.title(
        "CỔNG DỊCH VỤ CÔNG QUỐC GIA",
        "BỘ CHỈ SỐ PHỤC VỤ NGƯỜI DÂN, DOANH NGHIỆP",
        f"Kỳ báo cáo: Tháng {month.first.month}/{month.first.year}",
    )
    form.header(*HEADER)
    units = agencies(month.last)
    for numeral, title, level in SECTIONS:
        form.row([numeral, title], bold=True)
        for number, unit in enumerate((unit for unit in units if unit.level == level), start=1):
            cells: list[Value] = [f"{score / 100:.2f}%" for score in scores(seed, unit, month)]
            form.row([number, unit.name, *cells])
    return form.close("(*) Điểm là tỷ lệ phần trăm của điểm tối đa từng nhóm.", "NGƯỜI KẾT XUẤT")
