"""A source's Great Expectations suite: what the contract can't say. Read once, everything that is wrong found at once."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chiso.contracts.in_words import in_words
from chiso.deliveries.scratch import Scratch
from chiso.findings.issues import Action, Severity
from chiso.system.errors import ContractError, Fault
from chiso.system.stated import Stated
from chiso.validation.history import History

QUERY = "unexpected_rows_expectation"
"""The type that is stated as SQL: what it selects breaks the rule."""


class Meta(Stated):
    """What the platform makes of an expectation."""

    rule: str
    """The rule's public id, unique in the source, snake case."""
    action: Action
    """refuse_delivery: the delivery as a whole; reject_row: the rows that break the rule; flag: nothing, it is said."""
    message_vi: str
    """What an official reads; `{value}` is the value of `column`."""
    message_en: str
    """The same in English."""
    column: str | None = None
    """The column whose cell is named."""
    because: str | None = None
    """Why its tolerance is what it is; needed where it has one."""
    history: History | None = None
    """Of a query that holds figures of `column` against the unit's earlier ones: what is meant, from which the query is made."""
    rows: bool = False
    """With `flag`: whether each row that breaks the rule is named; else the delivery is."""


class Entry(Stated):
    """One expectation, in the library's own form."""

    type: str
    """The expectation, e.g. `unexpected_rows_expectation`."""
    kwargs: dict[str, Any]
    """What it takes; of a query `{batch}` is the delivery's rows, `{period_start}` and `{period_end}` days of its period."""
    severity: Severity
    """How bad it is, as findings say."""
    meta: Meta
    """What the platform makes of it."""
    id: str | None = None
    """The library's own, not read."""
    notes: object = None
    """For readers, not read."""
    description: str | None = None
    """In words, as Data Docs and our pages show it."""

    @property
    def is_row_level(self) -> bool:
        """Whether it names rows, which the row rules find themselves."""
        return self.meta.action == "reject_row" or self.meta.rows


class Suite(Stated):
    """A file of expectations."""

    name: str
    """`<family>/<source>`."""
    expectations: list[Entry]
    """What the contract can't say; none where it says everything."""
    id: str | None = None
    """The library's own, not read."""
    meta: object = None
    """For readers, not read."""
    notes: object = None
    """For readers, not read."""


_JOIN = re.compile(r"\bJOIN\b", re.IGNORECASE)


def as_the_library_fills(query: str, scratch: Scratch) -> str:
    """A query with its `{batch}` filled in as Great Expectations does: under a name of its own, unless the query joins."""
    rows = f"(SELECT * FROM {scratch.rows})"
    return query.format(batch=rows if _JOIN.search(query) else f"{rows} AS subselect")


def suite_file(source: str) -> str:
    """Where a source's suite lies, relative to the checkout."""
    return f"expectations/{source}.json"


def read_suite(source: str, checkout: Path) -> Suite:
    """The suite of a source. Raises ContractError with every fault of its form; whether it fits the contract is asked later."""
    name = suite_file(source)
    document = _document(checkout / name, name)
    try:
        suite = Suite.model_validate(document)
    except ValidationError as fault:
        unknown = "is no word of a suite; README.md shows one"
        raise ContractError(*(Fault(name, place, said) for place, said in in_words(fault, unknown))) from fault
    if suite.name != source:
        raise ContractError(Fault(name, "name", f"{suite.name!r} is not the file's own; write {source!r}"))
    return suite


def _document(path: Path, name: str) -> object:
    try:
        return json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
    except FileNotFoundError as fault:
        begin = f'begin with {{"name": "{name.removeprefix("expectations/")[:-5]}", "expectations": []}}'
        raise ContractError(Fault(name, "", f"the suite is missing; {begin}")) from fault
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        said = f"this is not well-formed JSON ({fault.msg[:1].lower()}{fault.msg[1:]}); mend it there or just above"
        raise ContractError(Fault(name, place, said)) from fault
    except _TwiceError as fault:
        raise ContractError(Fault(name, str(fault), "stands twice in one object, and only one of them would count")) from fault
    except (OSError, UnicodeDecodeError, RecursionError) as fault:
        raise ContractError(Fault(name, "", f"the file can't be read ({fault}); save it as UTF-8 text")) from fault


class _TwiceError(Exception):
    """A key stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _TwiceError(twice)
    return dict(pairs)


def place_of(number: int, entry: Entry) -> str:
    """How a fault names an expectation. number: from 0."""
    return f"expectations[{number}] ({entry.meta.rule})"


def entries_with_places(suite: Suite) -> Iterator[tuple[str, Entry]]:
    """Every expectation, with how faults name it."""
    for number, entry in enumerate(suite.expectations):
        yield place_of(number, entry), entry
