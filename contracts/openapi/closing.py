"""Close the objects of responses, so that a property that the document does not declare breaks it.

Hides where the keyword has to stand. JSON Schema leaves objects open; `additionalProperties: false` closes one whose
schema stands alone, and `unevaluatedProperties: false` one that several schemas describe together. Source: JSON Schema
2020-12 Core, sections 10.3.2.3 and 11.3.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from contracts.openapi.discriminator import declares_tags_apart
from contracts.openapi.document import Document
from contracts.openapi.media_types import sample_type
from contracts.openapi.pointer import from_pointer, replaced, resolve_pointer, to_pointer
from contracts.openapi.schema_keywords import ANNOTATIONS, IN_PLACE, subschemas

CLOSED: Final = "x-closed"
"""The keyword by which an overlay says of the whole document that responses hold declared properties alone."""

_EXPLICIT: Final = frozenset(("additionalProperties", "unevaluatedProperties"))
_DECLARING: Final = frozenset(("properties", "patternProperties"))
_ALWAYS: Final = ("$ref", "allOf")


def open_objects(document: Document) -> tuple[tuple[str, str], ...]:
    """Return the place of each schema of a response that lets undeclared properties in, and the keyword that closes it.

    Schemas that say themselves what other properties may be, or that declare no property, are left as they are.
    """
    return tuple(dict.fromkeys(_Objects(document).closings()))


def closed_if_asked(document: Document) -> Document:
    """Return the document with the objects of its responses closed if an overlay asks for that (`x-closed: true`)."""
    if document.contents.get(CLOSED) is not True:
        return document
    contents: Any = document.contents
    for place, keyword in open_objects(document):
        schema: Any = resolve_pointer(contents, from_pointer(place))
        contents = replaced(contents, from_pointer(place), {**schema, keyword: False})
    return replace(document, contents=contents)


class _Objects:
    """The places of a document at which a response has a value: a body, a property, an item."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._silent = ANNOTATIONS | document.annotations
        # The schema of a value to the places that name it, its own or that of a reference to it.
        self._uses: dict[str, list[str]] = {}
        # Schemas that describe a value together with others: what they leave open the others may declare.
        self._composed: set[str] = set()

    def closings(self) -> Iterator[tuple[str, str]]:
        known = None
        while known != self._composed:  # The more schemas are closed together, the fewer can be closed by themselves.
            known = set(self._composed)
            self._walk()
        for at, uses in sorted(self._uses.items()):
            for place in uses if at in self._composed else [at]:
                if place not in self._composed:
                    schema: Any = self._document.schema(place)
                    yield place, "unevaluatedProperties" if IN_PLACE & schema.keys() else "additionalProperties"

    def _walk(self) -> None:
        self._uses.clear()
        waiting = list(_bodies(self._document))
        seen: set[str] = set()
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                waiting += self._visit(place)

    def _visit(self, place: str) -> list[str]:
        """Take in a place of a value; return the places of its parts, and those of its alternatives."""
        at, schema = self._meant(place)
        if not isinstance(schema, dict):
            return []
        if alternatives := self._alternatives(at, schema):
            return alternatives
        together = self._together(at, IN_PLACE)
        declares = any(_DECLARING & self._keywords(each) for each in together)
        is_explicit = any(_EXPLICIT & self._keywords(each) for each in self._together(at, _ALWAYS))
        if declares and not is_explicit and not any(map(self._is_any_object, together)):
            self._uses.setdefault(at, []).append(place)
        self._composed.update(together[1:])
        return [part for each in together for part in self._parts(each)]

    def _alternatives(self, at: str, schema: dict[str, Any]) -> list[str]:
        """Return the places of a union's branches if each can be closed by itself; else none.

        Only where tags keep the branches apart: a `oneOf` of others might accept what it refused before, and a value of
        several branches of an `anyOf` may have the properties of all.
        """
        union = self._document.unions.get(at)
        if union is None or not declares_tags_apart(union, self._document.resolve):
            return []
        if self._asserting(schema) & (IN_PLACE | _DECLARING | _EXPLICIT) != {union.keyword}:
            return []
        found = [branch.pointer for branch in (*union.tagged, *union.untagged)]
        return [] if self._composed.intersection(found) else found

    def _meant(self, place: str) -> tuple[str, Any]:
        """Return the place and schema that a place means; annotations beside a `$ref` say nothing of the value."""
        at, schema = self._document.resolve(place)
        while isinstance(schema, dict) and "$ref" in schema and not schema.keys() - {"$ref"} - self._silent:
            at, schema = self._document.resolve(schema["$ref"])
        return at, schema

    def _is_any_object(self, at: str) -> bool:
        """Return whether the schema is an alternative that takes any object, with whatever properties."""
        if from_pointer(at)[-2:-1] not in (["oneOf"], ["anyOf"]):
            return False
        schema = self._meant(at)[1]
        if not isinstance(schema, dict):
            return schema is True
        kinds = schema.get("type", "object")
        return not self._asserting(schema) - {"type"} and "object" in kinds

    def _asserting(self, schema: dict[str, Any]) -> set[str]:
        return {keyword for keyword in schema if keyword not in self._silent and keyword[:2] != "x-"}

    def _keywords(self, at: str) -> set[str]:
        schema: Any = self._document.schema(at)
        return set(schema) if isinstance(schema, dict) else set()

    def _together(self, at: str, keywords: Any) -> list[str]:
        """Return the schema at the place and those that judge the same value by these keywords, it first."""
        found, waiting = [at], [at]
        while waiting:
            holder = waiting.pop()
            schema: Any = self._document.schema(holder)
            inner = [holder + to_pointer(*path) for path, _ in subschemas(schema) if path[0] in keywords]
            if isinstance(schema, dict) and "$ref" in schema:
                inner.append("#" + to_pointer(*from_pointer(schema["$ref"])))
            new = [each for each in inner if each not in found and not each.endswith("/not")]
            found += new
            waiting += new
        return found

    def _parts(self, at: str) -> Iterator[str]:
        schema: Any = self._document.schema(at)
        yield from (at + to_pointer(*path) for path, _ in subschemas(schema) if path[0] not in (*IN_PLACE, "$defs"))


def _bodies(document: Document) -> Iterator[str]:
    for operation in document.operations:
        for spec in operation.responses:
            for key, place in spec.content.items():
                sample = sample_type(spec.content, key)
                if place and sample and sample.is_json:
                    yield place
