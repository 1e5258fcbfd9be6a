"""A document of things, and the violations that one response of it has."""

from __future__ import annotations

from functools import cache
from typing import Any

from contracts.http.exchange import Failure, Response
from contracts.judge.checks import judge
from contracts.judge.violation import Violation
from contracts.openapi import Document
from contracts.reports.messages import violation_line
from contracts.rules import RULES
from tests.support.tiny import JSON, document_of, exchange_of

THING = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
REF = {"schema": {"$ref": "#/components/schemas/Thing"}}
ERROR = {"type": "object", "properties": {"detail": {"type": "array"}}}


def response(*media_types: str, **more: Any) -> dict[str, Any]:
    return {"description": "", "content": dict.fromkeys(media_types, REF), **more}


@cache
def things() -> Document:
    return document_of(
        schemas={"Thing": THING},
        responses={
            "200": response(JSON),
            "204": {"description": ""},
            "4XX": {"description": "", "content": {JSON: {"schema": ERROR}}},
            "410": {"description": ""},
        },
    )


def found(document: Document, outcome: Response | Failure, *values: str, exists: bool | None = None) -> list[Violation]:
    operation = document.operations[0]
    violations = judge(operation, exchange_of(operation, outcome, *values, exists=exists))
    assert list(violations) == sorted(set(violations))
    for violation in violations:
        assert violation.rule in RULES
        document.schema(violation.pointer or "#")
        line = violation_line(violation)
        assert line.splitlines() == [line]
    return list(violations)


def reported(
    document: Document, outcome: Response | Failure, *values: str, exists: bool | None = None
) -> list[tuple[str, str]]:
    return [(each.rule, each.place) for each in found(document, outcome, *values, exists=exists)]


GOOD = {"name": "x"}


HEADERS = {
    "X-Count": {"required": True, "schema": {"type": "integer", "minimum": 0}},
    "X-Word": {"schema": {"type": "string", "pattern": "^[0-9]+$"}},
    "X-Flag": {"schema": {"type": "boolean"}},
    "X-List": {"schema": {"type": "array", "items": {"type": "integer"}}},
    "X-Any": {"schema": True},
    "X-None": {"schema": False},
    "X-Free": {"content": {JSON: {}}},
    "Content-Type": {"required": True, "schema": {"const": "never/this"}},
}


def refusing(echo: bool) -> Document:
    """Return a document whose operation refuses unknown resources and, if asked for, echoes the id."""
    document = document_of({"properties": {"name": {"x-equals": "$request.path.thing"} if echo else {}}})
    document.schema(document.operations[0].pointer)["x-refuses-unknown"] = True
    return document


SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
