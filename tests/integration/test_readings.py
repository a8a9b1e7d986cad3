"""Cells of sources that exist in these tests only, from the file to the verdict. All figures are made up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from chiso.deliveries.verdicts import Outcome
from chiso.flow import loading

from tests.deliveries import Inbox
from tests.unit.staging.workbooks import Page, xlsx
from tests.workshop import Workshop


def field(name: str, printed: str, kind: str = "string", **given: Any) -> dict[str, Any]:
    """A property of a contract; what ODCS has no word for becomes custom properties."""
    own = {key: given.pop(key) for key in ("required", "primaryKey", "enum", "logicalTypeOptions") if key in given}
    terms = [{"property": key, "value": value} for key, value in given.items()]
    return {"name": name, "businessName": printed, "logicalType": kind, "customProperties": terms, **own}


KEY = {"required": True, "primaryKey": True}


TOTALS = ("Tổng số",)


class Desk:
    """Where forms of one source more are checked."""

    def __init__(self, inbox: Inbox, folder: Path) -> None:
        self.workshop = Workshop(inbox, folder)

    def check(
        self, fields: list[dict[str, Any]], rows: Sequence[Sequence[object]], label: str, **terms: Any
    ) -> Outcome:
        """What a check of a form with these columns and rows says; the first row is sheet row 4."""
        given = {
            "owner": "000.00.33.H34",
            "transport": {"kind": "drop_folder", "endpoint": "departments", "file_names": ["thu_nghiem*"]},
            "delivery": {"cadence": "year", "format": "workbook", "max_rejected_rows": 100},
            "sheet": {"label": label},
            "figures": {"kind": "flow"},
        } | terms
        stated = [{"property": key, "value": value} for key, value in given.items()]
        contract = self.workshop.add("departments/trial", _yaml(fields), _yaml(stated))
        header = ["STT", *(each["businessName"] for each in fields)]
        numbered = [[number if row[0] not in TOTALS else None, *row] for number, row in enumerate(rows, 1)]
        form = xlsx(Page([["Năm 2023"], [], header, *numbered]))
        path = self.workshop.inbox.put(form, "thu_nghiem_nam_2023.xlsx")
        return loading.check(path, contract, self.workshop.platform, with_values=True)


def _yaml(given: object) -> str:
    return yaml.safe_dump(given, allow_unicode=True, width=10_000)


@pytest.fixture
def desk(inbox: Inbox, tmp_path: Path) -> Desk:
    return Desk(inbox, tmp_path / "checkout")


def said(outcome: Outcome) -> list[tuple[str, str, str | None]]:
    return sorted((each["rule"], each["action"], each["cell"]) for each in outcome.issues)


def sums(outcome: Outcome) -> dict[str, float]:
    return {each["measure"]: float(each["sum"]) for each in outcome.values or []}


def economy(**grdp: Any) -> list[dict[str, Any]]:
    return [
        field("sector", "Ngành, lĩnh vực", **KEY),
        field("grdp", "GRDP (tỷ đồng)", "number", required=True, logicalTypeOptions={"minimum": 0.5}, **grdp),
        field("share", "Tỷ trọng", "number", reading="percent", logicalTypeOptions={"minimum": 0, "maximum": 99.5}),
    ]


ECONOMY = [
    ["Nông, lâm nghiệp", "6,8904 nghìn tỷ", "6.88"],
    ["Công nghiệp", "9.876,5 tỷ", "45,01%"],
    ["Thương mại", 5120.25, "1.014"],
]


@pytest.mark.parametrize(("terms", "plain"), [({}, 1), ({"printed_in": "tỷ đồng"}, 10**9)])
def test_amounts_and_their_printed_total(desk: Desk, terms: dict[str, Any], plain: int) -> None:
    right = desk.check(economy(**terms), [*ECONOMY, ["Tổng số", "21.887,15 tỷ", "8,61"]], "sector")
    assert (right.accepted, right.issues) == (True, [])
    assert sums(right)["grdp"] == pytest.approx(21_887.15 * plain)
    wrong = desk.check(economy(**terms), [*ECONOMY, ["Tổng số", "21.888,15", None]], "sector")
    assert said(wrong) == [("total_disagrees", "flag", "C7")]
    assert (wrong.issues[0]["value"], wrong.issues[0]["severity"]) == ("21888,15", "warning")
    assert "21887,15" in wrong.issues[0]["message_en"]


def test_the_tolerance_is_in_the_printed_unit(desk: Desk) -> None:
    rows = [*ECONOMY, ["Tổng số", "21.887,20", None]]
    sheet = {"label": "sector", "totals": {"tolerance": 0.1}}
    assert desk.check(economy(printed_in="tỷ đồng"), rows, "sector", sheet=sheet).issues == []


def test_a_total_that_can_not_be_read_is_said(desk: Desk) -> None:
    outcome = desk.check(economy(), [*ECONOMY, ["Tổng số", "21887.15", None]], "sector")
    assert (outcome.accepted, said(outcome)) == (True, [("total_unreadable", "flag", "C7")])


def test_a_proposal_with_decimals(desk: Desk) -> None:
    rows = [["Nông nghiệp", "1151.10", 5], ["Công nghiệp", "848,90", 5], ["Tổng số", "2.000,00", None]]
    outcome = desk.check(economy(printed_in="tỷ đồng"), rows, "sector")
    assert said(outcome) == [("grdp.number_malformed", "reject_row", "C4")]
    assert "Có thể là 1.151,1:" in outcome.issues[0]["message_vi"]
    assert "Probably 1151.1:" in outcome.issues[0]["message_en"]


def test_percentages_are_never_summed(desk: Desk) -> None:
    fields = [
        field("sector", "Ngành", **KEY),
        field("share", "Tỷ trọng (%)", "number"),
        field("rank", "Điểm", "number"),
    ]
    outcome = desk.check(
        fields, [["Nông nghiệp", "1.50", "5"], ["Công nghiệp", "4,07%", "5"], ["Tổng số", "8,61", "10"]], "sector"
    )
    assert (outcome.rejected, outcome.issues, list(sums(outcome))) == (0, [], ["rank"])


def test_figures_that_are_rejected(desk: Desk) -> None:
    rows = [["A 1", "0,4", "5"], ["B 2", "5 USD", "5"], ["C 3", "5", "-5%"], ["D 4", "5", "99,6"], ["E 5", "5", "99,5"]]
    outcome = desk.check(economy(), rows, "sector")
    assert said(outcome) == [
        ("grdp.number_unit", "reject_row", "C5"),
        ("grdp.range", "reject_row", "C4"),
        ("share.number_negative", "reject_row", "D6"),
        ("share.range", "reject_row", "D7"),
    ]


def facilities(**kind: Any) -> list[dict[str, Any]]:
    listed = [{"value": "bệnh viện"}, {"value": "trạm y tế"}]
    return [
        field("facility", "Cơ sở KCB", **KEY),
        field("kind", "Loại", required=True, enum=listed, choices={"trạm y tế": ["Trạm YT"]}, **kind),
        field("beds", "Giường", "integer"),
    ]


FACILITIES = [["Trạm A", "Trạm YT", 1], ["Trạm B", "TRẠM Y TẾ", 2], ["Nhà C", "Nhà hộ sinh", 4]]


def test_a_value_that_is_not_listed_is_a_warning_and_the_row_counts(desk: Desk) -> None:
    outcome = desk.check(facilities(unknown="flag"), FACILITIES, "facility")
    assert (outcome.accepted, outcome.rows, outcome.rejected) == (True, 3, 0)
    assert said(outcome) == [("kind.choice_unknown", "flag", "C6")]
    assert (outcome.issues[0]["severity"], outcome.issues[0]["value"]) == ("warning", "Nhà hộ sinh")
    assert sums(outcome)["beds"] == 7


def test_a_value_that_is_not_listed_rejects_otherwise(desk: Desk) -> None:
    outcome = desk.check(facilities(), FACILITIES, "facility")
    assert (outcome.rejected, said(outcome)) == (1, [("kind.choice_unknown", "reject_row", "C6")])
    assert sums(outcome)["beds"] == 3


def test_a_flag_does_not_hide_what_rejects_the_same_cell(desk: Desk) -> None:
    fields = facilities(unknown="flag")
    fields[1]["logicalTypeOptions"] = {"pattern": "^[a-zạệếôiyvn ]+$"}
    outcome = desk.check(fields, FACILITIES, "facility")
    assert said(outcome) == [("kind.choice_unknown", "flag", "C6"), ("kind.pattern", "reject_row", "C6")]


def test_none_is_a_value_of_a_required_column(desk: Desk) -> None:
    fields = [
        field("district", "Đơn vị", reading="unit", levels=["district"], **KEY),
        field("service", "Dịch vụ", blank="none", none_words=["Chưa có"], **KEY),
        field("cameras", "Camera", "integer", blank=0),
    ]
    rows = [
        ["TP. Kon Tum", "Camera", 5],
        ["Huyện Đắk Glei", "-", None],
        ["Huyện Ngọc Hồi", None, "-"],
        ["Huyện Đắk Tô", "CHƯA CÓ", 2],
    ]
    outcome = desk.check(fields, rows, "district")
    assert (outcome.accepted, outcome.rows, outcome.rejected, outcome.issues) == (True, 4, 0, [])
    assert sums(outcome)["cameras"] == 7


def test_units_of_several_levels_in_one_column(desk: Desk) -> None:
    fields = [
        field("unit", "Đơn vị", reading="agency", levels=["agency", "district", "commune"], **KEY),
        field("files", "Hồ sơ", "integer"),
    ]
    rows = [
        ["Sở Y tế", 1],
        ["UBND huyện Sa Thầy", 2],
        ["Huyện Sa Thầy", 4],
        ["UBND phường Quang Trung", 8],
        ["UBND xã Đắk Long (huyện Đắk Hà)", 16],
        ["Xã Đắk Long, huyện Đắk Glei", 32],
        ["UBND xã Không Có", 64],
    ]
    outcome = desk.check(fields, rows, "unit", unit="unit")
    assert said(outcome) == [("unit.unit_unknown", "reject_row", "B10")]
    assert sums(outcome)["files"] == 63


def test_days(desk: Desk) -> None:
    fields = [field("task", "Nhiệm vụ", **KEY), field("due", "Hạn", "date"), field("cost", "Chi", "integer")]
    due = ["1²/06/2024", f"01/06/{'2' * 5001}", "99999999999999999999", "45292", "2024-06-30T17:00:00Z", "30/06/2024"]
    outcome = desk.check(fields, [[f"Việc số {number}", day, 1] for number, day in enumerate(due)], "task")
    assert said(outcome) == [("due.time_malformed", "reject_row", f"C{row}") for row in range(4, 8)]
