"""The scratch tables of a delivery, made anew for every reading."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile

import psycopg2
import pyarrow as pa
import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.deliveries.scratch import Scratch
from chiso.staging.batch import Broken
from chiso.staging.binary import BinaryCopy
from chiso.staging.pipeline import ahead
from chiso.system.database import copy_in


def create(connection: sa.Connection, scratch: Scratch, contract: Contract) -> None:
    """Makes the tables that a reading fills; drops what an earlier one left.

    No vacuum looks at them: it would cost a large delivery more than it ever gave.
    """
    columns = ", ".join(f'"{column.name}" {column.how.sql}' for column in contract.loaded_columns)
    drop(connection, scratch)
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE {scratch.rows} (row_no bigint, line bigint, {columns}, unreadable text, failed bigint) "
        "WITH (autovacuum_enabled = false)"
    )
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE {scratch.broken} "
        "(row_no bigint, line bigint, column_name text, rule text, value text, details json, rejects boolean)"
    )
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE {scratch.totals} "
        "(row_no bigint, column_name text, cell text, label text, printed numeric, covered bigint[])"
    )


def drop(connection: sa.Connection, scratch: Scratch) -> None:
    """Drops the tables, if they are there."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {', '.join(scratch.tables)}")


@dataclass(frozen=True)
class Copied:
    """Rows that were loaded, and the SHA-256 of what they say and where they stand, however the file wrote it.

    cut: the last row, where it can't be read and no line ends after it.
    """

    rows: int
    sha256: str
    cut: int | None = None


def copy_rows(connection: sa.Connection, scratch: Scratch, tables: Iterable[pa.Table], contract: Contract) -> Copied:
    """Loads typed batches. Batches are made while PostgreSQL takes the one before."""
    sent = {column.name: column.how.sent for column in contract.loaded_columns}
    beside = {"unreadable": pa.string(), "failed": pa.int64()}
    stream = BinaryCopy(pa.schema({"row_no": pa.int64(), "line": pa.int64()} | sent | beside))
    count = 0

    def encoded() -> Iterator[bytes]:
        nonlocal count
        yield stream.header
        for table in tables:
            count += table.num_rows
            yield stream.rows(table)
        yield stream.end()

    _retype(connection, scratch, contract, "text")
    rows = _Readable(encoded())
    try:
        copy_in(connection, scratch.rows, stream.columns, rows, form="binary, FREEZE")
    except psycopg2.Error:
        if rows.fault is not None:  # the driver wraps what its reader raises
            raise rows.fault from None
        raise
    finally:
        rows.close()
    _retype(connection, scratch, contract, "numeric")
    return Copied(count, stream.sha256)


def _retype(connection: sa.Connection, scratch: Scratch, contract: Contract, kind: str) -> None:
    """Makes numbers text while they are copied: their scale counts, which no Arrow type of a whole column keeps."""
    numbers = [column.name for column in contract.loaded_columns if column.how.is_decimal]
    changes = ", ".join(f'ALTER "{column}" TYPE {kind} USING "{column}"::{kind}' for column in numbers)
    if changes:
        connection.exec_driver_sql(f"ALTER TABLE {scratch.rows} {changes}")


class BrokenCells:
    """What could not be read, set aside in a file without a name until the rows are loaded: there may be millions."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by __exit__
        texts = dict.fromkeys(("column_name", "rule", "value", "details"), pa.string())
        self._schema = pa.schema({"row_no": pa.int64(), "line": pa.int64()} | texts | {"rejects": pa.bool_()})
        self._stream = BinaryCopy(self._schema)
        self._file.write(self._stream.header)

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
            [entry.row for entry in broken],
            [entry.line for entry in broken],
            [entry.column for entry in broken],
            [entry.rule for entry in broken],
            [entry.value for entry in broken],
            [json.dumps(entry.details, ensure_ascii=False) for entry in broken],
            [entry.rejects for entry in broken],
        ]
        arrays = [pa.array(values, kind) for values, kind in zip(columns, self._schema.types, strict=True)]
        self._file.write(self._stream.rows(pa.table(arrays, schema=self._schema)))

    @property
    def sha256(self) -> str:
        """Of what was set aside, once it is loaded."""
        return self._stream.sha256

    def copy(self, connection: sa.Connection, scratch: Scratch) -> None:
        """Loads them into `staging.<name>_broken`."""
        self._file.write(self._stream.end())
        self._file.seek(0)
        copy_in(connection, scratch.broken, self._stream.columns, self._file, form="binary")


class _Readable:
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
