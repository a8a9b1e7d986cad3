"""What the names of a form's rows mean: units and values that its columns take, districts over communes."""

import re
from datetime import date
from functools import lru_cache

from chiso.contracts import Column, Contract
from chiso.contracts.parsing import Context, Unreadable, parse
from chiso.province.text import fold
from chiso.province.units import NotFound, Reference, Unit

_DISTRICT = re.compile(r"(?:huyen|h|thanh pho|tp|t p|thi xa|tx|quan) ")
_WHOLE = re.compile(r"\b(?:toan|ca) tinh\b")
_BRACKETS = str.maketrans("()[]", "    ")
_UNIT = re.compile(r"(?:ubnd\s+)?(?:xã|phường|thị trấn|huyện|thành phố|thị xã|tp\.?)\s+", re.IGNORECASE)


class Meaning:
    """Names are looked up at any time, since a form may speak of units that have ended."""

    def __init__(self, contract: Contract, reference: Reference) -> None:
        assert contract.terms.sheet is not None  # noqa: S101 - read_workbook makes sure
        self._contract, self._reference = contract, reference
        self._label = contract.column(contract.terms.sheet.label)
        self.has_communes = any("commune" in column.levels for column in contract.loaded_columns)
        self._times = sorted({agency.valid_to or date.max for agency in reference.agencies})
        codes = {code for _, _, code in reference.province_codes}
        self._province_names = {fold(unit.name) for unit in reference.units if unit.level == "province" and unit.code in codes}
        self._total_names = set(map(fold, contract.terms.sheet.totals.names))
        self.district = lru_cache(maxsize=65536)(self._district)
        self.names_province = lru_cache(maxsize=65536)(self._names_province)
        self.is_value = lru_cache(maxsize=65536)(self._is_value)

    def is_total(self, name: str) -> bool:
        """Whether rows so called sum others by what the contract says, or by their words: the province, or all of it."""
        key = fold(name)
        if key in self._total_names or (key in self._province_names and not self.label_is_province):
            return True
        whole = fold(name.translate(_BRACKETS))
        is_part = self._label.name in self._contract.terms.dimensions
        names = self._province_names if is_part else ()
        return (is_part or self.label_is_unit) and (_WHOLE.search(whole) is not None or any(each in whole for each in names))

    def is_province(self, name: str) -> bool:
        """Whether it names the province, in a form that has a row for it: its own figures, or the sum of the others'."""
        return self.label_is_province and self.names_province(name)

    @property
    def label_is_province(self) -> bool:
        """Whether a row may be named after the province itself."""
        return "province" in self._label.levels

    @property
    def label_is_unit(self) -> bool:
        """Whether every row is named after a unit."""
        return bool(self._label.levels) and self._label.terms.unknown != "text"

    @property
    def label_is_commune(self) -> bool:
        """Whether rows named after a district stand over communes."""
        return "commune" in self._label.levels and "district" not in self._label.levels

    def names_label(self, name: str) -> bool:
        """Whether it is a unit that the label's column takes."""
        return bool(self._label.levels) and self.is_value(self._label.name, name)

    def says_the_same(self, column: str, one: str, other: str) -> bool:
        """Whether two texts are one value of that column, however it is spelt."""
        taken = self._contract.column(column)
        if fold(taken.bare(one)) == fold(taken.bare(other)):
            return True
        if taken.reading == "text":
            return False
        contexts = [Context(self._reference, day) for day in self._times]
        both = ((parse(one, taken, context), parse(other, taken, context)) for context in contexts)
        return any(first == second and not isinstance(first, Unreadable) for first, second in both)

    def _names_province(self, name: str) -> bool:
        found = (self._reference.find(name, day, self._label.levels) for day in self._times)
        return any(isinstance(one, Unit) and one.level == "province" for one in found)

    def _district(self, name: str) -> str | None:
        """Code of the district that a name means, where the form has communes."""
        return self._reference.find_district(name) if self.has_communes else None

    def _is_value(self, column: str, name: str) -> bool:
        """Whether a unit or choice of that column is called so; open texts have no names of their own."""
        taken = self._contract.column(column)
        if taken.reading == "choice":
            return fold(taken.bare(name)) in _choices(taken)
        found = (self._reference.find(name, day, taken.levels) for day in self._times if taken.levels)
        return any(not isinstance(one, NotFound) or one.at_other_times for one in found)


def _choices(column: Column) -> set[str]:
    spellings = [spelling for others in column.terms.choices.values() for spelling in others]
    return {fold(str(choice)) for choice in [*column.enum, *spellings]}


def begins_like_a_district(name: str) -> bool:
    """Whether it begins with the word for a district, which tells it from a commune of the same name."""
    return _DISTRICT.match(fold(name)) is not None


def looks_like_a_unit(name: str) -> bool:
    """Whether it is written like a unit's name, in a register or not: `Huyện Đắk Glêi`."""
    prefix = _UNIT.match(name)
    rest = name[prefix.end() :].split() if prefix else []
    return bool(rest) and all(word[0].isupper() for word in rest)
