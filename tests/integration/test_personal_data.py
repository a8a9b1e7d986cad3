"""What identifies a person in a dossier is found nowhere: not in the database, not in `var`, not in what is said."""

import gzip
import json
import os
import subprocess

import pytest
from chiso import validation
from chiso.flow import computing
from chiso.indicators import Question
from chiso.inquiry import answers, shapes
from chiso.system.postgres.binaries import wheel_programs

from tests.deliveries import PERSONAL, Inbox, csv_bytes, dossier, dossiers

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


def nowhere(inbox: Inbox, *said: str) -> None:
    held = dump(inbox)
    files = {path: path.read_bytes() for path in inbox.platform.settings.var.rglob("*") if path.is_file()}
    assert files
    for secret in PERSONAL:
        assert secret not in held
        assert not [text for text in said if secret in text]
        assert not [path for path, content in files.items() if secret.encode() in content or secret in path.name]


def test_nothing_of_a_person_is_left_of_a_loaded_file(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    outcome = inbox.ingest(SOURCE, CONTENT, "a.csv")
    assert (outcome.accepted, outcome.rejected) == (True, 3)
    computing.compute_stale(inbox.platform)
    validation.build_docs(inbox.platform.settings)
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
