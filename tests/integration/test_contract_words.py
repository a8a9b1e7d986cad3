"""What contracts can say of deliveries and measures, on invented sources: what stands, and what figures are made of."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
import sqlalchemy as sa
from chiso.flow import collecting
from chiso.indicators.slices import Lack
from chiso.inquiry import verification
from chiso.system.database import owning
from chiso.system.errors import ContractError

from tests.deliveries import Inbox, at, found
from tests.unit.staging.workbooks import Page, xlsx
from tests.workshop import Workshop


@pytest.fixture
def workshop(inbox: Inbox, tmp_path: Path) -> Workshop:
    return Workshop(inbox, tmp_path / "checkout")


TRANSPORT = """- {property: owner, value: 000.00.11.H34}
- {property: transport, value: {kind: json, endpoint: soc, path: /x, auth: api_key, since: 2024-06}}
"""

VISITS = """
- {name: day, businessName: day, logicalType: date, required: true, primaryKey: true}
- {name: agency, businessName: agency, logicalType: string, required: true, primaryKey: true, customProperties: [{property: reading, value: agency}]}
- {name: counter, businessName: counter, logicalType: string, required: true, primaryKey: true}
- {name: visits, businessName: visits, logicalType: integer, required: true}
- {name: minutes, businessName: minutes, logicalType: number}
"""
VISITS_TERMS = TRANSPORT + """\
- {property: delivery, value: {cadence: day, format: json}}
- {property: unit, value: agency}
- {property: period, value: day}
- {property: dimensions, value: [counter]}
- property: measures
  value:
  - {id: visits, name_vi: Lượt, unit: lượt, kind: flow, column: visits}
  - {id: visits_b, name_vi: Lượt quầy B, unit: lượt, kind: flow, column: visits, when: {column: counter, operator: '=', value: B}}
  - {id: minutes, name_vi: Phút, unit: phút, kind: flow, column: minutes, times: visits}
  - {id: counters, name_vi: Quầy, unit: quầy, kind: flow, distinct: counter}
  - {id: busiest, name_vi: Đông nhất, unit: lượt, kind: flow, column: visits, over_rows: max}
"""


def visits(period: str, *rows: tuple[str, str, str, int]) -> bytes:
    data = [{"day": day, "agency": agency, "counter": counter, "visits": number, "minutes": 2} for day, agency, counter, number in rows]
    return json.dumps({"period": period, "total": len(data), "data": data}).encode()


A, B = "000.00.11.H34", "000.00.16.H34"
CLOSED = "000.00.03.H34"
"""An agency whose code was valid until 30 June 2025."""
MONTH = ("2024-06", ("2024-06-28", A, "A", 5), ("2024-06-28", A, "B", 7), ("2024-06-29", A, "A", 1), ("2024-06-30", B, "B", 2))
DAYS = [("2024-06-28", ("2024-06-28", A, "B", 9)), ("2024-06-30",)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_month_s_file_and_days_files_count_each_day_once(workshop: Workshop, order: tuple[int, ...]) -> None:
    """A day that is restated with fewer rows, or with none, loses the others, whichever file came last."""
    contract = workshop.add("soc/visits", VISITS, VISITS_TERMS)
    files = [MONTH, *DAYS]
    for step, number in enumerate(order, 1):
        period, *rows = files[number]
        assert workshop.ingest(contract, visits(period, *rows), f"visits_{period}.json", at(step)).accepted
    month_last_of_28 = order.index(0) > order.index(1)
    month_last_of_30 = order.index(0) > order.index(2)
    wanted = (12 if month_last_of_28 else 9) + 1 + (2 if month_last_of_30 else 0)
    june, quarter = workshop.province_figures(contract, "2024-06"), workshop.province_figures(contract, "2024-Q2")
    assert june["visits"] == quarter["visits"] == wanted
    assert june["minutes"] == 2 * wanted
    assert verification.verify(workshop.platform)["faults"] == []


def test_measures_are_made_of_conditions_products_and_distinct_values(workshop: Workshop) -> None:
    contract = workshop.add("soc/visits", VISITS, VISITS_TERMS)
    workshop.ingest(contract, visits(*MONTH), "visits_2024-06.json", at(1))
    found = workshop.figures(contract, "2024-06", "counter")
    province = workshop.province
    assert {name: each.values[province] for name, each in found.items()} == {
        "visits": 15, "visits_b": 9, "minutes": 30, "counters": 2, "busiest": 7,
    }  # fmt: skip
    of_a = next(unit for unit in found["visits"].values if unit.code == A)
    assert (found["visits"].values[of_a], found["counters"].values[of_a], found["busiest"].values[of_a]) == (13, 2, 7)
    assert found["visits"].parts["counter"][province, "B"] == 9
    assert found["visits"].parts["counter"][of_a, "A"] == 6
    assert found["visits"].basis.lacks == ()


def test_days_without_a_delivery_are_said(workshop: Workshop) -> None:
    contract = workshop.add("soc/visits", VISITS, VISITS_TERMS)
    for day in ("2024-06-01", "2024-06-03"):
        workshop.ingest(contract, visits(day, (day, A, "A", 1)), f"visits_{day}.json", at(1))
    lacks = workshop.figures(contract, "2024-Q2")["visits"].basis.lacks
    assert lacks[:3] == (
        Lack("soc/visits", "period", "2024-04", "civil"),
        Lack("soc/visits", "period", "2024-05", "civil"),
        Lack("soc/visits", "period", "2024-06-02", "civil"),
    )
    assert len(lacks) == 2 + 28


def test_a_row_of_a_day_outside_the_delivery_s_period_replaces_nothing(workshop: Workshop) -> None:
    contract = workshop.add("soc/visits", VISITS, VISITS_TERMS)
    workshop.ingest(contract, visits("2024-06-28", ("2024-06-28", A, "A", 5), ("2024-06-28", A, "B", 7)), "visits_2024-06-28.json", at(1))
    next_day = visits("2024-06-29", ("2024-06-29", A, "A", 1), ("2024-06-28", A, "A", 100))
    outcome = workshop.ingest(contract, next_day, "visits_2024-06-29.json", at(2))
    assert (outcome.accepted, outcome.loaded, outcome.rejected, found(outcome)) == (True, 1, 1, [("day.day_outside", 1)])
    assert workshop.province_figures(contract, "2024-06")["visits"] == 5 + 7 + 1


def test_rows_state_the_period_of_records_that_have_no_other(workshop: Workshop) -> None:
    contract = workshop.add("soc/visits", VISITS, VISITS_TERMS)
    data = json.loads(visits(*MONTH))["data"]
    outcome = workshop.ingest(contract, json.dumps({"data": data}).encode(), "visits.json", at(20))
    assert (outcome.accepted, outcome.loaded, outcome.period and outcome.period.code) == (True, 4, "2024-06")
    assert found(outcome) == []


FEES = """
- {name: code, businessName: Ma, logicalType: string, required: true, primaryKey: true}
- {name: kind, businessName: Loai, logicalType: string, required: true, enum: [{value: phí}, {value: lệ phí}]}
- {name: amount, businessName: Tien, logicalType: integer, required: true}
- {name: paid_at, businessName: Luc, logicalType: timestamp, required: true, logicalTypeOptions: {format: 'dd/MM/yyyy HH:mm:ss'}}
- {name: state, businessName: TrangThai, logicalType: string, required: true, enum: [{value: xong}, {value: chờ}]}
- {name: agency, businessName: DonVi, logicalType: string, required: true, customProperties: [{property: reading, value: agency}]}
"""
STATE = "- {name: state, businessName: TrangThai, logicalType: string, required: true, enum: [{value: xong}, {value: chờ}]}\n"
WHEN = ", when: {column: state, operator: '=', value: xong}"
FEES_TERMS = """- {property: owner, value: 000.00.01.H34}
- {property: transport, value: {kind: export, endpoint: portal, path: /x, auth: oauth2, since: 2024-06}}
- {property: delivery, value: {cadence: day, content: events, replaces: keys, format: csv}}
- {property: events, value: {}}
- {property: unit, value: agency}
- {property: unit_at, value: paid_at}
- {property: dimensions, value: [kind]}
- property: measures
  value:
  - {id: fees, name_vi: Giao dịch, unit: giao dịch, kind: flow, counted_by: paid_at, when: {column: state, operator: '=', value: xong}}
  - {id: fees_vnd, name_vi: Số tiền, unit: đồng, kind: flow, column: amount, counted_by: paid_at, when: {column: state, operator: '=', value: xong}}
"""


def fees(*rows: tuple[int, str, int, str, str]) -> bytes:
    lines = ["Ma;Loai;Tien;Luc;TrangThai;DonVi"]
    lines += [f"GD{number};{kind};{amount};{day} 08:00:00;{state};{A}" for number, kind, amount, day, state in rows]
    return "\n".join(lines).encode()


def test_events_without_versions_count_once_by_key_and_sum_by_dimension(workshop: Workshop) -> None:
    contract = workshop.add("portal/fees", FEES, FEES_TERMS)
    first = [(1, "phí", 1000, "27/06/2024", "xong"), (2, "lệ phí", 50, "27/06/2024", "chờ"), (3, "phí", 7, "14/06/2024", "xong")]
    outcome = workshop.ingest(contract, fees(*first), "fees_2024-06.csv", at(1))
    assert (outcome.accepted, outcome.loaded) == (True, 3)
    assert workshop.province_figures(contract, "2024-06") == {"fees": 2, "fees_vnd": 1007}
    assert workshop.figures(contract, "2024-06", "kind")["fees_vnd"].parts["kind"] == {
        (unit, "phí"): Decimal(1007) for unit in workshop.figures(contract, "2024-06")["fees_vnd"].values
    }

    later = [(2, "lệ phí", 50, "27/06/2024", "xong"), (1, "phí", 1000, "27/06/2024", "xong")]
    day = workshop.ingest(contract, fees(*later), "fees_2024-06-27.csv", at(2))
    assert (day.loaded, day.unchanged) == (1, 1)
    assert workshop.province_figures(contract, "2024-06") == {"fees": 3, "fees_vnd": 1057}
    found = workshop.figures(contract, "2024-06", calendar="administrative")
    assert found["fees_vnd"].values[workshop.province] == 7
    with workshop.platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT code, state, unit_name IS NOT NULL, kind FROM publication.portal_fees ORDER BY code"))
        assert [tuple(row) for row in rows] == [("GD1", "xong", True, "phí"), ("GD2", "xong", True, "lệ phí"), ("GD3", "xong", True, "phí")]
    assert verification.verify(workshop.platform)["faults"] == []


@pytest.mark.parametrize("form", ["csv", "json"])
def test_units_of_events_are_looked_up_on_their_own_day_in_every_format(workshop: Workshop, form: str) -> None:
    """Agencies were given new codes or closed on 1 July 2025, in the middle of the delivery's year."""
    rows = [
        {"Ma": f"GD{number}", "Loai": "phí", "Tien": 7, "Luc": f"{day} 08:00:00", "TrangThai": "xong", "DonVi": CLOSED}
        for number, day in enumerate(("27/06/2025", "02/07/2025"), 1)
    ]
    terms, content = FEES_TERMS, "\n".join([";".join(rows[0]), *(";".join(map(str, row.values())) for row in rows)]).encode()
    if form == "json":
        terms = terms.replace("kind: export", "kind: json").replace("format: csv", "format: json")
        content = json.dumps({"data": rows}).encode()
    contract = workshop.add("portal/fees", FEES, terms)
    path = workshop.inbox.put(content, f"fees.{form}", datetime(2026, 1, 5, tzinfo=UTC))
    outcome = collecting.ingest_file(path, contract, workshop.platform, "2025")
    assert (outcome.accepted, outcome.loaded) == (True, 1)
    assert [rule for rule, _ in found(outcome)].count("agency.unit_at") == 1


WELLS = """
- {name: district, businessName: huyen, logicalType: string, required: true, primaryKey: true,
   customProperties: [{property: reading, value: unit}, {property: levels, value: [district]}]}
- {name: wells, businessName: gieng, logicalType: integer, required: true}
- {name: score, businessName: diem, logicalType: number}
- {name: standing, businessName: so_lieu, logicalType: string, required: true, enum: [{value: sơ bộ}, {value: chính thức}]}
"""
WELLS_MEASURES = """- {property: unit, value: district}
- property: measures
  value:
  - {id: wells, name_vi: Giếng, unit: giếng, kind: stock, column: wells}
  - {id: score, name_vi: Điểm, unit: điểm, kind: stock, column: score, over_rows: none}
"""


def wells(period: str, *rows: tuple[str, int, str]) -> bytes:
    data = [{"huyen": name, "gieng": number, "diem": number, "so_lieu": standing} for name, number, standing in rows]
    return json.dumps({"period": period, "data": data}).encode()


def test_each_reporter_s_own_delivery_stands_for_it(workshop: Workshop) -> None:
    delivery = "- {property: delivery, value: {cadence: half, replaces: reporter, reporter: district, format: json}}\n"
    contract = workshop.add("soc/wells", WELLS, TRANSPORT + delivery + WELLS_MEASURES)
    everybody = wells("2024-H1", ("Huyện Sa Thầy", 10, "sơ bộ"), ("Huyện Đắk Hà", 20, "sơ bộ"), ("Thành phố Kon Tum", 30, "sơ bộ"))
    workshop.ingest(contract, everybody, "a.json", at(1))
    workshop.ingest(contract, wells("2024-H1", ("Huyện Sa Thầy", 11, "sơ bộ")), "b.json", at(2))
    workshop.ingest(contract, wells("2024-H1", ("Huyện Đắk Hà", 22, "sơ bộ")), "c.json", at(3))
    found = workshop.figures(contract, "2024-H1")
    assert found["wells"].values[workshop.province] == 11 + 22 + 30
    assert sorted(found["score"].values.values()) == [11, 22, 30]
    assert workshop.province not in found["score"].values
    workshop.ingest(contract, everybody, "d.json", at(4))
    assert workshop.province_figures(contract, "2024-H1") == {"wells": 60}


def test_a_preliminary_figure_never_displaces_an_official_one(workshop: Workshop) -> None:
    delivery = (
        "- {property: delivery, value: {cadence: year, format: json, preliminary: {column: standing, official: chính thức}}}\n"
    )
    contract = workshop.add("soc/wells", WELLS, TRANSPORT + delivery + WELLS_MEASURES)

    def came(standing: str, number: int, received: datetime) -> Decimal:
        workshop.ingest(contract, wells("2023", ("Huyện Sa Thầy", number, standing)), "x.json", received)
        return workshop.province_figures(contract, "2023")["wells"]

    assert came("sơ bộ", 10, at(1)) == 10
    assert came("sơ bộ", 11, at(2)) == 11
    assert came("chính thức", 12, at(3)) == 12
    assert came("sơ bộ", 11, at(4)) == 12
    assert came("sơ bộ", 13, at(5)) == 12
    assert came("chính thức", 14, at(6)) == 14


@pytest.mark.parametrize(
    ("cadence", "delivered", "asked", "figure", "lacks"),
    [
        ("half", ["2024-H1"], "2024-9M", 10, ["2024-Q3"]),
        ("half", ["2024-H1"], "2024", 10, ["2024-H2"]),
        ("half", ["2024-H1"], "2024-H1", 10, []),
        ("[half, year]", ["2023"], "2023", 10, []),
        ("[half, year]", ["2023-H1", "2023-H2"], "2023", 10, []),
        ("quarter", ["2024-Q1"], "2024-9M", 10, ["2024-Q3"]),
        ("month", ["2024-04"], "2024-Q2", 10, ["2024-06"]),
        ("year", ["2023"], "2023-H1", None, []),
    ],
)
def test_a_stock_says_what_of_the_period_it_lacks(
    workshop: Workshop, cadence: str, delivered: list[str], asked: str, figure: int | None, lacks: list[str]
) -> None:
    delivery = f"- {{property: delivery, value: {{cadence: {cadence}, format: json}}}}\n"
    contract = workshop.add("soc/wells", WELLS, TRANSPORT + delivery + WELLS_MEASURES)
    for number, period in enumerate(delivered, 1):
        workshop.ingest(contract, wells(period, ("Huyện Sa Thầy", 10, "sơ bộ")), f"{period}.json", at(number))
    found = workshop.figures(contract, asked)
    assert workshop.province_figures(contract, asked).get("wells") == figure
    if figure is not None:
        assert [lack.period for lack in found["wells"].basis.lacks] == lacks


RANKS = """
- {name: year, businessName: Năm, logicalType: string, required: true, primaryKey: true, customProperties: [{property: reading, value: period}]}
- {name: index, businessName: Chỉ số, logicalType: string, required: true, primaryKey: true}
- {name: rank, businessName: Hạng, logicalType: integer}
"""
RANKS_TERMS = """- {property: owner, value: 000.00.11.H34}
- {property: transport, value: {kind: drop_folder, endpoint: departments, file_names: ['xep_hang*']}}
- {property: delivery, value: {cadence: year, format: workbook}}
- {property: sheet, value: {label: index, subtotals: none}}
- {property: period, value: year}
- property: measures
  value:
  - {id: rank, name_vi: Hạng, unit: hạng, kind: stock, column: rank, over_rows: none, when: {column: index, operator: starts_with, value: Chung}}
"""


def ranks(title: str, *rows: tuple[int, int]) -> bytes:
    lines: list[list[object]] = [[title], [], ["STT", "Năm", "Chỉ số", "Hạng"]]
    for year, rank in rows:
        lines += [[1, year, "Chung (tổng hợp)", rank], [2, year, "Hạ tầng", rank + 7]]
    return xlsx(Page(lines))


@pytest.mark.parametrize("title", ["Giai đoạn 2020 - 2022", "Kỳ báo cáo: Năm 2022 (kèm các năm trước)", "KẾT QUẢ XẾP HẠNG"])
def test_rows_with_years_of_their_own_belong_to_them(workshop: Workshop, title: str) -> None:
    contract = workshop.add("departments/ranks", RANKS, RANKS_TERMS)
    first = workshop.ingest(contract, ranks(title, (2020, 58), (2021, 46), (2022, 45)), "xep_hang.xlsx", at(1))
    assert (first.accepted, first.rows, first.period and first.period.code) == (True, 6, "2022")
    assert {"civil/2020", "civil/2021", "civil/2022"} <= set(first.partitions or [])
    years = {year: workshop.province_figures(contract, year) for year in ("2020", "2021", "2022")}
    assert years == {"2020": {"rank": 58}, "2021": {"rank": 46}, "2022": {"rank": 45}}
    workshop.ingest(contract, ranks(title, (2021, 44)), "xep_hang.xlsx", at(2))
    years = {year: workshop.province_figures(contract, year) for year in ("2020", "2021", "2022")}
    assert years == {"2020": {"rank": 58}, "2021": {"rank": 44}, "2022": {"rank": 45}}


BEDS = """
- {name: day, businessName: Ngày, logicalType: date, required: true, primaryKey: true}
- {name: commune, businessName: Xã, logicalType: string, required: true, primaryKey: true,
   customProperties: [{property: reading, value: unit}, {property: levels, value: [commune]}]}
- {name: beds, businessName: Giường, logicalType: integer, required: true}
"""
BEDS_TERMS = RANKS_TERMS[: RANKS_TERMS.index("- {property: delivery")] + """\
- {property: delivery, value: {cadence: month, format: workbook}}
- {property: sheet, value: {label: commune, subtotals: none}}
- {property: unit, value: commune}
- {property: period, value: day}
- property: measures
  value:
  - {id: beds, name_vi: Giường, unit: giường, kind: flow, column: beds}
"""


def test_a_form_without_a_title_knows_units_at_the_end_of_its_rows_period(workshop: Workshop) -> None:
    """The commune has another code since 1 July 2025, before the form was received."""
    contract = workshop.add("departments/beds", BEDS, BEDS_TERMS)
    lines: list[list[object]] = [["SỐ GIƯỜNG"], [], ["STT", "Ngày", "Xã", "Giường"]]
    lines += [[1, "20/06/2025", "Xã Kon Đào", 5], [2, "21/06/2025", "Xã Kon Đào", 6]]
    outcome = workshop.ingest(contract, xlsx(Page(lines)), "xep_hang.xlsx", datetime(2025, 7, 20, tzinfo=UTC))
    assert (outcome.accepted, outcome.loaded, outcome.period and outcome.period.code) == (True, 2, "2025-06")
    with workshop.platform.engine.connect() as connection:
        units = connection.execute(sa.text("SELECT DISTINCT commune, unit_code FROM warehouse.departments_beds")).all()
    assert [tuple(row) for row in units] == [("23434", "23434")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("logicalType: integer, required: true}", "logicalType: number, required: true}"), "keeps amount as bigint, the contract now says numeric"),
        (("businessName: Loai,", "businessName: Loai, primaryKey: true,"), "tells events apart by code, the contract now by code, kind"),
    ],
)  # fmt: skip
def test_a_contract_that_kept_facts_can_t_follow_is_refused_by_its_own_source_alone(
    workshop: Workshop, change: tuple[str, str], said: str
) -> None:
    contract = workshop.add("portal/fees", FEES, FEES_TERMS)
    workshop.ingest(contract, fees((1, "phí", 1000, "27/06/2024", "xong")), "fees_2024-06.csv", at(1))
    assert FEES.count(change[0]) == 1
    changed = workshop.add("portal/fees", FEES.replace(*change), FEES_TERMS)
    with pytest.raises(ContractError, match=said):
        workshop.ingest(changed, fees((2, "phí", 5, "28/06/2024", "xong")), "fees_2024-06-28.csv", at(2))
    assert verification.verify(workshop.platform)["faults"] == []

    again = workshop.add("portal/fees", FEES, FEES_TERMS)
    assert workshop.ingest(again, fees((2, "phí", 5, "28/06/2024", "xong")), "fees_2024-06-28.csv", at(2)).loaded == 1


def test_facts_keep_what_they_are_when_a_contract_gains_and_drops_columns(workshop: Workshop) -> None:
    header, fee = fees((1, "phí", 1000, "27/06/2024", "xong")).split(b"\n")
    noted = b"\n".join([header + b";GhiChu", fee + b";co"])
    contract = workshop.add("portal/fees", FEES, FEES_TERMS)
    workshop.ingest(contract, noted, "fees_2024-06.csv", at(1))
    wider = workshop.add("portal/fees", FEES + "- {name: note, businessName: GhiChu, logicalType: string}\n", FEES_TERMS)
    assert verification.verify(workshop.platform)["faults"] == []
    [outcome] = collecting.load_pending(wider, workshop.platform)
    assert outcome.loaded == 1
    with workshop.platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT code, note FROM publication.portal_fees"))
        assert [tuple(row) for row in rows] == [("GD1", "co")]
    assert workshop.province_figures(wider, "2024-06") == {"fees": 1, "fees_vnd": 1000}
    narrower = workshop.add("portal/fees", FEES, FEES_TERMS)
    assert workshop.ingest(narrower, fees((2, "phí", 5, "28/06/2024", "xong")), "fees_2024-06-28.csv", at(2)).loaded == 1
    assert verification.verify(workshop.platform)["faults"] == []


def test_what_came_again_is_read_again_with_the_receipt_that_stands(workshop: Workshop) -> None:
    """The same bytes came before and after others: a column that is gained later mustn't bring the others back."""
    score = "- {name: score, businessName: diem, logicalType: number}\n"
    measured = "  - {id: score, name_vi: Điểm, unit: điểm, kind: stock, column: score, over_rows: none}\n"
    terms = TRANSPORT + "- {property: delivery, value: {cadence: half, format: json}}\n" + WELLS_MEASURES
    assert (WELLS.count(score), terms.count(measured)) == (1, 1)
    contract = workshop.add("soc/wells", WELLS.replace(score, ""), terms.replace(measured, ""))
    first, other = (wells("2024-H1", ("Huyện Sa Thầy", number, "chính thức")) for number in (3, 4))
    for content, day in ((first, 1), (other, 2), (first, 3)):
        assert workshop.ingest(contract, content, f"{day}.json", at(day)).accepted
    assert workshop.province_figures(contract, "2024-H1") == {"wells": 3}
    wider = workshop.add("soc/wells", WELLS, terms)
    [outcome] = collecting.load_pending(wider, workshop.platform)
    assert (outcome.accepted, outcome.loaded) == (True, 1)
    assert workshop.province_figures(wider, "2024-H1") == {"wells": 3}
    assert verification.verify(workshop.platform)["faults"] == []


def test_every_delivery_of_events_is_read_again_for_a_column_that_is_gained(workshop: Workshop) -> None:
    """A newer delivery of the same day replaces none of the other's events, so both lack the column."""
    contract = workshop.add("portal/fees", FEES.replace(STATE, ""), FEES_TERMS.replace(WHEN, ""))
    for number, day in ((1, 1), (2, 2)):
        workshop.ingest(contract, fees((number, "phí", 1000, "27/06/2024", "xong")), "fees_2024-06-27.csv", at(day))
    wider = workshop.add("portal/fees", FEES, FEES_TERMS)
    assert [outcome.loaded for outcome in collecting.load_pending(wider, workshop.platform)] == [1, 1]
    assert workshop.province_figures(wider, "2024-06") == {"fees": 2, "fees_vnd": 2000}
    with workshop.platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT code, state FROM publication.portal_fees ORDER BY code"))
        assert [tuple(row) for row in rows] == [("GD1", "xong"), ("GD2", "xong")]
    assert list(collecting.load_pending(wider, workshop.platform)) == []
    assert verification.verify(workshop.platform)["faults"] == []


def test_a_reading_anew_that_is_refused_is_shown(workshop: Workshop) -> None:
    """What was loaded before stands, so that nothing but the list of refused deliveries would say it."""
    score = "- {name: score, businessName: diem, logicalType: number}\n"
    measured = "  - {id: score, name_vi: Điểm, unit: điểm, kind: stock, column: score, over_rows: none}\n"
    terms = TRANSPORT + "- {property: delivery, value: {cadence: half, format: json, max_rejected_rows: 0}}\n" + WELLS_MEASURES
    contract = workshop.add("soc/wells", WELLS.replace(score, ""), terms.replace(measured, ""))
    assert workshop.ingest(contract, wells("2024-H1", ("Huyện Sa Thầy", 3, "chính thức")), "a.json", at(1)).accepted
    wider = workshop.add("soc/wells", WELLS.replace("diem", "chua_co").replace("logicalType: number}", "logicalType: number, required: true}"), terms)
    [outcome] = collecting.load_pending(wider, workshop.platform)
    assert not outcome.accepted
    with workshop.platform.engine.connect() as connection:
        refused = connection.execute(sa.text("SELECT delivery_id FROM publication.refused_delivery")).scalars().all()
        assert refused == [outcome.delivery]
    assert workshop.province_figures(wider, "2024-H1")["wells"] == 3


def test_facts_of_a_source_whose_contract_is_gone_are_verified(workshop: Workshop) -> None:
    contract = workshop.add("portal/fees", FEES, FEES_TERMS)
    workshop.ingest(contract, fees((1, "phí", 1000, "27/06/2024", "xong")), "fees_2024-06.csv", at(1))
    contract.path.unlink()
    assert verification.verify(workshop.platform)["faults"] == []
    with workshop.platform.engine.begin() as connection, owning(connection):
        connection.execute(sa.text("ALTER TABLE warehouse.portal_fees_0 DISABLE TRIGGER USER"))
        connection.execute(sa.text("UPDATE warehouse.portal_fees_0 SET amount = 1"))
    assert any(fault["where"] == "warehouse.portal_fees" for fault in verification.verify(workshop.platform)["faults"])
    with workshop.platform.engine.begin() as connection, owning(connection):
        connection.execute(sa.text("DROP TABLE warehouse.portal_fees CASCADE"))
    faults = {(fault["where"], fault["message"]) for fault in verification.verify(workshop.platform)["faults"]}
    assert ("warehouse.portal_fees", "the table is gone, with all that it held") in faults
