"""The unlogged tables of a delivery in schema `staging`: scratch, made anew for every reading."""

import io
import json
import queue
import threading
from collections.abc import Iterable, Iterator

import psycopg2
import pyarrow as pa
import sqlalchemy as sa
from pyarrow import csv as arrow_csv

from chiso.contracts import Contract
from chiso.database import copy_in
from chiso.staging.batch import Broken
from chiso.staging.cast import SQL_TYPES


def create(connection: sa.Connection, name: str, contract: Contract) -> None:
    """Makes `staging.<name>`, `_broken` and `_total`; drops what an earlier reading left under that name."""
    columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.reading]}' for column in contract.loaded_columns)
    drop(connection, name)
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE staging.{name} (row_no bigint, line bigint, {columns}, unreadable text[])"
    )
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE staging.{name}_broken "
        "(row_no bigint, column_name text, rule text, value text, details jsonb)"
    )
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE staging.{name}_total "
        "(row_no bigint, column_name text, cell text, label text, printed numeric, covered bigint[])"
    )


def drop(connection: sa.Connection, name: str) -> None:
    """Drops the tables of `name`, if they are there."""
    for suffix in ("", "_broken", "_total", "_mark"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS staging.{name}{suffix}")


def copy_rows(connection: sa.Connection, name: str, tables: Iterable[pa.Table], contract: Contract) -> int:
    """Loads typed batches; returns the number of rows. Batches are made while PostgreSQL takes the one before."""
    columns = ["row_no", "line", *(column.name for column in contract.loaded_columns), "unreadable"]
    count = 0

    def encoded() -> Iterator[bytes]:
        nonlocal count
        for table in tables:
            count += table.num_rows
            yield _as_csv(table.select(columns))

    rows = _Ahead(encoded())
    try:
        copy_in(connection, f"staging.{name}", columns, rows)
    except psycopg2.Error:
        if rows.fault is not None:  # the driver wraps what its reader raises
            raise rows.fault from None
        raise
    return count


def copy_broken(connection: sa.Connection, name: str, broken: list[Broken]) -> None:
    """Loads what could not be read."""
    if not broken:
        return
    table = pa.table(
        {
            "row_no": pa.array([entry.row for entry in broken], pa.int64()),
            "column_name": pa.array([entry.column for entry in broken], pa.string()),
            "rule": pa.array([entry.rule for entry in broken], pa.string()),
            "value": pa.array([entry.value for entry in broken], pa.string()),
            "details": pa.array([json.dumps(entry.details, ensure_ascii=False) for entry in broken], pa.string()),
        }
    )
    copy_in(connection, f"staging.{name}_broken", table.column_names, io.BytesIO(_as_csv(table)))


def _as_csv(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(include_header=False))
    return bytes(sink.getvalue())


class _Ahead:
    """A readable over blocks that a thread makes two ahead; `fault` is what the making met, raised by `read` too."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._ready: queue.Queue[bytes | None] = queue.Queue(maxsize=2)
        self._block = memoryview(b"")
        self.fault: BaseException | None = None
        threading.Thread(target=self._fill, args=(blocks,), daemon=True).start()

    def _fill(self, blocks: Iterator[bytes]) -> None:
        try:
            for block in blocks:
                self._ready.put(block)
        except BaseException as fault:  # noqa: BLE001 - handed over to the thread that reads
            self.fault = fault
        self._ready.put(None)

    def read(self, size: int = -1) -> bytes:
        while not self._block:
            block = self._ready.get()
            if block is None:
                self._ready.put(None)
                if self.fault is not None:
                    raise self.fault
                return b""
            self._block = memoryview(block)
        piece = self._block[:size] if size >= 0 else self._block
        self._block = self._block[len(piece) :]
        return bytes(piece)
