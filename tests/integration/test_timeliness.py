"""Which reports came on time, late or not at all, by real deliveries."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from chiso.flow import withdrawing
from chiso.inquiry.timeliness import Report, Timeliness, timeliness
from chiso.publication import timeliness_matrix
from chiso.system.errors import UsageError
from chiso.system.platform import Platform

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, telecom_form, telecom_row
from tests.integration.test_command_line import Chiso, chiso
from tests.integration.test_offices import SOURCE as ENTERPRISES
from tests.integration.test_offices import planning, tax
from tests.unit.staging.workbooks import Page, xlsx

__all__ = ["chiso"]
TELECOM, SMART_CITY = "departments/telecom", "departments/smart_city"
DEPARTMENT, PLANNING, TAX = "000.00.11.H34", "000.00.04.H34", "000.00.32.H34"


def on(day: str, hour: int = 9) -> datetime:
    """A moment of that day in the province."""
    return datetime.fromisoformat(f"{day}T{hour:02d}:00:00+07:00").astimezone(UTC)


def asked(platform: Platform, today: str, source: str | None = None, period: str | None = None) -> Timeliness:
    values = dict(platform.settings.values) | {"CHISO_TODAY": today}
    return timeliness(Platform(replace(platform.settings, values=values), platform.engine), source, period)


def states(found: Timeliness) -> list[tuple[Any, ...]]:
    return [(each.reporter, each.period, str(each.due), each.state, each.working_days_late) for each in found.reports]


def telecom(inbox: Inbox, quarter: str, received: str, hour: int = 9) -> int:
    rows = [telecom_row(n, name) for n, name in enumerate(COMMUNES_OF_DAK_GLEI[:5], 1)]
    outcome = inbox.ingest(TELECOM, telecom_form(rows, period=f"Kỳ báo cáo: Quý {quarter}"), "vien_thong.xlsx", received=on(received, hour))
    assert outcome.accepted, outcome.issues
    return outcome.delivery


def smart_city(inbox: Inbox, district: str, half: str, received: str) -> None:
    titles: list[list[object]] = [["UBND HUYỆN"], ["ĐÔ THỊ THÔNG MINH"], [f"Kỳ báo cáo: {half}"], []]
    header = ["STT", "Đơn vị", "Dịch vụ đô thị thông minh", "Tình trạng", "Đề án (x)"]
    content = xlsx(Page([*titles, header, [1, district, "Camera giao thông", "đã triển khai", "x"]]))
    outcome = inbox.ingest(SMART_CITY, content, "do_thi_thong_minh.xlsx", received=on(received))
    assert (outcome.accepted, outcome.rejected) == (True, 0), outcome.issues


def test_a_quarter_on_time_late_missing_and_not_yet_due(inbox: Inbox) -> None:
    telecom(inbox, "I/2024", "2024-04-05", 23)  # due on that day: until its end
    found = asked(inbox.platform, "2024-07-05", TELECOM)
    assert states(found) == [(DEPARTMENT, "2024-Q1", "2024-04-05", "on_time", 0), (DEPARTMENT, "2024-Q2", "2024-07-05", "not_due", 0)]
    assert (found.reporting_rate, found.on_time_rate) == (1, 1)
    found = asked(inbox.platform, "2024-07-09", TELECOM)
    assert states(found)[1:] == [(DEPARTMENT, "2024-Q2", "2024-07-05", "missing", 2)]
    assert (found.reporting_rate, found.on_time_rate) == (0.5, 0.5)
    delivery = telecom(inbox, "II/2024", "2024-07-08")
    found = asked(inbox.platform, "2024-07-09", TELECOM)
    assert states(found)[1:] == [(DEPARTMENT, "2024-Q2", "2024-07-05", "late", 1)]
    assert (found.reporting_rate, found.on_time_rate) == (1, 0.5)
    assert (found.reports[1].delivery, found.reports[1].received_at) == (delivery, on("2024-07-08"))
    assert states(asked(inbox.platform, "2024-07-09", period="2024-Q2")) == states(found)[1:]


def test_a_refused_or_withdrawn_delivery_is_no_report_and_a_later_one_doesn_t_make_it_late(inbox: Inbox) -> None:
    telecom(inbox, "I/2024", "2024-04-05")
    assert not inbox.ingest(TELECOM, b"<html>", "vien_thong_Q2_2024.xlsx", received=on("2024-07-02")).accepted
    assert [each.state for each in asked(inbox.platform, "2024-07-09", TELECOM).reports] == ["on_time", "missing"]
    first = telecom(inbox, "II/2024", "2024-07-03")
    second = telecom(inbox, "II năm 2024", "2024-07-08")
    [_, report] = asked(inbox.platform, "2024-07-09", TELECOM).reports
    assert (report.state, report.delivery) == ("on_time", first)
    withdrawing.withdraw(first, "Lan", "nhầm biểu", inbox.platform)
    [_, report] = asked(inbox.platform, "2024-07-09", TELECOM).reports
    assert (report.state, report.delivery) == ("late", second)


def test_what_an_agency_owed_its_successor_owes(inbox: Inbox) -> None:
    telecom(inbox, "IV/2024", "2025-01-06")
    last = asked(inbox.platform, "2025-04-09", TELECOM).reports[-1]
    assert (last.reporter, last.period, last.state) == ("000.00.14.H34", "2025-Q1", "missing")


def test_each_district_owes_its_own_form_while_it_exists(inbox: Inbox) -> None:
    smart_city(inbox, "Huyện Sa Thầy", "6 tháng đầu năm 2024", "2024-07-02")
    smart_city(inbox, "Huyện Đắk Hà", "6 tháng đầu năm 2024", "2024-07-30")
    assert states(asked(inbox.platform, "2024-08-01", SMART_CITY)) == [
        ("615", "2024-H1", "2024-07-12", "late", 12),
        ("616", "2024-H1", "2024-07-12", "on_time", 0),
    ]
    smart_city(inbox, "Huyện Sa Thầy", "Năm 2024", "2025-01-14")
    later = asked(inbox.platform, "2025-12-01", SMART_CITY)  # districts ceased to exist on 1 July 2025
    assert states(later)[2:] == [
        ("615", "2024", "2025-01-15", "missing", 218),
        ("616", "2024", "2025-01-15", "on_time", 0),
        ("615", "2025-H1", "2025-07-14", "missing", 98),
        ("616", "2025-H1", "2025-07-14", "missing", 98),
    ]


def test_offices_that_share_a_form_are_told_apart(inbox: Inbox) -> None:
    for content, received in ((planning(), "2024-07-02"), (tax(), "2024-07-20")):
        assert inbox.ingest(ENTERPRISES, content, "doanh_nghiep.xlsx", received=on(received)).accepted
    assert states(asked(inbox.platform, "2024-08-01", ENTERPRISES)) == [
        (PLANNING, "2024-H1", "2024-07-12", "on_time", 0),
        (TAX, "2024-H1", "2024-07-12", "late", 6),
    ]


def test_the_command_says_it_in_json_and_as_a_matrix(inbox: Inbox, chiso: Chiso) -> None:
    telecom(inbox, "I/2024", "2024-04-09")
    done = chiso("timeliness", "--source", TELECOM, "--json")
    shape = done.json
    assert (done.code, shape.keys()) == (0, {"reports", "reporting_rate", "on_time_rate"})
    assert shape["reports"][0] == {
        "source": TELECOM, "reporter": DEPARTMENT, "period": "2024-Q1", "calendar": "civil", "due": "2024-04-05",
        "received_at": on("2024-04-09").isoformat(), "state": "late", "working_days_late": 2, "delivery": 1,
    }  # fmt: skip
    assert (shape["reports"][1]["state"], shape["reports"][1]["received_at"], shape["reporting_rate"], shape["on_time_rate"]) == (
        "not_due", None, 1, 0,
    )  # fmt: skip
    printed = chiso("timeliness", "--period", "2024-Q1").out
    assert "000.00.11.H34" in printed
    assert "muộn 2" in printed
    assert "đúng hạn (on time): 0 %" in printed
    assert chiso("timeliness", "--source", "departments/none").code == 2


def test_an_unknown_source_and_one_without_a_due_day(platform: Platform) -> None:
    with pytest.raises(UsageError, match="Unknown source"):
        timeliness(platform, "departments/none")
    found = timeliness(platform, "departments/dti_results")
    assert found.as_json() == {"reports": [], "reporting_rate": None, "on_time_rate": None}
    assert timeliness_matrix(found.as_json()).startswith("Chưa có báo cáo nào")


def test_the_matrix_shows_the_newest_periods() -> None:
    made = [Report("a/b", "x", f"202{n}", "civil", on("2024-07-05").date(), None, "missing", n, None) for n in range(9)]
    printed = timeliness_matrix(Timeliness(made).as_json(), most=2)
    assert printed.splitlines()[:2] == [f"{'a/b':50}       2027       2028", f"  {'x':48}    THIẾU 7    THIẾU 8"]
