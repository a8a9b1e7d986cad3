"""CSV exports as they really come: what is read all the same, what rejects its row, what refuses the file."""

import gzip
import io
import unicodedata
import zipfile
from itertools import zip_longest

import pytest
from chiso.staging.csv_export import BLOCK

from tests.deliveries import DOSSIER, Inbox, csv_bytes, dossier, dossiers, found, rules

SOURCE, NAMES = "portal/dossiers", tuple(DOSSIER)
THREE = dossiers(3)
LINES = csv_bytes(dossiers(6), newline="\n").decode().splitlines()


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.csv", csv_bytes(THREE))
    return stream.getvalue()


def renamed(**names: str) -> bytes:
    text = csv_bytes(THREE).decode()
    for name, other in names.items():
        text = text.replace(name, other, 1)
    return text.encode()


def ends(*kinds: str) -> bytes:
    """The three dossiers with these line ends, the last for all lines that are left."""
    return "".join(line + end for line, end in zip_longest(LINES[:4], kinds, fillvalue=kinds[-1])).encode()


READ = {
    "comma": csv_bytes(THREE, separator=","),
    "tab": csv_bytes(THREE, separator="\t"),
    "BOM and LF": csv_bytes(THREE, encoding="utf-8-sig", newline="\n"),
    "CR alone": csv_bytes(THREE, newline="\r"),
    "CR after the header, then LF": ends("\r", "\n"),
    "LF after the header, then CRLF": ends("\n", "\r\n"),
    "LF after the header, then CR": ends("\n", "\r"),
    "CRLF, then CR": ends("\r\n", "\r"),
    "a CR in the middle": ends("\n", "\r", "\n"),
    "two CR before each LF": ends("\r\r\n"),
    "LF before CR": ends("\n\r"),
    "CR alone, a newline in a field": csv_bytes([dossier(1, DiaChi="a\nb"), *dossiers(2, 2)]).replace(b"\r\n", b"\r"),
    "sep=": b"sep=;\r\n" + csv_bytes(THREE),
    "sep= of a sign that is none of ours": b'\xef\xbb\xbf"SEP=|"\n' + csv_bytes(THREE, separator="|"),
    "sep= in UTF-16": "sep=\t\r\n".encode("utf-16") + csv_bytes(THREE, separator="\t", encoding="utf-16-le"),
    "UTF-16": csv_bytes(THREE, encoding="utf-16"),
    "UTF-16, big end first, in gzip": gzip.compress(b"\xfe\xff" + csv_bytes(THREE, encoding="utf-16-be")),
    "a header with other separators in its names": renamed(TrangThai='"Trạng thái (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)"'),
    "a header over lines": renamed(MaHoSo='"Mã\nhồ sơ"', TrangThai='"Trạng\r\nthái"'),
    "BOM, spaces and no-break spaces in the header": renamed(MaHoSo="\ufeff MaHoSo\u00a0", DiaChi="  DiaChi \u00a0"),
    "a separator at each end": csv_bytes(THREE).replace(b"\r\n", b";;\r\n"),
    "a separator at the end of each row": csv_bytes(THREE).replace(b"\r\n", b";\r\n").replace(b";\r\n", b"\r\n", 1),
    "a separator at the end of the header": csv_bytes(THREE).replace(b"\r\n", b";;\r\n", 1),
    "rows of separators of any number": csv_bytes(THREE) + b";;;\r\n;\r\n" + b";" * 30 + b"\r\n",
    "a quote that is a sign, and newlines in quotes": csv_bytes(
        [dossier(1, ChuHoSo="Z"), dossier(2, DiaChi="a\nb"), dossier(3, DiaChi='nhà 5" ngõ "6"')]
    ).replace(b";Z;", b';12" x;'),
    "no final newline": csv_bytes(THREE).rstrip(),
    "header in other words": renamed(
        MaHoSo="Mã hồ sơ", MaTTHC=" MA_TTHC ", TrangThai=unicodedata.normalize("NFD", "Trạng thái")
    ),
    "reordered": csv_bytes(THREE, header=NAMES[::-1]),
    "blank lines": csv_bytes(THREE, newline="\n").replace(b"\n", b"\n\n") + b"\n   \n" + b";" * 22 + b"\n",
    "gzip": gzip.compress(csv_bytes(THREE)),
    "a stray quote": csv_bytes(THREE).replace("12 đường".encode(), '12" đường'.encode(), 1),
    "a stray CR": csv_bytes(THREE).replace("12 đường".encode(), b"12\r duong", 1),
    "another encoding in a personal column": csv_bytes(THREE).replace("Giả".encode(), b"Gi\xe3", 1),
    "a NUL in a personal column": csv_bytes(THREE).replace("Giả".encode(), b"Gi\0", 1),
    "a personal field of 3 MB": csv_bytes([dossier(1, DiaChi="x" * 3_000_000), *dossiers(2, 2)]),
    "a personal field over lines": csv_bytes([dossier(1, DiaChi='a\nb; "c"\r\nd'), *dossiers(2, 2)]),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_read_all_the_same(content: bytes, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, content, "a.csv")
    assert (outcome.accepted, outcome.rows, outcome.rejected, outcome.issues) == (True, 3, 0, [])
    assert outcome.period is not None
    assert outcome.period.code == "2024-06-10"


REFUSED = {
    "file_empty": [b"", b" \r\n \n", b"\xef\xbb\xbf"],
    "not_text_export": [
        b"<!DOCTYPE html>\n<html>",
        b'{"error": 500}',
        b"%PDF-1.4",
        zipped(),
        gzip.compress(zipped()),
        csv_bytes(THREE, encoding="utf-16-le"),
    ],
    "truncated": [gzip.compress(csv_bytes(THREE))[:-5], gzip.compress(csv_bytes(THREE))[:8]],
    "file_expands": [gzip.compress(csv_bytes(THREE) + b"\n" * (64 << 20), 1)],
    "columns_missing": [
        csv_bytes(THREE, header=[name for name in NAMES if name != "TrangThai"]),
        csv_bytes(THREE)[200:],
        b"\r" * 60_000 + b"x",
        renamed(TrangThai="Trang\u2028thai\x85\x0b\x0c\x1c x"),
        b"sep=;\r\n",
        b"sep=,\r\n" + csv_bytes(THREE),
        csv_bytes(THREE).replace(b"TrangThai", b"Trang\rThai", 1),
    ],
    "header_duplicate": [csv_bytes(THREE, header=[*NAMES, "Trạng thái"]), csv_bytes(THREE, header=[*NAMES, "DiaChi"])],
    "quote_unbalanced": [
        csv_bytes(THREE).replace("12 đường".encode(), '"12 đường'.encode(), 1),
        csv_bytes([*THREE, dossier(9, DiaChi="Z")]).replace(b";Z", b';"Z'),
        csv_bytes(THREE).replace(b"DiaChi", b'"DiaChi', 1),
        csv_bytes([dossier(1, DiaChi="Z"), *dossiers(30, 2), dossier(40, DiaChi='Tổ 9 "x"')]).replace(b";Z", b';"Z'),
        csv_bytes([dossier(1, ChuHoSo="Z"), *dossiers(30, 2), dossier(40, DiaChi="Tổ 9; x")]).replace(b";Z", b';"Z'),
    ],
}


@pytest.mark.parametrize(
    ("rule", "content"),
    [pytest.param(rule, content, id=f"{rule}-{place}") for rule, contents in REFUSED.items() for place, content in enumerate(contents, 1)],
)
def test_refused_whole(rule: str, content: bytes, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, content, "a.csv")
    assert (outcome.accepted, outcome.rows, rules(outcome)) == (False, 0, [rule])
    [finding] = outcome.issues
    assert (finding["action"], finding["severity"]) == ("refuse_delivery", "critical")
    assert "a.csv" in finding["message_vi"]


REJECTED = [
    ({"MaHoSo": ""}, "ma_ho_so.required"),
    ({"MaHoSo": "HS_1/2024"}, "ma_ho_so.pattern"),
    ({"MaTTHC": ""}, "ma_tthc.required"),
    ({"MaTTHC": "=1+1"}, "ma_tthc.formula_injection"),
    ({"MaTTHC": "x" * 3_000_000}, "ma_tthc.value_too_long"),
    ({"TrangThai": "x" * 9_000}, "trang_thai.number_missing"),
    ({"MaDonVi": "000.00.99.H34"}, "ma_don_vi.unit_at"),
    ({"MaXa": "99999"}, "ma_xa.unit_at"),
    ({"MaXa": "608"}, "ma_xa.unit_at"),
    ({"NgayTiepNhan": ""}, "ngay_tiep_nhan.required"),
    ({"NgayTiepNhan": "31/02/2024 08:00:00"}, "ngay_tiep_nhan.time_malformed"),
    ({"NgayTiepNhan": "10/06/24 08:00:00"}, "ngay_tiep_nhan.time_malformed"),
    ({"NgayTiepNhan": "10/06/2024 24:00:00"}, "ngay_tiep_nhan.time_malformed"),
    ({"NgayTiepNhan": "10/06/2024 08:00:60"}, "ngay_tiep_nhan.time_malformed"),
    ({"NgayTiepNhan": "10/06/2024 08:00:61"}, "ngay_tiep_nhan.time_malformed"),
    ({"NgayTiepNhan": "2024-06-10 08:00:00"}, "ngay_tiep_nhan.time_malformed"),
    ({"NgayKetThuc": "31/12/9999 00:00:00"}, "ngay_ket_thuc.time_malformed"),
    ({"ThoiDiemCapNhat": "10/06/2024"}, "thoi_diem_cap_nhat.time_malformed"),
    ({"NgayKetThuc": "09/06/2024 23:59:59"}, "finished_before_received"),
    ({"NgayHenTra": "10/06/2024 07:59:59"}, "due_before_received"),
    ({"PhiLePhi": "-1"}, "phi_le_phi.number_negative"),
    ({"PhiLePhi": "1,000"}, "phi_le_phi.number_ambiguous"),
    ({"PhiLePhi": "9" * 19}, "phi_le_phi.number_malformed"),
    ({"TrangThai": "0"}, "trang_thai.choice"),
    ({"TrangThai": "11"}, "trang_thai.choice"),
    ({"TrangThai": ""}, "trang_thai.required"),
    ({"KenhThucHien": "99999999999"}, "kenh_thuc_hien.choice"),
    ({"MucDoHaiLong": "6"}, "muc_do_hai_long.range"),
    ({"MucDo": "hết"}, "muc_do.choice_unknown"),
    ({"CoKetQuaDienTu": "2"}, "co_ket_qua_dien_tu.flag_malformed"),
    ({"SoLanBoSung": "99999999999"}, "so_lan_bo_sung.range"),
]


@pytest.mark.parametrize(("changes", "rule"), REJECTED, ids=[rule for _, rule in REJECTED])
def test_rejects_its_row_alone(changes: dict[str, str], rule: str, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, csv_bytes([dossier(1), dossier(2, **changes), dossier(3)]), "a.csv")
    assert (outcome.accepted, outcome.rows, outcome.rejected) == (True, 3, 1)
    assert found(outcome) == [(rule, 3)]
    assert all(len(each["value"] or "") <= 201 for each in outcome.issues)


ACCEPTED = [
    {"PhiLePhi": "1.000"},
    {"PhiLePhi": "1 000"},
    {"PhiLePhi": ""},
    {"MaXa": "", "NgayHenTra": "", "MucDoHaiLong": ""},
    {"NgayKetThuc": "10/06/2024 08:00:00"},
    {"NgayTiepNhan": " 10/06/2024 08:00:00 ", "MaHoSo": " 000.00.11.H34-240610-0002 "},
    {"MucDo": "Toàn Trình"},
    {"CoKetQuaDienTu": "true"},
]


@pytest.mark.parametrize("changes", ACCEPTED, ids=str)
def test_accepts(changes: dict[str, str], desk: Inbox) -> None:
    outcome = desk.check(SOURCE, csv_bytes([dossier(2, **changes)]), "a.csv")
    assert (outcome.accepted, outcome.rejected, outcome.issues) == (True, 0, [])


@pytest.mark.parametrize(
    ("rejected", "rows", "accepted"),
    [(2, 10, True), (3, 10, False), (3, 60, True), (3, 59, False), (5, 100, True), (6, 100, False), (6, 120, True)],
)
def test_more_than_two_and_more_than_five_percent_refuse(rejected: int, rows: int, accepted: bool, desk: Inbox) -> None:
    bad = [dossier(number, TrangThai="11") for number in range(1, rejected + 1)]
    outcome = desk.check(SOURCE, csv_bytes([*bad, *dossiers(rows - rejected, 500)]), "a.csv")
    assert (outcome.accepted, outcome.rows, outcome.rejected) == (accepted, rows, rejected)
    assert ("too_many_rejects" in rules(outcome)) is not accepted


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_findings_name_the_physical_line(newline: str, desk: Inbox) -> None:
    rows = [dossier(1, DiaChi="a\nb\nc"), dossier(2, DiaChi="x\ny"), dossier(3, TrangThai="11"), *dossiers(50, 10)]
    content = csv_bytes(rows, newline=newline)
    assert found(desk.check(SOURCE, content, "a.csv")) == [("trang_thai.choice", 7)]
    after_blank_lines = content.replace(newline.encode(), newline.encode() * 3, 1)
    assert found(desk.check(SOURCE, after_blank_lines, "a.csv")) == [("trang_thai.choice", 9)]


def test_a_line_with_too_many_or_too_few_fields_is_rejected_and_not_shown(desk: Inbox) -> None:
    lines = list(LINES)
    lines[2] += ";Nguyễn Bí Mật;0905123456"
    lines[4] = "a;b"
    lines[1:1] = ["", ""]
    outcome = desk.check(SOURCE, "\n".join(lines).encode(), "a.csv")
    assert (outcome.rows, outcome.rejected) == (6, 2)
    assert found(outcome) == [("wrong_field_count", 5), ("wrong_field_count", 7)]
    assert "Bí Mật" not in str(outcome)
    assert "0905123456" not in str(outcome)


def test_a_record_beside_a_return_is_never_lost(desk: Inbox) -> None:
    """Where pieces of a line aren't whole records, each is a row, and the wrong one is named."""
    lines = list(LINES)
    lines[3] = f"{lines[3]}\ra;b"
    outcome = desk.check(SOURCE, "\n".join(lines).encode(), "a.csv")
    assert (outcome.rows, found(outcome)) == (7, [("wrong_field_count", 5)])


def test_a_long_export_with_quotes_that_are_signs(desk: Inbox) -> None:
    """In every block there are some, and newlines in quoted fields; what is found is found at its line."""
    rows = dossiers(25_000)
    for number in range(0, len(rows), 9):
        rows[number]["DiaChi"] = "Tổ 1\nthôn 2" if number % 2 else "Zà 5"
    rows[24_990]["TrangThai"] = "11"
    content = csv_bytes(rows).replace("Zà 5".encode(), 'nhà 5" ngõ'.encode())
    assert len(content) > BLOCK
    outcome = desk.check(SOURCE, content, "a.csv")
    line = line_of(rows, 24_991)
    assert (outcome.rows, found(outcome)) == (25_000, [("trang_thai.choice", line)])
    open_again = content.replace(b"-24001;", b'-24001;"')
    [refused] = desk.check(SOURCE, open_again, "a.csv").issues
    assert refused["rule"] == "quote_unbalanced"
    assert f"dòng {line_of(rows, 24_001)} " in refused["message_vi"]


def line_of(rows: list[dict[str, str]], number: int) -> int:
    """The line on which a row (from 1) begins, below one of names."""
    return 1 + number + sum(row["DiaChi"].count("\n") for row in rows[: number - 1])


def test_columns_too_many_or_too_few_are_findings(desk: Inbox) -> None:
    extra = desk.check(SOURCE, csv_bytes(THREE, header=["Mới", *NAMES]), "a.csv")
    assert (extra.accepted, rules(extra)) == (True, ["column_unknown"])
    fewer = [name for name in NAMES if name not in ("MaXa", "ChuHoSo")]
    missing = desk.check(SOURCE, csv_bytes(THREE, header=fewer), "a.csv")
    assert (missing.accepted, sorted(rules(missing))) == (True, ["optional_column_missing", "personal_column_missing"])


@pytest.mark.parametrize(
    ("name", "period", "rule"),
    [
        ("a.csv", "2024-07", "period_stated"),
        ("a.csv", "2024-07-02", "period_stated"),
        ("a.csv", "2024-Q3", "period_stated"),
        ("ho_so_2024-07.csv", None, "period_file_name"),
    ],
)
def test_events_of_another_time_are_another_delivery(name: str, period: str | None, rule: str, desk: Inbox) -> None:
    outcome = desk.check(SOURCE, csv_bytes(THREE), name, period)
    assert (outcome.accepted, rules(outcome)) == (False, [rule])
    one_inside = [*THREE, dossier(4, ThoiDiemCapNhat="01/07/2024 08:00:00")]
    assert desk.check(SOURCE, csv_bytes(one_inside), name, period).accepted


def test_a_header_alone_is_a_day_without_dossiers(desk: Inbox) -> None:
    outcome = desk.check(SOURCE, csv_bytes([]), "a.csv", "2024-06-16")
    assert (outcome.accepted, outcome.rows, outcome.issues) == (True, 0, [])


@pytest.mark.parametrize(("last", "kept"), [("DiaChi", 2), ("DiaChi", 20), ("DiaChi", 150), ("NgayTiepNhan", -3)])
def test_a_file_that_breaks_off_in_its_last_record_seems_cut(last: str, kept: int, desk: Inbox) -> None:
    content = csv_bytes(dossiers(60), header=[*(name for name in NAMES if name != last), last]).rstrip().removesuffix(b":00")
    records, _, record = content.rpartition(b"\n")
    outcome = desk.check(SOURCE, records + b"\n" + record[:kept], "a.csv")
    assert (outcome.accepted, outcome.rows, outcome.rejected) == (True, 60, 1)
    [cut] = [each for each in outcome.issues if each["rule"] == "file_cut"]
    assert (cut["severity"], cut["action"], cut["row"], "dòng 61" in cut["message_vi"]) == ("warning", "flag", 61, True)


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_file_whose_last_record_is_whole_or_ended_does_not(ending: bytes, desk: Inbox) -> None:
    whole = desk.check(SOURCE, csv_bytes(dossiers(60)).rstrip() + ending, "a.csv")
    assert (whole.rejected, rules(whole)) == (0, [])
    if ending:
        spoilt = desk.check(SOURCE, csv_bytes(dossiers(60)).rstrip()[:-40] + ending, "a.csv")
        assert spoilt.rejected == 1 and "file_cut" not in rules(spoilt)
