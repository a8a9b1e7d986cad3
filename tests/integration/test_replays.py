"""Kept bytes judged again by today's rules, and rows that are loaded by decision."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from chiso.flow import computing, quarantining
from chiso.inquiry import verification
from chiso.inquiry.cases import case_rows, case_story
from chiso.province.units import load_reference
from chiso.system.errors import UsageError
from chiso.system.platform import Platform

from tests.deliveries import Inbox, at, csv_bytes, dossier, dossiers, telecom_form, telecom_row, values
from tests.integration.test_cases import BAD, BY, DOSSIERS, NAMES, TELECOM, states, steps, telecom


@pytest.fixture
def mending(checkout: Platform, tmp_path: Path) -> Inbox:
    """Files on their way to a platform whose reference lists may be mended."""
    return Inbox(tmp_path / "in", checkout)


def alias(inbox: Inbox, name: str, code: str) -> None:
    with (inbox.platform.settings.schemas / "reference" / "unit_aliases.csv").open("a", encoding="utf-8") as file:
        file.write(f"{name},commune,{code},,the way that one office writes it\n")
    load_reference.cache_clear()  # a process reads the lists once


def facts(inbox: Inbox, table: str, delivery: int | None) -> int:
    with inbox.platform.engine.connect() as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM warehouse.{table} WHERE delivery_id = :id"), {"id": delivery}).scalar_one())


def replay(inbox: Inbox, **asked: Any) -> list[Any]:
    return list(quarantining.replay(inbox.platform, **asked))


def test_a_mended_alias_brings_rows_in(mending: Inbox) -> None:
    sent = telecom(mending, 1, {"of": NAMES[1], "name": "Xã Lưng Chừng"}, BAD | {"of": NAMES[2]})
    assert (sent.accepted, sent.rejected) == (True, 2)
    [same] = replay(mending, delivery=sent.delivery)
    assert (same.delivery, same.rejected) == (sent.delivery, 2)
    alias(mending, "Xã Lưng Chừng", "23344")
    [again] = replay(mending, delivery=sent.delivery)
    assert (again.accepted, again.rejected, again.delivery != sent.delivery) == (True, 1, True)
    assert facts(mending, "departments_telecom", again.delivery) == 4
    assert [(key, state) for key, _, state in states(mending) if key == "Xã Lưng Chừng"] == [("Xã Lưng Chừng", "corrected")]
    assert [state for key, _, state in states(mending) if key != "Xã Lưng Chừng"] == ["open"]
    assert replay(mending, source=TELECOM) == []
    assert verification.verify(mending.platform)["ok"]


def test_all_that_a_change_concerns(mending: Inbox) -> None:
    bad = [{"of": name, "name": f"{name} Lạ"} for name in NAMES[:3]]
    refused = telecom(mending, 1, *bad)
    assert not refused.accepted
    partly = telecom(mending, 2, {"of": NAMES[0], "name": f"{NAMES[0]} Lạ"}, period="Kỳ báo cáo: Quý II/2022")
    clean = telecom(mending, 3, period="Kỳ báo cáo: Quý I/2022")
    assert (partly.rejected, clean.rejected) == (1, 0)
    with mending.platform.engine.connect() as connection:
        codes = connection.execute(sa.text(f"SELECT commune FROM warehouse.departments_telecom WHERE delivery_id = {clean.delivery} ORDER BY row_no"))
        for name, code in zip(NAMES[:3], codes.scalars(), strict=False):
            alias(mending, f"{name} Lạ", code)
    done = replay(mending, source=TELECOM)
    assert [(outcome.period.code, outcome.accepted, outcome.rejected) for outcome in done] == [("2022-Q3", True, 0), ("2022-Q2", True, 0)]
    assert {state for _, _, state in states(mending)} == {"corrected"}
    assert done[0].delivery == refused.delivery


def test_a_row_is_loaded_by_decision(inbox: Inbox) -> None:
    rows = [telecom_row(number, name) for number, name in enumerate(NAMES, 1)]
    rows[1][3] = 140  # more households with fibre than there are
    sent = inbox.ingest(TELECOM, telecom_form(rows), "a.xlsx", received=at(1))
    assert (sent.accepted, sent.rejected) == (True, 1)
    [case] = case_rows(inbox.platform)
    done = quarantining.release(inbox.platform, [case["case"]], *BY)
    assert (done.accepted, done.rejected, done.loaded) == (True, 0, 5)
    assert [(found["rule"], found["action"]) for found in done.issues if found["row"] == 8] == [(case["rule"], "flag")]
    assert steps(inbox, case["case"]) == ["opened", "released"]
    told = case_story(inbox.platform, case["case"])
    assert (told["state"], told["by"], told["why"], told["steps"][-1]["delivery"]) == ("released", *BY, done.delivery)
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "households_fibre_pct", "2022-Q3") == [pytest.approx(100 * 340 / 500)]
    assert verification.verify(inbox.platform)["ok"]
    with pytest.raises(UsageError, match="is closed"):
        quarantining.release(inbox.platform, [case["case"]], *BY)


def test_a_dossier_is_loaded_by_decision_and_stays_so(mending: Inbox) -> None:
    odd = dossier(2, NgayHenTra="01/06/2024 17:00:00", NgayTiepNhan="10/06/2024 08:00:00", NgayKetThuc="09/06/2024 08:00:00")
    content = csv_bytes([*dossiers(60, 10), odd])
    sent = mending.ingest(DOSSIERS, content, "a.csv", "2024-06-10", received=at(1))
    cases = case_rows(mending.platform)
    assert (sent.accepted, {case["row_key"] for case in cases}) == (True, {odd["MaHoSo"]})
    done = quarantining.release(mending.platform, [case["case"] for case in cases], *BY)
    assert (done.rejected, done.loaded, done.unchanged) == (0, 1, 60)
    alias(mending, "Xã Lưng Chừng", "23344")
    again = mending.ingest(DOSSIERS, content, "a.csv", "2024-06-10", received=at(2))
    assert (again.rejected, again.loaded) == (0, 0)
    assert {state for _, _, state in states(mending)} == {"released"}


def test_what_can_not_be_released(inbox: Inbox) -> None:
    rows = [telecom_row(number, name) for number, name in enumerate(NAMES, 1)]
    rows[1][2] = "1,014"
    rows[2][2], rows[2][3], rows[2][5] = 10, 20, "abc"
    assert not inbox.ingest(TELECOM, telecom_form([*rows, telecom_row(6, NAMES[0], 101)]), "a.xlsx", received=at(1)).accepted
    cases = {(case["row"], case["rule"].split(".")[-1]): case["case"] for case in case_rows(inbox.platform)}

    def refused(*numbers: int) -> str:
        with pytest.raises(UsageError) as said:
            quarantining.release(inbox.platform, numbers, *BY)
        return str(said.value)

    assert "no value can be read" in refused(next(number for (row, _), number in cases.items() if row == 8))
    assert "one key" in refused(next(number for (row, _), number in cases.items() if row == 7))
    whole = next(number for (row, rule), number in cases.items() if row == 9 and rule != "number_malformed")
    assert "is rejected by case" in refused(whole)
    assert "There is no case 99" in refused(99)
    assert {state for _, _, state in states(inbox)} == {"open"}


def test_a_delivery_that_stays_refused_releases_nothing(inbox: Inbox) -> None:
    rows = [telecom_row(number, name, 100, 140) for number, name in enumerate(NAMES, 1)]
    assert not inbox.ingest(TELECOM, telecom_form(rows), "a.xlsx", received=at(1)).accepted
    numbers = [case["case"] for case in case_rows(inbox.platform)]
    assert not quarantining.release(inbox.platform, numbers[:1], *BY).accepted
    assert {state for _, _, state in states(inbox)} == {"open"}
    assert quarantining.release(inbox.platform, numbers[:3], *BY).accepted
    assert sorted(state for _, _, state in states(inbox)) == ["open"] * 2 + ["released"] * 3


def test_what_to_replay(inbox: Inbox) -> None:
    with pytest.raises(UsageError, match="Give either"):
        replay(inbox)
    with pytest.raises(UsageError, match="There is no delivery 7"):
        replay(inbox, delivery=7)
