"""Stage 6: merge facts by natural key and keep every version. Computes no indicator."""

from chiso.warehouse.fingerprint import LEDGER, fact_tables, fingerprints, same
from chiso.warehouse.merge import NOTHING, Merged, merge
from chiso.warehouse.schema import upgrade
from chiso.warehouse.source_views import View, ViewColumn, source_views
from chiso.warehouse.values import staged_values
from chiso.warehouse.withdrawing import counted, take_back

__all__ = [
    "LEDGER", "NOTHING", "Merged", "View", "ViewColumn", "counted", "fact_tables", "fingerprints", "merge", "same", "source_views",
    "staged_values", "take_back", "upgrade",
]  # fmt: skip
