"""Values restated to the units of another day, of forms of communes before and after 1 July 2025."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
from chiso.flow import computing
from chiso.indicators import KnownValue, Question
from chiso.inquiry import answers
from chiso.province.restating import cover, thing_at
from chiso.province.units import load_reference
from chiso.system.errors import UsageError
from chiso.system.settings import load

from tests.deliveries import Inbox, telecom_form, telecom_row

TELECOM = "departments/telecom"
BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
REFERENCE = load_reference(load({}).schemas)
OLD = [unit for unit in REFERENCE.units if unit.level == "commune" and unit.valid_to == BEFORE]
NEW = [unit for unit in REFERENCE.units if unit.level == "commune" and unit.valid_from == AFTER]


def codes(code: str, on: date, at: date) -> set[str] | None:
    thing = thing_at(REFERENCE, code, on)
    assert thing is not None
    found = cover(REFERENCE, thing, at)
    return None if found is None else {each.code for each in found}


@pytest.mark.parametrize(
    ("code", "on", "at", "units"),
    [
        ("23293", AFTER, BEFORE, {"23281", "23287", "23290", "23293", "23299"}),  # the code was reused
        ("23293", BEFORE, BEFORE, {"23293"}),
        ("23293", BEFORE, AFTER, None),  # a part of the new ward
        ("51", AFTER, BEFORE, {"51", "62"}),
        ("62", BEFORE, AFTER, {unit.code for unit in NEW}),  # Kon Tum's territory within the new province
        ("51", BEFORE, AFTER, None),  # the old Quảng Ngãi: its communes are in no list here
        ("000.00.14.H34", date(2025, 6, 1), date(2025, 1, 1), None),
    ],
)
def test_which_units_are_together_what_a_unit_is(code: str, on: date, at: date, units: set[str] | None) -> None:
    if code.startswith("000"):
        thing = thing_at(REFERENCE, code, on)
        assert thing is not None and (holders := cover(REFERENCE, thing, at)) is not None
        assert all(thing_at(REFERENCE, each.code, at) == each for each in holders)
        return
    assert codes(code, on, at) == units


def test_every_new_commune_is_made_of_old_ones_and_no_old_one_is_left_out() -> None:
    made = [found for unit in NEW if (found := cover(REFERENCE, unit, BEFORE)) is not None]
    assert len(made) == len(NEW) == 40
    assert sorted(each.code for found in made for each in found) == sorted(unit.code for unit in OLD)


def test_a_district_is_looked_for_among_its_communes() -> None:
    """Communes went to new ones within their district, so that a district can be told in both times."""
    districts = {unit.parent_code for unit in OLD}
    found = {district: codes(str(district), BEFORE, AFTER) for district in districts}
    assert len(districts) == 10 and all(found.values())
    assert sorted(code for units in found.values() for code in units or ()) == sorted(unit.code for unit in NEW)


@pytest.fixture
def merged(inbox: Inbox) -> Inbox:
    """The same form for the quarter before the merger and the one after it; households and fibre grow with the line."""
    for period, units in (("Quý II/2025", OLD), ("Quý III/2025", NEW)):
        names = [f"{unit.name}, {_district(unit.parent_code)}" for unit in units] if period.startswith("Quý II/") else [unit.name for unit in units]
        rows = [telecom_row(place, name, 100 + place, 50 + place // 2) for place, name in enumerate(names, 1)]
        department = "SỞ KHOA HỌC VÀ CÔNG NGHỆ"
        outcome = inbox.ingest(TELECOM, telecom_form(rows, period=f"Kỳ báo cáo: {period}", department=department), f"{len(rows)}.xlsx")
        assert (outcome.accepted, outcome.loaded) == (True, len(units)), outcome.issues
    computing.compute_stale(inbox.platform)
    return inbox


def _district(code: str | None) -> str:
    return next(unit.name for unit in REFERENCE.units if unit.code == code and unit.level == "district")


def restated(inbox: Inbox, day: date, unit: str | None, period: str) -> Mapping[str, KnownValue]:
    question = Question(period=period, unit_code=unit, restated=day)
    return {row.indicator: row for row in answers.indicator_rows(inbox.platform, question)}


def sums(units: list[str], among: list[str]) -> tuple[Decimal, Decimal]:
    places = [place for place, code in enumerate(among, 1) if code in units]
    return Decimal(sum(50 + place // 2 for place in places)), Decimal(sum(100 + place for place in places))


def test_a_merged_unit_is_the_sum_of_its_parts(merged: Inbox) -> None:
    old = [unit.code for unit in OLD]
    fibre, households = sums(["23281", "23287", "23290", "23293", "23299"], old)
    found = restated(merged, AFTER, "23293", "2025-Q2")["households_fibre_pct"]
    assert (found.numerator, found.denominator, found.unit_name, found.status) == (fibre, households, "Phường Kon Tum", "computed")
    assert found.value == fibre * 100 / households
    reported = {row.indicator: row for row in answers.indicator_rows(merged.platform, Question(period="2025-Q2", unit_code="23293"))}
    assert reported["households_fibre_pct"].denominator == 100 + old.index("23293") + 1  # the old ward of that code, as reported


def test_the_old_province_within_the_new_one(merged: Inbox) -> None:
    fibre, households = sums([unit.code for unit in NEW], [unit.code for unit in NEW])
    found = restated(merged, BEFORE, None, "2025-Q3")["households_fibre_pct"]
    assert (found.unit_code, found.numerator, found.denominator) == ("62", fibre, households)
    before = restated(merged, BEFORE, None, "2025-Q2")["households_fibre_pct"]
    assert (before.numerator, before.denominator) == sums([unit.code for unit in OLD], [unit.code for unit in OLD])


def test_what_cannot_be_restated_says_so(merged: Inbox) -> None:
    found = restated(merged, AFTER, None, "2025-Q2")["households_fibre_pct"]  # half of the new province never reported
    assert (found.value, found.status, found.missing) == (None, "no_data", [{"what": "unit", "unit": "51"}])
    with pytest.raises(UsageError, match="23281 is the code of no unit and no agency on 2025-07-01"):
        restated(merged, AFTER, "23281", "2025-Q2")
