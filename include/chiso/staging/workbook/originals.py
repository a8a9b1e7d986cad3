"""A workbook as it was sent, to be given back: its sheets, and the package itself where that can be written to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from chiso.contracts import Contract
from chiso.findings.issues import DeliveryRefused
from chiso.province.units import Reference
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.form.reading import open_sheets, read_workbook
from chiso.staging.workbook.grids import Sheet
from chiso.staging.workbook.opening.container import open_container


@dataclass(frozen=True)
class Original:
    """package: of an .xlsx, opened where it was protected; None of other formats. sheets: none where nothing can be read.

    labels: letters of the column in which the form names its rows, by sheet; where the form could be found.
    """

    package: BinaryIO | None = None
    sheets: list[Sheet] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


def read_original(path: Path, contract: Contract, reference: Reference, *, file_name: str, password: str | None) -> Original:
    """Whatever of the file can be read. Never refuses one."""
    findings = Findings(file_name, contract.terms.responsible, contract.source)
    try:
        container = open_container(path, password, findings)
        sheets = open_sheets(path, password, findings)
        for sheet in sheets:
            sheet.load()
    except DeliveryRefused:
        return Original()
    package = container.stream if container.kind == "xlsx" else None
    try:
        form = read_workbook(path, contract, reference, file_name=file_name, password=password)
    except DeliveryRefused:
        return Original(package, sheets)
    label = next((form.letters[name] for name in contract.key if name in form.letters), None)
    return Original(package, sheets, {form.sheet: label} if label else {})
