"""What offices send is of the format that its program writes, and reads as the form was drawn."""

import io
from datetime import UTC, date, datetime
from functools import cache

import msoffcrypto
import openpyxl
import pytest
import xlrd
from chiso.province.text import legacy_to_unicode
from lxml import html
from odf.opendocument import load as load_ods
from odf.table import TableCell, TableRow

from sandbox import drop_folder, protection
from sandbox.dossiers import DossierBook
from sandbox.forms.report import Mail
from sandbox.procedures import catalogue
from sandbox.programs import ENDINGS, WRITERS
from sandbox.programs.old_fonts import typed
from sandbox.programs.page import Program
from sandbox.workbook import Form, Look

LETTERS = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
WORDS = (
    *("Thanh tra tỉnh", "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "Ứng dụng, Ủy ban, Ẩn", "Quý III/2022 – 45,01 % (*)"),
    *("Đắk Tô, ĐẮK TÔ, Ia H' Drai", LETTERS, LETTERS.upper(), LETTERS.title()),
)


def drawn(program: Program) -> bytes:
    """A small form with all that is drawn: titles, merged headers, numbering, rows in bold and out of sight."""
    form = Form("Biểu 1", datetime(2024, 7, 2, 15, 20, tzinfo=UTC), (6, 20, 10, 10), Look("Arial", 11, program=program))
    form.title("SỞ Y TẾ", "BIỂU", "Kỳ báo cáo: Quý II/2024")
    form.header(("STT", "Đơn vị", "Số <hộ>", ""), (None, None, "Tổng\nsố", "Có & không"))
    form.row(["I", "Đắk Tô"], bold=True)
    form.row([1, "Xã Kon Đào", "1.014", 2447])
    form.row([2, "Xã Pô Kô", 0.5, None], hidden=True)
    return form.close("(*) Ghi chú", "GIÁM ĐỐC")


@pytest.mark.parametrize("program", ENDINGS)
def test_the_same_form_is_the_same_bytes(program: Program) -> None:
    assert drawn(program) == drawn(program)
    assert set(ENDINGS) == set(WRITERS)


def test_excel() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(drawn("excel"))).active
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A5:A6", "B5:B6", "C5:D5"}
    assert [cell.value for cell in sheet[9]] == [1, "Xã Kon Đào", "1.014", 2447]
    assert [row for row, look in sheet.row_dimensions.items() if look.hidden] == [10]
    assert sheet.auto_filter.ref == "A6:D10"


def test_excel_2003() -> None:
    sheet = xlrd.open_workbook(file_contents=drawn("excel2003"), formatting_info=True).sheet_by_index(0)
    assert sorted(sheet.merged_cells) == [(4, 5, 2, 4), (4, 6, 0, 1), (4, 6, 1, 2)]
    assert sheet.row_values(8) == [1, "Xã Kon Đào", "1.014", 2447]
    assert sheet.row_values(9) == [2, "Xã Pô Kô", 0.5, ""]
    assert [row for row, look in sheet.rowinfo_map.items() if look.hidden] == [9]


def test_libreoffice() -> None:
    document = load_ods(io.BytesIO(drawn("libreoffice")))
    assert document.getMediaType() == "application/vnd.oasis.opendocument.spreadsheet"
    rows = document.spreadsheet.getElementsByType(TableRow)
    cells = rows[8].getElementsByType(TableCell)
    assert [str(cell) for cell in cells] == ["1", "Xã Kon Đào", "1.014", "2447"]
    assert [cell.getAttribute("valuetype") for cell in cells] == ["float", "string", "string", "float"]
    spans = [(str(cell), cell.getAttribute("numberrowsspanned")) for cell in rows[4].getElementsByType(TableCell)]
    assert spans == [("STT", "2"), ("Đơn vị", "2"), ("Số <hộ>", "1")]
    assert [number for number, row in enumerate(rows) if row.getAttribute("visibility")] == [9]


def test_web_export() -> None:
    page = html.fromstring(drawn("web_export").decode())
    assert [line.text_content() for line in page.xpath("//table/preceding-sibling::p")] == ["SỞ Y TẾ", "BIỂU", "Kỳ báo cáo: Quý II/2024"]
    rows = [[cell.text_content() for cell in row] for row in page.xpath("//tr")]
    assert rows[0] == ["STT", "Đơn vị", "Số <hộ>"]
    assert rows[4] == ["1", "Xã Kon Đào", "1.014", "2.447"]
    assert page.xpath("count(//tr[@style])") == 1


@pytest.mark.parametrize("font", [".VnTime", "VNI-Times", "Arial"])
@pytest.mark.parametrize("text", WORDS)
def test_what_is_typed_in_an_old_font_is_seen_as_it_was_meant(text: str, font: str) -> None:
    pieces = typed(text, font)
    assert "".join(legacy_to_unicode(piece.text, piece.font) for piece in pieces) == text
    assert font == "Arial" or not set("ăđơưạ") & set("".join(piece.text for piece in pieces).lower())


# What the offices send


@cache
def mails() -> dict[str, Mail]:
    return {mail.name: mail for mail in drop_folder.mails(34, DossierBook(34, 500, date(2024, 7, 3), catalogue(34)))}


def content(name: str) -> bytes:
    return mails()[name].content(mails()[name].sent)


@pytest.mark.parametrize(
    ("name", "fonts"),
    [
        ("giao_duc_6T_2024.xls", {"Arial"}),
        ("kiem_tra_Q2_2024.xls", {".VnTime", ".VnTimeH"}),
        ("bao_tro_Q2_2024.xls", {"VNI-Times"}),
    ],
)
def test_fonts_of_offices_with_excel_2003(name: str, fonts: set[str]) -> None:
    book = xlrd.open_workbook(file_contents=content(name), formatting_info=True)
    sheet = book.sheet_by_index(0)
    used = {book.font_list[book.xf_list[cell.xf_index].font_index].name for row in sheet.get_rows() for cell in row if cell.value}
    assert used == fonts
    texts = "".join(str(cell.value) for row in sheet.get_rows() for cell in row)
    assert ("tỉnh" in texts or "huyện" in texts or "Huyện" in texts) == (fonts == {"Arial"})


def test_the_police_protect_what_they_send() -> None:
    assert [name for name, mail in mails().items() if mail.protected] == [name for name in mails() if name.startswith("cong_dan_so")]
    plain = content("cong_dan_so_Q2_2024.xlsx")
    sent = protection.protect(plain, "mật khẩu")
    assert msoffcrypto.OfficeFile(io.BytesIO(sent)).is_encrypted()
    assert protection.opened(sent, "mật khẩu") == plain
    assert protection.opened(sent, "khác") is protection.opened(plain[:100], "mật khẩu") is protection.opened(b"", "mật khẩu") is None


def test_one_form_was_sent_with_a_filter_on() -> None:
    def hidden(name: str) -> int:
        sheet = openpyxl.load_workbook(io.BytesIO(content(name))).active
        return sum(look.hidden for look in sheet.row_dimensions.values())

    assert [hidden(f"du_lieu_trung_tam_{quarter}.xlsx") for quarter in ("Q4_2023", "Q1_2024", "Q2_2024")] == [0, 12, 0]
