"""Rows of forms that exist in these tests only, from the sheet to the verdict. All figures are made up."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from chiso import contracts

from tests.deliveries import Inbox, at
from tests.integration.test_readings import KEY, Desk, field, said
from tests.unit.staging.workbooks import Page, xlsx

DISTRICT = field("district", "Đơn vị", reading="unit", levels=["district"], blank="above", **KEY)
SERVICES = [
    DISTRICT,
    field("service", "Dịch vụ", blank="none", none_words=["Chưa có"], split=[";"], **KEY),
    field("state", "Tình trạng", enum=[{"value": "đã có"}, {"value": "chưa"}]),
    field("cameras", "Camera", "integer"),
]


@pytest.fixture
def desk(inbox: Inbox, tmp_path: Path) -> Desk:
    return Desk(inbox, tmp_path / "checkout")


def test_every_piece_of_a_cell_is_a_row_and_figures_count_once(desk: Desk) -> None:
    rows = [
        ["Thành phố Kon Tum", "- Camera an ninh;\n- Chiếu sáng", "đã có", 12],
        ["Huyện Đắk Glei", "Chưa có", "chưa", None],
        ["Huyện Sa Thầy", None, "chưa", 0],
        ["Tổng số", None, None, 12],
    ]
    deployed = {"column": "state", "operator": "=", "value": "đã có"}
    counted = [{"id": "services", "name_vi": "Dịch vụ", "unit": "dịch vụ", "kind": "stock", "when": deployed}]
    outcome = desk.check(SERVICES, rows, "district", unit="district", subject="service", measures=counted)
    assert (outcome.rows, outcome.rejected, outcome.issues) == (4, 0, [])
    assert {each["measure"]: float(each["sum"]) for each in outcome.values or []} == {"services": 2, "cameras": 12}


def test_a_finding_in_a_piece_names_the_sheets_row(desk: Desk) -> None:
    rows = [["Thành phố Kon Tum", "Camera; Chiếu sáng", "có rồi", 12], [None, "Đỗ xe", "chưa", "1,5"]]
    outcome = desk.check(SERVICES, rows, "district", unit="district", subject="service")
    assert said(outcome) == [
        ("cameras.number_malformed", "reject_row", "E5"),
        ("state.choice_unknown", "reject_row", "D4"),
        ("state.choice_unknown", "reject_row", "D4"),
    ]
    assert {each["row"] for each in outcome.issues} == {4, 5}
    assert all(not each["message_vi"].startswith("Bản ghi") for each in outcome.issues)



def test_loaded_pieces_keep_the_sheets_row(desk: Desk) -> None:
    desk.check(SERVICES, [["Thành phố Kon Tum", None, None, None]], "district", unit="district", subject="service")
    workshop = desk.workshop
    contract = contracts.load("departments/trial", workshop.platform.settings)
    header = ["STT", *(each["businessName"] for each in SERVICES)]
    sheet = [["Năm 2023"], [], header, ["I", "Huyện Sa Thầy"], [1, None, "Camera; Đỗ xe", "đã có", 3], ["II", "Huyện Đắk Hà"]]
    outcome = workshop.ingest(contract, xlsx(Page(sheet)), "thu_nghiem_nam_2023.xlsx", at(1))
    assert (outcome.accepted, outcome.rows, outcome.loaded) == (True, 3, 3)
    with workshop.platform.engine.connect() as connection:
        query = f"SELECT district, service, cameras, line FROM {contract.fact_table} ORDER BY row_no"
        assert [tuple(row) for row in connection.execute(sa.text(query))] == [
            ("616", "Camera", 3, 5), ("616", "Đỗ xe", None, 5), ("615", None, None, 6),
        ]  # fmt: skip
