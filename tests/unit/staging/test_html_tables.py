"""Web pages saved as .xls: what a person reads in them is what counts, and nothing is lost."""

from contextlib import suppress

import pytest
from chiso.findings.issues import DeliveryRefused
from chiso.staging.workbook import Form

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import read, refused, rules

NAMES = ["Phường Quang Trung", "Xã Đắk Cấm", "Xã Kroong"]


def page(*rows: str, head: str = "", before: str = "", after: str = "", table: str = "<table border=1>") -> bytes:
    """The telecom form as a page; rows of cells as they are written."""
    header = "".join(f"<td>{text}</td>" for text in wb.HEADER)
    lines = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f"<html><head><meta charset=utf-8>{head}</head><body>{before}<p>Kỳ báo cáo: Quý III/2022</p>"
        f"{table}<tr>{header}</tr>\n{lines}</table>{after}</body></html>"
    ).encode()


def row(number: int, households: str = "<td>910</td>", name: str = "") -> str:
    """A row with the cell of its households as it is written."""
    name = name or f"<td>{NAMES[(number - 1) % 3]}</td>"
    return f"<td>{number}</td>{name}{households}<td>50</td><td>7</td><td>6</td><td>1.200</td><td>800</td><td>x</td><td>-</td><td></td>"


def form(content: bytes) -> Form:
    return read(content, name="vien_thong.xls")


def households(cell: str, head: str = "") -> tuple[str | None, list[str]]:
    """What is read in one cell, and the rules of the findings."""
    found = form(page(row(1), row(2, cell), row(3), head=head))
    assert found.rows == [2, 3, 4]
    assert found.values["households_fibre"] == ["50"] * 3
    return found.values["households"][1], rules(found)


@pytest.mark.parametrize(
    "cell",
    [
        "<td>910<sup>1</sup></td>",
        "<td>910<sub>(1)</sub></td>",
        "<td><sup>*</sup>910</td>",
        "<td>910<span style='vertical-align: super'>1</span></td>",
        "<td><del>810</del>910</td>",
        "<td><s>810</s> <b>910</b></td>",
        "<td><strike>810</strike><br>910</td>",
        "<td><span style='text-decoration:line-through'>810</span>910</td>",
        "<td><span style='TEXT-DECORATION: underline line-through'>8<b>1</b>0</span>910</td>",
        "<td>910<span style='display:none'>5</span></td>",
        "<td>910<span style='display: none !important'>5</span></td>",
        "<td>910<span style='visibility:hidden'>5</span></td>",
        "<td>910<span style='mso-hide:all'>5</span></td>",
        "<td>910<span hidden>5</span></td>",
        "<td>910<font style='font-size:0'>5</font></td>",
        "<td style='visibility:hidden'>5<span style='visibility:visible'>910</span></td>",
        "<td>9<!-- 5 -->1<script>document.write(5)</script>0<style>b {color: red}</style></td>",
        "<td><select><option>950</option><option selected>910</option></select></td>",
        "<td><select><option>910<option>950</select></td>",
        "<td><select multiple><option>950<option selected>910</select></td>",
        "<td><input value='910'></td>",
        "<td><input type=hidden value=5><input type=text value=910><button>Sửa</button><input type=submit value=5></td>",
        "<td><textarea>\n910</textarea></td>",
        "<td><ruby>910<rp>(</rp><rt>5</rt><rp>)</rp></ruby></td>",
        "<td><div><div>910</div></div></td>",
        "<td><table><tr><td>&nbsp;</td><td><b>910</b></td></tr></table></td>",
        "<td>9<b>1</b>0</td>",
        "<td x:num>910</td>",
        "<td x:num='910'>9.1E2</td>",
        "<td x:num='910'>910,00</td>",
        "<td x:num='910'>910 hộ</td>",
        "<td sdval='910' sdnum='1033;'>910.0</td>",
    ],
)
def test_one_figure(cell):
    assert households(cell) == ("910", [])


@pytest.mark.parametrize(
    ("cell", "text", "rule"),
    [
        ("<td><div>960</div><div>5</div></td>", "960\n5", "cell_in_pieces"),
        ("<td><p>960</p><p>5</p></td>", "960\n5", "cell_in_pieces"),
        ("<td>960<br>5</td>", "960\n5", "cell_in_pieces"),
        ("<td><ul><li>960<li>5</ul></td>", "960\n5", "cell_in_pieces"),
        ("<td><span style='display:block'>960</span>5</td>", "960\n5", "cell_in_pieces"),
        ("<td>960<span style='float: right'>5</span></td>", "960\n5", "cell_in_pieces"),
        ("<td>960<input value=5></td>", "960\n5", "cell_in_pieces"),
        ("<td><select multiple><option>950<option>960</select></td>", "950\n960", "cell_in_pieces"),
        ("<td><table><tr><td>960</td><td>5</td></tr></table></td>", "960\n5", "cell_in_pieces"),
        ("<td>9<del>1</del>60</td>", "9160", "cell_in_pieces"),
        ("<td><s>910</s></td>", "910", "cell_struck"),
        ("<td style='text-decoration: line-through'>910</td>", "910", "cell_struck"),
        ("<td x:num='1910'>910</td>", "910", "cell_unclear"),
        ("<td x:num='9'></td>", None, "cell_unclear"),
    ],
)
def test_what_is_no_one_figure_rejects_its_row(cell, text, rule):
    assert households(cell) == (text, [rule])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<td x:num='1014'>1,014</td>", "1014"),
        ("<td x:num='12.53'>12,5 tỷ</td>", "12,53 tỷ"),
        ("<td x:num='1.014'>1,014</td>", "1,014"),
        ("<td x:num='0.4501'>45%</td>", "45,01%"),
        ("<td x:num='0'>-</td>", "0"),
        ("<td x:num='44742'>01/07/2022</td>", "01/07/2022"),
        ("<td x:num='abc'>910</td>", "910"),
        ("<td x:num='1E999999999'>910</td>", "910"),
        ("<td><input type=checkbox checked></td>", "x"),
        ("<td><input type=checkbox></td>", None),
    ],
)
def test_values_beside_their_text(cell, text):
    assert households(cell) == (text, [])


@pytest.mark.parametrize(
    ("head", "cell"),
    [
        ("<style>.cu {text-decoration: line-through}</style>", "<td><span class=cu>810</span>910</td>"),
        ("<style><!-- /* x */ TD SPAN.cu, p {mso-hide:all} --></style>", "<td>910<span class='a cu'>5</span></td>"),
        ("<style>table .cu {display:none} .xa .cu {display:inline}</style>", "<td>910<i class=cu>5</i></td>"),
        ("<style>#so {vertical-align: super}</style>", "<td>910<i id=so>1</i></td>"),
        ("<style>i {display:none} .hien {display:inline}</style>", "<td>9<i>5</i><i class=hien>10</i></td>"),
        ("<style>@media print {i {display:none} b {display:none}} td {color:red}</style>", "<td><i>910</i></td>"),
        ("<style>@font-face {font-family: x} i:hover {display: none}</style>", "<td><i>910</i></td>"),
    ],
)
def test_style_sheets_count(head, cell):
    assert households(cell, head) == ("910", [])


def test_legacy_fonts_of_style_sheets():
    named = '<td class=xl65>X· Kroong</td>'  # TCVN3
    assert form(page(row(1, name=named), head="<style>.xl65 {font-family:.VnTime, serif}</style>")).values["commune"] == ["Xã Kroong"]


# Rows


def test_a_row_in_a_deep_nest_loses_nothing():
    deep = "<td>" + "<div>" * 260
    content = page(row(1), row(2, name=f"{deep}Xã Đắk Cấm</td>"), row(3))
    assert form(content).values["commune"] == NAMES
    finding = refused(content.replace(b"<div>", b"<div>" * 20), name="vien_thong.xls")
    assert finding.rule == "file_damaged"
    assert "nested too deep" in finding.message_en
    refused(page(row(1), row(2), row(3, f"<td>{'<i>' * 3000}910</td>")), name="vien_thong.xls")


def test_a_table_in_a_cell_takes_nothing_from_the_form():
    signature = "<td colspan=11><table><tr><td>NGƯỜI LẬP</td><td>GIÁM ĐỐC</td></tr></table></td>"
    found = form(page(row(1), row(2), row(3), signature))
    assert (found.rows, found.sheet, found.values["commune"]) == ([2, 3, 4], "table 1", NAMES)


def test_a_form_within_a_table_that_lays_the_page_out():
    content = page(row(1), before="<table><tr><td>SỞ THÔNG TIN VÀ TRUYỀN THÔNG</td></tr><tr><td>", after="</td></tr></table>")
    found = form(content)
    assert (found.rows, found.sheet) == ([2], "table 2")
    assert [text for _, text in found.titles] == ["SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "Kỳ báo cáo: Quý III/2022"]


def test_titles_in_a_caption_and_without_what_is_hidden_or_struck():
    before = "<p style='display:none'>Quý I/2020</p><del>Quý II/2021</del><p>SỞ <span hidden>Y TẾ</span></p>"
    found = form(page(row(1), before=before, table="<table><caption>BÁO CÁO</caption>"))
    assert [text for _, text in found.titles] == ["SỞ", "Kỳ báo cáo: Quý III/2022", "BÁO CÁO"]


@pytest.mark.parametrize(
    "written",
    [
        ("</td>", ""),
        ("</tr>", ""),
        ("<tr>", "<tbody><tr>"),
        ("<tr>", "<form><tr>"),
        ("\n<tr>", "\n<![if supportMisalignedColumns]><tr>"),
        ("\n<tr>", "\n<!-- <table><tr><td> --><tr>"),
    ],
)
def test_rows_however_they_are_written(written):
    content = page(row(1), row(2), row(3)).replace(written[0].encode(), written[1].encode())
    found = form(content)
    assert (found.rows, found.values["commune"], found.values["households"]) == ([2, 3, 4], NAMES, ["910"] * 3)


@pytest.mark.parametrize("start", ["<b>BÁO CÁO</b>", "<br>", "<!-- x --><h3>BÁO CÁO</h3>", "<form>"])
def test_a_page_may_begin_with_any_tag(start):
    content = page(row(1)).decode()
    assert form((start + content[content.index("<p>") :]).encode()).rows == [2]


def test_cells_outside_of_rows_and_rows_in_cells_are_rows():
    content = page(row(1), row(2), row(3)).replace(b"\n<tr><td>2</td>", b"\n</tr><td>2</td>")
    assert form(content).values["commune"] == NAMES
    nested = page(row(1), row(2)).replace(b"<td></td></tr></table>", f"<td><div><tr>{row(3)}</tr></div></td></tr></table>".encode())
    assert form(nested).values["commune"] == NAMES


@pytest.mark.parametrize("more", ["", "</table>", "<!-- </table> -->"])
def test_a_page_that_was_cut_off(more):
    content = page(row(1), row(2), row(3), before=f"<p>{more}</p>")
    finding = refused(content[: content.index(b"</table></body>")], name="vien_thong.xls")
    assert finding.rule == "file_damaged"
    assert "</table>" in finding.message_vi


def test_tables_of_frames_are_not_passed_over():
    content = b"<html><frameset></frameset></html>" + page(row(1))
    assert refused(content, name="vien_thong.xls").rule == "file_damaged"


# Spans, hidden parts


def test_cells_that_span_push_others_aside():
    content = page(
        row(1).replace("<td>50</td>", "<td rowspan=2>50</td>"),
        row(2).replace("<td>50</td>", ""),
        row(3).replace("<td>50</td>", "<td rowspan='2²' colspan=0x>50</td>"),
    )
    found = form(content)
    assert found.values["hamlets"] == ["7"] * 3
    assert found.values["households_fibre"] == ["50", None, "50"]


def test_hidden_rows_and_tables_are_reported():
    hidden = page(row(1), row(2)).replace(b"\n<tr>", b"\n<tbody style='display:none'><tr>", 1).replace(b"</tr>\n", b"</tr></tbody>\n")
    found = form(hidden)
    assert (found.rows, [(finding.rule, finding.row) for finding in found.findings]) == ([2, 3], [("hidden_row", 2)])
    assert rules(form(page(row(1), before="<div hidden>", after="</div>"))) == ["hidden_sheet_read"]


def test_cells_that_a_browser_leaves_out_take_no_place():
    content = page(*(f"<td style='display:none'>id{number}</td>{row(number)}" for number in (1, 2, 3)))
    assert form(content).values["commune"] == NAMES


def test_a_hidden_column_is_read_and_reported():
    content = page(row(1), row(2)).decode().replace("<td>Số hộ</td>", "<td hidden>Số hộ</td>")
    found = form(content.replace("<td>910</td>", "<td style='display:none'>910</td>").encode())
    assert found.values["households"] == ["910"] * 2
    assert [(finding.rule, finding.cell) for finding in found.findings] == [("hidden_column", "C1")]
    described = page(row(1), table="<table><col><col span=2 style='display:none'>")
    assert [(finding.rule, finding.cell) for finding in form(described).findings] == [("hidden_column", "B1"), ("hidden_column", "C1")]


# Expansion


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "content",
    [
        page(*["<td rowspan=60000 colspan=250>1</td>"] * 3000),
        page("<td colspan=99999999999999999999>1</td>" * 2000),
        b"<table><tr><td>" * 600 + b"1" + b"</td></tr></table>" * 600,
        page(row(1), head="<style>" + "".join(f".a{number} .b{{display:none}}" for number in range(300)) + "</style>"),
        page(row(1), before="<table><tr><td>STT</td></tr></table>" * 1000),
    ],
    ids=["spans", "wide", "nested", "styles", "tables"],
)
def test_small_pages_take_little_time(content):
    with suppress(DeliveryRefused):
        form(content)
