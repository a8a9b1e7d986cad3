"""What the warehouse knows beside newly computed values, for the decision whether they are published."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.indicators.catalogue import SHARED, Indicator
from chiso.indicators.expected import ExpectedValues
from chiso.indicators.figures import UnitKey
from chiso.indicators.publishing import Before, Computed, Decision, decide
from chiso.province.periods import Period
from chiso.province.text import fold
from chiso.province.working_days import WorkingDays
from chiso.system.settings import LOCAL_TIME

Key = tuple[str, str, UnitKey]
"""Indicator, where it is defined, unit."""
Rows = Mapping[Key, sa.Row[Any]]


@dataclass(frozen=True)
class Policy:
    """What is expected, and the calendar by which periods are closed."""

    expected: ExpectedValues
    working_days: WorkingDays


@dataclass(frozen=True)
class Gate:
    """What is known of a period's values.

    contracts: by source. province: the unit that documents speak of where they name none. contradicted: what contradicts a value
    of a shared definition, by indicator and code of the unit.
    """

    connection: sa.Connection
    period: Period
    province: str
    contracts: Mapping[str, Contract]
    policy: Policy
    contradicted: Mapping[tuple[str, str], Sequence[str]]

    def decision(
        self, key: Key, indicator: Indicator, value: Decimal | None, inputs: Mapping[str, Sequence[int]],
        missing: Sequence[Mapping[str, Any]], *, moves: bool, official: bool | None,
    ) -> Decision:  # fmt: skip
        """Whether a value is published at once."""
        unit = key[2]
        deliveries = {delivery for each in inputs.values() for delivery in each}
        before = Before(self.approved.get(key), self._refused.get(key))
        new = Computed(
            value, moves, official, missing,
            printed=[figure for name in indicator.names for figure in self._printed.get((name, unit.code), ())],
            failing=sorted({rule for delivery in deliveries for rule in self._failing.get(delivery, ())}),
            late=self._late(deliveries, before.approved),
            contradicted=self.contradicted.get((indicator.id, unit.code), ()) if key[1] == SHARED else (),
        )  # fmt: skip
        why = self.policy.expected.why(indicator.id, unit.code, self.period, value)
        return decide(new, before, indicator.restatement_tolerance, why)

    @cached_property
    def known(self) -> Rows:
        """The newest value of each."""
        return self._newest("true")

    @cached_property
    def approved(self) -> Rows:
        """The newest that may be published."""
        return self._newest("publication = 'approved'")

    @cached_property
    def _refused(self) -> Rows:
        return self._newest("decision = 'refuse'")

    def _newest(self, condition: str) -> Rows:
        rows = self.connection.execute(
            sa.text(
                "SELECT DISTINCT ON (indicator, defined_in, unit_register, unit_code, unit_valid_from) * FROM indicators.known_value "
                f"WHERE calendar = :calendar AND period = :period AND {condition} "
                "ORDER BY indicator, defined_in, unit_register, unit_code, unit_valid_from, value_id DESC"
            ),
            self._window,
        )
        return {
            (row.indicator, row.defined_in, UnitKey(row.unit_register, row.unit_code, row.unit_valid_from)): row for row in rows
        }

    @property
    def _window(self) -> dict[str, str]:
        return {"calendar": self.period.calendar, "period": self.period.code}

    @cached_property
    def _printed(self) -> Mapping[tuple[str, str], list[Decimal]]:
        """What documents print, by the folded name of what they speak of and the unit's code."""
        rows = self.connection.execute(
            sa.text(
                "SELECT subject, coalesce(unit_code, :province) AS unit_code, value FROM indicators.printed_as_of() "
                "WHERE value IS NOT NULL AND (calendar, period) = (:calendar, :period) ORDER BY received_at, delivery_id"
            ),
            {**self._window, "province": self.province},
        )
        found: dict[tuple[str, str], list[Decimal]] = {}
        for row in rows:
            found.setdefault((fold(row.subject), row.unit_code), []).append(row.value)
        return found

    @cached_property
    def _failing(self) -> Mapping[int, list[str]]:
        """Critical rules that accepted deliveries break and that reject no row, by delivery."""
        rows = self.connection.execute(
            sa.text(
                "SELECT v.delivery_id, array_agg(c ->> 'rule') AS rules FROM validation.verdict v, jsonb_array_elements(v.checks) c "
                "WHERE v.accepted AND NOT (c ->> 'success')::boolean AND c ->> 'severity' = 'critical' AND c ->> 'action' = 'flag' "
                "AND v.delivery_id IN (SELECT delivery_id FROM warehouse.touched_period WHERE (calendar, period) = (:calendar, :period)) "
                "GROUP BY v.delivery_id"
            ),
            self._window,
        )
        return {row.delivery_id: row.rules for row in rows}

    # --- Periods that are closed to late data ---

    def _late(self, deliveries: Collection[int], approved: sa.Row[Any] | None) -> list[int]:
        """Of a value's deliveries those that are new to it and came when its period was closed."""
        if approved is None:
            return []
        before = {delivery for each in approved.inputs.values() for delivery in each}
        return sorted(delivery for delivery in deliveries if delivery not in before and self._came_late.get(delivery))

    @cached_property
    def _came_late(self) -> Mapping[int, bool]:
        """Whether each delivery that touches the period came after it was closed; those of sources that never close it are left out."""
        closing = {source: day for source, contract in self.contracts.items() if (day := self._closed_after(contract))}
        rows = self.connection.execute(
            sa.text(
                "SELECT d.delivery_id, d.source, d.received_at FROM landing.delivery d JOIN warehouse.touched_period t USING (delivery_id) "
                "WHERE (t.calendar, t.period) = (:calendar, :period) AND d.source = ANY(:sources)"
            ),
            {**self._window, "sources": list(closing)},
        )
        return {row.delivery_id: row.received_at.astimezone(LOCAL_TIME).date() > closing[row.source] for row in rows}

    def _closed_after(self, contract: Contract) -> date | None:
        """The last day on which the period is open to a source's data."""
        open_days = contract.terms.delivery.open_working_days
        return None if open_days is None else self.policy.working_days.due_day(self.period, open_days)
