"""Tables as CSV files below `var/reports`, escaped so that no spreadsheet executes a cell."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chiso.province.text import looks_like_formula


def export(folder: Path, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Path]:
    """Writes `<name>.csv` (UTF-8 with BOM) for each table; a reader never meets half a file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [_write(folder / f"{name}.csv", rows) for name, rows in tables.items()]


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    scratch = path.with_suffix(f".{os.getpid()}.part")
    with scratch.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(list(rows[0]) if rows else [])
        writer.writerows([_safe(value) for value in row.values()] for row in rows)
    scratch.replace(path)
    return path


def _safe(value: object) -> object:
    """Text that would be executed gets an apostrophe in front, as spreadsheets themselves quote it."""
    return f"'{value}" if isinstance(value, str) and looks_like_formula(value) else value
