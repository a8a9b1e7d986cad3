"""Which rows break which rules: one pass over the staging table for simple conditions, one query for each other."""

from collections.abc import Sequence

import sqlalchemy as sa

from chiso.validation.rules import Rule


def mark(connection: sa.Connection, name: str, rules: Sequence[Rule]) -> dict[str, int]:
    """Fills `staging.<name>_mark` with every (row, rule) that doesn't hold; returns rows per rule id.

    A rule that complains of a cell only because the cell can't be read is not marked twice.
    """
    table = f"staging.{name}"
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}_mark")
    connection.exec_driver_sql(
        f"CREATE UNLOGGED TABLE {table}_mark (row_no bigint, rule text, column_name text, value text, "
        "details jsonb, rejects boolean)"
    )
    _mark_simple(connection, table, [rule for rule in rules if rule.predicate])
    for rule in (rule for rule in rules if rule.query):
        _mark_query(connection, table, rule)
    counts = connection.execute(sa.text(f"SELECT rule, count(*) AS rows FROM {table}_mark GROUP BY rule")).all()
    found = {row.rule: row.rows for row in counts}
    connection.exec_driver_sql(
        f"DELETE FROM {table}_mark m USING {table} b WHERE b.unreadable IS NOT NULL AND b.row_no = m.row_no "
        "AND (m.column_name = ANY(b.unreadable) OR '*' = ANY(b.unreadable))"
    )
    connection.exec_driver_sql(
        f"INSERT INTO {table}_mark SELECT row_no, coalesce(column_name || '.', '') || rule, column_name, value, "
        f"details || jsonb_build_object('text', rule), true FROM {table}_broken"
    )
    connection.exec_driver_sql(f"ANALYZE {table}_mark")
    return found


def _mark_simple(connection: sa.Connection, table: str, rules: Sequence[Rule]) -> None:
    if not rules:
        return
    broken = " OR ".join(f"({rule.predicate})" for rule in rules)
    lines = ", ".join(
        f"({_text(rule.id)}, {_text(rule.column)}, {_shown(rule, 'b')}, {_rejects(rule)}, ({rule.predicate}))"
        for rule in rules
    )
    _run(
        connection,
        (
            f"INSERT INTO {table}_mark SELECT b.row_no, r.rule, r.column_name, r.value, NULL, r.rejects "
            f"FROM (SELECT * FROM {table} WHERE {broken}) b "
            f"CROSS JOIN LATERAL (VALUES {lines}) r(rule, column_name, value, rejects, broken) WHERE r.broken"
        ),
    )


def _mark_query(connection: sa.Connection, table: str, rule: Rule) -> None:
    assert rule.query is not None  # noqa: S101 - the caller picks rules that have one
    query = rule.query.replace("{batch}", table)
    _run(
        connection,
        (
            f"INSERT INTO {table}_mark SELECT q.row_no, {_text(rule.id)}, {_text(rule.column)}, {_shown(rule, 'q')}, NULL, "
            f"{_rejects(rule)} FROM ({query}) q"
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
