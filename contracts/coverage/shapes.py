"""Read off a schema what it leaves to a response, wherever the schema is used: a shape knows no location.

A document uses most of its schemas at many places, and every place has a node of its own (`features`), so that what
does not depend on the place is worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from contracts.coverage.single_tests import single_tests
from contracts.judge import compiled
from contracts.openapi import Document, Union, identity, json_type, text_of, to_pointer

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A function of a value, with the kind and name of the feature that each of its results shows."""

    of: Callable[[Any], Any]
    shows: Mapping[Any, tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """A schema that applies to the same value if the test holds; the application may show a feature by itself.

    `kind` is empty if it shows none.
    """

    applies: Test
    pointer: str
    kind: str = ""
    which: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What the schema at one place of a document says; all pointers are those of other schemas.

    `required` are the properties that it requires, in itself or in those that always apply to the same value.
    `is_open` is whether undeclared properties are described.
    """

    at: str
    union: Union | None
    required: frozenset[str]
    choices: tuple[Choice, ...]
    conjuncts: tuple[str, ...]
    branches: tuple[Applied, ...]
    alternatives: tuple[Applied, ...]
    properties: tuple[tuple[str, str, str], ...]
    """Name, the name as a pointer, and the pointer of the property's schema."""
    declares: bool
    is_open: bool
    patterns: tuple[tuple[str, str], ...]
    additional: str | None
    prefix: tuple[str, ...]
    items: str | None


@lru_cache(maxsize=65_536)
def shape_of(document: Document, pointer: str) -> Shape:
    """Return the shape of the schema that a place means: the same one for all places that mean the same schema."""
    return _shape_at(document, document.resolve(pointer)[0])


@lru_cache(maxsize=65_536)
def _shape_at(document: Document, at: str) -> Shape:
    schema = document.schema(at)
    schema = schema if isinstance(schema, dict) else {}
    union = document.unions.get(at)
    below = partial(_below, at)
    additional = isinstance(schema.get("additionalProperties"), dict)
    return Shape(
        at=at,
        union=union,
        required=_required(document, at, schema),
        choices=tuple(_choices(document, at, schema)),
        conjuncts=_conjuncts(at, schema),
        branches=tuple(_branches(union)) if union else (),
        alternatives=(*(() if union else _alternatives(document, at, schema)), *_conditions(document, at, schema)),
        properties=tuple((name, to_pointer(name), below("properties", name)) for name in schema.get("properties", ())),
        declares="properties" in schema,
        is_open=bool({"additionalProperties", "unevaluatedProperties", "patternProperties"} & schema.keys()),
        patterns=tuple((each, below("patternProperties", each)) for each in schema.get("patternProperties", ())),
        additional=below("additionalProperties") if additional else None,
        prefix=tuple(below("prefixItems", index) for index in range(len(schema.get("prefixItems", ())))),
        items=below("items") if schema.get("items", False) is not False else None,
    )


def _below(at: str, *path: str | int) -> str:
    return at + to_pointer(*path)


def _conjuncts(at: str, schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the pointers of the schemas that always apply to the same value."""
    references = [schema["$ref"]] if "$ref" in schema else []
    return (*references, *(at + to_pointer("allOf", index) for index in range(len(schema.get("allOf", ())))))


def _required(document: Document, at: str, schema: dict[str, Any]) -> frozenset[str]:
    own = frozenset(schema.get("required", ()))
    return own.union(*(shape_of(document, conjunct).required for conjunct in _conjuncts(at, schema)))


def _choices(document: Document, at: str, schema: dict[str, Any]) -> Iterator[Choice]:
    # A listed value that the schema's other keywords rule out is promised by no one, nor is a type without any.
    listed = {identity(value): value for value in schema.get("enum", ()) if _is_valid(document, at, value)}
    if listed:
        texts = {key: value if isinstance(value, str) else text_of(value) for key, value in listed.items()}
        yield Choice(identity, {key: ("value", text) for key, text in texts.items()})
    types = schema.get("type")
    if "enum" in schema and isinstance(types, list):
        kinds = {json_type(value) for value in listed.values()}
        types = [name for name in types if name in kinds or (name == "number" and "integer" in kinds)]
    if isinstance(types, list) and len(types) > 1:
        typed = {name: ("alternative", name) for name in types}
        if "number" in typed:
            typed.setdefault("integer", typed["number"])
        yield Choice(json_type, typed)
    for kind, which, test in single_tests(schema):
        yield Choice(test, {True: (kind, which)})


def _branches(union: Union) -> Iterator[Applied]:
    for branch in union.tagged:
        for tag in branch.tags:
            yield Applied(partial(_claims, union.tag, tag), branch.target, "branch", tag)


def _alternatives(document: Document, at: str, schema: dict[str, Any]) -> Iterator[Applied]:
    for keyword in ("anyOf", "oneOf"):
        for index in range(len(schema.get(keyword, ()))):
            target = at + to_pointer(keyword, index)
            yield Applied(partial(_is_valid, document, target), target, "alternative", _name(document, target))


def _conditions(document: Document, at: str, schema: dict[str, Any]) -> Iterator[Applied]:
    holds = partial(_is_valid, document, at + to_pointer("if"))
    for keyword, applies in (("then", holds), ("else", lambda value: not holds(value))):
        if "if" in schema and keyword in schema:
            yield Applied(applies, at + to_pointer(keyword))
    for name in schema.get("dependentSchemas", ()):
        yield Applied(partial(_has, name), at + to_pointer("dependentSchemas", name))


def _name(document: Document, pointer: str) -> str:
    at, schema = document.resolve(pointer)
    kind = schema.get("type") if isinstance(schema, dict) else None
    if at.startswith("#/components/schemas/") and at.count("/") == 3:
        return at.rsplit("/", 1)[1]
    return kind if isinstance(kind, str) else text_of(schema)


def _is_valid(document: Document, pointer: str, value: Any) -> bool:
    return compiled(document).is_valid(pointer, value)


def _claims(tag: str, claimed: str, value: Any) -> bool:
    return isinstance(value, dict) and value.get(tag) == claimed


def _has(name: str, value: Any) -> bool:
    return isinstance(value, dict) and name in value
