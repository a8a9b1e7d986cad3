"""Stage 7: values, targets and their explanation, computed from the warehouse. Reads no file of a source."""

from chiso.indicators.catalogue import Catalogue
from chiso.indicators.compute import Computed, compute, take_turns
from chiso.indicators.decisions import Decided, decide, waiting
from chiso.indicators.definitions import known_periods, stale_periods, sync_definitions
from chiso.indicators.explain import explain
from chiso.indicators.figures import MeasureKey
from chiso.indicators.gate import Policy
from chiso.indicators.loading import load_catalogue
from chiso.indicators.reading import KnownValue, Question, history, latest_values, read_indicators
from chiso.indicators.restating import read_restated
from chiso.indicators.targets import Standing, assess

__all__ = [
    "Catalogue", "Computed", "Decided", "KnownValue", "MeasureKey", "Policy", "Question", "Standing", "assess", "compute", "decide",
    "explain", "history", "known_periods", "latest_values", "load_catalogue", "read_indicators", "read_restated", "stale_periods",
    "sync_definitions", "take_turns", "waiting",
]  # fmt: skip
