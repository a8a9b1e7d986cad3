"""From formulas to values: what is missing, what they were made of, what is held."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from chiso.indicators.catalogue import Definition, Indicator, Years
from chiso.indicators.compute import Value, values_of
from chiso.indicators.figures import Figures, Lack, MeasureKey
from chiso.indicators.publishing import Before, Computed, decide

from tests.unit.indicators.known import COMMUNES, PROVINCE, figures, known, unit

FIBRE = "{ratio: d/t.fibre, to: d/t.households}"


def values(text: str, *given: dict[MeasureKey, Figures]) -> dict[str, Value]:
    indicator = Indicator(id="x", name_vi="x", unit="x", formula=yaml.safe_load(text))
    definition = Definition(indicator, "catalogue", Years(), "0")
    return {value.unit.code: value for value in values_of(definition, known(*given))}


def test_a_value_for_every_unit_with_figures() -> None:
    made = values(
        FIBRE,
        figures("d/t.fibre", {"62": 6, "608": 6, "001": 6}, deliveries=(3, 5)),
        figures("d/t.households", {"62": 12, "608": 8, "001": 8, "003": 4}, deliveries=(3, 5)),
    )
    assert {code: value.result.value for code, value in made.items()} == {"62": 50, "608": 75, "001": 75, "003": None}
    assert (made["62"].status, made["62"].missing) == ("computed", ())
    assert made["62"].inputs == {"d/t.fibre": (3, 5), "d/t.households": (3, 5)}
    assert made["62"].formula == "d/t.fibre / d/t.households × 100"
    assert (made["003"].status, made["003"].missing) == ("no_data", ({"what": "figure", "measure": "d/t.fibre"},))


def test_what_a_period_lacks_is_said_as_objects() -> None:
    lacks = (Lack("d/t", "period", "2024-Q3", "civil"), Lack("d/t", "rows", "2024-Q2", "civil", 2))
    made = values(
        "{sum: [d/t.a, d/t.b]}", figures("d/t.a", {"62": 1}, lacks=lacks), figures("d/t.b", {"62": 2}, lacks=lacks)
    )
    assert (made["62"].result.value, made["62"].status) == (3, "incomplete")
    assert made["62"].missing == (
        {"source": "d/t", "what": "period", "period": "2024-Q3", "calendar": "civil"},
        {"source": "d/t", "what": "rows", "period": "2024-Q2", "calendar": "civil", "rows": 2},
    )


def test_without_any_delivery_there_is_no_value() -> None:
    assert values(FIBRE) == {}


def test_without_one_of_its_sources_it_is_said_which() -> None:
    made = values("{ratio: p/d.paid, to: p/s.fees}", figures("p/d.paid", {"62": 3}))
    assert (made["62"].status, made["62"].missing) == ("no_data", ({"what": "figure", "measure": "p/s.fees"},))


def test_beside_a_value_stands_the_formula_that_was_taken() -> None:
    both = values(
        "{first_of: [d/x.sum, d/y.printed]}", figures("d/x.sum", {"62": 5}), figures("d/y.printed", {"62": 4})
    )
    assert (both["62"].formula, both["62"].inputs) == ("d/x.sum", {"d/x.sum": (1,)})
    one = values("{first_of: [d/x.sum, d/y.printed]}", figures("d/y.printed", {"62": 4}))
    assert (one["62"].result.value, one["62"].formula, one["62"].inputs) == (4, "d/y.printed", {"d/y.printed": (1,)})


def test_counts_of_units_are_the_provinces() -> None:
    made = values(
        "{count: commune, where: [{formula: d/t.gaps, direction: le, value: 0}]}",
        figures("d/t.gaps", {"62": 1, "608": 1, **dict.fromkeys(COMMUNES, 0), "001": 1}),
    )
    assert {code: value.result.value for code, value in made.items()} == {"62": 3, "608": 1, "613": 2}


@pytest.mark.parametrize(
    ("states", "official"),
    [((None, None), None), ((True, None), True), ((True, False), False), ((False, None), False)],
)
def test_figures_are_official_where_all_are(states: tuple[bool | None, bool | None], official: bool | None) -> None:
    made = values(
        "{ratio: d/e.a, to: d/f.b}",
        figures("d/e.a", {"62": 1}, official=states[0]),
        figures("d/f.b", {"62": 2}, official=states[1]),
    )
    assert made["62"].official is official
    assert made["62"].unit == PROVINCE == unit("62")


# --- What is held ---


def before(**given: Any) -> Any:
    return SimpleNamespace(**({"value": Decimal(50), "status": "computed", "official": None} | given))


@pytest.mark.parametrize(
    ("approved", "given", "publication"),
    [
        (None, {}, "approved"),
        (before(value=Decimal("60.0")), {}, "approved"),
        (before(), {}, "held"),
        (before(), {"value": None}, "held"),
        (before(status="incomplete"), {}, "approved"),
        (before(status="no_data", value=None), {}, "approved"),
        (before(), {"moves": True}, "approved"),
        (before(official=False), {"official": True}, "approved"),
        (before(official=False), {"official": False}, "held"),
        (before(official=True), {"official": True}, "held"),
        (before(official=True), {"official": False}, "held"),
        (before(), {"official": True}, "held"),
    ],
)
def test_only_an_unexpected_restatement_is_held(approved: Any, given: dict[str, Any], publication: str) -> None:
    wanted: dict[str, Any] = {"value": Decimal(60), "moves": False, "official": None} | given
    decision = decide(Computed(**wanted), Before(approved), Decimal(0), None)
    assert decision.publication == publication
    assert decision.because == "restated: was 50" or publication == "approved"


LACKS = {"what": "rows", "source": "d/t", "rows": 2}
SILENT = {"what": "period", "source": "d/t", "period": "2024-Q2", "reporter": "608"}


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({}, None),
        ({"printed": [Decimal("60.0")]}, None),
        ({"value": Decimal(31) / 37 * 100, "printed": [Decimal(84)]}, None),
        ({"value": Decimal(1363) / 1726 * 100, "printed": [Decimal("79.24")]}, "documents print 79.24"),
        ({"failing": ["sum_differs"]}, "critical rules are broken: sum_differs"),
        ({"missing": [LACKS]}, "incomplete: 2 rows of d/t are in quarantine"),
        ({"missing": [SILENT]}, "incomplete: 608 didn't report d/t"),
        ({"missing": [{"what": "unit", "unit": "608"}]}, "incomplete: nothing of 608"),
        ({"missing": [{"what": "period", "source": "d/t", "period": "2024-12"}]}, None),
        ({"missing": [LACKS], "moves": True}, None),
        ({"missing": [LACKS], "value": None}, None),
    ],
)
def test_a_first_value_is_held_where_something_is_known_to_be_wrong(given: dict[str, Any], because: str | None) -> None:
    wanted: dict[str, Any] = {"value": Decimal(60), "moves": False, "official": None} | given
    decision = decide(Computed(**wanted), Before(None), Decimal(0), None)
    assert (decision.because if decision.publication == "held" else None) == because
    assert decide(Computed(**wanted), Before(None), Decimal(0), "it is known").publication == "approved"


def test_small_restatements_refused_numbers_and_late_deliveries() -> None:
    new, other = Computed(Decimal("50.4"), False, None), Computed(Decimal(60), False, None)
    assert decide(new, Before(before()), Decimal("0.5"), None).publication == "approved"
    assert decide(new, Before(before()), Decimal("0.3"), None).publication == "held"
    late = Computed(Decimal("50.4"), False, None, late=[7])
    assert decide(late, Before(before()), Decimal("0.5"), None).because == "restated: was 50; delivery 7 came after the period was closed"
    refused = SimpleNamespace(value=Decimal(60), decided_by="Lan", why="chưa kiểm tra")
    assert decide(other, Before(None, refused), Decimal(0), None).because == "refused before by Lan: chưa kiểm tra"
    assert decide(new, Before(None, refused), Decimal(0), None).publication == "approved"
