"""The unlogged tables of a delivery in schema `staging`: staging fills them, validation marks in them, the warehouse reads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scratch:
    """Names of one delivery's scratch tables. One set a source, since its lock admits one load at a time."""

    name: str

    @property
    def rows(self) -> str:
        """A row of the delivery: row_no, line, the contract's columns, unreadable, failed."""
        return f"staging.{self.name}"

    @property
    def broken(self) -> str:
        """A cell that can't be read."""
        return f"{self.rows}_broken"

    @property
    def totals(self) -> str:
        """A printed total."""
        return f"{self.rows}_total"

    @property
    def marks(self) -> str:
        """A row and a rule that it breaks."""
        return f"{self.rows}_mark"

    @property
    def twins(self) -> str:
        """A row whose key others have too."""
        return f"{self.rows}_twin"

    @property
    def tables(self) -> tuple[str, ...]:
        """All of them."""
        return (self.rows, self.broken, self.totals, self.marks, self.twins)
