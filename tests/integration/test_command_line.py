"""Exit codes, and JSON alone on stdout."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chiso.cli import main
from chiso.system.platform import Platform

from tests.answering import Answering, Ask, Reply, answering
from tests.deliveries import (
    COMMUNES_OF_DAK_GLEI,
    Inbox,
    csv_bytes,
    dossiers,
    json_bytes,
    procedure,
    telecom_form,
    telecom_row,
)

DOSSIERS, TELECOM, PROCEDURES = "portal/dossiers", "departments/telecom", "portal/procedures"
FORM = telecom_form([telecom_row(number, name) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)])
HOME = Path(__file__).parents[2]
VARIABLES = ("AIRFLOW_CONN_CHISO_WAREHOUSE", "CHISO_LANDING_KEY", "CHISO_AUDIT_KEY", "CHISO_TODAY")


@dataclass(frozen=True)
class Said:
    """What a command said, and with which exit code it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Chiso = Callable[..., Said]


@pytest.fixture
def chiso(platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Chiso:
    """The command line in this process, on the test's platform."""
    monkeypatch.setenv("CHISO_VAR", str(platform.settings.var))
    for name in VARIABLES:
        monkeypatch.setenv(name, platform.settings.values[name])

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["chiso", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(int(ended.value.code or 0), out, err)

    return run


def test_what_is_accepted_ends_with_0(chiso: Chiso, inbox: Inbox) -> None:
    path = inbox.put(csv_bytes(dossiers(3)), "a.csv")
    checked = chiso("check", path, "--source", DOSSIERS, "--json")
    assert (checked.code, checked.json["loaded"], checked.json["rows"]) == (0, None, 3)
    loaded = chiso("ingest", DOSSIERS, "--file", path, "--json")
    assert (loaded.code, loaded.json["loaded"]) == (0, 3)
    again = chiso("ingest", DOSSIERS, "--file", path, "--json")
    assert (again.code, again.json["loaded"], again.json["unchanged"]) == (0, 0, 3)
    rows = chiso("indicators", "--framework", "operations", "--period", "2024-06", "--json")
    assert {row["value"] for row in rows.json if row["indicator"] == "dossiers_received"} == {3}
    assert chiso("audit", "verify", "--json").json["ok"] is True


def test_an_earlier_load_without_its_figures_is_computed_by_the_next(chiso: Chiso, inbox: Inbox) -> None:
    inbox.ingest(DOSSIERS, csv_bytes(dossiers(3)), "a.csv")
    assert chiso("ingest", DOSSIERS, "--file", inbox.folder / "a.csv", "--json").code == 0
    rows = chiso("indicators", "--framework", "operations", "--period", "2024-06", "--json").json
    assert {row["value"] for row in rows if row["indicator"] == "dossiers_received"} == {3}


def test_what_is_refused_ends_with_1(chiso: Chiso, inbox: Inbox) -> None:
    page = inbox.put(b"<html>", "a.csv")
    for arguments in (["check", page, "--source", DOSSIERS], ["ingest", DOSSIERS, "--file", page]):
        refused = chiso(*arguments, "--json")
        assert refused.code == 1
        assert refused.json["accepted"] is False
        assert [found["rule"] for found in refused.json["issues"]] == ["not_text_export"]
        assert chiso(*arguments).code == 1


def test_wrong_usage_ends_with_2(chiso: Chiso, inbox: Inbox) -> None:
    form, page = (
        inbox.put(FORM, "vien_thong.xlsx"),
        inbox.put(json_bytes({"period": "2024-06-30", "items": [procedure()]}), "p.json"),
    )
    for arguments in (
        ["check", form, "--source", TELECOM, "--period", "2022-Q2", "--json"],
        ["ingest", TELECOM, "--file", form, "--period", "2022-Q2", "--json"],
        ["ingest", PROCEDURES, "--file", page, "--period", "2024-06-29"],
        ["check", form, "--source", "departments/nothing"],
        ["ingest", "departments/nothing"],
        ["check", inbox.folder / "absent.csv", "--source", DOSSIERS],
        ["ingest", DOSSIERS, "--file", inbox.folder / "absent.csv"],
        ["check", inbox.folder, "--source", DOSSIERS],
        ["check", form, "--source", TELECOM, "--period", "2022-Q5"],
        ["indicators", "--framework", "nothing"],
        ["explain", "nothing", "--period", "2024-06"],
        ["explain", "dossiers_received", "--period", "2024-06"],
        ["no-such-command"],
    ):
        said = chiso(*arguments)
        assert said.code == 2, (arguments, said)
        assert said.out or said.err


def test_what_failed_outside_ends_with_3(chiso: Chiso, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CHISO_PORTAL", "http://nobody:secret@127.0.0.1:9/?retries=0&timeout_seconds=1")
    down = chiso("ingest", PROCEDURES, "--period", "2024-06-30", "--json")
    assert (down.code, down.out) == (3, "")
    assert "secret" not in down.err
    monkeypatch.delenv("AIRFLOW_CONN_CHISO_PORTAL")
    assert "AIRFLOW_CONN_CHISO_PORTAL" in chiso("ingest", PROCEDURES, "--period", "2024-06-30").err

    monkeypatch.setenv("AIRFLOW_CONN_CHISO_WAREHOUSE", "postgres://chiso:secret@127.0.0.1:9/warehouse")
    no_database = chiso("indicators", "--json")
    assert (no_database.code, no_database.out) == (3, "")
    assert "Check that the server runs" in no_database.err
    assert "secret" not in no_database.err


def test_what_came_before_a_failure_is_loaded_and_said(chiso: Chiso, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of procedures the end of June comes, the newest Sunday doesn't."""

    def answer(ask: Ask) -> Reply:
        if "2024-06-30" in ask.path:
            return 200, json_bytes({"period": "2024-06-30", "page": 1, "total": 1, "items": [procedure()]}), {}
        return (200, b'{"access_token": "t0ken"}', {}) if "token" in ask.path else (404, b"", {})

    monkeypatch.setenv("CHISO_TODAY", "2024-07-09")
    with answering(answer, Answering()) as portal:
        monkeypatch.setenv("AIRFLOW_CONN_CHISO_PORTAL", portal.url.replace("//", "//me:secret@"))
        said = chiso("ingest", PROCEDURES, "--json")
    assert said.code == 3
    assert [(each["period"], each["loaded"]) for each in said.json] == [("2024-06-30", 1)]
    assert "2024-07-07" in said.err and "404 Not Found" in said.err
    assert chiso("compute", "--json").json == {"periods": [], "written": 0}, "it was computed"


def test_files_left_alone_are_named_without_what_they_hide(
    chiso: Chiso, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "bao\x1b[2J\u202excao.txt").write_bytes(b"x")
    monkeypatch.setenv("AIRFLOW_CONN_CHISO_DEPARTMENTS", folder.as_uri())
    said = chiso("ingest", TELECOM)
    assert said.code == 0
    assert r"Left alone: bao\u001b[2J\u202excao.txt: tên tệp không ứng với nguồn nào" in said.err
    assert "the name fits no source; rename it" in said.err
    assert "\x1b" not in said.out + said.err and "\u202e" not in said.out + said.err


def test_hidden_signs_of_a_value_reach_no_terminal(chiso: Chiso, inbox: Inbox) -> None:
    record = procedure(MucDo="\u202etoàn\x1b[31m trình\x9b")
    path = inbox.put(json_bytes({"period": "2024-06-30", "items": [record]}), "p\x1b]0;x\x07.json")
    for arguments in (["check", path, "--source", PROCEDURES], ["check", path, "--source", PROCEDURES, "--json"]):
        said = chiso(*arguments)
        assert said.code == 0
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(said.out + said.err)
    [found] = [each for each in said.json["issues"] if each["column"] == "muc_do"]
    assert r"\u202eto" in found["value"] and r"\u001b[31m" in found["value"] and r"\u009b" in found["value"]
    missing = chiso("check", inbox.folder / "\x1b[2J", "--source", PROCEDURES)
    assert missing.code == 2 and "\x1b" not in missing.err


def test_doctor_asks_every_endpoint_and_says_what_to_do(
    chiso: Chiso, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "ghi chu.txt").write_bytes(b"x")
    monkeypatch.setenv("AIRFLOW_CONN_CHISO_DEPARTMENTS", folder.as_uri())

    def portal(ask: Ask) -> Reply:
        return (200, b'{"access_token": "t0ken"}', {}) if "token" in ask.path else (404, b"", {})

    with answering(portal, Answering()) as up, answering(lambda ask: (401, b"", {}), Answering()) as closed:
        monkeypatch.setenv("AIRFLOW_CONN_CHISO_PORTAL", up.url.replace("//", "//me:secret@"))
        monkeypatch.setenv("AIRFLOW_CONN_CHISO_SOC", up.url.replace("//", "//:secret@"))
        well = chiso("doctor")
        assert (well.code, "✗" in well.out) == (0, False)
        assert "✓ endpoint portal: answers and accepts the login" in well.out
        assert "✓ endpoint departments: files: 1\n    left alone: ghi chu.txt: the name fits no source" in well.out
        platform.settings.var.mkdir(exist_ok=True)
        assert f"✓ disk of {platform.settings.var}: " in chiso("doctor").out
        monkeypatch.setenv("AIRFLOW_CONN_CHISO_PORTAL", closed.url.replace("//", "//me:secret@"))
        monkeypatch.setenv("AIRFLOW_CONN_CHISO_SOC", "http://:secret@127.0.0.1:9")
        monkeypatch.setenv("AIRFLOW_CONN_CHISO_DEPARTMENTS", (tmp_path / "gone").as_uri())
        (platform.settings.var / "platform.env").write_text("A=b\n")
        (platform.settings.var / "platform.env").chmod(0o644)
        ill = chiso("doctor")
    assert ill.code == 3
    assert "✗ endpoint portal: http://127.0.0.1" in ill.out and "Check login and password in AIRFLOW_CONN_CHISO_PORTAL" in ill.out
    assert "✗ endpoint soc: http://127.0.0.1:9/: no connection (" in ill.out
    assert "gone does not exist. Create it, or correct AIRFLOW_CONN_CHISO_DEPARTMENTS" in ill.out
    assert "✗ secrets: others may read " in ill.out and "chmod 600 it" in ill.out
    assert "secret@" not in ill.out


def test_what_could_not_be_fetched_is_said(chiso: Chiso, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(ask: Ask) -> Reply:
        return (403, b"<h1>Closed</h1>", {}) if working.asked[1:] == [] else (200, b'{"period": "2024-06-01", "items": []}', {})

    with answering(answer, Answering()) as working:
        monkeypatch.setenv("AIRFLOW_CONN_CHISO_SOC", working.url.replace("//", "//:secret@"))
        assert chiso("ingest", "soc/alerts", "--period", "2024-06-01").code == 3
        said = chiso("fetches").out
        assert "soc/alerts" in said and "403" in said and "answered: <h1>Closed</h1>" in said and "secret" not in said
        [row] = chiso("fetches", "--source", "soc/alerts", "--json").json
        assert (row["period"], row["status"], row["evidence"], row["endpoint"]) == ("2024-06-01", 403, "<h1>Closed</h1>", working.url)
        assert chiso("fetches", "--source", "soc/malware", "--json").json == []
        ill = chiso("doctor")
        assert ill.code == 3 and "✗ fetches: 1 could not be fetched" in ill.out
        assert chiso("ingest", "soc/alerts", "--period", "2024-06-01").code == 0
        assert "✓ fetches: everything that was asked for came" in chiso("doctor").out


def test_an_endpoint_that_is_not_set_is_no_fault(chiso: Chiso) -> None:
    said = chiso("doctor")
    assert said.code == 0
    assert "AIRFLOW_CONN_CHISO_PORTAL is not set; the sandbox stands in while it runs" in said.out


def test_a_faulty_contract_stops_no_other(chiso: Chiso, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    here = Path(__file__).parents[2]
    (home / "tests").mkdir(parents=True)
    for name in ("expectations", "docs", "tests/fixtures"):
        (home / name).symlink_to(here / name)
    shutil.copytree(here / "include", home / "include", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    levels = home / "include/schemas/contracts/soc/system_levels.yml"
    levels.write_text(levels.read_text("utf-8").replace("cadence: month", "cadence: fortnight"), "utf-8")
    monkeypatch.setenv("CHISO_HOME", str(home))
    path = inbox.put(FORM, "vien_thong.xlsx")
    assert chiso("ingest", TELECOM, "--file", path, "--json").json["loaded"] == 5
    verified = chiso("audit", "verify", "--json")
    assert (verified.code, verified.json["ok"]) == (0, True)
    assert "system_levels.yml" in verified.err
    report = chiso("report", "build")
    assert report.code == 0 and "nq09.15" in report.out
    assert "Faulty contract, left out: " in report.err and "system_levels.yml" in report.err
    doctor = chiso("doctor")
    assert doctor.code == 3 and "✗ contracts: " in doctor.out and "✓ server" in doctor.out


def test_tampering_ends_with_1(chiso: Chiso, inbox: Inbox) -> None:
    inbox.ingest(DOSSIERS, csv_bytes(dossiers(3)), "a.csv")
    [raw] = inbox.platform.settings.landing.rglob("*.age")
    raw.unlink()
    verified = chiso("audit", "verify", "--json")
    assert (verified.code, verified.json["ok"]) == (1, False)


def test_a_process_of_its_own_prints_json_alone(platform: Platform, inbox: Inbox) -> None:
    path = inbox.put(FORM, "vien_thong.xlsx")
    given = dict(os.environ) | {name: platform.settings.values[name] for name in VARIABLES}
    done = subprocess.run(
        [Path(sys.executable).with_name("chiso"), "ingest", TELECOM, "--file", path, "--json"],
        env=given | {"CHISO_VAR": str(platform.settings.var)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["loaded"] == 5
    assert "Traceback" not in done.stderr


def test_compute_says_which_periods_and_how_many_values(chiso: Chiso, inbox: Inbox) -> None:
    inbox.ingest(TELECOM, FORM, "vien_thong.xlsx")
    first = chiso("compute", "--json")
    assert first.code == 0
    assert set(first.json["periods"]) == {"civil/2022-Q3", "civil/2022-H2", "civil/2022-9M", "civil/2022"}
    assert first.json["written"] > 0
    assert chiso("compute", "--json").json == {"periods": [], "written": 0}
    assert chiso("compute", "--period", "2022-Q3", "--json").json == {"periods": ["civil/2022-Q3"], "written": 0}
    assert set(chiso("compute", "--all", "--json").json["periods"]) == set(first.json["periods"])
    assert chiso("compute", "--period", "2019", "--json").json == {"periods": [], "written": 0}
    both = chiso("compute", "--all", "--period", "2022-Q3", "--json")
    assert (both.code, both.out) == (2, "")
    assert chiso("compute").out.startswith("0 periods computed")


def test_the_catalogue_is_linted(chiso: Chiso, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = chiso("indicators", "lint", "--json")
    assert (sound.code, sound.json) == (0, [])
    schemas = tmp_path / "include" / "schemas"
    shutil.copytree(HOME / "include" / "schemas", schemas)
    (schemas / "indicators" / "review.yml").write_text("framework: review\nversion: 1\n", "utf-8")
    monkeypatch.setenv("CHISO_HOME", str(tmp_path))
    faulty = chiso("indicators", "lint", "--json")
    assert faulty.code == 1
    assert [(each["file"], each["place"]) for each in faulty.json] == [
        ("include/schemas/indicators/review.yml", "version"),
        ("include/schemas/indicators/review.yml", "name_vi"),
    ]
    told = chiso("indicators", "lint")
    assert (told.code, told.out) == (1, "") and "review.yml: name_vi: is missing" in told.err


def test_rows_in_quarantine_from_finding_to_decision(chiso: Chiso, inbox: Inbox) -> None:
    rows = [telecom_row(number, name) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    rows[0][2], rows[1][3] = "1,014", 140
    sent = inbox.ingest(TELECOM, telecom_form(rows), "a.xlsx")
    listed = chiso("quarantine", "list", "--source", TELECOM, "--period", "2022-Q3", "--state", "open", "--json")
    assert [(case["cell"], case["delivery"]) for case in listed.json] == [("C7", sent.delivery), ("D8", sent.delivery)]
    assert list(listed.json[0]) == [
        "case", "source", "period", "calendar", "row_key", "unit_code", "delivery", "sheet", "cell", "row", "column", "rule", "value",
        "message_vi", "message_en", "responsible", "state", "opened_at", "closed_at", "by", "why",
    ]  # fmt: skip
    one, two = (case["case"] for case in listed.json)
    out = inbox.folder / "back.xlsx"
    back = chiso("quarantine", "export", "--delivery", sent.delivery, "--out", out, "--by", "Lan", "--json")
    assert (back.code, back.json["cases"], out.read_bytes()[:2]) == (0, [one, two], b"PK")
    assert chiso("quarantine", "discard", one, "--by", "Lan", "--why", "thôn đã giải thể", "--json").json == {
        "decided": 1, "cases": [one], "state": "discarded",
    }  # fmt: skip
    released = chiso("quarantine", "release", two, "--by", "Bình", "--why", "sở xác nhận", "--json")
    assert (released.code, released.json["rejected"], released.json["loaded"]) == (0, 1, 4)
    assert [step["step"] for step in chiso("quarantine", "show", two, "--json").json["steps"]] == ["opened", "returned", "released"]
    told = chiso("quarantine", "show", two).out
    assert "phát hiện ở lượt" in told
    assert "Bình: sở xác nhận" in told
    replayed = chiso("quarantine", "replay", "--delivery", sent.delivery, "--json")
    assert (replayed.code, replayed.json["delivery"]) == (0, released.json["delivery"])
    assert chiso("quarantine", "replay", "--source", TELECOM, "--json").json == []
    assert chiso("quarantine", "replay", "--source", TELECOM).out == "Nothing to do: all of it was judged by today's rules.\n"
    assert chiso("quarantine", "list").code == 0
    assert [row["waiting"] for row in chiso("quarantine", "times", "--source", TELECOM, "--json").json] == [0, 0]
    assert "đang chờ 0, đã sửa 0" in chiso("quarantine", "times").out
    for arguments in (
        ["discard", one, "--by", "Lan"],
        ["discard", one, "--by", " ", "--why", "x"],
        ["discard", one, "--by", "Lan", "--why", "x"],
        ["release", 99, "--by", "Lan", "--why", "x"],
        ["show", 99],
        ["list", "--source", "departments/nothing"],
        ["list", "--state", "lost"],
        ["export", "--delivery", 99, "--out", out],
        ["replay"],
    ):
        assert chiso("quarantine", *arguments).code == 2, arguments
