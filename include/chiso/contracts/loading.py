"""The contracts of the checkout. A faulty one stops only itself."""

from collections.abc import Iterable
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


def contract_file(source: str) -> str:
    """Where a source's contract lies, relative to the checkout."""
    return f"include/schemas/contracts/{source}.yml"


def load(source: str, settings: Settings) -> Contract:
    """The contract of `source`. Raises UsageError for an unknown source, ContractError naming file, place and mend."""
    known = source_names(settings)
    if source not in known:
        raise UsageError(f"Unknown source {source!r}. Known: {', '.join(known)}.")
    contract = _read(source, settings)
    natural = [name.replace("/", "_") for name in known]
    is_its_own = contract.table == source.replace("/", "_") and natural.count(contract.table) == 1  # whatever others state
    if not is_its_own and (clash := clashing_tables(_readable(known, settings)[0]).get(source)):
        raise ContractError(clash)
    return contract


def load_all(settings: Settings, family: str | None = None) -> Loaded:
    """Every sound contract (of a family), and the faults of the others."""
    contracts, faults = _readable(source_names(settings), settings)
    clashes = clashing_tables(contracts)
    wanted = "" if family is None else f"{family}/"
    sound = [contract for contract in contracts if contract.source not in clashes and contract.source.startswith(wanted)]
    return Loaded(sound, [fault for fault in [*faults, *clashes.values()] if fault.file.startswith(contract_file(wanted)[:-4])])


def clashing_tables(contracts: Iterable[Contract]) -> dict[str, Fault]:
    """Sources that would share a table with another, each with the fault of it: who has it by its own name keeps it."""
    own = [contract for contract in contracts if contract.table == contract.source.replace("/", "_")]
    others = [contract for contract in contracts if contract not in own]
    taken: dict[str, str] = {}
    clashes: dict[str, Fault] = {}
    for contract in [*own, *others]:
        for table in {contract.table, contract.source.replace("/", "_")}:
            holder = taken.setdefault(table, contract.source)
            if holder != contract.source:
                place = "events.table" if table == contract.table and contract not in own else "id"
                said = f"{holder} has the table {table} already; give this one another name"
                clashes[contract.source] = Fault(contract_file(contract.source), place, said)
    return clashes


def _readable(names: Iterable[str], settings: Settings) -> tuple[list[Contract], list[Fault]]:
    contracts: list[Contract] = []
    faults: list[Fault] = []
    for name in names:
        try:
            contracts.append(_read(name, settings))
        except ContractError as fault:
            faults += fault.faults
    return contracts, faults


def _read(source: str, settings: Settings) -> Contract:
    path = settings.home / contract_file(source)
    return cached_contract(path, settings.home, path.stat().st_mtime_ns)
