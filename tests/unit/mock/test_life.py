"""A resource's life: its states follow one another while time passes, and every answer on the way conforms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from contracts.http import Exchange
from contracts.judge import History, judge
from contracts.openapi import Document, Operation, Resource
from strategies.answers import catalogue
from strategies.mock.life import Living, has_life, story
from strategies.mock.mocking import mock_server
from tests.support.pinned import DOCUMENT, IDS
from tests.support.suite import BRIEFLY, run_suite
from tests.support.tiny import answer, document_of, exchange_of

STATES = ["planted", "felled", "growing", "burnt"]
TREE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "state", "planted"],
    "properties": {
        "id": {"type": "string", "x-equals": "$request.path.thing"},
        "state": {"enum": STATES, "x-final": ["burnt", "felled"]},
        "planted": {"type": "string", "format": "date-time", "x-immutable": True},
    },
}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def states(told: tuple[Any, ...], name: str = "state") -> list[Any]:
    return [json.loads(each.body)[name] for each in told]


def told(document: Document, value: Mapping[str, Any]) -> tuple[Any, ...]:
    return story(document.operations[0], ("oak",), answer(200, value))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("felled", ["planted", "growing", "felled"]),
        ("burnt", ["planted", "growing", "burnt"]),
        # A state that is not final ends in the first final one that the document lists.
        ("growing", ["planted", "growing", "felled"]),
    ],
)
def test_a_life_goes_through_the_states_in_the_documents_order_to_its_own_final_one(
    own: str, expected: list[str]
) -> None:
    value = {"id": "oak", "state": own, "planted": "2026-01-01T00:00:00Z", "more": 1}
    every = told(document_of(TREE), value)
    assert states(every) == expected
    assert all({**json.loads(each.body), "state": own} == value for each in every)


def test_a_state_in_which_the_answer_would_break_the_contract_is_left_out() -> None:
    growing = {"if": {"properties": {"state": {"const": "growing"}}}, "then": {"required": ["height"]}}
    value = {"id": "oak", "state": "felled", "planted": "2026-01-01T00:00:00Z"}
    assert states(told(document_of({**TREE, **growing}), value)) == ["planted", "felled"]
    assert states(told(document_of({**TREE, **growing}), {**value, "height": 3})) == ["planted", "growing", "felled"]


def test_several_states_of_one_answer_become_final_together() -> None:
    done = {"type": "boolean", "x-final": True}
    document = document_of({**TREE, "properties": {**TREE["properties"], "done": done}})
    every = told(document, {"id": "oak", "state": "felled", "planted": "2026-01-01T00:00:00Z", "done": False})
    assert states(every) == ["planted", "growing", "felled"]
    assert states(every, "done") == [False, False, True]


@pytest.mark.parametrize("value", [{"id": "oak"}, {"state": "felled"}])
def test_an_answer_without_a_state_is_the_whole_story(value: dict[str, Any]) -> None:
    final = {"type": "string", "x-final": ["felled"]}
    assert told(document_of({"properties": {"id": {}, "state": final}}), value) == (answer(200, value),)


@pytest.mark.parametrize("document", [document_of(TREE), DOCUMENT], ids=["trees", "pinned"])
def test_every_answer_of_every_life_conforms_alone_and_after_the_earlier_ones(document: Document) -> None:
    (operation,) = document.operations
    clock, history = Clock(), History()
    living = Living(operation, catalogue(operation), 60, clock)
    for second in range(0, 80, 5):
        clock.now = 100.0 + second
        for resource in living:
            exchange = at(operation, living, resource, clock.now)
            assert judge(operation, exchange) == ()
            assert [*history.compare(exchange)] == []
    assert {len(story(operation, resource, catalogue(operation)[resource])) for resource in living} == {3}


def at(operation: Operation, living: Living, resource: Resource, now: float) -> Exchange:
    exchange = exchange_of(operation, living[resource], *resource, exists=True)
    return Exchange(operation, exchange.request, exchange.outcome, at=now)


def test_a_life_begins_when_the_resource_is_first_asked_for_and_ends_after_its_seconds() -> None:
    operation = document_of(TREE).operations[0]
    clock = Clock()
    living = Living(operation, catalogue(operation), 60, clock)
    one, other = list(living)[:2]
    assert one in living
    seen = []
    for now in (500, 529, 530, 559, 560, 9_999):
        clock.now = now
        seen.append(states((living[one],))[0])
    assert seen[:4] == ["planted", "planted", "growing", "growing"]
    assert seen[4:] == states((story(operation, one, catalogue(operation)[one])[-1],)) * 2
    assert states((living[other],)) == ["planted"]


def test_only_operations_with_an_enum_and_final_values_have_a_life() -> None:
    assert has_life(document_of(TREE).operations[0])
    for state in ({"enum": STATES}, {"type": "string", "x-final": ["felled"]}):
        assert not has_life(document_of({**TREE, "properties": {"state": state}}).operations[0])


def test_a_whole_run_reports_nothing_on_a_server_whose_jobs_live() -> None:
    def known(operation: Operation) -> Living:
        return Living(operation, catalogue(operation), 0.3)

    with mock_server(DOCUMENT, known=known) as server:
        assert requests.get(server.url + "/nothing", timeout=10).status_code == 404
        result = run_suite("--base-url", server.url, *IDS, *BRIEFLY)
    assert result.code == 0, result.output
    assert "violations  none" in result.verdict
