"""Violations in full: place, pointer, expected and actual; and the attempts before a response."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from contracts.http.exchange import Failure, Response
from contracts.judge.checks import judge
from contracts.judge.violation import Violation
from tests.support.checking import GOOD, HEADERS, SIZED, THING, found, refusing, response, things
from tests.support.tiny import JSON, answer, document_of, exchange_of

GET = "#/paths/~1things~1{thing}/get"
FIELD = "header Content-Type"
STATUSES = '["200", "204", "4XX", "410"]'
TYPES = '["application/json"]'
TOLD: list[tuple[Response | Failure, Violation]] = [
    (answer(201, GOOD), Violation("status.undocumented", 201, "status", GET + "/responses", STATUSES, "201", "201")),
    (
        answer(500, media_type=None),
        Violation("status.server-error", 500, "status", GET + "/responses", STATUSES, "500", "500"),
    ),
    (
        answer(404, {}),
        Violation("status.known-resource", 404, "status", GET + "/responses", '["200", "204"]', "404", "404"),
    ),
    (
        answer(200, GOOD, media_type=None),
        Violation("content-type.missing", 200, FIELD, GET + "/responses/200/content", TYPES),
    ),
    (
        answer(200, GOOD, media_type="é"),
        Violation("content-type.malformed", 200, FIELD, GET + "/responses/200/content", TYPES, '"é"'),
    ),
    (
        answer(200, GOOD, media_type="Text/HTML; a=b"),
        Violation(
            "content-type.undocumented",
            200,
            FIELD,
            GET + "/responses/200/content",
            TYPES,
            '"Text/HTML; a=b"',
            "text/html",
        ),
    ),
    (
        answer(200, GOOD, media_type="application/json; charset=Latin1"),
        Violation("content-type.charset", 200, FIELD, GET + "/responses/200/content", '"utf-8"', '"Latin1"', "latin1"),
    ),
    (answer(200), Violation("body.missing", 200, "body", GET + "/responses/200/content", TYPES)),
    (
        answer(204, b"xy", media_type=None),
        Violation("body.unexpected", 204, "body", GET + "/responses/204", actual='"2 bytes"'),
    ),
    (
        answer(200, b'{"name": "\xff"}'),
        Violation("json.encoding", 200, "body@10", GET + "/responses/200", actual='"byte FF"'),
    ),
    (
        answer(200, {"name": 5}),
        Violation(
            "schema.type",
            200,
            "body/name",
            "#/components/schemas/Thing/properties/name/type",
            '"string"',
            "5",
            "integer",
        ),
    ),
    (
        answer(200, GOOD, ("Content-Encoding", "gzip, ZSTD, br")),
        Violation(
            "content-encoding.unasked",
            200,
            "header Content-Encoding",
            "",
            '["gzip", "x-gzip", "deflate"]',
            '"gzip, ZSTD, br"',
            "zstd",
        ),
    ),
    (
        Response(200, (("Content-Type", JSON),), b'{"name": ""}', SIZED % 12 + b'\r\n{"name": ""}(\xe9)'),
        Violation("framing.surplus", 0, "message", "", actual='"(\\\\xe9)"'),
    ),
    (
        Failure("timeout", "", SIZED % 9 + b"Content-Length: 2\r\n\r\n{}"),
        Violation("framing.length", 0, "head", "", actual='"Content-Length: 9, 2"', variant="differing"),
    ),
    (Failure("timeout", "läte"), Violation("transport.timeout", 0, "transport", "", actual='"läte"')),
]


@pytest.mark.parametrize(("outcome", "violation"), TOLD, ids=[row[1].rule for row in TOLD])
def test_a_violation_has_its_place_pointer_expected_and_actual_values(
    outcome: Response | Failure, violation: Violation
) -> None:
    assert found(things(), outcome, exists=violation.rule == "status.known-resource") == [violation]


def test_a_response_to_an_undocumented_method_is_judged_as_a_refusal_alone() -> None:
    operation = things().operations[0]

    def told_of(outcome: Response) -> tuple[Violation, ...]:
        exchange = exchange_of(operation, outcome, exists=True)
        request = dataclasses.replace(exchange.request, method="POST")
        return judge(operation, dataclasses.replace(exchange, request=request))

    granted = Violation("method.not-refused", 500, "status", GET.removesuffix("/get") + "/get", "405", "500", "POST")
    assert told_of(answer(500, b"oops")) == (granted,)
    assert told_of(answer(405, b"", ("Allow", "GET"))) == ()
    behind = Response(500, (), b"", SIZED % 0 + b"\r\nmore")
    assert told_of(behind) == (Violation("framing.surplus", 0, "message", "", actual='"more"'), granted)


def test_an_invalid_header_is_reported_with_its_schema() -> None:
    document = document_of(schemas={"Thing": THING}, responses={"200": response(JSON, headers=HEADERS)})
    place, schema = GET + "/responses/200/headers/X-Count", '{"type": "integer", "minimum": 0}'
    assert found(document, answer(200, GOOD)) == [Violation("header.missing", 200, "header X-Count", place)]
    assert found(document, answer(200, GOOD, ("X-Count", "-é"))) == [
        Violation("header.schema", 200, "header X-Count", place + "/schema", schema, '"-é"')
    ]


def test_a_violation_of_an_overlay_points_at_its_keyword() -> None:
    document = refusing(echo=True)
    echoed = GET + "/responses/200/content/application~1json/schema/properties/name/x-equals"
    assert found(document, answer(200, {"name": "é"}), "ü") == [
        Violation("overlay.equals", 200, "body/name", echoed, '"ü"', '"é"')
    ]
    assert found(document, answer(200, {}), exists=False) == [
        Violation("overlay.unknown-resource", 200, "status", GET + "/x-refuses-unknown", '["4XX"]', "200")
    ]


def test_an_unknown_resource_is_reported_with_the_documented_refusals() -> None:
    statuses = {status: {"description": ""} for status in ("200", "404", "default")}
    document = document_of(responses=statuses)
    document.schema(document.operations[0].pointer)["x-refuses-unknown"] = True
    (violation,) = found(document, answer(200, media_type=None), exists=False)
    assert violation.expected == '["404", "default"]'


# Responses that needed another attempt.

FLAKY = document_of().operations[0]


def flaky_rules(outcome: Response | Failure, *earlier: Response | Failure) -> list[tuple[str, str]]:
    exchange = dataclasses.replace(exchange_of(FLAKY, outcome), previous_attempts=earlier)
    return [(each.rule, each.variant) for each in judge(FLAKY, exchange)]


@pytest.mark.parametrize(
    ("earlier", "reported"),
    [
        ([], []),
        ([answer(503)], [("flaky.status", "503")]),
        ([answer(502), answer(503), answer(502)], [("flaky.status", "502"), ("flaky.status", "503")]),
        ([Failure("reset", "gone")], [("flaky.transport", "reset")]),
        ([Failure("timeout", ""), answer(504)], [("flaky.status", "504"), ("flaky.transport", "timeout")]),
        ([answer(429, b"", ("Retry-After", "1"))], []),
        ([Failure("closed", "gone")], []),
        ([Failure("closed", "gone"), Failure("cut", "gone")], [("flaky.transport", "cut")]),
    ],
)
def test_a_response_that_needed_another_attempt_is_reported(
    earlier: list[Any], reported: list[tuple[str, str]]
) -> None:
    assert flaky_rules(answer(200, {}), *earlier) == reported


def test_a_failed_attempt_is_reported_with_its_words() -> None:
    exchange = dataclasses.replace(
        exchange_of(FLAKY, answer(200, {})), previous_attempts=(Failure("reset", "wég"), answer(503))
    )
    assert judge(FLAKY, exchange) == (
        Violation("flaky.status", 503, "status", GET + "/responses", actual="503", variant="503"),
        Violation("flaky.transport", 0, "transport", "", actual='"wég"', variant="reset"),
    )


@pytest.mark.parametrize(
    ("outcome", "reported"),
    [
        (Failure("reset", ""), [("transport.reset", "")]),
        (answer(503, {}), [("status.server-error", "503")]),
        (answer(429, {}), []),
    ],
)
def test_if_every_attempt_failed_the_last_one_is_judged_alone(outcome: Any, reported: list[tuple[str, str]]) -> None:
    assert flaky_rules(outcome, answer(502), Failure("timeout", "")) == reported
