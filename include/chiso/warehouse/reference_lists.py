"""Reference lists as tables: units and agencies on their time axis, periods on both calendars, measures."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from chiso.contracts import Contract
from chiso.province.periods import CALENDARS, Period
from chiso.province.units import load_reference
from chiso.system.settings import Settings

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 12, 31)
"""Stand for "since ever" and "until today"."""
TABLES = ("warehouse.unit", "warehouse.unit_succession", "warehouse.period", "warehouse.measure")
_YEARS = range(2000, 2061)


def load(connection: sa.Connection, settings: Settings, known: Sequence[Contract]) -> None:
    """Replaces the lists by those of the checkout, in the connection's transaction."""
    reference = load_reference(settings.schemas)
    units = [
        _unit("admin_unit", unit.code, unit.level, unit.name, unit.parent_code, unit.valid_from, unit.valid_to)
        for unit in reference.units
    ]
    units += [
        _unit("agency", agency.code, agency.level, agency.name, agency.unit_code, agency.valid_from, agency.valid_to)
        for agency in reference.agencies
    ]
    successions = [
        {
            "register": "agency" if step.level == "agency" else "admin_unit",
            "old_code": step.old_code,
            "new_code": step.new_code,
            "effective_date": step.effective,
        }
        for step in [*reference.unit_successions, *reference.agency_successions]
    ]
    _replace(connection, "unit", units)
    _replace(connection, "unit_succession", list({tuple(step.values()): step for step in successions}.values()))
    _replace(connection, "period", [_period(period) for period in _periods()])
    _replace(
        connection,
        "measure",
        [
            {
                "source": contract.source,
                "measure": measure.id,
                "name_vi": measure.name_vi,
                "unit": measure.unit,
                "kind": measure.kind,
            }
            for contract in known
            for measure in contract.measures
        ],
    )


def _unit(
    register: str, code: str, level: str, name: str, parent: str | None, valid_from: date | None, valid_to: date | None
) -> dict[str, Any]:
    return {
        "register": register,
        "code": code,
        "valid_from": valid_from or FIRST_DAY,
        "valid_to": valid_to or LAST_DAY,
        "level": level,
        "name_vi": name,
        "parent_code": parent,
    }


def _period(period: Period) -> dict[str, Any]:
    return {
        "calendar": period.calendar,
        "period": period.code,
        "grain": period.grain,
        "start_date": period.start,
        "end_date": period.end,
    }


def _periods() -> list[Period]:
    years = [Period(str(year), calendar) for calendar in CALENDARS for year in _YEARS]
    months = [month for year in years for month in year.parts("month")]
    return sorted({outer for month in months for outer in month.enclosing()})


def _replace(connection: sa.Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    connection.execute(sa.text(f"DELETE FROM warehouse.{table}"))
    if not rows:
        return
    names = list(rows[0])
    connection.execute(
        sa.text(
            f"INSERT INTO warehouse.{table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
        ),
        rows,
    )
