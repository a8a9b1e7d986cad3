"""From a judged staging table to facts, set-wise, inside one transaction."""

import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Bound, Rows
from chiso.contracts import Contract
from chiso.deliveries.events import bore_the_code, unit_code
from chiso.deliveries.staged import Staged
from chiso.province.periods import Period, touched
from chiso.warehouse.accepted import accepted_rows
from chiso.warehouse.events import merge_events
from chiso.warehouse.ledger import LEDGER
from chiso.warehouse.slices import add_slices
from chiso.warehouse.tables import require_same_shape


@dataclass(frozen=True)
class Merged:
    """What a merge did: rows loaded, the periods whose figures it may have changed, and what the audit chain is to say of what it wrote."""

    loaded: int
    touched: list[Period]
    written: tuple[Bound, ...]


NOTHING = Merged(0, [], ())

BESIDE = ("warehouse.load", "warehouse.load_header", "warehouse.slice", "warehouse.touched_period")
"""What every load writes beside its facts: where they stand in the file, what they stand for, what they may change."""


def merge(connection: sa.Connection, staged: Staged, delivery_id: int) -> Merged:
    """Loads the staged rows that no mark rejects; writes what the delivery stands for and the touched periods."""
    contract = staged.contract
    require_same_shape(connection, contract)
    _write_load(connection, staged, delivery_id)
    beside: tuple[str, ...] = BESIDE
    if contract.has_events:
        loaded, periods, facts = merge_events(connection, contract, staged.scratch, delivery_id)
        beside += LEDGER
        periods += add_slices(connection, staged.contract, delivery_id, staged.period, states_period=staged.states_period)
    else:
        loaded = _merge_rows(connection, staged, delivery_id)
        [facts] = audit.bind(connection, [Rows.of(contract.fact_table, delivery_id)])
        periods = add_slices(connection, staged.contract, delivery_id, staged.period, states_period=staged.states_period)
    outer = touched(periods)
    note_touched(connection, delivery_id, outer)
    return Merged(loaded, outer, (facts, *audit.bind(connection, [Rows.of(table, delivery_id) for table in beside])))


def note_touched(connection: sa.Connection, delivery_id: int, periods: list[Period]) -> None:
    """Writes down which periods a delivery may have changed, those that aren't known yet."""
    connection.execute(
        sa.text(
            "INSERT INTO warehouse.touched_period SELECT :delivery, x.calendar, x.period "
            "FROM jsonb_to_recordset(CAST(:periods AS jsonb)) x(calendar text, period text) ON CONFLICT DO NOTHING"
        ),
        {
            "delivery": delivery_id,
            "periods": json.dumps([{"calendar": period.calendar, "period": period.code} for period in periods]),
        },
    )


def _write_load(connection: sa.Connection, staged: Staged, delivery_id: int) -> None:
    """Where the rows stand in their file, and which columns were read."""
    connection.execute(
        sa.text(
            "INSERT INTO warehouse.load (delivery_id, source, period, calendar, sheet, letters, columns) "
            "VALUES (:delivery, :source, :period, :calendar, :sheet, CAST(:letters AS jsonb), :columns)"
        ),
        {
            "delivery": delivery_id,
            "source": staged.contract.source,
            "period": staged.period.code,
            "calendar": staged.period.calendar,
            "sheet": staged.sheet,
            "letters": json.dumps(staged.letters),
            "columns": staged.contract.loaded_names,
        },
    )
    connection.execute(
        sa.text("INSERT INTO warehouse.load_header SELECT :delivery, CAST(:header AS jsonb) WHERE :header <> '[]'"),
        {"delivery": delivery_id, "header": json.dumps([asdict(heading) for heading in staged.header], ensure_ascii=False)},
    )


def _merge_rows(connection: sa.Connection, staged: Staged, delivery_id: int) -> int:
    contract, terms = staged.contract, staged.contract.terms
    columns = ", ".join(f'"{column.name}"' for column in contract.loaded_columns)
    values = ", ".join(f's."{column.name}"' for column in contract.loaded_columns)
    unit_then = bore_the_code("u", unit_code(contract, "s"), _unit_day(contract))
    reporter = f"coalesce(s.\"{terms.delivery.reporter}\"::text, '')" if terms.delivery.reporter else "''"
    return connection.execute(
        sa.text(
            f"INSERT INTO {contract.fact_table} (delivery_id, row_no, line, unit_register, unit_code, unit_valid_from, period, reporter, {columns}) "
            f"SELECT :delivery, s.row_no, coalesce(s.line, s.row_no), u.register, u.code, u.valid_from, {_row_period(contract)}, "
            f"{reporter}, {values} "
            f"FROM {accepted_rows(staged.scratch)} s LEFT JOIN warehouse.unit u ON {unit_then}"
        ),
        {"delivery": delivery_id, "period": staged.period.code, "day": staged.period.end},
    ).rowcount


def _row_period(contract: Contract) -> str:
    """SQL for the code of the period that a row belongs to; :period is the delivery's."""
    name = contract.terms.period
    if name is None:
        return "CAST(:period AS text)"
    return f"s.\"{name}\"" if contract.column(name).reading == "period" else f"to_char(s.\"{name}\", 'YYYY-MM-DD')"


def _unit_day(contract: Contract) -> str:
    """SQL for the day on which a row's unit is looked up."""
    return f's."{contract.terms.unit_at}"::date' if contract.terms.unit_at else "CAST(:day AS date)"
