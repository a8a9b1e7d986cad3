"""A form of a department: who sends it, what it looks like, what it says of a period."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial

from sandbox.days import LOCAL, is_working_day
from sandbox.forms.periods import Reported
from sandbox.programs.page import Value
from sandbox.workbook import Form, Look


@dataclass(frozen=True)
class Office:
    """Who sends a form: the authority above it, its own name, who signs, and the look of its templates.

    protects: it sends nothing that opens without the password agreed on.
    """

    above: str
    name: str
    signer: str
    look: Look
    protects: bool = False


@dataclass(frozen=True)
class Line:
    """A row as it is printed; hidden where a filter was left on."""

    cells: Sequence[Value]
    bold: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Mail:
    """A file of the folder and the moment it was sent, local time; protected: it opens with the password alone."""

    name: str
    sent: datetime
    content: Callable[[datetime], bytes]
    protected: bool = False


@dataclass(frozen=True)
class Report:
    """A form with the lines that it prints of a period; `header` has one or more levels.

    lines: from seed and period. administrative: from the 15th to the 14th. late: working days beyond `days`, by period.
    note: said below the table.
    """

    stem: str
    office: Office
    title: str
    header: Sequence[Sequence[str | None]]
    widths: Sequence[float]
    periods: Sequence[Reported]
    lines: Callable[[int, Reported], Sequence[Line]]
    administrative: bool = False
    days: int = 2
    late: dict[Reported, int] = field(default_factory=dict)
    note: str = "(*) Số liệu do các đơn vị báo cáo."

    def workbook(self, seed: int, period: Reported, sent: datetime) -> bytes:
        """The form of a period."""
        form = Form("Biểu 1", sent, self.widths, self.office.look)
        form.national_title(self.office.above, self.office.name)
        form.title(self.title, f"Kỳ báo cáo: {period.title}")
        form.header(*self.header)
        for line in self.lines(seed, period):
            form.row(line.cells, bold=line.bold, hidden=line.hidden)
        return form.close(self.note, self.office.signer)

    def mails(self, seed: int) -> Iterator[Mail]:
        """One file a period, sent some working days after its end."""
        for period in self.periods:
            days, end = self.days + self.late.get(period, 0), period.administrative_end if self.administrative else period.end
            name = f"{self.stem}_{period.suffix}{self.office.look.ending}"
            yield Mail(name, sent_after(end, days), partial(self.workbook, seed, period), self.office.protects)


def sent_after(end: date, days: int, hour: int = 15) -> datetime:
    """So many working days after a period's end, in the afternoon."""
    day = end
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return datetime.combine(day, time(hour, 20), LOCAL)


def numbered(rows: Sequence[Sequence[Value]]) -> list[Line]:
    """Data lines with their number in front."""
    return [Line([number, *row]) for number, row in enumerate(rows, start=1)]


def total(name: str, rows: Sequence[Sequence[Value]], width: int) -> Line:
    """A bold line that sums the whole numbers of each column; other columns stay blank."""
    sums: list[Value] = []
    for column in range(1, width):
        figures = [row[column] for row in rows if column < len(row)]
        whole = [figure for figure in figures if isinstance(figure, int)]
        sums.append(sum(whole) if whole and len(whole) == len(figures) else None)
    return Line([None, name, *sums], bold=True)
