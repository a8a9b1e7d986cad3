"""Figures against the unit's own earlier ones: growth, slips of a factor, robust z-scores; told, never changed, never rejected."""

from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.authoring import suite_queries
from chiso.deliveries.verdicts import Outcome
from chiso.system.errors import ContractError
from chiso.validation import Rules, history
from chiso.validation.history import History
from chiso.validation.suite import QUERY

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, telecom_form, telecom_row
from tests.integration.test_indicators import Copy, copy

__all__ = ["copy"]

FORM = "departments/telecom"
QUARTERS = [("I/2022", 4), ("II/2022", 7), ("III/2022", 10), ("IV/2022", 13), ("I/2023", 16), ("II/2023", 19), ("III/2023", 22)]


def send(inbox: Inbox, quarter: int, *households: object, names: list[str] = COMMUNES_OF_DAK_GLEI) -> Outcome:
    """The form of a quarter, counted from the first one of 2022. households: of each commune, half of them with fibre."""
    title, months = QUARTERS[quarter]
    rows = [
        telecom_row(number, name, count, count // 2 if isinstance(count, int) else count)
        for number, (name, count) in enumerate(zip(names, households, strict=True), 1)
    ]
    day = datetime(2022 + (months - 1) // 12, (months - 1) % 12 + 1, 3, tzinfo=UTC)
    return inbox.ingest(FORM, telecom_form(rows, period=f"Kỳ báo cáo: Quý {title}"), f"{quarter}.xlsx", received=day)


def told(outcome: Outcome) -> set[tuple[str, str]]:
    return {(issue["rule"], issue["cell"]) for issue in outcome.issues if issue["rule"].startswith("households")}


def test_a_figure_unlike_the_earlier_ones_is_told_at_its_cell_and_loaded(inbox: Inbox) -> None:
    for quarter, count in enumerate((1000, 1010, 990, 1005, 1002, 998)):
        assert told(send(inbox, quarter, *[count] * 5)) == set()
    outcome = send(inbox, 6, 1001, 10_020, 100, 1600, 1_001_000)
    assert (outcome.accepted, outcome.rejected, outcome.loaded) == (True, 0, 5)
    slipped = {("households_slip", "C8"), ("households_slip", "C9"), ("households_slip", "C11"),
               ("households_fibre_slip", "D8"), ("households_fibre_slip", "D9"), ("households_fibre_slip", "D11")}  # fmt: skip
    grown = {(rule, cell) for rule in ("households_growth", "households_unusual") for cell in ("C8", "C9", "C10", "C11")}
    assert told(outcome) == slipped | grown
    [said] = [issue for issue in outcome.issues if (issue["rule"], issue["cell"]) == ("households_slip", "C8")]
    assert said["severity"] == "warning" and "gấp khoảng 10 hoặc 1.000 lần" in said["message_vi"] and "(10020)" in said["message_vi"]
    with inbox.platform.engine.connect() as connection:
        checks = connection.execute(sa.text("SELECT checks FROM validation.verdict ORDER BY verdict_id DESC LIMIT 1")).scalar()
    [check] = [check for check in checks if check["rule"] == "households_growth"]
    assert (check["success"], check["rows"], check["type"]) == (False, 4, QUERY)
    assert check["words"] == "households must differ from the unit's last figure by no more than 0.5 of it."


def test_what_has_no_history_breaks_nothing(inbox: Inbox) -> None:
    send(inbox, 0, 1000, 1000, 1000, 1000, 1000)
    names = [*COMMUNES_OF_DAK_GLEI[:4], "Xã Đắk Kroong"]
    assert told(send(inbox, 1, 1000, 1000, 1000, 1600, 50_000, names=names)) == {("households_growth", "C10")}
    assert told(send(inbox, 2, 1000, 1000, 1000, 1000, 50_000, names=names)) == set()


def test_only_what_stands_of_periods_of_the_same_length_counts(inbox: Inbox) -> None:
    """A corrected form takes its predecessor's place; later periods and whole years are no history."""
    send(inbox, 0, *[10_000] * 5)
    corrected = [telecom_row(number, name, 1000, 500) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    inbox.ingest(FORM, telecom_form(corrected, period="Kỳ báo cáo: Quý I/2022"), "sửa.xlsx", received=datetime(2022, 4, 20, tzinfo=UTC))
    send(inbox, 3, *[20_000] * 5)
    assert told(send(inbox, 1, *[1000] * 5)) == set()


@pytest.mark.parametrize(
    ("stated", "column", "place"),
    [
        ({"kind": "growth"}, "households", "history.max_share"),
        ({"kind": "growth", "max_share": -1}, "households", "history.max_share"),
        ({"kind": "slip"}, "commune", "column"),
        ({"kind": "slip"}, None, "column"),
        ({"kind": "slip", "max_share": 0.5}, "households", "history.max_share"),
        ({"kind": "robust_z", "max_z": 8, "at_least": 5}, "households", "history.at_least"),
    ],
)
def test_what_such_a_rule_cannot_take_is_named(inbox: Inbox, stated: dict[str, object], column: str | None, place: str) -> None:
    found = list(history.faults(History.model_validate(stated), column, contracts.load(FORM, inbox.platform.settings)))
    assert [where for where, _ in found] == [place] and all(said for _, said in found)


@pytest.mark.parametrize("change", ["bound", "description"])
def test_a_suite_whose_query_is_not_what_it_says_is_refused_and_written_anew(copy: Copy, change: str) -> None:
    home = copy.platform.settings.home
    path = home / "expectations" / f"{FORM}.json"
    path.parent.mkdir(parents=True)
    before = (Path(__file__).parents[2] / "expectations" / f"{FORM}.json").read_text("utf-8")
    old, new = {"bound": ('"max_share": 0.5', '"max_share": 0.4'), "description": ("households must differ", "households may differ")}[change]
    assert old in before
    path.write_text(before.replace(old, new, 1), "utf-8")
    contract = contracts.load(FORM, copy.platform.settings)
    with pytest.raises(ContractError, match=rf"chiso source suite {FORM}"):
        Rules.of(contract, copy.platform.settings)
    assert list(suite_queries.write(copy.platform.settings, [FORM])) == [path]
    assert list(suite_queries.write(copy.platform.settings, [FORM])) == []
    Rules.of(contract, copy.platform.settings)
    after = path.read_text("utf-8")
    assert after == before if change == "description" else "no more than 0.4 of it" in after


def test_the_sql_says_what_its_definition_says(inbox: Inbox) -> None:
    """Against the same rules in Python, over figures that lie on both sides of every bound."""
    earlier = [120, 100, 130, 90, 110, 105]
    for quarter, count in enumerate(earlier):
        send(inbox, quarter, *[count] * 5)
    middle = median(earlier)
    spread = median(abs(count - middle) for count in earlier)
    last, seen = earlier[-1], set()
    for count in (10, 13, 52, 53, 105, 157, 158, 300, 839, 841, 1312, 1313, 84_001, 131_249, 131_251):
        outcome = send(inbox, 6, count, *[105] * 4)
        expected = set()
        if abs(count - last) > 0.5 * last:
            expected.add("households_growth")
        if abs(count - middle) > max(8 * 1.4826 * spread, 0.3 * middle):
            expected.add("households_unusual")
        larger, smaller = max(count, last), min(count, last)
        if larger >= 100 and any(0.8 * factor <= larger / smaller <= 1.25 * factor for factor in (10, 1000)):
            expected.add("households_slip")
        assert {rule for rule, cell in told(outcome) if cell == "C7"} == expected, count
        seen |= expected
    assert seen == {"households_growth", "households_unusual", "households_slip"}
