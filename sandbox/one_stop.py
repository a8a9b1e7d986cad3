"""Form II.06a: dossiers received, resolved, open by agency; a backlog is what was open the month before."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sandbox.dossiers import Course, DossierBook
from sandbox.programs.page import Value
from sandbox.province import agencies
from sandbox.workbook import Form, dotted

MONTHS = tuple((year, month) for year in (2022, 2023, 2024) for month in range(1, 13) if (year, month) <= (2024, 6))
_LISTED_ON = date(2024, 1, 1)
EVENTS = ("online", "in_person", "early", "on_time", "late", "open_late")
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


class OneStop:
    """True counts of every month by agency code, of the dossiers that the portal knows."""

    def __init__(self, book: DossierBook) -> None:
        self._book = book

    @cached_property
    def counts(self) -> Mapping[tuple[int, int], Mapping[str, Counts]]:
        """By year and month; each month's backlog is what was open the month before."""
        tallies: Counter[tuple[tuple[int, int], str, str]] = Counter()
        for course in self._book.courses():
            tallies.update((month, course.agency, what) for month, what in _events(course))
        made: dict[tuple[int, int], dict[str, Counts]] = {}
        backlog: Counter[str] = Counter()
        for month in MONTHS:
            made[month] = {
                agency.code: Counts(backlog=backlog[agency.code], **{what: tallies[month, agency.code, what] for what in EVENTS})
                for agency in agencies(_LISTED_ON)
            }
            backlog = Counter({code: counts.still_open for code, counts in made[month].items()})
        return made


def _events(course: Course) -> Iterator[tuple[tuple[int, int], str]]:
    """What forms count of a dossier, with the month of each."""
    received = month_of(course.received)
    yield received, "online" if course.online else "in_person"
    promised = course.due + course.paused
    if course.ended:
        how = "late" if course.ended > promised else "early" if course.ended < course.due else "on_time"
        yield month_of(course.ended), how
    for month in MONTHS:
        last = window(*month)[1]
        if received <= month and promised < last and (course.ended is None or course.ended > last):
            yield month, "open_late"


def _day(day: date) -> str:
    """A date as offices print it: the month has two digits only in January and February."""
    return f"{day:%d}/{day.month:02d}/{day.year}" if day.month < 3 else f"{day:%d}/{day.month}/{day.year}"


def window(year: int, month: int) -> tuple[date, date]:
    """First and last day of an administrative month: from the 15th to the 14th."""
    first = date(year - 1, 12, 15) if month == 1 else date(year, month - 1, 15)
    return first, date(year, month, 14)


def month_of(day: date) -> tuple[int, int]:
    """The administrative month of a day."""
    year, month = divmod(day.year * 12 + day.month - (day.day < 15), 12)
    return year, month + 1


def workbook(known: OneStop, year: int, month: int, sent: datetime) -> bytes:
    """The form of a month. Totals add what is printed, the broken row included."""
    first, last = window(year, month)
    counts = known.counts[year, month]
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
