"""What the library leaves out of an .xls file: which of its formulas were never calculated.

The format keeps a result beside each formula, and programs that can't calculate write 0 or an empty text there. Such a
result is none where the formula asks to be calculated when the file is opened, and where nobody ever calculated the
workbook: Excel would have left its number in it (RecalcId), any other program at least one other result. An
empty text or 0 in a workbook that was calculated is what the formula gave.
"""

import struct
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from chiso.staging.workbook.grids import Place

_BOF, _EOF = 0x0809, 0x000A
_FORMULA, _UNCALCED, _RECALC_ID = 0x0006, 0x005E, 0x01C1
_HEAD = struct.Struct("<HH")
_CELL = struct.Struct("<HHH8sH")
_CALCULATE_ON_OPENING = 0x0002
_NO_RESULT = (bytes(8), b"\x03\x00\x00\x00\x00\x00\xff\xff")
"""The number 0 and the empty text."""


class _Result(NamedTuple):
    place: Place
    is_void: bool
    asks: bool
    """To be calculated when the file is opened."""


class Formulas:
    """Formulas of a workbook."""

    def __init__(self, stream: bytes, start: int, sheets: list[int]) -> None:
        """stream: holds the workbook's records, from `start`. sheets: where each worksheet begins in it."""
        self._stream, self._start, self._starts = stream, start, sheets

    def uncalculated(self, number: int) -> set[Place]:
        """Cells of a sheet, by its place among the worksheets, whose formula has no result."""
        pending, results = self._sheets[number]
        return {result.place for result in results if pending or (result.is_void and (result.asks or self._never_calculated))}

    @cached_property
    def _never_calculated(self) -> bool:
        by_excel = any(kind == _RECALC_ID for kind, _ in _records(self._stream, self._start))
        return not by_excel and all(result.is_void for _, results in self._sheets for result in results)

    @cached_property
    def _sheets(self) -> list[tuple[bool, list[_Result]]]:
        """For each sheet, whether calculations were pending when it was saved, and its formulas."""
        return [self._sheet(start) for start in self._starts]

    def _sheet(self, start: int) -> tuple[bool, list[_Result]]:
        pending, results = False, []
        for kind, data in _records(self._stream, start):
            pending = pending or kind == _UNCALCED
            if kind == _FORMULA and len(data) >= _CELL.size:
                row, column, _, result, flags = _CELL.unpack_from(data)
                results.append(_Result((row, column), result in _NO_RESULT, bool(flags & _CALCULATE_ON_OPENING)))
        return pending, results


def _records(stream: bytes, place: int) -> Iterator[tuple[int, memoryview]]:
    """Kinds and contents of the records from a BOF to its EOF; those of charts in a sheet are passed through."""
    view, depth = memoryview(stream), 0
    while place + _HEAD.size <= len(view):
        kind, length = _HEAD.unpack_from(view, place)
        place += _HEAD.size + length
        depth += (kind == _BOF) - (kind == _EOF)
        yield kind, view[place - length:place]
        if depth <= 0:
            return
