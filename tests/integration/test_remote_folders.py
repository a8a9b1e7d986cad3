"""Drop folders on other machines, each test against an object store and an SFTP server."""

import io
import json
import os
import socket
import threading
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.flow import collecting, drop_folders
from chiso.flow.drop_folders import left_alone
from chiso.sources import scanned_drop_folder
from chiso.sources.remote_folder import RemoteFile
from chiso.system.errors import EndpointError, SettingsError
from chiso.system.platform import Platform
from chiso_airflow import tasks
from msoffcrypto.format.ooxml import OOXMLFile

from tests.deliveries import COMMUNES_OF_DAK_GLEI, telecom_form, telecom_row
from tests.file_servers import Bucket, ObjectStore, Place, Sftp, object_store
from tests.integration.test_command_line import VARIABLES, Chiso, chiso  # noqa: F401 - a fixture

TELECOM = "departments/telecom"
VARIABLE = "AIRFLOW_CONN_CHISO_DEPARTMENTS"
_NUMBERS = count(1)


def form(households: int = 100) -> bytes:
    return telecom_form([telecom_row(n, name, households) for n, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)])


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as serving:
        yield serving


@pytest.fixture
def bucket(store: ObjectStore) -> Bucket:
    made = Bucket(store, f"departments-{next(_NUMBERS)}")
    store.client.create_bucket(Bucket=made.name)
    return made


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Sftp]:
    made = Sftp(tmp_path / "sftp")
    with made.serving():
        yield made


@pytest.fixture(params=["bucket", "sftp"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(drop_folders, "QUIET_SECONDS", 0.1)
    found: Place = request.getfixturevalue(request.param)
    return found


class Runs:
    """What runs make of a place."""

    def __init__(self, platform: Platform, connection: str) -> None:
        values = dict(platform.settings.values) | {VARIABLE: connection}
        self.platform = replace(platform, settings=replace(platform.settings, values=values))
        self.contract = contracts.load(TELECOM, self.platform.settings)

    def collect(self) -> int:
        return collecting.collect(self.contract, self.platform)

    def ingest(self) -> list[tuple[str | None, bool]]:
        return [(each.period and each.period.code, each.accepted) for each in collecting.ingest_due(self.contract, self.platform)]

    def left(self) -> dict[str, str]:
        return {each.file_name: each.why.rule for each in left_alone(self.platform, source=TELECOM)}

    def rows(self, statement: str) -> list[Any]:
        with self.platform.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def failed(self) -> list[Any]:
        return self.rows("SELECT source, period, uri, reason FROM sources.fetch WHERE outcome = 'failed' ORDER BY fetch_id")

    def listed(self) -> dict[str, RemoteFile]:
        with scanned_drop_folder(self.platform.settings.endpoint("departments"), [self.contract]) as seen:
            return {each.file_name: each.file for each in seen.files}  # type: ignore[misc]


def test_a_form_goes_from_the_server_to_the_warehouse_once(place: Place, platform: Platform) -> None:
    runs = Runs(platform, place.connection())
    place.put("vien_thong_Q3_2022.xlsx", form())
    assert runs.ingest() == [("2022-Q3", True)]
    listed = runs.listed()["vien_thong_Q3_2022.xlsx"]
    [(name, uri, received, fetched, etag, outcome)] = runs.rows(
        "SELECT d.file_name, d.uri, d.received_at, o.uri, o.etag, o.outcome FROM landing.delivery d JOIN sources.fetch o USING (fetch_id)"
    )
    assert (name, uri, received, etag, outcome) == ("vien_thong_Q3_2022.xlsx", fetched, listed.modified_at, listed.etag, "fetched")
    assert uri.startswith(("s3://departments-", "sftp://127.0.0.1:")) and uri.endswith("/vien_thong_Q3_2022.xlsx")
    assert runs.ingest() == []
    assert runs.collect() == 0
    assert runs.left() == {}
    assert len(runs.rows("SELECT 1 FROM sources.fetch")) == 1, "it was fetched again"
    assert runs.rows("SELECT count(*) FROM warehouse.departments_telecom")[0][0] == len(COMMUNES_OF_DAK_GLEI)
    assert [path.name for path in runs.platform.settings.landing.glob("work-*")] == []


def test_a_file_that_was_rewritten_is_another_delivery(place: Place, platform: Platform) -> None:
    runs = Runs(platform, place.connection())
    place.put("vien_thong_Q3_2022.xlsx", form())
    assert runs.collect() == 1
    if isinstance(place, Sftp):
        place.put("vien_thong_Q3_2022.xlsx", form(120), datetime(2024, 7, 2, tzinfo=UTC))
    else:
        place.put("vien_thong_Q3_2022.xlsx", form(120))
    assert runs.collect() == 1
    assert len(set(runs.rows("SELECT sha256 FROM landing.delivery"))) == 2


def test_an_object_that_changed_within_a_second_is_seen_by_its_etag(bucket: Bucket, platform: Platform) -> None:
    runs = Runs(platform, bucket.connection())
    taken = set()
    for content in (b"1", b"2", b"3"):
        bucket.put("vien_thong_Q3_2022.xlsx", content)
        taken.add(runs.listed()["vien_thong_Q3_2022.xlsx"].modified_at)
        assert runs.collect() == 1
    assert len(taken) < 3, "the seconds went by too slowly to show it"


@pytest.mark.parametrize(
    "name",
    [
        unicodedata.normalize("NFD", "Viễn thông quý III – Đắk Glei.xlsx"),
        "viễn thông [bản 2] #1 50% & c+d?.xlsx",
        "vien_thong%20Q3.xlsx",
        "vien thong ''\"*\\~;=@:.xlsx",
    ],
)
def test_odd_names_are_names(place: Place, platform: Platform, name: str) -> None:
    runs = Runs(platform, place.connection())
    place.put(name, form())
    place.put("vien_thong_Q3_2022.xlsx", form(120))
    assert runs.collect() == 2
    assert {row[0] for row in runs.rows("SELECT file_name FROM landing.delivery")} == {name, "vien_thong_Q3_2022.xlsx"}
    assert runs.left() == {}
    [uri] = [row[0] for row in runs.rows("SELECT uri FROM landing.delivery") if not row[0].endswith("Q3_2022.xlsx")]
    assert not set(uri) & set(" #?[]\"\\") and uri.isascii()


def test_what_is_left_alone_holds_up_nothing_and_is_named(place: Place, platform: Platform) -> None:
    runs = Runs(platform, place.connection(extra={"max_bytes": 100_000}))
    for name in (".vien_thong.xlsx", "~$vien_thong.xlsx", "vien_thong.xlsx.part", "vien_thong.TMP"):
        place.put(name, b"x")
    place.put("ghi chú.txt", b"x")
    place.put("vien_thong_lon.xlsx", bytes(2 << 20))
    place.put("vien_thong_Q3_2022.xlsx", form())
    if isinstance(place, Sftp):
        (place.root / "secret.xlsx").write_bytes(form(7))
        (place.folder / "vien_thong_link.xlsx").symlink_to("../secret.xlsx")
        (place.folder / "vien_thong_2023").mkdir()
        os.mkfifo(place.folder / "vien_thong_pipe.xlsx")
    else:
        place.put("vien_thong_2023/vien_thong.xlsx", b"x")
        place.put("", b"")  # as consoles mark a folder
    assert runs.ingest() == [("2022-Q3", True)]
    expected = {"ghi chú.txt": "file_name_unknown", "vien_thong_lon.xlsx": "file_too_large"}
    assert runs.left() == expected | ({"vien_thong_link.xlsx": "link_elsewhere"} if isinstance(place, Sftp) else {})


def between(look: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> AbstractContextManager[None]:
    """Something that happens after the look into the folder, before the reading."""
    monkeypatch.setattr(drop_folders, "_await_quiet", lambda _files: look())
    return nullcontext()


def test_a_file_that_vanished_or_changed_meanwhile_is_left_for_the_next_run(
    place: Place, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(platform, place.connection())
    place.put("vien_thong_Q1_2022.xlsx", form(7))
    place.put("vien_thong_Q2_2022.xlsx", form(8))
    place.put("vien_thong_Q3_2022.xlsx", form())

    def change() -> None:
        place.remove("vien_thong_Q1_2022.xlsx")
        place.put("vien_thong_Q2_2022.xlsx", form(8) + b"more")

    with between(change, monkeypatch):
        assert runs.collect() == 1
    assert [row[0] for row in runs.rows("SELECT file_name FROM landing.delivery")] == ["vien_thong_Q3_2022.xlsx"]
    assert runs.left() == {"vien_thong_Q2_2022.xlsx": "file_not_received"}
    assert runs.failed() == []
    monkeypatch.undo()
    monkeypatch.setattr(drop_folders, "QUIET_SECONDS", 0.1)
    assert runs.collect() == 1


def test_a_file_that_grows_on_the_server_is_left_for_the_next_run(
    sftp: Sftp, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drop_folders, "QUIET_SECONDS", 0.5)
    runs = Runs(platform, sftp.connection())
    sftp.put("vien_thong_Q2.xlsx", b"P", datetime.now(UTC))
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.02):
            with (sftp.folder / "vien_thong_Q2.xlsx").open("ab") as file:
                file.write(b"PK")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert runs.collect() == 0
    finally:
        stop.set()
        thread.join()
    assert runs.left() == {"vien_thong_Q2.xlsx": "file_not_received"}


@pytest.mark.parametrize(
    ("place", "other", "said"),
    [
        ("bucket", {"password": "wr0ng-s3cret"}, "access is refused (The request signature"),
        ("bucket", {"login": "nobody"}, "access is refused (The AWS Access Key Id you provided does not exist"),
        ("bucket", {"host": "no-such-bucket"}, "The drop folder s3://no-such-bucket/g%E1%BB%ADi%20v%E1%BB%81 does not exist. Create it"),
        ("bucket", {"extra": {"endpoint_url": "http://127.0.0.1:9", "retries": 0}}, "no proper answer (Could not connect to the endpoint"),
        ("sftp", {"password": "wr0ng-s3cret"}, "access is refused (Authentication failed.)"),
        ("sftp", {"schema": "none"}, "/none does not exist. Create it, or correct"),
        ("sftp", {"port": 9}, "sftp://127.0.0.1:9/in: no proper answer ([Errno 111] Connection refused)"),
    ],
    indirect=["place"],
)
def test_a_place_that_cannot_be_reached_is_a_failed_fetch_that_says_what_to_do(
    place: Place, other: dict[str, Any], said: str, platform: Platform
) -> None:
    runs = Runs(platform, place.connection(**other))
    with pytest.raises(EndpointError) as caught:
        runs.ingest()
    [(source, period, uri, reason)] = runs.failed()
    assert (source, period, reason) == (TELECOM, None, str(caught.value))
    assert said in reason and VARIABLE in reason and "run again" in reason
    assert uri.startswith(("s3://", "sftp://127.0.0.1:")) and "wr0ng" not in reason + uri
    [left] = left_alone(runs.platform, source=TELECOM)
    assert (left.why.rule, left.uri) == ("folder_unreadable", uri) and reason in left.why.message_en


@pytest.mark.timeout(120)
@pytest.mark.parametrize("scheme", ["s3", "sftp"])
def test_a_server_that_says_nothing_is_not_waited_for_long(scheme: str, sftp: Sftp, platform: Platform) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        extra = {"timeout_seconds": 1, "retries": 0}
        if scheme == "s3":
            extra |= {"endpoint_url": f"http://127.0.0.1:{port}"}
            runs = Runs(platform, json.dumps({"conn_type": "s3", "host": "b", "login": "a", "password": "b", "extra": extra}))
        else:
            runs = Runs(platform, sftp.connection(port=port, extra=extra))
        with pytest.raises(EndpointError, match="no proper answer"):
            runs.collect()


def test_a_server_that_dies_is_one_failed_fetch(sftp: Sftp, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(platform, sftp.connection())
    for name in ("vien_thong_Q1_2022.xlsx", "vien_thong_Q2_2022.xlsx"):
        sftp.put(name, form())
    with between(sftp.stop, monkeypatch), pytest.raises(EndpointError, match="no proper answer"):
        runs.collect()
    [(_, _, uri, _)] = runs.failed()
    assert uri.endswith("/in/vien_thong_Q1_2022.xlsx")
    assert runs.rows("SELECT 1 FROM landing.delivery") == []


def test_folders_of_several_places_are_one_and_hold_up_no_other(
    bucket: Bucket, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drop_folders, "QUIET_SECONDS", 0.1)
    here = tmp_path / "drop"
    here.mkdir()
    (here / "vien_thong_Q2_2022.xlsx").write_bytes(form(7))
    bucket.put("vien_thong_Q3_2022.xlsx", form())
    assert Runs(platform, bucket.connection(extra={"folders": [str(here)]})).collect() == 2
    (here / "vien_thong_Q1_2022.xlsx").write_bytes(form(8))
    unreachable = Runs(platform, bucket.connection(host="no-such-bucket", extra={"folders": here.as_uri()}))
    with pytest.raises(EndpointError, match="s3://no-such-bucket"):
        unreachable.collect()
    assert len(unreachable.rows("SELECT 1 FROM landing.delivery")) == 3
    with pytest.raises(SettingsError, match="an address in folders holds a login") as caught:
        Runs(platform, bucket.connection(extra={"folders": "s3://key:s3cret@other/in"})).collect()
    assert "s3cret" not in str(caught.value)
    with pytest.raises(SettingsError, match=r"several servers \(s3, sftp://elsewhere\)"):
        Runs(platform, bucket.connection(extra={"folders": "sftp://elsewhere/in"})).collect()


def test_a_prefix_without_objects_is_an_empty_folder(bucket: Bucket, platform: Platform) -> None:
    assert Runs(platform, bucket.connection()).collect() == 0
    assert Runs(platform, bucket.connection(schema="")).collect() == 0


def test_the_address_may_be_a_url(bucket: Bucket, sftp: Sftp, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drop_folders, "QUIET_SECONDS", 0.1)
    store = bucket.store
    bucket.put("vien_thong_Q3_2022.xlsx", form())
    url = f"s3://{store.login}:{store.password.replace('/', '%2F')}@{bucket.name}/g%E1%BB%ADi%20v%E1%BB%81?endpoint_url={store.address}"
    assert Runs(platform, url).collect() == 1
    sftp.put("vien_thong_Q3_2022.xlsx", form(120))
    host_key = sftp.host_key.export_public_key().decode().strip().replace("+", "%2B").replace(" ", "%20")
    url = f"sftp://{sftp.LOGIN}:m%E1%BA%ADt%20kh%E1%BA%A9u%40%2F@127.0.0.1:{sftp.port}/in?host_key={host_key}"
    assert Runs(platform, url).collect() == 1


def test_sftp_lets_in_who_has_the_key(sftp: Sftp, platform: Platform, tmp_path: Path) -> None:
    sftp.put("vien_thong_Q3_2022.xlsx", form())
    key = sftp.own_key.export_private_key(passphrase="câu khoá").decode()
    (tmp_path / "key").write_text(key)
    for extra in ({"private_key": key}, {"key_file": str(tmp_path / "key")}):
        given = {**extra, "private_key_passphrase": "câu khoá"}
        assert list(Runs(platform, sftp.connection(password="", extra=given)).listed()) == ["vien_thong_Q3_2022.xlsx"]
        with pytest.raises(SettingsError, match=r"can't be used .* Check it and private_key_passphrase"):
            Runs(platform, sftp.connection(extra=extra)).listed()


def test_a_server_that_nobody_vouches_for_gets_no_password(sftp: Sftp, platform: Platform) -> None:
    shown = sftp.host_key.export_public_key().decode().split()[1]
    with pytest.raises(SettingsError, match="set host_key in its extra") as caught:
        Runs(platform, sftp.connection(extra={"host_key": ""})).collect()
    assert f"“ssh-ed25519 {shown}”" in str(caught.value)
    for kind, said in (("ssh-ed25519", "shows another host key"), ("ssh-rsa", "If it has changed its host key")):
        other = asyncssh.generate_private_key(kind).export_public_key().decode()
        with pytest.raises(EndpointError, match=said):
            Runs(platform, sftp.connection(extra={"host_key": other})).collect()
    with pytest.raises(SettingsError, match="host_key is none"):
        Runs(platform, sftp.connection(extra={"host_key": "SHA256:abc"})).collect()
    assert sftp.asked == []


def test_a_large_file_is_streamed(place: Place, platform: Platform) -> None:
    place.put("vien_thong_lon.xlsx", os.urandom(1 << 20) * 64)
    runs = Runs(platform, place.connection())
    assert list(runs.listed()) == ["vien_thong_lon.xlsx"]  # what libraries load at first is no matter here
    tracemalloc.start()
    try:
        assert runs.collect() == 1
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("gs://departments/in", "gs:// needs the Python package gcsfs, which is not installed"),
        ("abfs://departments/in", "abfs:// needs the Python package adlfs, which is not installed"),
        ("nowhere://x/in", "nothing is known that reads nowhere://"),
        ("local:///srv/drop", "write a folder of this machine as file:///"),
        ("s3://departments?endpoint=http://127.0.0.1", "nothing reads endpoint of its extra. Known are: addressing_style, anon"),
        ("s3://departments?retries=many", "retries='many' is no usable number"),
    ],
)
def test_a_connection_that_cannot_be_used_says_what_to_do(url: str, said: str, platform: Platform) -> None:
    with pytest.raises(SettingsError) as caught:
        Runs(platform, url).collect()
    assert said in str(caught.value) and VARIABLE in str(caught.value)


def test_whatever_fsspec_reads_can_be_one(platform: Platform) -> None:
    import fsspec

    files = fsspec.filesystem("memory")
    files.pipe("/gui ve/vien_thong_Q3_2022.xlsx", form())
    runs = Runs(platform, json.dumps({"conn_type": "memory", "schema": "gui ve"}))
    assert runs.collect() == 1
    assert runs.collect() == 0
    assert runs.rows("SELECT uri FROM landing.delivery") == [("memory:///gui%20ve/vien_thong_Q3_2022.xlsx",)]


def sealed(content: bytes, password: str) -> bytes:
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, out)
    return out.getvalue()


def test_login_and_workbook_password_are_two_things(
    bucket: Bucket, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("vien_thong_Q3_2022.xlsx", sealed(form(), "cho tôi"))
    [(_, accepted)] = Runs(platform, bucket.connection()).ingest()
    assert not accepted
    bucket.put("vien_thong_Q3_2022 (2).xlsx", sealed(form(120), "cho tôi"))
    assert Runs(platform, bucket.connection(extra={"workbook_password": "cho tôi"})).ingest() == [("2022-Q3", True)]
    monkeypatch.setattr(drop_folders, "QUIET_SECONDS", 0.1)
    for number, given in enumerate(({"password": "cho tôi"}, {"extra": {"workbook_password": "cho tôi"}}), 1):
        here = tmp_path / str(number)
        here.mkdir()
        (here / "vien_thong.xlsx").write_bytes(sealed(form(130 + number), "cho tôi"))
        local = json.dumps({"conn_type": "file", "schema": str(here), **given})
        assert Runs(platform, local).ingest() == [("2022-Q3", True)]


def test_the_command_line_and_doctor_say_what_is_there_and_what_is_wrong(
    chiso: Chiso,  # noqa: F811
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place.put("vien_thong_Q3_2022.xlsx", form())
    place.put("ghi chu.txt", b"x")
    monkeypatch.setenv(VARIABLE, place.connection())
    said = chiso("ingest", TELECOM, "--json")
    assert (said.code, said.json[0]["accepted"]) == (0, True)
    assert "Left alone: ghi chu.txt: tên tệp không ứng với nguồn nào" in said.err
    well = chiso("doctor")
    assert well.code == 0
    assert "✓ endpoint departments: files: 2\n    left alone: ghi chu.txt: the name fits no source" in well.out
    monkeypatch.setenv(VARIABLE, place.connection(password="wr0ng-s3cret"))
    for ill in (chiso("ingest", TELECOM), chiso("doctor")):
        assert ill.code == 3
        assert f"Check login, password and keys in {VARIABLE}" in ill.out + ill.err
        assert "wr0ng" not in ill.out + ill.err


def test_a_family_asks_side_by_side_and_shows_which_source_failed(
    bucket: Bucket, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("vien_thong_Q3_2022.xlsx", form())
    bucket.put("dti_2022.xlsx", b"x")
    monkeypatch.setenv("CHISO_VAR", str(platform.settings.var))
    for name in VARIABLES:
        monkeypatch.setenv(name, platform.settings.values[name])
    monkeypatch.setenv(VARIABLE, bucket.connection())
    assert tasks.collect("departments") == []
    assert Runs(platform, bucket.connection()).rows("SELECT count(*) FROM landing.delivery") == [(2,)]
    monkeypatch.setenv(VARIABLE, bucket.connection(host="no-such-bucket"))
    cases = tasks.collect("departments")
    assert len(cases) > 20 and TELECOM in [case["source"] for case in cases]
    assert {case["what"] for case in cases} == {tasks.NOT_FETCHED}
    assert all("s3://no-such-bucket/" in case["because"] for case in cases)
