"""A department's form as it stands in a workbook: the columns and rows of its contract, still as text."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from chiso.contracts import Column, Contract
from chiso.findings.issues import Issue
from chiso.province.text import looks_like_formula
from chiso.province.units import Reference
from chiso.staging.workbook import header as headers
from chiso.staging.workbook import html_table, ods, xls, xlsx
from chiso.staging.workbook.cells import a1, letters
from chiso.staging.workbook.container import open_container
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.grids import Grid, Sheet
from chiso.staging.workbook.header import Header
from chiso.staging.workbook.layout import Layout, arrange
from chiso.staging.workbook.rows import Row, Rows
from chiso.system.errors import ContractError

_READERS = {"xlsx": xlsx.sheets, "xls": xls.sheets, "ods": ods.sheets, "html": html_table.sheets}
_WORDS = frozenset({"word", "time"})
"""Kinds of readings: only in words a text can be a formula in disguise, and merged cells mean the same again."""


@dataclass(frozen=True)
class TotalRow:
    """A printed total or subtotal."""

    kind: Literal["total", "subtotal"]
    row: int
    """Sheet row, from 1."""
    label: str
    values: dict[str, str]
    """Contract column → text; blank cells are left out."""
    covers: list[int]
    """Positions in `Form.rows` of the data rows that it should sum."""


@dataclass(frozen=True)
class Form:
    """A form as delivered; lists of equal length, one entry a data row."""

    sheet: str
    titles: list[tuple[str, str]]
    """Cell and text of what stands above the header; the cell is "" for text before an HTML table."""
    letters: dict[str, str]
    """Contract column → letters of its sheet column; a missing optional column has none."""
    rows: list[int]
    """Sheet rows, from 1."""
    values: dict[str, pa.ChunkedArray]
    """Every contract column but the personal ones → texts, NFC and trimmed, null for blanks."""
    within: list[str | None]
    """Code of the district over the row (grain commune)."""
    totals: list[TotalRow]
    findings: list[Issue]
    """What was noticed; with the action `reject_row`, about a cell that must not be used."""


@dataclass(frozen=True)
class _Found:
    """A sheet with the form's header."""

    sheet: Sheet
    grid: Grid
    header: Header
    layout: Layout


def read_workbook(path: Path, contract: Contract, reference: Reference, *, file_name: str,
                  password: str | None) -> Form:
    """Reads the form of `contract` from a spreadsheet file of any format.

    file_name: as delivered, for messages. password: for an encrypted file, if there is one.
    Raises DeliveryRefused for a file that isn't what it says or doesn't hold the form; ContractError for a
    contract that is no workbook's.
    """
    if contract.terms.sheet is None:
        raise ContractError(f"{contract.source}: the contract has no sheet, so it can't be read from a workbook.")
    findings = Findings(file_name, contract.terms.responsible, contract.source)
    container = open_container(path, password, findings)
    sheets = _READERS[container.kind](container.stream, findings, container.budget)
    found = _form_sheet(sheets, contract, reference, findings)
    noticed = [*_sheet_findings(sheets, found, findings), *_cell_findings(found, contract, findings)]
    return _form(found, contract, noticed)


# The sheet

def _form_sheet(sheets: list[Sheet], contract: Contract, reference: Reference, findings: Findings) -> _Found:
    """The one sheet that holds the form: a visible one, else a hidden one."""
    nearest: tuple[Sheet, Header] | None = None
    for hidden in (False, True):
        seen = [(sheet, grid, header) for sheet in sheets if sheet.hidden == hidden
                for grid in [sheet.load()] if (header := headers.find_header(grid, contract))]
        held = [candidate for candidate in seen if candidate[2].holds_form(contract)]
        complete = [candidate for candidate in held if candidate[2].is_complete(contract)]
        if held:
            return _only([_read(candidate, contract, reference, findings) for candidate in complete or held[:1]],
                         findings)
        nearest = max([(sheet, header) for sheet, _, header in seen], default=nearest,
                      key=lambda candidate: len(candidate[1].claims))
    raise _not_found(sheets, nearest, contract, findings)


def _read(held: tuple[Sheet, Grid, Header], contract: Contract, reference: Reference, findings: Findings) -> _Found:
    sheet, grid, header = held
    headers.check(header, sheet.name, contract, findings)
    return _Found(sheet, grid, header, arrange(Rows(grid, header, contract, reference).read()))


def _only(found: list[_Found], findings: Findings) -> _Found:
    filled = [one for one in found if one.layout.data]
    if len(filled) > 1:
        raise findings.refusal("several_sheets", sheets=", ".join(f"“{one.sheet.name}”" for one in filled))
    return (filled or found)[0]


def _not_found(sheets: list[Sheet], nearest: tuple[Sheet, Header] | None, contract: Contract,
               findings: Findings) -> Exception:
    wanted = [f"“{column.printed}”" for column in contract.columns if not column.optional_header]
    row = nearest[1].top + 1 if nearest else 0
    matched = f"{len(nearest[1].claims)}/{len(contract.columns)}" if nearest else ""
    return findings.refusal(
        "header_not_found", sheet=nearest[0].name if nearest else sheets[0].name if sheets else "",
        wanted=", ".join(wanted[:4]) + (" …" if len(wanted) > 4 else ""),
        nearest_vi=f"dòng {row}, {matched}" if nearest else "không có",
        nearest_en=f"row {row}, {matched.replace('/', ' of ')}" if nearest else "none")


# The form

def _form(found: _Found, contract: Contract, noticed: list[Issue]) -> Form:
    header, layout = found.header, found.layout
    rows = [row.index for row in layout.data]
    return Form(
        sheet=found.sheet.name,
        titles=_titles(found.grid, header),
        letters={name: letters(place) for name, place in header.columns.items()},
        rows=[row + 1 for row in rows],
        values={column.name: _values(found, rows, column, contract) for column in contract.loaded_columns},
        within=layout.within,
        totals=[_total(row, covers, found, contract) for row, covers in layout.totals],
        findings=noticed,
    )


def _titles(grid: Grid, header: Header) -> list[tuple[str, str]]:
    above = [(a1(row, column), text) for row in range(header.top)
             for column, text in enumerate(grid.row(row)) if text and (row, column) not in grid.faults]
    return [("", line) for line in grid.before()] + above


def _values(found: _Found, rows: list[int], column: Column, contract: Contract) -> pa.ChunkedArray:
    """A column's texts. Words in merged cells stand for every row of the merge, figures for the first only."""
    place = found.header.columns.get(column.name)
    if place is None:
        return pa.chunked_array([pa.nulls(len(rows), pa.string())])
    if contract.terms.sheet and column.name == contract.terms.sheet.label:
        texts = pa.chunked_array([pa.array([row.label for row in found.layout.data], pa.string())])
    else:
        texts = found.grid.texts(rows, place)
    firsts = _merged(found.grid, place) if column.how.kind in _WORDS else {}
    if not firsts:
        return texts
    texts = [firsts.get(row, text) if text is None else text for row, text in zip(rows, texts.to_pylist(), strict=True)]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _merged(grid: Grid, place: int) -> dict[int, str | None]:
    """Rows whose cell in a column belongs to a merge that begins above → the text of its first cell."""
    return {row: grid.text(span.top, place) for span in grid.merges if span.left == place
            for row in range(span.top + 1, min(span.bottom + 1, grid.height))}


def _total(row: Row, covers: list[int], found: _Found, contract: Contract) -> TotalRow:
    columns = found.header.columns
    texts = {column.name: found.grid.text(row.index, columns[column.name]) for column in contract.loaded_columns
             if column.name in columns and (row.index, columns[column.name]) not in found.grid.faults}
    return TotalRow("total" if row.kind == "total" else "subtotal", row.index + 1, row.label or "",
                    {name: text for name, text in texts.items() if text is not None}, covers)


# Findings

def _sheet_findings(sheets: list[Sheet], found: _Found, findings: Findings) -> Iterator[Issue]:
    name, header = found.sheet.name, found.header
    if found.sheet.hidden:
        yield findings.issue("hidden_sheet_read", "warning", "flag", sheet=name)
    for sheet in sheets:
        if sheet.hidden and sheet is not found.sheet:
            yield findings.issue("hidden_sheet_ignored", "info", "flag", sheet=sheet.name)
    for reference in found.grid.odd_merges:
        yield findings.issue("merge_odd", "warning", "flag", sheet=name, value=reference)
    for place in header.unknown:
        yield findings.issue("column_unknown", "info", "flag", sheet=name, cell=a1(header.bottom, place),
                             row=header.bottom + 1, value=" / ".join(header.paths[place]))
    for row, covers in found.layout.totals:
        if row.district and not covers:
            yield findings.issue("subtotal_without_rows", "warning", "flag", sheet=name, row=row.index + 1, value=row.label)
    for row in found.layout.data if found.grid.hidden_rows else []:
        if row.index in found.grid.hidden_rows:
            yield findings.issue("hidden_row", "warning", "flag", sheet=name, row=row.index + 1)


def _cell_findings(found: _Found, contract: Contract, findings: Findings) -> Iterator[Issue]:
    rows = [row.index for row in found.layout.data]
    for column in contract.loaded_columns:
        place = found.header.columns.get(column.name)
        if place is None:
            yield findings.issue("optional_column_missing", "info", "flag", sheet=found.sheet.name,
                                 column=column.name, printed=column.printed)
            continue
        if place in found.grid.hidden_columns:
            yield findings.issue("hidden_column", "warning", "flag", sheet=found.sheet.name, column=column.name,
                                 cell=a1(found.header.bottom, place), printed=column.printed)
        for row, rule in _broken(found.grid, rows, place, column):
            yield findings.issue(rule, "critical", "reject_row", sheet=found.sheet.name, row=row + 1,
                                 cell=a1(row, place), column=column.name, printed=column.printed,
                                 value=found.grid.text(row, place))


def _broken(grid: Grid, rows: list[int], place: int, column: Column) -> Iterator[tuple[int, str]]:
    """Rows whose cell can't be taken as it stands, or mustn't be trusted, with the rule that it breaks."""
    for row in rows if grid.faults else ():
        if rule := grid.faults.get((row, place)):
            yield row, rule
    for row in rows if grid.formulas else ():
        formula = grid.formulas.get((row, place))
        if formula and formula.executes:
            yield row, "formula_injection"
        elif formula and not formula.stored and grid.text(row, place) is None:
            yield row, "formula_uncached"
    if column.how.kind in _WORDS:
        texts = grid.texts(rows, place)
        suspects = pc.indices_nonzero(pc.match_substring_regex(texts, "^[=+@-]"))
        for position, text in zip(suspects.to_pylist(), texts.take(suspects).to_pylist(), strict=True):
            if looks_like_formula(text):
                yield rows[position], "formula_injection"
