"""Airflow's public REST API, as far as the main job needs it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from chiso_airflow.launcher.credentials import UI_USER
from chiso_airflow.launcher.supervisor import PlatformError

_TIMEOUT_SECONDS = 30
_ATTEMPTS = 5
_PAGE = 100

ACTIVE = ("queued", "running")


@dataclass(frozen=True)
class Dag:
    """A DAG as the API shows it.

    file: where it came from, relative to the DAG folder. parsed_at: when that was last read. next_run_at: when
    its timetable lets it run next, in the past if such a run is about to be made; None without timetable.
    """

    dag_id: str
    file: str
    parsed_at: datetime | None
    next_run_at: datetime | None
    tags: frozenset[str]


@dataclass(frozen=True)
class Run:
    """One DAG run; `period`: its partition key, empty if it has none."""

    dag_id: str
    run_id: str
    state: str
    period: str

    def __str__(self) -> str:
        """Its name for people."""
        return f"{self.dag_id} {self.period}".strip()


@dataclass(frozen=True)
class Task:
    """One task of a run, at one attempt. about: what a mapped one is for; empty for others."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    attempt: int
    state: str
    about: str = ""

    def __str__(self) -> str:
        """Its name for people."""
        return f"{self.dag_id}.{self.task_id}" + (f" ({self.about})" if self.about else "")


class Airflow:
    """A session with the API server at `url`."""

    def __init__(self, url: str, password: str) -> None:
        """password: of the UI's user."""
        self._url = url
        self._password = password
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy on the way to ourselves

    def healthy(self) -> bool:
        """Whether database, scheduler and dag-processor are all reported healthy."""
        try:
            answer = self._session.get(f"{self._url}/api/v2/monitor/health", timeout=_TIMEOUT_SECONDS)
            parts = answer.json() if answer.ok else {}
        except (requests.ConnectionError, requests.Timeout, requests.JSONDecodeError):  # not up yet
            return False
        return all((parts.get(name) or {}).get("status") == "healthy"
                   for name in ("metadatabase", "scheduler", "dag_processor"))

    def dags(self) -> list[Dag]:
        """Every DAG that its file still declares."""
        return [Dag(dag["dag_id"], dag["relative_fileloc"] or "", _moment(dag["last_parsed_time"]),
                    _moment(dag["next_dagrun_run_after"]), frozenset(tag["name"] for tag in dag["tags"]))
                for dag in self._pages("/dags", "dags")]

    def import_errors(self) -> dict[str, str]:
        """File -> why Airflow can't read it."""
        return {error["filename"]: error["stack_trace"]
                for error in self._pages("/importErrors", "import_errors")}

    def unpause(self, dag_ids: Iterable[str]) -> None:
        """Lets the DAGs run."""
        for dag_id in dag_ids:
            self._call("PATCH", f"/dags/{dag_id}", json={"is_paused": False},
                       params={"update_mask": "is_paused"})

    def trigger(self, dag_id: str) -> Run:
        """Starts one run."""
        return _run(self._call("POST", f"/dags/{dag_id}/dagRuns", json={"logical_date": None}))

    def runs(self, since: datetime) -> list[Run]:
        """Runs of all DAGs that came due after `since`, and those still active."""
        recent = self._pages("/dags/~/dagRuns", "dag_runs", {"updated_at_gte": since.isoformat()})
        active = self._pages("/dags/~/dagRuns", "dag_runs", {"state": list(ACTIVE)})
        return list({(run.dag_id, run.run_id): run for run in map(_run, recent + active)}.values())

    def tasks(self, runs: Iterable[Run], states: Iterable[str]) -> list[Task]:
        """The runs' tasks that are in one of the states."""
        chosen = list(runs)
        if not chosen:
            return []
        answer = self._call("POST", "/dags/~/dagRuns/~/taskInstances/list", json={
            "dag_ids": sorted({run.dag_id for run in chosen}),
            "dag_run_ids": sorted({run.run_id for run in chosen}),
            "state": list(states), "page_limit": _PAGE})
        return [Task(task["dag_id"], task["dag_run_id"], task["task_id"], task["map_index"],
                     task["try_number"], task["state"], task.get("rendered_map_index") or "") for task in answer["task_instances"]]

    def _pages(self, path: str, key: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            page = self._call("GET", path, params=(params or {}) | {"limit": _PAGE, "offset": len(rows)})
            rows += page[key]
            if not page[key] or len(rows) >= page["total_entries"]:
                return rows

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """One request; an API server that is busy is asked again. Raises PlatformError."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                if "Authorization" not in self._session.headers:
                    self._log_in()
                answer = self._session.request(method, f"{self._url}/api/v2{path}",
                                               timeout=_TIMEOUT_SECONDS, **request)
                if answer.status_code == requests.codes.unauthorized and attempt < _ATTEMPTS:
                    del self._session.headers["Authorization"]  # the token's day is over
                    continue
            except (requests.ConnectionError, requests.Timeout) as fault:
                if attempt == _ATTEMPTS:
                    raise PlatformError(f"Airflow's API doesn't answer {method} {path} ({fault}).") from fault
                time.sleep(attempt)
                continue
            if not answer.ok:
                raise PlatformError(f"Airflow's API refused {method} {path}: "
                                    f"{answer.status_code} {answer.text[:500]}")
            body: dict[str, Any] = answer.json()
            return body
        raise PlatformError(f"Airflow's API doesn't accept our login for {method} {path}.")

    def _log_in(self) -> None:
        answer = self._session.post(f"{self._url}/auth/token", timeout=_TIMEOUT_SECONDS,
                                    json={"username": UI_USER, "password": self._password})
        if not answer.ok:
            raise PlatformError(f"Airflow's API refused our login: {answer.status_code} {answer.text[:500]}")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def answers(execution_url: str) -> bool:
    """Whether the tasks' API answers; its first answer takes seconds, in which no task could report."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"{execution_url}health", timeout=_TIMEOUT_SECONDS).ok
        except (requests.ConnectionError, requests.Timeout):  # not up yet
            return False


def _run(fields: dict[str, Any]) -> Run:
    return Run(fields["dag_id"], fields["dag_run_id"], fields["state"], fields.get("partition_key") or "")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
