"""Text that is safe to show."""

import io
import json
import sys
import unicodedata
from contextlib import redirect_stdout

import click
import pytest
from chiso.cli.session import print_json
from chiso.system.errors import EndpointError, joined
from chiso.system.visible import safe_output, visible, visible_lines
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Đắk Glei – “1.014” 100 %", "Đắk Glei – “1.014” 100 %"),
        ("1\u00a0014\u3000", "1\u00a0014\u3000"),
        ("a\x1b[31mb", r"a\u001b[31mb"),
        ("a\x9b31m\x7f", r"a\u009b31m\u007f"),
        ("\u202egnp.exe\u2066\u061c", r"\u202egnp.exe\u2066\u061c"),
        ("one\r\ntwo\tthree\u2028four", r"one\u000d\u000atwo\u0009three\u2028four"),
        ("91\u200b0\U000e0041", r"91\u200b0\U000e0041"),
        ("\udcd0.xlsx", r"\udcd0.xlsx"),
    ],
)
def test_what_can_not_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_hidden_is_left_and_nothing_else_changes(text: str) -> None:
    made = visible(text)
    assert all(unicodedata.category(sign)[0] != "C" and unicodedata.category(sign) not in ("Zl", "Zp") for sign in made)
    assert visible(made) == made
    assert visible_lines("a\n" + made) == "a\n" + made


@given(st.text())
def test_json_keeps_its_meaning_and_hides_nothing(text: str) -> None:
    out = io.StringIO()
    with redirect_stdout(out):
        print_json({"value": text})
    printed = out.getvalue()
    assert json.loads(printed) == {"value": text}
    assert all(line.isprintable() for line in printed.split("\n"))


def test_whatever_prints_is_made_safe() -> None:
    out = io.StringIO()
    with redirect_stdout(out), safe_output():
        click.echo("a\x1b[2Jb")
        sys.stdout.write("c\u202ed\n")
    assert out.getvalue() in ("ab\nc\\u202ed\n", "a\\u001b[2Jb\nc\\u202ed\n")  # click strips what it knows


def test_errors_are_safe_to_show_and_say_all_that_failed() -> None:
    faults = [EndpointError("one\x1b[2J"), EndpointError("two"), EndpointError("one\x1b[2J"), EndpointError("two")]
    assert str(joined(faults)) == "one\\u001b[2J\ntwo"
