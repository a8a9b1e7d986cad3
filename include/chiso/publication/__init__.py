"""Stage 8: what people see: the scoreboard, exports, reports. Computes nothing."""

from chiso.publication.exports import export
from chiso.publication.texts import explanation_text, indicator_line, scoreboard, summary, this_run

__all__ = ["explanation_text", "export", "indicator_line", "scoreboard", "summary", "this_run"]
