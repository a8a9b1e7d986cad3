"""From a number to its cells: value, formula, rows, sheet and cell, SHA-256, fetch record."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract, Measure
from chiso.indicators.catalogue import Indicator
from chiso.indicators.figures import as_json, rows_sql
from chiso.indicators.slices import choose, current_slices
from chiso.province.periods import Period

_ORIGIN = """d.source, d.delivery_id AS delivery, d.sha256, d.received_at, d.uri, coalesce(f.finished_at, d.recorded_at) AS fetched_at"""
_JOIN_ORIGIN = "JOIN landing.delivery d USING (delivery_id) LEFT JOIN sources.fetch f USING (fetch_id)"


def explain(
    connection: sa.Connection, indicator: Indicator, value: sa.Row[Any], contracts: Sequence[Contract], *, rows: bool
) -> dict[str, Any]:
    """The public shape. `value`: a row of `indicators.value`. rows: list the lines of events that are counted."""
    by_source = {contract.source: contract for contract in contracts}
    inputs: list[dict[str, Any]] = []
    for name in value.inputs:
        source, _, measure_id = name.rpartition(".")
        contract = by_source[source]
        measure = contract.measure(measure_id)
        read = _of_events if contract.has_events else _of_rows
        inputs += [_input(row, measure) for row in read(connection, contract, measure, value, rows=rows)]
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
    connection: sa.Connection, contract: Contract, measure: Measure, value: sa.Row[Any], *, rows: bool
) -> Sequence[sa.Row[Any]]:
    """Every row that was counted: the province's are all, a unit's its own, a district's those of its communes."""
    del rows  # they are few enough to be listed always
    period = Period.of(value.period, value.calendar)
    known = current_slices(connection, contract, value.calendar, value.recorded_at)
    chosen = choose(contract, measure.kind, period, known)
    subject = f't."{contract.terms.subject}"::text' if contract.terms.subject else "NULL::text"
    return connection.execute(
        sa.text(f"""
        SELECT coalesce(t.unit_code, :unit) AS unit_code, {subject} AS subject, t.period, {measure.row_sql("t.")} AS value, l.sheet,
            {_cell(contract, measure)} AS cell, t.line, {_ORIGIN}
        FROM ({rows_sql(contract)}) t JOIN warehouse.load l USING (delivery_id) {_JOIN_ORIGIN}
        WHERE {measure.holds_sql("t.")} AND (:whole OR (t.unit_register = :register AND t.unit_code = :unit AND t.unit_valid_from = :valid_from)
            OR (:register = 'admin_unit' AND t.parent_code = :unit AND t.parent_from = :valid_from))
        ORDER BY d.delivery_id, t.row_no"""),
        _unit(value, connection) | {"slices": as_json(chosen.slices if chosen else [])},
    ).all()


def _cell(contract: Contract, measure: Measure) -> str:
    """SQL for the cell that holds the figure, or its mark, else the row's name; null where there is no sheet."""
    label = contract.terms.sheet.label if contract.terms.sheet else contract.key[0]
    letters = [f"l.letters ->> '{name}'" for name in dict.fromkeys([*measure.columns[:1], label])]
    return f"coalesce({', '.join(letters)}) || t.line"


def _of_events(
    connection: sa.Connection, contract: Contract, measure: Measure, value: sa.Row[Any], *, rows: bool
) -> Sequence[sa.Row[Any]]:
    assert measure.counted_by is not None  # noqa: S101 - the contract's check: measures of events have it
    period = Period.of(value.period, value.calendar)
    current = _current_sql(contract, measure.counted_by)
    unit = f'c."{contract.terms.unit}"' if contract.terms.unit else "NULL::text"
    thing = " || ' ' || ".join(f'c."{name}"::text' for name in contract.thing_key)
    counted = f"FROM ({current}) c {_JOIN_ORIGIN} WHERE ({measure.holds_sql('c.')}) AND (:whole OR {unit} = :unit)"
    one = "CAST(:period AS text) AS period, NULL AS sheet, NULL AS cell"
    own = measure.row_sql("c.")
    lines = (
        f"SELECT {unit} AS unit_code, {thing} AS subject, {one}, {own} AS value, coalesce(c.line, c.row_no) AS line, {_ORIGIN} {counted}"
    )
    sums = f"SELECT NULL AS unit_code, NULL AS subject, {one}, sum({own}) AS value, NULL::bigint AS line, {_ORIGIN} {counted}"
    sql = (
        f"{lines} ORDER BY d.delivery_id, c.row_no"
        if rows
        else f"{sums} GROUP BY d.delivery_id, f.finished_at ORDER BY 8"
    )
    found = connection.execute(
        sa.text(sql),
        _unit(value, connection)
        | {
            "first": period.start,
            "after": period.end + timedelta(days=1),
            "period": period.code,
            "as_of": value.recorded_at,
        },
    )
    return found.all()


def _current_sql(contract: Contract, column: str) -> str:
    """The newest version of each event whose `column` lies in [:first, :after), as known at :as_of (recorded time).

    By the time of receipt only versions of the period are compared, and an event whose newer version moved to another
    time is left out; another column is looked at after the newest version was found.
    """
    table, received = contract.fact_table, contract.terms.unit_at
    at = [contract.terms.events.at] if contract.terms.events and contract.terms.events.at else []
    key = ", ".join(f'v."{name}"' for name in contract.thing_key)
    same = " AND ".join(f'o."{name}" = n."{name}"' for name in contract.thing_key)
    newest = ", ".join([*(f'v."{name}" DESC' for name in at), "d.received_at DESC", "v.delivery_id DESC"])
    older = "".join(f'n."{name}", ' for name in at)
    newer = "".join(f'o."{name}", ' for name in at)
    inside = f'v."{received}" >= :first AND v."{received}" < :after' if column == received else "true"
    moved = f"""AND NOT EXISTS (SELECT 1 FROM {table} o JOIN landing.delivery e USING (delivery_id)
        WHERE {same} AND o.recorded_at <= :as_of AND (o."{received}" < :first OR o."{received}" >= :after)
        AND ({newer}e.received_at, o.delivery_id) > ({older}n.received_at, n.delivery_id))"""
    return f"""SELECT * FROM (SELECT DISTINCT ON ({key}) v.*, d.received_at FROM {table} v JOIN landing.delivery d USING (delivery_id)
        WHERE {inside} AND v.recorded_at <= :as_of ORDER BY {key}, {newest}) n
        WHERE n."{column}" >= :first AND n."{column}" < :after {moved if column == received else ""}"""


def _unit(value: sa.Row[Any], connection: sa.Connection) -> dict[str, Any]:
    whole = connection.execute(
        sa.text(
            "SELECT level = 'province' FROM warehouse.unit WHERE (register, code, valid_from) = (:register, :code, :valid_from)"
        ),
        {"register": value.unit_register, "code": value.unit_code, "valid_from": value.unit_valid_from},
    ).scalar()
    return {
        "whole": bool(whole),
        "register": value.unit_register,
        "unit": value.unit_code,
        "valid_from": value.unit_valid_from,
    }


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
