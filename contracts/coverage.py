"""What a document promises that can be seen in an answer, and which of it one answer shows.

One walk serves both: over a schema with a value it finds what the value shows, without one all that could be shown.
A value is credited to the branch that its tag claims, not to the branch's siblings.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from contracts.checks import Reading
from contracts.document import Document, Operation
from contracts.json_text import UNREADABLE, text_of
from contracts.pointer import join
from contracts.validation import compiled

_ANY: Final[Any] = object()


@dataclass(frozen=True, slots=True, order=True)
class Feature:
    """Something to be seen: where in which answer, of what kind, and which.

    `place` is `status` for the status itself, else the status and a JSON pointer, `*` for any item and `[TAG]` behind
    a union. Kinds: `status`, `branch`, `value` (of an enum), `alternative` (of an untagged union), and the two sides
    of an optional property, `present` and `absent`.
    """

    operation: str
    place: str
    kind: str
    which: str = ""


@functools.lru_cache(maxsize=16)
def promised(operation: Operation) -> tuple[Feature, ...]:
    """Everything the document promises that an answer can show, in the document's order."""
    found: dict[Feature, None] = {}
    for promise in operation.promises:
        found[Feature(operation.path, "status", "status", promise.status)] = None
        for schema in promise.content.values():
            for place, kind, which in _walk(operation.document, schema, promise.status, _ANY) if schema else ():
                found[Feature(operation.path, place, kind, which)] = None
    return tuple(found)


def seen(operation: Operation, reading: Reading) -> frozenset[Feature]:
    """What one answer shows; of a status that the document does not promise, nothing. Equal answers are walked once."""
    known = _SEEN.get(reading)
    if known is None:
        known = _SEEN[reading] = frozenset(_shown(operation, reading))
    return known


# Kept as long as the reading is: equal answers are one reading.
_SEEN: Final[WeakKeyDictionary[Reading, frozenset[Feature]]] = WeakKeyDictionary()


def _shown(operation: Operation, reading: Reading) -> Iterator[Feature]:
    promise = reading.promise
    if promise is None:
        return
    yield Feature(operation.path, "status", "status", promise.status)
    if reading.value is not UNREADABLE and reading.schema:
        for place, kind, which in _walk(operation.document, reading.schema, promise.status, reading.value):
            yield Feature(operation.path, place, kind, which)


def _walk(
    document: Document, pointer: str, place: str, value: Any, trail: frozenset[str] = frozenset(), tag: str = ""
) -> Iterator[tuple[str, str, str]]:
    """What the value shows of the schema; `tag` names the property by which the value is known to be of a branch."""
    at, schema = document.resolve(pointer)
    # A schema inside itself shows nothing new; without this there would be no end to what it could show.
    if not isinstance(schema, dict) or at in trail:
        return
    trail |= {at}
    if "$ref" in schema:
        yield from _walk(document, schema["$ref"], place, value, trail, tag)
    for index in range(len(schema.get("allOf", ()))):
        yield from _walk(document, at + join("allOf", index), place, value, trail, tag)
    yield from _values(schema, place, value)
    yield from _alternatives(document, at, schema, place, value, trail)
    yield from _properties(document, at, schema, place, value, trail, tag)
    if isinstance(schema.get("items"), dict):
        for item in _items(value):
            yield from _walk(document, at + join("items"), place + "/*", item, trail)


def _values(schema: dict[str, Any], place: str, value: Any) -> Iterator[tuple[str, str, str]]:
    for listed in schema.get("enum", ()):
        if value is _ANY or (value == listed and isinstance(value, bool) == isinstance(listed, bool)):
            yield place, "value", listed if isinstance(listed, str) else text_of(listed)


def _alternatives(
    document: Document, at: str, schema: dict[str, Any], place: str, value: Any, trail: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    union = document.unions.get(at)
    if union is not None:
        for branch in union.tagged:
            for tag in branch.tags:
                if value is _ANY or (isinstance(value, dict) and value.get(union.tag) == tag):
                    yield place + join(union.tag), "branch", tag
                    yield from _walk(document, branch.target, f"{place}[{tag}]", value, trail, union.tag)
        return
    for keyword in ("anyOf", "oneOf"):
        for index in range(len(schema.get(keyword, ()))):
            target = at + join(keyword, index)
            if value is _ANY or compiled(document).is_valid(target, value):
                yield place, "alternative", _name(document, target)
                yield from _walk(document, target, place, value, trail)


def _properties(
    document: Document, at: str, schema: dict[str, Any], place: str, value: Any, trail: frozenset[str], tag: str
) -> Iterator[tuple[str, str, str]]:
    if value is not _ANY and not isinstance(value, dict):
        return
    for name in schema.get("properties", {}):
        if name == tag:
            continue  # It is seen as the branch that it names.
        inside = place + join(name)
        present = value is _ANY or name in value
        if name not in schema.get("required", ()):
            if present:
                yield inside, "present", ""
            if value is _ANY or not present:
                yield inside, "absent", ""
        if present:
            part = value if value is _ANY else value[name]
            yield from _walk(document, at + join("properties", name), inside, part, trail)


def _items(value: Any) -> list[Any]:
    if value is _ANY:
        return [_ANY]
    return value if isinstance(value, list) else []


def _name(document: Document, pointer: str) -> str:
    at, schema = document.resolve(pointer)
    kind = schema.get("type") if isinstance(schema, dict) else None
    if at.startswith("#/components/schemas/") and at.count("/") == 3:
        return at.rsplit("/", 1)[1]
    return kind if isinstance(kind, str) else text_of(schema)
