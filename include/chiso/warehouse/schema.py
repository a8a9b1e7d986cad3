"""The warehouse's structure: migrations, replaceable views and functions, reference lists."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from chiso import audit, contracts, deliveries
from chiso.audit import Rows
from chiso.contracts import Contract
from chiso.system.database import load_lock, owning, reachable
from chiso.system.settings import Settings
from chiso.warehouse import grants, ledger, reference_lists, tables, views
from chiso.warehouse.as_built import as_built

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

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
        if _is_applied(engine, fingerprint):
            _grant_later(engine, settings)
            return
        known = contracts.load_all(settings).contracts
        with audit.transaction(engine, settings) as connection, owning(connection):
            for contract in known:  # first of all: a load that runs must not wait for what waits for it
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({load_lock(contract.source)})"))
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            before = as_built(connection)
            _drop_replaceable(connection)  # first: a migration may replace tables that they read
            _migrate(connection, settings)
            tables.ensure(connection, known)
            _make_replaceable(connection, settings, known)
            grants.apply(connection)
            reference_lists.load(connection, settings, known)
            for contract in known:
                if contract.has_events:
                    ledger.recount(connection, contract)
            _note_built(connection, before, fingerprint, [Rows.of(table) for table in reference_lists.TABLES])


def upgrade_if_older(engine: sa.Engine, settings: Settings) -> None:
    """Brings the warehouse to this version only where it lacks tables or columns; leaves alone what somebody altered.

    For those who look at how things stand: `upgrade` makes altered views anew. Raises DatabaseError.
    """
    from alembic.script import ScriptDirectory

    with reachable(engine), engine.begin() as connection, owning(connection):
        known = connection.execute(sa.text("SELECT to_regclass('public.alembic_version')")).scalar() is not None
        reached = connection.execute(sa.text("SELECT version_num FROM public.alembic_version")).scalar() if known else None
    if reached != ScriptDirectory.from_config(_alembic(settings)).get_current_head():
        upgrade(engine, settings)


def _grant_later(engine: sa.Engine, settings: Settings) -> None:
    """Gives readers and writers their rights where a role, or the database, was made since."""
    with engine.connect() as connection:
        if not grants.due(connection):
            return
    with audit.transaction(engine, settings) as connection, owning(connection):
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = as_built(connection)
        grants.apply(connection)
        if as_built(connection) != before:
            _note_built(connection, before, _fingerprint(settings))


def _note_built(connection: sa.Connection, before: Mapping[str, str], made_of: str, lists: Sequence[Rows] = ()) -> None:
    """Tells the audit chain what the structure is by now; what somebody had altered before is named.

    before: what it was. What was altered and is not made anew by an upgrade stays told of as it was built.
    """
    said = connection.execute(
        sa.text("SELECT payload FROM audit.event WHERE kind = :kind ORDER BY seq DESC LIMIT 1"), {"kind": audit.Built.KIND}
    ).scalar()
    told: Mapping[str, str] = said["objects"] if said else before
    altered = sorted(name for name in told.keys() | before.keys() if told.get(name) != before.get(name))
    now = as_built(connection)
    kept = [name for name in altered if now.get(name) == before.get(name)]
    objects = {name: digest for name, digest in now.items() if name not in kept} | {name: told[name] for name in kept if name in told}
    for name in altered:
        log.warning("%s was not as it was built%s", name, ", and stays so" if name in kept else "; it was made anew")
    audit.record(connection, audit.Built(objects, altered), rows=lists)
    connection.execute(sa.text("DELETE FROM warehouse.structure"))
    connection.execute(
        sa.text("INSERT INTO warehouse.structure (fingerprint, built_sha256) VALUES (:made, :built)"),
        {"made": made_of, "built": _digest_of(objects)},
    )


def _digest_of(objects: Mapping[str, str]) -> str:
    return hashlib.sha256(audit.canonical(objects).encode()).hexdigest()


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

    config = _alembic(settings)
    config.attributes["connection"] = connection
    config.attributes["settings"] = settings
    command.upgrade(config, "head")


def _alembic(settings: Settings) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(settings.schemas / "migrations").replace("%", "%%"))
    return config


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


def _is_applied(engine: sa.Engine, fingerprint: str) -> bool:
    """Whether the structure was made of these files, and still is as it was made."""
    with engine.begin() as connection, owning(connection):
        if connection.execute(sa.text("SELECT to_regclass('warehouse.structure')")).scalar() is None:
            return False
        made: dict[str, Any] | None = connection.execute(sa.text("SELECT to_jsonb(s) FROM warehouse.structure s")).scalar()
        if made is None or made["fingerprint"] != fingerprint:
            return False
        return made.get("built_sha256") == _digest_of(as_built(connection))
