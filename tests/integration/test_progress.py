"""Progress on a terminal: shown while something takes long, gone afterwards, and in the way of nothing."""

import json
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from chiso.flow import computing, withdrawing
from chiso.inquiry import reports, verification
from chiso.inquiry.deliveries import judged_since
from chiso.system import progress
from chiso.system.database import load_lock
from chiso.system.platform import Platform

from tests.answering import Answering, Ask, Reply, answering
from tests.deliveries import Inbox, csv_bytes, dossiers
from tests.terminal import HOME, on_a_terminal

DOSSIERS = "portal/dossiers"
CHISO = str(Path(sys.executable).with_name("chiso"))

# Work of which a line on standard input ends each part.
WORK = """
import sys
from chiso.system import progress, terminal
from chiso.system.visible import safe_output
terminal.DELAY_SECONDS = {delay}
with terminal.shown(), safe_output():
    {body}
print("done")
"""


def work(body: str, delay: float = 0) -> list[str]:
    return [sys.executable, "-c", WORK.format(delay=delay, body=textwrap.indent(textwrap.dedent(body).strip(), "    ").strip())]


def environ(platform: Platform) -> dict[str, str]:
    kept = ("AIRFLOW_CONN_CHISO_WAREHOUSE", "CHISO_LANDING_KEY", "CHISO_AUDIT_KEY", "CHISO_TODAY")
    return {name: platform.settings.values[name] for name in kept} | {"CHISO_VAR": str(platform.settings.var)}


@contextmanager
def loading(source: str, platform: Platform) -> Iterator[None]:
    """Somebody else loads the source inside the `with`, so that whoever comes waits."""
    with platform.engine.connect() as connection:
        connection.execute(sa.text(f"SELECT pg_advisory_lock({load_lock(source)})"))
        try:
            yield
        finally:
            connection.execute(sa.text(f"SELECT pg_advisory_unlock({load_lock(source)})"))


# --- On a terminal ---


def test_a_long_check_says_what_it_is_at_and_leaves_json_alone(platform: Platform, inbox: Inbox, tmp_path: Path) -> None:
    path = inbox.put(csv_bytes(dossiers(3)), "a.csv")
    command = [CHISO, "check", str(path), "--source", DOSSIERS, "--json"]
    with on_a_terminal(command, environ(platform), out=tmp_path / "out.json") as terminal:
        with loading(DOSSIERS, platform):
            assert terminal.shows("chiso check", f"{DOSSIERS}: waiting for whoever loads it")
        assert terminal.ended() == 0
    assert json.loads((tmp_path / "out.json").read_text())["rows"] == 3
    assert (terminal.lines, terminal.is_whole) == ([], True)


def test_messages_stand_above_the_lines(tmp_path: Path) -> None:
    body = """
    with progress.step("outer"):
        for name in progress.each("files", ["a.csv", "b\\x1b[2J.csv"], str):
            with progress.step("reading", 64, "MB") as reading:
                reading.at(16)
                input()
                print("to stdout", name)
                sys.stdout.write("")
                sys.stderr.write(f"to stderr {name}\\n")
    """
    with on_a_terminal(work(body), {}) as terminal:
        assert terminal.shows("outer", "files: a.csv", "0/2", "16/64 MB")
        terminal.say("")
        assert terminal.shows("to stdout a.csv", "to stderr a.csv", "outer", r"files: b\u001b[2J.csv", "1/2", "16/64 MB")
        assert [line[:9] for line in terminal.lines[:2]] == ["to stdout", "to stderr"]
        terminal.say("")
        assert terminal.ended() == 0
    said = [f"to {stream} {name}" for name in ("a.csv", r"b\u001b[2J.csv") for stream in ("stdout", "stderr")]
    assert terminal.lines == [*said, "done"]
    assert terminal.is_whole


def test_a_line_that_is_printed_in_parts_stays_one() -> None:
    body = """
    with progress.step("work"):
        input()
        for part in ("one ", "line"):
            sys.stdout.write(part)
        input()
        print()
        input()
    """
    with on_a_terminal(work(body), {}) as terminal:
        assert terminal.shows("work")
        terminal.say("")
        assert terminal.shows("one line")
        assert terminal.lines == ["one line"]
        terminal.say("")
        assert terminal.shows("one line", "work")
        terminal.say("")
        assert terminal.ended() == 0
    assert terminal.lines == ["one line", "done"]


def test_quick_work_shows_nothing() -> None:
    with on_a_terminal(work('with progress.step("work"): pass', delay=30), {}) as terminal:
        assert terminal.ended() == 0
    assert terminal.written == b"done\r\n"


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"TERM": ""}])
def test_a_terminal_that_takes_no_line_back_shows_nothing(variables: dict[str, str]) -> None:
    body = 'with progress.step("work"): print(progress.is_watched())'
    with on_a_terminal(work(body), variables) as terminal:
        assert terminal.ended() == 0
    assert terminal.written == b"False\r\ndone\r\n"


def test_without_a_terminal_nothing_is_shown() -> None:
    body = 'with progress.step("work"): print(progress.is_watched())'
    done = subprocess.run(work(body), capture_output=True, text=True, check=True, env={"FORCE_COLOR": "1", "TERM": "xterm"}, cwd=HOME)
    assert (done.stdout, done.stderr) == ("False\ndone\n", "")


@pytest.mark.parametrize(("variables", "coloured"), [({"NO_COLOR": "1"}, False), ({}, True)])
def test_no_color_is_honoured(variables: dict[str, str], coloured: bool) -> None:
    body = """
    with progress.step("work", 4) as step:
        step.at(2)
        input()
    """
    with on_a_terminal(work(body), variables) as terminal:
        assert terminal.shows("work", "2/4")
        terminal.say("")
        assert terminal.ended() == 0
    assert bool(re.search(rb"\x1b\[[0-9;]*3[0-9;]*m", terminal.written)) is coloured


def test_threads_may_work_and_print_beside_each_other() -> None:
    body = """
    import threading
    def load(name):
        for number in progress.each(f"source {name}", range(200)):
            with progress.step("reading"):
                print(f"{name} {number}\\n", end="")
    with progress.step("work"):
        input()
        threads = [threading.Thread(target=load, args=(name,)) for name in "abcd"]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    """
    with on_a_terminal(work(body), {}) as terminal:
        assert terminal.shows("work")
        terminal.say("")
        assert terminal.ended() == 0
    printed = re.findall(r"(?:^|[\rKA])([abcd] \d+)\r\n", terminal.written.decode())
    assert sorted(printed) == sorted(f"{name} {number}" for name in "abcd" for number in range(200))
    assert terminal.lines[-1] == "done" and all(re.fullmatch(r"[abcd] \d+", line) for line in terminal.lines[:-1])


def test_an_interrupt_leaves_the_terminal_whole(platform: Platform) -> None:
    asked, over = threading.Event(), threading.Event()

    def never(ask: Ask) -> Reply:
        if "token" in ask.path:
            return 200, b'{"access_token": "t0ken"}', {}
        asked.set()
        over.wait(60)
        return 404, b"", {}

    with answering(never, Answering()) as portal:
        address = {"AIRFLOW_CONN_CHISO_PORTAL": portal.url.replace("//", "//me:secret@")}
        with on_a_terminal([CHISO, "ingest", DOSSIERS], environ(platform) | address) as terminal:
            assert terminal.shows("chiso ingest", f"{DOSSIERS}: fetching: ")
            assert asked.is_set()
            terminal.interrupt()
            assert terminal.ended() == 130
        over.set()
    assert (terminal.lines, terminal.is_whole) == ([], True)


def test_help_loads_nothing_that_draws() -> None:
    look = "import sys; from chiso.cli import cli; cli.main(['--help'], standalone_mode=False); sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, check=False).returncode == 0


# --- What the core says ---


class Watching:
    """Keeps what every step said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, int | None]] = []

    @contextmanager
    def watch(self, what: str, total: int | None, unit: str) -> Iterator[progress.Step]:
        self.said.append((what, total))
        yield self

    def at(self, done: int | None = None, total: int | None = None, what: str | None = None) -> None:
        if what is not None:
            self.said.append((what, done))


@contextmanager
def watching() -> Iterator[list[tuple[str, int | None]]]:
    found = Watching()
    with progress.watched_by(found.watch):
        yield found.said
    assert not progress.is_watched()


def test_a_delivery_is_kept_read_judged_and_loaded(inbox: Inbox) -> None:
    with watching() as said:
        inbox.ingest(DOSSIERS, csv_bytes(dossiers(3)), "a.csv")
    steps = ["keeping a.csv", "reading a.csv", "looking for rows that break a rule", "loading", "judging"]
    assert [what for what, _ in said if what in steps] == steps


def test_what_takes_long_counts_what_it_does(inbox: Inbox) -> None:
    platform = inbox.platform
    outcome = inbox.ingest(DOSSIERS, csv_bytes(dossiers(3)), "a.csv")
    with watching() as computed:
        done = computing.compute_stale(platform)
    assert computed[0] == ("computing", len(done.periods))
    assert computed[1:] == [(f"computing: {each.calendar}/{each.code}", number) for number, each in enumerate(done.periods)]
    with watching() as verified:
        assert verification.verify(platform)["ok"]
    assert ("raw files", 1) in verified
    assert {"audit chain", "tables", "raw files"} <= {what for what, _ in verified}
    with watching() as built:
        reports.build(platform)
    assert {"targets, indicators, what was refused and rejected", "pages"} <= {what for what, _ in built}
    with watching() as withdrawn:
        withdrawing.withdraw(outcome.delivery or 0, "người thử", "thử", platform)
    assert f"taking delivery {outcome.delivery} back" in [what for what, _ in withdrawn]


def test_a_family_says_how_many_of_its_deliveries_are_judged(inbox: Inbox) -> None:
    with inbox.platform.engine.connect() as connection:
        began = connection.execute(sa.text("SELECT now()")).scalar_one()
    assert judged_since(inbox.platform, began) == {}
    inbox.ingest(DOSSIERS, csv_bytes(dossiers(3)), "a.csv")
    assert judged_since(inbox.platform, began) == {"portal": (1, 1)}
