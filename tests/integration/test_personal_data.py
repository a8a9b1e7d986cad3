"""What identifies a person or a machine that is watched is found nowhere: not in the database, not in `var`, not in what is said."""

import gzip
import json
import os
import subprocess
from collections.abc import Collection
from typing import Any

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.flow import computing
from chiso.indicators import Question
from chiso.inquiry import answers, reports, shapes
from chiso.system.postgres.binaries import wheel_programs

from tests.deliveries import PERSONAL, Inbox, csv_bytes, dossier, dossiers, json_bytes

SOURCE = "portal/dossiers"
BROKEN = [
    dossier(1, DiaChi="12 đường Thử Nghiệm; phường 3"),  # written without quotes below: a field too many
    dossier(2, TrangThai="11"),
    dossier(3, MaHoSo="0905123456"),
]
CONTENT = csv_bytes([*BROKEN, *dossiers(60, 10)]).replace('"12 đường Thử Nghiệm; phường 3"'.encode(), b"12; 3", 1)
REFUSED = [
    pytest.param(CONTENT[: len(CONTENT) // 6].rsplit(b"\r\n", 1)[0], id="too many rejects"),
    pytest.param(CONTENT.replace(b"DiaChi", b'"DiaChi', 1), id="unclosed quote in the header"),
    pytest.param(CONTENT.replace(b"12; 3", b'"12; 3', 1), id="unclosed quote in a row"),
    pytest.param(CONTENT.split(b"\r\n", 1)[1], id="no header"),
    pytest.param(CONTENT.replace("Thị".encode(), b"Th\xcc", 3), id="another encoding"),
    pytest.param(gzip.compress(CONTENT)[:-20], id="truncated"),
    pytest.param(CONTENT.replace(b"SoDinhDanh", b"SoGiayTo"), id="a renamed personal column"),
]


def dump(inbox: Inbox) -> str:
    """Everything the database holds, as text."""
    url = inbox.platform.engine.url
    done = subprocess.run(
        [
            wheel_programs() / "pg_dump",
            "--inserts",
            "-h",
            url.host,
            "-p",
            str(url.port),
            "-U",
            url.username,
            url.database,
        ],
        env=os.environ | {"PGPASSWORD": str(url.password)},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def nowhere(inbox: Inbox, *said: str, secrets: Collection[str] = PERSONAL) -> None:
    held = dump(inbox)
    files = {path: path.read_bytes() for path in inbox.platform.settings.var.rglob("*") if path.is_file()}
    assert files
    for secret in secrets:
        assert secret not in held
        assert not [text for text in said if secret in text]
        assert not [path for path, content in files.items() if secret.encode() in content or secret in path.name]


def test_nothing_of_a_person_is_left_of_a_loaded_file(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    outcome = inbox.ingest(SOURCE, CONTENT, "a.csv")
    assert (outcome.accepted, outcome.rejected) == (True, 3)
    computing.compute_stale(inbox.platform)
    reports.build(inbox.platform)
    rows = answers.indicator_rows(inbox.platform, Question())
    told = answers.explanation(inbox.platform, "dossiers_received", "2024-06", None, None, None, rows=True)
    said = json.dumps(
        [outcome.as_json(), *map(shapes.public, rows), told, list(answers.rejected(inbox.platform))],
        default=str,
        ensure_ascii=False,
    )
    nowhere(inbox, said, caplog.text)


@pytest.mark.parametrize("content", REFUSED)
def test_nothing_of_a_person_is_said_of_a_spoilt_file(
    content: bytes, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = [inbox.check(SOURCE, content, "a.csv"), inbox.ingest(SOURCE, content, "a.csv")]
    said = json.dumps([outcome.as_json() for outcome in outcomes], ensure_ascii=False)
    nowhere(inbox, said, caplog.text)


ADDRESSES = ("10.10.1.5", "203.0.113.77", "fe80::1ff:fe23", "00:1b:44:11:3a:b7", "may-ke-toan-03")
ASSETS = "soc/monitored_assets"


def asset(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "asset_id": f"TB-{number:04}",
        "loai": "thiết bị",
        "ma_don_vi": "000.00.11.H34",
        "trang_thai": "đang giám sát",
        "ngay_bat_dau": "2023-05-04",
        **changes,
    }


WITH_ADDRESSES: dict[str, tuple[str, bytes, list[tuple[str, str | None]]]] = {
    "in words": (
        ASSETS,
        json_bytes(
            {
                "period": "2024-05-06",
                "items": [
                    *map(asset, range(80)),
                    asset(81, asset_id="10.10.1.5"),
                    asset(82, ma_don_vi="203.0.113.77:443"),
                    asset(83, loai="website fe80::1ff:fe23"),
                    asset(84, trang_thai="00:1b:44:11:3a:b7"),
                ],
            }
        ),
        [
            ("asset_id.host_address", "*********"),
            ("ma_don_vi.host_address", "************:443"),
            ("loai.host_address", "website **************"),
            ("trang_thai.host_address", "*****************"),
        ],
    ),
    "in figures and times": (
        ASSETS,
        json_bytes({"period": "2024-05-06", "items": [*map(asset, range(80)), asset(81, ngay_bat_dau="10.10.1.5")]}),
        [("ngay_bat_dau.time_malformed", "*********")],
    ),
    "in fields that are no columns": (
        ASSETS,
        json_bytes([asset(1, src_ip="10.10.1.5", hostname="may-ke-toan-03") | {"203.0.113.77": 1}]),
        [("column_unknown", "************"), ("column_unknown", "hostname"), ("column_unknown", "src_ip")],
    ),
    "in an error": (ASSETS, json_bytes({"error": "10.10.1.5 is down", "items": []}), [("error_stated", "********* is down")]),
    "in a text export": (
        "soc/trust_labels",
        csv_bytes(
            [
                {"ten_mien": name, "ma_don_vi": "000.00.11.H34", "da_gan_nhan": "0", "ngay_gan_nhan": ""}
                for name in ("http://10.10.1.5/", *(f"web{number}.example" for number in range(60)))
            ],
            header=("ten_mien", "ma_don_vi", "da_gan_nhan", "ngay_gan_nhan"),
        ),
        [("ten_mien.host_address", "http://*********/")],
    ),
}


@pytest.mark.parametrize(("source", "content", "findings"), WITH_ADDRESSES.values(), ids=WITH_ADDRESSES)
def test_nothing_of_a_machine_is_left(
    source: str, content: bytes, findings: list[tuple[str, str | None]], inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    name = "so_lieu_2024-05.csv" if source.endswith("labels") else "so_lieu_2024-05-06.json"
    outcomes = [inbox.check(source, content, name), inbox.ingest(source, content, name)]
    for outcome in outcomes:
        assert sorted((each["rule"], each["value"]) for each in outcome.issues) == sorted(findings)
    told = json.dumps([outcome.as_json() for outcome in outcomes] + list(answers.rejected(inbox.platform)), default=str, ensure_ascii=False)
    nowhere(inbox, told, caplog.text, secrets=ADDRESSES)


def test_what_could_hold_addresses_is_kept_encrypted(inbox: Inbox) -> None:
    _, content, _ = WITH_ADDRESSES["in fields that are no columns"]
    inbox.ingest(ASSETS, content, "so_lieu_2024-05-06.json")
    with inbox.platform.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT encrypted FROM landing.raw_file")).scalars().all() == [True]
    settings = inbox.platform.settings
    family = [source for source in contracts.source_names(settings) if source.startswith("soc/")]
    assert family and all(contracts.load(source, settings).keeps_files_encrypted for source in family)
