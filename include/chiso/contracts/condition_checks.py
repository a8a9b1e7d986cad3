"""Whether a condition compares columns with what they can be compared with."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from chiso.contracts.columns import Column
from chiso.contracts.conditions import Comparison
from chiso.contracts.model import Contract

_ORDERED = ("<", "<=", ">", ">=")


def faults_of_condition(contract: Contract, condition: object) -> Iterator[str]:
    """What is wrong with it, in words; its columns are known to be there."""
    for comparison in comparisons(condition):
        column = contract.column(comparison.column)
        yield from _operator(comparison, column)
        if comparison.than is not None:
            yield from _than(contract, comparison, column)
        for value in comparison.value if isinstance(comparison.value, tuple) else (comparison.value,):
            if value is not None and (fault := _value(comparison, column, value)):
                yield fault


def comparisons(condition: object) -> Iterator[Comparison]:
    """Every comparison in a condition; nothing of None."""
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for part in getattr(condition, "all", None) or getattr(condition, "any", []):
            yield from comparisons(part)


def _operator(comparison: Comparison, column: Column) -> Iterator[str]:
    operator, kind = comparison.operator, column.how.kind
    if operator in ("yes", "no") and kind != "mark":
        yield f"{column.name} is no mark or flag; compare it with a value"
    if operator in _ORDERED and kind not in ("figure", "time"):
        yield f"{column.name} has no order ({column.reading}); {operator} goes with numbers and times"
    if operator == "starts_with" and kind != "word":
        yield f"{column.name} is no text ({column.reading}); starts_with goes with words"


def _than(contract: Contract, comparison: Comparison, column: Column) -> Iterator[str]:
    other = contract.column(comparison.than or "")
    if other.how.kind != column.how.kind:
        yield f"{column.name} ({column.reading}) can't be compared with {other.name} ({other.reading})"
    if comparison.plus_days is None:
        return
    days = contract.column(comparison.plus_days)
    if other.how.kind != "time":
        yield f"plus_days adds days to a time, which {other.name} is none of"
    if days.reading != "count":
        yield f"plus_days: {days.name} is no count of days"


_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "figure": ((int, Decimal), "is a number; compare it with one, without quotes"),
    "word": ((str,), "is text; put its value in quotes"),
    "time": ((date,), "is a time; compare it with a day, written 2024-06-30 without quotes"),
    "mark": ((bool,), "is a mark or flag; use the operators yes and no"),
}


def _value(comparison: Comparison, column: Column, value: object) -> str | None:
    types, said = _KINDS["word" if comparison.operator == "starts_with" else column.how.kind]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        return f"{column.name} {said}"
    listed = [str(each) for each in column.enum]
    if listed and comparison.operator in ("=", "!=", "in") and str(value) not in listed:
        return f"{value!r} is not listed for {column.name}"
    return None
