"""Values in JSON: what the public shapes are written with."""

from datetime import date
from decimal import Decimal


def plain(value: object) -> object:
    """What JSON has no form of: decimals as numbers (double precision), dates in ISO form. Raises TypeError for anything else."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no JSON form")
