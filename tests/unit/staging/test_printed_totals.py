"""Printed totals are read as their column is, decimals, units and all. Figures are made up."""

from datetime import date
from decimal import Decimal

import pytest
from chiso.contracts import Column, Contract, Terms
from chiso.contracts.parsing import Unreadable
from chiso.staging.cast import Casts
from chiso.staging.form import StagedForm, read_form

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import Page

HEADER = ["STT", "Ngành, lĩnh vực", "GRDP (tỷ đồng)", "Số doanh nghiệp"]


def contract(**terms) -> Contract:
    def column(name: str, printed: str, reading: str, **given) -> Column:
        return Column(name=name, printed=printed, reading=reading, header=[[printed]], **{"required": False} | given)

    return Contract(
        source="departments/digital_economy",
        version="1.0.0",
        title_vi="Kinh tế số",
        description="",
        columns=[
            column("sector", HEADER[1], "text", required=True, key=True),
            column("grdp", HEADER[2], "number", terms=terms),
            column("enterprises", HEADER[3], "count"),
        ],
        terms=Terms(
            owner="000.00.33.H34",
            transport={"kind": "drop_folder", "endpoint": "departments", "file_names": ["kinh_te_so*"]},
            delivery={"cadence": "year", "format": "workbook"},
            sheet={"label": "sector"},
            figures={"kind": "flow"},
        ),
        path=wb.TELECOM.path,
    )


def form(tmp_path, made: Contract, *rows) -> tuple[StagedForm, Casts]:
    path = tmp_path / "kinh_te_so_nam_2023.xlsx"
    path.write_bytes(wb.xlsx(Page([["Năm 2023"], [], HEADER, *rows])))
    staged = read_form(path, path.name, None, "2023", made, wb.REFERENCE)
    return staged, Casts(made.loaded_columns, wb.REFERENCE, date(2023, 12, 31))


def totals(staged: StagedForm, casts: Casts) -> dict[str, object]:
    """Column → the total that is printed for it."""
    found = staged.printed_totals(staged.contract.totalled, casts.context)
    return {column.name: printed.rule if isinstance(printed, Unreadable) else printed for _, column, printed in found}


ROWS = [[1, "Thương mại", "5.120,00", "1.204"], [2, "Vận tải", "1.204,75 tỷ", 10]]


@pytest.mark.parametrize(
    "printed", ["6.324,75", 6324.75, "6.324,75 tỷ", "6.324,75 tỷ đồng", "6,32475 nghìn tỷ", "6.324.750 triệu đồng"]
)
def test_totals_with_decimals_and_units(tmp_path, printed):
    total = [None, "Tổng số", printed, "1.214"]
    assert totals(*form(tmp_path, contract(), *ROWS, total)) == {"grdp": Decimal("6324.75"), "enterprises": 1214}
    in_dong = form(tmp_path, contract(printed_in="tỷ đồng"), *ROWS, total)
    assert totals(*in_dong) == {"grdp": Decimal(6_324_750_000_000), "enterprises": 1214}


def test_a_total_that_can_not_be_read_is_told_apart_from_none(tmp_path):
    assert totals(*form(tmp_path, contract(), *ROWS, [None, "Tổng số", "6324.75", None])) == {
        "grdp": "number_malformed"
    }
    assert totals(*form(tmp_path, contract(), *ROWS, [None, "Tổng số", "5 USD", "1,214"])) == {
        "grdp": "number_unit",
        "enterprises": "number_ambiguous",
    }


@pytest.mark.parametrize(
    ("terms", "cell", "total", "proposal"),
    [
        ({}, "151.10", "1.355,85", "151.1"),
        ({}, "15110.0", "16.314,75", "15110"),
        ({}, "151.10", "1.000,00", None),
        ({"printed_in": "tỷ đồng"}, "151.10", "1.355,85", "151.1"),
        ({"printed_in": "tỷ đồng"}, "151.10", "1,35585 nghìn tỷ", "151.1"),
    ],
)
def test_the_one_reading_that_makes_a_total_hold_is_proposed(tmp_path, terms, cell, total, proposal):
    rows = [[1, "Thương mại", cell, 5], [2, "Vận tải", "1.204,75 tỷ", 10], [None, "Tổng số", total, 15]]
    staged, casts = form(tmp_path, contract(**terms), *rows)
    [batch] = staged.batches()
    _, broken = casts.apply(batch)
    [entry] = staged.with_proposals(broken, casts)
    assert (entry.rule, entry.details.get("proposal")) == ("number_malformed", proposal)


def test_another_unit_in_the_header_than_the_printed_one_is_refused(tmp_path):
    made = contract(printed_in="triệu đồng")
    with pytest.raises(wb.DeliveryRefused) as refused:
        form(tmp_path, made, *ROWS)
    assert refused.value.finding.rule == "header_unit_differs"
