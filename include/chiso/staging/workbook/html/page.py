"""A web page as a tree that lacks nothing, with the declarations of its style sheets beside those of each element."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from lxml import etree, html

from chiso.staging.workbook.findings import Findings

MAX_RULES = 4096
"""Of style sheets that hide, strike or raise text; exporters write a few hundred."""

_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_UTF8 = frozenset({"utf-8", "utf8"})
_UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title|xmp)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(/?)(table|tr|td|th)(?=[\s/>])", re.IGNORECASE)
_PRINTED = re.compile(r"@media[^{}]*\bprint\b[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.IGNORECASE)
_NOTES = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_TELLING = re.compile(r"display|visibility|mso-hide|text-decoration|vertical-align|font|white-space|float|position|opacity",
                      re.IGNORECASE)
_COMPOUND = re.compile(r"(?:[\w-]+|\*)?(?:[.#][\w-]+)*")
_NAME = re.compile(r"[.#]?[\w-]+")


def parsed(content: bytes, findings: Findings) -> Any:
    """The page's root. Raises DeliveryRefused where a part of a table would be lost."""
    text = decoded(content)
    parser = html.HTMLParser(no_network=True, huge_tree=True)
    page = html.document_fromstring(text, parser=parser)
    _check_complete(page, parser, text, findings)
    _apply_style_sheets(page, findings)
    return page


def decoded(content: bytes) -> str:
    """By its mark, as UTF-8, by its declaration, else as the Windows code page that legacy fonts were typed in."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    text = content.removeprefix(b"\xef\xbb\xbf")
    found = _CHARSET.search(text[:4096])
    declared = found[1].decode().lower() if found else "cp1252"
    for encoding, errors in (("utf-8", "strict"), (declared, "replace" if declared in _UTF8 else "strict")):
        try:
            return _without_declaration(text.decode(encoding, errors))
        except (UnicodeDecodeError, LookupError):
            continue
    return _without_declaration(text.decode("cp1252", "replace"))


def _without_declaration(text: str) -> str:
    """The page as text; the parser takes none that declares an encoding."""
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)


# Completeness

def _check_complete(page: Any, parser: Any, text: str, findings: Findings) -> None:
    """Refuses a page that was cut off, and one that is nested so deep that the parser left something out."""
    written = Counter[str]()
    depth = 0
    for closing, name in _TAG.findall(_UNSEEN.sub(" ", text)):
        if not closing:
            written[name.lower()] += 1
        if name.lower() == "table":
            depth = max(depth + (-1 if closing else 1), 0)
    if depth:  # the parser would close it, and the rows that were cut off would go unnoticed
        raise findings.damaged("thiếu </table>", "</table> is missing")
    read = Counter(element.tag for element in page.iter(*written))
    lost = ", ".join(f"<{name}>: {written[name] - read[name]}" for name in written if read[name] < written[name])
    if any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log):
        raise findings.damaged("thẻ lồng nhau quá sâu", "its tags are nested too deep")
    if lost:
        raise findings.damaged(f"có thẻ nằm sai chỗ, không đọc được ({lost})", f"tags stand where they can't be read ({lost})")


# Style sheets

class _Rule(NamedTuple):
    """What a selector such as `tr.note td` declares. Which of several ancestors comes first isn't looked at."""

    weight: tuple[int, int, int]
    names: frozenset[str]
    around: frozenset[str]
    declared: str


def _apply_style_sheets(page: Any, findings: Findings) -> None:
    """Writes what the page's own style sheets declare into the `style` of the elements that they select."""
    rules = sorted(_rules("\n".join(style.text or "" for style in page.iter("style"))), key=attrgetter("weight"))
    if len(rules) > MAX_RULES:
        raise findings.damaged(f"có {len(rules)} quy tắc định dạng", f"it has {len(rules)} rules of style")
    by_name: dict[str, list[_Rule]] = {}
    for rule in rules:
        by_name.setdefault(max(rule.names, key=_is_class, default="*"), []).append(rule)
    around = Counter[str]()
    for event, element in etree.iterwalk(page, events=("start", "end")) if rules else ():
        names = _names(element.tag, element.get("class", ""), element.get("id", ""))
        if event == "end":
            around.subtract(names)
            continue
        declared = _declared(names, by_name, around)
        if declared:
            element.set("style", f"{declared};{element.get('style', '')}")
        around.update(names)


def _rules(sheet: str) -> Iterator[_Rule]:
    screen = _PRINTED.sub(" ", _NOTES.sub(" ", sheet))
    for selectors, block in _RULE.findall(screen):
        telling = ";".join(filter(_TELLING.match, map(str.strip, block.split(";"))))
        for selector in selectors.split(",") if telling else ():
            compounds = selector.replace(">", " ").split()
            if compounds and all(map(_COMPOUND.fullmatch, compounds)):
                yield _rule([_NAME.findall(compound) for compound in compounds], telling)


def _rule(compounds: list[list[str]], declared: str) -> _Rule:
    names = [[name if name[0] in ".#" else name.lower() for name in compound] for compound in compounds]
    every = [name for compound in names for name in compound]
    weight = (sum(name.startswith("#") for name in every), sum(map(_is_class, every)), len(every))
    return _Rule(weight, frozenset(names[-1]), frozenset(name for other in names[:-1] for name in other), declared)


def _is_class(name: str) -> bool:
    return name.startswith(".")


@lru_cache(maxsize=4096)
def _names(tag: str, classes: str, identity: str) -> frozenset[str]:
    return frozenset([tag, *("." + name for name in classes.split()), *(["#" + identity] if identity else [])])


def _declared(names: frozenset[str], by_name: dict[str, list[_Rule]], around: Counter[str]) -> str:
    candidates = [rule for name in ("*", *names) for rule in by_name.get(name, ())]
    chosen = [rule for rule in candidates if rule.names <= names and all(around[name] > 0 for name in rule.around)]
    return ";".join(rule.declared for rule in sorted(chosen, key=attrgetter("weight")))
