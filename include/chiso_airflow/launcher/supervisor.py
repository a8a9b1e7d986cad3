"""The processes of one platform: started, watched, stopped together."""

import json
import select
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
from chiso.system import progress
from chiso.system.errors import ChisoError
from chiso.system.settings import Settings

from chiso_airflow.launcher import processes
from chiso_airflow.launcher.ledger import Ledger

_LOG_LINES = 15
_POLL_SECONDS = 0.2
_STEP_SECONDS = 600.0
_TASK_PATIENCE_SECONDS = 5.0
# Nothing but the scheduler's tasks has anything to finish; the API server would tidy its memory for seconds.
_PATIENCE_SECONDS = 1.5


class PlatformError(ChisoError):
    """A part of the platform failed: its log's end is in the message; mend that, then start again."""


class Supervisor:
    """Starts components and steps, and knows when one of them has died.

    A component runs until we stop it; a step ends by itself, with 0.
    """

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        """Begins with nothing."""
        self._settings = settings
        self._ledger = ledger
        self._postmaster_pid: Callable[[], int | None] = lambda: None
        self._spared: int | None = None
        self._components: dict[str, subprocess.Popen[bytes]] = {}
        self._steps: dict[str, subprocess.Popen[bytes]] = {}
        self._forked: dict[str, psutil.Process] = {}
        self._asking, self._asked = socket.socketpair()
        self._server = ""

    def rely_on(self, postmaster_pid: Callable[[], int | None]) -> None:
        """postmaster_pid: the embedded server's, None if it has died; it is shared, hence not ours to end."""
        self._postmaster_pid = postmaster_pid
        self._spared = postmaster_pid()

    def component(self, name: str, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        """Starts what shall run until the end."""
        self._components[name] = self._start(name, command, env)

    def fork_server(self, name: str, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        """Starts what the methods below ask to fork, and what becomes the component `name` in the end (`fork_server`)."""
        with self._asked:
            self._components[name] = self._start(name, command, env, stdin=self._asked.fileno())
        self._server = name

    def fork(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Has the fork server start what shall run until the end."""
        processes.begin_log(self.log_path(name))
        pid = self._ask("fork", name, command, env)
        self._ledger.note_process(name, pid)
        self._forked[name] = psutil.Process(pid)

    def forked_step(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Has the fork server run what must end well, and waits for it. Raises PlatformError if it fails."""
        processes.begin_log(self.log_path(name))
        code = self._ask("wait", name, command, env)
        if code != 0:
            raise PlatformError(f"{name} failed (exit {code}).\n{self.log_end(name)}")

    def become(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Has the fork server itself go on as the component `name`, which it was started as."""
        with self._asking:
            self._request("become", name, command, env)

    def _ask(self, how: str, name: str, command: Sequence[str], env: Mapping[str, str]) -> int:
        self._request(how, name, command, env)
        self.wait_until(self._answers, what=name, timeout_seconds=_STEP_SECONDS)
        try:
            answer = self._asking.recv(64)
        except OSError:
            answer = b""
        if not answer:
            raise self._server_fault(name)
        return int(answer)

    def _answers(self) -> bool:
        return bool(select.select([self._asking], [], [], _POLL_SECONDS)[0])

    def _request(self, how: str, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        asked = {"how": how, "command": command, "env": dict(env), "log": str(self.log_path(name))}
        try:
            self._asking.sendall(json.dumps(asked).encode() + b"\n")
        except OSError:
            raise self._server_fault(name) from None

    def _server_fault(self, asked: str) -> PlatformError:
        """What ended the fork server, which no longer listens."""
        try:
            code = self._components[self._server].wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return PlatformError(f"{self._server} doesn't fork {asked}.\n{self.log_end(self._server)}")
        return PlatformError(f"{self._server} has stopped (exit {code}).\n{self.log_end(self._server)}")

    def step(self, name: str, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        """Starts what must end well; several may be at work until `await_steps`."""
        self._steps[name] = self._start(name, command, env)

    def await_steps(self, *names: str) -> None:
        """Waits for the named steps. Raises PlatformError if one fails."""
        for name in names:
            self.wait_until(lambda name=name: self._steps[name].poll() is not None,  # type: ignore[misc]
                            what=name, timeout_seconds=_STEP_SECONDS)
            code = self._steps[name].returncode
            if code != 0:
                raise PlatformError(f"{name} failed (exit {code}).\n{self.log_end(name)}")

    def check(self) -> None:
        """Raises PlatformError if a component or the server has died."""
        for name, process in self._components.items():
            if process.poll() is not None:
                raise PlatformError(f"{name} has stopped (exit {process.returncode}).\n{self.log_end(name)}")
        for name, forked in self._forked.items():
            if not processes.lives(forked):
                raise PlatformError(f"{name} has stopped.\n{self.log_end(name)}")
        if self._spared is not None and self._postmaster_pid() != self._spared:
            raise PlatformError("The embedded PostgreSQL server has stopped. Start again: it recovers.")

    def wait_until(self, condition: Callable[[], bool], what: str, timeout_seconds: float) -> None:
        """Waits for the condition. Raises PlatformError if a component dies or the time is up."""
        deadline = time.monotonic() + timeout_seconds
        with progress.step(what):
            while not condition():
                self.check()
                if time.monotonic() > deadline:
                    raise PlatformError(f"{what} took more than {timeout_seconds:.0f} s; logs: {self.logs}")
                time.sleep(_POLL_SECONDS)

    def listens(self, component: str, port: int) -> bool:
        """Whether the component itself listens on the port, and not a stranger who was quicker."""
        found = (each for process in self._tree(component) for each in _connections(process))
        return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in found)

    def stop_components(self) -> None:
        """Ends all components, the scheduler first, so that its tasks can still report their end."""
        processes.end(lambda: self._tree("scheduler"), _TASK_PATIENCE_SECONDS)
        rest = processes.descendants(psutil.Process(each.pid) for each in self._components.values() if each.poll() is None)
        processes.end(lambda: rest, _PATIENCE_SECONDS)
        for ended in self._components.values():
            ended.wait()
        self._asking.close()
        self._asked.close()
        self._components.clear()
        self._forked.clear()

    def stop(self) -> None:
        """Ends everything we started."""
        self.stop_components()
        processes.end(lambda: processes.descendants(processes.own_children(), spared=self._spared), _PATIENCE_SECONDS)

    @property
    def logs(self) -> Path:
        """Where the components' logs are."""
        return self._settings.var / "logs"

    def log_path(self, name: str) -> Path:
        """The log of a component or step."""
        return self.logs / f"{name}.log"

    def log_end(self, name: str) -> str:
        """The log's last lines, with its path."""
        lines = self.log_path(name).read_text("utf-8", "replace").splitlines()
        return "\n".join([f"End of {self.log_path(name)}:", *lines[-_LOG_LINES:]])

    def _start(self, name: str, command: Sequence[str | Path], env: Mapping[str, str],
               stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        process = processes.start(command, env=env, cwd=self._settings.home, log=self.log_path(name), stdin=stdin)
        self._ledger.note_process(name, process.pid)
        return process

    def _tree(self, component: str) -> list[psutil.Process]:
        """A component with all below it; nothing where it doesn't run."""
        if component in self._components:
            process = psutil.Process(self._components[component].pid)
        elif component in self._forked:
            process = self._forked[component]
        else:
            return []
        return processes.descendants([process]) if processes.lives(process) else []


def _connections(process: psutil.Process) -> list[Any]:
    try:
        return list(process.net_connections("inet"))
    except psutil.NoSuchProcess:
        return []
