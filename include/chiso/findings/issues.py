"""Findings about data: one shape from the reader to the department's screen.

What went wrong is a row, never an exception; the texts of each rule stand in `chiso.findings.messages`.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from chiso.findings.messages import TEXTS
from chiso.province.text import mask_personal
from chiso.system.errors import ChisoError
from chiso.system.visible import visible

Severity = Literal["critical", "warning", "info"]
Action = Literal["refuse_delivery", "reject_row", "flag"]


@dataclass(frozen=True)
class Issue:
    """One finding: about a cell, a row, or the delivery (then sheet, cell and row are None).

    row: 1-based sheet row, or the physical line on which the record starts (header = 1).
    cell: A1-style without the sheet; None for text. column: the contract's name.
    value: as it stands in the delivery, masked where personal. Every text is made safe to show (`visible`).
    """

    severity: Severity
    rule: str
    action: Action
    sheet: str | None
    cell: str | None
    row: int | None
    column: str | None
    value: str | None
    message_vi: str
    message_en: str
    responsible: str | None

    def __post_init__(self) -> None:
        for name in ("sheet", "value", "message_vi", "message_en"):
            text = getattr(self, name)
            if text is not None and not text.isprintable():
                object.__setattr__(self, name, visible(text))

    def as_json(self) -> dict[str, Any]:
        """The public shape, field for field."""
        return asdict(self)

    def __str__(self) -> str:
        """Where it is, and what to do."""
        place = " ".join(
            filter(
                None, [self.sheet and f'sheet "{self.sheet}"', self.cell or (f"line {self.row}" if self.row else None)]
            )
        )
        return f"{place}: {self.message_en}" if place else self.message_en


_MOST_SHOWN = 200


def shown(value: str) -> str:
    """A delivered text as findings show it: personal numbers masked, no longer than a reader cares for."""
    # Masked before it is cut, and a little further, so that no half of a number escapes.
    masked = mask_personal(value[: _MOST_SHOWN + 50])
    return masked if len(value) <= _MOST_SHOWN else f"{masked[:_MOST_SHOWN]}…"


class DeliveryRefused(ChisoError):  # noqa: N818 - a verdict, not a fault
    """The delivery as a whole can't be read as what it claims to be; `finding` says why."""

    exit_code = 1

    def __init__(self, finding: Issue) -> None:
        """finding: what refuses the delivery."""
        super().__init__(str(finding))
        self.finding = finding


_HINTS = {"hint_vi": "", "hint_en": ""}


def issue(
    rule: str,
    severity: Severity,
    action: Action,
    responsible: str | None,
    *,
    check: str | None = None,
    sheet: str | None = None,
    cell: str | None = None,
    row: int | None = None,
    column: str | None = None,
    value: str | None = None,
    is_figure: bool = False,
    **details: Any,
) -> Issue:
    """A finding with the texts of `chiso.findings.messages`.

    rule: the text's name. check: the rule's public id where it differs (`households.number_malformed`).
    value: as delivered; personal numbers in it are masked, unless it is a number of a column of figures. details: what the texts' placeholders need.
    """
    masked = value if value is None or is_figure else shown(value)
    vi, en = (
        text.format(**(_HINTS | details | {"value": masked, "sheet": sheet, "cell": cell, "row": row}))
        for text in TEXTS[rule]
    )
    return Issue(severity, check or rule, action, sheet, cell, row, column, masked, vi, en, responsible)


def worded(
    check: str,
    severity: Severity,
    action: Action,
    responsible: str | None,
    texts: tuple[str, str],
    *,
    sheet: str | None = None,
    column: str | None = None,
    value: str | None = None,
    is_figure: bool = False,
) -> Issue:
    """A finding of a rule that brings its own texts, Vietnamese and English; `{value}` in them is the value as shown.

    is_figure: the value is a number of a column of figures, which is shown whole.
    """
    said = "" if value is None else value if is_figure else shown(value)
    vi, en = (text.format(value=said) for text in texts)
    return Issue(severity, check, action, sheet, None, None, column, said or None, vi, en, responsible)


def refusal(rule: str, responsible: str | None, **details: Any) -> DeliveryRefused:
    """The finding that refuses a delivery as a whole, to be raised where it is met."""
    return DeliveryRefused(issue(rule, "critical", "refuse_delivery", responsible, **details))
