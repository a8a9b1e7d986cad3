"""A department's form, ready to be cast: the workbook's rows and totals, its period, and proposals for typing errors."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from chiso.contracts import Column, Contract
from chiso.contracts.parsing import Context, Parsed, Unreadable, parse
from chiso.deliveries.scratch import Scratch
from chiso.findings.issues import Issue, issue, refusal
from chiso.province.numbers import parse_count, scaled, without_zeros
from chiso.province.periods import Period
from chiso.province.units import Reference
from chiso.staging.batch import Broken, RawBatch
from chiso.staging.cast import Casts
from chiso.staging.reporting import check_department, form_period, rows_period
from chiso.staging.workbook import Form, TotalRow, read_workbook
from chiso.staging.workbook.form.body import WORDS

BATCH_ROWS = 50_000
"""Rows that are cast and loaded at a time."""


@dataclass(frozen=True)
class StagedForm:
    """A form as delivered. period: the one that it states (states_period), else the one that holds those of its rows."""

    form: Form
    contract: Contract
    period: Period
    states_period: bool
    _meant: dict[str, dict[int, set[Decimal]]] = field(default_factory=dict)
    """Column → row → numbers that would make totals hold, worked out where a column needs it."""

    @property
    def sheet(self) -> str:
        """Name of the sheet that was read."""
        return self.form.sheet

    @property
    def letters(self) -> dict[str, str]:
        """Contract column → column letters."""
        return self.form.letters

    @property
    def issues(self) -> list[Issue]:
        """What the reader noticed that rejects no row."""
        return [found for found in self.form.findings if found.action != "reject_row"]

    def batches(self) -> Iterator[RawBatch]:
        """Data rows; a cell that the reader itself rejects is broken and stands as blank."""
        for start in range(0, len(self.form.rows), BATCH_ROWS):
            yield self._batch(slice(start, start + BATCH_ROWS), self.contract.loaded_columns)

    def _batch(self, part: slice, columns: list[Column]) -> RawBatch:
        rows, lines = self.form.rows[part], self.form.lines
        broken = [entry for column in columns for entry in self._spoilt.get(column.name, []) if rows[0] <= entry.row <= rows[-1]]
        within = self.form.within[part]
        return RawBatch(
            pa.array(rows, pa.int64()),
            {column.name: self._texts(column.name, rows, part) for column in columns},
            pa.array(within, pa.string()) if any(within) else None,
            pa.array(lines[part], pa.int64()) if lines is not None else None,
            broken=broken,
        )

    def _texts(self, name: str, rows: list[int], part: slice) -> pa.Array:
        texts = self.form.values[name][part].combine_chunks()
        spoilt = {entry.row for entry in self._spoilt.get(name, [])}
        return pc.if_else(pc.is_in(pa.array(rows), pa.array(list(spoilt), pa.int64())), None, texts) if spoilt else texts

    @cached_property
    def _spoilt(self) -> dict[str, list[Broken]]:
        """Column → cells that the reader itself rejects, once for each row that they stand for."""
        spoilt: dict[str, list[Broken]] = {}
        for found in self.form.findings:
            if found.action == "reject_row" and found.row and found.column:
                line = None if self.form.lines is None else found.row
                spoilt.setdefault(found.column, []).extend(
                    Broken(number, found.column, found.rule, found.value, line=line) for number in self._rows_of(found.row, found.column)
                )
        return spoilt

    def _rows_of(self, line: int, column: str) -> list[int]:
        """Numbers of the rows that have a sheet row's cell: all that stand there have its words, the first its figures."""
        if self.form.lines is None:
            return [line]
        rows = self.form.rows[bisect_left(self.form.lines, line) : bisect_right(self.form.lines, line)]
        return rows if self.contract.column(column).how.kind in WORDS else rows[:1]

    def with_proposals(self, broken: list[Broken], casts: Casts) -> list[Broken]:
        """Adds to a malformed number the one reading that makes a printed total hold, where there is exactly one."""
        return [self._proposed(entry, casts) if entry.readings else entry for entry in broken]

    def _proposed(self, entry: Broken, casts: Casts) -> Broken:
        assert entry.column is not None  # noqa: S101 - a cell's finding names its column
        if entry.column not in self._meant:
            self._meant[entry.column] = self._missing(self.contract.column(entry.column), casts)
        meant = self._meant[entry.column].get(entry.row, set())
        if len(meant) != 1 or not meant <= set(entry.readings):
            return entry
        [proposal] = meant
        return replace(entry, details={**entry.details, "proposal": without_zeros(proposal)})

    def _missing(self, column: Column, casts: Casts) -> dict[int, set[Decimal]]:
        """Row → what its cell must say for a total to hold, where no other cell under the total is unreadable."""
        rows = self.form.rows
        batch = self._batch(slice(0, len(rows)), [column])
        table, broken = replace(casts, columns=[column]).apply(batch)
        unreadable = {entry.row for entry in broken if entry.rejects}
        values = table.column(column.name).to_pylist()
        missing: dict[int, set[Decimal]] = {}
        for total, _, printed in self.printed_totals([column], casts.context):
            spoilt = [rows[place] for place in total.covers if rows[place] in unreadable]
            if isinstance(printed, Decimal) and len(spoilt) == 1:
                summed = sum(Decimal(values[place] or 0) for place in total.covers)
                missing.setdefault(spoilt[0], set()).add(scaled(printed - summed, -column.power))
        return missing

    def printed_totals(
        self, columns: Iterable[Column], context: Context
    ) -> Iterator[tuple[TotalRow, Column, Decimal | Unreadable]]:
        """Every printed total of those columns that sums rows, read as its column is; blank ones are left out."""
        for total in self.form.totals:
            for column in columns if total.covers else ():
                text = total.values.get(column.name)
                said = None if text is None or column.name not in self.letters else _total(text.strip(), column, context)
                if isinstance(said, int | Decimal | Unreadable):
                    yield total, column, Decimal(said) if isinstance(said, int) else said

    def load_totals(self, connection: sa.Connection, scratch: Scratch, context: Context) -> list[Issue]:
        """Loads printed totals, one row a cell; returns a finding for each that has digits and can't be read."""
        cells: list[dict[str, object]] = []
        unreadable: list[Issue] = []
        for total, column, printed in self.printed_totals(self.contract.totalled, context):
            place = {"row": total.row, "column": column.name, "cell": f"{self.letters[column.name]}{total.row}"}
            if isinstance(printed, Decimal):
                covered = [self.form.rows[index] for index in total.covers]
                cells.append({**place, "label": total.label, "printed": printed, "covered": covered})
            elif printed.rule != "number_missing":
                unreadable.append(self._unreadable_total(total, column, place))
        if cells:
            connection.execute(
                sa.text(f"INSERT INTO {scratch.totals} VALUES (:row, :column, :cell, :label, :printed, :covered)"), cells
            )
        return unreadable

    def _unreadable_total(self, total: TotalRow, column: Column, place: Mapping[str, Any]) -> Issue:
        return issue(
            "total_unreadable",
            "warning",
            "flag",
            self.contract.terms.responsible,
            sheet=self.sheet,
            value=total.values[column.name],
            label=total.label,
            printed=column.printed,
            **place,
        )


def _total(text: str, column: Column, context: Context) -> Parsed | None:
    """What a total's cell says: a figure of its column, or how many rows have the column's mark; a mark there says nothing."""
    if column.is_summed:
        return parse(text, column, context)
    count = parse_count(text) if text[:1].isdigit() else None
    return count if isinstance(count, int) else None


def read_form(
    path: Path,
    file_name: str,
    password: str | None,
    stated: str | None,
    contract: Contract,
    reference: Reference,
) -> StagedForm:
    """Reads a workbook as the contract's form, and settles its period. Raises DeliveryRefused."""
    form = read_workbook(path, contract, reference, file_name=file_name, password=password)
    titled = form_period(form.titles, file_name, stated, contract)
    if not form.rows:
        raise refusal("no_rows", contract.terms.responsible, file=file_name)
    period = titled or rows_period(_own_periods(form, contract, reference), file_name, contract)
    reporter = contract.terms.delivery.reporter
    reporters = pc.unique(form.values[reporter]).drop_null().to_pylist() if reporter else []
    check_department(form.titles, file_name, contract, reference, period.end, reporters)
    return StagedForm(form, contract, period, titled is not None)


def _own_periods(form: Form, contract: Contract, reference: Reference) -> list[Period]:
    """The periods or days that the rows of a form state as theirs, each once."""
    column, calendar = contract.column(str(contract.terms.period)), contract.terms.delivery.calendar
    context = Context(reference, None)
    said = (parse(text.strip(), column, context) for text in pc.unique(form.values[column.name]).drop_null().to_pylist())
    return [Period.of(str(own), calendar) for own in said if isinstance(own, str | date)]
