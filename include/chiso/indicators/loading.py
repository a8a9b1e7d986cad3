"""The catalogue's files. A faulty one stops only itself; what names something that isn't there can't be computed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from chiso import contracts
from chiso.contracts.in_words import in_words
from chiso.contracts.references import is_identifier
from chiso.contracts.yaml_text import read_yaml
from chiso.indicators import comparisons
from chiso.indicators.catalogue import (
    SHARED,
    Catalogue,
    Definition,
    Framework,
    FrameworkFile,
    Indicator,
    OwnIndicator,
    Years,
    sha256_of,
    units_sha256,
)
from chiso.indicators.checks import Found, Surroundings, faults_of_indicator, faults_of_targets, hint, twice
from chiso.indicators.comparisons import Comparison
from chiso.province.units import load_reference
from chiso.system.errors import ContractError, Fault
from chiso.system.settings import Settings
from chiso.system.stated import Stated

_UNKNOWN_WORD = "is no word of the catalogue; docs/indicators.md lists them"
_ITEM = re.compile(r"(indicators|targets)\[(\d+)\]")
_File = tuple[Path, int]
"""Path, and when it was last modified."""
T = TypeVar("T", bound=Stated)


def load_catalogue(settings: Settings) -> Catalogue:
    """The catalogue of the checkout, checked against its contracts, units and agencies; read again only when they change."""
    parts = ("indicators/*.yml", "contracts/*/*.yml", "reference/*")
    paths = [path for part in parts for path in sorted(settings.schemas.glob(part))]
    return _load(settings.home, tuple((path, path.stat().st_mtime_ns) for path in paths))


@lru_cache(maxsize=2)
def _load(home: Path, files: tuple[_File, ...]) -> Catalogue:
    del files
    return _Reader(Settings(home, home / "var", {})).read()


@dataclass
class _Reader:
    """Reads every file of the catalogue, and gathers what is wrong."""

    settings: Settings
    faults: list[Fault] = field(default_factory=list)

    def read(self) -> Catalogue:
        """The sound part of the catalogue, with the faults of the rest."""
        known = contracts.load_all(self.settings)
        sound = {contract.source: contract for contract in known.contracts}
        faulty = set(contracts.source_names(self.settings)) - set(sound)
        self.around = Surroundings(sound, faulty, load_reference(self.settings.schemas))
        self.units_sha256 = units_sha256(self.around.reference)
        folder = self.settings.schemas / "indicators"
        self.entries: set[str] = set()
        self.shared = self._shared(folder / "catalogue.yml")
        paths = [path for path in sorted(folder.glob("*.yml")) if path.name not in ("catalogue.yml", comparisons.FILE)]
        read = [(path, document) for path in paths if (document := self._framework_file(path)) is not None]
        self._duplicates(read)
        frameworks = [self._framework(path, document) for path, document in read]
        ordered = sorted(frameworks, key=lambda each: (each.framework, each.years.first or 0, each.version))
        compared = tuple(self._comparisons(folder / comparisons.FILE))
        return Catalogue(self.shared, tuple(ordered), tuple(self.faults), compared)

    def _fault(self, path: Path, found: Found) -> None:
        self.faults.append(Fault(str(path.relative_to(self.settings.home)), *found))

    def _document(self, path: Path) -> Mapping[str, Any] | None:
        try:
            return read_yaml(path, str(path.relative_to(self.settings.home)))
        except ContractError as fault:
            self.faults += fault.faults
            return None

    def _model(self, kind: type[T], given: object, path: Path, place: str = "") -> T | None:
        """`given` as a part of the catalogue; None, with its faults noted, where it is none."""
        try:
            return kind.model_validate(given)
        except ValidationError as fault:
            for where, message in in_words(fault, _UNKNOWN_WORD):
                self._fault(path, (".".join(filter(None, [place, _named(where, given)])), message))
            return None

    # --- catalogue.yml ---

    def _shared(self, path: Path) -> dict[str, Definition]:
        listed = self._listed_in(path, "indicators")
        sound = self._sound(Indicator, listed, path)
        self.entries = {_id(entry, place) for place, entry in enumerate(listed)}
        for name in twice(indicator.id for indicator in sound):
            self._fault(path, (name, "is the id of two indicators; the first is taken"))
        return {each.id: self._definition(each, path) for each in reversed(sound)}

    def _listed_in(self, path: Path, word: str) -> list[object]:
        """The one list that a file holds, under that word."""
        document = self._document(path) or {}
        listed = document.get(word, [])
        for key in sorted(set(document) - {word}):
            self._fault(path, (key, _UNKNOWN_WORD))
        if not isinstance(listed, list):
            self._fault(path, (word, f"must be a list of {word}"))
            return []
        return listed

    def _sound(self, kind: type[T], listed: list[object], path: Path) -> list[T]:
        read = [self._model(kind, entry, path, _id(entry, place)) for place, entry in enumerate(listed)]
        return [each for each in read if each is not None]

    # --- comparisons.yml ---

    def _comparisons(self, path: Path) -> Iterator[Comparison]:
        """Those whose sides can be compared."""
        if not path.exists():
            return
        found = self._sound(Comparison, self._listed_in(path, "comparisons"), path)
        for name in twice(each.id for each in found):
            self._fault(path, (name, "is the id of two comparisons; give each its own"))
        for comparison in found:
            sides = [self.shared.get(name) for name in comparison.sides]
            for name, side in zip(comparison.sides, sides, strict=True):
                if side is None and name not in self.entries:
                    self._fault(path, (f"{comparison.id}.sides", f"{name!r} is no indicator of catalogue.yml{hint(name, self.entries)}"))
            known = [side.indicator for side in sides if side is not None]
            if len(known) == len(sides) and (comparison.relation == "needs" or len({each.unit for each in known}) == 1):
                yield comparison
            elif len(known) == len(sides):
                units = " and ".join(each.unit for each in known)
                self._fault(path, (f"{comparison.id}.sides", f"are given in different units ({units}), so they can't be compared"))

    def _definition(
        self, indicator: Indicator, path: Path, defined_in: str = SHARED, years: Years | None = None
    ) -> Definition:
        wrong = faults_of_indicator(indicator, self.around)
        if not is_identifier(indicator.id):
            wrong.append((indicator.id, "can't be an indicator's id: use snake case, ASCII, at most 48 signs"))
        for found in wrong:
            self._fault(path, found)
        computable = indicator.formula is not None and not wrong
        digest = sha256_of(indicator, self.around.contracts, self.units_sha256) if computable else None
        return Definition(indicator, defined_in, years or Years(), digest)

    # --- A framework's file ---

    def _framework_file(self, path: Path) -> FrameworkFile | None:
        document = self._document(path)
        return None if document is None else self._model(FrameworkFile, document, path)

    def _duplicates(self, read: list[tuple[Path, FrameworkFile]]) -> None:
        """Versions that two files state, and targets of the same id; taken out, since which one is meant can't be known."""
        names = twice(f"{document.framework} {document.version}" for _, document in read)
        ids = twice(target.id for _, document in read for target in document.targets)
        for path, document in list(read):
            name = f"{document.framework} {document.version}"
            if name in names:
                self._fault(path, ("version", f"{name} is stated in two files; give each version a file of its own"))
                read.remove((path, document))
            for target in document.targets:
                if target.id in ids:
                    self._fault(path, (target.id, "is the id of two targets; give each its own"))

    def _framework(self, path: Path, document: FrameworkFile) -> Framework:
        for name in twice(_id(each, 0) for each in document.indicators):
            self._fault(path, (name, "is listed twice"))
        read = [self._listed(each, path, document) for each in document.indicators]
        definitions = {each.indicator.id: each for each in read if each is not None}
        known = self.entries | set(definitions)
        for found in faults_of_targets(document.targets, known, self.around):
            self._fault(path, found)
        names = (document.framework, document.version, document.name_vi, document.years)
        return Framework(*names, tuple(definitions.values()), tuple(document.targets))

    def _listed(self, entry: str | OwnIndicator, path: Path, document: FrameworkFile) -> Definition | None:
        if isinstance(entry, str):
            if entry not in self.entries:
                self._fault(path, (entry, f"is no indicator of catalogue.yml{hint(entry, self.entries)}"))
            return self.shared.get(entry)
        inherited = self.shared[entry.id].indicator.model_dump() if entry.id in self.shared else {}
        own = self._model(Indicator, inherited | entry.model_dump(exclude_unset=True), path, entry.id)
        place = f"{document.framework}/{document.version}"
        return self._definition(own, path, place, document.years) if own else None


def _id(entry: object, place: int) -> str:
    """An entry's id, for whoever mends it; its place where it has none."""
    if isinstance(entry, Mapping) and "id" in entry:
        return str(entry["id"])
    return entry.id if isinstance(entry, OwnIndicator) else entry if isinstance(entry, str) else f"indicators[{place}]"


def _named(where: str, given: object) -> str:
    """A place with the entry's id instead of its number."""

    def name(match: re.Match[str]) -> str:
        entry = given[match[1]][int(match[2])] if isinstance(given, Mapping) else None
        return str(entry["id"]) if isinstance(entry, Mapping) and "id" in entry else match[0]

    return _ITEM.sub(name, where, count=1)
