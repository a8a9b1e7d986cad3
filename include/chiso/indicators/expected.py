"""Numbers that are expected though a rule of publication would hold them: reviewed data, each with its reason.

`include/schemas/reference/expected_values.csv`: indicator, unit_code, calendar, period, value (with the digits that count),
why_vi, document.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from chiso.province.periods import Period
from chiso.system.errors import ContractError, Fault

FILE = "expected_values.csv"
_Key = tuple[str, str, str, str]
"""Indicator, code of the unit, calendar, period."""


@dataclass(frozen=True)
class ExpectedValues:
    """The list: the number that is expected, and why, by indicator, unit, calendar and period."""

    values: Mapping[_Key, tuple[Decimal, str]]

    def why(self, indicator: str, unit_code: str, period: Period, value: Decimal | None) -> str | None:
        """Why that number is expected; None where the list says nothing of it, or expects another."""
        found = self.values.get((indicator, unit_code, period.calendar, period.code))
        return found[1] if found and value is not None and agrees(value, found[0]) else None


def agrees(value: Decimal, printed: Decimal) -> bool:
    """Whether a number, rounded to as many digits as another is printed with, is that one."""
    return value.quantize(Decimal((0, (1,), min(int(printed.as_tuple().exponent), 0))), ROUND_HALF_UP) == printed


def load(schemas: Path) -> ExpectedValues:
    """The list below `schemas`. Raises ContractError, which names file and line."""
    values: dict[_Key, tuple[Decimal, str]] = {}
    with (schemas / "reference" / FILE).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            key = (row["indicator"], row["unit_code"], row["calendar"], row["period"])
            try:
                Period.of(row["period"], row["calendar"])
                number = Decimal(row["value"])
            except (InvalidOperation, ValueError) as fault:
                raise _fault(reader.line_num, f"{row['period']!r}, {row['calendar']!r} and {row['value']!r} must be a period, its calendar "
                             "and a number like 78.97") from fault
            if not (row["why_vi"] and row["document"]):
                raise _fault(reader.line_num, "has no why_vi or no document; say why the number is right, and where that stands")
            if key in values:
                raise _fault(reader.line_num, f"{', '.join(key)} is stated twice; keep one line")
            values[key] = (number, f"{row['why_vi']} ({row['document']})")
    return ExpectedValues(values)


def _fault(line: int, message: str) -> ContractError:
    return ContractError(Fault(f"include/schemas/reference/{FILE}", f"line {line}", message))
