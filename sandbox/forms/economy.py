"""Forms on the digital economy: GRDP, enterprises, payments, budget."""

from sandbox.forms import offices
from sandbox.forms.figures import columns, growing, natures, part_of, share_of, split
from sandbox.forms.periods import HALVES, QUARTERS, Reported
from sandbox.forms.report import Line, Report, numbered, total
from sandbox.programs.page import Value
from sandbox.province import districts
from sandbox.workbook import decimal

# Sector: GRDP of 2023 and value added of the digital economy, in tenths of a tỷ đồng. 2 408 of 35 000 are the published 6,88 %.
_SECTORS = {
    "Nông, lâm nghiệp và thủy sản": (80_000, 1_200),
    "Công nghiệp và xây dựng": (112_000, 4_928),
    "Thương mại, dịch vụ": (96_000, 8_640),
    "Vận tải, kho bãi": (24_000, 1_656),
    "Thông tin và truyền thông": (11_000, 5_500),
    "Tài chính, ngân hàng": (27_000, 2_156),
}


def digital_economy(status: str, factor: float) -> list[Line]:
    """The sectors, with the share as printed at two decimals, then the whole economy."""
    rows: list[tuple[int, int]] = [(round(grdp * factor), round(added * factor)) for grdp, added in _SECTORS.values()]
    lines = [
        Line([number, name, decimal(grdp, 10), decimal(added, 10), decimal(round(10_000 * added / grdp), 100), status])
        for number, (name, (grdp, added)) in enumerate(zip(_SECTORS, rows, strict=True), start=1)
    ]
    grdp, added = (sum(figures) for figures in zip(*rows, strict=True))
    return [*lines, Line([None, "Tổng cộng", decimal(grdp, 10), decimal(added, 10), decimal(round(10_000 * added / grdp), 100)], bold=True)]


def enterprises(seed: int, period: Reported) -> list[Line]:
    """65 % of the enterprises were in digital transformation at the end of 2023; money in million đồng."""
    units = districts()
    factors = natures(seed, "enterprises", units)
    weights = [factor * (8 if place == 0 else 1) for place, factor in enumerate(factors)]
    whole = split(round(growing(period, 3_400, 4_160, y2023=4_000)), weights)
    count = sum(whole)
    parts = [
        part_of(share_of(percent, count), whole, factors)
        for percent in (growing(period, 41, 69, y2023=65), growing(period, 90, 97, y2023=96), 100, 99.5, 98.9)
    ]
    money = split(round(growing(period, 900_000, 1_250_000)), weights)
    large = [1 if place == 0 and period.age > 1 else 0 for place in range(len(units))]
    rows: list[list[Value]] = [
        [unit.name, *row[:6], decimal(row[6] * 10 + 5, 10), row[7] or "-"]
        for unit, row in zip(units, columns(whole, *parts, money, large), strict=True)
    ]
    return [*numbered(rows), total("Tổng cộng", rows, 7)]


def payment_accounts(seed: int, period: Reported) -> list[Line]:
    """More than 30 % of the population have an account; values in tỷ đồng."""
    units = districts()
    factors = natures(seed, "payment_accounts", units)
    people = split(round(growing(period, 565_000, 592_000)), factors)
    holders = part_of(share_of(growing(period, 26, 44, y2023Q4=41), sum(people)), people, factors)
    payments = split(round(growing(period, 1_150_000, 2_640_000)), factors)
    value = split(round(growing(period, 91_000, 214_000)), factors)
    rows: list[list[Value]] = [
        [unit.name, *row[:3], decimal(row[3], 10)] for unit, row in zip(units, columns(people, holders, payments, value), strict=True)
    ]
    return [*numbered(rows), total("Toàn tỉnh", rows, 4)]


_TASKS = (
    ("Nâng cấp Trung tâm tích hợp dữ liệu tỉnh", "Sở TT&TT", 12_500),
    ("Xây dựng kho dữ liệu dùng chung", "Sở TT&TT", 8_400),
    ("Trung tâm giám sát an toàn thông tin (SOC)", "Sở TT&TT", 6_300),
    ("Hệ thống phòng họp không giấy tờ", "Văn phòng UBND tỉnh", 3_200),
    ("Số hóa sổ hộ tịch", "Sở Tư pháp", 4_150),
    ("Cơ sở dữ liệu đất đai", "Sở Tài nguyên và Môi trường", 15_800),
    ("Hồ sơ sức khỏe điện tử", "Sở Y tế", 5_250),
    ("Tập huấn kỹ năng số", "Sở Nội vụ", 1_100),
    ("Đô thị thông minh thành phố Kon Tum", "UBND thành phố Kon Tum", 9_700),
)


def budget(seed: int, period: Reported) -> list[Line]:
    """Planned and disbursed since the beginning of the year, in million đồng."""
    rows: list[list[Value]] = []
    for place, (task, investor, planned) in enumerate(_TASKS):
        spent = planned * (6 if period.part else 9) * (7 + place % 4) // 100
        state = "Hoàn thành" if not period.part and place % 3 == 0 else "Đang thực hiện"
        rows.append([task, investor, planned, spent, state])
    return [*numbered(rows), total("Tổng cộng", [[task, None, *row] for task, _, *row in rows], 5)]


REPORTS = (
    Report(
        "doanh_nghiep",
        offices.PLANNING,
        "TÌNH HÌNH CHUYỂN ĐỔI SỐ TRONG DOANH NGHIỆP",
        [
            (
                *("STT", "Đơn vị", "Tổng số DN", "DN chuyển đổi số", "DN giao dịch điện tử tài chính", "DN dùng hóa đơn điện tử"),
                *("DN khai thuế điện tử", "DN nộp thuế điện tử", "Số tiền nộp thuế điện tử (triệu đồng)"),
                *("DN số quy mô 500–1000 người", "Ghi chú"),
            )
        ],
        (6, 24, 10, 12, 14, 12, 12, 12, 18, 16, 14),
        HALVES,
        enterprises,
    ),
    Report(
        "tai_khoan_thanh_toan",
        offices.STATE_BANK,
        "TÀI KHOẢN, THANH TOÁN ĐIỆN TỬ TRÊN ĐỊA BÀN",
        [("STT", "Đơn vị", "Dân số", "Người có tài khoản thanh toán điện tử", "Số giao dịch", "Giá trị giao dịch (tỷ đồng)", "Ghi chú")],
        (6, 24, 12, 18, 14, 16, 14),
        QUARTERS,
        payment_accounts,
        late={Reported(2023, "Q2"): 14},
    ),
    Report(
        "kinh_phi",
        offices.FINANCE,
        "KINH PHÍ, NHIỆM VỤ CHUYỂN ĐỔI SỐ",
        [("STT", "Nhiệm vụ, dự án", "Chủ đầu tư", "Kế hoạch (triệu đồng)", "Giải ngân (triệu đồng)", "Tình trạng", "Ghi chú")],
        (6, 46, 30, 14, 14, 18, 14),
        HALVES,
        budget,
    ),
)
