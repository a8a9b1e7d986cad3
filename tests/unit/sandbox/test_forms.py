"""Figures of the departments' forms: whole, growing, and never a part above its whole."""

from datetime import date

import pytest

from sandbox import forms
from sandbox.forms import administration, data, economy, society
from sandbox.forms.figures import growing, part_of
from sandbox.forms.periods import HALVES, QUARTERS, Reported
from sandbox.forms.report import Line, Report

SEEDS = (1, 34)


def rows(lines: list[Line]) -> list[list[int]]:
    """The figures of the data lines, dashes as 0, texts with dots as numbers."""
    found = []
    for line in lines:
        if line.bold or not isinstance(line.cells[0], int):
            continue
        found.append([0 if cell in (None, "-", "x") else int(str(cell).replace(".", "")) for cell in line.cells[2:] if _is_figure(cell)])
    return found


def _is_figure(cell: object) -> bool:
    return cell == "-" or isinstance(cell, int) or (isinstance(cell, str) and cell.replace(".", "").isdigit())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("made", "periods", "part", "whole"),
    [
        (administration.work_files, QUARTERS, 1, 0),
        (administration.inspections, QUARTERS, 1, 0),
        (administration.training, HALVES, 1, 0),
        (administration.training, HALVES, 3, 2),
        (data.procedure_digitisation, QUARTERS, 1, 0),
        (data.procedure_digitisation, QUARTERS, 3, 2),
        (economy.payment_accounts, QUARTERS, 1, 0),
        (society.digital_citizens, QUARTERS, 1, 0),
        (society.civil_registry, QUARTERS, 1, 0),
        (society.civil_registry, QUARTERS, 3, 2),
        (society.social_protection, QUARTERS, 2, 0),
        (society.social_insurance, QUARTERS, 1, 0),
    ],
)
def test_a_part_is_never_above_its_whole(seed: int, made, periods: list[Reported], part: int, whole: int) -> None:
    for period in periods:
        found = rows(made(seed, period))
        assert found and all(row[part] <= row[whole] for row in found), period


@pytest.mark.parametrize("seed", SEEDS)
def test_totals_are_the_sums_of_their_rows(seed: int) -> None:
    for period in QUARTERS:
        lines = society.digital_citizens(seed, period)
        sums = [sum(column) for column in zip(*rows(lines), strict=True)]
        assert lines[-1].bold and list(lines[-1].cells[2:]) == sums


def test_parts_of_a_total_sum_to_it_and_fit_their_wholes() -> None:
    wholes, factors = [3, 1, 0, 250, 17], [0.8, 1.25, 1.0, 1.1, 0.9]
    for part in range(sum(wholes) + 1):
        split = part_of(part, wholes, factors)
        assert sum(split) == part
        assert all(0 <= each <= whole for each, whole in zip(split, wholes, strict=True)), part


def test_a_figure_grows_and_meets_what_is_published() -> None:
    grown = [growing(period, 10, 20) for period in QUARTERS]
    assert grown == sorted(grown) and growing(Reported(2023), 10, 20, y2023=60) == 60
    assert grown[0] > 10 and grown[-1] <= 20


def test_a_period_says_its_name_as_offices_write_it() -> None:
    assert [(each.title, each.suffix) for each in (Reported(2024, "Q2"), Reported(2024, "H1"), Reported(2023))] == [
        ("Quý II/2024", "Q2_2024"),
        ("6 tháng đầu năm 2024", "6T_2024"),
        ("Năm 2023", "nam_2023"),
    ]
    assert Reported(2024, "Q1").end == date(2024, 3, 31)


def test_every_file_of_a_form_is_sent_once_and_after_its_period() -> None:
    sent = list(forms.mails(34))
    assert len({mail.name for mail in sent}) == len(sent)
    assert all(isinstance(report, Report) and report.days > 0 for report in forms.REPORTS)
    [late] = [mail for mail in sent if mail.name == "tai_khoan_thanh_toan_Q2_2023.xlsx"]
    assert late.sent.date() > date(2023, 7, 14)
