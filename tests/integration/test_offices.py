"""Two offices fill different columns of one form: each delivery stands for the columns of which it has figures, and no others."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from chiso import contracts, warehouse
from chiso.deliveries.verdicts import Outcome
from chiso.flow import collecting, computing, withdrawing
from chiso.indicators import Question
from chiso.inquiry import answers
from chiso.system.platform import Platform

from tests.deliveries import Inbox, at, rules, values
from tests.unit.staging.workbooks import Page, xlsx
from tests.workshop import Workshop

SOURCE = "departments/enterprises"
PLANNING = ("Tổng số DN", "DN chuyển đổi số", "DN giao dịch điện tử tài chính", "DN số quy mô 500–1000 người")
TAX = ("DN dùng hóa đơn điện tử", "DN khai thuế điện tử", "DN nộp thuế điện tử", "Số tiền nộp thuế điện tử (triệu đồng)")
UNITS = ("Thành phố Kon Tum", "Huyện Đắk Glei")


def form(columns: tuple[str, ...], *figures: list[object], office: str = "", units: tuple[str, ...] = UNITS, half: str = "đầu") -> bytes:
    """A form with those columns, and the figures of each unit."""
    titles: list[list[object]] = [[office or "UBND TỈNH KON TUM"], ["CHUYỂN ĐỔI SỐ TRONG DOANH NGHIỆP"], [f"Kỳ báo cáo: 6 tháng {half} năm 2024"], []]
    rows: list[list[object]] = [[number, unit, *own] for number, (unit, own) in enumerate(zip(units, figures, strict=True), 1)]
    return xlsx(Page([*titles, ["STT", "Đơn vị", *columns], *rows]))


def planning(*, digital: int = 60, office: str = "SỞ KẾ HOẠCH VÀ ĐẦU TƯ") -> bytes:
    """The planning department's form with every column, the tax office's left blank."""
    blank = [None] * len(TAX)
    return form((*PLANNING, *TAX), [100, digital, 90, 1, *blank], [50, 20, 40, "-", *blank], office=office)


def tax(*, invoices: int = 95, office: str = "CỤC THUẾ TỈNH") -> bytes:
    """The tax office's, with its own columns only."""
    return form(TAX, [invoices, 80, 70, "1,5"], [45, 40, 30, "0,5"], office=office)


def ingest(inbox: Inbox, content: bytes, day: int, name: str = "doanh_nghiep.xlsx") -> Outcome:
    outcome = inbox.ingest(SOURCE, content, name, received=at(day))
    assert (outcome.accepted, outcome.rejected) == (True, 0), outcome.issues
    return outcome


def view(platform: Platform, moment: datetime | None = None) -> list[tuple[Any, ...]]:
    """Unit, all enterprises, digital ones, those with e-invoices, and money, of every row that counts, or counted at a moment."""
    columns = "unit_code, enterprises, enterprises_digital, enterprises_e_invoice, tax_paid_online::float8"
    query = f"SELECT {columns} FROM publication.departments_enterprises"
    if moment:
        query += "_history WHERE valid_from_recorded <= :moment AND :moment < valid_to_recorded"
    with platform.engine.connect() as connection:
        return sorted(map(tuple, connection.execute(sa.text(query), {"moment": moment})), key=str)


OF_PLANNING = [("608", 100, 60, None, None), ("610", 50, 20, None, None)]
OF_TAX = [("608", None, None, 95, 1_500_000.0), ("610", None, None, 45, 500_000.0)]


@pytest.mark.parametrize("first", ["planning", "tax"])
def test_whoever_comes_last_each_office_s_figures_stand(inbox: Inbox, first: str) -> None:
    forms = [planning(), tax()] if first == "planning" else [tax(), planning()]
    for day, content in enumerate(forms, 1):
        outcome = ingest(inbox, content, day)
        assert outcome.loaded == 2
        assert not [rule for rule in rules(outcome) if rule.startswith("column_")], outcome.issues
    assert view(inbox.platform) == sorted(OF_PLANNING + OF_TAX, key=str)
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "enterprises_digital_pct", "2024-H1") == pytest.approx([100 * 80 / 150])
    assert values(inbox.platform, "enterprises_e_invoice_pct", "2024-H1") == pytest.approx([100 * 140 / 150])
    assert values(inbox.platform, "tax_paid_online_vnd", "2024-H1") == [2_000_000]


def test_a_form_that_one_office_fills_for_all_stands_until_another_comes(inbox: Inbox) -> None:
    whole = form((*PLANNING, *TAX), [100, 60, 90, 1, 10, 10, 10, 1], [50, 20, 40, "-", 10, 10, 10, 1])
    ingest(inbox, whole, 1)
    assert view(inbox.platform) == [("608", 100, 60, 10, 1_000_000.0), ("610", 50, 20, 10, 1_000_000.0)]
    ingest(inbox, tax(), 2)
    assert view(inbox.platform) == sorted(OF_PLANNING + OF_TAX, key=str)
    again = ingest(inbox, whole, 3)
    assert (again.loaded, again.unchanged) == (0, 2)
    assert view(inbox.platform) == [("608", 100, 60, 10, 1_000_000.0), ("610", 50, 20, 10, 1_000_000.0)]


def test_the_tax_office_s_count_of_enterprises_takes_nothing_else_of_the_other_s(inbox: Inbox) -> None:
    ingest(inbox, planning(), 1)
    outcome = ingest(inbox, form((PLANNING[0], *TAX), [99, 95, 80, 70, "1,5"], [49, 45, 40, 30, "0,5"]), 2)
    assert not [rule for rule in rules(outcome) if rule.startswith("column_")], outcome.issues
    assert view(inbox.platform) == [
        ("608", 99, None, 95, 1_500_000.0),
        ("608", None, 60, None, None),
        ("610", 49, None, 45, 500_000.0),
        ("610", None, 20, None, None),
    ]


def test_a_corrected_form_replaces_its_office_s_figures_alone(inbox: Inbox) -> None:
    for day, content in enumerate([planning(), tax(), tax(invoices=90)], 1):
        ingest(inbox, content, day)
    assert {row[3] for row in view(inbox.platform)} == {None, 90, 45}
    assert len(view(inbox.platform)) == 4
    ingest(inbox, form(TAX, [95, 80, 70, "1,5"], units=UNITS[:1]), 4)
    assert sorted(view(inbox.platform), key=str) == sorted([*OF_PLANNING, OF_TAX[0]], key=str)


def test_history_withdrawal_and_cells_follow_each_office(inbox: Inbox) -> None:
    platform = inbox.platform
    moments = []
    whole = form((*PLANNING, *TAX), [100, 60, 90, 1, 10, 10, 10, 1], [50, 20, 40, "-", 10, 10, 10, 1])
    outcomes = []
    for day, content in enumerate([whole, tax()], 1):
        outcomes.append(ingest(inbox, content, day))
        computing.compute_stale(platform)
        moments.append(datetime.now(UTC))
    withdrawing.withdraw(outcomes[1].delivery, "Thử", "gửi nhầm", platform)
    moments.append(datetime.now(UTC))
    both = [("608", 100, 60, 10, 1_000_000.0), ("610", 50, 20, 10, 1_000_000.0)]
    assert [view(platform, moment) for moment in moments] == [both, sorted(OF_PLANNING + OF_TAX, key=str), both]
    assert view(platform) == both
    assert values(platform, "tax_paid_online_vnd", "2024-H1", moments[1]) == [2_000_000]
    assert values(platform, "tax_paid_online_vnd", "2024-H1") == [2_000_000]
    told = answers.explanation(platform, "enterprises_e_invoice_pct", "2024-H1", None, None, moments[1], rows=False)
    cells = sorted((row["measure"], row["delivery"], row["cell"], row["value"]) for row in told["inputs"])
    assert cells == [
        ("enterprises", outcomes[0].delivery, "C6", 100),
        ("enterprises", outcomes[0].delivery, "C7", 50),
        ("enterprises_e_invoice", outcomes[1].delivery, "C6", 95),
        ("enterprises_e_invoice", outcomes[1].delivery, "C7", 45),
    ]


def test_an_office_that_is_late_is_missed_for_its_own_figures_alone(inbox: Inbox) -> None:
    for day, content in enumerate([planning(), tax()], 1):
        ingest(inbox, content, day)
    blank = [None] * len(TAX)
    ingest(inbox, form((*PLANNING, *TAX), [100, 70, 90, 1, *blank], [50, 30, 40, "-", *blank], half="cuối"), 3)
    computing.compute_stale(inbox.platform)
    asked = answers.indicator_rows(inbox.platform, Question(None, "2024", None, None))
    found = {row.indicator: row for row in asked}
    assert float(found["enterprises_digital_pct"].value) == pytest.approx(100 * 100 / 150)
    assert found["enterprises_digital_pct"].missing == []
    assert [lack["period"] for lack in found["tax_paid_online_vnd"].missing] == ["2024-H2"]


def test_an_office_s_form_that_lacks_a_column_of_its_own_is_refused(inbox: Inbox) -> None:
    outcome = inbox.ingest(SOURCE, form(TAX[:-1], [95, 80, 70], [45, 40, 30]), "doanh_nghiep.xlsx", received=at(1))
    assert (outcome.accepted, rules(outcome)) == (False, ["header_missing_column"])
    assert TAX[-1] in outcome.issues[0]["message_vi"]
    assert PLANNING[1] not in outcome.issues[0]["message_vi"]


def test_what_was_loaded_before_offices_were_told_apart_is_read_again(inbox: Inbox, tmp_path: Path) -> None:
    workshop = Workshop(inbox, tmp_path / "checkout")
    path = workshop.platform.settings.schemas / "contracts/departments/enterprises.yml"
    today = path.read_text("utf-8")
    before = re.sub(r", \{property: filled_by, value: [^}]*\}", "", today)
    path.write_text(before.replace("replaces: office", "replaces: reporter, reporter: district"), "utf-8")
    warehouse.upgrade(inbox.platform.engine, workshop.platform.settings)
    whole = form((*PLANNING, *TAX), [100, 60, 90, 1, 10, 10, 10, 1], [50, 20, 40, "-", 10, 10, 10, 1])
    workshop.ingest(contracts.load(SOURCE, workshop.platform.settings), whole, "doanh_nghiep.xlsx", at(1))
    path.write_text(today, "utf-8")
    warehouse.upgrade(inbox.platform.engine, workshop.platform.settings)
    contract = contracts.load(SOURCE, workshop.platform.settings)
    [again] = collecting.load_readings(contract, workshop.platform)
    assert (again.accepted, again.loaded) == (True, 2)
    assert list(collecting.load_readings(contract, workshop.platform)) == []
    assert view(inbox.platform) == [("608", 100, 60, 10, 1_000_000.0), ("610", 50, 20, 10, 1_000_000.0)]
