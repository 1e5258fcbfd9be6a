"""Responses of a resource compared with earlier ones."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.http.exchange import Failure, Response
from contracts.http.shared_state import SharedStateError
from contracts.judge.history import History, is_settled
from contracts.judge.violation import Violation
from contracts.openapi import Document
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


def test_the_slower_of_two_processes_is_compared_with_the_quicker_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, operation = History(tmp_path / "history"), document().operations[0]
    assert not list(known.changes(exchange_of(operation, answer(200, {"born": "x"}))))
    looks, lasting = 0, known._memory.of

    def late(resource: tuple[str, ...]) -> Any:
        nonlocal looks
        looks += 1
        return lasting(resource) if looks > 1 else {}

    monkeypatch.setattr(known._memory, "of", late)
    assert len(list(known.changes(exchange_of(operation, answer(200, {"born": "y"}))))) == 1
    known.close()


def test_a_file_that_cannot_be_created_is_an_error_of_one_line() -> None:
    with pytest.raises(SharedStateError, match="cannot be used: unable to open database file; name a folder"):
        History(Path("/proc/none/history"))


@pytest.mark.parametrize("most", [1, 2, 3])
def test_what_a_process_keeps_of_few_resources_changes_nothing(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[History.__module__], "MAX_REMEMBERED", most)
    known, operation = History(), document().operations[0]
    for thing in ("one", "two", "three"):
        assert not list(known.compare(exchange_of(operation, answer(200, {"born": thing, "state": "dead"}), thing)))
    for thing in ("one", "two", "three", "two"):
        found = known.compare(exchange_of(operation, answer(200, {"born": "x", "state": "on"}), thing))
        assert [(each.rule, each.expected) for each in found] == [
            ("overlay.immutable", f'"{thing}"'),
            ("overlay.final", '"dead"'),
        ]


@pytest.mark.parametrize(
    ("came", "rule", "name", "settled"),
    [
        (answer(200, {"born": "x"}), "overlay.immutable", "born", True),
        (answer(200, {"born": None}), "overlay.immutable", "born", False),
        (answer(200, {}), "overlay.immutable", "born", False),
        (answer(200, {"state": "lost"}), "overlay.final", "state", True),
        (answer(200, {"state": "on"}), "overlay.final", "state", False),
        (answer(200, {"end": "over"}), "overlay.final", "state", False),
        (answer(200, b"{"), "overlay.immutable", "born", False),
        (answer(404, {"born": "x"}), "overlay.immutable", "born", False),
        (Failure("timeout", ""), "overlay.immutable", "born", False),
    ],
)
def test_a_value_is_settled_that_must_not_change_any_more(
    came: Response | Failure, rule: str, name: str, settled: bool
) -> None:
    operation = document().operations[0]
    keyword = "x-final" if rule == "overlay.final" else "x-immutable"
    violation = Violation(rule, 200, f"body/{name}", f"{ROOT}/{name}/{keyword}")
    assert is_settled(exchange_of(operation, came), violation) is settled
    other = replace(violation, pointer=f"{ROOT}/other/{keyword}")
    assert not is_settled(exchange_of(operation, came), other)


def test_a_body_that_cannot_be_read_settles_nothing() -> None:
    operation = document_of({"x-immutable": True}).operations[0]
    violation = Violation("overlay.immutable", 200, "body", f"{ROOT.removesuffix('/properties')}/x-immutable")
    assert is_settled(exchange_of(operation, answer(200, 5)), violation)
    assert not is_settled(exchange_of(operation, answer(200, b"{")), violation)
