"""The launcher: whatever happens to it, nothing that it started lives on. (The whole run: test_main_job.py.)"""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from chiso.system import settings as environment
from chiso.system.errors import SettingsError
from chiso.system.secrets_file import update_platform_env
from chiso.system.settings import Settings, read_env_file
from chiso_airflow.launcher import ledger, platform
from chiso_airflow.launcher.configuration import login_file
from chiso_airflow.launcher.credentials import ensure_secrets, write_login
from chiso_airflow.launcher.driving import driving, is_driven
from chiso_airflow.launcher.supervisor import PlatformError, Supervisor

ROOT = Path(__file__).parents[2]

# A component as unpleasant as Airflow's: children that ignore SIGTERM, and one whose parent has gone.
COMPONENT = """
import os, signal, sys, time
def here():
    open(os.path.join(os.environ["CHISO_VAR"], "pid-%d" % os.getpid()), "w").close()
    time.sleep(600)
def child(detach):
    if os.fork() == 0:
        if detach and os.fork():
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        here()
child(False)
child(True)
here()
"""

# A supervisor of one such component, in the place of the real platform.
SUPERVISOR = """
import os, sys
from chiso.system import settings
from chiso_airflow.launcher import processes, commands, platform
from chiso_airflow.launcher.ledger import sole_platform
from chiso_airflow.launcher.supervisor import Supervisor

own = settings.load()
processes.become_subreaper()
with commands.signals_end_us(), sole_platform(own, "run") as ledger:
    supervisor = Supervisor(own, ledger)
    try:
        supervisor.component("component", [sys.executable, "-c", os.environ["COMPONENT"]], os.environ)
        ledger.publish({"AIRFLOW_CONN_CHISO_SOC": "http://127.0.0.1:1"})
        print("up", flush=True)
        supervisor.wait_until(lambda: False, "nothing", 600)
    finally:
        supervisor.stop()
        ledger.close()
"""


def environ(settings: Settings) -> dict[str, str]:
    return dict(os.environ) | {"CHISO_VAR": str(settings.var), "COMPONENT": COMPONENT,
                               "PYTHONPATH": str(ROOT / "include")}


def launcher(settings: Settings, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "chiso_airflow.launcher", command], env=environ(settings),
                          capture_output=True, text=True, timeout=60, check=False)


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return ensure_secrets(environment.load({"CHISO_VAR": str(tmp_path / "var")}))


@pytest.fixture
def supervisor(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A running supervisor, whose component has started all its processes."""
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(SUPERVISOR)], env=environ(settings),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n", process.stderr and process.stderr.read()
    until(lambda: len(component_processes(settings)) == 3)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()
    ledger.clear_leftovers(settings)


@pytest.fixture
def forking(settings: Settings, tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor whose fork server has an Airflow without database."""
    env = environ(settings) | {"AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    with ledger.sole_platform(settings, "run") as book:
        supervisor = Supervisor(settings, book)
        supervisor.fork_server("base", [sys.executable, "-m", "chiso_airflow.launcher.fork_server"], env)
        yield supervisor
        supervisor.stop_components()


def test_a_forked_command_gets_its_environment_and_its_log(forking: Supervisor, settings: Settings, tmp_path: Path) -> None:
    env = environ(settings) | {"AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__PARALLELISM": "7"}
    forking.forked_step("asked", ["config", "get-value", "core", "parallelism"], env)
    assert forking.log_path("asked").read_text("utf-8").splitlines()[-1] == "7"
    with pytest.raises(PlatformError, match=r"wrong failed .exit 2.(.|\n)*invalid choice"):
        forking.forked_step("wrong", ["jump"], env)


def test_forked_components_die_with_their_server_and_are_named_when_they_die_alone(
    forking: Supervisor, settings: Settings, tmp_path: Path
) -> None:
    env = environ(settings) | {"AIRFLOW_HOME": str(tmp_path / "airflow"),
                               "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/metadata"}
    forking.forked_step("migrate", ["db", "migrate"], env)
    for name in ("one", "two"):
        forking.fork(name, ["dag-processor"], env)
    record = ledger.read_record(settings)
    assert record is not None
    pids = {name: record.processes[name][0] for name in ("base", "one", "two")}
    os.kill(pids["one"], signal.SIGKILL)
    until(lambda: not lives(pids["one"]))
    with pytest.raises(PlatformError, match="one has stopped"):
        forking.check()
    assert lives(pids["two"])
    os.kill(pids["base"], signal.SIGKILL)
    until(lambda: not lives(pids["two"]), seconds=3)


def test_a_fork_server_that_has_stopped_is_named(settings: Settings) -> None:
    with ledger.sole_platform(settings, "run") as book:
        supervisor = Supervisor(settings, book)
        supervisor.fork_server("base", [sys.executable, "-c", "raise SystemExit('no Airflow here')"], environ(settings))
        with pytest.raises(PlatformError, match=r"base has stopped .exit 1.(.|\n)*no Airflow here"):
            supervisor.fork("one", ["scheduler"], environ(settings))
        supervisor.stop_components()


def component_processes(settings: Settings) -> list[int]:
    return [int(path.name.removeprefix("pid-")) for path in settings.var.glob("pid-*")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_whole_tree(settings: Settings, supervisor: subprocess.Popen[str], number: int) -> None:
    started = component_processes(settings)
    supervisor.send_signal(number)
    supervisor.communicate(timeout=30)
    assert not [pid for pid in started if lives(pid)]
    assert ledger.read_record(settings) is None
    assert "AIRFLOW_CONN_CHISO_SOC" not in read_env_file(settings.var / "platform.env")


def test_a_dead_component_ends_everything_and_is_named(
        settings: Settings, supervisor: subprocess.Popen[str]) -> None:
    started = component_processes(settings)
    record = ledger.read_record(settings)
    assert record is not None
    os.kill(record.processes["component"][0], signal.SIGKILL)
    _, said = supervisor.communicate(timeout=30)
    assert "component has stopped (exit -9)" in said
    assert not [pid for pid in started if lives(pid)]


@pytest.mark.parametrize("command", ["run", "up"])
def test_a_second_platform_is_refused(settings: Settings, supervisor: subprocess.Popen[str], command: str) -> None:
    second = launcher(settings, command)
    assert second.returncode == 3
    assert "make down" in second.stderr
    assert supervisor.poll() is None


def test_down_stops_it(settings: Settings, supervisor: subprocess.Popen[str]) -> None:
    started = component_processes(settings)
    assert launcher(settings, "status").returncode == 0
    assert launcher(settings, "down").returncode == 0
    supervisor.communicate(timeout=30)
    assert not [pid for pid in started if lives(pid)]
    assert launcher(settings, "status").returncode == 3


def test_down_clears_what_a_killed_supervisor_left(settings: Settings, supervisor: subprocess.Popen[str]) -> None:
    started = component_processes(settings)
    supervisor.kill()
    supervisor.communicate()
    assert [pid for pid in started if lives(pid)], "the children ignore SIGTERM: something must be left"
    assert launcher(settings, "down").returncode == 0
    until(lambda: not [pid for pid in started if lives(pid)])
    assert "AIRFLOW_CONN_CHISO_SOC" not in read_env_file(settings.var / "platform.env")


def test_strangers_with_a_recycled_number_are_left_alone(settings: Settings) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        with ledger.sole_platform(settings, "run") as book:
            book.record.processes["component"] = (stranger.pid, 1_000_000_000.0)
            book.publish({})
        assert ledger.clear_leftovers(settings) == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_tasks_see_whether_the_main_job_is_driven(settings: Settings) -> None:
    assert not is_driven(settings)
    with driving(settings):
        assert is_driven(settings)
    assert not is_driven(settings)


def test_an_endpoint_that_somebody_has_changed_is_kept(settings: Settings) -> None:
    with ledger.sole_platform(settings, "run") as book:
        book.publish({"AIRFLOW_CONN_CHISO_SOC": "http://ours"})
        update_platform_env(settings, {"AIRFLOW_CONN_CHISO_SOC": "http://theirs"})
        book.close()
    assert read_env_file(settings.var / "platform.env")["AIRFLOW_CONN_CHISO_SOC"] == "http://theirs"


def test_secrets_are_made_once_and_private(settings: Settings) -> None:
    again = ensure_secrets(environment.load({"CHISO_VAR": str(settings.var)}))
    assert dict(again.values) == dict(settings.values)
    write_login(again, login_file(again))
    for path in (settings.var / "platform.env", login_file(settings)):
        assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(login_file(settings).read_text()) == {
        "admin": settings.values["CHISO_UI_PASSWORD"], "auditor": settings.values["CHISO_AUDITOR_PASSWORD"],
    }  # fmt: skip


def test_secrets_of_the_environment_are_not_copied_to_disk(tmp_path: Path) -> None:
    given = {"CHISO_VAR": str(tmp_path / "var"), "CHISO_UI_PASSWORD": "from elsewhere"}
    assert ensure_secrets(environment.load(given)).values["CHISO_UI_PASSWORD"] == "from elsewhere"
    assert "CHISO_UI_PASSWORD" not in read_env_file(tmp_path / "var" / "platform.env")


def test_down_without_anything_is_fine(tmp_path: Path) -> None:
    fresh = environment.load({"CHISO_VAR": str(tmp_path / "var")})
    done = launcher(fresh, "down")
    assert (done.returncode, done.stdout) == (0, "Nothing was running.\n")


def test_an_unknown_command_is_wrong_usage(settings: Settings) -> None:
    assert launcher(settings, "jump").returncode == 2


def test_a_port_is_one_platforms_until_it_ends(tmp_path: Path) -> None:
    """Airflow listens on it long after it was chosen."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = environment.load({"CHISO_VAR": str(tmp_path), "CHISO_UI_PORT": str(port)})
    script = (
        "from chiso.system import settings as environment\n"
        "from chiso_airflow.launcher import platform\n"
        "print(platform._ui_port(environment.load()), flush=True)\n"
        "input()"
    )
    env = os.environ | {"CHISO_VAR": str(tmp_path), "CHISO_UI_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as other:
        assert other.stdout is not None and other.stdout.readline() == f"{port}\n"
        with pytest.raises(SettingsError, match="is taken"):
            platform._ui_port(settings)
        other.communicate("\n")
    assert platform._ui_port(settings) == port
