"""What a delivery stands for: the periods, and of each the reporters or offices, that it replaces as a whole."""

import json

import sqlalchemy as sa

from chiso.contracts import Column, Contract
from chiso.province.periods import Period


def add_slices(
    connection: sa.Connection, contract: Contract, delivery_id: int, period: Period, *, states_period: bool = True
) -> list[Period]:
    """Writes them; returns their periods.

    Rows without a period of their own belong to the delivery's. Where rows have days of their own, the delivery
    speaks of every day of the period that it states, also of one without a row; where it states none, or rows have periods,
    of those of its rows. Of a form whose columns several offices fill it stands for the columns of those of which it has a
    figure or mark: what it leaves blank is another's to say.
    """
    found = _found(connection, contract, delivery_id)
    days = contract.terms.period is not None and contract.column(contract.terms.period).reading == "date"
    whole = contract.has_events or not (contract.terms.period or contract.terms.delivery.reporter)
    unsaid: bool | None = False if contract.terms.delivery.preliminary else None  # of what has no row nobody says that it is official
    slices: dict[tuple[str, str], bool | None] = {}
    if contract.shares:
        slices = dict.fromkeys(_filled_shares(connection, contract, delivery_id))
    elif whole:
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


def _filled_shares(connection: sa.Connection, contract: Contract, delivery_id: int) -> list[tuple[str, str]]:
    """Period and share of the form for each of which a row has something."""
    filled = ", ".join(
        f"bool_or(num_nonnulls({', '.join(map(_something, columns))}) > 0) AS s{number}"
        for number, columns in enumerate(contract.shares.values())
    )
    rows = connection.execute(
        sa.text(f"SELECT period, {filled} FROM {contract.fact_table} WHERE delivery_id = :delivery GROUP BY period"),
        {"delivery": delivery_id},
    ).all()
    return [(row.period, share) for row in rows for share, some in zip(contract.shares, row[1:], strict=True) if some]


def _something(column: Column) -> str:
    """SQL that is null where a column says nothing; a mark that isn't set may be a blank."""
    return f'nullif("{column.name}", false)' if column.how.kind == "mark" else f'"{column.name}"'


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
