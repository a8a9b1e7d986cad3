"""Rows that are parts of the row above: `1` with `1.1`, with `-` or `a`, or with `Trong đó: …`. Only one of both counts."""

from bisect import bisect_right

import numpy as np

from chiso.staging.workbook.form import wording
from chiso.staging.workbook.form.amounts import amounts
from chiso.staging.workbook.form.body import Body
from chiso.staging.workbook.form.meaning import Meaning
from chiso.staging.workbook.form.rows import Row


def without_parts(rows: list[Row], body: Body, meaning: Meaning) -> tuple[list[Row], list[Row]]:
    """The rows, and those left out. Parts that sum to the row over them count in its stead; else it counts and they don't.

    Parts with numbers of their own (1.1, 1.2) always count, unless they say that they aren't all (`Trong đó: …`).
    """
    if not any(row.until for row in rows):
        return rows, []
    indices, result = [row.at for row in rows], list(rows)
    columns = [column for column in body.contract.summed if column.name in body.header.columns]
    figures = [amounts(body.grid.texts(indices, body.header.columns[column.name]), column) for column in columns]
    aside: set[int] = set()
    for place in range(len(rows) - 1, -1, -1):
        row = rows[place]
        if row.until is None or row.kind == "section":
            continue
        below = range(place + 1, bisect_right(indices, row.until))
        parts = [part for part in below if result[part].kind == "data" and rows[part].at not in aside]
        if row.kind == "total" or row.closing:
            aside |= {rows[part].at for part in parts if wording.is_of_which(rows[part].name or "")}
            continue
        if all(_is_listed(rows[part], body) for part in parts) or _sum_up(figures, place, parts, body):
            continue
        result[place] = row._replace(kind="data", until=None)
        aside |= {rows[part].at for part in parts if not meaning.names_label(rows[part].name or "")}
    return [row for row in result if row.at not in aside], [row for row in rows if row.at in aside]


def _is_listed(row: Row, body: Body) -> bool:
    return "." in (body.ordinals[row.at] or "").rstrip(".") and not wording.is_of_which(row.name or "")


def _sum_up(figures: list[np.ndarray], place: int, parts: list[int], body: Body) -> bool:
    """Whether every figure of a row that can be compared is the sum of its parts'."""
    assert body.contract.terms.sheet is not None  # noqa: S101 - read_workbook makes sure
    pairs = [(float(column[place]), float(column[parts].sum())) for column in figures]
    compared = [(whole, total) for whole, total in pairs if not np.isnan(whole + total) and (whole or total)]
    tolerance = float(body.contract.terms.sheet.totals.tolerance)
    return bool(compared) and all(abs(whole - total) <= tolerance + 1e-9 * abs(total) for whole, total in compared)
