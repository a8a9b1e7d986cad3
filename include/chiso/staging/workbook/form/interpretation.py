"""What a sheet says below a form's header: its rows, what each is, and the words of every data row."""

from dataclasses import dataclass, replace

import pyarrow as pa

from chiso.contracts import Column, Contract
from chiso.province.units import Reference
from chiso.staging.workbook.form.body import WORDS, Body
from chiso.staging.workbook.form.header import Header
from chiso.staging.workbook.form.headings import Headings
from chiso.staging.workbook.form.layout import Layout, arrange
from chiso.staging.workbook.form.meaning import Meaning
from chiso.staging.workbook.form.parts import without_parts
from chiso.staging.workbook.form.rows import Row, Rows
from chiso.staging.workbook.form.sums import Sum, Sums
from chiso.staging.workbook.grids import Grid


@dataclass(frozen=True)
class Interpretation:
    """A form's rows, understood."""

    layout: Layout
    sums: list[Sum]
    """Rows that sum others, though their names don't say so."""
    within: list[str | None]
    """Per data row, the code of the district that it names itself, or that stands over it; where the form has communes."""
    parts: list[Row]
    """Rows that are parts of the row above, which counts instead."""
    below_total: list[Row]
    """Rows that stand below the total without a number, and so don't count."""
    second_table: int | None
    """The row in which another table's header stands, by index; from there on nothing was read."""
    _body: Body
    _headings: Headings

    def texts(self, column: Column, place: int) -> pa.ChunkedArray:
        """A column's texts, one a data row. Words in merged cells stand for every row of the merge, figures for the first only."""
        body, data = self._body, self.layout.data
        if place in self._headings.columns:
            return _texts(list(self._headings.values(self.layout.rows, place)))
        if place == body.label:
            return _texts([row.label for row in data])
        texts = body.grid.texts([row.at for row in data], place)
        merged = body.merged(place) if column.how.kind in WORDS else {}
        if not merged:
            return texts
        return _texts([merged.get(row.at) if text is None else text for row, text in zip(data, texts.to_pylist(), strict=True)])


def interpret(grid: Grid, header: Header, contract: Contract, reference: Reference) -> Interpretation:
    """Says what stands below `header`."""
    assert contract.terms.sheet is not None  # noqa: S101 - read_workbook makes sure
    body, meaning = Body(grid, header, contract), Meaning(contract, reference)
    reading, headings = Rows(body, meaning, reference), Headings(body, meaning)
    subtotals = contract.terms.sheet.subtotals
    rows, parts = without_parts(reading.read(), body, meaning)
    layout = arrange(headings.settled(rows), subtotals)
    sums = Sums(layout, body, meaning, reading.plain).find()
    totals = {
        found.row.at: found.total(headings.over(found.row) if found.first > found.row.at else found.row)
        for found in sums if found.is_total
    }
    if totals:
        layout = arrange([totals.get(row.at, row) for row in layout.rows], subtotals)
    below = Sums(layout, body, meaning, reading.plain).below_total()
    if below:
        aside = {row.at for row in below}
        layout = arrange([row for row in layout.rows if row.at not in aside], subtotals)
    layout = replace(layout, totals=Sums(layout, body, meaning, reading.plain).placed())
    sums = [found for found in sums if not (found.is_total and meaning.is_province(found.row.name or ""))]  # known by name
    found = Interpretation(layout, sums, layout.within, parts, below, body.second_table, body, headings)
    district = next((column for column in contract.loaded_columns if column.levels == ("district",)), None)
    if district is None or district.name not in header.columns or not meaning.has_communes:
        return found
    names = found.texts(district, header.columns[district.name]).to_pylist()
    own = [meaning.district(name) if name else None for name in names]
    return replace(found, within=[code or over for code, over in zip(own, layout.within, strict=True)])


def _texts(texts: list[str | None]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(texts, pa.string())])
