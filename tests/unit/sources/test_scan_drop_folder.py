"""Files in the drop folder and the sources they belong to."""

import json
import os
import unicodedata
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from chiso.contracts import Contract, Delivery, Terms, Transport
from chiso.sources import Dropped, scanned_drop_folder
from chiso.system import settings as environment
from chiso.system.errors import EndpointError, SettingsError
from chiso.system.settings import LOCAL_TIME, Endpoint

MOMENT = 1_719_800_000  # 2024-07-01 09:13:20 in Viet Nam


def contract(source: str, *patterns: str, **transport: Any) -> Contract:
    given = {"kind": "drop_folder", "endpoint": "departments", "file_names": list(patterns), **transport}
    return Contract(
        source=source,
        version="1",
        title_vi=source,
        description=source,
        columns=[],
        terms=Terms(
            owner="000.00.11.H34",
            transport=Transport(**given),
            delivery=Delivery(cadence="quarter", format="workbook"),
        ),
        path=Path("x.yml"),
    )


TELECOM = contract("departments/telecom", "vien_thong*", "ha_tang_vien_thong*")
ONE_STOP = contract("departments/one_stop_results", "06a*", "*II.06a*")


def put(folder: Path, name: str, age: int = 0) -> Path:
    path = folder / name
    path.write_bytes(b"synthetic")
    os.utime(path, (MOMENT - age, MOMENT - age))
    return path


def listed(endpoint: Endpoint, *contracts: Contract) -> list[Dropped]:
    """What lies there; raises the fault of a folder that can't be listed."""
    with scanned_drop_folder(endpoint, contracts) as seen:
        for fault in seen.faults.values():
            raise fault
        return list(seen.files)


def scan(folder: Path, *contracts: Contract) -> list[Dropped]:
    return listed(Endpoint(folder.as_uri()), *(contracts or (TELECOM, ONE_STOP)))


def source_of(folder: Path, name: str, *contracts: Contract) -> str | None:
    put(folder, name)
    found = {unicodedata.normalize("NFC", file.file_name): file.source for file in scan(folder, *contracts)}
    return found[unicodedata.normalize("NFC", name)]


def test_files_come_once_oldest_first_with_what_they_are(tmp_path: Path) -> None:
    newest = put(tmp_path, "06a_thang6_2024.xlsx")
    put(tmp_path, "vien_thong_Q2.xlsx", age=10)
    put(tmp_path, "vien_thong_Q1.xlsx", age=10)
    put(tmp_path, "ghi chú.txt", age=20)
    files = scan(tmp_path)
    assert [(file.file_name, file.source) for file in files] == [
        ("ghi chú.txt", None),
        ("vien_thong_Q1.xlsx", "departments/telecom"),
        ("vien_thong_Q2.xlsx", "departments/telecom"),
        ("06a_thang6_2024.xlsx", "departments/one_stop_results"),
    ]
    last = files[-1]
    assert last.file.path == newest
    assert last.received_at == datetime(2024, 7, 1, 9, 13, 20, tzinfo=LOCAL_TIME)
    assert last.uri == newest.as_uri()
    assert files[0].uri.endswith("/ghi%20ch%C3%BA.txt")


@pytest.mark.parametrize(
    "name",
    [
        "VIEN_THONG_Q2_2024.XLSX",
        "Viễn thông Q2-2024.xlsx",
        "vien-thong.xlsx",
        "Viễn  _ Thông.xls",
        "Hạ tầng viễn thông quý II.xlsx",
        unicodedata.normalize("NFD", "Viễn Thông Q2.xlsx"),
    ],
)
def test_names_match_without_regard_to_case_accents_and_gaps(tmp_path: Path, name: str) -> None:
    assert source_of(tmp_path, name) == "departments/telecom"


def test_a_pattern_may_have_accents_in_either_form(tmp_path: Path) -> None:
    accented = contract("departments/telecom", unicodedata.normalize("NFD", "Đường truyền*"))
    assert source_of(tmp_path, "duong_truyen.xlsx", accented) == "departments/telecom"
    assert source_of(tmp_path, "ĐƯỜNG TRUYỀN.xlsx", accented) == "departments/telecom"


def test_brackets_of_a_name_are_no_pattern(tmp_path: Path) -> None:
    digits = contract("departments/telecom", "quy[1-4]*")
    assert source_of(tmp_path, "quy3 [ban 2].xlsx", digits) == "departments/telecom"
    assert source_of(tmp_path, "quy5.xlsx", digits) is None


def test_the_longer_pattern_wins(tmp_path: Path) -> None:
    wide = contract("departments/wide", "vien*")
    assert source_of(tmp_path, "vien_thong.xlsx", wide, TELECOM) == "departments/telecom"
    assert source_of(tmp_path, "vien_phi.xlsx", wide, TELECOM) == "departments/wide"


def test_a_name_that_fits_two_sources_concerns_that_file_alone(tmp_path: Path) -> None:
    put(tmp_path, "vien_thong.xlsx")
    put(tmp_path, "vien_thong_Q1.xlsx")
    telecom, twin = contract("departments/telecom", "vien_thong*"), contract("departments/twin", "*thong.xlsx")
    shared, sole = scan(tmp_path, telecom, twin)
    assert (shared.source, shared.fits) == (None, ("departments/telecom", "departments/twin"))
    assert shared.left and shared.left.rule == "file_name_shared"
    assert "fits several sources (departments/telecom, departments/twin)" in shared.left.message_en
    assert sole.source == "departments/telecom"
    both = contract("departments/telecom", "vien_thong*", "*thong.xlsx")
    assert source_of(tmp_path, "vien_thong.xlsx", both) == "departments/telecom"


def test_contracts_of_other_transports_are_passed_over(tmp_path: Path) -> None:
    api = contract("soc/x", "vien*", kind="json", path="/x", since="2024")
    assert source_of(tmp_path, "vien_thong.xlsx", api) is None


def test_what_is_no_finished_file_is_passed_over(tmp_path: Path) -> None:
    for name in (
        ".vien_thong.xlsx", "~$vien_thong.xlsx", "vien_thong.xlsx.part", "vien_thong.xlsx.crdownload",
        "vien_thong.TMP", "vien_thong.filepart",
    ):
        put(tmp_path, name)
    (tmp_path / "vien_thong_2023").mkdir()
    put(tmp_path / "vien_thong_2023", "vien_thong.xlsx")
    os.mkfifo(tmp_path / "vien_thong_pipe.xlsx")
    assert scan(tmp_path) == []


def test_links_out_of_the_folder_are_reported_not_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    outside.mkdir()
    secret = put(outside, "vien_thong_secret.xlsx")
    (folder / "vien_thong_1.xlsx").symlink_to(secret)
    (folder / "vien_thong_2.xlsx").symlink_to(outside)
    (folder / "vien_thong_3.xlsx").symlink_to(outside / "nowhere")
    (folder / "vien_thong_4.xlsx").symlink_to(folder / "vien_thong_4.xlsx")
    found = {file.file_name: file for file in scan(folder)}
    assert sorted(found) == [f"vien_thong_{n}.xlsx" for n in (1, 2, 3, 4)]
    assert {file.source for file in found.values()} == {None}
    assert {file.left.rule for file in found.values() if file.left} == {"link_outside"}
    assert found["vien_thong_1.xlsx"].received_at.timestamp() != MOMENT


def test_links_inside_the_folder_bring_each_file_once(tmp_path: Path) -> None:
    real = put(tmp_path, "vien_thong_Q1.xlsx")
    (tmp_path / "vien_thong_again.xlsx").symlink_to(real)
    (tmp_path / "..data").mkdir()
    hidden = put(tmp_path / "..data", "q2")
    (tmp_path / "vien_thong_Q2.xlsx").symlink_to(hidden)
    assert [(file.file_name, file.source) for file in scan(tmp_path)] == [
        ("vien_thong_Q1.xlsx", "departments/telecom"),
        ("vien_thong_Q2.xlsx", "departments/telecom"),
    ]


def test_the_folder_itself_may_be_a_link_and_have_spaces(tmp_path: Path) -> None:
    real = tmp_path / "Thư mục chung"
    real.mkdir()
    put(real, "vien_thong.xlsx")
    (tmp_path / "link").symlink_to(real)
    assert [file.source for file in scan(real)] == ["departments/telecom"]
    assert [file.source for file in scan(tmp_path / "link")] == ["departments/telecom"]


def test_a_name_that_is_no_utf8_can_still_be_written_down(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/vien_thong_\xd0.xlsx")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (file,) = scan(tmp_path)
    assert (file.file_name, file.source) == ("vien_thong_\ufffd.xlsx", "departments/telecom")
    assert file.uri.endswith("vien_thong_%D0.xlsx")
    assert file.file.path.read_bytes() == b"x"


def test_a_file_that_goes_while_listed_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "vien_thong_Q1.xlsx")
    put(tmp_path, "vien_thong_Q2.xlsx")
    lstat = Path.lstat

    def gone(path: Path) -> os.stat_result:
        if path.name == "vien_thong_Q1.xlsx":
            path.unlink()
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", gone)
    assert [file.file_name for file in scan(tmp_path)] == ["vien_thong_Q2.xlsx"]


def test_a_link_that_is_turned_elsewhere_is_another_file(tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "out"
    (folder / ".data").mkdir(parents=True)
    outside.mkdir()
    link = folder / "vien_thong_Q2.xlsx"
    link.symlink_to(put(folder / ".data", "q2"))
    (file,) = scan(folder)
    assert (file.source, file.file.status.st_ino) == ("departments/telecom", (folder / ".data" / "q2").stat().st_ino)
    link.unlink()
    link.symlink_to(put(outside, "secret"))
    (file,) = scan(folder)
    assert (file.source, file.left and file.left.rule) == (None, "link_outside")


def test_a_file_above_the_limit_is_left_with_what_to_do(tmp_path: Path) -> None:
    with (tmp_path / "vien_thong.xlsx").open("wb") as file:
        file.truncate((200 << 20) + 1)
    (found,) = scan(tmp_path)
    assert found.left and found.left.rule == "file_too_large"
    assert "200 MB, the limit is 200 MB; send the form only" in found.left.message_en
    put(tmp_path, "vien_thong.xlsx")
    bounded = Endpoint(tmp_path.as_uri(), extra={"max_bytes": "8"})
    (found,) = listed(bounded, TELECOM)
    assert found.left and found.left.rule == "file_too_large"
    with pytest.raises(SettingsError, match="AIRFLOW_CONN_CHISO_DEPARTMENTS: max_bytes='8 MB' is no number"):
        listed(Endpoint(tmp_path.as_uri(), extra={"max_bytes": "8 MB"}), TELECOM)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else for a moment")
def test_a_file_that_may_not_be_read_holds_up_no_other() -> None:
    with TemporaryDirectory() as made:  # pytest's own folders are closed to others
        folder = Path(made)
        folder.chmod(0o755)
        put(folder, "vien_thong_Q1.xlsx").chmod(0)
        put(folder, "vien_thong_Q2.xlsx")
        os.seteuid(65534)
        try:
            closed, open_to_all = scan(folder)
        finally:
            os.seteuid(0)
    assert closed.left and closed.left.rule == "file_unreadable"
    assert open_to_all.source == "departments/telecom"


def test_several_folders_are_one_drop_folder(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    mine.mkdir()
    theirs.mkdir()
    put(mine, "vien_thong_Q2.xlsx")
    put(theirs, "vien_thong_Q2.xlsx", age=10)
    given = {"AIRFLOW_CONN_CHISO_DEPARTMENTS": f"{mine.as_uri()}?folders={theirs}"}
    in_json = json.dumps({"conn_type": "file", "schema": str(mine), "extra": {"folders": [str(theirs), str(mine)]}})
    for values in (given, {"AIRFLOW_CONN_CHISO_DEPARTMENTS": in_json}):
        endpoint = environment.load(values).endpoint("departments")
        assert [file.file.path.parent.name for file in listed(endpoint, TELECOM)] == ["theirs", "mine"]
    with pytest.raises(EndpointError, match="write the drop folder as file:///absolute/path"):
        listed(Endpoint(mine.as_uri(), extra={"folders": "var/drop"}), TELECOM)


def test_what_a_name_hides_is_shown(tmp_path: Path) -> None:
    put(tmp_path, "bao\x1b[2Jcao\u202exslx.txt\nnext")
    (file,) = scan(tmp_path)
    assert file.left and file.left.message_en.startswith(r"bao\u001b[2Jcao\u202exslx.txt\u000anext: the name fits no source")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("://bucket/in", "AIRFLOW_CONN_CHISO_DEPARTMENTS: write the drop folder as file:///absolute/path"),
        ("srv/in", "or as the address of one elsewhere, as s3://bucket/prefix or sftp://host/path"),
        ("file://srv/in", "write the drop folder as file:///absolute/path"),
        ("file:", "write the drop folder as file:///absolute/path"),
        ("file:///no/such/folder", "does not exist. Create it, or correct AIRFLOW_CONN_CHISO_DEPARTMENTS"),
    ],
)
def test_a_folder_that_is_none_says_what_to_do(url: str, said: str) -> None:
    with pytest.raises(EndpointError) as caught:
        listed(Endpoint(url), TELECOM)
    assert said in str(caught.value)


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="can't be listed: Not a directory"):
        scan(put(tmp_path, "x"))


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)  # root may read every folder, so it is played
    with pytest.raises(EndpointError, match=r"can't be listed: Permission denied\. Check AIRFLOW_"):
        scan(tmp_path)
