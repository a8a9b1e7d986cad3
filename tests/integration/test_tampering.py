"""Whatever somebody alters in tables, structure, chain, anchors or files is found; and nothing is where nobody did."""

import csv
import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from airflow.sdk.exceptions import AirflowFailException
from chiso import audit, notices, warehouse
from chiso.audit import Anchors, Head
from chiso.audit.offline import verify as offline
from chiso.audit.rows import record_fields
from chiso.deliveries import register
from chiso.deliveries.register import Fetch
from chiso.flow import computing, deciding, quarantining, withdrawing
from chiso.indicators import Decided
from chiso.inquiry import pack as packing
from chiso.inquiry import reports, verification
from chiso.system.database import owning
from chiso.system.errors import StorageError, UsageError
from chiso.system.platform import Platform
from chiso_airflow import tasks

from tests.conftest import Server, _platform
from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, csv_bytes, dossier, dossiers, telecom_form, telecom_row
from tests.integration.test_command_line import Chiso, chiso
from tests.integration.test_notices import standing

__all__ = ["chiso"]

DOSSIERS, FORM = "portal/dossiers", "departments/telecom"
OWN = frozenset({"portal_dossiers", "departments_telecom"})


def form(*fibre: object, period: str = "Kỳ báo cáo: Quý II/2024", extra: str | None = None) -> bytes:
    rows = [telecom_row(number, name, 100, figure) for number, (name, figure) in enumerate(zip(COMMUNES_OF_DAK_GLEI, fibre, strict=True), 1)]
    return telecom_form(rows, period=period)


@pytest.fixture(scope="module")
def history(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with something in every table: rejects, cases, a restatement that somebody approved, a withdrawal, mail, reports."""
    folder = tmp_path_factory.mktemp("history")
    for platform in _platform(server, folder / "var"):
        inbox = Inbox(folder / "in", platform)
        inbox.ingest(DOSSIERS, csv_bytes([dossier(1, TrangThai="11"), *dossiers(40, 2)]), "a.csv", received=at(1))
        inbox.ingest(DOSSIERS, csv_bytes([dossier(2, ThoiDiemCapNhat="11/06/2024 09:00:00"), *dossiers(3, 60)]), "b.csv", received=at(2))
        wrong = inbox.ingest(DOSSIERS, csv_bytes(dossiers(3, 90)), "c.csv", received=at(3))
        inbox.ingest(FORM, form(50, 50, 50, 50, "năm mươi"), "nua.xlsx", received=at(1))
        inbox.ingest(FORM, form(50, 50, 50, 50, 50), "50.xlsx", received=at(2))
        computing.compute_stale(platform)
        inbox.ingest(FORM, form(60, 60, 60, 60, 60), "60.xlsx", received=at(3))
        computing.compute_stale(platform)
        deciding.decide(platform, Decided("approve", "Nguyễn Thị Lan", "đã đối chiếu", "command"), "2024-Q2")
        inbox.ingest(FORM, form(200, 200, 200, 200, 200), "refused.xlsx", received=at(4))
        withdrawing.withdraw(wrong.delivery or 0, "Trần Văn Bình", "gửi nhầm", platform)
        with platform.engine.connect() as connection:
            [case] = connection.execute(sa.text("SELECT case_id FROM quarantine.row_case WHERE source = 'portal/dossiers'")).scalars()
        quarantining.discard(platform, [case], "Trần Văn Bình", "hồ sơ thử nghiệm")
        register.add_fetch(platform, Fetch(DOSSIERS, "2024-06", "http://portal.example/", datetime.now(UTC)), "not_modified", requests=1)
        for mail in notices.due_mails(standing(platform, "2024-08-09")):
            notices.note(platform, mail)
        reports.build(platform)
        assert verification.verify(platform)["faults"] == []
        yield platform


@pytest.fixture(scope="module")
def superuser(server: Server, history: Platform) -> Iterator[sa.Engine]:
    """An engine on the same database whose user may do everything."""
    url = history.engine.url.set(username="postgres", password=server.settings.values["CHISO_POSTGRES_PASSWORD"])
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


@contextmanager
def tampered(superuser: sa.Engine, *statements: str) -> Iterator[sa.Connection]:
    """What a superuser's transaction sees after statements that no trigger hinders; nothing of it stays."""
    with superuser.connect() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            assert connection.exec_driver_sql(statement.replace("%", "%%")).rowcount != 0, statement
        yield connection
        connection.rollback()


def faults(platform: Platform, connection: sa.Connection, kept: Head | None = None) -> list[audit.Fault]:
    return verification.compare(connection, platform, Anchors.of(platform.settings).read(), kept).faults


def tables(platform: Platform) -> list[str]:
    with platform.engine.connect() as connection:
        found = connection.execute(
            sa.text(
                "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
                "AND NOT c.relispartition AND n.nspname = ANY(:schemas)"
            ),
            {"schemas": ["sources", "landing", "validation", "quarantine", "warehouse", "indicators", "notices", "audit", "publication"]},
        )
        return sorted(found.scalars())


def test_every_column_of_every_table_is_covered(superuser: sa.Engine, history: Platform) -> None:
    """One figure of one row altered, for each column of each table that has rows; what is empty here is named."""
    empty, altered = set(), 0
    with tampered(superuser) as connection:
        told = audit.read_chain(connection)
        for table in set(tables(history)) - {"audit.event", "warehouse.structure"}:
            if not connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar():
                empty.add(table)
                continue
            assert verification.differing(connection, table, told)[1] == []
            for name, change in changes(connection, table):
                with connection.begin_nested() as attempt:
                    first = f"ctid = (SELECT ctid FROM ONLY {part(connection, table)} LIMIT 1)"
                    connection.exec_driver_sql(f'UPDATE {part(connection, table)} SET "{name}" = {change} WHERE {first}'.replace("%", "%%"))
                    found = verification.differing(connection, table, told)[1]
                    attempt.rollback()
                assert found, (table, name)
                altered += 1
    assert altered > 250
    assert {table for table in empty if table.split(".")[1] in OWN or not table.startswith("warehouse.")} <= {"validation.drift"}


def part(connection: sa.Connection, table: str) -> str:
    """A partition with rows where the table has any."""
    parts = connection.exec_driver_sql(f"SELECT tableoid::regclass::text FROM {table} LIMIT 1").scalar()
    return str(parts)


def changes(connection: sa.Connection, table: str) -> list[tuple[str, str]]:
    """Columns, each with SQL for another figure than the one it has."""
    columns = connection.execute(
        sa.text(
            "SELECT attname, format_type(atttypid, NULL), attidentity FROM pg_attribute "
            "WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped AND attname <> 'portion'"
        ),
        {"table": table},
    ).all()
    dropped = ", ".join(f'ALTER "{column.attname}" DROP IDENTITY IF EXISTS' for column in columns)
    connection.exec_driver_sql(f"ALTER TABLE {table} {dropped}")
    checks = connection.execute(
        sa.text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass) AND contype IN ('c', 'f')"), {"table": table}
    ).scalars()
    for check in checks.all():
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{check}"')
    of_kind: dict[str, Callable[[str], str]] = {
        "boolean": lambda name: f"NOT coalesce({name}, false)",
        "text": lambda name: f"coalesce({name}, '') || 'x'",
        "text[]": lambda name: f"coalesce({name}, '{{}}') || 'x'::text",
        "jsonb": lambda name: f"jsonb_build_array({name})",
        "json": lambda name: f"json_build_array({name})",
        "date": lambda name: f"coalesce({name}, '2024-01-01') - 1",
        "xid8": lambda name: f"(({name})::text::bigint + 1)::text::xid8",
        "pg_snapshot": lambda _: "'1:1:'::pg_snapshot",
    }
    number: Callable[[str], str] = lambda name: f"coalesce({name}, 0) + 987"  # noqa: E731
    moment: Callable[[str], str] = lambda name: f"coalesce({name}, '2024-01-01') + interval '1 microsecond'"  # noqa: E731
    kinds = of_kind | dict.fromkeys(("timestamp with time zone", "timestamp without time zone"), moment)
    return [(column.attname, kinds.get(column.format_type, number)(f'"{column.attname}"')) for column in columns]


@dataclass(frozen=True)
class Tampering:
    """A change that an owner of the database or a superuser could make, and where the verification must find it."""

    where: str
    key: str
    statements: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Which part of the verification must find it: rows, structure, or the chain with its anchors."""
        return "rows" if self in ROWS else "structure" if self in STRUCTURE else "chain"

    def __repr__(self) -> str:
        return self.statements[0][:70]


def rows(table: str, key: str, *statements: str) -> Tampering:
    return Tampering(table, key, statements)


VALUE = "indicators.value WHERE value_id = (SELECT min(value_id) FROM indicators.value)"
CHAIN = "audit.event"
ROWS = [
    rows("warehouse.departments_telecom", "delivery_id 5", "DELETE FROM warehouse.departments_telecom WHERE delivery_id = 5 AND row_no % 7 = 1"),
    rows("warehouse.portal_dossiers", "delivery_id 1", "DELETE FROM warehouse.portal_dossiers WHERE delivery_id = 1"),
    rows("warehouse.portal_dossiers", "delivery_id 2", "UPDATE warehouse.portal_dossiers SET delivery_id = 2 WHERE delivery_id = 1 AND row_no = 5"),
    rows(
        "warehouse.departments_telecom",
        "delivery_id 99",
        "INSERT INTO warehouse.departments_telecom "
        "SELECT (jsonb_populate_record(t, '{\"delivery_id\": 99}')).* FROM warehouse.departments_telecom t LIMIT 1",
    ),
    rows(
        "warehouse.departments_telecom",
        "delivery_id 6",
        "UPDATE warehouse.departments_telecom SET households_fibre = households_fibre + CASE row_no WHEN 1 THEN 1 ELSE -1 END "
        "WHERE delivery_id = 6 AND row_no IN (SELECT row_no FROM warehouse.departments_telecom WHERE delivery_id = 6 ORDER BY 1 LIMIT 2)",
    ),
    rows("warehouse.event_ledger", "delivery_id 1", "UPDATE warehouse.event_ledger SET change = change + 1 WHERE delivery_id = 1"),
    rows("warehouse.event_origin", "delivery_id 1", "DELETE FROM warehouse.event_origin WHERE delivery_id = 1"),
    rows("warehouse.event_basis", "source portal/dossiers", "UPDATE warehouse.event_basis SET basis_sha256 = 'x' WHERE source = 'portal/dossiers'"),
    rows("warehouse.touched_period", "delivery_id 1", "DELETE FROM warehouse.touched_period WHERE delivery_id = 1"),
    rows("warehouse.touched_period", "delivery_id 1", "INSERT INTO warehouse.touched_period VALUES (1, 'civil', '2019')"),
    rows("warehouse.slice", "delivery_id 5", "UPDATE warehouse.slice SET official = true WHERE delivery_id = 5"),
    rows("warehouse.load", "delivery_id 5", "UPDATE warehouse.load SET letters = letters || '{\"households\": \"D\"}' WHERE delivery_id = 5"),
    rows("warehouse.load_header", "delivery_id 5", "DELETE FROM warehouse.load_header WHERE delivery_id = 5"),
    rows("validation.verdict", "verdict_id 1", "UPDATE validation.verdict SET rejected_count = 0, loaded_count = 41 WHERE verdict_id = 1"),
    rows("validation.verdict", "verdict_id 1", "UPDATE validation.verdict SET checks = '[]' WHERE verdict_id = 1"),
    rows("validation.verdict", "verdict_id 1", "UPDATE validation.verdict SET recorded_at = recorded_at - interval '1 day' WHERE verdict_id = 1"),
    rows("validation.verdict", "verdict_id 7", "DELETE FROM validation.verdict WHERE verdict_id = 7"),
    rows(
        "validation.drift",
        "verdict_id 1",
        "INSERT INTO validation.drift (verdict_id, delivery_id, column_name, kind, policy) VALUES (1, 1, 'x', 'added', 'warn')",
    ),
    rows("validation.withdrawal", "delivery_id 3", "DELETE FROM validation.withdrawal"),
    rows("validation.withdrawal", "delivery_id 3", "UPDATE validation.withdrawal SET why = 'khác'"),
    rows(
        "validation.withdrawal",
        "delivery_id 5",
        "INSERT INTO validation.withdrawal (delivery_id, asked, decided_by, why) VALUES (5, 5, 'x', 'y')",
    ),
    rows("quarantine.reject", "verdict_id 1", "DELETE FROM quarantine.reject WHERE verdict_id = 1"),
    rows("quarantine.reject", "verdict_id 1", "UPDATE quarantine.reject SET message_vi = 'khác' WHERE verdict_id = 1"),
    rows("quarantine.row_case", "verdict_id 1", "UPDATE quarantine.row_case SET unit_code = '60' WHERE verdict_id = 1"),
    rows("quarantine.case_event", "delivery_id 1", "UPDATE quarantine.case_event SET decided_by = 'x' WHERE step = 'discarded'"),
    rows(
        "quarantine.case_event",
        "delivery_id 1",
        "INSERT INTO quarantine.case_event (case_id, step, delivery_id, decided_by, why) VALUES (1, 'released', 1, 'x', 'y')",
    ),
    rows("landing.delivery", "delivery_id 5", "UPDATE landing.delivery SET received_at = received_at + interval '1 day' WHERE delivery_id = 5"),
    rows("landing.delivery", "delivery_id 5", "UPDATE landing.delivery SET file_name = 'khác.xlsx' WHERE delivery_id = 5"),
    rows("landing.delivery", "delivery_id 7", "DELETE FROM landing.delivery WHERE delivery_id = 7"),
    rows("landing.raw_file", "", "UPDATE landing.raw_file SET stored_at = stored_at - interval '1 day'"),
    rows("sources.fetch", "fetch_id 1", "UPDATE sources.fetch SET finished_at = finished_at - interval '1 hour'"),
    rows("sources.fetch", "fetch_id 1", "DELETE FROM sources.fetch"),
    rows("indicators.value", "run_id 1", f"UPDATE {VALUE.replace(' WHERE', ' SET value = 99 WHERE')}"),
    rows("indicators.value", "run_id 1", f"UPDATE {VALUE.replace(' WHERE', chr(32) + 'SET held_because = NULL, inputs = ' + repr('{}') + ' WHERE')}"),
    rows("indicators.value", "run_id 1", f"DELETE FROM {VALUE}"),
    rows("indicators.run", "run_id 1", "UPDATE indicators.run SET recorded_at = recorded_at - interval '1 day' WHERE run_id = 1"),
    rows("indicators.basis", "", "UPDATE indicators.basis SET definitions = '{}'"),
    rows("indicators.decision", "", "UPDATE indicators.decision SET decided_by = 'x'"),
    rows("indicators.decision", "", "DELETE FROM indicators.decision"),
    rows("indicators.definition", "", "UPDATE indicators.definition SET name_vi = name_vi || '.'"),
    rows("indicators.target", "", "UPDATE indicators.target SET target_value = target_value - 1 WHERE target_value IS NOT NULL"),
    rows("indicators.target_part", "", "DELETE FROM indicators.target_part"),
    rows("warehouse.unit", "", "UPDATE warehouse.unit SET parent_code = '61' WHERE code = '608'"),
    rows("warehouse.unit_succession", "", "DELETE FROM warehouse.unit_succession"),
    rows("warehouse.measure", "", "UPDATE warehouse.measure SET kind = 'stock' WHERE kind = 'flow'"),
    rows("warehouse.period", "", "UPDATE warehouse.period SET end_date = end_date + 1 WHERE period = '2024-06'"),
    rows("notices.mail", "mail_id 1", "UPDATE notices.mail SET address = 'x@example.vn' WHERE mail_id = 1"),
    rows("notices.topic", "mail_id 1", "DELETE FROM notices.topic WHERE mail_id = 1"),
    rows("warehouse.slice", "", "DROP TABLE warehouse.slice CASCADE"),
    rows("warehouse.departments_telecom", "", "ALTER TABLE warehouse.departments_telecom DROP COLUMN centre_fibre CASCADE"),
    rows("indicators.extra", "", "CREATE TABLE indicators.extra (x int)"),
]
STRUCTURE = [
    Tampering("view publication.indicator_value", "", ("CREATE RULE r AS ON INSERT TO publication.indicator_value DO INSTEAD NOTHING",)),
    Tampering("view publication.x", "", ("CREATE VIEW publication.x AS SELECT 1 AS a",)),
    Tampering(
        "view publication.unit",
        "",
        ("ALTER VIEW publication.unit RENAME TO was", "CREATE VIEW publication.unit AS SELECT * FROM publication.was LIMIT 10"),
    ),
    Tampering("table warehouse.slice", "", ("ALTER TABLE warehouse.slice DISABLE TRIGGER insert_only",)),
    Tampering("table warehouse.slice", "", ("ALTER TABLE warehouse.slice DISABLE TRIGGER ALL",)),
    Tampering("table warehouse.slice", "", ("DROP TRIGGER insert_only ON warehouse.slice",)),
    Tampering("partition of warehouse.portal_dossiers", "", ("DROP TRIGGER insert_only ON warehouse.portal_dossiers_0",)),
    Tampering(
        "function audit.insert_only()",
        "",
        ("CREATE OR REPLACE FUNCTION audit.insert_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",),
    ),
    Tampering(
        "table indicators.value",
        "",
        (
            "CREATE FUNCTION indicators.more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.value := NEW.value + 10; RETURN NEW; END $$",
            "CREATE TRIGGER more BEFORE INSERT ON indicators.value FOR EACH ROW EXECUTE FUNCTION indicators.more()",
        ),
    ),
    Tampering("table landing.delivery", "", ("GRANT UPDATE ON landing.delivery TO PUBLIC",)),
    Tampering("table indicators.value", "", ("GRANT SELECT (value) ON indicators.value TO chiso_reader",)),
    Tampering("schema warehouse", "", ("GRANT ALL ON SCHEMA warehouse TO chiso_reader",)),
    Tampering("role chiso_reader", "", ("ALTER ROLE chiso_reader CREATEROLE",)),
    Tampering("role chiso_reader", "", ("GRANT chiso TO chiso_reader",)),
    Tampering("table indicators.value", "", ("ALTER TABLE indicators.value ALTER publication SET DEFAULT 'approved'",)),
    Tampering("table validation.verdict", "", ("ALTER TABLE validation.verdict DROP CONSTRAINT verdict_delivery_id_rules_sha256_key",)),
    Tampering("table indicators.value", "", ("ALTER TABLE indicators.value ENABLE ROW LEVEL SECURITY",)),
    Tampering("table warehouse.load", "", ("ALTER TABLE warehouse.load OWNER TO postgres",)),
    Tampering("view publication.held_value", "", ("DROP VIEW publication.held_value CASCADE",)),
    Tampering("settings", "", ("ALTER ROLE chiso SET session_replication_role = replica",)),
]
CHAINS = [
    Tampering(CHAIN, "event 4", ("UPDATE audit.event SET payload = '{}' WHERE seq = 4",)),
    Tampering(CHAIN, "event 4", ("UPDATE audit.event SET bound = '[]' WHERE seq = 4",)),
    Tampering(CHAIN, "event 4", ("UPDATE audit.event SET occurred_at = occurred_at + interval '1 s' WHERE seq = 4",)),
    Tampering(CHAIN, "event 4", ("UPDATE audit.event SET delivery_id = 2 WHERE seq = 4",)),
    Tampering(CHAIN, "event 4", ("UPDATE audit.event SET opened = 3 WHERE seq = 4",)),
    Tampering(CHAIN, "event 4", ("UPDATE audit.event SET content_sha256 = NULL, bound = NULL, opened = NULL WHERE seq = 4",)),
    Tampering(CHAIN, "event 4", ("DELETE FROM audit.event WHERE seq = 4",)),
    Tampering(CHAIN, "event 5", ("UPDATE audit.event SET seq = -seq WHERE seq IN (4, 5)", "UPDATE audit.event SET seq = 9 + seq WHERE seq < 0")),
    Tampering("heads.log", "", ("DELETE FROM audit.event WHERE seq = (SELECT max(seq) FROM audit.event)",)),
    Tampering("heads.log", "", ("DELETE FROM audit.event",)),
    Tampering(
        "heads.log",
        "event ",
        (
            "INSERT INTO audit.event SELECT seq + 1, occurred_at, stage, kind, delivery_id, payload, hash, hash, seq + 1, '[]', content_sha256 "
            "FROM audit.event ORDER BY seq DESC LIMIT 1",
        ),
    ),
]


@pytest.mark.parametrize("tampering", [*ROWS, *STRUCTURE, *CHAINS], ids=repr)
def test_what_is_altered_in_the_database_is_found(superuser: sa.Engine, history: Platform, tampering: Tampering) -> None:
    with tampered(superuser, *tampering.statements) as connection:
        told = audit.read_chain(connection, newest=[audit.Built.KIND])
        if tampering.kind == "rows":
            found = verification.differing(connection, tampering.where, told)[1]
        elif tampering.kind == "structure":
            found = list(verification.structure(told, warehouse.as_built(connection)))
        else:
            found = faults(history, connection)
    assert any(fault.where == tampering.where and fault.key.startswith(tampering.key) and fault.message for fault in found), found


def test_nothing_is_found_where_nobody_altered_anything(superuser: sa.Engine, history: Platform) -> None:
    with tampered(superuser) as connection:
        assert faults(history, connection) == []


# --- The chain written anew ---


REWRITE = """
UPDATE audit.event SET payload = jsonb_set(payload::jsonb, '{decided_by}', '"x"')::json WHERE kind = 'values_decided'
"""


def test_a_chain_written_anew_contradicts_its_anchors(superuser: sa.Engine, history: Platform) -> None:
    with tampered(superuser, REWRITE) as connection:
        _rehash(connection)
        found = faults(history, connection)
    assert [fault.kind for fault in found if fault.where == "audit.event"] == []
    assert any("no longer holds the anchored event" in fault.message for fault in found)


def test_chain_and_anchors_written_anew_contradict_who_kept_a_head(superuser: sa.Engine, history: Platform) -> None:
    """By somebody who has the key too: only a head that lies elsewhere tells."""
    kept = verification.read_head(verification.verify(history)["head"])
    folder = history.settings.var / "audit"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with tampered(superuser, REWRITE) as connection:
        _rehash(connection)
        for path in folder.iterdir():
            path.unlink()
        told = audit.read_chain(connection)
        anchors = Anchors.of(history.settings)
        for seq in told.last_of_transactions:
            with anchors.announced(Head(seq, told.hashes[seq])):
                pass
        assert faults(history, connection) == []
        [found] = faults(history, connection, kept)
    assert (found.where, found.key) == ("audit.event", f"event {kept.seq}") and "rewritten" in found.message
    for path, content in before.items():
        path.write_bytes(content)
    assert verification.verify(history, kept)["ok"]


def _rehash(connection: sa.Connection) -> None:
    from chiso.audit import chain

    previous = chain.GENESIS
    for row in connection.exec_driver_sql("SELECT * FROM audit.event ORDER BY seq").all():
        content = chain.content_sha256(chain._event_of(row, signed=True))
        previous, before = chain.chained(previous, content), previous
        connection.execute(
            sa.text("UPDATE audit.event SET content_sha256 = :content, previous_hash = :before, hash = :hash WHERE seq = :seq"),
            {"content": content, "before": before, "hash": previous, "seq": row.seq},
        )


@pytest.mark.parametrize("text", ["", "x", "12", "12:abc", ":" + "0" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="SEQ:HASH"):
        verification.read_head(text)


# --- The anchors ---


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        log = folder / "heads.log"
        log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))

    return alter


def _forget(*names: str) -> Callable[[Path], None]:
    return lambda folder: [(folder / name).unlink() for name in names] and None


ANCHORS: dict[str, Callable[[Path], None]] = {
    "cut at the end": _lines(lambda lines: lines[:-1]),
    "half a line cut": _lines(lambda lines: [*lines[:-1], lines[-1][:40]]),
    "cut at the beginning": _lines(lambda lines: lines[1:]),
    "cut in the middle": _lines(lambda lines: lines[:3] + lines[4:]),
    "swapped": _lines(lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]]),
    "twice": _lines(lambda lines: [*lines, lines[-1]]),
    "a figure": _lines(lambda lines: [*lines[:3], lines[3].replace(b"4 ", b"5 ", 1), *lines[4:]]),
    "a signature": _lines(lambda lines: [*lines[:-1], lines[-1][:-9] + b"AAAAAA==\n"]),
    "added": _lines(lambda lines: [*lines, b"99 99 " + b"0" * 64 + b" " + b"0" * 64 + b" AAAA\n"]),
    "words": _lines(lambda lines: [*lines, b"hello\n"]),
    "emptied": _lines(lambda lines: []),
    "gone": _forget("heads.log"),
    "newest gone": _forget("newest"),
    "both gone": _forget("heads.log", "newest"),
    "newest from before": lambda folder: (folder / "newest").write_bytes(b"1 1 x y z\n") and None,
}


@pytest.mark.parametrize("alter", ANCHORS.values(), ids=ANCHORS)
def test_what_is_altered_of_the_anchors_is_found_and_stays_found(history: Platform, alter: Callable[[Path], None]) -> None:
    folder = history.settings.var / "audit"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    try:
        alter(folder)
        assert {fault["kind"] for fault in verification.verify(history)["faults"]} == {"anchor"}
    finally:
        for path, content in before.items():
            path.write_bytes(content)
    assert verification.verify(history)["ok"]


def test_what_was_cut_shows_after_the_next_transaction_too(inbox: Inbox) -> None:
    for day in range(1, 4):
        inbox.ingest(FORM, form(*[day] * 5), f"{day}.xlsx", received=at(day))
    folder = inbox.platform.settings.var / "audit"
    log = folder / "heads.log"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-2]))
    inbox.ingest(FORM, form(4, 4, 4, 4, 4), "4.xlsx", received=at(4))
    assert any("should stand here" in fault["message"] for fault in verification.verify(inbox.platform)["faults"])
    log.unlink()
    (folder / "newest").unlink()
    inbox.ingest(FORM, form(5, 5, 5, 5, 5), "5.xlsx", received=at(5))
    assert any("has no line" in fault["message"] for fault in verification.verify(inbox.platform)["faults"])


def test_a_transaction_that_comes_to_nothing_leaves_no_fault(inbox: Inbox) -> None:
    """Its head was announced, as a process leaves it that is killed before the commit; the next one takes its number."""
    inbox.ingest(FORM, form(1, 1, 1, 1, 1), "1.xlsx", received=at(1))
    head, anchors = verification.head(inbox.platform), Anchors.of(inbox.platform.settings)
    assert head is not None
    for _ in range(2):
        with pytest.raises(RuntimeError), anchors.announced(Head(head.seq + 2, "f" * 64)):
            raise RuntimeError
        assert verification.verify(inbox.platform)["faults"] == []
    inbox.ingest(FORM, form(2, 2, 2, 2, 2), "2.xlsx", received=at(2))
    assert verification.verify(inbox.platform)["faults"] == []


# --- Files ---


def test_what_is_altered_of_the_raw_files_is_found(history: Platform) -> None:
    landing = history.settings.landing
    files = sorted(path for path in landing.rglob("*") if path.is_file())
    plain, encrypted = (next(path for path in files if (path.suffix == ".age") is is_encrypted) for is_encrypted in (False, True))
    for path in (plain, encrypted):
        good = path.read_bytes()
        path.chmod(0o600)
        for bad in (good[:-1] + bytes([good[-1] ^ 1]), good[:-1], b"", None):
            path.unlink()
            if bad is not None:
                path.write_bytes(bad)
            [fault] = verification.verify(history)["faults"]
            assert (fault["kind"], fault["key"]) == ("file", str(path.relative_to(landing)))
            path.write_bytes(good)
    for stray in (landing / "ab" / ("ab" + "0" * 62), landing / "x.xlsx"):
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"x")
        [fault] = verification.verify(history)["faults"]
        assert (fault["key"], "somebody put it there" in fault["message"]) == (str(stray.relative_to(landing)), True)
        stray.unlink()
    assert verification.verify(history)["ok"]


def test_what_is_altered_of_the_reports_is_found(history: Platform) -> None:
    folder = history.settings.reports
    targets, manifest = folder / "targets.csv", folder / "manifest.json"
    for path, bad in ((targets, b"x"), (targets, None), (folder / "new.csv", b"x"), (manifest, b"{}"), (manifest, None)):
        good = path.read_bytes() if path.exists() else None
        path.unlink(missing_ok=True)
        if bad is not None:
            path.write_bytes(bad)
        assert {(fault["kind"], fault["key"]) for fault in verification.verify(history)["faults"]} == {("report", path.name)}
        path.unlink(missing_ok=True)
        if good is not None:
            path.write_bytes(good)
    assert verification.verify(history)["ok"]


# --- The structure at an upgrade ---


def test_a_view_that_adds_ten_to_every_value_is_made_anew_and_told_of(platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
    with platform.engine.begin() as connection, owning(connection):
        text = connection.exec_driver_sql("SELECT pg_get_viewdef('publication.indicator_value'::regclass)").scalar()
        assert text is not None and " v.value," in text
        connection.exec_driver_sql(f"CREATE OR REPLACE VIEW publication.indicator_value AS {text.replace(' v.value,', ' v.value + 10 AS value,', 1)}")
    [fault] = verification.verify(platform)["faults"]
    assert (fault["kind"], fault["where"]) == ("structure", "view publication.indicator_value")
    warehouse.upgrade(platform.engine, platform.settings)
    assert "view publication.indicator_value was not as it was built; it was made anew" in caplog.text
    assert verification.verify(platform)["faults"] == []
    with platform.engine.connect() as connection:
        built = connection.exec_driver_sql("SELECT payload FROM audit.event WHERE kind = 'built' ORDER BY seq DESC LIMIT 1").scalar()
        assert built["altered"] == ["view publication.indicator_value"]
        events = connection.exec_driver_sql("SELECT count(*) FROM audit.event").scalar()
    warehouse.upgrade(platform.engine, platform.settings)
    assert verification.verify(platform)["events"] == events


def test_who_verifies_by_command_or_every_night_sees_what_an_upgrade_would_mend(platform: Platform, chiso: Chiso) -> None:
    assert chiso("audit", "verify").code == 0
    assert tasks.verify_audit() > 0
    with platform.engine.begin() as connection, owning(connection):
        text = connection.exec_driver_sql("SELECT pg_get_viewdef('publication.period'::regclass)").scalar_one()
        assert "2060-12-31" in text
        connection.exec_driver_sql(f"CREATE OR REPLACE VIEW publication.period AS {text.replace('2060-12-31', '2059-12-31')}")
    for _ in range(2):  # the first one doesn't mend it before it looks
        said = chiso("audit", "verify", "--json")
        assert (said.code, [fault["where"] for fault in said.json["faults"]]) == (1, ["view publication.period"])
    with pytest.raises(AirflowFailException, match="1 faults"):
        tasks.verify_audit()
    pages = "".join(path.read_text("utf-8") for path in (platform.settings.reports / "site").glob("*.html"))
    assert "view publication.period" in pages


def test_what_an_upgrade_leaves_as_somebody_altered_it_is_found_after_it_too(platform: Platform) -> None:
    with platform.engine.begin() as connection, owning(connection):
        connection.exec_driver_sql("ALTER TABLE warehouse.slice DISABLE TRIGGER insert_only")
    warehouse.upgrade(platform.engine, platform.settings)
    assert [fault["where"] for fault in verification.verify(platform)["faults"]] == ["table warehouse.slice"]


# --- The pack ---


@pytest.fixture(scope="module")
def pack(history: Platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of a quarter, unpacked."""
    folder = tmp_path_factory.mktemp("pack")
    packed = packing.pack(history, "2024-Q2", folder / "2024-Q2.zip")
    assert packed.rows > 50 and packed.values > 3 and packed.head == verification.verify(history)["head"]
    with zipfile.ZipFile(packed.out) as file:
        file.extractall(folder / "unpacked")
    return folder / "unpacked"


def verified(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As an auditor runs it: Python without any package."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"})


def test_a_pack_proves_itself_offline(history: Platform, pack: Path) -> None:
    head, key = verification.verify(history)["head"], Anchors.of(history.settings).signer.name
    done = verified(pack, "--head", head, "--key", key)
    assert (done.returncode, done.stderr) == (0, "") and head in done.stdout
    older = head.partition(":")[0] + ":" + "0" * 64
    assert "which you kept" in verified(pack, "--head", older).stdout
    assert "not with 0123456789abcdef" in verified(pack, "--key", "0123456789abcdef").stdout
    told = json.loads((pack / "explanations/households_fibre_pct.civil.json").read_text("utf-8"))
    assert told["value"] == 60 and told["inputs"][0]["cell"]
    decided = list(csv.DictReader((pack / "tables/indicators.decision.csv").read_text("utf-8-sig").splitlines()))
    assert {row["decided_by"] for row in decided} == {"Nguyễn Thị Lan"}
    assert any(row["message_vi"] for row in csv.DictReader((pack / "tables/quarantine.reject.csv").read_text("utf-8-sig").splitlines()))


def test_any_altered_byte_of_a_pack_is_found(pack: Path) -> None:
    files = sorted(path for path in pack.rglob("*") if path.is_file())
    assert len(files) > 40
    for place, path in enumerate(files):
        good = path.read_bytes()
        altered = [good[:-1] + bytes(byte ^ 1 for byte in good[-1:]), good + b" ", good[: len(good) // 2], None]
        for bad in altered if path.parent == pack else [altered[place % 4] if good else b"x"]:
            path.unlink()
            if bad is not None:
                path.write_bytes(bad)
            found = offline.faults(pack)
            assert any(path.name in fault for fault in found), (path, found)
            path.write_bytes(good)
    (pack / "rows" / "x.jsonl").write_text("{}\n")
    assert offline.faults(pack)
    (pack / "rows" / "x.jsonl").unlink()
    assert offline.faults(pack) == []


def test_rows_that_were_put_into_a_pack_and_sealed_anew_contradict_the_chain(history: Platform, pack: Path) -> None:
    """Even by somebody who has the key and seals the pack again."""
    rows_file, listed, seal = pack / "rows/indicators.value.jsonl", pack / offline.MANIFEST, pack / offline.SEAL
    before = {path: path.read_bytes() for path in (rows_file, listed, seal)}
    rows_file.write_bytes(before[rows_file].replace(b'"60', b'"70', 1))
    hashes = json.loads(before[listed]) | {"rows/indicators.value.jsonl": hashlib.sha256(rows_file.read_bytes()).hexdigest()}
    listed.write_text(json.dumps(hashes))
    said = json.loads(before[seal])
    text = f"{hashlib.sha256(listed.read_bytes()).hexdigest()} {said['head']} {said['period']}"
    seal.write_text(json.dumps(said | {"signature": Anchors.of(history.settings).signer.sign(text)}, indent=1))
    [fault] = offline.faults(pack)
    assert "indicators.value.jsonl" in fault and "aren't those that event" in fault
    for path, content in before.items():
        path.write_bytes(content)


def test_no_pack_is_made_of_a_period_of_which_nothing_is_known(history: Platform, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing was delivered or computed for 2031"):
        packing.pack(history, "2031", tmp_path / "x.zip")
    with pytest.raises(StorageError, match="can't be written"):
        packing.pack(history, "2024-Q2", tmp_path / "missing" / "x.zip")


@hypothesis.given(fields=st.lists(st.none() | st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])), min_size=1, max_size=5))
def test_a_record_reads_as_postgresql_writes_it(history: Platform, fields: list[str | None]) -> None:
    names = ", ".join(f"CAST(:f{place} AS text)" for place in range(len(fields)))
    with history.engine.connect() as connection:
        text = connection.execute(sa.text(f"SELECT CAST(ROW({names}) AS text)"), {f"f{place}": field for place, field in enumerate(fields)}).scalar()
    assert offline.record_text(fields) == text and record_fields(str(text)) == fields
