"""Daily exports of dossiers: every version is kept, the newest is current, nothing counts twice."""

import sqlalchemy as sa
from chiso.flow import computing
from chiso.system.platform import Platform

from tests.deliveries import Inbox, at, csv_bytes, dossier, dossiers, found, values

SOURCE = "portal/dossiers"
EARLY, LATE = "10/06/2024 09:00:00", "12/06/2024 09:00:00"


def current(platform: Platform) -> dict[str, int]:
    """State of each dossier as it stands now."""
    with platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT ma_ho_so, trang_thai FROM publication.portal_dossiers"))
        return {row.ma_ho_so[-4:]: row.trang_thai for row in rows}


def counts(outcome: object) -> tuple[int, int, int, int]:
    return tuple(getattr(outcome, name) for name in ("rows", "loaded", "unchanged", "rejected"))


def test_a_newer_version_becomes_current(inbox: Inbox) -> None:
    inbox.ingest(SOURCE, csv_bytes([dossier(1)]), "a.csv", received=at(1))
    newer = dossier(1, TrangThai="9", NgayKetThuc="12/06/2024 08:00:00", ThoiDiemCapNhat=LATE)
    outcome = inbox.ingest(SOURCE, csv_bytes([newer]), "b.csv", received=at(2))
    assert counts(outcome) == (1, 1, 0, 0)
    assert current(inbox.platform) == {"0001": 9}


def test_an_older_version_that_comes_late_is_history(inbox: Inbox) -> None:
    newer = dossier(1, TrangThai="9", NgayKetThuc="12/06/2024 08:00:00", ThoiDiemCapNhat=LATE)
    inbox.ingest(SOURCE, csv_bytes([newer]), "b.csv", received=at(1))
    outcome = inbox.ingest(SOURCE, csv_bytes([dossier(1)]), "a.csv", received=at(2))
    assert counts(outcome) == (1, 1, 0, 0)
    assert current(inbox.platform) == {"0001": 9}


def test_the_same_version_again_is_unchanged_within_and_across_files(inbox: Inbox) -> None:
    outcome = inbox.ingest(SOURCE, csv_bytes([dossier(1), dossier(1), dossier(2)]), "a.csv", received=at(1))
    assert counts(outcome) == (3, 2, 1, 0)
    other_owner = dossier(2, ChuHoSo="Người khác")
    outcome = inbox.ingest(SOURCE, csv_bytes([dossier(1), other_owner, dossier(3)]), "b.csv", received=at(2))
    assert counts(outcome) == (3, 1, 2, 0)


def test_one_time_with_different_content_is_rejected_on_both_lines(inbox: Inbox) -> None:
    rows = [dossier(1), dossier(2), dossier(1, TrangThai="9"), dossier(3)]
    outcome = inbox.ingest(SOURCE, csv_bytes(rows), "a.csv")
    assert counts(outcome) == (4, 2, 0, 2)
    assert found(outcome) == [("key.conflict", 2), ("key.conflict", 4)]
    assert current(inbox.platform) == {"0002": 4, "0003": 4}


def test_a_version_that_a_later_delivery_restates_counts_as_restated(inbox: Inbox) -> None:
    inbox.ingest(SOURCE, csv_bytes([dossier(1), dossier(2)]), "a.csv", received=at(1))
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "dossiers_online_pct", "2024-06") == [100]
    restated = csv_bytes([dossier(1, KenhThucHien="1"), dossier(2)])
    outcome = inbox.ingest(SOURCE, restated, "b.csv", received=at(2))
    assert counts(outcome) == (2, 1, 1, 0)
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "dossiers_online_pct", "2024-06") == [50]
    again = inbox.ingest(SOURCE, restated, "b.csv", received=at(2))
    assert counts(again) == (2, 0, 2, 0)


def test_a_restatement_received_before_the_one_we_have_changes_nothing_current(inbox: Inbox) -> None:
    inbox.ingest(SOURCE, csv_bytes([dossier(1, TrangThai="5")]), "b.csv", received=at(2))
    inbox.ingest(SOURCE, csv_bytes([dossier(1, TrangThai="4")]), "a.csv", received=at(1))
    assert current(inbox.platform) == {"0001": 5}


def test_a_refused_file_leaves_no_fact_and_its_mended_successor_loads(inbox: Inbox) -> None:
    bad = [dossier(number, TrangThai="11") for number in range(1, 4)]
    refused = inbox.ingest(SOURCE, csv_bytes([*bad, *dossiers(6, 10)]), "a.csv", received=at(1))
    assert (refused.accepted, refused.rows, refused.rejected, refused.loaded) == (False, 9, 3, 0)
    assert current(inbox.platform) == {}
    mended = inbox.ingest(SOURCE, csv_bytes(dossiers(9)), "a.csv", received=at(2))
    assert counts(mended) == (9, 9, 0, 0)


def test_a_later_version_moves_a_finished_dossier_to_its_own_period(inbox: Inbox) -> None:
    finished = dossier(1, TrangThai="9", NgayKetThuc="12/06/2024 08:00:00", ThoiDiemCapNhat=EARLY)
    inbox.ingest(SOURCE, csv_bytes([finished, dossier(2)]), "a.csv", received=at(1))
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "dossiers_finished", "2024-06") == [1]
    moved = finished | {"NgayKetThuc": "02/07/2024 08:00:00", "ThoiDiemCapNhat": "02/07/2024 09:00:00"}
    inbox.ingest(SOURCE, csv_bytes([moved]), "b.csv", received=at(3))
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "dossiers_finished", "2024-06") == [0]
    assert 1 in values(inbox.platform, "dossiers_finished", "2024-07")
