"""The table of facts of each source, made from its contract: a row for each accepted row, its columns in their types.

Snapshots (forms, lists) have the unit, period and reporter of the row beside them; events their key and versions. A
column that is added to a contract is added here; one that goes stays, since what was loaded is kept.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import sqlalchemy as sa

from chiso.contracts import Column, Contract

_SNAPSHOT = """delivery_id bigint NOT NULL, row_no bigint NOT NULL, line bigint NOT NULL, unit_register text,
    unit_code text COLLATE "C", unit_valid_from date, period text NOT NULL, reporter text NOT NULL"""
_RECORDED = "recorded_at timestamptz NOT NULL DEFAULT now()"


def ensure(connection: sa.Connection, contracts: Iterable[Contract]) -> None:
    """Makes the tables that are missing, and columns that contracts have gained or widened.

    contracts: sound ones, no two of which share a table.
    """
    for contract in contracts:
        present = _present(connection, contract.table)
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
    table = f"warehouse.{contract.table}"
    if contract.has_events:
        _create_events(connection, contract, table, columns)
    else:
        connection.exec_driver_sql(
            f"CREATE TABLE {table} ({', '.join([_SNAPSHOT, *columns, _RECORDED])}, PRIMARY KEY (delivery_id, row_no))"
        )
        protect(connection, table)
    comment = f"{contract.title_vi}: accepted rows of {contract.source}, from its contract. Insert-only."
    connection.exec_driver_sql(f"COMMENT ON TABLE {table} IS {_literal(comment)}".replace("%", "%%"))


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
    """Column → type of a table; {} if there is none."""
    rows = connection.execute(
        sa.text(
            "SELECT attname, format_type(atttypid, atttypmod) AS kind FROM pg_attribute "
            "WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped"
        ),
        {"table": f"warehouse.{table}"},
    )
    return {row.attname: row.kind for row in rows}


_PLAIN_TYPES = {"timestamp": "timestamp without time zone", 'text COLLATE "C"': "text"}


def _extend(connection: sa.Connection, contract: Contract, present: dict[str, str]) -> None:
    for column in contract.loaded_columns:
        kind = sql_type(column)
        if column.name not in present:
            connection.exec_driver_sql(f'ALTER TABLE warehouse.{contract.table} ADD COLUMN "{column.name}" {kind}')
        elif present[column.name] != _PLAIN_TYPES.get(kind, kind):
            connection.exec_driver_sql(
                f'ALTER TABLE warehouse.{contract.table} ALTER COLUMN "{column.name}" TYPE {kind} USING "{column.name}"::{kind}'
            )
        if column.name in present and not is_required(column):
            connection.exec_driver_sql(f'ALTER TABLE warehouse.{contract.table} ALTER COLUMN "{column.name}" DROP NOT NULL')


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
