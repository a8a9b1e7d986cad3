"""The catalogue's definitions in the warehouse: for those who read it, and to tell which periods are stale."""

import hashlib
import json
from collections.abc import Sequence

import sqlalchemy as sa

from chiso.indicators.catalogue import Catalogue, Definition
from chiso.province.periods import Period

_COLUMNS = (
    "framework",
    "version",
    "indicator",
    "defined_in",
    "first_year",
    "last_year",
    "name_vi",
    "measure_unit",
    "formula",
)


def sync_definitions(connection: sa.Connection, catalogue: Catalogue) -> None:
    """Writes the catalogue's definitions for those who read the warehouse, where they differ from what is there."""
    if _definitions(connection) == _wanted(connection, catalogue):
        return
    # Several runs may begin at once: the first writes, the others find it done.
    connection.execute(sa.text("LOCK TABLE indicators.definition IN SHARE ROW EXCLUSIVE MODE"))
    wanted = _wanted(connection, catalogue)
    if _definitions(connection) == wanted:
        return
    connection.execute(sa.text("DELETE FROM indicators.definition"))
    if wanted:
        connection.execute(
            sa.text(
                f"INSERT INTO indicators.definition ({', '.join(_COLUMNS)}) "
                f"VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"
            ),
            [dict(zip(_COLUMNS, row, strict=True)) for row in sorted(wanted, key=repr)],
        )


def _wanted(connection: sa.Connection, catalogue: Catalogue) -> set[tuple[object, ...]]:
    """What the catalogue says; while a file is faulty, what was known of its framework stays."""
    rows: set[tuple[object, ...]] = {
        (
            framework.framework,
            framework.version,
            definition.indicator.id,
            definition.defined_in,
            framework.years.first,
            framework.years.last,
            definition.indicator.name_vi,
            definition.indicator.unit,
            definition.words,
        )
        for framework in catalogue.frameworks
        for definition in framework.indicators
    }
    sound = {(framework.framework, framework.version) for framework in catalogue.frameworks}
    left = _definitions(connection) if catalogue.faults else set()
    return rows | {row for row in left if row[:2] not in sound}


def _definitions(connection: sa.Connection) -> set[tuple[object, ...]]:
    rows = connection.execute(sa.text(f"SELECT {', '.join(_COLUMNS)} FROM indicators.definition"))
    return {tuple(row) for row in rows}


def note_basis(connection: sa.Connection, definitions: Sequence[Definition]) -> str:
    """Keeps by which definitions a run computes; returns the hash under which they stand in `indicators.basis`."""
    text = json.dumps({each.key: each.sha256 for each in definitions}, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    connection.execute(
        sa.text(
            "INSERT INTO indicators.basis VALUES (:digest, CAST(:definitions AS jsonb)) ON CONFLICT (basis_sha256) DO NOTHING"
        ),
        {"digest": digest, "definitions": text},
    )
    return digest


def stale_periods(connection: sa.Connection, catalogue: Catalogue, family: str | None = None) -> list[Period]:
    """Periods that must be computed (again), by their end.

    Since their last run an accepted delivery (of `family`) touched them, or a definition changed that its source feeds.
    """
    definitions = [
        {
            "key": each.key,
            "sha256": each.sha256,
            "sources": sorted({key.source for key in each.wanted}),
            "first_year": each.years.first,
            "last_year": each.years.last,
        }
        for each in catalogue.definitions
        if each.sha256
    ]
    rows = connection.execute(
        sa.text(
            "SELECT * FROM indicators.stale_period(CAST(:definitions AS jsonb)) ORDER BY end_date, period, calendar"
        ),
        {"definitions": json.dumps(definitions)},
    )
    return [
        Period.of(row.period, row.calendar)
        for row in rows
        if family is None or any(source.startswith(f"{family}/") for source in row.sources)
    ]


def known_periods(connection: sa.Connection, code: str | None = None) -> list[Period]:
    """Every period (or those with a code, on either calendar) that an accepted delivery speaks of, by its end."""
    rows = connection.execute(
        sa.text(
            "SELECT DISTINCT t.calendar, t.period FROM warehouse.touched_period t JOIN validation.verdict v USING (delivery_id) "
            "WHERE v.accepted AND t.period = coalesce(CAST(:code AS text), t.period)"
        ),
        {"code": code},
    )
    periods = [Period.of(row.period, row.calendar) for row in rows]
    return sorted(periods, key=lambda each: (each.end, each.code, each.calendar))
