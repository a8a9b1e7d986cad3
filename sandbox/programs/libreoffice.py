"""LibreOffice Calc: .ods."""

import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

from sandbox.programs.page import Cell, Page, Style

_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="{_OASIS}:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIMETYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>
"""
_CONTENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="{_OASIS}:office:1.0" xmlns:style="{_OASIS}:style:1.0" xmlns:table="{_OASIS}:table:1.0" \
xmlns:text="{_OASIS}:text:1.0" xmlns:fo="{_OASIS}:xsl-fo-compatible:1.0" office:version="1.2">
<office:automatic-styles>
{{styles}}
</office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name={{name}}>
{{columns}}
{{rows}}
</table:table></office:spreadsheet></office:body>
</office:document-content>
"""
_GRID = '<style:table-cell-properties fo:border="0.5pt solid #000000" fo:wrap-option="wrap"/>'
_BOLD = ' fo:font-weight="bold"'
_LOOKS: Mapping[Style, tuple[str, str]] = {
    **{"text": ("", ""), "caption": ("", _BOLD), "plain": (_GRID, ""), "bold": (_GRID, _BOLD), "heading": (_GRID, _BOLD)},
    "number": (_GRID, ' fo:font-style="italic"'),
}
"""What each style says of the cell and of its letters."""
_CM_PER_LETTER = 0.2


def write(page: Page) -> bytes:
    """The workbook; the same page gives the same bytes."""
    content = _CONTENT.format(
        styles="\n".join(_styles(page)),
        name=quoteattr(page.name),
        columns="".join(f'<table:table-column table:style-name="co{place}"/>' for place in range(len(page.widths))),
        rows="\n".join(_rows(page)),
    )
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        # The kind of the file stands first and bare, so that programs see it without unpacking.
        for name, text in (("mimetype", _MIMETYPE), ("content.xml", content), ("META-INF/manifest.xml", _MANIFEST)):
            entry = zipfile.ZipInfo(name, page.sent.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            package.writestr(entry, text)
    return made.getvalue()


def _styles(page: Page) -> Iterator[str]:
    for name, (cell, letters) in _LOOKS.items():
        font = f"fo:font-family={quoteattr(page.font)} fo:font-size=\"{page.size}pt\"{letters}"
        yield f'<style:style style:name="{name}" style:family="table-cell">{cell}<style:text-properties {font}/></style:style>'
    for place, width in enumerate(page.widths):
        column = f'<style:table-column-properties style:column-width="{width * _CM_PER_LETTER:.2f}cm"/>'
        yield f'<style:style style:name="co{place}" style:family="table-column">{column}</style:style>'


def _rows(page: Page) -> Iterator[str]:
    """Every row up to the last with text; each has all columns."""
    cells = {(cell.row, cell.column): cell for cell in page.cells}
    covered = {
        (row, column)
        for cell in page.cells
        for row in range(cell.row, cell.bottom + 1)
        for column in range(cell.column, cell.right + 1)
    } - set(cells)
    for row in range(max(cell.row for cell in page.cells) + 1):
        look = ' table:visibility="filter"' if row in page.hidden_rows else ""
        places = [(row, column) for column in range(len(page.widths))]
        line = ["<table:covered-table-cell/>" if place in covered else _cell(cells.get(place)) for place in places]
        yield f"<table:table-row{look}>{''.join(line)}</table:table-row>"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "<table:table-cell/>"
    look = f' table:style-name="{cell.style}"'
    if cell.is_merged:
        look += f' table:number-rows-spanned="{cell.bottom - cell.row + 1}"'
        look += f' table:number-columns-spanned="{cell.right - cell.column + 1}"'
    if cell.value is None:
        return f"<table:table-cell{look}/>"
    if isinstance(cell.value, str):
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in cell.value.split("\n"))
        return f'<table:table-cell{look} office:value-type="string">{lines}</table:table-cell>'
    figure = f'office:value-type="float" office:value="{cell.value}"'
    return f"<table:table-cell{look} {figure}><text:p>{cell.value}</text:p></table:table-cell>"
