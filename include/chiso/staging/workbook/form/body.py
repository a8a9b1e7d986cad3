"""The part of a sheet below a form's header, seen through the columns of its contract."""

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.contracts import Column, Contract
from chiso.staging.workbook.form import wording
from chiso.staging.workbook.form.header import ORDINAL_KEYS, Header, key
from chiso.staging.workbook.grids import Grid

WORDS = frozenset({"word", "time"})
"""Kinds of readings: only in words a text can be a formula in disguise, and merged cells mean the same again."""


class Body:
    """Rows by their index in the sheet (from 0), columns by theirs.

    columns: sheet column → the contract's. label: the column that names a row. figures: columns of figures and marks.
    words: every other column of the form, and unknown ones to the left of its figures, where headings may stand.
    """

    def __init__(self, grid: Grid, header: Header, contract: Contract) -> None:
        assert contract.terms.sheet is not None  # noqa: S101 - read_workbook makes sure
        self.grid, self.header, self.contract = grid, header, contract
        self.label = header.columns[contract.terms.sheet.label]
        self.columns: dict[int, Column] = {
            header.columns[column.name]: column for column in contract.columns if column.name in header.columns
        }
        self.figures = [
            place for place, column in self.columns.items()
            if column.how.kind not in WORDS and place not in (self.label, header.ordinal)
        ]
        named = {place for place in self.columns if place not in (self.label, header.ordinal, *self.figures)}
        before = range(min(self.figures, default=0))
        self._merged: dict[int, dict[int, str | None]] = {}
        self.words = sorted(named | {place for place in before if place not in (self.label, header.ordinal)})

    @cached_property
    def filled(self) -> list[int]:
        """The rows of the table in which anything stands."""
        below = self.header.bottom + 1
        filled: list[int] = (np.flatnonzero(self.grid.filled[below:self.second_table]) + below).tolist()
        return filled

    @cached_property
    def second_table(self) -> int | None:
        """The row in which another table's header begins (`STT`, …), if one stands below."""
        place = 0 if self.header.ordinal is None else self.header.ordinal
        texts = self.grid.column(place).to_pylist()
        below = (index for index in range(self.header.bottom + 1, len(texts)) if key(texts[index] or "") in ORDINAL_KEYS)
        return next((index for index in below if self._heads_another_table(index)), None)

    def _heads_another_table(self, index: int) -> bool:
        """Whether the row has headings of its own, and no more than half of them are this form's."""
        texts = {key(text) for text in self._all_texts(index)}
        known = {key(text) for path in self.header.paths.values() for text in path}
        return len(texts) > 2 and not self.has_figures(index) and 2 * len(texts & known) <= len(texts)

    @cached_property
    def labels(self) -> list[str | None]:
        """For each row of the sheet, the text in the column that names it; the same for all rows of a merged cell."""
        labels: list[str | None] = self.grid.column(self.label).to_pylist()
        for row, text in self.merged(self.label).items():
            if labels[row] is None:
                labels[row] = text
        return labels

    @cached_property
    def ordinals(self) -> list[str | None]:
        """For each row of the sheet, the text in the column of numbers."""
        if self.header.ordinal is None:
            return [None] * self.grid.height
        ordinals: list[str | None] = self.grid.column(self.header.ordinal).to_pylist()
        return ordinals

    @cached_property
    def numbers_rows(self) -> bool:
        """Whether rows have numbers at all, so that one without is an exception."""
        return any(wording.is_number(ordinal or "") for ordinal in self.ordinals[self.header.bottom + 1 :])

    def texts(self, index: int) -> list[tuple[int, str]]:
        """Column and text of the words in a row, but for its label."""
        return [(place, text) for place in self.words if (text := self.grid.text(index, place))]

    def word(self, index: int, place: int) -> str | None:
        """The text of a cell; the same for all rows of a merged one."""
        return self.grid.text(index, place) or self.merged(place).get(index)

    def merged(self, place: int) -> dict[int, str | None]:
        """Rows whose cell in a column belongs to a merge that begins above → the text of its first cell."""
        if place not in self._merged:
            self._merged[place] = {
                row: self.grid.text(span.top, place) for span in self.grid.merges if span.left == place
                for row in range(span.top + 1, min(span.bottom + 1, self.grid.height))
            }
        return self._merged[place]

    def is_bold(self, index: int, place: int | None = None) -> bool:
        """Whether the row's name, or the cell in `place`, is in bold."""
        return (index, self.label if place is None else place) in self.grid.bold

    def has_figures(self, index: int) -> bool:
        """Whether a figure or mark stands in the row."""
        return bool(self.figured[index])

    @cached_property
    def figured(self) -> np.ndarray:
        """For each row of the sheet, whether it has a figure; a formula without a stored value counts as one."""
        figured = np.zeros(self.grid.height, bool)
        for place in self.figures:
            words = self.grid.column(place).combine_chunks().dictionary_encode()
            is_figure = pa.array([self._is_figure(text, place) for text in words.dictionary.to_pylist()], pa.bool_())
            figured |= pc.fill_null(is_figure.take(words.indices), False).to_numpy(zero_copy_only=False)
        for (row, place), formula in self.grid.formulas.items():
            if place in self.figures and not formula.stored and self.grid.text(row, place) is None:
                figured[row] = True
        return figured

    def _is_figure(self, text: str, place: int) -> bool:
        return len(text) <= 3 if self.columns[place].how.kind == "mark" else wording.is_figure(text)

    @cached_property
    def cells(self) -> np.ndarray:
        """For each row of the sheet, how many of the form's cells are filled, its number aside."""
        cells = np.zeros(self.grid.height, np.int64)
        for place in [self.label, *self.words, *self.figures]:
            cells += pc.is_valid(self.grid.column(place)).to_numpy()
        for row in self.merged(self.label):
            if self.grid.text(row, self.label) is None:
                cells[row] += 1
        if self.header.ordinal is not None:
            numbered = pc.fill_null(pc.ascii_is_decimal(self.grid.column(self.header.ordinal)), True).to_numpy()
            for row in np.flatnonzero(~numbered).tolist():
                cells[row] += not wording.is_mark(self.ordinals[row] or "")
        return cells

    @cached_property
    def foot(self) -> int:
        """The first row of the foot: notes, place and date, signatures, below the last row that is surely data."""
        last = next((index for index in reversed(self.filled) if self._is_sure(index)), self.header.bottom)
        below = (index for index in self.filled if index > last and any(map(wording.is_foot, self._all_texts(index))))
        return min(next(below, self.grid.height), self._notes)

    @cached_property
    def _notes(self) -> int:
        """The row over numbered notes (`Ghi chú:`): below it numbers start over, and only text stands beside them."""
        start = self.grid.height
        for place in range(len(self.filled) - 1, -1, -1):
            index = self.filled[place]
            if self.has_figures(index) or self.cells[index] > 2:
                break
            texts = self._all_texts(index)
            following = self.ordinals[self.filled[place + 1]] if place + 1 < len(self.filled) else None
            if len(texts) == 1 and wording.is_note(texts[0]) and wording.starts_over(following or ""):
                start = index
        return start

    def _is_sure(self, index: int) -> bool:
        ordinal = self.ordinals[index] or ""
        numbered = ordinal.rstrip(".)").isdigit() or wording.rank_of(ordinal) != "name"
        return (numbered and self.labels[index] is not None) or self.has_figures(index) or bool(self.cells[index] > 2)

    def _all_texts(self, index: int) -> list[str]:
        return [text for text in self.grid.row(index) if text]
