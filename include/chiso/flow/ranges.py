"""A range of the past, as it is asked for: which periods of a source lie in it, and which of them we have."""

from datetime import date, timedelta

from chiso import sources
from chiso.contracts import Contract
from chiso.deliveries import register
from chiso.province.periods import Period
from chiso.system.errors import UsageError
from chiso.system.platform import Platform


def between(contract: Contract, first: str, last: str, platform: Platform) -> dict[Period, bool]:
    """The periods that a source is asked for, from the beginning of one to the end of another: whether each was accepted.

    Raises UsageError, where nothing could be asked for.
    """
    if contract.terms.transport.kind == "drop_folder":
        raise without_periods(contract)
    start, end = _days(contract, first, last)
    since = sources.first_period(contract)
    if start < since.start:
        raise UsageError(
            f"{contract.source} gives nothing before {since.code} (`transport.since` of its contract), and --from {first} begins before. "
            f"Write --from {since.code} or later."
        )
    found = _periods(contract, start, end, platform)
    if not found:
        raise UsageError(
            f"No period of {contract.source} ({', '.join(contract.terms.delivery.cadences)}) lies in {first} to {last} as a whole and is "
            f"over on {platform.settings.today}. Widen --from and --to."
        )
    return found


def missing_between(contract: Contract, first: str, last: str, platform: Platform) -> list[Period]:
    """The same without those that were accepted, as of a source among others: of one that begins later what it has."""
    start, end = _days(contract, first, last)
    return _missing(contract, max(start, sources.first_period(contract).start), end, platform)


def ended_before(contract: Contract, day: date, platform: Platform) -> list[Period]:
    """What a source would have been asked for on that day as new, and wasn't accepted: what ended on the day before."""
    eve = day - timedelta(days=1)
    found = _missing(contract, sources.first_period(contract).start, platform.settings.today, platform)
    return [period for period in found if period.end == eve]


def without_periods(contract: Contract) -> UsageError:
    """Why a drop folder can't be asked for a period."""
    return UsageError(
        f"{contract.source}: a drop folder has no periods to ask for. Put the files of the past into it (`chiso ingest {contract.source}` "
        "takes every file that lies there), or give one with --file."
    )


def _days(contract: Contract, first: str, last: str) -> tuple[date, date]:
    """The first and the last day of a range. Raises UsageError, where one of them is no period, or they are the wrong way round."""
    calendar = contract.terms.delivery.calendar
    try:
        start, end = Period.of(first, calendar).start, Period.of(last, calendar).end
    except ValueError as fault:
        raise UsageError(f"From {first} to {last}: {fault}") from fault
    if start > end:
        raise UsageError(f"--from {first} begins after --to {last} ends. Swap them.")
    return start, end


def _missing(contract: Contract, first: date, last: date, platform: Platform) -> list[Period]:
    return [period for period, had in _periods(contract, first, last, platform).items() if not had]


def _periods(contract: Contract, first: date, last: date, platform: Platform) -> dict[Period, bool]:
    accepted = register.accepted_periods(platform.engine, contract.source)
    return sources.periods_between(contract, first, last, accepted, platform.settings.today)
