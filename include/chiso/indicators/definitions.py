"""The catalogue's definitions in the warehouse: for those who read it, and to tell which periods are stale."""

import hashlib
import json
from collections.abc import Sequence

import sqlalchemy as sa

from chiso import audit
from chiso.audit import Rows
from chiso.indicators.catalogue import Catalogue, Definition, Framework
from chiso.indicators.trajectories import trajectory
from chiso.province.periods import Period
from chiso.system.database import owning

_Rows = set[tuple[object, ...]]
_COLUMNS = {
    "definition": (
        "framework", "version", "indicator", "defined_in", "first_year", "last_year", "name_vi", "measure_unit", "formula",
    ),
    "target": (
        "framework", "version", "target", "place", "name_vi", "indicator", "direction", "target_value", "target_year", "responsible",
    ),
    "target_part": (
        "framework", "version", "target", "place", "indicator", "defined_in", "unit_code", "unit_codes", "direction", "target_value",
    ),
    "target_year": ("framework", "version", "target", "year", "value"),
}  # fmt: skip
"""What of the catalogue is written for readers: columns by table of schema `indicators`; the first two name the framework."""


def sync_definitions(connection: sa.Connection, catalogue: Catalogue, province_codes: Sequence[str]) -> None:
    """Writes the catalogue's definitions and targets for those who read the warehouse, where they differ from what is there.

    province_codes: those that the province bears over time.
    """
    wanted = {
        "definition": {row for framework in catalogue.frameworks for row in _definitions(framework)},
        "target": {row for framework in catalogue.frameworks for row in _targets(framework)},
        "target_year": {row for framework in catalogue.frameworks for row in _years(framework)},
        "target_part": {row for framework in catalogue.frameworks for row in _parts(framework, catalogue, province_codes)},
    }
    changed = {table: rows for table, rows in wanted.items() if _known(connection, table) != _and_left(connection, table, rows, catalogue)}
    with owning(connection):
        replaced = [table for table, rows in changed.items() if _replace(connection, table, rows, catalogue)]
    if replaced:
        audit.record(connection, audit.Defined(replaced), rows=[Rows.of(f"indicators.{table}") for table in replaced])


def _replace(connection: sa.Connection, table: str, wanted: _Rows, catalogue: Catalogue) -> bool:
    """Whether it was for us to do: several runs may begin at once; the first writes, the others find it done."""
    connection.execute(sa.text(f"LOCK TABLE indicators.{table} IN SHARE ROW EXCLUSIVE MODE"))
    rows = _and_left(connection, table, wanted, catalogue)
    if _known(connection, table) == rows:
        return False
    connection.execute(sa.text(f"DELETE FROM indicators.{table}"))
    names = _COLUMNS[table]
    if rows:
        connection.execute(
            sa.text(f"INSERT INTO indicators.{table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"),
            [dict(zip(names, map(_plain, row), strict=True)) for row in sorted(rows, key=repr)],
        )
    return True


def _definitions(framework: Framework) -> _Rows:
    return {
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
        for definition in framework.indicators
    }


def _targets(framework: Framework) -> _Rows:
    return {
        (
            framework.framework,
            framework.version,
            target.id,
            place,
            target.name_vi,
            target.indicator,
            target.direction,
            target.value,
            target.year,
            target.responsible,
        )
        for place, target in enumerate(framework.targets, 1)
    }


def _years(framework: Framework) -> _Rows:
    return {
        (framework.framework, framework.version, target.id, point.year, point.value)
        for target in framework.targets
        for point in trajectory(target)
    }


def _parts(framework: Framework, catalogue: Catalogue, province_codes: Sequence[str]) -> _Rows:
    rows: _Rows = set()
    for target in framework.targets:
        for place, part in enumerate(target.parts, 1):
            definition = catalogue.definition(part.indicator, framework)
            rows.add(
                (
                    framework.framework,
                    framework.version,
                    target.id,
                    place,
                    part.indicator,
                    definition.defined_in if definition else None,
                    part.unit,
                    (part.unit,) if part.unit else tuple(province_codes),
                    part.direction,
                    part.value,
                )
            )
    return rows


def _and_left(connection: sa.Connection, table: str, rows: _Rows, catalogue: Catalogue) -> _Rows:
    """The rows, and while a file is faulty what was known of its framework."""
    sound = {(framework.framework, framework.version) for framework in catalogue.frameworks}
    left = _known(connection, table) if catalogue.faults else set()
    return rows | {row for row in left if row[:2] not in sound}


def _known(connection: sa.Connection, table: str) -> _Rows:
    found = connection.execute(sa.text(f"SELECT {', '.join(_COLUMNS[table])} FROM indicators.{table}"))
    return {tuple(tuple(value) if isinstance(value, list) else value for value in row) for row in found}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


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
