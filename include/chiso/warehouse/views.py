"""Views that are made from contracts: the rows of each source, what its codes mean, what is printed, what is known by name."""

from collections.abc import Sequence

from chiso.contracts import Contract, Printed
from chiso.warehouse.source_views import source_views
from chiso.warehouse.tables import literal


def all_views(contracts: Sequence[Contract]) -> list[str]:
    """Statements, in the order in which they are run."""
    of_sources = [statement for contract in contracts for view in source_views(contract) for statement in view.statements()]
    return [*of_sources, _contract_code(contracts), _known_subject(contracts), _printed(contracts)]


def _contract_code(contracts: Sequence[Contract]) -> str:
    """Listed values of columns, with what they mean; a value that says it itself is its own label."""
    rows = [
        f"({', '.join(map(literal, (contract.source, column.name, str(value), column.labels.get(str(value), str(value)))))}, {place})"
        for contract in contracts
        for column in contract.loaded_columns
        for place, value in enumerate(column.enum, 1)
    ]
    listed = f"VALUES {', '.join(rows)}" if rows else "SELECT NULL::text, NULL::text, NULL::text, NULL::text, NULL::integer WHERE false"
    return f"CREATE VIEW warehouse.contract_code (source, column_name, value, label, place) AS {listed}"


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
