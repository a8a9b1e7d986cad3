"""Modules whose loading is put off until something of them is used."""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """Stands for a module; the first attribute that is asked for loads it."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        module = importlib.import_module(name)
        self.__dict__.update(module.__dict__)
        return getattr(module, attribute)


def defer(name: str) -> None:
    """Puts off loading the module `name`; does nothing where it is loaded or isn't installed."""
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None:
        return
    module = _Deferred(name)
    module.__spec__ = spec
    module.__path__ = list(spec.submodule_search_locations or ())
    sys.modules[name] = module
