"""What came of a fetch is written down, and one that fails stops only itself."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.contracts import Contract
from chiso.deliveries.verdicts import Outcome
from chiso.flow import collecting
from chiso.inquiry.fetches import not_fetched
from chiso.province.periods import Period
from chiso.sources.evidence import FIRST_BYTES
from chiso.system.errors import ChisoError, EndpointError
from chiso.system.platform import Platform

from tests.answering import Answering, Ask, Reply, answering
from tests.deliveries import json_bytes

LEVELS = "soc/system_levels"
SYSTEM = {
    "ma_he_thong": "HT-001",
    "ten": "Hệ thống thử nghiệm",
    "ma_don_vi": "000.00.11.H34",
    "cap_do": 2,
    "da_phe_duyet": 1,
    "so_quyet_dinh": "12/QĐ",
    "ngay_phe_duyet": "2024-05-15",
    "co_phuong_an": 1,
}


def levels(period: str) -> bytes:
    return json_bytes({"period": period, "items": [SYSTEM]})


class Endpoint(Answering):
    """An endpoint of monthly levels; what `broken` names is answered with that."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: dict[str, Reply] = {}

    def answer(self, ask: Ask) -> Reply:
        period = ask.path.split("period=")[1]
        if period in self.broken:
            return self.broken[period]
        etag = f'"{period}"'
        if ask.handler.headers.get("If-None-Match") == etag:
            return 304, b"", {}
        return 200, levels(period), {"ETag": etag, "Last-Modified": "Mon, 01 Jul 2024 01:00:00 GMT"}


class Pages(Answering):
    """An endpoint of pages."""

    def __init__(self, body: Callable[[int], bytes]) -> None:
        super().__init__()
        self.body = body

    def answer(self, ask: Ask) -> Reply:
        if ask.path.startswith("/oauth"):
            return 200, json_bytes({"access_token": "abc", "expires_in": 600}), {}
        return 200, self.body(ask.page), {}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    with answering(made.answer, made):
        yield made


@pytest.fixture
def asking(platform: Platform, endpoint: Endpoint) -> Platform:
    """A platform on 5 August 2024 whose SOC is the endpoint: June and July are due."""
    brisk = "retries=1&backoff_seconds=0.001"
    address = endpoint.url.replace("http://", "http://:key-of-soc@") + f"/?{brisk}"
    values = dict(platform.settings.values) | {"AIRFLOW_CONN_CHISO_SOC": address, "CHISO_TODAY": "2024-08-05"}
    return replace(platform, settings=replace(platform.settings, values=values))


def since_june(platform: Platform) -> Contract:
    """The contract of the levels, if they began in June 2024."""
    contract = contracts.load(LEVELS, platform.settings)
    transport = contract.terms.transport.model_copy(update={"since": "2024-06"})
    return contract.model_copy(update={"terms": contract.terms.model_copy(update={"transport": transport})})


def ingest(platform: Platform) -> tuple[list[Outcome], str]:
    """Outcomes, and the fault that it ended with."""
    outcomes: list[Outcome] = []
    try:
        outcomes += collecting.ingest_due(since_june(platform), platform)
    except ChisoError as fault:
        return outcomes, str(fault)
    return outcomes, ""


def fetches(platform: Platform) -> list[tuple[str, str, int | None, int]]:
    with platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM sources.fetch ORDER BY fetch_id"))
        return [(row.period, row.outcome, row.status, row.requests) for row in rows]


def test_a_period_that_fails_holds_up_no_other_and_is_written_down(asking: Platform, endpoint: Endpoint) -> None:
    endpoint.broken["2024-06"] = (500, b"", {})
    [outcome], fault = ingest(asking)
    assert outcome.accepted and outcome.window["period"] == "2024-07"
    assert "period=2024-06: answered 500 Internal Server Error (tried 2 times)" in fault
    assert fetches(asking) == [("2024-06", "failed", 500, 2), ("2024-07", "fetched", None, 1)]
    with asking.engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM sources.fetch WHERE outcome = 'failed'")).one()
    assert (row.reason, row.source, row.started_at < row.finished_at) == (fault, LEVELS, True)


def failure(platform: Platform) -> tuple[int | None, str | None]:
    """Status and evidence of the newest fetch that failed, as readers see it."""
    with platform.engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM publication.fetch WHERE outcome = 'failed' ORDER BY fetch_id DESC LIMIT 1")).one()
    return row.status, row.evidence


PAGE = "<html>Bảo trì, gọi 0905123456, khóa key-of-soc, máy 10.1.2.3</html>"
KEPT = "<html>Bảo trì, gọi ***456, khóa ***, máy ***</html>"


@pytest.mark.parametrize("status", [302, 400, 403, 404, 429, 500, 503])
def test_what_an_answer_that_failed_began_with_is_kept(status: int, asking: Platform, endpoint: Endpoint) -> None:
    endpoint.broken["2024-06"] = (status, PAGE.encode(), {"Retry-After": "1000", "Location": "http://elsewhere/"})
    ingest(asking)
    assert failure(asking) == (status, KEPT)


def test_a_body_that_is_broken_packed_or_endless_is_kept_as_far_as_it_goes(asking: Platform, endpoint: Endpoint) -> None:
    endpoint.broken["2024-06"] = (500, gzip.compress(PAGE.encode()), {"Content-Encoding": "gzip"})
    ingest(asking)
    assert failure(asking) == (500, KEPT)
    endpoint.broken["2024-06"] = (500, b"rubbish", {"Content-Encoding": "gzip"})
    ingest(asking)
    assert failure(asking) == (500, None)
    endpoint.broken["2024-06"] = (403, b"x.y" * 400_000, {})
    ingest(asking)
    status, evidence = failure(asking)
    assert status == 403 and evidence is not None and len(evidence) == FIRST_BYTES + 1


def procedures(page: int, total: int, *records: int, **beside: object) -> bytes:
    return json_bytes({"page": page, "total": total, **beside, "items": [{"MaTTHC": f"1.{number:06}"} for number in records]})


PAGES = [
    (lambda page: procedures(page, 4, 1, 2), "page 2 was asked for, another one came", None),
    (lambda page: procedures(page, 3, page, 9), "4 records came, but the total is 3", procedures(2, 3, 2, 9)),
    (lambda page: procedures(page, 2, *([1] if page == 1 else [])), "page 2 is empty", procedures(2, 2)),
    (lambda page: procedures(page, page + 1, page), "the total changed", None),
    (lambda page: procedures(0, 4, 1), "page 1 was asked for", procedures(0, 4, 1)),
    (lambda page: json_bytes({"items": [1]}), "no whole-number page and total", json_bytes({"items": [1]})),
    (lambda page: procedures(page, 0, error="hết hạn mức, máy 10.1.2.3"), "the envelope states an error", "hết hạn mức, máy ***".encode()),
]


@pytest.mark.parametrize(("body", "said", "kept"), PAGES, ids=[said for _, said, _ in PAGES])
def test_what_a_page_began_with_that_makes_no_whole_is_kept(
    body: Callable[[int], bytes], said: str, kept: bytes | None, platform: Platform
) -> None:
    made = Pages(body)
    with answering(made.answer, made):
        address = made.url.replace("http://", "http://client:secret@") + "/?retries=1&backoff_seconds=0.001"
        values = dict(platform.settings.values) | {"AIRFLOW_CONN_CHISO_PORTAL": address}
        asking = replace(platform, settings=replace(platform.settings, values=values))
        with pytest.raises(EndpointError, match=said):
            collecting.collect(contracts.load("portal/procedures", asking.settings), asking, [Period.of("2024-06-30")])
    wanted = kept or body(2)
    assert failure(platform) == (200, wanted.decode())


def test_what_failed_is_open_until_it_comes(asking: Platform, endpoint: Endpoint) -> None:
    endpoint.broken = {"2024-06": (500, PAGE.encode(), {}), "2024-07": (404, b"", {})}
    ingest(asking)
    shown = [(row["source"], row["period"], row["status"], row["evidence"]) for row in not_fetched(asking)]
    assert shown == [(LEVELS, "2024-06", 500, KEPT), (LEVELS, "2024-07", 404, None)]
    assert not_fetched(asking, "soc/alerts") == []
    del endpoint.broken["2024-06"]
    ingest(asking)
    assert [row["period"] for row in not_fetched(asking, LEVELS)] == ["2024-07"]


def test_what_failed_is_asked_for_by_the_next_run_and_the_newest_by_its_etag(
    asking: Platform, endpoint: Endpoint
) -> None:
    endpoint.broken["2024-06"] = (404, b"", {})
    ingest(asking)
    del endpoint.broken["2024-06"]
    outcomes, fault = ingest(asking)
    assert (len(outcomes), fault) == (1, "")
    assert fetches(asking)[2:] == [("2024-06", "fetched", None, 1), ("2024-07", "not_modified", None, 1)]


def test_every_period_that_fails_is_said(asking: Platform, endpoint: Endpoint) -> None:
    endpoint.broken = {"2024-06": (404, b"", {}), "2024-07": (503, b"", {})}
    outcomes, fault = ingest(asking)
    assert outcomes == []
    assert "2024-06: answered 404" in fault and "2024-07: answered 503" in fault
    assert [row[:3] for row in fetches(asking)] == [("2024-06", "failed", 404), ("2024-07", "failed", 503)]
