"""Forms stand for their period as a whole: the newest received one that was accepted is current."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from chiso import contracts, landing
from chiso.contracts.odcs import read_contract
from chiso.deliveries.register import Arrival
from chiso.flow import collecting, computing, loading
from chiso.inquiry import answers, verification
from chiso.province.periods import Period
from chiso.system.platform import Platform

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, telecom_form, telecom_row, values

SOURCE, PERIOD = "departments/telecom", "2022-Q3"


def form(fibre: object) -> bytes:
    """Five communes of 100 households, `fibre` of them with it in the first, 50 in the others."""
    others = [telecom_row(number, name) for number, name in enumerate(COMMUNES_OF_DAK_GLEI[1:], 2)]
    return telecom_form([telecom_row(1, COMMUNES_OF_DAK_GLEI[0], fibre=fibre), *others])


def fibre(inbox: Inbox, as_of: datetime | None = None) -> list[float]:
    computing.compute_stale(inbox.platform)
    return values(inbox.platform, "households_fibre_pct", PERIOD, as_of)


def test_a_then_b_then_a_again(inbox: Inbox) -> None:
    a, b = form(50), form(100)
    first = inbox.ingest(SOURCE, a, "vien_thong.xlsx", received=at(1))
    assert fibre(inbox) == [50]
    inbox.ingest(SOURCE, b, "vien_thong.xlsx", received=at(2))
    assert fibre(inbox) == [60]
    third = inbox.ingest(SOURCE, a, "vien_thong.xlsx", received=at(3))
    assert fibre(inbox) == [50]
    assert third.delivery != first.delivery
    with inbox.platform.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM landing.delivery")).scalar_one() == 3
        assert connection.execute(sa.text("SELECT count(*) FROM landing.raw_file")).scalar_one() == 2


def test_the_current_content_again_is_unchanged(inbox: Inbox) -> None:
    first = inbox.ingest(SOURCE, form(50), "vien_thong.xlsx", received=at(1))
    again = inbox.ingest(SOURCE, form(50), "vien_thong_sao.xlsx", received=at(2))
    assert (again.accepted, again.rows, again.loaded, again.unchanged, again.partitions) == (True, 5, 0, 5, [])
    assert again.delivery != first.delivery
    assert computing.compute_stale(inbox.platform).periods != ()
    assert computing.compute_stale(inbox.platform).periods == ()


def test_a_period_that_cannot_be_computed_holds_up_no_other(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.ingest(SOURCE, form(50), "vien_thong.xlsx", received=at(1))
    stale = computing.stale_periods(inbox.platform)
    compute = computing.compute_period

    def fail_at_the_first(period: Period, platform: Platform) -> int:
        if period == stale[0]:
            raise ValueError("no such thing")
        return compute(period, platform)

    monkeypatch.setattr(computing, "compute_period", fail_at_the_first)
    with pytest.raises(ValueError, match="no such thing"):
        computing.compute_stale(inbox.platform)
    assert f"{stale[0].calendar}/{stale[0].code} can't be computed" in caplog.text
    assert len(stale) > 1 and computing.stale_periods(inbox.platform) == stale[:1]


def test_a_form_received_before_the_current_one_does_not_replace_it(inbox: Inbox) -> None:
    inbox.ingest(SOURCE, form(100), "vien_thong.xlsx", received=at(2))
    late = inbox.ingest(SOURCE, form(50), "vien_thong.xlsx", received=at(1))
    assert late.accepted
    assert fibre(inbox) == [60]


def test_a_restated_form_keeps_what_was_known_before(inbox: Inbox) -> None:
    inbox.ingest(SOURCE, form(50), "vien_thong.xlsx", received=at(1))
    assert fibre(inbox) == [50]
    before = datetime.now(UTC)
    inbox.ingest(SOURCE, form(75), "vien_thong.xlsx", received=at(2))
    assert fibre(inbox) == [55]
    assert fibre(inbox, as_of=before) == [50]
    held = {(row["indicator"], row["period"]) for row in answers.held(inbox.platform) if row["unit_code"] == "62"}
    assert held == {("households_fibre_pct", PERIOD), ("households_fibre_pct", "2022-9M")}


def test_a_refused_form_never_supersedes(inbox: Inbox) -> None:
    inbox.ingest(SOURCE, form(50), "vien_thong.xlsx", received=at(1))
    broken = telecom_form([telecom_row(n, name, "1,014") for n, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)])
    refused = inbox.ingest(SOURCE, broken, "vien_thong.xlsx", received=at(2))
    assert (refused.accepted, refused.rejected, refused.loaded) == (False, 5, 0)
    assert fibre(inbox) == [50]


def test_a_refused_delivery_is_judged_again_by_a_mended_contract(inbox: Inbox) -> None:
    contract = contracts.load(SOURCE, inbox.platform.settings)
    content = telecom_form(
        [telecom_row(n, name, "1,014" if n < 4 else 100) for n, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    )
    path = inbox.put(content, "vien_thong.xlsx", at(1))
    refused = collecting.ingest_file(path, contract, inbox.platform)
    assert not refused.accepted
    assert collecting.ingest_file(path, contract, inbox.platform) == replace(refused, loaded=0, unchanged=0)

    mended = inbox.folder / "departments" / "telecom.yml"
    mended.parent.mkdir()
    mended.write_text(
        contract.path.read_text("utf-8").replace("format: workbook", "format: workbook, max_rejected_rows: 3"), "utf-8"
    )
    accepted = collecting.ingest_file(path, read_contract(mended, inbox.folder), inbox.platform)
    assert (accepted.accepted, accepted.delivery, accepted.loaded, accepted.rejected) == (True, refused.delivery, 2, 3)


def test_a_period_that_contradicts_the_sheet_is_judged_once_and_holds_nothing_up(inbox: Inbox) -> None:
    contract = contracts.load(SOURCE, inbox.platform.settings)
    refused = inbox.ingest(SOURCE, form(50), "vien_thong.xlsx", "2022-Q2")
    assert [each["rule"] for each in refused.issues] == ["period_stated"]
    assert list(collecting.load_pending(contract, inbox.platform)) == []
    assert inbox.ingest(SOURCE, form(50), "vien_thong.xlsx", PERIOD).loaded == 5


def test_what_a_crash_left_unjudged_is_loaded_later(inbox: Inbox) -> None:
    contract = contracts.load(SOURCE, inbox.platform.settings)
    path = inbox.put(form(50), "vien_thong.xlsx", at(1))
    arrival = Arrival(path, path.name, path.as_uri(), loading.modified_at(path), "drop_folder")
    landing.keep(arrival, contract, inbox.platform.engine, inbox.platform.settings)
    [outcome] = collecting.load_pending(contract, inbox.platform)
    assert outcome.loaded == 5


def test_a_column_that_a_contract_gains_reaches_what_was_accepted_before(inbox: Inbox) -> None:
    """Its bytes are read again from landing; what was loaded without the column is kept."""
    contract = contracts.load(SOURCE, inbox.platform.settings)
    folder = inbox.folder / "departments"
    folder.mkdir()
    narrower = folder / "telecom.yml"
    text = contract.path.read_text("utf-8")
    narrower.write_text(re.sub(r"  - \{name: signal_gaps.*?\n(?=customProperties)", "", text, flags=re.DOTALL), "utf-8")
    before = read_contract(narrower, inbox.folder)
    outcome = collecting.ingest_file(inbox.put(form(50), "vien_thong.xlsx", at(1)), before, inbox.platform)
    computing.compute_stale(inbox.platform)
    assert list(collecting.load_pending(before, inbox.platform)) == []
    assert _figures(inbox) == [(outcome.delivery, None)] * 5

    [again] = collecting.load_pending(contract, inbox.platform)
    assert (again.accepted, again.loaded, again.period) == (True, 5, outcome.period)
    assert again.delivery != outcome.delivery
    assert _figures(inbox) == [(again.delivery, 0)] * 5
    assert list(collecting.load_pending(contract, inbox.platform)) == []
    with inbox.platform.engine.connect() as connection:
        first = sa.text("SELECT count(*) FROM warehouse.departments_telecom WHERE delivery_id = :id")
        kept = connection.execute(first, {"id": outcome.delivery})
        assert kept.scalar_one() == 5
    assert computing.stale_periods(inbox.platform)
    assert verification.verify(inbox.platform)["faults"] == []


def _figures(inbox: Inbox) -> list[tuple[int, int | None]]:
    with inbox.platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT delivery_id, signal_gaps FROM publication.departments_telecom"))
        return [(row.delivery_id, row.signal_gaps) for row in rows]
