"""Stage 7: values, targets and their explanation, computed from the warehouse. Reads no file of a source."""

from chiso.indicators.catalogue import Catalogue, load_catalogue
from chiso.indicators.compute import compute, sync_definitions, written_sha256
from chiso.indicators.explain import explain
from chiso.indicators.reading import Question, province_values, read_indicators
from chiso.indicators.targets import assess

__all__ = [
    "Catalogue",
    "Question",
    "assess",
    "compute",
    "explain",
    "load_catalogue",
    "province_values",
    "read_indicators",
    "sync_definitions",
    "written_sha256",
]
