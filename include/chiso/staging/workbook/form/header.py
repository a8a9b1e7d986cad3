"""Finds the header of a form in a sheet and says which sheet column is which column of the contract.

A header has one to four levels, and perhaps a row of units below. Columns are known by the texts that stand over them,
from the top level to the lowest, never by position.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter

from chiso.contracts import Column, Contract
from chiso.deliveries.staged import Heading
from chiso.province.figure_units import DONG, figure_unit, header_unit, scale_of
from chiso.province.text import header_key
from chiso.staging.workbook.cells import a1
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.form.wording import column_numbers
from chiso.staging.workbook.grids import Grid, Span

MAX_LEVELS = 4
SEARCHED_ROWS = 200
ORDINAL_KEYS = frozenset({"stt", "tt", "sott", "sothutu"})
COMMON_KEYS = ORDINAL_KEYS | {"donvi", "ghichu"}
"""Columns that every form may have, whether its contract names them or not."""
_UNIT_OF_ALL = re.compile(r"(?:đơn vị(?: tính)?|đvt)\s*:\s*(.+)", re.IGNORECASE)
_LAST_IN_BRACKETS = re.compile(r"\(([^()\d]*)\)$")


@dataclass(frozen=True)
class Header:
    """Where the header stands, rows and columns counted from 0, both rows inside."""

    top: int
    bottom: int
    claims: dict[str, list[int]]
    """Contract column → sheet columns that have its header; more than one is ambiguous."""
    paths: dict[int, list[str]]
    """Sheet column → the texts over it, top level first."""

    @cached_property
    def columns(self) -> dict[str, int]:
        """Contract column → sheet column."""
        return {name: places[0] for name, places in self.claims.items()}

    @cached_property
    def ordinal(self) -> int | None:
        """The sheet column with the rows' numbers (STT, TT)."""
        return next((column for column, path in self.paths.items() if key(path[-1]) in ORDINAL_KEYS), None)

    @property
    def unknown(self) -> list[int]:
        """Sheet columns that have a header which neither the contract nor custom knows."""
        known = {column for places in self.claims.values() for column in places}
        return [column for column, path in self.paths.items()
                if column not in known and key(path[-1]) not in COMMON_KEYS]

    @property
    def headings(self) -> list[Heading]:
        """Every column of the contract and every unknown one, from left to right, with the texts over it."""
        claimed = [place for places in self.claims.values() for place in places]
        return [self.heading(place) for place in sorted([*claimed, *self.unknown])]

    def heading(self, place: int) -> Heading:
        """What heads a sheet column, top level first."""
        name = next((name for name, places in self.claims.items() if place in places), None)
        return Heading(" / ".join(self.paths[place]), name)

    def missing(self, contract: Contract) -> list[Column]:
        """Contract columns that no sheet column has, but for those of offices that fill none of the form."""
        return [column for column in contract.form_with(self.claims) if column.name not in self.claims]

    def is_complete(self, contract: Contract) -> bool:
        """Whether every column that must be there is."""
        return all(column.optional_header for column in self.missing(contract))

    def holds_form(self, contract: Contract) -> bool:
        """Whether this is the form's header, though perhaps not a complete one: more than half of its columns."""
        return 2 * len(self.claims) > len(contract.form_with(self.claims))


def key(text: str) -> str:
    """Key of a heading: tỷ and tỉ, lý and lí are one."""
    return header_key(text).replace("y", "i")


@dataclass(frozen=True)
class _Wanted:
    """The keys by which a column of the contract is known."""

    name: str
    first: frozenset[str]
    last: frozenset[str]
    in_one_cell: frozenset[str]
    levels: int

    @classmethod
    def of(cls, column: Column) -> "_Wanted":
        levels = [frozenset(map(key, level)) for level in column.header]
        first, last = levels[0], levels[-1]
        joined = first if len(levels) == 1 else {above + below for above in first for below in last}
        return cls(column.name, first, last, frozenset(joined) | {key(column.printed)}, len(levels))


def find_header(grid: Grid, contract: Contract) -> Header | None:
    """The rows that match most columns of the contract, the fewest rows first; None if none matches any."""
    grid = replace(grid, merges=[span for span in grid.merges if span.top < SEARCHED_ROWS + MAX_LEVELS])
    wanted = [_Wanted.of(column) for column in contract.columns]
    vocabulary = frozenset[str]().union(*(column.first | column.last | column.in_one_cell for column in wanted))
    found = [header for top in range(min(grid.height, SEARCHED_ROWS)) if _speaks(grid.row(top), vocabulary)
             for header in _headers_from(grid, top, wanted)]
    best = max(found, key=lambda header: (len(header.claims), header.top - header.bottom, -header.top), default=None)
    return _grown(best, grid) if best else None


def check(header: Header, sheet: str, titles: Sequence[tuple[str, str]], contract: Contract, findings: Findings) -> None:
    """Refuses a header that lacks a column, has one twice, or states (as a title may) another unit than the form."""
    missing = [column for column in header.missing(contract) if not column.optional_header]
    if missing:
        raise findings.refusal("header_missing_column", sheet=sheet, row=header.top + 1,
                               wanted=", ".join(f"“{column.printed}”" for column in missing))
    units = [(cell, unit) for cell, text in titles if (unit := _unit_of_all(text))]
    for column in contract.columns:
        places = header.claims.get(column.name, [])
        if len(places) > 1:
            raise findings.refusal("header_ambiguous", sheet=sheet, printed=column.printed,
                                   cells=", ".join(a1(header.bottom, place) for place in places))
        if places:
            _check_unit(header, places[0], sheet, units, column, findings)


def _unit_of_all(title: str) -> str | None:
    """The unit that a title states for the whole table: `ĐVT: triệu đồng`, `KINH PHÍ NĂM 2024 (tỷ đồng)`."""
    if found := _UNIT_OF_ALL.search(title):
        return found[1]
    found = _LAST_IN_BRACKETS.search(title.strip())
    return found[1] if found and figure_unit(found[1]).word == DONG else None


def _check_unit(
    header: Header, place: int, sheet: str, units: Sequence[tuple[str, str]], column: Column, findings: Findings
) -> None:
    """units: cell and text of the titles that state one for the whole table, where a heading states none."""
    wanted, own = column.figure_unit, " ".join(header.paths[place])
    said = [(a1(header.bottom, place), own)] if scale_of(own) is not None else [
        (cell, text) for cell, text in units if header_unit(text).word == wanted.word
    ]
    for cell, stated in said:
        if None not in (scale_of(stated), wanted.scale) and scale_of(stated) != wanted.scale:
            raise findings.refusal("header_unit_differs", sheet=sheet, cell=cell, value=stated,
                                   printed=column.terms.printed_in or column.printed)


def _speaks(cells: list[str | None], vocabulary: frozenset[str]) -> bool:
    return any(text is not None and key(text) in vocabulary for text in cells)


def _headers_from(grid: Grid, top: int, wanted: list[_Wanted]) -> Iterator[Header]:
    for bottom in range(top, min(top + MAX_LEVELS, grid.height)):
        paths = paths_over(grid, top, bottom)
        claims: dict[str, list[int]] = {}
        for place, path in paths.items():
            keys = [key(text) for text in path]
            strength, name = max(((_strength(keys, column), column.name) for column in wanted), key=itemgetter(0))
            if strength:
                claims.setdefault(name, []).append(place)
        yield Header(top, bottom, claims, paths)


def _strength(keys: list[str], column: _Wanted) -> int:
    """How surely the keys over a sheet column are this column's: by its levels, in one cell, or not at all (0)."""
    if keys[-1] in column.last and (column.levels == 1 or not column.first.isdisjoint(keys[:-1])):
        return 2 + column.levels
    return int(not column.in_one_cell.isdisjoint((keys[-1], "".join(keys))))


def paths_over(grid: Grid, top: int, bottom: int) -> dict[int, list[str]]:
    """Texts over each column, without repetitions and without what is all in brackets; columns without any left out."""
    levels = _spread(grid, top, bottom)
    paths: dict[int, list[str]] = {}
    for column in range(max(map(len, levels))):
        path: list[str] = []
        for level in levels:
            text = level[column]
            if text and not (path and key(path[-1]) == key(text)):
                _extend(path, text)
        if path and key(path[-1]):
            paths[column] = path
    return paths


def _extend(path: list[str], text: str) -> None:
    """A level that holds but a unit in brackets belongs to the text above it."""
    if path and not key(text):
        path[-1] = f"{path[-1]} {text}"
    else:
        path.append(text)


def _spread(grid: Grid, top: int, bottom: int) -> list[list[str | None]]:
    """The header's rows, the text of merged cells in each of them."""
    merges = [span for span in grid.merges if span.top <= bottom and span.bottom >= top]
    cells = [grid.row(row) for row in range(top, bottom + 1)]
    width = max(map(len, cells))
    levels = [row + [None] * (width - len(row)) for row in cells]
    for span in merges:
        for row in range(max(span.top, top), min(span.bottom, bottom) + 1):
            for column in range(span.left, min(span.right + 1, width)):
                levels[row - top][column] = grid.text(span.top, span.left)
    return levels if merges else _filled(levels)


def _filled(levels: list[list[str | None]]) -> list[list[str | None]]:
    """Files without merges: a heading reaches right over blanks below which something stands, to the next heading."""
    for depth in range(len(levels) - 2, -1, -1):
        level, below = levels[depth], levels[depth + 1]
        for column in range(1, len(level)):
            begins = any(upper[column] for upper in levels[:depth])
            if level[column] is None and below[column] and not begins:
                level[column] = level[column - 1]
    return levels


def _grown(header: Header, grid: Grid) -> Header:
    """The header with all rows of its merged cells, and a row of units: headings that the contract doesn't know may go deeper."""
    spans = [span for span in grid.merges if _touches(span, header)]
    top = min([header.top, *(span.top for span in spans)])
    bottom = max([header.bottom, *(span.bottom for span in spans)])
    if bottom - top >= MAX_LEVELS:
        return header
    units = next((row for row in range(header.bottom + 1, min(bottom + 2, grid.height)) if _states_units(grid.row(row))), None)
    bottom = bottom if units is None else max(bottom, units)
    claimed = {place: header.paths[place] for places in header.claims.values() for place in places}
    for place, text in enumerate(grid.row(units) if units is not None else ()):
        if text and place in claimed:
            claimed[place] = [*claimed[place][:-1], f"{claimed[place][-1]} {text}"]
    return Header(top, bottom, header.claims, paths_over(grid, top, bottom) | claimed)


def _states_units(cells: list[str | None]) -> bool:
    """Whether nothing but units stands in a row: `(người)`, `triệu đồng`, `%`."""
    texts = [text for text in cells if text]
    are_units = all(text == "%" or not key(text) or scale_of(text) is not None for text in texts)
    return bool(texts) and are_units and column_numbers(texts) is None


def _touches(span: Span, header: Header) -> bool:
    return span.top <= header.bottom and span.bottom >= header.top
