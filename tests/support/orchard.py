"""A document of an orchard, one place of which a test changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contracts.errors import DocumentError
from contracts.openapi import Document
from contracts.openapi.pointer import from_pointer, resolve_pointer

GET = "#/paths/~1trees~1{tree}/get"
PARAMETER = GET + "/parameters/0"
ANSWER = GET + "/responses/200"
SCHEMA = ANSWER + "/content/application~1json/schema"
TREE = "#/components/schemas/Tree"

Contents = dict[str, Any]


def orchard(schema: Any = None, **schemas: Any) -> Contents:
    """Return a document with one operation, answered by the schema (by default the component Tree)."""
    response = {
        "description": "a tree",
        "content": {"application/json": {"schema": {"$ref": TREE} if schema is None else schema}},
        "headers": {"X-Rings": {"required": True, "schema": {"type": "integer"}}, "X-Bark": {}},
    }
    parameter = {"name": "tree", "in": "path", "required": True, "schema": {"type": "string"}}
    tree = {"type": "object", "properties": {"rings": {"type": "integer", "format": "int32"}}, "required": ["rings"]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orchard", "version": "7"},
        "paths": {"/trees/{tree}": {"get": {"parameters": [parameter], "responses": {"200": response}}}},
        "components": {"schemas": {"Tree": tree, **schemas}},
    }


def put(contents: Contents, pointer: str, value: Any) -> Contents:
    """Return the contents with another value at the place."""
    *parents, name = from_pointer(pointer)
    holder: Any = resolve_pointer(contents, parents)
    holder[int(name) if isinstance(holder, list) else name] = value
    return contents


def changed(pointer: str, value: Any) -> Contents:
    return put(orchard(), pointer, value)


def refused(read: Callable[..., Document], contents: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(contents)
    assert str(caught.value).splitlines() == [str(caught.value)]
    assert caught.value.path.name in str(caught.value)
    return caught.value
