"""Several values in one cell become several rows of the same sheet row."""

import pytest
from chiso.province.periods import Period
from chiso.staging.cast import Casts
from chiso.staging.form import StagedForm
from chiso.staging.workbook import read_workbook

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import Page, column, contract, read

SERVICES = contract(
    column("district", "Đơn vị", "unit", levels=["district"], required=True, key=True),
    column("service", "Dịch vụ", key=True, blank="none", split=[";"]),
    column("state", "Tình trạng"),
    column("plan", "Đề án (x)", "mark"),
    column("cameras", "Camera", "count"),
    label="district",
    unit="district",
)
HEADER = ["STT", "Đơn vị", "Dịch vụ", "Tình trạng", "Đề án (x)", "Camera"]
TP, GLEI = "Thành phố Kon Tum", "Huyện Đắk Glei"


@pytest.mark.parametrize(
    ("cell", "services"),
    [
        ("Camera; Chiếu sáng", ["Camera", "Chiếu sáng"]),
        ("- Camera an ninh;\n- Chiếu sáng thông minh", ["Camera an ninh", "Chiếu sáng thông minh"]),
        ("-Camera\n-Chiếu sáng", ["Camera", "Chiếu sáng"]),
        ("+ Camera\n• Chiếu sáng\n", ["Camera", "Chiếu sáng"]),
        ("1. Camera\n2) Wi-Fi 5.5 GHz;\na) Đỗ xe", ["Camera", "Wi-Fi 5.5 GHz", "Đỗ xe"]),
        ("Camera", ["Camera"]),
        ("- Camera", ["Camera"]),
        ("Camera, chiếu sáng", ["Camera, chiếu sáng"]),
        ("-", ["-"]),
        ("Chưa có", ["Chưa có"]),
        (None, [None]),
    ],
)
def test_pieces_of_a_cell(cell, services):
    form = read(wb.xlsx(Page([HEADER, [1, TP, cell, "đã có", "x", 7], [2, GLEI, "Đỗ xe", "chưa", None, 1]])), SERVICES)
    assert form.values["service"] == [*services, "Đỗ xe"]
    more = [None] * (len(services) - 1)
    assert form.values["district"] == [TP] * len(services) + [GLEI]
    assert form.values["state"] == ["đã có"] * len(services) + ["chưa"]
    assert form.values["plan"] == ["x", *more, None]
    assert form.values["cameras"] == ["7", *more, "1"]
    assert form.lines == [2] * len(services) + [3]
    assert len(set(form.rows)) == len(form.rows) == len(services) + 1


def test_totals_cover_each_row_once():
    sheet = [HEADER, [1, TP, "Camera;Đỗ xe", None, None, 7], [2, GLEI, "Camera\nĐỗ xe", None, None, 1], [None, "Tổng", None, None, None, 8]]
    form = read(wb.xlsx(Page(sheet)), SERVICES)
    assert [[(form.lines[place], form.values["cameras"][place]) for place in total.covers] for total in form.totals] == [
        [(2, "7"), (3, "1")]
    ]


def test_columns_in_step_are_split_together():
    paired = contract(
        *SERVICES.columns[:2], column("state", "Tình trạng", split=[";"]), *SERVICES.columns[3:], label="district", unit="district"
    )
    sheet = [HEADER, [1, TP, "Camera\nĐỗ xe", "có\nchưa", None, 7], [2, GLEI, "Camera\nĐỗ xe", "a; b; c", None, 1]]
    form = read(wb.xlsx(Page(sheet)), paired)
    assert list(zip(form.values["service"], form.values["state"], strict=True)) == [
        ("Camera", "có"), ("Đỗ xe", "chưa"), ("Camera\nĐỗ xe", "a; b; c"),
    ]  # fmt: skip
    assert [(found.rule, found.action, found.cell) for found in form.findings] == [
        ("values_uneven", "reject_row", "C3"), ("values_uneven", "reject_row", "D3"),
    ]  # fmt: skip


def test_a_rejected_cell_rejects_what_it_stands_for(tmp_path):
    path = tmp_path / "form.xlsx"
    sheet = [HEADER, [1, TP, "Camera; Đỗ xe; =1|1", ('=HYPERLINK("a")', "có"), None, ("=1|1", 7)], [2, GLEI, "Camera", "có", None, "1,5"]]
    path.write_bytes(wb.xlsx(Page(sheet)))
    form, period = read_workbook(path, SERVICES, wb.REFERENCE, file_name="form.xlsx", password=None), Period.of("2024-Q2")
    staged = StagedForm(form, SERVICES, period, states_period=True)
    casts = Casts(SERVICES.loaded_columns, wb.REFERENCE, period.end)
    (batch,) = staged.batches()
    _, broken = casts.apply(batch)
    assert sorted((entry.row, entry.line, entry.column, entry.rule) for entry in broken) == [
        (2000, 2, "cameras", "formula_injection"),
        (2000, 2, "state", "formula_injection"),
        (2001, 2, "state", "formula_injection"),
        (2002, 2, "service", "formula_injection"),
        (2002, 2, "state", "formula_injection"),
        (3000, 3, "cameras", "number_malformed"),
    ]
    assert batch.lines.to_pylist() == [2, 2, 2, 3]
