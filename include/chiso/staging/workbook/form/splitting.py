"""Several values in one cell, each of which is a row of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.contracts import Column, Contract
from chiso.staging.workbook.form.body import WORDS

MOST_PIECES = 1000
"""Of one row: they are numbered within it."""
_BULLET = re.compile(r"\s*(?:[-–—+•*·▪●◦]\s*|\(?\d{1,2}[.)](?!\d)\s*|[a-zđ]\)\s*)")


@dataclass(frozen=True)
class Pieces:
    """Rows after splitting. values: column → texts; sources: which row each piece is of; numbers: which of its pieces."""

    values: dict[str, pa.ChunkedArray]
    sources: np.ndarray
    numbers: np.ndarray
    uneven: list[tuple[int, str]]
    """Row and column of cells that couldn't be split: another column has another number of values, or there are too many."""

    @property
    def firsts(self) -> list[int]:
        """Where the first piece of each row stands."""
        places: list[int] = np.flatnonzero(self.numbers == 0).tolist()
        return places


def split(values: Mapping[str, pa.ChunkedArray], contract: Contract) -> Pieces | None:
    """The rows in pieces; None where the contract splits no column. Words repeat, figures and marks stay with the first."""
    columns = [column for column in contract.loaded_columns if column.terms.split]
    if not columns:
        return None
    parted = {column.name: [_pieces(text, column) for text in values[column.name].to_pylist()] for column in columns}
    counts, uneven = _counts(parted)
    sources = np.repeat(np.arange(len(counts)), counts)
    numbers = np.arange(len(sources)) - np.repeat(np.cumsum(counts) - counts, counts)
    pieces = {column.name: _repeated(values[column.name], column, sources, numbers) for column in contract.loaded_columns}
    for name, rows in parted.items():
        whole = values[name].to_pylist()
        spread = (_spread(row, int(count), text) for row, count, text in zip(rows, counts, whole, strict=True))
        pieces[name] = pa.chunked_array([pa.array([piece for row in spread for piece in row], pa.string())])
    return Pieces(pieces, sources, numbers, uneven)


def _pieces(text: str | None, column: Column) -> list[str]:
    """The values in a cell, without bullets and numbers before them; a sign that there is none is no value."""
    if text is None:
        return []
    parts = re.split("|".join(["\n", *map(re.escape, column.terms.split)]), text)
    bare = (_BULLET.sub("", part, count=1).strip() if _BULLET.match(part) else part.strip() for part in parts)
    return [part for part in bare if part]


def _counts(parted: Mapping[str, list[list[str]]]) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """How many pieces each row has; one where its columns don't agree."""
    counts, uneven = [], []
    for row, cells in enumerate(zip(*parted.values(), strict=True)):
        several = {len(cell) for cell in cells if len(cell) > 1}
        agreed = len(several) <= 1 and max(several, default=1) <= MOST_PIECES
        counts.append(max(several, default=1) if agreed else 1)
        if not agreed:
            uneven += [(row, name) for name, cell in zip(parted, cells, strict=True) if len(cell) > 1]
    return np.array(counts, np.int64), uneven


def _spread(cell: list[str], count: int, whole: str | None) -> list[str | None]:
    """A cell's values over the pieces of its row; a single one repeats."""
    if len(cell) == count:
        return list(cell)
    return [cell[0] if len(cell) == 1 else whole] * count


def _repeated(texts: pa.ChunkedArray, column: Column, sources: np.ndarray, numbers: np.ndarray) -> pa.ChunkedArray:
    repeated = texts.take(pa.array(sources))
    return repeated if column.how.kind in WORDS else pc.if_else(pa.array(numbers == 0), repeated, None)
