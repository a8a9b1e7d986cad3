"""Which rows break which rules: simple conditions while the rows are staged, everything else by one query each."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.system.errors import ContractError
from chiso.system.settings import Settings
from chiso.validation.rules import KEY_CONFLICT, Rule, row_conditions


class RowConditions:
    """The simple conditions of a source, evaluated on blocks of typed rows."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self._rules = row_conditions(contract, settings)
        self._digits = [column.name for column in contract.loaded_columns if column.how.is_decimal]
        kinds = {column.name: column.how.arrow for column in contract.loaded_columns}
        try:
            self.failed(pa.table({name: pa.array([], kind) for name, kind in kinds.items()}))
        except (pa.ArrowException, KeyError, TypeError) as fault:
            raise ContractError(
                f"{contract.source}: a row condition doesn't fit its column ({fault}); state it as a query instead."
            ) from fault

    def failed(self, rows: pa.Table) -> pa.Array:
        """int64, a bit for each condition that a row breaks, lowest first; null where it breaks none."""
        for name in self._digits:  # they are staged as text, since their scale counts
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, rows.column(name).cast(pa.float64()))
        bits = np.zeros(rows.num_rows, np.int64)
        for bit, rule in enumerate(self._rules):
            assert rule.condition is not None  # noqa: S101 - that is how they were chosen
            broken = pc.fill_null(rule.condition(rows), False)
            if pc.any(broken).as_py():
                bits |= broken.to_numpy().astype(np.int64) << bit
        return pa.array(bits, mask=bits == 0)


def mark(engine: sa.Engine, name: str, contract: Contract, rules: Sequence[Rule]) -> dict[str, int]:
    """Fills `staging.<name>_mark` with every (row, rule) that doesn't hold; returns rows per rule id.

    A rule that complains of a cell only because the cell can't be read is not marked twice. Queries run two at a time.
    """
    table = f"staging.{name}"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}_mark, {table}_twin")
        connection.exec_driver_sql(
            f"CREATE UNLOGGED TABLE {table}_mark (row_no bigint, line bigint, rule text, column_name text, "
            "value text, details jsonb, rejects boolean)"
        )
        connection.exec_driver_sql(f"CREATE UNLOGGED TABLE {table}_twin (row_no bigint, nth bigint, differs boolean)")
    on_twins = [rule for rule in rules if rule.query and rule.id == KEY_CONFLICT]
    on_rows = [rule for rule in rules if rule.query and rule.id != KEY_CONFLICT]
    conditions = [rule for rule in rules if rule.condition]

    def find_twins() -> None:
        with engine.begin() as connection:
            _find_twins(connection, table, contract)
            for rule in on_twins:
                _mark_query(connection, table, rule)

    def find_others() -> None:
        with engine.begin() as connection:
            _mark_conditions(connection, table, conditions)
            for rule in on_rows:
                _mark_query(connection, table, rule)

    with ThreadPoolExecutor(2, thread_name_prefix="mark") as pool:
        for done in [pool.submit(find_twins), pool.submit(find_others)]:
            done.result()
    with engine.begin() as connection:
        return _settle(connection, table)


def _settle(connection: sa.Connection, table: str) -> dict[str, int]:
    """Counts the marks, and puts what can't be read in the place of what was only said because of it."""
    counts = connection.execute(sa.text(f"SELECT rule, count(*) AS rows FROM {table}_mark GROUP BY rule")).all()
    connection.exec_driver_sql(
        f"DELETE FROM {table}_mark m USING {table}_broken b WHERE b.row_no = m.row_no "
        "AND (m.column_name = b.column_name OR b.column_name IS NULL)"
    )
    connection.exec_driver_sql(
        f"INSERT INTO {table}_mark SELECT row_no, coalesce(line, row_no), coalesce(column_name || '.', '') || rule, "
        f"column_name, value, details::jsonb || jsonb_build_object('text', rule), true FROM {table}_broken"
    )
    connection.exec_driver_sql(f"ANALYZE {table}_mark")
    return {row.rule: row.rows for row in counts}


def _find_twins(connection: sa.Connection, table: str, contract: Contract) -> None:
    """Fills `<table>_twin` with the rows whose key others have too; most deliveries have none.

    nth: 1 for the first of its key; differs: rows of its key are not all alike. Hashes say cheaply which rows to look at.
    """
    key = ", ".join(f'"{name}"' for name in contract.key)
    present = " AND ".join(f'"{name}" IS NOT NULL' for name in contract.key)
    content = ", ".join(f'"{column.name}"' for column in contract.loaded_columns)
    hashed = _hash(contract)
    connection.exec_driver_sql("SET LOCAL enable_hashagg = off")  # eight bytes a row are sorted twice as fast as hashed
    connection.exec_driver_sql(
        f"INSERT INTO {table}_twin SELECT row_no, row_number() OVER (PARTITION BY {key} ORDER BY row_no) AS nth, "
        f"min(content) OVER (PARTITION BY {key}) <> max(content) OVER (PARTITION BY {key}) AS differs FROM ("
        f"SELECT row_no, {key}, ROW({content}, unreadable)::text COLLATE \"C\" AS content, count(*) OVER (PARTITION BY {key}) AS alike "
        f"FROM {table} WHERE {present} AND {hashed} IN "
        f"(SELECT {hashed} FROM {table} WHERE {present} GROUP BY 1 HAVING count(*) > 1)) s WHERE alike > 1"
    )
    connection.exec_driver_sql("SET LOCAL enable_hashagg = on")
    connection.exec_driver_sql(f"ANALYZE {table}_twin")


def _hash(contract: Contract) -> str:
    """SQL for 64 bits of the key; each column's hash is the seed of the next one's, which spares making a record."""
    hashed = "0"
    for name in contract.key:
        make = "timestamp_hash_extended" if contract.column(name).reading == "timestamp" else "hashtextextended"
        value = f'"{name}"' if make == "timestamp_hash_extended" else f'"{name}"::text'
        hashed = f"{make}({value}, {hashed})"
    return hashed


def _mark_conditions(connection: sa.Connection, table: str, rules: Sequence[Rule]) -> None:
    if not rules:
        return
    lines = ", ".join(
        f"({bit}, {_text(rule.id)}, {_text(rule.column)}, {_shown(rule, 'b')}, {_rejects(rule)})"
        for bit, rule in enumerate(rules)
    )
    _run(
        connection,
        (
            f"INSERT INTO {table}_mark SELECT b.row_no, coalesce(b.line, b.row_no), r.rule, r.column_name, r.value, NULL, r.rejects "
            f"FROM (SELECT * FROM {table} WHERE failed IS NOT NULL) b "
            f"CROSS JOIN LATERAL (VALUES {lines}) r(bit, rule, column_name, value, rejects) WHERE b.failed >> r.bit & 1 = 1"
        ),
    )


def _mark_query(connection: sa.Connection, table: str, rule: Rule) -> None:
    assert rule.query is not None  # noqa: S101 - the caller picks rules that have one
    query = rule.query.replace("{batch}", table)
    _run(
        connection,
        (
            f"INSERT INTO {table}_mark SELECT q.row_no, coalesce(q.line, q.row_no), {_text(rule.id)}, {_text(rule.column)}, "
            f"{_shown(rule, 'q')}, NULL, {_rejects(rule)} FROM ({query}) q"
        ),
    )


def _run(connection: sa.Connection, sql: str) -> None:
    """Runs SQL whose colons and percent signs are the rules' own."""
    connection.exec_driver_sql(sql.replace("%", "%%"))


def _shown(rule: Rule, alias: str) -> str:
    return f'{alias}."{rule.column}"::text' if rule.column else "NULL::text"


def _rejects(rule: Rule) -> str:
    return "true" if rule.action == "reject_row" else "false"


def _text(value: str | None) -> str:
    return "NULL::text" if value is None else "'" + value.replace("'", "''") + "'::text"
