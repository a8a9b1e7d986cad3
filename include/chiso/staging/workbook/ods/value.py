"""What stands in a cell of an .ods file: its value, or its text as a person reads it."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from lxml import etree

from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook.cells import Piece, cell_text, clean, read_pieces
from chiso.staging.workbook.ods.look import OFFICE, TEXT, Look, Looks
from chiso.staging.workbook.shown_units import with_unit

_NUMBERS = frozenset({"float", "percentage", "currency"})
_KEPT = _NUMBERS | {"date", "time", "boolean"}
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:E[-+]?[0-9]+)?", re.IGNORECASE)
_KIND_OF_PROGRAM = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_ERROR = re.compile(r"#\S*|[^\W\d]+:[0-9]{3}")
"""What is shown in place of a value that can't be calculated: `#DIV/0!`, `Err:502`."""
_UNREAD = frozenset(
    {f"{TEXT}{name}" for name in ("note", "ruby-text", "hidden-text", "hidden-paragraph", "script", "tracked-changes")}
    | {f"{OFFICE}annotation", f"{OFFICE}annotation-end"})
_SPACES = re.compile(r"[ \t\r\n]+")
_MOST_SPACES = 1000


class Value(NamedTuple):
    """Text of a cell, and the rule that it breaks, if any."""

    text: str | None
    rule: str | None = None


def value_of(cell: etree._Element, look: Look, looks: Looks) -> Value:
    """The value that a cell keeps, as text; what its paragraphs show where it keeps none."""
    kind = cell.get(f"{OFFICE}value-type")
    if kind is None and not len(cell):
        return Value(None)
    shown, rule = _shown(cell, look, looks)
    if rule == "cell_struck":
        return Value(shown, rule)
    if shown and (cell.get(_KIND_OF_PROGRAM) == "error" or _ERROR.fullmatch(shown)):
        return Value(shown)
    if kind in _KEPT:
        return _kept(cell, kind, look, shown)
    return _string(cell, Value(shown, rule))


def _kept(cell: etree._Element, kind: str, look: Look, shown: str | None) -> Value:
    """A number, date or truth value; one that is missing or can't be read breaks a rule."""
    if kind in _NUMBERS:
        stated = cell.get(f"{OFFICE}value", "").strip()
        text = cell_text(float(stated), "0%" if kind == "percentage" else "General") if _NUMBER.fullmatch(stated) else None
        text = text and with_unit(text, look.units)
    elif kind == "date":
        text = _moment(cell.get(f"{OFFICE}date-value", ""))
    elif kind == "boolean":
        text = {"true": "TRUE", "false": "FALSE"}.get(cell.get(f"{OFFICE}boolean-value", ""))
    else:  # a time of the day or a duration: its format says which
        text = shown
    if text is None:
        return Value(shown, "cell_out_of_time" if kind == "date" else "cell_unclear")
    if look.struck or kind not in _NUMBERS:
        return Value(text, "cell_struck" if look.struck else None)
    return Value(text, "cell_scaled" if look.scaled else "cell_unclear" if len(look.units) > 1 else None)


def _moment(stated: str) -> str | None:
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError:
        return None
    return cell_text(moment) if moment.tzinfo is None else None


def _string(cell: etree._Element, shown: Value) -> Value:
    """What is shown, else the value beside it; if both are given they must be one text."""
    kept = cell.get(f"{OFFICE}string-value")
    whole = "".join(str(text) for line in cell.iterchildren(f"{TEXT}p") for text in line.itertext())
    if kept is None or _bare(kept) == _bare(whole):
        return shown
    return Value(clean(kept)) if shown.text is None else Value(shown.text, "cell_unclear")


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


# Text

def _shown(cell: etree._Element, look: Look, looks: Looks) -> Value:
    pieces: list[Piece] = []
    for line in cell.iterchildren(f"{TEXT}p", f"{TEXT}h"):
        pieces += [Piece("\n")] * bool(pieces)
        pieces += _pieces(line, looks.of(line.get(f"{TEXT}style-name"), "paragraph", look), looks)
    text, rule = read_pieces(pieces)
    return Value(clean(text), rule)


def _pieces(line: etree._Element, look: Look, looks: Looks) -> Iterator[Piece]:
    """Text of a paragraph; runs of spaces and breaks are elements of their own, notes and what is hidden left out."""
    yield from _piece(line.text, look)
    for element in line:
        if element.tag == f"{TEXT}s":
            yield Piece(" " * min(int(element.get(f"{TEXT}c", "1")), _MOST_SPACES))
        elif element.tag == f"{TEXT}tab":
            yield Piece(" ")
        elif element.tag == f"{TEXT}line-break":
            yield Piece("\n")
        elif element.tag not in _UNREAD and isinstance(element.tag, str):
            yield from _pieces(element, looks.of(element.get(f"{TEXT}style-name"), "text", look), looks)
        yield from _piece(element.tail, look)


def _piece(text: str | None, look: Look) -> Iterator[Piece]:
    if text and not look.hidden:
        yield Piece(legacy_to_unicode(_SPACES.sub(" ", text), look.font), look.raised, look.struck)
