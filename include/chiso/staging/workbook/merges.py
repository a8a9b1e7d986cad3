"""Merged cells that can stand beside one another."""

from collections.abc import Iterable

from chiso.staging.workbook.cells import a1
from chiso.staging.workbook.grids import MAX_COLUMNS, Span


def settled(spans: Iterable[Span]) -> tuple[list[Span], list[str]]:
    """The merges as far as columns are read, and references of those that overlap another or have no cells."""
    taken = [-1] * MAX_COLUMNS
    """For each column the last row that a merge takes."""
    sound: list[Span] = []
    odd: list[str] = []
    for span in sorted(spans, key=lambda span: (span.top, span.left)):
        columns = range(span.left, min(span.right, MAX_COLUMNS - 1) + 1)
        if span.right < span.left or span.bottom < span.top or any(taken[column] >= span.top for column in columns):
            odd.append(f"{a1(span.top, span.left)}:{a1(span.bottom, span.right)}")
        elif columns:
            sound.append(Span(span.top, span.left, span.bottom, columns[-1]))
            for column in columns:
                taken[column] = span.bottom
    return sound, odd
