"""Rejected rows, a line for each rule that one breaks."""

import csv
import io
from collections.abc import Iterable

import sqlalchemy as sa

from chiso.findings.issues import Issue
from chiso.system.database import copy_in

FOUND = "rejected"
"""Temporary table of what a delivery's verdict rejects, until its transaction ends: as quarantine.reject, with row_no."""
_COLUMNS = [
    "row_no",
    "line",
    "rule",
    "sheet",
    "cell",
    "column_name",
    "value",
    "message_vi",
    "message_en",
    "responsible",
]
_BLOCK_ROWS = 20_000


def keep(connection: sa.Connection, verdict_id: int, rejects: Iterable[tuple[int, Issue]]) -> int:
    """Writes one line per (row, rule) in the connection's transaction; returns how many.

    rejects: each with the number of its row among the staged ones.
    """
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {FOUND} (reject_id bigint DEFAULT nextval('quarantine.reject_reject_id_seq'), row_no bigint, line bigint, "
        f"{', '.join(f'{name} text' for name in _COLUMNS[2:])}) ON COMMIT DROP"
    )
    count = 0
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row_no, found in rejects:
        writer.writerow(
            [
                row_no,
                found.row,
                found.rule,
                found.sheet,
                found.cell,
                found.column,
                found.value,
                found.message_vi,
                found.message_en,
                found.responsible,
            ]
        )
        count += 1
        if count % _BLOCK_ROWS == 0:
            _flush(connection, buffer)
    _flush(connection, buffer)
    names = ", ".join(_COLUMNS)
    connection.execute(
        sa.text(
            f"INSERT INTO quarantine.reject (reject_id, verdict_id, {names}) OVERRIDING SYSTEM VALUE "
            f"SELECT reject_id, :verdict, {names} FROM {FOUND} ORDER BY reject_id"
        ),
        {"verdict": verdict_id},
    )
    return count


def _flush(connection: sa.Connection, buffer: io.StringIO) -> None:
    copy_in(connection, FOUND, _COLUMNS, io.BytesIO(buffer.getvalue().encode()))
    buffer.seek(0)
    buffer.truncate()
