"""Files beside contracts, suites and fixtures that belong to no source, so that nobody reads them."""

from collections.abc import Iterator
from pathlib import Path

from chiso import contracts
from chiso.system.errors import Fault
from chiso.system.settings import Settings


def faults_of_stray_files(settings: Settings) -> Iterator[Fault]:
    """What is wrong, by file."""
    known = set(contracts.source_names(settings))
    yield from _strays(settings.schemas / "contracts", ".yml", known, settings, "a contract lies at <family>/<name>.yml")
    yield from _strays(settings.expectations, ".json", known, settings, "no contract has this stem; name it as its contract")
    fixtures = settings.home / "tests" / "fixtures"
    for path in _files(fixtures):
        if f"{path.parent.name}/{path.name.split('.')[0]}" not in known or path.parent.parent != fixtures:
            yield Fault(_name(path, settings), "", "no contract has this stem; name it as its contract, or delete it")


def _strays(root: Path, ending: str, known: set[str], settings: Settings, said: str) -> Iterator[Fault]:
    for path in _files(root):
        if path.parent.parent != root or path.suffix != ending or f"{path.parent.name}/{path.stem}" not in known:
            yield Fault(_name(path, settings), "", said)


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file())


def _name(path: Path, settings: Settings) -> str:
    return str(path.relative_to(settings.home))
