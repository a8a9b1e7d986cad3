"""SQL on events that came in several deliveries: which version of a thing counts, and whose it is."""

from collections.abc import Sequence

from chiso.contracts import Contract


def thing(contract: Contract, events: str) -> str:
    """The columns that name a thing, separated by commas. events: an alias."""
    return ", ".join(f'{events}."{name}"' for name in contract.thing_key)


def same_thing(contract: Contract, one: str, other: str) -> str:
    """Whether two versions are of one thing. one, other: aliases."""
    return " AND ".join(f'{one}."{name}" = {other}."{name}"' for name in contract.thing_key)


def newest_first(contract: Contract, events: str, deliveries: str) -> str:
    """ORDER BY that puts the version that counts first: the latest by its own time, then the one received last."""
    return ", ".join(f"{each} DESC" for each in _place(contract, events, deliveries))


def is_newer(contract: Contract, one: tuple[str, str], other: tuple[str, str]) -> str:
    """Whether version `one` counts before `other`. Both: the aliases of the event and of its delivery."""
    return f"({', '.join(_place(contract, *one))}) > ({', '.join(_place(contract, *other))})"


def stands(events: str, as_of: str | None = None) -> str:
    """Whether a version's delivery wasn't withdrawn. events: an alias; as_of: SQL for the moment at which that is asked."""
    then = f" AND w.recorded_at <= {as_of}" if as_of else ""
    return f"NOT EXISTS (SELECT FROM validation.withdrawal w WHERE w.delivery_id = {events}.delivery_id{then})"


def own_time(contract: Contract) -> list[str]:
    """The column that says when a version was made, where there is one."""
    events = contract.terms.events
    return [events.at] if events and events.at else []


def unit_code(contract: Contract, events: str) -> str:
    """The code of an event's unit, NULL where events have none."""
    return f'{events}."{contract.terms.unit}"' if contract.terms.unit else "NULL::text"


def bore_the_code(units: str, code: str, day: str) -> str:
    """Whether a row of `warehouse.unit` is the unit that bore the code on that day."""
    return f"{units}.code = {code} AND {day} BETWEEN {units}.valid_from AND {units}.valid_to"


def _place(contract: Contract, events: str, deliveries: str) -> Sequence[str]:
    own = [f'{events}."{name}"' for name in own_time(contract)]
    return [*own, f"{deliveries}.received_at", f"{events}.delivery_id"]
