"""Records of a block: the plain way and the careful way say the same, whatever quotes and line ends a block holds."""

from itertools import chain

import pytest
from chiso.staging import csv_records
from chiso.staging.csv_records import Layout, OpenQuoteError, records
from hypothesis import given
from hypothesis import strategies as st

LAYOUT = Layout(";", 3, frozenset({0, 1}), frozenset({1}))
FIELDS = st.sampled_from(["", "x", "Đắk", "5", 'nhà "cũ"', 'a"b', '"', '"x;y"', '"a\nb"', '"a\r\nb"', '"\n\n"', '"a""b"', '""', '"a"b',
                          '"a\n;;b"', "a\rb", "\0"])  # fmt: skip
RECORDS = st.lists(st.lists(FIELDS, min_size=1, max_size=4).map(";".join), max_size=12)
ENDS = st.sampled_from(["\n", "\r\n"])


def said(block: bytes) -> object:
    """What a block's records are, without the column that isn't loaded."""
    try:
        table, lines, malformed = records(block, 7, LAYOUT)
    except OpenQuoteError as fault:
        return fault.line
    rows = [table.column(f"f{place}").to_pylist() for place in sorted(LAYOUT.loaded)]
    return rows, lines.tolist(), [(line, row.text.strip()) for line, row in malformed if row.text.strip()]


@given(RECORDS, ENDS, st.booleans())
def test_both_ways_say_the_same(lines: list[str], end: str, ended: bool) -> None:
    block = (end.join(lines) + (end if ended else "")).encode()
    if not block:
        return
    plain = said(block)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_records, "_starts", lambda *_: None)
        assert said(block) == plain


def test_a_block_with_quoted_line_ends_goes_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "_careful", None)
    block = b'a;1;"x\n""y"""\r\nb;2;z\n"c\n\nd";3;\n4;5\ne;6;"u;v"\n'
    rows, lines, malformed = said(block)  # type: ignore[misc]
    assert rows == [["a", "b", "c\n\nd", "e"], ["1", "2", "3", "6"]]
    assert lines == [7, 9, 10, 14]
    assert malformed == [(13, "4;5")]


@pytest.mark.parametrize(("block", "line"), [
    (b'a;1;2\nb;"2;3\nc;4;5\nd;6";7\n', 8),  # closed again two records later
    (b'a;1;2\nb;"2;3\nc;4;5\n', 8),  # never closed
])  # fmt: skip
def test_a_quote_that_swallows_records_is_found_where_it_opens(block: bytes, line: int) -> None:
    assert said(block) == line


def test_the_patterns_cover_stray_quotes_and_line_ends() -> None:
    blocks = [b'a"b;1;2\nc;"x\ny";3\nd"e;4;5\n', b'a;1;2\n\n;;\nb;2;"x\ny"\n']
    lines = [said(block)[1] for block in blocks]  # type: ignore[index]
    assert list(chain.from_iterable(lines)) == [7, 8, 10, 7, 10]
