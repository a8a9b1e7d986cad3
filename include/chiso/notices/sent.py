"""What was mailed: rows and an event of the audit chain, written in one transaction after the mail server took the mail.

A crash between the two sends the mail once more at the next run, under the same Message-ID; none is lost.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Rows
from chiso.notices.letters import Mail
from chiso.notices.topics import Told
from chiso.system.platform import Platform

_LOCK = 7_205_003


@contextmanager
def turn(platform: Platform) -> Iterator[None]:
    """One sends at a time: a second one waits, and then finds what the first has sent."""
    with platform.engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()


def told(platform: Platform) -> Told:
    """Everything that was told so far."""
    with platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT agency, kind, key FROM notices.topic"))
        return frozenset((row.agency, row.kind, row.key) for row in rows)


def addressed(platform: Platform, day: date) -> set[str]:
    """Addresses that got their mail of a day."""
    with platform.engine.connect() as connection:
        return set(connection.execute(sa.text("SELECT address FROM notices.mail WHERE day = :day"), {"day": day}).scalars())


def last_digest(platform: Platform) -> datetime | None:
    """When the newest digest was sent, in recorded time."""
    with platform.engine.connect() as connection:
        query = sa.text("SELECT max(recorded_at) FROM notices.mail JOIN notices.topic USING (mail_id) WHERE kind = 'digest'")
        found: datetime | None = connection.execute(query).scalar()
    return found


def note(platform: Platform, mail: Mail) -> None:
    """Writes down that a mail was sent. What it told is never told again."""
    body, address = (hashlib.sha256(text.encode()).hexdigest() for text in (mail.body, mail.address))
    topics = [{"agency": topic.agency, "kind": topic.kind, "key": key} for topic in mail.topics for key in topic.keys]
    with audit.transaction(platform.engine, platform.settings) as connection:
        number: int = connection.execute(
            sa.text(
                "INSERT INTO notices.mail (message_id, day, address, subject, body_sha256) "
                "VALUES (:message, :day, :address, :subject, :body) RETURNING mail_id"
            ),
            {"message": mail.message_id, "day": mail.day, "address": mail.address, "subject": mail.subject, "body": body},
        ).scalar_one()
        connection.execute(
            sa.text("INSERT INTO notices.topic (mail_id, agency, kind, key) VALUES (:mail, :agency, :kind, :key)"),
            [{"mail": number, **topic} for topic in topics],
        )
        event = audit.Mailed(number, mail.message_id, mail.day.isoformat(), mail.subject, address, body, topics)
        audit.record(connection, event, rows=[Rows.of(table, number) for table in ("notices.mail", "notices.topic")])
