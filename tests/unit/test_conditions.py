"""Row conditions on Arrow tables: what breaks, what a missing value does, what is refused."""

from typing import Any

import pyarrow as pa
import pytest
from chiso.validation.conditions import condition


def broken(kind: str, kwargs: dict[str, Any], **columns: list[object]) -> list[bool]:
    found = condition(f"expect_column_{kind}", kwargs)(pa.table(columns))
    return [bool(value) for value in found.to_pylist()]


@pytest.mark.parametrize(("kind", "kwargs", "values", "expected"), [
    ("values_to_not_be_null", {}, [1, None], [False, True]),
    ("values_to_be_null", {}, [1, None], [True, False]),
    ("values_to_match_regex", {"regex": "^[0-9]{2}$"}, ["12", "123", "12\n", None], [False, True, True, False]),
    ("values_to_be_in_set", {"value_set": [1, 2]}, [1, 3, None], [False, True, False]),
    ("values_to_be_between", {"min_value": 1, "max_value": None}, [0, 1, None], [True, False, False]),
    ("values_to_be_between", {"min_value": 0, "max_value": 5, "strict_max": True}, [-1, 0, 5], [True, False, True]),
])  # fmt: skip
def test_one_column(kind: str, kwargs: dict[str, Any], values: list[object], expected: list[bool]) -> None:
    assert broken(kind, {"column": "a", **kwargs}, a=values) == expected


def test_a_pair_of_columns() -> None:
    pair = {"column_A": "a", "column_B": "b", "ignore_row_if": "either_value_is_missing"}
    columns: dict[str, list[object]] = {"a": [1, 2, 3, None], "b": [2, 2, 2, 2]}
    assert broken("pair_values_a_to_be_greater_than_b", pair, **columns) == [True, True, False, False]
    assert broken("pair_values_a_to_be_greater_than_b", pair | {"or_equal": True}, **columns) == [True, False, False, False]
