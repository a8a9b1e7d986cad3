"""Values that a blank cell takes from above: from the row above in the same column, or from the section's heading."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from chiso.contracts import Column
from chiso.staging.workbook.form.body import Body
from chiso.staging.workbook.form.meaning import Meaning, looks_like_a_unit
from chiso.staging.workbook.form.rows import Row, ranks_of
from chiso.staging.workbook.form.wording import Rank


class Headings:
    """The columns of a form in which a blank means what stands above it, by their place in the sheet."""

    def __init__(self, body: Body, meaning: Meaning) -> None:
        self._body, self._meaning = body, meaning
        self.columns: dict[int, Column] = {
            place: column for place, column in body.columns.items() if column.terms.blank == "above"
        }
        self._open = [place for place, column in self.columns.items() if column.reading == "text" and place != body.label]

    # What a row heads

    def settled(self, rows: list[Row]) -> list[Row]:
        """Rows with what they head. A name alone heads the rows below where they leave its column blank, else is data."""
        if not self.columns:
            return rows
        result: list[Row] = []
        following: Row | None = None
        for row in reversed(rows):
            place = self._column_of(row)
            settled = row if place is None else self._settled(row, place, following)
            if settled.kind == "data" or settled.heads is not None:
                following = settled
            result.append(settled)
        return result[::-1]

    def _settled(self, row: Row, place: int, following: Row | None) -> Row:
        if not row.bare:  # a subtotal
            return row._replace(heads=place)
        if following and following.kind == "data" and self._leaves_blank(following, place, row.name or ""):
            return row._replace(kind="section", heads=place)
        if not self._is_named(row.name or "", self.columns[place]):  # any words: a heading of another kind
            return row
        label = self._body.columns[self._body.label]
        stands_alone = row.kind == "data" or place == self._body.label or label.may_be_blank
        return row._replace(kind="data" if stands_alone else "section", heads=place, empty=not stands_alone)

    def _leaves_blank(self, row: Row, place: int, name: str) -> bool:
        text = row.label if place == self._body.label else self._body.word(row.at, place)
        return text is None or self._meaning.says_the_same(self.columns[place].name, text, name)

    def _column_of(self, row: Row) -> int | None:
        """The column whose value the row's name is; an open text takes any, where it isn't another column's."""
        if row.name is None or row.closing or row.kind == "total" or (row.kind == "data" and not row.bare):
            return None
        named = next((place for place, column in self.columns.items() if self._is_named(row.name, column)), None)
        if named is not None or row.kind == "data":
            return named
        if row.place in self.columns:
            return row.place if row.place in self._open else None
        return self._open[0] if len(self._open) == 1 else None

    def _is_named(self, name: str, column: Column) -> bool:
        """Whether it is a value of the column, or was meant as one: misspelt, it is found out where it is looked up."""
        return self._meaning.is_value(column.name, name) or (bool(column.levels) and looks_like_a_unit(name))

    def over(self, row: Row) -> Row:
        """A row that sums those below it, with what it heads."""
        return row._replace(heads=self._column_of(row._replace(bare=True)))

    # What a blank means

    def values(self, rows: Sequence[Row], place: int) -> Iterator[str | None]:
        """What each data row has in a column: its own text, else the nearest above, in the column or a heading."""
        ranks, within = ranks_of(rows), _ranks_within(rows, place)
        current: str | None = None
        heading: Row | None = None
        for row in rows:
            if row.kind == "data":
                own = self._own(row, place)
                yield own or current
                if (row.at, place) in self._body.grid.faults:  # what the cell says is not to be relied on
                    current, heading = None, None
                elif own:
                    current, heading = own, None
            elif row.heads == place:
                current, heading = row.name, row
            elif heading and row.is_group and row.rank not in within and ranks.index(row.rank) <= ranks.index(heading.rank):
                current, heading = None, None

    def _own(self, row: Row, place: int) -> str | None:
        text = row.label if place == self._body.label else self._body.word(row.at, place)
        return text or (row.name if row.heads == place else None)


def _ranks_within(rows: Sequence[Row], place: int) -> set[Rank]:
    """Marks of headings that stand right under one that gives the column its value, and so inside its section."""
    groups = ((above, below) for above, below in pairwise(rows) if above.is_group and below.is_group)
    return {below.rank for above, below in groups if above.heads == place and below.heads != place}
