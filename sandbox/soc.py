"""The security operations centre: monitored assets, levels of systems; no hosts, no addresses."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.province import Agency, agencies

LISTED_ON = date(2024, 1, 1)  # the agencies that own assets and systems are those of this day
MONITORED = {"thiết bị": ("TB", 29, 3), "website": ("WEB", 34, 2)}  # prefix, monitored in June 2024, stopped
SYSTEMS, APPROVED = 37, 31
SHARED_SYSTEMS = (
    ("Hệ thống thông tin giải quyết thủ tục hành chính", 3),
    ("Trung tâm tích hợp dữ liệu", 3),
    ("Nền tảng tích hợp, chia sẻ dữ liệu (LGSP)", 3),
    ("Cổng thông tin điện tử tỉnh", 3),
    ("Hệ thống quản lý văn bản và điều hành", 3),
    ("Hệ thống thông tin báo cáo tỉnh", 2),
    ("Hệ thống thư điện tử công vụ", 2),
)


@dataclass(frozen=True)
class Asset:
    """A device or website; `until` is its last monitored day."""

    code: str
    kind: str
    owner: str
    since: date
    until: date | None

    def record(self, day: date) -> dict[str, Any]:
        """The JSON item as of a day."""
        active = self.until is None or day <= self.until
        return {
            "asset_id": self.code,
            "loai": self.kind,
            "ma_don_vi": self.owner,
            "trang_thai": "đang giám sát" if active else "ngừng giám sát",
            "ngay_bat_dau": self.since.isoformat(),
        }


@dataclass(frozen=True)
class System:
    """An information system; `approved` is the day of the decision on its level."""

    code: str
    name: str
    owner: str
    level: int
    approved: date | None
    plan: bool

    def record(self, last: date) -> dict[str, Any]:
        """The JSON item as of a period's last day."""
        approved = self.approved if self.approved and self.approved <= last else None
        number = f"{100 + int(self.code[-3:])}/QĐ-STTTT" if approved else None
        return {
            "ma_he_thong": self.code,
            "ten": self.name,
            "ma_don_vi": self.owner,
            "cap_do": self.level,
            "da_phe_duyet": approved is not None,
            "so_quyet_dinh": number,
            "ngay_phe_duyet": approved.isoformat() if approved else None,
            "co_phuong_an": self.plan,
        }


def _owner(units: tuple[Agency, ...], number: int) -> str:
    return units[number % len(units)].code


def assets(seed: int) -> tuple[Asset, ...]:
    """All assets that were ever monitored; the last ones were added or stopped in the first half of 2024."""
    rng = random.Random(f"{seed}/assets")
    units = agencies(LISTED_ON)
    made = []
    for kind, (prefix, active, stopped) in MONITORED.items():
        for number in range(active + stopped):
            recent = active - 6 <= number < active
            first = date(2024, 1, 10) if recent else date(2021, 6, 1)
            made.append(
                Asset(
                    code=f"{prefix}-{number + 1:03d}",
                    kind=kind,
                    owner=_owner(units, number),
                    since=first + timedelta(days=rng.randrange(150 if recent else 900)),
                    until=date(2024, 2, 1) + timedelta(days=rng.randrange(120)) if number >= active else None,
                )
            )
    return tuple(made)


def systems(seed: int) -> tuple[System, ...]:
    """The 37 systems, 31 of them approved by June 2024, the last 5 of these in that half-year."""
    rng = random.Random(f"{seed}/systems")
    units = agencies(LISTED_ON)
    named = list(SHARED_SYSTEMS)
    named += [(f"Trang thông tin điện tử {unit.name}", 2) for unit in units[: SYSTEMS - len(named)]]
    made = []
    for number, (name, level) in enumerate(named):
        if number >= APPROVED:
            approved = None
        elif number >= APPROVED - 5:
            approved = date(2024, 1, 15) + timedelta(days=rng.randrange(130))
        else:
            approved = date(2021, 3, 1) + timedelta(days=rng.randrange(900))
        owner = (
            "000.00.11.H34" if number < len(SHARED_SYSTEMS) else _owner(units, number - len(SHARED_SYSTEMS))
        )
        plan = approved is not None or rng.random() < 0.5
        made.append(System(f"HT-{number + 1:03d}", name, owner, level, approved, plan))
    return tuple(made)


def assets_on(all_assets: tuple[Asset, ...], day: date) -> list[dict[str, Any]]:
    """JSON items of the assets known on a day."""
    return [asset.record(day) for asset in all_assets if asset.since <= day]
