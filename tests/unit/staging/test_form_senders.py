"""Whose form a workbook is, and in which units its figures are."""

import pytest
from chiso.findings.issues import DeliveryRefused
from chiso.province.periods import Period
from chiso.staging.reporting import check_department

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import Page, column, contract, read, refused

DISTRICT = column("district", "Đơn vị", "unit", levels=["district"], required=True, key=True)
TAX, PLANNING = "000.00.32.H34", "000.00.04.H34"


def fault(title, form, *reporters, period="2024-Q2"):
    """The finding that refuses a form with that title; none if it is accepted."""
    try:
        check_department([("A1", title)], "form.xlsx", form, wb.REFERENCE, Period.of(period).end, reporters)
    except DeliveryRefused as refusal:
        return refusal.finding
    return None


def accepts(title, form, *reporters, period="2024-Q2"):
    found = fault(title, form, *reporters, period=period)
    assert found is None or found.rule == "department_wrong"
    return found is None


@pytest.mark.parametrize(
    ("title", "period", "right"),
    [
        ("CỤC THUẾ TỈNH KON TUM", "2024-Q2", True),
        ("SỞ KẾ HOẠCH VÀ ĐẦU TƯ", "2024-Q2", True),
        ("Cơ quan báo cáo: Sở Tài chính", "2025-Q1", True),
        ("SỞ TÀI CHÍNH", "2024-Q2", False),
        ("SỞ Y TẾ", "2024-Q2", False),
        ("UBND HUYỆN NGỌC HỒI", "2024-Q2", False),
        ("UBND TỈNH KON TUM", "2024-Q2", True),
    ],
)
def test_any_owner_may_send_it_and_what_became_of_one(title, period, right):
    form = contract(DISTRICT, label="district", owner=[PLANNING, TAX])
    assert accepts(title, form, period=period) == right


@pytest.mark.parametrize(
    ("title", "reporters", "right"),
    [
        ("UBND HUYỆN NGỌC HỒI", ["Huyện Ngọc Hồi"], True),
        ("UBND huyện Ngọc Hồi", ["Ngọc Hồi", "611"], True),
        ("UBND HUYỆN NGỌC HỒI", ["Huyện Kon Plông"], False),
        ("UBND HUYỆN NGỌC HỒI", ["Huyện Ngọc Hồi", "Huyện Kon Plông"], False),
        ("UBND HUYỆN NGỌC HỒI", [], False),
        ("SỞ Y TẾ", ["Huyện Ngọc Hồi"], False),
        ("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", ["Huyện Ngọc Hồi", "Huyện Kon Plông"], True),
    ],
)
def test_a_form_is_theirs_whose_rows_it_has(title, reporters, right):
    form = contract(DISTRICT, label="district", unit="district", replaces="reporter", reporter="district")
    assert accepts(title, form, *reporters) == right


@pytest.mark.parametrize(
    ("reporters", "others"),
    [
        (["Huyện Ngọc Hồi"], None),
        (["Ngọc Hồi", "Huyện Kon Plông", "Thành phố Kon Tum"], "Huyện Kon Plông, Thành phố Kon Tum"),
        (["Huyện Ngọc Hồi", "Huyện Không Có"], None),
    ],
)
def test_a_district_that_is_an_owner_reports_itself_alone(reporters, others):
    owners = ["000.00.11.H34", wb.REFERENCE.find_agency("UBND huyện Ngọc Hồi", Period.of("2024-Q2").end).code]
    form = contract(DISTRICT, label="district", unit="district", replaces="reporter", reporter="district", owner=owners)
    found = fault("UBND HUYỆN NGỌC HỒI", form, *reporters)
    assert (found and found.rule) == (others and "sender_wrong")
    assert others is None or f"có dòng của {others};" in found.message_vi
    assert accepts("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", form, *reporters)


def test_an_agency_reports_its_own_rows():
    agency = column("agency", "Đơn vị", "agency", key=True)
    form = contract(agency, label="agency", unit="agency", replaces="reporter", reporter="agency")
    assert accepts("SỞ Y TẾ", form, "Sở Y tế")
    assert not accepts("SỞ Y TẾ", form, "Sở Nội vụ")


# Units of figures


def money(**said):
    return contract(
        column("task", "Nhiệm vụ"), column("planned", "Kế hoạch", "number", **said), column("n", "Số gói", "count"), label="task"
    )


def budget(*headings, title=None, units=None):
    sheet = [[title], ["STT", "Nhiệm vụ", *headings], *([units] if units else []), [1, "Số hóa", "12,5", 3]]
    return wb.xlsx(Page(sheet))


@pytest.mark.parametrize(
    "content",
    [
        budget("Kế hoạch", "Số gói"),
        budget("Kế hoạch (tỷ đồng)", "Số gói"),
        budget("Kế hoạch\n(ĐVT: tỷ đồng)", "Số gói"),
        budget("Kế hoạch", "Số gói", title="Đơn vị tính: tỷ đồng"),
        budget("Kế hoạch (tỷ đồng)", "Số gói", title="Đơn vị tính: triệu đồng"),
        budget("Kế hoạch", "Số gói", units=[None, None, "(tỷ đồng)", "(gói)"]),
        budget("Kế hoạch", "Số gói", units=[None, None, "tỷ đồng", None]),
        budget("Kế hoạch", "Số gói", title="Đơn vị: Sở Thông tin và Truyền thông"),
    ],
)
def test_figures_in_the_forms_unit(content):
    form = read(content, money(printed_in="tỷ đồng"))
    assert (form.values["task"], form.values["planned"]) == (["Số hóa"], ["12,5"])
    assert form.findings == []


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        (budget("Kế hoạch (triệu đồng)", "Số gói"), "C2"),
        (budget("Kế hoạch (đồng)", "Số gói"), "C2"),
        (budget("Kế hoạch", "Số gói", title="ĐVT: triệu đồng"), "A1"),
        (budget("Kế hoạch", "Số gói", title="Đơn vị tính: đồng"), "A1"),
        (budget("Kế hoạch", "Số gói", title="KINH PHÍ NĂM 2024 (triệu đồng)"), "A1"),
        (budget("Kế hoạch", "Số gói", title="(đồng)"), "A1"),
        (budget("Kế hoạch", "Số gói", units=[None, None, "(triệu đồng)", "(gói)"]), "C3"),
        (budget("Kế hoạch", "Số gói", units=[None, None, "nghìn đồng", None]), "C3"),
    ],
)
def test_figures_in_another_unit_are_refused(content, cell):
    found = refused(content, money(printed_in="tỷ đồng"))
    assert (found.rule, found.cell) == ("header_unit_differs", cell)


@pytest.mark.parametrize("title", ["KINH PHÍ (tỷ đồng)", "KINH PHÍ (dự án trên 5 triệu đồng)", "KINH PHÍ (người Triệu Voi)"])
def test_brackets_that_state_no_other_unit_are_passed_over(title):
    assert read(budget("Kế hoạch", "Số gói", title=title), money(printed_in="tỷ đồng")).findings == []


def test_plain_money_is_a_unit_too():
    assert refused(budget("Kế hoạch (triệu đồng)", "Số gói"), money(printed_in="đồng")).rule == "header_unit_differs"
    assert read(budget("Kế hoạch (đồng)", "Số gói"), money(printed_in="đồng")).findings == []
