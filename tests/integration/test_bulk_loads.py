"""Large deliveries, the ledger of counts, the same rows in other bytes, and a warehouse made by the version before."""

import csv
import gzip
import io
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from chiso import audit, contracts, warehouse
from chiso.contracts import Contract
from chiso.contracts.conditions import Comparison
from chiso.flow import computing
from chiso.inquiry import verification
from chiso.system.database import connect, owning
from chiso.system.platform import Platform
from chiso.warehouse import ledger as ledgers

from tests.conftest import Server
from tests.deliveries import Fields, Inbox, at, csv_bytes, dossier, dossiers, found, values

SOURCE = "portal/dossiers"
MERGE = sys.modules["chiso.warehouse.events"]


def rows(platform: Platform, query: str) -> list[tuple[object, ...]]:
    with platform.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def ledger(platform: Platform) -> list[tuple[object, ...]]:
    return rows(platform, "SELECT measure, unit_code, unit_valid_from, span_start, sum(change) FROM warehouse.event_ledger "
                          "GROUP BY 1, 2, 3, 4 HAVING sum(change) <> 0 ORDER BY 1, 2, 4")  # fmt: skip


def counted(platform: Platform) -> list[tuple[object, ...]]:
    """The same from the current versions themselves."""
    contract = contracts.load(SOURCE, platform.settings)
    moments = [
        (measure, moment, sign)
        for measure in contract.measures
        for moment, sign in ((measure.since_sql("c."), 1), (f"c.{measure.until}", -1))
        if sign == 1 or measure.stands
    ]
    each = [
        f"SELECT '{measure.id}' AS measure, u.code, u.valid_from, "
        f"(date_trunc('month', {moment})::date + CASE WHEN extract(day FROM {moment}) >= 15 THEN 14 ELSE 0 END) AS span, "
        f"{sign}::numeric AS change FROM publication.portal_dossiers c LEFT JOIN warehouse.unit u ON u.register = 'agency' AND u.code = c.ma_don_vi "
        f"AND c.ngay_tiep_nhan::date BETWEEN u.valid_from AND u.valid_to "
        f"WHERE ({measure.holds_sql('c.')}) AND {moment} IS NOT NULL"
        for measure, moment, sign in moments
    ]
    everything = " UNION ALL ".join(each)
    sums = "SELECT measure, code, valid_from, span, sum(change)"
    return rows(platform, f"{sums} FROM ({everything}) x GROUP BY 1, 2, 3, 4 HAVING sum(change) <> 0 ORDER BY 1, 2, 4")


def origins(platform: Platform) -> set[tuple[object, ...]]:
    return set(rows(platform, "SELECT origin_id, sum(change) FROM warehouse.event_origin WHERE counted_by = 'ngay_tiep_nhan' "
                              "GROUP BY 1 HAVING sum(change) <> 0"))  # fmt: skip


def a_version(chance: random.Random) -> Fields:
    """One of few dossiers, at one of few times: newer, older, restated, moved to another month."""
    received = chance.choice(["10/06/2024", "14/06/2024", "15/06/2024", "02/05/2024"])
    ended = chance.choice(["", "16/06/2024 08:00:00", "20/06/2024 08:00:00"])
    return dossier(
        chance.randrange(1, 7),
        NgayTiepNhan=f"{received} 08:00:00",
        NgayHenTra=chance.choice(["", "28/06/2024 17:00:00"]),
        NgayKetThuc=ended,
        SoLanBoSung=chance.choice("012"),
        SoNgayTamDung=chance.choice(["0", "20"]),
        TrangThai=chance.choice(["4", "5"]),
        KenhThucHien=chance.choice("123"),
        PhiLePhi=chance.choice(["", "5000"]),
        ThoiDiemCapNhat=f"{chance.randrange(16, 25)}/06/2024 09:00:00",
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("own_partition", [1, 200_000])
def test_the_ledger_says_what_the_current_versions_do(
    inbox: Inbox, seed: int, own_partition: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MERGE, "OWN_PARTITION", own_partition)
    chance = random.Random(seed)
    for day in chance.sample(range(1, 9), 5):
        delivered = [a_version(chance) for _ in range(chance.randrange(1, 9))]
        inbox.ingest(SOURCE, csv_bytes(delivered), f"{day}.csv", received=at(day))
    assert ledger(inbox.platform) == counted(inbox.platform)
    assert origins(inbox.platform) == set(
        rows(inbox.platform, "SELECT delivery_id, count(*)::numeric FROM publication.portal_dossiers GROUP BY 1")
    )
    assert verification.verify(inbox.platform)["faults"] == []


def test_a_changed_measure_is_counted_anew(inbox: Inbox) -> None:
    chance = random.Random(7)
    for day in range(1, 5):
        inbox.ingest(SOURCE, csv_bytes([a_version(chance) for _ in range(8)]), f"{day}.csv", received=at(day))
    before, settings = ledger(inbox.platform), inbox.platform.settings
    contract = contracts.load(SOURCE, settings)
    first, *others = contract.measures
    measures = [first.model_copy(update={"when": Comparison(column="kenh_thuc_hien", operator="=", value=1)}), *others]
    parts = {name: getattr(contract, name) for name in Contract.model_fields}
    changed = Contract(**parts | {"terms": contract.terms.model_copy(update={"measures": measures})})
    events = verification.verify(inbox.platform)["events"]
    for counted_by, told in ((contract, 0), (changed, 1), (contract, 1)):
        with audit.transaction(inbox.platform.engine, settings) as connection, owning(connection):
            ledgers.recount(connection, counted_by)
        events += told
        found = verification.verify(inbox.platform)
        assert (found["events"], found["faults"], ledger(inbox.platform) == before) == (events, [], counted_by is contract)


def test_a_large_delivery_is_a_partition_and_counts_like_a_small_one(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.ingest(SOURCE, csv_bytes(dossiers(3)), "a.csv", received=at(1))
    monkeypatch.setattr(MERGE, "OWN_PARTITION", 3)
    spoilt = dossier(9, TrangThai="11")
    large = inbox.ingest(
        SOURCE, csv_bytes([*dossiers(40, 2), dossier(2), spoilt]), "b.csv", received=at(2)
    )
    assert (large.rows, large.rejected, large.loaded, large.unchanged) == (42, 2, 37, 3)
    parts = rows(inbox.platform, "SELECT portion, count(*) FROM warehouse.portal_dossiers GROUP BY 1 ORDER BY 1")
    assert parts == [(0, 3), (large.delivery, 37)]
    computing.compute_stale(inbox.platform)
    assert values(inbox.platform, "dossiers_online_pct", "2024-06") == [100]
    assert verification.verify(inbox.platform)["faults"] == []


def test_a_refused_large_delivery_leaves_no_table(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MERGE, "OWN_PARTITION", 1)
    bad = [dossier(number, TrangThai="11") for number in range(1, 4)]
    outcome = inbox.ingest(SOURCE, csv_bytes([*bad, *dossiers(6, 10)]), "a.csv")
    assert (outcome.accepted, outcome.rejected, outcome.loaded) == (False, 3, 0)
    tables = "SELECT relname FROM pg_class WHERE relname LIKE 'portal_dossiers%' AND relkind IN ('r', 'p') ORDER BY 1"
    assert rows(inbox.platform, tables) == [("portal_dossiers",), ("portal_dossiers_0",)]
    assert ledger(inbox.platform) == []


def quoted(text: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(csv.reader(io.StringIO(text), delimiter=";"))
    return out.getvalue().encode()


@pytest.mark.parametrize("write", [
    quoted,
    lambda text: gzip.compress(text.encode()),
    lambda text: text.replace("\r\n", "\n").encode(),
    lambda text: text.replace(";", "\t").encode(),
])  # fmt: skip
def test_the_same_rows_in_other_bytes_are_known(inbox: Inbox, write: Callable[[str], bytes]) -> None:
    given = csv_bytes([*dossiers(60), dossier(70, TrangThai="11"), dossier(71, NgayTiepNhan="31/06/2024 08:00:00")])
    first = inbox.ingest(SOURCE, given, "a.csv", received=at(1))
    again = inbox.ingest(SOURCE, write(given.decode("utf-8-sig")), "b.csv", received=at(2))
    assert (again.accepted, again.rows, again.rejected, again.loaded, again.unchanged) == (True, 62, 2, 0, 60)
    assert found(again) == found(first)
    assert rows(inbox.platform, "SELECT count(*) FROM validation.verdict WHERE same_as IS NOT NULL") == [(1,)]


@pytest.mark.parametrize("change", ["another_value", "another_unreadable_value", "another_line"])
def test_rows_that_differ_are_judged_anew(inbox: Inbox, change: str) -> None:
    unreadable = dossier(71, NgayTiepNhan="31/06/2024 08:00:00")
    inbox.ingest(SOURCE, csv_bytes([*dossiers(60), unreadable]), "a.csv", received=at(1))
    given = {
        "another_value": [*dossiers(59), dossier(60, MucDo="khác"), unreadable],
        "another_unreadable_value": [*dossiers(60), unreadable | {"NgayTiepNhan": "32/06/2024 08:00:00"}],
        "another_line": [unreadable, *dossiers(60)],
    }[change]
    inbox.ingest(SOURCE, csv_bytes(given), "b.csv", received=at(2))
    assert rows(inbox.platform, "SELECT count(*) FROM validation.verdict WHERE same_as IS NOT NULL") == [(0,)]


def test_a_warehouse_of_the_version_before_is_converted(server: Server, inbox: Inbox, tmp_path: Path) -> None:
    """What was loaded keeps delivery, rows, times and cells; its events are counted."""
    server._run("CREATE DATABASE before OWNER chiso TEMPLATE template0")
    engine = connect(server.template.set(database="before").render_as_string(hide_password=False))
    settings = replace(inbox.platform.settings, var=tmp_path / "before")
    config = Config()
    config.set_main_option("script_location", str(settings.schemas / "migrations"))
    with engine.begin() as connection, owning(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(_BEFORE)
    warehouse.upgrade(engine, settings)
    converted = Platform(settings, engine)
    assert ledger(converted) == counted(converted) != []
    assert rows(converted, "SELECT count(*), min(ngay_tiep_nhan)::text FROM warehouse.portal_dossiers") == [(5, "2024-06-10 08:00:00")]
    assert rows(
        converted,
        "SELECT unit_code, households, households_fibre, centre_fibre, delivery_id, line, sheet, recorded_at::date::text "
        "FROM publication.departments_telecom",
    ) == [("23281", 900, 800, True, 2, 8, "Biểu 1", "2024-07-04")]  # fmt: skip
    assert rows(converted, "SELECT letters FROM warehouse.load WHERE delivery_id = 2") == [({"households": "C", "households_fibre": "D"},)]
    faults = verification.verify(converted)["faults"]
    assert [fault for fault in faults if fault["where"].startswith("warehouse.")] == []
    engine.dispose()
    server.drop("before")


_BEFORE = """
INSERT INTO landing.raw_file VALUES (repeat('a', 64), 1, true);
INSERT INTO landing.delivery (source, sha256, received_at, origin, file_name, uri)
    VALUES ('portal/dossiers', repeat('a', 64), '2024-06-12', 'file', 'a.csv', 'file:///a.csv');
INSERT INTO validation.verdict (delivery_id, period, calendar, accepted, row_count, rejected_count, loaded_count, unchanged_count,
    content_sha256, rules_sha256, issues, issues_total, checks)
    VALUES (1, '2024-06', 'civil', true, 5, 0, 5, 0, repeat('a', 64), 'x', '[]', 0, '[]');
INSERT INTO warehouse.dossier_version
    SELECT '000.00.11.H34-240610-000' || n, timestamp '2024-06-10 09:00' + n * interval '1 day', '1.1', '000.00.11.H34', NULL, 2,
        'toàn trình', '2024-06-10 08:00', NULL, NULL, 4, 0, 0, 0, 0, false, true, false, NULL, 1, n, now() FROM generate_series(1, 5) n;
INSERT INTO landing.raw_file VALUES (repeat('b', 64), 1, false);
INSERT INTO landing.delivery (source, sha256, received_at, origin, file_name, uri)
    VALUES ('departments/telecom', repeat('b', 64), '2024-07-04', 'file', 'vien_thong.xlsx', 'file:///vien_thong.xlsx');
INSERT INTO validation.verdict (delivery_id, period, calendar, accepted, row_count, rejected_count, loaded_count, unchanged_count,
    content_sha256, rules_sha256, issues, issues_total, checks)
    VALUES (2, '2024-Q2', 'civil', true, 1, 0, 1, 0, repeat('b', 64), 'x', '[]', 0, '[]');
INSERT INTO warehouse.unit VALUES ('admin_unit', '23281', '1900-01-01', '2025-06-30', 'commune', 'Phường Quang Trung', '608');
INSERT INTO warehouse.record (delivery_id, row_no, line, sheet, unit_register, unit_code, unit_valid_from, period, calendar, attributes, recorded_at)
    VALUES (2, 8, 8, 'Biểu 1', 'admin_unit', '23281', '1900-01-01', '2024-Q2', 'civil',
        '{"commune": "23281", "households": 900, "households_fibre": 800, "centre_fibre": true}', '2024-07-04 08:00+07');
INSERT INTO warehouse.observation VALUES (2, 8, 'households', 900, 'C8'), (2, 8, 'households_fibre', 800, 'D8');
"""
