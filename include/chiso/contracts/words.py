"""What all parts of a contract's text share."""

from chiso.system.stated import Stated


class Words(Stated):
    """Words that a contract may use; docs/contracts.md has a table for each of its subclasses."""
