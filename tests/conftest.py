"""One real PostgreSQL for the whole session; every test that asks for a platform gets a database and a `var` of its own."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import hypothesis
import psycopg2
import pytest
import sqlalchemy as sa
from chiso.system import settings as environment
from chiso.system.database import connect
from chiso.system.platform import Platform
from chiso.system.postgres import embedded_server
from chiso.system.postgres.place import find_place
from chiso.system.secrets_file import ensure_platform_env
from chiso.system.settings import Settings
from chiso.warehouse import upgrade

from tests.deliveries import Inbox

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

TODAY = "2024-07-05"
TEMPLATE = "warehouse"


@dataclass(frozen=True)
class Server:
    """The session's server. `settings` hold its passwords; `template` is a migrated warehouse without deliveries."""

    settings: Settings
    template: sa.URL

    def database(self, name: str, template: str = TEMPLATE) -> sa.URL:
        """A fresh copy of the template, which nobody may be connected to."""
        self._run(f"CREATE DATABASE {name} OWNER chiso TEMPLATE {template} STRATEGY FILE_COPY")
        return self.template.set(database=name)

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def unsafe_but_fast(self) -> None:
        """Nothing here has to outlive a power cut."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")

    def superuser(self, database: str) -> psycopg2.extensions.connection:
        """A connection that triggers can be switched off on."""
        session = psycopg2.connect(
            host=self.template.host,
            port=self.template.port,
            user="postgres",
            password=self.settings.values["CHISO_POSTGRES_PASSWORD"],
            dbname=database,
        )
        session.autocommit = True
        return session

    def _run(self, statement: str) -> None:
        session = self.superuser("postgres")
        try:
            session.cursor().execute(statement)
        finally:
            session.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    var = tmp_path_factory.mktemp("server") / "var"
    settings = ensure_platform_env(environment.load({"CHISO_VAR": str(var), "CHISO_TODAY": TODAY}))
    folder = find_place(settings).folder
    try:
        with embedded_server(settings) as cluster:
            made = Server(settings, sa.make_url(cluster.url(TEMPLATE)))
            made.unsafe_but_fast()
            engine = connect(cluster.url(TEMPLATE))
            upgrade(engine, settings)
            engine.dispose()
            yield made
    finally:
        shutil.rmtree(folder)


_NUMBERS = count(1)


def _platform(server: Server, var: Path) -> Iterator[Platform]:
    name = f"test_{next(_NUMBERS)}"
    url = server.database(name)
    # In Airflow's notation, so that a command in its own process reaches the same database.
    address = url.set(drivername="postgres").render_as_string(hide_password=False)
    settings = replace(
        server.settings, var=var, values=dict(server.settings.values) | {"AIRFLOW_CONN_CHISO_WAREHOUSE": address}
    )
    shutil.copytree(server.settings.var / "audit", var / "audit")  # the template's events are anchored there
    engine = connect(url.render_as_string(hide_password=False))
    try:
        yield Platform(settings, engine)
    finally:
        engine.dispose()
        server.drop(name)


@pytest.fixture
def platform(server: Server, tmp_path: Path) -> Iterator[Platform]:
    """A platform without any delivery."""
    yield from _platform(server, tmp_path / "var")


@pytest.fixture(scope="module")
def shared_platform(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One for the tests of a module that write nothing but what they themselves look at."""
    yield from _platform(server, tmp_path_factory.mktemp("shared") / "var")


@pytest.fixture
def checkout(platform: Platform, tmp_path: Path) -> Platform:
    """A platform on a copy of the checkout, in which tests make sources."""
    home = tmp_path / "home"
    for part in ("include/schemas", "include/sql", "expectations", "tests/fixtures", "docs"):
        shutil.copytree(platform.settings.home / part, home / part)
    return Platform(replace(platform.settings, home=home), platform.engine)


@pytest.fixture
def inbox(platform: Platform, tmp_path: Path) -> Inbox:
    """Files on their way to `platform`."""
    return Inbox(tmp_path / "in", platform)


@pytest.fixture(scope="module")
def desk(shared_platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Inbox:
    """Files to be checked only."""
    return Inbox(tmp_path_factory.mktemp("in"), shared_platform)
