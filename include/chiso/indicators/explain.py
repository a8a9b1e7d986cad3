"""From a number to its cells: value, formula, observations, sheet and cell, SHA-256, fetch record."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract, Measure
from chiso.indicators.catalogue import Indicator
from chiso.indicators.figures import current_versions_sql
from chiso.province.periods import Period

_ORIGIN = """d.source, d.delivery_id AS delivery, d.sha256, d.received_at, d.uri, coalesce(f.finished_at, d.recorded_at) AS fetched_at"""
_JOIN_ORIGIN = "JOIN landing.delivery d USING (delivery_id) LEFT JOIN sources.fetch f USING (fetch_id)"


def explain(
    connection: sa.Connection, indicator: Indicator, value: sa.Row[Any], contracts: Sequence[Contract], *, rows: bool
) -> dict[str, Any]:
    """The public shape. `value`: a row of `indicators.value`. rows: list the lines of things that are counted."""
    measures = {measure.id: (contract, measure) for contract in contracts for measure in contract.terms.measures}
    inputs: list[dict[str, Any]] = []
    for name in value.inputs:
        contract, measure = measures[name]
        read = _of_versions if contract.terms.versions else _of_records
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


def _of_records(
    connection: sa.Connection, contract: Contract, measure: Measure, value: sa.Row[Any], *, rows: bool
) -> Sequence[sa.Row[Any]]:
    """Every observation that was summed: the province's of all rows, a unit's of its own, a district's of its communes."""
    del rows  # records are few enough to be listed always
    return connection.execute(
        sa.text(f"""
        SELECT coalesce(r.unit_code, :unit) AS unit_code, r.subject, r.period, o.value, r.sheet, o.cell, r.line, {_ORIGIN}
        FROM warehouse.observation o JOIN warehouse.record r USING (delivery_id, row_no) {_JOIN_ORIGIN}
        LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (r.unit_register, r.unit_code, r.unit_valid_from)
        WHERE o.measure = :measure AND o.delivery_id = ANY(:deliveries) AND (:whole OR (r.unit_register = :register
            AND (r.unit_code = :unit AND r.unit_valid_from = :valid_from OR u.parent_code = :unit AND u.register = 'admin_unit')))
        ORDER BY d.delivery_id, r.row_no"""),
        _where(measure, value, connection),
    ).all()


def _of_versions(
    connection: sa.Connection, contract: Contract, measure: Measure, value: sa.Row[Any], *, rows: bool
) -> Sequence[sa.Row[Any]]:
    versions = contract.terms.versions
    assert measure.counted_by is not None and versions is not None  # noqa: S101 - lint: both go together
    period = Period.of(value.period, value.calendar)
    current = current_versions_sql(contract, measure.counted_by)
    unit = f'c."{contract.terms.unit}"'
    counted = f"FROM ({current}) c {_JOIN_ORIGIN} WHERE ({measure.when}) AND (:whole OR {unit} = :unit)"
    one = "CAST(:period AS text) AS period, NULL AS sheet, NULL AS cell"
    lines = f"SELECT {unit} AS unit_code, c.{versions.key} AS subject, {one}, 1 AS value, c.row_no AS line, {_ORIGIN} {counted}"
    sums = f"SELECT NULL AS unit_code, NULL AS subject, {one}, count(*) AS value, NULL::bigint AS line, {_ORIGIN} {counted}"
    sql = (
        f"{lines} ORDER BY d.delivery_id, c.row_no"
        if rows
        else f"{sums} GROUP BY d.delivery_id, f.finished_at ORDER BY 8"
    )
    found = connection.execute(
        sa.text(sql),
        _where(measure, value, connection)
        | {
            "first": period.start,
            "after": period.end + timedelta(days=1),
            "period": period.code,
            "as_of": value.recorded_at,
        },
    )
    return found.all()


def _where(measure: Measure, value: sa.Row[Any], connection: sa.Connection) -> dict[str, Any]:
    whole = connection.execute(
        sa.text(
            "SELECT level = 'province' FROM warehouse.unit WHERE (register, code, valid_from) = (:register, :code, :valid_from)"
        ),
        {"register": value.unit_register, "code": value.unit_code, "valid_from": value.unit_valid_from},
    ).scalar()
    return {
        "measure": measure.id,
        "deliveries": list(value.inputs.get(measure.id, [])),
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
