"""A wrongly accepted delivery is taken back: everything stands as if it had never come, and nothing that was loaded is altered."""

from typing import Any

import pytest
import sqlalchemy as sa
from chiso import audit, contracts
from chiso.deliveries.register import Arrival
from chiso.flow import computing, loading
from chiso.flow.withdrawing import withdraw
from chiso.inquiry import answers, listing, verification
from chiso.system.database import owning
from chiso.system.errors import UsageError
from chiso.system.platform import Platform

from tests.conftest import Server, _platform
from tests.deliveries import (
    COMMUNES_OF_DAK_GLEI,
    Fields,
    Inbox,
    at,
    csv_bytes,
    dossier,
    dossiers,
    rules,
    telecom_form,
    telecom_row,
    values,
)

DOSSIERS, FORM = "portal/dossiers", "departments/telecom"
CLOSED = {"TrangThai": "9", "NgayKetThuc": "02/07/2024 08:00:00", "ThoiDiemCapNhat": "03/07/2024 09:00:00"}


@pytest.fixture
def other(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Files on their way to a warehouse of its own."""
    folder = tmp_path_factory.mktemp("other")
    for platform in _platform(server, folder / "var"):
        yield Inbox(folder / "in", platform)


def form(fibre: int) -> bytes:
    return telecom_form([telecom_row(number, name, 100, fibre) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)])


def delivered(inbox: Inbox, content: bytes, day: int, source: str = DOSSIERS) -> int:
    outcome = inbox.ingest(source, content, f"{day}.{'csv' if source == DOSSIERS else 'xlsx'}", received=at(day))
    assert outcome.accepted and outcome.delivery is not None
    computing.compute_stale(inbox.platform)
    return outcome.delivery


def standing(platform: Platform) -> dict[str, list[str]]:
    """What readers see: current rows, counts of events, values. Without ids and times of recording."""
    queries = {
        "dossiers": "SELECT to_jsonb(v) - 'delivery_id' - 'recorded_at' FROM publication.portal_dossiers v",
        "forms": "SELECT to_jsonb(v) - 'delivery_id' - 'recorded_at' FROM publication.departments_telecom v",
        "ledger": "SELECT measure, unit_code, unit_valid_from, span_start, dimensions, sum(change)::float FROM warehouse.event_ledger "
        "GROUP BY 1, 2, 3, 4, 5 HAVING sum(change) <> 0",
        "origins": "SELECT counted_by, span_start, sum(change) FROM warehouse.event_origin GROUP BY 1, 2 HAVING sum(change) <> 0",
        "values": "SELECT indicator, unit_code, calendar, period, value, numerator, denominator, missing FROM indicators.value_as_of() "
        "WHERE value IS NOT NULL",
    }
    with platform.engine.connect() as connection:
        return {name: sorted(map(str, connection.execute(sa.text(query)))) for name, query in queries.items()}


def test_a_form_is_as_if_it_had_never_come(inbox: Inbox) -> None:
    first = delivered(inbox, form(50), 1, FORM)
    then = standing(inbox.platform)
    loaded_rows = stored(inbox.platform)
    second = delivered(inbox, form(60), 2, FORM)
    assert values(inbox.platform, "households_fibre_pct", "2022-Q3") == [60]
    done = withdraw(second, "Trần Thị B", "nhầm kỳ", inbox.platform).as_json()
    assert (done["delivery"], done["source"], done["period"], done["state"]) == (second, FORM, "2022-Q3", "withdrawn")
    assert {"civil/2022-Q3", "civil/2022"} <= set(done["recomputed"])
    assert standing(inbox.platform) == then
    assert set(loaded_rows) < set(stored(inbox.platform))
    withdraw(first, "Trần Thị B", "cả kỳ sai", inbox.platform)
    assert values(inbox.platform, "households_fibre_pct", "2022-Q3") == []
    assert standing(inbox.platform)["forms"] == []
    [listed] = [row for row in listing.source_rows(inbox.platform) if row["source"] == FORM]
    assert listed["last_accepted_period"] is None
    assert verification.verify(inbox.platform)["faults"] == []


def stored(platform: Platform) -> list[str]:
    with platform.engine.connect() as connection:
        return sorted(map(str, connection.execute(sa.text("SELECT t FROM warehouse.departments_telecom t"))))


def test_what_stood_before_the_withdrawal_can_still_be_asked(inbox: Inbox) -> None:
    delivery = delivered(inbox, form(50), 1, FORM)
    with inbox.platform.engine.connect() as connection:
        before = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    withdraw(delivery, "B", "sai", inbox.platform)
    query = sa.text("SELECT delivery_id FROM warehouse.current_delivery(:at)")
    with inbox.platform.engine.connect() as connection:
        assert connection.execute(query, {"at": before}).scalars().all() == [delivery]
        assert connection.execute(query, {"at": "infinity"}).scalars().all() == []
    told = answers.explanation(inbox.platform, "households_fibre_pct", "2022-Q3", None, None, before, rows=False)
    assert sum(entry["value"] for entry in told["inputs"] if entry["measure"] == "households_fibre") == 250


MOVES: dict[str, tuple[list[list[Fields]], int]] = {
    "the only one": ([[dossier(1), dossier(2)]], 0),
    "the newest version": ([[dossier(1), dossier(2)], [dossier(1, **CLOSED)]], 1),
    "an older version": ([[dossier(1)], [dossier(1, **CLOSED)], [dossier(2)]], 0),
    "one between": (
        [[dossier(1)], [dossier(1, **CLOSED)], [dossier(1, KenhThucHien="1", ThoiDiemCapNhat="04/07/2024 09:00:00")]],
        1,
    ),
    "what a late older version stood behind": (
        [[dossier(1, **CLOSED)], [dossier(1, KenhThucHien="1"), dossier(3)]],
        0,
    ),
    "what a later one repeated": ([[dossier(1), dossier(2)], [dossier(1), dossier(3)], [dossier(2), dossier(3)]], 0),
    "a restatement that was repeated": (
        [[dossier(1)], [dossier(1, KenhThucHien="1")], [dossier(1, KenhThucHien="1"), dossier(2)]],
        1,
    ),
    "another unit and month": ([[dossier(1)], [dossier(1, MaDonVi="000.00.02.H34", NgayTiepNhan="10/05/2024 08:00:00", **CLOSED)]], 1),
}


@pytest.mark.parametrize("case", MOVES)
def test_events_count_as_if_the_delivery_had_never_come(case: str, inbox: Inbox, other: Inbox) -> None:
    files, wrong = MOVES[case]
    deliveries = [delivered(inbox, csv_bytes(rows), day) for day, rows in enumerate(files, 1)]
    withdraw(deliveries[wrong], "B", "sai", inbox.platform)
    for day, rows in enumerate(files, 1):
        if day - 1 != wrong:
            delivered(other, csv_bytes(rows), day)
    assert standing(inbox.platform) == standing(other.platform)
    assert verification.verify(inbox.platform)["faults"] == []
    for indicator in ("dossiers_received", "dossiers_finished"):
        assert counted(inbox.platform, indicator) == counted(other.platform, indicator)


def counted(platform: Platform, indicator: str) -> list[float]:
    """The lines that `explain` names in June and July, by period."""
    found: list[float] = []
    for period in ("2024-06", "2024-07"):
        if values(platform, indicator, period):
            told = answers.explanation(platform, indicator, period, "civil", None, None, rows=True)
            found += [len(told["inputs"]), told["value"]]
    return found


def test_loads_after_a_withdrawal_count_without_it(inbox: Inbox, other: Inbox) -> None:
    wrong = delivered(inbox, csv_bytes([dossier(1, **CLOSED), dossier(2)]), 1)
    withdraw(wrong, "B", "sai", inbox.platform)
    for target in (inbox, other):
        delivered(target, csv_bytes([dossier(1), dossier(2), dossier(3)]), 2)
    assert standing(inbox.platform) == standing(other.platform)


def test_a_recount_leaves_out_what_was_withdrawn(inbox: Inbox) -> None:
    from chiso.warehouse import ledger

    delivered(inbox, csv_bytes([dossier(1), dossier(2)]), 1)
    then = standing(inbox.platform)
    withdraw(delivered(inbox, csv_bytes([dossier(1, **CLOSED), dossier(3)]), 2), "B", "sai", inbox.platform)
    with audit.transaction(inbox.platform.engine, inbox.platform.settings) as connection, owning(connection):
        connection.execute(sa.text("UPDATE warehouse.event_basis SET basis_sha256 = 'older' WHERE source = :source"), {"source": DOSSIERS})
        ledger.recount(connection, contracts.load(DOSSIERS, inbox.platform.settings))
        counted = sa.text("SELECT basis_sha256 FROM warehouse.event_basis WHERE source = :source")
        assert connection.execute(counted, {"source": DOSSIERS}).scalar() != "older"
    assert standing(inbox.platform) == then
    assert verification.verify(inbox.platform)["faults"] == []


def test_the_same_receipt_stays_withdrawn_and_a_new_one_counts(inbox: Inbox) -> None:
    first = delivered(inbox, form(50), 1, FORM)
    withdraw(first, "Trần Thị B", "số liệu thử", inbox.platform)
    again = inbox.ingest(FORM, form(50), "1.xlsx", received=at(1))
    assert (again.accepted, again.delivery, rules(again)) == (False, first, ["delivery_withdrawn"])
    assert "Trần Thị B" in again.issues[0]["message_vi"] and "số liệu thử" in again.issues[0]["message_en"]
    assert standing(inbox.platform)["forms"] == []
    anew = delivered(inbox, form(50), 2, FORM)
    assert anew != first
    assert values(inbox.platform, "households_fibre_pct", "2022-Q3") == [50]


def test_receipts_with_the_same_content_go_with_it_and_a_repeat_goes_alone(inbox: Inbox) -> None:
    first, repeat = delivered(inbox, form(50), 1, FORM), delivered(inbox, form(50), 2, FORM)
    withdraw(repeat, "B", "gửi nhầm", inbox.platform)
    assert values(inbox.platform, "households_fibre_pct", "2022-Q3") == [50]
    third = delivered(inbox, form(50), 3, FORM)
    assert withdraw(first, "B", "sai", inbox.platform).with_it == (third,)
    assert values(inbox.platform, "households_fibre_pct", "2022-Q3") == []


def test_an_endpoint_that_still_gives_what_was_withdrawn_brings_nothing_back(inbox: Inbox) -> None:
    contract = contracts.load(DOSSIERS, inbox.platform.settings)

    def fetched(day: int) -> Any:
        path = inbox.put(csv_bytes(dossiers(3)), "2024-06.csv")
        arrival = Arrival(path, path.name, "https://portal/export?period=2024-06", at(day), "fetch", "2024-06")
        return loading.ingest(arrival, contract, inbox.platform)

    withdraw(fetched(1).delivery, "B", "sai", inbox.platform)
    again = fetched(2)
    assert (again.accepted, rules(again)) == (False, ["delivery_withdrawn"])
    assert standing(inbox.platform)["dossiers"] == []
    assert delivered(inbox, csv_bytes(dossiers(3)), 3)
    assert len(standing(inbox.platform)["dossiers"]) == 3


def test_a_then_b_then_a_again(inbox: Inbox) -> None:
    a, b, again = (delivered(inbox, form(fibre), day, FORM) for day, fibre in ((1, 50), (2, 60), (3, 50)))
    assert len({a, b, again}) == 3
    withdraw(again, "B", "sai", inbox.platform)
    assert values(inbox.platform, "households_fibre_pct", "2022-Q3") == [60]
    withdraw(b, "B", "sai", inbox.platform)
    assert values(inbox.platform, "households_fibre_pct", "2022-Q3") == [50]


def test_what_cannot_be_withdrawn_is_said(inbox: Inbox) -> None:
    refused = inbox.ingest(FORM, b"<html></html>", "a.xlsx", received=at(1)).delivery
    accepted = delivered(inbox, form(50), 2, FORM)
    for delivery, by, why, said in (
        (99, "B", "sai", "There is no delivery 99"),
        (refused, "B", "sai", "was refused"),
        (accepted, " ", "sai", "--by NAME"),
        (accepted, "B", " ", "--why TEXT"),
    ):
        with pytest.raises(UsageError, match=said):
            withdraw(delivery, by, why, inbox.platform)
    withdraw(accepted, "B", "sai", inbox.platform)
    with pytest.raises(UsageError, match="was withdrawn before, by B"):
        withdraw(accepted, "C", "sai", inbox.platform)


def test_a_withdrawal_that_was_changed_is_noticed(inbox: Inbox, server: Server) -> None:
    delivery = delivered(inbox, form(50), 1, FORM)
    withdraw(delivery, "B", "sai", inbox.platform)
    for statement in ("UPDATE validation.withdrawal SET why = 'x'", "DELETE FROM validation.withdrawal"):
        session = server.superuser(inbox.platform.engine.url.database or "")
        session.cursor().execute("SET session_replication_role = replica; " + statement)
        session.close()
        [fault] = verification.verify(inbox.platform)["faults"]
        assert (fault["where"], fault["key"]) == ("validation.withdrawal", f"delivery_id {delivery}")
