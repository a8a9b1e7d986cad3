"""Fetching over loopback HTTP: the sandbox with each of its faults, and a server for what it never does."""

import gzip
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chiso import contracts
from chiso.contracts import Contract, Delivery, Terms, Transport
from chiso.province.periods import Period
from chiso.sources import Fetched, connect, due_periods, fetch
from chiso.system import settings as environment
from chiso.system.errors import ContractError, EndpointError, StorageError
from chiso.system.settings import Endpoint

from sandbox.faults import KNOWN, Fault, Faults
from sandbox.portal import Box
from sandbox.server import HTML_PAGE, Access, Server
from tests.answering import Answering, Ask, Reply, answering

TODAY = date(2024, 7, 3)
ACCESS = Access("portal-client", "s3cret-client", "s3cret-key")
SECRETS = (ACCESS.client_secret, ACCESS.api_key, "Bearer ", "Basic ")
BRISK = {"timeout_seconds": "5", "backoff_seconds": "0.001", "max_wait_seconds": "1.5", "retries": "3"}
DAY, MONTH = Period.of("2024-06-30"), Period.of("2024-06")


def contract(
    kind: str, path: str, auth: str = "none", *, fmt: str = "json", page_size: int = 500
) -> Contract:
    given: dict[str, Any] = {"kind": kind, "path": path, "auth": auth, "page_size": page_size}
    family = "soc" if auth == "api_key" else "portal"
    return Contract(
        source=f"{family}/thing",
        version="1",
        title_vi="x",
        description="x",
        columns=[],
        terms=Terms(
            owner="000.00.11.H34",
            transport=Transport(endpoint=family, since="2024-06", **given),
            delivery=Delivery(cadence="day", format=fmt),
        ),
        path=Path("x.yml"),
    )


EXPORT = contract("export", "/portal/dossiers/export?period={period}", "oauth2", fmt="csv")
PAGES = contract("paged_json", "/portal/procedures?period={period}", "oauth2")
ASSETS = contract("json", "/soc/monitored_assets?period={period}", "api_key")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(0, Box(34, 2000, TODAY), ACCESS, Faults([])) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@dataclass
class Sandbox:
    """A caller of the sandbox that keeps what it fetched in `folder`."""

    server: Server
    folder: Path

    def endpoint(self, auth: str, **extra: str) -> Endpoint:
        known = ("", ACCESS.api_key) if auth == "api_key" else (ACCESS.client_id, ACCESS.client_secret)
        return Endpoint(self.server.url, *known, BRISK | extra)

    def fetch(
        self, made: Contract, period: Period, *, etag: str | None = None, **extra: str
    ) -> Fetched | None:
        endpoint = self.endpoint(made.terms.transport.auth, **extra)
        return fetch(made, period, endpoint, self.folder / "delivery", etag=etag)

    def get(self, made: Contract, period: Period, **extra: str) -> tuple[Fetched, bytes]:
        fetched = self.fetch(made, period, **extra)
        assert fetched
        assert [path.name for path in self.folder.iterdir()] == ["delivery"]
        body = fetched.path.read_bytes()
        fetched.path.unlink()
        return fetched, body

    def refused(self, made: Contract, period: Period, **extra: str) -> str:
        with pytest.raises(EndpointError) as caught:
            self.fetch(made, period, **extra)
        assert list(self.folder.iterdir()) == []
        assert not any(secret in str(caught.value) for secret in SECRETS)
        return str(caught.value)

    def arm(self, name: str, times: int = 1, seconds: float = 30) -> None:
        self.server.faults.set(Fault(name, times, seconds))


@pytest.fixture
def sandbox(server: Server, tmp_path: Path) -> Iterator[Sandbox]:
    yield Sandbox(server, tmp_path)
    left = server.faults.listed()
    for fault in left:
        server.faults.set(Fault(fault["name"], 0))
    assert left == []


def records(body: bytes) -> list[Any]:
    pages = [json.loads(line) for line in body.splitlines()]
    return [item for page in pages for item in page["items"]]


def test_an_export(sandbox: Sandbox) -> None:
    before = datetime.now(UTC)
    fetched, body = sandbox.get(EXPORT, MONTH)
    assert body.startswith(b"MaHoSo") or body.startswith(b"\xef\xbb\xbfMaHoSo")
    assert fetched.uri == f"{sandbox.server.url}/portal/dossiers/export?period=2024-06"
    assert fetched.file_name == "ho_so_2024-06.csv"
    assert fetched.received_at == datetime(2024, 6, 30, 17, 30, tzinfo=UTC)
    assert fetched.requests == 2  # the token and the export
    assert before <= fetched.started_at <= fetched.finished_at <= datetime.now(UTC)
    assert sandbox.fetch(EXPORT, MONTH, etag=fetched.etag) is None
    assert list(sandbox.folder.iterdir()) == []
    assert sandbox.get(EXPORT, MONTH, etag='"other"')[1] == body


def test_pages_are_kept_as_they_came(sandbox: Sandbox) -> None:
    whole, body = sandbox.get(PAGES, DAY)
    small = contract("paged_json", "/portal/procedures?period={period}", "oauth2", page_size=300)
    fetched, pages = sandbox.get(small, DAY)
    items = records(pages)
    total = json.loads(pages.splitlines()[0])["total"]
    assert len(items) == total == len({item["MaTTHC"] for item in items})
    assert items == records(body)
    assert len(pages.splitlines()) == -(-total // 300) == fetched.requests - 1
    assert fetched.uri == whole.uri == f"{sandbox.server.url}/portal/procedures?period=2024-06-30"
    assert fetched.file_name == "thing_2024-06-30.json"
    assert fetched.received_at == datetime(2024, 6, 30, 17, 30, tzinfo=UTC)
    assert fetched.etag
    assert len(fetched.etag.split()) == fetched.requests - 1


def test_pages_that_are_all_as_before(sandbox: Sandbox) -> None:
    fetched, body = sandbox.get(PAGES, DAY)
    assert fetched.etag
    assert sandbox.fetch(PAGES, DAY, etag=fetched.etag) is None
    stale = " ".join([*fetched.etag.split()[:-1], '"other"'])
    assert sandbox.get(PAGES, DAY, etag=stale)[1] == body


def test_plain_json_with_a_key(sandbox: Sandbox) -> None:
    fetched, body = sandbox.get(ASSETS, DAY)
    assert len(json.loads(body)["items"]) == json.loads(body)["total"] > 0
    assert (fetched.file_name, fetched.requests) == ("thing_2024-06-30.json", 1)
    assert sandbox.fetch(ASSETS, DAY, etag=fetched.etag) is None


def test_a_session_keeps_its_token(sandbox: Sandbox) -> None:
    with connect(EXPORT, sandbox.endpoint("oauth2")) as session:
        counts = []
        for made, period in ((EXPORT, DAY), (EXPORT, MONTH), (PAGES, DAY)):
            fetched = fetch(made, period, sandbox.endpoint("oauth2"), sandbox.folder / "x", session=session)
            assert fetched
            counts.append(fetched.requests)
    pages = (sandbox.folder / "x").read_bytes().splitlines()
    assert counts == [2, 1, len(pages)]


def test_a_file_is_private_and_replaced_as_a_whole(sandbox: Sandbox) -> None:
    (sandbox.folder / "delivery").write_bytes(b"old")
    sandbox.arm("server_error", times=4)
    with pytest.raises(EndpointError):
        sandbox.fetch(ASSETS, DAY)
    assert (sandbox.folder / "delivery").read_bytes() == b"old"
    fetched = sandbox.fetch(ASSETS, DAY)
    assert fetched
    assert fetched.path.stat().st_mode & 0o777 == 0o600
    assert json.loads(fetched.path.read_bytes())


@pytest.mark.parametrize("made", [EXPORT, PAGES, ASSETS], ids=["export", "pages", "json"])
@pytest.mark.parametrize("name", ["rate_limited", "server_error", "timeout", "cut_short", "truncated_gzip"])
def test_a_passing_fault_changes_nothing(sandbox: Sandbox, made: Contract, name: str) -> None:
    expected, body = sandbox.get(made, DAY)
    sandbox.arm(name, times=1 if name in ("timeout", "rate_limited") else 2)
    fetched, again = sandbox.get(made, DAY, timeout_seconds="0.3")
    assert (again, fetched.etag) == (body, expected.etag)
    assert fetched.requests == expected.requests + (1 if name in ("timeout", "rate_limited") else 2)


@pytest.mark.parametrize("name", ["token_expired", "repeated_page", "total_changed"])
def test_a_passing_fault_between_pages_changes_nothing(sandbox: Sandbox, name: str) -> None:
    _, body = sandbox.get(PAGES, DAY)
    sandbox.arm(name)
    assert sandbox.get(PAGES, DAY)[1] == body


@pytest.mark.parametrize(
    ("name", "made", "said"),
    [
        ("rate_limited", ASSETS, r"answered 429 Too Many Requests \(tried 4 times\)"),
        ("server_error", PAGES, r"answered 500 Internal Server Error \(tried 4 times\)"),
        ("timeout", ASSETS, r"no answer within 0.2 s \(tried 4 times\)"),
        ("cut_short", EXPORT, r"the body was cut short \(tried 4 times\)"),
        ("truncated_gzip", EXPORT, r"the gzip body was cut short \(tried 4 times\)"),
        ("repeated_page", PAGES, r"page=2.*page 2 was asked for, another one came \(tried 4 times\)"),
        ("total_changed", PAGES, r"the total changed while paging, from (\d+) to \d+ \(tried 4 times\)"),
    ],
)
def test_a_lasting_fault_says_what_to_do(sandbox: Sandbox, name: str, made: Contract, said: str) -> None:
    sandbox.arm(name, times=4)
    message = sandbox.refused(made, DAY, timeout_seconds="0.2" if name == "timeout" else "5")
    assert re.search(said, message)
    assert message.startswith(f"{sandbox.server.url}/")
    assert message.endswith(f"Check that {sandbox.server.url} answers, then run again.")


def test_retry_after_is_waited_for(sandbox: Sandbox) -> None:
    sandbox.arm("rate_limited")
    fetched, _ = sandbox.get(ASSETS, DAY, max_wait_seconds="30")
    assert fetched.finished_at - fetched.started_at >= timedelta(seconds=1)


def test_a_token_that_ends_twice_names_the_variable(sandbox: Sandbox) -> None:
    sandbox.arm("token_expired", times=2)
    message = sandbox.refused(PAGES, DAY)
    assert "answered 401 Unauthorized: the login is not accepted" in message
    assert "AIRFLOW_CONN_CHISO_PORTAL" in message


@pytest.mark.parametrize("made", [EXPORT, PAGES, ASSETS], ids=["export", "pages", "json"])
@pytest.mark.parametrize(("name", "content"), [("html_page", HTML_PAGE), ("empty_body", b"")])
def test_a_body_that_is_something_else_is_kept_as_evidence(
    sandbox: Sandbox, made: Contract, name: str, content: bytes
) -> None:
    sandbox.arm(name)
    fetched, body = sandbox.get(made, DAY)
    assert body == content
    assert fetched.etag is None
    assert fetched.finished_at == fetched.received_at


def test_an_html_page_between_pages_is_kept_with_what_came_before(sandbox: Sandbox) -> None:
    _, pages = sandbox.get(PAGES, DAY)
    with tiny(lambda ask: (200, pages.splitlines()[0] if ask.page == 1 else HTML_PAGE, {})) as made:
        fetched, body = made.get(contract("paged_json", "/x"), sandbox.folder)
    assert body == pages.splitlines()[0] + b"\n" + HTML_PAGE
    assert fetched.etag is None


def test_every_fault_of_the_sandbox_is_met_here() -> None:
    assert {
        "rate_limited", "server_error", "timeout", "cut_short", "truncated_gzip",
        "token_expired", "repeated_page", "total_changed", "html_page", "empty_body",
    } == KNOWN


def test_a_period_that_the_source_lacks(sandbox: Sandbox) -> None:
    message = sandbox.refused(EXPORT, Period.of("2019-06"))
    assert "period=2019-06: answered 404 Not Found: the source has no such period" in message


def test_wrong_logins_name_the_variable(server: Server, tmp_path: Path) -> None:
    for made, variable in ((EXPORT, "AIRFLOW_CONN_CHISO_PORTAL"), (ASSETS, "AIRFLOW_CONN_CHISO_SOC")):
        wrong = Endpoint(server.url, "portal-client", "wr0ng", BRISK)
        with pytest.raises(EndpointError, match=f"Check login and password in {variable}") as caught:
            fetch(made, DAY, wrong, tmp_path / "x")
        assert "wr0ng" not in str(caught.value)


def test_nothing_secret_is_logged(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.arm("server_error")
    for made in (EXPORT, PAGES, ASSETS):
        sandbox.get(made, DAY)
    assert "/portal/dossiers/export" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)


def test_proxies_are_not_asked_for_loopback(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    sandbox.get(ASSETS, DAY)


def test_what_is_due_of_every_contract_can_be_fetched(sandbox: Sandbox) -> None:
    settings = environment.load({})
    fetched = set()
    for source in contracts.source_names(settings):
        made = contracts.load(source, settings)
        if made.terms.transport.kind == "drop_folder":
            continue
        periods = due_periods(made, [], TODAY)
        assert periods[0].year == 2022
        for period in periods:
            assert sandbox.get(made, period)[1]
        fetched.add(source)
    assert len(fetched) == len(sandbox.server.box.endpoints)


# --- what the sandbox never does ---


class Tiny(Answering):
    """A server that answers as one function says, and a caller of it."""

    def get(self, made: Contract, folder: Path, **extra: str) -> tuple[Fetched, bytes]:
        endpoint = Endpoint(self.url, "me", "s3cret-key", BRISK | extra)
        fetched = fetch(made, DAY, endpoint, folder / "tiny")
        assert fetched
        return fetched, fetched.path.read_bytes()

    def refused(self, made: Contract, folder: Path, **extra: str) -> str:
        with pytest.raises(EndpointError) as caught:
            self.get(made, folder, **extra)
        assert list(folder.iterdir()) == []
        assert "s3cret" not in str(caught.value)
        return str(caught.value)


@contextmanager
def tiny(answer: Callable[[Ask], Reply | None]) -> Iterator[Tiny]:
    with answering(answer, Tiny()) as made:
        yield made


def page(number: int, total: int, items: list[Any], **more: Any) -> Reply:
    return 200, json.dumps({"page": number, "total": total, "items": items, **more}).encode(), {}


PLAIN = contract("json", "/x")
PAGED = contract("paged_json", "/x", page_size=2)


def test_chunks_without_an_end_are_asked_for_again(tmp_path: Path) -> None:
    def answer(ask: Ask) -> None:
        ask.handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        if ask.number == 3:
            ask.handler.wfile.write(b"6\r\n world\r\n0\r\n\r\n")

    with tiny(answer) as made:
        fetched, body = made.get(PLAIN, tmp_path)
    assert (body, fetched.requests) == (b"hello world", 3)


def test_a_body_larger_than_allowed_is_given_up(tmp_path: Path) -> None:
    def endless(ask: Ask) -> None:
        ask.handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:  # until the client hangs up
            ask.handler.wfile.write(b"1000\r\n" + bytes(4096) + b"\r\n")

    with tiny(endless) as made:
        assert "larger than the 1000000 bytes that are allowed" in made.refused(
            PLAIN, tmp_path, max_bytes="1000000"
        )
    bomb = gzip.compress(bytes(20 << 20))
    with tiny(lambda ask: (200, bomb, {"Content-Encoding": "gzip"})) as made:
        assert "larger than the 1000000 bytes" in made.refused(PLAIN, tmp_path, max_bytes="1000000")
    nothing = gzip.compress(b"") * 1000
    with tiny(lambda ask: (200, nothing, {"Content-Encoding": "gzip"})) as made:
        assert "larger than the 10000 bytes" in made.refused(PLAIN, tmp_path, max_bytes="10000")


def test_all_pages_together_are_bounded(tmp_path: Path) -> None:
    with tiny(lambda ask: page(ask.page, 10**9, [ask.page, "x" * 1000])) as made:
        assert "is larger than" in made.refused(PAGED, tmp_path, max_bytes="50000")


def test_a_body_that_stops_coming(tmp_path: Path) -> None:
    stop = threading.Event()

    def answer(ask: Ask) -> None:
        ask.handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
        stop.wait(10)

    with tiny(answer) as made:
        message = made.refused(PLAIN, tmp_path, timeout_seconds="0.1", retries="1")
        stop.set()
    assert "the body stopped coming (tried 2 times)" in message


def test_an_unreadable_retry_after_is_no_wait(tmp_path: Path) -> None:
    with tiny(lambda ask: (429 if ask.number == 1 else 200, b"{}", {"Retry-After": "soon"})) as made:
        fetched, body = made.get(PLAIN, tmp_path)
    assert (fetched.requests, body) == (2, b"{}")


@pytest.mark.parametrize("retry_after", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_an_endpoint_that_asks_for_a_long_wait_is_not_waited_for(tmp_path: Path, retry_after: str) -> None:
    with tiny(lambda ask: (429, b"", {"Retry-After": retry_after})) as made:
        message = made.refused(PLAIN, tmp_path, max_wait_seconds="60")
        assert len(made.asked) == 1
    assert re.search(r"answered 429 Too Many Requests and asks to wait \d{4,} s\. Run again after that", message)
    assert "max_wait_seconds in AIRFLOW_CONN_CHISO_PORTAL" in message


def drip(stop: threading.Event, *, head: bytes) -> Callable[[Ask], None]:
    """An answer of which a byte comes every 20 ms, for ever."""

    def answer(ask: Ask) -> None:
        ask.handler.wfile.write(head)
        while not stop.wait(0.02):
            ask.handler.wfile.write(b"x")

    return answer


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf0000\r\n",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
    ],
    ids=["a body", "a chunk", "a header"],
)
def test_a_slow_stream_is_cut(tmp_path: Path, head: bytes) -> None:
    stop = threading.Event()
    with tiny(drip(stop, head=head)) as made:
        message = made.refused(PLAIN, tmp_path, timeout_seconds="0.3", retries="1")
        stop.set()
    assert re.search(r"only \d+ bytes came in 0\.\d s \(tried 2 times\)", message)


def test_a_delivery_has_a_deadline(tmp_path: Path) -> None:
    stop = threading.Event()

    def steady(ask: Ask) -> None:
        ask.handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while not stop.wait(0.02):
            ask.handler.wfile.write(bytes(1000))

    with tiny(steady) as made:
        message = made.refused(PLAIN, tmp_path, max_seconds="0.5")
        stop.set()
    assert "the delivery was not here after 0.5 s" in message
    assert "max_seconds in AIRFLOW_CONN_CHISO_PORTAL" in message
    with tiny(lambda ask: page(ask.page, 10**6, [time.sleep(0.05) or ask.page])) as made:
        assert "was not here after 0.4 s" in made.refused(PAGED, tmp_path, max_seconds="0.4")
    with tiny(lambda ask: (503, b"", {})) as made:
        message = made.refused(PLAIN, tmp_path, max_seconds="1", backoff_seconds="2", max_wait_seconds="60")
        assert len(made.asked) == 1
    assert "was not here after 1 s" in message


def test_failed_tries_of_a_session_have_a_limit_of_their_own(tmp_path: Path) -> None:
    def answer(ask: Ask) -> Reply:
        return (200, b"{}", {}) if "2024-06-30" in ask.handler.path else (503, b"", {})

    made_of = contract("json", "/x?period={period}")
    with tiny(answer) as made:
        endpoint = Endpoint(made.url, extra=BRISK | {"backoff_seconds": "0.2", "max_wait_seconds": "5", "patience_seconds": "0.3"})
        with connect(made_of, endpoint) as session:
            for code in ("2024-06-01", "2024-06-02"):
                with pytest.raises(EndpointError, match="503") as caught:
                    fetch(made_of, Period.of(code), endpoint, tmp_path / "x", session=session)
                assert caught.value.status == 503
            assert fetch(made_of, DAY, endpoint, tmp_path / "x", session=session)
        tries = [path for path in made.paths if path.endswith(("01", "02"))]
    assert [path[-2:] for path in tries] in (["01", "01", "02"], ["01", "01", "01", "02"])


def test_an_endpoint_that_only_lets_us_wait_is_given_up(tmp_path: Path) -> None:
    stop = threading.Event()

    def answer(ask: Ask) -> None:
        stop.wait(10)

    with tiny(answer) as made:
        endpoint = Endpoint(made.url, extra=BRISK | {"timeout_seconds": "0.1", "patience_seconds": "0.15"})
        with connect(PLAIN, endpoint) as session:
            for _ in range(5):
                with pytest.raises(EndpointError, match=r"no answer within 0\.1 s"):
                    fetch(PLAIN, DAY, endpoint, tmp_path / "x", session=session)
        assert len(made.asked) == 4  # two for the first, one each for two more, then none
        stop.set()


def test_nobody_answers(tmp_path: Path) -> None:
    with tiny(lambda ask: None) as made:
        url = made.url
    made = Tiny(url)
    message = made.refused(PLAIN, tmp_path)
    assert message.startswith(f"{url}/x: no connection (")
    assert message.endswith(f"Connection refused) (tried 4 times). Check that {url} answers, then run again.")
    endpoint = Endpoint(url, extra=BRISK)
    with connect(PLAIN, endpoint) as session:
        for _ in range(3):  # where nobody is, nothing else is asked for
            with pytest.raises(EndpointError, match="tried 4 times"):
                fetch(PLAIN, DAY, endpoint, tmp_path / "x", session=session)
        assert session.sent == 4


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    with tiny(lambda ask: (302, b"", {"Location": "https://elsewhere.example/?sig=s3cret"})) as made:
        message = made.refused(contract("json", "/x", "api_key"), tmp_path)
        assert len(made.asked) == 1
    assert "answered 302 Found, to elsewhere.example, which is not followed" in message


@pytest.mark.parametrize("status", [304, 400, 403, 418])
def test_other_answers_are_final(tmp_path: Path, status: int) -> None:
    with tiny(lambda ask: (status, b"", {})) as made:
        assert f"answered {status}" in made.refused(PLAIN, tmp_path)
        assert len(made.asked) == 1


def test_a_coding_that_was_not_asked_for(tmp_path: Path) -> None:
    with tiny(lambda ask: (200, b"x", {"Content-Encoding": "br"})) as made:
        assert "coded as 'br'" in made.refused(PLAIN, tmp_path)
        assert made.asked[0]["Accept-Encoding"] == "gzip"


def test_a_gzip_file_is_kept_as_it_is(tmp_path: Path) -> None:
    packed = gzip.compress(b"MaHoSo\n")
    with tiny(lambda ask: (200, packed, {"Content-Type": "application/gzip"})) as made:
        assert made.get(contract("export", "/x", fmt="csv"), tmp_path)[1] == packed


def test_a_clock_ahead_of_ours_counts_as_now(tmp_path: Path) -> None:
    with tiny(lambda ask: (200, b"{}", {"Last-Modified": "Fri, 31 Dec 2100 23:59:59 GMT"})) as made:
        fetched, _ = made.get(PLAIN, tmp_path)
    assert fetched.received_at == fetched.finished_at


def test_the_key_goes_in_the_header_that_is_set(tmp_path: Path) -> None:
    with tiny(lambda ask: (200, b"{}", {})) as made:
        made.get(contract("json", "/x", "api_key"), tmp_path, header="X-SOC")
        assert made.asked[0]["X-SOC"] == "s3cret-key"


def test_a_key_that_can_not_be_sent_is_not_shown(tmp_path: Path) -> None:
    endpoint = Endpoint("http://127.0.0.1:9", "", "s3cret\nkey", BRISK)
    with pytest.raises(EndpointError, match="AIRFLOW_CONN_CHISO_SOC") as caught:
        fetch(contract("json", "/x", "api_key"), DAY, endpoint, tmp_path / "x")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"access_token": "a b"}', b'{"access_token": 1}'])
def test_a_token_answer_without_a_token(tmp_path: Path, body: bytes) -> None:
    with tiny(lambda ask: (200, body, {})) as made:
        message = made.refused(EXPORT, tmp_path, token_path="/t0ken")
    assert "/t0ken: the answer (200) holds no token" in message
    assert "AIRFLOW_CONN_CHISO_PORTAL" in message


def test_no_records_at_all(tmp_path: Path) -> None:
    with tiny(lambda ask: page(1, 0, [])) as made:
        assert records(made.get(PAGED, tmp_path)[1]) == []


def test_a_shorter_page_is_followed_by_the_next(tmp_path: Path) -> None:
    with tiny(lambda ask: page(ask.page, 3, [ask.page])) as made:
        assert records(made.get(PAGED, tmp_path)[1]) == [1, 2, 3]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda ask: page(ask.page, 4, [1, 2][: 4 - 2 * ask.page]), "is empty though only 2 of 4 records"),
        (lambda ask: page(ask.page, 3, [ask.page, "x"]), "4 records came, but the total is 3"),
        (lambda ask: page(ask.page, 4, [1, 2]), "page 2 was asked for, another one came (tried 4 times)"),
        (lambda ask: page(1, 4, [1, 2]) if ask.page == 1 else (200, b" ", {}), "empty, without an envelope"),
        (lambda ask: (200, b'{"items": [1]}', {}), "no whole-number page and total"),
        (lambda ask: page(True, 1, [1]), "no whole-number page and total"),
        (lambda ask: page(1, -1, []), "no whole-number page and total"),
        (lambda ask: (200, b'{"error": "x"}', {}), "the envelope states an error (tried 4 times)"),
    ],
)
def test_pages_that_make_no_whole(tmp_path: Path, answer: Callable[[Ask], Reply], said: str) -> None:
    with tiny(answer) as made:
        assert said in made.refused(PAGED, tmp_path)


@pytest.mark.parametrize(
    "body",
    [b"[1]", b"nothing", b'{"a": [], "b": []}', b'{"error": ""}', b"[" * 200_000],
    ids=["a list", "no JSON", "two lists", "no list", "too deep"],
)
def test_an_envelope_that_can_not_be_read_is_delivered(tmp_path: Path, body: bytes) -> None:
    with tiny(lambda ask: (200, body, {"ETag": '"a"'})) as made:
        fetched, kept = made.get(PAGED, tmp_path)
    assert (kept, fetched.etag, fetched.requests) == (body, None, 1)


def test_a_total_that_changes_once_starts_over(tmp_path: Path) -> None:
    with tiny(lambda ask: page(ask.page, 2 if ask.number == 1 else 3, [ask.page])) as made:
        fetched, body = made.get(PAGED, tmp_path)
    assert (records(body), fetched.requests) == ([1, 2, 3], 5)


def test_a_target_that_can_not_be_written(tmp_path: Path) -> None:
    with tiny(lambda ask: (200, b"{}", {})) as made:
        with pytest.raises(StorageError, match="missing/tiny can't be written: No such file"):
            made.get(PLAIN, tmp_path / "missing")
        (tmp_path / "tiny").mkdir()
        with pytest.raises(StorageError, match="Is a directory"):
            made.get(PLAIN, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_drop_folder_is_not_fetched(tmp_path: Path) -> None:
    made = contract("json", "/x")
    transport = Transport(kind="drop_folder", endpoint="departments", file_names=["x*"])
    made = made.model_copy(update={"terms": made.terms.model_copy(update={"transport": transport})})
    with pytest.raises(ContractError, match="comes through a drop folder"):
        fetch(made, DAY, Endpoint("file:///x"), tmp_path / "x")
