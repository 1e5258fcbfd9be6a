"""The contents of tiny documents, built so that a test changes one thing in them."""

from __future__ import annotations

from typing import Any

from contracts.openapi import Document
from tests.support.tiny import JSON, PETS, document_at

Contents = dict[str, Any]

CLEAN: Contents = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}},
    "additionalProperties": False,
}
"""A schema that no rule finds anything about."""


def answering(schema: Any, schemas: Contents | None = None, **media_type: Any) -> Contents:
    """The contents of a document with one list, which is answered by the schema."""
    return operation({"200": response(schema, **media_type)}, schemas=schemas)


def response(schema: Any, **media_type: Any) -> Contents:
    return {"description": "", "content": {JSON: {"schema": schema, **media_type}}}


def operation(
    responses: Contents, *, path: str = "/things", schemas: Contents | None = None, parameter: Any = None, **fields: Any
) -> Contents:
    """The contents of a document with one operation; `parameter` is the schema of that in its path."""
    parameters = [{"name": "thing", "in": "path", "required": True, "schema": parameter or {"type": "string"}}]
    get = {"parameters": parameters * ("{" in path), "responses": responses, **fields}
    components = {"schemas": schemas or {}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {path: {"get": get}},
        "components": components,
    }


def pets(discriminator: Contents | None = None, **schemas: Any) -> Contents:
    """The contents of a document with a union whose branches require their tag and are closed, but for changes."""
    closed = {"additionalProperties": False, "required": ["kind"]}
    tagged = {name: {**PETS[name], **closed} for name in ("Cat", "Dog", "Eel")}
    whole = PETS["Pet"] if discriminator is None else {**PETS["Pet"], "discriminator": discriminator}
    return answering({"$ref": "#/components/schemas/Pet"}, {"Pet": whole, **tagged, **schemas})


def read(contents: Contents) -> Document:
    return document_at(contents)
