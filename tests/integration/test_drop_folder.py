"""What people put into the drop folder: each file is taken once, and one that can't be taken concerns itself alone."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.flow import collecting, drop_folders
from chiso.flow.drop_folders import left_alone
from chiso.system.platform import Platform

from tests.deliveries import COMMUNES_OF_DAK_GLEI, at, telecom_form, telecom_row

TELECOM = "departments/telecom"


def form(households: int = 100) -> bytes:
    return telecom_form([telecom_row(n, name, households) for n, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)])


class Folder:
    """A drop folder, and what a run makes of it."""

    def __init__(self, path: Path, platform: Platform) -> None:
        path.mkdir(parents=True, exist_ok=True)
        values = dict(platform.settings.values) | {"AIRFLOW_CONN_CHISO_DEPARTMENTS": path.as_uri()}
        self.path, self.platform = path, replace(platform, settings=replace(platform.settings, values=values))
        self.contract = contracts.load(TELECOM, self.platform.settings)

    def put(self, name: str, content: bytes, modified: datetime | None = None) -> Path:
        path = self.path / name
        path.write_bytes(content)
        moment = (modified or at(1)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def collect(self) -> int:
        return collecting.collect(self.contract, self.platform)

    def ingest(self) -> list[tuple[str, bool]]:
        outcomes = list(collecting.ingest_due(self.contract, self.platform))
        return [(outcome.source, outcome.accepted) for outcome in outcomes]

    def left(self) -> dict[str, str]:
        return {each.file_name: each.why.rule for each in left_alone(self.platform, source=TELECOM)}

    def deliveries(self) -> list[tuple[str, datetime]]:
        with self.platform.engine.connect() as connection:
            rows = connection.execute(
                sa.text("SELECT file_name, received_at FROM landing.delivery ORDER BY delivery_id")
            )
            return [(row.file_name, row.received_at) for row in rows]


@pytest.fixture
def folder(platform: Platform, tmp_path: Path) -> Folder:
    return Folder(tmp_path / "drop", platform)


def raw_files(platform: Platform) -> list[tuple[str, int]]:
    """Kept files, with what would change if they were written again."""
    return sorted((path.name, path.stat().st_ino) for path in platform.settings.landing.rglob("*") if path.is_file())


def test_a_known_file_is_neither_read_nor_written_again(folder: Folder) -> None:
    path = folder.put("vien_thong_Q3_2022.xlsx", form())
    assert folder.collect() == 1
    kept = raw_files(folder.platform)
    before = path.stat().st_atime_ns
    os.utime(path, ns=(1, path.stat().st_mtime_ns))  # a read would move it
    assert folder.collect() == 0
    assert path.stat().st_atime_ns == 1 < before
    assert raw_files(folder.platform) == kept
    folder.put("vien_thong_Q3_2022.xlsx", form(), at(2))  # the same bytes, received again: read, but not written
    assert folder.collect() == 1
    assert raw_files(folder.platform) == kept
    assert [received.day for _, received in folder.deliveries()] == [1, 2]
    folder.put("vien_thong_Q3_2022.xlsx", form(120), at(3))
    assert folder.collect() == 1
    assert len(raw_files(folder.platform)) == 2


def test_a_file_dated_ahead_is_received_once(folder: Folder) -> None:
    ahead = datetime.fromisoformat("2100-01-01T00:00:00+00:00")
    folder.put("vien_thong_Q3_2022.xlsx", form(), ahead)
    folder.collect()
    folder.collect()
    assert len(folder.deliveries()) == 1
    assert folder.left() == {}
    folder.put("vien_thong_Q3_2022.xlsx", form(120), ahead)
    folder.collect()
    (_, first), (_, second) = folder.deliveries()
    assert first < second < datetime.now(second.tzinfo)


def test_what_is_left_alone_holds_up_nothing_and_is_named(folder: Folder, tmp_path: Path) -> None:
    folder.put("vien_thong_Q3_2022.xlsx", form())
    folder.put("bao cao \u202excod.exe", b"x")
    outside = tmp_path / "outside.xlsx"
    outside.write_bytes(form(7))
    (folder.path / "vien_thong_link.xlsx").symlink_to(outside)
    with (folder.path / "vien_thong_lon.xlsx").open("wb") as large:
        large.truncate((200 << 20) + 1)
    assert folder.ingest() == [(TELECOM, True)]
    assert folder.left() == {
        "bao cao \u202excod.exe": "file_name_unknown",
        "vien_thong_link.xlsx": "link_outside",
        "vien_thong_lon.xlsx": "file_too_large",
    }
    assert [name for name, _ in folder.deliveries()] == ["vien_thong_Q3_2022.xlsx"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else for a moment")
def test_an_unreadable_file_holds_up_no_other(platform: Platform) -> None:
    with TemporaryDirectory() as made:  # pytest's own folders are closed to others
        Path(made).chmod(0o777)
        own = replace(platform, settings=replace(platform.settings, var=Path(made) / "var"))
        folder = Folder(Path(made) / "drop", own)
        folder.put("vien_thong_Q2.xlsx", form(7)).chmod(0)
        folder.put("vien_thong_Q3_2022.xlsx", form())
        os.seteuid(65534)
        try:
            assert folder.collect() == 1
            assert folder.left() == {"vien_thong_Q2.xlsx": "file_unreadable"}
        finally:
            os.seteuid(0)
        assert [name for name, _ in folder.deliveries()] == ["vien_thong_Q3_2022.xlsx"]


@pytest.fixture
def writer(folder: Folder) -> Iterator[Path]:
    """A file that somebody is still writing to."""
    path = folder.put("vien_thong_Q2.xlsx", b"")
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.05):
            with path.open("ab") as file:
                file.write(b"PK")

    thread = threading.Thread(target=write)
    thread.start()
    yield path
    stop.set()
    thread.join()


def test_a_file_that_still_grows_is_left_for_the_next_run(
    folder: Folder, writer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drop_folders, "QUIET_SECONDS", 0.5)
    folder.put("vien_thong_Q3_2022.xlsx", form())
    while not writer.stat().st_size:
        time.sleep(0.01)
    assert folder.collect() == 1
    assert folder.left() == {"vien_thong_Q2.xlsx": "file_not_received"}
    assert [name for name, _ in folder.deliveries()] == ["vien_thong_Q3_2022.xlsx"]


def test_a_file_that_was_just_put_there_is_taken_when_it_is_quiet(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drop_folders, "QUIET_SECONDS", 0.5)
    (folder.path / "vien_thong_Q3_2022.xlsx").write_bytes(form())
    began = time.monotonic()
    assert folder.collect() == 1
    assert time.monotonic() - began > 0.3


def test_a_link_that_is_turned_while_the_folder_is_looked_at_is_not_followed(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path / ".data").mkdir()
    real = folder.put(".data/form", form())
    link = folder.path / "vien_thong_Q3_2022.xlsx"
    link.symlink_to(real)
    outside = tmp_path / "outside.xlsx"
    outside.write_bytes(form(7))

    def turn(_files: object) -> None:
        link.unlink()
        link.symlink_to(outside)

    monkeypatch.setattr(drop_folders, "_await_quiet", turn)  # between the look and the reading
    assert folder.collect() == 0
    assert folder.deliveries() == []
    monkeypatch.undo()
    assert folder.left() == {"vien_thong_Q3_2022.xlsx": "link_outside"}


def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder.put("vien_thong_Q3_2022.xlsx", form())

    def replace_it(_files: object) -> None:
        path.unlink()
        os.mkfifo(path)

    monkeypatch.setattr(drop_folders, "_await_quiet", replace_it)
    assert folder.collect() == 0


def test_what_killed_processes_left_is_swept_by_any_source(folder: Folder) -> None:
    landing = folder.platform.settings.landing
    for left in ("work-abandoned", "fetch-plain-old"):
        (landing / left).mkdir(parents=True)
        (landing / left / "delivery").write_bytes(b"Nguyen Thi Gia Dinh")
    (landing / ".123-456.part").write_bytes(b"half")
    assert folder.collect() == 0
    assert list(landing.iterdir()) == []
