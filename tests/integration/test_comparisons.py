"""Figures of different sources that speak of the same thing: where they contradict each other, they wait, whichever came first."""

from typing import Any

import pytest
from chiso.flow import computing, deciding
from chiso.indicators import Decided, load_catalogue
from chiso.inquiry import answers, reconciliation

from tests.deliveries import Inbox, at, csv_bytes, dossiers, json_bytes
from tests.integration.test_command_line import Chiso, chiso
from tests.integration.test_indicators import Copy, copy
from tests.integration.test_odd_forms import ONE_STOP, one_stop

__all__ = ["chiso", "copy"]
SHAPE = ("what", "period", "calendar", "unit_code", "sides", "difference", "difference_pct", "agrees", "explained_by")
PERIOD, AGENCY = "2024-06", "000.00.11.H34"
"""Of the administrative calendar: 15 May to 14 June."""


def send_dossiers(inbox: Inbox, count: int) -> None:
    """So many, all received on 10 June, by exports of both months that the period lies in."""
    inbox.ingest("portal/dossiers", csv_bytes([]), "2024-05.csv", "2024-05", received=at(1))
    inbox.ingest("portal/dossiers", csv_bytes(dossiers(count)), "2024-06.csv", "2024-06", received=at(1))


def send_form(inbox: Inbox, count: int) -> None:
    row = [1, "Sở Thông tin và Truyền thông", count, count, 0, 0, count, count, 0, 0, 0, 0, 0]
    inbox.ingest(ONE_STOP, one_stop(row, period="Tháng 6/2024"), "06a.xlsx", received=at(2))


def waiting(inbox: Inbox) -> dict[tuple[str, str], str]:
    return {
        (row["indicator"], row["unit_code"]): row["held_because"]
        for row in answers.held(inbox.platform, PERIOD)
        if row["calendar"] == "administrative" and row["held_because"].startswith("contradicted")
    }


@pytest.mark.parametrize("dossiers_first", [True, False])
def test_whichever_comes_second_waits(inbox: Inbox, dossiers_first: bool) -> None:
    steps = [(send_dossiers, 18), (send_form, 40)]
    for send, count in steps if dossiers_first else reversed(steps):
        send(inbox, count)
        assert waiting(inbox) == {}
        computing.compute_stale(inbox.platform)
    held = "one_stop_new" if dossiers_first else "dossiers_received"
    other, value = ("dossiers_received", 18) if dossiers_first else ("one_stop_new", 40)
    why = f"contradicted: {other} is {value} (dossiers_received_as_reported)"
    assert waiting(inbox) == {(held, "62"): why, (held, AGENCY): why}
    deciding.decide(inbox.platform, Decided("approve", "Nguyễn Thị Lan", "biểu gồm cả hồ sơ giấy", "command"), PERIOD)
    computing.compute_stale(inbox.platform)
    assert waiting(inbox) == {}


def test_what_differs_within_the_bounds_is_published(inbox: Inbox) -> None:
    send_dossiers(inbox, 18)
    send_form(inbox, 22)
    computing.compute_stale(inbox.platform)
    assert waiting(inbox) == {}
    lines = [line for line in reconciliation.reconcile(inbox.platform, PERIOD) if line["what"] == "dossiers_received_as_reported"]
    assert [(line["unit_code"], line["calendar"], line["agrees"], line["difference"]) for line in lines] == [
        (AGENCY, "administrative", True, -4),
        ("62", "administrative", True, -4),
    ]
    assert [(side["source"], side["value"], side["printed"]) for side in lines[0]["sides"]] == [
        ("portal/dossiers", 18, None),
        (ONE_STOP, 22, None),
    ]


def test_incomplete_figures_contradict_nothing(inbox: Inbox) -> None:
    inbox.ingest("portal/dossiers", csv_bytes(dossiers(18)), "2024-06.csv", "2024-06", received=at(1))
    send_form(inbox, 40)
    computing.compute_stale(inbox.platform)
    assert waiting(inbox) == {}


def test_a_watched_website_whose_owner_has_no_system_in_the_register(inbox: Inbox) -> None:
    def asset(number: int, owner: str) -> dict[str, Any]:
        return {"asset_id": f"WEB-{number}", "loai": "website", "ma_don_vi": owner, "trang_thai": "đang giám sát", "ngay_bat_dau": "2024-01-02"}

    system = {"ma_he_thong": "HT-1", "ten": "Cổng", "ma_don_vi": AGENCY, "cap_do": 2, "da_phe_duyet": False, "co_phuong_an": True}
    system |= {"so_quyet_dinh": None, "ngay_phe_duyet": None}
    watched = [asset(1, AGENCY), asset(2, "000.00.05.H34")]
    assert inbox.ingest("soc/monitored_assets", json_bytes(watched), "assets.json", "2024-06-30", received=at(1)).accepted
    assert inbox.ingest("soc/system_levels", json_bytes([system]), "systems.json", "2024-06", received=at(1)).accepted
    computing.compute_stale(inbox.platform)
    held = {(row["indicator"], row["unit_code"]) for row in answers.held(inbox.platform, "2024-06") if "systems_of_watched" in row["held_because"]}
    assert held == {("soc_websites", "000.00.05.H34")}


def test_reconcile_on_the_command_line(inbox: Inbox, chiso: Chiso) -> None:
    send_dossiers(inbox, 18)
    send_form(inbox, 40)
    computing.compute_stale(inbox.platform)
    said = chiso("reconcile", "--period", PERIOD, "--unit", AGENCY)
    assert said.code == 0, said.err
    [line] = [line for line in said.out.splitlines() if line.startswith("dossiers_received_as_reported")]
    assert line.endswith("administrative/2024-06: portal/dossiers 18 ≠ departments/one_stop_results 40 (-22, -55 %)")
    told = chiso("reconcile", "--period", PERIOD, "--json").json
    assert {line["agrees"] for line in told if line["what"] == "dossiers_received_as_reported"} == {False}
    assert {tuple(line) for line in told} == {SHAPE}


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("[dossiers_received, one_stop_new]", "[dossiers_recieved, one_stop_new]", "dossiers_received_as_reported.sides"),
        ("[dossiers_received, one_stop_new]", "[dossiers_received, one_stop_on_time_pct]", "dossiers_received_as_reported.sides"),
        ("share: 0.1", "shares: 0.1", "dossier_fees_as_paid.shares"),
        ("id: dossier_fees_as_paid", "id: dossiers_received_as_reported", "dossiers_received_as_reported"),
    ],
)
def test_faults_of_the_list_are_named(copy: Copy, before: str, after: str, place: str) -> None:
    copy.change("indicators/comparisons.yml", before, after)
    faults = load_catalogue(copy.platform.settings).faults
    assert [fault.place for fault in faults] == [place]
