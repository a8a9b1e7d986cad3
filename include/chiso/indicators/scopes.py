"""The units that a row counts for, in SQL: one answer for figures and for the rows that they are explained by.

A row counts once for the province, once for its own unit, and for the district of its commune: a district's figure is
made of its own rows and its communes', the province's of all rows. A score or a rank stands for its own unit alone.
"""

from chiso.contracts import Contract, Measure

DISTRICT = """LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (f.unit_register, f.unit_code, f.unit_valid_from)
    LEFT JOIN warehouse.unit p ON p.register = u.register AND u.register = 'admin_unit' AND p.code = u.parent_code
        AND p.level = 'district' AND u.valid_from BETWEEN p.valid_from AND p.valid_to"""
"""Joins rows `f`, which have unit_register, unit_code and unit_valid_from, with their district `p`."""

_PROVINCE = ":province_register, :province_code, CAST(:province_from AS date)"
_OWN = "f.unit_register, f.unit_code, f.unit_valid_from"


def stands_alone(measure: Measure) -> bool:
    """Whether a figure speaks of its own row's unit alone."""
    return measure.over_rows == "none"


def keys(contract: Contract, *, alone: bool) -> str:
    """SQL for the units of a row `f`, joined with `DISTRICT`, as `k(register, code, valid_from)`; code null where there is none.

    alone: only the unit that the row speaks of, which is the province where the source has no units. Parameters: `figures.province_parameters`.
    """
    if alone:
        values = f"({_OWN})" if contract.terms.unit else f"({_PROVINCE})"
    else:
        own = f"f.unit_register, CASE WHEN ({_OWN}) IS DISTINCT FROM ({_PROVINCE}) THEN f.unit_code END, f.unit_valid_from"
        values = f"({_PROVINCE}), ({own}), (p.register, p.code, p.valid_from)"
    return f"(VALUES {values}) k(register, code, valid_from)"
