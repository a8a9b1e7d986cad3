"""Another province by configuration alone, as docs/another-province.md tells it: a small synthetic one with a resolution of its own."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from chiso import warehouse
from chiso.flow import computing
from chiso.indicators import load_catalogue
from chiso.system.platform import Platform

from tests.deliveries import Inbox, at, telecom_form, telecom_row
from tests.integration.test_lint import spoil

TELECOM = "departments/telecom"
UNITS = """level,code,name_vi,parent_level,parent_code,valid_from,valid_to
province,98,Tỉnh Thử Nghiệm,,,,
district,981,Thành phố Mẫu,province,98,,
district,982,Huyện Ví Dụ,province,98,,
commune,98101,Phường Một,district,981,,
commune,98102,Phường Hai,district,981,,
commune,98201,Xã Ba,district,982,,
commune,98202,Xã Tư,district,982,,
"""
AGENCIES = """code,name_vi,level,admin_unit_code,valid_from,valid_to
000.00.01.H98,Văn phòng UBND tỉnh,tỉnh,98,,
000.00.11.H98,Sở Thông tin và Truyền thông,tỉnh,98,,
"""
RESOLUTION = """framework: nq01
version: '2021-10-10'
name_vi: Nghị quyết 01-NQ/TU của tỉnh Thử Nghiệm (số liệu giả định)
indicators: [households_fibre_pct, hamlets_4g_pct, communes_fibre_pct]
targets:
- {id: nq01.01, name_vi: Hộ gia đình có cáp quang, indicator: households_fibre_pct, direction: ge, value: 75, year: 2025, responsible: 000.00.11.H98,
   baseline: {year: 2021, value: 35}, milestones: [{year: 2023, value: 50}]}
- {id: nq01.02, name_vi: Thôn có sóng 4G, indicator: hamlets_4g_pct, direction: gt, value: 80, year: 2025, responsible: 000.00.11.H98}
- {id: nq01.03, name_vi: 'Cáp quang ở thành phố và huyện', direction: milestone, year: 2025, responsible: 000.00.11.H98,
   components: [{indicator: households_fibre_pct, unit: '981', direction: ge, value: 60},
     {indicator: households_fibre_pct, unit: '982', direction: ge, value: 60}]}
"""


@pytest.fixture
def province(checkout: Platform) -> Platform:
    """A copy of the configuration, made the province's own."""
    schemas = checkout.settings.home / "include" / "schemas"
    reference, indicators = schemas / "reference", schemas / "indicators"
    (reference / "province.yml").write_text("name_vi: Thử Nghiệm\nname_en: Thu Nghiem\ncodes:\n- {code: '98'}\n", "utf-8")
    (reference / "admin_units.csv").write_text(UNITS, "utf-8")
    (reference / "agencies.csv").write_text(AGENCIES, "utf-8")
    for name in ("admin_unit_successions", "agency_successions", "unit_aliases", "agency_aliases", "contacts", "expected_values"):
        path = reference / f"{name}.csv"
        path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    for path in (schemas / "contracts").rglob("*.yml"):
        text = re.sub(r"000\.00\.\d\d\.H34", "000.00.11.H98", path.read_text("utf-8"))
        path.write_text(re.sub(r"(?:- 000\.00\.11\.H98\n\s*)+(?=- 000\.00\.11\.H98)", "", text), "utf-8")
    for path in indicators.glob("*.yml"):
        if path.stem not in ("catalogue", "comparisons"):
            path.unlink()
    (indicators / "nq01.yml").write_text(RESOLUTION, "utf-8")
    catalogue = indicators / "catalogue.yml"
    catalogue.write_text(re.sub(r"\n- \{id: smart_\w+,(?:.|\n)*?(?=\n- \{id:)", "", catalogue.read_text("utf-8")), "utf-8")
    return checkout


def chiso(running: Platform, *arguments: str) -> Any:
    """A command with the province's configuration; its JSON."""
    given = {**running.settings.values, "CHISO_HOME": str(running.settings.home), "CHISO_VAR": str(running.settings.var)}
    code = "from chiso.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *arguments, "--json"], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_targets_of_its_own_on_figures_of_its_own(province: Platform, tmp_path: Path) -> None:
    warehouse.upgrade(province.engine, province.settings)
    assert chiso(province, "indicators", "lint") == []
    inbox = Inbox(tmp_path / "in", province)
    names = ["Phường Một", "Phường Hai", "Xã Ba", "Xã Tư"]
    rows = [telecom_row(place, name, 100, fibre) for place, (name, fibre) in enumerate(zip(names, (80, 60, 50, 40), strict=True), 1)]
    outcome = inbox.ingest(TELECOM, telecom_form(rows, period="Kỳ báo cáo: Quý IV/2023"), "vien_thong.xlsx", received=at(1))
    assert (outcome.accepted, outcome.loaded) == (True, 4), outcome.issues
    computing.compute_stale(province)
    found = {row["target"]: row for row in chiso(province, "targets", "--framework", "nq01", "--period", "2023")}
    fibre, mobile, both = (found[f"nq01.0{number}"] for number in (1, 2, 3))
    assert (Decimal(str(fibre["actual"])), fibre["status"], fibre["progress"]) == (Decimal("57.5"), "unmet", "on_track")
    assert [(point["year"], Decimal(str(point["value"]))) for point in fibre["trajectory"]] == [
        (2021, 35), (2022, Decimal("42.5")), (2023, 50), (2024, Decimal("62.5")), (2025, 75)
    ]  # fmt: skip
    assert (mobile["status"], mobile["progress"], mobile["forecast"]) == ("met", "met_early", None)
    assert both["status"] == "unmet" and [part["status"] for part in both["components"]] == ["met", "unmet"]
    unit = {row["indicator"]: row for row in chiso(province, "indicators", "--unit", "981", "--period", "2023-Q4")}
    assert Decimal(str(unit["households_fibre_pct"]["value"])) == 70


def test_what_still_names_the_old_province_is_said(province: Platform) -> None:
    spoil(province.settings.home / "include/schemas/indicators/nq01.yml", "unit: '981'", "unit: '608'")
    [fault] = load_catalogue(province.settings).faults
    assert fault.file.endswith("nq01.yml") and fault.place == "nq01.03.components" and "608 is the code of no unit" in fault.message
