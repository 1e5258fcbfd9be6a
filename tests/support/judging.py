"""Instances judged against schemas of tiny documents, and a table of those of a union."""

from __future__ import annotations

from functools import cache
from typing import Any

from contracts.judge.validation import compiled
from contracts.judge.violation import Violation
from contracts.openapi import PINNED, Document, load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.reports.messages import violation_line
from contracts.rules import RULES
from tests.support.tiny import body_schema, document_of

ABSENT = object()


def judged(
    schema: Any, instance: Any, schemas: dict[str, Any] | None = None, *, size: int = 0
) -> tuple[Document, list[Violation]]:
    document = document_of(schema, schemas)
    found = compiled(document).violations(body_schema(document), instance, size=size)
    for violation in found:
        assert violation.rule in RULES
        document.schema(violation.pointer)
        assert "not valid under any" not in violation_line(violation)
    return document, found


def reported(schema: Any, instance: Any, schemas: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    """Return rule, place in the instance and place under the schema of each violation, sorted."""
    document, found = judged(schema, instance, schemas)
    root = body_schema(document)
    places = [violation.pointer.removeprefix(root).removeprefix("#/components/schemas") for violation in found]
    return sorted(
        (each.rule, each.place.removeprefix("body"), place) for each, place in zip(found, places, strict=True)
    )


def union_table(tag: str, closed: str, open_: str, part: str, text: str, only: str) -> list[tuple[Any, Any]]:
    """Return instances of a union of three branches with (rule, place, variant, branch, suggestion) or None.

    The branch `only` has no property `only`.
    """
    return [
        ({tag: closed, part: {}}, None),
        ({tag: closed, part: []}, ("schema.type", f"/{part}", "array", closed, "")),
        ({tag: open_, part: 5}, ("schema.type", f"/{part}", "integer", open_, "")),
        ({}, ("union.tag-missing", f"/{tag}", "", "", "")),
        ({text: "x"}, ("union.tag-missing", f"/{tag}", "", "", "")),
        ({tag: closed.lower()}, ("union.tag-unknown", f"/{tag}", closed.lower(), "", closed)),
        ({tag: "AZURE"}, ("union.tag-unknown", f"/{tag}", "AZURE", "", "")),
        ({tag: None}, ("union.tag-type", f"/{tag}", "", "", "")),
        ({tag: [closed]}, ("union.tag-type", f"/{tag}", "", "", "")),
        ({only: 5}, ("union.tag-missing", f"/{tag}", "", "", "")),
        ({tag: closed, "undeclared": {}}, None),
        ({tag: closed, only: 5}, None),
        (None, ("schema.type", "", "null", "", "")),
        (closed, ("schema.type", "", "string", "", "")),
        ([], ("schema.type", "", "array", "", "")),
    ]


PET_TABLE = union_table("kind", "EEL", "CAT", "toys", "home", "home")
JOB_TABLE = union_table("vendor", "OPENAI", "LAUNCH", "hyperparameters", "suffix", "output")


@cache
def pinned() -> Document:
    return load(PINNED, [PINNED_OVERLAY])
