"""Bodies that are text: which are held against a schema, in which charset they are read, and which are not read."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.judge import parsed_response
from contracts.judge.parsed_response import is_judged_text, judged_schemas, parse_response, unread_types
from contracts.judge.violation import Violation
from contracts.openapi import Document, parse_media_type
from contracts.openapi.json_text import UNREADABLE
from tests.support.checking import GOOD, REF, THING, found, reported
from tests.support.tiny import JSON, answer, document_of

GET = "#/paths/~1things~1{thing}/get"
WORD = {"type": "string", "maxLength": 3}


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    """Clear the cache, so that no test depends on the responses of another."""
    parsed_response._parse_small.cache_clear()


def texts(**contents: Any) -> Document:
    """Return a document that answers with these schemas; `text_plain` stands for `text/plain`."""
    content = {name.replace("_", "/"): {"schema": schema} for name, schema in contents.items()}
    return document_of(responses={"200": {"description": "", "content": content}})


@pytest.mark.parametrize(
    ("schema", "is_judged"),
    [
        ({"type": "string"}, True),
        ({"type": "string", "minLength": 1}, True),
        ({"enum": ["on", "off"]}, True),
        ({"const": "on"}, True),
        ({"type": "string", "enum": ["on"]}, True),
        ({"type": ["string"]}, False),
        ({"type": ["string", "null"]}, False),
        ({"type": "integer"}, False),
        ({"type": "object"}, False),
        ({"enum": ["on", 5]}, False),
        ({"enum": [5]}, False),
        ({"const": 5}, False),
        ({"const": 5, "enum": ["on"]}, False),
        ({"const": "on", "enum": [5]}, True),
        ({"minLength": 1}, False),
        ({}, False),
        (True, False),
    ],
    ids=str,
)
def test_a_text_is_judged_by_a_schema_that_allows_strings_alone(schema: Any, is_judged: bool) -> None:
    document = texts(text_plain=schema)
    (spec,) = document.operations[0].responses
    pointer = f"{GET}/responses/200/content/text~1plain/schema"
    plain = parse_media_type("text/plain")
    assert plain
    assert is_judged_text(document, pointer, plain) is is_judged
    assert judged_schemas(document.operations[0], spec) == ((pointer,) if is_judged else ())


@pytest.mark.parametrize(
    ("media_type", "is_judged"),
    [
        ("text/plain", True),
        ("text/html; charset=utf-8", True),
        ("text/event-stream", False),
        ("Text/Event-Stream", False),
        ("application/octet-stream", False),
        ("image/png", False),
    ],
)
def test_only_text_that_is_no_stream_of_events_is_judged(media_type: str, is_judged: bool) -> None:
    claimed = parse_media_type(media_type)
    assert claimed
    pointer = f"{GET}/responses/200/content/text~1plain/schema"
    assert is_judged_text(texts(text_plain=WORD), pointer, claimed) is is_judged


def test_the_schemas_of_an_answer_are_those_of_json_and_of_judged_text() -> None:
    content = {
        "application/json": {"schema": {"type": "integer"}},
        "a/b+json": {},
        "text/plain": {"schema": WORD},
        "text/csv": {"schema": {"type": "array"}},
        "text/html": {},
        "image/png": {"schema": WORD},
        "nonsense": {"schema": WORD},
        "*/*": {"schema": {"type": "boolean"}},
    }
    document = document_of(responses={"200": {"description": "", "content": content}})
    (spec,) = document.operations[0].responses
    at = f"{GET}/responses/200/content"
    wanted = ("application~1json", "text~1plain")
    assert judged_schemas(document.operations[0], spec) == tuple(f"{at}/{each}/schema" for each in wanted)


def test_the_types_of_bodies_that_are_not_read_are_told_once_in_the_documents_order() -> None:
    success: dict[str, Any] = {
        "image/png": {"schema": WORD},
        "application/json": {"schema": {"type": "integer"}},
        "a/b+json": {},
        "text/plain": {"schema": WORD},
        "text/csv": {"schema": {"type": "array"}},
        "text/html": {},
        "text/event-stream": {"schema": WORD},
        "nonsense": {"schema": {"type": "array"}},
    }
    again: dict[str, Any] = {"text/csv": {}, "audio/ogg": {}, "image/png": {}}
    responses = {
        "200": {"description": "", "content": success},
        "206": {"description": "", "content": again},
        "404": {"description": "", "content": {"video/mp4": {}}},
        "default": {"description": "", "content": {"font/ttf": {}}},
    }
    assert unread_types(document_of(responses=responses)) == (
        "image/png",
        "text/csv",
        "text/html",
        "text/event-stream",
        "audio/ogg",
    )


@pytest.mark.parametrize("responses", [None, {"200": {"description": ""}}, {"404": {"description": ""}}], ids=str)
def test_a_document_of_json_alone_has_no_body_that_is_not_read(responses: Any) -> None:
    assert unread_types(document_of(responses=responses)) == ()


@pytest.mark.parametrize(
    ("media_type", "body", "text"),
    [
        ("text/plain", b"on", "on"),
        ("text/plain", b'"on"', '"on"'),
        ("text/plain", "é".encode(), "é"),
        ("text/plain", b"\xe9", "é"),
        ("text/plain; charset=utf-8", "é".encode(), "é"),
        ("text/plain; charset=Latin-1", b"\xe9", "é"),
        ("text/plain; charset=latin-1", "é".encode(), "Ã©"),
        ("text/plain; charset=utf-16-le", b"o\0n\0", "on"),
        ("text/plain; charset=utf-8", b"\xe9", UNREADABLE),
        ("text/plain; charset=nonsense", b"on", UNREADABLE),
    ],
)
def test_a_text_is_read_in_its_charset_and_without_one_as_whatever_it_can_be(
    media_type: str, body: bytes, text: Any
) -> None:
    document = texts(text_plain={"type": "string"})
    parsed = parse_response(document.operations[0], answer(200, body, media_type=media_type))
    assert (parsed.key, parsed.value) == ("text/plain", text)
    assert parsed.schema == f"{GET}/responses/200/content/text~1plain/schema"


def test_a_text_that_breaks_its_schema_is_a_violation_in_full() -> None:
    document = texts(text_plain=WORD)
    assert found(document, answer(200, b"one", media_type="text/plain")) == []
    assert found(document, answer(200, b"four", media_type="text/plain")) == [
        Violation(
            "schema.maxLength", 200, "body", f"{GET}/responses/200/content/text~1plain/schema/maxLength", "3", '"four"'
        )
    ]


@pytest.mark.parametrize(
    ("charset", "body"), [("UTF-8", b"\xe9"), ("Nonsense", b"on"), ("utf-16", b"o"), ("Idna", b"\xe9")]
)
def test_a_text_in_another_charset_than_it_names_is_a_violation_in_full(charset: str, body: bytes) -> None:
    document = texts(text_plain={"type": "string"})
    assert found(document, answer(200, body, media_type=f"text/plain; charset={charset}")) == [
        Violation(
            "content-type.charset",
            200,
            "header Content-Type",
            f"{GET}/responses/200/content",
            '"the charset of the text"',
            f'"{charset}"',
            charset.lower(),
        )
    ]


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "us-ascii", "utf-16-be"])
def test_a_text_may_have_any_charset_that_it_is_in(charset: str) -> None:
    body = "on".encode(charset)
    assert found(texts(text_plain=WORD), answer(200, body, media_type=f"text/plain; charset={charset}")) == []


@pytest.mark.parametrize(
    ("media_type", "rules"),
    [
        ("application/json; charset=utf-8", ["json.encoding"]),
        ("application/json; charset=us-ascii", ["json.encoding"]),
        ("image/png; charset=utf-8", []),
        ("image/png; charset=nonsense", []),
    ],
)
def test_only_texts_are_held_against_the_charset_that_they_name(media_type: str, rules: list[str]) -> None:
    content: dict[str, Any] = {JSON: {}, "image/png": {}}
    document = document_of(responses={"200": {"description": "", "content": content}})
    assert [rule for rule, _ in reported(document, answer(200, b'"\xff"', media_type=media_type))] == rules


@pytest.mark.parametrize(
    ("promised", "key"),
    [
        ([JSON], JSON),
        (["a/b+json"], "a/b+json"),
        (["*/*"], "*/*"),
        (["text/plain"], None),
        (["image/png"], None),
        (["nonsense"], None),
        ([JSON, "text/plain"], None),
        ([JSON, "a/b+json"], None),
        ([], None),
    ],
    ids=str,
)
def test_an_answer_without_a_type_has_the_only_one_that_is_documented_if_that_is_json(
    promised: list[str], key: str | None
) -> None:
    content = dict.fromkeys(promised, REF)
    document = document_of(schemas={"Thing": THING}, responses={"200": {"description": "", "content": content}})
    parsed = parse_response(document.operations[0], answer(200, GOOD, media_type=None))
    assert parsed.key == key
    assert parsed.value == (GOOD if key else UNREADABLE)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[NaN]"])
def test_a_flaw_of_json_is_not_reported_beside_a_field_that_is_no_media_type(body: bytes) -> None:
    assert reported(document_of({}), answer(200, body, media_type="json")) == [
        ("content-type.malformed", "header Content-Type")
    ]


@pytest.mark.parametrize(("times", "variant"), [(1, ""), (2, "2"), (3, "3")])
def test_fields_that_are_no_media_type_together_are_told_with_their_number(times: int, variant: str) -> None:
    fields = [(name, "a b") for name in ("Content-Type", "CONTENT-TYPE", "content-type")][:times]
    sent = answer(200, 5, ("Date", "today"), ("X-Other", "a b"), *fields, media_type=None)
    assert found(document_of({}), sent) == [
        Violation(
            "content-type.malformed",
            200,
            "header Content-Type",
            f"{GET}/responses/200/content",
            '["application/json"]',
            '"' + ", ".join(["a b"] * times) + '"',
            variant,
        )
    ]
