"""The history rebuilt from the kept files equals what was computed step by step; what was altered, or left stale, differs."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from chiso.flow import computing, quarantining, rebuilding
from chiso.flow.withdrawing import withdraw
from chiso.system.database import owning

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, csv_bytes, dossier, dossiers, telecom_form, telecom_row
from tests.integration.test_command_line import Chiso, chiso

__all__ = ["chiso"]

TELECOM, DOSSIERS = "departments/telecom", "portal/dossiers"


def form(*fibre: int, period: str = "Kỳ báo cáo: Quý II/2024") -> bytes:
    rows = [telecom_row(place, name, 100, count) for place, (name, count) in enumerate(zip(COMMUNES_OF_DAK_GLEI, fibre, strict=True), 1)]
    return telecom_form(rows, period=period)


@pytest.fixture
def history(inbox: Inbox) -> Inbox:
    """Corrected, repeated, withdrawn and late deliveries, rejected rows of which one was released, versions of dossiers in any order."""

    def deliver(source: str, content: bytes, name: str, day: int) -> int:
        outcome = inbox.ingest(source, content, name, received=at(day))
        computing.compute_stale(inbox.platform)
        return outcome.delivery or 0

    deliver(TELECOM, form(50, 50, 50, 50, 50), "a.xlsx", 1)
    deliver(TELECOM, form(60, 60, 60, 60, 60), "b.xlsx", 2)
    deliver(TELECOM, form(50, 50, 50, 50, 50), "a.xlsx", 3)
    wrong = deliver(TELECOM, form(70, 70, 70, 70, 70), "c.xlsx", 4)
    withdraw(wrong, "Trần Văn Bình", "gửi nhầm", inbox.platform)
    deliver(TELECOM, form(101, 40, 40, 40, 40, period="Kỳ báo cáo: Quý I/2024"), "late.xlsx", 5)  # a part above its whole: rejected
    deliver(DOSSIERS, csv_bytes(dossiers(30)), "1.csv", 1)
    closed = {"NgayKetThuc": "19/06/2024 08:00:00", "TrangThai": "10", "ThoiDiemCapNhat": "19/06/2024 09:00:00"}
    deliver(DOSSIERS, csv_bytes([dossier(number, **closed) for number in range(1, 9)]), "3.csv", 3)
    deliver(DOSSIERS, csv_bytes([dossier(3, TrangThai="5", ThoiDiemCapNhat="11/06/2024 09:00:00")]), "2.csv", 4)
    with inbox.platform.engine.connect() as connection:
        [case] = connection.execute(sa.text("SELECT case_id FROM quarantine.row_case WHERE source = :telecom"), {"telecom": TELECOM}).scalars()
    quarantining.release(inbox.platform, [case], "Nguyễn Thị Lan", "đã đối chiếu")
    computing.compute_stale(inbox.platform)
    return inbox


def test_a_rebuilt_history_equals_the_one_that_grew(history: Inbox, chiso: Chiso) -> None:
    found = rebuilding.rebuild(history.platform)
    assert (found.differences, found.left_out) == ([], [])
    assert found.values > 300
    assert list(history.platform.settings.var.glob("rebuild-*")) == []
    with history.platform.engine.begin() as connection, owning(connection):
        connection.exec_driver_sql("ALTER TABLE indicators.value DISABLE TRIGGER insert_only")
        connection.exec_driver_sql("UPDATE indicators.value SET value = 1 WHERE indicator = 'households_fibre_pct' AND period = '2024-Q2'")
    said = chiso("compute", "--rebuild", "--check", "--json")
    assert said.code == 1
    assert said.json["values"] == found.values
    wrong = [row for row in said.json["differences"] if row["unit_code"] == "62"]
    assert [(row["indicator"], row["period"], Decimal(str(row["stands"]))) for row in wrong] == [("households_fibre_pct", "2024-Q2", Decimal(1))]


@pytest.mark.parametrize("arguments", [["--rebuild"], ["--check"], ["--rebuild", "--check", "--all"], ["--rebuild", "--check", "--period", "2024"]])
def test_nothing_is_replaced(arguments: list[str], chiso: Callable[..., Any]) -> None:
    assert chiso("compute", *arguments).code == 2
