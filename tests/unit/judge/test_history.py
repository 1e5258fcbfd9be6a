"""Responses of a resource compared with earlier ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.http.exchange import Failure, Response
from contracts.http.shared_state import SharedStateError
from contracts.judge.history import History
from contracts.judge.validation import LARGE
from contracts.judge.violation import Violation
from contracts.openapi import Document, Operation
from contracts.verdict.redaction import Redaction
from tests.support.tiny import JSON, answer, document_of, exchange_of

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
    """Return rule, place, expected and actual of each violation that a history finds in these responses, in turn."""
    known, operation = History(), document().operations[0]
    found: list[Violation] = []
    for body in bodies:
        outcome = body if isinstance(body, (Response, Failure)) else answer(200, body)
        found += known.changes(exchange_of(operation, outcome, thing))
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
def test_a_value_that_stays_or_is_first_set_is_no_change(bodies: list[Any]) -> None:
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
def test_a_lasting_value_that_differs_later_is_a_change(bodies: list[Any], expected: Any) -> None:
    assert noted(*bodies) == expected


@pytest.mark.parametrize("broken", [None, ["x"], 5, {}], ids=str)
def test_a_value_that_its_schema_forbids_is_neither_a_change_nor_remembered(broken: Any) -> None:
    assert noted({"born": "x"}, {"born": broken}, {"born": "x"}) == []
    assert noted({"born": broken}, {"born": "x"}, {"born": "x"}) == []
    assert noted({"state": "dead"}, {"state": "DEAD"}) == []


def test_one_equals_one_point_zero_and_not_true() -> None:
    operation = document_of({"properties": {"n": {"x-immutable": True}}}).operations[0]

    def changes(*values: Any) -> int:
        known = History()
        return sum(len(list(known.changes(exchange_of(operation, answer(200, {"n": value}))))) for value in values)

    assert changes(1, True) == changes(False, 0) == changes([1], [True]) == changes({"a": 0}, {"a": False}) == 1
    assert changes(1, 1.0) == changes([1], [1.0]) == changes({"a": 1, "b": 2}, {"b": 2, "a": 1}) == 0


def test_a_value_that_its_schema_forbids_hides_no_change_of_another() -> None:
    assert noted({"born": "x", "state": "dead"}, {"born": 5, "state": "on"}) == [
        ("overlay.final", "/state", '"dead"', '"on"')
    ]


@pytest.mark.parametrize(("status", "changes"), [(199, 0), (200, 1), (299, 1), (300, 0)])
def test_only_values_of_success_responses_are_remembered(status: int, changes: int) -> None:
    promised = {"description": "", "content": {JSON: {"schema": SCHEMA}}}
    known, operation = History(), document_of(schemas=INNER, responses={"default": promised}).operations[0]
    assert list(known.changes(exchange_of(operation, answer(status, {"born": "x"})))) == []
    assert len(list(known.changes(exchange_of(operation, answer(200, {"born": "y"}))))) == changes


def test_a_change_is_reported_with_its_status_and_its_place_in_the_document() -> None:
    known, operation = History(), document().operations[0]
    assert list(known.changes(exchange_of(operation, answer(200, {"born": "x"})))) == []
    (found,) = known.changes(exchange_of(operation, answer(200, {"born": "y"})))
    assert (found.status, found.pointer) == (200, ROOT + "/born/x-immutable")
    operation.document.schema(found.pointer)
    assert list(known.changes(exchange_of(operation, answer(200, {"born": "x", "end": "over"})))) == []
    (found,) = known.changes(exchange_of(operation, answer(200, {"born": "x", "end": "x"})))
    assert (found.status, found.pointer) == (200, ROOT + "/end/x-final")


def test_resources_have_histories_of_their_own() -> None:
    known, operation = History(), document_of(SCHEMA, INNER, path="/a/{x}/b/{y}").operations[0]
    for resource in (("1", "2"), ("2", "1"), ("1", "1"), ("12", "")):
        assert list(known.changes(exchange_of(operation, answer(200, {"born": str(resource)}), *resource))) == []
    assert len(list(known.changes(exchange_of(operation, answer(200, {"born": "x"}), "2", "1")))) == 1


def test_processes_that_share_a_file_know_each_others_responses(tmp_path: Path) -> None:
    operation = document().operations[0]
    one, other = History(tmp_path / "history"), History(tmp_path / "history")
    born = {"born": "x", "end": "over", "inner": {"a/b": 1}}
    assert not list(one.changes(exchange_of(operation, answer(200, born), "job")))
    assert not list(other.changes(exchange_of(operation, answer(200, {"born": "y"}), "another")))
    assert not list(other.changes(exchange_of(operation, answer(200, born), "job")))
    changed = other.changes(exchange_of(operation, answer(200, {**born, "born": "y"}), "job"))
    assert [(each.rule, each.expected, each.actual) for each in changed] == [("overlay.immutable", '"x"', '"y"')]
    one.close()
    other.close()


@pytest.mark.parametrize(("sent", "changes"), [(0.0, 0), (10.9, 0), (11.0, 1), (12.0, 1)])
def test_a_response_requested_before_the_first_arrived_is_not_a_later_one(
    sent: float, changes: int, tmp_path: Path
) -> None:
    operation = document().operations[0]
    one, other = History(tmp_path / "history"), History(tmp_path / "history")
    first = replace(exchange_of(operation, answer(200, {"state": "dead"})), at=10.0, seconds=1.0)
    assert not list(one.changes(first))
    assert len(list(other.changes(replace(exchange_of(operation, answer(200, {"state": "on"})), at=sent)))) == changes
    one.close()
    other.close()


def test_a_history_that_is_garbage_collected_is_closed_by_any_thread() -> None:
    lost = [History()]
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lost.clear).result()
    assert not lost


def test_histories_without_a_shared_file_are_independent() -> None:
    operation = document().operations[0]
    for born in ("x", "y"):
        assert not list(History().changes(exchange_of(operation, answer(200, {"born": born}))))


ODD = {
    "half a pair": '"\\ud800"',
    "no character": '"\udcff"',
    "deep": "[" * 200 + "]" * 200,
    "long": "9" * 5_000,
    "huge": "1e999",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_any_value_and_any_id_is_remembered(odd: str) -> None:
    body = f'{{"perhaps": {odd}}}'.encode("utf-8", "replace")
    known, operation = History(), document().operations[0]
    for changes, sent in ((0, body), (0, body), (1, b'{"perhaps": 1}')):
        assert len(list(known.changes(exchange_of(operation, answer(200, sent), "\udcff\x00'")))) == changes


def sunk(frames: int, call: Callable[[], Any]) -> Any:
    """Return the result of the call with that many more frames on the stack."""
    return sunk(frames - 1, call) if frames else call()


@pytest.mark.parametrize("depth", [10, 200, 300, 400, 450])
def test_a_value_nested_too_deeply_to_be_compared_is_never_a_change(depth: int) -> None:
    known, operation = History(), document_of(ASKED, refuses=True).operations[0]
    name = {"name": "one", "born": None, "more": None}

    def body(born: str) -> bytes:
        deep = f'{"[" * depth}{{"b": 1.0, "a": {born}}}{"]" * depth}'
        return json.dumps(name).replace('"born": null', f'"born": {deep}').encode()

    def reported() -> list[Violation]:
        exchange = exchange_of(operation, answer(200, body("1")))
        return [*known.changes(exchange), *known.aliases(exchange)]

    for frames in (0, 300, 0):  # How deep is too deep depends on how deep Python is already.
        assert sunk(frames, reported) == []
    changes = [*known.changes(exchange_of(operation, answer(200, body("2"))))]
    assert len(changes) == 1 or depth > 200


def test_two_uses_of_one_schema_are_remembered_separately() -> None:
    tag = {"Tag": {"x-immutable": True}}
    uses = {"properties": {name: {"$ref": "#/components/schemas/Tag"} for name in ("a", "b")}}
    known, operation = History(), document_of(uses, tag).operations[0]
    assert not list(known.changes(exchange_of(operation, answer(200, {"a": 1, "b": 2}))))
    assert not list(known.changes(exchange_of(operation, answer(200, {"a": 1, "b": 2}))))
    (found,) = known.changes(exchange_of(operation, answer(200, {"a": 1, "b": 3})))
    assert found.place == "body/b"


def test_a_document_without_lasting_values_has_no_history() -> None:
    known, operation = History(), document_of({"type": "object"}).operations[0]
    assert list(known.changes(exchange_of(operation, answer(200, {"a": 1})))) == []
    assert list(known.changes(exchange_of(operation, answer(200, {"a": 2})))) == []


ASKED: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"x-equals": "$request.path.thing"}, "born": {"x-immutable": True}},
}


def mistaken(*asked: tuple[str, Any, bool | None]) -> list[list[str]]:
    """Return the kinds of alias found for these resources, bodies and existences, in turn."""
    operation, known = document_of(ASKED, refuses=True).operations[0], History()
    return [[each.variant for each in reported(known, operation, *each)] for each in asked]


def reported(known: History, operation: Operation, thing: str, body: Any, exists: bool | None) -> list[Violation]:
    outcome = body if isinstance(body, (Response, Failure)) else answer(200, body)
    return list(known.aliases(exchange_of(operation, outcome, thing, exists=exists)))


def test_an_id_answered_as_a_resource_with_a_similar_id_is_an_alias() -> None:
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
def test_a_resource_with_content_of_its_own_is_no_alias(other: tuple[str, Any, bool | None]) -> None:
    assert mistaken(("job-a", {"name": "job-a", "born": 1}, True), other) == [[], []]


def test_a_response_without_an_immutable_value_is_no_alias() -> None:
    assert mistaken(("job-a", {"name": "job-a"}, True), ("JOB-A", {"name": "JOB-A"}, None)) == [[], []]


def test_content_that_unlike_ids_share_is_no_alias() -> None:
    answers = [(thing, {"name": thing, "born": 1}, thing == "job-a" or None) for thing in ("job-a", "other", "JOB-A")]
    assert mistaken(*answers) == [[], [], []]


def test_an_alias_is_reported_in_full() -> None:
    refusals = {"404": {"description": ""}, "default": {"description": ""}}
    granted = {"description": "", "content": {JSON: {"schema": ASKED}}}
    operation = document_of(responses={"200": granted, "201": granted, **refusals}, refuses=True).operations[0]
    known = History()
    assert reported(known, operation, "job/a", {"name": "job/a", "born": 1}, True) == []
    (found,) = reported(known, operation, "JOB/a", answer(201, {"name": "JOB/a", "born": 1}), None)
    place = "#/paths/~1things~1{thing}/get/x-refuses-unknown"
    expected = Violation("overlay.alias", 201, "status", place, '["404", "default"]', '"job/a"', variant="case")
    assert found == expected
    assert operation.document.schema(place) is True


@pytest.mark.parametrize("schema", [ASKED, {"x-immutable": True}], ids=["in the value", "the value"])
def test_only_readable_success_responses_can_be_aliases(schema: dict[str, Any]) -> None:
    promised = {"default": {"description": "", "content": {JSON: {"schema": schema}}}}
    operation, other = document_of(responses=promised, refuses=True).operations[0], {"born": 1}

    def causes(known_as: Response | Failure, asked_as: Response | Failure) -> list[str]:
        known = History()
        assert reported(known, operation, "job-a", known_as, True) == []
        return [each.variant for each in reported(known, operation, "JOB-A", asked_as, None)]

    for status in (200, 299):
        assert causes(answer(status, other), answer(200, other)) == ["case"]
        assert causes(answer(200, other), answer(status, other)) == ["case"]
    for outcome in (answer(199, other), answer(300, other), answer(200, b"{"), answer(200), Failure("timeout", "")):
        assert causes(outcome, answer(200, other)) == causes(answer(200, other), outcome) == []
        assert causes(outcome, outcome) == []


def test_an_operation_that_may_answer_any_id_has_no_aliases() -> None:
    operation, known = document_of(ASKED).operations[0], History()
    for thing, exists in (("job-a", True), ("JOB-A", None)):
        assert reported(known, operation, thing, {"name": thing, "born": 1}, exists) == []


def test_large_bodies_are_not_compared_for_aliases() -> None:
    for size, kinds in ((LARGE - 1, ["case"]), (LARGE, [])):
        large = {"born": "x" * (size - len('{"born": ""}'))}
        assert mistaken(("job-a", large, True), ("JOB-A", large, None)) == [[], kinds]


def test_a_known_resource_is_compared_by_its_last_content() -> None:
    early, late = {"born": 1, "state": "on"}, {"born": 1, "state": "off"}
    assert mistaken(("a", early, True), ("a", late, True), ("A", early, None), ("A", late, None)) == [
        [],
        [],
        [],
        ["case"],
    ]


def test_a_known_resource_requested_in_another_way_is_no_alias() -> None:
    # Whoever prefers an answer does not say whether the resource exists.
    one = {"name": "job-a", "born": 1}
    assert mistaken(("job-a", one, True), ("job-a", one, None), ("JOB-A", {**one, "name": "JOB-A"}, None)) == [
        [],
        [],
        ["case"],
    ]


def test_values_that_repeat_the_request_are_left_out_of_the_content() -> None:
    echo = {"x-equals": "$request.path.thing"}
    inner = {"properties": {"name": echo, "more": True}}
    schema = {
        "properties": {
            "name": echo,
            "inner": inner,
            "deep": {"properties": {"inner": inner}},
            "born": {"x-immutable": True},
        }
    }
    operation, known = document_of(schema, refuses=True).operations[0], History()

    def body(name: str, more: int = 1) -> dict[str, Any]:
        inner = {"name": name, "more": more}
        return {"name": name, "inner": inner, "deep": {"inner": inner, "more": more}, "born": 1}

    assert reported(known, operation, "a", body("a"), True) == []
    assert reported(known, operation, "A", body("A", 2), None) == []
    assert reported(known, operation, "A", {**body("A"), "inner": []}, None) == []
    assert [each.variant for each in reported(known, operation, "A", body("A"), None)] == ["case"]
    for thing in ("b", "c"):  # Whatever stands where a part of it might be.
        odd = {"name": thing, "born": 1, **({} if thing == "b" else {"inner": "the name", "deep": {"inner": ["name"]}})}
        assert reported(known, operation, thing, odd, True) == []
        (found,) = reported(known, operation, thing.upper(), {**odd, "name": thing.upper()}, None)
        assert (found.actual, found.variant) == (f'"{thing}"', "case")


def test_resources_of_two_operations_are_never_aliases() -> None:
    known = History()
    one, other = (document_of(ASKED, refuses=True, path=path).operations[0] for path in ("/a/{thing}", "/b/{thing}"))
    assert reported(known, one, "job-a", {"born": 1}, True) == []
    assert reported(known, other, "JOB-A", {"born": 1}, None) == []
    assert reported(known, other, "job-b", {"born": 1}, None) == []
    (found,) = reported(known, one, "JOB-A", {"born": 1}, None)
    assert found.actual == '"job-a"'
    assert reported(known, other, "job-b", {"born": 1}, True) == []
    (found,) = reported(known, other, "JOB-B", {"born": 1}, None)
    assert found.actual == '"job-b"'


def test_a_resource_with_several_parameters_is_reported_by_all_of_them() -> None:
    schema = {"properties": {"born": {"x-immutable": True}}}
    known, operation = History(), document_of(schema, path="/a/{x}/b/{y}", refuses=True).operations[0]
    outcome = answer(200, {"born": 1})
    assert list(known.aliases(exchange_of(operation, outcome, "one", "two", exists=True))) == []
    (found,) = known.aliases(exchange_of(operation, outcome, "one", "TWO"))
    assert found.actual == '"one/two"'


def test_aliases_do_not_depend_on_the_order_of_properties() -> None:
    same = {"born": 1}
    for other in ("abc", "zzz"):
        assert mistaken(("job-a", same, True), (other, same, True), ("JOB-A", same, None)) == [[], [], []]
    assert mistaken(("job-a", same, True), ("Job-a", same, True), ("JOB-A", same, None)) == [[], [], ["case"]]


@pytest.mark.parametrize("redacted", [True, False])
def test_a_redacted_value_is_in_no_file(redacted: bool, tmp_path: Path) -> None:
    redaction = Redaction.at(["/born"] if redacted else [])
    known, operation = History(tmp_path / "history", redaction.violation), document().operations[0]
    assert not list(known.changes(exchange_of(operation, answer(200, {"born": "canary-71"}))))
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert (b"canary-71" not in kept) is redacted
    (found,) = known.changes(exchange_of(operation, answer(200, {"born": "y"})))
    assert found.expected == ('"[redacted]"' if redacted else '"canary-71"')
    known.close()


OVERLAPPING = [
    ({"born": "x"}, {"born": "y"}, 1),
    ({"born": "x"}, {"born": None}, 0),
    ({"born": "x"}, {}, 0),
    ({"state": "dead"}, {"state": "on"}, 0),
    ({"state": "dead"}, {"state": "lost"}, 0),
]


@pytest.mark.parametrize(("first", "second", "changes"), OVERLAPPING, ids=str)
def test_of_two_concurrent_responses_only_a_change_in_either_order_is_reported(
    first: Any, second: Any, changes: int, tmp_path: Path
) -> None:
    schema = {"properties": {"born": {"x-immutable": True}, "state": {"x-final": ["dead", "lost"]}}}
    operation = document_of(schema).operations[0]
    one, other = History(tmp_path / "history"), History(tmp_path / "history")
    assert not list(one.changes(replace(exchange_of(operation, answer(200, first)), at=10.0, seconds=1.0)))
    assert len(list(other.changes(replace(exchange_of(operation, answer(200, second)), at=10.5)))) == changes
    one.close()
    other.close()


def test_the_slower_of_two_processes_is_compared_with_the_quicker_one(monkeypatch: pytest.MonkeyPatch) -> None:
    known, operation = History(), document().operations[0]
    assert not list(known.changes(exchange_of(operation, answer(200, {"born": "x"}))))
    looks, lasting = 0, known._lasting

    def late(resource: str) -> Any:
        nonlocal looks
        looks += 1
        return lasting(resource) if looks > 1 else {}

    monkeypatch.setattr(known, "_lasting", late)
    assert len(list(known.changes(exchange_of(operation, answer(200, {"born": "y"}))))) == 1


def test_a_file_that_cannot_be_created_is_an_error_of_one_line() -> None:
    with pytest.raises(SharedStateError, match="cannot be used: unable to open database file; name a folder"):
        History(Path("/proc/none/history"))


def test_processes_that_share_a_file_know_each_others_resources(tmp_path: Path) -> None:
    operation = document_of(ASKED, refuses=True).operations[0]
    one, other = History(tmp_path / "history"), History(tmp_path / "history")
    assert reported(one, operation, "job-a", {"name": "job-a", "born": 1}, True) == []
    assert [each.variant for each in reported(other, operation, "JOB-A", {"name": "JOB-A", "born": 1}, None)] == [
        "case"
    ]
    assert reported(one, operation, "unlike", {"name": "unlike", "born": 1}, None) == []
    assert reported(other, operation, "JOB-A", {"name": "JOB-A", "born": 1}, None) == []
    one.close()
    other.close()
