"""The sandbox's endpoints over real loopback HTTP: access, caching, paging and every fault."""

import gzip
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests

from sandbox.days import span_of
from sandbox.dossiers import DossierBook
from sandbox.faults import KNOWN, Faults
from sandbox.portal import Box
from sandbox.procedures import catalogue
from sandbox.server import Access, Server

TODAY = date(2024, 7, 3)
ACCESS = Access("portal-client", "s3cret", "soc-key")
EXPORT = "/portal/dossiers/export?period=2024-06"
PROCEDURES = "/portal/procedures?period=2024-06-30"
SYSTEMS = "/soc/system_levels?period=2024-06"
ALL = [
    EXPORT,
    PROCEDURES,
    "/portal/accounts?period=2022-01",
    "/portal/payments/export?period=2024-07-02",
    "/portal/document_store?period=2024-06",
    "/portal/service_quality/export?period=2022-08",
    "/soc/monitored_assets?period=2024-06-30",
    "/soc/alerts?period=2024-06",
    SYSTEMS,
    "/soc/trust_labels?period=2022-01",
    "/soc/malware?period=2024-06",
]


class Client:
    """A session with the token and the key."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["X-API-Key"] = ACCESS.api_key
        self.login()

    def login(self) -> None:
        answer = self.session.post(
            f"{self.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(ACCESS.client_id, ACCESS.client_secret),
            timeout=5,
        )
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=options.pop("timeout", 5), **options)

    def arm(self, name: str, **more: Any) -> None:
        answer = self.session.post(f"{self.url}/_sandbox/faults", json={"name": name, **more}, timeout=5)
        assert answer.status_code == 200

    def armed(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.get("/_sandbox/faults").json()["armed"]
        return listed


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(0, Box(34, 3000, TODAY), ACCESS, Faults([])) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    made = Client(server.url)
    with made.session:
        yield made
        assert made.armed() == []


def raw_get(
    server: Server, client: Client, path: str, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """An answer as it is on the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    token = str(client.session.headers["Authorization"])
    key = {"Authorization": token, "X-API-Key": ACCESS.api_key}
    connection.request("GET", path, headers={**key, **headers})
    answer = connection.getresponse()
    try:
        return answer, answer.read()
    finally:
        answer.close()
        connection.close()


@pytest.mark.parametrize("form", [False, True])
def test_token(server: Server, form: bool) -> None:
    data = {"grant_type": "client_credentials"}
    pair = (ACCESS.client_id, ACCESS.client_secret)
    fields = {"client_id": pair[0], "client_secret": pair[1]} if form else {}
    url = f"{server.url}/oauth/token"
    right = requests.post(url, data={**data, **fields}, auth=None if form else pair, timeout=5)
    assert right.status_code == 200
    assert right.headers["X-Synthetic"] == "true"
    assert right.json()["token_type"] == "Bearer"
    assert right.json()["expires_in"] == 3600
    wrong = requests.post(url, data=data, auth=(pair[0], "no"), timeout=5)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    unsupported = requests.post(url, data={"grant_type": "password"}, auth=pair, timeout=5)
    assert (unsupported.status_code, unsupported.json()["error"]) == (400, "unsupported_grant_type")


def test_every_endpoint_is_asked_here(server: Server) -> None:
    assert {path.partition("?")[0] for path in ALL} == set(server.box.endpoints)


@pytest.mark.parametrize("path", ALL)
def test_no_access_without_token_or_key(server: Server, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer no", "X-API-Key": "no"}):
        answer = requests.get(server.url + path, headers=headers, timeout=5)
        assert answer.status_code == 401
        assert answer.json()["error"] in {"invalid_token", "invalid_key"}


def test_export_streams_the_same_bytes_plain_and_compressed(server: Server, client: Client) -> None:
    expected = b"".join(DossierBook(34, 3000, TODAY, catalogue(34)).export(span_of("2024-06")))
    plain, body = raw_get(server, client, EXPORT)
    packed, packed_body = raw_get(server, client, EXPORT, **{"Accept-Encoding": "gzip"})
    assert body == expected
    assert gzip.decompress(packed_body) == expected
    assert plain.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert plain.headers["X-Synthetic"] == "true"
    assert plain.headers["Last-Modified"] == "Sun, 30 Jun 2024 17:30:00 GMT"
    assert plain.headers["ETag"].startswith('"')
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert packed.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("path", "content_type", "name"),
    [
        (EXPORT, "text/csv; charset=utf-8", "ho_so_2024-06.csv"),
        ("/portal/payments/export?period=2024-06", "text/csv; charset=utf-8", "thanh_toan_2024-06.csv"),
        (
            "/portal/service_quality/export?period=2024-06",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "bo_chi_so_766_2024-06.xlsx",
        ),
        ("/soc/trust_labels?period=2024-06", "text/csv; charset=utf-8", "nhan_tin_nhiem_2024-06.csv"),
    ],
)
def test_files_say_what_they_are(client: Client, path: str, content_type: str, name: str) -> None:
    answer = client.get(path)
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Synthetic"] == "true"
    assert answer.headers["Last-Modified"] == "Sun, 30 Jun 2024 17:30:00 GMT"


@pytest.mark.parametrize("path", ALL)
def test_not_modified(client: Client, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Last-Modified" in again.headers
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/portal/dossiers/export?period=2021-12",
        "/portal/dossiers/export?period=2024-Q2",
        "/portal/procedures?period=2024-06",
        "/portal/accounts?period=2024-07",
        "/portal/service_quality/export?period=2022-07",
        "/soc/alerts?period=2024-07-04",
        "/soc/monitored_assets?period=2024-07-04",
        "/soc/system_levels?period=2024-06-30",
    ],
)
def test_unknown_periods(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_period")


@pytest.mark.parametrize("path", ["/portal/procedures", PROCEDURES + "&page=0", PROCEDURES + "&page_size=x"])
def test_wrong_queries(client: Client, path: str) -> None:
    assert client.get(path).status_code == 400


def test_unknown_path(client: Client) -> None:
    assert client.get("/portal/nothing").status_code == 404


def test_pages_join_to_the_whole(client: Client) -> None:
    found = []
    for page in range(1, 6):
        envelope = client.get(f"{PROCEDURES}&page={page}&page_size=400").json()
        assert {k: envelope[k] for k in ("period", "page", "page_size", "total")} == {
            "period": "2024-06-30",
            "page": page,
            "page_size": 400,
            "total": 1726,
        }
        found += [item["MaTTHC"] for item in envelope["items"]]
    assert len(set(found)) == len(found) == 1726


def test_accounts_come_in_pages(client: Client) -> None:
    pages = [client.get(f"/portal/accounts?period=2024-06&page={page}&page_size=50").json() for page in (1, 2, 3)]
    assert [(page["total"], len(page["items"])) for page in pages] == [(102, 50), (102, 50), (102, 2)]
    assert sum(item["SoTaiKhoan"] for page in pages for item in page["items"]) == 32_456


@pytest.mark.parametrize("path", ALL)
def test_faults_are_shown_by_every_endpoint(client: Client, path: str) -> None:
    client.arm("server_error", path=path.partition("?")[0])
    assert [client.get(path).status_code for _ in range(2)] == [500, 200]


def test_token_expires_in_the_middle_of_paging(client: Client) -> None:
    client.arm("token_expired")
    assert client.get(PROCEDURES).status_code == 200
    assert client.get(f"{PROCEDURES}&page=2").status_code == 401
    assert client.get(f"{PROCEDURES}&page=2").status_code == 401
    client.login()
    assert client.get(f"{PROCEDURES}&page=2").status_code == 200


def test_rate_limited_twice(client: Client) -> None:
    client.arm("rate_limited", times=2)
    answers = [client.get(SYSTEMS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "1"


def test_server_error_only_where_it_was_set(client: Client) -> None:
    client.arm("server_error", path="/portal/dossiers")
    assert client.get(SYSTEMS).status_code == 200
    assert client.get(EXPORT).status_code == 500
    assert client.get(EXPORT).status_code == 200


def test_timeout(client: Client) -> None:
    client.arm("timeout", seconds=30)
    with pytest.raises(requests.Timeout):
        client.get(SYSTEMS, timeout=0.2)
    assert client.get(SYSTEMS).status_code == 200


def test_repeated_page(client: Client) -> None:
    first = client.get(PROCEDURES).json()
    client.arm("repeated_page")
    assert client.get(f"{PROCEDURES}&page=2").json() == first
    assert client.get(f"{PROCEDURES}&page=2").json()["page"] == 2


def test_total_changed(client: Client) -> None:
    client.arm("total_changed")
    totals = [client.get(f"{PROCEDURES}&page={page}").json()["total"] for page in (1, 2, 3)]
    assert totals == [1726, 1733, 1726]


@pytest.mark.parametrize("path", [EXPORT, SYSTEMS])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_cut_short(server: Server, client: Client, path: str, coding: str) -> None:
    client.arm("cut_short")
    with pytest.raises(http.client.IncompleteRead) as caught:
        raw_get(server, client, path, **{"Accept-Encoding": coding})
    assert caught.value.expected in {len(caught.value.partial), len(caught.value.partial) + 1}


@pytest.mark.parametrize("path", [EXPORT, SYSTEMS])
def test_truncated_gzip(server: Server, client: Client, path: str) -> None:
    client.arm("truncated_gzip")
    assert raw_get(server, client, path)[0].status == 200  # a client without gzip doesn't see it
    answer, body = raw_get(server, client, path, **{"Accept-Encoding": "gzip"})
    assert int(answer.headers["Content-Length"]) == len(body)
    unpacked = zlib.decompressobj(wbits=31)
    unpacked.decompress(body)
    assert not unpacked.eof


def test_html_page(client: Client) -> None:
    client.arm("html_page")
    answer = client.get(EXPORT)
    assert answer.status_code == 200
    assert answer.text.startswith("<!DOCTYPE html>")


def test_empty_body(client: Client) -> None:
    client.arm("empty_body")
    answer = client.get(SYSTEMS)
    assert (answer.status_code, answer.content) == (200, b"")


def test_faults_are_listed_and_disarmed(client: Client) -> None:
    client.arm("cut_short", times=3)
    assert client.armed() == [{"name": "cut_short", "times": 3, "seconds": 30.0, "path": "/"}]
    assert set(client.get("/_sandbox/faults").json()["known"]) == KNOWN
    client.arm("cut_short", times=0)
    for wrong in ({"name": "no"}, {"name": "timeout", "times": -1}, [], {"times": 1}):
        assert client.session.post(f"{client.url}/_sandbox/faults", json=wrong, timeout=5).status_code == 400


def test_command_serves_and_stops_on_sigterm() -> None:
    secrets = {"SANDBOX_CLIENT_ID": "a", "SANDBOX_CLIENT_SECRET": "b", "SANDBOX_API_KEY": "c"}
    command = [sys.executable, "-m", "sandbox", "serve", "--dossiers", "500", "--fault", "server_error:1"]
    with subprocess.Popen(command, env={**os.environ, **secrets}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        codes = [
            requests.get(f"{url}{SYSTEMS}", headers={"X-API-Key": "c"}, timeout=5).status_code
            for _ in range(2)
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert codes == [500, 200]


def test_command_asks_for_secrets() -> None:
    command = [sys.executable, "-m", "sandbox", "serve"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 2
    assert "SANDBOX_CLIENT_SECRET" in done.stderr
