"""Forms on how offices work: files, reports, inspections, training, steering committees."""

import random
from collections.abc import Sequence
from datetime import date

from sandbox.forms import offices
from sandbox.forms.figures import columns, growing, natures, part_of, share_of, split
from sandbox.forms.periods import HALVES, QUARTERS, Reported
from sandbox.forms.report import Line, Report, numbered, total
from sandbox.programs.page import Value
from sandbox.province import Agency, agencies

_LISTED_ON = date(2024, 1, 1)
_LEVELS = (("I", "Cấp tỉnh", "tỉnh"), ("II", "Cấp huyện", "huyện"))


def _offices() -> tuple[Agency, ...]:
    return agencies(_LISTED_ON)


def _by_level(rows: Sequence[Sequence[int]], width: int) -> list[Line]:
    """The offices below the heading of their level, then what all of them sum to."""
    named: list[tuple[str, list[Value]]] = [
        (unit.level, [unit.name, *row]) for unit, row in zip(_offices(), rows, strict=True)
    ]
    lines = []
    for mark, heading, level in _LEVELS:
        lines.append(Line([mark, heading], bold=True))
        lines += numbered([row for each, row in named if each == level])
    return [*lines, total("Tổng cộng", [row for _, row in named], width)]


def work_files(seed: int, period: Reported) -> list[Line]:
    """All files were handled online in 2023, and 98 % of the documents were updated."""
    units = _offices()
    factors = natures(seed, "work_files", units)
    weights = [unit.weight * factor for unit, factor in zip(units, factors, strict=True)]
    files = split(round(growing(period, 5200, 6400)), weights)
    online = part_of(share_of(growing(period, 88, 100, y2024Q1=100, y2024Q2=100, **_year_2023(100)), sum(files)), files, factors)
    incoming = split(round(growing(period, 61, 74)) * 500, weights)
    outgoing = split(round(growing(period, 23, 31)) * 500, weights)
    signed = part_of(share_of(growing(period, 90, 99.2), sum(outgoing)), outgoing, factors)
    documents = [one + other for one, other in zip(incoming, outgoing, strict=True)]
    updated = part_of(share_of(growing(period, 91, 98.4, **_year_2023(98)), sum(documents)), documents, factors)
    return _by_level(columns(files, online, incoming, outgoing, signed, updated), 7)


def _year_2023(percent: float) -> dict[str, float]:
    return {f"y2023Q{quarter}": percent for quarter in range(1, 5)}


_TOPICS = (
    *("Báo cáo tình hình kinh tế - xã hội", "Báo cáo cải cách hành chính", "Báo cáo kiểm soát thủ tục hành chính"),
    *("Báo cáo công tác phòng, chống tham nhũng", "Báo cáo giải ngân vốn đầu tư công", "Báo cáo chuyển đổi số"),
    *("Báo cáo thực hiện Đề án 06", "Báo cáo tiếp công dân", "Báo cáo công tác dân tộc", "Báo cáo an toàn giao thông"),
    *("Báo cáo thống kê y tế", "Báo cáo thống kê giáo dục", "Báo cáo thống kê lao động", "Báo cáo thống kê tài nguyên"),
    *("Báo cáo thống kê văn hóa", "Báo cáo thống kê tư pháp", "Báo cáo thống kê nông nghiệp", "Báo cáo thống kê công thương"),
)


def national_reporting(seed: int, period: Reported) -> list[Line]:
    """All regimes are connected since the end of 2023."""
    rng = random.Random(f"{seed}/national_reporting")
    months = [rng.uniform(0.2, 1.9) for _ in _TOPICS]
    rows: list[list[str | int | None]] = []
    for topic, since in zip(_TOPICS, months, strict=True):
        kind = "thống kê" if "thống kê" in topic else "định kỳ"
        mark = "x" if since <= period.age else None
        rows.append(["Văn phòng UBND tỉnh", topic, kind, mark, mark])
    return numbered(rows)


def inspections(seed: int, period: Reported) -> list[Line]:
    """More than half went through the digital environment in 2023."""
    units = _offices()
    factors = natures(seed, "inspections", units)
    all_of_them = split(round(growing(period, 210, 260)), factors)
    digital = part_of(share_of(growing(period, 31, 62, **_year_2023(56)), sum(all_of_them)), all_of_them, factors)
    return _by_level(columns(all_of_them, digital), 3)


def training(seed: int, period: Reported) -> list[Line]:
    """60 % of the officials were trained by the end of 2023, and all IT officers."""
    units = _offices()
    factors = natures(seed, "training", units)
    weights = [unit.weight * factor for unit, factor in zip(units, factors, strict=True)]
    officials = split(12_500, weights)
    trained = part_of(share_of(growing(period, 28, 66, y2023=60), sum(officials)), officials, factors)
    experts = [1 + (unit.weight > 2) for unit in units]
    taught = part_of(share_of(growing(period, 70, 100, y2023=100, y2024H1=100), sum(experts)), experts, factors)
    marks = ["x" if factor > 1.1 - 0.12 * period.age else None for factor in factors]
    lines = _by_level(columns(officials, trained, experts, taught), 5)
    named = {unit.name: mark for unit, mark in zip(units, marks, strict=True)}
    return [Line([*line.cells, named.get(str(line.cells[1]))], line.bold) for line in lines]


def steering(seed: int, period: Reported) -> list[Line]:
    """1 014 members and 828 in support groups, as published; every office has a committee since 2023."""
    units = _offices()
    factors = natures(seed, "steering", units)
    members = split(round(growing(period, 860, 1014, y2023=1014, y2024H1=1014)), factors)
    support = split(round(growing(period, 610, 828, y2023=828, y2024H1=828)), factors)
    communal = [factor if unit.level == "huyện" else 0 for unit, factor in zip(units, factors, strict=True)]
    teams = split(round(growing(period, 512, 874)), communal)
    people = split(round(growing(period, 3_050, 5_420)), communal)
    lines = []
    for number, (unit, *row) in enumerate(zip(units, members, support, teams, people, strict=True), start=1):
        founded = period >= Reported(2023, "") or number % 6
        counts = [figure or "-" for figure in row]
        lines.append(Line([number, unit.name, "x" if founded else None, *(counts if founded else ["-", "-", *counts[2:]])]))
    return lines


_UNIT = ("STT", "Đơn vị")
REPORTS = (
    Report(
        "ho_so_cong_viec",
        offices.PEOPLES_OFFICE,
        "TÌNH HÌNH XỬ LÝ HỒ SƠ CÔNG VIỆC TRÊN MÔI TRƯỜNG MẠNG",
        [
            (
                *(*_UNIT, "Tổng số hồ sơ\ncông việc", "Xử lý trên\nmôi trường mạng", "Văn bản đến", "Văn bản đi"),
                *("Văn bản ký số", "Văn bản quản lý được cập nhật", "Ghi chú"),
            )
        ],
        (6, 40, 12, 14, 12, 12, 12, 16, 14),
        QUARTERS,
        work_files,
        administrative=True,
    ),
    Report(
        "che_do_bao_cao",
        offices.PEOPLES_OFFICE,
        "KẾT NỐI HỆ THỐNG THÔNG TIN BÁO CÁO CHÍNH PHỦ",
        [(*_UNIT, "Chế độ báo cáo", "Loại", "Đã kết nối (x)", "Đã chia sẻ dữ liệu (x)", "Ghi chú")],
        (6, 26, 44, 12, 12, 14, 14),
        HALVES,
        national_reporting,
    ),
    Report(
        "kiem_tra",
        offices.INSPECTORATE,
        "HOẠT ĐỘNG KIỂM TRA THỰC HIỆN QUA MÔI TRƯỜNG SỐ",
        [(*_UNIT, "Tổng số cuộc kiểm tra", "Thực hiện qua môi trường số", "Ghi chú")],
        (6, 40, 14, 16, 14),
        QUARTERS,
        inspections,
    ),
    Report(
        "tap_huan",
        offices.HOME_AFFAIRS,
        "TẬP HUẤN, BỒI DƯỠNG VỀ CHUYỂN ĐỔI SỐ",
        [(*_UNIT, "Tổng số\nCBCCVC", "Đã tập huấn CĐS", "Cán bộ CNTT", "Cán bộ CNTT đã đào tạo", "Có vị trí tham mưu CĐS (x)", "Ghi chú")],
        (6, 40, 12, 14, 12, 14, 16, 14),
        HALVES,
        training,
    ),
    Report(
        "ban_chi_dao",
        offices.INFORMATION,
        "BAN CHỈ ĐẠO, TỔ GIÚP VIỆC VỀ CHUYỂN ĐỔI SỐ, TỔ CÔNG NGHỆ SỐ CỘNG ĐỒNG",
        [(*_UNIT, "Đã thành lập BCĐ (x)", "Thành viên BCĐ", "Thành viên tổ giúp việc", "Số Tổ CNSCĐ", "Thành viên Tổ CNSCĐ", "Ghi chú")],
        (6, 40, 14, 12, 14, 12, 14, 14),
        HALVES,
        steering,
    ),
)
