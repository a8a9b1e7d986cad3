"""Whether a suite fits its contract: columns, types, texts and SQL that both the library and the row rules can take."""

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

from chiso.contracts import Column, Contract
from chiso.validation import history
from chiso.validation.conditions import ARGUMENTS
from chiso.validation.history import History
from chiso.validation.suite import QUERY, Entry, Suite, entries_with_places

Found = tuple[str, str]
"""Place in the suite, message."""

PLACEHOLDERS = ("batch", "period_start", "period_end")
DERIVED = frozenset({"readable", "totals", "too_many_rejects"})
"""Ids of rules that every source has; others that are derived hold a dot."""
_RULE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_SET_APART = re.compile(
    r"[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL
)
"""Texts, quoted names and comments of SQL, in which nothing is looked for."""
_READS = re.compile(r"\s*\(*\s*(?:select|with|table|values)\b", re.IGNORECASE)


def faults_of_suite(suite: Suite, contract: Contract) -> Iterator[Found]:
    """What is wrong, each with its place and mend. Whether the SQL can be planned is asked of the server, by lint."""
    ids = [entry.meta.rule for entry in suite.expectations]
    for place, entry in entries_with_places(suite):
        rule = entry.meta.rule
        if not _RULE.fullmatch(rule):
            yield f"{place}.meta.rule", f"{rule!r} can't be a rule's id; use snake case, ASCII"
        elif rule in DERIVED:
            yield f"{place}.meta.rule", f"every source has a rule {rule} of its own; choose another id"
        elif ids.count(rule) > 1:
            yield f"{place}.meta.rule", f"{rule} is the id of {ids.count(rule)} rules; each needs its own"
        yield from ((f"{place}.{where}", said) for where, said in _entry(entry, contract))


def _entry(entry: Entry, contract: Contract) -> Iterator[Found]:
    names = set(contract.loaded_names)
    if entry.meta.column is not None and entry.meta.column not in names:
        yield "meta.column", f"{entry.meta.column!r} is no column that is loaded"
    if entry.meta.rows and entry.meta.action == "refuse_delivery":
        yield "meta.rows", "goes with flag; what refuses the delivery names none of its rows"
    for word in ("message_vi", "message_en"):
        if said := _text(getattr(entry.meta, word), entry.meta.column):
            yield f"meta.{word}", said
    stated = {*entry.kwargs, *(entry.meta.history.said if entry.meta.history else ())}
    tolerances = sorted({"mostly", "max_share", "max_z"} & stated)
    if tolerances and not (entry.meta.because or "").strip():
        yield "meta.because", f"says why {tolerances[0]} is what it is, e.g. the known defect that it lies just above; it is missing"
    if entry.meta.history:
        yield from _history(entry, entry.meta.history, contract)
    elif entry.type == QUERY:
        yield from _query(entry.kwargs)
    elif entry.is_row_level:
        yield from _condition(entry, contract)
    else:
        yield from _columns_of(entry, names)


def _history(entry: Entry, stated: History, contract: Contract) -> Iterator[Found]:
    if entry.type != QUERY:
        yield "type", f"must be {QUERY}, since meta.history is asked for by a query"
    if not (entry.meta.action == "flag" and entry.meta.rows):
        yield "meta.action", "must be flag, with rows: true: an unusual figure is told, never rejected"
    found = list(history.faults(stated, entry.meta.column, contract))
    yield from ((f"meta.{place}", said) for place, said in found)
    if not found and entry.meta.column in contract.loaded_names and with_history(entry, contract) != entry:
        yield "kwargs.unexpected_rows_query", f"query or description isn't what meta.history says; chiso source suite {contract.source} writes them"


def with_history(entry: Entry, contract: Contract) -> Entry:
    """A sound entry with the query and the description that its `meta.history` says."""
    stated, column = entry.meta.history, entry.meta.column
    if stated is None or column is None:
        return entry
    made = {"kwargs": {"unexpected_rows_query": history.query(stated, column, contract)}, "description": history.words(stated, column)}
    return entry.model_copy(update=made)


def _text(text: str, column: str | None) -> str | None:
    """Why a message can't be filled in; None where it can."""
    if not text.strip():
        return "is blank; say what is wrong and what to do"
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    except ValueError:
        return "has a brace without its other half; a brace that is meant as one is written twice"
    if strange := [name for name, spec, conversion in fields if (name, spec or "", conversion) != ("value", "", None)]:
        return f"{{{strange[0]}}} is filled in by nothing; only {{value}} is"
    if fields and column is None:
        return "says {value}, but meta.column doesn't say whose value that is"
    return None


# --- SQL ---


def _query(kwargs: dict[str, Any]) -> Iterator[Found]:
    for word in sorted(set(kwargs) - {"unexpected_rows_query"}):
        yield f"kwargs.{word}", "isn't read; a query takes unexpected_rows_query"
    query, place = kwargs.get("unexpected_rows_query"), "kwargs.unexpected_rows_query"
    if not isinstance(query, str) or not query.strip():
        yield place, "is missing; select the rows that break the rule from {batch}"
        return
    try:
        fields = [name for _, name, _, _ in Formatter().parse(query) if name is not None]
    except ValueError:
        yield place, "has a brace without its other half; a brace that is meant as one is written twice"
        return
    if strange := sorted({name for name in fields if name not in PLACEHOLDERS}):
        yield (
            place,
            f"{{{strange[0]}}} is filled in by nothing; there are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}, "
            "and a brace that is meant as one is written twice",
        )
    if "batch" not in fields:
        yield place, "doesn't speak of {batch}, which stands for the delivery's rows"
    if said := _only_reads(query):
        yield place, said


def _only_reads(query: str) -> str | None:
    bare = _SET_APART.sub(" ", query)
    if ";" in bare:
        return "holds a semicolon; state one SELECT without one"
    if not _READS.match(bare):
        return "must only read: begin with SELECT or WITH"
    depth = 0
    for sign in re.findall(r"[()]", bare):
        depth += 1 if sign == "(" else -1
        if depth < 0:
            break
    return "has a parenthesis without its other half" if depth else None


# --- Conditions on a row ---


def _condition(entry: Entry, contract: Contract) -> Iterator[Found]:
    if entry.type not in ARGUMENTS:
        yield "type", f"{entry.type} can't name rows; use one of {', '.join([*ARGUMENTS, QUERY])}"
        return
    needed, others = ARGUMENTS[entry.type]
    for word in sorted(set(entry.kwargs) - {*needed, *others}):
        yield f"kwargs.{word}", f"isn't read; there are {', '.join([*needed, *others])}"
    missing = [word for word in needed if word not in entry.kwargs]
    yield from ((f"kwargs.{word}", "is missing") for word in missing)
    columns = {word: entry.kwargs[word] for word in ("column", "column_A", "column_B") if word in entry.kwargs}
    loaded = {column.name: column for column in contract.loaded_columns}
    unknown = {word: name for word, name in columns.items() if not isinstance(name, str) or name not in loaded}
    yield from ((f"kwargs.{word}", f"{name!r} is no column that is loaded") for word, name in unknown.items())
    if not missing and not unknown:
        yield from _fits(entry, [loaded[name] for name in columns.values()])


def _fits(entry: Entry, columns: list[Column]) -> Iterator[Found]:
    first, kwargs = columns[0], entry.kwargs
    if entry.type == "expect_column_values_to_match_regex":
        if first.how.kind != "word":
            yield "kwargs.column", f"{first.name} is no text ({first.reading}), so it has no pattern"
        elif not isinstance(kwargs["regex"], str) or (said := _pattern(kwargs["regex"])):
            yield "kwargs.regex", f"can't be used ({said}); look-around and back-references are unknown to RE2"
    elif entry.type == "expect_column_values_to_be_between":
        yield from _between(first, kwargs)
    elif entry.type == "expect_column_values_to_be_in_set":
        yield from _in_set(first, kwargs["value_set"])
    elif len(columns) == 2:
        if first.how.kind not in ("figure", "time") or first.how.kind != columns[1].how.kind:
            yield "kwargs", f"{first.name} ({first.reading}) can't be greater than {columns[1].name} ({columns[1].reading})"
        if kwargs["ignore_row_if"] != "either_value_is_missing":
            yield "kwargs.ignore_row_if", "must be either_value_is_missing: a blank breaks no rule here"


def _pattern(regex: str) -> str | None:
    from chiso.contracts.column_checks import pattern_fault

    return pattern_fault(f"(?s){regex}")


def _between(column: Column, kwargs: dict[str, Any]) -> Iterator[Found]:
    if column.how.kind != "figure":
        yield "kwargs.column", f"{column.name} holds no numbers ({column.reading}); state a query"
        return
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    wrong = [word for word, bound in (("min_value", low), ("max_value", high)) if bound is not None and not _is_number(bound)]
    yield from ((f"kwargs.{word}", f"{kwargs[word]!r} is no number") for word in wrong)
    if low is None and high is None:
        yield "kwargs", "give min_value, max_value or both"
    elif not wrong and low is not None and high is not None and low > high:
        yield "kwargs", f"no value lies between {low} and {high}; swap them"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_set(column: Column, values: object) -> Iterator[Found]:
    if not isinstance(values, list) or not values:
        yield "kwargs.value_set", "must be a list of values"
    elif column.how.kind not in ("word", "figure"):
        yield "kwargs.column", f"{column.name} ({column.reading}) has no listed values; state a query"
    else:
        fits = _is_number if column.how.kind == "figure" else lambda value: isinstance(value, str)
        for value in values:
            if not fits(value):
                yield "kwargs.value_set", f"{value!r} is no value of {column.name} ({column.reading})"


def _columns_of(entry: Entry, names: set[str]) -> Iterator[Found]:
    """An expectation on the delivery as a whole, which the library alone judges: what names columns must name loaded ones."""
    for word, value in entry.kwargs.items():
        if word in ("column", "column_A", "column_B", "column_list", "column_set"):
            for name in value if isinstance(value, list) else [value]:
                if name not in names:
                    yield f"kwargs.{word}", f"{name!r} is no column that is loaded"
