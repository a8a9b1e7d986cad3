"""Form departments/telecom: communes under their districts, each quarter's province totals fixed."""

import random
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sandbox.programs.page import Value
from sandbox.province import apportion, communes, districts
from sandbox.workbook import Form, dotted

HEADER = (
    "STT",
    "Đơn vị",
    "Số hộ",
    "Hộ có\ncáp quang",
    "Thôn",
    "Thôn phủ 4G",
    "Người trưởng thành",
    "Người dùng băng rộng\ndi động",
    "Trung tâm xã có cáp quang (x)",
    "Vùng lõm sóng",
    "Ghi chú",
)
WIDTHS = (6, 28, 10, 11, 8, 11, 13, 16, 15, 12, 14)
BLIND_SPOTS_EARLIER = (*range(8), 9, 8, 10)  # where a quarter's form has each column of HEADER, one moved …
ADDED = "Ghi chú thêm"  # … and one behind them that no other form has
COUNTS = 6  # the first six count columns, before the (x) column
LARGE_WARD = "23281"  # its households are mistyped in 2024-Q1
ADULTS_MISTYPED = "23377"


@dataclass(frozen=True)
class Quarter:
    """Province totals of a quarter; `without_centre` communes have no fibre in their centre."""

    title: str
    households: int
    fibre: int
    adults: int
    mobile: int
    large_ward: int
    blind_spots: int
    without_centre: int = 0
    mistyped: bool = False
    rearranged: bool = False


# Published: 52,8 % in 2023-Q4; 59,47 % and 92 % in 2024-Q2. The quotients are exact.
QUARTERS = {
    "2022-Q1": Quarter("Quý I/2022", 144_900, 58_100, 362_000, 311_300, 14_330, 210, 9),
    "2022-Q2": Quarter("Quý II/2022", 145_450, 60_800, 363_500, 314_400, 14_425, 203, 8),
    "2022-Q3": Quarter("Quý III/2022", 146_000, 63_700, 365_000, 317_900, 14_520, 195, 7, rearranged=True),
    "2022-Q4": Quarter("Quý IV/2022", 146_550, 66_500, 366_500, 321_000, 14_615, 188, 6),
    "2023-Q1": Quarter("Quý I/2023", 147_100, 69_400, 368_000, 324_600, 14_710, 180, 5),
    "2023-Q2": Quarter("Quý II/2023", 147_650, 72_400, 369_500, 328_100, 14_800, 172, 4),
    "2023-Q3": Quarter("Quý III/2023", 148_200, 75_500, 371_000, 331_700, 14_890, 163, 3),
    "2023-Q4": Quarter("Quý IV/2023", 148_750, 78_540, 372_500, 335_250, 14_985, 154, 2),
    "2024-Q1": Quarter("Quý I/2024", 149_400, 83_812, 373_700, 340_067, 15_110, 146, 1, mistyped=True),
    "2024-Q2": Quarter("Quý II/2024", 150_000, 89_205, 375_000, 345_000, 15_214, 137),
}


@dataclass(frozen=True)
class _Nature:
    """What a commune has in all quarters: relative sizes, and its hamlets."""

    size: float
    fibre: float
    adults: float
    mobile: float
    hamlets: int
    blind: float


def _natures(seed: int) -> list[_Nature]:
    rng = random.Random(f"{seed}/telecom")
    return [
        _Nature(
            size=rng.uniform(300, 2500),
            fibre=rng.uniform(0.75, 1.25),
            adults=rng.uniform(0.95, 1.05),
            mobile=rng.uniform(0.97, 1.03),
            hamlets=rng.randint(4, 14),
            blind=rng.choice((0, 0, 1, 2, 3)),
        )
        for _ in communes()
    ]


def figures(seed: int, code: str) -> list[list[int]]:
    """True counts of the 102 communes: households, fibre, hamlets, with 4G, adults, mobile, blind spots."""
    quarter, natures = QUARTERS[code], _natures(seed)
    large = next(i for i, commune in enumerate(communes()) if commune.code == LARGE_WARD)
    others = [0.0 if i == large else nature.size for i, nature in enumerate(natures)]
    households = apportion(quarter.households - quarter.large_ward, others)
    households[large] = quarter.large_ward
    both = list(zip(households, natures, strict=True))
    fibre = apportion(quarter.fibre, [count * nature.fibre for count, nature in both])
    adults = apportion(quarter.adults, [count * nature.adults for count, nature in both])
    mobile = apportion(
        quarter.mobile, [count * nature.mobile for count, nature in zip(adults, natures, strict=True)]
    )
    blind = apportion(quarter.blind_spots, [nature.blind for nature in natures])
    hamlets = [nature.hamlets for nature in natures]
    return [list(row) for row in zip(households, fibre, hamlets, hamlets, adults, mobile, blind, strict=True)]


def _printed(number: int, counts: list[int], centre: str) -> list[Value]:
    """Cells after the name: some numbers as text with dots, as the carriers mix them."""
    cells: list[Value] = list(counts[:COUNTS])
    if number % 3 == 0:
        cells[0] = dotted(counts[0])
    if number % 8 == 4:
        cells[1] = dotted(counts[1])
    cells[4] = dotted(counts[4])
    return [*cells, centre, counts[COUNTS] or "-"]


def workbook(seed: int, code: str, sent: datetime) -> bytes:
    """The form of a quarter. Subtotals are of the true counts, also where a cell is mistyped."""
    quarter, rows = QUARTERS[code], figures(seed, code)
    form = Form("Biểu 1", sent, (*WIDTHS, 14) if quarter.rearranged else WIDTHS)

    def placed(cells: list[Value]) -> list[Value]:
        """The cells of a row in the columns of this quarter's form."""
        if not quarter.rearranged:
            return cells
        whole = [*cells, *[None] * (len(HEADER) - len(cells))]
        return [whole[place] for place in BLIND_SPOTS_EARLIER]

    form.title("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "BÁO CÁO HẠ TẦNG VIỄN THÔNG", f"Kỳ báo cáo: {quarter.title}")
    form.header([*map(str, placed([*HEADER])), *([ADDED] if quarter.rearranged else [])])
    upcoming, number = iter(rows), 0
    for district in districts():
        inside = list(islice(upcoming, len(district.communes)))
        form.row(placed(_sums(district.name, inside)), bold=True)
        for commune, counts in zip(district.communes, inside, strict=True):
            number += 1
            cells = _printed(number, counts, "-" if number > len(rows) - quarter.without_centre else "x")
            if quarter.mistyped and commune.code == LARGE_WARD:
                cells[0] = "151.10"
            if quarter.mistyped and commune.code == ADULTS_MISTYPED:
                cells[4] = "5.9123"
            form.row(placed([number, commune.name, *cells]))
    form.row(placed(_sums("Tổng cộng", rows)), bold=True)
    return form.close("(*) Số liệu do các doanh nghiệp viễn thông cung cấp.", "GIÁM ĐỐC")


def _sums(name: str, rows: list[list[int]]) -> list[Value]:
    sums = [sum(column) for column in zip(*rows, strict=True)]
    return [None, name, *sums[:COUNTS], None, sums[COUNTS]]
