"""What can go wrong outside the data, named by what the operator must do.

Bad data are never exceptions: they are findings (`chiso.findings.issues`). `exit_code` is the command line's.
"""


class ChisoError(Exception):
    """Root of every error the platform raises on purpose; the message says what to do."""

    exit_code = 3


class UsageError(ChisoError):
    """The command was wrong: an unknown source, no such file, a period that contradicts the sheet."""

    exit_code = 2


class ContractError(ChisoError):
    """A contract, suite or catalogue is wrong: mend the file that the message names."""

    exit_code = 2


class SettingsError(ChisoError):
    """The environment lacks a value or holds an unusable one: set the variable that the message names."""


class EndpointError(ChisoError):
    """A system outside did not answer as it should: look at it, then run again."""


class DatabaseError(ChisoError):
    """PostgreSQL is out of reach or refused: check the server, then run again."""


class StorageError(ChisoError):
    """A raw file is missing, unreadable or not what was kept: restore it before going on."""


class ProcessError(ChisoError):
    """A process that works for this one ended early: look at what it printed, then run again."""


class DisagreementError(ChisoError):
    """Great Expectations and the row rules differ: a defect of the platform; nothing was loaded, report it."""
