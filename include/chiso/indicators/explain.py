"""From a number to its cells: value, formula, rows, sheet and cell, SHA-256, fetch record."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract, Measure
from chiso.deliveries.events import bore_the_code, is_newer, newest_first, same_thing, stands, thing, unit_code
from chiso.indicators.catalogue import Indicator
from chiso.indicators.figures import MeasureKey, UnitKey, as_json, province_parameters, rows_sql
from chiso.indicators.formulas import Count, FirstOf, MeasureTerm, OfUnit, Part
from chiso.indicators.known import Units, units_at
from chiso.indicators.scopes import DISTRICT, keys, stands_alone
from chiso.indicators.slices import choose, current_slices, of_share
from chiso.province.periods import Period
from chiso.system.errors import UsageError

_ORIGIN = """d.source, d.delivery_id AS delivery, d.sha256, d.received_at, d.uri, coalesce(o.finished_at, d.recorded_at) AS fetched_at"""
_JOIN_ORIGIN = "JOIN landing.delivery d ON d.delivery_id = f.delivery_id LEFT JOIN sources.fetch o ON o.fetch_id = d.fetch_id"


def explain(
    connection: sa.Connection,
    indicator: Indicator,
    value: sa.Row[Any],
    contracts: Sequence[Contract],
    province_code: str,
    *,
    rows: bool,
) -> dict[str, Any]:
    """The public shape. `value`: a row of `indicators.value`. rows: list the lines of events that are counted.

    province_code: the code that the province bears at the period's end. Raises UsageError where a contract or measure that
    the value was made of is there no more.
    """
    units = units_at(connection, province_code, Period.of(value.period, value.calendar).end)
    looked_at = _looked_at(indicator, value, units)
    inputs: list[dict[str, Any]] = []
    for name in value.inputs:
        contract, measure = _stated(name, contracts)
        asked = _parameters(units.province, looked_at.get(name) or {_unit(value)})
        if not contract.has_events:
            found = _of_rows(connection, contract, measure, value, asked)
        else:
            found = _of_events(connection, contract, measure, value, asked, lines=rows)
        inputs += [_input(row, measure) for row in found]
    deliveries = sorted({delivery for used in value.inputs.values() for delivery in used})
    return {
        "indicator": indicator.id,
        "period": value.period,
        "calendar": value.calendar,
        "unit_code": value.unit_code,
        "value": value.value,
        "formula": value.formula,
        "inputs": inputs,
        "validation": _verdicts(connection, deliveries),
    }


def _stated(name: str, contracts: Sequence[Contract]) -> tuple[Contract, Measure]:
    source, _, measure_id = name.rpartition(".")
    contract = next((each for each in contracts if each.source == source), None)
    if contract is None:
        raise UsageError(
            f"The value was made of {name}, but source {source} has no sound contract any more: mend or restore "
            f"include/schemas/contracts/{source}.yml (`chiso source lint`), then ask again."
        )
    measure = next((each for each in contract.measures if each.id == measure_id), None)
    if measure is None:
        raise UsageError(
            f"The value was made of {name}, but the contract of {source} states no measure {measure_id} any more: restore it "
            f"in include/schemas/contracts/{source}.yml, or compute the period anew, then ask again."
        )
    return contract, measure


# --- Whose rows ---


def _unit(value: sa.Row[Any]) -> UnitKey:
    return UnitKey(value.unit_register, value.unit_code, value.unit_valid_from)


def _looked_at(indicator: Indicator, value: sa.Row[Any], units: Units) -> dict[str, set[UnitKey]]:
    """By measure the units whose figures made the value; {} where its formula has changed since."""
    formula = indicator.formula
    branches = formula.operands if isinstance(formula, FirstOf) else (formula,)
    part = next((each for each in branches if each is not None and each.words() == value.formula), None)
    found: dict[str, set[UnitKey]] = {}
    for key, looked_at in _terms(part, {_unit(value)}, units) if part else ():
        found.setdefault(str(key), set()).update(looked_at)
    return found


def _terms(part: Part, looked_at: set[UnitKey], units: Units) -> Iterator[tuple[MeasureKey, set[UnitKey]]]:
    if isinstance(part, OfUnit):
        named = units.named(part.unit)
        looked_at = {named} if named else set()
    elif isinstance(part, Count):
        inside = [units.inside(unit, part.count) for unit in looked_at]
        looked_at = {each for found in inside for code, each in found.items() if not part.among or code in part.among}
    elif isinstance(part, MeasureTerm):
        yield part.key, looked_at
    for operand in part.operands:
        yield from _terms(operand, looked_at, units)


def _parameters(province: UnitKey, looked_at: set[UnitKey]) -> dict[str, Any]:
    shapes = [unit._asdict() for unit in sorted(looked_at)]
    return province_parameters(province) | {"looked_at": json.dumps(shapes, default=str)}


def _counts(contract: Contract, measure: Measure) -> str:
    """SQL for whether a row `f` counts for one of the units in :looked_at."""
    return f"""EXISTS (SELECT FROM {keys(contract, alone=stands_alone(measure))} JOIN jsonb_to_recordset(CAST(:looked_at AS jsonb))
        a(register text, code text, valid_from date) USING (register, code, valid_from))"""


# --- The rows ---


def _input(row: sa.Row[Any], measure: Measure) -> dict[str, Any]:
    fields: Mapping[str, Any] = row._asdict()
    return {
        "measure": measure.id,
        "unit_code": fields["unit_code"],
        "period": fields["period"],
        "value": fields["value"],
        "subject": fields["subject"],
        "source": fields["source"],
        "sheet": fields["sheet"],
        "cell": fields["cell"],
        "row": fields["line"],
        "delivery": fields["delivery"],
        "sha256": fields["sha256"],
        "fetched_at": fields["fetched_at"].isoformat(),
        "received_at": fields["received_at"].isoformat(),
        "uri": fields["uri"],
    }


def _of_rows(
    connection: sa.Connection, contract: Contract, measure: Measure, value: sa.Row[Any], asked: Mapping[str, Any]
) -> Sequence[sa.Row[Any]]:
    """Every row that was counted."""
    period = Period.of(value.period, value.calendar)
    known = current_slices(connection, contract, value.calendar, value.recorded_at)
    chosen = choose(contract, measure.kind, period, of_share(contract, measure, known))
    used = value.inputs[f"{contract.source}.{measure.id}"]  # a load may have come between the computing and its end
    slices = [each for each in chosen.slices if each.delivery_id in used] if chosen else []
    subject = f'f."{contract.terms.subject}"::text' if contract.terms.subject else "NULL::text"
    return connection.execute(
        sa.text(f"""
        SELECT coalesce(f.unit_code, :province_code) AS unit_code, {subject} AS subject, f.period, {measure.row_sql("f.")} AS value, l.sheet,
            {_cell(contract, measure)} AS cell, f.line, {_ORIGIN}
        FROM ({rows_sql(contract)}) f {DISTRICT} JOIN warehouse.load l ON l.delivery_id = f.delivery_id {_JOIN_ORIGIN}
        WHERE {measure.holds_sql("f.")} AND {_counts(contract, measure)} ORDER BY d.delivery_id, f.row_no"""),
        {**asked, "slices": as_json(slices)},
    ).all()


def _cell(contract: Contract, measure: Measure) -> str:
    """SQL for the cell that holds the figure, or its mark, else the row's name; null where there is no sheet."""
    label = contract.terms.sheet.label if contract.terms.sheet else contract.key[0]
    letters = [f"l.letters ->> '{name}'" for name in dict.fromkeys([*measure.columns[:1], label])]
    return f"coalesce({', '.join(letters)}) || f.line"


def _of_events(
    connection: sa.Connection,
    contract: Contract,
    measure: Measure,
    value: sa.Row[Any],
    asked: Mapping[str, Any],
    *,
    lines: bool,
) -> Sequence[sa.Row[Any]]:
    """The events that were counted, or their sums by delivery."""
    period = Period.of(value.period, value.calendar)
    thing = " || ' ' || ".join(f'f."{name}"::text' for name in contract.thing_key)
    counted = f"""FROM ({_with_unit_sql(contract, measure)}) f {DISTRICT} {_JOIN_ORIGIN}
        WHERE ({measure.holds_sql("f.")}) AND {_counts(contract, measure)} AND f.delivery_id = ANY(:deliveries)"""
    one = "CAST(:period AS text) AS period, NULL AS sheet, NULL AS cell"
    own = measure.row_sql("f.")
    sql = (
        f"SELECT f.unit_code, {thing} AS subject, {one}, {own} AS value, coalesce(f.line, f.row_no) AS line, {_ORIGIN} {counted} "
        "ORDER BY d.delivery_id, f.row_no"
        if lines
        else f"SELECT NULL AS unit_code, NULL AS subject, {one}, sum({own}) AS value, NULL::bigint AS line, {_ORIGIN} {counted} "
        "GROUP BY d.delivery_id, o.finished_at ORDER BY d.delivery_id"
    )
    parameters = {
        "first": period.start,
        "after": period.end + timedelta(days=1),
        "period": period.code,
        "as_of": value.recorded_at,
        "deliveries": value.inputs[f"{contract.source}.{measure.id}"],
    }
    return connection.execute(sa.text(sql), {**asked, **parameters}).all()


def _with_unit_sql(contract: Contract, measure: Measure) -> str:
    """The current events, each with the unit that bore its code at the time, as the ledger finds it."""
    unit_then = bore_the_code("w", unit_code(contract, "c"), f'c."{contract.terms.unit_at}"::date')
    return f"""SELECT c.*, w.register AS unit_register, w.code AS unit_code, w.valid_from AS unit_valid_from
        FROM ({_current_sql(contract, measure)}) c LEFT JOIN warehouse.unit w ON {unit_then}"""


def _current_sql(contract: Contract, measure: Measure) -> str:
    """The newest version of each event that is counted in [:first, :after), or stands at its end, as known at :as_of (recorded time).

    By the time of receipt only versions of the period are compared, and an event whose newer version moved to another
    time is left out; another column is looked at after the newest version was found.
    """
    table, received = contract.fact_table, contract.terms.unit_at
    column = None if measure.stands or measure.plus_days else measure.counted_by
    since = measure.since_sql("n.")
    counts = f'{since} < :after AND (n."{measure.until}" IS NULL OR n."{measure.until}" >= :after)' if measure.stands else (
        f"{since} >= :first AND {since} < :after"
    )
    key = thing(contract, "v")
    inside = f'v."{received}" >= :first AND v."{received}" < :after' if column == received else "true"
    moved = f"""AND NOT EXISTS (SELECT 1 FROM {table} o JOIN landing.delivery e USING (delivery_id)
        WHERE {same_thing(contract, "o", "n")} AND o.recorded_at <= :as_of AND {stands("o", ":as_of")}
        AND (o."{received}" < :first OR o."{received}" >= :after)
        AND {is_newer(contract, ("o", "e"), ("n", "n"))})"""
    return f"""SELECT * FROM (SELECT DISTINCT ON ({key}) v.*, d.received_at FROM {table} v JOIN landing.delivery d USING (delivery_id)
        WHERE {inside} AND v.recorded_at <= :as_of AND {stands("v", ":as_of")} ORDER BY {key}, {newest_first(contract, "v", "d")}) n
        WHERE {counts} {moved if column == received else ""}"""


def _verdicts(connection: sa.Connection, deliveries: Sequence[int]) -> list[dict[str, Any]]:
    rows = connection.execute(
        sa.text(
            "SELECT v.*, d.source, d.file_name FROM validation.verdict v JOIN landing.delivery d USING (delivery_id) "
            "WHERE v.delivery_id = ANY(:deliveries) AND v.accepted ORDER BY v.delivery_id"
        ),
        {"deliveries": list(deliveries)},
    )
    return [
        {
            "delivery": row.delivery_id,
            "source": row.source,
            "file_name": row.file_name,
            "period": row.period,
            "accepted": row.accepted,
            "rows": row.row_count,
            "rejected": row.rejected_count,
            "issues_total": row.issues_total,
            "issues": row.issues,
        }
        for row in rows
    ]
