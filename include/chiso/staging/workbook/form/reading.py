"""A department's form as it stands in a workbook: the columns and rows of its contract, still as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from chiso.contracts import Column, Contract
from chiso.deliveries.staged import Heading
from chiso.findings.issues import Issue
from chiso.province.text import looks_like_formula
from chiso.province.units import Reference
from chiso.staging.workbook.cells import a1, letters
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.form import header as headers
from chiso.staging.workbook.form.body import WORDS
from chiso.staging.workbook.form.header import Header
from chiso.staging.workbook.form.interpretation import Interpretation, interpret
from chiso.staging.workbook.form.rows import Row
from chiso.staging.workbook.form.splitting import MOST_PIECES, Pieces, split
from chiso.staging.workbook.grids import Grid, Sheet
from chiso.staging.workbook.html.tables import sheets as html_sheets
from chiso.staging.workbook.ods.sheets import sheets as ods_sheets
from chiso.staging.workbook.opening.container import open_container
from chiso.staging.workbook.xls.sheets import sheets as xls_sheets
from chiso.staging.workbook.xlsx.sheets import sheets as xlsx_sheets
from chiso.system.errors import ContractError

_READERS = {"xlsx": xlsx_sheets, "xls": xls_sheets, "ods": ods_sheets, "html": html_sheets}


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
    headings: list[Heading]
    """What heads each sheet column, from left to right, without those that every form may have."""
    rows: list[int]
    """Numbers of the rows, unique and rising: the sheet rows, from 1, unless the contract splits cells."""
    lines: list[int] | None
    """The sheet row of each where that isn't its number."""
    values: dict[str, pa.ChunkedArray]
    """Every contract column but the personal ones → texts, NFC and trimmed, null for blanks."""
    within: list[str | None]
    """Code of the district over the row, where the form has communes."""
    totals: list[TotalRow]
    findings: list[Issue]
    """What was noticed; with the action `reject_row`, about a cell that must not be used."""

@dataclass(frozen=True)
class _Found:
    """A sheet with the form's header."""

    sheet: Sheet
    grid: Grid
    header: Header
    body: Interpretation


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
    sheets = open_sheets(path, password, findings)
    found = _form_sheet(sheets, contract, reference, findings)
    noticed = [*_sheet_findings(sheets, found, findings), *_cell_findings(found, contract, findings)]
    return _form(found, contract, noticed, findings)


def open_sheets(path: Path, password: str | None, findings: Findings) -> list[Sheet]:
    """The sheets of a spreadsheet file of any format, none loaded yet. Raises DeliveryRefused."""
    container = open_container(path, password, findings)
    return _READERS[container.kind](container.stream, findings, container.budget)


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
    headers.check(header, sheet.name, _titles(grid, header), contract, findings)
    return _Found(sheet, grid, header, interpret(grid, header, contract, reference))


def _only(found: list[_Found], findings: Findings) -> _Found:
    filled = [one for one in found if one.body.layout.data]
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

def _form(found: _Found, contract: Contract, noticed: list[Issue], findings: Findings) -> Form:
    header, layout = found.header, found.body.layout
    rows = [row.at + 1 for row in layout.data]
    values = {column.name: _values(found, column) for column in contract.loaded_columns}
    totals = [_total(row, covers, found, contract) for row, covers in layout.totals]
    form = Form(
        sheet=found.sheet.name,
        titles=_titles(found.grid, header),
        letters={name: letters(place) for name, place in header.columns.items()},
        headings=header.headings,
        rows=rows,
        lines=None,
        values=values,
        within=found.body.within,
        totals=totals,
        findings=noticed,
    )
    pieces = split(values, contract)
    return form if pieces is None else _in_pieces(form, pieces, contract, findings)


def _in_pieces(form: Form, pieces: Pieces, contract: Contract, findings: Findings) -> Form:
    sources, firsts = pieces.sources.tolist(), pieces.firsts
    lines = [form.rows[source] for source in sources]
    uneven = [
        findings.issue("values_uneven", "critical", "reject_row", sheet=form.sheet, row=form.rows[row], column=name,
                       cell=f"{form.letters[name]}{form.rows[row]}", printed=contract.column(name).printed,
                       value=form.values[name][row].as_py())
        for row, name in pieces.uneven
    ]
    return replace(
        form,
        rows=[line * MOST_PIECES + number for line, number in zip(lines, pieces.numbers.tolist(), strict=True)],
        lines=lines,
        values=pieces.values,
        within=[form.within[source] for source in sources],
        totals=[replace(total, covers=[firsts[row] for row in total.covers]) for total in form.totals],
        findings=[*form.findings, *uneven],
    )


def _titles(grid: Grid, header: Header) -> list[tuple[str, str]]:
    above = [(a1(row, column), text) for row in range(header.top)
             for column, text in enumerate(grid.row(row)) if text and (row, column) not in grid.faults]
    return [("", line) for line in grid.before()] + above


def _values(found: _Found, column: Column) -> pa.ChunkedArray:
    place = found.header.columns.get(column.name)
    if place is None:
        return pa.chunked_array([pa.nulls(len(found.body.layout.data), pa.string())])
    return found.body.texts(column, place)


def _total(row: Row, covers: Sequence[int], found: _Found, contract: Contract) -> TotalRow:
    columns = found.header.columns
    texts = {column.name: found.grid.text(row.at, columns[column.name]) for column in contract.loaded_columns
             if column.name in columns and (row.at, columns[column.name]) not in found.grid.faults}
    return TotalRow("total" if row.kind == "total" else "subtotal", row.at + 1, row.name or "",
                    {name: text for name, text in texts.items() if text is not None}, list(covers))


# Findings

def _sheet_findings(sheets: list[Sheet], found: _Found, findings: Findings) -> Iterator[Issue]:
    name, header = found.sheet.name, found.header
    if found.sheet.hidden:
        yield findings.issue("hidden_sheet_read", "warning", "flag", sheet=name)
    for sheet in sheets:
        if sheet.hidden and sheet is not found.sheet:
            yield findings.issue("hidden_sheet_ignored", "info", "flag", sheet=sheet.name)
    for reference in dict.fromkeys(found.grid.odd_merges):
        yield findings.issue("merge_odd", "warning", "flag", sheet=name, value=reference)
    for place in header.unknown:
        yield findings.issue("column_unknown", "info", "flag", sheet=name, cell=a1(header.bottom, place),
                             row=header.bottom + 1, value=header.heading(place).printed)
    yield from _row_findings(found, findings)


def _row_findings(found: _Found, findings: Findings) -> Iterator[Issue]:
    name, layout = found.sheet.name, found.body.layout
    for row in layout.empty:
        rule = "subtotal_without_rows" if row.district else "section_without_rows"
        yield findings.issue(rule, "warning", "flag", sheet=name, row=row.at + 1, value=row.name)
    for one in found.body.sums:
        rule = "total_unlisted" if one.is_total else "row_sums_others"
        yield findings.issue(rule, "warning", "flag", sheet=name, row=one.row.at + 1, value=one.row.name or "",
                             first=one.first + 1, last=one.last + 1, agreeing=one.agreeing, judged=one.judged)
    for row in found.body.parts:
        yield findings.issue("row_part_of_another", "warning", "flag", sheet=name, row=row.at + 1, value=row.name or "")
    for row in found.body.below_total:
        yield findings.issue("row_below_total", "warning", "flag", sheet=name, row=row.at + 1, value=row.name or "")
    if (below := found.body.second_table) is not None:
        yield findings.issue("second_table", "warning", "flag", sheet=name, row=below + 1)
    for row in layout.data if found.grid.hidden_rows else []:
        if row.at in found.grid.hidden_rows:
            yield findings.issue("hidden_row", "warning", "flag", sheet=name, row=row.at + 1)


def _cell_findings(found: _Found, contract: Contract, findings: Findings) -> Iterator[Issue]:
    rows = [row.at for row in found.body.layout.data]
    form = {column.name for column in contract.form_with(found.header.columns)}
    for column in contract.loaded_columns:
        place = found.header.columns.get(column.name)
        if column.name not in form and place is None:  # another office's
            continue
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
    if column.how.kind in WORDS and not column.terms.split:
        texts = grid.texts(rows, place)
        suspects = pc.indices_nonzero(pc.match_substring_regex(texts, "^[=+@-]"))
        for position, text in zip(suspects.to_pylist(), texts.take(suspects).to_pylist(), strict=True):
            if looks_like_formula(text):
                yield rows[position], "formula_injection"
