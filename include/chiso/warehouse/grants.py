"""What the roles beside the owner may: who writes reads everything and inserts; who reads, reads schema `publication` alone.

The set-up makes them on the embedded server, an administrator on any other. Rights are given where they exist.
"""

import sqlalchemy as sa

from chiso.system.roles import READER, WRITER

_SCHEMAS = (
    "sources", "landing", "staging", "validation", "quarantine", "warehouse", "indicators", "publication", "notices", "audit", "public",
)  # fmt: skip
_MAKES_TABLES_IN = ("staging", "warehouse")
"""Schemas in which who writes makes tables: scratch, and what a large delivery brings until it is a partition."""


def due(connection: sa.Connection) -> bool:
    """Whether there is a role without its rights, or with more: it, or the database, was made after the tables."""
    found = connection.execute(
        sa.text(
            "SELECT bool_or(CASE r.rolname WHEN :reader THEN NOT has_schema_privilege(r.oid, 'publication', 'USAGE') "
            "OR has_database_privilege(r.oid, d.oid, 'TEMPORARY') "
            "ELSE NOT has_schema_privilege(r.oid, 'audit', 'USAGE') OR NOT has_database_privilege(r.oid, d.oid, 'TEMPORARY') END) "
            "FROM pg_roles r, pg_database d WHERE r.rolname IN (:reader, :writer) AND d.datname = current_database() "
            "AND pg_has_role(session_user, d.datdba, 'USAGE')"
        ),
        {"reader": READER, "writer": WRITER},
    )
    return bool(found.scalar())


def apply(connection: sa.Connection) -> None:
    """Takes from everybody what PostgreSQL gives to everybody; gives each role that there is what it may."""
    database = connection.execute(sa.text("SELECT quote_ident(current_database())")).scalar_one()
    connection.exec_driver_sql(f"REVOKE ALL ON SCHEMA {', '.join(_SCHEMAS)} FROM PUBLIC")
    connection.exec_driver_sql(f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {', '.join(_SCHEMAS)} FROM PUBLIC")
    connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
    if _exists(connection, READER):
        _to_reader(connection, database)
    if _exists(connection, WRITER):
        _to_writer(connection, database)


def let_write(connection: sa.Connection, tables: str) -> None:
    """Lets who writes read the tables and insert, and nothing else. tables: as GRANT names them."""
    if _exists(connection, WRITER):
        connection.exec_driver_sql(f"REVOKE ALL ON {tables} FROM {WRITER}")
        connection.exec_driver_sql(f"GRANT SELECT, INSERT ON {tables} TO {WRITER}")


def _exists(connection: sa.Connection, role: str) -> bool:
    return connection.execute(sa.text("SELECT FROM pg_roles WHERE rolname = :role"), {"role": role}).first() is not None


def _to_reader(connection: sa.Connection, database: str) -> None:
    connection.exec_driver_sql(f"GRANT CONNECT ON DATABASE {database} TO {READER}")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA publication TO {READER}")
    connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA publication TO {READER}")
    for function in connection.execute(sa.text(_CALLED_BY_VIEWS), {"schemas": list(_SCHEMAS)}).scalars():
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {function} TO {READER}")


def _to_writer(connection: sa.Connection, database: str) -> None:
    schemas = ", ".join(_SCHEMAS)
    connection.exec_driver_sql(f"GRANT TEMPORARY ON DATABASE {database} TO {WRITER}")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schemas} TO {WRITER}")
    connection.exec_driver_sql(f"GRANT CREATE ON SCHEMA {', '.join(_MAKES_TABLES_IN)} TO {WRITER}")
    connection.exec_driver_sql(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schemas} TO {WRITER}")
    connection.exec_driver_sql(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schemas} TO {WRITER}")
    let_write(connection, f"ALL TABLES IN SCHEMA {', '.join(each for each in _SCHEMAS if each != 'staging')}")
    for table in connection.execute(sa.text(_SCRATCH)).scalars():
        connection.exec_driver_sql(f"ALTER TABLE {table} OWNER TO {WRITER}")


_SCRATCH = (
    "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'staging'::regnamespace AND relkind = 'r' AND relowner = "
    "(SELECT oid FROM pg_roles WHERE rolname = current_user)"
)
"""What loads left behind before there was a role that writes; the next load of the source makes it anew."""
_CALLED_BY_VIEWS = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY(:schemas))"
)
"""Views read tables by their owner's rights, but call functions by the reader's. It can't call them by name: their schemas are
closed to it.
"""
