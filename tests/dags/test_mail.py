"""The DAG `digest`, by its real task and Airflow's SMTP provider, against a real SMTP server."""

import email
import html
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from chiso.system.platform import Platform

from tests.deliveries import Inbox
from tests.integration.test_notices import CENTRE, DEPARTMENT
from tests.integration.test_timeliness import TELECOM, on, telecom

HOME = Path(__file__).parents[2]
HOSTILE = "bieu {{ ti.task_id }}<script>x</script>.xlsx"
RUN = """
import sys

from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb

initdb()
for _ in range(int(sys.argv[2])):
    run = DagBag(sys.argv[1]).dags["digest"].test()
    [task] = run.get_task_instances()
    print("task", task.state)
"""


@dataclass
class Server:
    """What reached an SMTP server. refused: an address that it doesn't take."""

    refused: str = ""
    address: tuple[str, int] = ("", 0)
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if address == self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=default)
        assert [message["To"]] == envelope.rcpt_tos
        self.mails.append(message)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    controller = Controller(made, hostname="127.0.0.1", port=0)
    controller.start()
    made.address = controller.server.sockets[0].getsockname()
    yield made
    controller.stop()


def run(platform: Platform, folder: Path, server: Server | None, times: int = 1) -> tuple[list[str], str]:
    """States of the task of so many runs, and the log."""
    given = dict(os.environ) | {
        "PYTHONPATH": str(HOME / "include"),
        "CHISO_HOME": str(HOME),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_CHISO_WAREHOUSE": platform.settings.values["AIRFLOW_CONN_CHISO_WAREHOUSE"],
        "CHISO_LANDING_KEY": platform.settings.values["CHISO_LANDING_KEY"],
        "CHISO_VAR": str(platform.settings.var),
        "CHISO_TODAY": "2024-07-09",
        "CHISO_DATA_CENTRE_EMAIL": CENTRE,
    }
    if server is not None:
        host, port = server.address
        given["AIRFLOW_CONN_CHISO_SMTP"] = (
            f'{{"conn_type": "smtp", "host": "{host}", "port": {port}, '
            '"extra": {"disable_ssl": true, "disable_tls": true, "from_email": "chi-so@example.vn", "retry_limit": 0}}'
        )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, str(HOME / "dags"), str(times)],
        env=given, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("task ")], done.stdout + done.stderr


@pytest.fixture
def owing(inbox: Inbox) -> Inbox:
    """A report is overdue, and a file was refused."""
    telecom(inbox, "I/2024", "2024-04-05")
    assert not inbox.ingest(TELECOM, b"<html>", HOSTILE.replace("/", "_"), received=on("2024-07-02")).accepted
    return inbox


def test_mails_go_out_once_and_what_the_server_refuses_is_tried_again(owing: Inbox, server: Server, tmp_path: Path) -> None:
    server.refused = DEPARTMENT
    states, log = run(owing.platform, tmp_path, server)
    assert (states, [mail["To"] for mail in server.mails]) == (["failed"], [CENTRE])
    assert "550" in log
    server.refused = ""
    states, _ = run(owing.platform, tmp_path, server, times=2)
    assert (states, [mail["To"] for mail in server.mails]) == (["success", "success"], [CENTRE, DEPARTMENT])
    [mail] = server.to(DEPARTMENT)
    assert (mail["From"], mail["Auto-Submitted"]) == ("chi-so@example.vn", "auto-generated")
    assert mail["Subject"] == "[Chỉ Số] 09/07/2024: 1 báo cáo quá hạn, 1 tệp bị từ chối"
    body = mail.get_body().get_content()
    shown = HOSTILE.replace("/", "_")
    assert html.escape(shown) in body
    assert shown not in body
    assert "Kính gửi: Sở Thông tin và Truyền thông," in body
    with owing.platform.engine.connect() as connection:
        noted = connection.execute(sa.text("SELECT message_id FROM notices.mail ORDER BY mail_id")).scalars().all()
    assert noted == [each["Message-ID"] for each in server.mails]


def test_without_a_mail_server_the_task_skips_and_says_so(platform: Platform, tmp_path: Path) -> None:
    states, log = run(platform, tmp_path, None)
    assert states == ["skipped"]
    assert "There is no connection chiso_smtp" in log
