"""Formats the reader takes, and files it refuses."""

import io
import random
import re
import zipfile
from pathlib import Path

import pytest
from chiso.findings.issues import DeliveryRefused
from chiso.staging.workbook.opening import container
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import ONE_STOP, TELECOM, Page, communes, figures, read, refused, rules, telecom

ROWS = telecom(
    ["I", "Thành phố Kon Tum", *figures(4452)],
    *communes("Phường Quang Trung", "Xã Đắk Cấm"),
    [3, "Xã Kroong", "2.152", 0.4501, 1.014, 12.5, "151.10", "1\u00a0014", "X", "KPS", "ghi"],
    [None, "Tổng cộng", *figures(300)],
    ["(*) Ghi chú"],
)
FORM = Page(ROWS, merges=[(0, 0, 0, 3)], bold={6}, hidden_rows={8}, formats={(9, 3): "0.00%"})
SEVERAL = [Page([["Hướng dẫn"]], name="Khác"), FORM]


def encrypted(content: bytes, password: str) -> bytes:
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, out)
    return out.getvalue()


# Formats


@pytest.mark.parametrize(
    "content",
    [
        wb.xlsx(*SEVERAL),
        wb.xls(*SEVERAL),
        wb.ods(*SEVERAL),
        wb.html_table(FORM),
        wb.html_table(FORM, "utf-16"),
    ],
    ids=["xlsx", "xls", "ods", "html", "html in utf-16"],
)
def test_every_format_reads_the_same(content):
    form = read(content, name="vien_thong.xls")
    text_only = form.sheet.startswith("table")
    assert form.rows == [8, 9, 10]
    assert form.within == ["608"] * 3
    assert form.values["commune"] == ["Phường Quang Trung", "Xã Đắk Cấm", "Xã Kroong"]
    assert form.values["households"] == ["100", "100", "2.152"]
    assert form.values["adults"] == ["1.200", "1.200", "151.10"]
    assert form.values["signal_gaps"] == ["-", "-", "KPS"]
    if not text_only:
        assert [form.values[name][2] for name in ("households_fibre", "hamlets", "hamlets_4g")] == [
            "45,01%",
            "1,014",
            "12,5",
        ]
    assert form.titles[0] == ("A1", "SỞ THÔNG TIN VÀ TRUYỀN THÔNG")
    assert [(total.kind, total.row, total.covers) for total in form.totals] == [
        ("subtotal", 7, [0, 1, 2]),
        ("total", 11, [0, 1, 2]),
    ]
    assert [(finding.rule, finding.row) for finding in form.findings] == [("hidden_row", 9)]


def test_html_title_before_the_table():
    page = Page(
        [wb.HEADER, *communes("Xã Kroong")],
        before="<p>SỞ THÔNG TIN<br>VÀ TRUYỀN THÔNG</p><table><tr><td>Kỳ báo cáo: "
        "<b>Quý III/2022</b></td></tr></table><script>var x</script>",
    )
    form = read(wb.html_table(page), name="vien_thong.xls")
    assert form.titles == [("", "SỞ THÔNG TIN"), ("", "VÀ TRUYỀN THÔNG"), ("", "Kỳ báo cáo: Quý III/2022")]
    assert form.rows == [2]


def test_html_spans():
    page = Page([*wb.ONE_STOP_HEADER, [1, "Sở Y tế", *wb.ONE_STOP_FIGURES]], merges=wb.ONE_STOP_MERGES)
    page.rows[2].extend([None] * 8)
    form = read(wb.html_table(page), ONE_STOP, "06a.xls")
    assert form.letters["pending_overdue"] == "M"
    assert form.values["pending"] == ["2"]


@pytest.mark.parametrize("build", [wb.xls, wb.ods], ids=["xls", "ods"])
def test_merged_headers(build):
    page = Page([*wb.ONE_STOP_HEADER, [1, "Sở Y tế", *wb.ONE_STOP_FIGURES]], merges=wb.ONE_STOP_MERGES)
    form = read(build(page), ONE_STOP)
    assert (form.letters["received_direct"], form.letters["pending_overdue"], form.rows) == ("E", "M", [4])


def test_encrypted_workbook_with_its_password():
    content = encrypted(wb.xlsx(FORM), "bí mật 123")
    assert len(read(content, password="bí mật 123").rows) == 3
    assert refused(content).rule == "file_encrypted"
    assert refused(content, password="khác").rule == "password_wrong"


@pytest.mark.parametrize("password", [None, "khác"])
def test_what_is_only_protected_against_changes_opens_without_a_password(password):
    assert len(read(encrypted(wb.xlsx(FORM), "VelvetSweatshop"), password=password).rows) == 3


def test_encryption_that_would_take_hours_is_refused(monkeypatch):
    monkeypatch.setattr(container, "_MOST_SPINS", 1000)
    finding = refused(encrypted(wb.xlsx(FORM), "1"), password="1")
    assert (finding.rule, "far too many rounds" in finding.message_en) == ("file_damaged", True)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_utf_16_is_called_so(encoding):
    finding = refused("STT\tĐơn vị\tSố hộ\r\n1\tPhường Quang Trung\t910\r\n".encode(encoding), name="a.xls")
    assert (finding.rule, "it holds UTF-16 text" in finding.message_en) == ("file_unknown", True)


def test_no_refusal_speaks_of_exceptions():
    for content in (WORKBOOK[: len(WORKBOOK) // 2], wb.xls(FORM)[:3000], wb.ods(FORM)[:2000]):
        message = refused(content, name="a.xls").message_en
        assert not re.search(r"[A-Z]\w*(?:Error|Exception|File)\b|: \)", message), message


@pytest.mark.parametrize(
    ("font", "names"),
    [
        (".VnTime", ("Ph\u00adêng Quang Trung", "X· §¾k CÊm")),
        ("VNI-Times", ("Phöôøng Quang Trung", "Xaõ Ñaék Caám")),
    ],
)
@pytest.mark.parametrize("build", [wb.xlsx, wb.xls, wb.html_table], ids=["xlsx", "xls", "html"])
def test_legacy_fonts(build, font, names):
    rows = telecom(*communes(*names))
    form = read(build(Page(rows, fonts={6: font, 7: font})), name="vien_thong.xls")
    assert form.values["commune"] == ["Phường Quang Trung", "Xã Đắk Cấm"]


def test_capital_font_of_a_title_and_decomposed_names():
    rows = telecom(*communes("Xa\u0303 \u0110a\u0306\u0301k Ca\u0302\u0301m"))
    rows[0] = ["Së Y tÕ"]
    form = read(wb.xlsx(Page(rows, fonts={0: ".VnTimeH"})))
    assert form.titles[0] == ("A1", "SỞ Y TẾ")
    assert form.values["commune"] == ["Xã Đắk Cấm"]


def test_far_cells_cost_nothing():
    rows = [list(row) for row in telecom(*communes("Xã Kroong"))]
    content = wb.xlsx(Page([*rows, [None] * 200 + ["xa"]]))
    moved = _replaced(content, "xl/worksheets/sheet1.xml", b"GS8", b"XFD1048576", b'<row r="8"', b'<row r="1048576"')
    assert read(moved).rows == [7]


# Formulas


def test_stored_values_of_formulas_are_read():
    rows = telecom([1, "Xã Kroong", ("=1+1", 2), *figures()[1:]])
    form = read(wb.xlsx(Page(rows)))
    assert form.values["households"] == ["2"]
    assert form.findings == []


def test_a_formula_without_a_stored_value_rejects_its_row():
    content = _replaced(
        wb.xlsx(Page(telecom([1, "Xã Kroong", ("=A1+B1", 0), *figures()[1:]]))),
        "xl/worksheets/sheet1.xml",
        b"<f>A1+B1</f><v>0</v>",
        b"<f>A1+B1</f><v></v>",
    )
    (finding,) = read(content).findings
    assert (finding.rule, finding.action, finding.cell, finding.column) == (
        "formula_uncached",
        "reject_row",
        "C7",
        "households",
    )


@pytest.mark.parametrize(
    "cell",
    [
        ('=HYPERLINK("http://x.vn","Xã Kroong")', "Xã Kroong"),
        '=HYPERLINK("http://x.vn")',
        "+cmd|' /C calc'!A0",
        "@SUM(A1)",
    ],
)
def test_formula_injection_rejects_its_row(cell):
    (finding,) = read(wb.xlsx(Page(telecom([1, cell, *figures()])))).findings
    assert (finding.rule, finding.action, finding.row, finding.column) == (
        "formula_injection",
        "reject_row",
        7,
        "commune",
    )


def test_error_values_are_passed_on():
    content = _replaced(
        wb.xlsx(Page(telecom([1, "Xã Kroong", ("=1/0", 0), *figures()[1:]]))),
        "xl/worksheets/sheet1.xml",
        b'<c r="C7"',
        b'<c t="e" r="C7"',
        b"<f>1/0</f><v>0</v>",
        b"<f>1/0</f><v>#DIV/0!</v>",
    )
    assert read(content).values["households"] == ["#DIV/0!"]


# Refusals


def _replaced(content: bytes, part: str, *changes: bytes) -> bytes:
    """The package with texts of one part replaced, before and after by turns."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            for before, after in zip(changes[::2], changes[1::2], strict=True) if name == part else ():
                assert before in data
                data = data.replace(before, after)
            new.writestr(name, data)
    return out.getvalue()


def _with_part(content: bytes, name: str, data: bytes) -> bytes:
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, data)
    return out.getvalue()


WORKBOOK = wb.xlsx(FORM)
PAGE = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
RANDOM = random.Random(1)


@pytest.mark.parametrize(
    ("content", "name", "rule"),
    [
        (b"", "a.xlsx", "file_empty"),
        (b"   \r\n", "a.xlsx", "file_unknown"),
        (PAGE, "a.xlsx", "html_page"),
        (PAGE, "a.xls", "html_page"),
        (wb.html_table(FORM), "a.xlsx", "html_page"),
        (
            b"\xef\xbb\xbf<html><head><title>\xc4\x90\xc4\x83ng nh\xe1\xba\xadp</title></head></html>",
            "a.xls",
            "html_page",
        ),
        (WORKBOOK[: len(WORKBOOK) // 2], "a.xlsx", "file_damaged"),
        (wb.xls(FORM)[:3000], "a.xls", "file_damaged"),
        (wb.ods(FORM)[:2000], "a.ods", "file_damaged"),
        (wb.html_table(FORM)[:-100], "a.xls", "file_damaged"),
        (_with_part(WORKBOOK, "xl/vbaProject.bin", b"x"), "a.xlsx", "file_macros"),
        (
            _replaced(
                WORKBOOK,
                "[Content_Types].xml",
                b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
            ),
            "a.xlsm",
            "file_macros",
        ),
        (_with_part(WORKBOOK, "xl/media/a.bin", bytes(64 * 2**20)), "a.xlsx", "file_expands"),
        (
            _replaced(WORKBOOK, "xl/workbook.xml", b"<workbook ", b"<!DOCTYPE x [<!ENTITY a 'b'>]><workbook "),
            "a.xlsx",
            "file_damaged",
        ),
        (b"%PDF-1.7 ...", "a.xlsx", "file_unknown"),
        (b"MaHoSo;MaTTHC\n1;2\n", "a.xlsx", "file_unknown"),
        (RANDOM.randbytes(5000), "a.xls", "file_unknown"),
        (_with_part(b"", "a.txt", b"x"), "a.xlsx", "file_unknown"),
    ],
)
def test_files_that_are_not_what_they_say(content, name, rule):
    assert refused(content, name=name).rule == rule


def test_the_zip_directory_is_judged_before_anything_is_unpacked(monkeypatch):
    bomb = _with_part(WORKBOOK, "xl/media/a.bin", bytes(64 * 2**20))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    assert refused(bomb).rule == "file_expands"


def test_too_large_a_file(monkeypatch):
    monkeypatch.setattr(container, "LARGEST_WORKBOOK_BYTES", 100)
    assert refused(WORKBOOK).rule == "file_too_large"


def test_no_sheet_holds_the_header():
    finding = refused(wb.xlsx(Page([["x"], ["STT", "Đơn vị", "Số hộ", "Thôn"], [1, "a", 2, 3]], name="Bảng 1")))
    assert (finding.rule, finding.sheet) == ("header_not_found", "Bảng 1")
    assert "row 2, 3 of 9" in finding.message_en
    assert "departments/telecom" in finding.message_vi
    assert refused(wb.xlsx(Page([]))).rule == "header_not_found"


def test_a_required_column_is_missing():
    finding = refused(wb.xlsx(Page([*wb.TITLES, wb.HEADER[:9], *communes("Xã Kroong")])))
    assert (finding.rule, finding.row) == ("header_missing_column", 5)
    assert "Vùng lõm sóng" in finding.message_vi


def test_a_column_twice():
    finding = refused(wb.xlsx(Page([[*wb.HEADER, "Số hộ"], *communes("Xã Kroong")])))
    assert finding.rule == "header_ambiguous"
    assert "C1, L1" in finding.message_en


def test_figures_in_another_unit():
    money = TELECOM.columns[1].model_copy(update={"printed": "Giá trị (tỷ đồng)", "header": [["Giá trị (tỷ đồng)"]]})
    contract = TELECOM.model_copy(update={"columns": [TELECOM.columns[0], money]})
    assert (
        refused(wb.xlsx(Page([["Đơn vị", "Giá trị\n(triệu đồng)"], ["Xã Kroong", 1]])), contract).rule
        == "header_unit_differs"
    )
    assert len(read(wb.xlsx(Page([["Đơn vị", "Giá trị"], ["Xã Kroong", 1]])), contract).rows) == 1


def test_two_visible_sheets_with_the_form():
    finding = refused(wb.xlsx(FORM, Page(ROWS, name="Biểu 2")))
    assert finding.rule == "several_sheets"
    assert "“Biểu 1”, “Biểu 2”" in finding.message_vi


def test_personal_numbers_are_masked_in_findings():
    (finding,) = read(wb.xlsx(Page(telecom([1, "=A1 062090001234", *figures()])))).findings
    assert finding.value == "=A1 *********234"


# Damage

DAMAGED = {
    "xlsx": WORKBOOK,
    "xls": wb.xls(FORM),
    "ods": wb.ods(FORM),
    "encrypted": encrypted(WORKBOOK, "1"),
    "html": wb.html_table(FORM),
}


@pytest.mark.parametrize("kind", DAMAGED)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_files_are_read_or_refused(kind, data):
    content = bytearray(DAMAGED[kind])
    content = content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        read(bytes(content), name="a.xls", password="1")
    except DeliveryRefused as verdict:
        assert verdict.finding.rule in rules_of_refusal()


def rules_of_refusal() -> set[str]:
    from chiso.findings.messages import TEXTS

    return set(TEXTS)


@hypothesis_settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_packages_with_damaged_parts_are_read_or_refused(data):
    """Damage behind a right checksum: what the XML readers themselves meet."""
    part = data.draw(
        st.sampled_from(
            [
                "xl/worksheets/sheet1.xml",
                "xl/workbook.xml",
                "xl/styles.xml",
                "xl/sharedStrings.xml",
                "[Content_Types].xml",
                "_rels/.rels",
                "xl/_rels/workbook.xml.rels",
            ]
        )
    )
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as package:
        text = package.read(part)
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(1, 40))
    broken = text[:start] + data.draw(st.binary(max_size=20)) + text[start + length :]
    try:
        read(_replaced(WORKBOOK, part, text, broken))
    except DeliveryRefused as verdict:
        assert verdict.finding.rule in rules_of_refusal()


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = tmp_path / "delivery"
    path.write_bytes(encrypted(WORKBOOK, "1"))
    assert rules(wb.read_path(path, "1"))
    assert list(tmp_path.iterdir()) == [path]
