"""Mail through Airflow's SMTP provider and its connection `chiso_smtp`.

Its hook, not its notifier: the notifier renders what it is given as a template, and file names come from outside.
"""

import html
import logging
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chiso.notices import Mail
    from chiso.system.platform import Platform

log = logging.getLogger(__name__)

CONNECTION = "chiso_smtp"
MOST_BYTES = 8_000_000
"""Of workbooks in one mail; encoded they take a third more, and servers commonly take 10 MB to 25 MB."""


def is_set() -> bool:
    """Whether Airflow has the connection."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        Connection.get(CONNECTION)
    except AirflowNotFoundException:
        return False
    return True


def send(platform: "Platform", mails: "Iterable[Mail]") -> tuple[list[str], list[str]]:
    """Sends mails, and notes each as soon as the server has taken it; what was sent and what wasn't, a text each.

    Refused workbooks go with it as they go back, their faults marked. One that the server refuses holds up no other. Raises what the
    server's connection raises.
    """
    from smtplib import SMTPException

    from airflow.providers.smtp.hooks.smtp import SmtpHook
    from chiso import notices
    from chiso.flow import returning

    sent, failed = [], []
    with SmtpHook(smtp_conn_id=CONNECTION) as hook:
        for mail in mails:
            with TemporaryDirectory() as folder:
                attached = _attachments(platform, mail.refused, Path(folder))
                try:
                    hook.send_email_smtp(
                        to=[mail.address],
                        subject=mail.subject,
                        html_content=_as_html(mail.body),
                        files=[str(path) for path in attached.values()],
                        custom_headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
                    )
                except SMTPException as fault:
                    log.error("not sent to %s: %r", mail.address, fault)
                    failed.append(f"{mail.address}: {fault}")
                    continue
            notices.note(platform, mail)
            for delivery in attached:
                returning.note(platform, delivery, "Chỉ Số", f"gửi kèm thư ngày {mail.day:%d/%m/%Y} tới {mail.address}")
            sent.append(mail.subject)
    return sent, failed


def _attachments(platform: "Platform", deliveries: "Iterable[int]", folder: Path) -> dict[int, Path]:
    """The workbooks that go back, by delivery, as many as a mail may hold; what is left out, or can't be written, the log says."""
    from chiso.flow import returning
    from chiso.system.errors import ChisoError

    attached: dict[int, Path] = {}
    room = MOST_BYTES
    for delivery in deliveries:
        path = folder / f"can-sua-{delivery}.xlsx"  # not the sender's name, which is anything
        try:
            returning.write(platform, delivery, path)
        except ChisoError as fault:
            log.warning("delivery %d goes back without a workbook: %s", delivery, fault)
            continue
        if path.stat().st_size > room:
            log.warning("delivery %d is not attached: the mail would pass %d bytes; chiso quarantine export writes it", delivery, MOST_BYTES)
            continue
        room -= path.stat().st_size
        attached[delivery] = path
    return attached


def _as_html(text: str) -> str:
    """Plain text as a page that shows it as it is."""
    return f'<!DOCTYPE html><html lang="vi"><body><div style="white-space: pre-wrap">{html.escape(text)}</div></body></html>'
