"""Answers in their public shape, in one place: the names and values that JSON and CSV have."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from chiso.indicators import KnownValue, Standing


def public(answer: KnownValue | Standing) -> dict[str, Any]:
    """As JSON has it; a moment as ISO text."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(answer).items()}


def flat(answer: KnownValue | Standing) -> dict[str, Any]:
    """As a line of CSV: without what has several lines itself; what is missing as JSON text, blank where nothing is."""
    row = {name: value for name, value in public(answer).items() if name != "components"}
    return row | {"missing": json.dumps(row["missing"], ensure_ascii=False) if row["missing"] else None}
