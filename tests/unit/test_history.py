"""What earlier answers said of a resource, held against later ones."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import history
from contracts.document import Document
from contracts.exchange import Failure, Response
from contracts.history import History
from contracts.violation import Violation
from tests.unit.tiny import JSON, answer, document_of, exchange_of

SCHEMA = {
    "type": "object",
    "properties": {
        "born": {"type": "string", "x-immutable": True},
        "free": {"x-immutable": False},
        "perhaps": {"x-immutable": True},
        "gone": {"x-final": [None]},
        "state": {"enum": ["on", "off", "dead", "lost"], "x-final": ["dead", "lost"]},
        "end": {"x-final": "over"},
        "inner": {"$ref": "#/components/schemas/Inner"},
    },
}
INNER = {"Inner": {"allOf": [{"properties": {"a/b": {"x-immutable": True}}}]}}
ROOT = "#/paths/~1things~1{thing}/get/responses/200/content/application~1json/schema/properties"


def document() -> Document:
    return document_of(SCHEMA, INNER)


def noted(*bodies: Any, thing: str = "one") -> list[tuple[str, str, str, str]]:
    """Rule, place, expected and actual of what a history tells of these answers, in turn."""
    known, operation = History(), document().operations[0]
    found: list[Violation] = []
    for body in bodies:
        outcome = body if isinstance(body, (Response, Failure)) else answer(200, body)
        found += known.note(exchange_of(operation, outcome, thing))
    return [(each.rule, each.place.removeprefix("body"), each.expected, each.actual) for each in found]


SAME: list[list[Any]] = [
    [{"born": "x"}, {"born": "x"}, {"born": "x"}],
    [{}, {"born": "x"}, {"born": "x"}],
    [{"born": None}, {"born": "x"}],
    [{"perhaps": None}, {"perhaps": "x"}],
    [{"gone": "x"}, {"gone": None}, {"gone": None}],
    [{"free": 1}, {"free": 2}],
    [{"state": "on"}, {"state": "off"}, {"state": "on"}, {"state": "dead"}, {"state": "dead"}],
    [{"state": "on"}, {}, {"state": "dead"}],
    [{"end": "x"}, {"end": "y"}, {"end": "over"}],
    [{"inner": {"a/b": 1}}, {"inner": {"a/b": 1.0}}],
    [{"born": "x"}, answer(404, {"born": "y"}), answer(500), Failure("timeout", ""), {"born": "x"}],
    [{"born": "x"}, answer(200, b"{"), answer(200), {"born": "x"}],
    [{"born": "x"}, answer(201, {"born": "y"}), {"born": "x"}],
    [[], "x", 5, None],
    [{"inner": []}, {"inner": {"a/b": 1}}],
]


@pytest.mark.parametrize("bodies", SAME, ids=str)
def test_what_stays_or_is_set_for_the_first_time_is_no_change(bodies: list[Any]) -> None:
    assert noted(*bodies) == []


CHANGES: list[tuple[list[Any], list[tuple[str, str, str, str]]]] = [
    ([{"born": "x"}, {"born": "y"}], [("overlay.immutable", "/born", '"x"', '"y"')]),
    ([{"born": "x"}, {}], [("overlay.immutable", "/born", '"x"', "")]),
    ([{"born": "x"}, []], [("overlay.immutable", "/born", '"x"', "")]),
    ([{"born": "x"}, {"born": "y"}, {"born": "x"}], [("overlay.immutable", "/born", '"x"', '"y"')]),
    ([{"state": "dead"}, {"state": "on"}], [("overlay.final", "/state", '"dead"', '"on"')]),
    ([{"state": "dead"}, {"state": "lost"}], [("overlay.final", "/state", '"dead"', '"lost"')]),
    ([{"state": "dead"}, {}], [("overlay.final", "/state", '"dead"', "")]),
    ([{"gone": None}, {"gone": "x"}], [("overlay.final", "/gone", "null", '"x"')]),
    ([{"end": "over"}, {"end": None}], [("overlay.final", "/end", '"over"', "null")]),
    ([{"inner": {"a/b": 1}}, {"inner": {"a/b": 2}}], [("overlay.immutable", "/inner/a~1b", "1", "2")]),
    (
        [{"born": "x", "state": "dead"}, {"born": "y", "state": "on"}],
        [("overlay.immutable", "/born", '"x"', '"y"'), ("overlay.final", "/state", '"dead"', '"on"')],
    ),
]


@pytest.mark.parametrize(("bodies", "expected"), CHANGES, ids=[str(row[0]) for row in CHANGES])
def test_what_lasts_and_is_otherwise_later_is_a_change(bodies: list[Any], expected: Any) -> None:
    assert noted(*bodies) == expected


@pytest.mark.parametrize("broken", [None, ["x"], 5, {}], ids=str)
def test_a_value_that_its_schema_forbids_is_neither_a_change_nor_remembered(broken: Any) -> None:
    assert noted({"born": "x"}, {"born": broken}, {"born": "x"}) == []
    assert noted({"born": broken}, {"born": "x"}, {"born": "x"}) == []
    assert noted({"state": "dead"}, {"state": "DEAD"}) == []


def test_a_number_is_no_truth_and_one_is_one_however_it_is_written() -> None:
    operation = document_of({"properties": {"n": {"x-immutable": True}}}).operations[0]

    def changes(*values: Any) -> int:
        known = History()
        return sum(len(list(known.note(exchange_of(operation, answer(200, {"n": value}))))) for value in values)

    assert changes(1, True) == 1
    assert changes(False, 0) == 1
    assert changes(1, 1.0) == 0


def test_a_value_that_its_schema_forbids_hides_no_change_of_another() -> None:
    assert noted({"born": "x", "state": "dead"}, {"born": 5, "state": "on"}) == [
        ("overlay.final", "/state", '"dead"', '"on"')
    ]


@pytest.mark.parametrize(("status", "changes"), [(199, 0), (200, 1), (299, 1), (300, 0)])
def test_only_what_an_answer_of_success_says_is_remembered(status: int, changes: int) -> None:
    promised = {"description": "", "content": {JSON: {"schema": SCHEMA}}}
    known, operation = History(), document_of(schemas=INNER, responses={"default": promised}).operations[0]
    assert list(known.note(exchange_of(operation, answer(status, {"born": "x"})))) == []
    assert len(list(known.note(exchange_of(operation, answer(200, {"born": "y"}))))) == changes


def test_a_change_is_told_with_its_status_and_its_place_in_the_document() -> None:
    known, operation = History(), document().operations[0]
    assert list(known.note(exchange_of(operation, answer(200, {"born": "x"})))) == []
    (found,) = known.note(exchange_of(operation, answer(200, {"born": "y"})))
    assert (found.status, found.document) == (200, ROOT + "/born/x-immutable")
    operation.document.schema(found.document)
    assert list(known.note(exchange_of(operation, answer(200, {"born": "x", "end": "over"})))) == []
    (found,) = known.note(exchange_of(operation, answer(200, {"born": "x", "end": "x"})))
    assert (found.status, found.document) == (200, ROOT + "/end/x-final")


def test_resources_have_histories_of_their_own() -> None:
    known, operation = History(), document_of(SCHEMA, INNER, path="/a/{x}/b/{y}").operations[0]
    for resource in (("1", "2"), ("2", "1"), ("1", "1"), ("12", "")):
        assert list(known.note(exchange_of(operation, answer(200, {"born": str(resource)}), *resource))) == []
    assert len(list(known.note(exchange_of(operation, answer(200, {"born": "x"}), "2", "1")))) == 1


def test_the_resource_not_asked_for_the_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "CAPACITY", 2)
    known, operation = History(), document().operations[0]

    def ask(thing: str, born: str) -> int:
        return len(list(known.note(exchange_of(operation, answer(200, {"born": born}), thing))))

    assert [ask("a", "x"), ask("b", "x"), ask("a", "x"), ask("c", "x")] == [0, 0, 0, 0]
    assert ask("a", "y") == 1
    assert ask("b", "y") == 0


def test_nothing_is_remembered_of_a_document_that_promises_nothing_lasting() -> None:
    known, operation = History(), document_of({"type": "object"}).operations[0]
    assert list(known.note(exchange_of(operation, answer(200, {"a": 1})))) == []
    assert list(known.note(exchange_of(operation, answer(200, {"a": 2})))) == []


ASKED: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"x-equals": "$request.path.thing"}, "born": {"x-immutable": True}},
}


def mistaken(*asked: tuple[str, Any, bool | None]) -> list[list[str]]:
    """The kinds of alias that are told of these resources, their answers and whether they exist, in turn."""
    operation, known = document_of(ASKED, refuses=True).operations[0], History()
    return [
        [each.cause for each in known.mistaken(exchange_of(operation, answer(200, body), thing, exists=exists))]
        for thing, body, exists in asked
    ]


def test_a_resource_answered_as_another_of_nearly_its_name_is_told() -> None:
    one = ("job-a", {"name": "job-a", "born": 1}, True)
    assert mistaken(one, ("JOB-A", {"name": "JOB-A", "born": 1}, None)) == [[], ["case"]]
    assert mistaken(one, ("job-a ", {"name": "job-a ", "born": 1}, False)) == [[], ["blanks"]]
    assert mistaken(one, ("job-ab", {"name": "job-ab", "born": 1}, None)) == [[], ["suffix"]]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("JOB-A", {"name": "JOB-A", "born": 2}, None), id="says something else"),
        pytest.param(("JOB-A", {"name": "JOB-A", "born": 1, "more": 1}, None), id="says more"),
        pytest.param(("JOB-A", {"name": "JOB-A", "born": 1}, True), id="is known to exist"),
        pytest.param(("other", {"name": "other", "born": 1}, None), id="is named otherwise"),
    ],
)
def test_a_resource_of_its_own_is_mistaken_for_nothing(other: tuple[str, Any, bool | None]) -> None:
    assert mistaken(("job-a", {"name": "job-a", "born": 1}, True), other) == [[], []]


def test_what_holds_nothing_of_its_own_is_mistaken_for_nothing() -> None:
    assert mistaken(("job-a", {"name": "job-a"}, True), ("JOB-A", {"name": "JOB-A"}, None)) == [[], []]


def test_what_anyone_is_answered_with_is_nobodys() -> None:
    answers = [(thing, {"name": thing, "born": 1}, thing == "job-a" or None) for thing in ("job-a", "other", "JOB-A")]
    assert mistaken(*answers) == [[], [], []]
