"""A bounded number of requests is shared fairly over operations, the same each time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from contracts.openapi import Operation
from strategies.item import Item, spread, window
from strategies.kinds import KnownResources
from strategies.share import share_words, shared
from tests.support.pinned import OPERATION

OPERATIONS = [replace(OPERATION, path=f"/{name}") for name in "abcde"]


@dataclass(frozen=True, slots=True)
class Asked(Item):
    kind: ClassVar[str] = "asked"

    count: int = 1

    @property
    def size(self) -> int:
        return self.count

    def cut_to(self, size: int, turn: int = 0) -> Item:
        return replace(self, count=size)


class Whole(Asked):
    is_whole: ClassVar[bool] = True


ITEMS = st.lists(st.builds(Asked, st.sampled_from(OPERATIONS), st.text(max_size=2), st.integers(0, 50)), max_size=30)


def sizes(items: tuple[Item, ...]) -> Counter[Operation]:
    found: Counter[Operation] = Counter()
    for item in items:
        found[item.operation] += item.size
    return found


@given(ITEMS, st.integers(1, 400))
def test_no_more_is_asked_than_planned_and_hardly_more_than_allowed(items: list[Item], most: int) -> None:
    planned, kept = sizes(tuple(items)), sizes(shared(items, most))
    # Of each operation one request may be rounded up.
    assert kept.total() <= min(planned.total(), most + len(planned))
    assert kept.total() >= min(planned.total(), most) - 2 * len(planned)
    assert all(kept[each] <= planned[each] for each in planned)


@given(ITEMS, st.integers(1, 400))
def test_an_operation_gets_what_it_needs_or_as_much_as_any_other(items: list[Item], most: int) -> None:
    planned, kept = sizes(tuple(items)), sizes(shared(items, most))
    cut = [kept[each] for each in planned if kept[each] < planned[each]]
    assert not cut or max(kept.values()) <= min(cut) + 3


@given(ITEMS, st.integers(1, 400))
def test_the_same_is_asked_each_time(items: list[Item], most: int) -> None:
    assert shared(items, most) == shared(items, most)


@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 200))
def test_what_one_turn_leaves_out_later_turns_ask(resources: int, items: int, most: int) -> None:
    known = tuple((str(number),) for number in range(resources))
    every = [KnownResources(OPERATION, str(number), known, 2) for number in range(items)]
    wanted = {(item.detail, resource) for item in every for resource in known}
    for turn in range(12 * len(wanted)):
        kept = shared(every, most, turn)
        wanted -= {(each.detail.partition(",")[0], one) for each in kept for one in each.resources}  # type: ignore[attr-defined]
        if not wanted:
            break
    assert not wanted


@given(st.lists(st.integers(), min_size=1, unique=True).map(tuple), st.integers(1, 50))
def test_turns_spread_or_in_a_row_take_every_value(values: tuple[int, ...], count: int) -> None:
    turns = range(-(-len(values) // count) + 1)
    assert {each for turn in turns for each in window(values, count, turn)} == set(values)
    assert {each for turn in turns for each in spread(values, count, turn)} == set(values)


@given(ITEMS)
def test_without_a_bound_or_within_it_nothing_is_left_out(items: list[Item]) -> None:
    assert shared(items, None) == shared(items, 10_000) == tuple(items)
    assert share_words(items, shared(items, 10_000)) == ""


@given(ITEMS, st.integers(1, 50))
def test_what_is_asked_as_a_whole_stays_whole(items: list[Item], most: int) -> None:
    whole = Whole(OPERATIONS[0], "status", 3)
    assert whole in shared([whole, *items], most)


@given(st.lists(st.integers(), unique=True).map(tuple), st.integers(1, 50))
def test_what_is_spread_is_in_order_and_of_the_number_asked_for(values: tuple[int, ...], count: int) -> None:
    found = spread(values, count)
    assert len(found) == min(count, len(values))
    assert [each for each in values if each in found] == list(found)


def test_the_words_name_the_numbers_of_an_operation_that_is_cut() -> None:
    items = [Asked(each, "", 700) for each in OPERATIONS]
    words = share_words(items, shared(items, 600))
    assert words.startswith("asked 120 of 700 planned requests of each operation, shared fairly; --plan-requests N")


def test_the_words_name_how_many_operations_are_cut() -> None:
    items = [Asked(each, "", 700 if each.path < "/c" else 10) for each in OPERATIONS]
    words = share_words(items, shared(items, 230))
    assert words.startswith("asked 100 of 700 planned requests of 2 of 5 operations")
