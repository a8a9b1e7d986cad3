"""Computing: what makes a period stale, what stands before, versions of a framework, and faults that stop only themselves."""

import importlib.util
import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from chiso.flow import computing
from chiso.indicators import KnownValue, Question
from chiso.inquiry import answers, shapes
from chiso.system.database import owning
from chiso.system.errors import UsageError
from chiso.system.platform import Platform

from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, csv_bytes, dossiers, telecom_form, telecom_row
from tests.workshop import Workshop

TELECOM, DOSSIERS = "departments/telecom", "portal/dossiers"
QUARTERS = {"2022-Q3": "Quý III/2022", "2023-Q1": "Quý I/2023"}


def form(fibre: int = 50, period: str = "2022-Q3") -> bytes:
    """A synthetic form of five communes with 100 households each."""
    rows = [telecom_row(number, name, fibre=fibre) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    return telecom_form(rows, period=f"Kỳ báo cáo: {QUARTERS[period]}")


def stale(platform: Platform) -> list[str]:
    return [f"{period.calendar}/{period.code}" for period in computing.stale_periods(platform)]


def found(platform: Platform, indicator: str, **question: Any) -> list[KnownValue]:
    rows = answers.indicator_rows(platform, Question(**question))
    return [row for row in rows if row.indicator == indicator]


class Copy:
    """The platform on a copy of the checkout's contracts, lists and catalogue, which may be changed."""

    def __init__(self, platform: Platform, home: Path) -> None:
        self.schemas = home / "include" / "schemas"
        shutil.copytree(platform.settings.schemas, self.schemas, ignore=shutil.ignore_patterns("migrations"))
        self.platform = replace(platform, settings=replace(platform.settings, home=home))

    def change(self, path: str, old: str, new: str) -> None:
        file = self.schemas / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def framework(self, name: str, **given: Any) -> None:
        known = {"framework": name, "version": "1", "name_vi": "Thử nghiệm", "indicators": []}
        text = yaml.safe_dump(known | given, allow_unicode=True)
        (self.schemas / "indicators" / f"{name}_{given.get('version', '1')}.yml").write_text(text, "utf-8")


@pytest.fixture
def copy(inbox: Inbox, tmp_path: Path) -> Copy:
    return Copy(inbox.platform, tmp_path / "checkout")


# --- What makes a period stale ---


def test_only_periods_that_a_changed_definition_touches_are_computed_again(inbox: Inbox, copy: Copy) -> None:
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx")
    inbox.ingest(DOSSIERS, csv_bytes(dossiers(3)), "a.csv")
    done = computing.compute_stale(copy.platform)
    assert done.written > 0 and stale(copy.platform) == []

    copy.change("indicators/catalogue.yml", "name_vi: Tỷ lệ hộ gia đình có cáp quang", "name_vi: Cáp quang đến hộ")
    assert stale(copy.platform) == []
    assert computing.compute_stale(copy.platform).periods == ()
    with copy.platform.engine.connect() as connection:
        named = sa.text("SELECT DISTINCT name_vi FROM publication.indicator_value WHERE indicator = 'households_fibre_pct'")
        assert connection.execute(named).scalars().all() == ["Cáp quang đến hộ"]
    copy.change("indicators/catalogue.yml", "to: departments/telecom.households}", "to: departments/telecom.adults}")
    touched = {"civil/2022-Q3", "civil/2022-H2", "civil/2022-9M", "civil/2022"}
    assert set(stale(copy.platform)) == touched
    assert {f"{each.calendar}/{each.code}" for each in computing.compute_stale(copy.platform).periods} == touched
    assert stale(copy.platform) == []
    [value] = found(copy.platform, "households_fibre_pct", period="2022-Q3", framework="nq09")
    assert (value.numerator, value.denominator, value.publication) == (250, 4500, "held")


def test_a_changed_measure_of_a_contract_makes_its_periods_stale(inbox: Inbox, copy: Copy) -> None:
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx")
    inbox.ingest(DOSSIERS, csv_bytes(dossiers(3)), "a.csv")
    computing.compute_stale(copy.platform)
    copy.change(
        "contracts/departments/telecom.yml",
        "unit: xã, kind: stock, when: {column: centre_fibre}}",
        "unit: xã, kind: stock, when: {column: signal_gaps, operator: '>', value: 0}}",
    )
    assert {name.split("/")[1][:4] for name in stale(copy.platform)} == {"2022"}
    computing.compute_stale(copy.platform)
    [value] = found(copy.platform, "communes_fibre_pct", period="2022-Q3", framework="review")
    assert (value.numerator, value.denominator) == (0, 5)


def test_a_run_that_changes_nothing_writes_nothing(inbox: Inbox) -> None:
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx")
    first = computing.compute_stale(inbox.platform)
    again = computing.compute_known(inbox.platform)
    assert set(again.periods) == set(first.periods) and (first.written > 0, again.written) == (True, 0)
    assert computing.compute_known(inbox.platform, "2022-Q3").periods == tuple(
        period for period in first.periods if period.code == "2022-Q3"
    )
    assert computing.compute_known(inbox.platform, "2019").periods == ()


def test_a_period_is_computed_on_each_calendar_that_has_data_of_it(inbox: Inbox) -> None:
    inbox.ingest(DOSSIERS, csv_bytes(dossiers(3)), "a.csv")
    done = computing.compute_known(inbox.platform, "2024-06")
    assert sorted(each.calendar for each in done.periods) == ["administrative", "civil"]


# --- The value that counts for a period ---


def test_the_latest_before_stands_under_its_own_period(inbox: Inbox) -> None:
    inbox.ingest(TELECOM, form(50, "2022-Q3"), "a.xlsx")
    inbox.ingest(TELECOM, form(60, "2023-Q1"), "b.xlsx")
    computing.compute_stale(inbox.platform)

    def fibre(period: str) -> list[tuple[str, float | None]]:
        rows = found(inbox.platform, "households_fibre_pct", period=period, framework="nq09")
        return [(row.period, None if row.value is None else float(row.value)) for row in rows]

    assert fibre("2022-Q3") == [("2022-Q3", 50)]
    assert fibre("2022-Q4") == [("2022-Q3", 50)]
    assert fibre("2022-11-20") == [("2022-Q3", 50)]
    assert fibre("2024") == [("2023-Q1", 60)]
    assert fibre("2022-Q2") == [("2022-Q2", None)]
    targets = {row.target: row for row in answers.target_rows(inbox.platform, "nq09", "2022-Q4")}
    assert (targets["nq09.15"].period, targets["nq09.15"].calendar, targets["nq09.15"].status) == (
        "2022-Q3",
        "civil",
        "unmet",
    )
    newest = {row.target: row for row in answers.target_rows(inbox.platform, "nq09")}
    assert (newest["nq09.15"].period, newest["nq09.15"].actual) == ("2023-Q1", 60)


def test_what_a_period_lacks_is_said_in_json_and_csv(inbox: Inbox) -> None:
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx")
    computing.compute_stale(inbox.platform)
    lacking = [{"source": TELECOM, "what": "period", "period": "2022-Q4", "calendar": "civil"}]
    [value] = found(inbox.platform, "households_fibre_pct", period="2022", framework="nq09")
    assert (value.value, value.status, list(value.missing)) == (50, "incomplete", lacking)
    assert shapes.public(value)["missing"] == lacking
    assert json.loads(shapes.flat(value)["missing"]) == lacking
    [whole] = found(inbox.platform, "households_fibre_pct", period="2022-Q3", framework="nq09")
    assert (shapes.public(whole)["missing"], shapes.flat(whole)["missing"]) == ([], None)


def test_rows_in_quarantine_do_not_make_a_value_older(inbox: Inbox) -> None:
    rows = [telecom_row(number, name) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    rows[0][2] = "1,014"
    inbox.ingest(TELECOM, telecom_form(rows), "vien_thong.xlsx")
    computing.compute_stale(inbox.platform)
    targets = {row.target: row for row in answers.target_rows(inbox.platform, "nq09")}
    known = targets["nq09.15"]
    assert (known.period, known.actual) == ("2022-Q3", 50)
    assert list(known.missing) == [
        {"source": TELECOM, "what": "rows", "period": "2022-Q3", "calendar": "civil", "rows": 1}
    ]


# --- Formulas on what was loaded ---


def test_counts_and_shares_of_units_on_loaded_figures(inbox: Inbox, copy: Copy) -> None:
    many = {"formula": f"{TELECOM}.households_fibre", "direction": "ge", "value": 51}
    known = {"formula": f"{TELECOM}.households", "direction": "gt", "value": 0}
    copy.framework(
        "trial",
        indicators=[
            {"id": "communes_reached", "name_vi": "x", "unit": "xã", "formula": {"count": "commune", "where": [many]}},
            {"id": "communes_pct", "name_vi": "x", "unit": "%",
             "formula": {"ratio": {"count": "commune", "where": [known]}, "to": {"count": "commune"}}},
            {"id": "in_dak_glei", "name_vi": "x", "unit": "hộ", "formula": {"unit": "610", "formula": f"{TELECOM}.households"}},
            {"id": "in_the_city", "name_vi": "x", "unit": "hộ", "formula": {"unit": "608", "formula": f"{TELECOM}.households"}},
            {"id": "more", "name_vi": "x", "unit": "%",
             "formula": {"maximum": [f"{TELECOM}.hamlets", f"{TELECOM}.hamlets_4g"]}},
        ],
    )  # fmt: skip
    rows = [telecom_row(number, name) for number, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    rows[0][3] = 51
    inbox.ingest(TELECOM, telecom_form(rows), "vien_thong.xlsx")
    computing.compute_stale(copy.platform)
    values = {row.indicator: row for row in answers.indicator_rows(copy.platform, Question("trial", "2022-Q3"))}
    assert (values["communes_reached"].value, len(values["communes_reached"].missing)) == (1, 97)
    assert (values["communes_pct"].numerator, values["communes_pct"].denominator) == (5, 102)
    assert values["in_dak_glei"].value == 500
    assert (values["in_the_city"].status, list(values["in_the_city"].missing)) == (
        "no_data",
        [{"what": "unit", "unit": "608"}],
    )
    assert values["more"].value == 35
    [district] = found(copy.platform, "communes_reached", period="2022-Q3", unit_code="610", framework="trial")
    assert (district.value, len(district.missing)) == (1, 7)


def test_an_old_year_replays_under_its_own_version(inbox: Inbox, copy: Copy) -> None:
    base = {"id": "index", "name_vi": "Chỉ số", "unit": "điểm"}
    old = [base | {"formula": f"{TELECOM}.hamlets"}]
    new = [base | {"formula": f"{TELECOM}.hamlets_4g"}, "households_fibre_pct"]
    copy.framework("index", version="2020", years={"last": 2022}, indicators=old)
    copy.framework("index", version="922", years={"first": 2023}, indicators=new)
    inbox.ingest(TELECOM, form(50, "2022-Q3"), "a.xlsx")
    inbox.ingest(TELECOM, form(60, "2023-Q1"), "b.xlsx")
    computing.compute_stale(copy.platform)

    def shown(**question: Any) -> list[tuple[str, str, float]]:
        rows = found(copy.platform, "index", framework="index", **question)
        return [(row.version, row.period, float(row.value)) for row in rows if row.value is not None]

    assert shown(period="2022-Q3") == [("2020", "2022-Q3", 35)]
    assert shown(period="2023-Q1") == [("922", "2023-Q1", 30)]
    assert shown(period="2023-H1", version="922") == [("922", "2023-H1", 30)]
    assert {(version, period[:4]) for version, period, _ in shown()} == {("2020", "2022"), ("922", "2023")}
    assert found(copy.platform, "index", period="2022-Q3", version="922") == []
    with pytest.raises(UsageError, match="Unknown version"):
        found(copy.platform, "index", framework="index", version="405")
    with copy.platform.engine.connect() as connection:
        published = connection.execute(
            sa.text(
                "SELECT frameworks, period, value FROM publication.indicator_value "
                "WHERE indicator = 'index' AND unit_code = '62' AND period LIKE '%Q%' ORDER BY period"
            )
        ).all()
    assert [tuple(row) for row in published] == [(["index 2020"], "2022-Q3", 35), (["index 922"], "2023-Q1", 30)]


# --- A fault stops only itself ---


def test_a_faulty_framework_is_named_and_the_others_are_computed(
    inbox: Inbox, copy: Copy, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.ingest(TELECOM, form(), "vien_thong.xlsx", received=at(1))
    computing.compute_stale(copy.platform)
    with copy.platform.engine.connect() as connection:
        before = connection.execute(
            sa.text("SELECT count(*) FROM indicators.definition WHERE framework = 'review'")
        ).scalar()
    inbox.ingest(TELECOM, form(60), "vien_thong.xlsx", received=at(20))
    (copy.schemas / "indicators" / "review.yml").write_text("framework: [\n", "utf-8")
    assert computing.compute_stale(copy.platform).written > 0
    assert "include/schemas/indicators/review.yml: line 2, column 1: this is not well-formed YAML" in caplog.text
    [value] = found(copy.platform, "households_fibre_pct", period="2022-Q3", framework="nq09")
    assert value.value == 60
    with copy.platform.engine.connect() as connection:
        after = connection.execute(
            sa.text("SELECT count(*) FROM indicators.definition WHERE framework = 'review'")
        ).scalar()
    assert before == after != 0


# --- What older versions wrote ---


def test_texts_of_older_versions_become_objects(platform: Platform) -> None:
    path = next((platform.settings.schemas / "migrations" / "versions").glob("*_structured_missing.py"))
    spec = importlib.util.spec_from_file_location("migration", path)
    assert spec is not None and spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    given = [
        ("2024-H1", "civil", ["2024-Q1", "rejected departments/telecom 2024-Q2 3"], {"households": [1, 2]}),
        ("2024-Q2", "administrative", ["2024-05"], {"dossiers_received": [3]}),
        ("2024", "civil", ["2024-Q4"], {"households": [1], "dossiers_received": [3]}),
        ("2023", "civil", [], {"departments/telecom.households": [1]}),
    ]
    with platform.engine.begin() as connection, owning(connection):
        run = connection.execute(
            sa.text("INSERT INTO indicators.run (calendar, period, through_verdict_id, seen, basis_sha256) "
                    "VALUES ('civil', '2024', 0, pg_current_snapshot(), '') RETURNING run_id")
        ).scalar_one()  # fmt: skip
        for period, calendar, missing, inputs in given:
            connection.execute(
                sa.text(
                    "INSERT INTO indicators.value (run_id, indicator, defined_in, unit_register, unit_code, unit_valid_from, calendar, "
                    "period, status, missing, inputs, publication, formula) VALUES (:run, 'x', 'catalogue', 'admin_unit', '62', "
                    "'1900-01-01', :calendar, :period, 'no_data', CAST(:missing AS jsonb), CAST(:inputs AS jsonb), 'approved', '')"
                ),
                {
                    "run": run,
                    "calendar": calendar,
                    "period": period,
                    "missing": json.dumps(missing),
                    "inputs": json.dumps(inputs),
                },
            )
        connection.execute(sa.text("ALTER TABLE indicators.value DISABLE TRIGGER insert_only"))
        connection.execute(sa.text(migration.VALUES))
        rows = connection.execute(sa.text("SELECT missing, inputs FROM indicators.value ORDER BY value_id")).all()
    telecom = {"source": TELECOM, "calendar": "civil"}
    assert [row.missing for row in rows] == [
        [telecom | {"what": "period", "period": "2024-Q1"}, telecom | {"what": "rows", "period": "2024-Q2", "rows": 3}],
        [{"what": "period", "source": DOSSIERS, "period": "2024-05", "calendar": "civil"}],
        [{"what": "period", "period": "2024-Q4", "calendar": "civil"}],
        [],
    ]
    assert [sorted(row.inputs) for row in rows] == [
        [f"{TELECOM}.households"],
        [f"{DOSSIERS}.dossiers_received"],
        [f"{TELECOM}.households", f"{DOSSIERS}.dossiers_received"],
        [f"{TELECOM}.households"],
    ]


# --- On invented sources ---

TRANSPORT = """- {property: owner, value: 000.00.11.H34}
- {property: transport, value: {kind: json, endpoint: soc, path: /x, auth: api_key, since: 2023-01}}
"""
INDICES = """
- {name: main_index, businessName: main_index, logicalType: string, required: true, primaryKey: true}
- {name: score, businessName: score, logicalType: number}
- {name: rank, businessName: rank, logicalType: integer}
"""
INDEX_TERMS = (
    TRANSPORT
    + """\
- {property: delivery, value: {cadence: year, format: json}}
- {property: subject, value: main_index}
- {property: dimensions, value: [main_index]}
- property: measures
  value:
  - {id: index_value, name_vi: Chỉ số, unit: điểm, kind: stock, column: score, over_rows: none}
  - {id: overall, name_vi: Tổng hợp, unit: điểm, kind: stock, column: score, over_rows: none,
     when: {column: main_index, operator: '=', value: DTI}}
  - {id: rank, name_vi: Hạng, unit: hạng, kind: stock, column: rank, over_rows: none,
     when: {column: main_index, operator: '=', value: DTI}}
"""
)
MAXIMA = {"Nhận thức số": 100, "Hạ tầng số": 300, "Hoạt động số": 600}


def test_a_composite_score_and_a_rank(inbox: Inbox, tmp_path: Path) -> None:
    workshop = Workshop(inbox, tmp_path / "checkout")
    source = workshop.add("soc/index_results", INDICES, INDEX_TERMS)
    of = "soc/index_results"
    score = {"score": f"{of}.index_value", "over": "main_index", "maxima": MAXIMA, "total": 1000}
    indicators = [
        {"id": "score", "name_vi": "Điểm", "unit": "điểm", "formula": {"first_of": [score, f"{of}.overall"]}},
        {"id": "rank", "name_vi": "Hạng", "unit": "hạng", "formula": {"latest": f"{of}.rank"}},
    ]
    text = {"framework": "index", "version": "1", "name_vi": "Thử", "indicators": indicators}
    path = workshop.platform.settings.schemas / "indicators" / "index.yml"
    path.write_text(yaml.safe_dump(text, allow_unicode=True), "utf-8")

    def deliver(year: str, indices: dict[str, float], overall: float, rank: int) -> None:
        rows = [{"main_index": name, "score": value, "rank": None} for name, value in indices.items()]
        rows.append({"main_index": "DTI", "score": overall, "rank": rank})
        outcome = workshop.ingest(source, json.dumps({"period": year, "items": rows}).encode(), f"{year}.json", at(1))
        assert outcome.accepted, outcome.issues

    deliver("2022", {"NHẬN THỨC SỐ": 0.9, "Hạ tầng số": 0.5, "Hoạt động số": 0.41, "Đô thị thông minh": 0.2}, 0.49, 45)
    deliver("2023", {"Nhận thức số": 0.9}, 0.55, 40)
    computing.compute_stale(workshop.platform)

    def known(year: str) -> dict[str, KnownValue]:
        return {row.indicator: row for row in answers.indicator_rows(workshop.platform, Question("index", year))}

    whole, short = known("2022"), known("2023")
    assert (whole["score"].value, whole["score"].denominator, whole["rank"].value) == (Decimal("0.486"), 1000, 45)
    assert (short["score"].value, short["score"].status, short["rank"].value) == (Decimal("0.55"), "computed", 40)
    told = answers.explanation(workshop.platform, "score", "2023", None, None, None, rows=False)
    assert told["formula"] == f"{of}.overall"


SHARES = """
- {name: sector, businessName: sector, logicalType: string, required: true, primaryKey: true}
- {name: value_added, businessName: value_added, logicalType: number, required: true}
- {name: grdp, businessName: grdp, logicalType: number, required: true}
- {name: state, businessName: state, logicalType: string, required: true, enum: [{value: sơ bộ}, {value: chính thức}]}
"""
SHARE_TERMS = TRANSPORT + """\
- {property: delivery, value: {cadence: year, format: json, preliminary: {column: state, official: chính thức}}}
- {property: dimensions, value: [sector]}
- property: measures
  value:
  - {id: value_added, name_vi: Giá trị tăng thêm, unit: tỷ đồng, kind: flow, column: value_added}
  - {id: grdp, name_vi: GRDP, unit: tỷ đồng, kind: flow, column: grdp}
"""


def test_official_figures_after_preliminary_ones_are_not_held(inbox: Inbox, tmp_path: Path) -> None:
    workshop = Workshop(inbox, tmp_path / "checkout")
    source = workshop.add("soc/shares", SHARES, SHARE_TERMS)
    share = {"ratio": "soc/shares.value_added", "to": "soc/shares.grdp"}
    indicators = [
        {"id": "share", "name_vi": "x", "unit": "%", "formula": share},
        {"id": "lowest", "name_vi": "x", "unit": "%", "formula": {"minimum": share, "over": "sector"}},
    ]
    text = {"framework": "economy", "version": "1", "name_vi": "Thử", "indicators": indicators}
    (workshop.platform.settings.schemas / "indicators" / "economy.yml").write_text(yaml.safe_dump(text), "utf-8")

    def after(state: str, added: int, day: int) -> list[tuple[float, str]]:
        rows = [
            {"sector": "A", "value_added": added, "grdp": 100, "state": state},
            {"sector": "B", "value_added": 5, "grdp": 100, "state": state},
        ]
        content = json.dumps({"period": "2023", "items": rows}).encode()
        assert workshop.ingest(source, content, f"{day}.json", at(day)).accepted
        computing.compute_stale(workshop.platform)
        found = answers.indicator_rows(workshop.platform, Question("economy", "2023"))
        return [(float(row.value), row.publication) for row in found if row.value is not None]

    assert after("sơ bộ", 15, 1) == [(10, "approved"), (5, "approved")]
    assert after("chính thức", 25, 2) == [(15, "approved"), (5, "approved")]
    assert after("sơ bộ", 15, 3) == [(15, "approved"), (5, "approved")]
    assert after("chính thức", 35, 4) == [(20, "held"), (5, "approved")]
