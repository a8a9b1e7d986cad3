"""The rules of a source: those that its contract states, and those of its Great Expectations suite.

One rule is one native expectation. Row-level ones are also compiled to SQL, so that every breaking row is
found set-wise; `chiso.validation.judge` makes sure that both agree.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chiso.contracts import Column, Contract
from chiso.errors import ContractError
from chiso.issues import Action, Severity
from chiso.periods import Period
from chiso.settings import Settings


@dataclass(frozen=True)
class Rule:
    """One rule.

    id: public, unique in the source. expectation: Great Expectations' own configuration.
    predicate: SQL over the staging table's columns, true where a row breaks it; query: SQL that selects the
    breaking rows, `{batch}` standing for the table. A rule with neither speaks of the delivery as a whole.
    text: name in `chiso.messages`; None where `vi` and `en` are given.
    """

    id: str
    expectation: Mapping[str, Any]
    severity: Severity
    action: Action
    column: str | None = None
    predicate: str | None = None
    query: str | None = None
    text: str | None = None
    vi: str = ""
    en: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_row_level(self) -> bool:
        """Whether it names rows."""
        return bool(self.predicate or self.query)


def rules(contract: Contract, settings: Settings, period: Period, name: str) -> list[Rule]:
    """Every rule of a delivery staged as `staging.<name>`. Raises ContractError naming the suite and the rule."""
    found = [*_derived(contract), *_of_staging(contract, name), *_of_suite(contract, settings, period)]
    ids = [rule.id for rule in found]
    twice = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
    if twice:
        raise ContractError(f"{contract.source}: the rules {', '.join(twice)} are stated twice.")
    return found


# --- Derived from the contract ---


def _derived(contract: Contract) -> Iterator[Rule]:
    for column in contract.loaded_columns:
        yield from _of_column(column)
    if contract.terms.unit_at:
        yield from _units_at(contract, contract.terms.unit_at)
    yield _key_conflict(contract)


def _of_column(column: Column) -> Iterator[Rule]:
    name, shown = column.name, {"printed": column.printed}
    if column.required and column.default is None:
        yield Rule(
            f"{name}.required",
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": name}},
            "critical",
            "reject_row",
            name,
            f'"{name}" IS NULL',
            text="required",
            details=shown,
        )
    if column.pattern:
        yield Rule(
            f"{name}.pattern",
            {"type": "expect_column_values_to_match_regex", "kwargs": {"column": name, "regex": column.pattern}},
            "critical",
            "reject_row",
            name,
            f'"{name}" !~ {_literal(column.pattern)}',
            text="pattern",
            details=shown,
        )
    if column.minimum is not None or column.maximum is not None:
        yield _range(column)
    if column.enum and column.reading != "choice":
        values = ", ".join(str(int(value)) for value in column.enum)
        yield Rule(
            f"{name}.choice",
            {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": name, "value_set": list(column.enum)}},
            "critical",
            "reject_row",
            name,
            f'"{name}" NOT IN ({values})',
            text="choice",
            details=shown | {"choices": values},
        )


def _range(column: Column) -> Rule:
    bounds = [
        f'"{column.name}" < {column.minimum}' if column.minimum is not None else "",
        f'"{column.name}" > {column.maximum}' if column.maximum is not None else "",
    ]
    return Rule(
        f"{column.name}.range",
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": column.name, "min_value": column.minimum, "max_value": column.maximum},
        },
        "critical",
        "reject_row",
        column.name,
        "(" + " OR ".join(filter(None, bounds)) + ")",
        text="range",
        details={"printed": column.printed, "minimum": _bound(column.minimum), "maximum": _bound(column.maximum)},
    )


def _bound(value: int | None) -> str:
    return "…" if value is None else str(value)


def _units_at(contract: Contract, at: str) -> Iterator[Rule]:
    for column in contract.loaded_columns:
        if column.reading in ("unit", "agency"):
            register = "agency" if column.reading == "agency" else "admin_unit"
            query = (
                f'SELECT * FROM (SELECT * FROM {{batch}}) b WHERE b."{column.name}" IS NOT NULL AND b."{at}" IS NOT NULL AND NOT EXISTS '
                f"(SELECT 1 FROM warehouse.unit u WHERE u.register = '{register}' AND u.code = b.\"{column.name}\" "
                f'AND b."{at}"::date BETWEEN u.valid_from AND u.valid_to)'
            )
            yield _by_query(f"{column.name}.unit_at", query, column.name, "unit_at", {"printed": column.printed})


def _key_conflict(contract: Contract) -> Rule:
    key = ", ".join(f'"{name}"' for name in contract.key)
    present = " AND ".join(f'"{name}" IS NOT NULL' for name in contract.key)
    content = ", ".join(f'"{column.name}"' for column in contract.loaded_columns)
    query = (
        f"SELECT * FROM {{batch}} WHERE ({key}) IN (SELECT {key} FROM {{batch}} WHERE {present} GROUP BY {key} "
        f"HAVING count(*) > 1 AND count(DISTINCT ROW({content}, unreadable)::text) > 1)"
    )
    return _by_query("key.conflict", query, contract.key[0], "key_conflict", {"key": " + ".join(contract.key)})


def _by_query(rule_id: str, query: str, column: str | None, text: str, details: Mapping[str, Any]) -> Rule:
    return Rule(
        rule_id,
        {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        "critical",
        "reject_row",
        column,
        query=query,
        text=text,
        details=details,
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
    if contract.terms.sheet and contract.terms.sheet.totals:
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
    terms = contract.terms.sheet.totals if contract.terms.sheet else None
    columns = terms.columns if terms else []
    figure = " ".join(f"WHEN '{column}' THEN b.\"{column}\"" for column in columns)
    return (
        f"SELECT t.*, s.summed FROM staging.{name}_total t CROSS JOIN LATERAL ("
        f"SELECT coalesce(sum(CASE t.column_name {figure} END), 0) AS summed, "
        f"bool_or(t.column_name = ANY(b.unreadable)) AS unsure FROM (SELECT * FROM {{batch}}) b WHERE b.row_no = ANY(t.covered)) s "
        f"WHERE s.unsure IS NOT TRUE AND abs(t.printed - s.summed) > {terms.tolerance if terms else 0}"
    )


# --- The suite ---


def _of_suite(contract: Contract, settings: Settings, period: Period) -> Iterator[Rule]:
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
                f"row-level types: {', '.join(_PREDICATES)}, unexpected_rows_expectation."
            ) from fault


def _from_native(entry: Mapping[str, Any], period: Period) -> Rule:
    meta, kwargs = entry["meta"], dict(entry["kwargs"])
    query = kwargs.get("unexpected_rows_query")
    if query:
        query = query.replace("{period_start}", f"DATE '{period.start}'").replace(
            "{period_end}", f"DATE '{period.end}'"
        )
        kwargs["unexpected_rows_query"] = query
    action: Action = meta["action"]
    row_level = action == "reject_row" or meta.get("rows", False)
    predicate = _PREDICATES[entry["type"]](kwargs) if row_level and not query else None
    return Rule(
        meta["rule"],
        {"type": entry["type"], "kwargs": kwargs},
        entry["severity"],
        action,
        meta.get("column"),
        predicate,
        query if row_level else None,
        vi=meta["message_vi"],
        en=meta["message_en"],
    )


def _pair(kwargs: Mapping[str, Any]) -> str:
    sign = "<" if kwargs.get("or_equal") else "<="
    return f"{_name(kwargs['column_A'])} {sign} {_name(kwargs['column_B'])}"


def _between(kwargs: Mapping[str, Any]) -> str:
    column, low, high = _name(kwargs["column"]), kwargs.get("min_value"), kwargs.get("max_value")
    parts = [
        f"{column} < {_literal(low)}" if low is not None else "",
        f"{column} > {_literal(high)}" if high is not None else "",
    ]
    return "(" + " OR ".join(filter(None, parts)) + ")"


_PREDICATES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "expect_column_values_to_not_be_null": lambda kwargs: f"{_name(kwargs['column'])} IS NULL",
    "expect_column_values_to_be_null": lambda kwargs: f"{_name(kwargs['column'])} IS NOT NULL",
    "expect_column_values_to_match_regex": lambda kwargs: f"{_name(kwargs['column'])} !~ {_literal(kwargs['regex'])}",
    "expect_column_values_to_be_in_set": lambda kwargs: (
        f"{_name(kwargs['column'])} NOT IN ({', '.join(_literal(value) for value in kwargs['value_set'])})"
    ),
    "expect_column_values_to_be_between": _between,
    "expect_column_pair_values_a_to_be_greater_than_b": _pair,
}
"""Row-level expectation types in use, each as SQL that is true where a row breaks it (NULL never does)."""


def _name(column: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", column):
        raise KeyError(column)
    return f'"{column}"'


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
