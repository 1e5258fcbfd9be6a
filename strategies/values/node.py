"""Conjunctions of schemas: all the schemas that judge one value, and what they say together of the value's parts.

A `Node` is a tuple of schemas that must all hold. A flat node (see `Schemas.flat`) holds neither `$ref` nor `allOf`, so
that its keywords can be read off its parts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.openapi import matches_pattern, resolve_pointer, to_pointer

HARD: Final = frozenset(
    "dependentRequired dependentSchemas else if not then unevaluatedItems unevaluatedProperties".split()
)
"""Keywords that only the schema algebra can take apart."""


@dataclass(frozen=True, slots=True)
class Part:
    """One schema of a conjunction, compared by `key`. `pointer` is None if it stands in no document."""

    key: str
    pointer: str | None = field(compare=False)
    schema: Any = field(compare=False)

    def without(self, *keywords: str) -> Part:
        """Return the same part with these keywords left out."""
        rest = {keyword: value for keyword, value in self.schema.items() if keyword not in keywords}
        return Part(f"{self.key} - {' '.join(keywords)}", self.pointer, rest)

    def child(self, *path: str | int) -> Part:
        """Return the schema at a path below this one; raise LookupError if there is none."""
        schema = resolve_pointer(self.schema, [str(step) for step in path])
        if self.pointer is None:
            return inline(schema)
        pointer = self.pointer + to_pointer(*path)
        return Part(pointer, pointer, schema)


Node = tuple[Part, ...]


def inline(schema: Any) -> Part:
    """Return a part for a schema that stands in no document; its `$ref`s are places of the document all the same."""
    return Part(json.dumps(schema, sort_keys=True), None, schema)


def without(node: Node, part: Part, *keywords: str) -> Node:
    """Return the node without these keywords of one of its parts."""
    rest = part.without(*keywords)
    return (*(other for other in node if other is not part), *((rest,) if rest.schema else ()))


def pin(tag: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of objects whose tag is present and one of `tags`."""
    return {"type": "object", "required": [tag], "properties": {tag: {"enum": list(tags)}}}


def keyword_values(node: Node, keyword: str) -> list[Any]:
    """Return the values that the parts of a flat node give the keyword."""
    return [part.schema[keyword] for part in node if keyword in part.schema]


def listed_values(node: Node) -> list[list[Any]]:
    """Return the lists of values that `enum` and `const` of a flat node's parts admit."""
    return [*keyword_values(node, "enum"), *([value] for value in keyword_values(node, "const"))]


OF_TYPE: Final = {
    "string": frozenset("format maxLength minLength pattern".split()),
    "number": frozenset("exclusiveMaximum exclusiveMinimum maximum minimum multipleOf".split()),
    "array": frozenset("contains items maxContains maxItems minContains minItems prefixItems uniqueItems".split()),
    "object": frozenset(
        "additionalProperties maxProperties minProperties patternProperties properties propertyNames required".split()
    ),
}
"""JSON type to the keywords that assert something about values of it."""


def types(node: Node) -> list[str]:
    """Return the types that all parts of a flat node allow.

    If no part names one, those that the keywords assert something about.
    """
    lists = [[name] if isinstance(name, str) else name for name in keyword_values(node, "type")]
    if not lists:
        used = {keyword for part in node for keyword in part.schema}
        return [name for name, keywords in OF_TYPE.items() if used & keywords]
    wide = [{*names, "integer"} if "number" in names else set(names) for names in lists]
    common = set.intersection(*wide)
    if "number" in common:
        common.discard("integer")
    return [name for name in (*lists[0], "integer") if name in common][: len(common)]


def item_node(node: Node, index: int) -> Node:
    """Return all schemas that judge the item at an index."""
    found = []
    for part in node:
        if index < len(part.schema.get("prefixItems", ())):
            found.append(part.child("prefixItems", index))
        elif "items" in part.schema:
            found.append(part.child("items"))
    return tuple(found)


def property_node(node: Node, name: str) -> Node:
    """Return all schemas that judge a property of this name.

    `additionalProperties` judges only names that its own schema does not declare otherwise (Core, section 10.3.2.3).
    """
    found = []
    for part in node:
        own = [part.child("properties", name)] if name in part.schema.get("properties", ()) else []
        patterns = part.schema.get("patternProperties", ())
        own += [part.child("patternProperties", pattern) for pattern in patterns if matches_pattern(pattern, name)]
        if not own and "additionalProperties" in part.schema:
            own = [part.child("additionalProperties")]
        found += own
    return tuple(found)
