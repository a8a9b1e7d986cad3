"""What a person reads in an element of a web page: neither what is hidden nor what runs, form fields by their value."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import groupby
from typing import Any, Literal

from lxml import etree

from chiso.province.text import legacy_to_unicode
from chiso.staging.workbook.cells import Piece, clean, read_pieces

_SILENT = frozenset({"script", "style", "title", "head", "meta", "template", "datalist", "rt", "rp", "button"})
_BLOCKS = frozenset({"address", "article", "blockquote", "body", "caption", "center", "dd", "div", "dl", "dt", "fieldset",
                     "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "td",
                     "th", "tr", "ul"})
_CELLS = frozenset({"tr", "td", "th"})
_FIELDS = frozenset({"input", "select", "textarea"})
_UNREAD_INPUTS = frozenset({"hidden", "submit", "reset", "button", "image", "file", "password"})
_STRUCK = frozenset({"s", "del", "strike"})
_BOLD = frozenset({"b", "strong", "th"})
_SPACES = re.compile(r"[ \t\r\n\u00a0]+")
_FIGURE = re.compile(r"[0-9][0-9.,% ]*")
_BREAK = Piece("\n")


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks that stands in an element."""

    font: str | None = None
    bold: bool = False
    struck: bool = False
    raised: bool = False
    hidden: Literal["", "element", "text"] = ""
    """`text`: by its visibility, which an element within may change."""
    as_typed: bool = False
    """Line breaks of the source count."""


PLAIN = Look()


def look_within(outer: Look, element: Any) -> Look:
    """The look within an element that stands in text of the look `outer`."""
    attributes = element.attrib
    return _within(outer, element.tag, attributes.get("style", ""), attributes.get("face"), "hidden" in attributes)


def look_of(element: Any) -> Look:
    """The look within an element, by all that it stands in."""
    return reduce(look_within, [*reversed(list(element.iterancestors())), element], PLAIN)


@lru_cache(maxsize=8192)
def _within(outer: Look, tag: str, style: str, face: str | None, hidden: bool) -> Look:
    stated = declarations(style)
    decoration = stated.get("text-decoration", "") + stated.get("text-decoration-line", "")
    return Look(
        font=face or stated.get("font-family", "").split(",")[0].strip("\"' ") or outer.font,
        bold=_is_bold(stated["font-weight"]) if "font-weight" in stated else outer.bold or tag in _BOLD,
        struck=outer.struck or "line-through" in decoration or (tag in _STRUCK and not decoration),
        raised=_is_raised(stated, tag, outer),
        hidden=_hidden(stated, outer, hidden),
        as_typed=stated["white-space"].startswith("pre") if "white-space" in stated else outer.as_typed or tag == "pre")


@lru_cache(maxsize=8192)
def declarations(style: str) -> dict[str, str]:
    """Properties of a `style` in lower case, but for the names of fonts; the last of each name counts."""
    pairs = (declared.partition(":") for declared in style.split(";"))
    stated = {name.strip().lower(): value.replace("!important", "").strip() for name, _, value in pairs if value.strip()}
    return {name: value if name == "font-family" else value.lower() for name, value in stated.items()}


def _is_bold(weight: str) -> bool:
    return weight in ("bold", "bolder") or (weight.isdecimal() and int(weight) >= 600)


def _is_raised(stated: dict[str, str], tag: str, outer: Look) -> bool:
    if tag in _CELLS:
        return False  # there it says where in the cell the text stands
    if "vertical-align" in stated:
        return stated["vertical-align"] in ("super", "sub")
    return outer.raised or tag in ("sup", "sub")


def _hidden(stated: dict[str, str], outer: Look, hidden: bool) -> Literal["", "element", "text"]:
    sizes = (stated.get("font-size", "1"), stated.get("opacity", "1"))
    if (outer.hidden == "element" or hidden or stated.get("display") == "none" or stated.get("mso-hide") == "all"
            or any(re.fullmatch(r"0(?:\.0*)?[a-z%]*", size) for size in sizes)):
        return "element"
    if "visibility" in stated:
        return "" if stated["visibility"] == "visible" else "text"
    return outer.hidden


# Text

def read(pieces: Iterable[Piece]) -> tuple[str | None, str | None]:
    """Text of pieces, and the rule that they break, if any; blank lines are left out."""
    text, rule = read_pieces(list(pieces))
    lines = [line for raw in text.split("\n") if (line := _SPACES.sub(" ", raw).strip())]
    if len(lines) > 1 and all(map(_FIGURE.fullmatch, lines)):
        rule = rule or "cell_in_pieces"
    return clean("\n".join(lines)), rule


def pieces(cell: Any, look: Look) -> Iterator[Piece]:
    """Text in a cell whose own look is `look`; blocks and fields stand on lines of their own.

    Rows and cells that stand in it without a table of their own are left out: to a browser they are the table's next.
    """
    yield from _text(cell.text, look)
    if len(cell):
        yield from _following(cell, look, None)


def lines_before(element: Any) -> list[str]:
    """Lines of the page's text above an element; those that are struck through are left out."""
    above = _following(element.getroottree().getroot(), PLAIN, element)
    lines = [read(line) for is_break, line in groupby(above, key=_BREAK.__eq__) if not is_break]
    return [line for text, rule in lines if text and not rule for line in text.split("\n")]


def _following(element: Any, look: Look, until: Any) -> Iterator[Piece]:
    """What follows an element's first text, up to the element `until`."""
    looks, tables = [look], int(until is not None)
    around = () if until is None else tuple(until.iterancestors())
    walk = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    next(walk)
    for event, node in walk:
        if node is until or node is element:
            return
        if event == "start":
            looks.append(look_within(looks[-1], node))
            tables += node.tag == "table"
            unread = (node.tag in _SILENT or (looks[-1].hidden == "element" and node not in around)
                      or (node.tag in _CELLS and not tables))
            if unread or node.tag in _FIELDS:
                walk.skip_subtree()
            yield from () if unread else _opening(node, looks[-1])
            continue
        if event == "end":
            tables -= node.tag == "table"
            is_hidden = looks.pop().hidden == "element"
            yield from (_BREAK,) if _is_apart(node) and not is_hidden else ()
        yield from _text(node.tail, looks[-1])


def _opening(node: Any, look: Look) -> Iterator[Piece]:
    if _is_apart(node) or node.tag == "br":
        yield _BREAK
    if node.tag in _FIELDS:
        yield from (replaced for value in _field_values(node) for replaced in (Piece(value), _BREAK))
    else:
        yield from _text(node.text, look)


def _is_apart(node: Any) -> bool:
    """Whether a person sees the element beside or below the text around it."""
    if node.tag in _BLOCKS or node.tag in _FIELDS:
        return True
    style = node.get("style")
    stated = declarations(style) if style else {}
    return (stated.get("display", "inline") not in ("inline", "none", "contents") or stated.get("float", "none") != "none"
            or stated.get("position") in ("absolute", "fixed"))


def _text(text: str | None, look: Look) -> Iterator[Piece]:
    if text and not look.hidden:
        shown = legacy_to_unicode(text if look.as_typed else _SPACES.sub(" ", text), look.font)
        yield Piece(shown, look.raised, look.struck)


def _field_values(field: Any) -> list[str]:
    """What a form's field shows: text that was typed, the choice, `x` for a tick."""
    if field.tag == "textarea":
        return [field.text or ""]
    if field.tag == "select":
        return _choices(field)
    kind = field.get("type", "text").lower()
    if kind in ("checkbox", "radio"):
        return ["x"] if "checked" in field.attrib else []
    return [] if kind in _UNREAD_INPUTS else [field.get("value", "")]


def _choices(field: Any) -> list[str]:
    """The selected options; without one, the first, or all of a list that stands open."""
    options = list(field.iter("option"))
    selected = [option for option in options if "selected" in option.attrib]
    is_open = "multiple" in field.attrib
    chosen = (selected if is_open else selected[-1:]) or (options if is_open else options[:1])
    return [option.get("label") or option.text_content() for option in chosen]
