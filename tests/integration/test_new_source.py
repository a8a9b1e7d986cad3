"""`chiso source new` and `expect`: a source proposed from a sample lints, checks and loads; by hand it needs three files and a command."""

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest
from chiso import contracts
from chiso.authoring import creating, documentation, expecting
from chiso.authoring.linting import lint
from chiso.flow import collecting
from chiso.system.errors import UsageError
from chiso.system.platform import Platform
from chiso.warehouse import upgrade

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import Page

DEPARTMENTS = ["UBND TỈNH KON TUM", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]


def page(*rows: Sequence[object], **more: object) -> Page:
    return Page([list(row) for row in rows], **more)  # type: ignore[arg-type]


HEALTH = page(
    DEPARTMENTS,
    ["SỞ Y TẾ"],
    ["ỨNG DỤNG CÔNG NGHỆ THÔNG TIN TRONG KHÁM, CHỮA BỆNH (số liệu giả định)"],
    ["Kỳ báo cáo: Quý II/2024"],
    [],
    ["STT", "Đơn vị", "Cơ sở KCB", "Loại", "Thanh toán không dùng tiền mặt (x)", "Dân số quản lý", "Chi phí (triệu đồng)"],
    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
    [1, "Huyện Đắk Hà", "Trạm Y tế số 1", "Trạm y tế", "x", "1.250", "12,5"],
    [2, None, "Trạm Y tế số 2", "Trạm y tế", None, "980", "7,25"],
    [3, None, "Trung tâm Y tế", "Trung tâm y tế", "x", "15.300", "120"],
    [4, "Huyện Sa Thầy", "Trạm Y tế số 1", "Trạm y tế", "x", "1.100", "9"],
    [5, None, "Trung tâm Y tế", "Trung tâm y tế", "x", "14.020", "98,5"],
    [6, None, "Trạm Y tế số 3", "Trạm y tế", None, "760", "4,5"],
    [None, "Tổng cộng", None, None, None, "33.410", "251,75"],
    [],
    [None, "NGƯỜI LẬP BIỂU", None, None, "GIÁM ĐỐC"],
)
LEVELS = page(
    ["BỘ CHỈ SỐ PHỤC VỤ (số liệu giả định)"],
    ["Tháng 6/2024"],
    ["STT", "Đơn vị", "Tiếp nhận", None, "Tỷ lệ (%)"],
    [None, None, "Tổng số", "Trực tuyến", None],
    [1, "Sở Nội vụ", 10, 4, "40,0"],
    [2, "Sở Tư pháp", 30, 9, "30,0"],
    [3, "Sở Y tế", 20, 6, "30,0"],
    merges=[(2, 2, 2, 3), (2, 0, 3, 0), (2, 1, 3, 1), (2, 4, 3, 4)],
)
PAYMENTS = "MaGiaoDich;MaDonVi;TrangThai;SoTien;ThoiDiem;HoTen\n" + "".join(
    f"GD{n:04};000.00.0{1 + n % 3}.H34;{'thành công' if n % 3 else 'thất bại'};{1000 * n};27/06/2024 08:{n:02}:00;Người {n}\n" for n in range(20)
)
ALERTS = {
    "period": "2024-06-28",
    "total": 3,
    "items": [{"ngay": "2024-06-28", "ma_don_vi": f"000.00.1{n}.H34", "muc_do": "low", "so_luong": n, "phut": 1.5 * n} for n in range(1, 4)],
}


def made(source: str, name: str, content: bytes, running: Platform, owner: str | None = None) -> creating.Created:
    sample = running.settings.home.parent / name
    sample.write_bytes(content)
    return creating.create(source, sample, owner, running)


@pytest.mark.parametrize("build", [wb.xlsx, wb.xls, wb.ods, wb.html_table], ids=["xlsx", "xls", "ods", "html"])
def test_a_form_of_any_format_is_proposed_and_passes(build: object, checkout: Platform) -> None:
    name = {wb.xlsx: "phong_kham_Q2_2024.xlsx", wb.ods: "phong_kham_Q2_2024.ods"}.get(build, "phong_kham_Q2_2024.xls")  # type: ignore[call-overload]
    created = made("departments/clinics", name, build(HEALTH), checkout)  # type: ignore[operator]
    assert created.faults == []
    contract = contracts.load("departments/clinics", checkout.settings)
    assert [(column.name, column.reading) for column in contract.columns] == [
        ("don_vi", "unit"),
        ("co_so_kcb", "text"),
        ("loai", "choice"),
        ("thanh_toan_khong_dung_tien_mat", "mark"),
        ("dan_so_quan_ly", "count"),
        ("chi_phi", "number"),
    ]
    assert contract.column("don_vi").levels == ("district",)
    assert contract.column("don_vi").terms.blank == "above"
    assert contract.column("chi_phi").terms.printed_in == "triệu đồng"
    assert contract.key == ["don_vi", "co_so_kcb"]
    assert contract.terms.responsible == "000.00.16.H34"
    assert contract.terms.delivery.cadence == "quarter"
    assert contract.terms.transport.file_names == ["phong_kham*"]
    expected = expecting.read(expecting.expected_file("departments/clinics", checkout.settings))
    assert (expected["accepted"], expected["rows"], expected["rejected"], expected["issues"]) == (True, 6, 0, [])
    assert expected["sums"] == {"dan_so_quan_ly": 33410, "chi_phi": 251_750_000}


def test_levels_of_a_header_and_percentages(checkout: Platform) -> None:
    created = made("portal/quality", "chat_luong_T6_2024.xlsx", wb.xlsx(LEVELS), checkout)
    assert created.faults == []
    contract = contracts.load("portal/quality", checkout.settings)
    assert contract.column("tiep_nhan_tong_so").header == [["Tiếp nhận"], ["Tổng số"]]
    assert contract.column("ty_le").reading == "percent"
    assert contract.column("don_vi").reading == "agency"
    assert contract.terms.figures is not None
    assert contract.terms.figures.kind == "flow"
    assert expecting.read(expecting.expected_file("portal/quality", checkout.settings))["sums"] == {
        "tiep_nhan_tong_so": 60,
        "tiep_nhan_truc_tuyen": 19,
    }


def test_records_are_proposed_with_times_flags_and_what_is_personal(checkout: Platform) -> None:
    created = made("portal/receipts", "receipts_2024-06-27.csv", PAYMENTS.encode(), checkout)
    assert created.faults == []
    contract = contracts.load("portal/receipts", checkout.settings)
    assert {column.name: column.reading for column in contract.loaded_columns} == {
        "ma_giao_dich": "text",
        "ma_don_vi": "agency",
        "trang_thai": "choice",
        "so_tien": "count",
        "thoi_diem": "timestamp",
    }
    assert [column.name for column in contract.columns if column.personal] == ["ho_ten"]
    assert contract.key == ["ma_giao_dich"]
    assert (contract.terms.transport.kind, contract.terms.transport.endpoint) == ("export", "portal")
    # Its period stands in its name alone, which the fixture keeps.
    assert [path.name for path in expecting.fixtures("portal/receipts", checkout.settings)] == ["receipts.2024-06-27.csv"]
    assert any("personal" in note for note in created.notes)

    created = made("soc/warnings", "warnings.json", json.dumps(ALERTS).encode(), checkout, owner="000.00.11.H34")
    assert created.faults == []
    assert contracts.load("soc/warnings", checkout.settings).column("phut").reading == "number"


def test_what_is_proposed_loads_as_it_checks(checkout: Platform) -> None:
    made("departments/clinics", "phong_kham_Q2_2024.xlsx", wb.xlsx(HEALTH), checkout)
    upgrade(checkout.engine, checkout.settings)
    contract = contracts.load("departments/clinics", checkout.settings)
    [fixture] = expecting.fixtures("departments/clinics", checkout.settings)
    outcome = collecting.ingest_file(fixture, contract, checkout)
    assert expecting.shape(outcome) | {"sums": {"dan_so_quan_ly": 33410, "chi_phi": 251_750_000}} == expecting.answers(contract, checkout)


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.xlsx", wb.xlsx(page(["Chỉ có tiêu đề"])), "no sheet has a header"),
    ("a.csv", b"mot dong", "holds no table"),
    ("a.json", b'{"a": [', "is no JSON"),
    ("a.json", b"[]", "holds no records"),
    ("a.bin", b"\x00\xff\x01\xfe", "no workbook and no text"),
])  # fmt: skip
def test_a_file_that_is_no_sample_writes_nothing(name: str, content: bytes, said: str, checkout: Platform) -> None:
    with pytest.raises(UsageError, match=said):
        made("departments/other", name, content, checkout)
    assert "departments/other" not in contracts.source_names(checkout.settings)


@pytest.mark.parametrize("source", ["clinics", "departments/Y tế", "departments/telecom"])
def test_a_name_that_is_none_or_taken_writes_nothing(source: str, checkout: Platform) -> None:
    before = contracts.source_names(checkout.settings)
    with pytest.raises(UsageError):
        made(source, "phong_kham_Q2_2024.xlsx", wb.xlsx(HEALTH), checkout)
    assert contracts.source_names(checkout.settings) == before


def run(running: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {**running.settings.values, "CHISO_HOME": str(running.settings.home), "CHISO_VAR": str(running.settings.var)}
    return subprocess.run(
        [sys.executable, "-c", "from chiso.cli import main; main()", *arguments], env=given, capture_output=True, text=True, check=False
    )


def test_by_hand_a_source_is_three_files_and_two_commands(checkout: Platform) -> None:
    """As the README says."""
    home, source = checkout.settings.home, "departments/meetings"
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    for language, name in (("yaml", f"include/schemas/contracts/{source}.yml"), ("json", f"expectations/{source}.json")):
        block = re.search(rf"^   ```{language}\n(.*?)^   ```", readme, re.DOTALL | re.MULTILINE)
        assert block is not None
        (home / name).write_text(textwrap.dedent(block[1]), "utf-8")
    form = page(
        ["HỌP TRỰC TUYẾN (số liệu giả định)"],
        ["Kỳ báo cáo: Quý II/2024"],
        ["STT", "Đơn vị", "Số cuộc họp", "Họp trực tuyến"],
        [1, "Sở Nội vụ", 120, 110],
        [2, "Sở Y tế", 80, 90],
        [3, "Sở Tư pháp", 60, 60],
        [None, "Tổng cộng", 260, 260],
    )
    (home / f"tests/fixtures/{source}.xlsx").write_bytes(wb.xlsx(form))

    linted = run(checkout, "source", "lint", source)
    assert (linted.returncode, linted.stderr.splitlines()) == (1, [
        f"tests/fixtures/{source}.expected.json: the expected answers are missing; write them: chiso source expect {source}",
        "1 sources, 1 faults",
    ])  # fmt: skip
    written = run(checkout, "source", "expect", source)
    assert (written.returncode, written.stdout) == (
        0,
        f"tests/fixtures/{source}.expected.json: accepted, rows 3, rejected 1, findings 1, sums 2\n",
    )
    assert expecting.read(expecting.expected_file(source, checkout.settings)) == {
        "period": "2024-Q2",
        "calendar": "administrative",
        "accepted": True,
        "rows": 3,
        "rejected": 1,
        "issues": [["critical", "online_exceeds_all", "D5", 5]],
        "sums": {"meetings": 180, "meetings_online": 170},
    }
    assert run(checkout, "source", "docs").returncode == 0
    assert lint(checkout) == []
    assert documentation.stale(checkout.settings) == []
    assert source in (home / "docs/sources.md").read_text("utf-8")

    checked = run(checkout, "check", str(home / f"tests/fixtures/{source}.xlsx"), "--source", source, "--values")
    assert "  meetings                                                  180 cuộc         rows 2" in checked.stdout


def test_the_command_says_what_it_guessed(checkout: Platform) -> None:
    sample = checkout.settings.home.parent / "phong_kham_Q2_2024.xlsx"
    sample.write_bytes(wb.xlsx(HEALTH))
    made_it = run(checkout, "source", "new", "departments/clinics", "--from", str(sample))
    assert (made_it.returncode, made_it.stderr) == (0, "")
    assert "written: include/schemas/contracts/departments/clinics.yml" in made_it.stdout
    assert "owner: Sở Y tế (000.00.16.H34), named above the table" in made_it.stdout
    assert "the sample is accepted: rows 6, rejected 0" in made_it.stdout
    again = run(checkout, "source", "new", "departments/clinics", "--from", str(sample))
    assert again.returncode == 2
    assert "is there already; nothing was written" in again.stderr
    assert run(checkout, "source", "lint").returncode == 0


def test_a_small_form_is_checked_without_the_library_and_without_pandas(checkout: Platform) -> None:
    fixture = checkout.settings.home / "tests/fixtures/departments/telecom.xlsx"
    code = (
        "import sys; from chiso.cli import cli; from chiso.validation import judge\n"
        f"cli.main(['check', {str(fixture)!r}, '--source', 'departments/telecom'], standalone_mode=False)\n"
        "print(sorted({'pandas', 'great_expectations', 'viparse'} & set(sys.modules)), judge._PROCESSES)"
    )
    given = {**checkout.settings.values, "CHISO_HOME": str(checkout.settings.home), "CHISO_VAR": str(checkout.settings.var)}
    done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] {}"
