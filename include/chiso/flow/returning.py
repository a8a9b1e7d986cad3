"""Gives a delivery back to who sent it, with what is wrong at each place."""

import csv
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chiso import audit, contracts, publication, quarantine
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.deliveries.register import Landed
from chiso.deliveries.scratch import Scratch
from chiso.findings.issues import shown
from chiso.flow import loading
from chiso.flow.quarantining import require_decision, unmoved
from chiso.province.text import mask_words
from chiso.province.units import load_reference
from chiso.quarantine.returned import Page, mark, write_workbook
from chiso.staging.workbook.cells import a1
from chiso.staging.workbook.originals import Original, read_original
from chiso.system.errors import UsageError
from chiso.system.platform import Platform
from chiso.system.visible import visible
from chiso.validation import Rules

_REASONS_SHEET = "Lý do"


@dataclass(frozen=True)
class Returned:
    """What was written. marked: cells with a comment, or lines of a text export; cases: those that are returned by it."""

    delivery: int
    source: str
    file: Path
    marked: int
    cases: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """As the command prints it."""
        return {"delivery": self.delivery, "source": self.source, "file": str(self.file), "marked": self.marked, "cases": list(self.cases)}


@dataclass(frozen=True)
class _Fault:
    """What refuses a row, or the delivery (then row is None)."""

    sheet: str | None
    cell: str | None
    row: int | None
    row_no: int | None
    column: str | None
    value: str | None
    message: str


def export(platform: Platform, delivery_id: int, out: Path, decided_by: str, why: str) -> Returned:
    """Writes the file that goes back, and notes that the delivery's open cases were returned.

    Of bytes that came or were read several times, what was judged last is told.
    Raises UsageError: no such delivery, nothing in it that must be mended, a format that the name of `out` doesn't fit.
    """
    require_decision(decided_by, why)
    delivery_id = register.judged_as(platform.engine, delivery_id)
    scratch = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        source, marked = write(platform, delivery_id, out, scratch)
        with _deciding(platform, source) as connection:
            cases = _return(connection, delivery_id, decided_by, why)
            scratch.replace(out)
    finally:
        scratch.unlink(missing_ok=True)
    return Returned(delivery_id, source, out, marked, cases)


def write(platform: Platform, delivery_id: int, out: Path, target: Path | None = None) -> tuple[str, int]:
    """Writes the file that goes back of a judged delivery, and notes nothing; its source, and how many places are marked.

    target: where the content goes, if not into `out`, whose name says the format. Raises as `export` does.
    """
    contract, landed, faults = _faults(platform, delivery_id)
    is_workbook = contract.terms.delivery.format == "workbook"
    if out.suffix.lower() != (".xlsx" if is_workbook else ".csv"):
        raise UsageError(f"{out}: what goes back of {contract.source} is an {'.xlsx' if is_workbook else 'export in .csv'}; name it so.")
    return contract.source, (_workbook if is_workbook else _lines)(target or out, landed, contract, faults, platform)


def note(platform: Platform, delivery_id: int, decided_by: str, why: str) -> None:
    """Notes that what `write` wrote went back to the sender."""
    with platform.engine.connect() as connection:
        source: str = connection.execute(sa.text("SELECT source FROM landing.delivery WHERE delivery_id = :id"), {"id": delivery_id}).scalar_one()
    with _deciding(platform, source) as connection:
        _return(connection, delivery_id, decided_by, why)


@contextmanager
def _deciding(platform: Platform, source: str) -> Iterator[sa.Connection]:
    with unmoved(platform, [source]), audit.transaction(platform.engine, platform.settings) as connection:
        yield connection


def _return(connection: sa.Connection, delivery_id: int, decided_by: str, why: str) -> tuple[int, ...]:
    waiting = [case for case in quarantine.cases_of(connection, delivery_id) if case.is_open]
    quarantine.decide(connection, waiting, "returned", decided_by.strip(), why.strip())
    return tuple(case.case_id for case in waiting)


def _faults(platform: Platform, delivery_id: int) -> tuple[Contract, Landed, list[_Fault]]:
    """What the delivery's last verdict rejects and refuses."""
    with platform.engine.connect() as connection:
        verdict = connection.execute(
            sa.text(
                "SELECT d.source, v.verdict_id, v.issues FROM landing.delivery d LEFT JOIN validation.verdict v USING (delivery_id) "
                "WHERE d.delivery_id = :id ORDER BY v.accepted DESC NULLS LAST, v.verdict_id DESC LIMIT 1"
            ),
            {"id": delivery_id},
        ).first()
        if verdict is None:
            raise UsageError(f"There is no delivery {delivery_id}; `chiso deliveries` lists them.")
        rejects = connection.execute(
            sa.text(
                "SELECT sheet, cell, line, row_no, column_name, value, message_vi FROM quarantine.reject WHERE verdict_id = :id ORDER BY reject_id"
            ),
            {"id": verdict.verdict_id},
        ).all()
    whole = [
        _Fault(found["sheet"], found["cell"], found["row"], None, found["column"], found["value"], found["message_vi"])
        for found in verdict.issues or ()
        if found["action"] == "refuse_delivery"
    ]
    faults = [*whole, *(_Fault(*row) for row in rejects)]
    if not faults:
        raise UsageError(f"Nothing of delivery {delivery_id} was rejected, so there is nothing to give back.")
    contract = contracts.load(verdict.source, platform.settings)
    return contract, register.landed(platform.engine, delivery_id, platform.settings), faults


# --- Workbooks ---


def _workbook(target: Path, landed: Landed, contract: Contract, faults: list[_Fault], platform: Platform) -> int:
    reference = load_reference(platform.settings.schemas)
    with landed.raw.plain_path() as path:
        password = loading.workbook_password(contract, platform)
        original = read_original(path, contract, reference, file_name=landed.raw.name, password=password)
        comments = _comments(original, faults)
        if original.package is not None:
            mark(original.package, target, comments)
            original.protect(target)
        else:
            write_workbook(target, _pages(original, landed.raw.name), comments)
    return sum(map(len, comments.values()))


def _comments(original: Original, faults: list[_Fault]) -> Mapping[str, Mapping[str, str]]:
    """Sheet → cell → everything that is said of it, each once."""
    names = {visible(sheet.name): sheet.name for sheet in original.sheets}
    first = next((sheet.name for sheet in original.sheets if not sheet.hidden), next(iter(names.values()), _REASONS_SHEET))
    said: dict[str, dict[str, dict[str, None]]] = {}
    for fault in faults:
        sheet = names.get(fault.sheet or "", first)
        cell = fault.cell or (_label(original, sheet, fault.row) if fault.row and original.sheets else "A1")
        said.setdefault(sheet, {}).setdefault(cell, {})[fault.message] = None
    return {sheet: {cell: "\n".join(texts) for cell, texts in cells.items()} for sheet, cells in said.items()}


def _label(original: Original, sheet: str, row: int) -> str:
    """The cell that names a row: of the form's key, else the first that anything stands in."""
    if sheet in original.labels:
        return f"{original.labels[sheet]}{row}"
    grid = next(each for each in original.sheets if each.name == sheet).load()
    filled = next((place for place in range(len(grid.columns)) if grid.text(row - 1, place) is not None), 0)
    return a1(row - 1, filled)


def _pages(original: Original, file_name: str) -> list[Page]:
    """The sheets of a workbook in another format; of one that can't be read at all a sheet with its name."""
    pages = []
    for sheet in original.sheets:
        grid = sheet.load()
        merges = [(span.top, span.left, span.bottom, span.right) for span in grid.merges]
        pages.append(Page(sheet.name, [grid.row(row) for row in range(grid.height)], sheet.hidden, merges, grid.bold))
    return pages or [Page(_REASONS_SHEET, [[file_name]])]


# --- Text exports ---


def _lines(target: Path, landed: Landed, contract: Contract, faults: list[_Fault], platform: Platform) -> int:
    """The rejected lines with place and reason, and what they say in columns that aren't personal."""
    printed = {column.name: column.printed for column in contract.loaded_columns}
    rows = _rejected_rows(landed, contract, platform) if any(fault.row_no for fault in faults) else {}
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Dòng", "Cột", "Giá trị", "Lý do", *printed.values()])
        for fault in faults:
            column = printed.get(fault.column or "", fault.column)
            texts = rows.get(fault.row_no or 0, [None] * len(printed))
            writer.writerow([publication.cell(value) for value in (fault.row, column, fault.value, fault.message, *texts)])
    return len(faults)


def _rejected_rows(landed: Landed, contract: Contract, platform: Platform) -> dict[int, list[str | None]]:
    """What the rejected rows say, by number: read from the kept bytes once more, masked as findings are."""
    scratch, names = Scratch(contract.scratch_name), contract.loaded_names

    def safe(text: str | None) -> str | None:
        if text is None:
            return None
        return shown(contract.without_addresses(mask_words(text) if contract.holds_personal_data else text))

    def read(connection: sa.Connection) -> Iterator[tuple[int, list[str | None]]]:
        columns = ", ".join(f'coalesce(b.said ->> \'{name}\', s."{name}"::text)' for name in names)
        found = connection.execute(
            sa.text(
                f"SELECT s.row_no, {columns} FROM {scratch.rows} s LEFT JOIN (SELECT row_no, jsonb_object_agg(column_name, value) AS said "
                f"FROM {scratch.broken} WHERE column_name IS NOT NULL GROUP BY row_no) b USING (row_no) WHERE s.row_no IN "
                "(SELECT q.row_no FROM quarantine.reject q JOIN validation.verdict v USING (verdict_id) WHERE v.delivery_id = :delivery)"
            ),
            {"delivery": landed.delivery_id},
        )
        for row in found:
            yield row[0], [safe(text) for text in row[1:]]

    return loading.with_rows(landed, Rules.of(contract, platform.settings), platform, lambda connection: dict(read(connection)))
