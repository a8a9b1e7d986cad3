"""The unlogged tables of a delivery in schema `staging`: scratch, made anew for every reading."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile

import psycopg2
import pyarrow as pa
import sqlalchemy as sa
from pyarrow import csv as arrow_csv

from chiso.contracts import Contract
from chiso.database import copy_in
from chiso.staging.batch import Broken
from chiso.staging.cast import SQL_TYPES
from chiso.staging.pipeline import ahead


def create(connection: sa.Connection, name: str, contract: Contract) -> None:
    """Makes `staging.<name>`, `_broken` and `_total`; drops what an earlier reading left under that name.

    No vacuum looks at them: it would cost a large delivery more than it ever gave.
    """
    columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.reading]}' for column in contract.loaded_columns)
    drop(connection, name)
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE staging.{name} (row_no bigint, line bigint, {columns}, unreadable text[], failed bigint) "
        "WITH (autovacuum_enabled = false)"
    )
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE staging.{name}_broken "
        "(row_no bigint, line bigint, column_name text, rule text, value text, details jsonb)"
    )
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE staging.{name}_total "
        "(row_no bigint, column_name text, cell text, label text, printed numeric, covered bigint[])"
    )


def drop(connection: sa.Connection, name: str) -> None:
    """Drops the tables of `name`, if they are there."""
    for suffix in ("", "_broken", "_total", "_mark", "_twin"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS staging.{name}{suffix}")


@dataclass(frozen=True)
class Copied:
    """Rows that were loaded, and the SHA-256 of what they say and where they stand, however the file wrote it."""

    rows: int
    sha256: str


def copy_rows(connection: sa.Connection, name: str, tables: Iterable[pa.Table], contract: Contract) -> Copied:
    """Loads typed batches. Batches are made while PostgreSQL takes the one before."""
    columns = ["row_no", "line", *(column.name for column in contract.loaded_columns), "unreadable", "failed"]
    count = 0
    digest = hashlib.sha256()

    def encoded() -> Iterator[bytes]:
        nonlocal count
        for table in tables:
            count += table.num_rows
            lines = _as_csv(table.select(columns))
            digest.update(lines)
            yield lines

    rows = _Ahead(encoded())
    try:
        copy_in(connection, f"staging.{name}", columns, rows, fresh=True)
    except psycopg2.Error:
        if rows.fault is not None:  # the driver wraps what its reader raises
            raise rows.fault from None
        raise
    finally:
        rows.close()
    return Copied(count, digest.hexdigest())


class BrokenCells:
    """What could not be read, set aside in a file without a name until the rows are loaded: there may be millions."""

    _COLUMNS = ("row_no", "line", "column_name", "rule", "value", "details")

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._hash = hashlib.sha256()

    def __enter__(self) -> "BrokenCells":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, broken: Sequence[Broken]) -> None:
        """Sets them aside, by row."""
        if not broken:
            return
        broken = sorted(broken, key=lambda entry: (entry.row, entry.column or ""))
        columns = [
            pa.array([entry.row for entry in broken], pa.int64()),
            pa.array([entry.line for entry in broken], pa.int64()),
            pa.array([entry.column for entry in broken], pa.string()),
            pa.array([entry.rule for entry in broken], pa.string()),
            pa.array([entry.value for entry in broken], pa.string()),
            pa.array([json.dumps(entry.details, ensure_ascii=False) for entry in broken], pa.string()),
        ]
        lines = _as_csv(pa.table(columns, names=self._COLUMNS))
        self._hash.update(lines)
        self._file.write(lines)

    @property
    def sha256(self) -> str:
        """Of what was set aside."""
        return self._hash.hexdigest()

    def copy(self, connection: sa.Connection, name: str) -> None:
        """Loads them into `staging.<name>_broken`."""
        if self._file.tell():
            self._file.seek(0)
            copy_in(connection, f"staging.{name}_broken", list(self._COLUMNS), self._file)


def _as_csv(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(include_header=False))
    return bytes(sink.getvalue())


class _Ahead:
    """A readable over blocks that a thread makes two ahead; `fault` is what the making met, raised by `read` too."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = ahead(blocks)
        self._block = memoryview(b"")
        self.fault: BaseException | None = None

    def close(self) -> None:
        """Ends the thread, wherever it is."""
        self._blocks.close()

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._block:
                self._block = memoryview(next(self._blocks))
        except StopIteration:
            return b""
        except BaseException as fault:
            self.fault = fault
            raise
        piece = self._block[:size] if size >= 0 else self._block
        self._block = self._block[len(piece) :]
        return bytes(piece)
