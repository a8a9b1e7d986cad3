"""What the platform consists of, and in which order it comes up."""

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from chiso.system import progress
from chiso.system import settings as environment
from chiso.system.errors import SettingsError
from chiso.system.postgres import embedded_server
from chiso.system.postgres.processes import postmaster
from chiso.system.secrets_file import update_platform_env
from chiso.system.settings import Settings

from chiso_airflow.launcher import metadata
from chiso_airflow.launcher.airflow_api import Airflow, answers
from chiso_airflow.launcher.configuration import (
    Addresses,
    airflow_connection,
    airflow_environment,
    airflow_home,
    login_file,
    process_environment,
    programs,
)
from chiso_airflow.launcher.credentials import ensure_secrets, write_login
from chiso_airflow.launcher.ledger import Ledger, sole_platform
from chiso_airflow.launcher.processes import become_subreaper, bury, watched
from chiso_airflow.launcher.sandbox import DEPARTMENTS, PORTAL, SOC, TODAY, Sandbox, listens
from chiso_airflow.launcher.supervisor import Supervisor

_METADATA = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
_WAREHOUSE = "AIRFLOW_CONN_CHISO_WAREHOUSE"
_UI_PORT = 8080
_HEALTHY_SECONDS = 180

Say = Callable[[str], None]
"""Tells the person in front of us what happens: one line."""


@dataclass(frozen=True)
class Platform:
    """A running platform."""

    settings: Settings
    supervisor: Supervisor
    airflow: Airflow
    environment: Mapping[str, str]
    """What its processes got."""


@dataclass(frozen=True)
class _Databases:
    """metadata_url: SQLAlchemy's notation; warehouse: Airflow's; postmaster_pid: of the embedded server."""

    metadata_url: str
    warehouse: str
    postmaster_pid: Callable[[], int | None]


@contextmanager
def running_platform(command: str, say: Say) -> Iterator[Platform]:
    """Everything up and healthy inside the `with`, nothing left of it afterwards.

    Raises: AlreadyRunning; PlatformError, if a part fails; ChisoError, if the environment is at fault.
    """
    become_subreaper()
    ensure_secrets(environment.load())
    with sole_platform(environment.load(), command) as ledger, watched(), ExitStack() as afterwards:
        afterwards.callback(bury)
        settings = _choose_today(environment.load())
        supervisor = Supervisor(settings, ledger)
        afterwards.callback(supervisor.stop_components)
        say("Databases, sandbox, Airflow")
        with ExitStack() as starting:
            starting.enter_context(progress.step("Databases, sandbox, Airflow"))
            _begin_airflow(settings, supervisor)
            with _databases(settings) as databases:
                supervisor.rely_on(databases.postmaster_pid)
                try:
                    platform = _bring_up(settings, ledger, supervisor, databases, say)
                    starting.close()
                    yield platform
                finally:
                    say("Stopping")
                    with progress.step("Stopping"):
                        supervisor.stop()
                        ledger.close()


def _bring_up(settings: Settings, ledger: Ledger, supervisor: Supervisor, databases: _Databases,
              say: Say) -> Platform:
    sandbox = Sandbox(settings, _free_port())
    endpoints = sandbox.endpoints()
    addresses = _addresses(settings, databases, endpoints)
    ours = process_environment(settings, airflow_environment(settings, addresses))

    if sandbox.needed:
        _begin_sandbox(sandbox, supervisor, ours)
    write_login(settings, login_file(settings))
    supervisor.fork("execution-api", _api("execution", addresses.execution_port), ours)
    _upgrade_databases(settings, supervisor, databases, ours)
    supervisor.fork("dag-processor", ["dag-processor"], ours)
    # Without this option the scheduler serves its logs on every interface. No triggerer: nothing defers.
    supervisor.fork("scheduler", ["scheduler", "--skip-serve-logs"], ours)
    supervisor.become("api-server", _api("core", addresses.api_port), ours)
    if sandbox.needed:
        supervisor.await_steps("sandbox-files")
    ledger.publish(endpoints)

    if sandbox.needed:
        log = supervisor.log_path("sandbox")
        supervisor.wait_until(lambda: listens(log), "The sandbox's start", _HEALTHY_SECONDS)
    supervisor.wait_until(lambda: supervisor.listens("execution-api", addresses.execution_port)
                          and answers(addresses.execution_url), "The start of the tasks' API", _HEALTHY_SECONDS)
    airflow = Airflow(addresses.api_url, settings.values["CHISO_UI_PASSWORD"])
    supervisor.wait_until(lambda: supervisor.listens("api-server", addresses.api_port) and airflow.healthy(),
                          "Airflow's start", _HEALTHY_SECONDS)
    ledger.ready(addresses.api_url)
    say(f"Airflow answers at {addresses.api_url}")
    return Platform(environment.load(), supervisor, airflow, ours)


def _upgrade_databases(settings: Settings, supervisor: Supervisor, databases: _Databases,
                       env: Mapping[str, str]) -> None:
    """Brings both schemas up to date, side by side."""
    supervisor.step("warehouse-upgrade", [programs() / "chiso", "db", "upgrade"], env)
    airflow_home(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
    if not metadata.is_migrated(settings, databases.metadata_url):
        supervisor.forked_step("metadata-migrate", ["db", "migrate"], env)
        metadata.note_migrated(settings, databases.metadata_url)
    supervisor.await_steps("warehouse-upgrade")


def _begin_sandbox(sandbox: Sandbox, supervisor: Supervisor, env: Mapping[str, str]) -> None:
    """Starts the servers and begins to fill its drop folder."""
    with_login = dict(env) | dict(sandbox.environment())
    for folder in (sandbox.inbox, sandbox.drop):
        folder.mkdir(parents=True, exist_ok=True)
    supervisor.component("sandbox", sandbox.serve_command(), with_login)
    supervisor.step("sandbox-files", sandbox.files_command(), with_login)


def _begin_airflow(settings: Settings, supervisor: Supervisor) -> None:
    """Starts to import Airflow. That needs no address; a component gets its environment when it is forked."""
    nowhere = Addresses("", "", "", "", "", 0, 0)
    supervisor.fork_server("api-server", [sys.executable, "-m", "chiso_airflow.launcher.fork_server"],
                           process_environment(settings, airflow_environment(settings, nowhere)))


def _api(apps: str, port: int) -> list[str]:
    """The command of a part of the API: `core`, with the UI, or `execution`, which tasks report to.

    Two processes, since each computes for seconds before its first answer: on a core of its own.
    """
    return ["api-server", "--apps", apps, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]


@contextmanager
def _databases(settings: Settings) -> Iterator[_Databases]:
    """The servers in the environment; the embedded one for what it doesn't name."""
    metadata_url = settings.values.get(_METADATA, "")
    warehouse = settings.values.get(_WAREHOUSE, "")
    if metadata_url and warehouse:
        yield _Databases(metadata_url, warehouse, lambda: None)
        return
    with embedded_server(settings) as server:
        def postmaster_pid() -> int | None:
            process = postmaster(server.place.data)
            return process.pid if process else None

        yield _Databases(metadata_url or server.url("airflow"),
                         warehouse or airflow_connection(server.url("warehouse")), postmaster_pid)


def _addresses(settings: Settings, databases: _Databases, endpoints: Mapping[str, str]) -> Addresses:
    known = dict(settings.values) | dict(endpoints)
    return Addresses(metadata_url=databases.metadata_url, warehouse=databases.warehouse, portal=known[PORTAL],
                     soc=known[SOC], departments=known[DEPARTMENTS], api_port=_ui_port(settings),
                     execution_port=_free_port())


def _choose_today(settings: Settings) -> Settings:
    """The sandbox has a day of its own, kept for later commands; real endpoints have the real one."""
    sandbox = Sandbox(settings, port=0)
    if sandbox.needed and not settings.has("CHISO_TODAY"):
        update_platform_env(settings, {"CHISO_TODAY": TODAY})
    elif not sandbox.needed and settings.values.get("CHISO_TODAY") == TODAY != os.environ.get("CHISO_TODAY"):
        update_platform_env(settings, {"CHISO_TODAY": None})
    else:
        return settings
    return environment.load()


def _ui_port(settings: Settings) -> int:
    """CHISO_UI_PORT, else 8080, else a free one. No other platform gets it while this process lives."""
    wanted = settings.values.get("CHISO_UI_PORT", "")
    if wanted and not (wanted.isdecimal() and _is_ours(int(wanted))):
        raise SettingsError(f"CHISO_UI_PORT={wanted} is no port or is taken: set a free one or none.")
    return int(wanted) if wanted else _UI_PORT if _is_ours(_UI_PORT) else _free_port()


def _is_ours(port: int) -> bool:
    """Whether a port is free and no other platform has claimed it. Airflow listens on it many seconds later only."""
    with socket.socket(socket.AF_UNIX) as claim:
        try:
            claim.bind(f"\0chiso-port-{port}")  # a name without a file, which one process at a time can have
        except OSError:
            return False
        claim.detach()  # left open until the process ends
    return _is_free(port)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
