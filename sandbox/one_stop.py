"""Form II.06a: dossiers received, resolved, open by agency; a backlog is what was open the month before."""

import random
from dataclasses import dataclass
from datetime import date, datetime

from sandbox.programs.page import Value
from sandbox.province import Agency, agencies
from sandbox.workbook import Form, dotted

MONTHS = tuple((year, month) for year in (2022, 2023, 2024) for month in range(1, 13) if (year, month) <= (2024, 6))
_LISTED_ON = date(2024, 1, 1)
MONTHLY_PER_WEIGHT = 150  # dossiers received in a month; the province has about 21 000
BROKEN_MONTH, BROKEN_AGENCY = (2024, 4), "000.00.06.H34"  # here resolved is not the sum of its parts

HEADER: tuple[tuple[str | None, ...], ...] = (
    (
        *("STT", "Lĩnh vực, đơn vị"),
        *("Số hồ sơ tiếp nhận", "", "", ""),
        *("Số hồ sơ đã giải quyết", "", "", ""),
        *("Số hồ sơ đang giải quyết", "", ""),
    ),
    (
        *(None, None, "Tổng số", "Trong kỳ", "", "Từ kỳ trước"),
        *("Tổng số", "Trước hạn", "Đúng hạn", "Quá hạn", "Tổng số", "Trong hạn", "Quá hạn"),
    ),
    (None, None, None, "Trực tuyến", "Trực tiếp, bưu chính", *[None] * 8),
)


@dataclass(frozen=True)
class Counts:
    """One agency's month; `open_late` is part of what is open."""

    online: int
    in_person: int
    backlog: int
    early: int
    on_time: int
    late: int
    open_late: int

    @property
    def received(self) -> int:
        """Column 3."""
        return self.online + self.in_person + self.backlog

    @property
    def resolved(self) -> int:
        """Column 7."""
        return self.early + self.on_time + self.late

    @property
    def still_open(self) -> int:
        """Column 11."""
        return self.received - self.resolved

    def columns(self) -> list[int]:
        """Columns 3 to 13."""
        return [
            *(self.received, self.online, self.in_person, self.backlog),
            *(self.resolved, self.early, self.on_time, self.late),
            *(self.still_open, self.still_open - self.open_late, self.open_late),
        ]


def figures(seed: int, year: int, month: int) -> dict[str, Counts]:
    """True counts of a month by agency code; each is chained to the one before, and every year begins with the same backlog."""
    made = {}
    for agency in agencies(_LISTED_ON):
        rng = random.Random(f"{seed}/06a/{agency.code}" if year == 2024 else f"{seed}/06a/{year}/{agency.code}")
        first = backlog = max(3, int(agency.weight * MONTHLY_PER_WEIGHT * 0.09))
        for each in range(1, month + 1):
            counts = _month(rng, agency, backlog, first if each == 12 else None)
            backlog = counts.still_open
        made[agency.code] = counts
    return made


def _month(rng: random.Random, agency: Agency, backlog: int, leaves: int | None) -> Counts:
    """leaves: how many are open at its end, where that is given."""
    received = int(agency.weight * MONTHLY_PER_WEIGHT * rng.uniform(0.8, 1.2))
    online = int(received * rng.uniform(0.45, 0.85))
    resolved = int((received + backlog) * rng.uniform(0.88, 0.93)) if leaves is None else received + backlog - leaves
    late = int(resolved * rng.choice((0, 0.001, 0.002, 0.004)) + rng.random())
    early = int((resolved - late) * rng.uniform(0.55, 0.65))
    return Counts(
        online=online,
        in_person=received - online,
        backlog=backlog,
        early=early,
        on_time=resolved - late - early,
        late=late,
        open_late=rng.randint(0, 4),
    )


def _day(day: date) -> str:
    """A date as offices print it: the month has two digits only in January and February."""
    return f"{day:%d}/{day.month:02d}/{day.year}" if day.month < 3 else f"{day:%d}/{day.month}/{day.year}"


def window(year: int, month: int) -> tuple[date, date]:
    """First and last day of an administrative month: from the 15th to the 14th."""
    first = date(year - 1, 12, 15) if month == 1 else date(year, month - 1, 15)
    return first, date(year, month, 14)


def workbook(seed: int, year: int, month: int, sent: datetime) -> bytes:
    """The form of a month. Totals add what is printed, the broken row included."""
    first, last = window(year, month)
    counts = figures(seed, year, month)
    form = Form("II.06a", sent, (6, 42, *[11] * 11))
    form.title(
        "Biểu số II.06a/VPCP/KSTT",
        "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH",
        f"Kỳ báo cáo: Tháng {month}/{year} (Từ ngày {_day(first)} đến ngày {_day(last)})",
        "Đơn vị tính: Số hồ sơ TTHC",
    )
    form.header(*HEADER)
    printed: list[list[int]] = []
    for mark, section, level in (("I", "Sở, ban, ngành", "tỉnh"), ("II", "UBND cấp huyện", "huyện")):
        form.row([mark, section], bold=True)
        units = [agency for agency in agencies(_LISTED_ON) if agency.level == level]
        for number, agency in enumerate(units, start=1):
            columns = counts[agency.code].columns()
            if ((year, month), agency.code) == (BROKEN_MONTH, BROKEN_AGENCY):
                columns[5] += 7
            printed.append(columns)
            form.row([number, agency.name.replace("thành phố", "TP."), *_cells(columns)])
    form.row([None, "TỔNG CỘNG", *(sum(column) for column in zip(*printed, strict=True))], bold=True)
    return form.close("(*) Số liệu trích từ Hệ thống thông tin giải quyết TTHC tỉnh.", "CHÁNH VĂN PHÒNG")


def _cells(columns: list[int]) -> list[Value]:
    """Column 7 is text with dots, nothing late is a dash."""
    cells: list[Value] = list(columns)
    cells[4] = dotted(columns[4])
    cells[7] = columns[7] or "-"
    return cells
