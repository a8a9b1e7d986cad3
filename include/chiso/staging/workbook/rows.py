"""Says what each row below the header is: data, total, subtotal, section, or set aside.

A row with figures is never set aside, unless it only numbers the columns.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.contracts import Column, Contract
from chiso.province.text import fold
from chiso.province.units import Agency, Reference, Unit
from chiso.staging.workbook.grids import Grid
from chiso.staging.workbook.header import Header, key

Kind = Literal["data", "total", "subtotal", "section"]
Rank = Literal["letter", "roman", "name"]

_NUMBER = re.compile(r"\(?[0-9]{1,6}(?:\.[0-9]{1,4})*[.)]?|[a-zđ][.)]?|[-+*•]")
_ROMAN = re.compile(r"(?:X{0,3})(?:IX|IV|V?I{0,3})[./)]?")
_LETTER = re.compile(r"[A-ZĐ][./)]?")
_MARKED_LABEL = re.compile(r"([IVX]+|[A-ZĐ])[./)]\s+(\S.*)", re.DOTALL)

_COLUMN_NUMBER = re.compile(r"\(?([0-9]{1,2})\)?(?:\s*=[-+*/x():%0-9\s]+)?")
_COLUMN_LETTER = re.compile(r"\(?[A-Za-zĐđ]\)?")

_FIGURE = re.compile(r"[^\w]*[0-9]|[-–—…]+$|#[A-Z/0]+[!?]?|kps$|không phát sinh$", re.IGNORECASE)
_PROSE = re.compile(r"(?:[^\W\d_]{2,}\W+){3}", re.UNICODE)
_DATE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}")
_NUMERIC = frozenset({"count", "number", "printed"})
_MARKED = frozenset({"mark", "flag"})

_TOTAL_START = re.compile(r"\W*(?:t[oổ]ng|c[oộ]ng|to[aà]n)\b", re.IGNORECASE)
_TOTALS = frozenset({"tong cong", "tong so", "tong", "cong", "toan tinh", "cong toan tinh", "tong toan tinh",
                     "tong cong toan tinh", "tong so toan tinh", "toan tinh tong cong", "cong chung", "tong chung"})
_GRAND = re.compile(r"\W*tổng\s+(?:cộng|số)\b", re.IGNORECASE)
_CLOSING = re.compile(r"\W*cộng\b\s*", re.IGNORECASE)
_DISTRICT_START = re.compile(r"(?:huyen|h|thanh pho|tp|t p|thi xa|tx|quan) ")
_FOOT = re.compile(r"\(?\*|ghi chu\b|nguon\b|luu y\b|chu thich\b")
_PLACE_AND_DATE = re.compile(r"\bngay(?: \d+)? thang(?: \d+)? nam\b")
_SIGNATURE = re.compile(
    r"nguoi (?:lap|bao cao|ky)|lap bieu|ke toan|thu truong|(?:pho )?(?:giam doc|chu tich|truong phong|chanh van phong"
    r"|cuc truong)|tm |kt |tl |tuq |ky ten|noi nhan|xac nhan")


@dataclass(frozen=True, slots=True)
class Row:
    """A row that says something. `index` counts from 0."""

    index: int
    kind: Kind
    label: str | None
    rank: Rank = "name"
    """How a subtotal or section is marked: A, I, or by its name alone."""
    district: str | None = None
    """Code of the district that a subtotal or section names (grain commune)."""
    closing: bool = False
    """It sums what stands above (`Cộng …`)."""


class Rows:
    """The rows below a header, read from the top."""

    def __init__(self, grid: Grid, header: Header, contract: Contract, reference: Reference) -> None:
        assert contract.terms.sheet is not None  # noqa: S101 - read_workbook makes sure
        self._grid, self._header, self._reference = grid, header, reference
        levels = contract.column(contract.terms.sheet.label).levels
        self._grain = "commune" if levels == ("commune",) else "agency" if levels else "row"
        self._label = header.columns[contract.terms.sheet.label]
        self._columns: dict[int, Column] = {header.columns[column.name]: column for column in contract.columns
                                            if column.name in header.columns}
        self._figures = [place for place, column in self._columns.items()
                         if place != self._label and column.reading in _NUMERIC | _MARKED]
        self._texts = [place for place in self._columns if place != self._label and place not in self._figures]
        self._district: str | None = None
        self._labels: list[str | None] = grid.column(self._label).to_pylist()
        self._ordinals: list[str | None] = (
            [None] * grid.height if header.ordinal is None else grid.column(header.ordinal).to_pylist())

    def read(self) -> list[Row]:
        """Every row that isn't set aside, in the sheet's order."""
        rows, plain = [], self._plain.tolist()
        for index in self._filled:
            label = self._labels[index]
            row = Row(index, "data", label) if plain[index] and index not in self._parents else self._row(index)
            if row:
                rows.append(row)
                self._district = row.district or self._district
        return rows

    @cached_property
    def _filled(self) -> list[int]:
        """The rows below the header in which anything stands."""
        below = self._header.bottom + 1
        return (np.flatnonzero(self._grid.filled[below:]) + below).tolist()

    @cached_property
    def _plain(self) -> np.ndarray:
        """For each row, whether it is numbered and named like no other kind, as nearly all of a long sheet are."""
        if self._header.ordinal is None:
            return np.zeros(self._grid.height, bool)
        numbered = pc.utf8_is_digit(self._grid.column(self._header.ordinal))
        labels = self._grid.column(self._label).combine_chunks().dictionary_encode()
        names = [label[0].isalpha() and not self._may_be_special(label) for label in labels.dictionary.to_pylist()]
        plain = pc.and_(numbered.combine_chunks(), pa.array(names, pa.bool_()).take(labels.indices))
        return np.asarray(pc.fill_null(plain, False))

    # One row

    def _row(self, index: int) -> Row | None:
        ordinal, label = self.mark(index)
        if not label and not self._has_figures(index):
            return self._unlabelled_text(index)
        if label and _NUMBER.fullmatch(ordinal) and not self._is_special(index, label):
            return Row(index, "data", label)
        if self._is_repeated_header(index) or self._is_numbering(index):
            return None
        return self._total(index, label) or self._group(index, ordinal, label) or self._rest(index, ordinal, label)

    def mark(self, index: int) -> tuple[str, str | None]:
        """The row's number (`1`, `II`, ``) and its label; a label may stand in the numbers' column."""
        ordinal, label = self._ordinals[index] or "", self._labels[index]
        if ordinal and not _is_mark(ordinal):
            ordinal, label = "", ordinal if not label or fold(ordinal) in _TOTALS else label
        marked = _MARKED_LABEL.fullmatch(label) if label and not ordinal else None
        return (marked[1], marked[2]) if marked else (ordinal, label)

    def _is_special(self, index: int, label: str) -> bool:
        """Whether a numbered row with a label may still be no data row; cheap, since most are."""
        return index in self._parents or self._may_be_special(label)

    def _may_be_special(self, label: str) -> bool:
        if len(label) <= 5 or _TOTAL_START.match(label):
            return True
        return self._grain == "commune" and _DISTRICT_START.match(fold(label)) is not None

    def _unlabelled_text(self, index: int) -> Row | None:
        """Without a label and figures: data only where texts of the form stand in it, before its foot."""
        texts = [place for place in self._texts if self._grid.text(index, place)]
        return Row(index, "data", None) if len(texts) > 1 and not self._is_foot(index) else None

    # Header and numbering rows

    def _is_repeated_header(self, index: int) -> bool:
        """Every text of the row stands over its column in the header: a page break."""
        cells = [(place, text) for place, text in enumerate(self._grid.row(index)) if text]
        return all(key(text) in self._header_keys.get(place, ()) for place, text in cells)

    @cached_property
    def _header_keys(self) -> dict[int, set[str]]:
        return {place: {key(text) for text in path} for place, path in self._header.paths.items()}

    def _is_numbering(self, index: int) -> bool:
        """`(1) (2) (3)…`, `A B 1 2…`, `1 2 3=4+5…`, in any order where columns were moved."""
        texts = [text for text in self._grid.row(index) if text]
        numbers = [found[1] for text in texts if (found := _COLUMN_NUMBER.fullmatch(text))]
        letters = [text for text in texts if _COLUMN_LETTER.fullmatch(text)]
        if len(numbers) + len(letters) < len(texts):
            return False
        label = self._labels[index]
        in_order = all(int(after) == int(before) + 1 for before, after in pairwise(numbers))
        return len(set(numbers)) == len(numbers) > 1 and (in_order or (label is not None and index == self._filled[0]))

    # Totals, subtotals, sections

    def _total(self, index: int, label: str | None) -> Row | None:
        if not label:
            return None
        folded = fold(label)
        if folded in _TOTALS or folded in self._province_names or _GRAND.match(label):
            return Row(index, "total", label)
        closing = _CLOSING.match(label)
        if not closing or not self._has_figures(index):
            return None
        return Row(index, "subtotal", label, district=self._named_district(label[closing.end():]), closing=True)

    @cached_property
    def _province_names(self) -> set[str]:
        codes = {code for _, _, code in self._reference.province_codes}
        return {fold(unit.name) for unit in self._reference.units if unit.level == "province" and unit.code in codes}

    def _group(self, index: int, ordinal: str, label: str | None) -> Row | None:
        """A row over or under others: a district's, a section's, a bold one, one with numbered parts."""
        if not label:
            return None
        figures = self._has_figures(index)
        kind: Kind = "subtotal" if figures else "section"
        rank: Rank = "roman" if _is_roman(ordinal) else "letter" if _LETTER.fullmatch(ordinal) else "name"
        district = self._district_over(index, ordinal, label)
        if district or rank != "name":
            return Row(index, kind, label, rank, district)
        if index in self._parents or (figures and not ordinal and self._stands_out(index)):
            return Row(index, kind, label)
        return None

    def _named_district(self, label: str) -> str | None:
        return self._reference.find_district(label) if self._grain == "commune" else None

    def _district_over(self, index: int, ordinal: str, label: str) -> str | None:
        """The district that the row names, unless it rather names a commune of the same name in it."""
        code = self._named_district(label)
        if code is None or _DISTRICT_START.match(fold(label)):
            return code
        stands_out = not _NUMBER.fullmatch(ordinal) or self._is_bold(index)
        return code if stands_out and code != self._district else None

    @cached_property
    def _parents(self) -> set[int]:
        """Rows after which one is numbered as a part of them (1, then 1.1)."""
        return {index for index, (above, below) in enumerate(pairwise(self._ordinals))
                if above and below and "." in below and below.startswith(f"{above.rstrip('.)')}.")
                and _NUMBER.fullmatch(below) and below.rstrip(".") != above.rstrip(".)")}

    def _stands_out(self, index: int) -> bool:
        """Whether the row is in bold among rows that are numbered."""
        return self._numbers_rows and self._is_bold(index)

    def _is_bold(self, index: int) -> bool:
        return (index, self._label) in self._grid.bold

    @cached_property
    def _numbers_rows(self) -> bool:
        """Whether rows have numbers at all, so that one without is an exception."""
        return any(_NUMBER.fullmatch(ordinal or "") for ordinal in self._ordinals[self._header.bottom + 1:])

    # Everything else

    def _rest(self, index: int, ordinal: str, label: str | None) -> Row | None:
        if self._has_figures(index) or (label and _NUMBER.fullmatch(ordinal)):
            return Row(index, "data", label)
        if label and self._stands_out(index):
            return Row(index, "section", label)
        if label and (self._names_a_unit(label) or self._has_texts(index)):
            return Row(index, "data", label)
        return None

    def _has_texts(self, index: int) -> bool:
        """Whether words of the form stand in the row, and not its foot's."""
        words = self._grain == "row" and any(self._grid.text(index, place) for place in self._texts)
        return words and not self._is_foot(index)

    def _names_a_unit(self, label: str) -> bool:
        if self._grain == "row":
            return False
        times = {unit.valid_to or unit.valid_from or date.min for unit in self._reference.units}
        return any(isinstance(self._reference.find_unit(label, at, self._district), Unit)
                   or isinstance(self._reference.find_agency(label, at), Agency) for at in times)

    def _is_foot(self, index: int) -> bool:
        """Whether the row stands in the foot, below the last figures: notes, place and date, signatures."""
        return index >= self._foot

    @cached_property
    def _foot(self) -> int:
        last = next((index for index in reversed(self._filled) if self._has_figures(index)), self._header.bottom)
        below = (index for index in self._filled if index > last and any(self._foot_texts(index)))
        return next(below, self._grid.height)

    def _foot_texts(self, index: int) -> Iterator[bool]:
        for text in filter(None, self._grid.row(index)):
            folded = fold(text)
            yield bool(_FOOT.match(text) or _FOOT.match(folded) or _PLACE_AND_DATE.search(folded)
                       or _SIGNATURE.match(f"{folded} "))

    def _has_figures(self, index: int) -> bool:
        return bool(self._figured[index])

    @cached_property
    def _figured(self) -> np.ndarray:
        """For each row, whether it has a figure; a formula without a stored value counts as one."""
        figured = np.zeros(self._grid.height, bool)
        for place in self._figures:
            words = self._grid.column(place).combine_chunks().dictionary_encode()
            is_figure = pa.array([self._is_figure(text, place) for text in words.dictionary.to_pylist()], pa.bool_())
            figured |= pc.fill_null(is_figure.take(words.indices), False).to_numpy(zero_copy_only=False)
        for (row, place), formula in self._grid.formulas.items():
            if place in self._figures and not formula.stored and self._grid.text(row, place) is None:
                figured[row] = True
        return figured

    def _is_figure(self, text: str, place: int) -> bool:
        if self._columns[place].reading in _MARKED:
            return len(text) <= 3
        return bool(_FIGURE.match(text)) and not _PROSE.search(text) and not _DATE.fullmatch(text)


def _is_mark(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _is_roman(text) or _LETTER.fullmatch(text))


def _is_roman(text: str) -> bool:
    return bool(text) and bool(_ROMAN.fullmatch(text)) and text[0] in "IVX"
