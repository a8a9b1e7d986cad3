"""The rules of a source: those that its contract states, and those of its Great Expectations suite.

One rule is one native expectation. Row-level ones are also compiled to a vectorised condition, so that every breaking
row is found; `chiso.validation.judging` makes sure that both agree.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from chiso.contracts import Column, Contract
from chiso.deliveries.events import bore_the_code
from chiso.deliveries.scratch import Scratch
from chiso.findings.issues import Action, Severity
from chiso.province.numbers import scaled
from chiso.province.periods import Period
from chiso.province.units import Reference, load_reference
from chiso.system.errors import ContractError, Fault
from chiso.system.settings import Settings
from chiso.validation.conditions import Condition, condition, unregistered
from chiso.validation.suite import Entry, read_suite, suite_file
from chiso.validation.suite_checks import faults_of_suite

MOST_CONDITIONS = 62
"""One bit each in a bigint."""
_SHORTEST_YEAR = 365

Finding = Literal["condition", "query", "twins", "broken", "totals", "share", "delivery"]
"""How what breaks a rule is found. condition: row by row while staging; query: rows, by SQL; twins: rows, by SQL on those
alike in key; broken: cells that staging could not read; totals: printed totals; share: too many rejects; delivery: the
library alone says whether the delivery as a whole is right."""

LISTED = "warehouse.known_subject"
"""What other sources list: all that a suite's SQL may read of what was loaded before."""


@dataclass(frozen=True)
class Rule:
    """One rule: one expectation of Great Expectations, and how the rows that break it are found.

    id: public, unique in the source. expectation: the library's own configuration. query: SQL that selects rows, `{batch}`
    standing for their table. text: name in `chiso.findings.messages`; None where `vi` and `en` are given.
    bit: of a condition, its place in what staging writes down beside each row. looks_beyond: it compares with what was loaded before.
    """

    id: str
    expectation: Mapping[str, Any]
    severity: Severity
    action: Action
    found_by: Finding
    column: str | None = None
    condition: Condition | None = None
    bit: int | None = None
    query: str | None = None
    text: str | None = None
    vi: str = ""
    en: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    looks_beyond: bool = False

    @property
    def is_row_level(self) -> bool:
        """Whether it names rows that the rules themselves find."""
        return self.found_by in ("condition", "query", "twins")

    @property
    def whole_query(self) -> str | None:
        """SQL that selects something if the delivery as a whole breaks the rule; None where the library alone can tell."""
        kwargs = self.expectation["kwargs"]
        if "unexpected_rows_query" in kwargs:
            return str(kwargs["unexpected_rows_query"])
        if self.expectation["type"] != "expect_table_row_count_to_be_between" or set(kwargs) - {"min_value", "max_value"}:
            return None
        bounds = [f"count(*) {sign} {kwargs[word]}" for word, sign in (("min_value", "<"), ("max_value", ">")) if kwargs.get(word) is not None]
        return f"SELECT 1 FROM (SELECT * FROM {{batch}}) b HAVING {' OR '.join(bounds) or 'false'}"

    def at(self, period: Period) -> "Rule":
        """The rule on a delivery of that period: `{period_start}` and `{period_end}` of its SQL are filled in."""
        kwargs = dict(self.expectation["kwargs"])
        if "unexpected_rows_query" not in kwargs:
            return self
        kwargs["unexpected_rows_query"] = _dated(kwargs["unexpected_rows_query"], period)
        query = self.query and _dated(self.query, period)
        return replace(self, expectation={**self.expectation, "kwargs": kwargs}, query=query)


def _dated(sql: str, period: Period) -> str:
    return sql.replace("{period_start}", f"DATE '{period.start}'").replace("{period_end}", f"DATE '{period.end}'")


@dataclass(frozen=True)
class Rules:
    """All rules of a source, built once for a delivery and carried to its verdict.

    sha256: identifies what deliveries are judged by: contract, suite and reference lists.
    """

    contract: Contract
    stated: tuple[Rule, ...]
    sha256: str

    @classmethod
    def of(cls, contract: Contract, settings: Settings) -> "Rules":
        """The rules of a source. Raises ContractError naming the suite and the rule."""
        found = [*_derived(contract, settings), *_of_staging(contract), *_of_suite(contract, settings)]
        return cls(contract, tuple(_with_bits(found, contract)), _sha256(contract, settings))

    @property
    def scratch(self) -> Scratch:
        """The tables that they speak of."""
        return Scratch(self.contract.scratch_name)

    @property
    def conditions(self) -> list[Rule]:
        """Those that need nothing but a row, in the order of their bits."""
        return [rule for rule in self.stated if rule.found_by == "condition"]

    @property
    def needs_library(self) -> bool:
        """Whether a rule can be answered by Great Expectations alone."""
        return any(not rule.is_row_level and rule.found_by != "broken" and rule.whole_query is None for rule in self.stated)

    def of_delivery_alone(self) -> "Rules":
        """Those that say the same whatever else was loaded: without what compares with other sources' lists, or with earlier figures."""
        return replace(self, stated=tuple(rule for rule in self.stated if not rule.looks_beyond))

    def at(self, period: Period) -> "Rules":
        """The rules on a delivery of that period."""
        return replace(self, stated=tuple(rule.at(period) for rule in self.stated))

    def by_id(self) -> dict[str, Rule]:
        """By their public id."""
        return {rule.id: rule for rule in self.stated}


def _with_bits(found: list[Rule], contract: Contract) -> Iterator[Rule]:
    bit = 0
    for rule in found:
        if rule.found_by == "condition":
            yield replace(rule, bit=bit)
            bit += 1
        else:
            yield rule
    if bit > MOST_CONDITIONS:
        said = f"there are more than {MOST_CONDITIONS} conditions on a row, the contract's among them; state some as one query"
        raise ContractError(Fault(suite_file(contract.source), "expectations", said))


def _sha256(contract: Contract, settings: Settings) -> str:
    digest = hashlib.sha256()
    suite = settings.home / suite_file(contract.source)
    for path in [contract.path, suite, *sorted((settings.schemas / "reference").iterdir())]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


# --- Derived from the contract ---


def _derived(contract: Contract, settings: Settings) -> Iterator[Rule]:
    for column in contract.loaded_columns:
        yield from _of_column(column)
    if contract.terms.unit_at:
        yield from _units_at(contract, contract.terms.unit_at, load_reference(settings.schemas))
    if contract.terms.period and contract.column(contract.terms.period).reading == "date":
        yield _day_outside(contract.column(contract.terms.period))
    yield _key_conflict(contract)


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
        "condition",
        column.name,
        condition(kind, kwargs),
        text=name,
        details=details,
    )


def _number(value: Decimal | None) -> int | float | None:
    """As JSON, and so the library, takes it."""
    return None if value is None else int(value) if value == value.to_integral_value() else float(value)


def _of_levels(column: Column) -> str:
    """SQL for whether the unit `u` is of the column's levels."""
    admin = ", ".join(f"'{level}'" for level in column.levels if level != "agency")
    parts = [f"u.register = 'admin_unit' AND u.level IN ({admin})"] if admin else []
    return " OR ".join([*parts, *(["u.register = 'agency'"] if "agency" in column.levels else [])])


def _bound(value: Decimal | None) -> str:
    return "…" if value is None else f"{value:f}"


def _units_at(contract: Contract, at: str, reference: Reference) -> Iterator[Rule]:
    for column in contract.loaded_columns:
        if column.levels:
            unit_then = bore_the_code("u", f'b."{column.name}"', f'b."{at}"::date')
            query = (
                f'SELECT * FROM (SELECT * FROM {{batch}}) b WHERE b."{column.name}" IS NOT NULL AND b."{at}" IS NOT NULL AND NOT EXISTS '
                f"(SELECT 1 FROM warehouse.unit u WHERE ({_of_levels(column)}) AND {unit_then})"
            )
            yield Rule(
                f"{column.name}.unit_at",
                {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
                "critical",
                "reject_row",
                "condition",
                column.name,
                unregistered(column.name, at, reference.terms(column.levels)),
                text="unit_at",
                details={"printed": column.printed},
            )


def _day_outside(column: Column) -> Rule:
    """A row of another day than the delivery's would stand for that whole day, in the place of what was delivered for it.

    A year holds deliveries too that state no period and whose days span several, so it is left alone.
    """
    query = (
        f'SELECT * FROM (SELECT * FROM {{batch}}) b WHERE b."{column.name}" NOT BETWEEN {{period_start}} AND {{period_end}} '
        f"AND {{period_end}} - {{period_start}} < {_SHORTEST_YEAR - 1}"
    )
    return Rule(
        f"{column.name}.day_outside",
        {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        "critical",
        "reject_row",
        "query",
        column.name,
        query=query,
        text="day_outside",
        details={"printed": column.printed},
    )


def _key_conflict(contract: Contract) -> Rule:
    twins = Scratch(contract.scratch_name).twins
    query = f"SELECT b.* FROM (SELECT * FROM {{batch}}) b JOIN {twins} t USING (row_no) WHERE t.differs"
    return Rule(
        "key.conflict",
        {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        "critical",
        "reject_row",
        "twins",
        contract.key[0],
        query=query,
        text="key_conflict",
        details={"key": " + ".join(contract.key)},
    )


# --- What staging left beside the rows: unreadable cells, printed totals, the share of rejects ---


def _of_staging(contract: Contract) -> Iterator[Rule]:
    scratch = Scratch(contract.scratch_name)
    yield Rule(
        "readable",
        {"type": "expect_column_values_to_be_null", "kwargs": {"column": "unreadable"}},
        "critical",
        "reject_row",
        "broken",
        text="readable",
    )
    if contract.totalled:
        yield Rule(
            "totals",
            {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": totals_query(contract)}},
            "warning",
            "flag",
            "totals",
            text="total_disagrees",
        )
    terms = contract.terms.delivery
    query = (
        f"SELECT * FROM (SELECT (SELECT count(DISTINCT row_no) FROM {scratch.marks} WHERE rejects) AS rejected, "
        f"(SELECT count(*) FROM {{batch}}) AS total) s WHERE rejected > {terms.max_rejected_rows} "
        f"AND rejected > {terms.max_rejected_share} * total"
    )
    yield Rule(
        "too_many_rejects",
        {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        "critical",
        "refuse_delivery",
        "share",
        text="too_many_rejects",
    )


def totals_query(contract: Contract) -> str:
    """Printed totals that the rows (accepted and rejected) don't add up to; one over an unreadable value isn't judged."""
    tolerance = contract.terms.sheet.totals.tolerance if contract.terms.sheet else Decimal(0)
    allowed = " ".join(f"WHEN '{column.name}' THEN {scaled(tolerance, column.power):f}" for column in contract.totalled)
    figure = " ".join(
        f"WHEN '{column.name}' THEN b.\"{column.name}\"{'' if column.is_summed else '::int'}" for column in contract.totalled
    )
    return (
        f"SELECT t.*, s.summed FROM {Scratch(contract.scratch_name).totals} t CROSS JOIN LATERAL ("
        f"SELECT coalesce(sum(CASE t.column_name {figure} END), 0) AS summed, "
        f"bool_or(t.column_name = ANY(string_to_array(b.unreadable, ','))) AS unsure "
        f"FROM (SELECT * FROM {{batch}}) b WHERE b.row_no = ANY(t.covered)) s "
        f"WHERE s.unsure IS NOT TRUE AND abs(t.printed - s.summed) > CASE t.column_name {allowed} END"
    )


# --- The suite ---


def _of_suite(contract: Contract, settings: Settings) -> Iterator[Rule]:
    suite = read_suite(contract.source, settings.home)
    if found := list(faults_of_suite(suite, contract)):
        raise ContractError(*(Fault(suite_file(contract.source), place, said) for place, said in found))
    for entry in suite.expectations:
        yield rule_of(entry)


def rule_of(entry: Entry) -> Rule:
    """The rule that a sound expectation states."""
    meta, kwargs = entry.meta, entry.kwargs
    query = kwargs.get("unexpected_rows_query") if entry.is_row_level else None
    found = condition(entry.type, kwargs) if entry.is_row_level and not query else None
    return Rule(
        meta.rule,
        {"type": entry.type, "kwargs": kwargs, **({"description": entry.description} if entry.description else {})},
        entry.severity,
        meta.action,
        "query" if query else "condition" if found else "delivery",
        meta.column,
        found,
        query=query,
        vi=meta.message_vi,
        en=meta.message_en,
        looks_beyond=meta.history is not None or LISTED in str(kwargs),
    )
