"""Corrections as data: used while the wrong figure stands there, told when it doesn't or when their day is over, shown in explain."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from chiso.authoring import linting
from chiso.deliveries.corrections import COLUMNS, FILE, load
from chiso.flow import computing, quarantining
from chiso.inquiry import answers, corrected, verification
from chiso.publication import explanation_text
from chiso.system.errors import ContractError
from chiso.system.platform import Platform

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, telecom_form, telecom_row, values

FORM = "departments/telecom"
LINE = {
    "id": "dc-01", "source": FORM, "period": "2024-Q2", "calendar": "civil", "row_key": "23341", "column": "households_fibre", "expected": "5",
    "value": "50", "reason": "Ghi thiếu một chữ số", "requested_by": "Nguyễn Thị Lan", "reviewed_by": "Trần Văn Bình", "expires_on": "2024-12-31",
}  # fmt: skip


def form(*fibre: object) -> bytes:
    rows = [telecom_row(number, name, 100, figure) for number, (name, figure) in enumerate(zip(COMMUNES_OF_DAK_GLEI, fibre, strict=True), 1)]
    return telecom_form(rows, period="Kỳ báo cáo: Quý II/2024")


@pytest.fixture
def desk(inbox: Inbox, checkout: Platform) -> Inbox:
    """Files on their way to a checkout whose corrections tests write."""
    return Inbox(inbox.folder, checkout)


def state(platform: Platform, *lines: dict[str, str]) -> None:
    write(platform.settings.schemas, *lines)


def write(schemas: Path, *lines: dict[str, str]) -> None:
    text = "\n".join([",".join(COLUMNS), *(",".join(line[name] for name in COLUMNS) for line in lines)])
    (schemas / "reference" / FILE).write_text(f"{text}\n", "utf-8")


def fibre(platform: Platform) -> list[object]:
    with platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT households_fibre FROM publication.departments_telecom ORDER BY line"))
        return list(rows.scalars())


def test_a_wrong_figure_is_replaced_while_it_stands_there_and_every_use_is_shown(desk: Inbox) -> None:
    platform = desk.platform
    state(platform, LINE)
    first = desk.ingest(FORM, form(5, 50, 50, 50, 50), "a.xlsx", received=at(1))
    computing.compute_stale(platform)
    assert (first.accepted, fibre(platform)) == (True, [50] * 5) and values(platform, "households_fibre_pct", "2024-Q2") == [50]
    told = answers.explanation(platform, "households_fibre_pct", "2024-Q2", None, None, None, rows=False)
    [shown] = told["corrections"]
    assert (shown["correction"], shown["before"], shown["after"], shown["row"], shown["requested_by"]) == ("dc-01", 5, 50, 7, "Nguyễn Thị Lan")
    assert "đính chính (corrected) dc-01: 5 → 50" in explanation_text(told) and "Ghi thiếu một chữ số" in explanation_text(told)
    assert [(row["state"], row["deliveries"]) for row in corrected.corrections(platform)] == [("active", [first.delivery])]
    assert verification.verify(platform)["faults"] == []
    mended = desk.ingest(FORM, form(52, 50, 50, 50, 50), "b.xlsx", received=at(2))
    [said] = [issue for issue in mended.issues if issue["rule"].startswith("correction")]
    assert (said["rule"], said["severity"], said["cell"]) == ("correction_outdated", "warning", "D7") and "52" in said["message_vi"]
    assert fibre(platform) == [52, 50, 50, 50, 50]


def test_a_correction_comes_after_the_delivery_and_goes_again(desk: Inbox) -> None:
    platform = desk.platform
    delivery = desk.ingest(FORM, form(5, 50, 50, 50, 50), "a.xlsx", received=at(1)).delivery
    assert fibre(platform) == [5, 50, 50, 50, 50]
    state(platform, LINE)
    [outcome] = quarantining.replay(platform, delivery=delivery)
    assert outcome.accepted and fibre(platform) == [50] * 5
    state(platform)
    [outcome] = quarantining.replay(platform, delivery=delivery)
    assert outcome.accepted and fibre(platform) == [5, 50, 50, 50, 50]


def test_rules_judge_the_figure_that_is_taken(desk: Inbox) -> None:
    """A part above its whole would reject the row; the corrected one doesn't, and a wrong correction does."""
    platform = desk.platform
    state(platform, LINE | {"expected": "500"})
    outcome = desk.ingest(FORM, form(500, 50, 50, 50, 50), "a.xlsx", received=at(1))
    assert (outcome.rejected, fibre(platform)) == (0, [50] * 5)
    state(platform, LINE | {"expected": "51", "value": "101"}, LINE | {"id": "dc-02", "row_key": "23344", "expected": "", "value": "50"})
    outcome = desk.check(FORM, form(51, 50, 50, 50, 50), "b.xlsx")
    assert outcome.rejected == 1 and {issue["rule"] for issue in outcome.issues} == {"fibre_exceeds_households", "correction_outdated"}


def test_after_its_day_a_correction_is_told_and_not_used(desk: Inbox) -> None:
    state(desk.platform, LINE, LINE | {"id": "dc-02", "row_key": "99999"})
    later = replace(desk.platform, settings=replace(desk.platform.settings, values={**desk.platform.settings.values, "CHISO_TODAY": "2025-01-01"}))
    outcome = Inbox(desk.folder, later).ingest(FORM, form(5, 50, 50, 50, 50), "a.xlsx", received=at(1))
    assert [(issue["rule"], issue["cell"]) for issue in outcome.issues if issue["rule"].startswith("correction")] == [("correction_expired", "D7")]
    assert fibre(later) == [5, 50, 50, 50, 50]
    assert [row["state"] for row in corrected.corrections(later)] == ["expired", "expired"]


def test_a_correction_of_no_row_is_told(desk: Inbox) -> None:
    state(desk.platform, LINE | {"row_key": "99999"})
    outcome = desk.check(FORM, form(50, 50, 50, 50, 50), "a.xlsx")
    assert [issue["rule"] for issue in outcome.issues] == ["correction_without_row"] and outcome.accepted


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reviewed_by": "Nguyễn Thị Lan"}, "somebody else"),
        ({"reason": ""}, "reason is missing"),
        ({"value": "năm mươi"}, "must be numbers"),
        ({"value": "5"}, "nothing to correct"),
        ({"period": "2024-Q5"}, "period"),
        ({"expires_on": "31/12/2024"}, "a day like 2024-12-31"),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, change: dict[str, str], said: str) -> None:
    (tmp_path / "reference").mkdir()
    write(tmp_path, LINE, LINE | {"id": "dc-02"} | change)
    with pytest.raises(ContractError, match=rf"corrections\.csv.*line 3.*{said}"):
        load(tmp_path)


def test_lint_names_corrections_of_no_source_or_column(desk: Inbox) -> None:
    state(desk.platform, LINE | {"source": "departments/none"}, LINE | {"id": "dc-02", "column": "commune"})
    found = [fault for fault in linting.lint_files(desk.platform.settings) if fault.file.endswith(FILE)]
    assert [(fault.place, "is no" in fault.message) for fault in found] == [("dc-01", True), ("dc-02", True)]
    state(desk.platform, LINE | {"reason": ""})
    assert [fault.place for fault in linting.lint_files(desk.platform.settings) if fault.file.endswith(FILE)] == ["line 2"]
