"""The rules of a source: those that its contract states, and those of its Great Expectations suite.

One rule is one native expectation. Row-level ones are also compiled to a vectorised condition, so that every breaking
row is found; `chiso.validation.judging` makes sure that both agree.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from chiso.contracts import Column, Contract
from chiso.findings.issues import Action, Severity
from chiso.province.periods import Period
from chiso.province.units import Reference, load_reference
from chiso.system.errors import ContractError
from chiso.system.settings import Settings
from chiso.validation.conditions import KINDS, Condition, condition, unregistered

KEY_CONFLICT = "key.conflict"
"""Id of the rule on rows alike in key and not in content; the only one that reads the table of twins."""
MOST_CONDITIONS = 62
"""One bit each in a bigint."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    id: public, unique in the source. expectation: Great Expectations' own configuration.
    condition: finds the rows that break it; query: SQL that selects them, `{batch}` standing for the table.
    A rule with neither speaks of the delivery as a whole.
    text: name in `chiso.findings.messages`; None where `vi` and `en` are given.
    """

    id: str
    expectation: Mapping[str, Any]
    severity: Severity
    action: Action
    column: str | None = None
    condition: Condition | None = None
    query: str | None = None
    text: str | None = None
    vi: str = ""
    en: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_row_level(self) -> bool:
        """Whether it names rows."""
        return bool(self.condition or self.query)


def row_conditions(contract: Contract, settings: Settings) -> list[Rule]:
    """The rules with a condition, which need nothing but a row; their order is that of the bits in `failed`."""
    stated = [*_derived(contract, settings, "any"), *_of_suite(contract, settings, None)]
    found = [rule for rule in stated if rule.condition]
    if len(found) > MOST_CONDITIONS:
        raise ContractError(f"{contract.source}: more than {MOST_CONDITIONS} row conditions; state some as one query.")
    return found


def rules(contract: Contract, settings: Settings, period: Period, name: str) -> list[Rule]:
    """Every rule of a delivery staged as `staging.<name>`. Raises ContractError naming the suite and the rule."""
    found = [*_derived(contract, settings, name), *_of_staging(contract, name), *_of_suite(contract, settings, period)]
    ids = [rule.id for rule in found]
    twice = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
    if twice:
        raise ContractError(f"{contract.source}: the rules {', '.join(twice)} are stated twice.")
    return found


# --- Derived from the contract ---


def _derived(contract: Contract, settings: Settings, name: str) -> Iterator[Rule]:
    for column in contract.loaded_columns:
        yield from _of_column(column)
    if contract.terms.unit_at:
        yield from _units_at(contract, contract.terms.unit_at, load_reference(settings.schemas))
    yield _key_conflict(contract, name)


def _of_column(column: Column) -> Iterator[Rule]:
    shown = {"printed": column.printed}
    if not column.may_be_blank:
        yield _on_column("required", column, "expect_column_values_to_not_be_null", {}, shown)
    if column.pattern:
        yield _on_column("pattern", column, "expect_column_values_to_match_regex", {"regex": column.pattern}, shown)
    if column.minimum is not None or column.maximum is not None:
        bounds = {"min_value": _number(column.minimum), "max_value": _number(column.maximum)}
        shown_bounds = {"minimum": _bound(column.minimum), "maximum": _bound(column.maximum)}
        yield _on_column("range", column, "expect_column_values_to_be_between", bounds, shown | shown_bounds)
    if column.enum and column.reading != "choice":
        choices = {"choices": ", ".join(str(int(value)) for value in column.enum)}
        allowed = {"value_set": list(column.enum)}
        yield _on_column("choice", column, "expect_column_values_to_be_in_set", allowed, shown | choices)


def _on_column(name: str, column: Column, kind: str, arguments: Mapping[str, Any], details: Mapping[str, Any]) -> Rule:
    kwargs = {"column": column.name, **arguments}
    return Rule(
        f"{column.name}.{name}",
        {"type": kind, "kwargs": kwargs},
        "critical",
        "reject_row",
        column.name,
        condition(kind, kwargs),
        text=name,
        details=details,
    )


def _number(value: Decimal | None) -> int | float | None:
    """As JSON, and so the library, takes it."""
    return None if value is None else int(value) if value == value.to_integral_value() else float(value)


def _bound(value: Decimal | None) -> str:
    return "…" if value is None else f"{value:f}"


def _units_at(contract: Contract, at: str, reference: Reference) -> Iterator[Rule]:
    for column in contract.loaded_columns:
        if column.reading in ("unit", "agency"):
            register: Literal["admin_unit", "agency"] = "agency" if column.reading == "agency" else "admin_unit"
            query = (
                f'SELECT * FROM (SELECT * FROM {{batch}}) b WHERE b."{column.name}" IS NOT NULL AND b."{at}" IS NOT NULL AND NOT EXISTS '
                f"(SELECT 1 FROM warehouse.unit u WHERE u.register = '{register}' AND u.code = b.\"{column.name}\" "
                f'AND b."{at}"::date BETWEEN u.valid_from AND u.valid_to)'
            )
            yield Rule(
                f"{column.name}.unit_at",
                {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
                "critical",
                "reject_row",
                column.name,
                unregistered(column.name, at, reference.terms(register)),
                text="unit_at",
                details={"printed": column.printed},
            )


def _key_conflict(contract: Contract, name: str) -> Rule:
    query = f"SELECT b.* FROM (SELECT * FROM {{batch}}) b JOIN staging.{name}_twin t USING (row_no) WHERE t.differs"
    return Rule(
        KEY_CONFLICT,
        {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        "critical",
        "reject_row",
        contract.key[0],
        query=query,
        text="key_conflict",
        details={"key": " + ".join(contract.key)},
    )


# --- What staging left beside the rows: unreadable cells, printed totals, the share of rejects ---


def _of_staging(contract: Contract, name: str) -> Iterator[Rule]:
    yield Rule(
        "readable",
        {"type": "expect_column_values_to_be_null", "kwargs": {"column": "unreadable"}},
        "critical",
        "reject_row",
        text="readable",
    )
    if contract.totalled:
        yield Rule(
            "totals",
            {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": totals_query(contract, name)}},
            "warning",
            "flag",
            text="total_disagrees",
        )
    terms = contract.terms.delivery
    query = (
        f"SELECT * FROM (SELECT (SELECT count(DISTINCT row_no) FROM staging.{name}_mark WHERE rejects) AS rejected, "
        f"(SELECT count(*) FROM {{batch}}) AS total) s WHERE rejected > {terms.max_rejected_rows} "
        f"AND rejected > {terms.max_rejected_share} * total"
    )
    yield Rule(
        "too_many_rejects",
        {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        "critical",
        "refuse_delivery",
        text="too_many_rejects",
    )


def totals_query(contract: Contract, name: str) -> str:
    """Printed totals that the rows (accepted and rejected) don't add up to; one over an unreadable value isn't judged."""
    tolerance = contract.terms.sheet.totals.tolerance if contract.terms.sheet else 0
    figure = " ".join(f"WHEN '{column.name}' THEN b.\"{column.name}\"" for column in contract.totalled)
    return (
        f"SELECT t.*, s.summed FROM staging.{name}_total t CROSS JOIN LATERAL ("
        f"SELECT coalesce(sum(CASE t.column_name {figure} END), 0) AS summed, "
        f"bool_or(t.column_name = ANY(string_to_array(b.unreadable, ','))) AS unsure "
        f"FROM (SELECT * FROM {{batch}}) b WHERE b.row_no = ANY(t.covered)) s "
        f"WHERE s.unsure IS NOT TRUE AND abs(t.printed - s.summed) > {tolerance}"
    )


# --- The suite ---


def _of_suite(contract: Contract, settings: Settings, period: Period | None) -> Iterator[Rule]:
    path = settings.expectations / f"{contract.source}.json"
    try:
        entries = json.loads(path.read_text("utf-8"))["expectations"]
    except (OSError, json.JSONDecodeError, KeyError, TypeError) as fault:
        raise ContractError(f"Suite {contract.source}.json can't be read: {fault}") from fault
    for number, entry in enumerate(entries, 1):
        try:
            yield _from_native(entry, period)
        except (KeyError, TypeError) as fault:
            raise ContractError(
                f"Suite {contract.source}.json, expectation {number}: {fault!r} is missing or unknown. "
                "Needed: type, kwargs, severity and meta with rule, action, message_vi, message_en; "
                f"row-level types: {', '.join(KINDS)}, unexpected_rows_expectation."
            ) from fault


def _from_native(entry: Mapping[str, Any], period: Period | None) -> Rule:
    meta, kwargs = entry["meta"], dict(entry["kwargs"])
    query = kwargs.get("unexpected_rows_query")
    if query and period:
        query = query.replace("{period_start}", f"DATE '{period.start}'").replace(
            "{period_end}", f"DATE '{period.end}'"
        )
        kwargs["unexpected_rows_query"] = query
    action: Action = meta["action"]
    row_level = action == "reject_row" or meta.get("rows", False)
    found = condition(entry["type"], kwargs) if row_level and not query else None
    return Rule(
        meta["rule"],
        {"type": entry["type"], "kwargs": kwargs},
        entry["severity"],
        action,
        meta.get("column"),
        found,
        query if row_level else None,
        vi=meta["message_vi"],
        en=meta["message_en"],
    )
