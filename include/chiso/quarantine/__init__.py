"""Stage 5: keep rejected rows with rule, cell, reason and who must mend them. Repairs nothing.

The row itself stays in the raw file, from which it can be read again.
"""

import csv
import io
from collections.abc import Iterable

import sqlalchemy as sa

from chiso.findings.issues import Issue
from chiso.system.database import copy_in

_COLUMNS = [
    "verdict_id",
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


def keep(connection: sa.Connection, verdict_id: int, rejects: Iterable[Issue]) -> int:
    """Writes one line per (row, rule) in the connection's transaction; returns how many."""
    count = 0
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for found in rejects:
        writer.writerow(
            [
                verdict_id,
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
    return count


def _flush(connection: sa.Connection, buffer: io.StringIO) -> None:
    copy_in(connection, "quarantine.reject", _COLUMNS, io.BytesIO(buffer.getvalue().encode()))
    buffer.seek(0)
    buffer.truncate()
