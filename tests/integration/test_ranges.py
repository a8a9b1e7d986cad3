"""A range of the past is brought in by the command line: what is missing is fetched, what was accepted is left."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.answering import answering
from tests.integration.test_command_line import Chiso, chiso  # noqa: F401 - a fixture
from tests.integration.test_fetch_records import LEVELS, Endpoint


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    made = Endpoint()
    with answering(made.answer, made):
        monkeypatch.setenv("AIRFLOW_CONN_CHISO_SOC", made.url.replace("http://", "http://:key@") + "/?retries=0")
        yield made


@pytest.fixture
def asked(chiso: Chiso, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    """`chiso ingest` of monthly levels on 5 October 2024."""
    monkeypatch.setenv("CHISO_TODAY", "2024-10-05")
    return lambda *arguments: chiso("ingest", LEVELS, *arguments)


def test_a_range_is_fetched_once(asked: Any, endpoint: Endpoint) -> None:
    planned = asked("--from", "2024-07", "--to", "2024-Q3", "--dry-run", "--json")
    assert (planned.code, planned.json) == (0, [{"period": f"2024-0{month}", "would": "fetch"} for month in (7, 8, 9)])
    assert endpoint.paths == []
    first = asked("--from", "2024-08", "--to", "2024-08", "--json")
    assert (first.code, [outcome["period"] for outcome in first.json]) == (0, ["2024-08"])
    planned = asked("--from", "2024-07", "--to", "2024-Q3", "--dry-run", "--json")
    assert [(each["period"], each["would"]) for each in planned.json] == [("2024-07", "fetch"), ("2024-08", "have"), ("2024-09", "fetch")]
    endpoint.paths.clear()
    rest = asked("--from", "2024-07-01", "--to", "2024-Q3", "--json")
    assert [outcome["period"] for outcome in rest.json] == ["2024-07", "2024-09"]
    assert [path.split("period=")[1] for path in endpoint.paths] == ["2024-07", "2024-09"]
    again = asked("--from", "2024-07", "--to", "2024-09", "--json")
    assert (again.code, again.json) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2024-09", "--to", "2024-07"), "--from 2024-09 begins after --to 2024-07 ends"),
        (("--from", "2021-01", "--to", "2024-07"), "gives nothing before 2022-01"),
        (("--from", "2024-10", "--to", "2024-12"), "No period of soc/system_levels (month) lies in 2024-10 to 2024-12"),
        (("--from", "2024-07"), "Give --from and --to together"),
        (("--from", "2024-07", "--to", "2024-08", "--period", "2024-07"), "or --period"),
        (("--dry-run",), "--dry-run goes with --from and --to"),
        (("--from", "thang 7", "--to", "2024-08"), "is no period"),
    ],
)
def test_a_range_that_makes_no_sense_is_wrong_usage(arguments: tuple[str, ...], said: str, asked: Any, endpoint: Endpoint) -> None:
    done = asked(*arguments)
    assert done.code == 2 and said in done.err
    assert endpoint.paths == []


def test_a_drop_folder_has_no_range(chiso: Chiso) -> None:  # noqa: F811
    done = chiso("ingest", "departments/telecom", "--from", "2024-Q1", "--to", "2024-Q2")
    assert done.code == 2 and "Put the files of the past into it" in done.err


def test_a_delivery_is_withdrawn_from_the_command_line(chiso: Chiso, asked: Any) -> None:  # noqa: F811
    [loaded] = asked("--from", "2024-07", "--to", "2024-07", "--json").json
    done = chiso("withdraw", loaded["delivery"], "--by", "Trần Thị B", "--why", "số liệu thử", "--json")
    assert done.code == 0
    assert {**done.json, "recomputed": []} == {
        "delivery": loaded["delivery"], "source": LEVELS, "period": "2024-07", "state": "withdrawn", "recomputed": [],
    }  # fmt: skip
    assert "civil/2024-07" in done.json["recomputed"]
    assert asked("--from", "2024-07", "--to", "2024-07", "--dry-run", "--json").json == [{"period": "2024-07", "would": "fetch"}]
    for arguments in ((loaded["delivery"], "--why", "x"), (99, "--why", "x"), (loaded["delivery"],), ("abc", "--why", "x")):
        assert chiso("withdraw", *arguments).code == 2
