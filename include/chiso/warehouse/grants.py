"""What the role of readers may: read schema `publication`, and nothing else.

The set-up makes it on the embedded server, an administrator on any other. Rights are given where it exists.
"""

import sqlalchemy as sa

from chiso.system.roles import READER

_SCHEMAS = (
    "sources", "landing", "staging", "validation", "quarantine", "warehouse", "indicators", "publication", "notices", "audit", "public",
)  # fmt: skip


def due(connection: sa.Connection) -> bool:
    """Whether there is such a role without its rights, or with more: it, or the database, was made after the views."""
    found = connection.execute(
        sa.text(
            "SELECT NOT has_schema_privilege(r.oid, 'publication', 'USAGE') OR has_database_privilege(r.oid, d.oid, 'TEMPORARY') "
            "FROM pg_roles r, pg_database d WHERE r.rolname = :reader AND d.datname = current_database() "
            "AND pg_has_role(d.datdba, 'USAGE')"
        ),
        {"reader": READER},
    )
    return bool(found.scalar())


def apply(connection: sa.Connection) -> None:
    """Takes from everybody what PostgreSQL gives to everybody; gives the reader, where there is one, what it may."""
    database = connection.execute(sa.text("SELECT quote_ident(current_database())")).scalar_one()
    connection.exec_driver_sql(f"REVOKE ALL ON SCHEMA {', '.join(_SCHEMAS)} FROM PUBLIC")
    connection.exec_driver_sql(f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {', '.join(_SCHEMAS)} FROM PUBLIC")
    connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
    if not connection.execute(sa.text("SELECT FROM pg_roles WHERE rolname = :reader"), {"reader": READER}).all():
        return
    connection.exec_driver_sql(f"GRANT CONNECT ON DATABASE {database} TO {READER}")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA publication TO {READER}")
    connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA publication TO {READER}")
    for function in connection.execute(sa.text(_CALLED_BY_VIEWS), {"schemas": list(_SCHEMAS)}).scalars():
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {function} TO {READER}")


_CALLED_BY_VIEWS = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY(:schemas))"
)
"""Views read tables by their owner's rights, but call functions by the reader's. It can't call them by name: their schemas are
closed to it.
"""
