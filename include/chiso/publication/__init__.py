"""Stage 8: what people see: the scoreboard, exports, reports. Computes nothing."""

from chiso.publication.exports import cell, export, write_csv
from chiso.publication.texts import (
    Rejected,
    explanation_text,
    held_line,
    indicator_line,
    reconciled_line,
    scoreboard,
    summary,
    this_run,
)
from chiso.publication.timeliness_text import timeliness_matrix

__all__ = [
    "Rejected",
    "cell",
    "explanation_text",
    "export",
    "held_line",
    "indicator_line",
    "reconciled_line",
    "scoreboard",
    "summary",
    "this_run",
    "timeliness_matrix",
    "write_csv",
]
