"""Whether what a contract says of its deliveries, as a whole, can be meant."""

import re
from collections.abc import Iterator

from chiso.contracts.condition_checks import faults_of_condition
from chiso.contracts.model import Contract
from chiso.province.periods import Period

Fault = tuple[str, str]
"""Place in the contract, message."""

_ENDPOINT = re.compile(r"[a-z][a-z0-9_]*")
_HOLDS = {
    "export": ("csv", "workbook", "json"),
    "json": ("json",),
    "paged_json": ("json",),
    "drop_folder": ("workbook", "csv", "json"),
}
"""Transport → formats that it can bring."""


def faults_of_deliveries(contract: Contract) -> Iterator[Fault]:
    """What is wrong, each with its place and mend."""
    yield from _transport(contract)
    yield from _since(contract)
    yield from _rows(contract)
    yield from _totals(contract)
    yield from _printed(contract)
    yield from _offices(contract)


def _transport(contract: Contract) -> Iterator[Fault]:
    transport, wanted = contract.terms.transport, contract.terms.delivery.format
    if not _ENDPOINT.fullmatch(transport.endpoint):
        yield "transport.endpoint", f"{transport.endpoint!r} can't be a connection's name; use snake case, ASCII"
    if wanted not in _HOLDS[transport.kind]:
        yield "delivery.format", f"{transport.kind} brings {' or '.join(_HOLDS[transport.kind])}, not {wanted}"
    strange = sorted(set(re.findall(r"\{[^}]*\}?|\}", transport.path)) - {"{period}"})
    if strange:
        yield "transport.path", f"{', '.join(strange)} is filled in by nothing; only {{period}} is"
    if transport.kind == "drop_folder":
        yield from (
            (f"transport.{word}", "goes with sources that are fetched, not with a drop folder")
            for word, given in (("path", transport.path), ("since", transport.since))
            if given
        )
        yield from ((f"transport.file_names[{n}]", "is blank") for n, name in enumerate(transport.file_names) if not name.strip())
    elif transport.file_names:
        yield "transport.file_names", "goes with a drop folder"


def _since(contract: Contract) -> Iterator[Fault]:
    transport, delivery = contract.terms.transport, contract.terms.delivery
    if transport.since is not None:
        try:
            Period.of(transport.since, delivery.calendar)
        except ValueError as fault:
            yield "transport.since", str(fault)
    if transport.kind != "drop_folder" and set(delivery.cadences) == {"irregular"}:
        yield "delivery.cadence", "what comes irregularly is never due, so nothing would be fetched; state how often it comes"
    if not delivery.cadences:
        yield "delivery.cadence", "name at least one"
    if delivery.look_back and delivery.shortest != "day":
        yield "delivery.look_back", "counts accepted days, so it goes with the cadence day or week"


def _rows(contract: Contract) -> Iterator[Fault]:
    terms = contract.terms
    own = contract.column(terms.period) if terms.period and terms.period in contract._by_name else None
    if own and (own.may_be_blank or own.terms.blank == "none"):
        yield "period", f"{own.name} says which period a row belongs to, so it must be required"
    if terms.sheet and terms.sheet.label in contract._by_name and contract.column(terms.sheet.label).optional_header:
        yield "sheet.label", f"{terms.sheet.label} names the rows, so its header can't be missing (optional_header)"
    preliminary = terms.delivery.preliminary
    if preliminary and preliminary.column in contract._by_name:
        column = contract.column(preliminary.column)
        if column.enum and preliminary.official not in map(str, column.enum):
            yield "delivery.preliminary.official", f"{preliminary.official!r} is not listed for {column.name}"


def _totals(contract: Contract) -> Iterator[Fault]:
    for name in contract.terms.sheet.totals.ignored if contract.terms.sheet else ():
        if name in contract._by_name and contract.column(name).how.kind != "figure":
            yield "sheet.totals.ignored", f"{name} holds no numbers, so it has no total anyway"


def _printed(contract: Contract) -> Iterator[Fault]:
    for number, printed in enumerate(contract.terms.printed):
        for word in ("value", "numerator", "denominator"):
            name = getattr(printed, word)
            if name in contract._by_name and contract.column(name).how.kind != "figure":
                yield f"printed[{number}].{word}", f"{name} holds no numbers (its reading is {contract.column(name).reading})"
        if printed.when and set(printed.when.columns) <= set(contract._by_name):
            yield from ((f"printed[{number}].when", fault) for fault in faults_of_condition(contract, printed.when))


def _offices(contract: Contract) -> Iterator[Fault]:
    """Of a form whose columns several offices fill."""
    terms = contract.terms
    if (terms.delivery.replaces == "office") != bool(contract.shares):
        yield "delivery.replaces", "`office` goes with columns that say by whom they are filled (filled_by)"
    if not contract.shares:
        return
    if terms.delivery.format != "workbook" or terms.delivery.preliminary or terms.printed or terms.subject:
        yield "delivery.replaces", "`office` goes with a workbook without `preliminary`, `printed` and `subject`"
    yield from _filled_columns(contract)
    for measure in contract.measures:
        named = [contract._by_name[name] for name in measure.columns if name in contract._by_name]
        if len({column.share for column in named if column.offices}) != 1:
            yield f"measures.{measure.id}", "must be taken from columns that stand together: those with the same `filled_by`"


def _filled_columns(contract: Contract) -> Iterator[Fault]:
    alone = contract.offices_of(contract.loaded_names)
    for column in contract.columns:
        place = f"{column.name}.filled_by"
        strangers = sorted(set(column.offices) - set(contract.terms.owners))
        if strangers:
            yield place, f"{', '.join(strangers)} is no owner"
        if column.offices and column.offices[0] not in alone:
            yield place, f"{column.offices[0]} fills no column alone, by which its form could be known"
        if column.offices and column.required:
            yield place, "another office's form doesn't have it, so it can't be required"
        if not (column.offices or column.required):
            yield place, "say which office fills it; only what names the rows is every office's"
