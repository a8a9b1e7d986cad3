"""A contract against what stands outside it: agencies, units, and the indicators of the catalogue."""

from collections.abc import Iterator

from chiso.contracts import Contract
from chiso.contracts.condition_checks import comparisons
from chiso.contracts.yaml_text import read_yaml
from chiso.province.units import Reference
from chiso.system.errors import ContractError
from chiso.system.settings import Settings

Found = tuple[str, str]
"""Place in the contract, message."""


def faults_of_lists(contract: Contract, reference: Reference, indicators: frozenset[str] | None) -> Iterator[Found]:
    """Names that no list has. indicators: ids of the catalogue; None where it can't be read, which its own lint says."""
    agencies = {agency.code for agency in reference.agencies}
    for code in contract.terms.owners:
        if code not in agencies:
            yield "owner", f"{code} is no agency of include/schemas/reference/agencies.csv; write the code of one"
    for number, printed in enumerate(contract.terms.printed):
        if printed.indicator and indicators is not None and printed.indicator not in indicators:
            yield f"printed[{number}].indicator", f"{printed.indicator} is no indicator of include/schemas/indicators; add it there first"
    codes = agencies | {unit.code for unit in reference.units}
    for measure in contract.measures:
        yield from ((f"measures.{measure.id}", said) for said in _codes(contract, measure.when, codes))
    for number, printed in enumerate(contract.terms.printed):
        yield from ((f"printed[{number}].when", said) for said in _codes(contract, printed.when, codes))


def _codes(contract: Contract, condition: object, codes: set[str]) -> Iterator[str]:
    """Units are kept as codes, so a condition that names one by its words would never hold."""
    for comparison in comparisons(condition):
        column = contract.column(comparison.column)
        if not column.levels or comparison.operator not in ("=", "!=", "in") or column.terms.unknown == "text":
            continue
        for value in comparison.value if isinstance(comparison.value, tuple) else [comparison.value]:
            if value is not None and value not in codes:
                yield f"{value!r} is no unit's or agency's code, which is what {column.name} holds"


def indicator_ids(settings: Settings) -> frozenset[str] | None:
    """Ids of every indicator that a file of the catalogue states; None where one can't be read."""
    found: set[str] = set()
    for path in sorted((settings.schemas / "indicators").glob("*.yml")):
        try:
            entries = read_yaml(path, path.name).get("indicators", [])
        except ContractError:
            return None
        for entry in entries if isinstance(entries, list) else []:
            name = entry.get("id") if isinstance(entry, dict) else entry
            if isinstance(name, str):
                found.add(name)
    return frozenset(found)
