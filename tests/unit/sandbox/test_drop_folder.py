"""The departments' workbooks, read back with openpyxl."""

import csv
import io
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sandbox import drop_folder, telecom
from sandbox.days import LOCAL, span_of
from sandbox.dossiers import DossierBook
from sandbox.procedures import catalogue
from sandbox.protection import opened
from sandbox.province import agencies, communes, districts

TODAY, DOSSIERS = date(2024, 7, 3), 2_000
PASSWORD = "mật khẩu"
FILES = {
    **{"06a_thang": 31, "vien_thong": 11, "so_lieu_cong_bo": 2},  # one of each of the first two isn't what its name says
    **dict.fromkeys(["ho_so_cong_viec", "kiem_tra", "du_lieu_trung_tam", "so_hoa_tthc", "tai_khoan_thanh_toan"], 10),
    **dict.fromkeys(["cong_dan_so", "ho_tich", "bao_tro", "y_te"], 10),
    **dict.fromkeys(["che_do_bao_cao", "tap_huan", "ban_chi_dao", "danh_muc_csdl", "doanh_nghiep", "kinh_phi", "giao_duc"], 5),
    **{"bhxh": 11, "do_thi_thong_minh": 7, "dti_nam": 3, "kinh_te_so": 3},
}
"""How many files begin so: ten quarters, five half-years and years, and what was sent twice or by several."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("drop")
    drop_folder.write(path, 34, DOSSIERS, TODAY, PASSWORD)
    return path


def sheet(folder: Path, name: str) -> Worksheet:
    found = load_workbook(folder / name).active
    assert isinstance(found, Worksheet)
    return found


def number(value: Any) -> int:
    return 0 if value in (None, "-") else int(str(value).replace(".", ""))


def values(ws: Worksheet) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in ws.iter_rows()]


def test_the_folder_holds_these_files_only(folder: Path) -> None:
    names = [path.name for path in folder.iterdir()]
    assert {stem: sum(name.startswith(f"{stem}_" if stem != "06a_thang" else stem) for name in names) for stem in FILES} == FILES
    assert len(names) == sum(FILES.values())


def test_every_file_was_sent_before_today(folder: Path) -> None:
    for path in folder.iterdir():
        assert datetime.fromtimestamp(path.stat().st_mtime, LOCAL).date() < TODAY
    sent = datetime.fromtimestamp((folder / "06a_thang4_2024.xlsx").stat().st_mtime, LOCAL)
    assert sent == datetime(2024, 4, 24, 16, 10, tzinfo=LOCAL)


def test_a_second_run_touches_nothing(folder: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert drop_folder.write(folder, 34, DOSSIERS, TODAY, PASSWORD) == []
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_changed_file_is_restored(tmp_path: Path, folder: Path) -> None:
    drop_folder.write(tmp_path, 34, DOSSIERS, TODAY, PASSWORD)
    name, protected = "so_lieu_cong_bo_2023.xlsx", "cong_dan_so_Q1_2024.xlsx"
    (tmp_path / name).write_bytes(b"other")
    (tmp_path / protected).write_bytes((tmp_path / "cong_dan_so_Q2_2024.xlsx").read_bytes())
    assert {path.name for path in drop_folder.write(tmp_path, 34, DOSSIERS, TODAY, PASSWORD)} == {name, protected}
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    assert opened((tmp_path / protected).read_bytes(), PASSWORD) == opened((folder / protected).read_bytes(), PASSWORD)


def test_a_new_password_protects_anew(tmp_path: Path) -> None:
    drop_folder.write(tmp_path, 34, DOSSIERS, TODAY, PASSWORD)
    again = [path.name for path in drop_folder.write(tmp_path, 34, DOSSIERS, TODAY, "khác")]
    assert len(again) == 10 and all(name.startswith("cong_dan_so") for name in again)


def test_nothing_comes_before_it_was_sent(tmp_path: Path) -> None:
    written = drop_folder.write(tmp_path, 34, DOSSIERS, date(2024, 2, 16), PASSWORD)
    names = {path.name for path in written}
    assert {"06a_thang1_2024.xlsx", "vien_thong_Q4_2023.xlsx"} < names
    assert names.isdisjoint({"06a_thang2_2024.xlsx", "vien_thong_Q1_2024.xlsx", "so_lieu_cong_bo_2023.xlsx"})
    assert all(datetime.fromtimestamp(path.stat().st_mtime, LOCAL).date() < date(2024, 2, 16) for path in written)


def communes_of(ws: Worksheet) -> list[list[Any]]:
    return [row for row in values(ws) if isinstance(row[0], int)]


def test_telecom_structure(folder: Path) -> None:
    ws = sheet(folder, "vien_thong_Q2_2024.xlsx")
    rows = values(ws)
    titles = ["SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "BÁO CÁO HẠ TẦNG VIỄN THÔNG", "Kỳ báo cáo: Quý II/2024"]
    assert [row[0] for row in rows[:3]] == titles
    assert rows[4] == list(telecom.HEADER)
    assert rows[5] == [f"({i})" for i in range(1, 12)]
    assert [row[1] for row in communes_of(ws)] == [commune.name for commune in communes()]
    bold = [row[1].value for row in ws.iter_rows(min_row=7) if row[1].value and row[1].font.b]
    assert bold == [*(district.name for district in districts()), "Tổng cộng"]
    assert any("(synthetic)" in str(row[0]) for row in rows)
    texts = [row[6] for row in communes_of(ws)]
    assert all(isinstance(text, str) for text in texts)
    assert any(isinstance(row[2], str) and "." in row[2] for row in communes_of(ws))
    assert {row[9] for row in communes_of(ws)} > {"-"}


def test_telecom_columns_of_one_quarter_are_others(folder: Path) -> None:
    rows, others = (values(sheet(folder, f"vien_thong_Q{quarter}_2022.xlsx")) for quarter in (3, 4))
    assert rows[4] == [*telecom.HEADER[:8], "Vùng lõm sóng", "Trung tâm xã có cáp quang (x)", "Ghi chú", "Ghi chú thêm"]
    marks = [{row[column] for row in table[6:] if isinstance(row[0], int)} for table, column in ((rows, 9), (others, 8))]
    assert marks == [{"x", "-"}] * 2


@pytest.mark.parametrize(
    ("name", "fibre_pct"), [("vien_thong_Q4_2023.xlsx", 52.8), ("vien_thong_Q2_2024.xlsx", 59.47)]
)
def test_published_share_of_households_with_fibre(folder: Path, name: str, fibre_pct: float) -> None:
    ws = sheet(folder, name)
    households, fibre = (sum(number(row[column]) for row in communes_of(ws)) for column in (2, 3))
    assert fibre * 10_000 == households * round(fibre_pct * 100)
    assert all(number(row[3]) <= number(row[2]) for row in communes_of(ws))


def test_published_coverage_in_2024_q2(folder: Path) -> None:
    rows = communes_of(sheet(folder, "vien_thong_Q2_2024.xlsx"))
    adults, mobile = (sum(number(row[column]) for row in rows) for column in (6, 7))
    assert mobile * 100 == adults * 92
    assert all(row[4] == row[5] for row in rows)
    assert all(row[8] == "x" for row in rows)


def test_subtotals_hold_but_for_the_mistyped_cells(folder: Path) -> None:
    for code in ("Q4_2023", "Q1_2024", "Q2_2024"):
        ws = sheet(folder, f"vien_thong_{code}.xlsx")
        wrong: list[tuple[str, int]] = []
        sums, open_sums, label = [0] * 11, [0] * 11, ""
        printed = [row for row in values(ws)[6:] if row[1] and row[2] is not None]
        for row in printed:
            if isinstance(row[0], int):
                for column in (2, 3, 4, 5, 6, 7, 9):
                    cell = str(row[column])
                    value = {"151.10": 15_110, "5.9123": 0}.get(cell)
                    open_sums[column] -= number(row[column]) if value is None else value
                continue
            wrong += [(label, column) for column in range(2, 10) if open_sums[column]]
            label, open_sums = row[1], [0, 0, *(number(v) for v in row[2:8]), 0, number(row[9]), 0]
            if row[1] != "Tổng cộng":
                sums = [a + b for a, b in zip(sums, open_sums, strict=True)]
        assert open_sums == sums
        assert wrong == ([("Huyện Ngọc Hồi", 6)] if code == "Q1_2024" else [])


def test_mistyped_cells(folder: Path) -> None:
    ws = sheet(folder, "vien_thong_Q1_2024.xlsx")
    bad = {
        cell.coordinate: cell.value
        for row in ws.iter_rows()
        for cell in row
        if cell.value in {"151.10", "5.9123"}
    }
    assert bad == {"C8": "151.10", "G43": "5.9123"}


def agencies_of(ws: Worksheet) -> dict[str, list[int]]:
    return {row[1]: [number(v) for v in row[2:13]] for row in values(ws)[9:] if isinstance(row[0], int)}


def test_one_stop_structure(folder: Path) -> None:
    ws = sheet(folder, "06a_thang3_2024.xlsx")
    rows = values(ws)
    assert rows[2][0] == "Kỳ báo cáo: Tháng 3/2024 (Từ ngày 15/02/2024 đến ngày 14/3/2024)"
    merged = {str(area) for area in ws.merged_cells.ranges}
    assert {"A6:A8", "B6:B8", "C6:F6", "D7:E7", "G6:J6", "K6:M6", "C7:C8", "M7:M8"} <= merged
    assert len(merged) == 15
    assert rows[8] == [f"({i})" for i in range(1, 14)]
    sections = [row[0].value for row in ws.iter_rows(min_row=10) if row[0].font.b and row[0].value]
    assert sections == ["I", "II"]
    assert len(agencies_of(ws)) == 30


def test_one_stop_sums_and_chain(folder: Path) -> None:
    broken, still_open = [], {}
    for month in range(1, 7):
        ws = sheet(folder, f"06a_thang{month}_2024.xlsx")
        found = agencies_of(ws)
        for name, c in found.items():
            holds = (
                c[0] == c[1] + c[2] + c[3]
                and c[4] == c[5] + c[6] + c[7]
                and c[8] == c[9] + c[10]
                and c[0] == c[4] + c[8]
            )
            if not holds:
                broken.append((month, name))
            assert min(c) >= 0
            assert still_open.get(name, c[3]) == c[3]
            still_open[name] = c[8]
        total = next(row for row in values(ws) if row[1] == "TỔNG CỘNG")
        assert total[2:13] == [sum(column) for column in zip(*found.values(), strict=True)]
    assert broken == [(4, "Sở Công Thương")]


def day_of(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=LOCAL).date()
    except ValueError:
        return None


def test_one_stop_counts_the_dossiers_of_the_portal(folder: Path) -> None:
    """From the last version of each dossier that the portal exports, by the days of the form."""
    first, end = date(2024, 2, 15), date(2024, 3, 15)
    book = DossierBook(34, DOSSIERS, TODAY, catalogue(34))
    last: dict[str, dict[str, str]] = {}
    for month in range(1, 7):
        exported = b"".join(book.export(span_of(f"2024-{month:02d}"))).decode("utf-8-sig")
        last |= {row["MaHoSo"]: row for row in csv.DictReader(io.StringIO(exported), delimiter=";")}
    received, resolved, late = Counter[str](), Counter[str](), Counter[str]()
    for row in last.values():
        came, due, gone = (day_of(row[name]) for name in ("NgayTiepNhan", "NgayHenTra", "NgayKetThuc"))
        if came and first <= came < end:
            received[row["MaDonVi"]] += 1
        if gone and due and first <= gone < end:
            resolved[row["MaDonVi"]] += 1
            late[row["MaDonVi"]] += gone > due + timedelta(days=int(row["SoNgayTamDung"]))
    codes = {agency.name.replace("thành phố", "TP."): agency.code for agency in agencies(date(2024, 1, 1))}
    found = {codes[name]: columns for name, columns in agencies_of(sheet(folder, "06a_thang3_2024.xlsx")).items()}
    assert sum(received.values()) > 200 and sum(late.values()) > 3
    for code, columns in found.items():
        assert columns[1] + columns[2] == pytest.approx(received[code], abs=1)  # a row that the sandbox spoils may be its dossier's last
        assert (columns[4], columns[7]) == (resolved[code], late[code]), code


def figures_of(ws: Worksheet) -> dict[str, list[Any]]:
    return {row[3]: row for row in values(ws) if isinstance(row[0], int)}


def test_published_figures(folder: Path) -> None:
    review = sheet(folder, "so_lieu_cong_bo_2024H1.xlsx")
    half = figures_of(review)
    assert review["A3"].value == "Kỳ báo cáo: 6 tháng đầu năm 2024"
    assert len(half) == 15
    integrated = half["Tỷ lệ TTHC của tỉnh tích hợp lên Cổng DVC quốc gia"]
    assert integrated[4:8] == ["6 tháng đầu năm 2024", "79,24%", "1.363", "1.726"]
    assert half["Tỷ lệ hệ thống thông tin được phê duyệt cấp độ an toàn"][5:8] == ["84%", "31", "37"]
    year = figures_of(sheet(folder, "so_lieu_cong_bo_2023.xlsx"))
    assert len(year) == 13
    assert {row[4] for row in year.values()} == {"Năm 2023"}
    printed = [row[5] for row in year.values()]
    assert {"1.014", "828", "52,8%", "45,01%"} <= set(printed)
    assert not any("/" in value for value in printed)


def test_two_deliveries_are_not_what_their_names_say(folder: Path) -> None:
    assert (folder / "06a_thang7_2024.xlsx").read_bytes().startswith(b"<!DOCTYPE html>")
    assert sheet(folder, "vien_thong_Q2_2024_so_y_te.xlsx")["A2"].value == "SỞ Y TẾ"
