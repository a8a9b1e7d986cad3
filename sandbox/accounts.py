"""Accounts of the national portal per commune and month: 32 456 at the end of June 2024; counts only."""

import random
from functools import cache

from sandbox.days import Span
from sandbox.documents import Record
from sandbox.province import apportion, communes

AT_FIRST, IN_JUNE_2024, LATER = 4_120, 32_456, 9_000  # before 2022, as published, new ones in the 12 months after
MONTHS_TO_JUNE_2024, MONTHS_LATER = 30, 12
TOWN, TOWNSHIP = 5, 3  # weight of a ward and of a township; a commune's is 1


def _weight(name: str) -> int:
    return TOWN if name.startswith("Phường") else TOWNSHIP if name.startswith("Thị trấn") else 1


@cache
def _added(seed: int) -> tuple[tuple[int, ...], ...]:
    """Accounts by commune: those before 2022, then the new ones of each month."""
    rng = random.Random(f"{seed}/accounts")
    weights = [_weight(commune.name) * rng.uniform(0.6, 1.4) for commune in communes()]
    rising = [(1 + month / 20) * rng.uniform(0.8, 1.2) for month in range(MONTHS_TO_JUNE_2024)]
    totals = [AT_FIRST, *apportion(IN_JUNE_2024 - AT_FIRST, rising), *apportion(LATER, [1] * MONTHS_LATER)]
    return tuple(tuple(apportion(total, [w * rng.uniform(0.5, 1.5) for w in weights])) for total in totals)


def records(seed: int, month: Span) -> list[Record]:
    """A row a commune: accounts at the month's end, new ones and log-ins of the month."""
    rng = random.Random(f"{seed}/accounts/{month.first}")
    added = _added(seed)[: month.months_known + 1]
    made = []
    for commune, course in zip(communes(), zip(*added, strict=True), strict=True):
        accounts = sum(course)
        made.append(
            {
                "MaXa": commune.code,
                "SoTaiKhoan": accounts,
                "SoTaiKhoanMoi": course[-1],
                "SoDangNhap": int(accounts * rng.uniform(0.3, 1.1)),
            }
        )
    return made
