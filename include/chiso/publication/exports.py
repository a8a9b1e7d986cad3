"""Tables as CSV files below `var/reports`, escaped so that no spreadsheet executes a cell."""

import csv
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from chiso.system.visible import visible

Row = Mapping[str, Any]

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Signs that show nothing, though Unicode counts them as letters and symbols."""


def export(folder: Path, tables: Mapping[str, Iterable[Row]]) -> list[Path]:
    """Writes `<name>.csv` (UTF-8 with BOM) for each table; a reader never meets half a file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [_write(folder / f"{name}.csv", rows) for name, rows in tables.items()]


def _write(path: Path, rows: Iterable[Row]) -> Path:
    scratch = path.with_suffix(f".{os.getpid()}.part")
    with scratch.open("w", encoding="utf-8-sig", newline="") as file:
        write_csv(file, rows)
    scratch.replace(path)
    return path


def write_csv(stream: TextIO, rows: Iterable[Row]) -> None:
    """Writes the rows below the first one's keys, each cell as `cell` gives it."""
    writer = csv.writer(stream)
    header: list[str] = []
    for row in rows:
        if not header:
            header = list(row)
            writer.writerow(header)
        writer.writerow([cell(row[name]) for name in header])


def cell(value: object) -> object:
    """A value as an export shows it: text safe to show, with an apostrophe in front where a spreadsheet might execute it."""
    if value is None or isinstance(value, int | float | Decimal | date):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"'{visible(text)}" if _may_execute(text) else visible(text)


def _may_execute(text: str) -> bool:
    """Whether it begins, after whatever can't be seen, with a sign that begins a formula, and is no plain number."""
    first = next((sign for sign in text if not _is_blank(sign)), "")
    begins_formula = unicodedata.normalize("NFKC", first)[:1] in ("=", "+", "-", "@") if first else False
    return begins_formula and not _PLAIN_NUMBER.fullmatch(text)


def _is_blank(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "ZCM" or sign in _BLANK_LETTERS
