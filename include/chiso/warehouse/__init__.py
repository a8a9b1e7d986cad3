"""Stage 6: merge facts by natural key and keep every version. Computes no indicator."""

from chiso.warehouse.as_built import SCHEMAS, as_built
from chiso.warehouse.merge import NOTHING, Merged, merge
from chiso.warehouse.schema import upgrade, upgrade_if_older
from chiso.warehouse.source_views import View, ViewColumn, source_views
from chiso.warehouse.values import staged_values
from chiso.warehouse.withdrawing import counted, take_back

__all__ = [
    "NOTHING",
    "SCHEMAS",
    "Merged",
    "View",
    "ViewColumn",
    "as_built",
    "counted",
    "merge",
    "source_views",
    "staged_values",
    "take_back",
    "upgrade",
    "upgrade_if_older",
]  # fmt: skip
