"""Places the cells of an .xlsx sheet in a grid, in whatever order they come."""

import numpy as np
import pyarrow as pa

from chiso.staging.workbook.grids import Formula, Grid, Place, Span
from chiso.staging.workbook.merges import settled
from chiso.staging.workbook.xlsx.sheet_xml import MAX_COLUMN, Cells, place
from chiso.staging.workbook.xlsx.texts import Reader

_KEY_COLUMNS = MAX_COLUMN


class Places:
    """A set of places that may be millions. keys: row × 16 384 + column."""

    def __init__(self, keys: np.ndarray) -> None:
        self._keys = np.unique(keys)

    def __contains__(self, wanted: object) -> bool:
        match wanted:
            case (int(row), int(column)):
                key = row * _KEY_COLUMNS + column
            case _:
                return False
        position = int(np.searchsorted(self._keys, key))
        return position < len(self._keys) and bool(self._keys[position] == key)


class Placing:
    """Takes a sheet's cells in blocks and makes a grid of them."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._budget, self._sheet = reader, reader.budget, reader.sheet
        self._columns: list[list[pa.Array]] = []
        self._height = 0
        self._late: list[tuple[np.ndarray, np.ndarray, pa.Array]] = []
        """Cells that came after cells of rows below them."""
        self._bold = [np.array([], np.int64)]
        self._hidden: set[int] = set()
        self._formulas: dict[Place, Formula] = {}
        self._faults: dict[Place, str] = {}
        self._merges: list[str] = []
        self._hidden_columns: set[int] = set()

    def add(self, cells: Cells) -> None:
        """Raises DeliveryRefused where the file's budget is spent."""
        order, texts, rules, bold = self._reader.read(cells)
        if texts.null_count:
            filled = texts.is_valid()
            order, texts = order[np.asarray(filled)], texts.filter(filled)
        rows, columns = cells.rows[order], cells.columns[order]
        self._bold.append((rows * _KEY_COLUMNS + columns)[bold[order]])
        self._hidden |= cells.hidden
        self._merges += cells.merges
        self._hidden_columns |= cells.hidden_columns
        for position, formula in cells.formulas.items():
            self._formulas[int(cells.rows[position]), int(cells.columns[position])] = formula
        for position, rule in rules.items():
            self._faults[int(cells.rows[position]), int(cells.columns[position])] = rule
        if not _in_order(cells):
            rows, columns, texts = self._settled(rows, columns, texts)
        late = rows < self._height
        if late.any():
            self._late.append((rows[late], columns[late], texts.filter(pa.array(late))))
            rows, columns, texts = rows[~late], columns[~late], texts.filter(pa.array(~late))
        if len(rows):
            self._append(rows, columns, texts)

    def _settled(self, rows: np.ndarray, columns: np.ndarray, texts: pa.Array) -> tuple[np.ndarray, np.ndarray, pa.Array]:
        """Each place once."""
        keys = rows * _KEY_COLUMNS + columns
        order = np.argsort(keys, kind="stable")
        keys, texts = keys[order], texts.take(pa.array(order))
        first = np.concatenate([[True], keys[1:] != keys[:-1]])
        if not first.all():
            firsts = np.maximum.accumulate(np.where(first, np.arange(len(keys)), 0))
            again = np.flatnonzero(~first)
            self._budget.copies(len(again), self._sheet)
            made = texts.to_pylist()
            for position in again.tolist():
                above = firsts[position]
                made[above] = self._one(keys[position], made[above], made[position])
            texts = pa.array(made, pa.string()).filter(pa.array(first))
        kept = order[first]
        return rows[kept], columns[kept], texts

    def _one(self, key: int, text: str, other: str) -> str:
        """The text of a place that stands twice in the file."""
        spot = (int(key) // _KEY_COLUMNS, int(key) % _KEY_COLUMNS)
        if text == other or self._faults.get(spot) == "cell_in_pieces":
            return text
        self._faults[spot] = "cell_in_pieces"
        return f"{text} / {other}"

    def _append(self, rows: np.ndarray, columns: np.ndarray, texts: pa.Array) -> None:
        """Cells that stand below all that came before."""
        span = int(rows.max()) + 1 - self._height
        width = max(len(self._columns), int(columns.max()) + 1)
        self._budget.rows(span, self._sheet)
        self._budget.places(span * width + self._height * (width - len(self._columns)), self._sheet)
        self._columns += [[pa.nulls(self._height, pa.string())] for _ in range(len(self._columns), width)]
        for column, parts in enumerate(self._columns):
            positions = np.flatnonzero(columns == column)
            spread = np.full(span, -1)
            spread[rows[positions] - self._height] = positions
            parts.append(texts.take(pa.array(spread, mask=spread < 0 if len(positions) < span else None)))
        self._height += span

    def grid(self) -> Grid:
        """Of all cells taken."""
        below = max((row + 1 for row, _ in self._formulas), default=0) - self._height
        if self._columns and below > 0:  # formulas that were never calculated
            self._budget.rows(below, self._sheet)
            self._budget.places(below * len(self._columns), self._sheet)
            for parts in self._columns:
                parts.append(pa.nulls(below, pa.string()))
        columns = [pa.chunked_array(parts, pa.string()) for parts in self._columns]
        merges, odd = self._spans()
        return Grid(self._with_late(columns), merges, Places(np.concatenate(self._bold)), frozenset(self._hidden),
                    self._formulas, self._faults, odd, frozenset(self._hidden_columns))

    def _with_late(self, columns: list[pa.ChunkedArray]) -> list[pa.ChunkedArray]:
        for rows, places, texts in self._late:
            height = len(columns[0])
            columns += [pa.chunked_array([pa.nulls(height, pa.string())]) for _ in range(len(columns), int(places.max()) + 1)]
            for column in np.unique(places).tolist():
                here = places == column
                made = columns[column].to_pylist()
                for row, text in zip(rows[here].tolist(), texts.filter(pa.array(here)).to_pylist(), strict=True):
                    above = made[row]
                    made[row] = text if above is None else self._one(row * _KEY_COLUMNS + column, above, text)
                columns[column] = pa.chunked_array([pa.array(made, pa.string())])
        return columns

    def _spans(self) -> tuple[list[Span], list[str]]:
        """Merged cells, and the references of those that can't be."""
        self._budget.copies(len(self._merges), self._sheet)
        spans = [span_of(reference) for reference in self._merges]
        sound, odd = settled(span for span in spans if span and (span.bottom, span.right) != (span.top, span.left))
        return sound, odd + [reference for span, reference in zip(spans, self._merges, strict=True) if span is None]


def _in_order(cells: Cells) -> bool:
    """Whether the cells go from left to right and down."""
    return bool((np.diff(cells.rows * _KEY_COLUMNS + cells.columns) > 0).all())


def span_of(reference: str) -> Span | None:
    """Cells of a reference like `B2:C3`; None for what is none, or lies outside the sheet."""
    first, _, last = reference.partition(":")
    corner, opposite = place(first), place(last or first)
    if corner is None or opposite is None:
        return None
    (top, bottom), (left, right) = (sorted(ends) for ends in zip(corner, opposite, strict=True))
    return Span(top, left, bottom, right)
