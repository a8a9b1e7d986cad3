"""`chiso source lint`: what only a server, the library, the lists or the other sources can say; and that one fault stops only itself."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chiso.authoring.linting import lint, lint_files
from chiso.system.platform import Platform

TELECOM = "departments/telecom"


@pytest.fixture
def checkout(platform: Platform, tmp_path: Path) -> Platform:
    """A platform on a copy of the checkout, in which tests may spoil files."""
    home = tmp_path / "home"
    for part in ("include/schemas", "include/sql", "expectations", "tests/fixtures"):
        shutil.copytree(platform.settings.home / part, home / part)
    return Platform(replace(platform.settings, home=home), platform.engine)


def contract(running: Platform, source: str = TELECOM) -> Path:
    return running.settings.home / f"include/schemas/contracts/{source}.yml"


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def rule(running: Platform, source: str = TELECOM, **changed: Any) -> None:
    """Adds a rule to a source's suite."""
    path = running.settings.home / f"expectations/{source}.json"
    suite = json.loads(path.read_text("utf-8"))
    meta = {"rule": "made", "action": "reject_row", "message_vi": "Sai.", "message_en": "Wrong."}
    entry = {"type": "unexpected_rows_expectation", "severity": "critical"} | changed
    suite["expectations"].append(entry | {"meta": meta | changed.get("meta", {})})
    path.write_text(json.dumps(suite), "utf-8")


def query(sql: str, **meta: Any) -> dict[str, Any]:
    return {"kwargs": {"unexpected_rows_query": sql}, "meta": meta}


def test_what_is_sound_has_no_fault_and_leaves_nothing_behind(checkout: Platform) -> None:
    assert lint(checkout) == []
    with checkout.engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'").scalar_one()
    assert left == 0


@pytest.mark.parametrize(("made", "said"), [
    (query("SELECT * FROM {batch} WHERE hamletz > 1"), 'column "hamletz" does not exist (perhaps you meant'),
    (query("SELECT * FROM {batch} WHERE hamlets > 'ba'"), 'invalid input syntax for type bigint: "ba"'),
    (query("SELECT * FROM {batch} WHERE hamlets LIKE 'a%'"), "operator does not exist"),
    (query("SELECT * FROM {batch} WHER hamlets > 1"), "PostgreSQL can't plan it: syntax error"),
    (query("SELECT commune FROM {batch}"), "with SELECT *"),
    (query("SELECT row_no, line FROM {batch}", column="hamlets"), "hamlets does not exist"),
    (query("SELECT * FROM {batch} b WHERE b.hamlets > 1"), "write (SELECT * FROM {batch}) b"),
    (query("SELECT * FROM {batch} WHERE commune = 'a :b'"), "for a parameter"),
    (query("WITH gone AS (DELETE FROM landing.delivery RETURNING 1) SELECT * FROM {batch}"), "must only read"),
    (query("SELECT * FROM {batch} WHERE nextval('landing.delivery_delivery_id_seq') > 0"), "must only read"),
    (query("SELECT * FROM {batch} WHERE hamlets > {period_end}"), "operator does not exist"),
    (query("SELECT * FROM {batch} WHERE pg_sleep(60) IS NULL", action="flag"), "statement timeout"),
])  # fmt: skip
def test_sql_is_planned_as_it_will_run(made: dict[str, Any], said: str, checkout: Platform) -> None:
    rule(checkout, **made)
    [fault] = lint(checkout, [TELECOM])
    assert fault.file == f"expectations/{TELECOM}.json"
    assert fault.place == "expectations[7] (made).kwargs.unexpected_rows_query"
    assert said in fault.message, fault.message


@pytest.mark.parametrize(("made", "hits"), [
    (query("SELECT * FROM (SELECT * FROM {batch}) b WHERE b.hamlets > 1"), True),
    (query("SELECT b.* FROM (SELECT * FROM {batch}) b JOIN (SELECT * FROM {batch}) c USING (row_no) WHERE c.hamlets > 1"), True),
    (query("SELECT * FROM {batch} WHERE {period_end} < {period_start} AND commune LIKE '2%'"), False),
    (query("SELECT * FROM {batch} WHERE {period_end} > {period_start} AND commune LIKE '2%'"), True),
    (query("SELECT 1 FROM {batch} HAVING count(*) = 0", action="refuse_delivery"), False),
    (query("SELECT 1 FROM {batch} HAVING count(*) > 0", action="refuse_delivery"), True),
    (query("SELECT * FROM {batch} WHERE commune ~ '^[0-9]{{9}}$'", column="commune"), False),
    (query("SELECT * FROM {batch} WHERE commune ~ '^[0-9]{{5}}$'", column="commune"), True),
    ({"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 103}, "meta": {"action": "refuse_delivery"}}, True),
    ({"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1, "max_value": 102}, "meta": {"action": "flag"}}, False),
    ({"type": "expect_column_max_to_be_between", "kwargs": {"column": "hamlets", "max_value": 1}, "meta": {"action": "flag"}}, True),
])  # fmt: skip
def test_what_both_sides_can_run_has_no_fault_and_judges_alike(made: dict[str, Any], hits: bool, checkout: Platform) -> None:
    from chiso import contracts
    from chiso.flow import collecting, loading

    rule(checkout, **made)
    assert [fault for fault in lint(checkout, [TELECOM]) if not fault.file.startswith("tests/")] == []
    fixture, known = checkout.settings.home / f"tests/fixtures/{TELECOM}.xlsx", contracts.load(TELECOM, checkout.settings)
    checked = loading.check(fixture, known, checkout)
    assert any(each["rule"] == "made" for each in checked.issues) == hits
    ingested = collecting.ingest_file(fixture, known, checkout)  # raises where the library disagrees
    assert (checked.accepted, checked.issues) == (ingested.accepted, ingested.issues)


@pytest.mark.parametrize(("kind", "kwargs", "place", "said"), [
    ("expect_table_row_count_to_be_betwen", {"min_value": 1}, "type", "has no expect_table_row_count_to_be_betwen"),
    ("expect_column_mean_to_be_between", {"column": "hamlets", "least": 1}, "kwargs.least", "can't take it"),
    ("expect_column_mean_to_be_between", {"min_value": 1}, "kwargs.column", "field required"),
])  # fmt: skip
def test_the_library_is_asked_about_what_it_alone_judges(
    kind: str, kwargs: dict[str, Any], place: str, said: str, checkout: Platform
) -> None:
    rule(checkout, type=kind, kwargs=kwargs, meta={"action": "flag"})
    [fault] = lint(checkout, [TELECOM])
    assert fault.place == f"expectations[7] (made).{place}"
    assert said in fault.message


def _new_owner(running: Platform) -> None:
    spoil(contract(running), "value: 000.00.11.H34", "value: 000.00.99.H34")


def _same_names(running: Platform) -> None:
    spoil(contract(running), "'telecom*'", "'so_lieu_cong_bo*'")


def _swallowed(running: Platform) -> None:
    spoil(contract(running), "'telecom*'", "'*so_lieu_cong_bo*'")


def _shared_table(running: Platform) -> None:
    spoil(contract(running, "portal/dossiers"), "value: {at: thoi", "value: {table: departments_telecom, at: thoi")


def _unknown_indicator(running: Platform) -> None:
    path = contract(running, "departments/published_figures")
    spoil(path, "indicator_column: indicator_vi", "indicator: nothing_pct")


def _unit_by_name(running: Platform) -> None:
    spoil(contract(running), "when: {column: centre_fibre}", "when: {column: commune, operator: '=', value: Xã Đắk Long}")


def _schema_word(running: Platform) -> None:
    spoil(contract(running), "status: active", "status: active\nstate: new")


def _no_fixture(running: Platform) -> None:
    (running.settings.home / f"tests/fixtures/{TELECOM}.xlsx").unlink()


def _two_fixtures(running: Platform) -> None:
    (running.settings.home / f"tests/fixtures/{TELECOM}.csv").touch()


def _no_answers(running: Platform) -> None:
    (running.settings.home / f"tests/fixtures/{TELECOM}.expected.json").unlink()


def _stale_answers(running: Platform) -> None:
    spoil(running.settings.home / f"tests/fixtures/{TELECOM}.expected.json", '"rows": 102', '"rows": 103')


def _no_suite(running: Platform) -> None:
    (running.settings.home / f"expectations/{TELECOM}.json").unlink()


def _suite_of_nothing(running: Platform) -> None:
    (running.settings.home / "expectations/departments/nothing.json").write_text("{}")


def _contract_elsewhere(running: Platform) -> None:
    (running.settings.home / "include/schemas/contracts/departments/other.yaml").write_text("{}")


@pytest.mark.parametrize(("change", "file", "place", "said"), [
    (_new_owner, "contracts/departments/telecom.yml", "owner", "000.00.99.H34 is no agency"),
    (_same_names, "contracts/departments/telecom.yml", "transport.file_names[2]", "is departments/published_figures's too"),
    (_swallowed, "contracts/departments/published_figures.yml", "transport.file_names[0]", "departments/telecom's longer pattern"),
    (_shared_table, "contracts/portal/dossiers.yml", "events.table", "departments/telecom has the table departments_telecom"),
    (_unknown_indicator, "contracts/departments/published_figures.yml", "printed[0].indicator", "nothing_pct is no indicator"),
    (_unit_by_name, "contracts/departments/telecom.yml", "measures.communes_centre_fibre", "is no unit's or agency's code"),
    (_schema_word, "contracts/departments/telecom.yml", "state", "no word of the Open Data Contract Standard"),
    (_no_fixture, "tests/fixtures/departments/telecom.*", "", "the fixture is missing"),
    (_two_fixtures, "tests/fixtures/departments/telecom.*", "", "there are several (telecom.csv, telecom.xlsx)"),
    (_no_answers, "tests/fixtures/departments/telecom.expected.json", "", "chiso source expect departments/telecom"),
    (_stale_answers, "tests/fixtures/departments/telecom.expected.json", "rows", "gives 102 today"),
    (_no_suite, "expectations/departments/telecom.json", "", "the suite is missing"),
    (_suite_of_nothing, "expectations/departments/nothing.json", "", "no contract has this stem"),
    (_contract_elsewhere, "contracts/departments/other.yaml", "", "<family>/<name>.yml"),
])  # fmt: skip
def test_what_the_lists_and_the_other_files_say(
    change: Callable[[Platform], None], file: str, place: str, said: str, checkout: Platform
) -> None:
    change(checkout)
    found = [*lint_files(checkout.settings), *lint(checkout, [TELECOM])]
    assert any(fault.file.endswith(file) and fault.place == place and said in fault.message for fault in found), found


def run(running: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in its own process, on the same warehouse and the checkout's copy."""
    given = {**running.settings.values, "CHISO_HOME": str(running.settings.home), "CHISO_VAR": str(running.settings.var)}
    return subprocess.run(
        [sys.executable, "-c", "from chiso.cli import main; main()", *arguments], env=given, capture_output=True, text=True, check=False
    )


def test_one_faulty_contract_stops_only_itself(checkout: Platform) -> None:
    contract(checkout).write_text("kind: [", "utf-8")
    named = "include/schemas/contracts/departments/telecom.yml: line 2, column 1"

    linted = run(checkout, "source", "lint", "--json")
    assert linted.returncode == 1
    [fault] = json.loads(linted.stdout)
    assert f"{fault['file']}: {fault['place']}" == named

    listed = run(checkout, "source", "list", "--json")
    assert (listed.returncode, named in listed.stderr) == (0, True)
    row = next(row for row in json.loads(listed.stdout) if row["source"] == "soc/system_levels")
    assert row == {
        "source": "soc/system_levels",
        "title_vi": "Cấp độ an toàn hệ thống thông tin",
        "family": "soc",
        "owner": "000.00.11.H34",
        "format": "json",
        "cadence": "month",
        "due_working_days": 5,
        "last_received_at": None,
        "last_accepted_period": None,
    }

    fixture = str(checkout.settings.home / "tests/fixtures/soc/system_levels.json")
    checked = run(checkout, "check", fixture, "--source", "soc/system_levels", "--values", "--json")
    assert (checked.returncode, named in checked.stderr) == (0, True)
    values = json.loads(checked.stdout)["values"]
    assert [set(entry) for entry in values] == [{"measure", "unit", "rows", "sum"}] * len(values)
    assert {entry["measure"] for entry in values} == {"systems", "systems_level_approved"}

    asked = run(checkout, "check", fixture, "--source", TELECOM)
    assert asked.returncode == 2
    assert named in asked.stderr
    assert "Traceback" not in linted.stderr + listed.stderr + checked.stderr + asked.stderr


def test_expected_answers_hold_whatever_was_loaded(checkout: Platform) -> None:
    """The procedures' list would add a warning to every dossier of the fixture that names another one."""
    from chiso import contracts
    from chiso.flow import collecting, loading

    fixtures = checkout.settings.home / "tests/fixtures/portal"
    procedures, dossiers = (contracts.load(source, checkout.settings) for source in ("portal/procedures", "portal/dossiers"))
    listed = checkout.settings.home / "procedures.json"
    listed.write_text((fixtures / "procedures.json").read_text("utf-8").replace("1.000001", "1.999999"), "utf-8")
    assert collecting.ingest_file(listed, procedures, checkout).accepted
    checked = loading.check(fixtures / "dossiers.csv", dossiers, checkout)
    assert any(found["rule"] == "procedure_unknown" for found in checked.issues)
    assert lint(checkout, ["portal/dossiers"]) == []
