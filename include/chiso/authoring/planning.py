"""A source's SQL, planned and run by the server on a staging table with one blank row: the suite's queries, and measures.

Everything happens in one transaction that only reads, on tables that nobody else sees, and is rolled back.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from chiso.contracts import Contract
from chiso.deliveries.scratch import Scratch
from chiso.province.periods import Period
from chiso.staging import tables
from chiso.validation.rows import create_marks, marking
from chiso.validation.rules import Rule, rule_of
from chiso.validation.suite import QUERY, Suite, as_the_library_fills, entries_with_places

Found = tuple[str, str]
"""Place, message."""

_LONGEST = "5s"
"""Of a query on one row."""
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""What the library takes for a parameter."""


@contextmanager
def blank_tables(contract: Contract, connection: sa.Connection) -> Iterator[Scratch]:
    """Staging tables of a source, in a transaction that from then on only reads, and is undone.

    They hold one blank row, so that functions are called.
    """
    scratch = Scratch(f"{contract.scratch_name}__lint")
    with connection.begin() as transaction:
        tables.create(connection, scratch, contract)
        create_marks(connection, scratch)
        connection.exec_driver_sql(f"INSERT INTO {scratch.rows} (row_no, line) VALUES (1, 1)")
        connection.exec_driver_sql(f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '{_LONGEST}'")
        yield scratch
        transaction.rollback()


def faults_of_queries(suite: Suite, contract: Contract, connection: sa.Connection, scratch: Scratch) -> Iterator[Found]:
    """What of a sound suite can't be planned, as the row rules run it and as the library does."""
    period = Period.of(f"{date.today():%Y}-Q1")  # noqa: DTZ011 - any period will do
    for place, entry in entries_with_places(suite):
        if entry.type != QUERY:
            continue
        rule = rule_of(entry).at(period)
        where = f"{place}.kwargs.unexpected_rows_query"
        own = _fault(connection, _own(rule, scratch))
        if own:
            yield where, own
        elif said := _library(connection, rule, scratch):
            yield where, said


def faults_of_measures(contract: Contract, connection: sa.Connection, scratch: Scratch) -> Iterator[Found]:
    """Measures, and conditions of printed figures, that can't be taken from the rows."""
    for measure in contract.measures:
        if said := _fault(connection, f"SELECT {measure.aggregate_sql('s.')} FROM {scratch.rows} s"):
            yield f"measures.{measure.id}", said
    for number, printed in enumerate(contract.terms.printed):
        if printed.when and (said := _fault(connection, f"SELECT FROM {scratch.rows} s WHERE {printed.when.sql('s.')}")):
            yield f"printed[{number}].when", said


def _own(rule: Rule, scratch: Scratch) -> str:
    """As the row rules find what breaks the rule; one on the delivery as a whole only has to be SQL."""
    if rule.query:
        return marking(rule, scratch)
    return f"SELECT * FROM ({rule.expectation['kwargs']['unexpected_rows_query'].format(batch=scratch.rows)}) q"


def _library(connection: sa.Connection, rule: Rule, scratch: Scratch) -> str | None:
    query = as_the_library_fills(rule.expectation["kwargs"]["unexpected_rows_query"], scratch)
    if taken := _PARAMETER.search(query):
        return f"Great Expectations takes {taken[0]!r} for a parameter; write the text so that no letter follows the colon"
    if _fault(connection, f"SELECT * FROM ({query}) found LIMIT 1"):
        return "Great Expectations puts its own name behind {batch}; write (SELECT * FROM {batch}) b to name it"
    return None


def _fault(connection: sa.Connection, sql: str) -> str | None:
    """Why the server can't plan or run a query; None where it can."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"EXPLAIN {sql}".replace("%", "%%"))
            connection.exec_driver_sql(f"SELECT 1 FROM ({sql}) x LIMIT 1".replace("%", "%%"))
    except DBAPIError as fault:
        return _in_words(fault)
    return None


def _in_words(fault: DBAPIError) -> str:
    diagnosis = getattr(fault.orig, "diag", None)
    primary = (getattr(diagnosis, "message_primary", None) or str(fault.orig).splitlines()[0]).strip()
    if "data-modifying statement" in primary or "read-only transaction" in primary:
        return f"must only read ({primary})"
    hint = getattr(diagnosis, "message_hint", None)
    if 'column "line" does not exist' in primary or 'column q.line does not exist' in primary or "column q.row_no" in primary:
        hint = "the rows of {batch} as they are, with SELECT *, since row_no and line name them"
    return f"PostgreSQL can't plan it: {primary}" + (f" ({hint[:1].lower()}{hint[1:]})" if hint else "")
