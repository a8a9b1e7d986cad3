"""Contracts: what a source delivers. One YAML file per source, Open Data Contract Standard v3.2."""

from chiso.contracts.model import (
    Column,
    Contract,
    Delivery,
    Measure,
    Reading,
    Terms,
    Transport,
    Versions,
    lint,
    load,
    load_family,
    source_names,
)

__all__ = ["Column", "Contract", "Delivery", "Measure", "Reading", "Terms", "Transport", "Versions", "lint", "load", "load_family", "source_names"]
