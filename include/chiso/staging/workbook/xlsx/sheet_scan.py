"""Cells of a worksheet's XML as nearly every program writes it, many at once and in bounded memory.

Of any other XML, sheet_xml makes the same cells.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.staging.pipeline import applied_ahead
from chiso.staging.workbook.grids import MAX_COLUMNS, SUSPICIOUS, Formula
from chiso.staging.workbook.xlsx.sheet_xml import (
    MAX_COLUMN,
    MAX_ROW,
    Cells,
    SharedFormulas,
    column_number,
    hidden_columns,
)
from chiso.staging.workbook.xlsx.xml_blocks import Blocks, IrregularXmlError, decoded, split
from chiso.staging.workbook.xlsx.xml_parts import parsed

_HIDDEN = re.compile(rb' hidden="(?:1|true)"')
_ROW_TAG = re.compile(rb'<row r="([1-9]\d{0,6})"((?: [\w:.]+="[^"<>]*")*)\s*(/?)>|</row>')
_ROWS = r"\s*(?:</?row\b[^<>]*>\s*)*"
_BEFORE = re.compile(_ROWS)
_CELL = (r'(?s)^r="(?P<letters>[A-Z]{1,3})(?P<row>[1-9][0-9]{0,6})"(?: s="(?P<style>[0-9]{1,6})")?(?: t="(?P<kind>[A-Za-z]+)")?'
         r'(?: */>|>(?:<v>(?P<value>[^<]*)</v>|<v */>|<is><t(?: xml:space="preserve")?>(?P<text>[^<]*)</t></is>'
         rf"|(?P<formula><f[ />].*))?</c>){_ROWS}$")
"""What follows `<c `, up to the next cell."""
_FORMULA = (r'(?s)^<f(?P<told>(?: [\w:.]+="[^"<>]*")*)\s*(?:/>|>(?P<formula>[^<]*)</f>)'
            r"(?:(?P<empty><v */>|<v></v>)|<v>(?P<value>[^<]+)</v>)?$")
_SHARE = re.compile(r' si="([^"]*)"')


def scanned(stream: IO[bytes]) -> Iterator[Cells]:
    """Cells in blocks. Raises IrregularXmlError, sometimes after cells were yielded."""
    blocks = Blocks(stream, b"sheetData", b"row")
    shared = SharedFormulas()
    for block, found in applied_ahead(_matched, iter(blocks)):
        yield _Scan(found, shared).cells(_hidden_rows(block))
    sheet = parsed(blocks.outside)
    merges = tuple(merge.get("ref", "") for merge in sheet.iterfind("{*}mergeCells/{*}mergeCell"))
    hidden = frozenset(column for entry in sheet.iterfind("{*}cols/{*}col") for column in hidden_columns(entry))
    yield replace(_Scan(_matched(b""), shared).cells(), merges=merges, hidden_columns=hidden)


def _matched(block: bytes) -> pa.StructArray:
    """What the cells' pattern finds."""
    before, pieces = split(block, "<c ")
    found = pc.extract_regex(pieces, _CELL)
    if found.null_count or not _BEFORE.fullmatch(before):
        raise IrregularXmlError
    return found


def _hidden_rows(block: bytes) -> frozenset[int]:
    """From 0. Raises IrregularXmlError where rows aren't one after the other, each with its number."""
    tags = _ROW_TAG.findall(block)
    steps = np.array([-1 if not number else 0 if closed else 1 for number, _, closed in tags], np.int64)
    open_rows = np.cumsum(steps)
    if len(tags) != block.count(b"<row") + block.count(b"</row") or (open_rows < 0).any() or (open_rows > 1).any():
        raise IrregularXmlError
    return frozenset(int(number) - 1 for number, told, _ in tags if b"hidden" in told and _HIDDEN.search(told))


class _Scan:
    """Cells of a block as their pattern found them; those in which anything stands."""

    def __init__(self, found: pa.StructArray, shared: SharedFormulas) -> None:
        self._found, self._shared = found, shared
        self._columns = _column_numbers(found.field("letters"))
        if (self._columns >= MAX_COLUMN).any():
            raise IrregularXmlError
        kept = np.logical_or.reduce([*(_says(found.field(name)) for name in ("value", "text", "formula")),
                                     np.asarray(pc.equal(found.field("kind"), "e"))])
        kept &= self._columns < MAX_COLUMNS
        if not kept.all():
            self._found, self._columns = found.filter(pa.array(kept)), self._columns[kept]

    def cells(self, hidden: frozenset[int] = frozenset()) -> Cells:
        """hidden: rows of the block."""
        rows, styles = self._numbers("row"), self._numbers("style")
        if (rows > MAX_ROW).any():
            raise IrregularXmlError
        kinds, values, formulas = self._field("kind"), self._field("value"), self._field("formula")
        kinds = pc.if_else(pc.equal(kinds, ""), "n", kinds)
        in_place = _says(self._field("text"))
        if in_place.any():
            kinds = pc.if_else(pa.array(in_place), "inlineStr", kinds)
            values = pc.if_else(pa.array(in_place), self._field("text"), values)
        suspects: dict[int, Formula] = {}
        if _says(formulas).any():
            values, suspects = self._calculated(values, kinds, formulas)
        if not _says(values).all():
            values = pc.if_else(pc.equal(values, ""), None, values)
        return Cells(rows - 1, self._columns, styles, kinds, decoded(values), suspects, hidden=hidden)

    def _field(self, name: str) -> pa.Array:
        return self._found.field(name)

    def _numbers(self, name: str) -> np.ndarray:
        digits = self._field(name)
        told = _says(digits)
        if not told.any():
            return np.zeros(len(digits), np.int64)
        return np.asarray((digits if told.all() else pc.if_else(pa.array(told), digits, "0")).cast(pa.int64()))

    def _calculated(self, values: pa.Array, kinds: pa.Array, formulas: pa.Array) -> tuple[pa.Array, dict[int, Formula]]:
        """The values with those that stand behind formulas, and the formulas to be looked at."""
        is_formula = pc.not_equal(formulas, "")
        found = pc.extract_regex(formulas.filter(is_formula), _FORMULA)
        if found.null_count:
            raise IrregularXmlError
        places = np.flatnonzero(is_formula)
        stored = pc.or_(pc.not_equal(found.field("value"), ""),
                        pc.and_(pc.equal(kinds.filter(is_formula), "str"), pc.not_equal(found.field("empty"), "")))
        suspects = self._suspects(decoded(found.field("formula")), found.field("told"), stored)
        return (pc.replace_with_mask(values, is_formula, found.field("value")),
                {int(places[position]): formula for position, formula in suspects})

    def _suspects(self, texts: pa.Array, told: pa.Array, stored: pa.Array) -> Iterator[tuple[int, Formula]]:
        looked_at = pc.or_(pc.invert(stored), pc.match_substring_regex(texts, SUSPICIOUS))
        if self._shared.execute or pc.any(looked_at).as_py():
            looked_at = pc.or_(looked_at, pc.match_substring(told, " si="))
        for position in np.flatnonzero(looked_at).tolist():
            share = _SHARE.search(told[position].as_py())
            formula = self._shared.suspect(texts[position].as_py(), share and share[1], stored=stored[position].as_py())
            if formula:
                yield position, formula


def _column_numbers(letters: pa.Array) -> np.ndarray:
    names = letters.dictionary_encode()
    numbers = np.array([column_number(name) for name in names.dictionary.to_pylist()], np.int64)
    return np.take(numbers, np.asarray(names.indices))


def _says(texts: pa.Array) -> np.ndarray:
    """For each whether it isn't empty."""
    return np.asarray(pc.binary_length(texts)) > 0
