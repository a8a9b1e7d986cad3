"""Records of a text export are those that Python's csv module finds, whatever quotes and line ends it holds."""

import csv
import io
import re

import pytest
from chiso.staging import csv_export
from chiso.staging.csv_export import _blocks
from chiso.staging.csv_records import Layout, OpenQuoteError, quote_bounds, records
from hypothesis import example, given
from hypothesis import strategies as st

LAYOUT = Layout(";", 3, frozenset({0, 1, 2}), frozenset({1}))
FIELDS = st.sampled_from(["", "x", "Đắk", "5", 'nhà "cũ"', 'a"b', '5"', '"x;y"', '"a\nb"', '"a\r\nb"', '"\n-\n"', '"a""b"', '""',
                          '"a"b', '"a"b"c', '"\n""x"', '"a\n;;b"', '""""', '"'])  # fmt: skip
WHOLE = st.sampled_from(["x", "Đắk", '"x;y"', '"a\nb"', '"a""b"', 'n"5'])
RECORDS = st.lists(st.lists(FIELDS, min_size=1, max_size=4).map(";".join), max_size=12)
SWALLOWED = re.compile("\n[^;\n]*;[^;\n]*;")


def found(text: str, chunk: int = 1 << 20) -> tuple[list[list[str]], list[int], list[int]]:
    """Rows, their lines and those of malformed records, of a text that comes in chunks."""
    data = text.encode()
    chunks = (data[start : start + chunk] for start in range(0, len(data), chunk))
    rows: list[list[str]] = []
    lines: list[int] = []
    malformed: list[int] = []
    line = 7
    for block, quotes in _blocks(chunks, ";"):
        said = records(block, quotes, line, LAYOUT)
        rows += map(list, zip(*(column.to_pylist() for column in said.table.columns), strict=True))
        lines += said.lines.tolist()
        malformed += [at for at, _ in said.malformed]
        line += said.height
    return rows, lines, malformed


def expected(text: str) -> tuple[list[list[str]], list[int], list[int]]:
    """The same, as the csv module has it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    rows, lines, malformed, line = [], [], [], 7
    for row in reader:
        if any(row):
            (rows if len(row) == 3 else malformed).append(row)
            (lines if len(row) == 3 else malformed).append(line)
        line = 7 + reader.line_num
    return rows, lines, malformed[1::2]


@given(RECORDS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 30))
@example(['x;5";y'] * 9 + ['x;"a\nb";y'], "\n", True, 20)
def test_records_are_those_of_the_csv_module(lines: list[str], end: str, ended: bool, chunk: int) -> None:
    text = end.join(lines) + (end if ended else "")
    rows, starts, malformed = expected(text)
    try:
        assert found(text, chunk) == (rows, starts, malformed)
    except OpenQuoteError:
        is_open = len(quote_bounds(text.encode(), ";")) % 2 == 1
        fields = [field for row in csv.reader(io.StringIO(text, newline=""), delimiter=";") for field in row]
        assert is_open or (SWALLOWED.search(text) and any("\n" in field for field in fields))


@given(st.lists(st.tuples(WHOLE, WHOLE, WHOLE, st.sampled_from(["\n", "\r\n", "\r"])), min_size=1, max_size=12))
def test_line_ends_of_every_kind_end_a_record(lines: list[tuple[str, str, str, str]]) -> None:
    text = "".join(f"{a};{b};{c}{end}" for a, b, c, end in lines)
    assert found(text) == expected(text)
    assert len(found(text)[0]) == len(lines)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blocks_end_where_records_do(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where quotes inside unquoted fields and quoted newlines lie anywhere between, and no newline is there at all."""
    monkeypatch.setattr(csv_export, "BLOCK", 100)
    records = [
        f'n{number};"a\nb {number}";z' if number % 7 == 0 else f'n{number};nhà {number}" ngõ;z' for number in range(200)
    ]
    text = end.join(records) + end
    rows, lines, malformed = found(text, 90)
    assert [row[0] for row in rows] == [f"n{number}" for number in range(200)]
    assert (lines, malformed) == (expected(text)[1], [])


@pytest.mark.parametrize(("text", "rows"), [
    ("a;b\rc;d\ne;f;g\n", [["a", "b c", "d"], ["e", "f", "g"]]),  # a return inside a field
    ("a;b;c\r\r\ne;f;g\r\r\n", [["a", "b", "c "], ["e", "f", "g "]]),
    ('a;b;"c\rd"\ne;f;g\rh;i;j', [["a", "b", "c d"], ["e", "f", "g"], ["h", "i", "j"]]),
])  # fmt: skip
def test_a_return_ends_a_record_only_where_its_line_is_none(text: str, rows: list[list[str]]) -> None:
    assert found(text)[0] == rows


@pytest.mark.parametrize(("text", "line"), [
    ('a;1;2\nb;"2;3\nc;4;5\nd;6";7\n', 8),  # closed again two records later
    ('a;1;2\nb;"2;3\nc;4;""x"";5\nd;6";7\n', 8),
    ('a;1;2\nb;"2;3\nc;4;5\n', 8),  # never closed
    ('a"b;1;2\nb;x"y;3\nc;"4;5\n', 9),
])  # fmt: skip
def test_a_quote_that_swallows_records_is_found_where_it_opens(text: str, line: int) -> None:
    for chunk in (5, 1000):
        with pytest.raises(OpenQuoteError) as raised:
            found(text, chunk)
        assert raised.value.line == line


def test_what_holds_nothing_is_left_out_and_counts_as_lines() -> None:
    text = '\na;1;2\n\n  \n;;\n;"";\nb;2;"x\ny"\n\n;;z\nc;3\n'
    assert found(text) == ([["a", "1", "2"], ["b", "2", "x\ny"], ["", "", "z"]], [8, 13, 16], [17])


def test_a_record_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_export, "LONGEST_RECORD", 500)
    with pytest.raises(OpenQuoteError):
        found('a;"' + "x\n" * 1000, 100)
