"""Steps that run beside each other: order, faults and early ends."""

import threading
from collections.abc import Iterator

import pytest
from chiso.staging.pipeline import ahead


def numbers(until: int, made: list[int]) -> Iterator[int]:
    for number in range(until):
        made.append(number)
        yield number


def workers() -> int:
    return sum(thread.name == "ahead" for thread in threading.enumerate())


def test_everything_comes_in_order() -> None:
    assert list(ahead(ahead(iter(range(1000))))) == list(range(1000))


def test_no_more_is_made_than_may_wait() -> None:
    made: list[int] = []
    items = ahead(numbers(100, made), depth=2)
    assert next(items) == 0
    items.close()
    assert len(made) <= 5
    assert workers() == 0


def test_a_fault_reaches_the_reader_after_what_came_before_it() -> None:
    def faulty() -> Iterator[int]:
        yield 1
        raise KeyError("broken")

    items = ahead(ahead(faulty()))
    assert next(items) == 1
    with pytest.raises(KeyError, match="broken"):
        next(items)
    assert workers() == 0
