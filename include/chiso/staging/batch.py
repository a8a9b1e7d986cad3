"""What every reader yields: rows as delivered, in columns of text, with where each stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa


@dataclass(frozen=True)
class Broken:
    """A cell or line that can't be taken as it is. column None: the whole line. line: where it stands, if not in `row`.

    rejects: whether its row is rejected; else the value counts, with a warning. readings: numbers that may have been meant.
    """

    row: int
    column: str | None
    rule: str
    value: str | None
    details: dict[str, object] = field(default_factory=dict)
    line: int | None = None
    rejects: bool = True
    readings: tuple[int | Decimal, ...] = ()


@dataclass(frozen=True)
class RawBatch:
    """Rows in reading order.

    rows: int64, unique: the sheet row, the physical line of a CSV record (header = 1), the ordinal of a JSON record.
    lines: the physical line on which each record starts, where it isn't `rows` (several JSON records may share one).
    values: contract column → text as delivered (null = blank), each as long as `rows`.
    within: form rows only: code of the district above the row.
    broken: lines that could not be split into fields; they stand in `rows` too, with null values.
    unended: the row of a last record after which no line ends: it may be cut.
    """

    rows: pa.Array
    values: Mapping[str, pa.Array]
    within: pa.Array | None = None
    lines: pa.Array | None = None
    broken: list[Broken] = field(default_factory=list)
    unended: int | None = None
