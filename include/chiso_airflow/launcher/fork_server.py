"""A process that has imported Airflow once and forks its components, which start sooner and share that memory.

Its stdin is a socket. A JSON line asks for a command, without `airflow` in front, and what shall come of it:
`{"how": "fork" | "wait" | "become", "command": [...], "env": {...}, "log": "..."}`. A number on a line is the answer:
the process id of a fork, the exit code of one that is waited for. The last component is the server itself.
"""

import gc
import importlib
import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from setproctitle import setproctitle

from chiso_airflow.launcher.processes import tie_to_parent

_SHARED = (
    "airflow.__main__",
    "airflow.cli.commands.api_server_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.executors.local_executor",
    "airflow.api_fastapi.app",
)
"""What more than one component imports, tasks included. None of it starts a thread, which a fork would lose."""


def serve() -> None:
    """Answers until it becomes a component or nobody asks any more; each fork returns from here, too, when it ends."""
    os.environ["_AIRFLOW__AS_LIBRARY"] = "1"  # importing sets nothing up: each component does, by its own environment
    gc.disable()
    for name in _SHARED:
        importlib.import_module(name)
    gc.freeze()  # collecting looks at no shared page, hence copies none
    gc.enable()
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as asking, asking.makefile("rw", encoding="utf-8") as lines:
        asked = _next_of_ours(lines)
    if asked:
        _run(asked)


def _next_of_ours(lines: TextIO) -> Mapping[str, Any] | None:
    """Forks what is asked for; returns in a fork with its own command, in the server with the one it becomes or None."""
    server = os.getpid()
    for line in lines:
        asked: Mapping[str, Any] = json.loads(line)
        if asked["how"] == "become":
            return asked
        pid = os.fork()
        if pid == 0:
            os.setsid()
            tie_to_parent(server)
            return asked
        lines.write(f"{pid if asked['how'] == 'fork' else os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        lines.flush()
    return None


def _run(asked: Mapping[str, Any]) -> None:
    """Goes on as if `airflow` had been started with the command, in the environment that it came with."""
    with Path(asked["log"]).open("ab") as output, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.argv = ["airflow", *asked["command"]]
    setproctitle(" ".join(sys.argv))
    os.environ.clear()
    os.environ.update(asked["env"])

    from airflow import settings
    from airflow.__main__ import main

    settings.initialize()  # type: ignore[no-untyped-call]
    main()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    serve()
