"""Tables of a web page that was saved as .xls, as many exporters do. Its title may stand before the table."""

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, BinaryIO

from lxml import etree

from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import MAX_COLUMNS, Formula, Grid, Place, Sheet, Span, columns_of
from chiso.staging.workbook.html.page import parsed
from chiso.staging.workbook.html.text import PLAIN, Look, lines_before, look_of, look_within, pieces, read
from chiso.staging.workbook.html.value import stored_text
from chiso.staging.workbook.opening.budget import Budget

MAX_NESTED = 30
"""Tables within tables; pages that are laid out by tables have some ten."""
_INTEGER = re.compile(r"\s*0*([0-9]{1,6})")


@dataclass
class _Row:
    """A table's own row: its cells with their looks."""

    hidden: bool = False
    cells: list[tuple[Any, Look]] = field(default_factory=list)

    @property
    def hidden_cells(self) -> int:
        """Number of cells that a browser leaves out."""
        return sum(look.hidden == "element" for _, look in self.cells)


def sheets(stream: BinaryIO, findings: Findings, budget: Budget) -> list[Sheet]:
    """Every table with the rows that are its own. Raises DeliveryRefused when a part of the page can't be read."""
    with findings.reading():
        page = parsed(stream.read(), findings)
        tables = list(page.iter("table"))
        for table in tables:
            if sum(1 for _ in table.iterancestors("table")) > MAX_NESTED:
                raise findings.damaged("các bảng lồng nhau quá sâu", "its tables are nested too deep")
        return [Sheet(f"table {number}", bool(look_of(table).hidden), partial(_load, table, f"table {number}", findings, budget))
                for number, table in enumerate(tables, start=1)]


def _load(table: Any, name: str, findings: Findings, budget: Budget) -> Grid:
    with findings.reading(name):
        return _grid(table, name, budget)


def _grid(table: Any, name: str, budget: Budget) -> Grid:
    rows = _rows(table)
    budget.rows(len(rows), name)
    area = _Area(budget, name, keeps_hidden=_hides_columns(rows))
    for number, row in enumerate(rows):
        area.add(row, below=len(rows) - number - 1)
    first = next(table.iter("tr", "td", "th"), table)
    return Grid(columns_of(area.rows, budget, name), area.merges, bold=frozenset(area.bold),
                hidden_rows=frozenset(number for number, row in enumerate(rows) if row.hidden), formulas=area.formulas,
                faults=area.faults, hidden_columns=area.hidden_columns | _hidden_columns(table),
                before=partial(lines_before, first))


# Rows

def _rows(table: Any) -> list[_Row]:
    """Rows of the table itself, those of tables in it left out; cells outside of any row make one, as in browsers."""
    rows: list[_Row] = []
    around: list[tuple[Look, _Row | None]] = [(replace(look_of(table), hidden=""), None)]
    walk = etree.iterwalk(table, events=("start", "end"))
    next(walk)
    for event, element in walk:
        if event == "end":
            around.pop()
            continue
        outer, row = around[-1]
        look = look_within(outer, element)
        if element.tag == "table":
            walk.skip_subtree()
        elif element.tag == "tr":
            around[-1] = outer, None
            rows.append(row := _Row(bool(look.hidden)))
            look = replace(look, hidden="")
        elif element.tag in ("td", "th"):
            if row is None:
                rows.append(row := _Row(bool(outer.hidden)))
                around[-1] = outer, row
            row.cells.append((element, look))
        around.append((look, row))
    return rows


def _hides_columns(rows: list[_Row]) -> bool:
    """Whether hidden cells make hidden columns, in the heading as below it; else they aren't there for a browser."""
    counts = {row.hidden_cells for row in rows if len(row.cells) > 1}
    return len(counts) == 1 and counts != {0}


def _hidden_columns(table: Any) -> frozenset[int]:
    hidden: set[int] = set()
    column = 0
    for element in table.iter("col"):
        width = _integer(element, "span", MAX_COLUMNS)
        if next(element.iterancestors("table")) is table:
            if look_within(PLAIN, element).hidden:
                hidden.update(range(column, min(column + width, MAX_COLUMNS)))
            column += width
    return frozenset(hidden)


# Cells

class _Area:
    """Cells of a table in their places; those that span several push the ones beside and below them away."""

    def __init__(self, budget: Budget, sheet: str, *, keeps_hidden: bool) -> None:
        self.rows: list[list[str | None]] = []
        self.merges: list[Span] = []
        self.bold: set[Place] = set()
        self.formulas: dict[Place, Formula] = {}
        self.faults: dict[Place, str] = {}
        self.hidden_columns: frozenset[int] = frozenset()
        self._budget, self._sheet, self._keeps_hidden = budget, sheet, keeps_hidden
        self._reaches: dict[int, int] = {}
        """Column → last row that a cell from above reaches down to."""

    def add(self, row: _Row, below: int) -> None:
        """The next row; `below` is the number of rows that follow it."""
        self.rows.append([])
        column = 0
        for cell, look in row.cells:
            if look.hidden == "element" and not self._keeps_hidden:
                continue
            while self._reaches.get(column, -1) >= len(self.rows) - 1:
                column += 1
            if column >= MAX_COLUMNS:
                return
            if look.hidden == "element":
                self.hidden_columns |= {column}
            column = self._put(cell, replace(look, hidden="") if look.hidden == "element" else look, column, below)

    def _put(self, cell: Any, look: Look, column: int, below: int) -> int:
        """Puts a cell into the last row, and returns the column after it."""
        row = len(self.rows) - 1
        span = Span(row, column, row + (_integer(cell, "rowspan", below + 1) or below + 1) - 1,
                    column + (_integer(cell, "colspan", MAX_COLUMNS) or 1) - 1)
        self._reaches |= dict.fromkeys(range(column, span.right + 1), span.bottom)
        if span.bottom > row or span.right > column:
            self._budget.copies((span.bottom - row + 1) * (span.right - column + 1), self._sheet)
            self.merges.append(span)
        text, rule = stored_text(cell, *read(pieces(cell, look)))
        if text is not None:
            self._budget.characters(len(text), self._sheet)
            self.rows[row] += [None] * (column - len(self.rows[row])) + [text]
        if rule:
            self.faults[row, column] = rule
        if look.bold or next(cell.iter("b", "strong"), None) is not None:
            self.bold.add((row, column))
        if formula := cell.get("x:fmla"):
            self.formulas[row, column] = Formula(formula.removeprefix("="), stored=True)
        return span.right + 1


def _integer(element: Any, attribute: str, most: int) -> int:
    """The number that an attribute begins with, 1 without any."""
    stated = _INTEGER.match(element.get(attribute, ""))
    return min(int(stated[1]), most) if stated else 1
