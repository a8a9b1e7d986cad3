"""Whose rows a figure is made of, and that the rows which explain it are the same; on invented sources."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from chiso.contracts import Contract
from chiso.flow import computing
from chiso.indicators.slices import Lack
from chiso.inquiry import answers
from chiso.system.errors import UsageError

from tests.deliveries import Inbox, at
from tests.workshop import Workshop

TRANSPORT = """- {property: owner, value: 000.00.11.H34}
- {property: transport, value: {kind: json, endpoint: soc, path: /x, auth: api_key, since: 2024-01}}
"""
WELLS = """
- {name: place, businessName: noi, logicalType: string, required: true, primaryKey: true,
   customProperties: [{property: reading, value: unit}, {property: levels, value: [district, commune]}]}
- {name: wells, businessName: gieng, logicalType: integer, required: true}
"""
MEASURES = """- {property: unit, value: place}
- property: measures
  value:
  - {id: wells, name_vi: Giếng, unit: giếng, kind: stock, column: wells}
  - {id: drilled, name_vi: Khoan, unit: giếng, kind: flow, column: wells}
  - {id: most, name_vi: Nhiều nhất, unit: giếng, kind: stock, column: wells, over_rows: max}
  - {id: code, name_vi: Điểm, unit: điểm, kind: stock, column: wells, over_rows: none}
"""
BY_REPORTER = TRANSPORT + "- {property: delivery, value: {cadence: month, replaces: reporter, reporter: place, format: json}}\n" + MEASURES
WHOLE = TRANSPORT + "- {property: delivery, value: {cadence: half, format: json}}\n" + MEASURES
SA_THAY, DAK_HA = "Huyện Sa Thầy", "Huyện Đắk Hà"


@pytest.fixture
def workshop(inbox: Inbox, tmp_path: Path) -> Workshop:
    return Workshop(inbox, tmp_path / "checkout")


def deliver(workshop: Workshop, contract: Contract, period: str, day: int, **wells: int) -> None:
    data = [{"noi": name.replace("_", " "), "gieng": number} for name, number in wells.items()]
    outcome = workshop.ingest(contract, json.dumps({"period": period, "data": data}).encode(), f"{day}.json", at(day))
    assert outcome.accepted, outcome.issues
    assert outcome.rejected == 0


def lacks(workshop: Workshop, contract: Contract, measure: str, period: str) -> list[tuple[str, str | None]]:
    return [(lack.period, lack.reporter) for lack in workshop.figures(contract, period)[measure].basis.lacks]


def test_each_reporter_s_last_stock_stands_and_a_late_one_is_named(workshop: Workshop) -> None:
    contract = workshop.add("soc/wells", WELLS, BY_REPORTER)
    deliver(workshop, contract, "2024-05", 1, **{SA_THAY: 10, DAK_HA: 20})
    deliver(workshop, contract, "2024-06", 2, **{SA_THAY: 11})
    assert workshop.province_figures(contract, "2024-Q2")["wells"] == 31
    [(period, reporter)] = lacks(workshop, contract, "wells", "2024-Q2")
    late = next(unit for unit, value in workshop.figures(contract, "2024-Q2")["wells"].values.items() if value == 20)
    assert (period, reporter) == ("2024-06", late.code)
    assert workshop.province_figures(contract, "2024-06")["wells"] == 11
    assert lacks(workshop, contract, "wells", "2024-06") == [("2024-06", late.code)]
    assert lacks(workshop, contract, "wells", "2024-05") == []


def test_a_part_that_only_some_reported_is_said_of_the_others(workshop: Workshop) -> None:
    contract = workshop.add("soc/wells", WELLS, BY_REPORTER)
    deliver(workshop, contract, "2024-05", 1, **{SA_THAY: 10, DAK_HA: 20})
    deliver(workshop, contract, "2024-06", 2, **{SA_THAY: 11})
    found = workshop.figures(contract, "2024-Q2")["drilled"]
    late = next(unit for unit, value in found.values.items() if value == 20)
    assert found.values[workshop.province] == 41
    assert found.basis.lacks == (
        Lack("soc/wells", "period", "2024-04", "civil"),
        Lack("soc/wells", "period", "2024-06", "civil", reporter=late.code),
    )
    deliver(workshop, contract, "2024-06", 3, **{DAK_HA: 1})
    assert lacks(workshop, contract, "drilled", "2024-Q2") == [("2024-04", None)]
    assert lacks(workshop, contract, "wells", "2024-Q2") == []


def test_a_reporter_that_ceased_to_exist_is_neither_counted_nor_missed(workshop: Workshop) -> None:
    contract = workshop.add("soc/wells", WELLS, BY_REPORTER)
    deliver(workshop, contract, "2025-06", 1, **{SA_THAY: 10})
    deliver(workshop, contract, "2025-07", 2, **{"Xã Sa Thầy": 7})
    found = workshop.figures(contract, "2025")["wells"]
    assert set(found.values.values()) == {7}
    assert [lack.reporter for lack in found.basis.lacks] == [None]


# --- The rows that explain a value ---


def indicators(workshop: Workshop, **formulas: Any) -> None:
    listed = [{"id": name, "name_vi": "x", "unit": "x", "formula": formula} for name, formula in formulas.items()]
    text = {"framework": "invented", "version": "1", "name_vi": "Thử", "indicators": listed}
    path = workshop.platform.settings.schemas / "indicators" / "invented.yml"
    path.write_text(yaml.safe_dump(text, allow_unicode=True), "utf-8")
    computing.compute_stale(workshop.platform)


def explained(workshop: Workshop, indicator: str, unit: str | None = None, period: str = "2024-H1") -> tuple[Decimal, list[Decimal]]:
    told = answers.explanation(workshop.platform, indicator, period, None, unit, None, rows=True)
    return told["value"], sorted(row["value"] for row in told["inputs"])


def test_a_value_is_explained_by_the_rows_it_was_made_of(workshop: Workshop) -> None:
    contract = workshop.add("soc/wells", WELLS, WHOLE)
    deliver(workshop, contract, "2024-H1", 1, **{SA_THAY: 10, "Xã Rờ Kơi": 3, "Xã Sa Nhơn": 4, DAK_HA: 20})
    found = workshop.figures(contract, "2024-H1")
    sa_thay = next(unit.code for unit, value in found["code"].values.items() if value == 10)
    by_code = {unit.code: value for unit, value in found["wells"].values.items()}
    assert (by_code[sa_thay], by_code[workshop.province.code]) == (17, 37)
    assert workshop.province not in found["code"].values
    assert {unit.code: value for unit, value in found["most"].values.items()}[sa_thay] == 10
    indicators(
        workshop,
        all_wells="soc/wells.wells",
        score={"latest": "soc/wells.code"},
        in_sa_thay={"unit": sa_thay, "formula": "soc/wells.code"},
        many={"count": "district", "among": [sa_thay], "where": [{"formula": "soc/wells.code", "direction": "ge", "value": 1}]},
    )
    assert explained(workshop, "all_wells") == (37, [3, 4, 10, 20])
    assert explained(workshop, "all_wells", sa_thay) == (17, [3, 4, 10])
    assert explained(workshop, "score", sa_thay) == (10, [10])
    assert explained(workshop, "in_sa_thay") == (10, [10])
    assert explained(workshop, "many") == (1, [10])


def test_what_is_gone_of_a_value_s_source_is_named(workshop: Workshop) -> None:
    contract = workshop.add("soc/wells", WELLS, WHOLE)
    deliver(workshop, contract, "2024-H1", 1, **{SA_THAY: 10})
    indicators(workshop, all_wells="soc/wells.wells")
    path = workshop.platform.settings.schemas / "contracts/soc/wells.yml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("id: wells,", "id: holes,"), "utf-8")
    with pytest.raises(UsageError, match="no measure wells any more"):
        explained(workshop, "all_wells")
    path.unlink()
    with pytest.raises(UsageError, match="no sound contract any more"):
        explained(workshop, "all_wells")


PERMITS = """
- {name: number, businessName: So, logicalType: string, required: true, primaryKey: true}
- {name: place, businessName: Noi, logicalType: string, required: true,
   customProperties: [{property: reading, value: unit}, {property: levels, value: [province, district, commune]}]}
- {name: given_at, businessName: Luc, logicalType: timestamp, required: true, logicalTypeOptions: {format: 'dd/MM/yyyy HH:mm:ss'}}
- {name: m_code, businessName: Phi, logicalType: integer, required: true}
"""
PERMITS_TERMS = """- {property: owner, value: 000.00.01.H34}
- {property: transport, value: {kind: export, endpoint: portal, path: /x, auth: oauth2, since: 2024-06}}
- {property: delivery, value: {cadence: day, content: events, replaces: keys, format: csv}}
- {property: events, value: {}}
- {property: unit, value: place}
- {property: unit_at, value: given_at}
- {property: dimensions, value: [m_code]}
- property: measures
  value:
  - {id: code, name_vi: Giấy phép, unit: giấy phép, kind: flow, counted_by: given_at}
"""


def test_events_count_once_for_each_unit_and_are_listed_for_it(workshop: Workshop) -> None:
    contract = workshop.add("portal/permits", PERMITS, PERMITS_TERMS)
    places = ["62", "616", "23530", "23530", "615"]
    lines = ["So;Noi;Luc;Phi", *(f"P{number};{place};27/06/2024 08:00:00;5" for number, place in enumerate(places))]
    outcome = workshop.ingest(contract, "\n".join(lines).encode(), "permits_2024-06.csv", at(1))
    assert (outcome.accepted, outcome.loaded) == (True, 5), outcome.issues
    found = workshop.figures(contract, "2024-06", "m_code")["code"]
    assert found.values[workshop.province] == found.parts["m_code"][workshop.province, "5"] == 5
    assert {unit.code: value for unit, value in found.values.items()} == {"62": 5, "616": 3, "23530": 2, "615": 1}
    indicators(workshop, permits="portal/permits.code")
    assert explained(workshop, "permits", period="2024-06") == (5, [1] * 5)
    assert explained(workshop, "permits", "616", period="2024-06") == (3, [1] * 3)
