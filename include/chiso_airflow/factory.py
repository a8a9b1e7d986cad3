"""DAGs of a shape: a family's ingest, and the computing of the periods it touched. Nothing heavy at parse time.

Why a DAG per family, one task for fetching and one for loading, and a task per source only for what failed:
docs/adr/0004-dag-shape.md
"""

from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronTriggerTimetable, FixedKeyMapper, Param, PartitionedAssetTimetable, TaskGroup, task

from chiso_airflow import tasks
from chiso_airflow.approvals import APPROVAL, Question, reason
from chiso_airflow.assets import delivered, judged, loaded

OWNER = "trung-tam-du-lieu"
_CONTRACTS = Path(__file__).parents[1] / "schemas" / "contracts"
_START = datetime(2024, 1, 1, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
_QUESTIONS = 1000
"""That may wait side by side."""
_FETCH_RETRIES: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2.0,
}
"""Fetching only, and only for what passes by itself in seconds (a task that died, the database): an endpoint was given
its tries by the fetch, and the next run asks for what didn't come. What a judge refused stays refused."""


_PAST = {
    "from": "First period of the past to bring in, like 2024-01, 2024-Q1 or 2024-01-15; empty: what is due",
    "to": "Last period of it",
}


def families() -> list[str]:
    """Names of all families: the folders of contracts."""
    return sorted(path.name for path in _CONTRACTS.iterdir() if path.is_dir())


def sources_of(family: str) -> list[str]:
    """Names of the family's sources: the stems of its contracts."""
    return sorted(path.stem for path in (_CONTRACTS / family).glob("*.yml"))


def ingest_family(family: str, schedule: str, timezone: str, doc_md: str) -> DAG:
    """Fetches every source of a family, loads what came, shows what was refused, and names the periods that were touched.

    schedule: cron, in `timezone`. A source that can't be fetched fails the run, after the others were loaded.
    """
    past = {name: Param(None, type=["null", "string"], description=said) for name, said in _PAST.items()}
    with _by_the_clock(family, ["ingest", family], schedule, timezone, doc_md, past) as dag:
        with TaskGroup("landing"):
            collected = task(**_FETCH_RETRIES)(tasks.collect)(family)
            not_fetched = _shown(tasks.NOT_FETCHED).expand(case=collected)
        with TaskGroup("warehouse"):
            load = task(trigger_rule="all_done", outlets=[judged(family)])(tasks.load)(family)
            not_loaded = _shown(tasks.NOT_LOADED).expand(case=load)
        with TaskGroup("validation"):
            refused = _shown(tasks.REFUSED).expand(case=load)
        with TaskGroup("indicators"):
            came = [delivered(f"{family}/{name}") for name in sources_of(family)]
            to_name = task(inlets=came, outlets=[loaded(family)], trigger_rule="all_done")
            name_periods = to_name(tasks.name_touched_periods)(family)
        collected >> load >> name_periods
        # What wasn't fetched or loaded fails the run. A refused delivery is a result: it is shown, and the run goes on.
        [collected, not_fetched, load, not_loaded] >> EmptyOperator(task_id="everything_went_well", trigger_rule="none_failed")
        refused >> EmptyOperator(task_id="refusals_are_shown", trigger_rule="all_done")
    return dag


def _by_the_clock(
    dag_id: str, tags: list[str], schedule: str, timezone: str, doc_md: str, params: dict[str, Any] | None = None
) -> DAG:
    """One run at a time, and none for what a stopped platform missed."""
    return DAG(
        dag_id=dag_id,
        schedule=CronTriggerTimetable(schedule, timezone=timezone),
        start_date=_START,
        catchup=False,
        max_active_runs=1,
        params=params,
        tags=tags,
        doc_md=doc_md,
        default_args={"owner": OWNER},
    )


def _shown(what: str) -> Any:
    """A task for each source of which that is to be seen in the run's view: it fails under the source's name."""
    return task(task_id=what, map_index_template="{{ source }}")(tasks.show).partial(what=what)


def daily_mail(schedule: str, timezone: str, doc_md: str) -> DAG:
    """Sends what is to be told, and the data centre's digest. schedule: cron, in `timezone`.

    Tried once: what a mail server doesn't take waits for a person or the next day.
    """
    with _by_the_clock("digest", ["mail"], schedule, timezone, doc_md) as dag:
        task(tasks.send_mail)()
    return dag


def nightly_audit(schedule: str, timezone: str, doc_md: str) -> DAG:
    """Verifies everything stored. schedule: cron, in `timezone`. Tried once: what was altered stays altered."""
    with _by_the_clock("audit", ["audit"], schedule, timezone, doc_md) as dag:
        task(tasks.verify_audit)()
    return dag


def open_questions(schedule: str, timezone: str, doc_md: str) -> DAG:
    """Starts a run of `approval` for each question that isn't put yet. schedule: cron, in `timezone`."""
    with _by_the_clock("approvals", ["approval"], schedule, timezone, doc_md) as dag:
        put = TriggerDagRunOperator.partial(task_id="put", trigger_dag_id=APPROVAL, skip_when_already_exists=True)
        put.expand_kwargs(task(tasks.questions)())
    return dag


def approval(doc_md: str) -> DAG:
    """One question: it waits without a slot or a trigger, and what is answered becomes a decision like one of `chiso approve`.

    An answer without a reason is no answer: the question is put again. It also is every half-hour, so that one which a newer
    restatement replaced, or somebody decided of elsewhere, ends by itself.
    """
    with DAG(
        dag_id=APPROVAL,
        schedule=None,
        start_date=_START,
        max_active_runs=_QUESTIONS,
        max_active_tasks=_QUESTIONS,
        tags=["approval"],
        doc_md=doc_md,
        default_args={"owner": OWNER},
    ) as dag:
        answer = Question(
            task_id="ask",
            subject="{{ dag_run.conf['subject'] }}",
            body="{{ dag_run.conf['body'] }}",
            options=[tasks.APPROVE, tasks.REFUSE],
            params={tasks.REASON: reason()},
            response_timeout=timedelta(minutes=30),
            retries=100_000,
            retry_delay=timedelta(seconds=10),
        )
        task(tasks.decide)(answer.output)  # type: ignore[arg-type] # what it will have put out
    return dag


def compute_periods(families: list[str], doc_md: str) -> DAG:
    """A run that computes every stale period and builds the reports, as soon as any family has named some.

    However many periods are named, and by how many families before it begins, one run computes them: a process
    costs more than a period. What is named while it runs gets the next run.
    """
    any_of = reduce(or_, (loaded(family) for family in families))
    with DAG(
        dag_id="indicators",
        schedule=PartitionedAssetTimetable(assets=any_of, default_partition_mapper=FixedKeyMapper(tasks.ALL_STALE)),
        start_date=_START,
        catchup=False,
        max_active_runs=1,
        tags=["indicators"],
        doc_md=doc_md,
        default_args={"owner": OWNER},
    ) as dag:
        with TaskGroup("indicators"):
            computed = task(retries=1, retry_delay=timedelta(seconds=10))(tasks.compute)()
        with TaskGroup("publication"):
            computed >> task(tasks.build_reports)()
    return dag
