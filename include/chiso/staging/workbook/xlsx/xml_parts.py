"""XML of office packages: parsed without looking anything up, whatever its encoding and the prefixes of its names."""

from typing import Any

from lxml import etree

OPTIONS: dict[str, Any] = {"resolve_entities": False, "no_network": True, "remove_comments": True, "remove_pis": True}


def parsed(xml: bytes | str) -> etree._Element:
    """The root. Raises XMLSyntaxError."""
    return etree.fromstring(xml, etree.XMLParser(**OPTIONS))


def flag(text: str | None, *, absent: bool = False) -> bool:
    """A truth value as XML writes it: 1, true, on."""
    return absent if text is None else text.strip().lower() in ("1", "true", "on")


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def forget(element: etree._Element) -> None:
    """Frees an element that was read, and those before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        del parent[:-1]
