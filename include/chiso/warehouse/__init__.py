"""Stage 6: merge facts by natural key and keep every version. Computes no indicator."""

from chiso.warehouse.as_built import SCHEMAS, as_built
from chiso.warehouse.merge import NOTHING, Merged, merge
from chiso.warehouse.schema import migrated, upgrade
from chiso.warehouse.source_views import View, ViewColumn, source_views
from chiso.warehouse.values import staged_values
from chiso.warehouse.withdrawing import counted, take_back

__all__ = [
    "NOTHING", "SCHEMAS", "Merged", "View", "ViewColumn", "as_built", "counted", "merge", "migrated", "source_views", "staged_values", "take_back",
    "upgrade",
]  # fmt: skip
