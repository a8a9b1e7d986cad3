"""Views of schema `publication` as files: whole, typed, described, with checksums that `sha256sum` checks."""

import csv
import json
import subprocess
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from chiso.flow import computing
from chiso.inquiry import exporting
from chiso.system.errors import UsageError

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, csv_bytes, dossiers, telecom_form, telecom_row
from tests.integration.test_command_line import Chiso, chiso

__all__ = ["chiso"]


@pytest.fixture
def loaded(inbox: Inbox) -> Inbox:
    rows = [telecom_row(place, name, 100, 51) for place, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    inbox.ingest("departments/telecom", telecom_form(rows, period="Kỳ báo cáo: Quý II/2024"), "a.xlsx")
    inbox.ingest("portal/dossiers", csv_bytes(dossiers(7)), "b.csv")
    computing.compute_stale(inbox.platform)
    return inbox


def test_every_view_is_there_twice_with_its_words_and_checksum(loaded: Inbox, chiso: Chiso, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "2024-07"
    said = chiso("db", "export", "--out", str(folder), "--json")
    assert said.code == 0
    rows = {each["view"]: each["rows"] for each in said.json}
    assert len(rows) > 80 and rows["departments_telecom"] == 5 and rows["portal_dossiers"] == 7
    dictionary = json.loads((folder / exporting.DICTIONARY).read_text("utf-8"))
    for view, count in rows.items():
        table = pq.read_table(folder / f"{view}.parquet")
        with (folder / f"{view}.csv").open(encoding="utf-8", newline="") as stream:
            header, *lines = csv.reader(stream)
        assert table.num_rows == len(lines) == count == dictionary[view]["rows"], view
        assert table.column_names == header == [column["name"] for column in dictionary[view]["columns"]], view
        assert all(column["comment"] for column in dictionary[view]["columns"]) and dictionary[view]["comment"], view
    checked = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", exporting.SUMS], cwd=folder, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")
    assert len((folder / exporting.SUMS).read_text("utf-8").splitlines()) == len(list(folder.iterdir())) - 1


def test_values_keep_their_types(loaded: Inbox, tmp_path: Path) -> None:
    exporting.export(loaded.platform, tmp_path / "out", ["indicator_value", "portal_dossiers"])
    values = pq.read_table(tmp_path / "out" / "indicator_value.parquet").to_pylist()
    [fibre] = [row for row in values if (row["indicator"], row["unit_code"], row["period"]) == ("households_fibre_pct", "62", "2024-Q2")]
    assert (fibre["value"], fibre["numerator"], fibre["complete"], fibre["file_names"]) == (Decimal(51), Decimal(255), True, ["a.xlsx"])
    assert json.loads(fibre["missing"]) == [] and fibre["recorded_at"].tzinfo is not None
    [first] = [row for row in pq.read_table(tmp_path / "out" / "portal_dossiers.parquet").to_pylist() if row["ma_ho_so"].endswith("-0001")]
    assert (first["kenh_thuc_hien"], first["ngay_tiep_nhan"].isoformat(), first["ho_so_so_hoa"]) == (2, "2024-06-10T08:00:00", True)


def test_nothing_is_overwritten_and_nothing_half_written(loaded: Inbox, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="publication has no view nothing"):
        exporting.export(loaded.platform, tmp_path / "out", ["nothing"])
    assert not list(tmp_path.glob("*out*"))
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match="is there already"):
        exporting.export(loaded.platform, tmp_path / "out", ["unit"])
