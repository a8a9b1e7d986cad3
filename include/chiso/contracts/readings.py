"""Readings: how the text of a cell becomes a value. One table says all of each.

What turns one text into a value stands in `chiso.contracts.parsing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import pyarrow as pa

import chiso.system.arrow  # noqa: F401 - before the first list
from chiso.contracts import parsing
from chiso.contracts.parsing import Parser

ReadingName = Literal[
    "text",
    "count",
    "number",
    "percent",
    "printed",
    "flag",
    "mark",
    "timestamp",
    "date",
    "period",
    "choice",
    "unit",
    "agency",
]


@dataclass(frozen=True)
class Reading:
    """How texts of a column are read.

    sql: type in staging and warehouse. arrow: type in which typed blocks carry it; text for numbers with decimals,
    whose scale counts. kind: word (what may be a formula in disguise, and means the same in merged cells), figure (may
    be summed), mark, time. parse: makes a value of one text. what: for the documentation, with an example. blank: what
    a blank cell is where the contract says nothing.
    """

    name: ReadingName
    sql: str
    arrow: pa.DataType
    kind: Literal["word", "figure", "mark", "time"]
    parse: Parser
    what: str
    example: str
    blank: bool | None = None

    @property
    def sent(self) -> pa.DataType:
        """Type in which PostgreSQL is sent the column."""
        return pa.timestamp("us") if self.name == "timestamp" else self.arrow

    @property
    def is_decimal(self) -> bool:
        """Whether values are exact decimals, carried as text."""
        return self.sql == "numeric"


_TEXT = 'text COLLATE "C"'
_ALL = (
    Reading("text", _TEXT, pa.string(), "word", parsing.text, "as written, in NFC", "Trạm Y tế xã Đắk Long"),
    Reading(
        "count", "bigint", pa.int64(), "figure", parsing.count,
        "a whole number ≥ 0; `-` and `KPS` are 0; `1,014` could be either of two numbers and is rejected", "1.014",
    ),
    Reading(
        "number", "numeric", pa.string(), "figure", parsing.number,
        "a number with a decimal comma; a scale word in the cell (`tỷ`) is read beside the column's unit, another unit is rejected",
        "9.876,5",
    ),
    Reading(
        "percent", "numeric", pa.string(), "figure", parsing.percent,
        "a percentage with or without its sign, negative only where the column's minimum is; a dot before other than three digits "
        "is a decimal point, before three (`1.014`) it is rejected unless the column's maximum rules out 1014", "45,01%",
    ),
    Reading(
        "printed", "numeric", pa.string(), "figure", parsing.printed,
        "a figure as a document prints it, negative only where the column's minimum is; its decimals are kept, since they say "
        "how exact it is", "79,24%",
    ),
    Reading("flag", "boolean", pa.bool_(), "mark", parsing.flag, "0 or 1, true or false", "1"),
    Reading("mark", "boolean", pa.bool_(), "mark", parsing.mark, "`x` is yes; blank, `-` and `KPS` are no", "x", blank=False),
    Reading(
        "timestamp", "timestamp", pa.timestamp("s"), "time", parsing.timestamp,
        "a local time by the column's `format`, or an ISO time with its zone, kept as the local time", "27/06/2024 08:00:00",
    ),
    Reading(
        "date", "date", pa.date32(), "time", parsing.day,
        "a day, ISO or day before month, with a year of four digits; of a time with a zone, the local day", "27/06/2024",
    ),
    Reading(
        "period", "text", pa.string(), "word", parsing.period, "a period's code or words; kept as its code", "6 tháng đầu năm 2024"
    ),
    Reading(
        "choice", _TEXT, pa.string(), "word", parsing.choice,
        "one of the listed values, whatever its case and accents, or another spelling of one", "đã triển khai",
    ),
    Reading(
        "unit", _TEXT, pa.string(), "word", parsing.unit,
        "name or code of an administrative unit or agency of the column's `levels`; kept as its code", "xã Đắk Long",
    ),
    Reading("agency", _TEXT, pa.string(), "word", parsing.unit, "name or code of an agency; kept as its code", "Sở TT&TT"),
)  # fmt: skip
READINGS: Mapping[str, Reading] = {reading.name: reading for reading in _ALL}
"""By name."""
assert set(READINGS) == set(get_args(ReadingName))  # noqa: S101 - the type and the table are one
