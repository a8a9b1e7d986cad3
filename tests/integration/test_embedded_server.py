"""The embedded server, for real: shared, locked up, and robust against kill -9."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg2
import pytest
import sqlalchemy as sa
from chiso.system import settings as environment
from chiso.system.errors import DatabaseError, SettingsError
from chiso.system.postgres import (
    embedded_server,
    keep_embedded_server,
    place,
    psql_command,
    reader_url,
    stop_if_unused,
    warehouse_url,
)
from chiso.system.postgres.cluster import Cluster
from chiso.system.postgres.processes import postmaster
from chiso.system.postgres.sizing import server_settings
from chiso.system.secrets_file import ensure_platform_env, update_platform_env
from chiso.system.settings import Settings

AS_ROOT = os.geteuid() == 0


def checkout(folder: Path) -> Iterator[Settings]:
    """A checkout's settings; its clusters are removed afterwards, wherever they lie."""
    own = ensure_platform_env(environment.load({"CHISO_VAR": str(folder / "checkout" / "var")}))
    yield own
    stop_if_unused(own, release=True)
    for record in place.SHARED.glob("*/var"):
        if Path(record.read_text().strip()).is_relative_to(folder):
            shutil.rmtree(record.parent)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One cluster for the tests that take it as they find it; each starts and stops it."""
    yield from checkout(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Settings]:
    """A checkout that has never had a server."""
    yield from checkout(tmp_path)


def connect(url: str) -> psycopg2.extensions.connection:
    return psycopg2.connect("postgresql://" + url.partition("://")[2])


def ask(url: str, statement: str) -> object:
    connection = connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def another_user(settings: Settings, body: str) -> subprocess.Popen[str]:
    """A process that runs `body` while it uses the server; `server` is the cluster."""
    program = textwrap.dedent("""
        import sys
        from chiso.system import settings
        from chiso.system.postgres import embedded_server
        with embedded_server(settings.load({"CHISO_VAR": sys.argv[1]})) as server:
            print(server.url("warehouse"), flush=True)
            BODY
    """).replace("BODY", body)
    source = str(Path(place.__file__).parents[2])
    return subprocess.Popen([sys.executable, "-c", program, str(settings.var)], env={**os.environ, "PYTHONPATH": source},
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def postmaster_of(server: Cluster) -> psutil.Process:
    process = postmaster(server.place.data)
    assert process is not None
    return process


def test_every_connection_needs_its_password(settings: Settings) -> None:
    with embedded_server(settings) as server:
        for database in ("warehouse", "airflow"):
            assert ask(server.url(database), "SELECT current_database()") == database
        password = settings.values["CHISO_WAREHOUSE_PASSWORD"]
        for wrong in ("", "wrong"):
            with pytest.raises(psycopg2.OperationalError, match="password"):
                connect(server.url("warehouse").replace(password, wrong))
        with pytest.raises(psycopg2.OperationalError, match="permission denied"):
            connect(server.url("warehouse").replace("/warehouse", "/airflow"))
        reader = sa.make_url(server.url("warehouse")).set(username="chiso_reader", password=settings.values["CHISO_READER_PASSWORD"])
        assert ask(reader.render_as_string(hide_password=False), "SELECT current_user") == "chiso_reader"
        with pytest.raises(psycopg2.OperationalError, match="permission denied"):
            connect(reader.set(database="airflow").render_as_string(hide_password=False))
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            connect(reader.set(database="postgres").render_as_string(hide_password=False))


def test_text_is_unicode_whatever_the_machine_speaks(settings: Settings) -> None:
    with warehouse_url(settings) as url:
        assert ask(url, "SHOW server_encoding") == "UTF8"
        assert ask(url, "SELECT datlocprovider::text FROM pg_database WHERE datname = 'warehouse'") == "b"
        assert ask(url, "SELECT upper('đắk tô')") == "ĐẮK TÔ"


def test_it_listens_on_loopback_alone(settings: Settings) -> None:
    with embedded_server(settings) as server:
        process = postmaster_of(server)
        listening = [each for each in process.net_connections("inet") if each.status == psutil.CONN_LISTEN]
        assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
        assert not [each for each in process.net_connections("unix") if each.laddr]


def test_it_runs_as_an_ordinary_user_in_a_private_folder(settings: Settings) -> None:
    with embedded_server(settings) as server:
        uid = postmaster_of(server).uids().real
        assert uid != 0
        for private in (server.place.server, server.place.data):
            assert private.stat().st_uid == uid
            assert private.stat().st_mode & 0o777 == 0o700
        name = "chiso-postgres" if AS_ROOT else psutil.Process().username()
        assert postmaster_of(server).username() == name


def test_folders_around_it_stay_as_they_are(fresh: Settings, tmp_path: Path) -> None:
    around = [fresh.var, *tmp_path.parents, tmp_path]
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in around]
    with embedded_server(fresh):
        pass
    assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in around] == before


def test_secrets_are_readable_by_their_owner_only(settings: Settings) -> None:
    assert (settings.var / "platform.env").stat().st_mode & 0o777 == 0o600


def test_the_last_user_out_stops_it(settings: Settings) -> None:
    with embedded_server(settings) as server:
        with embedded_server(settings) as same:
            assert same.url("warehouse") == server.url("warehouse")
        assert server.running
    assert not server.running


def test_processes_that_come_at_once_share_one_server(settings: Settings) -> None:
    users = [another_user(settings, "sys.stdin.read()") for _ in range(4)]
    urls = {user.stdout.readline() for user in users}
    assert len(urls) == 1
    for user in users:
        user.communicate()
        assert user.returncode == 0
    with embedded_server(settings) as server:
        assert server.running
    assert not server.running


def test_a_killed_user_leaves_a_server_that_the_next_one_uses_and_stops(settings: Settings) -> None:
    user = another_user(settings, "sys.stdin.read()")
    url = user.stdout.readline().strip()
    user.kill()
    user.communicate()
    with embedded_server(settings) as server:
        assert server.url("warehouse") == url
    assert not server.running


def test_an_interrupt_of_its_starter_does_not_reach_it(settings: Settings) -> None:
    user = another_user(settings, "sys.stdin.read()")
    user.stdout.readline()
    with embedded_server(settings) as server:
        assert os.getsid(postmaster_of(server).pid) != os.getsid(0)
        user.communicate()
        assert server.running


def test_data_survive_kill_9_of_the_server(settings: Settings) -> None:
    with embedded_server(settings) as server:
        ask(server.url("warehouse"), "SET ROLE NONE; CREATE TABLE kept AS SELECT 34 AS value")
        killed = postmaster_of(server)
        killed.kill()
        psutil.wait_procs([killed], timeout=10)
        assert not server.running
        with pytest.raises(DatabaseError, match="has stopped"):
            server.url("warehouse")
    with embedded_server(settings) as server:
        assert ask(server.url("warehouse"), "SET ROLE NONE; SELECT value FROM kept") == 34


def test_a_pid_file_with_a_strangers_number_is_seen_through(settings: Settings) -> None:
    with embedded_server(settings) as server:
        data = server.place.data
    stale = data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{data}\n1700000000\n5432\n")
    server.place.account.own(stale)
    with embedded_server(settings) as server:
        assert ask(server.url("warehouse"), "SELECT 1") == 1


def test_a_lost_password_is_named(fresh: Settings) -> None:
    with embedded_server(fresh):
        pass
    update_platform_env(fresh, {"CHISO_POSTGRES_PASSWORD": "another"})
    with pytest.raises(DatabaseError, match="CHISO_POSTGRES_PASSWORD"), \
            embedded_server(environment.load({"CHISO_VAR": str(fresh.var)})):
        pass


def test_a_renewed_owners_password_is_taken_over(settings: Settings) -> None:
    with embedded_server(settings):
        pass
    renewed = replace(settings, values=dict(settings.values) | {"CHISO_WAREHOUSE_PASSWORD": "renewed"})
    with warehouse_url(renewed) as url:
        assert ":renewed@" in url
        assert ask(url, "SELECT 1") == 1


def test_the_address_that_db_url_prints_goes_on_answering_until_make_down(fresh: Settings) -> None:
    given = dict(os.environ) | {"CHISO_VAR": str(fresh.var)}

    def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=given, capture_output=True, text=True, check=True)

    chiso = Path(sys.executable).with_name("chiso")
    printed = run(chiso, "db", "url")
    assert "make down" in printed.stderr
    url = printed.stdout.strip()
    assert url.startswith("postgresql://chiso:")
    run(chiso, "db", "upgrade")  # whoever comes and goes meanwhile doesn't stop it
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM landing.delivery")).scalar() == 0
    engine.dispose()
    reader = run(chiso, "db", "url", "--role", "reader").stdout.strip()
    assert reader.startswith("postgresql://chiso_reader:")
    engine = sa.create_engine(reader)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) > 100 FROM publication.unit")).scalar() is True
    engine.dispose()
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(reader, "SELECT 1 FROM audit.event")
    command, environment_of_psql = psql_command(url)
    said = subprocess.run([command[0], url, "-Atc", "SELECT 1"], capture_output=True, text=True, check=True)
    assert (said.stdout, "PGPASSWORD" in environment_of_psql) == ("1\n", True)
    down = run(sys.executable, "-m", "chiso_airflow.launcher", "down")
    assert down.stdout == "Stopped the embedded server.\n"
    with pytest.raises(psycopg2.OperationalError):
        connect(url)


def test_a_server_that_was_kept_once_is_not_kept_for_ever(fresh: Settings) -> None:
    keep_embedded_server(fresh)
    with embedded_server(fresh) as server:
        kept = postmaster_of(server)
    assert kept.is_running()
    kept.kill()
    kept.wait()
    with embedded_server(fresh) as server:
        later = postmaster_of(server)
    later.wait(timeout=10)  # it has ended


def test_psql_gets_the_password_by_the_environment(settings: Settings) -> None:
    with warehouse_url(settings) as url:
        command, env = psql_command(url)
        assert not any(settings.values["CHISO_WAREHOUSE_PASSWORD"] in part for part in command)
        done = subprocess.run([*command, "-XAtc", "SELECT session_user, current_user"], env=os.environ | env,
                              capture_output=True, text=True, check=True)
        assert done.stdout == "chiso|chiso_writer\n"


@pytest.mark.parametrize(("variable", "url"), [
    ("postgres://u:p%40ss@db:5433/w?sslmode=require", "postgresql+psycopg2://u:p%40ss@db:5433/w?sslmode=require"),
    ('{"conn_type": "postgres", "host": "db", "schema": "w", "login": "u", "password": "p@ss"}',
     "postgresql+psycopg2://u:p%40ss@db/w"),
])
def test_a_server_in_the_environment_is_used_instead(tmp_path: Path, variable: str, url: str) -> None:
    given = {"CHISO_VAR": str(tmp_path / "var"), "AIRFLOW_CONN_CHISO_WAREHOUSE": variable}
    with warehouse_url(environment.load(given)) as used:
        assert used == url
    assert not (tmp_path / "var").exists()


def test_the_reader_of_another_server_needs_a_password_that_somebody_gives(tmp_path: Path) -> None:
    given = {"CHISO_VAR": str(tmp_path / "var"), "AIRFLOW_CONN_CHISO_WAREHOUSE": "postgres://u:p@db/w"}
    url = sa.make_url("postgresql+psycopg2://u:p@db/w")
    with pytest.raises(SettingsError, match="CHISO_READER_PASSWORD"):
        reader_url(environment.load(given), url)
    mine = reader_url(environment.load(given | {"CHISO_READER_PASSWORD": "a/b"}), url)
    assert mine.render_as_string(hide_password=False) == "postgresql+psycopg2://chiso_reader:a%2Fb@db/w"


def test_a_small_machine_gets_a_small_server() -> None:
    small, large = server_settings(1024, 1, 64), server_settings(65536, 16, 4096)
    assert (small["shared_buffers"], large["shared_buffers"]) == ("170MB", "4096MB")
    assert (small["max_parallel_workers_per_gather"], large["max_parallel_workers_per_gather"]) == ("0", "4")
    assert (small["dynamic_shared_memory_type"], large["dynamic_shared_memory_type"]) == ("mmap", "posix")
    assert small["max_connections"] == large["max_connections"]


@pytest.mark.skipif(not AS_ROOT, reason="only root's clusters lie outside their checkout")
class TestAsRoot:
    """Clusters in /var/lib/chiso, and whose they are."""

    def test_a_copied_checkout_gets_a_cluster_of_its_own(self, fresh: Settings, tmp_path: Path) -> None:
        mine = place.find_place(fresh)
        shutil.copytree(fresh.var, tmp_path / "copy" / "var")
        copy = environment.load({"CHISO_VAR": str(tmp_path / "copy" / "var")})
        assert place.find_place(copy).folder != mine.folder

    def test_a_moved_checkout_keeps_its_cluster(self, fresh: Settings, tmp_path: Path) -> None:
        folder = place.find_place(fresh).folder
        (tmp_path / "checkout").rename(tmp_path / "moved")
        moved = environment.load({"CHISO_VAR": str(tmp_path / "moved" / "var")})
        assert place.find_place(moved).folder == folder

    def test_the_cluster_of_a_fresh_clone_at_the_same_path_is_fresh(self, fresh: Settings) -> None:
        with embedded_server(fresh) as before:
            pass
        shutil.rmtree(fresh.var)
        with embedded_server(environment.load({"CHISO_VAR": str(fresh.var)})) as after:
            assert after.place.folder != before.place.folder
        assert not before.place.folder.exists()

    def test_a_running_server_is_not_swept_away(self, fresh: Settings, tmp_path: Path) -> None:
        with embedded_server(fresh) as server:
            (fresh.var / "instance-id").rename(tmp_path / "id")
            other = environment.load({"CHISO_VAR": str(tmp_path / "other" / "var")})
            place.find_place(other)
            assert server.running
            (tmp_path / "id").rename(fresh.var / "instance-id")


def test_sigterm_to_the_starter_leaves_no_server_behind(settings: Settings) -> None:
    body = "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('ready', flush=True); sys.stdin.read()"
    user = another_user(settings, body)
    url = user.stdout.readline().strip()
    user.stdout.readline()
    user.send_signal(signal.SIGTERM)
    user.communicate()
    with pytest.raises(psycopg2.OperationalError):
        connect(url)
