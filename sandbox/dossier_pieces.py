"""The pieces that dossier rows are put together from: what they are about, their course, their people, their faults."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.procedures import FULLY_ONLINE, PARTLY_ONLINE, Procedure, handled_by
from sandbox.province import Agency, communes

COLUMNS = (
    "MaHoSo",
    "MaTTHC",
    "MaDonVi",
    "MaXa",
    "KenhThucHien",
    "MucDo",
    "NgayTiepNhan",
    "NgayHenTra",
    "NgayKetThuc",
    "TrangThai",
    "SoLanBoSung",
    "SoNgayTamDung",
    "PhiLePhi",
    "ThanhToanTrucTuyen",
    "CoKetQuaDienTu",
    "HoSoSoHoa",
    "TaiSuDungDuLieu",
    "MucDoHaiLong",
    "ThoiDiemCapNhat",
    "ChuHoSo",
    "SoDinhDanh",
    "DienThoai",
    "DiaChi",
)
# Prime sizes: every stride runs through the whole pool.
PROFILES, PLANS, PERSONS = 8_191, 4_093, 4_099
DUE_AFTER = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30)  # working days
DUE_WEIGHTS = (4, 8, 10, 22, 18, 12, 10, 8, 5, 3)
MAX_LATE = 10  # working days
HORIZON = max(DUE_AFTER) + MAX_LATE  # working days from receipt to the last version
FEES = (5_000, 8_000, 20_000, 30_000, 50_000, 100_000, 200_000, 500_000)
BAD_KINDS = (
    "unreadable_received",
    "malformed_code",
    "ends_before_receipt",
    "negative_fee",
    "status_11",
    "channel_4",
    "satisfaction_7",
    "unknown_agency",
    "unknown_commune",
    "missing_code",
    "due_before_receipt",
    "unreadable_updated",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What stays the same in all versions: `middle` is MaTTHC … MucDo with separators."""

    agency: str
    middle: str
    unpaid: str
    paid: str


@dataclass(frozen=True, slots=True)
class Step:
    """One version: `lag` is in working days after receipt, `ended` the clock time of the end or empty."""

    lag: int
    ended: str
    state: str
    flags: str
    updated: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The course of a dossier."""

    received: str
    due_after: int
    steps: tuple[Step, ...]


def _clocks(rng: random.Random, first: int, last: int) -> tuple[str, str]:
    """A clock time between two hours and one 5 to 30 minutes after it, as HH:mm:ss."""
    second = rng.randrange(first * 3600, last * 3600)
    pair = (second, second + rng.randint(300, 1800))
    at, after = (f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in pair)
    return at, after


def profiles(seed: str, units: Sequence[Agency], procedures: Sequence[Procedure], working: bool) -> list[Profile]:
    """What PROFILES dossiers are about, and where they are filed; on free days that is online."""
    rng = random.Random(f"{seed}/profiles/{len(units)}/{working}")
    offered = {unit.code: handled_by(unit.code, unit.level, procedures) for unit in units}
    if not working:
        offered = {code: [p for p in those if p.is_online] for code, those in offered.items()}
    ready = [unit for unit in units if offered[unit.code]]
    everywhere = communes()
    made = []
    for unit in rng.choices(ready, [unit.weight for unit in ready], k=PROFILES):
        those = offered[unit.code]
        procedure = rng.choices(those, [6 if p.common else 1 for p in those])[0]
        near = [c for c in everywhere if c.district_code == unit.unit_code] or everywhere
        commune = "" if unit.level == "tỉnh" and rng.random() < 0.05 else rng.choice(near).code
        channel = 2 if not working else rng.choices((1, 2, 3), (5, 12 if procedure.is_online else 0, 1))[0]
        degree = procedure.online if procedure.online in (FULLY_ONLINE, PARTLY_ONLINE) else "khác"
        fee = rng.choice(FEES) if procedure.has_fee else rng.choice(("0", ""))
        online_payment = rng.choice((0, 1, 1, 2)) if procedure.online_payment and channel == 2 else 0
        made.append(
            Profile(
                agency=unit.code,
                middle=f"{procedure.code};{unit.code};{commune};{channel};{degree}",
                unpaid=f"{fee};0",
                paid=f"{fee};{online_payment}",
            )
        )
    return made


def _finish(rng: random.Random, due_after: int) -> int:
    """Working days until the end: 60 % early, 37 % on the day due, 3 % late."""
    outcome = rng.random()
    if outcome < 0.03:
        return due_after + rng.randint(1, MAX_LATE)
    if outcome < 0.40 or due_after == 0:
        return due_after
    return rng.randint(max(1, due_after // 3), due_after)


def plans(seed: str) -> list[Plan]:
    """PLANS courses: 8 % stay open, 3 % end without a result, 52 % report the processing in between."""
    rng = random.Random(f"{seed}/plans")
    made = []
    for _ in range(PLANS):
        due_after = rng.choices(DUE_AFTER, DUE_WEIGHTS)[0]
        lag = _finish(rng, due_after)
        received, registered = _clocks(rng, 7, 11 if lag == 0 else 16)
        flags = ";".join(str(int(rng.random() < share)) for share in (0.75, 0.82, 0.55))
        steps = [Step(0, "", rng.choice(("1;0;0", "2;0;0")), "0;0;0;", registered)]
        supplements = int(rng.random() < 0.06)
        reports = lag > 1 and rng.random() < 0.75
        if reports:
            state = f"{rng.choice((5, 5, 6)) if supplements else 4};{supplements};0"
            steps.append(Step(rng.randint(1, lag - 1), "", state, "0;0;0;", _clocks(rng, 8, 16)[1]))
        if rng.random() >= 0.08:
            status = rng.choice((3, 7, 8)) if rng.random() < 0.03 else rng.choice((9, 10, 10))
            paused = rng.randint(1, lag - 1) if supplements and lag > 1 else 0
            liking = str(rng.choices((1, 2, 3, 4, 5), (1, 1, 4, 30, 64))[0]) if rng.random() < 0.4 else ""
            ended, reported = _clocks(rng, 13, 16)
            state = f"{status};{supplements if lag > 1 else 0};{paused}"
            steps.append(Step(lag, ended, state, f"{flags};{liking}", reported))
        made.append(Plan(received, due_after, tuple(steps)))
    return made


def persons(seed: str) -> list[str]:
    """ChuHoSo;SoDinhDanh;DienThoai;DiaChi of people who don't exist; one address in fifty needs quoting."""
    rng = random.Random(f"{seed}/persons")
    families = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "A", "Y", "Đinh", "Võ", "Bùi")
    middles = ("Văn", "Thị", "Đức", "Minh", "Thanh", "Ngọc", "Quốc", "Hồng")
    names = ("An", "Bình", "Cường", "Dung", "Giang", "Hà", "Khánh", "Lan", "Nam", "Thảo", "Tuấn", "Yến")
    made = []
    for number in range(PERSONS):
        name = f"{rng.choice(families)} {rng.choice(middles)} {rng.choice(names)} (giả)"
        place = rng.choice(communes()).name
        address = f"Thôn {rng.randint(1, 12)}, {place}, Kon Tum"
        if number % 50 == 7:
            address = f'"Tổ {rng.randint(1, 9)}; ""nhà giả""\nđường thử nghiệm, {place}"'
        made.append(f"{name};062{rng.randrange(10**9):09d};09{rng.randrange(10**8):08d};{address}")
    return made


def spoil(kind: str, fields: list[str], day: date) -> None:
    """Make one row wrong in the way named; `fields` is in the order of COLUMNS."""
    before = f"{day - timedelta(days=3):%d/%m/%Y} 08:00:00"
    wrong = {
        "unreadable_received": ("NgayTiepNhan", f"32/13/{day.year} 08:00:00"),
        "malformed_code": ("MaHoSo", f"HS_{fields[0][-4:]}/{day:%Y}"),
        "missing_code": ("MaHoSo", ""),
        "ends_before_receipt": ("NgayKetThuc", before),
        "due_before_receipt": ("NgayHenTra", before),
        "negative_fee": ("PhiLePhi", "-30000"),
        "status_11": ("TrangThai", "11"),
        "channel_4": ("KenhThucHien", "4"),
        "satisfaction_7": ("MucDoHaiLong", "7"),
        "unknown_agency": ("MaDonVi", "000.00.99.H34"),
        "unknown_commune": ("MaXa", "99999"),
        "unreadable_updated": ("ThoiDiemCapNhat", f"{day:%Y-%m-%d} 25:61"),
    }
    column, value = wrong[kind]
    fields[COLUMNS.index(column)] = value
