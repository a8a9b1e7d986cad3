"""Takes a wrongly accepted delivery back: a decision, the counts that it changes, and what must be read and computed anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chiso import audit, contracts, quarantine, warehouse
from chiso.audit import Rows
from chiso.contracts import Contract
from chiso.deliveries import withdrawals
from chiso.deliveries.verdicts import Outcome
from chiso.flow import collecting, computing, loading
from chiso.province.periods import Period
from chiso.system import progress
from chiso.system.errors import UsageError
from chiso.system.platform import Platform


@dataclass(frozen=True)
class Withdrawn:
    """What came of it. with_it: further receipts of the same content; recomputed: the periods that were stale after it."""

    delivery: int
    source: str
    period: Period
    with_it: tuple[int, ...]
    recomputed: tuple[Period, ...]

    def as_json(self) -> dict[str, Any]:
        """The public shape."""
        return {
            "delivery": self.delivery,
            "source": self.source,
            "period": self.period.code,
            "state": "withdrawn",
            "recomputed": [f"{each.calendar}/{each.code}" for each in self.recomputed],
        }


def withdraw(delivery_id: int, decided_by: str, why: str, platform: Platform) -> Withdrawn:
    """Withdraws an accepted delivery and recomputes what it fed; what was current before it is current again.

    Raises UsageError: no such delivery, one that isn't accepted or was withdrawn before, no name or no reason.
    """
    if not (decided_by.strip() and why.strip()):
        raise UsageError("A withdrawal needs a name and a reason: give --by NAME --why TEXT.")
    contract, period = _accepted(delivery_id, platform)
    with (
        loading.one_at_a_time(contract, platform.engine),
        progress.step(f"taking delivery {delivery_id} back"),
        audit.transaction(platform.engine, platform.settings) as connection,
    ):
        _refuse_twice(connection, delivery_id)
        gone = withdrawals.belonging(connection, delivery_id)
        if contract.has_events:
            warehouse.take_back(connection, contract, delivery_id, gone)
        withdrawals.add(connection, gone, delivery_id, decided_by.strip(), why.strip())
        moves = quarantine.lose(connection, gone, decided_by.strip(), why.strip())
        _audit(connection, contract, gone, audit.Withdrawn(delivery_id, decided_by.strip(), why.strip()), moves)
    for _ in _read_again(contract, platform):
        pass
    done = computing.compute_stale(platform)
    return Withdrawn(delivery_id, contract.source, period, tuple(each for each in gone if each != delivery_id), done.periods)


def _accepted(delivery_id: int, platform: Platform) -> tuple[Contract, Period]:
    """Contract and period of a delivery that was accepted."""
    with platform.engine.connect() as connection:
        row = connection.execute(
            sa.text(
                "SELECT d.source, v.period, v.calendar, EXISTS (SELECT FROM validation.verdict r WHERE r.delivery_id = d.delivery_id) AS judged "
                "FROM landing.delivery d LEFT JOIN validation.verdict v ON v.delivery_id = d.delivery_id AND v.accepted "
                "WHERE d.delivery_id = :id"
            ),
            {"id": delivery_id},
        ).first()
    if row is None:
        raise UsageError(f"There is no delivery {delivery_id}; `chiso explain` and the outcome of `chiso ingest` name them.")
    if row.period is None:
        state = "was refused" if row.judged else "hasn't been judged yet"
        raise UsageError(f"Delivery {delivery_id} of {row.source} {state}, so nothing of it counts; only an accepted one can be withdrawn.")
    return contracts.load(row.source, platform.settings), Period.of(row.period, row.calendar)


def _refuse_twice(connection: sa.Connection, delivery_id: int) -> None:
    known = withdrawals.of_delivery(connection, delivery_id)
    if known:
        went = f" with delivery {known.asked}" if known.asked != delivery_id else ""
        raise UsageError(
            f"Delivery {delivery_id} was withdrawn{went} before, by {known.decided_by} at {known.recorded_at:%Y-%m-%d %H:%M %Z}: {known.why}. "
            "`chiso compute` computes what may still be stale."
        )


def _audit(
    connection: sa.Connection, contract: Contract, gone: list[int], happened: audit.Withdrawn, moves: quarantine.Moves
) -> None:
    """An event for each delivery; with the first what it changed of the counts; where cases moved, one of those."""
    for delivery in gone:
        counted = warehouse.counted(delivery) if contract.has_events and delivery == happened.asked else []
        audit.record(connection, happened, delivery, [Rows.of("validation.withdrawal", delivery), *counted])
    if moves:
        audit.record(connection, quarantine.CasesMoved(moves.steps), happened.asked, moves.rows)


def _read_again(contract: Contract, platform: Platform) -> Iterator[Outcome]:
    """Events that later deliveries brought again weren't loaded a second time: the bytes of those are read once more."""
    if contract.has_events:
        yield from collecting.load_readings(contract, platform)
