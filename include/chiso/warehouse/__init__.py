"""Stage 6: merge facts by natural key and keep every version. Computes no indicator."""

from chiso.warehouse.fingerprint import fact_tables, fingerprint, fingerprints, same
from chiso.warehouse.merge import Merged, merge
from chiso.warehouse.schema import upgrade

__all__ = ["Merged", "fact_tables", "fingerprint", "fingerprints", "merge", "same", "upgrade"]
