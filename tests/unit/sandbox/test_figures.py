"""Figures that documents published come out of the catalogue and the SOC exactly."""

from collections import Counter
from datetime import date

import pytest

from sandbox.portal import Box, Document

BOX = Box(34, 100, date(2024, 7, 3))


def items(document: Document) -> list[dict[str, object]]:
    assert document.payload is not None
    found: list[dict[str, object]] = document.payload["items"]
    return found


def procedures(day: str) -> list[dict[str, object]]:
    return [
        item
        for page in ("1", "2")
        for item in items(BOX.procedures({"period": day, "page": page, "page_size": "1000"}))
    ]


def test_procedures_on_30_june() -> None:
    found = procedures("2024-06-30")
    degrees = Counter(item["MucDo"] for item in found)
    assert (len(found), degrees["toàn trình"], degrees["một phần"]) == (1726, 990, 373)
    assert sum(item["TichHopCongQuocGia"] is True for item in found) == 1363
    common = [item for item in found if item["PhoBien"] and item["MucDo"] != "chưa trực tuyến"]
    assert common and all(item["TichHopCongQuocGia"] for item in common)
    assert len({item["MaTTHC"] for item in found}) == 1726
    assert len({item["TenTTHC"] for item in found}) == 1726


def test_procedures_before_and_after() -> None:
    assert 1650 < len(procedures("2024-01-01")) < len(procedures("2024-04-01")) < 1726
    assert procedures("2024-07-03") == procedures("2024-06-30")


@pytest.mark.parametrize("day", ["2024-06-30", "2024-07-03"])
def test_monitored_assets(day: str) -> None:
    found = items(BOX.monitored_assets({"period": day}))
    states = Counter((item["loai"], item["trang_thai"]) for item in found)
    assert states[("thiết bị", "đang giám sát")] == 29
    assert states[("website", "đang giám sát")] == 34
    assert states[("thiết bị", "ngừng giám sát")] == 3


def test_system_levels() -> None:
    found = items(BOX.system_levels({"period": "2024-06"}))
    assert (len(found), sum(item["da_phe_duyet"] is True for item in found)) == (37, 31)
    assert all((item["so_quyet_dinh"] is None) == (not item["da_phe_duyet"]) for item in found)
    earlier = items(BOX.system_levels({"period": "2023-12"}))
    assert (len(earlier), sum(item["da_phe_duyet"] is True for item in earlier)) == (37, 26)
