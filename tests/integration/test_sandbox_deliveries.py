"""What the sandbox's endpoints serve, fetched and loaded as the platform does it: nothing is rejected, and the sums come out."""

import csv
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.contracts import Contract
from chiso.deliveries.verdicts import Outcome
from chiso.flow import collecting
from chiso.province.periods import Period
from chiso.sources import due_periods
from chiso.system import settings as environment
from chiso.system.platform import Platform

from sandbox import service_quality
from sandbox.days import span_of
from sandbox.faults import Faults
from sandbox.portal import Box
from sandbox.province import agencies
from sandbox.server import Access, Server

TODAY = date(2024, 7, 3)
ACCESS = Access("portal-client", "s3cret-client", "s3cret-key")
SETTINGS = environment.load({})
FETCHED = [source for source in contracts.source_names(SETTINGS) if source.startswith(("portal/", "soc/"))]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def province() -> Iterator[Server]:
    with Server(0, Box(34, 2000, TODAY), ACCESS, Faults([])) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def asking(platform: Platform, province: Server) -> Platform:
    """A platform on the sandbox's day, whose portal and SOC are the sandbox."""
    host = province.url.removeprefix("http://")
    values = dict(platform.settings.values) | {
        "AIRFLOW_CONN_CHISO_PORTAL": f"http://{ACCESS.client_id}:{ACCESS.client_secret}@{host}/",
        "AIRFLOW_CONN_CHISO_SOC": f"http://:{ACCESS.api_key}@{host}/",
        "CHISO_TODAY": str(TODAY),
    }
    return replace(platform, settings=replace(platform.settings, values=values))


def ingest(platform: Platform, contract: Contract, period: str) -> Outcome:
    [outcome] = collecting.ingest_due(contract, platform, [Period.of(period, contract.terms.delivery.calendar)])
    return outcome


def sums(platform: Platform, contract: Contract) -> dict[str, float]:
    """Every measure over the source's current rows, as readers have them."""
    figures = ", ".join(f'{measure.aggregate_sql()} AS "{measure.id}"' for measure in contract.measures)
    view = f"publication.{contract.source.replace('/', '_')}"
    with platform.engine.connect() as connection:
        row = connection.execute(sa.text(f"SELECT {figures} FROM {view}")).one()
    return {name: float(value) for name, value in row._mapping.items()}


def served(province: Server, path: str, period: str) -> Rows:
    """The records of an endpoint, read without the platform."""
    document = province.box.endpoints[path]({"period": period, "page_size": "1000"})
    if document.payload is not None:
        items: Rows = document.payload["items"]
        return items
    text = b"".join(document.chunks()).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text else ","))


def total(rows: Rows, column: str) -> int:
    return sum(int(row[column]) for row in rows)


def of_accounts(rows: Rows) -> dict[str, float]:
    assert total(rows, "SoTaiKhoan") == 32_456
    return {
        "portal_accounts": 32_456,
        "portal_accounts_new": total(rows, "SoTaiKhoanMoi"),
        "portal_logins": total(rows, "SoDangNhap"),
    }


def of_documents(rows: Rows) -> dict[str, float]:
    return {
        "document_stores": total(rows, "SoKho"),
        "documents_in_store": total(rows, "SoGiayToSoHoa"),
        "documents_reused": total(rows, "SoLuotTaiSuDung"),
    }


def of_payments(rows: Rows) -> dict[str, float]:
    paid = [row for row in rows if row["TrangThai"] == "thành công"]
    fees = [row for row in paid if row["LoaiThanhToan"] in ("phí", "lệ phí")]
    return {"payments": len(paid), "payments_vnd": total(paid, "SoTien"), "fee_payments_vnd": total(fees, "SoTien")}


def of_alerts(rows: Rows) -> dict[str, float]:
    timed = [row for row in rows if row["thoi_gian_xu_ly_tb_phut"] is not None]
    minutes = sum(row["so_luong"] * row["thoi_gian_xu_ly_tb_phut"] for row in timed)
    return {
        "alerts": total(rows, "so_luong"),
        "incidents": total([row for row in rows if row["ket_luan"] == "true_positive"], "so_luong"),
        "alerts_timed": total(timed, "so_luong"),
        "alert_minutes": minutes,
    }


def of_labels(rows: Rows) -> dict[str, float]:
    assert total(rows, "da_gan_nhan") == 67
    return {"websites": 84, "websites_trust_label": 67}


def of_malware(rows: Rows) -> dict[str, float]:
    return {
        "machines_watched": total(rows, "so_may_giam_sat"),
        "machines_infected": total(rows, "so_may_nhiem"),
        "botnet_connections": total(rows, "so_ket_noi_botnet"),
    }


EXPECTED: dict[str, tuple[str, Callable[[Rows], dict[str, float]]]] = {
    "portal/accounts": ("/portal/accounts", of_accounts),
    "portal/document_store": ("/portal/document_store", of_documents),
    "portal/payments": ("/portal/payments/export", of_payments),
    "soc/alerts": ("/soc/alerts", of_alerts),
    "soc/trust_labels": ("/soc/trust_labels", of_labels),
    "soc/malware": ("/soc/malware", of_malware),
}


@pytest.mark.parametrize("source", FETCHED)
def test_the_first_period_that_is_due_is_right_in_every_row(asking: Platform, source: str) -> None:
    contract = contracts.load(source, SETTINGS)
    first = due_periods(contract, [], TODAY)[0]
    assert first.code[:7] == ("2022-08" if source == "portal/service_quality" else "2022-01")
    outcome = ingest(asking, contract, first.code)
    assert (outcome.accepted, outcome.rejected, outcome.issues) == (True, 0, [])
    assert outcome.rows and outcome.loaded == outcome.rows


@pytest.mark.parametrize("source", EXPECTED)
def test_the_sums_of_june_come_out(asking: Platform, province: Server, source: str) -> None:
    path, expected = EXPECTED[source]
    contract = contracts.load(source, SETTINGS)
    rows = served(province, path, "2024-06")
    outcome = ingest(asking, contract, "2024-06")
    assert (outcome.rows, outcome.loaded, outcome.rejected, outcome.issues) == (len(rows), len(rows), 0, [])
    assert sums(asking, contract) == pytest.approx(expected(rows), rel=1e-12)


@pytest.mark.parametrize("source", ["portal/payments", "soc/alerts"])
def test_a_day_after_its_month_changes_nothing(asking: Platform, source: str) -> None:
    contract = contracts.load(source, SETTINGS)
    ingest(asking, contract, "2024-06")
    before = sums(asking, contract)
    day = ingest(asking, contract, "2024-06-28")
    assert day.accepted and day.rows
    assert day.rejected == 0
    assert sums(asking, contract) == before


def test_scores_of_service_quality(asking: Platform) -> None:
    outcome = ingest(asking, contracts.load("portal/service_quality", SETTINGS), "2024-06")
    assert (outcome.rows, outcome.loaded, outcome.issues) == (30, 30, [])
    columns = "openness, progress, online_services, online_payment, digitisation, satisfaction, total_score"
    with asking.engine.connect() as connection:
        found = connection.execute(sa.text(f"SELECT unit_code, {columns} FROM publication.portal_service_quality"))
        scores = {row[0]: [int(score * 100) for score in row[1:]] for row in found}
    month = span_of("2024-06")
    assert scores == {unit.code: service_quality.scores(34, unit, month) for unit in agencies(month.last)}
