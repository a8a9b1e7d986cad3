"""Whether Airflow's own database needs `airflow db migrate`, which costs seconds even with nothing to do."""

from importlib import metadata
from pathlib import Path

from chiso.system.errors import DatabaseError
from chiso.system.settings import Settings

from chiso_airflow.launcher.configuration import airflow_home


def is_migrated(settings: Settings, url: str) -> bool:
    """Whether the database is at the revision that this version of Airflow left it at.

    url: SQLAlchemy URL. Raises: DatabaseError, if the database is out of reach.
    """
    stamp = _stamp(settings)
    return stamp.is_file() and stamp.read_text("utf-8") == _state(url)


def note_migrated(settings: Settings, url: str) -> None:
    """Remembers the state that `airflow db migrate` has just made."""
    _stamp(settings).write_text(_state(url), "utf-8")


def _stamp(settings: Settings) -> Path:
    return airflow_home(settings) / "migrated"


def _state(url: str) -> str:
    import psycopg2

    try:
        connection = psycopg2.connect("postgresql://" + url.partition("://")[2], connect_timeout=10)
    except psycopg2.OperationalError as fault:
        raise DatabaseError(f"Airflow's database is out of reach ({fault}): "
                            f"look at AIRFLOW__DATABASE__SQL_ALCHEMY_CONN.") from fault
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
            if not (cursor.fetchone() or [False])[0]:
                return "empty"
            cursor.execute("SELECT string_agg(version_num, ' ' ORDER BY version_num) FROM alembic_version")
            revision = (cursor.fetchone() or [""])[0]
    finally:
        connection.close()
    return f"airflow {metadata.version('apache-airflow-core')}, revision {revision}\n"
