"""The warehouse's connection: engine, transactions, COPY.

SQLAlchemy holds connections and transactions; bulk moves go through psycopg2's COPY on the same connection.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg2
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from chiso.system.errors import DatabaseError

_TEXT_FORMS = "-c datestyle=iso,ymd -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1"
"""Whatever the database or role was set to: rows are hashed by their text."""


class Readable(Protocol):
    """What COPY reads from: `read(n)` gives at most n bytes, b"" at the end."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        ...


def connect(url: str) -> sa.Engine:
    """An engine on `url` (`postgresql+psycopg2://…`); nothing is opened yet."""
    arguments = {"connect_timeout": 10, "application_name": "chiso", "options": _TEXT_FORMS}
    return sa.create_engine(url, connect_args=arguments, pool_pre_ping=True)


@contextmanager
def reachable(engine: sa.Engine) -> Iterator[None]:
    """Turns a lost or refused connection into a DatabaseError that says what to do."""
    try:
        yield
    except (OperationalError, psycopg2.OperationalError) as fault:
        said = str(getattr(fault, "orig", fault)).strip()
        raise DatabaseError(
            f"PostgreSQL at {engine.url.render_as_string(hide_password=True)} failed: "
            f"{said} Check that the server runs, then run again."
        ) from fault


def copy_in(connection: sa.Connection, table: str, columns: list[str], rows: Readable, *, form: str = "csv") -> None:
    """Loads `rows` into `table`, inside the connection's transaction.

    form: csv (no header; unquoted empty = NULL) or binary; with `, FREEZE` where the transaction made the table, whose
    rows are then written as ones that need no look at who may see them.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    with raw_cursor(connection) as cursor:
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT {form})", rows, size=1 << 18)


@contextmanager
def owning(connection: sa.Connection) -> Iterator[None]:
    """Acts as the tables' owner, inside the connection's transaction; other work is done as `chiso_writer`, where there is one."""
    role = connection.execute(sa.text("SELECT current_setting('role')")).scalar_one()
    _act_as(connection, "none")
    yield
    _act_as(connection, role)


def _act_as(connection: sa.Connection, role: str) -> None:
    connection.execute(sa.text("SELECT set_config('role', :role, true)"), {"role": role})


def load_lock(source: str) -> str:
    """SQL for the number of the advisory lock that whoever loads or counts a source holds, one at a time."""
    return f"hashtextextended('chiso {source}', 0)"


@contextmanager
def raw_cursor(connection: sa.Connection) -> Iterator[Any]:
    """psycopg2's cursor of the connection's open transaction."""
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - an open sa.Connection always has one
    with driver.cursor() as cursor:
        yield cursor
