"""The process that Great Expectations runs in: it answers, says what failed, and lives no longer than its owner."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from chiso.system.database import owning
from chiso.system.errors import ProcessError
from chiso.system.platform import Platform
from chiso.validation import judge
from chiso.validation.rules import Rule

SLOW = {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "SELECT pg_sleep(60) FROM {batch}"}}
OWNER = """
import sys
from chiso.validation import judge
from chiso.validation.rules import Rule
rule = Rule("slow", {slow}, "critical", "refuse_delivery", "delivery")
judge.warm_up()
print(judge._PROCESSES[__import__("os").getpid()].pid, flush=True)
judge.judge([rule], sys.argv[1], "slow", "slow")
"""


@pytest.fixture
def own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A judge of the test's own, since it won't outlive it."""
    monkeypatch.setattr(judge, "_PROCESSES", {})
    yield
    judge.end()


def ask(url: str, table: str) -> dict[str, bool]:
    rule = Rule("empty", {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 0}}, "critical", "refuse_delivery", "delivery")
    return {rule: said.success for rule, said in judge.judge([rule], url, table, "đặc biệt").items()}


def url_of(platform: Platform) -> str:
    return platform.engine.url.render_as_string(hide_password=False)


def until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def sleeps(platform: Platform) -> bool:
    """Whether the slow rule is being judged."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    with platform.engine.connect() as connection, owning(connection):
        return bool(connection.exec_driver_sql(asked).scalar_one())


def make_table(platform: Platform, name: str, rows: int) -> None:
    with platform.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE staging.{name} AS SELECT n FROM generate_series(1, {rows}) n")


@pytest.mark.usefixtures("own_process")
def test_what_fails_in_it_is_said_and_the_next_request_is_answered(platform: Platform) -> None:
    make_table(platform, "nothing", 0)
    assert ask(url_of(platform), "nothing") == {"empty": True}
    with pytest.raises(ProcessError, match="no_such_table"):
        ask(url_of(platform), "no_such_table")
    assert ask(url_of(platform), "nothing") == {"empty": True}


@pytest.mark.usefixtures("own_process")
def test_one_that_ends_before_it_answers_is_an_error_and_the_next_request_gets_another(platform: Platform) -> None:
    make_table(platform, "slow", 1)
    make_table(platform, "nothing", 0)
    rule = Rule("slow", SLOW, "critical", "refuse_delivery", "delivery")
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(judge.judge, [rule], url_of(platform), "slow", "slow")
        until(lambda: sleeps(platform), 60)
        judge._PROCESSES[os.getpid()].kill()
        with pytest.raises(ProcessError, match="exit -9"):
            asked.result()
    assert ask(url_of(platform), "nothing") == {"empty": True}


def test_it_ends_with_its_owner_in_the_middle_of_a_judgement(platform: Platform) -> None:
    make_table(platform, "slow", 1)
    owner = subprocess.Popen([sys.executable, "-c", OWNER.format(slow=SLOW), url_of(platform)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    child = psutil.Process(int(owner.stdout.readline()))

    until(lambda: sleeps(platform), 60)
    owner.kill()
    owner.communicate()
    until(lambda: not child.is_running(), 3)
