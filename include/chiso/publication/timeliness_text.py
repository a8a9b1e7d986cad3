"""The matrix of timeliness for a terminal: reporters down, periods across."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from chiso.publication.texts import number

_MOST = 6
_CELLS = {"on_time": "đúng hạn", "late": "muộn {0}", "missing": "THIẾU {0}", "not_due": "chưa hạn"}
_WIDTH = 11


def timeliness_matrix(found: Mapping[str, Any], most: int = _MOST) -> str:
    """A block for each source, a line for each reporter: its newest periods, and by how many working days what came was late.

    most: how many periods are shown.
    """
    lines: list[str] = []
    for source, reports in groupby(found["reports"], key=lambda report: report["source"]):
        lines += _block(source, list(reports), most)
    if not lines:
        return "Chưa có báo cáo nào đến kỳ (no report is expected yet)."
    return "\n".join(
        [
            *lines,
            "-" * 116,
            f"Tỷ lệ báo cáo (reporting rate): {_percent(found['reporting_rate'])}; đúng hạn (on time): {_percent(found['on_time_rate'])}",
            "muộn, THIẾU n: số ngày làm việc quá hạn (late, missing: working days past the due day)",
        ]
    )


def _block(source: str, reports: Sequence[Mapping[str, Any]], most: int) -> list[str]:
    periods = list(dict.fromkeys(report["period"] for report in reports))[-most:]
    cells = {(report["reporter"], report["period"]): _cell(report) for report in reports}
    head = f"{source:34}{'':16}" + "".join(f"{period:>{_WIDTH}}" for period in periods)
    rows = [
        f"  {reporter:48}" + "".join(f"{cells.get((reporter, period), '–'):>{_WIDTH}}" for period in periods)
        for reporter in sorted({report["reporter"] for report in reports if report["period"] in periods})
    ]
    return [head, *rows]


def _cell(report: Mapping[str, Any]) -> str:
    return _CELLS[report["state"]].format(report["working_days_late"])


def _percent(share: Decimal | None) -> str:
    return "–" if share is None else f"{number(share * 100)} %"
