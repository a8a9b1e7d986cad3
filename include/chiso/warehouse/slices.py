"""What a delivery stands for: the periods, and of each the reporters, that it replaces as a whole."""

import json

import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.province.periods import Period


def add_slices(
    connection: sa.Connection, contract: Contract, delivery_id: int, period: Period, *, states_period: bool = True
) -> list[Period]:
    """Writes them; returns their periods.

    Rows without a period of their own belong to the delivery's. Where rows have days of their own, the delivery
    speaks of every day of the period that it states, also of one without a row; where it states none, or rows have periods,
    of those of its rows.
    """
    found = _found(connection, contract, delivery_id)
    days = contract.terms.period is not None and contract.column(contract.terms.period).reading == "date"
    whole = contract.has_events or not (contract.terms.period or contract.terms.delivery.reporter)
    unsaid: bool | None = False if contract.terms.delivery.preliminary else None  # of what has no row nobody says that it is official
    slices: dict[tuple[str, str], bool | None] = {}
    if whole:
        slices = {(period.code, ""): found.get((period.code, ""), unsaid)}
    else:
        every_day = days and states_period and not contract.terms.delivery.reporter
        own = [part.code for part in period.parts("day")] if every_day else []
        slices |= dict.fromkeys([(code, "") for code in own], unsaid) | found
    connection.execute(
        sa.text(
            "INSERT INTO warehouse.slice (delivery_id, calendar, period, reporter, official) "
            "SELECT :delivery, :calendar, x.period, x.reporter, x.official FROM jsonb_to_recordset(CAST(:slices AS jsonb)) "
            "x(period text, reporter text, official boolean)"
        ),
        {
            "delivery": delivery_id,
            "calendar": period.calendar,
            "slices": json.dumps(
                [{"period": code, "reporter": reporter, "official": official} for (code, reporter), official in slices.items()]
            ),
        },
    )
    return [Period.of(code, period.calendar) for code in sorted({code for code, _ in slices})]


def _found(connection: sa.Connection, contract: Contract, delivery_id: int) -> dict[tuple[str, str], bool | None]:
    """Period and reporter of the loaded rows → whether all their figures are official; None where they aren't told apart."""
    if contract.has_events:
        return {}
    preliminary = contract.terms.delivery.preliminary
    official = "NULL::boolean"
    if preliminary:
        official = f'bool_and("{preliminary.column}" IS NOT DISTINCT FROM :official)'
    rows = connection.execute(
        sa.text(
            f"SELECT period, reporter, {official} AS official FROM {contract.fact_table} "
            "WHERE delivery_id = :delivery GROUP BY period, reporter"
        ),
        {"delivery": delivery_id} | ({"official": preliminary.official} if preliminary else {}),
    )
    return {(row.period, row.reporter): row.official for row in rows}
