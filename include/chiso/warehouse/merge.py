"""From a judged staging table to facts, set-wise, inside one transaction."""

from dataclasses import dataclass

import sqlalchemy as sa

from chiso.contracts import Contract, Measure
from chiso.periods import Period, months_touched, touched


@dataclass(frozen=True)
class Merged:
    """What a merge did: rows loaded and unchanged, and the periods whose figures it may have changed."""

    loaded: int
    unchanged: int
    touched: list[Period]


def merge(
    connection: sa.Connection,
    contract: Contract,
    name: str,
    delivery_id: int,
    period: Period,
    letters: dict[str, str],
    sheet: str | None,
) -> Merged:
    """Loads the rows of `staging.<name>` that no mark rejects; writes the touched periods."""
    if contract.terms.versions:
        merged = _merge_versions(connection, contract, name, delivery_id)
    else:
        merged = _merge_records(connection, contract, name, delivery_id, period, letters, sheet)
    for outer in merged.touched:
        connection.execute(
            sa.text("INSERT INTO warehouse.touched_period VALUES (:delivery, :calendar, :period)"),
            {"delivery": delivery_id, "calendar": outer.calendar, "period": outer.code},
        )
    return merged


def _accepted(name: str) -> str:
    """The staged rows that no rule rejects; of rows alike in key and content the first."""
    return f"(SELECT * FROM staging.{name} s WHERE NOT EXISTS (SELECT 1 FROM staging.{name}_mark m WHERE m.rejects AND m.row_no = s.row_no))"


# --- Versions of things, at their own grain ---


def _merge_versions(connection: sa.Connection, contract: Contract, name: str, delivery_id: int) -> Merged:
    versions = contract.terms.versions
    assert versions is not None  # noqa: S101 - the caller asked
    target = f"warehouse.{versions.table}"
    columns = [column.name for column in contract.loaded_columns]
    listed = ", ".join(f'"{column}"' for column in columns)
    content = ", ".join(f'%s."{column}"' for column in columns)
    key = ", ".join(f'"{column}"' for column in contract.key)
    connection.exec_driver_sql(f"ANALYZE staging.{name}")  # a day's delta probes the key, a bulk load is hashed
    _make_partitions(connection, contract, name)
    accepted = int(connection.execute(sa.text(f"SELECT count(*) FROM {_accepted(name)} a")).scalar_one())
    loaded = connection.execute(
        sa.text(
            f"WITH s AS (SELECT DISTINCT ON ({key}) * FROM {_accepted(name)} a ORDER BY {key}, row_no), "
            f"known AS (SELECT DISTINCT ON ({key}) v.* FROM {target} v JOIN landing.delivery d USING (delivery_id) "
            f"WHERE ({key}) IN (SELECT {key} FROM staging.{name}) ORDER BY {key}, d.received_at DESC, v.delivery_id DESC) "
            f"INSERT INTO {target} ({listed}, delivery_id, row_no) SELECT {content.replace('%s', 's')}, :delivery, s.row_no "
            f"FROM s LEFT JOIN known k USING ({key}) WHERE k.delivery_id IS NULL "
            f"OR ROW({content.replace('%s', 'k')}) IS DISTINCT FROM ROW({content.replace('%s', 's')})"
        ),
        {"delivery": delivery_id},
    ).rowcount
    changed = _touched_by_versions(connection, contract, name) if loaded else []
    return Merged(loaded, accepted - loaded, changed)


def _make_partitions(connection: sa.Connection, contract: Contract, name: str) -> None:
    at = contract.terms.unit_at
    connection.execute(
        sa.text(
            f"SELECT warehouse.make_month_partition(month) FROM (SELECT DISTINCT date_trunc('month', \"{at}\")::date AS month "
            f"FROM {_accepted(name)} a) m ORDER BY month"
        )
    )


def _touched_by_versions(connection: sa.Connection, contract: Contract, name: str) -> list[Period]:
    """Every period that a measure of the delivered things is counted in, by any of their versions."""
    versions = contract.terms.versions
    assert versions is not None  # noqa: S101 - the caller asked
    counted = sorted({measure.counted_by for measure in contract.terms.measures if measure.counted_by})
    days = ", ".join(f'(v."{column}"::date)' for column in [versions.at, *counted])
    rows = connection.execute(
        sa.text(
            f"SELECT DISTINCT day FROM warehouse.{versions.table} v CROSS JOIN LATERAL (VALUES {days}) d(day) "
            f'WHERE day IS NOT NULL AND v."{versions.key}" IN (SELECT "{versions.key}" FROM staging.{name})'
        )
    )
    return touched(months_touched(day for (day,) in rows))


# --- Records and their observations ---


def _merge_records(
    connection: sa.Connection,
    contract: Contract,
    name: str,
    delivery_id: int,
    period: Period,
    letters: dict[str, str],
    sheet: str | None,
) -> Merged:
    accepted = int(connection.execute(sa.text(f"SELECT count(*) FROM {_accepted(name)} a")).scalar_one())
    key = ", ".join(f'"{column}"' for column in contract.key)
    loaded = connection.execute(
        sa.text(
            f"INSERT INTO warehouse.record (delivery_id, row_no, line, sheet, unit_register, unit_code, unit_valid_from, "
            "subject, period, calendar, attributes) "
            f"SELECT :delivery, s.row_no, coalesce(s.line, s.row_no), :sheet, u.register, u.code, u.valid_from, {_subject(contract)}, "
            f"{_row_period(contract)}, :calendar, to_jsonb(s) - 'row_no' - 'line' - 'unreadable' "
            f"FROM (SELECT DISTINCT ON ({key}) * FROM {_accepted(name)} a ORDER BY {key}, row_no) s "
            f"LEFT JOIN warehouse.unit u ON u.register = :register AND u.code = {_unit(contract)} AND :day BETWEEN u.valid_from AND u.valid_to"
        ),
        {
            "delivery": delivery_id,
            "sheet": sheet,
            "period": period.code,
            "calendar": period.calendar,
            "day": period.end,
            "register": _register(contract),
        },
    ).rowcount
    for measure in contract.terms.measures:
        connection.execute(
            sa.text(
                f"INSERT INTO warehouse.observation (delivery_id, row_no, measure, value, cell) "
                f"SELECT :delivery, r.row_no, :measure, {_figure(measure)}, CAST(:letter AS text) || r.line "
                f"FROM warehouse.record r JOIN staging.{name} s USING (row_no) WHERE r.delivery_id = :delivery AND {_present(measure)}"
            ),
            {"delivery": delivery_id, "measure": measure.id, "letter": _letter(measure, letters, contract)},
        )
    return Merged(
        loaded, accepted - loaded, touched([period, *_row_periods(connection, contract, delivery_id, period)])
    )


def _register(contract: Contract) -> str:
    reading = contract.column(contract.terms.unit).reading if contract.terms.unit else ""
    return "admin_unit" if reading == "unit" else "agency"


def _unit(contract: Contract) -> str:
    return f's."{contract.terms.unit}"' if contract.terms.unit else "NULL"


def _subject(contract: Contract) -> str:
    return f's."{contract.terms.subject}"' if contract.terms.subject else "NULL"


def _row_period(contract: Contract) -> str:
    return f's."{contract.terms.period}"' if contract.terms.period else "CAST(:period AS text)"


def _figure(measure: Measure) -> str:
    return f's."{measure.column}"' if measure.column else "1"


def _letter(measure: Measure, letters: dict[str, str], contract: Contract) -> str | None:
    """Column of the cell that a figure stands in: its own, that of its mark, else the row's name."""
    return letters.get(measure.column or measure.when or "", letters.get(contract.key[0]))


def _present(measure: Measure) -> str:
    return f's."{measure.column}" IS NOT NULL' if measure.column else f"({measure.when})"


def _row_periods(connection: sa.Connection, contract: Contract, delivery_id: int, period: Period) -> list[Period]:
    if not contract.terms.period:
        return []
    codes = connection.execute(
        sa.text("SELECT DISTINCT period FROM warehouse.record WHERE delivery_id = :delivery"), {"delivery": delivery_id}
    )
    return [Period.of(code, period.calendar) for (code,) in codes]
