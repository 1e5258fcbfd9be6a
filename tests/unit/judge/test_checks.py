"""One response judged: each violation once, by its rule, and none for a conforming response of any legal form."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.http.exchange import Failure, Response
from contracts.judge import parsed_response, validation
from contracts.judge.checks import judge
from contracts.judge.parsed_response import parse_response
from contracts.judge.validation import LARGE, compiled
from contracts.judge.violation import RULES
from contracts.openapi import PINNED, Document, load
from contracts.openapi.errors import DocumentError
from contracts.openapi.json_text import UNREADABLE
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.reports.messages import violation_line
from contracts.verdict.tally import Tally
from tests.support.checking import GOOD, HEADERS, REF, SIZED, THING, found, refusing, reported, response, things
from tests.support.tiny import JSON, PETS, answer, document_of, exchange_of


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    """Clear the cache, so that no test depends on the responses of another."""
    parsed_response._parse_small.cache_clear()


def label(outcome: Response | Failure) -> str:
    """Return a test id without backslashes, which pytest doubles each time that it collects in one process."""
    return str(outcome).replace("\\", "/")[:90]


@pytest.mark.parametrize(
    "outcome",
    [
        answer(200, GOOD),
        answer(200, GOOD, media_type="application/json; charset=utf-8"),
        answer(200, GOOD, media_type="Application/JSON;charset=UTF-8"),
        answer(200, GOOD, media_type='application/json; profile="a;b,\\"c\\""; q=1'),
        answer(200, GOOD, media_type="application/json ; a=b ;\tc=d"),
        answer(200, GOOD, media_type="application/json;"),
        answer(200, GOOD, media_type="application/json;!#$%&'*+.^_`|~0-9AZaz=!#$%&'*+.^_`|~0-9AZaz"),
        answer(200, GOOD, media_type="application/json "),
        answer(200, {"name": "", "more": [1, {}], "": None}),
        answer(200, b' \r\n{"name": "\\ud83e\\udd8a"}\t'),
        answer(200, GOOD, ("Date", "nonsense"), ("X-Any", "\udcff"), ("X-Any", "twice")),
        Response(200, (("content-TYPE", JSON),), b'{"name": ""}'),
        answer(204, media_type=None),
        answer(410, media_type=None),
        answer(422, {}),
        answer(422, {"detail": []}),
        answer(499, {"detail": [1], "more": 1}),
    ],
    ids=label,
)
def test_a_conforming_response_has_no_violation(outcome: Response) -> None:
    assert reported(things(), outcome) == []


BROKEN: list[tuple[Response | Failure, list[tuple[str, str]]]] = [
    (answer(404, {"detail": 1}), [("schema.type", "body/detail")]),
    (answer(301, media_type=None), [("status.undocumented", "status")]),
    (answer(201, GOOD), [("status.undocumented", "status")]),
    (answer(500, b"oops", media_type="text/plain"), [("status.server-error", "status")]),
    (answer(503, media_type=None), [("status.server-error", "status")]),
    (answer(200, GOOD, media_type=None), [("content-type.missing", "header Content-Type")]),
    (
        answer(200, {}, media_type=None),
        [("content-type.missing", "header Content-Type"), ("schema.required", "body/name")],
    ),
    (answer(200, GOOD, media_type="json"), [("content-type.malformed", "header Content-Type")]),
    (answer(200, GOOD, media_type=""), [("content-type.malformed", "header Content-Type")]),
    (answer(200, GOOD, media_type="application/json; charset"), [("content-type.malformed", "header Content-Type")]),
    (answer(200, GOOD, ("Content-Type", JSON)), [("content-type.malformed", "header Content-Type")]),
    (answer(200, GOOD, media_type="text/json"), [("content-type.undocumented", "header Content-Type")]),
    (answer(200, GOOD, media_type="application/vnd.x+json"), [("content-type.undocumented", "header Content-Type")]),
    (answer(200, b"<p>", media_type="text/html"), [("content-type.undocumented", "header Content-Type")]),
    (
        answer(200, {"name": 5}, media_type="text/html"),
        [("content-type.undocumented", "header Content-Type"), ("schema.type", "body/name")],
    ),
    (answer(200), [("body.missing", "body")]),
    (answer(200, media_type=None), [("body.missing", "body")]),
    (answer(204, b"x", media_type=None), [("body.unexpected", "body")]),
    (answer(410, GOOD), [("body.unexpected", "body")]),
    (answer(200, b"<p>"), [("json.malformed", "body@0")]),
    (answer(200, b" "), [("json.malformed", "body@1")]),
    (answer(200, b'{"name": "\xff"}'), [("json.encoding", "body@10")]),
    (answer(200, b'\xef\xbb\xbf{"name": ""}'), [("json.byte-order-mark", "body@0")]),
    (answer(200, b'{"name": "", "name": ""}'), [("json.duplicate-name", "body")]),
    (answer(200, b'{"name": "", "n": [NaN]}'), [("json.not-finite", "body/n/0")]),
    (answer(200, b'{"name": "\\ud800"}'), [("json.surrogate", "body/name")]),
    (answer(200, b"[" * 100_000), [("json.depth", "body@0")]),
    (answer(200, []), [("schema.type", "body")]),
    (answer(200, b"null"), [("schema.type", "body")]),
    (answer(200, {}), [("schema.required", "body/name")]),
    (Failure("timeout", "too late"), [("transport.timeout", "transport")]),
]


@pytest.mark.parametrize(("outcome", "expected"), BROKEN, ids=[label(row[0]) for row in BROKEN])
def test_a_violation_is_reported_once_by_its_rule(outcome: Response, expected: list[tuple[str, str]]) -> None:
    assert reported(things(), outcome) == expected


KINDS = sorted(rule.partition(".")[2] for rule in RULES if rule.startswith("transport."))


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_of_the_transport_is_a_violation_of_its_kind(kind: str) -> None:
    assert reported(things(), Failure(kind, 'it said "no"\nand left'), exists=True) == [
        (f"transport.{kind}", "transport")
    ]


def test_the_schema_of_the_code_overrides_that_of_its_class_and_that_the_default() -> None:
    responses = {"404": response(JSON), "4XX": {"description": ""}, "default": response("a/b")}
    document = document_of(schemas={"Thing": THING}, responses=responses)
    operation = document.operations[0]
    assert [getattr(operation.response_for(status), "status", None) for status in (404, 405, 200, 500)] == [
        "404",
        "4XX",
        "default",
        "default",
    ]


def test_the_default_schema_judges_any_undocumented_status() -> None:
    document = document_of(schemas={"Thing": THING}, responses={"default": response(JSON)})
    for status in (200, 302, 404, 500, 599):
        assert reported(document, answer(status, GOOD)) == []
        assert reported(document, answer(status, {})) == [("schema.required", "body/name")]
        assert reported(document, answer(status)) == [("body.missing", "body")]


@pytest.mark.parametrize("status", [100, 204, 205, 304])
def test_a_status_that_never_has_a_body_may_lack_one(status: int) -> None:
    document = document_of(schemas={"Thing": THING}, responses={"default": response(JSON)})
    assert reported(document, answer(status, media_type=None)) == []


@pytest.mark.parametrize(
    ("promised", "sent", "body", "rules"),
    [
        ("application/problem+json", "application/problem+json", GOOD, []),
        ("application/problem+json", "application/problem+json", {}, ["schema.required"]),
        ("Application/Problem+JSON; v=1", "application/problem+json;charset=utf-8", {}, ["schema.required"]),
        ("application/*", "application/json", {}, ["schema.required"]),
        ("*/*", "application/x+json", {}, ["schema.required"]),
        ("*/*", "text/plain", b"5", []),
        ("*/*", "text/plain", b"<", []),
        ("application/*", "text/plain", GOOD, ["content-type.undocumented"]),
        ("text/plain", "text/plain", b"5", []),
        ("text/plain", "application/json", b"5", ["content-type.undocumented"]),
    ],
)
def test_a_body_is_judged_by_the_schema_of_its_media_type(
    promised: str, sent: str, body: Any, rules: list[str]
) -> None:
    document = document_of(schemas={"Thing": THING}, responses={"200": response(promised)})
    assert [rule for rule, _ in reported(document, answer(200, body, media_type=sent))] == rules


def test_of_several_media_types_each_has_its_own_schema() -> None:
    content = {JSON: REF, "application/list+json": {"schema": {"type": "array"}}, "text/plain": {}, "a/b+json": {}}
    document = document_of(schemas={"Thing": THING}, responses={"200": {"description": "", "content": content}})
    assert reported(document, answer(200, [], media_type="application/list+json")) == []
    assert reported(document, answer(200, [])) == [("schema.type", "body")]
    assert reported(document, answer(200, b"<", media_type="text/plain")) == []
    assert reported(document, answer(200, 5, media_type="a/b+json")) == []
    assert reported(document, answer(200, b"<", media_type="a/b+json")) == [("json.malformed", "body@0")]
    assert reported(document, answer(200, [], media_type="x/y")) == [
        ("content-type.undocumented", "header Content-Type")
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([("x-count", "5")], []),
        ([("X-COUNT", "5"), ("X-Word", "12"), ("X-Flag", "true"), ("X-List", "1, 2"), ("X-Any", "\udcff")], []),
        ([("X-Count", "5"), ("X-List", "1"), ("X-List", "2")], []),
        ([], [("header.missing", "header X-Count")]),
        ([("X-Count", "-1")], [("header.schema", "header X-Count")]),
        ([("X-Count", "five")], [("header.schema", "header X-Count")]),
        ([("X-Count", "5"), ("X-Count", "5")], [("header.schema", "header X-Count")]),
        ([("X-Count", "")], [("header.schema", "header X-Count")]),
        ([("X-Count", "\ud800")], [("header.schema", "header X-Count")]),
        ([("X-Count", "1"), ("X-Word", "\ud800")], [("header.schema", "header X-Word")]),
        ([("X-Count", "1"), ("X-Flag", "yes")], [("header.schema", "header X-Flag")]),
        ([("X-Count", "1"), ("X-List", "1, x")], [("header.schema", "header X-List")]),
        ([("X-Count", "1"), ("X-List", "1,\t2 , 3")], []),
        ([("X-Count", "1"), ("X-List", "1,\xa02")], [("header.schema", "header X-List")]),
        ([("X-Count", "1"), ("X-List", "1,X2")], [("header.schema", "header X-List")]),
        ([("X-Count", "1"), ("X-None", "")], [("header.schema", "header X-None")]),
        ([("X-Count", "1"), ("X-Free", "{")], []),
    ],
)
def test_declared_headers_are_present_and_fit_their_schemas(
    fields: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    document = document_of(schemas={"Thing": THING}, responses={"200": response(JSON, headers=HEADERS)})
    assert reported(document, answer(200, GOOD, *fields)) == expected


@pytest.mark.parametrize(
    ("status", "exists", "rules"),
    [
        (404, True, ["status.known-resource"]),
        (404, None, []),
        (404, False, []),
        (422, True, ["status.known-resource"]),
        (301, True, ["status.known-resource"]),
        (300, True, ["status.known-resource"]),
        (301, None, ["status.undocumented"]),
        (500, True, ["status.server-error"]),
        (500, False, ["status.server-error"]),
        (200, True, []),
        (200, False, []),
        (204, True, []),
    ],
)
def test_a_resource_that_exists_is_answered_with_success(status: int, exists: bool | None, rules: list[str]) -> None:
    body = {"name": "x"} if status in (200, 404, 422) else b""
    outcome = answer(status, body, media_type=JSON if body else None)
    assert [rule for rule, _ in reported(things(), outcome, exists=exists)] == rules


def test_a_documented_failure_of_a_resource_that_exists_is_no_success() -> None:
    document = document_of(responses={"200": {"description": ""}, "503": {"description": ""}})
    assert reported(document, answer(503, media_type=None)) == []
    assert reported(document, answer(503, media_type=None), exists=True) == [("status.known-resource", "status")]


def test_expected_success_is_2xx_if_the_document_lists_none() -> None:
    document = document_of(responses={"default": {"description": ""}})
    (violation,) = found(document, answer(404, media_type=None), exists=True)
    assert (
        violation_line(violation) == "status.known-resource at status: expected 2XX for a resource that exists, got 404"
    )


ECHO = {"type": "object", "properties": {"ref": {"x-equals": "$request.path.thing"}}}


@pytest.mark.parametrize(
    ("kind", "asked", "body", "rules"),
    [
        ("string", "a", {"ref": "a"}, []),
        ("string", "a", {"ref": "A"}, ["overlay.equals"]),
        ("string", "é🦊", {"ref": "é🦊"}, []),
        ("string", "é", {"ref": "e\u0301"}, ["overlay.equals"]),
        ("string", "7", {"ref": 7}, []),
        ("string", "a", {}, []),
        ("string", "a", [], ["schema.type"]),
        ("string", "a", {"ref": None}, ["overlay.equals"]),
        ("integer", "7", {"ref": 7}, []),
        ("integer", "7", {"ref": 7.0}, []),
        ("integer", "7", {"ref": "7"}, []),
        ("integer", "7", {"ref": 8}, ["overlay.equals"]),
        ("integer", "1", {"ref": True}, ["overlay.equals"]),
        ("string", "\udcff", {"ref": "\ufffd"}, ["overlay.equals"]),
        ("string", "\udcff", {"ref": 5}, ["overlay.equals"]),
        ("string", "[1]", {"ref": [1]}, ["overlay.equals"]),
    ],
)
def test_a_value_that_must_repeat_the_request_is_compared_with_it(
    kind: str, asked: str, body: Any, rules: list[str]
) -> None:
    document = document_of(ECHO, kind=kind)
    assert [rule for rule, _ in reported(document, answer(200, body), asked)] == rules


def test_an_echo_is_found_through_references_and_all_of() -> None:
    schema = {"allOf": [{"properties": {"in": {"$ref": "#/components/schemas/Inner"}}}]}
    inner = {"Inner": {"properties": {"ref": {"x-equals": "$request.path.thing"}}}}
    document = document_of(schema, inner)
    (violation,) = found(document, answer(200, {"in": {"ref": "b"}}), "a")
    assert (violation.place, violation.pointer) == ("body/in/ref", "#/components/schemas/Inner/properties/ref/x-equals")


@pytest.mark.parametrize("expression", ["$request.path.other", "$request.query.thing", "thing", 5])
def test_an_expression_that_names_no_parameter_is_an_error_of_the_document(expression: Any) -> None:
    document = document_of({"properties": {"ref": {"x-equals": expression}}})
    with pytest.raises(DocumentError, match="x-equals"):
        found(document, answer(200, {}))


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
    content = {JSON: REF, "a/b+json": {}, "text/plain": {"schema": {"type": "string"}}}
    document = document_of(schemas={"Thing": THING}, responses={"200": {"description": "", "content": content}})
    place = parse_response(document.operations[0], answer(status, GOOD, media_type=media_type)).schema
    assert (place if not place else document.resolve(place)[0]) == schema


def test_a_body_of_another_media_type_is_judged_by_no_schema() -> None:
    assert [rule for rule, _ in reported(document_of({"type": "string"}), answer(200, b"{"))] == ["json.malformed"]


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


@pytest.mark.parametrize(
    "field", ["a/b" + ";" * 5_000 + "!", "a/b" + (";" + " " * 50) * 200 + "!", 'a/b;c="' + "\\" * 9_999]
)
def test_a_hostile_header_field_is_judged_in_linear_time(field: str) -> None:
    assert reported(things(), answer(200, GOOD, media_type=field)) == [
        ("content-type.malformed", "header Content-Type")
    ]


@cache
def hostile() -> Document:
    schema = {
        "type": "object",
        "properties": {
            "pet": {"$ref": "#/components/schemas/Pet"},
            "ref": {"x-equals": "$request.path.thing", "pattern": "^a"},
            "more": {"$ref": "#/components/schemas/More"},
            "when": {"format": "date-time", "multipleOf": 0.1},
            "list": {"uniqueItems": True, "contains": {"type": "integer"}},
        },
        "patternProperties": {"^x": {"anyOf": [{"type": "string"}, False]}},
        "unevaluatedProperties": {"not": {"const": 1}},
    }
    more = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/More"}}, {"type": "integer"}]}
    responses = {
        "200": {**response(JSON, headers=HEADERS), "content": {JSON: {"schema": schema}}},
        "4XX": response("*/*"),
    }
    return document_of(schemas={**PETS, "More": more, "Thing": THING}, responses=responses)


@cache
def pinned() -> Document:
    return load(PINNED, [PINNED_OVERLAY])


names = st.sampled_from(
    ["pet", "ref", "more", "when", "list", "x", "kind", "detail", "loc", "id", "\\ud800", "vendor_configuration"]
)
scalars = st.sampled_from(
    ["1", "-0", "1e999", "9" * 5_000, "NaN", '"a"', '"\\ud800"', '"\x00"', "null", "true", "[]", "{}", '"CAT"', "0.1"]
)
texts = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(st.tuples(names, inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f'"{k}":{v}' for k, v in pairs) + "}"
        )
    ),
    max_leaves=12,
).map(str.encode)
deep = st.integers(1, 3_000).map(lambda depth: b'{"more":' + b"[" * depth + b"]" * depth + b"}")
bodies = st.binary() | texts | deep | texts.map(lambda body: b'{"pad": "' + b"p" * LARGE + b'", "more": ' + body + b"}")
fields = st.tuples(
    st.sampled_from(["Content-Type", "X-Count", "X-Word", "x-list"]) | st.text(),
    st.sampled_from([JSON, "1", "a/b"]) | st.text(st.characters()),
)


@given(
    st.sampled_from([hostile, pinned]),
    st.sampled_from([200, 422]) | st.integers(100, 599),
    st.lists(fields, max_size=4).map(tuple),
    bodies,
    st.sampled_from([True, False, None]),
    st.text(st.characters(), min_size=1),
)
@example(
    hostile,
    200,
    (("Content-Type", JSON), ("X-Word", "\ud800")),
    b'{"when": "\\ud800", "ref": "\\ud800"}',
    True,
    "\udcff",
)
@example(hostile, 200, (("Content-Type", JSON),), b'{"more":' + b"[" * 300 + b"]" * 300 + b"}", None, "a")
@example(pinned, 422, (("Content-Type", JSON),), b'{"detail": [{"loc": ["\\ud800"]}]}', None, "a")
def test_no_response_raises_and_equal_ones_have_equal_violations(
    document: Any, status: int, headers: tuple[tuple[str, str], ...], body: bytes, exists: bool | None, asked: str
) -> None:
    operation = document().operations[0]
    outcome = Response(status, headers, body)
    exchange = exchange_of(operation, outcome, exists=exists)
    once = judge(operation, exchange)
    assert judge(operation, exchange) == once
    assert list(once) == sorted(set(once))
    tally = Tally()
    tally.note(exchange, once)
    for violation in once:
        assert violation.rule in RULES
        document().schema(violation.pointer or "#")
        line = violation_line(violation)
        assert line.splitlines() == [line]
        assert line.encode("utf-8")


@pytest.mark.parametrize(
    ("charset", "rules"),
    [
        ("utf-8", []),
        ('"UTF-8"', []),
        ("utf8", []),
        ("us-ascii", []),
        ("iso-8859-1", ["content-type.charset"]),
        ('"windows-1252"', ["content-type.charset"]),
        ('"utf\\-8"', []),
        ('"latin\\-1"', ["content-type.charset"]),
        ("utf-16", ["content-type.charset"]),
    ],
)
def test_a_named_charset_must_be_utf_8(charset: str, rules: list[str]) -> None:
    for name in ("charset", "Charset"):
        outcome = answer(200, GOOD, media_type=f"application/json; {name}={charset}")
        assert [rule for rule, _ in reported(things(), outcome)] == rules


@pytest.mark.parametrize(
    ("exists", "rules"), [(False, ["overlay.unknown-resource"]), (None, []), (True, [])], ids=["made up", "?", "known"]
)
def test_a_resource_that_does_not_exist_must_be_refused(exists: bool | None, rules: list[str]) -> None:
    assert [rule for rule, _ in reported(refusing(echo=True), answer(200, {"name": "x"}), "x", exists=exists)] == rules


@pytest.mark.parametrize(("status", "told_of"), [(199, 0), (200, 1), (299, 1), (300, 0)])
def test_any_status_but_success_refuses_a_resource_that_does_not_exist(status: int, told_of: int) -> None:
    document = document_of(responses={"default": {"description": ""}})
    document.schema(document.operations[0].pointer)["x-refuses-unknown"] = True
    assert len(found(document, answer(status, media_type=None), exists=False)) == told_of


@pytest.mark.parametrize("body", [b"", b"{"])
def test_an_unreadable_body_is_reported_as_that_alone(body: bytes) -> None:
    rules = [rule for rule, _ in reported(document_of({"x-equals": "$request.path.thing"}), answer(200, body))]
    assert rules == ["json.malformed" if body else "body.missing"]


def test_an_absent_value_hides_no_other_one_that_must_repeat_the_request() -> None:
    equal = {"x-equals": "$request.path.thing"}
    document = document_of({"properties": {"a": equal, "b": equal, "c": equal}})
    assert {place for _, place in reported(document, answer(200, {"a": "x", "c": "x"}))} == {"body/a", "body/c"}
    assert reported(document, answer(200, {"b": "x"})) == [("overlay.equals", "body/b")]


@pytest.mark.parametrize("rule", [{"type": "string"}, {"enum": ["one"]}, {"maximum": 3}], ids=str)
def test_a_value_that_its_schema_forbids_is_not_compared_with_the_request(rule: dict[str, Any]) -> None:
    document = document_of({"properties": {"ref": {**rule, "x-equals": "$request.path.thing"}}})
    assert [each for each, _ in reported(document, answer(200, {"ref": 5}))] == [f"schema.{next(iter(rule))}"]


def test_a_resource_answered_as_another_is_reported_as_that_alone() -> None:
    assert [rule for rule, _ in reported(refusing(echo=True), answer(200, {"name": "X"}), "x", exists=False)] == [
        "overlay.equals"
    ]


def test_a_value_of_another_type_is_reported_as_that_alone() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "enum": ["b"], "format": "date"}}}
    assert reported(document_of(schema), answer(200, {"a": None})) == [("schema.type", "body/a")]


@pytest.mark.parametrize(
    ("outcome", "rules"),
    [
        (Response(200, (("Content-Type", JSON),), b"{", SIZED % 1 + b"\r\n{}"), ["framing.surplus"]),
        (Response(200, (), b'{"name": "x"}', SIZED % 13 + b"A : 1\r\n\r\n" + b'{"name": "x"}'), ["framing.head"]),
        (Failure("timeout", "", SIZED % 9 + b"Content-Length: 2\r\n\r\n{}"), ["framing.length"]),
        (Failure("cut", "", SIZED % 9 + b"\r\n{}"), ["transport.cut"]),
        (Failure("cut", "", b"HTTP/1.1 200 OK\r\nA : 1\r\nContent-Length: 9\r\n\r\n{}"), ["framing.head"]),
        (Failure("reset", ""), ["transport.reset"]),
        (answer(200, GOOD, ("Content-Encoding", "identity")), []),
        (answer(200, b"\x28\xb5", ("Content-Encoding", "zstd")), ["content-encoding.unasked"]),
    ],
)
def test_a_framing_or_coding_fault_hides_the_faults_that_follow_from_it(
    outcome: Response | Failure, rules: list[str]
) -> None:
    assert [each.rule for each in found(things(), outcome)] == rules
