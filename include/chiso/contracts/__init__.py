"""Contracts: what a source delivers. One YAML file per source, Open Data Contract Standard v3.2.

What ODCS has no word for stands in `customProperties` and is checked by the types in `terms` and `columns`, unknown words forbidden.
"""

from chiso.contracts.columns import Column
from chiso.contracts.conditions import Condition
from chiso.contracts.loading import Loaded, load, load_all, source_names
from chiso.contracts.measures import Measure
from chiso.contracts.model import Contract
from chiso.contracts.readings import READINGS, Reading
from chiso.contracts.terms import Delivery, Events, Printed, Terms, Transport
from chiso.province.units import Level

__all__ = [
    "READINGS", "Column", "Condition", "Contract", "Delivery", "Events", "Level", "Loaded", "Measure", "Printed",
    "Reading", "Terms", "Transport", "load", "load_all", "source_names",
]  # fmt: skip
