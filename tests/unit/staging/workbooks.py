"""Builds spreadsheet files for tests, with other libraries than the ones that read them."""

import html
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from chiso import contracts
from chiso.contracts import Column, Contract
from chiso.contracts.columns import ColumnTerms
from chiso.contracts.terms import Terms
from chiso.findings.issues import DeliveryRefused, Issue
from chiso.province.units import load_reference
from chiso.staging.workbook import Form, read_workbook
from chiso.system import settings
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties, TextProperties
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

Cell = object
Area = tuple[int, int, int, int]
"""Top, left, bottom, right; counted from 0, all inside."""


@dataclass
class Page:
    """A sheet to build. Cells are texts, numbers, `None`; `("=…", value)` is a formula with its stored value."""

    rows: Sequence[Sequence[Cell]]
    name: str = "Biểu 1"
    merges: Sequence[Area] = ()
    bold: set[int] = field(default_factory=set)
    """Rows in bold."""
    hidden_rows: set[int] = field(default_factory=set)
    hidden: bool = False
    fonts: dict[int, str] = field(default_factory=dict)
    """Row → font of all its cells."""
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    """Cell → number format."""
    before: str = ""
    """HTML before the table."""


def xlsx(*pages: Page) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2024, 1, 1, tzinfo=UTC)})  # the same cells are the same bytes
    for page in pages:
        sheet = book.add_worksheet(page.name)
        for top, left, bottom, right in page.merges:
            sheet.merge_range(top, left, bottom, right, "")
        for row, cells in enumerate(page.rows):
            for column, value in enumerate(cells):
                look = book.add_format(
                    {
                        "bold": row in page.bold,
                        "font_name": page.fonts.get(row, "Arial"),
                        "num_format": page.formats.get((row, column), "General"),
                    }
                )
                if isinstance(value, tuple):
                    sheet.write_formula(row, column, value[0], look, value[1])
                elif value is not None:
                    sheet.write(row, column, value, look)
        for row in page.hidden_rows:
            sheet.set_row(row, options={"hidden": True})
        if page.hidden:
            sheet.hide()
    if all(page.hidden for page in pages):
        book.add_worksheet("Trống").activate()
    book.close()
    return stream.getvalue()


def xls(*pages: Page) -> bytes:
    book = xlwt.Workbook(style_compression=2)
    for page in pages:
        sheet = book.add_sheet(page.name, cell_overwrite_ok=True)
        sheet.visibility = int(page.hidden)
        for row, cells in enumerate(page.rows):
            for column, value in enumerate(cells):
                style = xlwt.XFStyle()
                style.font.bold = row in page.bold
                style.font.name = page.fonts.get(row, "Arial")
                style.num_format_str = page.formats.get((row, column), "General")
                if value is not None:
                    sheet.write(row, column, value, style)
        for top, left, bottom, right in page.merges:
            text = page.rows[top][left]
            sheet.merge(top, bottom, left, right)
            sheet.write(top, left, text)
        for row in page.hidden_rows:
            sheet.row(row).hidden = True
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def ods(*pages: Page) -> bytes:
    document = OpenDocumentSpreadsheet()
    bold = Style(name="bold", family="table-cell")
    bold.addElement(TextProperties(fontweight="bold"))
    hidden = Style(name="hidden", family="table")
    hidden.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(bold)
    document.automaticstyles.addElement(hidden)
    for page in pages:
        table = Table(name=page.name, **({"stylename": hidden} if page.hidden else {}))
        for row, cells in enumerate(page.rows):
            line = TableRow(**({"visibility": "collapse"} if row in page.hidden_rows else {}))
            for column, value in enumerate(cells):
                line.addElement(_ods_cell(page, row, column, value, bold))
            line.addElement(TableCell(numbercolumnsrepeated="16000"))
            table.addElement(line)
        blank = TableRow(numberrowsrepeated="1048000")
        blank.addElement(TableCell(numbercolumnsrepeated="16384"))
        table.addElement(blank)
        document.spreadsheet.addElement(table)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _ods_cell(page: Page, row: int, column: int, value: Cell, bold: Style) -> Any:
    options: dict[str, Any] = {"stylename": bold} if row in page.bold else {}
    for top, left, bottom, right in page.merges:
        if (row, column) == (top, left):
            options |= {"numberrowsspanned": bottom - top + 1, "numbercolumnsspanned": right - left + 1}
        elif top <= row <= bottom and left <= column <= right:
            return CoveredTableCell()
    if isinstance(value, int | float):
        kind = "percentage" if "%" in page.formats.get((row, column), "") else "float"
        return TableCell(valuetype=kind, value=value, **options)
    cell = TableCell(**options)
    for line in str(value).split("\n") if value is not None else []:
        cell.addElement(P(text=line))
    return cell


def html_table(page: Page, encoding: str = "utf-8") -> bytes:
    lines = [
        f"<html><head><meta http-equiv=Content-Type content='text/html; charset={encoding}'>"
        f"<title>x</title><style>td {{color:red}}</style></head><body>{page.before}<table border=1>"
    ]
    for row, cells in enumerate(page.rows):
        hidden = " style='display: none'" if row in page.hidden_rows else ""
        lines.append(
            f"<tr{hidden}>"
            + "".join(_html_cell(page, row, column, value) for column, value in enumerate(cells))
            + "</tr>"
        )
    return "\n".join([*lines, "</table></body></html>"]).encode(encoding)


def _html_cell(page: Page, row: int, column: int, value: Cell) -> str:
    spans = ""
    for top, left, bottom, right in page.merges:
        if (row, column) == (top, left):
            spans = f" rowspan={bottom - top + 1} colspan={right - left + 1}"
        elif top <= row <= bottom and left <= column <= right:
            return ""
    text = "&nbsp;" if value is None else html.escape(str(value)).replace("\n", "<br>")
    text = f"<font face='{page.fonts[row]}'>{text}</font>" if row in page.fonts else text
    return f"<td{spans}><b>{text}</b></td>" if row in page.bold else f"<td{spans}>{text}</td>"


# The telecom form, small

TITLES: list[list[Cell]] = [
    ["SỞ THÔNG TIN VÀ TRUYỀN THÔNG"],
    ["BÁO CÁO HẠ TẦNG VIỄN THÔNG"],
    ["Kỳ báo cáo: Quý III/2022"],
    [],
]
HEADER: list[Cell] = [
    "STT",
    "Đơn vị",
    "Số hộ",
    "Hộ có\ncáp quang",
    "Thôn",
    "Thôn phủ 4G",
    "Người trưởng thành",
    "Người dùng băng rộng\ndi động",
    "Trung tâm xã có cáp quang (x)",
    "Vùng lõm sóng",
    "Ghi chú",
]
NUMBERING: list[Cell] = [f"({number})" for number in range(1, 12)]


def figures(households: Cell = 100) -> list[Cell]:
    """Nine figures of a row, the first as given."""
    return [households, 50, 7, 6, "1.200", "800", "x", "-", None]


def communes(*names: str, start: int = 1) -> list[list[Cell]]:
    return [[number, name, *figures()] for number, name in enumerate(names, start)]


def telecom(*rows: Sequence[Cell]) -> list[Sequence[Cell]]:
    """Titles, header, numbering row, then `rows`."""
    return [*TITLES, HEADER, NUMBERING, *rows]


FIRST_ROW = len(TITLES) + 2
"""Index of the first row below the numbering row."""


# The one-stop form, small

ONE_STOP_HEADER: list[list[Cell]] = [
    [
        "STT",
        "Lĩnh vực, đơn vị",
        "Số hồ sơ tiếp nhận",
        None,
        None,
        None,
        "Số hồ sơ đã giải quyết",
        None,
        None,
        None,
        "Số hồ sơ đang giải quyết",
        None,
        None,
    ],
    [
        None,
        None,
        "Tổng số",
        "Trong kỳ",
        None,
        "Từ kỳ trước",
        "Tổng số",
        "Trước hạn",
        "Đúng hạn",
        "Quá hạn",
        "Tổng số",
        "Trong hạn",
        "Quá hạn",
    ],
    [None, None, None, "Trực tuyến", "Trực tiếp, bưu chính"],
]
ONE_STOP_MERGES: list[Area] = [
    (0, 2, 0, 5),
    (0, 6, 0, 9),
    (0, 10, 0, 12),
    (1, 3, 1, 4),
    (0, 0, 2, 0),
    (0, 1, 2, 1),
    *((1, column, 2, column) for column in (2, 5, 6, 7, 8, 9, 10, 11, 12)),
]
ONE_STOP_FIGURES: list[Cell] = [10, 5, 3, 2, 8, 4, 3, 1, 2, 1, 1]


# Reading

SETTINGS = settings.load({})
REFERENCE = load_reference(SETTINGS.schemas)
TELECOM = contracts.load("departments/telecom", SETTINGS)
ONE_STOP = contracts.load("departments/one_stop_results", SETTINGS)
EXAMPLES = Path(__file__).parent / "workbook_examples"


def column(name: str, printed: str, reading: str = "text", **said: Any) -> Column:
    """A column; `said` are its own words and those of `ColumnTerms`."""
    own = {word: said.pop(word) for word in ("required", "key", "enum", "header") if word in said}
    terms = ColumnTerms(reading=reading, **said)
    return Column(name=name, printed=printed, reading=reading, terms=terms, **{"header": [[printed]], "required": False} | own)


def contract(*columns: Column, label: str, **said: Any) -> Contract:
    """A form's contract; `said` are words of its terms, of its sheet (`subtotals`, `totals`) and its delivery."""
    sheet = {word: said.pop(word) for word in ("subtotals", "totals") if word in said}
    delivery = {word: said.pop(word) for word in ("replaces", "reporter") if word in said}
    terms = {
        "owner": "000.00.11.H34",
        "transport": {"kind": "drop_folder", "endpoint": "departments", "file_names": ["bieu*"]},
        "delivery": {"cadence": "quarter", "format": "workbook", **delivery},
        "sheet": {"label": label, **sheet},
        "figures": {"kind": "stock"},
        **said,
    }
    return Contract(
        source="departments/form", version="1.0.0", title_vi="Biểu thử", description="A form made up for tests.",
        columns=list(columns), terms=Terms.model_validate(terms), path=Path("form.yml"),
    )


def read(
    content: bytes, contract: Contract = TELECOM, name: str = "vien_thong.xlsx", password: str | None = None
) -> Form:
    """The form in a file of that content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "delivery"
        path.write_bytes(content)
        return in_lists(read_workbook(path, contract, REFERENCE, file_name=name, password=password))


def in_lists(form: Form) -> Form:
    """The form with its values as lists, to be compared."""
    return replace(form, values={name: texts.to_pylist() for name, texts in form.values.items()})


def refused(
    content: bytes, contract: Contract = TELECOM, name: str = "vien_thong.xlsx", password: str | None = None
) -> Issue:
    """The finding that refuses a file of that content."""
    with pytest.raises(DeliveryRefused) as verdict:
        read(content, contract, name, password)
    finding = verdict.value.finding
    assert isinstance(finding, Issue)
    assert (finding.severity, finding.action) == ("critical", "refuse_delivery")
    assert finding.responsible == contract.terms.responsible
    assert name in finding.message_vi
    assert name in finding.message_en
    return finding


def rules(form: Form) -> list[str]:
    return [finding.rule for finding in form.findings]


def read_example(name: str, contract: Contract) -> Form:
    return in_lists(read_workbook(EXAMPLES / name, contract, REFERENCE, file_name=name, password=None))


def read_path(path: Path, password: str | None = None) -> Form:
    return in_lists(read_workbook(path, TELECOM, REFERENCE, file_name=path.name, password=password))
