"""Answers in their public shape, in one place: the names and values that JSON and CSV have."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from chiso.indicators import KnownValue, Standing

_NESTED = ("missing", "baseline", "trajectory", "forecast")


def public(answer: KnownValue | Standing) -> dict[str, Any]:
    """As JSON has it; a moment as ISO text."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(answer).items()}


def flat(answer: KnownValue | Standing) -> dict[str, Any]:
    """As a line of CSV: without what has several lines itself; objects as JSON text, blank where there is none."""
    row = {name: value for name, value in public(answer).items() if name != "components"}
    nested = {name: row[name] for name in _NESTED if name in row}
    return row | {name: json.dumps(value, ensure_ascii=False, default=str) if value else None for name, value in nested.items()}
