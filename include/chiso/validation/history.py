"""Rules that hold a row's figure against the same unit's earlier ones, as SQL that Great Expectations and the row rules both run.

Earlier figures are those that stand of periods of the same length before the delivery's, of the same key, and of a unit that still was
the same one at the delivery's period: codes that were given anew begin a history of their own. A row without enough of them breaks nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chiso.contracts import Contract

GROWTH, SLIP, ROBUST_Z = (
    "expect_column_growth_to_be_within",
    "expect_column_values_to_have_no_slip",
    "expect_column_robust_z_to_be_within",
)

Kwargs = Mapping[str, Any]


@dataclass(frozen=True)
class _Kind:
    """needed, others: words that an expectation takes beside `column`, others with what they are by default; breaks: SQL of `b`, `h`."""

    needed: tuple[str, ...]
    others: Mapping[str, float]
    breaks: Callable[[str, Kwargs], str]


def _growth(value: str, said: Kwargs) -> str:
    return f"h.periods > 0 AND h.last >= {said['at_least']} AND abs({value} - h.last) > {said['max_share']} * h.last"


def _slip(value: str, said: Kwargs) -> str:
    """Near ten or a thousand times the last figure, or a tenth or a thousandth of it: within a fifth of the factor."""
    near = " OR ".join(
        f"{larger} BETWEEN {factor * 0.8} * {smaller} AND {factor * 1.25} * {smaller}"
        for factor in (10, 1000)
        for larger, smaller in ((value, "h.last"), ("h.last", value))
    )
    return f"h.periods > 0 AND h.last > 0 AND {value} > 0 AND greatest({value}, h.last) >= {said['at_least']} AND ({near})"


def _robust_z(value: str, said: Kwargs) -> str:
    """1.4826 makes the median of deviations a standard deviation, were the figures normal."""
    off = f"abs({value} - h.median)"
    return (
        f"h.periods >= {said['least_periods']} AND {off} > {said['max_z']} * 1.4826 * h.deviation AND {off} > {said['least_share']} * abs(h.median)"
    )


KINDS: Mapping[str, _Kind] = {
    GROWTH: _Kind(("max_share",), {"at_least": 0}, _growth),
    SLIP: _Kind((), {"at_least": 10}, _slip),
    ROBUST_Z: _Kind(("max_z",), {"least_periods": 5, "least_share": 0.2}, _robust_z),
}
"""By type. max_share: of the last figure; at_least: smaller figures are left alone; max_z: robust standard deviations."""
MOST_PERIODS = 12
"""Earlier figures that a median is taken of."""


def faults(kind: str, kwargs: Kwargs, contract: Contract) -> Iterator[tuple[str, str]]:
    """What of such an expectation can't be used, with its place."""
    taken = KINDS[kind]
    column = next((each for each in contract.loaded_columns if each.name == kwargs.get("column")), None)
    if column is None:
        yield "kwargs.column", f"{kwargs.get('column')!r} is no column that is loaded"
    elif column.how.kind != "figure":
        yield "kwargs.column", f"{column.name} holds no numbers ({column.reading}), so there is nothing to compare"
    for word in sorted(set(kwargs) - {"column", *taken.needed, *taken.others}):
        yield f"kwargs.{word}", f"isn't read; there are {', '.join(['column', *taken.needed, *taken.others])}"
    for word in (*taken.needed, *taken.others):
        value = kwargs.get(word, taken.others.get(word))
        if value is None:
            yield f"kwargs.{word}", "is missing"
        elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            yield f"kwargs.{word}", f"{value!r} is no number from 0"
    if contract.has_events or contract.terms.period is not None:
        yield "type", "rows of this source are events or have periods of their own, so they have no earlier figures; state a query"


def query(kind: str, kwargs: Kwargs, contract: Contract) -> str:
    """SQL that selects the rows of `{batch}` that break a sound expectation."""
    taken, column = KINDS[kind], f'"{kwargs["column"]}"'
    keys = [f'"{name}"' for name in contract.key]
    same = " AND ".join(f"k.{key} IS NOT DISTINCT FROM b.{key}" for key in keys) or "true"
    still = (
        " JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (f.unit_register, f.unit_code, f.unit_valid_from) "
        "AND {period_end} BETWEEN u.valid_from AND u.valid_to"
        if contract.terms.unit
        else ""
    )
    days = "({period_end} - {period_start} + 1)"
    known = (
        f"SELECT {', '.join(f'f.{name}' for name in [*keys, column])}, p.end_date FROM {contract.fact_table} f "
        f"JOIN warehouse.current_slice() s ON (s.delivery_id, s.period, s.reporter) = (f.delivery_id, f.period, f.reporter) "
        f"AND s.source = '{contract.source}' AND s.calendar = '{contract.terms.delivery.calendar}' "
        "JOIN warehouse.period p ON p.period = f.period AND p.calendar = s.calendar AND p.end_date < {period_start} "
        f"AND (p.end_date - p.start_date + 1) BETWEEN 0.8 * {days} AND 1.25 * {days}{still} WHERE f.{column} IS NOT NULL"
    )
    earlier = f"SELECT k.{column} AS value, k.end_date FROM known k WHERE {same} ORDER BY k.end_date DESC LIMIT {MOST_PERIODS}"
    of_them = (
        "SELECT count(*) AS periods, (array_agg(e.value ORDER BY e.end_date DESC))[1] AS last, "
        f"percentile_cont(0.5) WITHIN GROUP (ORDER BY e.value) AS median FROM ({earlier}) e"
    )
    history = (
        f"SELECT m.*, (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(e.value - m.median)) FROM ({earlier}) e) AS deviation "
        f"FROM ({of_them}) m"
    )
    said = {**taken.others, **kwargs}
    return (
        f"WITH known AS ({known}) SELECT b.* FROM {{batch}} b CROSS JOIN LATERAL ({history}) h "
        f"WHERE b.{column} IS NOT NULL AND {taken.breaks(f'b.{column}', said)}"
    )
