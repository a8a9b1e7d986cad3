"""Small synthetic deliveries, and the way they come in."""

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from chiso import contracts
from chiso.deliveries.verdicts import Outcome
from chiso.flow import collecting, loading
from chiso.indicators import Question
from chiso.inquiry import answers
from chiso.system.platform import Platform
from chiso.system.settings import load as load_settings

from tests.unit.staging.workbooks import HEADER, NUMBERING, Page, xlsx

Fields = dict[str, str]

DOSSIER: Fields = {
    "MaHoSo": "000.00.11.H34-240610-0001",
    "MaTTHC": "1.000001",
    "MaDonVi": "000.00.11.H34",
    "MaXa": "",
    "KenhThucHien": "2",
    "MucDo": "toàn trình",
    "NgayTiepNhan": "10/06/2024 08:00:00",
    "NgayHenTra": "20/06/2024 17:00:00",
    "NgayKetThuc": "",
    "TrangThai": "4",
    "SoLanBoSung": "0",
    "SoNgayTamDung": "0",
    "PhiLePhi": "0",
    "ThanhToanTrucTuyen": "0",
    "CoKetQuaDienTu": "0",
    "HoSoSoHoa": "1",
    "TaiSuDungDuLieu": "0",
    "MucDoHaiLong": "",
    "ThoiDiemCapNhat": "10/06/2024 09:00:00",
    "ChuHoSo": "Nguyễn Thị Giả Định",
    "SoDinhDanh": "062199000123",
    "DienThoai": "0905123456",
    "DiaChi": "12 đường Thử Nghiệm",
}
PERSONAL = ("Giả Định", "062199000123", "0905123456", "đường Thử Nghiệm")
"""What must be found nowhere of a dossier."""


def dossier(number: int = 1, **changes: str) -> Fields:
    """A dossier that breaks no rule; `changes` by printed header."""
    return DOSSIER | {"MaHoSo": f"000.00.11.H34-240610-{number:04d}"} | changes


def dossiers(count: int, first: int = 1) -> list[Fields]:
    return [dossier(number) for number in range(first, first + count)]


def csv_bytes(
    rows: Iterable[Mapping[str, str]],
    *,
    header: Sequence[str] = tuple(DOSSIER),
    separator: str = ";",
    newline: str = "\r\n",
    encoding: str = "utf-8",
) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=newline)
    writer.writerow(header)
    writer.writerows([row.get(name, "") for name in header] for row in rows)
    return text.getvalue().encode(encoding)


PROCEDURE: dict[str, Any] = {
    "MaTTHC": "1.000001",
    "TenTTHC": "Thủ tục thử nghiệm",
    "LinhVuc": "Hộ tịch",
    "CapThucHien": "tỉnh",
    "MucDo": "toàn trình",
    "TichHopCongQuocGia": 1,
    "PhoBien": 1,
    "CoPhiLePhi": 0,
    "ThanhToanTrucTuyen": 0,
    "TrangThaiCongKhai": "công khai",
}


def procedure(number: int = 1, **changes: Any) -> dict[str, Any]:
    return PROCEDURE | {"MaTTHC": f"1.{number:06d}"} | changes


def json_bytes(records: object, **options: Any) -> bytes:
    return json.dumps(records, ensure_ascii=False, **options).encode()


COMMUNES_OF_DAK_GLEI = ["Thị trấn Đắk Glei", "Xã Đắk Blô", "Xã Đắk Man", "Xã Đắk Nhoong", "Xã Đắk Pék"]


def telecom_row(number: int, name: str, households: object = 100, fibre: object = 50) -> list[object]:
    return [number, name, households, fibre, 7, 6, 900, 800, "x", "-", None]


def telecom_form(
    rows: Sequence[Sequence[object]],
    *,
    period: str = "Kỳ báo cáo: Quý III/2022",
    department: str = "SỞ THÔNG TIN VÀ TRUYỀN THÔNG",
) -> bytes:
    """A form as departments/telecom delivers it; its first data row is sheet row 7."""
    titles: list[list[object]] = [[department], ["BÁO CÁO HẠ TẦNG VIỄN THÔNG"], [period], []]
    return xlsx(Page([*titles, HEADER, NUMBERING, *rows]))


def alert(day: str, count: int = 2) -> dict[str, Any]:
    """Alerts of one day, agency, severity and disposition."""
    same = {"ma_don_vi": "000.00.11.H34", "muc_do": "low", "ket_luan": "true_positive", "thoi_gian_xu_ly_tb_phut": 7.5}
    return {"ngay": day, "so_luong": count, **same}


class Inbox:
    """A folder from which files are checked and loaded."""

    def __init__(self, folder: Path, platform: Platform) -> None:
        self.folder, self.platform = folder, platform
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes, name: str, received: datetime | None = None) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        if received is not None:
            os.utime(path, (received.timestamp(), received.timestamp()))
        return path

    def check(self, source: str, content: bytes, name: str, period: str | None = None) -> Outcome:
        contract = contracts.load(source, self.platform.settings)
        return loading.check(self.put(content, name), contract, self.platform, period)

    def ingest(
        self, source: str, content: bytes, name: str, period: str | None = None, *, received: datetime | None = None
    ) -> Outcome:
        contract = contracts.load(source, self.platform.settings)
        return collecting.ingest_file(self.put(content, name, received), contract, self.platform, period)


def at(day: int, hour: int = 0) -> datetime:
    """A moment in July 2024."""
    return datetime(2024, 7, day, hour, tzinfo=UTC)


def found(outcome: Outcome) -> list[tuple[str, int | None]]:
    """Rule and row (or line) of every finding that rejects or refuses, in the order of rows."""
    grave = [each for each in outcome.issues if each["severity"] == "critical"]
    return sorted(((each["rule"], each["row"]) for each in grave), key=lambda pair: (pair[1] or 0, pair[0]))


def rules(outcome: Outcome) -> list[str]:
    return [each["rule"] for each in outcome.issues]


def tables(platform: Platform) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the warehouse without surrogate ids, clock times, fetch and audit events.

    A delivery is named by its file's SHA-256 instead of its id.
    """
    found = {}
    with platform.engine.connect() as connection:
        for name, query in _TABLES.items():
            rows = connection.execute(sa.text(query)).all()
            found[name] = sorted(tuple(map(str, row)) for row in rows)
    return found


_TABLES = {
    "landing.raw_file": "SELECT sha256, bytes, encrypted FROM landing.raw_file",
    "landing.delivery": "SELECT source, stated_period, sha256, received_at, origin, file_name FROM landing.delivery",
    "validation.verdict": "SELECT d.sha256, v.period, v.calendar, v.accepted, v.row_count, v.rejected_count, v.loaded_count, "
    "v.unchanged_count, v.content_sha256, v.issues, v.issues_total FROM validation.verdict v "
    "JOIN landing.delivery d USING (delivery_id)",
    "quarantine.reject": "SELECT d.sha256, q.line, q.rule, q.cell, q.value, q.message_vi FROM quarantine.reject q "
    "JOIN validation.verdict v USING (verdict_id) JOIN landing.delivery d USING (delivery_id)",
    **{
        f"warehouse.{name}": f"SELECT d.sha256, to_jsonb(f) - 'delivery_id' - 'recorded_at' - 'portion' FROM warehouse.{name} f "
        "JOIN landing.delivery d USING (delivery_id)"
        for name in [*(contract.table for contract in contracts.load_all(load_settings({})).contracts), "load", "slice"]
    },
    "warehouse.touched_period": "SELECT d.sha256, t.calendar, t.period FROM warehouse.touched_period t "
    "JOIN landing.delivery d USING (delivery_id)",
    "indicators.value": "SELECT indicator, unit_code, calendar, period, value, numerator, denominator, status, missing, "
    "publication FROM indicators.value",
}


def values(platform: Platform, indicator: str, period: str, as_of: datetime | None = None) -> list[float]:
    """The province's values of an indicator at a period."""
    rows = answers.indicator_rows(platform, Question(None, period, None, as_of))
    return sorted({float(row.value) for row in rows if row.indicator == indicator and row.value is not None})
