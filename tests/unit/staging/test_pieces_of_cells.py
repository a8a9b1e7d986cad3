"""What a person reads where pieces of a cell look different."""

import pytest
from chiso.staging.workbook.cells import Piece, read_pieces


def up(text: str) -> Piece:
    return Piece(text, raised=True)


def struck(text: str) -> Piece:
    return Piece(text, struck=True)


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([Piece("9"), Piece("10")], "910"),
        ([Piece("910"), up("1")], "910"),
        ([Piece("910"), up("(1)")], "910"),
        ([Piece("910"), up("1, 2")], "910"),
        ([Piece("910"), up("a")], "910"),
        ([Piece("910"), up(" ")], "910"),
        ([up("(*)"), Piece("1.014")], "1.014"),
        ([Piece("10"), up("(1)")], "10"),
        ([Piece("x"), up("2")], "x"),
        ([Piece("-"), up("1")], "-"),
        ([struck("810 "), Piece("910")], "910"),
        ([struck("810"), Piece("910"), up("1")], "910"),
        ([Piece("Xã "), struck("Đắk Tăng"), Piece("Măng Bút")], "Xã Măng Bút"),
        ([Piece("Xã Kroong"), up("1")], "Xã Kroong"),
        ([Piece("PHƯỜNG THỐNG NHẤT"), up("(1)")], "PHƯỜNG THỐNG NHẤT"),
        ([Piece("Diện tích (km"), up("2"), Piece(")")], "Diện tích (km2)"),
        ([Piece("Lượng CO"), up("2")], "Lượng CO2"),
        ([up("910")], "910"),
    ],
)
def test_marks_and_struck_words_are_left_out(pieces, text):
    assert read_pieces(pieces) == (text, None)


@pytest.mark.parametrize(
    ("pieces", "rule"),
    [
        ([Piece("9"), up("1"), Piece("60")], "cell_in_pieces"),
        ([Piece("9"), struck("1"), Piece("60")], "cell_in_pieces"),
        ([Piece("12"), up(",50")], "cell_in_pieces"),
        ([Piece("12"), up("500")], "cell_in_pieces"),
        ([Piece("10"), up("6")], "cell_in_pieces"),
        ([struck("910")], "cell_struck"),
        ([struck("9"), struck("10"), Piece(" ")], "cell_struck"),
        ([struck("910"), up("1")], "cell_struck"),
    ],
)
def test_what_cannot_be_told_apart_breaks_a_rule(pieces, rule):
    assert read_pieces(pieces) == ("".join(piece.text for piece in pieces), rule)
