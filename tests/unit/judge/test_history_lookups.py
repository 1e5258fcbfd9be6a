"""What a process that is alone need not look up again, and what processes that share a file always do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.judge import history, lasting_memory
from contracts.judge.history import History, reader_of, value_at
from contracts.judge.lasting_memory import ABSENT
from contracts.judge.parsed_response import parse_response
from contracts.openapi import Lasting, Operation, lasting
from tests.support.tiny import answer, document_of, exchange_of

ASKED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"x-equals": "$request.path.thing"},
        "born": {"x-immutable": True},
        "state": {"x-final": ["dead"]},
    },
}


class Watched(History):
    """A history that writes down what it asks its file for."""

    def __init__(self, path: Path | None = None) -> None:
        self.asked: list[str] = []
        super().__init__(path)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self.asked.append(statement)
        return super().execute(statement, values)


def operation() -> Operation:
    return document_of(ASKED, refuses=True).operations[0]


def lasting_keywords() -> tuple[Operation, tuple[Lasting, ...]]:
    """Return the operation and the lasting values of its success: one that is immutable, one that is final."""
    asked = operation()
    spec = asked.response_for(200)
    assert spec
    return asked, lasting(asked, spec)


def lasting_values(known: History, asked: Operation, body: Any) -> list[str]:
    """Return the rules that a response of one resource breaks by its lasting values."""
    return [each.rule for each in known.changes(exchange_of(asked, answer(200, body)))]


def alias_of(known: History, asked: Operation, thing: str, body: Any, exists: bool | None = None) -> list[str]:
    """Return the resources of which this response is an alias."""
    return [each.actual for each in known.aliases(exchange_of(asked, answer(200, body), thing, exists=exists))]


def test_a_process_that_is_alone_does_not_look_up_what_it_wrote_itself() -> None:
    known, asked = Watched(), operation()
    bodies = {thing: {"name": thing, "born": thing, "state": "dead"} for thing in ("one", "two")}
    for thing, body in bodies.items():
        assert not list(known.compare(exchange_of(asked, answer(200, body), thing, exists=True)))
    known.asked.clear()
    for thing, body in bodies.items():
        assert not list(known.compare(exchange_of(asked, answer(200, body), thing, exists=True)))
    assert known.asked == []


def test_lasting_values_of_which_none_was_written_are_not_looked_up() -> None:
    known, asked = Watched(), operation()
    known.asked.clear()
    for body in ({}, {"state": "on"}, {"born": None}):
        assert lasting_values(known, asked, body) == []
    assert known.asked == []


@pytest.mark.parametrize("remembered", [1, 2, 3, 100])
def test_what_lasts_is_known_of_all_resources_however_few_are_kept_in_memory(
    remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting_memory, "MAX_REMEMBERED", remembered)
    known, asked = History(), operation()

    def changed(thing: str, born: str) -> list[str]:
        return [each.expected for each in known.changes(exchange_of(asked, answer(200, {"born": born}), thing))]

    things = ["one", "two", "three", "four", "five"]
    assert [changed(thing, f"of {thing}") for thing in things] == [[]] * len(things)
    assert [changed(thing, "new") for thing in things] == [[f'"of {thing}"'] for thing in things]


def test_a_process_that_shares_a_file_looks_up_every_time(tmp_path: Path) -> None:
    known, asked = Watched(tmp_path / "history"), operation()
    exchange = exchange_of(asked, answer(200, {"born": 1}), exists=True)
    assert not list(known.compare(exchange))
    known.asked.clear()
    assert not list(known.compare(exchange))
    assert [statement.split()[0] for statement in known.asked] == ["SELECT", "SELECT"]
    known.close()


def test_a_value_that_another_process_saw_first_is_known_though_it_was_absent_before(tmp_path: Path) -> None:
    one, other, asked = History(tmp_path / "history"), History(tmp_path / "history"), operation()
    assert lasting_values(one, asked, {}) == []
    assert lasting_values(other, asked, {"born": "x"}) == []
    assert lasting_values(one, asked, {"born": "y"}) == ["overlay.immutable"]
    one.close()
    other.close()


def test_a_resource_is_known_by_the_content_that_any_process_saw_last(tmp_path: Path) -> None:
    one, other, asked = History(tmp_path / "history"), History(tmp_path / "history"), operation()
    early, late = {"born": 1, "state": "on"}, {"born": 1, "state": "off"}
    assert alias_of(one, asked, "job-a", early, exists=True) == []
    assert alias_of(other, asked, "job-a", late, exists=True) == []
    assert alias_of(one, asked, "job-a", early, exists=True) == []
    assert alias_of(one, asked, "JOB-A", late) == []
    assert alias_of(one, asked, "JOB-A", early) == ['"job-a"']
    one.close()
    other.close()


def test_a_value_that_cannot_be_compared_is_looked_up_and_kept_nowhere() -> None:
    known, asked = Watched(), operation()
    exchanges = [exchange_of(asked, answer(200, {"born": 1}), exists=exists) for exists in (True, None)]
    # How deep a value is too deep to be compared depends on how deep Python is already.
    known.asked.clear()
    history._CONTENTS[parse_response(asked, answer(200, {"born": 1}))] = None
    for exchange in exchanges:
        assert not list(known.aliases(exchange))
    assert known.asked == []


def test_what_lasts_in_equal_responses_is_found_once() -> None:
    asked = operation()
    parsed, again = (parse_response(asked, answer(200, {"born": 1, "state": "on"})) for _ in range(2))
    assert parsed.spec
    keywords = lasting(asked, parsed.spec)
    found = history._lasting_values(parsed, keywords)
    assert [(keyword.place, value) for keyword, value, _ in found] == [("/born", 1), ("/state", "on")]
    assert history._lasting_values(again, keywords) is found


@pytest.mark.parametrize(
    ("kept", "resource", "left"),
    [
        ({}, "c", {"c": 9}),
        ({"a": 1}, "c", {"a": 1, "c": 9}),
        ({"a": 1, "b": 2}, "c", {"b": 2, "c": 9}),
        ({"a": 1, "b": 2}, "a", {"a": 9, "b": 2}),
        ({"a": 1, "b": 2}, "b", {"a": 1, "b": 9}),
    ],
    ids=str,
)
def test_the_oldest_resource_is_forgotten_for_one_more_than_are_remembered(
    kept: dict[str, int], resource: str, left: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[History.__module__], "MAX_REMEMBERED", 2)
    remembered = dict(kept)
    history._remember(remembered, resource, 9)
    assert remembered == left


def test_values_that_agreed_at_first_are_compared_one_by_one_with_later_ones() -> None:
    known, asked, keywords = History(), *lasting_keywords()
    name, span = (asked.path, "one"), (1.0, 2.0)
    assert [keyword.place for keyword in keywords] == ["/born", "/state"]
    assert known.agrees(name, keywords, ("x", "on"), span)
    assert known.agrees(name, keywords, ("x", "on"), span)
    assert known.agrees(name, keywords, ("x", "off"), span)
    assert not known.agrees(name, keywords, ("y", "on"), span)
    exchange = exchange_of(asked, answer(200, {"born": "y", "state": "dead"}))
    assert [(each.place, each.expected, each.actual) for each in known.changes(replace(exchange, at=3.0))] == [
        ("body/born", '"x"', '"y"')
    ]


def test_first_values_are_kept_though_nothing_else_was_compared_with_them() -> None:
    known, asked, keywords = History(), *lasting_keywords()
    assert known.agrees((asked.path, "one"), keywords, ("x", "dead"), (1.0, 2.0))
    assert not known.agrees((asked.path, "one"), keywords, ("y", "dead"), (3.0, 4.0))
    assert not known.agrees((asked.path, "one"), keywords, ("x", "on"), (3.0, 4.0))
    assert known.agrees((asked.path, "one"), keywords, ("x", "dead"), (5.0, 6.0))


@pytest.mark.parametrize("redacted", [None, lambda violation: violation], ids=["kept", "redacted"])
def test_numbers_of_different_resources_are_not_compared(redacted: Any) -> None:
    known, asked, keywords = History(redacted=redacted), *lasting_keywords()
    assert known.agrees((asked.path, "one"), keywords, (1, None), (1.0, 2.0))
    assert known.agrees((asked.path, "two"), keywords, (2, None), (3.0, 4.0))
    assert not known.agrees((asked.path, "one"), keywords, (2, None), (5.0, 6.0))


def test_texts_that_stay_as_they_are_cost_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    known, asked, keywords = History(), *lasting_keywords()
    hashed: list[Any] = []
    monkeypatch.setattr(history, "_hash", hashed.append)
    for _ in range(2):
        assert known.agrees((asked.path, "one"), keywords, ("x", "dead"), (1.0, 2.0))
        assert known.agrees((asked.path, "two"), keywords, ("y", None), (1.0, 2.0))
    assert hashed == []


def test_a_value_for_each_keyword_is_wanted() -> None:
    known, asked, keywords = History(), *lasting_keywords()
    with pytest.raises(ValueError, match="shorter"):
        known.agrees((asked.path, "one"), keywords, (1,), (1.0, 2.0))
    assert known.agrees((asked.path, "two"), keywords, ("x",), (1.0, 2.0))
    with pytest.raises(ValueError, match="shorter"):
        known.agrees((asked.path, "two"), keywords, ("x", "on"), (1.0, 2.0))


@pytest.mark.parametrize("redacted", [None, lambda violation: violation], ids=["kept", "redacted"])
def test_numbers_and_truths_that_python_calls_equal_differ(redacted: Any) -> None:
    known, asked, keywords = History(redacted=redacted), *lasting_keywords()
    assert known.agrees((asked.path, "one"), keywords, (1, None), (1.0, 2.0))
    assert known.agrees((asked.path, "one"), keywords, (1.0, None), (3.0, 4.0))
    assert not known.agrees((asked.path, "one"), keywords, (True, None), (5.0, 6.0))


def test_a_process_that_is_alone_looks_up_no_alias_where_nothing_is_known_to_exist() -> None:
    known, asked = Watched(), operation()
    known.asked.clear()
    assert alias_of(known, asked, "ONE", {"name": "ONE", "born": "one"}) == []
    assert known.asked == []


@pytest.mark.parametrize("value", [{"a": 1, "b": {"c": None}, "x/y": 2}, {}, [3, 4], "text", None], ids=str)
@pytest.mark.parametrize("places", [("/a", "/x~1y", "/0"), ("/b/c", "/a"), ("", "/1"), ()], ids=str)
def test_what_stands_at_several_places_is_what_stands_at_each(value: Any, places: tuple[str, ...]) -> None:
    assert reader_of(places)(value) == tuple(value_at(value, place) for place in places)


def test_members_of_an_object_are_found_without_a_walk_to_each_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(history, "value_at")
    assert reader_of(("/x~1y", "/b", "/a"))({"a": 1, "x/y": 2}) == (2, ABSENT, 1)
