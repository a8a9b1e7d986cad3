"""Online payments of fees, charges and financial duties on land, some hundreds a month; all synthetic."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from sandbox.days import Span, is_working_day
from sandbox.documents import csv_body
from sandbox.province import agencies

COLUMNS = ("MaGiaoDich", "MaHoSo", "LoaiThanhToan", "SoTien", "ThoiDiem", "KenhThanhToan", "TrangThai")
LAND = "nghĩa vụ tài chính đất đai"
KINDS = {"phí": 45, "lệ phí": 45, LAND: 10}
STATES = {"thành công": 93, "thất bại": 5, "chờ xử lý": 2}
CHANNELS = {"Cổng Dịch vụ công quốc gia": 60, "Cổng dịch vụ công của tỉnh": 25, "Ví điện tử": 10, "Ngân hàng": 5}
FEES = (5_000, 8_000, 20_000, 30_000, 50_000, 100_000, 200_000, 500_000)
A_DAY = {2022: 10, 2023: 15, 2024: 20, 2025: 24}  # about so many on a working day, a tenth of it on a free one


def export(seed: int, span: Span, today: date) -> bytes:
    """The CSV of a month or day, in the order of time; a payment keeps the state it is first exported with."""
    rows = (row for day in span.days_before(today) for row in _rows(seed, day))
    return csv_body(COLUMNS, rows, ";", bom=True)


def _rows(seed: int, day: date) -> Iterator[tuple[str, ...]]:
    rng = random.Random(f"{seed}/payments/{day}")
    usual = A_DAY[day.year] if is_working_day(day) else A_DAY[day.year] // 10
    count = round(usual * rng.uniform(0.6, 1.4))
    for number, second in enumerate(sorted(rng.sample(range(6 * 3600, 22 * 3600), count)), start=1):
        kind = _one_of(rng, KINDS)
        amount = rng.randint(50, 6_000) * 10_000 if kind == LAND else rng.choice(FEES)
        clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        yield (
            f"TT{day:%Y%m%d}-{number:05d}",
            _dossier(rng, kind, day),
            kind,
            str(amount),
            f"{day:%d/%m/%Y} {clock}",
            _one_of(rng, CHANNELS),
            _one_of(rng, STATES),
        )


def _dossier(rng: random.Random, kind: str, day: date) -> str:
    """The code of a dossier received in the days before; duties on land are the districts'."""
    units = [unit for unit in agencies(day) if kind != LAND or unit.level == "huyện"]
    agency = rng.choices(units, [unit.weight for unit in units])[0].code
    received = day - timedelta(days=rng.randint(0, 10))
    return f"{agency}-{received:%y%m%d}-{rng.randint(1, 120):04d}"


def _one_of(rng: random.Random, shares: dict[str, int]) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]
