"""A form cast batch by batch says what it says in one piece."""


import pyarrow as pa
import pytest
from chiso.staging import form as staging_form
from chiso.staging.cast import Casts
from chiso.staging.form import read_form

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import TELECOM, Page, communes, figures, telecom

ROWS = telecom(
    *communes("Phường Quang Trung", "Phường Duy Tân", "Xã Đắk Cấm"),
    [4, "Xã Kroong", "15.10", *figures()[1:]],
    [5, "Xã Đoàn Kết", 100, "1,014", ("=1|1", 7), *figures()[3:]],
    [None, "Tổng cộng", 3 * 100 + 15_100 + 100, None, *figures(500)[2:]],
)


def cast(path, monkeypatch, rows):
    monkeypatch.setattr(staging_form, "BATCH_ROWS", rows)
    form = read_form(path, path.name, None, "2022-Q3", TELECOM, wb.REFERENCE)
    casts = Casts(TELECOM.loaded_columns, wb.REFERENCE, form.period.end)
    tables, broken, sizes = [], [], []
    for batch in form.batches():
        table, found = casts.apply(batch)
        tables.append(table)
        broken += form.with_proposals(found, casts)
        sizes.append(len(batch.rows))
    return pa.concat_tables(tables).to_pylist(), sorted(broken, key=lambda entry: (entry.row, entry.column)), sizes


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_batches_show_nowhere(tmp_path, monkeypatch, rows):
    path = tmp_path / "vien_thong_Q3_2022.xlsx"
    path.write_bytes(wb.xlsx(Page(ROWS)))
    whole, findings, _ = cast(path, monkeypatch, 1000)
    assert {entry.rule for entry in findings} >= {"formula_injection", "number_malformed", "number_ambiguous"}
    assert [entry.details for entry in findings if "proposal" in entry.details] == [{"proposal": "15100"}]
    batched = cast(path, monkeypatch, rows)
    assert batched[:2] == (whole, findings)
    assert max(batched[2]) <= rows
