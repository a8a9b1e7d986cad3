"""Schema `publication` as its readers see it: by their own role, with the answers that other commands give."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from chiso import contracts
from chiso.authoring.data_dictionary import published_views
from chiso.flow import computing, withdrawing
from chiso.inquiry import answers
from chiso.system.database import owning
from chiso.system.platform import Platform
from chiso.system.postgres import reader_url
from chiso.warehouse import upgrade

from tests.deliveries import (
    COMMUNES_OF_DAK_GLEI,
    PERSONAL,
    Inbox,
    at,
    csv_bytes,
    dossier,
    json_bytes,
    procedure,
    telecom_form,
    telecom_row,
)
from tests.integration.test_indicators import Copy

TELECOM, DOSSIERS = "departments/telecom", "portal/dossiers"
PAGE = Path(__file__).parents[2] / "docs" / "queries.md"
QUERIES = dict(re.findall(r"^## ([^\n]+)\n.*?```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE))
Row = dict[str, Any]


class Reader:
    """Somebody at the data centre, with nothing but the reader's login."""

    def __init__(self, platform: Platform) -> None:
        url = reader_url(platform.settings, platform.engine.url)
        self.connection = psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        self.connection.autocommit = True

    def ask(self, query: str) -> list[Row]:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return [dict(zip([column.name for column in cursor.description], row, strict=True)) for row in cursor.fetchall()]

    def tries(self, statement: str) -> str:
        """The SQLSTATE that the statement ends with, "" if none."""
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except psycopg2.Error as fault:
                return fault.pgcode or str(fault)
        return ""


@pytest.fixture
def reader(platform: Platform) -> Iterator[Reader]:
    upgrade(platform.engine, platform.settings)  # as every command does: rights on a database don't come with its template
    made = Reader(platform)
    yield made
    made.connection.close()


def form(fibre: object = 50, period: str = "Quý II/2024", rows: int = 5) -> bytes:
    lines = [telecom_row(n, name, 100, fibre) for n, name in enumerate(COMMUNES_OF_DAK_GLEI[:rows], 1)]
    return telecom_form(lines, period=f"Kỳ báo cáo: {period}")


# --- The role ---


def test_the_reader_reads_every_view_of_publication(platform: Platform, reader: Reader) -> None:
    views = reader.ask("SELECT viewname FROM pg_views WHERE schemaname = 'publication'")
    assert len(views) > 2 * len(contracts.source_names(platform.settings)) + 10
    for view in views:
        reader.ask(f"SELECT * FROM publication.{view['viewname']} LIMIT 1")


DENIED = "42501"


def test_the_reader_reads_nothing_else(platform: Platform, reader: Reader) -> None:
    with platform.engine.connect() as connection:
        others = connection.execute(
            sa.text(
                "SELECT format('%I.%I', relnamespace::regnamespace, relname) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'S') "
                "AND relnamespace::regnamespace::text NOT IN ('publication', 'pg_catalog', 'information_schema', 'pg_toast')"
            )
        ).scalars().all()
        functions = connection.execute(
            sa.text(
                "SELECT format('%I.%I', pronamespace::regnamespace, proname) AS name, pronargs - pronargdefaults AS needed "
                "FROM pg_proc WHERE prorettype <> 'trigger'::regtype AND pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
            )
        ).all()
    schemas = {name.split(".")[0] for name in others}
    assert {"sources", "landing", "validation", "quarantine", "warehouse", "indicators", "audit"} <= schemas
    assert {name: reader.tries(f"TABLE {name}") for name in others} == dict.fromkeys(others, DENIED)
    assert len(functions) > 5
    for function in functions:
        assert reader.tries(f"SELECT {function.name}({', '.join(['NULL'] * function.needed)})") == DENIED, function.name


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE publication.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "CREATE VIEW publication.mine AS SELECT 1",
        "DELETE FROM publication.framework_indicator",
        "UPDATE publication.fetch SET reason = ''",
        "INSERT INTO publication.framework_indicator VALUES ('a', 'b', 'c', 'd', NULL, NULL)",
        "SET ROLE chiso",
        "SELECT pg_read_file('postgresql.conf')",
    ],
)
def test_the_reader_changes_nothing(reader: Reader, statement: str) -> None:
    assert reader.tries(statement) == DENIED


def test_rights_are_given_to_a_role_that_was_made_afterwards(platform: Platform, reader: Reader) -> None:
    with platform.engine.begin() as connection, owning(connection):
        connection.exec_driver_sql("REVOKE ALL ON ALL TABLES IN SCHEMA publication FROM chiso_reader")
        connection.exec_driver_sql("REVOKE ALL ON SCHEMA publication FROM chiso_reader")
    assert reader.tries("TABLE publication.unit") == DENIED
    upgrade(platform.engine, platform.settings)
    assert reader.tries("TABLE publication.unit") == ""


# --- The views describe themselves ---


WIDER = [("integer", "smallint"), ("bigint", "smallint"), ("bigint", "integer")]
"""A table that was made by an earlier contract keeps whole numbers wider than this one needs."""


def test_every_view_and_column_has_its_comment_and_its_line_in_the_dictionary(platform: Platform, reader: Reader) -> None:
    found = reader.ask(
        "SELECT c.relname AS view, obj_description(c.oid) AS about, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind, "
        "col_description(c.oid, a.attnum) AS comment FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
        "WHERE c.relnamespace = 'publication'::regnamespace ORDER BY c.relname, a.attnum"
    )
    known = {view.name: view for view in published_views(platform.settings)}
    assert {f"publication.{row['view']}" for row in found} == set(known)
    for name, view in known.items():
        rows = [row for row in found if f"publication.{row['view']}" == name]
        assert {row["about"] for row in rows} == {view.comment}
        assert [(row["name"], row["comment"]) for row in rows] == [(c.name, c.comment) for c in view.columns], name
        kinds = [(row["kind"], column.kind) for row, column in zip(rows, view.columns, strict=True)]
        assert [pair for pair in kinds if pair[0] != pair[1] and pair not in WIDER] == [], name
        assert view.comment and all(column.comment for column in view.columns)


def test_a_comment_says_what_the_contract_says(reader: Reader) -> None:
    def comment(view: str, column: str) -> str:
        [row] = reader.ask(
            f"SELECT col_description('publication.{view}'::regclass, attnum) AS said FROM pg_attribute "
            f"WHERE attrelid = 'publication.{view}'::regclass AND attname = '{column}'"
        )
        return str(row["said"])

    assert comment("departments_telecom", "households") == "Số hộ [hộ]."
    assert comment("portal_dossiers", "phi_le_phi") == "PhiLePhi [đồng]. Fee in đồng; blank is none."
    assert comment("portal_dossiers_history", "trang_thai") == "TrangThai. What the values mean: publication.code_list."


def test_a_view_has_the_columns_that_were_promised(platform: Platform, reader: Reader) -> None:
    first = ["period", "calendar", "period_start", "period_end", "unit_register", "unit_code", "unit_name", "parent_code", "parent_name"]
    last = ["delivery_id", "sheet", "line", "received_at", "recorded_at"]
    contract = contracts.load(DOSSIERS, platform.settings)
    assert "chu_ho_so" not in contract.loaded_names
    for view, more in (("portal_dossiers", []), ("portal_dossiers_history", ["valid_from_recorded", "valid_to_recorded"])):
        with reader.connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM publication.{view} LIMIT 0")
            assert [column.name for column in cursor.description] == [*first, *contract.loaded_names, *last, *more]


def test_codes_have_names(reader: Reader) -> None:
    asked = "SELECT value, label FROM publication.code_list WHERE source = 'portal/dossiers' AND column_name = 'kenh_thuc_hien' ORDER BY place"
    rows = reader.ask(asked)
    assert [tuple(row.values()) for row in rows] == [("1", "trực tiếp"), ("2", "trực tuyến"), ("3", "bưu chính công ích")]
    twice = reader.ask("SELECT source, column_name, value FROM publication.code_list GROUP BY 1, 2, 3 HAVING count(*) > 1")
    assert twice == []


def test_dimensions_know_units_periods_and_indicators(inbox: Inbox, reader: Reader) -> None:
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx")
    computing.compute_stale(inbox.platform)
    [unit] = reader.ask("SELECT * FROM publication.unit WHERE unit_code = '610' AND '2024-06-30' BETWEEN valid_from AND valid_to")
    assert (unit["level"], unit["unit_name"], unit["parent_name"]) == ("district", "Huyện Đắk Glei", "Tỉnh Kon Tum")
    [agency] = reader.ask("SELECT * FROM publication.agency WHERE unit_code = '000.00.11.H34' AND '2024-06-30' BETWEEN valid_from AND valid_to")
    assert (agency["unit_name"], agency["parent_code"]) == ("Sở Thông tin và Truyền thông", "62")
    [period] = reader.ask("SELECT * FROM publication.period WHERE (calendar, period) = ('administrative', '2024-06')")
    assert (str(period["period_start"]), str(period["period_end"]), period["is_over"]) == ("2024-05-15", "2024-06-14", True)
    [day] = reader.ask("SELECT * FROM publication.period WHERE (calendar, period) = ('civil', '2024-02-29')")
    assert (day["grain"], str(day["period_start"]), str(day["period_end"])) == ("day", "2024-02-29", "2024-02-29")
    [indicator] = reader.ask("SELECT * FROM publication.indicator WHERE indicator = 'households_fibre_pct'")
    assert (indicator["defined_in"], "nq09 2022-02-18" in indicator["frameworks"]) == ("catalogue", True)


def test_a_row_says_when_its_period_is(inbox: Inbox, reader: Reader) -> None:
    inbox.ingest(DOSSIERS, csv_bytes([dossier(1)]), "a.csv", "2024-06-27")
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx")
    for view, period, first, last in (("portal_dossiers", "2024-06-27", "2024-06-27", "2024-06-27"),
                                      ("departments_telecom", "2024-Q2", "2024-04-01", "2024-06-30")):  # fmt: skip
        [row] = reader.ask(f"SELECT DISTINCT period, calendar, period_start::text AS first, period_end::text AS last FROM publication.{view}")
        assert tuple(row.values()) == (period, "civil", first, last)


# --- Values ---

FIBRE = "SELECT * FROM publication.{} WHERE indicator = 'households_fibre_pct' AND unit_code IN ('62', '51') AND period = '{}'"


def test_a_value_stands_once_with_its_units_level_its_files_and_whether_it_is_complete(inbox: Inbox, reader: Reader) -> None:
    got = inbox.ingest(TELECOM, form(), "vien_thong_q2.xlsx")
    computing.compute_stale(inbox.platform)
    with inbox.platform.engine.connect() as connection:
        sha256 = connection.execute(sa.text("SELECT sha256 FROM landing.delivery WHERE delivery_id = :id"), {"id": got.delivery}).scalar_one()
    [quarter] = reader.ask(FIBRE.format("indicator_value", "2024-Q2"))
    assert (quarter["value"], quarter["numerator"], quarter["denominator"]) == (50, 250, 500)
    assert (quarter["level"], quarter["unit_name"], quarter["status"], quarter["complete"]) == ("province", "Tỉnh Kon Tum", "computed", True)
    assert (quarter["file_names"], quarter["file_sha256"]) == (["vien_thong_q2.xlsx"], [sha256])
    assert len(quarter["frameworks"]) > 1
    [year] = reader.ask(FIBRE.format("indicator_value", "2024"))
    assert (year["status"], year["complete"]) == ("incomplete", False)
    [file] = reader.ask(f"SELECT * FROM publication.indicator_value_file WHERE value_id = {quarter['value_id']}")
    assert (file["source"], file["measures"], file["sha256"]) == (TELECOM, ["households", "households_fibre"], sha256)
    twice = reader.ask(
        "SELECT 1 FROM publication.indicator_value GROUP BY indicator, defined_in, unit_register, unit_code, calendar, period HAVING count(*) > 1"
    )
    assert twice == []


def test_a_period_that_is_not_over_is_not_complete(inbox: Inbox, reader: Reader) -> None:
    [commune] = reader.ask(
        "SELECT unit_name FROM publication.unit WHERE level = 'commune' AND parent_code = '51' AND valid_to > '2059-12-31' LIMIT 1"
    )
    content = telecom_form([telecom_row(1, commune["unit_name"])], period="Kỳ báo cáo: Quý IV/2059")
    inbox.ingest(TELECOM, content, "vien_thong.xlsx")
    computing.compute_stale(inbox.platform)
    [value] = reader.ask(FIBRE.format("indicator_value", "2059-Q4"))
    assert (value["status"], value["complete"]) == ("computed", False)


def test_a_restated_value_shows_old_new_and_cause(inbox: Inbox, reader: Reader) -> None:
    inbox.ingest(TELECOM, form(50), "a.xlsx", received=at(1))
    computing.compute_stale(inbox.platform)
    second = inbox.ingest(TELECOM, form(60), "b.xlsx", received=at(2))
    computing.compute_stale(inbox.platform)
    feed = reader.ask(FIBRE.format("change", "2024-Q2") + " ORDER BY recorded_at")
    assert [(row["old_value"], row["new_value"], row["cause"], row["publication"]) for row in feed] == [
        (None, 50, "first", "approved"),
        (50, 60, "corrected_delivery", "held"),
    ]
    assert (feed[1]["delivery_ids"], feed[1]["file_names"]) == ([second.delivery], ["b.xlsx"])
    [value] = reader.ask(FIBRE.format("indicator_value", "2024-Q2"))
    assert (value["value"], value["publication"], value["waiting_value"], value["file_names"]) == (50, "held", 60, ["a.xlsx"])
    [held] = reader.ask(FIBRE.format("held_value", "2024-Q2"))
    assert (held["before"], held["after"]) == (50, 60)


@pytest.mark.parametrize("back", ["the newer one", "the only one"])
def test_a_withdrawal_is_a_cause_of_its_own(back: str, inbox: Inbox, reader: Reader) -> None:
    came = [inbox.ingest(TELECOM, form(50), "a.xlsx", received=at(1)).delivery]
    computing.compute_stale(inbox.platform)
    if back == "the newer one":
        came.append(inbox.ingest(TELECOM, form(60), "b.xlsx", received=at(2)).delivery)
        computing.compute_stale(inbox.platform)
    withdrawing.withdraw(came[-1] or 0, "Nguyễn Văn A", "gửi nhầm", inbox.platform)
    *_, last = reader.ask(FIBRE.format("change", "2024-Q2") + " ORDER BY recorded_at")
    assert (last["new_value"], last["cause"]) == (50 if back == "the newer one" else None, "withdrawn_delivery")
    [said] = reader.ask("SELECT delivery_ids, file_names FROM publication.change WHERE cause = 'withdrawn'")
    assert tuple(said.values()) == ([came[-1]], ["b.xlsx" if back == "the newer one" else "a.xlsx"])
    states = reader.ask("SELECT state FROM publication.delivery ORDER BY received_at")
    assert [row["state"] for row in states] == (["current", "withdrawn"] if back == "the newer one" else ["withdrawn"])


def test_a_year_that_grows_has_further_deliveries(inbox: Inbox, reader: Reader) -> None:
    for number, period in enumerate(("Tháng 5/2024", "Tháng 6/2024"), 1):
        day = period[6:7]
        inbox.ingest(DOSSIERS, csv_bytes([dossier(number, NgayTiepNhan=f"10/0{day}/2024 08:00:00", ThoiDiemCapNhat=f"10/0{day}/2024 09:00:00")]),
                     f"{number}.csv", received=at(number))  # fmt: skip
        computing.compute_stale(inbox.platform)
    feed = reader.ask(
        "SELECT DISTINCT old_value, new_value, cause FROM publication.change "
        "WHERE indicator = 'dossiers_received' AND unit_code = '62' AND period = '2024' AND calendar = 'civil' ORDER BY new_value"
    )
    assert [tuple(row.values()) for row in feed] == [(None, 1, "first"), (1, 2, "further_delivery")]


def test_a_changed_definition_is_a_cause(inbox: Inbox, tmp_path: Path, reader: Reader) -> None:
    copy = Copy(inbox.platform, tmp_path / "checkout")
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx")
    computing.compute_stale(copy.platform)
    copy.change("indicators/catalogue.yml", "to: departments/telecom.households}", "to: departments/telecom.adults}")
    computing.compute_stale(copy.platform)
    feed = reader.ask(
        "SELECT old_value, cause, delivery_ids FROM publication.change WHERE indicator = 'households_fibre_pct' AND unit_code = '62' "
        "AND period = '2024-Q2' AND old_value IS NOT NULL"
    )
    assert [tuple(row.values()) for row in feed] == [(50, "changed_definition", [])]


def test_targets_stand_as_the_command_says(inbox: Inbox, reader: Reader) -> None:
    inbox.ingest(TELECOM, form(90), "vien_thong.xlsx", received=at(1))
    inbox.ingest("portal/procedures", json_bytes([procedure(1), procedure(2)]), "p.json", "2024-06-30", received=at(1))
    computing.compute_stale(inbox.platform)
    inbox.ingest(TELECOM, form(70), "vien_thong.xlsx", received=at(2))  # held, and counted all the same
    computing.compute_stale(inbox.platform)
    said = answers.target_rows(inbox.platform, "nq09")
    names = ("target", "indicator", "name_vi", "direction", "target_value", "target_year", "actual", "period", "calendar", "status",
             "responsible", "publication")  # fmt: skip
    shown = reader.ask("SELECT * FROM publication.target_status WHERE framework = 'nq09'")
    assert [tuple(row[name] for name in names) for row in shown] == [tuple(getattr(row, name) for name in names) for row in said]
    assert [row["missing"] for row in shown] == [list(row.missing) for row in said]
    assert {row.status for row in said} == {"met", "unmet", "no_data"}
    assert any(row.publication == "held" for row in said)
    parts = ("indicator", "unit_code", "direction", "target_value", "actual", "period", "status", "publication")
    components = reader.ask("SELECT * FROM publication.target_component WHERE framework = 'nq09' ORDER BY target, place")
    wanted = [(row.target, *(getattr(part, name) for name in parts)) for row in said for part in row.components]
    assert [(row["target"], *(row[name] for name in parts)) for row in components] == wanted


# --- What came ---


def test_deliveries_say_what_became_of_them_and_mask_what_is_personal(inbox: Inbox, reader: Reader) -> None:
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx", received=at(1))
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx", received=at(2))
    inbox.ingest(TELECOM, b"<html>Not found</html>", "vien_thong_q3.xlsx", received=at(3))
    inbox.ingest(DOSSIERS, csv_bytes([dossier(1), dossier(2, MaDonVi="062199000123"), dossier(3)]), "a.csv", received=at(4))
    rows = reader.ask("SELECT * FROM publication.delivery ORDER BY received_at")
    assert [(row["state"], row["rows"], row["rejected"]) for row in rows] == [
        ("current", 5, 0), ("unchanged", 5, 0), ("refused", 0, 0), ("current", 3, 1),
    ]  # fmt: skip
    assert rows[1]["same_as"] == rows[0]["delivery_id"]
    assert "là trang web (HTML), không phải bảng tính" in rows[2]["reasons_vi"]
    assert "is a web page (HTML), not a spreadsheet" in rows[2]["reasons_en"]
    [rejected] = reader.ask("SELECT * FROM publication.rejected_row")
    assert (rejected["source"], rejected["column_name"], rejected["line"]) == (DOSSIERS, "ma_don_vi", 3)
    everything = str([reader.ask(f"SELECT * FROM publication.{view}") for view in ("delivery", "rejected_row", "portal_dossiers", "change")])
    assert not [word for word in PERSONAL if word in everything]


def test_a_fetch_is_shown_with_its_endpoint_and_reason(platform: Platform, reader: Reader) -> None:
    with platform.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO sources.fetch (source, period, uri, started_at, finished_at, outcome, requests, status, reason) "
            "VALUES ('portal/dossiers', '2024-06', 'https://gateway.example:8443/export?period=2024-06', now(), now(), 'failed', 3, 500, 'busy')"
        )
    [row] = reader.ask("SELECT endpoint, outcome, status, reason FROM publication.fetch")
    assert tuple(row.values()) == ("https://gateway.example:8443", "failed", 500, "busy")


# --- The queries of the documentation ---


def test_the_example_queries_answer(inbox: Inbox, reader: Reader) -> None:
    inbox.ingest(TELECOM, form(50), "q2.xlsx", received=at(1))
    inbox.ingest(TELECOM, b"<html>Not found</html>", "q1.xlsx", received=at(2))
    online, direct = {"KenhThucHien": "2"}, {"KenhThucHien": "1"}
    inbox.ingest(DOSSIERS, csv_bytes([dossier(1, **online), dossier(2, **direct), dossier(3, **online)]), "a.csv", received=at(3))
    computing.compute_stale(inbox.platform)
    found = {name: reader.ask(query) for name, query in QUERIES.items()}
    assert len(found) == 6

    fibre = found["Fibre per commune"]
    assert [tuple(row.values()) for row in fibre] == [
        ("Huyện Đắk Glei", row["commune"], 100, 50, Decimal("50.00")) for row in fibre
    ]
    assert sorted(row["commune"] for row in fibre) == sorted(COMMUNES_OF_DAK_GLEI)
    [agency] = found["Dossiers online by agency and month"]
    assert tuple(agency.values()) == ("000.00.11.H34", "Sở Thông tin và Truyền thông", "2024-06", 3, 2)
    [refused] = found["Refused deliveries with reasons"]
    assert (refused["file_name"], refused["source"]) == ("q1.xlsx", TELECOM)
    assert "trang web (HTML)" in refused["reasons_vi"]
    over_time = {row["period"]: row for row in found["One indicator over time, with its files"]}
    assert (over_time["2024-Q2"]["value"], over_time["2024-Q2"]["file_names"]) == (50, ["q2.xlsx"])
    assert re.fullmatch("[0-9a-f]{64}", over_time["2024-Q2"]["file_sha256"][0])
    changed = found["What changed since yesterday"]
    assert {(row["of_what"], row["cause"]) for row in changed if row["what"] == "delivery"} == {
        (TELECOM, "được nhận"), (TELECOM, "bị từ chối"), (DOSSIERS, "được nhận"),
    }  # fmt: skip
    of_fibre = [row for row in changed if (row["of_what"], row["period"], row["unit_name"]) == ("households_fibre_pct", "2024-Q2", "Tỉnh Kon Tum")]
    assert [(row["old_value"], row["new_value"], row["cause"]) for row in of_fibre] == [(None, 50, "giá trị đầu tiên")]
    assert [row["households_fibre"] for row in found["What was known at a moment"]] == [50] * 5
