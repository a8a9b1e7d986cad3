"""Stage 7 as an operator or a schedule asks for it: which periods are stale, and computing them.

Apart from `chiso.flow.collecting`, since it needs none of the readers and starts in half the time.
"""

import logging
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from chiso import audit, contracts, indicators
from chiso.contracts import Contract
from chiso.province.periods import Period
from chiso.province.units import load_reference
from chiso.system.platform import Platform

log = logging.getLogger(__name__)


def stale_periods(platform: Platform, family: str | None = None) -> list[Period]:
    """Periods that accepted deliveries (of `family`) touched and no run of this catalogue has computed since, by their end."""
    with platform.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT * FROM indicators.stale_period(:catalogue) ORDER BY end_date, period, calendar"),
            {"catalogue": indicators.load_catalogue(platform.settings.schemas).sha256},
        )
        return [
            Period.of(row.period, row.calendar)
            for row in rows
            if family is None or any(source.startswith(f"{family}/") for source in row.sources)
        ]


def compute_period(period: Period, platform: Platform) -> None:
    """Computes every indicator of a period and writes what differs."""
    settings = platform.settings
    everything: Sequence[Contract] = contracts.load_all(settings).contracts
    catalogue = indicators.load_catalogue(settings.schemas)
    with platform.engine.begin() as connection:
        indicators.sync_definitions(connection, catalogue)
        head = indicators.compute(connection, period, everything, catalogue, load_reference(settings.schemas))
    audit.anchor(settings, head)


def compute_stale(platform: Platform) -> list[Period]:
    """Computes every stale period; returns them.

    One that can't be computed holds up no other: each fault is logged with its period, the first is raised after them.
    """
    periods = stale_periods(platform)
    faults: list[Exception] = []
    for period in periods:
        try:
            compute_period(period, platform)
        except OperationalError:  # the server is gone, for all of them
            raise
        except Exception as fault:
            log.exception("%s/%s can't be computed", period.calendar, period.code)
            faults.append(fault)
    if faults:
        raise faults[0]
    return periods
