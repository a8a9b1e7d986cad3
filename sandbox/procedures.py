"""Catalogue of administrative procedures: 1 726 on 30 June 2024; before that fewer, and fewer of them online."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sandbox.days import SINCE

FULLY_ONLINE, PARTLY_ONLINE, OFFLINE = "toàn trình", "một phần", "chưa trực tuyến"
LEVEL_COUNTS = {"tỉnh": 1378, "huyện": 245, "xã": 103}
ONLINE_COUNTS = {FULLY_ONLINE: 990, PARTLY_ONLINE: 373, OFFLINE: 363}
ADDED_IN_2024 = 38  # procedures announced between January and June 2024
ADDED_BEFORE = 90  # procedures announced in 2022 and 2023
BEFORE_2024 = (date(2024, 1, 1) - SINCE).days
ONLINE_AT_FIRST = 0.45  # of the services that are online in 2024; the others followed in 2022 and 2023

# Fields by the agency that handles them; those of the districts and communes are shared.
PROVINCE_FIELDS = {
    "000.00.01.H34": ("Phòng, chống tham nhũng",),
    "000.00.02.H34": ("Tổ chức biên chế", "Tôn giáo Chính phủ"),
    "000.00.03.H34": ("Lý lịch tư pháp", "Công chứng", "Luật sư"),
    "000.00.04.H34": ("Đăng ký doanh nghiệp", "Đầu tư"),
    "000.00.05.H34": ("Quản lý công sản", "Quản lý giá"),
    "000.00.06.H34": ("Lưu thông hàng hóa", "Điện lực"),
    "000.00.07.H34": ("Trồng trọt", "Thú y", "Lâm nghiệp"),
    "000.00.08.H34": ("Đường bộ", "Đăng kiểm"),
    "000.00.09.H34": ("Hoạt động xây dựng", "Quy hoạch đô thị"),
    "000.00.10.H34": ("Đất đai", "Môi trường", "Tài nguyên nước"),
    "000.00.11.H34": ("Bưu chính", "Xuất bản"),
    "000.00.12.H34": ("Người có công", "Việc làm", "Bảo trợ xã hội"),
    "000.00.13.H34": ("Văn hóa cơ sở", "Du lịch"),
    "000.00.14.H34": ("Sở hữu trí tuệ", "Năng lượng nguyên tử"),
    "000.00.15.H34": ("Giáo dục trung học", "Thi, tuyển sinh"),
    "000.00.16.H34": ("Khám bệnh, chữa bệnh", "Dược phẩm"),
    "000.00.17.H34": ("Công tác lãnh sự",),
    "000.00.18.H34": ("Giải quyết khiếu nại",),
    "000.00.19.H34": ("Công tác dân tộc",),
    "000.00.20.H34": ("Đầu tư khu kinh tế", "Lao động khu kinh tế"),
}
SUCCESSORS = {"000.00.41.H34": ("000.00.07.H34", "000.00.10.H34"), "000.00.42.H34": ("000.00.19.H34",)}
DISTRICT_FIELDS = (
    "Hộ tịch",
    "Đất đai cấp huyện",
    "Thành lập hộ kinh doanh",
    "Hạ tầng kỹ thuật",
    "Giáo dục tiểu học",
    "Bảo trợ xã hội cấp huyện",
    "Thi đua, khen thưởng",
    "Karaoke, vũ trường",
)
COMMUNE_FIELDS = ("Chứng thực", "Hộ tịch cấp xã", "Người có công cấp xã", "Tín ngưỡng, tôn giáo")
ACTIONS = ("Cấp", "Cấp lại", "Cấp đổi", "Gia hạn", "Điều chỉnh", "Thu hồi", "Xác nhận", "Công bố")
SUBJECTS = (
    "giấy phép hoạt động",
    "chứng chỉ hành nghề",
    "giấy chứng nhận đủ điều kiện",
    "quyết định công nhận",
    "văn bản chấp thuận",
)


@dataclass(frozen=True)
class Procedure:
    """One procedure; `since` is the first day it is in the catalogue, `online_since` of its online service."""

    code: str
    name: str
    field: str
    level: str
    online: str
    common: bool
    has_fee: bool
    online_payment: bool
    published: bool
    since: date
    online_since: date

    @property
    def is_online(self) -> bool:
        """Whether an application can be filed online."""
        return self.online != OFFLINE

    def on(self, day: date) -> "Procedure":
        """The procedure as it was on a day."""
        if day >= self.online_since:
            return self
        return replace(self, online=OFFLINE, online_payment=False)

    def record(self) -> dict[str, Any]:
        """The JSON item. The integrated procedures are exactly the online ones (1 363 = 990 + 373)."""
        return {
            "MaTTHC": self.code,
            "TenTTHC": self.name,
            "LinhVuc": self.field,
            "CapThucHien": self.level,
            "MucDo": self.online,
            "TichHopCongQuocGia": self.is_online,
            "PhoBien": self.common,
            "CoPhiLePhi": self.has_fee,
            "ThanhToanTrucTuyen": self.online_payment,
            "TrangThaiCongKhai": "đã công khai" if self.published else "chưa công khai",
        }


def _names(fields: Sequence[str], count: int) -> list[tuple[str, str]]:
    """(name, field) pairs spread evenly over the fields."""
    pairs = [
        (f"{action} {subject} lĩnh vực {field[0].lower()}{field[1:]}", field)
        for action in ACTIONS
        for subject in SUBJECTS
        for field in fields
    ]
    return pairs[:count]


def catalogue(seed: int) -> tuple[Procedure, ...]:
    """All procedures, sorted by code."""
    rng = random.Random(f"{seed}/procedures")
    fields = {
        "tỉnh": [field for owned in PROVINCE_FIELDS.values() for field in owned],
        "huyện": list(DISTRICT_FIELDS),
        "xã": list(COMMUNE_FIELDS),
    }
    named = [
        (name, field, level)
        for level, count in LEVEL_COUNTS.items()
        for name, field in _names(fields[level], count)
    ]
    online = [degree for degree, count in ONLINE_COUNTS.items() for _ in range(count)]
    rng.shuffle(online)
    numbers = rng.sample(range(1, 13_000), len(named))
    late = set(rng.sample(range(len(named)), ADDED_IN_2024))
    begun = _begun(seed, len(named), late)
    made = []
    for i, ((name, field, level), degree, number) in enumerate(zip(named, online, numbers, strict=True)):
        has_fee = rng.random() < 0.4
        made.append(
            Procedure(
                code=f"{rng.choices((1, 2, 3), (7, 2, 1))[0]}.{number:06d}",
                name=name,
                field=field,
                level=level,
                online=degree,
                common=rng.random() < 0.2,
                has_fee=has_fee,
                online_payment=has_fee and degree != OFFLINE and rng.random() < 0.9,
                published=rng.random() < 0.99,
                since=date(2024, 1, 8) + timedelta(days=rng.randrange(160)) if i in late else begun[i][0],
                online_since=begun[i][1],
            )
        )
    return tuple(sorted(made, key=lambda procedure: procedure.code))


def _begun(seed: int, count: int, late: set[int]) -> list[tuple[date, date]]:
    """When each procedure that was there before 2024 came into the catalogue and online; SINCE for the late ones."""
    rng = random.Random(f"{seed}/procedures/begun")
    lasting = [i for i in range(count) if i not in late]
    begun = [(SINCE, SINCE)] * count
    for i in lasting:
        if rng.random() >= ONLINE_AT_FIRST:
            begun[i] = (SINCE, SINCE + timedelta(days=rng.randrange(BEFORE_2024)))
    for i in rng.sample(lasting, ADDED_BEFORE):
        begun[i] = (SINCE + timedelta(days=rng.randrange(1, BEFORE_2024)), begun[i][1])
    return begun


def in_force(procedures: Sequence[Procedure], day: date) -> list[Procedure]:
    """The catalogue of a day, each procedure as it was then."""
    return [procedure.on(day) for procedure in procedures if procedure.since <= day]


def handled_by(agency_code: str, level: str, procedures: Sequence[Procedure]) -> list[Procedure]:
    """Procedures that an agency receives dossiers for: those that it had before 2024, too."""
    lasting = [procedure for procedure in procedures if procedure.since < date(2024, 1, 1)]
    if level == "huyện":
        return [procedure for procedure in lasting if procedure.level != "tỉnh"]
    owners = (agency_code, *SUCCESSORS.get(agency_code, ()))
    fields = {field for owner in owners for field in PROVINCE_FIELDS.get(owner, ())}
    return [procedure for procedure in lasting if procedure.field in fields]
