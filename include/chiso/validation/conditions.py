"""Great Expectations' row conditions as vectorised Arrow ones, evaluated block by block while a delivery is staged.

The library judges by its own SQL; these find which rows break a rule. A missing value breaks none but `not null`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Condition = Callable[[pa.Table], pa.Array]
"""From typed columns to a boolean array, true where a row breaks the rule; null counts as false."""


def condition(kind: str, kwargs: Mapping[str, Any]) -> Condition:
    """The condition of a row-level expectation whose arguments are checked (`chiso.validation.suite_checks`)."""
    make, _, _ = _KINDS[kind]
    return make(kwargs)


def unregistered(column: str, at: str, terms: Mapping[str, Sequence[tuple[date, date]]]) -> Condition:
    """True where the code in `column` has no term on the day of `at`. terms: first and last days, by code."""
    codes = pa.array(list(terms), pa.string())
    most = max(map(len, terms.values()), default=0)
    padded = [[*spans, *[(None, None)] * (most - len(spans))] for spans in terms.values()]
    nth = [tuple(pa.array([spans[n][side] for spans in padded], pa.date32()) for side in (0, 1)) for n in range(most)]

    def breaks(table: pa.Table) -> pa.Array:
        day = table.column(at).cast(pa.date32())
        place = pc.index_in(table.column(column), codes)
        unknown = pc.and_(pc.is_valid(table.column(column)), pc.is_valid(day))
        for first, last in nth:
            holds = pc.and_(pc.less_equal(first.take(place), day), pc.less_equal(day, last.take(place)))
            unknown = pc.and_(unknown, pc.invert(pc.fill_null(holds, False)))
        return unknown

    return breaks


def _null(kwargs: Mapping[str, Any]) -> Condition:
    name = kwargs["column"]
    return lambda table: pc.is_null(table.column(name))


def _not_null(kwargs: Mapping[str, Any]) -> Condition:
    name = kwargs["column"]
    return lambda table: pc.is_valid(table.column(name))


def _no_match(kwargs: Mapping[str, Any]) -> Condition:
    name, pattern = kwargs["column"], f"(?s){kwargs['regex']}"  # in PostgreSQL a dot is a newline too
    return lambda table: pc.invert(pc.match_substring_regex(table.column(name), pattern))


def _not_in(kwargs: Mapping[str, Any]) -> Condition:
    name, values = kwargs["column"], list(kwargs["value_set"])

    def breaks(table: pa.Table) -> pa.Array:
        column = table.column(name)
        allowed = pa.array(values).cast(column.type)
        return pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, allowed)))

    return breaks


def _outside(kwargs: Mapping[str, Any]) -> Condition:
    name, low, high = kwargs["column"], kwargs.get("min_value"), kwargs.get("max_value")
    below = pc.less_equal if kwargs.get("strict_min") else pc.less
    above = pc.greater_equal if kwargs.get("strict_max") else pc.greater

    def breaks(table: pa.Table) -> pa.Array:
        column = table.column(name)
        sides = [compare(column, bound) for compare, bound in ((below, low), (above, high)) if bound is not None]
        return sides[0] if len(sides) == 1 else pc.or_(*sides)

    return breaks


def _not_after(kwargs: Mapping[str, Any]) -> Condition:
    first, second = kwargs["column_A"], kwargs["column_B"]
    compare = pc.less if kwargs.get("or_equal") else pc.less_equal
    return lambda table: compare(table.column(first), table.column(second))


_KINDS: dict[str, tuple[Callable[[Mapping[str, Any]], Condition], tuple[str, ...], tuple[str, ...]]] = {
    "expect_column_values_to_not_be_null": (_null, ("column",), ()),
    "expect_column_values_to_be_null": (_not_null, ("column",), ()),
    "expect_column_values_to_match_regex": (_no_match, ("column", "regex"), ()),
    "expect_column_values_to_be_in_set": (_not_in, ("column", "value_set"), ()),
    "expect_column_values_to_be_between": (_outside, ("column",), ("min_value", "max_value", "strict_min", "strict_max")),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        _not_after,
        ("column_A", "column_B", "ignore_row_if"),
        ("or_equal",),
    ),
}

ARGUMENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    kind: (needed, others) for kind, (_, needed, others) in _KINDS.items()
}
"""Row-level expectation types that suites may use: the arguments that each needs, and those that it may have besides."""
