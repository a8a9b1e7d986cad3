"""What stands in the XML of .xlsx files beside plain values: each cell reads as a person would, or is named."""

import io
import re
import zipfile

import pytest

from tests.unit.staging import open_xml as ox
from tests.unit.staging.workbooks import read, refused

LINE = ox.FIRST_LINE


def first(content: bytes) -> tuple[str | None, list[tuple[str, str | None]]]:
    """The households of the first commune, and what the reader says of cells."""
    form = read(content)
    assert form.values["commune"] == ox.NAMES
    return form.values["households"][0], [(found.rule, found.cell) for found in form.findings]


def rich(*runs: str) -> str:
    return "".join(f"<r>{run}</r>" for run in runs)


SUPERSCRIPT = '<rPr><vertAlign val="superscript"/></rPr>'
STRUCK = "<rPr><strike/></rPr>"
NOT_STRUCK = '<rPr><strike val="0"/></rPr>'

# Cells in pieces

PIECES = {
    "footnote": (rich("<t>910</t>", f"{SUPERSCRIPT}<t>1</t>"), "910", []),
    "footnote in brackets": (rich("<t>910 </t>", f"{SUPERSCRIPT}<t>(1)</t>"), "910", []),
    "letter": (rich("<t>910</t>", f"{SUPERSCRIPT}<t>a</t>"), "910", []),
    "footnote before": (rich(f"{SUPERSCRIPT}<t>1</t>", "<t>910</t>"), "910", []),
    "deleted": (rich(f"{STRUCK}<t>810</t>", "<t>910</t>"), "910", []),
    "not deleted": (rich(f"{NOT_STRUCK}<t>9</t>", "<t>10</t>"), "910", []),
    "deleted within": (rich("<t>9</t>", f"{STRUCK}<t>3</t>", "<t>10</t>"), "9310", [("cell_in_pieces", f"C{LINE}")]),
    "marked within": (rich("<t>9</t>", f"{SUPERSCRIPT}<t>3</t>", "<t>10</t>"), "9310", [("cell_in_pieces", f"C{LINE}")]),
    "all deleted": (rich(f"{STRUCK}<t>910</t>"), "910", [("cell_struck", f"C{LINE}")]),
    "colours": (rich('<rPr><color rgb="FFFF0000"/></rPr><t>9</t>', "<t>10</t>"), "910", []),
    "reading aid": ("<t>910</t><rPh sb='0' eb='1'><t>chín</t></rPh>", "910", []),
}


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "in its cell"])
@pytest.mark.parametrize(("item", "value", "findings"), PIECES.values(), ids=PIECES)
def test_pieces_of_a_cell_are_never_joined_into_a_number(item, value, findings, shared):
    cell = f'<c r="C{LINE}" t="s"><v>0</v></c>' if shared else f'<c r="C{LINE}" t="inlineStr"><is>{item}</is></c>'
    content = ox.form(cell, **({"shared": ox.strings(item)} if shared else {}))
    assert first(content) == (value, findings)


def test_marks_of_words_are_left_out_and_units_stay():
    titles = [rich("<t>Số liệu</t>", f"{SUPERSCRIPT}<t>1</t>"), rich("<t>Diện tích km</t>", f"{SUPERSCRIPT}<t>2</t>")]
    lines = [ox.row(1, *(f'<c r="{column}1" t="s"><v>{at}</v></c>' for at, column in enumerate("FG"))), *ox.above()[1:]]
    content = ox.package(ox.sheet(*lines, ox.commune(LINE, ox.NAMES[0])), shared=ox.strings(*titles))
    assert [title for _, title in read(content).titles[:2]] == ["Số liệu", "Diện tích km2"]


def test_a_cell_struck_through_or_hidden_was_deleted():
    looks = ox.styles('fontId="1"', 'numFmtId="200"', fonts="<font/><font><strike/></font>",
                      formats='<numFmt numFmtId="200" formatCode=";;;"/>')  # fmt: skip
    for style in (1, 2):
        value, findings = first(ox.form(ox.number(f"C{LINE}", 910, f' s="{style}"'), looks=looks))
        assert (value, findings) == ("910", [("cell_struck", f"C{LINE}")])
    assert first(ox.form(f'<c r="C{LINE}" s="1"/>', looks=looks)) == (None, [])


def test_a_struck_title_and_total_say_nothing():
    looks = ox.styles('fontId="1"', fonts="<font/><font><strike/></font>")
    lines = ox.above()
    lines[2] = lines[2].replace('t="inlineStr"', 's="1" t="inlineStr"')
    total = ox.row(LINE + 1, ox.text(f"B{LINE + 1}", "Tổng cộng"), ox.number(f"C{LINE + 1}", 7, ' s="1"'), ox.number(f"D{LINE + 1}", 50))
    form = read(ox.package(ox.sheet(*lines, ox.commune(LINE, ox.NAMES[0]), total), looks=looks))
    assert "Quý III/2022" not in str(form.titles)
    assert [(total.label, total.values) for total in form.totals] == [("Tổng cộng", {"commune": "Tổng cộng", "households_fibre": "50"})]


def test_a_format_that_divides_is_named():
    looks = ox.styles('numFmtId="200"', 'numFmtId="201"',
                      formats='<numFmt numFmtId="200" formatCode="#,##0,"/><numFmt numFmtId="201" formatCode="#,##0_ ;[Red]-#,##0"/>')  # fmt: skip
    assert first(ox.form(ox.number(f"C{LINE}", 910_000, ' s="1"'), looks=looks)) == ("910000", [("cell_scaled", f"C{LINE}")])
    assert first(ox.form(ox.number(f"C{LINE}", 910, ' s="2"'), looks=looks)) == ("910", [])


# Values

FORMATS = ('<numFmt numFmtId="200" formatCode="dd/mm/yyyy"/><numFmt numFmtId="201" formatCode="[h]:mm"/>'
           '<numFmt numFmtId="202" formatCode="0.00&quot; d&quot;\\%"/><numFmt numFmtId="203" formatCode="_-* #,##0\\ _đ_-;@"/>'
           '<numFmt numFmtId="204" formatCode="0.0%;-0.0%"/>')  # fmt: skip
LOOKS = ox.styles(*(f'numFmtId="{number}"' for number in (10, 14, 200, 201, 202, 203, 204)), formats=FORMATS)

VALUES = {
    "whole": (0, "910", "910"), "float": (0, "0.45010000000000001", "0,4501"), "exponent": (0, "1.2E+3", "1200"),
    "small": (0, "1E-3", "0,001"), "minus nothing": (0, "-0", "0"), "negative": (0, "-1.50", "-1,5"), "blanks": (0, " 910 ", "910"),
    "huge": (0, "12345678901234567890", "12345678901234600000"), "percent": (1, "0.84", "84%"), "exact percent": (1, "0.070000000000000007", "7%"),
    "day": (2, "45432", "20/05/2024"), "own day format": (3, "45432.5", "20/05/2024 12:00:00"), "hour": (2, "0.5", "12:00:00"),
    "hours": (4, "1.5", "36:00:00"), "percent sign as text": (5, "0.84", "0,84"), "padded": (6, "910", "910"), "own percent": (7, "0.845", "84,5%"),
    "first of March 1900": (2, "61", "01/03/1900"), "first day": (2, "1", "01/01/1900"), "style that isn't there": (99, "0.84", "0,84"),
}  # fmt: skip


@pytest.mark.parametrize(("style", "stored", "shown"), VALUES.values(), ids=VALUES)
def test_numbers_read_as_each_cell_shows_them(style, stored, shown):
    assert first(ox.form(ox.number(f"C{LINE}", stored, f' s="{style}"'), looks=LOOKS)) == (shown, [])


def test_days_may_be_counted_from_1904():
    content = ox.form(ox.number(f"C{LINE}", 43970, ' s="2"'), looks=LOOKS, told='<workbookPr date1904="1"/>')
    assert first(content) == ("20/05/2024", [])


@pytest.mark.parametrize(
    ("cell", "value", "rule"),
    [
        (ox.number(f"C{LINE}", 3e9, ' s="2"'), "3000000000", "cell_out_of_time"),
        (ox.number(f"C{LINE}", -5, ' s="2"'), "-5", "cell_out_of_time"),
        (f'<c r="C{LINE}" t="d"><v>2024-13-01</v></c>', "2024-13-01", "cell_out_of_time"),
        (ox.number(f"C{LINE}", "NaN"), "NaN", "cell_no_number"),
        (ox.number(f"C{LINE}", "9_10"), "9_10", "cell_no_number"),
    ],
)
def test_a_value_that_cannot_be_rejects_its_row_alone(cell, value, rule):
    assert first(ox.form(cell, looks=LOOKS)) == (value, [(rule, f"C{LINE}")])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (f'<c r="C{LINE}" t="d"><v>2024-05-20T00:00:00</v></c>', "20/05/2024"),
        (f'<c r="C{LINE}" t="b"><v>1</v></c>', "TRUE"),
        (f'<c r="C{LINE}" t="e"><v>#DIV/0!</v></c>', "#DIV/0!"),
        (f'<c r="C{LINE}" t="e"/>', "#N/A"),
        (f'<c r="C{LINE}" t="str"><f>A1</f><v>910</v></c>', "910"),
        (f'<c r="C{LINE}"><is><t>910</t></is></c>', "910"),
        (ox.text(f"C{LINE}", "910_x000D_\n"), "910"),
        (ox.text(f"C{LINE}", "a_x000D_\nb_x005F_x000D_"), "a\nb_x000D_"),
        (ox.text(f"C{LINE}", "a_xD800_&<"), "a_xD800_&<"),
        (ox.text(f"C{LINE}", "9\u200b1\u20600"), "910"),
    ],
)  # fmt: skip
def test_other_kinds_of_cells(cell, value):
    assert first(ox.form(cell)) == (value, [])


def test_escapes_in_headings_and_letters_of_other_alphabets():
    lines = [line.replace("Người", "Ngƣời").replace("Đơn", "Ðơn").replace("Số hộ", "Số_x000D_ hộ_x000D_") for line in ox.above()]
    form = read(ox.package(ox.sheet(*lines, ox.commune(LINE, "Xã Ðắk Cấm"), ox.commune(LINE + 1, "Phƣờng Quang Trung"))))
    assert form.values["commune"] == ["Xã Đắk Cấm", "Phường Quang Trung"]
    assert form.values["adults"] == ["1200", "1200"]


# Formulas


@pytest.mark.parametrize(
    "formula",
    ["<f>A1</f>", "<f>A1</f><v></v>", "<f>A1</f><v/>", '<f t="shared" si="0"/>', '<f t="shared" ref="C7:C9" si="0">A1</f>'],
)
@pytest.mark.parametrize("kind", ["", ' t="str"', ' t="n"', ' t="s"', ' t="b"'])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_formula_never_calculated_is_no_blank(formula, kind, quote):
    calculated = "<v" in formula and "str" in kind  # to an empty text
    cell = f'<c r="C{LINE}"{kind}>{formula}</c>'.replace('"', quote)
    assert first(ox.form(cell)) == (None, [] if calculated else [("formula_uncached", f"C{LINE}")])


@pytest.mark.parametrize(
    ("formula", "harmless"),
    [
        ("Register!C7", True), ('IF(A1="a|b",910,0)', True), ("'a|b'!C7", True), ("[1]Sheet1!C7", True), ('"HYPERLINK("&amp;A1', True),
        ("'CALL(x)'!C7", True), ("MATCH(1,{1,2})", True),
        ('HYPERLINK("http://x.vn",1)', False), ('_xlfn.WEBSERVICE("http://x.vn")', False), ("cmd|'/C calc'!A0", False),
        ("1+cmd|&apos;/C calc&apos;!A0", False), ('call ("urlmon","x")', False), ("REGISTER.ID(1)", False), ('IMPORTXML("x","y")', False),
    ],
)  # fmt: skip
def test_a_formula_counts_as_injection_only_where_it_reaches_out(formula, harmless):
    cell = f'<c r="C{LINE}"><f>{formula}</f><v>910</v></c>'
    assert first(ox.form(cell)) == ("910", [] if harmless else [("formula_injection", f"C{LINE}")])


def test_a_shared_formula_that_reaches_out_does_so_in_every_cell():
    one = f'<c r="C{LINE}"><f t="shared" ref="C7:C8" si="4">WEBSERVICE("x")</f><v>910</v></c>'
    other = f'<c r="C{LINE + 1}"><f t="shared" si="4"/><v>910</v></c>'
    form = read(ox.package(ox.sheet(*ox.above(), ox.commune(LINE, ox.NAMES[0], one), ox.commune(LINE + 1, ox.NAMES[1], other))))
    assert [(found.rule, found.cell) for found in form.findings] == [("formula_injection", f"C{LINE}"), ("formula_injection", f"C{LINE + 1}")]


# Places

ROWS = [ox.commune(LINE + at, name, str(100 + at)) for at, name in enumerate(ox.NAMES)]

LEFT, CELL_D, RIGHT = ROWS[0].partition(f'<c r="D{LINE}"')

PLACES = {
    "rows in another order": [ROWS[2], ROWS[0], ROWS[1]],
    "a negative row": [re.sub(r'<row r="\d+"', '<row r="-7"', ROWS[0]), *ROWS[1:]],
    "an absurd row, cells with their own": [re.sub(r'<row r="\d+"', '<row r="9999999999"', ROWS[0]), *ROWS[1:]],
    "rows without numbers": [row.replace(f'<row r="{LINE + at}"', "<row") for at, row in enumerate(ROWS)],
    "nothing with an address": [re.sub(r' r="[A-Z0-9]+"', "", row) for row in ROWS],
    "cells in another order": [ox.commune(LINE, ox.NAMES[0], "100", order="ABJIHGFEDC"), *ROWS[1:]],
    "a row number twice": [re.sub("<row.*?>", f'<row r="{LINE}">', row) for row in ROWS],
    "a row in two halves": [f"{LEFT}</row>", *ROWS[1:], f'<row r="{LINE}">{CELL_D}{RIGHT}'],
    "the same cell again": [ROWS[0], *ROWS],
    "small letters": [ROWS[0].replace('"C', '"c'), *ROWS[1:]],
    "rows before the titles": ROWS,
}  # fmt: skip


@pytest.mark.parametrize(("place", "rows"), PLACES.items(), ids=PLACES)
def test_every_cell_stands_where_its_address_says(place, rows):
    above = ox.above()
    form = read(ox.package(ox.sheet(*([*rows, *above] if "before" in place else [*above, *rows]))))
    assert form.rows == [LINE, LINE + 1, LINE + 2]
    assert form.values["commune"] == ox.NAMES
    assert form.values["households"] == ["100", "101", "102"]
    assert form.values["signal_gaps"] == ["0"] * 3
    assert form.findings == []


def test_a_cell_that_stands_twice_with_two_values_is_named():
    form = read(ox.package(ox.sheet(*ox.above(), *ROWS, ox.row(LINE, ox.number(f"C{LINE}", 7)))))
    assert [(found.rule, found.cell, found.value) for found in form.findings] == [("cell_in_pieces", f"C{LINE}", "100 / 7")]
    assert len(form.rows) == 3


@pytest.mark.parametrize("address", ["C0", "C-7", "C2000000000", "C1048577", "XFE7", "7C", "Ç7"])
def test_an_address_that_cannot_be_refuses_the_file(address):
    finding = refused(ox.form(ox.number(address, 910)))
    assert (finding.rule, finding.sheet) == ("cell_misplaced", "Biểu 1")
    assert f"“{address}”" in finding.message_vi
    assert "910" in finding.message_en


def test_a_row_beyond_the_sheet_is_named_by_its_number():
    bare = re.sub(r' r="[A-Z]+[0-9]+"', "", re.sub(r'<row r="\d+"', '<row r="2000000000"', ROWS[0]))
    finding = refused(ox.package(ox.sheet(*ox.above(), bare)))
    assert (finding.rule, "A2000000000" in finding.message_en) == ("cell_misplaced", True)


@pytest.mark.parametrize("merge", ["B7:B8", "B7:B2000000", "#REF!", "ZZZZ1:B2", "A0:A1", ""])
def test_odd_merges_are_passed_over_and_named(merge):
    after = f'<mergeCells><mergeCell ref="A7:B7"/><mergeCell ref="{merge}"/></mergeCells>'
    form = read(ox.package(ox.sheet(*ox.above(), *ROWS, after=after)))
    assert [(found.rule, found.action, found.value) for found in form.findings] == [("merge_odd", "flag", merge)]
    assert form.values["commune"] == ox.NAMES


def test_merges_of_whole_sheets_cost_nothing():
    form = read(ox.package(ox.sheet(*ox.above(), *ROWS, after='<mergeCells><mergeCell ref="M1:XFD1048576"/></mergeCells>')))
    assert len(form.rows) == 3


# Packages


def spelt(content: bytes, change) -> bytes:
    """The package with other names of parts."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return ox.zipped({change(name): package.read(name) for name in package.namelist()})


def altered(content: bytes, *changes: str, only: str = "") -> bytes:
    """The package with texts replaced in all parts, before and after by turns."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    for before, after in zip(changes[::2], changes[1::2], strict=True):
        parts = {name: part.replace(before, after) if only in name else part for name, part in parts.items()}
    return ox.zipped(parts)


GOOD = ox.form(f'<c r="C{LINE}" t="s"><v>0</v></c>', shared=ox.strings("<t>910</t>"), looks=ox.styles())
STRICT = ("http://schemas.openxmlformats.org/spreadsheetml/2006/", "http://purl.oclc.org/ooxml/spreadsheetml/",
          "http://schemas.openxmlformats.org/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/")  # fmt: skip
WITHOUT_STYLES = {name: part for name, part in ox.parts(
    ox.sheet(*ox.above(), ox.commune(LINE, ox.NAMES[0], ox.number(f"C{LINE}", 910, ' s="7"')), *ROWS[1:]), looks=ox.styles()
).items() if "styles" not in name}  # fmt: skip

PACKAGES = {
    "strict Open XML": altered(GOOD, *STRICT),
    "small letters": spelt(GOOD, str.lower),
    "capitals": spelt(GOOD, str.upper),
    "backslashes": spelt(GOOD, lambda name: name.replace("/", "\\")),
    "a leading slash": spelt(GOOD, lambda name: f"/{name}"),
    "absolute targets": altered(GOOD, 'Target="', 'Target="/xl/', "/xl/xl/", "/xl/"),
    "targets with dots": altered(GOOD, 'Target="worksheets', 'Target="./worksheets/../worksheets'),
    "targets with backslashes": altered(GOOD, "worksheets/sheet1", "worksheets\\sheet1", only="rels"),
    "no styles": ox.zipped(WITHOUT_STYLES),
    "no types": ox.zipped({name: part for name, part in ox.parts(ox.sheet(*ox.above(), *ROWS)).items() if "Types" not in name}),
    "a prefix for all names": altered(altered(GOOD, "<", "<x:", "<x:/", "</x:", "xmlns=", "xmlns:x=", "<x:?", "<?", only="xl/s"),
                                      "<", "<x:", "<x:/", "</x:", "xmlns=", "xmlns:x=", only="worksheets"),
    "single quotes": altered(GOOD, '"', "'"),
    "UTF-16": ox.zipped({name: part.encode("utf-16") for name, part in ox.parts(
        ox.sheet(*ox.above(), ox.commune(LINE, ox.NAMES[0], "910"), *ROWS[1:])).items()}),
    "comments and CDATA": altered(GOOD, "<row", "<!-- <row r='1'> --><row", "<t>910</t>", "<t>9<![CDATA[1]]>0</t>"),
}  # fmt: skip


@pytest.mark.parametrize("content", PACKAGES.values(), ids=PACKAGES)
def test_packages_that_other_programs_open_are_read(content):
    form = read(content)
    assert form.values["commune"] == ox.NAMES
    assert form.values["households"][0] in ("910", "100")
    assert form.findings == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ox.form(f'<c r="C{LINE}" t="s"><v>3</v></c>', shared=ox.strings("<t>910</t>")), f"cell C{LINE} uses the shared string 3"),
        (ox.form(f'<c r="C{LINE}" t="s"><v>x</v></c>'), f"cell C{LINE} uses the shared string x"),
        (altered(GOOD, "sheet1.xml", "sheet9.xml", only="rels"), "the content of sheet “Biểu 1” is missing"),
        (altered(GOOD, "</row>", "", only="sheet1"), "its XML is malformed at line"),
    ],
)  # fmt: skip
def test_damage_is_named_in_words(content, reason):
    finding = refused(content)
    assert finding.rule == "file_damaged"
    assert reason in finding.message_en
