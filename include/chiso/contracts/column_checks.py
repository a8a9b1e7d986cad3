"""Whether what a contract says of a column, taken by itself and beside the other columns, can be meant."""

import re
from collections.abc import Iterator
from itertools import combinations

from chiso.contracts.columns import Column
from chiso.contracts.model import Contract
from chiso.province.text import fold, header_key

Fault = tuple[str, str]
"""Place in the contract, message."""

MOST_LEVELS = 4
"""Of a header."""
_TIME_PIECES = re.compile(r"yyyy|MM|dd|HH|mm|ss|'[^']*'|[^A-Za-z']")


def faults_of_columns(contract: Contract) -> Iterator[Fault]:
    """What is wrong, each with its place and mend."""
    for column in contract.columns:
        yield from _header(contract, column)
        yield from _absence(column)
        if not column.personal:
            yield from _bounds(column)
            yield from _listed(column)
            yield from _format(column)
            yield from _layout(contract, column)
    yield from _shared_headers(contract)


def _header(contract: Contract, column: Column) -> Iterator[Fault]:
    place = f"{column.name}.header" if column.terms.header is not None else f"{column.name}.businessName"
    if not column.header or not all(column.header):
        yield place, "has a level without a name; give each level at least one"
        return
    if any(not header_key(name) for level in column.header for name in level):
        yield place, "has a name without a letter or digit outside brackets, by which no header can be known"
    if len(column.header) > MOST_LEVELS:
        yield place, f"has {len(column.header)} levels; a header has at most {MOST_LEVELS}"
    if len(column.header) > 1 and contract.terms.delivery.format != "workbook":
        yield place, "has several levels, which only a workbook's header has"


def _absence(column: Column) -> Iterator[Fault]:
    if column.optional_header and column.required and column.terms.blank == "missing":
        yield f"{column.name}.optional_header", "its values are required, so its header can't be missing; drop one of the two"
    if column.optional_header and column.key:
        yield f"{column.name}.optional_header", "is a part of the key, so its header can't be missing"
    if column.terms.blank == "none" and column.how.kind == "mark":
        yield f"{column.name}.blank", "a blank mark is no; `none` goes with words, numbers and times"


def _bounds(column: Column) -> Iterator[Fault]:
    low, high, blank = column.minimum, column.maximum, column.default
    if low is not None and high is not None and low > high:
        yield f"{column.name}.logicalTypeOptions", f"no value lies between minimum {low:f} and maximum {high:f}; swap them"
    outside = blank is not None and ((low is not None and blank < low) or (high is not None and blank > high))
    if outside:
        yield f"{column.name}.blank", f"a blank stands for {blank}, which minimum and maximum don't admit"
    if column.reading == "count" and column.maximum is not None and column.maximum < 0:
        yield f"{column.name}.logicalTypeOptions", "a count is never negative; use the reading `number`"


def _listed(column: Column) -> Iterator[Fault]:
    place, values = f"{column.name}.enum", [str(value) for value in column.enum]
    if values and column.reading not in ("choice", "count", "number"):
        yield place, f"listed values go with the reading `choice` or with numbers, not with {column.reading}"
    if values and column.how.kind == "figure" and not all(isinstance(value, int) for value in column.enum):
        yield place, f"the reading is {column.reading}, so listed values are whole numbers without quotes"
    lowered = [value.lower() for value in values]
    yield from ((place, f"{value!r} is listed twice") for value in sorted({v for v in lowered if lowered.count(v) > 1}))
    if column.terms.choices and column.reading != "choice":
        yield f"{column.name}.choices", "goes with the reading `choice`, whose values are listed"
    meant: dict[str, str] = {}
    for value, spellings in column.terms.choices.items():
        for spelling in spellings:
            other = meant.setdefault(fold(spelling), value)
            if other != value:
                yield f"{column.name}.choices", f"{spelling!r} would mean {other!r} and {value!r}; leave it to one of them"


def _format(column: Column) -> Iterator[Fault]:
    if column.format is not None and column.reading == "timestamp":
        pieces = _TIME_PIECES.findall(column.format)
        if "".join(pieces) != column.format or not {"dd", "MM", "yyyy"} <= set(pieces):
            yield (
                f"{column.name}.logicalTypeOptions.format",
                f"{column.format!r} can't be read; write days, months and years as dd, MM and yyyy, times as HH:mm:ss",
            )
    if column.pattern is None:
        return
    place = f"{column.name}.logicalTypeOptions.pattern"
    if column.how.kind != "word":
        yield place, f"goes with words; the reading is {column.reading}, so use minimum and maximum"
    elif fault := pattern_fault(column.pattern):
        yield place, f"can't be used ({fault}); look-around and back-references are unknown to RE2"


def pattern_fault(pattern: str) -> str | None:
    """Why RE2 can't read a regular expression; None where it can."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as fault:
        return str(fault).split(": ", 1)[-1]
    return None


def _layout(contract: Contract, column: Column) -> Iterator[Fault]:
    if contract.terms.delivery.format == "workbook":
        return
    if column.terms.blank == "above":
        yield f"{column.name}.blank", "only a workbook has something above a blank"
    if column.terms.split:
        yield f"{column.name}.split", "only a workbook's cells hold several values"


# --- Two columns under one header ---


def _shared_headers(contract: Contract) -> Iterator[Fault]:
    usable = [column for column in contract.columns if column.header and all(column.header)]
    clash = _in_workbook if contract.terms.delivery.format == "workbook" else _in_text
    for one, other in combinations(usable, 2):
        if shared := clash(one, other):
            yield other.name, f"the header “{shared}” is {one.name}'s too, so they can't be told apart; leave it to one of them"


def _in_workbook(one: Column, other: Column) -> str | None:
    """A header that is both columns', as a form's reader matches them: by the top and the lowest level."""
    if len(one.header) != len(other.header):
        return None  # the one that more levels agree with has it
    tops, lows = _common(one.header[0], other.header[0]), _common(one.header[-1], other.header[-1])
    if not tops or not lows:
        return None
    return tops[0] if len(one.header) == 1 else f"{tops[0]} › {lows[0]}"


def _in_text(one: Column, other: Column) -> str | None:
    shared = _common([*one.header[-1], one.name], [*other.header[-1], other.name])
    return shared[0] if shared else None


def _common(one: list[str], other: list[str]) -> list[str]:
    keys = {_key(name) for name in other}
    return [name for name in one if _key(name) in keys]


def _key(name: str) -> str:
    return header_key(name).replace("y", "i")
