"""Whether a source's three files hold together: contract, suite, fixture."""

from collections.abc import Iterator

from chiso import contracts
from chiso.system.errors import ContractError
from chiso.system.settings import Settings
from chiso.validation.rules import Rules


def lint(source: str, settings: Settings) -> list[str]:
    """What is wrong, a line each; [] if nothing."""
    try:
        contracts.load(source, settings)
    except ContractError as fault:
        return [str(each) for each in fault.faults]
    return list(_together(source, settings))


def _together(source: str, settings: Settings) -> Iterator[str]:
    contract = contracts.load(source, settings)
    try:
        stated = Rules.of(contract, settings).stated
    except ContractError as fault:
        yield str(fault)
        return
    names = {column.name for column in contract.loaded_columns}
    yield from (
        f"suite: rule {rule.id} names {rule.column}, which is no column"
        for rule in stated
        if rule.column and rule.column not in names
    )
    tests = settings.home / "tests"  # an image has none
    beside = (tests / "fixtures" / contract.family).glob(f"{contract.source.split('/')[1]}.*")
    if tests.exists() and all(path.name.endswith(".expected.json") for path in beside):
        yield f"fixture: tests/fixtures/{source}.* is missing"
