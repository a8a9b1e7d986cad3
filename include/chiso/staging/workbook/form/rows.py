"""Says what each row below the header is: data, total, subtotal, section, or set aside.

A row with figures is never set aside, unless it only numbers the columns.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.province.units import Reference
from chiso.staging.workbook.form import wording
from chiso.staging.workbook.form.body import Body
from chiso.staging.workbook.form.header import key
from chiso.staging.workbook.form.meaning import Meaning, begins_like_a_district, looks_like_a_unit
from chiso.staging.workbook.form.wording import Rank

Kind = Literal["data", "total", "subtotal", "section"]


class Row(NamedTuple):  # made by the hundred thousand, which takes a dataclass three times as long
    """A row that says something."""

    at: int
    """Its index in the sheet, from 0."""
    kind: Kind
    name: str | None
    """What the row calls itself."""
    place: int | None = None
    """The sheet column in which the name stands, where it isn't the label's (or the numbers', in its stead)."""
    rank: Rank = "name"
    """How a subtotal or section is marked: A, I, or by its name alone."""
    district: str | None = None
    """Code of the district that a subtotal or section names, where the form has communes."""
    closing: bool = False
    """It sums what stands above (`Cộng …`)."""
    bare: bool = False
    """Nothing but the name stands in it."""
    heads: int | None = None
    """The sheet column in which blanks below mean this row's name."""
    empty: bool = False
    """It heads nothing, and is no data row itself."""
    may_be_data: bool = False
    """Where nothing stands under it, it is a data row."""
    sums: tuple[int, int] | None = None
    """First and last row that it sums, where that isn't told by its name; itself alone for a mean or a rate, which sums none."""

    until: int | None = None
    """The last of the rows that are parts of it (1.1, `-`, `Trong đó: …`), if there are any."""

    @property
    def label(self) -> str | None:
        """Its name where that stands in the label's column."""
        return self.name if self.place is None else None

    @property
    def is_group(self) -> bool:
        """Whether it may stand over other rows."""
        return self.kind in ("section", "subtotal") and not self.closing


def ranks_of(rows: Iterable[Row]) -> list[Rank]:
    """Marks of groups from the widest to the narrowest: in the order in which they first appear."""
    return list(dict.fromkeys(row.rank for row in rows if row.is_group))


class Rows:
    """The rows below a header, read from the top."""

    def __init__(self, body: Body, meaning: Meaning, reference: Reference) -> None:
        self._body, self._meaning, self._reference = body, meaning, reference
        contract = body.contract
        self._above = {place: column for place, column in body.columns.items() if column.terms.blank == "above"}
        unit = contract.terms.unit
        places = {*self._above, *([body.header.columns[unit]] if unit in body.header.columns else [])}
        self._grouping = {place: body.columns[place] for place in places - {body.label}}
        self._district: str | None = None

    def read(self) -> list[Row]:
        """Every row that isn't set aside, in the sheet's order."""
        rows, plain, labels = [], self.plain.tolist(), self._body.labels
        for index in self._body.filled:
            is_data = plain[index] and index not in self._parents and index < self._body.foot
            row = Row(index, "data", labels[index]) if is_data else self._row(index)
            if row:
                rows.append(row)
                self._district = row.district or self._district
        return rows

    @cached_property
    def plain(self) -> np.ndarray:
        """For each row, whether it is numbered and named like no other kind, as nearly all of a long sheet are."""
        body = self._body
        if body.header.ordinal is None:
            return np.zeros(body.grid.height, bool)
        numbered = pc.ascii_is_decimal(body.grid.column(body.header.ordinal))
        labels = body.grid.column(body.label).combine_chunks().dictionary_encode()
        names = [label[0].isalpha() and not self._may_be_special(label) for label in labels.dictionary.to_pylist()]
        plain = pc.and_(numbered.combine_chunks(), pa.array(names, pa.bool_()).take(labels.indices))
        found = np.asarray(pc.fill_null(plain, False))
        return found & (body.cells > 1) if self._above else found

    # One row

    def _row(self, index: int) -> Row | None:
        ordinal, label = self.mark(index)
        if label and wording.is_number(ordinal) and index < self._body.foot and not self._is_special(index, label):
            return Row(index, "data", label, bare=self._is_bare(index))
        texts, figures = self._body.texts(index), self._body.has_figures(index)
        if not (label or texts or figures) or self._is_repeated_header(index) or self._is_numbering(index):
            return None
        total = self._total(index, ordinal, label, texts)
        if total or index >= self._body.foot:
            return total and total._replace(until=self._parents.get(index))
        if label is None:
            return self._unlabelled(index, ordinal, texts)
        if self._meaning.is_province(label):
            return Row(index, "data", label, bare=self._is_bare(index))
        return self._group(index, ordinal, label, texts) or self._rest(index, ordinal, label, texts)

    def mark(self, index: int) -> tuple[str, str | None]:
        """The row's number (`1`, `II`, ``) and its label; a label may stand in the numbers' column."""
        ordinal, label = self._body.ordinals[index] or "", self._body.labels[index]
        if ordinal and not wording.is_mark(ordinal):
            ordinal, label = "", ordinal if not label or wording.is_total(ordinal) else label
        if not label or ordinal:
            return ordinal, label
        return wording.parted(label)

    def _is_bare(self, index: int) -> bool:
        return bool(self._body.cells[index] == 1)

    def _is_special(self, index: int, label: str) -> bool:
        """Whether a numbered row with a label may still be no data row; cheap, since most are."""
        return index in self._parents or self._may_be_special(label)

    def _may_be_special(self, label: str) -> bool:
        meaning = self._meaning
        is_whole = wording.may_be_total(label) or meaning.is_total(label) or meaning.is_province(label)
        return is_whole or (meaning.label_is_commune and begins_like_a_district(label))

    # Header and numbering rows

    def _is_repeated_header(self, index: int) -> bool:
        """Every text of the row stands over its column in the header: a page break."""
        cells = [(place, text) for place, text in enumerate(self._body.grid.row(index)) if text]
        return all(key(text) in self._header_keys.get(place, ()) for place, text in cells)

    @cached_property
    def _header_keys(self) -> dict[int, set[str]]:
        return {place: {key(text) for text in path} for place, path in self._body.header.paths.items()}

    def _is_numbering(self, index: int) -> bool:
        """`(1) (2) (3)…`, `A B 1 2…`, `1 2 3=4+5…`, in any order where columns were moved."""
        numbers = wording.column_numbers([text for text in self._body.grid.row(index) if text])
        if numbers is None or len(set(numbers)) != len(numbers) or len(numbers) < 2:
            return False
        in_order = all(int(after) == int(before) + 1 for before, after in pairwise(numbers))
        return in_order or (self._body.labels[index] is not None and index == self._body.filled[0])

    # Totals

    def _total(self, index: int, ordinal: str, label: str | None, texts: list[tuple[int, str]]) -> Row | None:
        """A total is one whatever column its words stand in, if nothing else names the row."""
        numbered = wording.is_number(ordinal)
        before = [(place, text) for place, text in texts if place < self._body.label and not numbered]
        names = [(None, label), *(named for named in before if wording.is_total(named[1]))] if label else texts
        for place, name in names:
            found = self._total_called(index, name or "", place, numbered=numbered)
            if found:
                return found
        return None

    def _total_called(self, index: int, name: str, place: int | None, *, numbered: bool) -> Row | None:
        summed, is_total = wording.summed_name(name), wording.is_total(name)
        closes = bool(summed) and not is_total and (self._names_a_group(summed) or (wording.is_closing(name) and not numbered))
        if closes and self._body.has_figures(index):
            return Row(index, "subtotal", name, place, district=self._meaning.district(summed), closing=True)
        if wording.is_ratio(name) and self._meaning.label_is_unit and not numbered:
            return Row(index, "subtotal", name, place, closing=True, sums=(index, index))
        if is_total or self._meaning.is_total(name) or (wording.is_grand(name) and not numbered):
            return Row(index, "total", name, place)
        return None

    def _names_a_group(self, name: str) -> bool:
        meaning = self._meaning
        return meaning.district(name) is not None or meaning.names_label(name) or self._group_column(name) is not None

    def _group_column(self, name: str) -> int | None:
        """The column, not the label's, of which the name is a unit or choice."""
        found = (place for place, column in self._grouping.items() if self._meaning.is_value(column.name, name))
        return next(found, None)

    # Subtotals and sections

    def _group(self, index: int, ordinal: str, label: str, texts: list[tuple[int, str]]) -> Row | None:
        """A row over or under others: a district's, a section's, a bold one, one with numbered parts."""
        rank, district = wording.rank_of(ordinal), self._district_over(index, ordinal, label)
        if not texts and self._group_column(label) is not None:
            return self._over(index, label, None if self._body.labels[index] else self._body.header.ordinal, rank, district)
        stands_out = self._body.has_figures(index) and not ordinal and self._stands_out(index, None)
        if district or rank != "name" or index in self._parents or stands_out:
            return self._over(index, label, None, rank, district)
        return None

    def _over(self, index: int, name: str, place: int | None, rank: Rank, district: str | None = None) -> Row:
        """A section where its name stands alone, else a subtotal: which is data after all if it has no parts."""
        bare, meaning = self._is_bare(index), self._meaning
        district = district or meaning.district(name)
        may_be_data = meaning.names_label(name) if bare else not (district and meaning.label_is_commune)
        return Row(index, "section" if bare else "subtotal", name, place, rank, district, bare=bare, may_be_data=may_be_data,
                   until=self._parents.get(index))

    def _district_over(self, index: int, ordinal: str, label: str) -> str | None:
        """The district that the row names, unless it rather names a commune of the same name in it."""
        code = self._meaning.district(label) if self._meaning.label_is_commune else None
        if code is None or begins_like_a_district(label):
            return code
        stands_out = not wording.is_number(ordinal) or self._body.is_bold(index)
        return code if stands_out and code != self._district else None

    @cached_property
    def _parents(self) -> dict[int, int]:
        """Rows with parts, each with the last: 1 with 1.1; with figures, also one with `-`, `a` or `Trong đó: …` below."""
        body, parents = self._body, dict[int, int]()
        above: list[tuple[int, str]] = []
        for index in body.filled:
            ordinal = body.ordinals[index] or ""
            number = ordinal.strip("(.)")
            if number.isdigit():
                above = [(index, number)]
            elif number[:1].isdigit() and wording.is_number(ordinal):
                above = [(over, its) for over, its in above if number.startswith(f"{its}.")]
                parents.update((over, index) for over, _ in above)
                above.append((index, number))
            elif above and body.has_figures(above[-1][0]) and self._is_part(index, ordinal, above[-1], parents):
                parents.update((over, index) for over, _ in above)
            else:
                above = [] if ordinal else [(index, "")]
        return parents

    def _is_part(self, index: int, ordinal: str, above: tuple[int, str], parents: dict[int, int]) -> bool:
        """Whether the row's mark or name makes it a part of the row above: marks do below a number, from the first one on."""
        if not ordinal:
            return wording.is_of_which(self._body.labels[index] or "")
        begun = above[0] in parents or wording.starts_over(ordinal)
        return above[1] != "" and wording.is_number(ordinal) and begun

    def _stands_out(self, index: int, place: int | None) -> bool:
        """Whether the row is in bold among rows that are numbered."""
        return self._body.numbers_rows and self._body.is_bold(index, place)

    # Everything else

    def _rest(self, index: int, ordinal: str, label: str, texts: list[tuple[int, str]]) -> Row | None:
        if self._body.has_figures(index) or wording.is_number(ordinal):
            return Row(index, "data", label, bare=self._is_bare(index))
        if self._stands_out(index, None) or self._heads_open_column(index, label):
            return self._over(index, label, None, "name")
        named = self._meaning.names_label(label) or (self._meaning.label_is_unit and looks_like_a_unit(label))
        if named or self._has_words(texts):
            return Row(index, "data", label, bare=self._is_bare(index))
        return None

    def _heads_open_column(self, index: int, label: str) -> bool:
        """Whether it is an unnumbered name among numbered rows, in a form where a heading may be any words."""
        open_column = any(column.reading == "text" for column in self._above.values())
        return open_column and self._body.numbers_rows and self._is_bare(index) and not label.endswith(":")

    def _has_words(self, texts: list[tuple[int, str]]) -> bool:
        return any(place in self._body.columns for place, _ in texts)

    # Rows without a label

    def _unlabelled(self, index: int, ordinal: str, texts: list[tuple[int, str]]) -> Row | None:
        if self._body.has_figures(index):
            return self._unlabelled_figures(index, ordinal, texts)
        if not texts:
            return None
        place, name = texts[0]
        if len(texts) == 1 and self._is_heading(index, ordinal, place, name):
            return Row(index, "section", name, place, wording.rank_of(ordinal), self._meaning.district(name), bare=True)
        belongs = wording.is_number(ordinal) or self._body.label in self._above
        return Row(index, "data", None) if self._has_words(texts) and (len(texts) > 1 or belongs) else None

    def _unlabelled_figures(self, index: int, ordinal: str, texts: list[tuple[int, str]]) -> Row:
        """Figures of a unit or a marked section where no facility (or what else rows are called) is named: its rows' sum."""
        alone, rank = texts[0] if len(texts) == 1 else None, wording.rank_of(ordinal)
        label = self._body.columns[self._body.label].terms
        listed = label.blank == "above" or (label.blank == "none" and wording.is_number(ordinal))
        if alone is None or listed or (rank == "name" and self._group_column(alone[1]) is None):
            return Row(index, "data", None)
        return self._over(index, alone[1], alone[0], rank)

    def _is_heading(self, index: int, ordinal: str, place: int, name: str) -> bool:
        """Whether the only text of a row heads the rows below it."""
        column = self._above.get(place)
        named = any(self._meaning.is_value(above.name, name) for above in {**self._grouping, **self._above}.values())
        return (named or wording.rank_of(ordinal) != "name" or self._stands_out(index, place)
                or (column is not None and place != self._body.label and not wording.is_number(ordinal))
                or any(span.top == index and span.left <= place < span.right for span in self._body.grid.merges))
