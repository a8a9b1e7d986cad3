"""How two figures that speak of the same thing are held against each other."""

from decimal import Decimal

import pytest
from chiso.indicators.comparisons import Comparison, compare, contradictions
from pydantic import ValidationError


def between(**words: object) -> Comparison:
    return Comparison.model_validate({"id": "c", "name_vi": "c", "sides": ("a", "b"), "because": "…"} | words)


@pytest.mark.parametrize(
    ("words", "agreeing", "contradicting"),
    [
        ({}, [(3, 3)], [(3, 4), (4, 3)]),
        ({"difference": 2}, [(3, 5), (5, 3)], [(3, 6), (6, 3)]),
        ({"share": "0.1"}, [(90, 100), (100, 90)], [(89, 100), (100, 89)]),
        ({"share": "0.1", "difference": 5}, [(3, 8), (90, 100)], [(3, 9), (89, 100)]),
        ({"relation": "at_most", "difference": 1}, [(0, 9), (9, 8)], [(9, 7)]),
        ({"relation": "needs"}, [(0, 0), (2, 1), (0, 1)], [(2, 0)]),
    ],
)
def test_relations(words: dict[str, object], agreeing: list[tuple[int, int]], contradicting: list[tuple[int, int]]) -> None:
    for pairs, agrees in ((agreeing, True), (contradicting, False)):
        for first, second in pairs:
            [found] = compare([between(**words)], {("a", "1"): Decimal(first), ("b", "1"): Decimal(second)})
            assert found.agrees is agrees, (first, second)


def test_a_unit_that_the_other_source_leaves_out() -> None:
    values = {("a", "1"): Decimal(2), ("a", "2"): Decimal(2), ("b", "1"): Decimal(1)}
    assert contradictions([between(relation="needs")], values) == {("a", "2"): ["b is 0 (c)"], ("b", "2"): ["a is 2 (c)"]}
    assert [each.unit_code for each in compare([between()], values)] == ["1"]
    assert list(compare([between(relation="needs")], {("a", "1"): Decimal(2)})) == []


@pytest.mark.parametrize("words", [{"sides": ("a", "a")}, {"relation": "needs", "share": 1}, {"share": -1}, {"because": None}])
def test_comparisons_that_make_no_sense(words: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        between(**words)
