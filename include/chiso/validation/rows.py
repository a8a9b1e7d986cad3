"""Which rows break which rules: simple conditions while the rows are staged, everything else by one query each."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.deliveries.scratch import Scratch
from chiso.deliveries.staged import Staged
from chiso.system.errors import ContractError
from chiso.validation.rules import Rule, Rules


class RowConditions:
    """The simple conditions of a source, evaluated on blocks of typed rows."""

    def __init__(self, rules: Rules) -> None:
        """Raises ContractError where a condition doesn't fit its column."""
        columns = rules.contract.loaded_columns
        self._rules = rules.conditions
        self._decimals = [column.name for column in columns if column.how.is_decimal]
        try:
            self.failed(pa.table({column.name: pa.array([], column.how.arrow) for column in columns}))
        except (pa.ArrowException, KeyError, TypeError) as fault:
            raise ContractError(
                f"{rules.contract.source}: a row condition doesn't fit its column ({fault}); state it as a query instead."
            ) from fault

    def failed(self, rows: pa.Table) -> pa.Array:
        """int64, a bit for each condition that a row breaks, lowest first; null where it breaks none."""
        for name in self._decimals:  # they are staged as text, since their scale counts
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, rows.column(name).cast(pa.float64()))
        bits = np.zeros(rows.num_rows, np.int64)
        for rule in self._rules:
            assert rule.condition is not None and rule.bit is not None  # noqa: S101 - that is how they were chosen
            broken = pc.fill_null(rule.condition(rows), False)
            if pc.any(broken).as_py():
                bits |= broken.to_numpy().astype(np.int64) << rule.bit
        return pa.array(bits, mask=bits == 0)


def mark(engine: sa.Engine, rules: Rules) -> dict[str, int]:
    """Fills the table of marks with every (row, rule) that doesn't hold; returns rows per rule id.

    A rule that complains of a cell only because the cell can't be read is not marked twice. Queries run two at a time.
    """
    scratch = rules.scratch
    with engine.begin() as connection:
        create_marks(connection, scratch)

    def find_twins() -> None:
        with engine.begin() as connection:
            _find_twins(connection, scratch, rules.contract)
            _mark_queries(connection, scratch, [rule for rule in rules.stated if rule.found_by == "twins"])

    def find_others() -> None:
        with engine.begin() as connection:
            _mark_conditions(connection, scratch, rules.conditions)
            _mark_queries(connection, scratch, [rule for rule in rules.stated if rule.found_by == "query"])

    with ThreadPoolExecutor(2, thread_name_prefix="mark") as pool:
        for done in [pool.submit(find_twins), pool.submit(find_others)]:
            done.result()
    with engine.begin() as connection:
        return _settle(connection, scratch)


def recheck(connection: sa.Connection, staged: Staged, failed: Callable[[pa.Table], pa.Array], numbers: Sequence[int]) -> None:
    """Evaluates the conditions of a few staged rows anew, whose figures were altered since. failed: that of the source's `RowConditions`."""
    columns, rows = staged.contract.loaded_columns, staged.scratch.rows
    names = ", ".join(f'"{column.name}"' for column in columns)
    found = connection.execute(sa.text(f"SELECT row_no, {names} FROM {rows} WHERE row_no = ANY(:numbers)"), {"numbers": list(numbers)}).all()
    values = {
        column.name: pa.array(
            [str(row[place]) if column.how.is_decimal and row[place] is not None else row[place] for row in found], column.how.arrow
        )
        for place, column in enumerate(columns, 1)
    }
    connection.execute(
        sa.text(f"UPDATE {rows} SET failed = :failed WHERE row_no = :row"),
        [{"row": row.row_no, "failed": bits} for row, bits in zip(found, failed(pa.table(values)).to_pylist(), strict=True)],
    )


def spare(engine: sa.Engine, scratch: Scratch, excepted: Collection[tuple[int, str]]) -> None:
    """Takes it from marks that they reject their row; excepted: row and rule of each."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                f"UPDATE {scratch.marks} m SET rejects = false "
                "FROM unnest(CAST(:rows AS bigint[]), CAST(:rules AS text[])) AS x(row_no, rule) WHERE (m.row_no, m.rule) = (x.row_no, x.rule)"
            ),
            {"rows": [row for row, _ in excepted], "rules": [rule for _, rule in excepted]},
        )


def create_marks(connection: sa.Connection, scratch: Scratch) -> None:
    """Makes the tables of marks and twins anew."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {scratch.marks}, {scratch.twins}")
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE {scratch.marks} (row_no bigint, line bigint, rule text, column_name text, "
        "value text, details jsonb, rejects boolean)"
    )
    connection.exec_driver_sql(f"CREATE UNLOGGED TABLE {scratch.twins} (row_no bigint, nth bigint, differs boolean)")


def _settle(connection: sa.Connection, scratch: Scratch) -> dict[str, int]:
    """Counts the marks, and puts what can't be read in the place of what was only said because of it."""
    counts = connection.execute(sa.text(f"SELECT rule, count(*) AS rows FROM {scratch.marks} GROUP BY rule")).all()
    connection.exec_driver_sql(
        f"DELETE FROM {scratch.marks} m USING {scratch.broken} b WHERE b.row_no = m.row_no "
        "AND b.rejects AND (m.column_name = b.column_name OR b.column_name IS NULL)"
    )
    connection.exec_driver_sql(
        f"INSERT INTO {scratch.marks} SELECT row_no, coalesce(line, row_no), coalesce(column_name || '.', '') || rule, "
        f"column_name, value, details::jsonb || jsonb_build_object('text', rule), rejects FROM {scratch.broken}"
    )
    connection.exec_driver_sql(f"ANALYZE {scratch.marks}")
    return {row.rule: row.rows for row in counts}


def _find_twins(connection: sa.Connection, scratch: Scratch, contract: Contract) -> None:
    """Fills the table of twins with the rows whose key others have too; most deliveries have none.

    nth: 1 for the first of its key; differs: rows of its key are not all alike. Hashes say cheaply which rows to look at.
    """
    key = ", ".join(f'"{name}"' for name in contract.key)
    required = [name for name in contract.key if contract.column(name).terms.blank != "none"]
    present = " AND ".join(f'"{name}" IS NOT NULL' for name in required) or "true"
    content = ", ".join(f'"{column.name}"' for column in contract.loaded_columns)
    hashed = _hash(contract)
    connection.exec_driver_sql("SET LOCAL enable_hashagg = off")  # eight bytes a row are sorted twice as fast as hashed
    connection.exec_driver_sql(
        f"INSERT INTO {scratch.twins} SELECT row_no, row_number() OVER (PARTITION BY {key} ORDER BY row_no) AS nth, "
        f"min(content) OVER (PARTITION BY {key}) <> max(content) OVER (PARTITION BY {key}) AS differs FROM ("
        f"SELECT row_no, {key}, ROW({content}, unreadable)::text COLLATE \"C\" AS content, count(*) OVER (PARTITION BY {key}) AS alike "
        f"FROM {scratch.rows} WHERE {present} AND {hashed} IN "
        f"(SELECT {hashed} FROM {scratch.rows} WHERE {present} GROUP BY 1 HAVING count(*) > 1)) s WHERE alike > 1"
    )
    connection.exec_driver_sql("SET LOCAL enable_hashagg = on")
    connection.exec_driver_sql(f"ANALYZE {scratch.twins}")


def _hash(contract: Contract) -> str:
    """SQL for 64 bits of the key; each column's hash is the seed of the next one's, which spares making a record."""
    hashed = "0"
    for name in contract.key:
        make = "timestamp_hash_extended" if contract.column(name).reading == "timestamp" else "hashtextextended"
        value = f'"{name}"' if make == "timestamp_hash_extended" else f'coalesce("{name}"::text, \'\')'
        hashed = f"{make}({value}, {hashed})"
    return hashed


def _mark_conditions(connection: sa.Connection, scratch: Scratch, rules: Sequence[Rule]) -> None:
    if not rules:
        return
    lines = ", ".join(
        f"({rule.bit}, {_text(rule.id)}, {_text(rule.column)}, {_shown(rule, 'b')}, {_rejects(rule)})" for rule in rules
    )
    _run(
        connection,
        (
            f"INSERT INTO {scratch.marks} SELECT b.row_no, coalesce(b.line, b.row_no), r.rule, r.column_name, r.value, NULL, r.rejects "
            f"FROM (SELECT * FROM {scratch.rows} WHERE failed IS NOT NULL) b "
            f"CROSS JOIN LATERAL (VALUES {lines}) r(bit, rule, column_name, value, rejects) WHERE b.failed >> r.bit & 1 = 1"
        ),
    )


def _mark_queries(connection: sa.Connection, scratch: Scratch, rules: Sequence[Rule]) -> None:
    for rule in rules:
        _run(connection, f"INSERT INTO {scratch.marks} {marking(rule, scratch)}")


def marking(rule: Rule, scratch: Scratch) -> str:
    """SQL for the marks of a rule that is stated as a query. Braces that are written twice become one, as in the library."""
    query = (rule.query or "").format(batch=scratch.rows)
    return (
        f"SELECT q.row_no, coalesce(q.line, q.row_no), {_text(rule.id)}, {_text(rule.column)}, {_shown(rule, 'q')}, NULL::jsonb, "
        f"{_rejects(rule)} FROM ({query}) q"
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
