"""Online payments: the fees of dossiers, once each is through, and financial duties on land; all synthetic."""

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property

from sandbox.days import Span, is_working_day
from sandbox.documents import csv_body
from sandbox.dossiers import DossierBook
from sandbox.province import agencies

COLUMNS = ("MaGiaoDich", "MaHoSo", "LoaiThanhToan", "SoTien", "ThoiDiem", "KenhThanhToan", "TrangThai")
LAND = "nghĩa vụ tài chính đất đai"
FEES = ("phí", "lệ phí")
PAID = "thành công"
STATES = {PAID: 93, "thất bại": 5, "chờ xử lý": 2}  # a fee whose first payment fails or waits is paid by a second one
CHANNELS = {"Cổng Dịch vụ công quốc gia": 60, "Cổng dịch vụ công của tỉnh": 25, "Ví điện tử": 10, "Ngân hàng": 5}
LAND_A_DAY = {2022: 2, 2023: 2, 2024: 3, 2025: 3}  # about so many on a working day, none on a free one

_Payment = tuple[str, str, int, str, str]
"""Time of the day, dossier, amount in đồng, kind, state."""


class Payments:
    """What is paid online for the dossiers of a book. A payment keeps the state it is first exported with."""

    def __init__(self, seed: int, book: DossierBook) -> None:
        self._seed, self._book = seed, book

    def export(self, span: Span, today: date) -> bytes:
        """The CSV of a month or day, in the order of time."""
        rows = (row for day in span.days_before(today) for row in self._rows(day))
        return csv_body(COLUMNS, rows, ";", bom=True)

    @cached_property
    def _fees(self) -> Mapping[date, list[tuple[str, int, str]]]:
        """Dossiers whose fees were paid online, by the day of their end: code, fee in đồng, time of the day."""
        found: dict[date, list[tuple[str, int, str]]] = {}
        for course in self._book.courses():
            if course.ended and course.paid and course.fee:
                found.setdefault(course.ended, []).append((course.code, course.fee, course.ended_at))
        return found

    def _rows(self, day: date) -> Iterator[tuple[str, ...]]:
        rng = random.Random(f"{self._seed}/payments/{day}")
        made = sorted([*self._of_fees(rng, day), *self._of_land(rng, day)])
        for number, (clock, dossier, amount, kind, state) in enumerate(made, start=1):
            code = f"TT{day:%Y%m%d}-{number:05d}"
            yield code, dossier, kind, str(amount), f"{day:%d/%m/%Y} {clock}", _one_of(rng, CHANNELS), state

    def _of_fees(self, rng: random.Random, day: date) -> Iterator[_Payment]:
        for dossier, fee, clock in self._fees.get(day, ()):
            kind, tried = rng.choice(FEES), _one_of(rng, STATES)
            if tried != PAID:
                yield clock, dossier, fee, kind, tried
            yield clock, dossier, fee, kind, PAID

    def _of_land(self, rng: random.Random, day: date) -> Iterator[_Payment]:
        districts = [unit for unit in agencies(day) if unit.level == "huyện"]
        count = round(LAND_A_DAY[day.year] * rng.uniform(0.6, 1.4)) if is_working_day(day) else 0
        for second in rng.sample(range(6 * 3600, 22 * 3600), count):
            agency = rng.choices(districts, [unit.weight for unit in districts])[0].code
            dossier = f"{agency}-{day - timedelta(days=rng.randint(0, 10)):%y%m%d}-{rng.randint(1, 120):04d}"
            clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
            yield clock, dossier, rng.randint(50, 6_000) * 10_000, LAND, _one_of(rng, STATES)


def _one_of(rng: random.Random, shares: Mapping[str, int]) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]
