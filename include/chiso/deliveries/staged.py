"""A delivery that was read and cast, from staging to the warehouse."""

from dataclasses import dataclass, field

from chiso.contracts import Contract
from chiso.deliveries.corrections import Used
from chiso.deliveries.scratch import Scratch
from chiso.findings.issues import Issue
from chiso.province.periods import Period


@dataclass(frozen=True)
class Heading:
    """A column as it comes. printed: what heads it, in one line; column: the contract's name, None where it doesn't know it."""

    printed: str
    column: str | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "printed", " ".join(self.printed.replace("\0", "\ufffd").split()))


@dataclass(frozen=True)
class Staged:
    """A delivery in its scratch tables.

    rows: data rows, unreadable ones included. content_sha256: of the bytes of a workbook, the canonical records of JSON,
    the header's findings and staged rows of a text export: what must differ for a new judgement.
    letters: contract column → column letters of the sheet. header: the columns in the order in which they came.
    states_period: whether title, envelope, file name or request say the period; else it only spans those of its rows.
    """

    contract: Contract
    scratch: Scratch
    file_name: str
    period: Period
    rows: int
    content_sha256: str
    issues: list[Issue] = field(default_factory=list)
    sheet: str | None = None
    letters: dict[str, str] = field(default_factory=dict)
    header: list[Heading] = field(default_factory=list)
    states_period: bool = True
    corrected: tuple[Used, ...] = ()
    """Figures that were taken from corrections instead of the delivery."""
