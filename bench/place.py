"""A warehouse of the benchmark's own, below var/bench, with its server kept running; emptied between runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import sqlalchemy as sa
from chiso.cli.session import platform
from chiso.system.database import owning
from chiso.system.platform import Platform
from chiso.system.roles import WRITER

from bench.measuring import ROOT

VAR = ROOT / "var" / "bench"
CHISO = ROOT / ".venv" / "bin" / "chiso"
_EMPTY = """
DO $$ DECLARE tab record; BEGIN
    FOR tab IN SELECT tgrelid::regclass AS name FROM pg_trigger WHERE tgname = 'insert_only' AND tgparentid = 0 LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER insert_only', tab.name); END LOOP;
    FOR tab IN SELECT inhrelid::regclass AS name FROM pg_inherits WHERE inhparent = 'warehouse.portal_dossiers'::regclass
               AND inhrelid <> 'warehouse.portal_dossiers_0'::regclass LOOP
        EXECUTE format('DROP TABLE %s', tab.name); END LOOP;
    TRUNCATE landing.raw_file, landing.delivery, validation.verdict, quarantine.reject, warehouse.load,
        warehouse.slice, warehouse.portal_dossiers, warehouse.event_ledger, warehouse.event_origin,
        warehouse.touched_period, indicators.run, indicators.value, audit.event CASCADE;
    FOR tab IN SELECT tgrelid::regclass AS name FROM pg_trigger WHERE tgname = 'insert_only' AND tgparentid = 0 LOOP
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER insert_only', tab.name); END LOOP;
END $$"""


@contextmanager
def warehouse() -> Iterator[Platform]:
    """The running warehouse; commands started meanwhile use it too."""
    os.environ["CHISO_VAR"] = str(VAR)
    os.environ["PGOPTIONS"] = "-c role=none"  # peers make tables of their own; our engine states its options, so it writes as always
    VAR.mkdir(parents=True, exist_ok=True)
    with platform(lends_terminal=True) as running:
        with running.engine.begin() as connection, owning(connection):
            connection.exec_driver_sql(f"GRANT CREATE ON DATABASE {running.engine.url.database} TO {WRITER}")  # a peer makes its own schema
        yield running


def empty(running: Platform) -> None:
    """Forgets every delivery."""
    with running.engine.begin() as connection, owning(connection):
        connection.exec_driver_sql(_EMPTY.replace("%", "%%"))
    for folder in ("landing", "audit", "reports"):
        rmtree(VAR / folder, ignore_errors=True)


def psql(running: Platform) -> tuple[list[str], dict[str, str]]:
    """Psql's command line and environment."""
    from chiso.system.postgres import psql_command

    return psql_command(url(running))


def url(running: Platform) -> str:
    """The warehouse's SQLAlchemy URL, with its password."""
    return running.engine.url.render_as_string(hide_password=False)


def settings(running: Platform) -> dict[str, str]:
    """The server's settings that decide how fast it loads."""
    names = ("server_version", "shared_buffers", "work_mem", "maintenance_work_mem", "max_wal_size", "wal_level", "fsync",
             "synchronous_commit", "max_parallel_workers_per_gather", "max_parallel_maintenance_workers")  # fmt: skip
    with running.engine.connect() as connection:
        return {name: str(connection.execute(sa.text(f"SHOW {name}")).scalar()) for name in names}


def files() -> Path:
    """Where generated files lie."""
    folder = VAR / "files"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
