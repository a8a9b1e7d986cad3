"""What the styles of an .ods file say of text, cells, rows, columns and tables."""

from dataclasses import dataclass

from lxml import etree

from chiso.staging.workbook.shown_units import unit_in

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, STYLE, TABLE, TEXT = (f"{{{_NAMESPACE}{name}:1.0}}" for name in ("office", "style", "table", "text"))
_FO, _SVG = (f"{{{_NAMESPACE}{name}-compatible:1.0}}" for name in ("xsl-fo", "svg"))
_NUMBER = f"{{{_NAMESPACE}datastyle:1.0}}"


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks, by a style and what it inherits.

    hidden: of text, a table or whatever has the style. scaled: numbers are shown divided, as by a thousand.
    units: what is shown beside a number.
    """

    bold: bool = False
    font: str = ""
    struck: bool = False
    raised: bool = False
    hidden: bool = False
    scaled: bool = False
    units: frozenset[str] = frozenset({""})


class Looks:
    """Looks by name of style."""

    def __init__(self, parts: list[etree._Element]) -> None:
        """parts: roots of content.xml and, if there is one, styles.xml; the first that has a style decides."""
        self._styles: dict[tuple[str, str], etree._Element] = {}
        self._scaled: set[str] = set()
        self._units: dict[str, frozenset[str]] = {}
        self._fonts: dict[str, str] = {}
        self._resolved: dict[tuple[Look, str, str], Look] = {}
        for part in parts:
            for style in part.iter(f"{STYLE}style", f"{STYLE}default-style"):
                self._styles.setdefault((style.get(f"{STYLE}family", ""), style.get(f"{STYLE}name", "")), style)
            self._scaled |= {style.get(f"{STYLE}name", "") for number in part.iter(f"{_NUMBER}number")
                             if number.get(f"{_NUMBER}display-factor", "1") != "1"
                             for style in number.iterancestors()}
            for style in part.iter(f"{_NUMBER}number-style", f"{_NUMBER}currency-style"):
                self._units.setdefault(style.get(f"{STYLE}name", ""), frozenset({_written(style)}))
            for style in part.iter(f"{_NUMBER}number-style", f"{_NUMBER}currency-style"):
                for other in style.iterchildren(f"{STYLE}map"):
                    applied = self._units.get(other.get(f"{STYLE}apply-style-name", ""), frozenset())
                    self._units[style.get(f"{STYLE}name", "")] |= applied
            for face in part.iter(f"{STYLE}font-face"):
                self._fonts.setdefault(face.get(f"{STYLE}name", ""), face.get(f"{_SVG}font-family", ""))

    def of(self, name: str | None, family: str, outer: Look = Look()) -> Look:
        """The look of what has the style of that name, within text of the look `outer`; `outer` for None."""
        if name is None:
            return outer
        key = (outer, family, name)
        if key not in self._resolved:
            self._resolved[key] = self._look(self._stated(name, family), outer)
        return self._resolved[key]

    def _stated(self, name: str, family: str) -> dict[str, str]:
        """Properties of a style; what it leaves open, its parents say, then the family's default."""
        stated: dict[str, str] = {}
        seen: set[str] = set()
        while (style := self._styles.get((family, name))) is not None and name not in seen:
            seen.add(name)
            for properties in (style, *style):
                stated = {str(key): str(value) for key, value in properties.attrib.items()} | stated
            name = style.get(f"{STYLE}parent-style-name", "")
        return stated

    def _look(self, stated: dict[str, str], outer: Look) -> Look:
        named = stated.get(f"{STYLE}font-name")
        font = (self._fonts.get(named) or named if named else None) or stated.get(f"{_FO}font-family") or outer.font
        weight, line = stated.get(f"{_FO}font-weight"), _line_through(stated)
        position = stated.get(f"{STYLE}text-position")
        return Look(
            bold=outer.bold if weight is None else weight == "bold" or (weight.isdecimal() and int(weight) >= 600),
            font=font.strip("'\" "),
            struck=outer.struck if line is None else line,
            raised=outer.raised if position is None else position.split(" ")[0] not in ("0%", "0", ""),
            hidden=outer.hidden or stated.get(f"{TABLE}display") == "false" or stated.get(f"{TEXT}display") == "none",
            scaled=stated.get(f"{STYLE}data-style-name") in self._scaled,
            units=self._units.get(stated.get(f"{STYLE}data-style-name", ""), outer.units))


def _written(style: etree._Element) -> str:
    """The unit that a number's style writes beside it."""
    return unit_in(" ".join(part.text or "" for part in style.iterchildren(f"{_NUMBER}text", f"{_NUMBER}currency-symbol")))


def _line_through(stated: dict[str, str]) -> bool | None:
    """Whether a line goes through; None where the style leaves it open."""
    told = [value for name in ("style", "type") if (value := stated.get(f"{STYLE}text-line-through-{name}"))]
    return any(value != "none" for value in told) if told else None
