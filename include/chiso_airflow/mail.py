"""Mail through Airflow's SMTP provider and its connection `chiso_smtp`.

Its hook, not its notifier: the notifier renders what it is given as a template, and file names come from outside.
"""

import html
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chiso.notices import Mail
    from chiso.system.platform import Platform

log = logging.getLogger(__name__)

CONNECTION = "chiso_smtp"


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

    One that the server refuses holds up no other. Raises what the server's connection raises.
    """
    from smtplib import SMTPException

    from airflow.providers.smtp.hooks.smtp import SmtpHook
    from chiso import notices

    sent, failed = [], []
    with SmtpHook(smtp_conn_id=CONNECTION) as hook:
        for mail in mails:
            try:
                hook.send_email_smtp(
                    to=[mail.address],
                    subject=mail.subject,
                    html_content=_as_html(mail.body),
                    custom_headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
                )
            except SMTPException as fault:
                log.error("not sent to %s: %r", mail.address, fault)
                failed.append(f"{mail.address}: {fault}")
                continue
            notices.note(platform, mail)
            sent.append(mail.subject)
    return sent, failed


def _as_html(text: str) -> str:
    """Plain text as a page that shows it as it is."""
    return f'<!DOCTYPE html><html lang="vi"><body><div style="white-space: pre-wrap">{html.escape(text)}</div></body></html>'
