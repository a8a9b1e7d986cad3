"""Exports: no cell is executed by a spreadsheet, nothing hidden stands in one."""

import csv
import io
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from chiso.publication import export, write_csv
from chiso.publication.exports import cell
from chiso.system.visible import visible
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1+1", "-1+1", "@SUM(A1)", "-1+WEBSERVICE(\"http://x\")", "+2+A1", "＝1+1", "＋2+A1", "－1+2", "＠SUM(A1)",
        "﹦1+1", "\u00a0=1+1", "\u3000+1+1", " \u200b=1", "\ufeff@A1", "\u00ad-1-1", "\u2800=1+1", "\u3164=1+1", "\u0301=1",
        "-", "- Sở Y tế", "+cmd|' /C calc'!A0", "-5%", "-1 000", "=",
    ],
)  # fmt: skip
def test_what_may_be_executed_gets_an_apostrophe(text: str) -> None:
    assert cell(text) == f"'{visible(text)}"


@pytest.mark.parametrize(
    "text", ["", "x", "3=4+5", "a@b.vn", "–", "-5", "-5,2", "+84905123456", "-1.014", "+3", "Đắk Tô", "1.014", "(=1)", "'=1"]
)
def test_what_is_not_executed_stays(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("text", ["\t=1+1", "\r=1", "\n+1", "\x1b=1"])
def test_control_signs_are_written_out(text: str) -> None:
    assert cell(text) == "'" + visible(text)
    assert str(cell(text)).isprintable()


def begins_formula(text: str) -> bool:
    """By another way than the code's: what is left after everything that is neither seen nor spaced."""
    seen = [sign for sign in text if unicodedata.category(sign)[0] in "LNPS" and sign not in "\u115f\u1160\u2800\u3164\uffa0"]
    return bool(seen) and unicodedata.normalize("NFKC", seen[0]).startswith(("=", "+", "-", "@"))


LEADING = st.text(st.sampled_from(" \u00a0\u3000\u200b\ufeff\u00ad\u2800\u0301\t\r\n"), max_size=3)


@given(LEADING, st.one_of(st.just(""), st.sampled_from("=+-@＝＋－＠﹦﹢﹣﹫")), st.text(max_size=20))
@example("", "-", "1+WEBSERVICE(A1)")
@example("\u00a0", "＝", "1+1")
def test_no_cell_begins_a_formula(leading: str, sign: str, rest: str) -> None:
    text = leading + sign + rest
    shown = str(cell(text))
    assert shown.removeprefix("'") == visible(text).removeprefix("'")
    number = shown.lstrip("+-").replace(".", "").replace(",", "")
    assert not begins_formula(shown) or (number.isascii() and number.isdigit())


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(), st.booleans())
def test_numbers_stay_numbers(number: Decimal, whole: int, flag: bool) -> None:
    assert [cell(number), cell(whole), cell(flag), cell(None)] == [number, whole, flag, None]


@given(st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.text()}), max_size=5))
def test_a_reader_gets_the_cells_back(rows: list[dict[str, str]]) -> None:
    out = io.StringIO()
    write_csv(out, rows)
    read = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    header = list(rows[0]) if rows else []
    assert read == ([header] + [[str(cell(row[name])) for name in header] for row in rows] if rows else [])


def test_files_appear_whole_with_a_mark_for_spreadsheets(tmp_path: Path) -> None:
    rows = ({"name": f"={n}", "at": datetime(2024, 7, 1, tzinfo=UTC), "parts": ["=a"], "none": None} for n in range(2))
    [path] = export(tmp_path / "reports", {"things": rows})
    assert path.read_bytes().startswith(b"\xef\xbb\xbfname,at,parts,none\r\n")
    assert path.read_text("utf-8-sig").splitlines()[1:] == [
        "'=0,2024-07-01 00:00:00+00:00,\"[\"\"=a\"\"]\",", "'=1,2024-07-01 00:00:00+00:00,\"[\"\"=a\"\"]\",",
    ]  # fmt: skip
    assert [each.name for each in path.parent.iterdir()] == ["things.csv"]
