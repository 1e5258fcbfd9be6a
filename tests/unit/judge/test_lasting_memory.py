"""What is known of resources' lasting values is the same in memory, in the file, and among processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.http.shared_state import SharedState
from contracts.judge import lasting_memory
from contracts.judge.lasting_memory import ABSENT, Kept, Key, LoneMemory, SharedMemory
from contracts.openapi import Lasting

BORN, STATE = Lasting("/born", "#/a", None), Lasting("/state", "#/b", ("dead",))
ONE, TWO, THREE = ("/things/{thing}", "one"), ("/things/{thing}", "two"), ("/things/{thing}", "\udcff")
KEEPS: Kept = ("hash", "text", 3.5)


def split(keywords: tuple[Lasting, ...], values: tuple[Any, ...], since: float) -> dict[Key, Kept]:
    """Return the values that are there, as if each of them lasted."""
    pairs = zip(keywords, values, strict=True)
    return {
        (each.place, each.pointer): (repr(value), repr(value), since) for each, value in pairs if value is not ABSENT
    }


def ascii_name(value: Any) -> str:
    return "absent" if value is ABSENT else ascii(value).replace("\\", "")


def lone(most: int, monkeypatch: pytest.MonkeyPatch) -> LoneMemory:
    monkeypatch.setattr(lasting_memory, "MAX_REMEMBERED", most)
    return LoneMemory(SharedState(""), split)


@pytest.fixture(params=[1, 2, 100])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> LoneMemory:
    return lone(request.param, monkeypatch)


def test_of_a_resource_that_was_not_met_nothing_is_known(memory: LoneMemory) -> None:
    assert memory.of(ONE) == {}


@pytest.mark.parametrize("value", ["x", "", None, ABSENT, "\ud800", "ä", "{}"], ids=ascii_name)
def test_first_values_are_the_same_again_and_others_are_not(value: Any, memory: LoneMemory) -> None:
    keywords = (BORN, STATE)
    for resource in (ONE, TWO, THREE):
        assert memory.is_first_or_same(resource, keywords, (value, resource[1]), 1.0)
    for resource in (ONE, TWO, THREE):
        assert memory.is_first_or_same(resource, keywords, (value, resource[1]), 2.0)
        assert not memory.is_first_or_same(resource, keywords, (value, "other"), 2.0)
        assert not memory.is_first_or_same(resource, (BORN, STATE, BORN), (value, resource[1]), 2.0)


@pytest.mark.parametrize("value", ["x", None, ABSENT, "\ud800"], ids=ascii_name)
def test_first_values_are_split_with_the_time_from_which_they_are_known(value: Any, memory: LoneMemory) -> None:
    keywords = (BORN, STATE)
    for resource in (ONE, TWO, THREE):
        assert memory.is_first_or_same(resource, keywords, (value, resource[1]), 1.5)
    for resource in (ONE, TWO, THREE):
        assert memory.of(resource) == split(keywords, (value, resource[1]), 1.5)
    for resource in (ONE, TWO, THREE):
        assert memory.of(resource) == split(keywords, (value, resource[1]), 1.5)


def test_values_of_different_statuses_keep_their_keywords(memory: LoneMemory) -> None:
    of_each = {ONE: (BORN,), TWO: (STATE,), THREE: (BORN, STATE)}
    for resource, keywords in of_each.items():
        assert memory.is_first_or_same(resource, keywords, ("x",) * len(keywords), 1.0)
    for resource, keywords in of_each.items():
        assert memory.is_first_or_same(resource, keywords, ("x",) * len(keywords), 1.0)
        assert memory.of(resource) == split(keywords, ("x",) * len(keywords), 1.0)


def test_a_value_that_is_kept_joins_the_first_ones_and_ends_their_comparison(memory: LoneMemory) -> None:
    assert memory.is_first_or_same(ONE, (BORN,), ("x",), 1.0)
    assert memory.keep(ONE, ("/state", "#/b"), KEEPS)
    for resource in (TWO, THREE):
        assert memory.keep(resource, ("/state", "#/b"), KEEPS)
    assert memory.of(ONE) == {**split((BORN,), ("x",), 1.0), ("/state", "#/b"): KEEPS}
    assert memory.of(TWO) == memory.of(THREE) == {("/state", "#/b"): KEEPS}
    assert not memory.is_first_or_same(ONE, (BORN,), ("x",), 1.0)
    assert not memory.is_first_or_same(TWO, (BORN,), ("x",), 1.0)


def test_what_was_split_and_not_written_yet_is_written_as_it_is(memory: LoneMemory) -> None:
    assert memory.is_first_or_same(ONE, (BORN,), ("x",), 1.0)
    assert memory.of(ONE)
    for number in range(5):
        assert memory.is_first_or_same(("/other", str(number)), (BORN,), ("y",), 2.0)
    assert memory.of(ONE) == split((BORN,), ("x",), 1.0)


def test_few_resources_are_in_memory_and_none_is_written_before_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = lone(2, monkeypatch)
    written = "SELECT number FROM numbers"
    for resource in (ONE, TWO, ONE):
        assert memory.is_first_or_same(resource, (BORN,), ("x",), 1.0)
    assert memory._state.execute("SELECT name FROM sqlite_master") == []
    assert memory._unwritten.keys() == {hash(ONE), hash(TWO)}
    assert memory.is_first_or_same(THREE, (BORN,), ("x",), 1.0)
    assert sorted(memory._state.execute(written)) == sorted([(hash(ONE),), (hash(TWO),)])
    assert memory._unwritten.keys() == {hash(THREE)}


def test_what_is_read_again_and_does_not_change_is_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = lone(1, monkeypatch)
    for resource in (ONE, TWO):
        assert memory.is_first_or_same(resource, (BORN,), ("x",), 1.0)
    assert memory.is_first_or_same(ONE, (BORN,), ("x",), 1.0)
    assert memory.of(ONE) == split((BORN,), ("x",), 1.0)
    assert memory._unwritten.keys() == {hash(TWO)}


def watched(memory: LoneMemory, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which each statement is added that the memory's file carries out from now on."""
    asked: list[str] = []
    execute = memory._state.execute

    def noting(statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        asked.append(statement)
        return execute(statement, values)

    monkeypatch.setattr(memory._state, "execute", noting)
    return asked


def test_the_file_is_asked_only_for_resources_that_may_be_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = lone(1, monkeypatch)
    names = [("/things/{thing}", f"thing-{number}") for number in range(50)]
    for name in names:
        assert memory.is_first_or_same(name, (BORN,), (name[1],), 1.0)
    asked = watched(memory, monkeypatch)
    assert memory.of(("/things/{thing}", "new")) == {}
    assert asked == []
    assert memory.of(names[0]) == split((BORN,), ("thing-0",), 1.0)
    assert [statement.split()[0] for statement in asked] == ["SELECT"]


def test_equal_texts_are_the_same_however_many_hold_them(memory: LoneMemory) -> None:
    held = [str(1999) for _ in range(2)]
    assert memory.is_first_or_same(ONE, (BORN, STATE), (held[0], held[0]), 1.0)
    assert memory.is_first_or_same(ONE, (BORN, STATE), (str(1999), held[1]), 1.0)


def test_of_what_was_read_from_the_file_as_much_is_in_memory_as_of_what_was_not_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = lone(2, monkeypatch)
    names = [("/things/{thing}", f"thing-{number}") for number in range(50)]
    for name in names:
        assert memory.is_first_or_same(name, (BORN,), (name[1],), 1.0)
    for name in names:
        assert memory.is_first_or_same(name, (BORN,), (name[1],), 1.0)
        assert len(memory._read) <= 2


def test_what_was_read_from_the_file_is_not_read_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = lone(1, monkeypatch)
    for resource in (ONE, TWO):
        assert memory.is_first_or_same(resource, (BORN,), ("x",), 1.0)
    asked = watched(memory, monkeypatch)
    for _ in range(3):
        assert memory.is_first_or_same(ONE, (BORN,), ("x",), 1.0)
    assert len(asked) == 1


def test_nothing_is_searched_before_anything_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = lone(3, monkeypatch)
    asked = watched(memory, monkeypatch)
    for resource in (ONE, TWO, ONE):
        assert memory.is_first_or_same(resource, (BORN,), ("x",), 1.0)
    assert asked == []


def test_what_is_in_memory_is_not_searched_after_something_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = lone(1, monkeypatch)
    for resource in (ONE, TWO):
        assert memory.is_first_or_same(resource, (BORN,), ("x",), 1.0)
    asked = watched(memory, monkeypatch)
    assert memory.is_first_or_same(TWO, (BORN,), ("x",), 1.0)
    assert asked == []


def test_first_values_are_split_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[float] = []

    def counted(keywords: tuple[Lasting, ...], values: tuple[Any, ...], since: float) -> dict[Key, Kept]:
        times.append(since)
        return split(keywords, values, since)

    memory = LoneMemory(SharedState(""), counted)
    assert memory.is_first_or_same(ONE, (BORN,), ("x",), 1.5)
    for _ in range(3):
        assert memory.of(ONE) == split((BORN,), ("x",), 1.5)
    assert times == [1.5]


@pytest.mark.parametrize("most", [1, 2, 100])
def test_each_value_that_is_kept_is_added_to_what_was_written(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = lone(most, monkeypatch)
    keys = ("/born", "#/a"), ("/state", "#/b")
    for key in keys:
        for resource in (ONE, TWO, THREE):
            assert memory.keep(resource, key, KEEPS)
    for resource in (ONE, TWO, THREE):
        assert memory.of(resource) == dict.fromkeys(keys, KEEPS)


def test_many_resources_stand_in_one_row_and_each_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = lone(70, monkeypatch)
    names = [("/things/{thing}", f"thing-{number}") for number in range(211)]
    for number, name in enumerate(names):
        assert memory.is_first_or_same(name, (BORN, STATE), (name[1], ABSENT), float(number))
    assert memory._state.execute("SELECT row FROM lasting ORDER BY row") == [(row,) for row in range(9)]
    for number, name in enumerate(names):
        assert memory.of(name) == split((BORN, STATE), (name[1], ABSENT), float(number))


@pytest.mark.parametrize("most", [1, 2, 100])
def test_of_two_resources_with_one_hash_the_later_is_known_and_neither_is_taken_for_the_other(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = lone(most, monkeypatch)
    monkeypatch.setattr(lasting_memory, "hash", lambda name: len(name[1]), raising=False)
    assert memory.is_first_or_same(ONE, (BORN,), ("x",), 1.0)
    assert memory.is_first_or_same(THREE, (BORN,), ("x",), 1.0)
    assert not memory.is_first_or_same(TWO, (BORN,), ("x",), 1.0)
    assert memory.of(TWO) == {}
    assert memory.keep(TWO, ("/born", "#/a"), KEEPS)
    assert memory.of(TWO) == {("/born", "#/a"): KEEPS}
    assert memory.of(ONE) == {}


def test_keywords_whose_final_values_are_lists_or_objects_are_written_too(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, ends = lone(1, monkeypatch), (Lasting("/state", "#/b", ([1], {"a": 2})),)
    for resource in (ONE, TWO, THREE):
        assert memory.is_first_or_same(resource, ends, ("x",), 1.0)
    for resource in (ONE, TWO, THREE):
        assert memory.is_first_or_same(resource, ends, ("x",), 2.0)
        assert not memory.is_first_or_same(resource, ends, ("y",), 2.0)
    assert memory._numbered == [ends]


def test_the_filter_never_denies_what_was_written_and_denies_nearly_all_else() -> None:
    written = lasting_memory._Written()
    numbers = [hash(("/things/{thing}", str(number))) for number in range(3000)]
    assert not any(number in written for number in numbers)
    written.update(numbers[:1000])
    written.update(numbers[1000:])
    assert all(number in written for number in numbers)
    assert sum(hash(("/other", str(number))) in written for number in range(3000)) < 30


def test_the_filter_knows_resources_by_a_bit() -> None:
    written = lasting_memory._Written()
    written.update([0, 9, 3, -1, (1 << 25) + 20])
    assert all(number in written for number in (0, 3, 9, -1, 20, 1 << 25, (1 << 25) + 9))
    assert not any(number in written for number in (1, 2, 8, 10, 11, 17, -2, 21))


def test_the_first_of_several_processes_keeps_a_value_for_all(tmp_path: Path) -> None:
    one, other = (SharedMemory(SharedState("", tmp_path / "state")) for _ in range(2))
    key, later = ("/born", "#/a"), ("hash-2", "text-2", 4.0)
    assert one.of(ONE) == {}
    assert one.keep(ONE, key, KEEPS) is True
    assert other.keep(ONE, key, later) is False
    assert other.keep(ONE, ("/state", "#/a"), later) is True
    assert other.keep(THREE, key, later) is True
    assert one.of(ONE) == other.of(ONE) == {key: KEEPS, ("/state", "#/a"): later}
    assert one.of(THREE) == {key: later}
    assert not one.is_first_or_same(ONE, (BORN,), ("x",), 1.0)
    assert not one.is_first_or_same(TWO, (BORN,), ("x",), 1.0)
