"""The table of facts of each source, made from its contract: a row for each accepted row, its columns in their types.

Snapshots (forms, lists) have the unit, period and reporter of the row beside them; events their key and versions. A
column that is added to a contract is added here; one that goes stays, since what was loaded is kept.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import sqlalchemy as sa

from chiso.contracts import Column, Contract
from chiso.system.errors import ContractError

_SNAPSHOT = """delivery_id bigint NOT NULL, row_no bigint NOT NULL, line bigint NOT NULL, unit_register text,
    unit_code text COLLATE "C", unit_valid_from date, period text NOT NULL, reporter text NOT NULL"""
OWN_COLUMNS = (
    "delivery_id", "row_no", "line", "unit_register", "unit_code", "unit_valid_from", "period", "reporter", "recorded_at", "portion",
)  # fmt: skip
"""Columns that tables of facts have beside the contract's."""
_RECORDED = "recorded_at timestamptz NOT NULL DEFAULT now()"


def ensure(connection: sa.Connection, contracts: Iterable[Contract]) -> None:
    """Makes the tables that are missing, and columns that contracts have gained or widened.

    contracts: sound ones, no two of which share a table.
    """
    for contract in contracts:
        present = _present(connection, contract.fact_table)
        if present:
            _extend(connection, contract, present)
        else:
            _create(connection, contract)


def sql_type(column: Column) -> str:
    """The column's type among the facts: whole numbers no wider than the contract's bounds need."""
    if column.reading != "count":
        return column.how.sql
    bounds = [Decimal(value) for value in column.enum if isinstance(value, int)] if column.enum else [column.minimum or Decimal(0), column.maximum]
    if any(bound is None for bound in bounds):
        return "bigint"
    largest = max(abs(bound) for bound in bounds if bound is not None)
    return "smallint" if largest < 1 << 15 else "integer" if largest < 1 << 31 else "bigint"


def is_required(column: Column) -> bool:
    """Whether every accepted row has a value."""
    return (column.required and column.terms.blank != "none") or column.default is not None


def _create(connection: sa.Connection, contract: Contract) -> None:
    columns = [f'"{column.name}" {sql_type(column)}{" NOT NULL" if is_required(column) else ""}' for column in contract.loaded_columns]
    table = contract.fact_table
    if contract.has_events:
        _create_events(connection, contract, table, columns)
    else:
        connection.exec_driver_sql(
            f"CREATE TABLE {table} ({', '.join([_SNAPSHOT, *columns, _RECORDED])}, PRIMARY KEY (delivery_id, row_no))"
        )
        protect(connection, table)
    comment = f"{contract.title_vi}: accepted rows of {contract.source}, from its contract. Insert-only."
    connection.exec_driver_sql(f"COMMENT ON TABLE {table} IS {literal(comment)}".replace("%", "%%"))


def _create_events(connection: sa.Connection, contract: Contract, table: str, columns: Sequence[str]) -> None:
    """Partitioned by `portion`: 0, or the id of a delivery that is large enough for one of its own."""
    key = ", ".join(f'"{name}"' for name in contract.key)
    own = "delivery_id bigint NOT NULL, row_no bigint NOT NULL, line bigint"
    connection.exec_driver_sql(
        f"CREATE TABLE {table} ({', '.join([*columns, own, _RECORDED])}, portion bigint NOT NULL DEFAULT 0, "
        f"PRIMARY KEY ({key}, delivery_id, portion)) PARTITION BY LIST (portion)"
    )
    connection.exec_driver_sql(f"CREATE TABLE {table}_0 PARTITION OF {table} FOR VALUES IN (0)")
    protect(connection, table)
    protect(connection, f"{table}_0")


def protect(connection: sa.Connection, table: str) -> None:
    """Makes a table insert-only."""
    connection.exec_driver_sql(
        f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only()"
    )


def _present(connection: sa.Connection, table: str) -> dict[str, str]:
    """Column → type of a table, named with its schema; {} if there is none."""
    rows = connection.execute(
        sa.text(
            "SELECT attname, format_type(atttypid, atttypmod) AS kind FROM pg_attribute "
            "WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped"
        ),
        {"table": table},
    )
    return {row.attname: row.kind for row in rows}


_PLAIN_TYPES = {"timestamp": "timestamp without time zone", 'text COLLATE "C"': "text"}
_WIDTHS = ("smallint", "integer", "bigint")


def _plain(column: Column) -> str:
    kind = sql_type(column)
    return _PLAIN_TYPES.get(kind, kind)


def _extend(connection: sa.Connection, contract: Contract, present: dict[str, str]) -> None:
    """Adds what is missing, widens whole numbers, and lets columns be empty that rows may lack from now on.

    What else a contract has changed is left as it is: `require_same_shape` refuses loads until it is settled.
    """
    table = contract.fact_table
    loaded = {column.name: column for column in contract.loaded_columns}
    for name, column in loaded.items():
        if name not in present:
            connection.exec_driver_sql(f'ALTER TABLE {table} ADD COLUMN "{name}" {sql_type(column)}')
        elif _is_wider(_plain(column), present[name]):
            connection.exec_driver_sql(f'ALTER TABLE {table} ALTER COLUMN "{name}" TYPE {sql_type(column)}')
    key = _primary_key(connection, table)
    for name in present:
        needed = is_required(loaded[name]) if name in loaded else name in OWN_COLUMNS
        if not needed and name not in key:
            connection.exec_driver_sql(f'ALTER TABLE {table} ALTER COLUMN "{name}" DROP NOT NULL')


def _is_wider(kind: str, than: str) -> bool:
    return kind in _WIDTHS and than in _WIDTHS and _WIDTHS.index(kind) > _WIDTHS.index(than)


def require_same_shape(connection: sa.Connection, contract: Contract) -> None:
    """Raises ContractError where the contract has changed what the facts that are kept can't follow: a type, or the key."""
    present, where = _present(connection, contract.fact_table), f"{contract.path.name}: table {contract.fact_table}"
    for column in contract.loaded_columns:
        kept, kind = present[column.name], _plain(column)
        if kept != kind and not _is_wider(kept, kind):
            raise ContractError(
                f"{where} keeps {column.name} as {kept}, the contract now says {kind}. Give the column another name, so that "
                "both are kept, or take the change back."
            )
    kept_key = _primary_key(connection, contract.fact_table) - {"delivery_id", "portion"}
    if contract.has_events and kept_key != set(contract.key):
        raise ContractError(
            f"{where} tells events apart by {', '.join(sorted(kept_key))}, the contract now by {', '.join(contract.key)}. "
            "State another `events.table`, or take the change back."
        )


def _primary_key(connection: sa.Connection, table: str) -> set[str]:
    found = connection.execute(
        sa.text(
            "SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) "
            "WHERE c.conrelid = to_regclass(:table) AND c.contype = 'p'"
        ),
        {"table": table},
    )
    return set(found.scalars())


def literal(text: str) -> str:
    """The text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
