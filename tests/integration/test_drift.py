"""Columns that come otherwise than in the last accepted delivery: one finding each, by the contract's policy, and a log."""

from typing import Any

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.deliveries.verdicts import Outcome
from chiso.flow import collecting, withdrawing
from chiso.inquiry import deliveries as listing

from tests.deliveries import (
    COMMUNES_OF_DAK_GLEI,
    DOSSIER,
    Inbox,
    alert,
    at,
    csv_bytes,
    dossier,
    dossiers,
    json_bytes,
    procedure,
)
from tests.unit.staging.workbooks import HEADER, NUMBERING, Page, xlsx

DOSSIERS, PROCEDURES, FORM = "portal/dossiers", "portal/procedures", "departments/telecom"
COLUMNS = tuple(DOSSIER)


def deliver(inbox: Inbox, content: bytes, day: int, policy: str = "warn", source: str = DOSSIERS) -> Outcome:
    contract = contracts.load(source, inbox.platform.settings)
    delivery = contract.terms.delivery.model_copy(update={"drift": policy})
    contract = contract.model_copy(update={"terms": contract.terms.model_copy(update={"delivery": delivery})})
    suffix = {DOSSIERS: "csv", PROCEDURES: "json", FORM: "xlsx"}[source]
    path = inbox.put(content, f"2024-06_{day}.{suffix}" if source != FORM else f"{day}.xlsx", at(day))
    return collecting.ingest_file(path, contract, inbox.platform)


def drift(inbox: Inbox, outcome: Outcome) -> list[tuple[str, str, str | None, str | None]]:
    [row] = listing.delivery_rows(inbox.platform, delivery=outcome.delivery)
    return [(each["kind"], each["column"], each["before"], each["now"]) for each in row["drift"]]


def about(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Findings on columns as a whole."""
    named = ("column_", "optional_column", "personal_column")
    return sorted((each["rule"], each["severity"], each["action"]) for each in outcome.issues if each["rule"].startswith(named))


def test_the_same_columns_are_no_drift(inbox: Inbox) -> None:
    deliver(inbox, csv_bytes(dossiers(3)), 1)
    spelt = csv_bytes(dossiers(3, 4)).replace(b"MaHoSo", b"ma_ho_so", 1)
    again = deliver(inbox, spelt, 2)
    assert again.accepted and drift(inbox, again) == [] and about(again) == []


@pytest.mark.parametrize(
    ("policy", "severity", "action", "accepted"),
    [("freeze", "critical", "refuse_delivery", False), ("warn", "warning", "flag", True), ("evolve", "info", "flag", True)],
)
def test_each_kind_is_one_finding_by_the_policy(policy: str, severity: str, action: str, accepted: bool, inbox: Inbox) -> None:
    deliver(inbox, csv_bytes(dossiers(3)), 1)
    moved = [*COLUMNS[1:4], COLUMNS[0], *COLUMNS[4:]]
    changed = [name for name in moved if name != "MucDoHaiLong"] + ["GhiChuThem"]
    outcome = deliver(inbox, csv_bytes([row | {"GhiChuThem": "x"} for row in dossiers(3, 4)], header=changed), 2, policy)
    assert outcome.accepted is accepted
    assert drift(inbox, outcome) == [
        ("added", "GhiChuThem", None, "GhiChuThem"),
        ("moved", "ma_ho_so", "1", "4"),
        ("missing", "muc_do_hai_long", "MucDoHaiLong", None),
    ]
    unknown = "info" if policy == "warn" else severity  # what it is without a policy
    assert about(outcome) == sorted(
        [("column_unknown", unknown, action), ("column_moved", severity, action), ("optional_column_missing", severity, action)]
    )
    third = deliver(inbox, csv_bytes([row | {"GhiChuThem": "x"} for row in dossiers(3, 7)], header=changed), 3)
    assert (drift(inbox, third) == []) is accepted  # the last accepted one is the measure


def test_a_column_that_comes_back_was_added(inbox: Inbox) -> None:
    without = [name for name in COLUMNS if name != "MucDoHaiLong"]
    deliver(inbox, csv_bytes(dossiers(3), header=without), 1)
    outcome = deliver(inbox, csv_bytes(dossiers(3, 4)), 2)
    assert drift(inbox, outcome) == [("added", "muc_do_hai_long", None, "MucDoHaiLong")]
    assert about(outcome) == [("column_added", "warning", "flag")]


def test_a_column_of_which_nothing_can_be_read_was_retyped(inbox: Inbox) -> None:
    deliver(inbox, csv_bytes(dossiers(3)), 1)
    outcome = deliver(inbox, csv_bytes([dossier(number, SoLanBoSung="hai lần") for number in (4, 5, 6)]), 2)
    assert ("retyped", "so_lan_bo_sung", "count", "0 / 3") in drift(inbox, outcome)
    one = deliver(inbox, csv_bytes([dossier(7, SoLanBoSung="hai lần"), dossier(8)]), 3)
    assert drift(inbox, one) == []


def test_a_personal_column_is_named_and_nothing_of_it_is_shown(inbox: Inbox) -> None:
    deliver(inbox, csv_bytes(dossiers(3)), 1)
    without = [name for name in COLUMNS if name != "ChuHoSo"]
    outcome = deliver(inbox, csv_bytes(dossiers(3, 4), header=without), 2)
    assert drift(inbox, outcome) == [("missing", "chu_ho_so", "ChuHoSo", None)]
    assert "Giả Định" not in str(listing.delivery_rows(inbox.platform))


def test_a_form_whose_heading_is_another_was_renamed(inbox: Inbox) -> None:
    assert deliver(inbox, form(HEADER), 1, source=FORM).accepted
    contract = contracts.load(FORM, inbox.platform.settings)
    column = next(each for each in contract.columns if len(each.header[-1]) > 1 and len(each.header) == 1 and str(each.printed) in HEADER)
    synonym = next(name for name in column.header[-1] if name != column.printed)
    renamed = [synonym if name == column.printed else name for name in HEADER]
    outcome = deliver(inbox, form(renamed), 2, source=FORM)
    assert outcome.accepted
    [(kind, name, before, now)] = drift(inbox, outcome)
    assert (kind, name, now) == ("renamed", column.name, synonym) and before == column.printed
    assert about(outcome) == [("column_renamed", "warning", "flag")]
    refused = deliver(inbox, form(HEADER), 3, "freeze", FORM)
    assert not refused.accepted and about(refused) == [("column_renamed", "critical", "refuse_delivery")]


def form(header: list[Any]) -> bytes:
    rows = [[number, name, 100, 50, 7, 6, 900, 800, "x", "-", None] for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    titles: list[list[object]] = [["SỞ THÔNG TIN VÀ TRUYỀN THÔNG"], ["BÁO CÁO HẠ TẦNG VIỄN THÔNG"], ["Kỳ báo cáo: Quý III/2022"], []]
    return xlsx(Page([*titles, header, NUMBERING, *rows]))


def test_fields_of_records_have_no_order(inbox: Inbox) -> None:
    deliver(inbox, json_bytes([procedure(1)]), 1, source=PROCEDURES)
    backwards = dict(reversed(list(procedure(2).items())))
    outcome = deliver(inbox, json_bytes([backwards]), 2, source=PROCEDURES)
    assert drift(inbox, outcome) == []
    added = deliver(inbox, json_bytes([procedure(3, GhiChuMoi="x")]), 3, "freeze", source=PROCEDURES)
    assert (added.accepted, drift(inbox, added)) == (False, [("added", "GhiChuMoi", None, "GhiChuMoi")])


def test_a_day_without_a_record_has_no_columns(inbox: Inbox) -> None:
    contract = contracts.load("soc/alerts", inbox.platform.settings)
    for day, items in enumerate(([alert("2024-06-01")], [], [alert("2024-06-03")]), 1):
        content = json_bytes({"period": f"2024-06-0{day}", "items": items})
        outcome = collecting.ingest_file(inbox.put(content, f"{day}.json", at(day)), contract, inbox.platform)
        assert (outcome.accepted, outcome.issues, drift(inbox, outcome)) == (True, [], [])


def test_a_first_delivery_is_measured_by_the_contract(inbox: Inbox) -> None:
    rows = [row | {"La": "x"} for row in dossiers(3)]
    outcome = deliver(inbox, csv_bytes(rows, header=[*COLUMNS, "La"]), 1, "freeze")
    assert (outcome.accepted, about(outcome)) == (False, [("column_unknown", "critical", "refuse_delivery")])


def test_a_withdrawn_delivery_is_no_measure(inbox: Inbox) -> None:
    deliver(inbox, csv_bytes(dossiers(3)), 1)
    moved = [COLUMNS[1], COLUMNS[0], *COLUMNS[2:]]
    second = deliver(inbox, csv_bytes(dossiers(3, 4), header=moved), 2)
    withdrawing.withdraw(int(second.delivery or 0), "B", "sai", inbox.platform)
    assert drift(inbox, deliver(inbox, csv_bytes(dossiers(3, 7)), 3)) == []
    states = [(row["delivery"], row["state"]) for row in listing.delivery_rows(inbox.platform, DOSSIERS)]
    assert states[1] == (second.delivery, "withdrawn")


def test_every_delivery_has_a_state_and_a_due_day(inbox: Inbox) -> None:
    deliver(inbox, csv_bytes(dossiers(3)), 1)
    deliver(inbox, csv_bytes(dossiers(3)), 2)
    deliver(inbox, b"<html></html>", 3)
    deliver(inbox, csv_bytes(dossiers(2)), 4)
    with inbox.platform.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO landing.delivery (source, stated_period, sha256, received_at, origin, file_name, uri) "
                "SELECT source, stated_period, sha256, now(), origin, file_name, uri FROM landing.delivery LIMIT 1"
            )
        )
    rows = listing.delivery_rows(inbox.platform)
    assert [row["state"] for row in rows] == ["superseded", "unchanged", "refused", "current", "pending"]
    assert rows[0]["due"] == "2024-07-01"
