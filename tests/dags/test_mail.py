"""The DAG `digest`, by its real task and Airflow's SMTP provider, against a real SMTP server."""

import asyncio
import email
import html
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.deliveries import Inbox
from tests.integration.test_notices import CENTRE, DEPARTMENT
from tests.integration.test_timeliness import TELECOM, on, telecom

HOME = Path(__file__).parents[2]
HOSTILE = "bieu {{ ti.task_id }}<script>x<script>.xlsx"
SMTP_EXTRA = {"disable_ssl": True, "disable_tls": True, "from_email": "chi-so@example.vn", "retry_limit": 0}
RUN = """
import os
import sys

from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb

initdb()
connection = os.environ.pop("AIRFLOW_CONN_CHISO_SMTP")
for number in range(4):
    if number == 1:
        os.environ["AIRFLOW_CONN_CHISO_SMTP"] = connection
    run = DagBag(sys.argv[1]).dags["digest"].test()
    [task] = run.get_task_instances()
    print("task", task.state)
"""


@dataclass
class Mailbox:
    """What reached an SMTP server. refused: an address that it doesn't take the first time."""

    refused: str = ""
    address: tuple[str, int] = ("", 0)
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if address == self.refused:
            self.refused = ""
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=default)
        assert [message["To"]] == envelope.rcpt_tos
        self.mails.append(message)
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made, loop = Mailbox(), asyncio.new_event_loop()
    listening = loop.run_until_complete(loop.create_server(partial(SMTP, made, loop=loop), "127.0.0.1", 0))
    made.address = listening.sockets[0].getsockname()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield made
    loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def owing(inbox: Inbox) -> Inbox:
    """A report is overdue, and a file was refused."""
    telecom(inbox, "I/2024", "2024-04-05")
    assert not inbox.ingest(TELECOM, b"<html>", HOSTILE, received=on("2024-07-02")).accepted
    return inbox


def test_mails_go_out_once_and_what_the_server_refuses_is_tried_again(owing: Inbox, mailbox: Mailbox, tmp_path: Path) -> None:
    """Four runs: without a connection; with a server that refuses an address, then takes it; and one more."""
    mailbox.refused = DEPARTMENT
    host, port = mailbox.address
    settings = owing.platform.settings
    given = dict(os.environ) | {
        "PYTHONPATH": str(HOME / "include"),
        "CHISO_HOME": str(HOME),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_CHISO_WAREHOUSE": settings.values["AIRFLOW_CONN_CHISO_WAREHOUSE"],
        "AIRFLOW_CONN_CHISO_SMTP": json.dumps({"conn_type": "smtp", "host": host, "port": port, "extra": SMTP_EXTRA}),
        "CHISO_LANDING_KEY": settings.values["CHISO_LANDING_KEY"],
        "CHISO_AUDIT_KEY": settings.values["CHISO_AUDIT_KEY"],
        "CHISO_VAR": str(settings.var),
        "CHISO_TODAY": "2024-07-09",
        "CHISO_DATA_CENTRE_EMAIL": CENTRE,
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, str(HOME / "dags")], env=given, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    states = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("task ")]
    assert states == ["skipped", "failed", "success", "success"]
    log = done.stdout + done.stderr
    assert "There is no connection chiso_smtp" in log
    assert "550" in log
    assert [mail["To"] for mail in mailbox.mails] == [CENTRE, DEPARTMENT]
    mail = mailbox.mails[1]
    assert (mail["From"], mail["Auto-Submitted"]) == ("chi-so@example.vn", "auto-generated")
    assert mail["Subject"] == "[Chỉ Số] 09/07/2024: 1 báo cáo quá hạn, 1 tệp bị từ chối"
    body = mail.get_body().get_content()
    [workbook] = mail.iter_attachments()
    assert "đính kèm" in body
    page = openpyxl.load_workbook(io.BytesIO(workbook.get_content()))
    [comment] = [cell.comment.text for sheet in page for row in sheet.iter_rows() for cell in row if cell.comment]
    assert "là trang web (HTML)" in comment
    assert html.escape(HOSTILE) in body
    assert HOSTILE not in body
    assert "Kính gửi: Sở Thông tin và Truyền thông," in body
    with owing.platform.engine.connect() as connection:
        noted = connection.execute(sa.text("SELECT message_id FROM notices.mail ORDER BY mail_id")).scalars().all()
    assert noted == [each["Message-ID"] for each in mailbox.mails]
