"""What others read of a source: a view of its current rows, and its twin with all of them, both made from the contract."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chiso.contracts import Column, Contract
from chiso.deliveries.events import bore_the_code, is_newer, newest_first, same_thing, stands, thing, unit_code
from chiso.warehouse.tables import literal, sql_type


@dataclass(frozen=True)
class ViewColumn:
    """A column of a view: its name, its type as PostgreSQL writes it, what its comment says."""

    name: str
    kind: str
    comment: str


@dataclass(frozen=True)
class View:
    """A view in schema `publication`. name: with the schema."""

    name: str
    comment: str
    columns: tuple[ViewColumn, ...]
    query: str

    def statements(self) -> Iterator[str]:
        """SQL that makes it, with its comments."""
        yield f"CREATE VIEW {self.name} AS {self.query}"
        yield f"COMMENT ON VIEW {self.name} IS {literal(self.comment)}"
        for column in self.columns:
            yield f'COMMENT ON COLUMN {self.name}."{column.name}" IS {literal(column.comment)}'


_FIRST = (
    ViewColumn("period", "text", "Code of the period that the row speaks of; with calendar a key of publication.period."),
    ViewColumn("calendar", "text", "civil, or administrative (from the 15th to the 14th)."),
    ViewColumn("period_start", "date", "First day of the period."),
    ViewColumn("period_end", "date", "Last day of the period."),
    ViewColumn("unit_register", "text", "admin_unit (publication.unit) or agency (publication.agency); null: the row names no unit."),
    ViewColumn("unit_code", "text", "Code of the unit that the row speaks of; codes were given anew on 2025-07-01."),
    ViewColumn("unit_name", "text", "The unit's name at the time."),
    ViewColumn("parent_code", "text", "Code of the unit that it lies in; of an agency the unit that it serves."),
    ViewColumn("parent_name", "text", "That unit's name at the time."),
)
_LAST = (
    ViewColumn("delivery_id", "bigint", "The delivery that the row came with; key of publication.delivery."),
    ViewColumn("sheet", "text", "The sheet in the delivery's file; null for texts."),
    ViewColumn("line", "bigint", "Row of the sheet, or physical line on which the record starts (header = 1)."),
    ViewColumn("received_at", "timestamp with time zone", "When the delivery reached us."),
    ViewColumn("recorded_at", "timestamp with time zone", "When the warehouse learnt the row."),
)
_SPAN = (
    ViewColumn("valid_from_recorded", "timestamp with time zone", "Recorded time from which on the row was current."),
    ViewColumn("valid_to_recorded", "timestamp with time zone", "Recorded time from which on it was current no more; 9999-12-31: it is."),
)


def source_views(contract: Contract) -> list[View]:
    """`publication.<family>_<source>` and its `_history`."""
    columns = (*_FIRST, *(_described(contract, column) for column in contract.loaded_columns), *_LAST)
    now, ever = (_current_events, _all_events) if contract.has_events else (_current_rows, _all_rows)
    what = f"{contract.title_vi} ({contract.source}). {contract.description}"
    if contract.shares:
        what += " A unit has a row of each delivery that stands for columns of an office; the other office's are null in it."
    comment = (
        f"{what} Every row that ever was current, once for each span of recorded time in which it was: what was known at t has "
        "valid_from_recorded <= t AND t < valid_to_recorded."
    )
    return [
        View(contract.view, f"{what} Current rows.", columns, _query(now(contract), columns)),
        View(f"{contract.view}_history", comment, (*columns, *_SPAN), _query(ever(contract), (*columns, *_SPAN))),
    ]


def _described(contract: Contract, column: Column) -> ViewColumn:
    """With what the contract says: header, unit, whether values are listed, description."""
    unit = contract.unit_of(column)
    said = [
        f"{column.printed}{f' [{unit}]' if unit else ''}.",
        *(["What the values mean: publication.code_list."] if column.labels else []),
        *([column.description] if column.description else []),
    ]
    return ViewColumn(column.name, _KINDS.get(sql_type(column), sql_type(column)), " ".join(said))


_KINDS = {'text COLLATE "C"': "text", "timestamp": "timestamp without time zone"}


_TAKEN_FROM = {
    "period_start": "CASE WHEN length(f.period) = 10 THEN f.period::date ELSE p.start_date END",
    "period_end": "CASE WHEN length(f.period) = 10 THEN f.period::date ELSE p.end_date END",
    "unit_name": "u.name_vi",
    "parent_code": "o.code",
    "parent_name": "o.name_vi",
    "sheet": "l.sheet",
    "line": "coalesce(f.line, f.row_no)",
    "valid_to_recorded": "least(f.valid_to_recorded, timestamptz '9999-12-31 00:00+00')",
}
"""Columns that aren't taken from the facts as they are. A day says itself when it is; `warehouse.period` has what is longer.
Infinity is a time that Python's drivers can't read.
"""


def _query(facts: str, columns: Sequence[ViewColumn]) -> str:
    taken = {column.name: f'f."{column.name}"' for column in columns} | _TAKEN_FROM
    listed = ", ".join(f'{taken[column.name]} AS "{column.name}"' for column in columns)
    return (
        f"SELECT {listed} FROM ({facts}) f JOIN warehouse.load l USING (delivery_id) "
        "LEFT JOIN warehouse.period p ON (p.calendar, p.period) = (f.calendar, f.period) "
        "LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (f.unit_register, f.unit_code, f.unit_valid_from) "
        "LEFT JOIN warehouse.unit o ON o.register = 'admin_unit' AND o.code = u.parent_code "
        "AND u.valid_from BETWEEN o.valid_from AND o.valid_to"
    )


def _current_rows(contract: Contract) -> str:
    if contract.shares:
        return _shared(contract, "warehouse.standing_slice({source}) s", ("delivery_id", "period", "calendar", "received_at"))
    return (
        f"SELECT f.*, s.calendar, s.received_at FROM warehouse.standing_slice({literal(contract.source)}) s "
        f"JOIN {contract.fact_table} f USING (delivery_id, period, reporter)"
    )


def _shared(contract: Contract, standing: str, span: Sequence[str]) -> str:
    """Rows of a form whose columns several offices fill: of each delivery those columns for which it stands, the others null."""
    listed = ", ".join(map(literal, contract.shares))
    spoken = ", ".join(
        f'CASE WHEN {literal(column.share)} = ANY(s.shares) THEN f."{column.name}" END AS "{column.name}"'
        if column.offices
        else f'f."{column.name}"'
        for column in contract.loaded_columns
    )
    own = "f.row_no, f.line, f.unit_register, f.unit_code, f.unit_valid_from, f.recorded_at"
    slices = (
        f"SELECT {', '.join(span)}, array_agg(s.reporter) AS shares FROM {standing.format(source=literal(contract.source))} "
        f"WHERE s.reporter IN ({listed}) GROUP BY {', '.join(span)}"
    )
    return f"SELECT s.*, {own}, {spoken} FROM ({slices}) s JOIN {contract.fact_table} f USING (delivery_id, period)"


_SPANS_OF_SHARES = """(SELECT t.delivery_id, t.period, t.calendar, t.received_at, t.valid_from_recorded, t.valid_to_recorded, h.reporter
    FROM (SELECT p.*, lead(valid_from_recorded) OVER (PARTITION BY delivery_id, period, calendar, received_at ORDER BY valid_from_recorded)
              AS valid_to_recorded
          FROM (SELECT DISTINCT delivery_id, period, calendar, received_at, moment AS valid_from_recorded
                FROM warehouse.slice_history CROSS JOIN LATERAL (VALUES (valid_from), (valid_to)) m(moment)
                WHERE source = {source}) p) t
    JOIN warehouse.slice_history h ON (h.delivery_id, h.period, h.calendar, h.received_at) = (t.delivery_id, t.period, t.calendar, t.received_at)
        AND h.valid_from <= t.valid_from_recorded AND h.valid_to >= t.valid_to_recorded) s"""
"""Spans of recorded time in which a delivery stood for the same shares throughout, each with every one of them."""


def _all_rows(contract: Contract) -> str:
    if contract.shares:
        span = ("delivery_id", "period", "calendar", "received_at", "valid_from_recorded", "valid_to_recorded")
        return _shared(contract, _SPANS_OF_SHARES, span)
    return (
        "SELECT f.*, s.calendar, s.received_at, s.valid_from AS valid_from_recorded, s.valid_to AS valid_to_recorded "
        f"FROM warehouse.slice_history s JOIN {contract.fact_table} f USING (delivery_id, period, reporter) "
        f"WHERE s.source = {literal(contract.source)}"
    )


def _current_events(contract: Contract) -> str:
    return _of_its_unit(contract, newest_events(contract))


def _all_events(contract: Contract) -> str:
    """A version counted from when it was recorded, while none that counts before it was."""
    known = "tstzrange(v.recorded_at, upper(t.known))"
    before = f"PARTITION BY {thing(contract, 'v')} ORDER BY {newest_first(contract, 'v', 'd')} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    versions = (
        "SELECT v.*, lower(span) AS valid_from_recorded, upper(span) AS valid_to_recorded FROM ("
        f"SELECT v.*, d.received_at, tstzmultirange({known}) - coalesce(range_agg({known}) OVER ({before}), '{{}}') AS spans "
        f"FROM {contract.fact_table} v JOIN landing.delivery d USING (delivery_id) JOIN warehouse.accepted_time t USING (delivery_id)"
        ") v CROSS JOIN unnest(v.spans) span"
    )
    return _of_its_unit(contract, versions)


def _of_its_unit(contract: Contract, versions: str) -> str:
    """The versions; the unit of each is looked up at its own time, its period is the delivery's."""
    unit = unit_code(contract, "v")
    unit_then = bore_the_code("u", unit, f'v."{contract.terms.unit_at}"::date')
    return (
        f"SELECT v.*, l.period, l.calendar, u.register AS unit_register, {unit} AS unit_code, u.valid_from AS unit_valid_from "
        f"FROM ({versions}) v JOIN warehouse.load l USING (delivery_id) LEFT JOIN warehouse.unit u ON {unit_then}"
    )


def newest_events(contract: Contract) -> str:
    """SELECT of the newest version of each thing that nobody withdrew, with `received_at`."""
    return (
        f"SELECT v.*, d.received_at FROM {contract.fact_table} v JOIN landing.delivery d USING (delivery_id) "
        f"WHERE {stands('v')} AND NOT EXISTS (SELECT FROM {contract.fact_table} n JOIN landing.delivery e USING (delivery_id) "
        f"WHERE {stands('n')} AND {same_thing(contract, 'n', 'v')} AND {is_newer(contract, ('n', 'e'), ('v', 'd'))})"
    )
