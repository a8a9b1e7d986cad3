"""Verdicts on deliveries: their public shape, and where they are written down, once and for good."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.deliveries.register import Landed
from chiso.deliveries.staged import Staged
from chiso.province.period_words import from_file_name
from chiso.province.periods import Period


@dataclass(frozen=True)
class Outcome:
    """What came of a delivery. loaded, unchanged, partitions: None after a dry run; partitions: `calendar/period`."""

    source: str
    period: Period | None
    accepted: bool
    rows: int = 0
    rejected: int = 0
    loaded: int | None = None
    unchanged: int | None = None
    delivery: int | None = None
    partitions: list[str] | None = None
    issues: list[dict[str, Any]] = field(default_factory=list)
    issues_total: int = 0
    values: list[dict[str, Any]] | None = None
    """Of a dry run that was asked for them: `{"measure", "unit", "rows", "sum"}` over accepted rows."""

    @property
    def window(self) -> dict[str, str | None]:
        """`period` and `calendar`, which only together say what time is spoken of; None where no period was found."""
        return {
            "period": self.period.code if self.period else None,
            "calendar": self.period.calendar if self.period else None,
        }

    def as_json(self) -> dict[str, Any]:
        """The public shape."""
        return {
            "source": self.source,
            **self.window,
            "accepted": self.accepted,
            "rows": self.rows,
            "rejected": self.rejected,
            "loaded": self.loaded,
            "unchanged": self.unchanged,
            "delivery": self.delivery,
            "partitions": self.partitions,
            "issues": self.issues,
            "issues_total": self.issues_total,
        } | ({} if self.values is None else {"values": self.values})


def write(
    connection: sa.Connection,
    outcome: Outcome,
    content_sha256: str,
    rules_sha256: str,
    *,
    checks: Sequence[dict[str, Any]] = (),
    same_as: int | None = None,
) -> int:
    """Writes down a delivery's outcome; returns the verdict's id. same_as: the delivery whose content it has."""
    row = connection.execute(
        sa.text("""
        INSERT INTO validation.verdict (delivery_id, period, calendar, accepted, same_as, row_count, rejected_count, loaded_count,
            unchanged_count, content_sha256, rules_sha256, issues, issues_total, checks)
        VALUES (:delivery, :period, :calendar, :accepted, :same_as, :rows, :rejected, :loaded, :unchanged, :content, :rules,
            CAST(:issues AS jsonb), :issues_total, CAST(:checks AS jsonb)) RETURNING verdict_id"""),
        {
            "delivery": outcome.delivery,
            **outcome.window,
            "accepted": outcome.accepted,
            "same_as": same_as,
            "rows": outcome.rows,
            "rejected": outcome.rejected,
            "loaded": outcome.loaded or 0,
            "unchanged": outcome.unchanged or 0,
            "content": content_sha256,
            "rules": rules_sha256,
            "issues": json.dumps(outcome.issues, ensure_ascii=False),
            "issues_total": outcome.issues_total,
            "checks": json.dumps(list(checks), ensure_ascii=False),
        },
    )
    return int(row.scalar_one())


# --- What is known already ---


@dataclass(frozen=True)
class Standing:
    """An earlier delivery's verdict that holds for the same content too. outcome: what it means for the one received again."""

    outcome: Outcome
    stands_for: int
    content_sha256: str


_VERDICT = """
    SELECT v.*, d.source, coalesce(v.same_as, v.delivery_id) AS stands_for
    FROM validation.verdict v JOIN landing.delivery d USING (delivery_id)"""
_CURRENT = _VERDICT + " JOIN warehouse.current_delivery() c ON c.verdict_id = v.verdict_id WHERE d.source = :source "
_STILL_GOOD = """AND (v.rejected_count = 0 OR v.rules_sha256 = :rules)
    AND NOT (:delta AND EXISTS (SELECT 1 FROM validation.verdict n JOIN landing.delivery e USING (delivery_id)
        WHERE e.source = d.source AND n.accepted AND n.same_as IS NULL AND n.verdict_id > v.verdict_id))"""
"""Where the same content needs no second look: nothing was rejected, or it would be again; and of a delta, whose rows
others may have restated since, nothing came after it."""


def own(connection: sa.Connection, landed: Landed, contract: Contract, rules_sha256: str) -> Outcome | None:
    """The delivery's stored outcome: an accepted one is final, a refused one until its rules change."""
    row = connection.execute(
        sa.text(
            _VERDICT + " WHERE v.delivery_id = :id AND (v.accepted OR v.rules_sha256 = :rules) "
            "ORDER BY v.accepted DESC, v.verdict_id DESC LIMIT 1"
        ),
        {"id": landed.delivery_id, "rules": rules_sha256},
    ).first()
    return _outcome(row, contract, landed.delivery_id) if row else None


def of_same_bytes(
    connection: sa.Connection, landed: Landed, contract: Contract, rules_sha256: str
) -> Standing | None:
    """The verdict on a current delivery of the same bytes, for the period that this one states.

    None for an answer of JSON, which may speak of the period in which it was given, and not say so in its bytes; and
    where the bytes are read again.
    """
    if contract.terms.delivery.format == "json" or landed.read_again is not None:
        return None
    row = connection.execute(
        sa.text(
            _CURRENT + "AND d.sha256 = :sha256 AND v.period = coalesce(:stated, v.period) "
            "AND starts_with(v.period, coalesce(:named, '')) " + _STILL_GOOD
        ),
        {
            "source": contract.source,
            "sha256": landed.sha256,
            "stated": landed.stated_period,
            "named": from_file_name(landed.raw.name),
            "rules": rules_sha256,
            "delta": contract.has_events,
        },
    ).first()
    return _standing(row, contract, landed) if row else None


def of_same_content(connection: sa.Connection, landed: Landed, staged: Staged, rules_sha256: str) -> Standing | None:
    """The verdict on the current delivery of the period, if its content is this one's and would be judged alike."""
    if landed.read_again is not None:
        return None
    row = connection.execute(
        sa.text(
            _CURRENT + "AND v.period = :period AND v.calendar = :calendar AND v.content_sha256 = :content " + _STILL_GOOD
        ),
        {
            "source": staged.contract.source,
            "period": staged.period.code,
            "calendar": staged.period.calendar,
            "content": staged.content_sha256,
            "rules": rules_sha256,
            "delta": staged.contract.has_events,
        },
    ).first()
    return _standing(row, staged.contract, landed) if row else None


def _standing(row: sa.Row[Any], contract: Contract, landed: Landed) -> Standing:
    return Standing(_outcome(row, contract, landed.delivery_id), row.stands_for, row.content_sha256)


def _outcome(row: sa.Row[Any], contract: Contract, delivery_id: int) -> Outcome:
    period = Period.of(row.period, row.calendar) if row.period else None
    unchanged = row.row_count - row.rejected_count if row.accepted else 0
    return Outcome(
        contract.source,
        period,
        row.accepted,
        row.row_count,
        row.rejected_count,
        0,
        unchanged,
        delivery_id,
        [],
        row.issues,
        row.issues_total,
    )
