"""Every endpoint: the same question gives the same bytes, in the form and of the units that its source has."""

import csv
import io
import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from sandbox.days import UnknownPeriodError, span_of
from sandbox.portal import Box
from sandbox.province import agencies

TODAY = date(2024, 7, 3)
BOX, AGAIN, OTHER = Box(34, 500, TODAY), Box(34, 500, TODAY), Box(35, 500, TODAY)
ASKED = {
    "/portal/dossiers/export": ("2022-01", "2024-06", "2024-07-02"),
    "/portal/procedures": ("2022-01-31", "2024-06-30"),
    "/portal/accounts": ("2022-01", "2024-06"),
    "/portal/payments/export": ("2022-01", "2024-06", "2024-07-02"),
    "/portal/document_store": ("2022-01", "2024-06"),
    "/portal/service_quality/export": ("2022-08", "2024-06"),
    "/soc/monitored_assets": ("2022-01-31", "2024-07-02"),
    "/soc/alerts": ("2022-01", "2024-06", "2024-07-02"),
    "/soc/system_levels": ("2022-01", "2024-06"),
    "/soc/trust_labels": ("2022-01", "2024-06"),
    "/soc/malware": ("2022-01", "2024-06"),
}
AGENCIES = {agency.code for agency in agencies(TODAY)}
QUESTIONS = [(path, period) for path, periods in ASKED.items() for period in periods]
CODE = re.compile(r"\d{3}\.\d{2}\.\d{2}\.H34-\d{6}-\d{4}")


def body(path: str, period: str, box: Box = BOX) -> bytes:
    return b"".join(box.endpoints[path]({"period": period}).chunks())


def items(path: str, period: str, box: Box = BOX) -> list[dict[str, Any]]:
    payload = box.endpoints[path]({"period": period}).payload
    assert payload is not None
    found: list[dict[str, Any]] = payload["items"]
    return found


def payments(period: str) -> list[dict[str, str]]:
    text = body("/portal/payments/export", period).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def days_of(month: str) -> list[str]:
    span = span_of(month)
    return [str(span.first + timedelta(days=n)) for n in range((span.end - span.first).days)]


def test_every_endpoint_is_asked_here() -> None:
    assert set(ASKED) == set(BOX.endpoints)


@pytest.mark.parametrize(("path", "period"), QUESTIONS)
def test_the_same_question_gives_the_same_bytes(path: str, period: str) -> None:
    assert body(path, period) == body(path, period, AGAIN)
    assert body(path, period) != body(path, period, OTHER)


@pytest.mark.parametrize("path", ASKED)
def test_periods_that_are_not_served(path: str) -> None:
    lengths = {len(period) for period in ASKED[path]}
    wrong = ["2021-12", "2021-12-31", "2024-08", "2024-07-04", "2024-Q2", "2024"]
    wrong += ["2024-06"] if 7 not in lengths else []
    wrong += ["2024-06-30"] if 10 not in lengths else ["2024-07-04"]
    wrong += ["2024-07"] if lengths == {7} else []  # a month that still runs has no figures yet
    for period in wrong:
        with pytest.raises(UnknownPeriodError):
            BOX.endpoints[path]({"period": period})


def test_service_quality_begins_with_its_decision() -> None:
    with pytest.raises(UnknownPeriodError):
        BOX.endpoints["/portal/service_quality/export"]({"period": "2022-07"})


@pytest.mark.parametrize("month", ["2022-02", "2024-06"])
def test_payments_of_a_month_are_those_of_its_days(month: str) -> None:
    found = payments(month)
    assert [row for day in days_of(month) for row in payments(day)] == found
    assert len(found) > 20


def test_payments() -> None:
    found = [row for year in (2022, 2023, 2024) for month in range(1, 7) for row in payments(f"{year}-{month:02d}")]
    assert len({row["MaGiaoDich"] for row in found}) == len(found)
    assert {row["TrangThai"] for row in found} == {"thành công", "thất bại", "chờ xử lý"}
    assert {row["LoaiThanhToan"] for row in found} == {"phí", "lệ phí", "nghĩa vụ tài chính đất đai"}
    for row in found:
        assert CODE.fullmatch(row["MaHoSo"]) and row["MaHoSo"][:13] in AGENCIES
        assert int(row["SoTien"]) > 0
        day, month, year = row["ThoiDiem"][:10].split("/")
        assert row["MaGiaoDich"].startswith(f"TT{year}{month}{day}-")


def test_every_fee_that_a_dossier_paid_online_is_a_payment() -> None:
    exported = body("/portal/dossiers/export", "2024-05").decode("utf-8-sig")
    ended = {
        row["MaHoSo"]: row["PhiLePhi"]
        for row in csv.DictReader(io.StringIO(exported), delimiter=";")
        if row["NgayKetThuc"] and row["ThanhToanTrucTuyen"] != "0" and int(row["PhiLePhi"] or 0)
    }
    paid = [row for row in payments("2024-05") if row["TrangThai"] == "thành công" and row["LoaiThanhToan"] in ("phí", "lệ phí")]
    assert len(paid) > 3
    assert {row["MaHoSo"]: row["SoTien"] for row in paid} == ended


def test_payments_of_a_month_that_runs_end_yesterday() -> None:
    assert {row["ThoiDiem"][:10] for row in payments("2024-07")} == {"01/07/2024", "02/07/2024"}
    assert payments("2024-07-03") == []


@pytest.mark.parametrize("month", ["2022-02", "2024-06"])
def test_alerts_of_a_month_are_those_of_its_days(month: str) -> None:
    found = items("/soc/alerts", month)
    assert [item for day in days_of(month) for item in items("/soc/alerts", day)] == found
    keys = Counter((item["ngay"], item["ma_don_vi"], item["muc_do"], item["ket_luan"]) for item in found)
    assert max(keys.values()) == 1 and len({item["ngay"] for item in found}) == len(days_of(month))


def test_alerts() -> None:
    found = items("/soc/alerts", "2024-06") + items("/soc/alerts", "2024-07-02")
    assert {item["muc_do"] for item in found} == {"low", "medium", "high", "critical"}
    assert {item["ket_luan"] for item in found} == {"false_positive", "true_positive", "pending"}
    for item in found:
        assert item["ma_don_vi"] in AGENCIES and item["so_luong"] > 0
        assert (item["thoi_gian_xu_ly_tb_phut"] is None) == (item["ket_luan"] == "pending")
    assert items("/soc/alerts", "2024-07-03") == []


def test_what_is_pending_is_settled_later_and_no_alert_gets_lost() -> None:
    def counts(box: Box) -> dict[str, int]:
        found: Counter[str] = Counter()
        for item in items("/soc/alerts", "2024-07-02", box):
            found[item["ket_luan"]] += item["so_luong"]
        return dict(found)

    now, later = counts(BOX), counts(Box(34, 500, date(2024, 9, 1)))
    assert now["pending"] > 0 and "pending" not in later
    assert sum(now.values()) == sum(later.values())


def test_stocks_of_documents_only_grow() -> None:
    before: dict[str, dict[str, Any]] = {}
    for month in ("2022-01", "2022-12", "2023-12", "2024-06"):
        found = {item["MaDonVi"]: item for item in items("/portal/document_store", month)}
        assert set(found) == AGENCIES
        for code, item in before.items():
            assert all(item[name] <= found[code][name] for name in ("SoKho", "SoGiayToSoHoa"))
        before = found


@pytest.mark.parametrize("month", ["2022-01", "2024-06"])
def test_malware(month: str) -> None:
    found = items("/soc/malware", month)
    assert {item["ma_don_vi"] for item in found} == AGENCIES
    for item in found:
        assert 0 <= item["so_may_nhiem"] <= item["so_may_giam_sat"]
        assert item["so_may_nhiem"] or not item["so_ket_noi_botnet"]
    assert any(item["so_ket_noi_botnet"] for item in found)


def test_form_of_service_quality() -> None:
    sheet = load_workbook(io.BytesIO(body("/portal/service_quality/export", "2024-06"))).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[2][0] == "Kỳ báo cáo: Tháng 6/2024"
    assert rows[4][:3] == ["STT", "Đơn vị", "Kết quả theo nhóm chỉ số"] and rows[4][8] == "Tổng điểm"
    assert "C5:H5" in {str(merged) for merged in sheet.merged_cells.ranges}
    assert rows[5][2:8] == [
        *("Công khai minh bạch", "Tiến độ giải quyết", "Dịch vụ trực tuyến"),
        *("Thanh toán trực tuyến", "Số hóa hồ sơ", "Mức độ hài lòng"),
    ]
    assert [row[1] for row in rows if row[0] in {"I", "II"}] == ["SỞ, BAN, NGÀNH", "UBND HUYỆN, THÀNH PHỐ"]
    data = [row for row in rows if isinstance(row[0], int)]
    assert len(data) == 30
    for row in data:
        scores = [float(text.removesuffix("%")) for text in row[2:] if re.fullmatch(r"\d{1,3}\.\d{2}%", text)]
        assert len(scores) == 7 and max(scores) <= 100
        weighted = sum(score * points for score, points in zip(scores, (18, 20, 12, 10, 22, 18), strict=False))
        assert abs(scores[6] - weighted / 100) < 0.011
