"""Rules that hold a row's figure against the same unit's earlier ones, as SQL that Great Expectations and the row rules both run.

Earlier figures are those that stand of periods of the same length before the delivery's, of the same key, and of a unit that still was
the same one at the delivery's period: codes that were given anew begin a history of their own. A row without enough of them breaks nothing.

A suite states such a rule by the library's own expectation on unexpected rows. `meta.history` says what is meant; the query and the
description, which Data Docs show, are made from it (`chiso source suite`), so that a stock installation of the library reads the file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from chiso.contracts import Contract
from chiso.system.stated import Stated

Kind = Literal["growth", "slip", "robust_z"]


class History(Stated):
    """What of a figure is held against the unit's earlier ones, and within which bounds."""

    kind: Kind
    """growth: against the last figure; slip: whether it is about ten or a thousand times the last one, or a tenth or thousandth; robust_z:
    against the median of up to twelve earlier ones."""
    max_share: float | None = None
    """growth: by what share of the last figure it may differ."""
    at_least: float | None = None
    """growth, slip: smaller figures are left alone."""
    max_z: float | None = None
    """robust_z: robust standard deviations (1.4826 times the median of deviations) within which it must lie."""
    least_periods: int | None = None
    """robust_z: with fewer earlier figures nothing is said."""
    least_share: float | None = None
    """robust_z: deviations of a smaller share of the median are left alone."""

    @property
    def said(self) -> dict[str, float]:
        """What is stated, and what its kind has otherwise."""
        stated = {name: value for name, value in self.model_dump(exclude={"kind"}).items() if value is not None}
        return {**KINDS[self.kind].others, **stated}


@dataclass(frozen=True)
class _Kind:
    """needed, others: words that it takes, others with what they are by default; breaks: SQL of `b`, `h`; words: for readers."""

    needed: tuple[str, ...]
    others: Mapping[str, float]
    breaks: Callable[[str, Mapping[str, float]], str]
    words: str


def _growth(value: str, said: Mapping[str, float]) -> str:
    return f"h.periods > 0 AND h.last >= {said['at_least']} AND abs({value} - h.last) > {said['max_share']} * h.last"


def _slip(value: str, said: Mapping[str, float]) -> str:
    """Near ten or a thousand times the last figure, or a tenth or a thousandth of it: within a fifth of the factor."""
    near = " OR ".join(
        f"{larger} BETWEEN {factor * 0.8} * {smaller} AND {factor * 1.25} * {smaller}"
        for factor in (10, 1000)
        for larger, smaller in ((value, "h.last"), ("h.last", value))
    )
    return f"h.periods > 0 AND h.last > 0 AND {value} > 0 AND greatest({value}, h.last) >= {said['at_least']} AND ({near})"


def _robust_z(value: str, said: Mapping[str, float]) -> str:
    """1.4826 makes the median of deviations a standard deviation, were the figures normal."""
    off = f"abs({value} - h.median)"
    return (
        f"h.periods >= {said['least_periods']} AND {off} > {said['max_z']} * 1.4826 * h.deviation AND {off} > {said['least_share']} * abs(h.median)"
    )


KINDS: Mapping[Kind, _Kind] = {
    "growth": _Kind(
        ("max_share",), {"at_least": 0}, _growth, "{column} must differ from the unit's last figure by no more than {max_share:g} of it."
    ),
    "slip": _Kind(
        (), {"at_least": 10}, _slip, "{column} must not be about 10 or 1000 times, or a tenth or thousandth, of the unit's last figure."
    ),
    "robust_z": _Kind(
        ("max_z",), {"least_periods": 5, "least_share": 0.2}, _robust_z,
        "{column} must lie within {max_z:g} robust standard deviations of the unit's earlier figures.",
    ),
}  # fmt: skip
MOST_PERIODS = 12
"""Earlier figures that a median is taken of."""


def faults(history: History, column: str | None, contract: Contract) -> Iterator[tuple[str, str]]:
    """What of such a rule can't be used, with its place in `meta`."""
    kind = KINDS[history.kind]
    found = next((each for each in contract.loaded_columns if each.name == column), None)
    if column is None:
        yield "column", "is missing; it says whose figures are compared"
    elif found is not None and found.how.kind != "figure":
        yield "column", f"{column} holds no numbers ({found.reading}), so there is nothing to compare"
    stated = {name for name, value in history.model_dump(exclude={"kind"}).items() if value is not None}
    for word in sorted(stated - {*kind.needed, *kind.others}):
        yield f"history.{word}", f"isn't read of {history.kind}; there are {', '.join([*kind.needed, *kind.others])}"
    for word in kind.needed:
        if word not in stated:
            yield f"history.{word}", "is missing"
    for word in sorted(stated):
        if getattr(history, word) < 0:
            yield f"history.{word}", f"{getattr(history, word)} is less than 0"
    if contract.has_events or contract.terms.period is not None:
        yield "history", "rows of this source are events or have periods of their own, so they have no earlier figures; state a query"


def words(history: History, column: str) -> str:
    """A sound rule in plain English, as Data Docs show it."""
    return KINDS[history.kind].words.format(column=column, **history.said)


def query(history: History, name: str, contract: Contract) -> str:
    """SQL that selects the rows of `{batch}` that break a sound rule. name: the column's."""
    column = f'"{name}"'
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
    earlier_ones = (
        f"SELECT m.*, (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(e.value - m.median)) FROM ({earlier}) e) AS deviation "
        f"FROM ({of_them}) m"
    )
    return (
        f"WITH known AS ({known}) SELECT b.* FROM {{batch}} b CROSS JOIN LATERAL ({earlier_ones}) h "
        f"WHERE b.{column} IS NOT NULL AND {KINDS[history.kind].breaks(f'b.{column}', history.said)}"
    )
