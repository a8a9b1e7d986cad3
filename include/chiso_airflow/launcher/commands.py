"""The commands behind `make run`, `make up`, `make down`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import psutil
from chiso.system import progress
from chiso.system import settings as environment
from chiso.system.errors import SettingsError
from chiso.system.postgres import stop_if_unused
from chiso.system.settings import Settings

from chiso_airflow.launcher import ledger, processes
from chiso_airflow.launcher.airflow_api import Airflow
from chiso_airflow.launcher.configuration import login_file, programs
from chiso_airflow.launcher.credentials import AUDITOR, UI_USER, ensure_secrets, write_login
from chiso_airflow.launcher.driving import driving
from chiso_airflow.launcher.main_job import MainJob
from chiso_airflow.launcher.platform import running_platform
from chiso_airflow.launcher.supervisor import PlatformError

_START_SECONDS = 900
_STOP_SECONDS = 60
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 5.0


class Interrupted(BaseException):
    """A signal asks us to end; not an Exception, so that nothing on the way takes it for a fault."""

    def __init__(self, number: int) -> None:
        """number: the signal's."""
        self.exit_code = 128 + number


def run() -> int:
    """Everything up, the main job, the report, everything down."""
    say = _stopwatch()
    with running_platform("run", say) as platform, driving(platform.settings):
        settings, check = platform.settings, platform.supervisor.check
        failures = MainJob(platform.airflow, settings, _started(psutil.Process()), check, say).drive()
        with _report(settings, _started(psutil.Process()), check, say) as exit_code:
            platform.supervisor.stop_components()  # no report needs them
            return _ended(exit_code(), failures)


def up() -> int:
    """The platform in the background, the main job once, then the terminal is free again."""
    settings = ensure_secrets(environment.load())
    if record := ledger.running(settings):
        if not record.url:
            raise ledger.AlreadyRunning("A platform of this checkout is starting. Wait for it, or make down.")
        _print_login(settings, record.url)
        return 0
    daemon, record = _start_daemon(settings)
    try:
        return _drive_daemon(daemon, record, _stopwatch())
    except Interrupted:
        down()
        raise


def serve() -> int:
    """The platform in this process, until it is told to stop or a part dies: what `up` starts."""
    with running_platform("up", _stopwatch()) as platform:
        while True:
            platform.supervisor.check()
            time.sleep(1)


def down() -> int:
    """Stops the platform, or clears what a killed one left."""
    settings = environment.load()
    if not settings.var.exists():
        _print("Nothing was running.")
        return 0
    record = ledger.running(settings)
    process = ledger.supervisor(record) if record else None
    if process is not None:
        processes.end(lambda: [process], _STOP_SECONDS)
    left = ledger.clear_leftovers(settings)
    server = settings.has("CHISO_POSTGRES_PASSWORD") and stop_if_unused(settings, release=True)
    _print("Stopped." if process else f"Ended {left} processes of a killed platform." if left
           else "Stopped the embedded server." if server else "Nothing was running.")
    return 0


def login() -> int:
    """Writes the UI's password file from CHISO_UI_PASSWORD: for containers, where nobody calls `run` or `up`."""
    settings = environment.load()
    for name, user in (("CHISO_UI_PASSWORD", UI_USER), ("CHISO_AUDITOR_PASSWORD", AUDITOR)):
        if not settings.has(name):
            raise SettingsError(f"{name} is not set: set the password of the UI's user {user}.")
    write_login(settings, login_file(settings))
    return 0


def status() -> int:
    """Says what runs; 0 if the platform is up, 3 if not."""
    settings = environment.load()
    record = ledger.running(settings) if settings.var.exists() else None
    if record is None:
        _print("Down.")
        return 3
    for name, pid in ledger.living(record):
        _print(f"{name:18} {pid}")
    _print(f"Up: {record.url}" if record.url else "Starting.")
    return 0


@contextmanager
def signals_end_us() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal unwind the stack; while we stop, further ones are ignored."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start_daemon(settings: Settings) -> tuple[psutil.Process, ledger.Record]:
    """Starts `serve` detached and waits until it is ready, passing on what it says."""
    log = _daemon_log(settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen([sys.executable, "-m", "chiso_airflow.launcher", "serve"], cwd=settings.home,
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                 start_new_session=True)
    try:
        return psutil.Process(child.pid), _await_ready(settings, child)
    except BaseException:
        child.terminate()
        child.wait(_STOP_SECONDS)
        raise


def _await_ready(settings: Settings, child: subprocess.Popen[bytes]) -> ledger.Record:
    deadline = time.monotonic() + _START_SECONDS
    with _daemon_log(settings).open(encoding="utf-8") as said, progress.step("Databases, sandbox, Airflow"):
        while time.monotonic() < deadline:
            ended = child.poll() is not None
            sys.stdout.write(said.read())
            sys.stdout.flush()
            if ended:
                raise PlatformError(f"The platform didn't start; logs: {settings.var / 'logs'}")
            record = ledger.read_record(settings)
            if record and record.url and record.processes["supervisor"][0] == child.pid:
                return record
            time.sleep(_POLL_SECONDS)
    raise PlatformError(f"The platform isn't ready after {_START_SECONDS} s; logs: {settings.var / 'logs'}")


def _drive_daemon(daemon: psutil.Process, record: ledger.Record, say: Callable[[str], None]) -> int:
    """The main job on the platform in the background, which stays up even if the job fails."""
    settings = environment.load()

    def check() -> None:
        if not processes.lives(daemon):
            said = _daemon_log(settings).read_text("utf-8", "replace")
            raise PlatformError(f"The platform has stopped:\n{said[-2000:]}")

    airflow = Airflow(record.url, settings.values["CHISO_UI_PASSWORD"])
    try:
        with driving(settings):
            failures = MainJob(airflow, settings, _started(daemon), check, say).drive()
            airflow.unpause(dag.dag_id for dag in airflow.dags())  # mail and questions too, now that there is somebody to read them
            with _report(settings, _started(daemon), check, say) as exit_code:
                return _ended(exit_code(), failures)
    finally:
        if processes.lives(daemon):
            _print_login(settings, record.url)


def _daemon_log(settings: Settings) -> Path:
    return settings.var / "logs" / "platform.log"


@contextmanager
def _report(settings: Settings, since: datetime, check: Callable[[], None],
            say: Callable[[str], None]) -> Iterator[Callable[[], int]]:
    """Builds the reports in a process of its own, which prints the scoreboard to our output; gives what waits for its exit code."""
    say("Reports")
    env = dict(os.environ) | {"CHISO_HOME": str(settings.home), "CHISO_VAR": str(settings.var)}
    command = [str(programs() / "chiso"), "report", "build", "--since", since.isoformat()]
    child = subprocess.Popen(command, env=env, cwd=settings.home, start_new_session=True)

    def exit_code() -> int:
        while child.poll() is None:
            check()
            time.sleep(_POLL_SECONDS)
        return child.returncode

    try:
        yield exit_code
    finally:
        if child.poll() is None:
            report = psutil.Process(child.pid)
            child.send_signal(signal.SIGINT)  # which lets it clear its lines from the terminal
            with suppress(subprocess.TimeoutExpired):
                child.wait(_PATIENCE_SECONDS)
            processes.end(lambda: processes.descendants([report]), _PATIENCE_SECONDS)


def _ended(report_code: int, failures: list[str]) -> int:
    """The exit code; what failed is said after the report, which tells of all the rest."""
    for failure in failures:
        sys.stderr.write(f"\n{failure}\n")
    return PlatformError.exit_code if failures else report_code


def _started(process: psutil.Process) -> datetime:
    return datetime.fromtimestamp(process.create_time(), UTC)


def _stopwatch() -> Callable[[str], None]:
    began = time.monotonic()
    return lambda text: _print(f"[{time.monotonic() - began:4.0f} s] {text}")


def _print_login(settings: Settings, url: str) -> None:
    password, auditors = settings.values["CHISO_UI_PASSWORD"], settings.values["CHISO_AUDITOR_PASSWORD"]
    _print(f"\nUI: {url}   user: {UI_USER}   password: {password}\n     to look only: user: {AUDITOR}   password: {auditors}")
    _print("Stop it with: make down")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
