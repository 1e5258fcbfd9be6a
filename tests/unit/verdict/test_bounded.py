"""What is kept of what comes without end: the smallest, in whatever order and by whichever process it came."""

from __future__ import annotations

from collections import Counter
from operator import add

from hypothesis import given
from hypothesis import strategies as st

from contracts.verdict.bounded import SmallestItems, SmallestKeys

LIMIT = 3

items = st.lists(st.integers(0, 20))
pairs = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)))


def kept(found: list[int]) -> SmallestItems[int]:
    return SmallestItems(LIMIT, found)


def summed(found: list[tuple[int, int]]) -> SmallestKeys[int, int]:
    sums = SmallestKeys[int, int](LIMIT, add)
    for key, count in found:
        sums.add(key, count)
    return sums


@given(items)
def test_the_smallest_items_are_kept_and_it_is_known_whether_there_were_others(found: list[int]) -> None:
    sample = kept(found)
    assert [*sample] == sorted({*found})[:LIMIT]
    assert len(sample) == min(LIMIT, len({*found}))
    assert sample.is_cut == (len({*found}) > LIMIT)


@given(items, items, items)
def test_items_are_the_same_however_they_are_divided(one: list[int], two: list[int], three: list[int]) -> None:
    whole, last = kept(three), kept(two)
    last.update(kept(one))
    whole.update(last)
    assert whole == kept([*one, *two, *three])


@given(pairs)
def test_the_values_of_the_smallest_keys_are_kept_and_the_others_are_one(found: list[tuple[int, int]]) -> None:
    counts = Counter[int]()
    for key, count in found:
        counts[key] += count
    first = sorted(counts)[:LIMIT]
    sums = summed(found)
    assert sums.kept == {key: counts[key] for key in first}
    assert (sums.rest or 0) == sum(count for key, count in counts.items() if key not in first)


@given(pairs, pairs, pairs)
def test_values_are_the_same_however_they_are_divided(
    one: list[tuple[int, int]], two: list[tuple[int, int]], three: list[tuple[int, int]]
) -> None:
    whole, last = summed(three), summed(two)
    last.update(summed(one))
    whole.update(last)
    assert whole == summed([*one, *two, *three])


@given(pairs, st.integers(0, 20))
def test_the_value_that_is_found_is_the_one_that_another_would_be_merged_into(
    found: list[tuple[int, int]], key: int
) -> None:
    sums = summed(found)
    before = sums.find(key)
    sums.add(key, 100)
    if before is not None:
        assert sums.find(key) == before + 100


def test_memory_does_not_grow_with_what_comes() -> None:
    sample, sums = kept([]), summed([])
    for number in range(1000, 0, -1):
        sample.add(number)
        sums.add(number, 1)
        assert len(sample._items) <= 2 * LIMIT
        assert len(sums.kept) == len(sums._keys) <= LIMIT
