"""From a file to a number and back to its cell; what was written is never rewritten."""

import hashlib
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.flow import collecting, computing
from chiso.inquiry import answers, verification
from chiso.system.database import owning
from chiso.system.errors import UsageError
from chiso.system.platform import Platform
from chiso.warehouse import SCHEMAS
from sqlalchemy.exc import DBAPIError

from tests.deliveries import Inbox, values

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
            sa.text("SELECT stage, kind FROM audit.event WHERE delivery_id IS NOT NULL ORDER BY seq")
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


def test_a_target_is_explained_by_the_value_of_whichever_unit_is_asked_for(platform: Platform) -> None:
    load_fixture("departments/telecom", platform)
    whole = answers.explanation(platform, "nq09.15", "2022-Q3", "civil", None, None, rows=False)
    district = answers.explanation(platform, "nq09.15", "2022-Q3", None, "608", None, rows=False)
    assert (whole["indicator"], whole["unit_code"], whole["period"]) == ("households_fibre_pct", "62", "2022-Q3")
    assert (district["indicator"], district["unit_code"]) == ("households_fibre_pct", "608")
    cells = [{line["cell"] for line in found["inputs"]} for found in (whole, district)]
    assert cells[1] and cells[1] < cells[0]
    with pytest.raises(UsageError, match="No value of households_fibre_pct at 2022-Q3"):
        answers.explanation(platform, "nq09.15", "2022-Q3", "administrative", None, None, rows=False)


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


@pytest.mark.parametrize("table", INSERT_ONLY)
@pytest.mark.parametrize(
    "change", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
def test_what_was_written_is_never_rewritten(table: str, change: str, shared_platform: Platform) -> None:
    schema, name = table.split(".")
    with shared_platform.engine.connect() as connection:
        columns = sa.text(
            "SELECT column_name FROM information_schema.columns WHERE (table_schema, table_name) = (:schema, :name) "
            "AND is_identity = 'NO' LIMIT 1"
        )
        column = connection.execute(columns, {"schema": schema, "name": name}).scalar_one()
        statement = sa.text(change.format(table=table, column=column))
        with pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(statement)
    with pytest.raises(DBAPIError, match="insert-only"), shared_platform.engine.connect() as connection, owning(connection):
        connection.execute(statement)


def test_who_writes_may_insert_and_nothing_else(shared_platform: Platform) -> None:
    with shared_platform.engine.connect() as connection:
        [(role, login, heir)] = connection.execute(
            sa.text("SELECT rolname, rolcanlogin, pg_has_role(rolname, session_user, 'MEMBER') FROM pg_roles WHERE rolname = current_user")
        )
        rights = connection.execute(
            sa.text(
                "SELECT c.oid::regclass::text, c.relowner = current_user::regrole, array_agg(p ORDER BY p) FROM pg_class c, "
                "unnest(ARRAY['INSERT', 'DELETE', 'MAINTAIN', 'REFERENCES', 'TRIGGER', 'TRUNCATE', 'UPDATE']) p "
                "WHERE c.relnamespace::regnamespace::text = ANY(:schemas) AND c.relkind IN ('r', 'p') "
                "AND has_table_privilege(c.oid, p) GROUP BY c.oid"
            ),
            {"schemas": list(SCHEMAS)},
        ).all()
    assert (role, login, heir) == ("chiso_writer", False, False)
    assert len(rights) > 50
    assert {(owned, tuple(given)) for _, owned, given in rights} == {(False, ("INSERT",))}
