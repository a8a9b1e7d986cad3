"""Reference lists of Kon Tum before July 2025: districts, communes, agencies and their share of the work."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
LAST_DAY = date(2025, 6, 30)  # the province ends with this day

# Share of the dossiers; agencies that are not named weigh 1.
WEIGHTS = {
    "000.00.03.H34": 6,
    "000.00.04.H34": 4,
    "000.00.08.H34": 6,
    "000.00.10.H34": 10,
    "000.00.12.H34": 3,
    "000.00.16.H34": 3,
    "000.00.21.H34": 16,
    "000.00.41.H34": 10,
}
DISTRICT_WEIGHT = 6


@dataclass(frozen=True)
class Commune:
    """A ward, township or commune."""

    code: str
    name: str
    district_code: str


@dataclass(frozen=True)
class District:
    """A district with its communes, in the register's order."""

    code: str
    name: str
    communes: tuple[Commune, ...]


@dataclass(frozen=True)
class Agency:
    """An agency that receives dossiers; `level` is tỉnh or huyện."""

    code: str
    name: str
    level: str
    unit_code: str
    valid_from: date
    valid_to: date

    @property
    def weight(self) -> int:
        """Relative number of dossiers."""
        return WEIGHTS.get(self.code, DISTRICT_WEIGHT if self.level == "huyện" else 1)


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of a CSV of the data folder."""
    with (DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def districts() -> tuple[District, ...]:
    """The 10 districts."""
    rows = read_table("admin_units.csv")
    return tuple(
        District(
            row["code"],
            row["name_vi"],
            tuple(
                Commune(unit["code"], unit["name_vi"], row["code"])
                for unit in rows
                if unit["level"] == "commune" and unit["parent_code"] == row["code"]
            ),
        )
        for row in rows
        if row["level"] == "district"
    )


@cache
def communes() -> tuple[Commune, ...]:
    """The 102 communes, district by district."""
    return tuple(commune for district in districts() for commune in district.communes)


@cache
def agencies(day: date) -> tuple[Agency, ...]:
    """Agencies that receive dossiers and are valid on the day: 30 before March 2025."""
    listed = (
        Agency(
            row["code"],
            row["name_vi"],
            row["level"],
            row["admin_unit_code"],
            date.fromisoformat(row["valid_from"] or "1991-10-01"),
            date.fromisoformat(row["valid_to"]),
        )
        for row in read_table("agencies.csv")
        if row["level"] != "ngành dọc"
    )
    return tuple(agency for agency in listed if agency.valid_from <= day <= agency.valid_to)


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Split a total into whole parts in proportion to the weights; the parts sum to it exactly."""
    scale = total / sum(weights)
    exact = [weight * scale for weight in weights]
    parts = [int(value) for value in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
