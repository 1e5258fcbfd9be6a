"""Equal responses are parsed once, and of large ones only the last is kept."""

from __future__ import annotations

import pytest

from contracts.http.exchange import Response
from contracts.judge import parsed_response, validation
from contracts.judge.parsed_response import parse_response
from contracts.judge.validation import LARGE, Validation, compiled
from contracts.openapi.json_text import UNREADABLE
from tests.support.checking import GOOD, REF, THING, reported, things
from tests.support.tiny import JSON, answer, document_of


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    """Clear the cache, so that no test depends on the responses of another."""
    parsed_response._parse_small.cache_clear()


def test_equal_responses_are_parsed_once() -> None:
    operation = things().operations[0]
    one = parse_response(operation, answer(200, GOOD, ("Date", "today")))
    assert parse_response(operation, answer(200, GOOD, ("Date", "tomorrow"))) is one
    assert one.value == GOOD
    assert parse_response(operation, answer(200)).value is UNREADABLE


@pytest.mark.parametrize(
    ("status", "media_type", "schema"),
    [(200, JSON, "#/components/schemas/Thing"), (200, "a/b+json", ""), (200, "text/plain", None), (404, JSON, None)],
)
def test_a_parsed_response_has_the_place_of_its_bodys_schema(status: int, media_type: str, schema: str | None) -> None:
    content = {JSON: REF, "a/b+json": {}, "text/plain": {"schema": {"type": "object"}}}
    document = document_of(schemas={"Thing": THING}, responses={"200": {"description": "", "content": content}})
    place = parse_response(document.operations[0], answer(status, GOOD, media_type=media_type)).schema
    assert (place if not place else document.resolve(place)[0]) == schema


def test_of_large_responses_only_the_last_one_is_kept() -> None:
    operation = things().operations[0]

    def sized(size: int, name: str) -> Response:
        return answer(200, {"name": name * (size - len('{"name": ""}'))})

    for size, kept in ((LARGE - 1, True), (LARGE, False)):
        one = parse_response(operation, sized(size, "a"))
        assert parse_response(operation, sized(size, "a")) is one
        parse_response(operation, sized(size, "b"))
        assert (parse_response(operation, sized(size, "a")) is one) is kept


def test_a_valid_large_body_is_not_read_by_the_slower_validator(monkeypatch: pytest.MonkeyPatch) -> None:
    pad = {"name": "x", "pad": "p" * LARGE}
    compiled(things()).violations("#/components/schemas/Thing", {})
    monkeypatch.setattr(validation, "descend", None)
    assert reported(things(), answer(200, pad)) == []


def test_a_large_body_is_judged_as_a_small_one_is() -> None:
    body = {"name": 5, "pad": "p" * LARGE}
    assert reported(things(), answer(200, body)) == [("schema.type", "body/name")]


@pytest.mark.parametrize(("quick", "asked"), [({}, 0), ({"quick": False}, 0), ({"quick": True}, 1)], ids=str)
def test_jsonschema_rs_is_asked_about_a_small_body_only_for_a_quick_answer(
    quick: dict[str, bool], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = document_of({"type": "object", "maxProperties": 1}).operations[0]
    looked_up: list[str] = []
    monkeypatch.setattr(Validation, "opinion", lambda validation, pointer, instance: looked_up.append(pointer))
    assert parse_response(operation, answer(200, {"a": 1}), **quick).violations == ()
    assert len(looked_up) == asked
