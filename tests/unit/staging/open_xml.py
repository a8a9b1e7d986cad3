"""Builds .xlsx packages from their XML, for what no library would write."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

from tests.unit.staging import workbooks as wb

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def text(address: str, value: str, told: str = "") -> str:
    """A cell with its text in place."""
    return f'<c r="{address}"{told} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def number(address: str, value: object, told: str = "") -> str:
    return f'<c r="{address}"{told}><v>{value}</v></c>'


def row(line: int, *cells: str, told: str = "") -> str:
    return f'<row r="{line}"{told}>{"".join(cells)}</row>'


def sheet(*rows: str, after: str = "") -> str:
    return f'<worksheet xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'


def strings(*items: str) -> str:
    """Shared strings; each item is what stands within `si`."""
    return f'<sst xmlns="{_MAIN}">{"".join(f"<si>{item}</si>" for item in items)}</sst>'


def styles(*looks: str, fonts: str = "<font/>", formats: str = "") -> str:
    """looks: attributes of each `xf` after the plain one."""
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts>{formats}</numFmts><fonts>{fonts}</fonts>'
        f'<cellXfs><xf/>{"".join(f"<xf {look}/>" for look in looks)}</cellXfs></styleSheet>'
    )


def parts(*sheets: str, shared: str = "", looks: str = "", told: str = "") -> dict[str, str]:
    """A package's parts by path. told: what the workbook says before its sheets."""
    numbers = range(1, len(sheets) + 1)
    kinds = {f"s{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in numbers}
    kinds |= {"t": ("sharedStrings", "sharedStrings.xml")} if shared else {}
    kinds |= {"l": ("styles", "styles.xml")} if looks else {}
    relations = "".join(
        f'<Relationship Id="{name}" Type="{_RELATED}/{kind}" Target="{target}"/>' for name, (kind, target) in kinds.items()
    )
    names = "".join(f'<sheet name="Biểu {n}" sheetId="{n}" r:id="s{n}"/>' for n in numbers)
    found = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" '
        f'ContentType="{_TYPE}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="b" '
        f'Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}">{told}<sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        "xl/sharedStrings.xml": shared,
        "xl/styles.xml": looks,
    }
    return {path: content for path, content in found.items() if content} | {
        f"xl/worksheets/sheet{n}.xml": content for n, content in zip(numbers, sheets, strict=True)
    }


def zipped(content: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, part in content.items():
            package.writestr(path, part)
    return out.getvalue()


def package(*sheets: str, **given: str) -> bytes:
    return zipped(parts(*sheets, **given))


# The telecom form

COLUMNS = "ABCDEFGHIJK"
FIRST_LINE = wb.FIRST_ROW + 1
FIGURES = ["100", "50", "7", "6", "1200", "800", "1", "0"]


def above() -> list[str]:
    """Rows over the data: titles, header, numbering."""
    return [
        row(line, *(text(f"{column}{line}", str(value)) for column, value in zip(COLUMNS, cells, strict=False) if value))
        for line, cells in enumerate(wb.telecom(), start=1)
    ]


def commune(line: int, name: str, *figures: str, order: str = "ABCDEFGHIJ") -> str:
    """A data row; `figures` are whole cells or values, from column C on."""
    values = [*figures, *FIGURES[len(figures) :]]
    values[6] = "x" if values[6] == "1" else values[6]
    cells = {"A": number(f"A{line}", line - FIRST_LINE + 1), "B": text(f"B{line}", name)}
    for column, value in zip("CDEFGHIJ", values, strict=True):
        is_text = not value.replace(".", "").isdigit()
        cells[column] = value if value.startswith("<") else (text if is_text else number)(f"{column}{line}", value)
    return row(line, *(cells[column] for column in order if cells[column] != "<"))


NAMES = ["Phường Quang Trung", "Xã Đắk Cấm", "Xã Kroong"]


def form(*first: str, **given: str) -> bytes:
    """The form with three communes, of which the first has these figures (cells or values)."""
    lines = [commune(FIRST_LINE, NAMES[0], *first), *(commune(FIRST_LINE + at, NAMES[at]) for at in (1, 2))]
    return package(sheet(*above(), *lines), **given)
