"""What a cell's style in an .xlsx package says of how its value reads: font, number format, a line through it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from lxml import etree

from chiso.staging.workbook.cells import format_rule
from chiso.staging.workbook.shown_units import units_of_format
from chiso.staging.workbook.xlsx.xml_parts import flag, local_name, parsed

Shows = Literal["number", "percent", "date", "duration"]


@dataclass(frozen=True, slots=True)
class Font:
    """name: as it stands, "" if none is given. raised: superscript or subscript. struck: with a line through it."""

    name: str = ""
    bold: bool = False
    raised: bool = False
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """A cell's style. Only legacy fonts have their names here.

    breaks: the rule that any filled cell of this look breaks. breaks_number: one that a number breaks.
    units: what is shown beside a number.
    """

    font: Font = Font()
    shows: Shows = "number"
    breaks: str | None = None
    breaks_number: str | None = None
    units: frozenset[str] = frozenset({""})


_BUILT_IN: dict[int, Shows] = {
    9: "percent", 10: "percent", 46: "duration",
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), "date"),
}
"""What numbers of formats mean that no file spells out; any other shows the number."""

_LITERALS = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)


class Looks:
    """The looks of a package's cells: each distinct one once, the plain one first."""

    def __init__(self, by_style: Iterable[Look] = ()) -> None:
        """by_style: in the order in which cells give their numbers in `s`."""
        numbers = {Look(): 0}
        self._numbers = np.array([numbers.setdefault(look, len(numbers)) for look in by_style] or [0], np.int64)
        self.distinct = list(numbers)

    def numbers(self, styles: np.ndarray) -> np.ndarray:
        """Places in `distinct` by style; a style that isn't there is plain."""
        known = styles < len(self._numbers)
        return np.where(known, self._numbers[np.where(known, styles, 0)], 0)


def read_looks(xml: bytes) -> Looks:
    """Reads the part. Raises XMLSyntaxError."""
    root = parsed(xml)
    codes = {number: str(entry.get("formatCode", "")) for entry in root.iterfind("{*}numFmts/{*}numFmt")
             for number in _numbers(entry.get("numFmtId"))}
    fonts = [font_of(entry) for entry in root.iterfind("{*}fonts/{*}font")]
    return Looks(_look(entry, fonts, codes) for entry in root.iterfind("{*}cellXfs/{*}xf"))


def font_of(element: etree._Element) -> Font:
    """The font that `font` (styles) or `rPr` (a run of a rich text) describes."""
    told = {local_name(part): part.get("val") for part in element.iterchildren(tag=etree.Element)}
    return Font(
        told.get("name") or told.get("rFont") or "",
        "b" in told and flag(told["b"], absent=True),
        told.get("vertAlign") in ("superscript", "subscript"),
        "strike" in told and flag(told["strike"], absent=True),
    )


def _look(entry: etree._Element, fonts: list[Font], codes: dict[int, str]) -> Look:
    font = next((fonts[number] for number in _numbers(entry.get("fontId")) if number < len(fonts)), Font())
    identity = next(_numbers(entry.get("numFmtId")), 0)
    code = codes.get(identity)
    plain = _LITERALS.sub("", code or "").split(";")[0]
    return Look(
        font if is_legacy(font.name) else replace(font, name=""),
        _BUILT_IN.get(identity, "number") if code is None else _shows(code, plain),
        "cell_struck" if font.struck else None,
        format_rule(code or ""),
        units_of_format(code or ""),
    )


def is_legacy(font: str) -> bool:
    """Whether texts in the font may be typed in another code than Unicode."""
    return font.lstrip().lower().startswith((".vn", "vni"))


def _shows(code: str, plain: str) -> Shows:
    """plain: the part of `code` for positive numbers, without literals."""
    if "%" in plain:
        return "percent"
    if _DURATION.search(plain):
        return "duration"
    return "date" if _DATE.search(plain) and code.lower() != "general" else "number"


def _numbers(text: str | None) -> Iterator[int]:
    if text and text.isascii() and text.isdigit():
        yield int(text)
