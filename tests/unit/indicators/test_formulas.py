"""Every word of a formula: what it comes to, what it says where it can't be computed, and how it is written out."""

from decimal import Decimal
from typing import Any

import pytest
import yaml
from chiso.indicators.figures import MeasureKey
from chiso.indicators.formulas import WORDS, Formula, Part
from chiso.indicators.known import Known, Result, as_objects
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.unit.indicators.known import CITY, HIGHLAND, PROVINCE, figures, known, unit

READER: TypeAdapter[Part] = TypeAdapter(Formula)


def formula(text: str) -> Part:
    return READER.validate_python(yaml.safe_load(text))


def at(text: str, seen: Known, code: str = "62") -> Result:
    made = formula(text)
    return made.results(seen.of({unit(code)}))[unit(code)]


def gaps(result: Result) -> list[dict[str, Any]]:
    return as_objects(result.gaps)


# --- Measures, sums, ratios ---


def test_a_ratio_of_sums_keeps_its_parts() -> None:
    seen = known(
        figures("d/t.fibre", {"62": 81076, "001": 10}),
        figures("d/t.households", {"62": 143960, "001": 40}),
    )
    result = at("{ratio: d/t.fibre, to: d/t.households}", seen)
    assert result == Result(Decimal(81076) * 100 / 143960, Decimal(81076), Decimal(143960))
    assert at("{ratio: d/t.fibre, to: d/t.households}", seen, "001").value == 25
    assert at("{ratio: d/t.fibre, to: d/t.households, scale: 1}", seen, "001").value == Decimal("0.25")
    assert at("{ratio: d/t.fibre, to: d/t.households, scale: 1000}", seen, "001").value == 250


def test_a_sum_and_a_ratio_of_sums() -> None:
    seen = known(figures("d/w.a", {"62": 3}), figures("d/w.b", {"62": 4}), figures("d/w.updated", {"62": 6}))
    assert at("{sum: [d/w.a, d/w.b]}", seen).value == 7
    assert at("{ratio: d/w.updated, to: {sum: [d/w.a, d/w.b]}}", seen).value == Decimal(600) / 7


def test_a_blank_part_is_not_0() -> None:
    seen = known(figures("d/t.a", {"62": 3, "001": 3}), figures("d/t.b", {"62": 4}))
    result = at("{sum: [d/t.a, d/t.b]}", seen, "001")
    assert result.value is None
    assert gaps(result) == [{"what": "figure", "measure": "d/t.b"}]


def test_a_count_that_a_known_unit_has_none_of_is_0() -> None:
    seen = known(figures("p/d.online", {"62": 3}, counted=True), figures("p/d.all", {"62": 5, "001": 5}, counted=True))
    assert at("{ratio: p/d.online, to: p/d.all}", seen, "001").value == 0


def test_a_count_of_a_source_without_a_delivery_is_not_0() -> None:
    result = at("{ratio: p/d.online, to: p/d.all}", known(figures("p/d.all", {"62": 5}, counted=True)))
    assert (result.value, gaps(result)) == (None, [{"what": "figure", "measure": "p/d.online"}])


def test_a_denominator_of_0_gives_no_value() -> None:
    result = at("{ratio: d/t.a, to: d/t.b}", known(figures("d/t.a", {"62": 0}), figures("d/t.b", {"62": 0})))
    assert (result.value, gaps(result)) == (None, [{"what": "denominator"}])


def test_the_latest_stands_as_it_is() -> None:
    seen = known(figures("d/dti.rank", {"62": 45}, kind="stock"))
    assert at("{latest: d/dti.rank}", seen).value == 45


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**9)), min_size=1, max_size=4))
def test_a_ratio_of_sums_lies_between_its_ratios(pairs: list[tuple[int, int]]) -> None:
    seen = known(
        figures("a/b.x", {"62": sum(above for above, _ in pairs)}),
        figures("a/b.y", {"62": sum(below for _, below in pairs)}),
    )
    value = at("{ratio: a/b.x, to: a/b.y, scale: 1}", seen).value
    ratios = [Decimal(above) / below for above, below in pairs]
    assert value is not None
    assert min(ratios) - Decimal("1e-20") <= value <= max(ratios) + Decimal("1e-20")


# --- Over a dimension ---

SECTORS = known(
    figures("d/e.value", {"62": 30}, parts={"sector": {"62": {"A": "10", "B": "15", "C": "5"}}}),
    figures("d/e.grdp", {"62": 300}, parts={"sector": {"62": {"A": "100", "B": "50", "C": "150"}}}),
)


def test_the_lowest_of_the_sectors_own_ratios() -> None:
    result = at("{minimum: {ratio: d/e.value, to: d/e.grdp}, over: sector}", SECTORS)
    assert result == Result(Decimal(500) / 150, Decimal(5), Decimal(150))
    assert at("{maximum: {ratio: d/e.value, to: d/e.grdp}, over: sector}", SECTORS).value == 30


def test_a_part_that_lacks_a_figure_leaves_the_lowest_open() -> None:
    seen = known(
        figures("d/e.value", {"62": 30}, parts={"sector": {"62": {"A": "10"}}}),
        figures("d/e.grdp", {"62": 300}, parts={"sector": {"62": {"A": "100", "B": "50"}}}),
    )
    result = at("{minimum: {ratio: d/e.value, to: d/e.grdp}, over: sector}", seen)
    assert (result.value, gaps(result)) == (None, [{"what": "part", "dimension": "sector", "value": "B"}])


def test_a_dimension_that_nothing_has() -> None:
    result = at("{minimum: d/e.value, over: sector}", known(figures("d/e.value", {"62": 30})))
    assert (result.value, gaps(result)) == (None, [{"what": "figure", "measure": "d/e.value"}])


def test_the_lowest_of_several_formulas() -> None:
    seen = known(figures("d/x.a", {"62": 98}), figures("d/x.b", {"62": 45}))
    assert at("{minimum: [d/x.a, d/x.b]}", seen).value == 45
    assert at("{maximum: [d/x.a, d/x.b]}", seen).value == 98
    assert at("{minimum: [d/x.a, d/x.c]}", seen).value is None


def test_a_weighted_mean() -> None:
    seen = known(
        figures("s/a.minutes", {}, parts={"severity": {"62": {"low": "10", "high": "40"}}}),
        figures("s/a.alerts", {}, parts={"severity": {"62": {"low": "3", "high": "1", "critical": "0"}}}),
    )
    result = at("{mean: s/a.minutes, weights: s/a.alerts, over: severity}", seen)
    assert result == Result(Decimal("17.5"), Decimal(70), Decimal(4))
    seen = known(
        figures("s/a.minutes", {}, parts={"severity": {"62": {"low": "10"}}}),
        figures("s/a.alerts", {}, parts={"severity": {"62": {"low": "3", "high": "1"}}}),
    )
    result = at("{mean: s/a.minutes, weights: s/a.alerts, over: severity}", seen)
    assert (result.value, gaps(result)) == (None, [{"what": "part", "dimension": "severity", "value": "high"}])


MAXIMA = {
    "Nhận thức số": 100,
    "Thể chế số": 100,
    "Hạ tầng số": 100,
    "Nhân lực số": 100,
    "An toàn thông tin mạng": 100,
    "Hoạt động chính quyền số": 200,
    "Hoạt động kinh tế số": 150,
    "Hoạt động xã hội số": 150,
}
INDICES = ["0.9000", "0.5", "0.45", "0.37", "0.45", "0.75", "0.41", "0.5"]
SCORE = yaml.safe_dump(
    {"score": "d/dti.index", "over": "main_index", "maxima": MAXIMA, "total": 1000}, allow_unicode=True
)


def dti(names: list[str], indices: list[str]) -> Known:
    parts = dict(zip([*names, "DTI", "Đô thị thông minh"], [*indices, "0.54", "0.3"], strict=True))
    return known(figures("d/dti.index", {}, parts={"main_index": {"62": parts}}))


def test_a_composite_score_by_922() -> None:
    assert at(SCORE, dti(list(MAXIMA), INDICES)) == Result(Decimal("0.5535"), Decimal("553.5"), Decimal(1000))
    assert at(SCORE, dti([name.upper() for name in MAXIMA], INDICES)).value == Decimal("0.5535")


def test_a_score_without_one_of_its_parts_is_not_computable() -> None:
    result = at(SCORE, dti(list(MAXIMA)[:-1], INDICES[:-1]))
    assert result.value is None
    assert gaps(result) == [{"what": "part", "dimension": "main_index", "value": "Hoạt động xã hội số"}]


def test_a_score_whose_maxima_are_in_the_data() -> None:
    maxima = {name: str(maximum) for name, maximum in MAXIMA.items()} | {"Đô thị thông minh": "0"}

    def result(given: dict[str, str]) -> Result:
        index = figures("d/dti.index", {}, parts={"main_index": {"62": dict(zip(MAXIMA, INDICES, strict=True))}})
        return at(
            "{score: d/dti.index, over: main_index, maxima: d/dti.maximum, total: 1000}",
            known(index, figures("d/dti.maximum", {}, parts={"main_index": {"62": given}})),
        )

    assert result(maxima).value == at(SCORE, dti(list(MAXIMA), INDICES)).value
    short = result({name: maximum for name, maximum in maxima.items() if name != "Thể chế số"})
    assert (short.value, gaps(short)) == (None, [{"what": "maxima", "dimension": "main_index", "value": "900"}])


# --- Units ---

SMART = known(
    figures("d/s.services", {"62": 3, "608": 2, "613": 1}, counted=True, kind="stock"),
    figures("d/s.plans", {"62": 1, "608": 1, "613": 0}, counted=True, kind="stock"),
)
FORMED = (
    "{count: district, among: ['608', '613'], where: [{formula: d/s.plans, direction: ge, value: 1}, "
    "{formula: d/s.services, direction: ge, value: 1}]}"
)
SHARE = "{ratio: {count: district, where: [{formula: d/s.services, direction: ge, value: %s}]}, to: {count: district}}"


def test_named_units_for_which_something_holds() -> None:
    assert at(FORMED, SMART) == Result(Decimal(1))


def test_a_share_of_units_among_all_of_the_level() -> None:
    assert at(SHARE % 1, SMART) == Result(Decimal(100), Decimal(2), Decimal(2))
    assert at(SHARE % 2, SMART).value == 50


def test_a_unit_of_which_nothing_is_known_is_named() -> None:
    seen = known(figures("d/s.services", {"62": 2, "608": 2}, counted=True))
    result = at(SHARE % 1, seen)
    assert (result.value, gaps(result)) == (50, [{"what": "unit", "unit": "613"}])
    nothing = at(SHARE % 1, known(figures("d/s.services", {"62": 2}, counted=True)))
    assert (nothing.value, gaps(nothing)) == (None, [{"what": "unit", "unit": code} for code in ("608", "613")])


def test_communes_are_counted_in_their_district() -> None:
    seen = known(figures("d/t.gaps", {"62": 3, "001": 3, "002": 0, "003": 0, "004": 0}))
    counted = "{count: commune, where: [{formula: d/t.gaps, direction: gt, value: 0}]}"
    assert formula(counted).speaks_of(seen) == {PROVINCE, CITY, HIGHLAND}
    assert [at(counted, seen, code).value for code in ("62", "608", "613")] == [1, 1, 0]


def test_agencies_are_counted() -> None:
    seen = known(figures("d/x.a", {"000.00.01.H34": 1, "000.00.02.H34": 0}))
    assert at("{count: agency, where: [{formula: d/x.a, direction: eq, value: 1}]}", seen).value == 1
    assert at("{count: agency}", seen).value == 2


def test_units_that_are_not_there_at_the_time() -> None:
    result = at(FORMED.replace("613", "614"), SMART)
    assert (result.value, gaps(result)) == (None, [{"what": "no_unit", "unit": "614"}])
    result = at("{count: district}", SMART, "608")
    assert (result.value, gaps(result)) == (None, [{"what": "no_units", "unit": "608", "level": "district"}])


def test_the_value_of_one_named_unit() -> None:
    assert at("{unit: '608', formula: d/s.services}", SMART).value == 2
    assert gaps(at("{unit: '999', formula: d/s.services}", SMART)) == [{"what": "no_unit", "unit": "999"}]
    nothing = known(figures("d/s.services", {"62": 2}, counted=True))
    assert gaps(at("{unit: '608', formula: d/s.services}", nothing)) == [{"what": "unit", "unit": "608"}]


# --- Alternatives ---


def test_the_first_formula_that_comes_to_something() -> None:
    text = {"first_of": [yaml.safe_load(SCORE), "d/dti.printed"]}
    made = READER.validate_python(text)
    printed = figures("d/dti.printed", {"62": "0.54"})
    whole = known(printed, dti(list(MAXIMA), INDICES).figures)  # type: ignore[arg-type]
    short = known(printed, dti(list(MAXIMA)[1:], INDICES[1:]).figures)  # type: ignore[arg-type]
    for seen, taken, value in ((whole, made.operands[0], "0.5535"), (short, made.operands[1], "0.54")):
        asked = seen.of({PROVINCE})
        assert made.taken(asked)[PROVINCE] is taken
        assert made.results(asked)[PROVINCE].value == Decimal(value)
    neither = known(dti([], []).figures).of({PROVINCE})  # type: ignore[arg-type]
    assert made.results(neither)[PROVINCE].value is None
    assert len(made.results(neither)[PROVINCE].gaps) == len(MAXIMA)


# --- As text ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("d/t.a", "d/t.a"),
        ("{ratio: d/t.a, to: {sum: [d/t.b, d/t.c]}}", "d/t.a / (d/t.b + d/t.c) × 100"),
        ("{ratio: d/t.a, to: d/t.b, scale: 1}", "d/t.a / d/t.b"),
        ("{minimum: {ratio: d/t.a, to: d/t.b}, over: sector}", "min by sector (d/t.a / d/t.b × 100)"),
        ("{maximum: [d/t.a, d/t.b]}", "max(d/t.a; d/t.b)"),
        ("{mean: d/t.a, weights: d/t.b, over: severity}", "mean by severity (d/t.a, weighted by d/t.b)"),
        ("{score: d/t.a, over: x, maxima: {A: 100, B: 50.5}}", "Σ by x (d/t.a × {A: 100, B: 50.5}) / 150.5"),
        ("{score: d/t.a, over: x, maxima: d/t.m}", "Σ by x (d/t.a × d/t.m) / Σ d/t.m"),
        (FORMED, "number of districts among 608, 613 where d/s.plans ≥ 1 and d/s.services ≥ 1"),
        ("{count: commune}", "number of communes"),
        ("{unit: '608', formula: {sum: [d/t.a, d/t.b]}}", "(d/t.a + d/t.b) in 608"),
        ("{latest: d/t.rank}", "latest d/t.rank"),
        ("{first_of: [{latest: d/t.a}, d/t.b]}", "latest d/t.a, else d/t.b"),
    ],
)
def test_written_out(text: str, words: str) -> None:
    made = formula(text)
    assert made.words() == words
    assert READER.validate_json(READER.dump_json(made)) == made


@pytest.mark.parametrize("word", [word for word in WORDS if word not in ("score", "first_of")])
def test_examples_are_formulas(word: str) -> None:
    assert formula(WORDS[word].example).wanted()


def test_measures_are_wanted_with_their_dimensions() -> None:
    made = formula("{sum: [d/t.a, {minimum: {ratio: d/t.a, to: d/t.b}, over: sector}]}")
    assert made.wanted() == {MeasureKey("d/t", "a"): {"sector"}, MeasureKey("d/t", "b"): {"sector"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("households", "write <family>/<source>.<measure>"),
        ("3", "has one of the words sum, difference, ratio"),
        ("{share: d/t.a}", "has one of the words sum, difference, ratio"),
        ("{ratio: d/t.a, to: d/t.b, sum: [d/t.a]}", "this has sum and ratio"),
        ("{ratio: d/t.a, to: d/t.b, percent: true}", "Extra inputs"),
        ("{ratio: d/t.a, to: d/t.b, scale: 0}", "greater than 0"),
        ("{minimum: d/t.a}", "several formulas, or one with `over`"),
        ("{minimum: [d/t.a, d/t.b], over: sector}", "several formulas, or one with `over`"),
        ("{minimum: {minimum: d/t.a, over: x}, over: y}", "can't be over a dimension too"),
        ("{score: d/t.a, over: x, maxima: {A: 100}, total: 1000}", "maxima sum to 100, not to the total of 1000"),
        ("{score: d/t.a, over: x, maxima: {A: 0}}", "none is above 0"),
        ("{score: d/t.a, over: x, maxima: {Á: 1, A: 2}}", "the same but for case and accents"),
        ("{count: hamlet}", "'province', 'district', 'commune' or 'agency'"),
        ("{latest: {sum: [d/t.a]}}", "is no measure"),
    ],
)
def test_what_is_no_formula(text: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        formula(text)
    assert said in str(caught.value)
