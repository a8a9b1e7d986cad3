"""How Airflow is set: environment variables only, the same names here and in docker-compose.yml."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from chiso.system.settings import Settings

from chiso_airflow.launcher.credentials import AUDITOR, UI_USER

FIXED: Mapping[str, str] = {
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
    "AIRFLOW__CORE__AUTH_MANAGER":
        "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{UI_USER}:admin,{AUDITOR}:viewer",
    # The name is only shown; asking a name server for it can take seconds where there is none.
    "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "5",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "5",
    # The launcher (or the init service) has migrated before anything starts.
    "AIRFLOW__DATABASE__CHECK_MIGRATIONS": "False",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__API__WORKER_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    # A killed platform leaves tasks "running": the next one starts them anew within a minute, not five.
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
    # Airflow notices the end of a task at its next heartbeat, if it misses the moment itself: at the default of
    # five seconds every third short task costs five seconds. More may then fail in a row on a busy machine.
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "15",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
    "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
    "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    "GX_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
"""The same on every installation."""


@dataclass(frozen=True)
class Addresses:
    """Where this installation's parts are. Connections in Airflow's URI notation."""

    metadata_url: str
    """SQLAlchemy URL of Airflow's own database."""
    warehouse: str
    portal: str
    soc: str
    departments: str
    api_port: int
    execution_port: int

    @property
    def api_url(self) -> str:
        """Airflow's UI and API."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def execution_url(self) -> str:
        """The API that Airflow's tasks report to."""
        return f"http://127.0.0.1:{self.execution_port}/execution/"


def airflow_environment(settings: Settings, addresses: Addresses) -> dict[str, str]:
    """All that Airflow and its tasks read from the environment.

    What the caller's environment sets itself wins over our choices, except for the paths and addresses.
    """
    chosen = dict(FIXED) | {
        "AIRFLOW__CORE__PARALLELISM": str(max(2, min(8, len(os.sched_getaffinity(0))))),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(settings.home / "plugins"),
    }
    given = {name: settings.values[name] for name in chosen if settings.has(name)}
    secrets = {name: settings.values[name] for name in
               ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY",
                "CHISO_LANDING_KEY", "CHISO_AUDIT_KEY")}
    home = airflow_home(settings)
    return chosen | given | secrets | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(login_file(settings)),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": addresses.execution_url,
        "AIRFLOW__API__BASE_URL": addresses.api_url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": addresses.metadata_url,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW_CONN_CHISO_WAREHOUSE": addresses.warehouse,
        "AIRFLOW_CONN_CHISO_PORTAL": addresses.portal,
        "AIRFLOW_CONN_CHISO_SOC": addresses.soc,
        "AIRFLOW_CONN_CHISO_DEPARTMENTS": addresses.departments,
        "CHISO_HOME": str(settings.home),
        "CHISO_VAR": str(settings.var),
        "CHISO_TODAY": settings.values.get("CHISO_TODAY", ""),
        "CHISO_DATA_CENTRE_EMAIL": settings.values.get("CHISO_DATA_CENTRE_EMAIL", ""),
        "PYTHONPATH": str(settings.home / "include"),
    }


def process_environment(settings: Settings, ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of a component: the caller's, ours over it, and no proxy between our own processes."""
    direct = {name: ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))
              for name in ("NO_PROXY", "no_proxy")}
    path = os.pathsep.join([str(programs()), os.environ.get("PATH", os.defpath)])
    return dict(os.environ) | direct | {"PYTHONUNBUFFERED": "1", "PATH": path} | dict(ours)


def programs() -> Path:
    """The folder of the environment's programs (airflow, chiso)."""
    return Path(sys.executable).parent


def airflow_home(settings: Settings) -> Path:
    """Airflow's own files: logs, login."""
    return settings.var / "airflow"


def login_file(settings: Settings) -> Path:
    """Where the simple auth manager finds the password of the UI."""
    return airflow_home(settings) / "passwords.json"


def airflow_connection(sqlalchemy_url: str) -> str:
    """An SQLAlchemy URL of PostgreSQL in Airflow's notation."""
    return "postgres://" + sqlalchemy_url.partition("://")[2]


def http_connection(url: str, login: str, password: str) -> str:
    """A web address with its login in Airflow's notation."""
    scheme, _, address = url.rstrip("/").partition("://")
    return f"{scheme}://{quote(login, safe='')}:{quote(password, safe='')}@{address}"


def file_connection(folder: Path, other: Path, password: str) -> str:
    """A drop folder of two folders in Airflow's notation; the password opens protected workbooks."""
    return f"file://:{quote(password, safe='')}@{quote(str(folder))}?{urlencode({'folders': str(other)})}"
