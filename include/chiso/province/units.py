"""Administrative units and agencies with their time axis, and names resolved to them.

Codes were reused on 1 July 2025: a unit is known by (level, code, valid_from), and every look-up says at
which day. The lists stand in `schemas/reference/`, and so does which province this is.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

import yaml

from chiso.province.text import fold, nfc
from chiso.system.errors import ContractError

Level = Literal["province", "district", "commune"]
LEVELS: tuple[Level, ...] = ("province", "district", "commune")


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
    """More than one unit has that name; a district, a prefix or the exact spelling would decide."""

    candidates: tuple[Unit, ...]


_KINDS: dict[str, tuple[str, ...]] = {
    "tinh": ("tinh",),
    "thanh pho": ("thanh pho",), "tp": ("thanh pho",), "t p": ("thanh pho",),
    "huyen": ("huyen",), "h": ("huyen",),
    "quan": ("quan",), "thi xa": ("thi xa",), "tx": ("thi xa",),
    "xa": ("xa",), "x": ("xa",), "phuong": ("phuong",), "p": ("phuong",),
    "thi tran": ("thi tran",), "tt": ("thi tran",), "dac khu": ("dac khu",),
}
"""What may stand before a unit's name (folded) → the kinds of unit it means."""
_COMMITTEE = ("ubnd ", "uy ban nhan dan ")


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

    def unit(self, code: str, at: date, levels: tuple[Level, ...] = LEVELS) -> Unit | None:
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

    def find_unit(self, name_or_code: str, at: date, within: str | None = None,
                  levels: tuple[Level, ...] = LEVELS) -> Unit | NotFound | Ambiguous:
        """The unit that a text names (`TP. Huế`, `xã Đăk Long`, `23504`) at a day.

        A prefix restricts the kind, without one the name alone decides. Of several, those in the district
        `within` come first, then those of our province, then the one that is spelt exactly so.
        """
        text = nfc(name_or_code).strip()
        if text.isdigit():
            coded = [unit for unit in self._unit_codes.get(text) if unit.level in levels]
            return self.unit(text, at, levels) or NotFound(tuple(coded))
        named = [unit for unit in self._named(text) if unit.level in levels]
        candidates = [unit for unit in named if holds(unit, at)]
        for narrower in (lambda unit: within is not None and unit.parent_code == within, self._is_ours,
                         lambda unit: _spelt(text, unit)):
            if len(candidates) > 1:
                candidates = list(filter(narrower, candidates)) or candidates
        if not candidates:
            return NotFound(tuple(named))
        return candidates[0] if len(candidates) == 1 else Ambiguous(tuple(candidates))

    def find_agency(self, name_or_code: str, at: date) -> Agency | NotFound:
        """The agency that a text names (`Sở TT&TT`, `- UBND huyện Sa Thầy`, `000.00.11.H34`) at a day."""
        text = nfc(name_or_code).strip()
        named = (self._agency_codes.get(text) or self._agency_names.get(_agency_key(self._local(text)))
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

    def _named(self, text: str) -> list[Unit]:
        key = fold(text)
        for committee in _COMMITTEE:
            key = key.removeprefix(committee)
        found = list(self._unit_names.get(("", _squeeze(key))))
        for prefix, kinds in _KINDS.items():
            if key.startswith(f"{prefix} "):
                rest = _squeeze(key.removeprefix(prefix))
                of_kind = (unit for kind in kinds for unit in self._unit_names.get((kind, rest)))
                found += [unit for unit in of_kind if unit not in found]
        return found

    def _committee(self, text: str, at: date) -> list[Agency]:
        """The people's committee of a district, however the district is written."""
        if not fold(text).startswith(_COMMITTEE):
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


def _squeeze(key: str) -> str:
    """Names are told apart without spaces (Ia H'Drai, Ia H' Drai) and without i or y (Ya Ly, Ia Li)."""
    return key.replace(" ", "").replace("y", "i")


def _agency_key(key: str) -> str:
    words = [word for word in key.split() if word != "va"]
    if words[-1:] == ["tinh"]:
        words.pop()
    return _squeeze(" ".join(words))


def _unit_keys(name: str) -> Iterator[tuple[str, str]]:
    """Key of the bare name under its kind and under none."""
    key = fold(name)
    kind = next((kind for kinds in _KINDS.values() for kind in kinds if key.startswith(f"{kind} ")), "")
    bare = _squeeze(key.removeprefix(kind))
    yield kind, bare
    yield "", bare


def _spelt(text: str, unit: Unit) -> bool:
    """Whether the name is written with the very letters of the register, whatever its case and prefix."""
    written, name = (" ".join(part.lower().split()) for part in (text, nfc(unit.name)))
    kind = next(_unit_keys(unit.name))[0]
    bare = name.split(" ", len(kind.split()))[-1]
    return re.search(rf"(?:^|[\s.]){re.escape(bare)}$", written) is not None


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
    index = _Index(units, lambda unit: _unit_keys(unit.name))
    by_key = {(unit.level, unit.code, unit.valid_from): unit for unit in units}
    for row in aliases:
        unit = by_key[row["level"], row["code"], _day(row["valid_from"])]  # type: ignore[index]
        for key in _unit_keys(row["alias"]):
            index.add(key, unit)
    return index


def _agency_names(agencies: list[Agency], aliases: Iterable[dict[str, str]]) -> _Index[Agency]:
    index = _Index(agencies, lambda agency: [_agency_key(fold(agency.name))])
    by_code = {agency.code: agency for agency in agencies}
    for row in aliases:
        index.add(_agency_key(fold(row["alias"])), by_code[row["code"]])
    for agency in agencies:
        if fold(agency.name).startswith(_COMMITTEE):
            index.add(("committee", agency.unit_code), agency)
    return index


def _unit(row: dict[str, str]) -> Unit:
    level = next(level for level in LEVELS if level == row["level"])
    return Unit(level, row["code"], row["name_vi"], row["parent_code"] or None,
                _day(row["valid_from"]), _day(row["valid_to"]))


def _succession(row: dict[str, str], level: str) -> Succession:
    return Succession(level, row["old_code"], row["new_code"], date.fromisoformat(row["effective_date"]))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
