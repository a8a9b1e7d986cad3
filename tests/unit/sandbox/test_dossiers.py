"""Dossier exports: repeatable, streamed, in the portal's form, with few and known bad rows."""

import csv
import io
import re
import tracemalloc
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from sandbox.days import UnknownPeriodError, span_of
from sandbox.dossiers import BAD_KINDS, COLUMNS, DossierBook
from sandbox.procedures import catalogue
from sandbox.province import agencies, communes

TODAY = date(2024, 7, 3)
CODE = re.compile(r"\d{3}\.\d{2}\.\d{2}\.H34-\d{6}-\d{4,7}")
MONTHS = [f"2024-{month:02d}" for month in range(1, 8)]
AGENCIES = {agency.code for agency in agencies(date(2024, 1, 1))}
COMMUNES = {commune.code for commune in communes()} | {""}
Row = dict[str, str]


def book(total: int = 20_000, seed: int = 34, today: date = TODAY) -> DossierBook:
    return DossierBook(seed, total, today, catalogue(seed))


def export(made: DossierBook, code: str) -> bytes:
    return b"".join(made.export(span_of(code)))


def rows(data: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{text[6:10]}-{text[3:5]}-{text[:2]}T{text[11:]}")
    except ValueError:
        return None


def faults_of(row: Row) -> list[str]:
    """Why the platform would reject the row."""
    received, ended, due = (moment(row[name]) for name in ("NgayTiepNhan", "NgayKetThuc", "NgayHenTra"))
    checks = {
        "time": received is None or moment(row["ThoiDiemCapNhat"]) is None,
        "code": not CODE.fullmatch(row["MaHoSo"]),
        "end": bool(received and ended and ended < received),
        "due": bool(received and due and due < received),
        "fee": row["PhiLePhi"].startswith("-"),
        "status": row["TrangThai"] not in {str(n) for n in range(1, 11)},
        "channel": row["KenhThucHien"] not in {"1", "2", "3"},
        "liking": row["MucDoHaiLong"] not in {"", "1", "2", "3", "4", "5"},
        "agency": row["MaDonVi"] not in AGENCIES,
        "commune": row["MaXa"] not in COMMUNES,
    }
    return [name for name, wrong in checks.items() if wrong]


@pytest.fixture(scope="module")
def made() -> DossierBook:
    return book()


@pytest.fixture(scope="module")
def by_month(made: DossierBook) -> dict[str, list[Row]]:
    return {code: rows(export(made, code)) for code in MONTHS}


def test_same_arguments_give_the_same_bytes(made: DossierBook) -> None:
    assert export(book(), "2024-06") == export(made, "2024-06")
    assert export(book(seed=35), "2024-06") != export(made, "2024-06")


def test_form_of_the_export(made: DossierBook) -> None:
    data = export(made, "2024-06-14")
    assert data.startswith("\ufeffMaHoSo;MaTTHC;".encode())
    assert data.splitlines()[0].decode("utf-8-sig").split(";") == list(COLUMNS)
    assert data.endswith(b"\r\n")
    assert all(None not in row and None not in row.values() for row in rows(data))


def test_every_dossier_is_received_once_between_january_and_today(by_month: dict[str, list[Row]]) -> None:
    versions = [row for those in by_month.values() for row in those if not faults_of(row)]
    bad = sum(bool(faults_of(row)) for those in by_month.values() for row in those)
    first = [row for row in versions if row["TrangThai"] in {"1", "2"}]
    assert len(first) + bad == 20_000
    days = {moment(row["NgayTiepNhan"]).date() for row in versions}  # type: ignore[union-attr]
    assert (min(days), max(days)) == (date(2024, 1, 1), date(2024, 7, 2))


def test_versions_follow_each_other(by_month: dict[str, list[Row]]) -> None:
    courses: dict[str, list[Row]] = {}
    for those in by_month.values():
        for row in those:
            if not faults_of(row):
                courses.setdefault(row["MaHoSo"], []).append(row)
    assert max(map(len, courses.values())) == 3
    for course in courses.values():
        times = [moment(row["ThoiDiemCapNhat"]) for row in course]
        assert all(earlier and later and earlier < later for earlier, later in pairwise(times))
        assert all(row["NgayKetThuc"] == "" for row in course[:-1])


def test_a_month_is_its_days(made: DossierBook, by_month: dict[str, list[Row]]) -> None:
    first = date(2024, 2, 1)
    days = [f"{first + timedelta(days=i)}" for i in range(29)]
    joined = [tuple(row.values()) for day in days for row in rows(export(made, day))]
    assert Counter(joined) == Counter(tuple(row.values()) for row in by_month["2024-02"])


def test_updates_lie_in_the_period(by_month: dict[str, list[Row]]) -> None:
    for row in by_month["2024-06"]:
        updated = moment(row["ThoiDiemCapNhat"])
        assert updated is None or (updated.year, updated.month) == (2024, 6)


def test_few_rows_are_bad_and_each_in_one_way(made: DossierBook, by_month: dict[str, list[Row]]) -> None:
    seen: Counter[str] = Counter()
    for those in by_month.values():
        found = [faults for row in those if (faults := faults_of(row))]
        assert all(len(faults) == 1 for faults in found)
        assert len(found) <= len(those) * 0.01
        seen.update(fault for faults in found for fault in faults)
    total = sum(map(len, by_month.values()))
    assert 0.002 < sum(seen.values()) / total < 0.004
    assert len(seen) == 10
    assert len(BAD_KINDS) == 12
    for day in ("2024-06-14", "2024-06-15", "2024-04-01", "2024-07-02"):
        those = rows(export(made, day))
        assert sum(bool(faults_of(row)) for row in those) <= len(those) * 0.01


def test_procedures_and_people(by_month: dict[str, list[Row]]) -> None:
    codes = {procedure.code for procedure in catalogue(34)}
    june = by_month["2024-06"]
    assert {row["MaTTHC"] for row in june} <= codes
    assert {row["MucDo"] for row in june} == {"toàn trình", "một phần", "khác"}
    assert all(row["ChuHoSo"].endswith("(giả)") for row in june)
    assert any("\n" in row["DiaChi"] and ";" in row["DiaChi"] and '"' in row["DiaChi"] for row in june)


def test_generation_is_streamed_with_flat_memory() -> None:
    large, span = book(total=400_000), span_of("2024-06-12")
    size = sum(map(len, large.export(span)))  # fills the pools, which don't grow with the dossiers
    tracemalloc.start()
    again = sum(map(len, large.export(span)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == again > 1_800_000
    assert peak < 1_000_000


@pytest.mark.parametrize("code", ["2021-12", "2024-08", "2024-07-04", "2024-Q2", "2024-02-30", "x"])
def test_unknown_periods(made: DossierBook, code: str) -> None:
    with pytest.raises(UnknownPeriodError):
        made.export(span_of(code))


def test_a_few_dossiers_came_before_and_were_finished_before(made: DossierBook) -> None:
    months = {f"{year}-{month:02d}": rows(export(made, f"{year}-{month:02d}")) for year in (2022, 2023) for month in range(1, 13)}
    assert not [row for those in months.values() for row in those if faults_of(row)]
    received = Counter(row["NgayTiepNhan"][3:10] for those in months.values() for row in those if row["TrangThai"] in {"1", "2"})
    assert (sum(received.values()), len(received)) == (3_600, 24)
    assert min(received.values()) > 100 and max(received.values()) < 200
    ended = [row for those in months.values() for row in those if row["NgayKetThuc"]]
    assert len({row["MaHoSo"] for row in ended}) == len(ended) == 3_600
    updates = [moment(row["ThoiDiemCapNhat"]) for row in months["2023-12"]]
    assert all(updated and (updated.year, updated.month) == (2023, 12) for updated in updates)


def test_earlier_dossiers_use_the_catalogue_of_their_time(made: DossierBook) -> None:
    known = {procedure.code: procedure for procedure in catalogue(34)}
    for row in rows(export(made, "2022-03")):
        procedure = known[row["MaTTHC"]]
        assert procedure.since <= date(2022, 1, 1)
        assert row["KenhThucHien"] != "2" or procedure.online_since <= date(2022, 1, 1)


def test_an_earlier_month_is_its_days(made: DossierBook) -> None:
    days = [f"{date(2023, 1, 1) + timedelta(days=i)}" for i in range(31)]
    joined = [tuple(row.values()) for day in days for row in rows(export(made, day))]
    assert Counter(joined) == Counter(tuple(row.values()) for row in rows(export(made, "2023-01")))


def test_today_has_no_rows_yet(made: DossierBook) -> None:
    assert rows(export(made, "2024-07-03")) == []


def test_agencies_change_in_march_2025() -> None:
    later = book(total=60_000, today=date(2025, 4, 1))
    for code, gone, new in (
        ("2025-02-28", "000.00.41.H34", ""),
        ("2025-03-03", "000.00.10.H34", "000.00.41.H34"),
    ):
        received = f"{code[8:]}/{code[5:7]}/{code[:4]}"
        units = {r["MaDonVi"] for r in rows(export(later, code)) if r["NgayTiepNhan"].startswith(received)}
        assert gone not in units
        assert not new or new in units
