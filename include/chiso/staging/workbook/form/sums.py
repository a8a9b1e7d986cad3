"""Rows that sum others under names that no total is known by: `Toàn ngành`, `Lũy kế`, `UBND tỉnh …`.

Such a row must not be counted beside those it sums. Where nothing marks it as data it is a total; else it counts, and
is told.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from chiso.staging.workbook.form import wording
from chiso.staging.workbook.form.amounts import amounts
from chiso.staging.workbook.form.body import Body
from chiso.staging.workbook.form.layout import Layout
from chiso.staging.workbook.form.meaning import Meaning
from chiso.staging.workbook.form.rows import Row

_NEARLY = 2 / 3
"""Of at least three figures: so many that agree make a total of a row that is marked as none of the others."""


@dataclass(frozen=True)
class Sum:
    """A row whose figures are sums of others'. first, last: the rows that it sums, by index."""

    row: Row
    first: int
    last: int
    agreeing: int
    """Figures that are the sum, of `judged` that could be compared."""
    judged: int
    is_total: bool
    """Whether it is surely no data row."""

    def total(self, row: Row) -> Row:
        """The row as a total."""
        return row._replace(kind="subtotal", closing=True, sums=(self.first, self.last))


@dataclass(frozen=True)
class _Figures:
    """A column of the data rows. sums, faults: of the rows before each place, their sum and how many can't be read."""

    place: int
    values: np.ndarray
    sums: np.ndarray
    faults: np.ndarray


class Sums:
    """The data rows of a layout, by their position in it; searched once, from the top."""

    def __init__(self, layout: Layout, body: Body, meaning: Meaning, plain: np.ndarray) -> None:
        sheet = body.contract.terms.sheet
        assert sheet is not None  # noqa: S101 - read_workbook makes sure
        self._layout, self._data, self._body, self._meaning = layout, layout.data, body, meaning
        self._blocks = sheet.subtotals != "none"
        self._tolerance = float(sheet.totals.tolerance)
        self._columns = [column for column in body.contract.summed if column.name in body.header.columns]
        self._indices = [row.at for row in layout.data]
        self._starts = sorted({bisect_right(self._indices, row.at) for row in layout.rows if row.kind != "data"})
        self._ends = {start - 1 for start in self._starts} | {len(self._data) - 1}
        self._odd = [position for position, index in enumerate(self._indices) if not plain[index]]
        self._last_taken, self._taken, self._taken_sums = -1, 0, [0.0] * len(self._columns)
        self._marked = lru_cache(maxsize=None)(self._is_marked)
        self._figures = lru_cache(maxsize=None)(self._read)
        self._printed = lru_cache(maxsize=None)(self._read_totals)

    def find(self) -> list[Sum]:
        """Rows that sum those above, all or back to the last heading or total; or those below, if marked as no data."""
        if not self._columns:
            return []
        found = []
        for position in sorted({0, *self._odd, *self._ends} - {-1} if self._data else ()):
            one = next((one for span in self._spans(position) if (one := self._judged(position, *span))), None)
            if one and not self._proven[position]:
                found.append(one)
                if one.is_total:
                    self._take(position)
        return found

    def placed(self) -> list[tuple[Row, Sequence[int]]]:
        """The layout's totals; one before the last rows sums those above it, or its block, where its figures say so."""
        return [(row, self._covered(row, covers) if row.kind == "total" else covers) for row, covers in self._layout.totals]

    def below_total(self) -> list[Row]:
        """Unnumbered rows below the last total of a numbered table, unless a printed total holds only if they count.

        A row that is named after a unit counts, unless the total holds without it.
        """
        if not (self._body.numbers_rows and self._data):
            return []
        marked = [wording.is_mark(self._body.ordinals[index] or "") for index in self._indices]
        last = max((position for position, one in enumerate(marked) if one), default=len(self._data))
        totals = (row.at for row, covers in self._layout.totals
                  if (row.kind == "total" or row.closing) and len(covers) and last < bisect_left(self._indices, row.at))
        total = min(totals, default=None)
        if total is None:
            return []
        first = bisect_left(self._indices, total)
        holds = self._agree(total, range(first))
        below = range(first, len(self._data))
        return [self._data[position] for position in below
                if not self._proven[position] and (holds or not self._is_like_data(position))]

    def _covered(self, row: Row, covers: Sequence[int]) -> Sequence[int]:
        place = bisect_left(self._indices, row.at)
        if place == len(self._data) or not covers or self._agree(row.at, covers):
            return covers
        above, below = bisect_left(self._starts, place), bisect_right(self._starts, place)
        start = self._starts[above - 1] if above else 0
        stop = self._starts[below] if below < len(self._starts) else len(self._data)
        spans = (range(0, place), range(start, place), range(place, stop))
        return next((span for span in spans if span and self._agree(row.at, span)), covers)

    def _take(self, position: int) -> None:
        """Leaves the row out of what others may sum."""
        self._last_taken, self._taken = position, self._taken + 1
        for number in range(len(self._columns)):
            self._taken_sums[number] += float(np.nan_to_num(self._figures(number).values[position]))

    def _spans(self, position: int) -> Iterator[tuple[int, int]]:
        """Spans of positions that the row may sum, nearest first."""
        start = self._starts[place - 1] if (place := bisect_right(self._starts, position)) else 0
        start = max(start, self._last_taken + 1)
        if self._blocks and start:
            yield start, position
        yield 0, position
        if self._blocks and self._marked(position):
            following = bisect_right(self._starts, position)
            stop = self._starts[following] if following < len(self._starts) else len(self._data)
            odd = (self._odd[place] for place in range(bisect_right(self._odd, position), len(self._odd)))
            yield position + 1, min(stop, next((other for other in odd if other >= stop or self._marked(other)), stop))
        if position == 0:
            yield 1, len(self._data)

    def _judged(self, position: int, first: int, last: int) -> Sum | None:
        rows = last - first - (self._taken if first == 0 else 0)
        if rows < 1 or not self._may_agree(position, first, last):
            return None
        seen = _Seen()
        for number in range(len(self._columns)):
            seen.add(self._compared(number, position, first, last))
        outermost = (first, last) in ((0, len(self._data) - 1), (1, len(self._data)))
        is_total = self._is_total(position, seen, rows, outermost=outermost)
        if is_total is None:
            return None
        return Sum(self._data[position], self._indices[first], self._indices[last - 1], seen.agreeing, seen.judged, is_total)

    # Figures

    def _read(self, number: int) -> _Figures:
        column = self._columns[number]
        place = self._body.header.columns[column.name]
        values = amounts(self._body.grid.texts(self._indices, place), column)
        sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))])
        return _Figures(place, values, sums, np.concatenate([[0], np.cumsum(np.isnan(values))]))

    def _may_agree(self, position: int, first: int, last: int) -> bool:
        """Whether it is worth looking at every column: one of the first two agrees, or says nothing."""
        compared = [self._compared(number, position, first, last) for number in range(min(2, len(self._columns)))]
        return any(one is not False for one in compared)

    def _compared(self, number: int, position: int, first: int, last: int) -> bool | None:
        """Whether the row's figure is the sum of the others'; None where it is blank or 0 as theirs, or can't be told."""
        figures = self._figures(number)
        value = float(figures.values[position])
        if np.isnan(value) or figures.faults[last] > figures.faults[first]:
            return None
        total = float(figures.sums[last] - figures.sums[first])
        total -= self._taken_sums[number] if first == 0 else 0
        if value == 0 and (total == 0 or self._body.grid.text(self._indices[position], figures.place) is None):
            return None
        return self._equal(value, total)

    def _equal(self, printed: float, total: float) -> bool:
        return abs(printed - total) <= self._tolerance + 1e-9 * max(1.0, abs(total))

    @cached_property
    def _proven(self) -> np.ndarray:
        """For each row, whether a printed total holds only if it counts."""
        proven = np.zeros(len(self._data), bool)
        for total, covers in self._layout.totals:
            if self._agree(total.at, covers):
                proven[np.asarray(covers, np.int64)] = True
        return proven

    def _agree(self, index: int, covers: Sequence[int]) -> bool:
        """Whether the figures printed in a sheet row are the sums of those rows'."""
        some = False
        for number in range(len(self._columns)):
            agrees = self._holds(number, index, covers)
            if agrees is False:
                return False
            some = some or agrees is True
        return some

    def _holds(self, number: int, index: int, covers: Sequence[int]) -> bool | None:
        """Whether a printed total is the sum of those rows; None where it is blank, or 0 as theirs, or can't be told."""
        printed, figures = self._printed(number)[index], self._figures(number)
        if printed is None:
            return None
        if isinstance(covers, range):
            faulty = figures.faults[covers.stop] > figures.faults[covers.start]
            total = float("nan") if faulty else float(figures.sums[covers.stop] - figures.sums[covers.start])
        else:
            total = float(figures.values[np.asarray(covers, np.int64)].sum())
        return None if np.isnan(printed + total) or not (printed or total) else self._equal(printed, total)

    def _read_totals(self, number: int) -> dict[int, float | None]:
        """The layout's totals by their row; None for a blank one."""
        indices, place = [row.at for row, _ in self._layout.totals], self._figures(number).place
        texts = self._body.grid.texts(indices, place)
        read = zip(indices, texts.to_pylist(), amounts(texts, self._columns[number]).tolist(), strict=True)
        return {index: None if text is None else value for index, text, value in read}

    # What tells a total from data

    def _is_total(self, position: int, seen: "_Seen", rows: int, *, outermost: bool) -> bool | None:
        """True: surely a total; False: perhaps, but it counts; None: the figures don't say so."""
        marked, like_data = self._marked(position), self._is_like_data(position)
        if seen.agreeing and rows > 1 and self._meaning.is_province(self._data[position].name or ""):
            return True
        if seen.agreeing < seen.judged:
            nearly = seen.agreeing >= 3 and seen.agreeing >= _NEARLY * seen.judged
            return True if nearly and marked and rows > 1 else None
        strong = seen.agreeing > 1 or (seen.agreeing == 1 and len(self._columns) == 1)
        if marked and seen.agreeing and (rows > 1 or (strong and position in self._ends)):
            return True
        if not strong or rows == 1:
            return None
        if outermost and not like_data and seen.agreeing + rows > 4:
            return True
        return False if outermost or position in self._ends else None

    def _is_marked(self, position: int) -> bool:
        """Whether something marks the row as none of the others: no number, bold print, a name that is no unit's, no key."""
        index = self._indices[position]
        unnumbered = self._body.numbers_rows and not self._body.ordinals[index]
        if self._is_like_data(position):
            return unnumbered and self._lacks_words(index)
        return unnumbered or self._is_bold_alone(index) or self._meaning.label_is_unit

    def _is_like_data(self, position: int) -> bool:
        """Whether it is numbered, or named after a unit, as data rows are."""
        row = self._data[position]
        if self._meaning.is_province(row.name or ""):  # the sum of the others, or one of its own
            return False
        numbered = wording.is_mark(self._body.ordinals[row.at] or "")
        return numbered or (row.name is not None and self._meaning.names_label(row.name))

    def _lacks_words(self, index: int) -> bool:
        """Whether a word that every data row must have is missing."""
        wanted = (place for place in self._body.words if place in self._body.columns)
        return any(not self._body.columns[place].may_be_blank and not self._body.word(index, place) for place in wanted
                   if self._body.columns[place].terms.blank != "above")

    def _is_bold_alone(self, index: int) -> bool:
        return self._body.is_bold(index) and not all(map(self._body.is_bold, self._indices[:2]))


@dataclass
class _Seen:
    """Figures of a row that were compared, and those that are the sum."""

    agreeing: int = 0
    judged: int = 0

    def add(self, agrees: bool | None) -> None:
        """Takes one more."""
        self.judged += agrees is not None
        self.agreeing += agrees is True
