"""A workbook as it was sent, to be given back: its sheets, and the package itself where that can be written to."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from msoffcrypto.format.ooxml import OOXMLFile

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

    labels: letters of the column in which the form names its rows, by sheet; where the form could be found. password: which
    opened the package, where one had to.
    """

    package: BinaryIO | None = None
    sheets: list[Sheet] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    password: str | None = None

    def protect(self, path: Path) -> None:
        """Encrypts the file at `path` as the package was, if it was."""
        if self.password is not None:
            plain = io.BytesIO(path.read_bytes())
            with path.open("wb") as out:
                OOXMLFile(plain).encrypt(self.password, out)


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
        return Original(package, sheets, password=container.password)
    label = next((form.letters[name] for name in contract.key if name in form.letters), None)
    return Original(package, sheets, {form.sheet: label} if label else {}, container.password)
