"""The contracts of the checkout. A faulty one stops only itself."""

from dataclasses import dataclass

from chiso.contracts.model import Contract
from chiso.contracts.odcs import cached_contract
from chiso.system.errors import ContractError, Fault, UsageError
from chiso.system.settings import Settings


@dataclass(frozen=True)
class Loaded:
    """contracts: the sound ones, by source. faults: what is wrong with the others."""

    contracts: list[Contract]
    faults: list[Fault]


def source_names(settings: Settings) -> list[str]:
    """Every source that has a contract, sound or not, sorted."""
    root = settings.schemas / "contracts"
    return sorted(f"{path.parent.name}/{path.stem}" for path in root.glob("*/*.yml"))


def load(source: str, settings: Settings) -> Contract:
    """The contract of `source`. Raises UsageError for an unknown source, ContractError naming file, place and mend."""
    known = source_names(settings)
    if source not in known:
        raise UsageError(f"Unknown source {source!r}. Known: {', '.join(known)}.")
    path = settings.schemas / "contracts" / f"{source}.yml"
    return cached_contract(path, settings.home, path.stat().st_mtime_ns)


def load_all(settings: Settings, family: str | None = None) -> Loaded:
    """Every sound contract (of a family), and the faults of the others."""
    contracts: list[Contract] = []
    faults: list[Fault] = []
    for name in source_names(settings):
        if family is not None and not name.startswith(f"{family}/"):
            continue
        try:
            contracts.append(load(name, settings))
        except ContractError as fault:
            faults += fault.faults
    return Loaded(contracts, faults)


def load_family(family: str, settings: Settings) -> list[Contract]:
    """The sound contracts of a family, sorted by source."""
    return load_all(settings, family).contracts
