"""Which rows a total or subtotal sums, and which district stands over a commune."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Literal

from chiso.staging.workbook.form.rows import Row, ranks_of
from chiso.staging.workbook.form.wording import Rank

DEEPEST = 10
"""How often a row may be summed on average. Totals beyond are not checked: no form nests so deep, and each costs its rows."""

Subtotals = Literal["auto", "above", "below", "none"]
"""Where rows that sum others stand."""


@dataclass(frozen=True)
class Layout:
    """The data rows of a form, and the rows that sum them."""

    rows: list[Row]
    """Every row that says something, in the sheet's order."""
    data: list[Row]
    within: list[str | None]
    """Per data row, the code of the district whose row stands over (or under) it."""
    totals: list[tuple[Row, Sequence[int]]]
    """Each with the positions in `data` that it should sum."""
    empty: list[Row]
    """Districts and sections over nothing, which are no data rows either."""


def arrange(rows: list[Row], subtotals: Subtotals = "auto") -> Layout:
    """Orders classified rows. A subtotal over nothing is a data row after all: nothing with figures is lost.

    A district's row is none where communes are told: it stays a subtotal, which the form reports.
    """
    rows = _closings_told_apart(rows)
    if subtotals == "none":
        rows = [row._replace(kind="data") if _is_opener(row) else row for row in rows]
    below, ranks = subtotals == "below" or (subtotals == "auto" and _stand_below(rows)), ranks_of(rows)
    for rank in ranks[::-1]:
        rows = [row._replace(kind="data")
                if row.may_be_data and row.is_group and row.rank == rank and not _parts(rows, place, below, ranks) else row
                for place, row in enumerate(rows)]
    data = [row for row in rows if row.kind == "data"]
    indices = [row.at for row in data]
    totals = list(_totals(rows, indices, below, ranks))
    unsummed = {row.at for row, covers in totals if row.district and not covers}
    empty = [row for place, row in enumerate(rows) if row.empty or row.at in unsummed
             or (row.kind == "section" and row.district and not _parts(rows, place, below, ranks))]
    return Layout(rows, data, _within(rows, below, totals), totals, empty)


def _is_opener(row: Row) -> bool:
    return row.kind == "subtotal" and not row.closing


def _closings_told_apart(rows: list[Row]) -> list[Row]:
    """Of several totals of one name, each sums the rows since the one before; so does `Cộng` before a grand total."""
    seen_data = False
    totals = [place for place, row in enumerate(rows) if row.kind == "total"]
    names = Counter((rows[place].name or "").lower() for place in totals)
    result = list(rows)
    for place, row in enumerate(rows):
        seen_data = seen_data or row.kind in ("data", "subtotal")
        if row.kind != "total" or not seen_data:
            continue
        repeated = names[(row.name or "").lower()] > 1
        followed = totals[-1:] != [place] and _sums_to_next(row)
        if repeated or followed:
            result[place] = row._replace(kind="subtotal", closing=True)
    return result


def _sums_to_next(row: Row) -> bool:
    return (row.name or "").lower().lstrip().startswith("cộng")


def _stand_below(rows: list[Row]) -> bool:
    """Whether subtotals stand under their rows: the sheet begins with data and ends with a subtotal."""
    order = [row for row in rows if row.kind == "data" or _is_opener(row)]
    return bool(order) and order[0].kind == "data" and _is_opener(order[-1])


def _parts(rows: list[Row], place: int, below: bool, ranks: list[Rank]) -> list[Row]:
    """Data rows that the group at `place` holds: up to the next group of its rank or a wider one.

    below: subtotals stand under their rows; a section's heading never does.
    """
    if (until := rows[place].until) is not None:
        return [row for row in takewhile(lambda row: row.at <= until, islice(rows, place + 1, None)) if row.kind == "data"]
    upwards = below and rows[place].kind == "subtotal"
    parts: list[Row] = []
    for row in map(rows.__getitem__, range(place - 1, -1, -1) if upwards else range(place + 1, len(rows))):
        if row.kind == "data":
            parts.append(row)
        elif row.sums is not None or row.until is not None:
            continue
        elif not row.is_group:
            if parts and not upwards:
                break
        elif ranks.index(row.rank) <= ranks.index(rows[place].rank):
            break
    return parts


def _totals(rows: list[Row], indices: list[int], below: bool, ranks: list[Rank]) -> Iterator[tuple[Row, Sequence[int]]]:
    covered = 0
    for place, row in enumerate(rows):
        if row.kind in ("total", "subtotal"):
            covers = _covers(rows, place, indices, below, ranks) if covered <= DEEPEST * len(indices) else ()
            covered += len(covers)
            yield row, covers


def _covers(rows: list[Row], place: int, indices: list[int], below: bool, ranks: list[Rank]) -> Sequence[int]:
    """Positions of the data rows that the total or subtotal at `place` should sum."""
    row = rows[place]
    if row.kind == "total":
        return range(len(indices))
    if row.sums is not None:
        return range(bisect_left(indices, row.sums[0]), bisect_right(indices, row.sums[1]))
    parts = _above(rows, place) if row.closing else _parts(rows, place, below, ranks)
    return sorted(bisect_left(indices, part.at) for part in parts)


def _above(rows: list[Row], place: int) -> list[Row]:
    """Data rows over a closing subtotal: back to its section's title, or to the group or closing before."""
    found: list[Row] = []
    since_group: int | None = None
    for row in map(rows.__getitem__, range(place - 1, -1, -1)):
        if row.kind == "section":
            return found
        if row.kind == "total" or (row.closing and row.sums != (row.at, row.at)):
            break
        if row.kind == "data":
            found.append(row)
        elif since_group is None and row.until is None:
            since_group = len(found)
    return found[:since_group]


def _within(rows: list[Row], below: bool, totals: list[tuple[Row, Sequence[int]]]) -> list[str | None]:
    within: list[str | None] = []
    district: str | None = None
    for row in rows:
        if row.kind == "data":
            within.append(district)
        elif row.district and row.is_group and (row.kind == "section" or not below):
            district = row.district
    for row, covers in totals:
        for position in covers:
            within[position] = within[position] or row.district
    return within
