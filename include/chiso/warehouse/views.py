"""Views that are made from contracts: the current rows of each source, what is printed, what is known by name."""

from collections.abc import Sequence

from chiso.contracts import Contract, Printed
from chiso.deliveries.events import bore_the_code, newest_first, stands, thing, unit_code


def all_views(contracts: Sequence[Contract]) -> list[str]:
    """Statements, in the order in which they are run."""
    return [*(_current(contract) for contract in contracts), _known_subject(contracts), _printed(contracts)]


def _current(contract: Contract) -> str:
    """`publication.<family>_<source>`: the rows that count now, with names and origin."""
    own = ", ".join(f'f."{column.name}"' for column in contract.loaded_columns)
    facts = _current_events(contract) if contract.has_events else _current_rows(contract)
    name = contract.source.replace("/", "_")
    return (
        f"CREATE VIEW publication.{name} AS SELECT f.period, f.calendar, p.start_date AS period_start, p.end_date AS period_end, "
        "f.unit_register, f.unit_code, u.name_vi AS unit_name, o.code AS parent_code, o.name_vi AS parent_name, "
        f"{own}, f.delivery_id, l.sheet, coalesce(f.line, f.row_no) AS line, f.received_at, f.recorded_at FROM ({facts}) f "
        "JOIN warehouse.load l USING (delivery_id) "
        "LEFT JOIN warehouse.period p ON (p.calendar, p.period) = (f.calendar, f.period) "
        "LEFT JOIN warehouse.unit u ON (u.register, u.code, u.valid_from) = (f.unit_register, f.unit_code, f.unit_valid_from) "
        "LEFT JOIN warehouse.unit o ON o.register = 'admin_unit' AND o.code = u.parent_code "
        "AND u.valid_from BETWEEN o.valid_from AND o.valid_to"
    )


def _current_rows(contract: Contract) -> str:
    return (
        f"SELECT f.*, s.calendar, s.received_at FROM warehouse.current_slice() s JOIN {contract.fact_table} f "
        f"USING (delivery_id, period, reporter) WHERE s.source = '{contract.source}'"
    )


def _current_events(contract: Contract) -> str:
    """The newest version of each thing; its unit is looked up at its own time, its period is the delivery's."""
    unit = unit_code(contract, "v")
    unit_then = bore_the_code("u", unit, f'v."{contract.terms.unit_at}"::date')
    return (
        f"SELECT v.*, l.period, l.calendar, u.register AS unit_register, {unit} AS unit_code, u.valid_from AS unit_valid_from "
        f"FROM ({newest_events(contract)}) v JOIN warehouse.load l USING (delivery_id) "
        f"LEFT JOIN warehouse.unit u ON {unit_then}"
    )


def newest_events(contract: Contract) -> str:
    """SELECT of the newest version of each thing, with `received_at`."""
    key = thing(contract, "v")
    return (
        f"SELECT DISTINCT ON ({key}) v.*, d.received_at FROM {contract.fact_table} v JOIN landing.delivery d USING (delivery_id) "
        f"WHERE {stands('v')} ORDER BY {key}, {newest_first(contract, 'v', 'd')}"
    )


def _known_subject(contracts: Sequence[Contract]) -> str:
    """Procedures, assets, systems … that a current delivery of their source lists."""
    listed = [
        f"SELECT DISTINCT '{contract.source}' AS source, f.\"{contract.terms.subject}\"::text AS subject FROM warehouse.current_slice() s "
        f"JOIN {contract.fact_table} f USING (delivery_id, period, reporter) "
        f"WHERE s.source = '{contract.source}' AND f.\"{contract.terms.subject}\" IS NOT NULL"
        for contract in contracts
        if contract.terms.subject and not contract.has_events
    ]
    empty = "SELECT NULL::text AS source, NULL::text AS subject WHERE false"
    return f"CREATE VIEW warehouse.known_subject AS {' UNION ALL '.join(listed or [empty])}"


def _printed(contracts: Sequence[Contract]) -> str:
    """Figures as others print them, by the role that contracts give to their columns."""
    selects = [_printed_in(contract, printed) for contract in contracts for printed in contract.terms.printed]
    empty = (
        "SELECT NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::numeric, NULL::numeric, NULL::numeric, "
        "NULL::text, NULL::text, NULL::bigint, NULL::timestamptz WHERE false"
    )
    return (
        "CREATE FUNCTION indicators.printed_as_of(as_of timestamptz DEFAULT 'infinity') RETURNS TABLE (source text, subject text, "
        "unit_code text, period text, calendar text, value numeric, numerator numeric, denominator numeric, document text, quote text, "
        f"delivery_id bigint, received_at timestamptz) LANGUAGE sql STABLE AS $$ {' UNION ALL '.join(selects or [empty])} $$"
    )


def _printed_in(contract: Contract, printed: Printed) -> str:
    def column(name: str | None, kind: str) -> str:
        return f'f."{name}"::{kind}' if name else f"NULL::{kind}"

    subject = f"'{printed.indicator}'::text" if printed.indicator else column(printed.indicator_column, "text")
    when = f" AND {printed.when.sql('f.')}" if printed.when else ""
    return (
        f"SELECT '{contract.source}'::text, {subject}, f.unit_code, f.period, s.calendar, {column(printed.value, 'numeric')}, "
        f"{column(printed.numerator, 'numeric')}, {column(printed.denominator, 'numeric')}, {column(printed.document, 'text')}, "
        f"{column(printed.quote, 'text')}, f.delivery_id, s.received_at FROM warehouse.current_slice(as_of) s "
        f"JOIN {contract.fact_table} f USING (delivery_id, period, reporter) WHERE s.source = '{contract.source}'{when}"
    )
