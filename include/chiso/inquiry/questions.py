"""What people are asked about values that wait: one question an indicator and period."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chiso.inquiry import answers
from chiso.publication.texts import number
from chiso.system.platform import Platform

_MOST_LINES = 30


@dataclass(frozen=True)
class Question:
    """Whether values are published. values: their ids; rows: as `publication.held_value` has them, all of one indicator and period."""

    calendar: str
    period: str
    indicator: str
    rows: Sequence[Mapping[str, Any]]

    @property
    def values(self) -> list[int]:
        """Ids of the values, in order."""
        return sorted(row["value_id"] for row in self.rows)

    @property
    def key(self) -> str:
        """Names the question: another one where other values wait."""
        digest = hashlib.sha256(",".join(map(str, self.values)).encode()).hexdigest()[:12]
        return f"{self.calendar}_{self.period}_{self.indicator}_{digest}"

    def as_conf(self) -> dict[str, Any]:
        """What the run of the DAG gets: `subject` and `body` (Markdown), and what is decided of."""
        return {
            "subject": f"{self.rows[0]['name_vi']}, kỳ {self.period}: công bố {len(self.rows)} giá trị?",
            "body": self._body(),
            "calendar": self.calendar,
            "period": self.period,
            "indicator": self.indicator,
            "values": self.values,
        }

    def _body(self) -> str:
        unit = self.rows[0]["measure_unit"]
        lines = [
            f"- {_plain(row['unit_name'])}: đang công bố {number(row['before']) or '–'}, mới tính {number(row['after']) or '–'} {unit} "
            f"({_plain(row['held_because'])})"
            for row in self.rows[:_MOST_LINES]
        ]
        if len(self.rows) > _MOST_LINES:
            lines.append(f"- … và {len(self.rows) - _MOST_LINES} giá trị nữa: chiso held --period {self.period}")
        files = sorted({delivery for row in self.rows for delivery in row["delivery_ids"]})
        says = f"Lượt gửi liên quan (deliveries): {', '.join(map(str, files[:20])) or '–'}. Chỉ tiêu (indicator): {self.indicator}."
        return "\n".join([*lines, "", says])


def waiting(platform: Platform) -> list[Question]:
    """The questions that there are now."""
    by: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in answers.held(platform):
        by.setdefault((row["calendar"], row["period"], row["indicator"]), []).append(row)
    return [Question(*key, rows) for key, rows in sorted(by.items())]


def still_waits(platform: Platform, conf: Mapping[str, Any]) -> bool:
    """Whether any value that a question was about still waits."""
    shown = set(conf["values"])
    return any(row["value_id"] in shown for row in answers.held(platform, conf["period"], conf["indicator"]))


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|" else sign for sign in text)
