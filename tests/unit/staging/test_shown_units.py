"""Units that a number format writes beside the number."""

import pytest
from chiso.staging.workbook.cells import cell_text, format_rule

from tests.unit.staging import workbooks as wb
from tests.unit.staging.workbooks import Page, column, contract, read


@pytest.mark.parametrize(
    ("number_format", "text"),
    [
        ('#,##0.0" tỷ"', "12,5 tỷ"),
        ('#,##0.0\\ "triệu đồng"', "12,5 triệu đồng"),
        ('_-* #,##0.0\\ "₫"_-;\\-* #,##0.0\\ "₫"_-;_-* "-"??\\ "₫"_-;_-@_-', "12,5 ₫"),
        ("[$$-409]#,##0.00", "12,5 $"),
        ("#,##0.0 [$đ-42A]", "12,5 đ"),
        ('#,##0.0" tỷ";"-"', "12,5 tỷ"),
        ('[Red][>5]0.0" hộ"', "12,5"),
        ('0.00E+00;"tỷ"', "12,5"),
        ("General", "12,5"),
        ("#,##0.00_);(#,##0.00)", "12,5"),
    ],
)
def test_a_scale_or_currency_is_read_as_words_in_the_cell(number_format, text):
    assert (cell_text(12.5, number_format), format_rule(number_format)) == (text, None)


@pytest.mark.parametrize(
    ("number_format", "rule"),
    [('[>=1000]0" tỷ";0" triệu"', "cell_unclear"), ('0" tỷ";-0', "cell_unclear"), ('[<1000]0;0,', "cell_scaled")],
)
def test_sections_that_differ_are_a_finding(number_format, rule):
    assert format_rule(number_format) == rule


@pytest.mark.parametrize("write", [wb.xlsx, wb.xls])
def test_a_form_shows_what_its_formats_show(write):
    form = contract(column("task", "Nhiệm vụ", required=True, key=True), column("money", "Kế hoạch (triệu đồng)", "number"), label="task")
    page = Page([["Nhiệm vụ", "Kế hoạch (triệu đồng)"], ["A", 12.5], ["B", 12.5]], formats={(1, 1): '#,##0.0" tỷ"'})
    assert read(write(page), form).values["money"] == ["12,5 tỷ", "12,5"]
