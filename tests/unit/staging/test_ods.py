"""OpenDocument sheets: what stands in a cell, what is repeated, what is hidden."""

import io
import zipfile
from xml.sax.saxutils import escape

import pytest
from chiso.staging.workbook import Form

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import read, refused, rules

NAMES = ["Phường Quang Trung", "Xã Đắk Cấm", "Xã Kroong"]
SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in [
        *((name, name) for name in ("office", "style", "table", "text")),
        ("fo", "xsl-fo-compatible"),
        ("svg", "svg-compatible"),
        ("number", "datastyle"),
    ]
) + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
STYLES = """
<style:font-face style:name="F1" svg:font-family="'.VnTime'"/>
<style:style style:name="sup" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="low" style:family="text"><style:text-properties style:text-position="-33% 58%"/></style:style>
<style:style style:name="level" style:family="text"><style:text-properties style:text-position="0% 100%"/></style:style>
<style:style style:name="del" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="gone" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="P1" style:family="paragraph"><style:text-properties style:text-line-through-type="single"/></style:style>
<style:style style:name="struck" style:family="table-cell"><style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="old" style:family="table-cell" style:parent-style-name="older"/>
<style:style style:name="older" style:family="table-cell"><style:text-properties style:font-name="F1"/></style:style>
<number:number-style style:name="N1"><number:number number:display-factor="1000"/></number:number-style>
<number:number-style style:name="N2"><number:number/><number:text> tỷ</number:text></number:number-style>
<number:number-style style:name="N3"><number:number/><style:map style:apply-style-name="N2"/></number:number-style>
<style:style style:name="billions" style:family="table-cell" style:data-style-name="N2"/>
<style:style style:name="either" style:family="table-cell" style:data-style-name="N3"/>
<style:style style:name="thousands" style:family="table-cell" style:data-style-name="N1"/>
<style:style style:name="sup" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>
"""


def ods(rows: str, *, columns: str = "", styles: str = STYLES) -> bytes:
    """A file with one sheet of those rows, below the titles and the header of the telecom form."""
    above = "".join(row(*map(text, cells)) for cells in [*wb.TITLES, wb.HEADER])
    content = (
        f"<office:document-content {SPACES}><office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f'<office:spreadsheet><table:table table:name="B1">{columns}{above}{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", "<manifest/>")
        package.writestr("content.xml", content)
    return stream.getvalue()


def row(*cells: str, how: str = "") -> str:
    return f"<table:table-row {how}>{''.join(cells)}</table:table-row>"


def text(value: object) -> str:
    return cell(f"<text:p>{escape(str(value))}</text:p>" if value is not None else "")


def cell(content: str = "", **attributes: str) -> str:
    given = " ".join(f'{name.replace("__", ":").replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f"<table:table-cell {given}>{content}</table:table-cell>"


def number(value: str, shown: str | None = None, **attributes: str) -> str:
    return cell(f"<text:p>{shown or value}</text:p>", office__value_type="float", office__value=value, **attributes)


def commune(index: int, households: str = number("910"), how: str = "") -> str:
    rest = map(text, (50, 7, 6, "1.200", "800", "x", "-", None))
    return row(number(str(index + 1)), text(NAMES[index]), households, *rest, how=how)


def form(content: bytes) -> Form:
    return read(content, name="vien_thong.ods")


def households(value: str, columns: str = "") -> tuple[str | None, list[str]]:
    found = form(ods(commune(0) + commune(1, value) + commune(2), columns=columns))
    assert found.rows == [6, 7, 8]
    return found.values["households"][1], rules(found)


def p(content: str) -> str:
    return cell(f"<text:p>{content}</text:p>", office__value_type="string")


def span(content: str, style: str) -> str:
    return f'<text:span text:style-name="{style}">{content}</text:span>'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (p("910" + span("1", "sup")), ("910", [])),
        (p("910" + span("(1)", "low")), ("910", [])),
        (p("9" + span("10", "level")), ("910", [])),
        (p(span("810 ", "del") + "910"), ("910", [])),
        (p(span("8" + span("10", "level"), "del") + "910"), ("910", [])),
        (p("910" + span("5", "gone")), ("910", [])),
        (p("910<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>x</text:p></text:note-body></text:note>"),
         ("910", [])),
        (p("910<office:annotation><text:p>5</text:p></office:annotation>"), ("910", [])),
        (p("<text:ruby><text:ruby-base>910</text:ruby-base><text:ruby-text>5</text:ruby-text></text:ruby>"), ("910", [])),
        (p("9<!-- 5 -->10"), ("910", [])),
        (p("9" + span("1", "del") + "60"), ("9160", ["cell_in_pieces"])),
        (p(span("910", "del")), ("910", ["cell_struck"])),
        (cell('<text:p text:style-name="P1">810</text:p><text:p>910</text:p>'), ("910", [])),
        (number("910", table__style_name="struck"), ("910", ["cell_struck"])),
        (cell("<text:p>910</text:p>", table__style_name="struck"), ("910", ["cell_struck"])),
        (cell(office__value_type="string", office__string_value="910"), ("910", [])),
        (cell("<text:p>910</text:p>", office__value_type="string", office__string_value="910"), ("910", [])),
        (cell(f"<text:p>910{span('1', 'sup')}</text:p>", office__value_type="string", office__string_value="9101"), ("910", [])),
        (cell("<text:p>910</text:p>", office__value_type="string", office__string_value="911"), ("910", ["cell_unclear"])),
        (number("910", "9,1E+02"), ("910", [])),
        (number("910000", "910", table__style_name="thousands"), ("910000", ["cell_scaled"])),
        (number("12.5", "12,5 tỷ", table__style_name="billions"), ("12,5 tỷ", [])),
        (number("12.5", "12,5", table__style_name="either"), ("12,5", ["cell_unclear"])),
        (number("0", "#DIV/0!"), ("#DIV/0!", [])),
        (number("0", "Err:502"), ("Err:502", [])),
        (cell("<text:p>x</text:p>", office__value_type="string", office__string_value="", calcext__value_type="error"), ("x", [])),
        (cell("<text:p>910</text:p>", office__value_type="float"), ("910", ["cell_unclear"])),
        (number("9l0"), ("9l0", ["cell_unclear"])),
        (number("NaN", "910"), ("910", ["cell_unclear"])),
        (number("1e999"), ("#NUM!", [])),
        (cell(office__value_type="float"), (None, ["cell_unclear"])),
        (cell("<text:p>1/6</text:p>", office__value_type="date", office__date_value="2024-06-01"), ("01/06/2024", [])),
        (cell("<text:p>1/6</text:p>", office__value_type="date", office__date_value="2024-06-31"), ("1/6", ["cell_out_of_time"])),
        (cell("<text:p>1/6</text:p>", office__value_type="date", office__date_value="2024-06-01T17:00:00Z"),
         ("1/6", ["cell_out_of_time"])),
        (cell("<text:p>x</text:p>", office__value_type="boolean", office__boolean_value="2"), ("x", ["cell_unclear"])),
        (cell(table__formula="of:=[.D7]"), (None, ["formula_uncached"])),
    ],
)  # fmt: skip
def test_what_stands_in_a_cell(value, expected):
    assert households(value) == expected


def test_cells_without_a_style_look_like_their_row_or_column():
    struck = '<table:table-column table:number-columns-repeated="2"/><table:table-column table:default-cell-style-name="struck"/>'
    assert households(number("910"), struck)[1] == ["cell_struck"] * 3
    legacy = row(number("1"), text("X· Kroong"), *map(text, wb.figures()), how='table:default-cell-style-name="old"')
    assert form(ods(legacy)).values["commune"] == ["Xã Kroong"]


# Repetition


def test_repeated_rows_and_cells_are_read():
    five = cell("<text:p>5</text:p>", table__number_columns_repeated="4")
    rows = commune(0) + row(how='table:number-rows-repeated="3"') + row(number("2"), text(NAMES[1]), number("910"), five)
    found = form(ods(rows + commune(2, how='table:number-rows-repeated="2"')))
    assert found.rows == [6, 10, 11, 12]
    assert [found.values[name][1] for name in ("households_fibre", "adults", "adults_mobile_broadband")] == ["5", "5", None]


@pytest.mark.parametrize("count", ["0", "-5", "x", "²", "9" * 30])
def test_a_count_that_is_none_refuses_the_file(count):
    finding = refused(ods(commune(0, how=f'table:number-rows-repeated="{count}"')), name="vien_thong.ods")
    assert (finding.rule, finding.sheet) == ("file_damaged", "B1")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "rows",
    [
        commune(0, how='table:number-rows-repeated="10000"') * 300,
        commune(0, how='table:number-rows-repeated="1000000"'),
        row(cell("<text:p>5</text:p>", table__number_columns_repeated="16384"), how='table:number-rows-repeated="5000"'),
        commune(0) + row(cell("<text:p>5</text:p>", table__number_columns_repeated="250")) * 5000,
    ],
)
def test_small_files_that_expand_are_refused(rows):
    assert refused(ods(rows), name="vien_thong.ods").rule == "sheet_expands"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "rows",
    [
        commune(0) + row(how='table:number-rows-repeated="1048000"'),
        commune(0) + row(how='table:number-rows-repeated="1048000"') + row(text("(*) Ghi chú")),
        commune(0) + row(cell(table__number_columns_repeated="16384")) * 3000,
    ],
)
def test_blank_rows_say_nothing(rows):
    assert form(ods(rows)).rows == [6]


def test_merges_that_overlap_are_reported():
    rows = commune(0, cell("<text:p>910</text:p>", table__number_rows_spanned="65000")) + commune(1) + commune(2)
    tall = cell("<text:p>x</text:p>", table__number_rows_spanned="65000", table__number_columns_spanned="9")
    found = form(ods(rows.replace(text(None), tall) + row(tall) * 3000))
    assert found.values["households"] == ["910"] * 3
    assert "merge_odd" in rules(found)


# What is hidden


def test_hidden_rows_and_columns_are_reported():
    columns = '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
    group = f'<table:table-row-group table:display="false">{commune(1)}</table:table-row-group>'
    found = form(ods(commune(0) + group + commune(2, how='table:visibility="filter"'), columns=columns))
    assert {(finding.rule, finding.row, finding.cell) for finding in found.findings} == {
        ("hidden_row", 7, None),
        ("hidden_row", 8, None),
        ("hidden_column", None, "C5"),
    }
