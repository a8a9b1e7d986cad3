"""An .xlsx of the cells of a workbook that came in another format, with comments."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

AUTHOR = "Chỉ Số"
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
_LONGEST_TEXT = 32_767


@dataclass(frozen=True)
class Page:
    """A sheet as texts. merges: first row and column, last row and column; bold: rows and columns; all counted from 0."""

    name: str
    rows: Sequence[Sequence[str | None]]
    hidden: bool = False
    merges: Sequence[tuple[int, int, int, int]] = ()
    bold: Container[tuple[int, int]] = frozenset()


def write_workbook(path: Path, pages: Sequence[Page], comments: Mapping[str, Mapping[str, str]]) -> None:
    """Writes the sheets; comments: sheet → cell (A1) → text."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        looks = {False: book.add_format({"text_wrap": True}), True: book.add_format({"text_wrap": True, "bold": True})}
        taken: set[str] = set()
        for page in pages:
            sheet = book.add_worksheet(_name(page.name, taken))
            if page.hidden and len(pages) > 1:
                sheet.hide()
            for row, texts in enumerate(page.rows):
                for column, text in enumerate(texts):
                    if text is not None:
                        sheet.write_string(row, column, text[:_LONGEST_TEXT], looks[(row, column) in page.bold])
            for top, left, bottom, right in page.merges:
                text = page.rows[top][left] if top < len(page.rows) and left < len(page.rows[top]) else None
                sheet.merge_range(top, left, bottom, right, (text or "")[:_LONGEST_TEXT], looks[(top, left) in page.bold])
            for cell, said in comments.get(page.name, {}).items():
                sheet.write_comment(cell, said[:_LONGEST_TEXT], {"author": AUTHOR, "x_scale": 2, "y_scale": 2})
        shown = next((place for place, page in enumerate(pages) if not page.hidden), 0)
        book.worksheets()[shown].activate()


def _name(wanted: str, taken: set[str]) -> str:
    """A name that a sheet may have, and no other has."""
    base = _FORBIDDEN.sub(" ", wanted).strip("' ")[:_LONGEST_NAME] or "Sheet"
    name, number = base, 1
    while name.casefold() in taken:
        number += 1
        name = f"{base[: _LONGEST_NAME - 4]} {number}"
    taken.add(name.casefold())
    return name
