"""The views of schema `publication` as files: CSV and Parquet, a dictionary of their columns, and checksums.

All of one moment: what is loaded meanwhile is in none of them. Rows are streamed; a folder appears under its name when it is whole.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from chiso.system import progress
from chiso.system.database import raw_cursor
from chiso.system.errors import StorageError, UsageError
from chiso.system.platform import Platform

SUMS, DICTIONARY = "SHA256SUMS", "dictionary.json"
_BATCH = 20_000
_BLOCK = 1 << 20
_DIGITS, _DECIMALS = 38, 18
"""Of numbers with decimals in Parquet, which has no unbounded ones; CSV has every digit."""
_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "numeric": pa.decimal128(_DIGITS, _DECIMALS),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "jsonb": pa.string(),
    "text[]": pa.list_(pa.string()),
    "bigint[]": pa.list_(pa.int64()),
}


@dataclass(frozen=True)
class Column:
    """A column of a view: its name, its type in PostgreSQL, what its comment says."""

    name: str
    kind: str
    comment: str


@dataclass(frozen=True)
class Exported:
    """A view in files: how many rows they have."""

    view: str
    rows: int


def export(platform: Platform, folder: Path, names: Sequence[str] = ()) -> list[Exported]:
    """Writes `<view>.csv`, `<view>.parquet`, the dictionary and SHA256SUMS into a new folder.

    names: of views, without their schema; all where it is empty. Raises UsageError: no such view, or the folder is there; StorageError.
    """
    if folder.exists():
        raise UsageError(f"{folder} is there already; name a folder that isn't.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            done = _written(platform, scratch, names)
            scratch.chmod(0o755)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as fault:
        raise StorageError(f"{folder} can't be written: {fault.strerror}. Check the disk's space and the folder's permissions.") from fault
    return done


def _written(platform: Platform, folder: Path, names: Sequence[str]) -> list[Exported]:
    done, described = [], {}
    snapshot = platform.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection:
        views = _views(connection)
        if unknown := sorted(set(names) - views.keys()):
            raise UsageError(f"publication has no view {', '.join(unknown)}. Known: {', '.join(views)}.")
        for name in progress.each("views", list(names) or list(views), str):
            comment, columns = views[name]
            rows = _parquet(connection, name, columns, folder / f"{name}.parquet")
            _csv(connection, name, folder / f"{name}.csv")
            described[name] = {"comment": comment, "rows": rows, "columns": [vars(column) for column in columns]}
            done.append(Exported(name, rows))
    (folder / DICTIONARY).write_text(json.dumps(described, ensure_ascii=False, indent=1), "utf-8")
    sums = [f"{_digest(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(sums), "utf-8")
    return done


def _views(connection: sa.Connection) -> dict[str, tuple[str, list[Column]]]:
    """By name: what a view's comment says, and its columns."""
    rows = connection.execute(
        sa.text(
            "SELECT c.relname, obj_description(c.oid, 'pg_class') AS about, a.attname, format_type(a.atttypid, a.atttypmod) AS kind, "
            "col_description(c.oid, a.attnum) AS comment FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
            "WHERE c.relnamespace = 'publication'::regnamespace AND c.relkind = 'v' ORDER BY c.relname, a.attnum"
        )
    )
    found: dict[str, tuple[str, list[Column]]] = {}
    for row in rows:
        found.setdefault(row.relname, (row.about or "", []))[1].append(Column(row.attname, row.kind, row.comment or ""))
    return found


def _csv(connection: sa.Connection, view: str, path: Path) -> None:
    with path.open("wb") as target, raw_cursor(connection) as cursor:
        cursor.copy_expert(f'COPY (SELECT * FROM publication."{view}") TO STDOUT (FORMAT csv, HEADER)', target, size=_BLOCK)


def _parquet(connection: sa.Connection, view: str, columns: Sequence[Column], path: Path) -> int:
    """Writes the rows in their types; returns how many."""
    schema = pa.schema([pa.field(each.name, _TYPES.get(each.kind, pa.string()), metadata={"comment": each.comment}) for each in columns])
    listed = ", ".join(_selected(each) for each in columns)
    query = sa.text(f'SELECT {listed} FROM publication."{view}"')
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in connection.execute(query, execution_options={"yield_per": _BATCH}).partitions():
            arrays = [pa.array(values, field.type) for values, field in zip(zip(*part, strict=True), schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            rows += len(part)
    return rows


def _selected(column: Column) -> str:
    name = f'"{column.name}"'
    if column.kind == "numeric":
        return f"round({name}, {_DECIMALS}) AS {name}"
    return f"{name}::text AS {name}" if column.kind == "jsonb" or column.kind not in _TYPES else name


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
