"""The publication gate: what is held, who lets it through, and what readers see meanwhile."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chiso.flow import computing, deciding
from chiso.indicators import Decided, Question
from chiso.inquiry import answers, verification
from chiso.system.errors import ContractError, UsageError
from chiso.system.platform import Platform

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, telecom_form, telecom_row
from tests.integration.test_indicators import Copy
from tests.integration.test_publication import FIBRE, TELECOM, Reader, form, reader

__all__ = ["reader"]
PERIOD = "2024-Q2"
APPROVE = Decided("approve", "Nguyễn Thị Lan", "đã đối chiếu với biểu gốc", "command")
REFUSE = Decided("refuse", "Trần Văn Bình", "chờ sở xác nhận", "command")


def restate(inbox: Inbox, *fibres: int) -> None:
    for day, fibre in enumerate(fibres, 1):
        inbox.ingest(TELECOM, form(fibre), f"{fibre}.xlsx", received=at(day))
        computing.compute_stale(inbox.platform)


def shown(reader: Reader, view: str = "indicator_value") -> list[dict[str, Any]]:
    return reader.ask(FIBRE.format(view, PERIOD))


def as_known(platform: Platform, moment: datetime | None = None) -> tuple[Any, str]:
    rows = answers.indicator_rows(platform, Question("review", PERIOD, None, moment))
    [row] = [row for row in rows if row.indicator == "households_fibre_pct"]
    return row.value, row.publication


def test_a_restatement_waits_until_somebody_approves_it(inbox: Inbox, reader: Reader) -> None:
    restate(inbox, 50, 60)
    assert (shown(reader)[0]["value"], as_known(inbox.platform)) == (50, (60, "held"))
    [waits] = answers.held(inbox.platform, PERIOD, "households_fibre_pct", "62")
    assert (waits["before"], waits["after"], waits["cause"], waits["held_because"]) == (50, 60, "corrected_delivery", "restated: was 50")
    before = datetime.now(UTC)
    done = deciding.decide(inbox.platform, APPROVE, PERIOD)
    assert {value["decision"] for value in done.values} == {"approve"}
    assert ("households_fibre_pct", "62", 60) in {(value["indicator"], value["unit_code"], value["value"]) for value in done.values}
    [value] = shown(reader)
    assert (value["value"], value["publication"], value["waiting_value"], value["approved_by"]) == (60, "approved", None, "Nguyễn Thị Lan")
    assert as_known(inbox.platform) == (60, "approved")
    assert as_known(inbox.platform, before) == (60, "held")
    assert answers.held(inbox.platform, PERIOD) == []
    feed = sorted(shown(reader, "change"), key=lambda row: row["recorded_at"])
    assert [(row["cause"], row["old_value"], row["new_value"], row["decided_by"]) for row in feed] == [
        ("first", None, 50, None),
        ("corrected_delivery", 50, 60, None),
        ("approved", 50, 60, "Nguyễn Thị Lan"),
    ]
    assert verification.verify(inbox.platform)["ok"]
    with pytest.raises(UsageError, match="waits for a decision"):
        deciding.decide(inbox.platform, APPROVE, PERIOD)


def test_a_refused_number_is_never_published_and_says_so_when_it_comes_again(inbox: Inbox, reader: Reader) -> None:
    restate(inbox, 50, 60)
    deciding.decide(inbox.platform, REFUSE, PERIOD)
    assert (shown(reader)[0]["value"], shown(reader)[0]["publication"], answers.held(inbox.platform, PERIOD)) == (50, "approved", [])
    inbox.ingest(TELECOM, form(70), "70.xlsx", received=at(3))
    computing.compute_stale(inbox.platform)
    inbox.ingest(TELECOM, telecom_form([*[telecom_row(n, name, 100, 60) for n, name in enumerate(COMMUNES_OF_DAK_GLEI[:5], 1)]],
                                       period="Kỳ báo cáo: Quý 2 năm 2024"), "60b.xlsx", received=at(4))  # fmt: skip
    computing.compute_stale(inbox.platform)
    [waits] = answers.held(inbox.platform, PERIOD, "households_fibre_pct", "62")
    assert waits["held_because"] == "refused before by Trần Văn Bình: chờ sở xác nhận"
    assert shown(reader)[0]["value"] == 50


def test_a_newer_restatement_replaces_the_question(inbox: Inbox) -> None:
    restate(inbox, 50, 60)
    asked = {row["value_id"] for row in answers.held(inbox.platform, PERIOD)}
    inbox.ingest(TELECOM, form(70), "70.xlsx", received=at(3))
    computing.compute_stale(inbox.platform)
    late = deciding.decide(inbox.platform, APPROVE, PERIOD, shown=asked)
    assert (late.values, late.superseded) == ((), len(asked))
    assert {row["after"] for row in answers.held(inbox.platform, PERIOD, "households_fibre_pct")} == {70}


def test_what_goes_back_to_the_published_number_waits_for_nobody(inbox: Inbox, reader: Reader) -> None:
    restate(inbox, 50, 60)
    inbox.ingest(TELECOM, form(50), "50b.xlsx", received=at(3))
    computing.compute_stale(inbox.platform)
    assert (shown(reader)[0]["value"], shown(reader)[0]["publication"], answers.held(inbox.platform, PERIOD)) == (50, "approved", [])


def test_one_indicator_of_one_unit(inbox: Inbox) -> None:
    restate(inbox, 50, 60)
    some = deciding.decide(inbox.platform, APPROVE, PERIOD, "households_fibre_pct", "610")
    assert [(value["indicator"], value["unit_code"]) for value in some.values] == [("households_fibre_pct", "610")]
    assert "62" in {row["unit_code"] for row in answers.held(inbox.platform, PERIOD)}


@pytest.mark.parametrize("decided", [Decided("approve", " ", "vì", "command"), Decided("refuse", "Lan", "", "command")])
def test_a_decision_has_a_name_and_a_reason(decided: Decided, inbox: Inbox) -> None:
    with pytest.raises(UsageError, match="a name and a reason"):
        deciding.decide(inbox.platform, decided, PERIOD)


def test_a_form_whose_rows_are_in_quarantine_waits(inbox: Inbox, reader: Reader) -> None:
    lines = [telecom_row(n, name) for n, name in enumerate(COMMUNES_OF_DAK_GLEI[:5], 1)]
    outcome = inbox.ingest(TELECOM, telecom_form([*lines[:4], [*lines[4][:2], "1,014", *lines[4][3:]]], period="Kỳ báo cáo: Quý II/2024"), "a.xlsx")
    assert (outcome.accepted, outcome.rejected) == (True, 1)
    computing.compute_stale(inbox.platform)
    [waits] = answers.held(inbox.platform, PERIOD, "households_fibre_pct", "62")
    assert (waits["before"], waits["after"]) == (None, 50)
    assert waits["held_because"] == "incomplete: 1 rows of departments/telecom are in quarantine"
    assert shown(reader) == []


def test_an_expected_number_and_a_tolerance_let_a_restatement_through(inbox: Inbox, tmp_path: Path) -> None:
    copy = Copy(inbox.platform, tmp_path / "checkout")
    expected = copy.platform.settings.schemas / "reference" / "expected_values.csv"
    expected.write_text(expected.read_text("utf-8") + f"households_fibre_pct,62,civil,{PERIOD},60.0,Sở đã báo trước,Công văn 12/STTTT\n", "utf-8")
    for day, fibre in enumerate((50, 60), 1):
        inbox.ingest(TELECOM, form(fibre), f"{fibre}.xlsx", received=at(day))
        computing.compute_stale(copy.platform)
    units = {row["unit_code"] for row in answers.held(inbox.platform, PERIOD, "households_fibre_pct")}
    assert "62" not in units
    assert "610" in units
    expected.write_text("indicator,unit_code,calendar,period,value,why_vi,document\na,62,civil,2024-Q9,1,x,y\n", "utf-8")
    with pytest.raises(ContractError, match=r"expected_values\.csv.*line 2"):
        computing.compute_known(copy.platform, PERIOD)


def test_what_comes_after_a_period_was_closed_is_held_however_small(inbox: Inbox, tmp_path: Path) -> None:
    copy = Copy(inbox.platform, tmp_path / "checkout")
    copy.change("indicators/catalogue.yml", "id: households_fibre_pct,", "id: households_fibre_pct, restatement_tolerance: 100,")
    copy.change("contracts/departments/telecom.yml", "due_working_days:", "open_working_days: 5, due_working_days:")
    for day, fibre in ((3, 50), (4, 60), (20, 61)):
        inbox.ingest(TELECOM, form(fibre), f"{fibre}.xlsx", received=at(day))
        computing.compute_stale(copy.platform)
    [waits] = answers.held(inbox.platform, PERIOD, "households_fibre_pct", "62")
    assert (waits["before"], waits["after"]) == (60, 61)
    assert waits["held_because"].endswith("came after the period was closed")
