"""What a verification finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something that is no longer what was written down.

    kind: chain, anchor, rows, structure, file or report; where: table, file or object; key: which of its rows, events or lines;
    message: a sentence.
    """

    kind: str
    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{' '.join(part for part in (self.where, self.key) if part)}: {self.message}"
