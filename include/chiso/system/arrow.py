"""Arrow without pandas, which it would load (a third of a second) with the first list that it is given, for nothing here.

Imported for what it does, where Arrow is first imported. Does nothing where pandas is loaded already.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


class _NoPandas(MetaPathFinder):
    """Says that pandas isn't installed."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        if fullname == "pandas":
            raise ModuleNotFoundError("Arrow is to do without pandas", name=fullname)
        return None


if "pandas" not in sys.modules:
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([])  # Arrow asks once
    finally:
        sys.meta_path.remove(finder)
