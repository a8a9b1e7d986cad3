"""What an event says of rows: how many an insert-only table holds under a key, and their SHA-256.

The rows' text in PostgreSQL's own form, of the columns that the table had then, is hashed row by row, and the hashes in their own
order, first in 256 parts. So no order of reading matters, and memory stays bounded. Columns that a table gains later must be NULL
in the rows that are told of.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chiso.audit.offline.verify import record_text

KEYS: Mapping[str, str] = {
    "sources.fetch": "fetch_id",
    "landing.raw_file": "sha256",
    "landing.delivery": "delivery_id",
    "validation.verdict": "verdict_id",
    "validation.drift": "verdict_id",
    "validation.withdrawal": "delivery_id",
    "quarantine.reject": "verdict_id",
    "quarantine.row_case": "verdict_id",
    "quarantine.case_event": "delivery_id",
    "warehouse.load": "delivery_id",
    "warehouse.load_header": "delivery_id",
    "warehouse.slice": "delivery_id",
    "warehouse.touched_period": "delivery_id",
    "warehouse.correction": "delivery_id",
    "warehouse.event_ledger": "delivery_id",
    "warehouse.event_origin": "delivery_id",
    "warehouse.event_basis": "source",
    "warehouse.unit": "",
    "warehouse.unit_succession": "",
    "warehouse.period": "",
    "warehouse.measure": "",
    "indicators.definition": "",
    "indicators.target": "",
    "indicators.target_part": "",
    "indicators.target_year": "",
    "indicators.basis": "basis_sha256",
    "indicators.run": "run_id",
    "indicators.value": "run_id",
    "indicators.decision": "value_id",
    "notices.mail": "mail_id",
    "notices.topic": "mail_id",
}
"""By which column rows are told of together, by table; empty: the whole table at once. Tables of facts: delivery_id."""

FACTS_KEY = "delivery_id"
_PHYSICAL = "portion"
"""Of facts: says where a row lies, not what it says."""


@dataclass(frozen=True)
class Bound:
    """What is said of the rows of a table under a key. sha256: of `rows` rows, of these columns."""

    table: str
    key: str
    rows: int
    sha256: str
    columns: tuple[str, ...]

    @staticmethod
    def read(said: Mapping[str, Any]) -> "Bound":
        """From an event."""
        return Bound(said["table"], said["key"], said["rows"], said["sha256"], tuple(said["columns"]))


@dataclass(frozen=True)
class Rows:
    """Rows that an event is to tell of: those of a table under the keys."""

    table: str
    keys: tuple[str, ...]

    @staticmethod
    def of(table: str, *keys: object) -> "Rows":
        """keys: values of the table's key column; none where the whole table is told of at once."""
        return Rows(table, tuple(str(key) for key in keys) if KEYS.get(table, FACTS_KEY) else ("",))


def bind(connection: sa.Connection, rows: Iterable[Rows]) -> Iterator[Bound]:
    """Hashes rows. A key without any is told of as such."""
    for each in rows:
        columns = told_columns(connection, each.table)
        found = hashed(connection, each.table, columns, each.keys)
        for key in dict.fromkeys(each.keys):
            count, sha256, _ = found.get(key, (0, _NOTHING, 0))
            yield Bound(each.table, key, count, sha256, columns)


_NOTHING = ""
"""The SHA-256 that is told of no rows."""


def told_columns(connection: sa.Connection, table: str) -> tuple[str, ...]:
    """The columns of a table that events tell of, in its order."""
    return tuple(name for name, _ in _columns(connection, table))


def hashed(
    connection: sa.Connection, table: str, columns: Sequence[str], keys: Sequence[str] | None = None
) -> dict[str, tuple[int, str, int]]:
    """By key: number of rows, their SHA-256 over `columns`, and how many of them have more than those. keys: None for all."""
    types = dict(_columns(connection, table))
    if not set(columns) <= set(types):
        return {}
    texts = ", ".join(_as_text(name, types[name]) for name in columns)
    others = ", ".join(f't."{name}"' for name in types if name not in columns)
    more = f"(num_nonnulls({others}) > 0)::int" if others else "0"
    key = key_of(table)
    by = KEYS.get(table, FACTS_KEY)
    narrowed = f"WHERE t.{by} = ANY(CAST(:keys AS {types[by]}[]))" if by and keys is not None else ""
    found = connection.execute(
        sa.text(
            f"WITH single AS (SELECT {key} AS key, sha256(convert_to(CAST(ROW({texts}) AS text), 'UTF8')) AS hash, {more} AS more "
            f"FROM {table} t {narrowed}), "
            "part AS (SELECT key, get_byte(hash, 0) AS part, count(*) AS rows, sha256(string_agg(hash, '' ORDER BY hash)) AS hash, "
            "sum(more) AS more FROM single GROUP BY key, part) "
            "SELECT key, sum(rows)::bigint AS rows, encode(sha256(string_agg(hash, '' ORDER BY part)), 'hex') AS sha256, sum(more)::bigint AS more "
            "FROM part GROUP BY key"
        ),
        {} if not narrowed else {"keys": list(keys or ())},
    )
    return {row.key: (row.rows, row.sha256, row.more) for row in found}


def counted(connection: sa.Connection, table: str) -> dict[str, int]:
    """The number of rows by key."""
    found = connection.execute(sa.text(f"SELECT {key_of(table)} AS key, count(*) AS rows FROM {table} t GROUP BY 1"))
    return {row.key: row.rows for row in found}


def fields(connection: sa.Connection, table: str, columns: Sequence[str], key: str) -> Iterator[list[str | None]]:
    """The rows under a key as they are hashed: the text of each column, None for NULL."""
    types = dict(_columns(connection, table))
    texts = ", ".join(_as_text(name, types[name]) for name in columns)
    by = KEYS.get(table, FACTS_KEY)
    narrowed = f"WHERE t.{by} = CAST(:key AS {types[by]})" if by else ""
    found = connection.execute(sa.text(f"SELECT CAST(ROW({texts}) AS text) FROM {table} t {narrowed} ORDER BY 1"), {"key": key} if by else {})
    for text in found.scalars():
        parts = record_fields(text)
        if record_text(parts) != text:
            raise RuntimeError(f"{table} {key}: a row that PostgreSQL writes as {text[:80]}… would be read otherwise.")
        yield parts


_PART = re.compile(r'(?:"((?:[^"\\]|""|\\\\)*)"|([^,"]*))(,|$)')


def record_fields(text: str) -> list[str | None]:
    """The fields of a record as PostgreSQL writes it: the inverse of `record_text`."""
    found: list[str | None] = []
    for part in _PART.finditer(text[1:-1]):
        quoted, plain, more = part.groups()
        found.append(quoted.replace('""', '"').replace("\\\\", "\\") if quoted is not None else plain or None)
        if not more:
            break
    return found


def key_of(table: str) -> str:
    """SQL for the key of a row `t`, as text."""
    column = KEYS.get(table, FACTS_KEY)
    return f't."{column}"::text' if column else "''::text"


def _columns(connection: sa.Connection, table: str) -> list[tuple[str, str]]:
    found = connection.execute(
        sa.text(
            "SELECT attname, format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 "
            "AND NOT attisdropped AND attname <> :physical ORDER BY attnum"
        ),
        {"table": table, "physical": _PHYSICAL},
    )
    return [(row.attname, row.type) for row in found]


def _as_text(name: str, kind: str) -> str:
    """SQL for a column whose text no session's time zone changes; the engine's connections fix the rest."""
    return f"t.\"{name}\" AT TIME ZONE 'UTC'" if kind == "timestamp with time zone" else f't."{name}"'
