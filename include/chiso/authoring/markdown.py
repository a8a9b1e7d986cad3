"""Pieces that rendered pages have in common."""

from collections.abc import Iterable, Sequence

from chiso.province.units import Reference

GENERATED = "<!-- Rendered by `chiso source docs`; change the contract, suite or catalogue instead. -->\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; signs that would end a cell are escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def agency(code: str, reference: Reference) -> str:
    """An agency's name and code."""
    name = next((each.name for each in reference.agencies if each.code == code), "unknown")
    return f"{name} (`{code}`)"
