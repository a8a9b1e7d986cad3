"""Whether everything stored still is what the audit chain says of it, and everything that it says is there. Offline.

Both ways: from the chain to the tables and files, and from these to the chain. What is derived is compared with what it is derived from.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from chiso import audit, contracts, landing, warehouse
from chiso.audit import Anchors, Bound, Fault, Head, Read, Told
from chiso.deliveries import register
from chiso.inquiry import manifest
from chiso.system import progress
from chiso.system.errors import UsageError
from chiso.system.platform import Platform

_UNTOLD = frozenset({"audit.event", "warehouse.structure"})
"""The chain itself; and what only spares an upgrade, and is compared with the chain by each."""


def verify(platform: Platform, kept: Head | None = None) -> dict[str, Any]:
    """`{"ok", "events", "head", "faults", "checked", "seconds"}`; faults `{"kind", "where", "key", "message"}`; head `SEQ:HASH`.

    kept: a head that somebody wrote down. checked: as of `Found`.
    """
    began = time.monotonic()
    before = Anchors.of(platform.settings).read()
    # One snapshot: what loads meanwhile is in none of what is compared.
    snapshot = platform.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection:
        found = compare(connection, platform, before, kept)
        head = audit.head_of(connection)
    return {
        "ok": not found.faults,
        "events": found.checked["events"],
        "head": str(head) if head else None,
        "faults": [asdict(fault) for fault in found.faults],
        "checked": found.checked,
        "seconds": round(time.monotonic() - began, 1),
    }


@dataclass(frozen=True)
class Found:
    """What a verification found, and of what: number of events, tables, rows, objects, raw files and reports."""

    faults: list[Fault]
    checked: dict[str, int]


def compare(connection: sa.Connection, platform: Platform, before: Read, kept: Head | None = None) -> Found:
    """Compares what the connection's transaction sees, and the files, with the chain. before: the anchors before it began."""
    settings = platform.settings
    with progress.step("audit chain"):
        told = audit.read_chain(connection, newest=(audit.Built.KIND, *manifest.KINDS))
        faults = [*told.faults, *audit.verify_heads(told, before, Anchors.of(settings).read(), settings, kept)]
        objects = warehouse.as_built(connection)
        faults += structure(told, objects)
    rows = {}
    for table in progress.each("tables", _tables(connection, platform, told), str):
        rows[table], found = differing(connection, table, told)
        faults += found
    files = register.raw_files(connection, settings)
    faults += landing.verify(files, settings)
    with progress.step("reports"):
        faults += manifest.verify(told, settings)
    checked = {
        "events": told.events,
        "tables": len(rows),
        "rows": sum(rows.values()),
        "objects": len(objects),
        "raw_files": len(files),
        "reports": manifest.count(settings),
    }
    return Found(faults, checked)


def read_head(text: str) -> Head:
    """A head as `chiso audit head` prints it. Raises UsageError."""
    seq, _, digest = text.strip().partition(":")
    if not seq.isdecimal() or len(digest) != 64:
        raise UsageError(f"{text!r} is no head of the chain; write it as SEQ:HASH, as `chiso audit head` prints it.")
    return Head(int(seq), digest)


def head(platform: Platform) -> Head | None:
    """The chain's newest event."""
    with platform.engine.connect() as connection:
        return audit.head_of(connection)


def structure(told: Told, found: dict[str, str]) -> Iterator[Fault]:
    """Objects of the database that are no longer as they were built."""
    built = told.newest.get(audit.Built.KIND)
    if built is None:
        yield Fault("structure", "", "", "the chain doesn't tell how the database was built; run any command, which brings it up to date")
        return
    said = built.payload["objects"]
    for name in sorted(said.keys() | found.keys()):
        if said.get(name) != found.get(name):
            what = "is gone" if name not in found else "was made by nobody's upgrade" if name not in said else "is no longer as it was built"
            yield Fault("structure", name, "", what)


def _tables(connection: sa.Connection, platform: Platform, told: Told) -> list[str]:
    """Every table whose rows the chain must tell of."""
    facts = {contract.fact_table for contract in contracts.load_all(platform.settings).contracts}
    present = connection.execute(
        sa.text(
            "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = ANY(:schemas)"
        ),
        {"schemas": list(warehouse.SCHEMAS)},
    ).scalars()
    return sorted((set(present) | set(audit.KEYS) | facts | set(told.rows)) - _UNTOLD)


def differing(connection: sa.Connection, table: str, told: Told) -> tuple[int, list[Fault]]:
    """The number of rows of a table, and under which keys they aren't those that the chain tells of."""
    said = {key: bound for key, (_, bound) in told.rows.get(table, {}).items()}
    if connection.execute(sa.text("SELECT to_regclass(:table)"), {"table": table}).scalar() is None:
        return 0, [Fault("rows", table, "", "the table is gone, with all that it held")]
    if table not in audit.KEYS and "delivery_id" not in audit.told_columns(connection, table):
        return 0, [Fault("structure", table, "", "is no table of the platform: somebody made it")]
    present = audit.counted(connection, table)
    by = audit.KEYS.get(table, audit.FACTS_KEY)
    faults = [
        Fault("rows", table, f"{by} {key}".strip(), f"the chain tells of no such rows, and the table has {present[key]}")
        for key in sorted(present.keys() - said.keys())
    ]
    columns = {bound.columns for bound in said.values()}
    for shape in sorted(columns):
        faults += _of_shape(connection, table, by, {key: bound for key, bound in said.items() if bound.columns == shape}, whole=len(columns) == 1)
    return sum(present.values()), faults


def _of_shape(connection: sa.Connection, table: str, by: str, said: dict[str, Bound], *, whole: bool) -> Iterator[Fault]:
    columns = next(iter(said.values())).columns
    lost = sorted(set(columns) - set(audit.told_columns(connection, table)))
    if lost:
        yield Fault("rows", table, "", f"column {', '.join(lost)} is gone, with all that it held")
        return
    found = audit.hashed(connection, table, columns, None if whole else list(said))
    for key, bound in said.items():
        rows, sha256, more = found.get(key, (0, "", 0))
        where = f"{by} {key}".strip()
        if rows != bound.rows:
            yield Fault("rows", table, where, f"{bound.rows} rows were written, {rows} are there")
        elif sha256 != bound.sha256:
            yield Fault("rows", table, where, f"{_these(rows)} no longer as written: the SHA-256 over {', '.join(columns)} is another")
        elif more:
            yield Fault("rows", table, where, f"{more} rows have figures in columns that came later, which nobody wrote there")


def _these(rows: int) -> str:
    return "the row is" if rows == 1 else f"the {rows} rows are"
