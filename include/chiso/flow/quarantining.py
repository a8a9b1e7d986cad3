"""What people do with rows in quarantine."""

from collections.abc import Sequence

from chiso import audit, quarantine
from chiso.quarantine import Case
from chiso.system.errors import UsageError
from chiso.system.platform import Platform


def discard(platform: Platform, numbers: Sequence[int], decided_by: str, why: str) -> list[Case]:
    """Closes cases without loading their rows; returns them.

    Raises UsageError: no name or reason, no such case, one that is closed.
    """
    require_decision(decided_by, why)
    with platform.engine.begin() as connection:
        cases = require_open(quarantine.cases_named(connection, numbers, lock=True))
        head = quarantine.decide(connection, cases, "discarded", decided_by.strip(), why.strip())
    audit.anchor(platform.settings, head)
    return cases


def require_decision(decided_by: str, why: str) -> None:
    """Raises UsageError where nobody is named, or no reason is given."""
    if not (decided_by.strip() and why.strip()):
        raise UsageError("A decision needs a name and a reason: give --by NAME --why TEXT.")


def require_open(cases: list[Case]) -> list[Case]:
    """Raises UsageError where one is closed."""
    for case in cases:
        if not case.is_open:
            raise UsageError(f"Case {case.case_id} is closed ({case.step}); `chiso quarantine show {case.case_id}` tells how.")
    return cases
