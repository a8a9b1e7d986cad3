"""The warehouse's structure: migrations, replaceable views and functions, reference lists."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from chiso import audit, contracts, deliveries
from chiso.contracts import Contract
from chiso.system.database import load_lock, reachable
from chiso.system.settings import Settings
from chiso.warehouse import grants, ledger, reference_lists, tables, views

_LOCK = 7_205_001
FIRST_SQL = "06_warehouse"
"""Folder of what the generated views read."""
_STAGES = ["warehouse", "indicators", "publication"]
"""Schemas with replaceable objects; `audit.insert_only` belongs to the tables."""


def upgrade(engine: sa.Engine, settings: Settings) -> None:
    """Brings the warehouse to this version; does nothing where it is.

    Safe at any time and by two at once (the second waits). Raises DatabaseError.
    """
    fingerprint = _fingerprint(settings)
    with reachable(engine):
        if _applied(engine) == fingerprint:
            _grant_later(engine)
            return
        known = contracts.load_all(settings).contracts
        counted = [contract for contract in known if contract.has_events]
        with engine.begin() as connection:
            for contract in known:  # first of all: a load that runs must not wait for what waits for it
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({load_lock(contract.source)})"))
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            _drop_replaceable(connection)  # first: a migration may replace tables that they read
            _migrate(connection, settings)
            tables.ensure(connection, known)
            _make_replaceable(connection, settings, known)
            grants.apply(connection)
            reference_lists.load(connection, settings, known)
            heads = [ledger.recount(connection, contract) for contract in counted]
            connection.execute(sa.text("DELETE FROM warehouse.structure"))
            connection.execute(sa.text("INSERT INTO warehouse.structure VALUES (:made)"), {"made": fingerprint})
        for head in heads:
            audit.anchor(settings, head)


def _grant_later(engine: sa.Engine) -> None:
    """Gives the readers' role its rights where it, or the database, was made since."""
    with engine.begin() as connection:
        if not grants.due(connection):
            return
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if grants.due(connection):
            grants.apply(connection)


def _make_replaceable(connection: sa.Connection, settings: Settings, known: Sequence[Contract]) -> None:
    """Views and functions: of the warehouse, then those made from contracts, then what reads both."""
    paths = replaceable_sql(settings.sql)
    first = [path for path in paths if path.parent.name == FIRST_SQL]
    for path in first:
        _run(connection, path.read_text("utf-8"))
    for statement in views.all_views(known):
        _run(connection, statement)
    for path in paths:
        if path not in first:
            _run(connection, path.read_text("utf-8"))


def _run(connection: sa.Connection, sql: str) -> None:
    connection.exec_driver_sql(sql.replace("%", "%%"))


def replaceable_sql(root: Path) -> list[Path]:
    """Views and functions in the order in which they are applied: by stage, then by name."""
    return sorted(root.glob("*/*.sql"))


def _migrate(connection: sa.Connection, settings: Settings) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(settings.schemas / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["settings"] = settings
    command.upgrade(config, "head")


def _drop_replaceable(connection: sa.Connection) -> None:
    """Views and functions are made anew, since their columns may have changed; tables and triggers stay."""
    objects = connection.execute(
        sa.text("""
        SELECT format('VIEW %I.%I', schemaname, viewname) FROM pg_views WHERE schemaname = ANY(:schemas)
        UNION ALL SELECT format('FUNCTION %s', oid::regprocedure) FROM pg_proc WHERE pronamespace::regnamespace::text = ANY(:schemas)"""),
        {"schemas": _STAGES},
    ).all()
    for (name,) in objects:
        kind, _, identity = name.partition(" ")
        connection.exec_driver_sql(f"DROP {kind} IF EXISTS {identity} CASCADE")


def _fingerprint(settings: Settings) -> str:
    """Of everything that the structure is made of; the contracts give the list of measures."""
    digest = hashlib.sha256()
    parts = ["migrations/versions/*.py", "reference/*", "contracts/*/*.yml"]
    paths = [path for part in parts for path in sorted(settings.schemas.glob(part))]
    makers = (str(contracts.__file__), str(deliveries.__file__), __file__)
    code = [path for file in makers for path in sorted(Path(file).parent.glob("*.py"))]
    for path in [*paths, *replaceable_sql(settings.sql), *code]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _applied(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if connection.execute(sa.text("SELECT to_regclass('warehouse.structure')")).scalar() is None:
            return None
        return connection.execute(sa.text("SELECT fingerprint FROM warehouse.structure")).scalar()
