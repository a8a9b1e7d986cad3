"""Units and agencies by code, by name, in time."""

from datetime import date
from pathlib import Path

import pytest
from chiso.province.text import fold
from chiso.province.units import Agency, Ambiguous, NotFound, Unit, load_reference
from chiso.system.errors import ContractError

SCHEMAS = Path(__file__).parents[2] / "include" / "schemas"
REFERENCE = load_reference(SCHEMAS)
BEFORE, AFTER = date(2024, 3, 14), date(2025, 7, 1)
COMMUNES = [unit for unit in REFERENCE.units if unit.level == "commune"]


def when(unit):
    return BEFORE if unit.valid_from is None else AFTER


def found(text, at=BEFORE, **options):
    unit = REFERENCE.find_unit(text, at, **options)
    return unit.code if isinstance(unit, Unit) else type(unit)


def test_the_province_in_time():
    assert [REFERENCE.province(day).code for day in (BEFORE, date(2025, 6, 30), AFTER)] == ["62", "62", "51"]
    assert len([unit for unit in COMMUNES if when(unit) == BEFORE]) == 102
    assert len([unit for unit in COMMUNES if when(unit) == AFTER]) == 40


@pytest.mark.parametrize("unit", COMMUNES, ids=lambda unit: f"{unit.code} {unit.name}")
def test_every_commune_by_its_name(unit):
    """As the register spells it; inside its district also in capitals, without accents, with another Đắk."""
    assert REFERENCE.find_unit(unit.name, when(unit)) == unit
    assert REFERENCE.find_unit(unit.code, when(unit)) == unit
    for text in (unit.name.upper(), fold(unit.name), f"UBND {unit.name}", unit.name.replace("Đắk", "Đăk")):
        assert REFERENCE.find_unit(text, when(unit), within=unit.parent_code, levels=("commune",)) == unit


def test_codes_were_reused():
    assert REFERENCE.unit("23425", BEFORE).name == "Xã Đắk Hà"
    assert REFERENCE.unit("23425", AFTER).name == "Xã Tu Mơ Rông"
    assert REFERENCE.unit("608", AFTER) is None


@pytest.mark.parametrize(
    "text", ["TP. Kon Tum", "TP.Kon Tum", "Tp Kon Tum", "T.P Kon Tum", "thành phố Kon Tum", "UBND TP. Kon Tum", "608"]
)
def test_the_city_is_not_the_province(text):
    assert found(text) == "608"
    assert found("Tỉnh Kon Tum") == "62"
    assert found("Kon Tum") is Ambiguous


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ia H' Drai", "618"),
        ("Ia H'Drai", "618"),
        ("huyện Ia H’Drai", "618"),
        ("IaHDrai", "618"),
        ("Kon Plong", "613"),
        ("H. Sa Thầy", "616"),
        ("P. Lê Lợi", "23302"),
        ("P.Lê Lợi", "23302"),
        ("TT Đắk Hà", "23500"),
        ("thị trấn Đăk Hà", "23500"),
        ("xã Đắk Hà", "23425"),
        ("huyện Đắk Hà", "615"),
        ("Xã Ya Ly", "23554"),
        ("Xã Ia Ly", "23554"),
        ("Xã Rờ Kơi", "23530"),
        ("Pờ Y", "23395"),
        ("Măng Bút", "23458"),
        ("Xã Ngọc Réo", "23518"),
        ("Xã Hoà Bình", "23338"),
    ],
)
def test_spellings(text, code):
    assert found(text) == code


def test_two_communes_that_fold_alike():
    assert (found("Xã Đắk Long"), found("Xã Đăk Long"), found("XÃ ĐĂK LONG")) == ("23368", "23504", "23504")
    assert found("xa dak long") is Ambiguous
    assert found("xa dak long", within="615") == "23504"
    assert found("Xã Đăk Long", within="610") == "23368"


def test_a_prefix_restricts_the_kind():
    assert found("Xã Măng Đen") is NotFound
    assert found("Thị trấn Măng Đen") == "23473"
    assert found("Xã Măng Đen", AFTER) == "23473"
    assert found("Đắk Hà", levels=("district",)) == "615"
    assert found("Đắk Hà", within="615", levels=("commune",)) == "23500"
    assert found("Hòa Bình") == "23338"


def test_a_name_of_another_time_is_not_found():
    missing = REFERENCE.find_unit("Xã Kon Braih", BEFORE)
    assert isinstance(missing, NotFound)
    assert [unit.code for unit in missing.at_other_times] == ["23497"]
    assert found("99999") is NotFound
    assert found("") is NotFound


def test_districts_of_any_time():
    assert REFERENCE.find_district("Huyện Đắk Glei") == "610"
    assert REFERENCE.find_district("TP. Kon Tum") == "608"
    assert REFERENCE.find_district("Xã Đắk Hà") is None


AGENCIES = {
    "Sở TT&TT": "11",
    "Sở TTTT": "11",
    "SỞ THÔNG TIN VÀ TRUYỀN THÔNG": "11",
    "- Sở Thông tin & Truyền thông": "11",
    "Sở GD&ĐT": "15",
    "Sở KH&ĐT": "04",
    "Sở LĐ-TBXH": "12",
    "Sở LĐTB&XH": "12",
    "Sở TN&MT": "10",
    "Sở NN&PTNT": "07",
    "Sở GTVT": "08",
    "Sở KH&CN": "14",
    "Sở VHTT&DL": "13",
    "VP UBND tỉnh": "01",
    "Văn phòng Ủy ban nhân dân tỉnh": "01",
    "BQL Khu kinh tế": "20",
    "Sở Nội vụ tỉnh Kon Tum": "02",
    "Công an tỉnh Kon Tum": "31",
    "BHXH tỉnh": "34",
    "Cục Thuế": "32",
    "UBND TP. Kon Tum": "21",
    "UBND thành phố Kon Tum": "21",
    "- UBND huyện Ia H'Drai": "30",
    "UBND Kon Plong": "25",
    "Ủy ban nhân dân huyện Đăk Glei": "22",
    "000.00.11.H34": "11",
}


@pytest.mark.parametrize(("text", "number"), AGENCIES.items())
def test_agencies(text, number):
    agency = REFERENCE.find_agency(text, BEFORE)
    assert isinstance(agency, Agency)
    assert agency.code == f"000.00.{number}.H34"


@pytest.mark.parametrize("agency", REFERENCE.agencies, ids=lambda agency: agency.name)
def test_every_agency_by_its_name(agency):
    at = agency.valid_to or BEFORE
    assert REFERENCE.find_agency(agency.name, at) == agency
    assert REFERENCE.find_agency(agency.name.upper(), at) == agency
    assert REFERENCE.agency(agency.code, at) == agency


@pytest.mark.parametrize(
    "text", ["Đất đai", "Y tế", "UBND xã Ya Ly", "UBND cấp huyện", "Sở, ban, ngành", "Sở", "", "000.00.99.H34"]
)
def test_what_is_no_agency(text):
    assert isinstance(REFERENCE.find_agency(text, BEFORE), NotFound)


def test_agencies_succeed_each_other():
    at = date(2025, 4, 1)
    assert [agency.code for agency in REFERENCE.successors("000.00.11.H34", at)] == ["000.00.14.H34"]
    assert [agency.code for agency in REFERENCE.successors("000.00.11.H34", BEFORE)] == ["000.00.11.H34"]
    assert REFERENCE.predecessors("000.00.41.H34", at) == ["000.00.10.H34", "000.00.07.H34"]
    assert REFERENCE.predecessors("000.00.41.H34", BEFORE) == []
    gone = REFERENCE.find_agency("Sở TT&TT", at)
    assert isinstance(gone, NotFound)
    assert len(gone.at_other_times) == 1


def test_no_python_names_the_province():
    chiso = SCHEMAS.parent / "chiso"
    for path in chiso.rglob("*.py"):
        code = path.read_text("utf-8")
        assert "Kon Tum" not in code
        assert '"62"' not in code
        assert '"51"' not in code


def test_unusable_lists_are_named(tmp_path):
    with pytest.raises(ContractError, match="reference"):
        load_reference(tmp_path)
