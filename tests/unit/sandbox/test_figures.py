"""Figures that documents published come out of the endpoints exactly, and their history leads up to them."""

import csv
import io
from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from sandbox.portal import Box

BOX = Box(34, 100, date(2024, 7, 3))
MONTHS = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)][:30]
MONTH_ENDS = ["2022-01-31", "2022-06-30", "2022-12-31", "2023-06-30", "2023-12-31", "2024-03-31", "2024-06-30"]


def items(path: str, period: str) -> list[dict[str, Any]]:
    """All records of an endpoint in JSON, page after page where it has pages."""
    found: list[dict[str, Any]] = []
    while True:
        page = len(found) // 1000 + 1
        envelope = BOX.endpoints[path]({"period": period, "page": str(page), "page_size": "1000"}).payload
        assert envelope is not None
        found += envelope["items"]
        if len(found) == envelope["total"]:
            return found


def lines(path: str, period: str) -> list[dict[str, str]]:
    """All lines of an endpoint in CSV with commas."""
    body = b"".join(BOX.endpoints[path]({"period": period}).chunks())
    return list(csv.DictReader(io.StringIO(body.decode())))


def procedures(day: str) -> list[dict[str, Any]]:
    return items("/portal/procedures", day)


def watched(day: str) -> Counter[tuple[str, str]]:
    return Counter((item["loai"], item["trang_thai"]) for item in items("/soc/monitored_assets", day))


def test_procedures_on_30_june() -> None:
    found = procedures("2024-06-30")
    degrees = Counter(item["MucDo"] for item in found)
    assert (len(found), degrees["toàn trình"], degrees["một phần"]) == (1726, 990, 373)
    assert sum(item["TichHopCongQuocGia"] is True for item in found) == 1363
    assert len({item["MaTTHC"] for item in found}) == 1726
    assert len({item["TenTTHC"] for item in found}) == 1726


@pytest.mark.parametrize("day", MONTH_ENDS)
def test_common_online_services_are_all_integrated(day: str) -> None:
    common = [item for item in procedures(day) if item["PhoBien"] and item["MucDo"] != "chưa trực tuyến"]
    assert len(common) > 100
    assert all(item["TichHopCongQuocGia"] is True for item in common)


def test_the_catalogue_grows_and_goes_online() -> None:
    counts = [len(procedures(day)) for day in MONTH_ENDS]
    online = [sum(item["MucDo"] != "chưa trực tuyến" for item in procedures(day)) for day in MONTH_ENDS]
    assert counts == sorted(counts) and counts[0] < 1650 < counts[4] < counts[5] < 1726 == counts[-1]
    assert online == sorted(online) and online[0] < 700 and online[-1] == 1363
    assert procedures("2024-07-03") == procedures("2024-06-30")


def test_a_service_that_is_not_online_is_neither_integrated_nor_paid_online() -> None:
    for item in procedures("2022-01-31"):
        if item["MucDo"] == "chưa trực tuyến":
            assert not item["TichHopCongQuocGia"] and not item["ThanhToanTrucTuyen"]


@pytest.mark.parametrize("day", ["2024-06-30", "2024-07-03"])
def test_monitored_assets(day: str) -> None:
    states = watched(day)
    assert states[("thiết bị", "đang giám sát")] == 29
    assert states[("website", "đang giám sát")] == 34
    assert states[("thiết bị", "ngừng giám sát")] == 3


def test_monitored_assets_become_more() -> None:
    counts = [sum(watched(day).values()) for day in MONTH_ENDS]
    assert counts == sorted(counts) and 0 < counts[0] < counts[-1]


def test_system_levels() -> None:
    approved = []
    for month in ("2022-01", "2023-12", "2024-06"):
        found = items("/soc/system_levels", month)
        assert len(found) == 37
        assert all((item["so_quyet_dinh"] is None) == (not item["da_phe_duyet"]) for item in found)
        approved.append(sum(item["da_phe_duyet"] is True for item in found))
    assert approved[0] < 26 and approved[1:] == [26, 31]


def test_accounts() -> None:
    before: dict[str, int] = {}
    for month in MONTHS:
        found = {item["MaXa"]: item for item in items("/portal/accounts", month)}
        assert len(found) == 102
        for code, item in found.items():
            assert item["SoTaiKhoan"] - item["SoTaiKhoanMoi"] == before.get(code, item["SoTaiKhoan"] - item["SoTaiKhoanMoi"])
            assert 0 <= item["SoTaiKhoanMoi"] <= item["SoTaiKhoan"]
        before = {code: item["SoTaiKhoan"] for code, item in found.items()}
    assert sum(before.values()) == 32_456
    assert sum(item["SoTaiKhoan"] for item in items("/portal/accounts", "2022-01")) < 5_000


def test_trust_labels() -> None:
    labels: list[int] = []
    for month in MONTHS:
        found = lines("/soc/trust_labels", month)
        assert len({row["ten_mien"] for row in found}) == len(found) == 84
        for row in found:
            assert (row["da_gan_nhan"] == "1") == (row["ngay_gan_nhan"] != "")
            assert row["ngay_gan_nhan"][:7] <= month
            assert row["ten_mien"].endswith(".kontum.example")
        labels.append(sum(row["da_gan_nhan"] == "1" for row in found))
    assert all(earlier <= later for earlier, later in pairwise(labels))
    assert (labels[0] < 20, labels[-1]) == (True, 67)
