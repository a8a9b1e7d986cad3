"""A department's form, ready to be cast: the workbook's rows and totals, its period, and proposals for typing errors."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from chiso import numbers
from chiso.contracts import Contract
from chiso.issues import Issue
from chiso.periods import Period
from chiso.reference import Reference
from chiso.staging.batch import Broken, RawBatch
from chiso.staging.reporting import check_department, form_period
from chiso.staging.workbook import Form, TotalRow, read_workbook


@dataclass(frozen=True)
class StagedForm:
    """A form as delivered, with the period that its titles state."""

    form: Form
    contract: Contract
    period: Period

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

    @property
    def batch(self) -> RawBatch:
        """Data rows; a cell that the reader itself rejects is broken and stands as blank."""
        broken = [
            Broken(found.row, found.column, found.rule, found.value)
            for found in self.form.findings
            if found.action == "reject_row" and found.row
        ]
        spoilt = {(entry.row, entry.column) for entry in broken}
        values = {
            name: [None if (row, name) in spoilt else text for row, text in zip(self.form.rows, cells, strict=True)]
            if spoilt
            else cells
            for name, cells in self.form.values.items()
        }
        columns = {
            column.name: pa.array(values.get(column.name) or [None] * len(self.form.rows), pa.string())
            for column in self.contract.loaded_columns
        }
        within = pa.array(self.form.within, pa.string()) if any(self.form.within) else None
        return RawBatch(pa.array(self.form.rows, pa.int64()), columns, within, broken=broken)

    def with_proposals(self, table: pa.Table, broken: list[Broken]) -> list[Broken]:
        """Adds to a malformed count the one reading that makes a printed total hold, where there is exactly one."""
        return [self._proposed(entry, table, broken) if entry.details.get("readings") else entry for entry in broken]

    def _proposed(self, entry: Broken, table: pa.Table, broken: list[Broken]) -> Broken:
        meant = {number for total in self._totals_over(entry) for number in self._missing(total, entry, table, broken)}
        readings = numbers.readings(entry.value or "")
        details: dict[str, object] = {"proposal": meant.pop()} if len(meant) == 1 and meant <= set(readings) else {}
        return replace(entry, details=details)

    def _totals_over(self, entry: Broken) -> Iterator[TotalRow]:
        index = self.form.rows.index(entry.row)
        return (total for total in self.form.totals if index in total.covers)

    def _missing(self, total: TotalRow, entry: Broken, table: pa.Table, broken: list[Broken]) -> Iterator[int]:
        """What the cell must be for the total to hold; nothing where another cell under it can't be read either."""
        assert entry.column is not None  # noqa: S101 - a cell's finding names its column
        printed = _printed(total.values.get(entry.column))
        covered = {self.form.rows[index] for index in total.covers}
        others = [
            other
            for other in broken
            if other.row in covered and other.column in (entry.column, None) and other != entry
        ]
        if printed is not None and not others:
            summed = pc.sum(table.column(entry.column).take(pa.array(total.covers, pa.int64()))).as_py() or 0
            yield printed - summed

    def load_totals(self, connection: sa.Connection, name: str) -> None:
        """Loads printed totals of the contract's `totals.columns`, one row a cell; unreadable ones are left out."""
        terms = self.contract.terms.sheet
        cells = [
            {
                "row_no": total.row,
                "column_name": column,
                "cell": f"{self.letters[column]}{total.row}",
                "label": total.label,
                "printed": printed,
                "covered": [self.form.rows[index] for index in total.covers],
            }
            for total in self.form.totals
            for column in (terms.totals.columns if terms and terms.totals else [])
            if total.covers and column in self.letters and (printed := _printed(total.values.get(column))) is not None
        ]
        if cells:
            connection.execute(
                sa.text(
                    f"INSERT INTO staging.{name}_total VALUES "
                    "(:row_no, :column_name, :cell, :label, :printed, :covered)"
                ),
                cells,
            )


def _printed(text: str | None) -> int | None:
    if text is None:
        return None
    count = numbers.parse_count(text)
    return None if isinstance(count, numbers.Malformed) else count


def read_form(
    path: Path, file_name: str, password: str | None, stated: str | None, contract: Contract, reference: Reference
) -> StagedForm:
    """Reads a workbook as the contract's form. Raises DeliveryRefused."""
    form = read_workbook(path, contract, reference, file_name=file_name, password=password)
    period = form_period(form.titles, file_name, stated, contract)
    check_department(form.titles, file_name, contract, reference, period)
    return StagedForm(form, contract, period)
