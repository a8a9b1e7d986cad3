"""The end of a task's log, for people."""

import json
from typing import Any

from chiso.system.settings import Settings

from chiso_airflow.launcher.airflow_api import Task
from chiso_airflow.launcher.configuration import airflow_home

_LINES = 12


def end_of_log(settings: Settings, task: Task) -> str:
    """The last lines of the task's last attempt, with the path of the file."""
    folder = (airflow_home(settings) / "logs" / f"dag_id={task.dag_id}" / f"run_id={task.run_id}"
              / f"task_id={task.task_id}")
    if task.map_index >= 0:
        folder /= f"map_index={task.map_index}"
    path = folder / f"attempt={task.attempt}.log"
    if not path.exists():
        return f"It wrote no log ({path})."
    lines = [line for text in path.read_text("utf-8", "replace").splitlines() for line in _readable(text)]
    return "\n".join([f"End of {path}:", *lines[-_LINES:]])


def _readable(text: str) -> list[str]:
    """A structured line as level, event and error; any other as it is."""
    try:
        fields = json.loads(text)
    except json.JSONDecodeError:
        return [text]
    if not isinstance(fields, dict):
        return [text]
    return [f"{fields.get('level', '')}: {fields.get('event', '')}", *_errors(fields.get("error_detail"))]


def _errors(details: Any) -> list[str]:
    return [f"  {error.get('exc_type')}: {error.get('exc_value')}" for error in details or []]
