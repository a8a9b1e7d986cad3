"""Accepted deliveries that somebody took back: each a decision, written down once and for good. What was loaded stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from chiso.deliveries.register import Landed
from chiso.deliveries.staged import Staged
from chiso.findings.issues import Issue, issue
from chiso.system.settings import LOCAL_TIME


@dataclass(frozen=True)
class Withdrawal:
    """Who took a delivery back, when, and why. asked: the delivery that the decision named."""

    delivery_id: int
    asked: int
    decided_by: str
    why: str
    recorded_at: datetime

    def finding(self, responsible: str | None) -> Issue:
        """What is said where the delivery comes again."""
        return issue(
            "delivery_withdrawn",
            "critical",
            "refuse_delivery",
            responsible,
            delivery=self.delivery_id,
            by=self.decided_by,
            at=f"{self.recorded_at.astimezone(LOCAL_TIME):%d/%m/%Y %H:%M}",
            why=self.why,
        )


_SELECT = "SELECT w.delivery_id, w.asked, w.decided_by, w.why, w.recorded_at FROM validation.withdrawal w"


def of_delivery(connection: sa.Connection, delivery_id: int) -> Withdrawal | None:
    """The decision that took a delivery back."""
    row = connection.execute(sa.text(f"{_SELECT} WHERE w.delivery_id = :id"), {"id": delivery_id}).first()
    return Withdrawal(*row) if row else None


def of_same_content(connection: sa.Connection, landed: Landed, staged: Staged) -> Withdrawal | None:
    """The decision about content that an endpoint gives again, for the same period.

    A file that a person hands in anew is a decision of its own: it is judged, and counts.
    """
    row = connection.execute(
        sa.text(
            f"{_SELECT} JOIN validation.verdict v ON v.delivery_id = w.delivery_id AND v.accepted "
            "JOIN landing.delivery d ON d.delivery_id = w.delivery_id JOIN landing.delivery n ON n.delivery_id = :id "
            "WHERE d.source = n.source AND n.origin = 'fetch' AND (v.period, v.calendar, v.content_sha256) = (:period, :calendar, :content) "
            "ORDER BY w.recorded_at DESC LIMIT 1"
        ),
        {
            "id": landed.delivery_id,
            "period": staged.period.code,
            "calendar": staged.period.calendar,
            "content": staged.content_sha256,
        },
    ).first()
    return Withdrawal(*row) if row else None


def belonging(connection: sa.Connection, delivery_id: int) -> list[int]:
    """What goes with a delivery when it is taken back, itself among them.

    All readings of the receipt, and the receipts with the same content for which the rows of one of them stand.
    """
    rows = connection.execute(
        sa.text("""
        WITH RECURSIVE receipt(delivery_id) AS (
            SELECT CAST(:id AS bigint)
            UNION SELECT d.read_again FROM receipt r JOIN landing.delivery d USING (delivery_id) WHERE d.read_again IS NOT NULL
        ), made_of(delivery_id, origin) AS (
            SELECT delivery_id, read_again FROM landing.delivery WHERE read_again IS NOT NULL
            UNION ALL SELECT delivery_id, same_as FROM validation.verdict WHERE same_as IS NOT NULL
        ), gone(delivery_id) AS (
            SELECT delivery_id FROM receipt
            UNION SELECT m.delivery_id FROM gone g JOIN made_of m ON m.origin = g.delivery_id
        )
        SELECT delivery_id FROM gone WHERE delivery_id NOT IN (SELECT delivery_id FROM validation.withdrawal) ORDER BY 1"""),
        {"id": delivery_id},
    )
    return list(rows.scalars())


def add(connection: sa.Connection, deliveries: Sequence[int], asked: int, decided_by: str, why: str) -> None:
    """Writes the decision down, a row for each delivery."""
    connection.execute(
        sa.text(
            "INSERT INTO validation.withdrawal (delivery_id, asked, decided_by, why) "
            "SELECT delivery_id, :asked, :by, :why FROM unnest(CAST(:deliveries AS bigint[])) delivery_id"
        ),
        {"deliveries": list(deliveries), "asked": asked, "by": decided_by, "why": why},
    )
