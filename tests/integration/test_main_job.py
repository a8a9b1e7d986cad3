"""The main job as a user runs it: real Airflow on the real embedded server, fed by the sandbox's real transports."""

import csv
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
import requests
import sqlalchemy as sa
from chiso import contracts
from chiso.contracts import source_names
from chiso.deliveries import register
from chiso.system.postgres import embedded_server, reader_url
from chiso.system.postgres.place import find_place
from chiso.system.secrets_file import ensure_platform_env
from chiso.system.settings import Settings, load
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

from sandbox.days import span_of
from sandbox.dossier_pieces import BAD_KINDS, COLUMNS, spoil
from sandbox.dossiers import DossierBook
from sandbox.procedures import catalogue
from tests.browser import browser
from tests.integration import leftovers
from tests.integration.published_figures import COMPUTED, NOT_COMPUTED
from tests.persons import Person, Scanner, applicants

HOME = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
DOSSIERS = 1500
TODAY = date(2024, 7, 3)
"""The sandbox's day."""

pytestmark = pytest.mark.timeout(1800)  # a whole run, on a machine that other tests use too


class Checkout:
    """The commands of a checkout with data of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CHISO_"))}
        self.environ = kept | {"CHISO_VAR": str(var), "CHISO_SANDBOX_DOSSIERS": str(DOSSIERS)}

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        environ = self.environ | more
        return subprocess.run(command, env=environ, cwd=HOME, capture_output=True, text=True, check=False)

    def make_run(self, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "chiso_airflow.launcher", "run", **environ)

    def chiso(self, *arguments: str) -> object:
        done = self.run(str(PROGRAMS / "chiso"), *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def settings(self) -> Settings:
        return ensure_platform_env(load({"CHISO_VAR": str(self.var)}))

    @contextmanager
    def databases(self) -> Iterator[tuple[sa.Engine, sa.Engine]]:
        """The warehouse and Airflow's own."""
        with embedded_server(self.settings) as server:
            engines = tuple(sa.create_engine(server.url(name)) for name in ("warehouse", "airflow"))
            yield engines
            for engine in engines:
                engine.dispose()

    def processes(self) -> list[str]:
        """Command lines of living processes that belong to this checkout's data."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() != psutil.STATUS_ZOMBIE and (
                    process.environ().get("CHISO_VAR") == str(self.var) or str(self.var) in " ".join(process.cmdline())
                ):
                    found.append(" ".join(process.cmdline()))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("main-job") / "var")


@pytest.fixture(scope="module")
def first_run(checkout: Checkout) -> subprocess.CompletedProcess[str]:
    return checkout.make_run()


def test_the_first_run_prints_the_scoreboard_and_what_was_refused(first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    lines = first_run.stdout.splitlines()
    targets = [line for line in lines if line.startswith("nq09.")]
    assert len(targets) == 17
    assert any(line.startswith("nq09.15") and "59,47" in line and "chưa đạt" in line for line in targets)
    assert "06a_thang7_2024.xlsx" in first_run.stdout
    assert "vien_thong_Q2_2024_so_y_te.xlsx" in first_run.stdout
    assert "site/index.html" in first_run.stdout


def test_nothing_of_it_lives_afterwards(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0
    assert checkout.processes() == []


def test_published_figures_come_out(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0
    rows = checkout.chiso("indicators", "--framework", "review", "--period", "2024-H1")
    found = {row["indicator"]: row for row in rows}
    assert {
        name: found[name]["value"]
        for name in ("services_full_online", "services_partial_online", "soc_devices", "soc_websites")
    } == {"services_full_online": 990, "services_partial_online": 373, "soc_devices": 29, "soc_websites": 34}
    integrated = found["procedures_integrated"]
    assert (integrated["numerator"], integrated["denominator"], integrated["reported_value"]) == (1363, 1726, 79.24)
    assert round(integrated["value"], 2) == 78.97
    approved = found["systems_level_approved"]
    assert (approved["numerator"], approved["denominator"], approved["reported_value"]) == (31, 37, 84)
    assert found["households_fibre_pct"]["value"] == 59.47
    assert {row["unit_code"] for row in rows} == {"62"}
    targets = {row["target"]: row for row in checkout.chiso("targets", "--period", "2023")}
    assert (targets["nq09.15"]["actual"], targets["nq09.15"]["period"], targets["nq09.15"]["status"]) == (
        52.8,
        "2023",
        "unmet",
    )


def test_a_number_leads_back_to_cell_and_raw_file(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert first_run.returncode == 0
    found = checkout.chiso("explain", "households_fibre_pct", "--period", "2024-H1")
    cells = [part for part in found["inputs"] if part["measure"] == "households_fibre"]
    assert len(cells) == 102 and sum(part["value"] for part in cells) == 89205
    assert {part["sheet"] for part in cells} == {"Biểu 1"} and all(part["cell"].startswith("D") for part in cells)
    assert all(part["uri"].endswith("vien_thong_Q2_2024.xlsx") for part in cells)
    report = checkout.chiso("audit", "verify")
    assert report["ok"] is True and report["checked"]["raw_files"] >= 20


@dataclass(frozen=True)
class Running:
    """A platform that is up, after a run that found nothing new but a broken file. said: what it printed; before: values then."""

    url: str
    settings: Settings
    said: str
    before: list[dict[str, Any]]

    def token(self, user: str) -> str:
        password = self.settings.values["CHISO_UI_PASSWORD" if user == "admin" else "CHISO_AUDITOR_PASSWORD"]
        answer = requests.post(f"{self.url}/auth/token", json={"username": user, "password": password}, timeout=30)
        return str(answer.json()["access_token"])

    def call(self, user: str, verb: str, path: str, **content: object) -> requests.Response:
        return requests.request(
            verb, f"{self.url}/api/v2{path}", headers={"Authorization": f"Bearer {self.token(user)}"}, json=content or None, timeout=30
        )

    def page(self, path: str, user: str | None = "auditor") -> requests.Response:
        cookies = {"_token": self.token(user)} if user else {}
        return requests.get(f"{self.url}/bao-cao/{path}", cookies=cookies, timeout=30)

    def until(self, what: Callable[[], Any], seconds: float = 90) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := what()):
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.5)
        return found


@pytest.fixture(scope="class")
def running(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> Iterator[Running]:
    assert first_run.returncode == 0
    before = checkout.chiso("indicators", "--period", "2024-Q2")
    broken = checkout.var / "drop" / "06a_thang8_2024.xlsx"
    broken.write_bytes((checkout.var / "sandbox" / "drop" / "06a_thang6_2024.xlsx").read_bytes()[:4000])
    command = (sys.executable, "-m", "chiso_airflow.launcher")
    started = checkout.run(*command, "up")
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        [line] = [line for line in started.stdout.splitlines() if line.startswith("UI: ")]
        yield Running(line.split()[1], checkout.settings, started.stdout, before)
    finally:
        checkout.run(*command, "down")
    assert checkout.processes() == []


def answer_in_browser(running: Running, run_id: str, why: str) -> None:
    """As somebody does who is logged in, and clicks. Airflow draws its page anew while it is read."""
    with browser() as session:
        wait = WebDriverWait(session, 120, ignored_exceptions=(NoSuchElementException, StaleElementReferenceException))

        def fill(field: str, text: str) -> None:
            def filled(_: WebDriver) -> bool:
                found = session.find_element(By.CSS_SELECTOR, f"input[name={field}]")
                if found.get_attribute("value") != text:
                    found.clear()
                    found.send_keys(text)
                return found.get_attribute("value") == text

            wait.until(filled)

        def click(button: str) -> None:
            wait.until(expected_conditions.element_to_be_clickable((By.XPATH, button)))
            wait.until(lambda _: session.find_element(By.XPATH, button).click() is None)

        session.get(f"{running.url}/auth/login")
        fill("username", "admin")
        fill("password", running.settings.values["CHISO_UI_PASSWORD"])
        click("//button[@type='submit']")
        wait.until(lambda _: "/auth/" not in session.current_url)
        session.get(f"{running.url}/dags/approval/runs/{run_id}/tasks/ask/required_actions")
        fill("element_ly_do", why)
        click("//button[normalize-space()='Phê duyệt']")
        wait.until(lambda _: not session.find_elements(By.CSS_SELECTOR, "input[name=element_ly_do]:enabled"))


class TestASecondRunThatStaysUp:
    """With Airflow's UI and API."""

    def test_a_second_run_loads_nothing_twice_and_refuses_a_broken_file(self, checkout: Checkout, running: Running) -> None:
        assert "0 lượt gửi được nạp" in running.said and "1 bị từ chối" in running.said
        assert "06a_thang8_2024.xlsx" in running.said
        assert checkout.chiso("indicators", "--period", "2024-Q2") == running.before

    def test_pages_are_for_who_is_logged_in_and_run_no_script(self, running: Running) -> None:
        first = running.page("site/index.html")
        assert first.status_code == 200 and "17 chỉ tiêu" in first.text
        policy = first.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "sandbox allow-same-origin" in policy
        assert "allow-scripts" not in policy and "script-src" not in policy
        assert running.page("site/index.html", None).status_code == 401
        for path in ("site/pages.json", "manifest.json", "%2e%2e/platform.env", "site/%2e%2e/%2e%2e/platform.env", "site/", "shown"):
            assert running.page(path).status_code == 404, path
        assert running.page("targets.csv").headers["Content-Type"].startswith("text/csv")

    def test_an_auditor_sees_everything_and_changes_nothing(self, running: Running) -> None:
        assert running.call("auditor", "GET", "/dags").status_code == 200
        assert running.call("auditor", "GET", "/dags/portal/dagRuns").json()["total_entries"] >= 1
        for verb, path, content in (
            ("POST", "/dags/portal/dagRuns", {"logical_date": None}),
            ("PATCH", "/dags/portal", {"is_paused": True}),
            ("POST", "/variables", {"key": "a", "value": "b"}),
            ("DELETE", "/dags/portal", {}),
        ):
            assert running.call("auditor", verb, path, **content).status_code == 403, (verb, path)

    def test_a_restatement_is_asked_of_people_in_the_ui_and_what_they_answer_is_a_decision(
        self, checkout: Checkout, running: Running
    ) -> None:
        held = checkout.chiso("held")
        waiting = {(row["calendar"], row["period"], row["indicator"]) for row in held}
        assert waiting
        running.call("admin", "POST", "/dags/approvals/dagRuns", logical_date=None)

        def questions() -> list[dict[str, Any]]:
            return running.call("admin", "GET", "/dags/~/dagRuns/~/hitlDetails?limit=200&response_received=false").json()["hitl_details"]

        asked = running.until(lambda: (found := questions()) and len(found) >= min(len(waiting), 3) and found)
        task = asked[0]["task_instance"]
        conf = running.call("admin", "GET", f"/dags/approval/dagRuns/{task['dag_run_id']}").json()["conf"]
        answer = f"/dags/approval/dagRuns/{task['dag_run_id']}/taskInstances/ask/-1/hitlDetails"
        said = {"chosen_options": ["Phê duyệt"], "params_input": {"ly_do": "đã đối chiếu với biểu gốc"}}
        assert running.call("auditor", "PATCH", answer, **said).status_code == 403

        def state() -> tuple[str, int]:
            found = running.call("admin", "GET", f"/dags/approval/dagRuns/{task['dag_run_id']}/taskInstances/ask").json()
            return found["state"], found["try_number"]

        assert running.until(lambda: state()[0] == "awaiting_input")
        tries = state()[1]
        assert running.call("admin", "PATCH", answer, **said | {"params_input": {"ly_do": None}}).status_code == 200
        assert running.until(lambda: state() == ("awaiting_input", tries + 1))  # no reason, no answer
        answer_in_browser(running, task["dag_run_id"], "đã đối chiếu với biểu gốc")

        def decided() -> list[dict[str, Any]]:
            rows = checkout.chiso("held", "--period", conf["period"], "--indicator", conf["indicator"])
            return [] if any(row["calendar"] == conf["calendar"] for row in rows) else [{"done": True}]

        running.until(decided, 120)
        told = checkout.chiso("explain", conf["indicator"], "--period", conf["period"], "--calendar", conf["calendar"])
        assert [(row["decision"], row["by"], row["where"], row["why"]) for row in told["decisions"]] == [
            ("approve", "admin", "airflow", "đã đối chiếu với biểu gốc")
        ]


def test_every_published_figure_comes_out_or_says_why_not(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert first_run.returncode == 0
    with Path(__file__).with_name("published_figures.csv").open(encoding="utf-8", newline="") as stream:
        printed = {row["fact_id"]: row for row in csv.DictReader(stream)}
    assert set(printed) == {*COMPUTED, *NOT_COMPUTED} and not set(COMPUTED) & set(NOT_COMPUTED)
    known: dict[tuple[str, str], set[Decimal]] = {}
    for period in sorted({period for _, period in COMPUTED.values()}):
        for row in checkout.chiso("indicators", "--period", period):
            if row["value"] is not None:
                known.setdefault((row["indicator"], period), set()).add(Decimal(str(row["value"])))
    for fact, found_at in COMPUTED.items():
        raw = printed[fact]["value_raw"].rpartition(";")[2].strip().removeprefix("thứ ").removesuffix("%")
        wanted = Decimal(raw.replace(".", "").replace(",", "."))
        assert {round(value, -wanted.as_tuple().exponent) for value in known[found_at]} == {wanted}, fact


def test_a_target_leads_to_the_value_by_which_it_is_judged(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0
    for target in checkout.chiso("targets", "--framework", "nq09", "--period", "2023"):
        told = checkout.chiso("explain", target["target"], "--period", "2023")
        parts = {(part["indicator"], part["actual"]) for part in target["components"]}
        assert (told["indicator"], told["value"]) in (parts or {(target["indicator"], target["actual"])}), target["target"]
        assert told["inputs"] and all(part["delivery"] for part in told["inputs"])
        if target["components"] and target["actual"] is not None:
            assert told["value"] == target["actual"]


def test_forms_of_every_format_are_read(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> None:
    """What offices still send: Excel 2003 in old fonts, LibreOffice, web pages named .xls, protected and filtered workbooks."""
    assert first_run.returncode == 0
    names = ("education", "inspections", "social_protection", "civil_registry", "social_insurance", "digital_citizens", "data_centre")
    with checkout.databases() as (warehouse, _), warehouse.connect() as connection:
        query = "SELECT file_name, state, rejected FROM publication.delivery WHERE source = ANY(:sources)"
        rows = connection.execute(sa.text(query), {"sources": [f"departments/{name}" for name in names]}).all()
        query = "SELECT issues FROM validation.verdict JOIN landing.delivery USING (delivery_id) WHERE file_name = :name"
        filtered = connection.execute(sa.text(query), {"name": "du_lieu_trung_tam_Q1_2024.xlsx"}).scalar_one()
    assert Counter(row.file_name.rpartition(".")[2] for row in rows) == {"xls": 36, "ods": 10, "xlsx": 20}
    mistyped = [row for row in rows if row.rejected or row.state != "current"]
    assert [tuple(row) for row in mistyped] == [("bhxh_ban_dau_Q1_2024.xls", "superseded", 1)]
    assert [issue["rule"] for issue in filtered] == ["hidden_row"] * 12


def test_assets_say_what_came_of_each_source(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0
    with checkout.databases() as (_, airflow), airflow.connect() as connection:
        found = connection.exec_driver_sql("SELECT a.name, e.extra FROM asset_event e JOIN asset a ON a.id = e.asset_id")
        said = [(name, extra) for name, extra in found if not name.startswith("warehouse_")]
    assert {name for name, _ in said} == set(source_names(checkout.settings))
    assert {name for name, extra in said if extra["verdict"] == "refused"} == {"departments/one_stop_results", "departments/telecom"}
    assert all(extra["delivery"] and extra["source"] == name for name, extra in said)


def test_the_data_centre_reads_every_view_with_pandas(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0
    settings = ensure_platform_env(load({"CHISO_VAR": str(checkout.var)}))
    with embedded_server(settings) as server:
        for driver in ("postgresql+psycopg", "postgresql+psycopg2"):
            url = reader_url(settings, sa.make_url(server.url("warehouse"))).set(drivername=driver)
            engine = sa.create_engine(url, poolclass=sa.NullPool)
            views = pd.read_sql("SELECT viewname FROM pg_views WHERE schemaname = 'publication' ORDER BY 1", engine)["viewname"]
            assert {"portal_dossiers", "departments_telecom_history", "indicator_value", "change"} < set(views)
            empty = [view for view in views if pd.read_sql(f"SELECT * FROM publication.{view} LIMIT 1000", engine).empty]
            assert empty == []
            drift = pd.read_sql("SELECT source, period, kind, column_name, before, now FROM publication.column_drift", engine)
            assert sorted(drift.fillna("").itertuples(index=False, name=None)) == [
                ("departments/telecom", "2022-Q3", "added", "Ghi chú thêm", "", "Ghi chú thêm"),
                ("departments/telecom", "2022-Q3", "moved", "signal_gaps", "9", "8"),
                ("departments/telecom", "2022-Q4", "moved", "centre_fibre", "9", "8"),
            ]


def test_a_dead_endpoint_takes_nothing_from_the_others(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert first_run.returncode == 0
    drop, sandbox = checkout.var / "drop", checkout.var / "sandbox" / "drop"
    mine = drop / "vien_thong_Q2_2024.xlsx"  # the sandbox has a file of that name
    mine.write_bytes((sandbox / "vien_thong_Q1_2024.xlsx").read_bytes())
    (drop / "khong ro.xlsx").write_bytes(b"x")
    run = checkout.make_run(AIRFLOW_CONN_CHISO_PORTAL="http://me:secret@127.0.0.1:9/?backoff_seconds=0.1")
    assert run.returncode == 3, run.stdout + run.stderr
    assert len([line for line in run.stdout.splitlines() if line.startswith("nq09.")]) == 17, run.stdout + run.stderr
    assert "vien_thong_Q2_2024.xlsx" in run.stdout and "khong ro.xlsx: the name fits no source" in run.stdout
    assert "Task portal.landing.not_fetched (portal/dossiers) failed" in run.stderr and "no connection" in run.stderr
    assert "secret" not in run.stdout + run.stderr
    assert "soc: success" in run.stdout and "departments: success" in run.stdout
    assert mine.read_bytes() == (sandbox / "vien_thong_Q1_2024.xlsx").read_bytes()
    assert checkout.processes() == []


# Personal data; last, since these look at what every run above has left.


@pytest.fixture(scope="module")
def persons() -> frozenset[Person]:
    return applicants(34, DOSSIERS, TODAY)


@pytest.fixture(scope="module")
def scanner(persons: frozenset[Person]) -> Scanner:
    assert len(persons) > 3000
    return Scanner(persons)


@pytest.fixture(scope="module")
def spoilt(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str], tmp_path_factory: pytest.TempPathFactory
) -> list[subprocess.CompletedProcess[str]]:
    """The commands by which somebody loads June's dossiers again and builds the reports.

    One row is spoilt by each fault; one has lost cells, so that its identity number stands where satisfaction should.
    """
    assert first_run.returncode == 0
    lines = b"".join(DossierBook(34, DOSSIERS, TODAY, catalogue(34)).export(span_of("2024-06"))).decode().split("\r\n")
    for place, kind in enumerate(BAD_KINDS, start=1):
        fields = lines[place].split(";", len(COLUMNS) - 1)
        day, month, year = fields[COLUMNS.index("NgayTiepNhan")][:10].split("/")
        spoil(kind, fields, date(int(year), int(month), int(day)))
        lines[place] = ";".join(fields)
    place += 1
    before, after = lines[place].split(";", 3)[:3], lines[place].split(";", len(COLUMNS) - 1)[6:]
    lines[place] = ";".join([*before, *after, "", "", ""])
    path = tmp_path_factory.mktemp("spoilt") / "ho_so_2024-06.csv"
    path.write_text("\r\n".join(lines), "utf-8", newline="")
    ingested = checkout.run(str(PROGRAMS / "chiso"), "ingest", "portal/dossiers", "--file", str(path), "--period", "2024-06")
    assert ingested.returncode == 0 and f"rejected {len(BAD_KINDS) + 1}," in ingested.stdout, ingested.stdout + ingested.stderr
    built = checkout.run(str(PROGRAMS / "chiso"), "report", "build")
    assert built.returncode == 0, built.stderr
    return [ingested, built]


@pytest.fixture
def planted(checkout: Checkout, first_run: subprocess.CompletedProcess[str], persons: frozenset[Person]) -> Iterator[set[str]]:
    """A person in a log and another in the copy of a table, so that a scan that would find nothing fails; says where."""
    assert first_run.returncode == 0
    one, other = sorted(persons, key=lambda person: person.identity)[:2]
    log = checkout.var / "logs" / "planted.log"
    log.write_text(json.dumps({"event": f"Lỗi ở dòng 7:\n{one.name.upper()} +84 {one.phone[1:4]} {one.phone[4:7]} {one.phone[7:]}"}))
    with checkout.databases() as (warehouse, _):
        with warehouse.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE staging.planted AS SELECT * FROM quarantine.reject")
            connection.execute(sa.text("UPDATE staging.planted SET value = :it"), {"it": f"{other.identity} {other.address}"})
        yield {str(log), "staging.planted"}
        with warehouse.begin() as connection:
            connection.exec_driver_sql("DROP TABLE staging.planted")
    log.unlink()


def test_nothing_of_a_person_is_left_by_a_whole_run(
    checkout: Checkout,
    first_run: subprocess.CompletedProcess[str],
    spoilt: list[subprocess.CompletedProcess[str]],
    scanner: Scanner,
    planted: set[str],
) -> None:
    """No table of the warehouse and of Airflow, no log, report or file holds any; but the sandbox's own, and what is encrypted."""
    settings, place = checkout.settings, find_place(checkout.settings)
    read, found = 0, set()
    with checkout.databases() as engines:
        with engines[0].connect() as connection:
            encrypted = {raw.path for _, raw in register.raw_files(connection, settings) if raw.encrypted}
        left = chain(
            *map(leftovers.rows, engines),
            leftovers.files(checkout.var, leaving_out=encrypted | {checkout.var / "sandbox", place.data}),
            leftovers.files(place.folder, leaving_out={place.data}),
            [("printed", done.stdout + done.stderr) for done in (first_run, *spoilt)],
        )
        for where, text in left:
            read += len(text)
            if any(scanner.found(text)):
                found.add(where)
    assert read > 50_000_000
    assert found == planted


def test_files_with_personal_data_are_kept_encrypted_alone(checkout: Checkout, scanner: Scanner) -> None:
    settings = checkout.settings
    holding = [source for source in source_names(settings) if contracts.load(source, settings).holds_personal_data]
    with checkout.databases() as (warehouse, _), warehouse.connect() as connection:
        query = sa.text("SELECT DISTINCT sha256 FROM landing.delivery WHERE source = ANY(:sources)")
        kept = set(connection.execute(query, {"sources": holding}).scalars())
        raw_files = [raw for sha256, raw in register.raw_files(connection, settings) if sha256 in kept]
    assert len(raw_files) == len(kept) > 30
    for raw in raw_files:
        assert raw.encrypted and raw.path.read_bytes().startswith(b"age-encryption.org/v1\n")
        assert not list(scanner.found(leftovers.text(raw.path.read_bytes())))
        with raw.open() as stream:
            assert list(scanner.found(leftovers.text(stream.read())))
