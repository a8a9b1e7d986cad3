"""Cases of quarantine: what becomes of a row that breaks a rule, from its finding to its end."""

from typing import Any

import pytest
import sqlalchemy as sa
from chiso.flow import quarantining, returning, withdrawing
from chiso.inquiry import verification
from chiso.inquiry.cases import case_rows, case_story, times_to_fix
from chiso.system.errors import UsageError

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, csv_bytes, dossier, dossiers, telecom_form, telecom_row

TELECOM, DOSSIERS = "departments/telecom", "portal/dossiers"
NAMES = COMMUNES_OF_DAK_GLEI
BY = ("Nguyễn Thị Lan", "đã hỏi sở")


def telecom(inbox: Inbox, day: int, *changes: dict[str, Any], drop: int = 0, period: str = "Kỳ báo cáo: Quý III/2022") -> Any:
    """Five communes; each change says `name` and `households` of a row."""
    rows = [telecom_row(number, name) for number, name in enumerate(NAMES, 1)][: 5 - drop]
    for change in changes:
        place = NAMES.index(change["of"])
        rows[place][1] = change.get("name", rows[place][1])
        rows[place][2] = change.get("households", rows[place][2])
    return inbox.ingest(TELECOM, telecom_form(rows, period=period), f"telecom_{day}.xlsx", received=at(day))


def steps(inbox: Inbox, case: int) -> list[str]:
    return [step["step"] for step in case_story(inbox.platform, case)["steps"]]


def states(inbox: Inbox, **asked: str) -> list[tuple[str, str, str]]:
    return [(row["row_key"], row["rule"], row["state"]) for row in case_rows(inbox.platform, **asked)]


BAD = {"of": NAMES[1], "households": "1,014"}


def test_a_fault_stays_open_until_a_newer_form_has_the_row_without_it(inbox: Inbox) -> None:
    first = telecom(inbox, 1, BAD)
    [case] = case_rows(inbox.platform)
    assert (case["source"], case["period"], case["calendar"], case["state"]) == (TELECOM, "2022-Q3", "civil", "open")
    assert (case["delivery"], case["cell"], case["row"], case["column"], case["value"]) == (first.delivery, "C8", 8, "households", "1,014")
    assert (case["row_key"], case["unit_code"], case["rule"]) == (case["unit_code"], case["row_key"], first.issues[0]["rule"])
    assert (case["closed_at"], case["by"], case["why"]) == (None, None, None)
    telecom(inbox, 2, BAD, {"of": NAMES[2], "households": 300})
    third = telecom(inbox, 3)
    story = case_story(inbox.platform, case["case"])
    assert [(step["step"], step["by"]) for step in story["steps"]] == [("opened", None), ("seen", None), ("corrected", None)]
    assert (story["state"], story["steps"][-1]["delivery"]) == ("corrected", third.delivery)
    assert story["closed_at"] >= story["opened_at"]
    telecom(inbox, 4, BAD)
    assert steps(inbox, case["case"])[-1] == "opened"
    assert verification.verify(inbox.platform)["ok"]


def test_how_long_a_unit_takes_from_the_faulty_file_to_the_corrected_one(inbox: Inbox) -> None:
    telecom(inbox, 1, BAD, {"of": NAMES[0], "households": "1,014"})
    telecom(inbox, 3, BAD)
    told = {row["unit_code"]: (row["waiting"], row["corrected"], row["median_days"]) for row in times_to_fix(inbox.platform, TELECOM)}
    assert sorted(told.values(), key=str) == [(0, 1, 2), (1, 0, None)]
    telecom(inbox, 6)
    [slow, quick] = sorted(times_to_fix(inbox.platform), key=lambda row: -row["longest_days"])
    assert (slow["source"], slow["waiting"], slow["waiting_since"]) == (TELECOM, 0, None)
    assert (slow["longest_days"], quick["longest_days"]) == (5, 2)
    assert times_to_fix(inbox.platform, DOSSIERS) == []


def test_a_row_that_a_newer_form_lacks_is_gone(inbox: Inbox) -> None:
    telecom(inbox, 1, {"of": NAMES[4], "households": "1,014"})
    telecom(inbox, 2, drop=1)
    assert [state for _, _, state in states(inbox)] == ["gone"]


def test_a_misspelt_key_is_corrected_at_its_line(inbox: Inbox) -> None:
    telecom(inbox, 1, {"of": NAMES[2], "name": "Xã Không Có"})
    [(key, _, state)] = states(inbox)
    assert (key, state) == ("Xã Không Có", "open")
    telecom(inbox, 2)
    assert [state for _, _, state in states(inbox)] == ["corrected"]


def test_rows_without_a_key_are_known_by_their_line(inbox: Inbox) -> None:
    rows = [telecom_row(1, NAMES[0]), telecom_row(2, None), *(telecom_row(n, name) for n, name in enumerate(NAMES[2:], 3))]
    inbox.ingest(TELECOM, telecom_form(rows), "a.xlsx", received=at(1))
    assert [(key, state) for key, _, state in states(inbox)] == [("Biểu 1 dòng 8", "open")]
    telecom(inbox, 2)
    assert [state for _, _, state in states(inbox)] == ["corrected"]


def test_rows_of_refused_deliveries_are_cases_and_a_refused_one_settles_nothing(inbox: Inbox) -> None:
    bad = [{"of": name, "households": "1,014"} for name in NAMES[:3]]
    assert not telecom(inbox, 1, *bad).accepted
    assert [state for _, _, state in states(inbox, source=TELECOM, state="open")] == ["open"] * 3
    assert not telecom(inbox, 2, *[{"of": name, "households": "1,015"} for name in NAMES[1:4]]).accepted
    assert [state for _, _, state in states(inbox)] == ["open"] * 4
    telecom(inbox, 3, period="Kỳ báo cáo: Quý IV/2022")
    assert [state for _, _, state in states(inbox, period="2022-Q3")] == ["open"] * 4
    telecom(inbox, 4)
    assert [state for _, _, state in states(inbox)] == ["corrected"] * 4


def test_what_comes_late_is_settled_by_what_stands(inbox: Inbox) -> None:
    telecom(inbox, 3, drop=1)
    telecom(inbox, 1, BAD, {"of": NAMES[4], "households": "1,014"})
    assert [state for _, _, state in states(inbox)] == ["corrected", "gone"]


def test_a_withdrawn_correction_corrects_nothing(inbox: Inbox) -> None:
    first = telecom(inbox, 1, BAD)
    second = telecom(inbox, 2)
    withdrawing.withdraw(second.delivery, *BY, inbox.platform)
    [case] = case_rows(inbox.platform)
    assert (case["state"], case["by"], case["delivery"]) == ("open", BY[0], first.delivery)
    withdrawing.withdraw(first.delivery, *BY, inbox.platform)
    assert [state for _, _, state in states(inbox)] == ["gone"]


def test_a_dossier_is_corrected_by_its_newer_version(inbox: Inbox) -> None:
    wrong = dossier(2, KenhThucHien="9")
    inbox.ingest(DOSSIERS, csv_bytes([dossier(1), wrong, *dossiers(20, 10)]), "a.csv", "2024-06-10", received=at(1))
    [case] = case_rows(inbox.platform)
    assert (case["row_key"], case["unit_code"], case["state"]) == (wrong["MaHoSo"], "000.00.11.H34", "open")
    inbox.ingest(DOSSIERS, csv_bytes(dossiers(20, 40)), "b.csv", "2024-06-10", received=at(2))
    assert steps(inbox, case["case"]) == ["opened"]
    inbox.ingest(DOSSIERS, csv_bytes([dossier(2, ThoiDiemCapNhat="11/06/2024 09:00:00")]), "c.csv", "2024-06-11", received=at(3))
    assert steps(inbox, case["case"]) == ["opened", "corrected"]


def test_twins_are_cases_of_their_own(inbox: Inbox) -> None:
    rows = [telecom_row(number, name) for number, name in enumerate(NAMES, 1)]
    inbox.ingest(TELECOM, telecom_form([*rows, telecom_row(6, NAMES[0], 101)]), "a.xlsx", received=at(1))
    assert [(row["row"], row["state"]) for row in case_rows(inbox.platform)] == [(7, "open"), (12, "open")]
    telecom(inbox, 2)
    assert [state for _, _, state in states(inbox)] == ["corrected"] * 2


def test_a_discarded_case_stays_closed_while_the_cell_says_the_same(inbox: Inbox) -> None:
    telecom(inbox, 1, BAD)
    [case] = case_rows(inbox.platform)
    quarantining.discard(inbox.platform, [case["case"]], *BY)
    [discarded] = case_rows(inbox.platform, state="discarded")
    assert (discarded["by"], discarded["why"], discarded["closed_at"] is not None) == (*BY, True)
    with inbox.platform.engine.connect() as connection:
        payload = connection.execute(sa.text("SELECT payload FROM audit.event WHERE kind = 'cases_decided'")).scalar_one()
    assert (payload["step"], payload["rows"][0]["case"], payload["rows"][0]["row_key"]) == ("discarded", case["case"], [case["row_key"]])
    with pytest.raises(UsageError, match="is closed"):
        quarantining.discard(inbox.platform, [case["case"]], *BY)
    assert returning.export(inbox.platform, case["delivery"], inbox.folder / "back.xlsx", *BY).cases == ()
    assert steps(inbox, case["case"]) == ["opened", "discarded"]
    telecom(inbox, 2, BAD, {"of": NAMES[0], "households": 200})
    assert steps(inbox, case["case"]) == ["opened", "discarded"]
    telecom(inbox, 3, BAD | {"households": "1,015"})
    assert steps(inbox, case["case"]) == ["opened", "discarded", "opened"]
    assert verification.verify(inbox.platform)["ok"]


@pytest.mark.parametrize(("by", "why"), [(" ", "vì"), ("Lan", "")])
def test_a_decision_has_a_name_and_a_reason(by: str, why: str, inbox: Inbox) -> None:
    with pytest.raises(UsageError, match="a name and a reason"):
        quarantining.discard(inbox.platform, [1], by, why)


def test_an_unknown_case(inbox: Inbox) -> None:
    for ask in (lambda: quarantining.discard(inbox.platform, [7], *BY), lambda: case_story(inbox.platform, 7)):
        with pytest.raises(UsageError, match="There is no case 7"):
            ask()
