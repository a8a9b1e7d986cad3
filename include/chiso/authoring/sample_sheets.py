"""A form without a contract: where its header stands, told by what stands below it."""

from dataclasses import dataclass
from pathlib import Path

from chiso.authoring.samples import MOST_ROWS, Sample, SampleColumn
from chiso.staging.workbook.findings import Findings
from chiso.staging.workbook.form import wording
from chiso.staging.workbook.form.header import MAX_LEVELS, ORDINAL_KEYS, SEARCHED_ROWS, key, paths_over
from chiso.staging.workbook.form.reading import open_sheets
from chiso.staging.workbook.grids import Grid
from chiso.system.errors import UsageError

_LEAST_COLUMNS = 2


@dataclass(frozen=True)
class _Head:
    """First and last row, and the texts over each sheet column."""

    top: int
    bottom: int
    paths: dict[int, list[str]]


def read_form_sample(path: Path) -> Sample:
    """The form of the sheet whose header has most columns. Raises UsageError where no sheet has any, DeliveryRefused."""
    sheets = open_sheets(path, None, Findings(path.name, "", path.stem))
    found = [(grid, head) for sheet in sheets if not sheet.hidden for grid in [sheet.load()] if (head := _head(grid))]
    if not found:
        raise UsageError(f"{path.name}: no sheet has a header with rows of figures below it.")
    grid, head = max(found, key=lambda each: len(each[1].paths))
    return _sample(grid, head)


def _head(grid: Grid) -> _Head | None:
    """The header: rows of words alone, right above rows with figures or marks. Of several the one with most columns."""
    candidates = []
    for top in range(min(grid.height, SEARCHED_ROWS)):
        if len(_words(grid, top)) < _LEAST_COLUMNS or _figures(grid, top):
            continue
        bottom = _bottom(grid, top)
        if bottom is not None:
            candidates.append(_Head(top, bottom, paths_over(grid, top, bottom)))
    return max(candidates, key=lambda head: (len(head.paths), head.bottom - head.top, -head.top), default=None)


def _bottom(grid: Grid, top: int) -> int | None:
    """The last row of a header that begins at `top`; None where none does."""
    merged = max((span.bottom for span in grid.merges if span.top == top), default=top)
    for bottom in range(top, min(top + MAX_LEVELS, grid.height - 1)):
        if bottom > top and (_figures(grid, bottom) or not _words(grid, bottom)):
            return None
        if bottom >= merged and _is_body(grid, bottom + 1):
            return bottom
    return None


def _is_body(grid: Grid, row: int) -> bool:
    """Whether a row is no part of a header: it numbers the columns, or has figures, or is a section's heading over such rows."""
    texts = [text for text in grid.row(row) if text]
    if wording.column_numbers(texts) is not None or _figures(grid, row):
        return bool(texts)
    return len(texts) in (1, 2) and row + 1 < grid.height and bool(_figures(grid, row + 1)) and not _spans(grid, row)


def _spans(grid: Grid, row: int) -> bool:
    """Whether a merge that began above reaches into the row, as in headers of several levels."""
    return any(span.top < row <= span.bottom for span in grid.merges)


def _words(grid: Grid, row: int) -> list[int]:
    return [place for place, text in enumerate(grid.row(row)) if text and any(map(str.isalpha, text)) and not _is_figure(text)]


def _figures(grid: Grid, row: int) -> list[int]:
    return [place for place, text in enumerate(grid.row(row)) if text and _is_figure(text)]


def _is_figure(text: str) -> bool:
    return text.lower() == "x" or wording.is_figure(text)


def _sample(grid: Grid, head: _Head) -> Sample:
    places = [place for place, path in head.paths.items() if key(path[-1]) not in ORDINAL_KEYS | {"ghichu"}]
    rows, headings = _rows(grid, head, places)
    plain = [row for row in rows if not any((row, place) in grid.bold for place in places)]
    rows = plain if 2 * len(plain) > len(rows) else rows  # those in bold stand over the others
    titles = [text for row in range(head.top) for text in grid.row(row) if text]
    columns = [SampleColumn(head.paths[place], [_text(grid, row, place) for row in rows]) for place in places]
    return Sample("workbook", columns, [*grid.before(), *titles], headings)


def _rows(grid: Grid, head: _Head, places: list[int]) -> tuple[list[int], list[str]]:
    """Rows of data, down to the foot, and the headings between them. Totals and numbering rows are passed over."""
    rows: list[int] = []
    headings: list[str] = []
    for row in range(head.bottom + 1, grid.height):
        texts = [text for text in grid.row(row) if text]
        if not texts or wording.column_numbers(texts) is not None:
            continue
        own = [text for place in places if (text := grid.text(row, place))]
        if rows and any(map(wording.is_foot, texts)) and not _figures(grid, row):
            break
        if any(wording.is_total(text) or wording.is_closing(text) for text in texts):
            continue
        if len(own) < 2 or _is_group(grid, row, head):
            headings.append(max(texts, key=len))
        else:
            rows.append(row)
        if len(rows) == MOST_ROWS:
            break
    return rows, headings


def _is_group(grid: Grid, row: int, head: _Head) -> bool:
    """Whether the row is numbered like one that stands over others: I, II, A."""
    ordinal = next((place for place, path in head.paths.items() if key(path[-1]) in ORDINAL_KEYS), None)
    text = grid.text(row, ordinal) if ordinal is not None else None
    return bool(text) and wording.rank_of(text or "") != "name"


def _text(grid: Grid, row: int, place: int) -> str | None:
    """The text of a cell; the same for all rows of a merged one."""
    text = grid.text(row, place)
    if text is not None:
        return text
    span = next((span for span in grid.merges if span.left == place and span.top < row <= span.bottom), None)
    return grid.text(span.top, place) if span else None
