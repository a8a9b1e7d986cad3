"""Policies over every DAG, on DAGs that the real parser read."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from chiso import contracts
from chiso.system.settings import load
from chiso_airflow.tasks import ALL_STALE, REPORTS_TASK

HOME = Path(__file__).parents[2]
FAMILIES = ("departments", "portal", "soc")
HEAVY = ("pandas", "pyarrow", "great_expectations", "chiso.flow.loading", "chiso.staging")


@pytest.fixture(scope="module")
def dags() -> dict:
    bag = DagBag(str(HOME / "dags"))
    assert bag.import_errors == {}
    assert set(bag.dags) == {*FAMILIES, "indicators", "digest", "approvals", "approval", "audit"}
    return bag.dags


def test_every_dag_says_whose_it_is_and_what_to_do(dags) -> None:
    for dag in dags.values():
        assert dag.tags and dag.doc_md and "docs/runbooks/" in dag.doc_md
        runbook = dag.doc_md.split("Runbook: ")[1].split(".md")[0] + ".md"
        assert (HOME / runbook).exists(), runbook
        assert {task.owner for task in dag.tasks} <= {"trung-tam-du-lieu", "airflow"}
        assert dag.catchup is False


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_is_fetched_and_loaded_by_one_process_each_and_knows_its_sources(dags, family: str) -> None:
    dag = dags[family]
    names = {name for name in contracts.source_names(load()) if name.startswith(f"{family}/")}
    assert {task.task_id for task in dag.tasks if task.task_id.startswith("landing.")} == {"landing.collect", "landing.not_fetched"}
    assert {task.task_id for task in dag.tasks if task.task_id.startswith("warehouse.")} == {"warehouse.load", "warehouse.not_loaded"}
    assert {asset.name for asset in dag.get_task("indicators.name_touched_periods").inlets} == names
    assert dag.tags >= {"ingest", family}


def test_only_fetching_is_retried_with_growing_pauses(dags) -> None:
    for family in FAMILIES:
        for task in dags[family].tasks:
            fetching = task.task_id == "landing.collect"
            assert (task.retries > 0) is fetching, task.task_id
            assert bool(task.retry_exponential_backoff) is fetching


def test_a_failed_fetch_fails_the_run_but_not_the_load(dags) -> None:
    for family in FAMILIES:
        dag = dags[family]
        assert dag.get_task("warehouse.load").trigger_rule == "all_done"
        assert dag.get_task("indicators.name_touched_periods").trigger_rule == "all_done"
        well = dag.get_task("everything_went_well")
        assert well.upstream_task_ids == {"landing.collect", "landing.not_fetched", "warehouse.load", "warehouse.not_loaded"}
        assert well.trigger_rule == "none_failed"


def test_what_was_refused_is_shown_and_fails_no_run(dags) -> None:
    for family in FAMILIES:
        dag = dags[family]
        assert dag.get_task("validation.refused").downstream_task_ids == {"refusals_are_shown"}
        assert dag.get_task("refusals_are_shown").trigger_rule == "all_done"


def test_one_run_computes_all_periods_that_the_families_name(dags) -> None:
    timetable = dags["indicators"].timetable
    assert {asset.name for asset in timetable.asset_condition.objects} == {f"warehouse_{family}" for family in FAMILIES}
    keys = {timetable.default_partition_mapper.to_downstream(key) for key in ("civil/2024-H1", "administrative/2024-06")}
    assert keys == {ALL_STALE}
    assert dags["indicators"].max_active_runs == 1


def test_reports_are_built_after_computing(dags) -> None:
    build = dags["indicators"].get_task(REPORTS_TASK)
    assert build.upstream_task_ids == {"indicators.compute"}
    assert build.trigger_rule == "all_success"


def test_parsing_imports_nothing_heavy() -> None:
    files = sorted(str(path) for path in (HOME / "dags").glob("*.py"))
    code = (
        "import json, runpy, sys; import airflow.sdk\n"
        f"print(json.dumps({{path: [name for name in {HEAVY!r} if name in sys.modules] for path in {files!r} if runpy.run_path(path)}}))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == {path: [] for path in files}


def test_a_faulty_contract_breaks_no_dag(tmp_path: Path) -> None:
    for part in ("dags", "include"):
        shutil.copytree(HOME / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    (tmp_path / "include/schemas/contracts/departments/telecom.yml").write_text("kind: [", "utf-8")
    code = (
        "from airflow.dag_processing.dagbag import DagBag\n"
        f"bag = DagBag({str(tmp_path / 'dags')!r})\n"
        "print(bag.import_errors, len(bag.dags['departments'].get_task('indicators.name_touched_periods').inlets))"
    )
    given = os.environ | {"PYTHONPATH": str(tmp_path / "include"), "CHISO_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=given, capture_output=True, text=True, check=True)
    sources = [name for name in contracts.source_names(load()) if name.startswith("departments/")]
    assert done.stdout.splitlines()[-1] == f"{{}} {len(sources)}"
