"""What goes back to a sender: their own file, each bad cell marked, and nothing else changed."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msoffcrypto
import openpyxl
import pytest
import xlsxwriter
from chiso.flow import returning
from chiso.inquiry import verification
from chiso.inquiry.cases import case_rows, case_story
from chiso.quarantine.returned import mark
from chiso.system.errors import UsageError

from tests.deliveries import (
    COMMUNES_OF_DAK_GLEI,
    PERSONAL,
    Inbox,
    at,
    csv_bytes,
    dossier,
    dossiers,
    json_bytes,
    procedure,
    telecom_form,
    telecom_row,
)
from tests.integration.test_cases import BAD, BY, DOSSIERS, NAMES, TELECOM, telecom
from tests.unit.staging import workbooks
from tests.unit.staging.test_workbook_files import encrypted
from tests.unit.staging.workbooks import HEADER, NUMBERING, Page

LEGACY = re.compile(rb"<legacyDrawing [^>]*/>")


def parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def comments(path: Path) -> dict[str, dict[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
    found = {sheet.title: {cell.coordinate: cell.comment.text for row in sheet for cell in row if cell.comment} for sheet in book}
    return {sheet: cells for sheet, cells in found.items() if cells}


def returned(inbox: Inbox, delivery: int | None, name: str = "returned.xlsx") -> Path:
    assert delivery is not None
    return returning.export(inbox.platform, delivery, inbox.folder / name, *BY).file


def rich(*, comment: bool = True) -> bytes:
    """A workbook with much in it that must survive: formats, a table, a condition, a header, a picture's drawing, a comment."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet, other = book.add_worksheet("Biểu 1"), book.add_worksheet("Ghi chú")
        sheet.write(0, 0, "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", book.add_format({"bold": True, "font_color": "red"}))
        sheet.conditional_format("C7:C9", {"type": "cell", "criteria": ">", "value": 5, "format": book.add_format({"bg_color": "yellow"})})
        sheet.data_validation("D7:D9", {"validate": "integer", "criteria": ">", "value": 0})
        sheet.set_header("&CBáo cáo")
        sheet.add_table("F1:G3")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "='Biểu 1'!$C$7:$C$9"})
        sheet.insert_chart("J2", chart)
        sheet.write_formula("C9", "=SUM(C7:C8)", None, 3)
        if comment:
            sheet.write_comment("A1", "ghi chú cũ", {"author": "Sở"})
            other.write_comment("B2", "ghi chú khác")
    return stream.getvalue()


@pytest.mark.parametrize("comment", [True, False])
def test_only_what_comments_need_is_changed(comment: bool, tmp_path: Path) -> None:
    before, target = rich(comment=comment), tmp_path / "marked.xlsx"
    mark(io.BytesIO(before), target, {"Biểu 1": {"C7": "sai & “xấu”", "A1": "thêm\ndòng"}})
    old, new = parts(before), parts(target.read_bytes())
    changed = {name for name in new if old.get(name) != new[name]}
    kept = {"xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}
    fresh = {"[Content_Types].xml", "xl/worksheets/_rels/sheet1.xml.rels", "xl/worksheets/sheet1.xml"}
    assert changed == (kept if comment else kept | fresh)
    assert LEGACY.sub(b"", new["xl/worksheets/sheet1.xml"]) == LEGACY.sub(b"", old["xl/worksheets/sheet1.xml"])
    order = re.findall(rb"<(drawing|legacyDrawing|tableParts|headerFooter)[ />]", new["xl/worksheets/sheet1.xml"])
    assert order == [b"headerFooter", b"drawing", b"legacyDrawing", b"tableParts"]
    said = comments(target)
    assert said["Biểu 1"] == {"A1": "ghi chú cũ\nthêm\ndòng" if comment else "thêm\ndòng", "C7": "sai & “xấu”"}
    shapes = re.findall(rb'id="_x0000_s(\d+)"', b"".join(content for name, content in new.items() if name.endswith(".vml")))
    assert len(shapes) == len(set(shapes)) == (3 if comment else 2)


def test_marking_twice_keeps_what_was_said_before(tmp_path: Path) -> None:
    mark(io.BytesIO(rich()), tmp_path / "a.xlsx", {"Biểu 1": {"C7": "một"}})
    with (tmp_path / "a.xlsx").open("rb") as once:
        mark(once, tmp_path / "b.xlsx", {"Biểu 1": {"C7": "hai", "D7": "ba"}, "Ghi chú": {"A1": "bốn"}})
    assert comments(tmp_path / "b.xlsx") == {
        "Biểu 1": {"A1": "ghi chú cũ", "C7": "một\nhai", "D7": "ba"}, "Ghi chú": {"A1": "bốn", "B2": "ghi chú khác"},
    }  # fmt: skip


def test_a_form_goes_back_marked_and_corrected_closes_its_cases(inbox: Inbox) -> None:
    sent = telecom(inbox, 1, BAD, {"of": NAMES[2], "households": "abc"})
    path = returned(inbox, sent.delivery)
    assert set(comments(path)["Biểu 1"]) == {"C8", "C9"}
    assert "1,014" in comments(path)["Biểu 1"]["C8"]
    old, new = parts((inbox.folder / "telecom_1.xlsx").read_bytes()), parts(path.read_bytes())
    assert {name for name in old if old[name] != new[name]} == {"[Content_Types].xml", "xl/worksheets/sheet1.xml"}
    cases = case_rows(inbox.platform, state="returned")
    assert [(case["by"], case["why"], case["closed_at"]) for case in cases] == [(*BY, None)] * 2
    book = openpyxl.load_workbook(path)
    for cell in ("C8", "C9"):
        book["Biểu 1"][cell] = 100
    book.save(path)
    assert inbox.ingest(TELECOM, path.read_bytes(), "mended.xlsx", received=at(2)).rejected == 0
    assert [case["state"] for case in case_rows(inbox.platform)] == ["corrected"] * 2
    assert [step["step"] for step in case_story(inbox.platform, cases[0]["case"])["steps"]] == ["opened", "returned", "corrected"]
    assert verification.verify(inbox.platform)["ok"]


def form_page(*, household: object = "1,014") -> Page:
    titles: list[list[Any]] = [["SỞ THÔNG TIN VÀ TRUYỀN THÔNG"], ["BÁO CÁO HẠ TẦNG VIỄN THÔNG"], ["Kỳ báo cáo: Quý III/2022"], []]
    rows = [telecom_row(number, name) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    rows[1][2] = household
    return Page([*titles, HEADER, NUMBERING, *rows], merges=[(1, 0, 1, 3)])


@pytest.mark.parametrize(("make", "name"), [(workbooks.xls, "form.xls"), (workbooks.ods, "form.ods"), (workbooks.html_table, "form.xls")])
def test_other_formats_come_back_as_xlsx_of_the_same_cells(make: Callable[[Page], bytes], name: str, inbox: Inbox) -> None:
    sent = inbox.ingest(TELECOM, make(form_page()), name, received=at(1))
    path = returned(inbox, sent.delivery)
    [(sheet, cells)] = comments(path).items()
    [(cell, said)] = cells.items()
    book = openpyxl.load_workbook(path)[sheet]
    assert (book[cell].value, cell[0], "1,014" in said) == ("1,014", "C", True)
    texts = {str(each.value) for row in book for each in row if each.value is not None}
    assert {"BÁO CÁO HẠ TẦNG VIỄN THÔNG", *COMMUNES_OF_DAK_GLEI, "900"} <= texts


def test_twins_are_marked_on_the_cell_that_names_the_row(inbox: Inbox) -> None:
    rows = [telecom_row(number, name) for number, name in enumerate(NAMES, 1)]
    sent = inbox.ingest(TELECOM, telecom_form([*rows, telecom_row(6, NAMES[0], 101)]), "a.xlsx", received=at(1))
    assert set(comments(returned(inbox, sent.delivery))["Biểu 1"]) == {"B7", "B12"}


def test_the_reason_for_a_refusal_stands_in_the_first_cell(inbox: Inbox) -> None:
    sent = inbox.ingest(TELECOM, telecom_form([telecom_row(1, NAMES[0])], department="SỞ Y TẾ"), "a.xlsx", received=at(1))
    assert not sent.accepted
    [(sheet, cells)] = comments(returned(inbox, sent.delivery)).items()
    [issue] = [each for each in sent.issues if each["action"] == "refuse_delivery"]
    assert (sheet, cells) == ("Biểu 1", {issue["cell"] or "A1": issue["message_vi"]})


def test_of_what_is_no_workbook_the_reason_alone_goes_back(inbox: Inbox) -> None:
    sent = inbox.ingest(TELECOM, b"%PDF-1.7 nothing", "a.xlsx", received=at(1))
    assert comments(returned(inbox, sent.delivery)) == {"Lý do": {"A1": sent.issues[0]["message_vi"]}}


def lines(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_of_a_text_export_the_rejected_lines_go_back_without_personal_columns(inbox: Inbox) -> None:
    rows = [*dossiers(30), dossier(40, KenhThucHien="9", NgayTiepNhan="45/45/2024"), *dossiers(5, 50)]
    sent = inbox.ingest(DOSSIERS, csv_bytes(rows), "a.csv", "2024-06-10", received=at(1))
    path = returned(inbox, sent.delivery, "lines.csv")
    found = lines(path)
    assert {(line["Dòng"], line["Cột"]) for line in found} == {("32", "KenhThucHien"), ("32", "NgayTiepNhan")}
    assert {line["MaHoSo"] for line in found} == {"000.00.11.H34-240610-0040"}
    assert {line["NgayTiepNhan"] for line in found} == {"45/45/2024"}
    assert all(line["Lý do"] for line in found)
    assert not any(word in path.read_text("utf-8-sig") for word in (*PERSONAL, "ChuHoSo", "SoDinhDanh"))


def test_records_of_json_on_one_line_are_told_apart(inbox: Inbox) -> None:
    records = [procedure(1), procedure(2, PhoBien="có thể"), procedure(3)]
    sent = inbox.ingest("portal/procedures", json_bytes(records), "a.json", "2024-06", received=at(1))
    [line] = lines(returned(inbox, sent.delivery, "lines.csv"))
    assert (line["MaTTHC"], line["PhoBien"]) == ("1.000002", "có thể")


def test_a_protected_form_goes_back_protected(inbox: Inbox) -> None:
    rows = [telecom_row(number, name) for number, name in enumerate(NAMES, 1)]
    rows[1][2] = "1,014"
    sent = inbox.ingest(TELECOM, encrypted(telecom_form(rows), "VelvetSweatshop"), "a.xlsx", received=at(1))
    path, opened = returned(inbox, sent.delivery), io.BytesIO()
    protected = msoffcrypto.OfficeFile(io.BytesIO(path.read_bytes()))
    protected.load_key(password="VelvetSweatshop")
    protected.decrypt(opened)
    (inbox.folder / "open.xlsx").write_bytes(opened.getvalue())
    assert set(comments(inbox.folder / "open.xlsx")["Biểu 1"]) == {"C8"}


def test_of_bytes_that_came_twice_or_were_read_again_the_last_verdict_goes_back(inbox: Inbox) -> None:
    first = telecom(inbox, 1, BAD)
    again = inbox.ingest(TELECOM, (inbox.folder / "telecom_1.xlsx").read_bytes(), "b.xlsx", received=at(2))
    done = returning.export(inbox.platform, again.delivery, inbox.folder / "r.xlsx", *BY)
    assert (again.delivery != first.delivery, done.delivery, done.marked, len(done.cases)) == (True, first.delivery, 1, 1)


def test_what_can_not_go_back(inbox: Inbox) -> None:
    good = telecom(inbox, 1)
    with pytest.raises(UsageError, match="Nothing of delivery"):
        returned(inbox, good.delivery)
    with pytest.raises(UsageError, match="There is no delivery 99"):
        returned(inbox, 99)
    bad = telecom(inbox, 2, BAD)
    with pytest.raises(UsageError, match=r"\.xlsx"):
        returned(inbox, bad.delivery, "a.csv")
    assert [case["state"] for case in case_rows(inbox.platform)] == ["open"]
