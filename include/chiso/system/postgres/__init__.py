"""The warehouse's server: the one in the environment, else an embedded PostgreSQL that starts when needed.

The embedded one is shared by all processes of a checkout: the first that needs it starts it, the last one out
stops it, unless somebody was given its address to keep. It asks for a password at every connection and listens on
127.0.0.1 alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chiso.system.errors import SettingsError
from chiso.system.roles import READER
from chiso.system.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from chiso.system.postgres.cluster import Cluster

# The modules behind it are imported when the embedded server is used: a task with a URL needs none of them.


@contextmanager
def warehouse_url(settings: Settings) -> Iterator[str]:
    """SQLAlchemy URL (postgresql+psycopg2://…) of the warehouse, usable inside the `with`.

    Raises: SettingsError, if AIRFLOW_CONN_CHISO_WAREHOUSE is unusable; DatabaseError, StorageError or
    SettingsError, if the embedded server can't run.
    """
    if settings.has("AIRFLOW_CONN_CHISO_WAREHOUSE"):
        yield external_url(settings)
    else:
        with embedded_server(settings) as server:
            yield server.url("warehouse")


@contextmanager
def embedded_server(settings: Settings) -> Iterator["Cluster"]:
    """The checkout's own server, running as long as anybody is inside such a `with`."""
    from chiso.system.postgres.sharing import shared_use

    cluster = _cluster(settings)
    with shared_use(cluster.place.folder, cluster.ensure_running, cluster.stop_unless_kept):
        yield cluster


def keep_embedded_server(settings: Settings) -> None:
    """Lets the server run on when nobody uses it any more, until `stop_if_unused` releases it."""
    with embedded_server(settings) as server:
        server.keep()


def stop_if_unused(settings: Settings, *, release: bool = False) -> bool:
    """Stops the server if it runs and nobody uses it: what a killed user leaves behind. Whether it was stopped.

    release: also where it is kept.
    """
    from chiso.system.postgres.place import has_place
    from chiso.system.postgres.sharing import shared_use

    if not has_place(settings):
        return False
    cluster = _cluster(settings)
    was_running = cluster.running
    with shared_use(cluster.place.folder, lambda: None, cluster.stop if release else cluster.stop_unless_kept):
        pass
    return was_running and not cluster.running


def external_url(settings: Settings) -> str:
    """AIRFLOW_CONN_CHISO_WAREHOUSE, which is Airflow's notation, as an SQLAlchemy URL."""
    from urllib.parse import quote, urlencode, urlsplit

    endpoint = settings.endpoint("warehouse")
    parts = urlsplit(endpoint.url)
    if not parts.scheme.startswith("postgres") or not parts.path.strip("/"):
        raise SettingsError("AIRFLOW_CONN_CHISO_WAREHOUSE names no PostgreSQL database: write it as "
                            "postgres://login:password@host:5432/warehouse.")
    login = f"{quote(endpoint.login, safe='')}:{quote(endpoint.password, safe='')}@" if endpoint.login else ""
    extra = endpoint.extra or {}
    options = {name: str(value) for name, value in extra.items() if not name.startswith("__")}
    query = f"?{urlencode(options)}" if options else ""
    return f"postgresql+psycopg2://{login}{parts.netloc}{parts.path}{query}"


def reader_url(settings: Settings, url: "sa.URL") -> "sa.URL":
    """The same warehouse for the role that reads schema `publication` alone.

    Raises SettingsError where nobody said its password: on a server of one's own the administrator makes the role.
    """
    if not settings.has("CHISO_READER_PASSWORD"):
        raise SettingsError(
            f"CHISO_READER_PASSWORD is not set: set it to the password of role {READER}, which the warehouse's administrator "
            "makes (docs/runbooks/running.md)."
        )
    return url.set(username=READER, password=settings.values["CHISO_READER_PASSWORD"])


def psql_command(url: str) -> tuple[list[str], dict[str, str]]:
    """The command line of psql for an SQLAlchemy URL, and what to add to the environment (the password)."""
    from urllib.parse import unquote, urlsplit, urlunsplit

    from chiso.system.postgres.binaries import wheel_programs

    parts = urlsplit(url)
    _, _, address = parts.netloc.rpartition("@")
    login = (parts.username or "") + "@" if parts.username else ""
    bare = urlunsplit(("postgresql", login + address, parts.path, parts.query, ""))
    password = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    return [str(wheel_programs() / "psql"), bare], password


def _cluster(settings: Settings) -> "Cluster":
    from chiso.system.postgres.cluster import Cluster
    from chiso.system.postgres.place import find_place
    from chiso.system.secrets_file import ensure_platform_env

    values = ensure_platform_env(settings).values
    return Cluster(find_place(settings), {
        "postgres": values["CHISO_POSTGRES_PASSWORD"],
        "chiso": values["CHISO_WAREHOUSE_PASSWORD"],
        READER: values["CHISO_READER_PASSWORD"],
        "airflow": values["CHISO_AIRFLOW_DB_PASSWORD"],
    })
