"""Administrative units and agencies with their time axis, and names resolved to them.

Codes were reused on 1 July 2025: a unit is known by (level, code, valid_from), and every look-up says at
which day. The lists stand in `schemas/reference/`, and so does which province this is.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

import yaml

from chiso.province.text import fold, nfc
from chiso.province.unit_names import (
    COMMITTEE,
    KINDS,
    agency_key,
    is_spelt,
    means_surrounding,
    split_last,
    squeeze,
    unit_keys,
)
from chiso.system.errors import ContractError

Level = Literal["province", "district", "commune", "agency"]
ADMIN_LEVELS: tuple[Level, ...] = ("province", "district", "commune")
"""Levels of administrative units; agencies have a register of their own."""


@dataclass(frozen=True)
class Unit:
    """An administrative unit; both days inclusive, None: since ever, until today."""

    level: Level
    code: str
    name: str
    parent_code: str | None
    """The district of a commune (since 1 July 2025 the province); None for a province."""
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Agency:
    """An agency that delivers or is reported on; `unit_code` is the unit it serves."""

    code: str
    name: str
    level: str
    """tỉnh, huyện, or ngành dọc (a branch of a ministry)."""
    unit_code: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Succession:
    """`new_code` stands for `old_code` since `effective`. `level` is `agency` for agencies."""

    level: str
    old_code: str
    new_code: str
    effective: date


@dataclass(frozen=True)
class NotFound:
    """No unit or agency of that name at the day asked for; `at_other_times` has it then."""

    at_other_times: tuple["Unit | Agency", ...] = ()


@dataclass(frozen=True)
class Ambiguous:
    """More than one unit or agency has that name; a district, a prefix or the exact spelling would decide."""

    candidates: tuple["Unit | Agency", ...]


class _Dated(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


T = TypeVar("T", bound=_Dated)


def holds(thing: _Dated, at: date) -> bool:
    """Whether a unit or agency exists at a day."""
    return (thing.valid_from or date.min) <= at <= (thing.valid_to or date.max)


class _Index(Generic[T]):
    """Things by any key."""

    def __init__(self, things: Iterable[T], keys: Callable[[T], Iterable[Hashable]]) -> None:
        self._by_key: dict[Hashable, list[T]] = defaultdict(list)
        for thing in things:
            for key in keys(thing):
                self.add(key, thing)

    def add(self, key: Hashable, thing: T) -> None:
        if thing not in self._by_key[key]:
            self._by_key[key].append(thing)

    def get(self, key: Hashable) -> list[T]:
        return self._by_key.get(key, [])


@dataclass(frozen=True)
class Reference:
    """The reference lists, ready for look-ups. Build it with `load_reference`."""

    units: tuple[Unit, ...]
    unit_successions: tuple[Succession, ...]
    agencies: tuple[Agency, ...]
    agency_successions: tuple[Succession, ...]
    province_codes: tuple[tuple[date, date, str], ...]
    """First day, last day, code."""
    _unit_codes: _Index[Unit] = field(repr=False, compare=False)
    _unit_names: _Index[Unit] = field(repr=False, compare=False)
    _agency_codes: _Index[Agency] = field(repr=False, compare=False)
    _agency_names: _Index[Agency] = field(repr=False, compare=False)

    def province(self, at: date) -> Unit:
        """The province that the platform serves, at a day. ContractError if province.yml leaves a gap."""
        code = next((code for first, last, code in self.province_codes if first <= at <= last), None)
        unit = self.unit(code, at, levels=("province",)) if code else None
        if unit is None:
            raise ContractError(f"province.yml: no province of admin_units.csv at {at:%Y-%m-%d}.")
        return unit

    def unit(self, code: str, at: date, levels: tuple[Level, ...] = ADMIN_LEVELS) -> Unit | None:
        """The unit with the register's code at a day; None if there is none."""
        coded = self._unit_codes.get(code)
        return next((unit for unit in coded if unit.level in levels and holds(unit, at)), None)

    def agency(self, code: str, at: date) -> Agency | None:
        """The agency with that code at a day; None if there is none."""
        return next((agency for agency in self._agency_codes.get(code) if holds(agency, at)), None)

    def terms(self, levels: Sequence[str]) -> dict[str, list[tuple[date, date]]]:
        """First and last days of everything of those levels (agencies are one), by code."""
        found: dict[str, list[tuple[date, date]]] = defaultdict(list)
        units: list[Unit | Agency] = [unit for unit in self.units if unit.level in levels]
        for thing in [*units, *(self.agencies if "agency" in levels else ())]:
            found[thing.code].append((thing.valid_from or date.min, thing.valid_to or date.max))
        return found

    def find_district(self, name: str) -> str | None:
        """Code of the one district of our province that has, or ever had, that name; None if there is none."""
        codes = {unit.code for unit in self._named(nfc(name).strip()) if unit.level == "district"}
        return codes.pop() if len(codes) == 1 else None

    def find(self, name_or_code: str, at: date, levels: Sequence[Level],
             within: str | None = None) -> Unit | Agency | NotFound | Ambiguous:
        """What a text names among the units of `levels` at a day, agencies among them if `levels` say so.

        `UBND huyện Sa Thầy` is the agency where there is one at those levels, else the district itself. A name that
        fits an agency and another unit than the one it serves (`UBND Đắk Hà`: the district's, or the town's) is ambiguous.
        """
        agency = self.find_agency(name_or_code, at) if "agency" in levels else NotFound()
        administrative = tuple(level for level in ADMIN_LEVELS if level in levels)
        if not administrative:
            return agency
        unit = self.find_unit(name_or_code, at, within, administrative)
        if isinstance(unit, Ambiguous) and not means_surrounding(name_or_code):  # the city rather than the province of its name
            below = tuple(each for each in _possible(unit) if each.level != "province")
            unit = below[0] if len(below) == 1 else unit
        if isinstance(agency, NotFound):
            return NotFound(agency.at_other_times + unit.at_other_times) if isinstance(unit, NotFound) else unit
        others = tuple(each for each in _possible(unit) if each.code != agency.unit_code)
        return Ambiguous((agency, *others)) if others else agency

    def find_unit(self, name_or_code: str, at: date, within: str | None = None,
                  levels: tuple[Level, ...] = ADMIN_LEVELS) -> Unit | NotFound | Ambiguous:
        """The unit that a text names (`TP. Huế`, `xã Đăk Long`, `Xã Đắk Long, huyện Đắk Hà`, `23504`) at a day.

        A prefix restricts the kind, without one the name alone decides; so does the district or province that the text
        itself states. Of several, those in the district `within` come first, then those of our province, then the one
        that is spelt exactly so.
        """
        text = nfc(name_or_code).strip()
        if text.isdigit():
            coded = [unit for unit in self._unit_codes.get(text) if unit.level in levels]
            return self.unit(text, at, levels) or NotFound(tuple(coded))
        name, around = self._around(text, at)
        named = [unit for unit in self._named(name) if unit.level in levels and self._lies_in(unit, around, at)]
        candidates = [unit for unit in named if holds(unit, at)]
        for narrower in (lambda unit: within is not None and unit.parent_code == within, self._is_ours,
                         lambda unit: is_spelt(name, unit.name)):
            if len(candidates) > 1:
                candidates = list(filter(narrower, candidates)) or candidates
        if not candidates:
            return NotFound(tuple(named))
        return candidates[0] if len(candidates) == 1 else Ambiguous(tuple(candidates))

    def find_agency(self, name_or_code: str, at: date) -> Agency | NotFound:
        """The agency that a text names (`Sở TT&TT`, `- UBND huyện Sa Thầy`, `000.00.11.H34`) at a day."""
        text = nfc(name_or_code).strip()
        named = (self._agency_codes.get(text) or self._agency_names.get(agency_key(self._local(text)))
                 or self._committee(text, at))
        found = next((agency for agency in named if holds(agency, at)), None)
        return found or NotFound(tuple(named))

    def successors(self, code: str, at: date) -> list[Agency]:
        """Agencies that stand at a day for the agency `code`; itself if it still exists."""
        chain = (self.agency(known, at) for known in self._follow(code, at, forward=True))
        return [agency for agency in chain if agency]

    def predecessors(self, code: str, at: date) -> list[str]:
        """Codes of the agencies whose tasks the agency `code` has taken over by a day, nearest first."""
        return self._follow(code, at, forward=False)[1:]

    def _follow(self, code: str, at: date, *, forward: bool) -> list[str]:
        chain = [code]
        for known in chain:
            steps = ((step.old_code, step.new_code) if forward else (step.new_code, step.old_code)
                     for step in self.agency_successions if step.effective <= at)
            chain += [after for before, after in steps if before == known and after not in chain]
        return chain

    def _around(self, text: str, at: date) -> tuple[str, list[tuple[Unit, ...]]]:
        """A name, and the units in which it lies by the text's own words (`Xã Đắk Long, huyện Đắk Hà`), each with its alternatives.

        Words behind a name that are no district or province, nor call themselves one, stay a part of it.
        """
        around: list[tuple[Unit, ...]] = []
        while parts := split_last(text):
            outer = self.find_unit(parts[1], at, levels=("province", "district"))
            if isinstance(outer, NotFound) and not means_surrounding(parts[1]):
                break
            around.append(_possible(outer))
            text = parts[0]
        return text, around

    def _lies_in(self, unit: Unit, around: list[tuple[Unit, ...]], at: date) -> bool:
        """Whether a unit is a part of all the others."""
        over = {unit.parent_code}
        if unit.level == "commune" and unit.parent_code and (district := self.unit(unit.parent_code, at, ("district",))):
            over.add(district.parent_code)
        return all(any(outer.code in over for outer in alternatives) for alternatives in around)

    def _named(self, text: str) -> list[Unit]:
        key = fold(text)
        for committee in COMMITTEE:
            key = key.removeprefix(committee)
        found = list(self._unit_names.get(("", squeeze(key))))
        for prefix, kinds in KINDS.items():
            if key.startswith(f"{prefix} "):
                rest = squeeze(key.removeprefix(prefix))
                of_kind = (unit for kind in kinds for unit in self._unit_names.get((kind, rest)))
                found += [unit for unit in of_kind if unit not in found]
        return found

    def _committee(self, text: str, at: date) -> list[Agency]:
        """The people's committee of a district, however the district is written."""
        if not fold(text).startswith(COMMITTEE):
            return []
        district = self.find_unit(text, at, levels=("district",))
        return self._agency_names.get(("committee", district.code)) if isinstance(district, Unit) else []

    def _is_ours(self, unit: Unit) -> bool:
        return unit.level != "province" or unit.code in {code for _, _, code in self.province_codes}

    @cached_property
    def _our_names(self) -> frozenset[str]:
        return frozenset(fold(unit.name) for unit in self.units
                         if unit.level == "province" and self._is_ours(unit))

    def _local(self, text: str) -> str:
        """Folded name of an agency without the province's own: of `Sở Nội vụ tỉnh …`, Sở Nội vụ."""
        key = fold(text)
        for name in self._our_names:
            key = key.removesuffix(f" {name}")
        return key


def _possible(found: Unit | NotFound | Ambiguous) -> tuple[Unit, ...]:
    """The units that were found, however many."""
    if isinstance(found, Ambiguous):
        return tuple(each for each in found.candidates if isinstance(each, Unit))
    return (found,) if isinstance(found, Unit) else ()


@lru_cache(maxsize=4)
def load_reference(schemas: Path) -> Reference:
    """The reference lists below `schemas/reference`. Raises ContractError for an unusable list."""
    folder = schemas / "reference"
    try:
        return _load(folder)
    except (KeyError, ValueError, OSError, yaml.YAMLError) as fault:
        raise ContractError(f"Reference lists in {folder.name}: {fault!r}") from fault


def _load(folder: Path) -> Reference:
    everywhere = [_unit(row) for row in _rows(folder / "admin_units.csv")]
    settings = yaml.safe_load((folder / "province.yml").read_text("utf-8"))
    agencies = [Agency(row["code"], row["name_vi"], row["level"], row["admin_unit_code"],
                       _day(row["valid_from"]), _day(row["valid_to"]))
                for row in _rows(folder / "agencies.csv")]
    return Reference(
        units=tuple(everywhere),
        unit_successions=tuple(_succession(row, row["level"])
                               for row in _rows(folder / "admin_unit_successions.csv")),
        agencies=tuple(agencies),
        agency_successions=tuple(_succession(row, "agency")
                                 for row in _rows(folder / "agency_successions.csv")),
        province_codes=tuple((line.get("valid_from", date.min), line.get("valid_to", date.max), line["code"])
                             for line in settings["codes"]),
        _unit_codes=_Index(everywhere, lambda unit: [unit.code]),
        _unit_names=_unit_names(everywhere, _rows(folder / "unit_aliases.csv")),
        _agency_codes=_Index(agencies, lambda agency: [agency.code]),
        _agency_names=_agency_names(agencies, _rows(folder / "agency_aliases.csv")),
    )


def _unit_names(units: list[Unit], aliases: Iterable[dict[str, str]]) -> _Index[Unit]:
    index = _Index(units, lambda unit: unit_keys(unit.name))
    by_key = {(unit.level, unit.code, unit.valid_from): unit for unit in units}
    for row in aliases:
        unit = by_key[row["level"], row["code"], _day(row["valid_from"])]  # type: ignore[index]
        for key in unit_keys(row["alias"]):
            index.add(key, unit)
    return index


def _agency_names(agencies: list[Agency], aliases: Iterable[dict[str, str]]) -> _Index[Agency]:
    index = _Index(agencies, lambda agency: [agency_key(fold(agency.name))])
    by_code = {agency.code: agency for agency in agencies}
    for row in aliases:
        index.add(agency_key(fold(row["alias"])), by_code[row["code"]])
    for agency in agencies:
        if fold(agency.name).startswith(COMMITTEE):
            index.add(("committee", agency.unit_code), agency)
    return index


def _unit(row: dict[str, str]) -> Unit:
    level = next(level for level in ADMIN_LEVELS if level == row["level"])
    return Unit(level, row["code"], row["name_vi"], row["parent_code"] or None,
                _day(row["valid_from"]), _day(row["valid_to"]))


def _succession(row: dict[str, str], level: str) -> Succession:
    return Succession(level, row["old_code"], row["new_code"], date.fromisoformat(row["effective_date"]))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
