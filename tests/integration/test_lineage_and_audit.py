"""From a file to a number and back to its cell; and what `audit verify` notices."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.flow import collecting, computing
from chiso.inquiry import answers, verification
from chiso.system.database import connect
from chiso.system.platform import Platform
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from sqlalchemy.exc import DBAPIError

from tests.conftest import Server
from tests.deliveries import Inbox, csv_bytes, dossier, dossiers, values

FIXTURES = Path(__file__).parents[1] / "fixtures"
INSERT_ONLY = [
    "landing.raw_file",
    "landing.delivery",
    "validation.verdict",
    "validation.withdrawal",
    "validation.drift",
    "quarantine.reject",
    "warehouse.departments_telecom",
    "warehouse.portal_dossiers",
    "warehouse.load",
    "warehouse.load_header",
    "warehouse.slice",
    "indicators.basis",
    "indicators.run",
    "indicators.value",
    "audit.event",
]


def test_the_sql_that_the_documentation_shows_leads_to_the_cells(inbox: Inbox) -> None:
    load_fixture("departments/telecom", inbox.platform)
    [shown] = re.findall(r"```sql\n(.*?)```", (Path(__file__).parents[2] / "docs/architecture.md").read_text("utf-8"), re.DOTALL)
    with inbox.platform.engine.connect() as connection:
        period = connection.execute(
            sa.text("SELECT period FROM indicators.value_as_of() WHERE indicator = 'households_fibre_pct' AND unit_code = '62' AND value IS NOT NULL")
        ).scalars().first()
        rows = connection.execute(sa.text(shown.replace("2024-H1", str(period)))).all()
        loaded = connection.execute(sa.text("SELECT count(*), sum(households_fibre) FROM warehouse.departments_telecom")).one()
    assert (len(rows), sum(row.figure for row in rows)) == tuple(loaded)
    assert len({row.cell for row in rows}) == len(rows) and all(row.file_name.endswith(".xlsx") for row in rows)


def load_fixture(source: str, platform: Platform) -> Path:
    [path] = [path for path in FIXTURES.glob(f"{source}.*") if "expected" not in path.name]
    collecting.ingest_file(path, contracts.load(source, platform.settings), platform)
    computing.compute_stale(platform)
    return path


def events(platform: Platform) -> list[tuple[str, str]]:
    with platform.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT stage, kind FROM audit.event WHERE stage <> 'indicators' ORDER BY seq")
        )
        return [tuple(row) for row in rows]


def test_a_form_from_file_to_number_to_cell(platform: Platform) -> None:
    path = load_fixture("departments/telecom", platform)
    assert values(platform, "households_fibre_pct", "2022-Q3") == [pytest.approx(100 * 81076 / 143960)]

    told = answers.explanation(platform, "households_fibre_pct", "2022-Q3", None, None, None, rows=False)
    assert told["formula"] == "departments/telecom.households_fibre / departments/telecom.households × 100"
    assert len(told["inputs"]) == 200
    assert {entry["sha256"] for entry in told["inputs"]} == {hashlib.sha256(path.read_bytes()).hexdigest()}
    assert {entry["cell"][0] for entry in told["inputs"] if entry["measure"] == "households"} == {"C"}
    assert "C24" not in {entry["cell"] for entry in told["inputs"]}
    assert sum(entry["value"] for entry in told["inputs"] if entry["measure"] == "households") == 143960
    assert [(verdict["rows"], verdict["rejected"]) for verdict in told["validation"]] == [(102, 2)]

    assert events(platform) == [
        ("landing", "delivery_received"),
        ("validation", "verdict"),
        ("quarantine", "rows_rejected"),
        ("quarantine", "cases_moved"),
        ("warehouse", "load"),
    ]
    assert verification.verify(platform)["faults"] == []


def test_dossiers_from_file_to_number_to_lines(platform: Platform) -> None:
    path = load_fixture("portal/dossiers", platform)
    assert values(platform, "dossiers_received", "2024-06") == [44]

    told = answers.explanation(platform, "dossiers_received", "2024-06", "civil", None, None, rows=False)
    [whole] = told["inputs"]
    assert (whole["value"], whole["sha256"]) == (44, hashlib.sha256(path.read_bytes()).hexdigest())
    lines = answers.explanation(platform, "dossiers_received", "2024-06", "civil", None, None, rows=True)["inputs"]
    assert len(lines) == 44
    text = path.read_text("utf-8-sig").splitlines()
    assert all(text[line["row"] - 1].startswith(line["subject"]) for line in lines)
    assert verification.verify(platform)["faults"] == []


@pytest.fixture
def loaded(inbox: Inbox) -> Platform:
    """A dossier, a rejected one, and a form; computed."""
    inbox.ingest("portal/dossiers", csv_bytes([dossier(1, TrangThai="11"), *dossiers(40, 2)]), "a.csv")
    load_fixture("departments/telecom", inbox.platform)
    assert verification.verify(inbox.platform)["holds"]
    return inbox.platform


@pytest.mark.parametrize("table", INSERT_ONLY)
@pytest.mark.parametrize(
    "change", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
def test_what_was_written_is_never_rewritten(table: str, change: str, shared_platform: Platform) -> None:
    schema, name = table.split(".")
    with shared_platform.engine.connect() as connection, pytest.raises(DBAPIError, match="insert-only"):
        columns = sa.text(
            "SELECT column_name FROM information_schema.columns WHERE (table_schema, table_name) = (:schema, :name) "
            "AND is_identity = 'NO' LIMIT 1"
        )
        column = connection.execute(columns, {"schema": schema, "name": name}).scalar_one()
        connection.execute(sa.text(change.format(table=table, column=column)))


@dataclass(frozen=True)
class Tampering:
    """A change that an owner of the database could make, and what the verification must say of it."""

    statement: str
    noticed: str


TAMPERINGS = [
    Tampering("UPDATE audit.event SET payload = '{}' WHERE seq = 2", "audit event 2 (validation verdict) was changed"),
    Tampering(
        "UPDATE audit.event SET occurred_at = occurred_at + interval '1 s' WHERE seq = 1", "audit event 1 (landing"
    ),
    Tampering("DELETE FROM audit.event WHERE seq = 3", "audit event 3 is missing"),
    Tampering("DELETE FROM audit.event WHERE seq = (SELECT max(seq) FROM audit.event)", "no longer holds the anchored"),
    Tampering("TRUNCATE audit.event", "no longer holds the anchored"),
    *(
        Tampering(f"{statement} WHERE row_no = 10", "warehouse.departments_telecom are no longer")
        for statement in (
            "UPDATE warehouse.departments_telecom SET households = households + 1",
            "UPDATE warehouse.departments_telecom SET unit_code = '23284'",
            "UPDATE warehouse.departments_telecom SET recorded_at = '2020-01-01'",
            "DELETE FROM warehouse.departments_telecom",
        )
    ),
    Tampering("UPDATE warehouse.portal_dossiers SET trang_thai = 9 WHERE row_no = 9", "portal_dossiers are no longer"),
    Tampering("DELETE FROM warehouse.portal_dossiers WHERE row_no = 9", "portal_dossiers are no longer"),
    Tampering("UPDATE warehouse.event_ledger SET change = change + 1", "event_ledger are no longer what was counted"),
    Tampering("DELETE FROM warehouse.event_origin", "event_origin are no longer what was counted"),
    Tampering("UPDATE warehouse.slice SET official = true", "warehouse.slice are no longer"),
    Tampering("UPDATE warehouse.load SET sheet = 'x'", "warehouse.load are no longer"),
    Tampering(
        "INSERT INTO warehouse.departments_telecom SELECT 99, row_no, line, unit_register, unit_code, unit_valid_from, period, reporter, commune "
        "FROM warehouse.departments_telecom LIMIT 1",
        "delivery 99: its rows in warehouse.departments_telecom are no longer",
    ),
    Tampering(
        "UPDATE validation.verdict SET rejected_count = 0, loaded_count = 41 WHERE delivery_id = 1", "verdict differs"
    ),
    Tampering("UPDATE validation.verdict SET issues = '[]' WHERE delivery_id = 1", "verdict differs"),
]


@contextmanager
def unprotected(server: Server, platform: Platform) -> Iterator[Cursor]:
    session = server.superuser(platform.engine.url.database or "")
    try:
        session.cursor().execute("SET session_replication_role = replica")
        yield session.cursor()
    finally:
        session.close()


def test_tampering_with_the_database_is_noticed(server: Server, loaded: Platform) -> None:
    copy = _Copies(server, loaded)
    for tampering in TAMPERINGS:
        with copy.fresh() as tampered:
            with unprotected(server, tampered) as cursor:
                cursor.execute(tampering.statement)
            report = verification.verify(tampered)
            assert not report["holds"], tampering
            assert any(tampering.noticed in fault for fault in report["faults"]), (tampering, report["faults"])


@dataclass
class _Copies:
    """Copies of a platform's database, one at a time."""

    server: Server
    original: Platform
    made: int = 0

    @contextmanager
    def fresh(self) -> Iterator[Platform]:
        self.original.engine.dispose()
        self.made += 1
        name = f"{self.original.engine.url.database}_copy_{self.made}"
        url = self.server.database(name, self.original.engine.url.database or "")
        engine = connect(url.render_as_string(hide_password=False))
        try:
            yield Platform(self.original.settings, engine)
        finally:
            engine.dispose()
            self.server.drop(name)


def test_tampering_with_the_files_is_noticed(loaded: Platform) -> None:
    raw = sorted(path for path in loaded.settings.landing.rglob("*") if path.is_file())
    assert len(raw) == 2
    for path in raw:
        good = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        assert not verification.verify(loaded)["holds"]
        path.unlink()
        assert not verification.verify(loaded)["holds"]
        path.write_bytes(good)
    assert verification.verify(loaded)["holds"]
    heads = loaded.settings.var / "audit" / "heads.log"
    heads.unlink()
    [fault] = verification.verify(loaded)["faults"]
    assert "anchored heads is missing" in fault
