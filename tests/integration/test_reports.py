"""The lists that go back to the departments: what was refused, every rejected row, files left alone."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chiso import publication
from chiso.flow import computing
from chiso.inquiry import freshness, reports
from chiso.system.platform import Platform

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, csv_bytes, dossier, telecom_form, telecom_row

TELECOM, DOSSIERS = "departments/telecom", "portal/dossiers"


def form(broken: int) -> bytes:
    """A form of which so many rows have a malformed number."""
    return telecom_form(
        [telecom_row(n, name, "151.10" if n <= broken else 100) for n, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    )


@pytest.fixture
def dropping(platform: Platform, tmp_path: Path) -> Iterator[Platform]:
    """The platform with a drop folder that holds a misnamed file."""
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "=so do.xlsx").write_bytes(b"x")
    values = dict(platform.settings.values) | {"AIRFLOW_CONN_CHISO_DEPARTMENTS": folder.as_uri()}
    yield replace(platform, settings=replace(platform.settings, values=values))


def table(platform: Platform, name: str) -> list[dict[str, str]]:
    with (platform.settings.reports / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def texts(made: reports.Reports) -> str:
    return publication.summary(made.refused, made.rejected, made.held, made.left_alone)


def test_rejected_rows_of_a_refused_delivery_are_listed(inbox: Inbox) -> None:
    inbox.ingest(TELECOM, form(3), "vien_thong_Q3_2022.xlsx")
    made = reports.build(inbox.platform)
    [refused] = table(inbox.platform, "refused")
    assert refused["file_name"] == "vien_thong_Q3_2022.xlsx"
    rows = table(inbox.platform, "rejected")
    assert [(row["cell"], row["state"], row["delivery_id"]) for row in rows] == [
        (cell, "refused", refused["delivery_id"]) for cell in ("C7", "C8", "C9")
    ]
    assert all("151.10" in row["message_vi"] for row in rows)
    said = texts(made)
    assert "Dòng bị loại (rows rejected): 3, trong đó 3 thuộc tệp bị từ chối (of these in refused deliveries)" in said
    assert "  vien_thong_Q3_2022.xlsx C7 [tệp bị từ chối]: “151.10” ở cột “Số hộ” không phải là số" in said


def test_what_was_mended_leaves_the_lists(inbox: Inbox) -> None:
    inbox.ingest(TELECOM, form(3), "vien_thong_Q3_2022.xlsx", received=at(1))
    inbox.ingest(TELECOM, form(1), "vien_thong_Q3_2022.xlsx", received=at(2))
    made = reports.build(inbox.platform)
    assert table(inbox.platform, "refused") == []
    assert [(row["cell"], row["state"]) for row in table(inbox.platform, "rejected")] == [("C7", "accepted")]
    assert "Dòng bị loại (rows rejected): 1\n" in texts(made)
    assert "[tệp bị từ chối]" not in texts(made)
    inbox.ingest(TELECOM, form(0), "vien_thong_Q3_2022.xlsx", received=at(3))
    reports.build(inbox.platform)
    assert table(inbox.platform, "rejected") == []


def test_personal_values_are_masked_in_every_list(inbox: Inbox) -> None:
    rows = [dossier(n, MaDonVi="062199000123") for n in range(1, 5)]
    inbox.ingest(DOSSIERS, csv_bytes(rows), "a.csv")
    reports.build(inbox.platform)
    found = table(inbox.platform, "rejected")
    assert len({row["line"] for row in found}) == 4
    written = "".join(path.read_text("utf-8-sig") for path in inbox.platform.settings.reports.glob("*.csv"))
    assert "062199000123" not in written and "*********123" in written


def test_exports_hold_what_the_commands_print(inbox: Inbox) -> None:
    inbox.ingest(TELECOM, form(0), "vien_thong_Q3_2022.xlsx")
    computing.compute_stale(inbox.platform)
    made = reports.build(inbox.platform)
    targets = {row["target"]: row for row in table(inbox.platform, "targets")}
    assert len(targets) == 17 == len(made.targets)
    fibre = targets["nq09.15"]
    assert (fibre["direction"], fibre["target_value"], fibre["actual"], fibre["status"]) == ("gt", "80", "50", "unmet")
    values: dict[str, Any] = {row["indicator"]: row for row in table(inbox.platform, "indicators") if row["period"] == "2022-Q3"}
    assert float(values["households_fibre_pct"]["value"]) == 50
    assert (values["households_fibre_pct"]["numerator"], values["households_fibre_pct"]["denominator"]) == ("250", "500")
    assert {path.name for path in inbox.platform.settings.reports.glob("*.csv")} == {
        f"{name}.csv" for name in ("targets", "indicators", "refused", "rejected", "held", "left_alone", "timeliness")
    }
    assert made.written and (inbox.platform.settings.reports / "site" / "index.html").exists()


def test_files_left_alone_are_listed_with_what_to_do(dropping: Platform) -> None:
    made = reports.build(dropping)
    [left] = table(dropping, "left_alone")
    assert (left["file_name"], left["rule"]) == ("'=so do.xlsx", "file_name_unknown")
    assert "Tệp không nhận được (files left alone): 1\n  =so do.xlsx: tên tệp không ứng với nguồn nào" in texts(made)


def test_reports_know_when_they_are_outdated(inbox: Inbox) -> None:
    assert freshness.outdated(inbox.platform)
    reports.build(inbox.platform)
    assert not freshness.outdated(inbox.platform)
    inbox.ingest(TELECOM, form(3), "vien_thong_Q3_2022.xlsx")
    assert freshness.outdated(inbox.platform)
    reports.build(inbox.platform)
    inbox.ingest(TELECOM, form(0), "vien_thong_Q3_2022.xlsx", received=at(3))
    reports.build(inbox.platform)
    computing.compute_stale(inbox.platform)
    assert freshness.outdated(inbox.platform)
