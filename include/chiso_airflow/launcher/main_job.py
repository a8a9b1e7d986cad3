"""The main job, driven through Airflow's own API: ingest every family, until no period is stale.

A run that fails stops nothing else: the other families are loaded, what they touched is computed, and what failed is
handed back at the end.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from chiso.system import progress
from chiso.system.errors import SettingsError
from chiso.system.settings import Settings

from chiso_airflow.launcher.airflow_api import ACTIVE, Airflow, Dag, Run, Task
from chiso_airflow.launcher.supervisor import PlatformError
from chiso_airflow.launcher.task_logs import end_of_log

INGEST = "ingest"
INDICATORS = "indicators"

_POLL_SECONDS = 0.5
_HEARTBEAT_SECONDS = 8.0
_BEGIN_SECONDS = 120.0
_DEFAULT_TIMEOUT_SECONDS = 900


class OverdueError(PlatformError):
    """The main job takes too long; what it has done so far stands."""


class MainJob:
    """One passage of the main job."""

    def __init__(self, airflow: Airflow, settings: Settings, platform_start: datetime,
                 check: Callable[[], None], say: Callable[[str], None]) -> None:
        """Begins to count the time.

        platform_start: what Airflow read or ran before that is not of our time. check: raises if the platform
        has died. say: tells the person in front of us one line.
        """
        self._airflow = airflow
        self._settings = settings
        self._platform_start = platform_start
        self._check = check
        self._say = say
        self._limit_seconds = _timeout_seconds(settings)
        self._deadline = time.monotonic() + self._limit_seconds
        self._spoke = time.monotonic()
        self._states: dict[tuple[str, str], str] = {}
        self._failures: list[str] = []

    def drive(self) -> list[str]:
        """Runs it to the end; what failed, a text each, with the failed tasks and the ends of their logs.

        Raises PlatformError, if the platform itself fails.
        """
        try:
            with progress.step("main job"):
                return self._drive()
        except PlatformError:
            self._check()  # a part that has died is the cause, whatever its API answered
            raise

    def _drive(self) -> list[str]:
        dags = self._await_dags()
        ingests = [dag for dag in dags if INGEST in dag.tags]
        if not ingests:
            raise PlatformError(f"No DAG carries the tag {INGEST!r}: there is nothing to run.")
        self._trigger(ingests)
        self._airflow.unpause(dag.dag_id for dag in dags if {INGEST, INDICATORS} & set(dag.tags))
        try:
            self._follow({dag.dag_id for dag in ingests}, self._not_yet_run)
            self._follow({dag.dag_id for dag in dags if INDICATORS in dag.tags}, self._stale_periods)
        except OverdueError as overdue:
            self._failures.append(str(overdue))
        return self._failures

    def _await_dags(self) -> list[Dag]:
        """Waits until every file of the DAG folder has been read in the platform's time."""
        files = self._dag_files()
        while True:
            dags = [dag for dag in self._airflow.dags() if dag.file in files]
            read = {dag.file for dag in dags if dag.parsed_at and dag.parsed_at >= self._platform_start}
            if read == files:
                return dags
            for name, trace in self._airflow.import_errors().items():
                if any(name.endswith(file) for file in files - read):
                    raise PlatformError(f"Airflow can't read {name}:\n{trace}")
            self._pause(f"reading DAG files, still to come: {', '.join(sorted(files - read))}")

    def _trigger(self, dags: list[Dag]) -> None:
        """Starts one run of each, unless one waits already or the timetable is about to make one."""
        waiting = {run.dag_id for run in self._airflow.runs(self._platform_start) if run.state == "queued"}
        now = datetime.now(UTC)
        for dag in dags:
            due = dag.next_run_at is not None and dag.next_run_at <= now
            if dag.dag_id not in waiting and not due:
                self._airflow.trigger(dag.dag_id)

    def _dag_files(self) -> set[str]:
        folder = Path(self._settings.values.get("AIRFLOW__CORE__DAGS_FOLDER") or self._settings.home / "dags")
        files = {str(path.relative_to(folder)) for path in folder.rglob("*.py")}
        if not files:
            raise PlatformError(f"{folder} holds no DAG file.")
        return files

    def _follow(self, dag_ids: set[str], outstanding: Callable[[set[str], list[Run]], list[str]]) -> None:
        """Waits until no run of these DAGs is active and nothing is outstanding; says what changes, notes what failed.

        outstanding: of the DAGs in question and their runs, what Airflow has yet to begin.
        """
        with ExitStack() as steps:
            shown = {name: steps.enter_context(progress.step(name, unit="deliveries")) for name in sorted(dag_ids)}
            runs = self._ended(dag_ids, outstanding, shown)
        if failed := [run for run in runs if run.state == "failed"]:
            self._failures.append(self._failure(failed))

    def _ended(self, dag_ids: set[str], outstanding: Callable[[set[str], list[Run]], list[str]],
               shown: Mapping[str, progress.Step]) -> list[Run]:
        """The runs, once that is so. Raises OverdueError."""
        idle_since = time.monotonic()
        while True:
            runs = [run for run in self._airflow.runs(self._platform_start) if run.dag_id in dag_ids]
            self._tell_changes(runs)
            active = [run for run in runs if run.state in ACTIVE]
            if active:
                tasks = self._airflow.tasks(active, ["running"])
                self._show(shown, runs, tasks)
                self._pause(_at_work(active, tasks))
                idle_since = time.monotonic()
                continue
            left = outstanding(dag_ids, runs)
            if not left:
                return runs
            waiting = f"waiting for Airflow to begin: {', '.join(left[:5])}{' …' if left[5:] else ''}"
            if time.monotonic() - idle_since > _BEGIN_SECONDS:
                raise OverdueError(f"Nothing happened for {_BEGIN_SECONDS:.0f} s, {waiting}. "
                                   f"Look into {self._settings.var / 'logs'}.")
            self._pause(waiting)

    def _show(self, shown: Mapping[str, progress.Step], runs: list[Run], tasks: list[Task]) -> None:
        """What each DAG is at, and of a family how many of the deliveries that came are judged."""
        if not progress.is_watched():
            return
        from chiso.inquiry.deliveries import judged_since
        from chiso.system.platform import open_platform

        with open_platform(self._settings) as platform:
            judged = judged_since(platform, self._platform_start)
        for name, step in shown.items():
            states = sorted({run.state for run in runs if run.dag_id == name})
            at_work = sorted({task.task_id for task in tasks if task.dag_id == name}) or states
            done, came = judged.get(name, (None, None))
            step.at(done, came, f"{name}: {', '.join(at_work) or 'waiting'}")

    def _not_yet_run(self, dag_ids: set[str], runs: list[Run]) -> list[str]:
        return sorted(dag_ids - {run.dag_id for run in runs})

    def _stale_periods(self, _dag_ids: set[str], runs: list[Run]) -> list[str]:
        from chiso.flow import computing
        from chiso.system.platform import open_platform

        if any(run.state == "failed" for run in runs):
            return []  # what can't be computed stays stale
        with open_platform(self._settings) as platform:
            return [f"{period.calendar}/{period.code}" for period in computing.stale_periods(platform)]

    def _tell_changes(self, runs: list[Run]) -> None:
        for run in runs:
            told = self._states.get((run.dag_id, run.run_id))
            self._states[run.dag_id, run.run_id] = run.state
            if run.state not in (told, "queued"):
                self._tell(f"{run}: {run.state}")

    def _failure(self, failed: list[Run]) -> str:
        tasks = [f"Task {task} failed. {end_of_log(self._settings, task)}"
                 for task in self._airflow.tasks(failed, ["failed"])]
        return "\n\n".join([f"Failed: {', '.join(str(run) for run in failed)}", *tasks])

    def _pause(self, doing: str) -> None:
        """Waits for the next look; says what goes on if nothing was said for a while and nobody watches."""
        self._check()
        if time.monotonic() > self._deadline:
            raise OverdueError(f"Not done after {self._limit_seconds} s ({doing}). "
                               f"Raise CHISO_RUN_TIMEOUT, or look into {self._settings.var / 'logs'}.")
        if time.monotonic() - self._spoke > _HEARTBEAT_SECONDS and not progress.is_watched():
            self._tell(doing)
        time.sleep(_POLL_SECONDS)

    def _tell(self, text: str) -> None:
        self._spoke = time.monotonic()
        self._say(text)


def _at_work(active: list[Run], tasks: list[Task]) -> str:
    names = sorted({f"{task.dag_id}.{task.task_id}" for task in tasks})
    return f"{len(active)} run(s) active; at work: {', '.join(names[:4]) or 'none yet'}"


def _timeout_seconds(settings: Settings) -> int:
    text = settings.values.get("CHISO_RUN_TIMEOUT") or str(_DEFAULT_TIMEOUT_SECONDS)
    if not text.isdecimal():
        raise SettingsError(f"CHISO_RUN_TIMEOUT={text!r} is no number of seconds.")
    return int(text)
