"""A range of the past by Airflow: runs with params, and a real backfill, run their real tasks against a real endpoint."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from chiso.system.platform import Platform

from tests.answering import Answering, Ask, Reply, answering
from tests.integration.test_fetch_records import levels

HOME = Path(__file__).parents[2]
RUN = """
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from airflow.dag_processing.dagbag import DagBag
from airflow.models.backfill import ReprocessBehavior, _create_backfill
from airflow.models.dagrun import DagRun
from airflow.sdk.definitions import dag as definitions
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from sqlalchemy import select

initdb()
dag = DagBag(sys.argv[1]).dags["soc"]
dag.test(run_conf={"from": sys.argv[2], "to": sys.argv[3]})
dag = DagBag(sys.argv[1]).dags["soc"]  # as a process of its own would read it: the run's params stay in the first one
day = datetime.fromisoformat(sys.argv[4]).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
made = _create_backfill(
    dag_id="soc", from_date=day, to_date=day.replace(hour=23), max_active_runs=1, reverse=False, dag_run_conf=None,
    triggering_user_name=None, reprocess_behavior=ReprocessBehavior.NONE,
)
with create_session() as session:
    for run in session.scalars(select(DagRun).where(DagRun.backfill_id == made.id).order_by(DagRun.logical_date)):
        run.dag, run.state = dag, DagRunState.RUNNING
        for task in run.get_task_instances(session=session):
            if task.task_id.startswith("landing."):
                definitions._run_task(ti=task, task=dag.task_dict[task.task_id])
        print("backfill run", run.run_type, run.logical_date.astimezone(day.tzinfo).isoformat())
"""


@pytest.fixture
def endpoint() -> Iterator[Answering]:
    """Monthly levels of systems; nothing else is there."""

    def answer(ask: Ask) -> Reply:
        if "/system_levels" not in ask.path:
            return 404, b"", {}
        return 200, levels(ask.path.split("period=")[1]), {"Last-Modified": "Mon, 01 Jul 2024 01:00:00 GMT"}

    with answering(answer, made := Answering()):
        yield made


def test_params_and_a_backfill_bring_in_the_past(platform: Platform, endpoint: Answering, tmp_path: Path) -> None:
    given = dict(os.environ) | {
        "PYTHONPATH": str(HOME / "include"),
        "CHISO_HOME": str(HOME),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_CHISO_SOC": endpoint.url.replace("http://", "http://:key@") + "/?retries=0",
        "AIRFLOW_CONN_CHISO_WAREHOUSE": platform.settings.values["AIRFLOW_CONN_CHISO_WAREHOUSE"],
        "CHISO_LANDING_KEY": platform.settings.values["CHISO_LANDING_KEY"],
        "CHISO_AUDIT_KEY": platform.settings.values["CHISO_AUDIT_KEY"],
        "CHISO_VAR": str(platform.settings.var),
        "CHISO_TODAY": "2024-10-05",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN, str(HOME / "dags"), "2024-07", "2024-08", "2024-10-01"],
        env=given, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    runs = [line for line in done.stdout.splitlines() if line.startswith("backfill run")]
    assert runs == [f"backfill run backfill 2024-10-01T0{hour}:00:00+07:00" for hour in (2, 5)]
    asked = [path.split("period=")[1] for path in endpoint.paths if "/system_levels" in path]
    assert asked == ["2024-07", "2024-08", "2024-09", "2024-09"]  # the second run of the day finds it not loaded yet
    with platform.engine.connect() as connection:
        known = connection.execute(
            sa.text(
                "SELECT d.stated_period, v.accepted FROM landing.delivery d LEFT JOIN validation.verdict v USING (delivery_id) "
                "WHERE d.source = 'soc/system_levels' ORDER BY 1"
            )
        ).all()
    assert known == [("2024-07", True), ("2024-08", True), ("2024-09", None)]  # the run's load comes after its landing
