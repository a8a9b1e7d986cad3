"""Computes every indicator of a period, set-wise."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from chiso import audit
from chiso.contracts import Contract
from chiso.indicators.catalogue import SHARED, Catalogue, Definition
from chiso.indicators.comparisons import contradictions
from chiso.indicators.definitions import note_basis
from chiso.indicators.figures import Basis, Figures, MeasureKey, UnitKey, figures
from chiso.indicators.formulas import Part
from chiso.indicators.gate import Gate, Key, Policy, Rows
from chiso.indicators.known import Gap, Known, Result, as_objects, units_at
from chiso.province.periods import Period
from chiso.province.units import Reference


@dataclass(frozen=True)
class Value:
    """An indicator's value for a unit at a period; value None: no data. Percentages 0–100, unrounded.

    missing: objects that say what it was made without, or why there is none. inputs: by measure, the deliveries that its
    figure was taken from. moves, official: as of `chiso.indicators.figures.Basis`.
    """

    definition: Definition
    unit: UnitKey
    result: Result
    missing: tuple[Mapping[str, Any], ...]
    inputs: Mapping[str, Sequence[int]]
    formula: str
    moves: bool = False
    official: bool | None = None

    @property
    def status(self) -> str:
        """computed; incomplete: made without something; no_data."""
        if self.result.value is None:
            return "no_data"
        return "incomplete" if self.missing else "computed"


@dataclass(frozen=True)
class Computed:
    """A computing of a period: how many values it wrote."""

    period: Period
    written: int


def compute(
    connection: sa.Connection,
    period: Period,
    contracts: Sequence[Contract],
    catalogue: Catalogue,
    reference: Reference,
    policy: Policy,
) -> Computed:
    """Computes `period` in the connection's transaction; a value equal to the known one is not written again."""
    take_turns(connection, period)
    seen, through = connection.execute(
        sa.text("SELECT pg_current_snapshot()::text, coalesce(max(verdict_id), 0) FROM validation.verdict")
    ).one()
    definitions = catalogue.computed(period)
    units = units_at(connection, reference.province(period.end).code, period.end)
    found = figures(connection, contracts, period, units.province, _wanted(definitions))
    known = Known.whole(found, units)
    values = [value for definition in definitions for value in values_of(definition, known)]
    basis = note_basis(connection, definitions)
    run_id = connection.execute(
        sa.text(
            "INSERT INTO indicators.run (calendar, period, through_verdict_id, seen, basis_sha256) "
            "VALUES (:calendar, :period, :through, CAST(:seen AS pg_snapshot), :basis) RETURNING run_id"
        ),
        {"calendar": period.calendar, "period": period.code, "through": through, "seen": seen, "basis": basis},
    ).scalar_one()
    events = {contract.source for contract in contracts if contract.has_events}
    contradicted = contradictions(catalogue.comparisons, _complete(values))
    gate = Gate(connection, period, units.province.code, {contract.source: contract for contract in contracts}, policy, contradicted)
    count = _write(gate, run_id, values, definitions, events)
    done = audit.Computed(
        period.calendar,
        period.code,
        run_id,
        values=len(values),
        written=count,
        catalogue_sha256=basis,
    )
    rows = [audit.Rows.of("indicators.run", run_id), audit.Rows.of("indicators.value", run_id), audit.Rows.of("indicators.basis", basis)]
    audit.record(connection, done, rows=rows)
    return Computed(period, count)


def _complete(values: Iterable[Value]) -> dict[tuple[str, str], Decimal]:
    """Of shared definitions, by indicator and code of the unit; the codes of agencies and of places differ."""
    return {
        (each.definition.indicator.id, each.unit.code): each.result.value
        for each in values
        if each.definition.defined_in == SHARED and each.status == "computed" and each.result.value is not None
    }


def _wanted(definitions: Iterable[Definition]) -> dict[MeasureKey, frozenset[str]]:
    wanted: dict[MeasureKey, frozenset[str]] = {}
    for definition in definitions:
        for key, dimensions in definition.wanted.items():
            wanted[key] = wanted.get(key, frozenset()) | dimensions
    return wanted


def take_turns(connection: sa.Connection, period: Period) -> None:
    """Waits until nobody else computes the period, or decides of its values; held until the transaction ends."""
    connection.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"indicators {period.calendar}/{period.code}"},
    )


# --- Values ---


def values_of(definition: Definition, everything: Known) -> Iterator[Value]:
    """The indicator for every unit of which it speaks; nothing where no source of it has a delivery for the period."""
    formula = definition.indicator.formula
    if formula is None or not any(key in everything.figures for key in definition.wanted):
        return
    known = everything.of(formula.speaks_of(everything))
    results, taken = formula.results(known), formula.taken(known)
    sides = {id(part): _side(part, known.figures) for part in {id(part): part for part in taken.values()}.values()}
    for unit in sorted(known.units):
        side, result = sides[id(taken[unit])], results[unit]
        missing = side.lacks + tuple(as_objects(result.gaps))
        yield Value(definition, unit, result, missing, side.inputs, side.words, side.moves, side.official)


@dataclass(frozen=True)
class _Side:
    """What is the same for every unit that a formula was taken for."""

    words: str
    lacks: tuple[Mapping[str, Any], ...]
    inputs: Mapping[str, Sequence[int]]
    moves: bool
    official: bool | None


def _side(part: Part, found: Mapping[MeasureKey, Figures]) -> _Side:
    used: dict[str, Basis] = {str(key): found[key].basis for key in part.wanted() if key in found}
    states = {basis.official for basis in used.values()} - {None}
    return _Side(
        part.words(),
        tuple(as_objects(lack for basis in used.values() for lack in basis.lacks)),
        {name: basis.deliveries for name, basis in used.items()},
        any(basis.moves for basis in used.values()),
        None if not states else False not in states,
    )


# --- What is written ---

def _write(gate: Gate, run_id: int, values: Sequence[Value], definitions: Sequence[Definition], events: set[str]) -> int:
    """Inserts the values that differ from the newest known ones; returns how many."""
    everything = [*values, *_gone(values, gate.known, definitions, events)]
    rows = [row for value in everything if (row := _row(value, gate, run_id)) is not None]
    if rows:
        names = ", ".join(rows[0])
        gate.connection.execute(
            sa.text(
                f"INSERT INTO indicators.value ({names}) SELECT {names} "
                "FROM jsonb_populate_recordset(NULL::indicators.value, CAST(:rows AS jsonb))"
            ),
            {"rows": json.dumps(rows, ensure_ascii=False, default=str)},  # numbers as text, which keeps every digit
        )
    return len(rows)


def _key(value: Value) -> Key:
    return (value.definition.indicator.id, value.definition.defined_in, value.unit)


def _gone(
    values: Sequence[Value], known: Rows, definitions: Sequence[Definition], events: set[str]
) -> Iterator[Value]:
    """No data, for what has a value that no current delivery feeds any more: a row was rejected or left out."""
    present = {_key(value) for value in values}
    by_name = {(each.indicator.id, each.defined_in): each for each in definitions}
    for key, row in known.items():
        definition = by_name.get(key[:2])
        if definition and key not in present and row.status != "no_data":
            moves = any(measure.source in events for measure in definition.wanted)
            missing = tuple(as_objects([Gap("gone")]))
            yield Value(definition, key[2], Result(None), missing, {}, definition.words, moves)


def _row(value: Value, gate: Gate, run_id: int) -> dict[str, Any] | None:
    """The line to write; None where it is what is known."""
    key, known = _key(value), gate.known.get(_key(value))
    said: dict[str, Any] = {
        "value": value.result.value,
        "numerator": value.result.numerator,
        "denominator": value.result.denominator,
        "status": value.status,
        "missing": list(value.missing),
        "inputs": {measure: list(deliveries) for measure, deliveries in value.inputs.items()},
        "formula": value.formula,
        "official": value.official,
    }
    if known and said == {name: getattr(known, name) for name in said}:
        return None
    decision = gate.decision(
        key, value.definition.indicator, value.result.value, value.inputs, value.missing, moves=value.moves, official=value.official
    )
    return {
        "run_id": run_id,
        "indicator": value.definition.indicator.id,
        "defined_in": value.definition.defined_in,
        "unit_register": value.unit.register,
        "unit_code": value.unit.code,
        "unit_valid_from": value.unit.valid_from,
        "calendar": gate.period.calendar,
        "period": gate.period.code,
        **said,
        "publication": decision.publication,
        "held_because": decision.because if decision.publication == "held" else None,
    }
