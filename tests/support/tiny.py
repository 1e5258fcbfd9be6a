"""Tiny documents with invented names, and exchanges of their operations."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from contracts.http.exchange import Exchange, Failure, Request, Response
from contracts.openapi import Document, Operation, load

JSON = "application/json"

PETS: dict[str, Any] = {
    "Pet": {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Cat", "Dog", "Eel")],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {name.upper(): f"#/components/schemas/{name}" for name in ("Cat", "Dog", "Eel")},
        },
    },
    "Cat": {
        "type": "object",
        "properties": {"kind": {"const": "CAT"}, "toys": {"type": "object"}, "home": {"type": "string"}},
    },
    "Dog": {
        "type": "object",
        "properties": {"kind": {"const": "DOG"}, "toys": {"type": "object"}, "home": {"type": "string"}},
    },
    "Eel": {"type": "object", "properties": {"kind": {"const": "EEL"}, "toys": {"type": "object"}}},
}
"""A union that is as ambiguous as the pinned document's: the tag is required nowhere, and no branch is closed."""


def document_at(contents: dict[str, Any]) -> Document:
    """The document with these contents, by way of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.json"
        path.write_text(json.dumps(contents), "utf-8")
        return load(path)


def document_of(
    schema: Any = True,
    schemas: dict[str, Any] | None = None,
    *,
    responses: dict[str, Any] | None = None,
    path: str = "/things/{thing}",
    kind: str = "string",
    refuses: bool = False,
) -> Document:
    """A document with one operation that answers 200 with the schema, unless `responses` say otherwise.

    With `refuses` a resource that does not exist is never answered with success.
    """
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": kind}} for name in names]
    answers = {"200": {"description": "", "content": {JSON: {"schema": schema}}}} if responses is None else responses
    return document_at(
        {
            "openapi": "3.1.0",
            "info": {"title": "Tiny", "version": "7"},
            "paths": {path: {"get": {"parameters": parameters, "responses": answers, "x-refuses-unknown": refuses}}},
            "components": {"schemas": schemas or {}},
        }
    )


def body_schema(document: Document, status: str = "200") -> str:
    """Where the schema of the first operation's JSON answer stands."""
    spec = next(spec for spec in document.operations[0].responses if spec.status == status)
    return str(spec.content[JSON])


def answer(status: int = 200, body: Any = b"", *fields: tuple[str, str], media_type: str | None = JSON) -> Response:
    """A response; a body that is no bytes is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, (*((("Content-Type", media_type),) if media_type is not None else ()), *fields), raw)


def exchange_of(
    operation: Operation,
    outcome: Response | Failure,
    *values: str,
    exists: bool | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Exchange:
    """The exchange in which the resource was asked for."""
    resource = values or ("one",) * len(operation.parameters)
    parameters = operation.bind(resource)
    url = "http://127.0.0.1:1" + operation.url_path(parameters)
    return Exchange(operation, Request(url, tuple(parameters.items()), exists, headers), outcome)
