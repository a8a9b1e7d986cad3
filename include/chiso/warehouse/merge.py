"""From a judged staging table to facts, set-wise, inside one transaction."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from chiso.contracts import Contract, Measure, Versions
from chiso.province.periods import Period, months_touched, touched
from chiso.warehouse.counts import count, days_counted
from chiso.warehouse.fingerprint import fingerprint, fingerprint_and_days

OWN_PARTITION = 200_000
"""Rows from which a delivery gets a partition of its own."""
_UNCHANGED = "version_unchanged"


@dataclass(frozen=True)
class Merged:
    """What a merge did: rows loaded, the periods whose figures it may have changed, fingerprints of its facts by table."""

    loaded: int
    touched: list[Period]
    facts: dict[str, dict[str, Any]]


NOTHING = Merged(0, [], {})


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
        merged = _merge_versions(connection, contract, contract.terms.versions, name, delivery_id)
    else:
        merged = _merge_records(connection, contract, name, delivery_id, period, letters, sheet)
    for outer in merged.touched:
        connection.execute(
            sa.text("INSERT INTO warehouse.touched_period VALUES (:delivery, :calendar, :period)"),
            {"delivery": delivery_id, "calendar": outer.calendar, "period": outer.code},
        )
    return merged


def _accepted(name: str, left_out: str = "") -> str:
    """The staged rows that no rule rejects, of rows alike in key and content the first, without those `left_out` selects."""
    return (
        f"(SELECT * FROM staging.{name} s WHERE NOT EXISTS (SELECT 1 FROM (SELECT row_no FROM staging.{name}_mark WHERE rejects "
        f"UNION ALL SELECT row_no FROM staging.{name}_twin WHERE nth > 1 {left_out}) o WHERE o.row_no = s.row_no))"
    )


# --- Versions of things, at their own grain ---


def _merge_versions(
    connection: sa.Connection, contract: Contract, versions: Versions, name: str, delivery_id: int
) -> Merged:
    """Gathers what is new in a table of its own, counts it, and then makes it part of the whole.

    A table that is made, filled and only then indexed costs a third of rows that go one by one into an indexed one.
    """
    target, gathered = f"warehouse.{versions.table}", f"warehouse.{versions.table}_{delivery_id}"
    columns = _columns(connection, target)
    probed = ", ".join(f'"{column}"' for column in contract.key)
    connection.exec_driver_sql(f"ANALYZE staging.{name} ({probed})")  # a day's delta probes the key, a bulk load is hashed
    loaded = _gather(connection, contract, name, delivery_id, columns, target, gathered)
    large = loaded >= OWN_PARTITION
    if large:
        key = ", ".join(f'"{column}"' for column in [*contract.key, "delivery_id", "portion"])
        required = ", ".join(f'ALTER "{column.name}" SET NOT NULL' for column in columns if column.required)
        connection.exec_driver_sql(
            f"ALTER TABLE {gathered} {required}, ADD CHECK (portion = {delivery_id}), ADD PRIMARY KEY ({key})"
        )
    found, days = fingerprint_and_days(connection, target, gathered, versions.at)
    if loaded:
        count(connection, contract, delivery_id, gathered)
    if large:
        connection.exec_driver_sql(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {gathered} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit.insert_only()"
        )
        connection.exec_driver_sql(f"ALTER TABLE {target} ATTACH PARTITION {gathered} FOR VALUES IN ({delivery_id})")
    else:
        _pour(connection, contract, gathered, target)
    days += days_counted(connection, delivery_id)
    return Merged(loaded, touched(months_touched(days)), {target: found})


class _Column(NamedTuple):
    name: str
    kind: str
    required: bool


def _columns(connection: sa.Connection, target: str) -> list[_Column]:
    rows = connection.execute(
        sa.text(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
            "WHERE attrelid = CAST(:target AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ),
        {"target": target},
    )
    return [_Column(*row) for row in rows]


def _pour(connection: sa.Connection, contract: Contract, gathered: str, target: str) -> None:
    """Moves few rows into the partition that small deliveries share."""
    columns = ", ".join(f'"{column.name}"' for column in contract.loaded_columns)
    order = ", ".join(f'"{column}"' for column in contract.key)
    connection.exec_driver_sql(
        f"INSERT INTO {target} ({columns}, delivery_id, row_no) "
        f"SELECT {columns}, delivery_id, row_no FROM {gathered} ORDER BY {order}"
    )
    connection.exec_driver_sql(f"DROP TABLE {gathered}")


def _gather(
    connection: sa.Connection,
    contract: Contract,
    name: str,
    delivery_id: int,
    columns: list[_Column],
    target: str,
    gathered: str,
) -> int:
    """Makes `gathered` of the accepted rows that aren't known, or not in this form; returns how many."""
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {_UNCHANGED} ON COMMIT DROP AS {_unchanged(contract, name, target)}"
    )
    connection.exec_driver_sql(f"ANALYZE {_UNCHANGED}")
    ours = {"delivery_id": str(delivery_id), "portion": str(delivery_id), "recorded_at": "now()"}
    typed = ", ".join(
        f'CAST({ours.get(column.name, f"s.{column.name}")} AS {column.kind}) AS "{column.name}"' for column in columns
    )
    accepted = _accepted(name, f"UNION ALL SELECT row_no FROM {_UNCHANGED}")
    loaded = connection.exec_driver_sql(f"CREATE TABLE {gathered} AS SELECT {typed} FROM {accepted} s").rowcount
    connection.exec_driver_sql(f"DROP TABLE {_UNCHANGED}")
    return loaded


def _unchanged(contract: Contract, name: str, target: str) -> str:
    """SQL for the staged rows whose key is known and whose newest form says the same.

    Rows that say the same are found first, and then whether they are the newest: there are few of the former, or of
    the versions of one key.
    """
    key = ", ".join(f'"{column}"' for column in contract.key)
    known, staged = (", ".join(f'{alias}."{column.name}"' for column in contract.loaded_columns) for alias in "vs")
    same_key = " AND ".join(f'n."{column}" = same."{column}"' for column in contract.key)
    return (
        f"WITH same AS (SELECT s.row_no, {key}, d.received_at, v.delivery_id FROM staging.{name} s JOIN {target} v USING ({key}) "
        f"JOIN landing.delivery d USING (delivery_id) WHERE ROW({known}) IS NOT DISTINCT FROM ROW({staged})) "
        f"SELECT row_no FROM same WHERE NOT EXISTS (SELECT 1 FROM {target} n JOIN landing.delivery e USING (delivery_id) "
        f"WHERE {same_key} AND (e.received_at, n.delivery_id) > (same.received_at, same.delivery_id))"
    )


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
    loaded = connection.execute(
        sa.text(
            f"INSERT INTO warehouse.record (delivery_id, row_no, line, sheet, unit_register, unit_code, unit_valid_from, "
            "subject, period, calendar, attributes) "
            f"SELECT :delivery, s.row_no, coalesce(s.line, s.row_no), :sheet, u.register, u.code, u.valid_from, {_subject(contract)}, "
            f"{_row_period(contract)}, :calendar, to_jsonb(s) - 'row_no' - 'line' - 'unreadable' - 'failed' "
            f"FROM {_accepted(name)} s "
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
    periods = touched([period, *_row_periods(connection, contract, delivery_id, period)])
    return Merged(loaded, periods, fingerprint(connection, contract, delivery_id))


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
