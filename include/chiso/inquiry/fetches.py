"""What was asked for over HTTP and could not be had."""

from typing import Any

import sqlalchemy as sa

from chiso.system.platform import Platform

_OPEN = """SELECT * FROM (
    SELECT DISTINCT ON (source, period) fetch_id, source, period, endpoint, uri, started_at, finished_at, outcome, status,
           reason, evidence, requests
    FROM publication.fetch WHERE CAST(:source AS text) IS NULL OR source = :source
    ORDER BY source, period, fetch_id DESC
) newest WHERE outcome = 'failed' ORDER BY fetch_id"""


def not_fetched(platform: Platform, source: str | None = None) -> list[dict[str, Any]]:
    """The newest fetch of each period (of a source) where that failed, oldest first: no later one made it good."""
    with platform.engine.connect() as connection:
        rows = connection.execute(sa.text(_OPEN), {"source": source})
        return [{name: value for name, value in row._mapping.items() if name != "outcome"} for row in rows]
