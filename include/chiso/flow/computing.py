"""Stage 7 as an operator or a schedule asks for it: which periods are stale, and computing them.

Apart from `chiso.flow.collecting`, since it needs none of the readers and starts in half the time.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.exc import OperationalError

from chiso import audit, contracts, indicators
from chiso.indicators import expected
from chiso.province import working_days
from chiso.province.periods import Period
from chiso.province.units import load_reference
from chiso.system import progress
from chiso.system.platform import Platform

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """Which periods were computed, and how many values that wrote."""

    periods: tuple[Period, ...]
    written: int


def stale_periods(platform: Platform, family: str | None = None) -> list[Period]:
    """Periods that must be computed (again), by their end.

    An accepted delivery (of `family`) or a changed definition touched them since their last run.
    """
    with platform.engine.connect() as connection:
        return indicators.stale_periods(connection, indicators.load_catalogue(platform.settings), family)


def compute_period(period: Period, platform: Platform) -> int:
    """Computes every indicator of a period; returns how many values differed and were written."""
    settings = platform.settings
    catalogue = indicators.load_catalogue(settings)
    sound = contracts.load_all(settings).contracts
    with audit.transaction(platform.engine, settings) as connection:
        policy = indicators.Policy(expected.load(settings.schemas), working_days.load(settings.schemas))
        computed = indicators.compute(connection, period, sound, catalogue, load_reference(settings.schemas), policy)
    return computed.written


def compute_stale(platform: Platform) -> Done:
    """Computes every stale period."""
    return compute_periods(stale_periods(platform), platform)


def compute_known(platform: Platform, code: str | None = None) -> Done:
    """Computes every period anew that deliveries speak of, or those with a code, on each calendar that has data of it."""
    with platform.engine.connect() as connection:
        periods = indicators.known_periods(connection, code)
    return compute_periods(periods, platform)


def compute_periods(periods: Collection[Period], platform: Platform) -> Done:
    """Writes down the catalogue's definitions, computes periods, and logs what of the catalogue is faulty and was left out.

    A period that can't be computed holds up no other: each fault is logged with its period, the first is raised after them.
    """
    catalogue = indicators.load_catalogue(platform.settings)
    for fault in catalogue.faults:
        log.warning("%s", fault)
    province_codes = sorted({code for _, _, code in load_reference(platform.settings.schemas).province_codes})
    with audit.transaction(platform.engine, platform.settings) as connection:
        indicators.sync_definitions(connection, catalogue, province_codes)
    done: list[Period] = []
    written = 0
    faults: list[Exception] = []
    for period in progress.each("computing", periods, lambda period: f"{period.calendar}/{period.code}"):
        try:
            written += compute_period(period, platform)
            done.append(period)
        except OperationalError:  # the server is gone, for all of them
            raise
        except Exception as fault:
            log.exception("%s/%s can't be computed", period.calendar, period.code)
            faults.append(fault)
    if faults:
        raise faults[0]
    return Done(tuple(done), written)
