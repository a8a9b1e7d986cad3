"""Whether the reports below `var/reports` still show what the warehouse holds. Apart from `reports`, since it needs no validator."""

from pathlib import Path

import sqlalchemy as sa

from chiso.system.platform import Platform
from chiso.system.settings import Settings


def newest_change(platform: Platform) -> str:
    """Names what was judged, withdrawn, computed and decided last."""
    with platform.engine.connect() as connection:
        row = connection.execute(
            sa.text("SELECT (SELECT max(verdict_id) FROM validation.verdict), (SELECT max(run_id) FROM indicators.run), "
                    "(SELECT count(*) FROM validation.withdrawal), (SELECT count(*) FROM indicators.decision)")
        ).one()
    return f"verdict {row[0]}, run {row[1]}, withdrawn {row[2]}, decided {row[3]}"


def note_built(settings: Settings, change: str) -> None:
    """The reports show everything up to that change."""
    _stamp(settings).write_text(change, "ascii")


def outdated(platform: Platform) -> bool:
    """Whether anything was judged or computed since the reports were built."""
    stamp = _stamp(platform.settings)
    return not stamp.exists() or stamp.read_text("ascii") != newest_change(platform)


def _stamp(settings: Settings) -> Path:
    return settings.reports / "shown"
