"""Figures of a column as numbers, to see which rows others sum. What is loaded is cast elsewhere, and exactly."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chiso.contracts import Column
from chiso.province import numbers
from chiso.province.numbers import Malformed

_GROUPED = r"^[0-9]{1,3}(?:\.[0-9]{3})+$"
_DECIMAL = r"^(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+$"


def amounts(texts: pa.ChunkedArray, column: Column) -> np.ndarray:
    """A number for each text, in the printed unit: 0 for a blank, NaN for one that can't be read."""
    raw = texts.combine_chunks()
    plain = pc.ascii_is_decimal(raw)
    if not pc.all(plain).as_py():
        form = _GROUPED if column.reading == "count" else f"{_GROUPED}|{_DECIMAL}"
        regular = pc.match_substring_regex(raw, form)
        written = pc.replace_substring(pc.replace_substring(raw, ".", ""), ",", ".")
        raw = pc.if_else(regular, written, raw)
        plain = pc.or_(plain, regular)
    result = np.array(pc.fill_null(pc.cast(pc.if_else(plain, raw, None), pa.float64()), 0.0))
    odd = pc.indices_nonzero(pc.invert(pc.fill_null(plain, True)))
    known: dict[str, float] = {}
    for place, text in zip(odd.to_pylist(), raw.take(odd).to_pylist(), strict=True):
        if text not in known:
            known[text] = _amount(text, column)
        result[place] = known[text]
    return result


def _amount(text: str, column: Column) -> float:
    counts = column.reading == "count"
    found = numbers.parse_count(text) if counts else numbers.parse_number(text, column.figure_unit)
    return float("nan") if isinstance(found, Malformed) else float(found)
