"""One response judged: each violation once, by its rule, and none for a conforming response of any legal form."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.http.exchange import Failure, Response
from contracts.judge import Violation, consequences, parsed_response
from contracts.reports.messages import violation_line
from contracts.rules import RULES
from tests.support.checking import GOOD, HEADERS, REF, SIZED, THING, found, reported, response, things
from tests.support.tiny import JSON, answer, document_of


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
    (answer(200, {"name": 5}, media_type="text/html"), [("content-type.undocumented", "header Content-Type")]),
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


def test_a_body_of_another_media_type_is_judged_by_no_schema() -> None:
    assert [rule for rule, _ in reported(document_of({"type": "string"}), answer(200, b"{"))] == ["json.malformed"]


@pytest.mark.parametrize(
    "field", ["a/b" + ";" * 5_000 + "!", "a/b" + (";" + " " * 50) * 200 + "!", 'a/b;c="' + "\\" * 9_999]
)
def test_a_hostile_header_field_is_judged_in_linear_time(field: str) -> None:
    assert reported(things(), answer(200, GOOD, media_type=field)) == [
        ("content-type.malformed", "header Content-Type")
    ]


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


@pytest.mark.parametrize("body", [b"", b"{"])
def test_an_unreadable_body_is_reported_as_that_alone(body: bytes) -> None:
    rules = [rule for rule, _ in reported(document_of({"x-equals": "$request.path.thing"}), answer(200, body))]
    assert rules == ["json.malformed" if body else "body.missing"]


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


def of(rule: str, place: str, actual: str = "") -> Violation:
    return Violation(rule, 200, place, "#/p", "1", actual)


@pytest.mark.parametrize(
    ("cause", "change", "is_explained"),
    [
        (of("schema.type", "body", "[]"), of("overlay.immutable", "body/born"), True),
        (of("schema.type", "body", "[]"), of("overlay.final", "body/a/b", "2"), True),
        (of("schema.type", "body/a", "[]"), of("overlay.final", "body/a/b", "2"), True),
        (of("schema.type", "body/a", "[]"), of("overlay.final", "body/ab", "2"), False),
        (of("schema.type", "body/a", "[]"), of("overlay.final", "body/b/a", "2"), False),
        (of("schema.type", "body", "[]"), of("overlay.alias", "body/a", "2"), False),
        (of("schema.required", "body/name"), of("overlay.immutable", "body/born"), True),
        (of("schema.required", "body/name"), of("overlay.immutable", "body/born", "2"), False),
        (of("schema.required", "body/name"), of("overlay.immutable", "body/a/born"), False),
        (of("schema.required", "body/a/name"), of("overlay.immutable", "body/born"), False),
        (of("schema.enum", "body/name"), of("overlay.immutable", "body/born"), False),
    ],
)
def test_a_value_that_is_gone_with_its_object_is_no_change_of_its_own(
    cause: Violation, change: Violation, is_explained: bool
) -> None:
    assert consequences({cause, change}) == ({change} if is_explained else set())
