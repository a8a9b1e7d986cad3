"""Findings about data: one shape from the reader to the department's screen.

What went wrong is a row, never an exception; the texts of each rule stand in `chiso.messages`.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from chiso.errors import DeliveryRefused
from chiso.messages import TEXTS
from chiso.text import mask_personal

Severity = Literal["critical", "warning", "info"]
Action = Literal["refuse_delivery", "reject_row", "flag"]


@dataclass(frozen=True)
class Issue:
    """One finding: about a cell, a row, or the delivery (then sheet, cell and row are None).

    row: 1-based sheet row, or the physical line on which the record starts (header = 1).
    cell: A1-style without the sheet; None for text. column: the contract's name.
    value: as it stands in the delivery, masked where personal.
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
    **details: Any,
) -> Issue:
    """A finding with the texts of `chiso.messages`.

    rule: the text's name. check: the rule's public id where it differs (`households.number_malformed`).
    value: as delivered; personal numbers in it are masked. details: what the texts' placeholders need.
    """
    shown = mask_personal(value) if value is not None else None
    vi, en = (
        text.format(**(_HINTS | details | {"value": shown, "sheet": sheet, "cell": cell, "row": row}))
        for text in TEXTS[rule]
    )
    return Issue(severity, check or rule, action, sheet, cell, row, column, shown, vi, en, responsible)


def refusal(rule: str, responsible: str | None, **details: Any) -> DeliveryRefused:
    """The finding that refuses a delivery as a whole, to be raised where it is met."""
    return DeliveryRefused(issue(rule, "critical", "refuse_delivery", responsible, **details))
