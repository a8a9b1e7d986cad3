"""Whether everything that a contract names is there, and fits what it is named for. Each fault has its place and mend."""

import re
from collections.abc import Iterator

from chiso.contracts.column_checks import faults_of_columns
from chiso.contracts.columns import Column
from chiso.contracts.condition_checks import faults_of_condition
from chiso.contracts.delivery_checks import faults_of_deliveries
from chiso.contracts.measures import Measure
from chiso.contracts.model import Contract

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
LONGEST_NAME = 48
"""PostgreSQL takes 63 signs; suffixes of generated tables need some."""
RESERVED = frozenset(
    """row_no line unreadable failed delivery_id portion recorded_at received_at period calendar period_start period_end
    reporter sheet unit_register unit_code unit_valid_from unit_name parent_code parent_name parent_from valid_from_recorded
    valid_to_recorded tableoid xmin xmax cmin cmax ctid""".split()  # noqa: SIM905 - reads better
)
"""Columns that every source's tables and views have of their own."""
SQL_WORDS = frozenset(
    """all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char
    character check coalesce collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else
    end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in
    initially inner inout int integer intersect interval into is isnull join json lateral leading least left like limit
    localtime localtimestamp national natural nchar none not notnull null nullif numeric offset on only or order out outer
    overlaps overlay placing position precision primary real references returning right row select session_user setof
    similar smallint some symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique
    user using values varchar variadic verbose when where window with""".split()  # noqa: SIM905 - reads better
)
"""Words of SQL that can't name a column unless they stand in quotes, which suites and readers' queries would forget."""

Fault = tuple[str, str]
"""Place in the contract, message."""

TABLES_OF_THE_WAREHOUSE = frozenset(
    """unit unit_succession period measure load load_header slice touched_period structure event_ledger event_origin
    event_basis""".split()  # noqa: SIM905 - reads better
)
"""Tables of schema `warehouse` that are no source's."""


def faults_within(contract: Contract) -> list[Fault]:
    """What is wrong with the contract taken by itself; [] if nothing."""
    found = list(_names(contract))
    if found:
        return found  # what names a column by another name would only be said again
    return [
        *_key(contract),
        *_columns(contract),
        *faults_of_columns(contract),
        *faults_of_deliveries(contract),
        *_terms(contract),
        *_measures(contract),
        *_events(contract),
        *_forms(contract),
    ]


def is_identifier(name: str) -> bool:
    """Whether a name may stand in SQL as it is: snake case, ASCII, not too long."""
    return bool(_IDENTIFIER.fullmatch(name)) and len(name) <= LONGEST_NAME


def _names(contract: Contract) -> Iterator[Fault]:
    stem = f"{contract.path.parent.name}/{contract.path.stem}"
    if contract.source != stem:
        yield "id", f"{contract.source.replace('/', '-')} is not the file's own stem; write {stem.replace('/', '-')}"
    for part in contract.source.split("/"):
        if not is_identifier(part):
            yield "id", f"{part!r} can't be a name: use snake case, ASCII, at most {LONGEST_NAME} signs"
    if len(contract.source) > LONGEST_NAME:
        yield "id", f"is longer than {LONGEST_NAME} signs, more than names of tables can hold; shorten the file's name"
    yield from _names_of_columns([column.name for column in contract.columns])
    yield from _names_of_measures([measure.id for measure in contract.measures])
    if contract.terms.events and contract.terms.events.table and not is_identifier(contract.terms.events.table):
        yield "events.table", "can't be a table's name: use snake case, ASCII"
    if contract.table in TABLES_OF_THE_WAREHOUSE:
        yield "events.table", f"the warehouse has a table {contract.table} of its own; choose another name"


def _names_of_columns(names: list[str]) -> Iterator[Fault]:
    for name in names:
        if not is_identifier(name):
            yield f"{name}", f"can't be a column's name: use snake case, ASCII, at most {LONGEST_NAME} signs"
        elif name in RESERVED:
            yield name, "is a name that every table has of its own; choose another"
        elif name in SQL_WORDS:
            yield name, "is a word of SQL, which queries would stumble over; choose another"
    yield from ((name, "is the name of two columns") for name in _twice(names))


def _names_of_measures(names: list[str]) -> Iterator[Fault]:
    for name in names:
        if not is_identifier(name):
            yield f"measures.{name}", f"can't be a measure's id: use snake case, ASCII, at most {LONGEST_NAME} signs"
    yield from ((f"measures.{name}", "is stated twice") for name in _twice(names))


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _key(contract: Contract) -> Iterator[Fault]:
    if not contract.key:
        yield "schema.properties", "no column is a primaryKey, so rows can't be told apart; mark those that do"
    for column in contract.columns:
        if column.key and not column.required:
            yield (
                column.name,
                "is a part of the key, so it must be required (with `blank: none` where there may be none)",
            )
        if column.key and column.personal:
            yield column.name, "is personal and never stored, so it can't be a part of the key"


def _columns(contract: Contract) -> Iterator[Fault]:
    for column in contract.columns:
        terms = column.terms
        if column.reading == "timestamp" and not column.format:
            yield column.name, "a timestamp needs logicalTypeOptions.format, e.g. dd/MM/yyyy HH:mm:ss"
        if column.reading == "choice" and not column.enum:
            yield column.name, "a choice needs its values listed in enum"
        strange = sorted(set(terms.choices) - set(map(str, column.enum)))
        if strange:
            yield f"{column.name}.choices", f"{', '.join(strange)} is no listed value"
        yield from _fits_units(column)
        yield from _fits(column)


def _fits_units(column: Column) -> Iterator[Fault]:
    terms, names_units = column.terms, column.reading in ("unit", "agency")
    if terms.levels and not names_units:
        yield f"{column.name}.levels", "goes with the reading `unit` or `agency`"
    if terms.bare and terms.bare not in column.levels:
        yield f"{column.name}.bare", "must be one of the column's levels"
    if terms.unknown == "text" and not names_units:
        yield f"{column.name}.unknown", "`text` goes with the reading `unit` or `agency`"


def _fits(column: Column) -> Iterator[Fault]:
    terms, kind = column.terms, column.how.kind
    if terms.unknown == "flag" and column.reading != "choice":
        yield f"{column.name}.unknown", "`flag` goes with listed values"
    if terms.printed_in and column.reading not in ("number", "count", "percent"):
        yield f"{column.name}.printed_in", "goes with numbers"
    if terms.prefixes and kind != "word":
        yield f"{column.name}.prefixes", "goes with words"
    if terms.split and kind != "word":
        yield f"{column.name}.split", "only words can be several in one cell"
    if (column.minimum is not None or column.maximum is not None) and kind != "figure":
        yield f"{column.name}.logicalTypeOptions", "minimum and maximum go with numbers"
    if isinstance(terms.blank, int) and kind != "figure":
        yield f"{column.name}.blank", "a number goes with numbers"
    if terms.none_words and terms.blank != "none":
        yield f"{column.name}.none_words", "goes with `blank: none`"


def _terms(contract: Contract) -> Iterator[Fault]:
    terms, names = contract.terms, set(contract.loaded_names)
    stated: dict[str, list[str | None]] = {
        "subject": [terms.subject],
        "unit": [terms.unit],
        "unit_at": [terms.unit_at],
        "period": [terms.period],
        "dimensions": [*terms.dimensions],
        "delivery.reporter": [terms.delivery.reporter],
        "delivery.preliminary": [terms.delivery.preliminary.column if terms.delivery.preliminary else None],
        "events.at": [terms.events.at if terms.events else None],
        "sheet.label": [terms.sheet.label if terms.sheet else None],
        "sheet.totals": [*terms.sheet.totals.ignored] if terms.sheet else [],
        "printed": [name for each in terms.printed for name in each.columns],
    }
    for place, wanted in stated.items():
        for name in wanted:
            if name is not None and name not in names:
                yield place, f"{name!r} is no column that is loaded"
    known = {place for place, wanted in stated.items() if set(filter(None, wanted)) <= names}
    yield from (fault for fault in _readings(contract) if fault[0] in known)


def _readings(contract: Contract) -> Iterator[Fault]:
    """Columns that must have a certain reading for what they are named for."""
    terms = contract.terms
    wanted = [
        ("unit", terms.unit, ("unit", "agency")),
        ("unit_at", terms.unit_at, ("timestamp", "date")),
        ("period", terms.period, ("period", "date")),
        ("events.at", terms.events.at if terms.events else None, ("timestamp",)),
    ]
    for place, name, readings in wanted:
        if name and contract._by_name.get(name) and contract.column(name).reading not in readings:
            yield place, f"{name} must have the reading {' or '.join(readings)}, not {contract.column(name).reading}"


def _measures(contract: Contract) -> Iterator[Fault]:
    names = set(contract.loaded_names)
    for measure in contract.measures:
        place = f"measures.{measure.id}"
        missing = [
            name
            for name in [*measure.columns, *measure.moments]
            if name not in names
        ]
        if missing:
            yield from ((place, f"{name!r} is no column that is loaded") for name in missing)
            continue
        for name in filter(None, (measure.column, measure.times, measure.minus)):
            if contract.column(name).how.kind != "figure":
                yield (
                    place,
                    f"{name} holds no numbers (its reading is {contract.column(name).reading}); count it with `when` instead",
                )
        yield from _counted(contract, measure, place)
        yield from ((place, fault) for fault in faults_of_condition(contract, measure.when))


def _counted(contract: Contract, measure: Measure, place: str) -> Iterator[Fault]:
    if contract.has_events != (measure.counted_by is not None):
        yield place, "counted_by goes with events, each of whose measures needs it"
    for word, name in (("counted_by", measure.counted_by), ("until", measure.until)):
        if name and contract.column(name).reading not in ("timestamp", "date"):
            yield place, f"{word}: {name} must be a timestamp or date"
    if measure.plus_days and contract.column(measure.plus_days).how.kind != "figure":
        yield place, f"plus_days: {measure.plus_days} must hold a number of days"
    if (measure.plus_days or measure.until) and not contract.has_events:
        yield place, "plus_days and until go with events"
    if contract.has_events and measure.stands != (measure.kind == "stock"):
        yield place, "of events, those that stand (kind: stock) need until, and no others have it"
    if measure.stands and not measure.is_count:
        yield place, "events that stand are counted; leave column and distinct out"
    if contract.has_events and (measure.distinct or measure.over_rows != "sum"):
        yield place, "of events only counts and sums are kept"


def _events(contract: Contract) -> Iterator[Fault]:
    terms = contract.terms
    if (terms.delivery.content == "events") != contract.has_events:
        yield "events", "goes with `content: events`, and with nothing else"
    if terms.events and terms.events.at and terms.events.at not in contract.key:
        yield "events.at", f"{terms.events.at} must be a part of the key"
    if contract.has_events and not terms.unit_at:
        yield "unit_at", "events need the timestamp at which their units are looked up"
    elif contract.has_events and terms.unit_at in contract._by_name and not contract.column(terms.unit_at).required:
        yield "unit_at", f"{terms.unit_at} must be required, since it says which days an event belongs to"
    if contract.has_events and terms.printed:
        yield "printed", "goes with forms and lists; events have no printed figures to compare"
    for name in contract.key if contract.has_events else ():
        if contract.column(name).terms.blank == "none":
            yield name, "is a part of the key of events, which are told apart by it, so it can't be `blank: none`"
    if contract.has_events and terms.delivery.format == "workbook":
        yield "delivery.format", "events come as csv or json"


def _forms(contract: Contract) -> Iterator[Fault]:
    terms = contract.terms
    if (terms.delivery.format == "workbook") != (terms.sheet is not None):
        yield "sheet", "a workbook needs it, and nothing else has it"
    if terms.figures and not terms.sheet:
        yield "figures", "goes with a workbook; state `measures`"
    if terms.sheet and not terms.figures:
        taken = {measure.column for measure in contract.measures}
        left = [
            column.name
            for column in contract.loaded_columns
            if column.is_amount
            and column.terms.measure
            and column.name not in taken
            and not terms.printed
        ]
        if left:
            yield (
                "figures",
                f"say whether the form's figures are a flow or a stock, or state measures for {', '.join(left)}",
            )
