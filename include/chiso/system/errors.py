"""What can go wrong outside the data, named by what the operator must do.

Bad data are never exceptions: they are findings (`chiso.findings.issues`). `exit_code` is the command line's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chiso.system.visible import visible_lines


class ChisoError(Exception):
    """Root of every error the platform raises on purpose; the message says what to do, and is safe to show."""

    exit_code = 3

    def __str__(self) -> str:
        return visible_lines("\n".join([super().__str__(), *getattr(self, "__notes__", [])]))


def joined(faults: Sequence[ChisoError]) -> ChisoError:
    """The first of the faults, whose message now says what the others say too, each thing once."""
    said = list(dict.fromkeys(map(str, faults)))
    for other in said[1:]:
        faults[0].add_note(other)
    return faults[0]


class UsageError(ChisoError):
    """The command was wrong: an unknown source, no such file, a period that contradicts the sheet."""

    exit_code = 2


@dataclass(frozen=True)
class Fault:
    """What is wrong in a file of the checkout. file: relative to it; place: the key or line; message: and how to mend it."""

    file: str
    place: str
    message: str

    def saying(self, message: str) -> "Fault":
        """The same place, with that message."""
        return replace(self, message=message)

    def __str__(self) -> str:
        return ": ".join(filter(None, [self.file, self.place, self.message]))


class ContractError(ChisoError):
    """A contract, suite or catalogue is wrong: mend the file that the message names. `faults`: one by one."""

    exit_code = 2

    def __init__(self, *faults: "Fault | str") -> None:
        """faults: what is wrong; a text is one without a file."""
        self.faults = [fault if isinstance(fault, Fault) else Fault("", "", fault) for fault in faults]
        super().__init__("; ".join(map(str, self.faults)))


class SettingsError(ChisoError):
    """The environment lacks a value or holds an unusable one: set the variable that the message names."""


class EndpointError(ChisoError):
    """A system outside did not answer as it should: look at it, then run again."""

    def __init__(self, message: str, status: int | None = None, first_bytes: bytes = b"") -> None:
        """status: that of its last answer over HTTP, if it gave one. first_bytes: of its body, as sent; not to be shown as they are."""
        super().__init__(message)
        self.status, self.first_bytes = status, first_bytes


class DatabaseError(ChisoError):
    """PostgreSQL is out of reach or refused: check the server, then run again."""


class StorageError(ChisoError):
    """A raw file is missing, unreadable or not what was kept: restore it before going on."""


class ArrivalError(StorageError):
    """A file that somebody hands in can't be read, or changed meanwhile; nothing of it was kept. The others go on."""


class ProcessError(ChisoError):
    """A process that works for this one ended early: look at what it printed, then run again."""


class DisagreementError(ChisoError):
    """Great Expectations and the row rules differ: a defect of the platform; nothing was loaded, report it."""
