"""Two at once, and kill -9 anywhere: the tables come out as if nothing had happened."""

import multiprocessing
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.flow import collecting, computing
from chiso.inquiry import verification
from chiso.system.database import connect
from chiso.system.platform import Platform

from tests.conftest import Server
from tests.deliveries import (
    COMMUNES_OF_DAK_GLEI,
    Inbox,
    at,
    csv_bytes,
    dossier,
    dossiers,
    tables,
    telecom_form,
    telecom_row,
)

DOSSIERS, TELECOM = "portal/dossiers", "departments/telecom"
FORM = telecom_form([telecom_row(number, name) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)])


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]


def ingest(path: Path, source: str, platform: Platform) -> Callable[[], Any]:
    return lambda: collecting.ingest_file(path, contracts.load(source, platform.settings), platform)


def sessions(platform: Platform) -> int:
    with platform.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        return int(connection.execute(sa.text(query)).scalar_one())


def test_the_same_file_by_four_at_once_is_loaded_once(inbox: Inbox) -> None:
    path = inbox.put(csv_bytes(dossiers(500)), "a.csv", at(1))
    outcomes = at_once(*[ingest(path, DOSSIERS, inbox.platform)] * 4)
    assert sorted(outcome.loaded for outcome in outcomes) == [0, 0, 0, 500]
    assert len({outcome.delivery for outcome in outcomes}) == 1
    assert verification.verify(inbox.platform)["faults"] == []


def test_different_files_of_one_and_of_another_source_at_once(inbox: Inbox) -> None:
    paths = [inbox.put(csv_bytes(dossiers(200, 1 + 150 * n)), f"{n}.csv", at(1)) for n in range(4)]
    form = inbox.put(FORM, "vien_thong.xlsx", at(1))
    outcomes = at_once(
        *[ingest(path, DOSSIERS, inbox.platform) for path in paths], ingest(form, TELECOM, inbox.platform)
    )
    assert sum(outcome.loaded for outcome in outcomes) == 650 + 5
    assert all(outcome.accepted for outcome in outcomes)
    assert verification.verify(inbox.platform)["faults"] == []


def test_periods_are_computed_at_once(inbox: Inbox) -> None:
    inbox.ingest(DOSSIERS, csv_bytes(dossiers(20)), "a.csv")
    periods = computing.stale_periods(inbox.platform)
    assert len(periods) > 4
    at_once(*[lambda period=period: computing.compute_period(period, inbox.platform) for period in periods])
    assert computing.stale_periods(inbox.platform) == []
    assert verification.verify(inbox.platform)["faults"] == []


def test_many_deliveries_in_one_process_hold_no_connection_each(inbox: Inbox) -> None:
    for number in range(6):
        inbox.ingest(DOSSIERS, csv_bytes(dossiers(2, 1 + 2 * number)), f"{number}.csv", received=at(1))
    assert sessions(inbox.platform) <= 3


# --- kill -9 ---


def load(path: Path, platform: Platform) -> None:
    """What `chiso ingest portal/dossiers --file` does."""
    ingest(path, DOSSIERS, platform)()
    computing.compute_stale(platform)


def load_in_its_own_process(path: Path, platform: Platform) -> None:
    """The same on connections of its own: those of the parent aren't a child's to use."""
    engine = connect(platform.engine.url.render_as_string(hide_password=False))
    load(path, replace(platform, engine=engine))


def killed_after(seconds: float, path: Path, platform: Platform) -> bool:
    """Loads in a forked process, so that the validator is imported already; whether the kill came before its end."""
    process = multiprocessing.get_context("fork").Process(target=load_in_its_own_process, args=(path, platform))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.fixture
def undisturbed(server: Server, platform: Platform, tmp_path: Path) -> Iterator[Platform]:
    """A second platform, for the run that nothing happens to."""
    name = f"{platform.engine.url.database}_undisturbed"
    engine = connect(server.database(name).render_as_string(hide_password=False))
    yield Platform(replace(platform.settings, var=tmp_path / "undisturbed"), engine)
    engine.dispose()
    server.drop(name)


def test_killed_anywhere_and_run_again_gives_the_same_tables(inbox: Inbox, undisturbed: Platform) -> None:
    chance, killed = random.Random(7), 0
    load(inbox.put(csv_bytes(dossiers(300)), "warm_up.csv", at(1)), inbox.platform)
    load(inbox.folder / "warm_up.csv", undisturbed)
    attempts = 6
    for number in range(attempts):
        rows = [
            *dossiers(300, 1000 * (number + 1)),
            dossier(number + 1, TrangThai="5", ThoiDiemCapNhat="11/06/2024 09:00:00"),
            dossier(9999, TrangThai="11"),
        ]
        path = inbox.put(csv_bytes(rows), f"{number}.csv", at(2 + number))
        began = time.monotonic()
        load(path, undisturbed)
        whole = time.monotonic() - began
        killed += killed_after(whole * (number + chance.random()) / attempts, path, inbox.platform)
        load(path, inbox.platform)
        assert tables(inbox.platform) == tables(undisturbed)
    assert killed > attempts / 2
    assert verification.verify(inbox.platform)["faults"] == []
