"""Stage 6: merge facts by natural key and keep every version. Computes no indicator."""

from chiso.warehouse.counts import record as record_counts
from chiso.warehouse.fingerprint import LEDGER, fact_tables, fingerprints, same
from chiso.warehouse.merge import NOTHING, Merged, merge
from chiso.warehouse.schema import upgrade

__all__ = ["LEDGER", "NOTHING", "Merged", "fact_tables", "fingerprints", "merge", "record_counts", "same", "upgrade"]
