"""The warehouse's structure: migrations, replaceable views and functions, reference lists."""

from pathlib import Path

import sqlalchemy as sa

from chiso.database import reachable
from chiso.settings import Settings
from chiso.warehouse import reference_lists

_LOCK = 7_205_001


def upgrade(engine: sa.Engine, settings: Settings) -> None:
    """Brings the warehouse to this version. Safe at any time and by two at once (the second waits)."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(settings.schemas / "migrations"))
    with reachable(engine), engine.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        for path in replaceable_sql(settings.sql):
            connection.exec_driver_sql(path.read_text("utf-8").replace("%", "%%"))
        reference_lists.load(connection, settings)


def replaceable_sql(root: Path) -> list[Path]:
    """Views and functions in the order in which they are applied: by stage, then by name."""
    return sorted(root.glob("*/*.sql"))
