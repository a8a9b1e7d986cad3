"""Stage 5: keep rejected rows with rule, cell, reason and who must mend them, and what becomes of each. Repairs nothing.

The row itself stays in the raw file, from which it can be read again.
"""

from chiso.quarantine.cases import Moves, lose, settle, settle_late, take_up
from chiso.quarantine.decisions import Case, cases_named, cases_of, cases_of_bytes, decide, released, require_open
from chiso.quarantine.events import CasesDecided, CasesMoved
from chiso.quarantine.rejects import keep

__all__ = [
    "Case", "CasesDecided", "CasesMoved", "Moves", "cases_named", "cases_of", "cases_of_bytes", "decide", "keep", "lose", "released",
    "require_open", "settle", "settle_late", "take_up",
]  # fmt: skip
