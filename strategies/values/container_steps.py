"""How objects and arrays are built: which properties and items a node admits, and how many.

Hides the rules by which `properties`, `patternProperties`, `additionalProperties`, `propertyNames`, `prefixItems`,
`items` and `contains` share out the parts of a value (JSON Schema 2020-12 Core, section 10.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from contracts.openapi import HINTS, matches_pattern
from strategies.values.build_steps import Array, Extra, Fits, Object, Step, Values
from strategies.values.schemas import Node, Schemas, inline

_UNSURE: Final = frozenset(
    "contains format maxContains multipleOf pattern patternProperties propertyNames uniqueItems".split()
)
"""Keywords that two validators may read differently; values that they shape are put before both."""


def keyword_values(node: Node, keyword: str) -> list[Any]:
    """Return the values that the parts of a flat node give the keyword."""
    return [part.schema[keyword] for part in node if keyword in part.schema]


def needed_check(schemas: Schemas, node: Node) -> Fits | None:
    """Return the validators' test of a value if building it by the keywords alone may not suffice, else None."""
    unsure = any(
        keyword in _UNSURE and not (keyword == "format" and value in HINTS)
        for part in node
        for keyword, value in part.schema.items()
    )
    return schemas.fits(node) if unsure else None


def listed_values(schemas: Schemas, node: Node) -> Values | None:
    """Return the values that `enum` and `const` list and the whole node admits; None if neither keyword is there.

    Raises Unsatisfiable if none of them fits.
    """
    lists = [*keyword_values(node, "enum"), *([value] for value in keyword_values(node, "const"))]
    if not lists:
        return None
    fits = schemas.fits(node)
    values = tuple(value for value in min(lists, key=len) if fits(value))
    if not values:
        raise schemas.refuse(node)
    return Values(values, True)


def array_step(schemas: Schemas, node: Node) -> Step:
    """Return how an array of a flat node is built; raise Unsatisfiable if no length is possible."""
    few = max(keyword_values(node, "minItems"), default=0)
    most = min(keyword_values(node, "maxItems"), default=None)
    needed = [(part, part.schema.get("minContains", 1)) for part in node if "contains" in part.schema]
    contained = [part.child("contains") for part, count in needed for _ in range(count)]
    known = max([len(contained), *(len(items) for items in keyword_values(node, "prefixItems"))])
    items = []
    for index in range(known + 1):
        item = _item(node, index) + ((contained[index],) if index < len(contained) else ())
        if not schemas.feasible(item):
            most = min(index, index if most is None else most)
            break
        items.append(item)
    lengths = _lengths(max(few, len(contained)), most, known)
    if not lengths:
        raise schemas.refuse(node)
    unique = True in keyword_values(node, "uniqueItems")
    return Array(tuple(items), lengths, unique, needed_check(schemas, node))


def _item(node: Node, index: int) -> Node:
    found = []
    for part in node:
        if index < len(part.schema.get("prefixItems", ())):
            found.append(part.child("prefixItems", index))
        elif "items" in part.schema:
            found.append(part.child("items"))
    return tuple(found)


def _lengths(few: int, most: int | None, known: int = 0) -> tuple[int, ...]:
    """Return those of the lengths none, one, several and the edges that are allowed, in order."""
    wanted = {few, few + 1, few + 3, known} | ({most} if most is not None and most <= few + 10 else set())
    return tuple(sorted(length for length in wanted if length >= few and (most is None or length <= most)))


def object_step(schemas: Schemas, node: Node) -> Step:
    """Return how an object of a flat node is built; raise Unsatisfiable if a required property is impossible."""
    required = frozenset(name for names in keyword_values(node, "required") for name in names)
    closed = _closed_names(schemas, node)
    names = dict.fromkeys(name for part in node for name in part.schema.get("properties", ()))
    names |= dict.fromkeys([*closed, *sorted(required)])
    properties = []
    for name in names:
        child = property_node(node, name)
        if _may_be_named(schemas, node, name) and schemas.feasible(child):
            properties.append((name, child))
        elif name in required:
            raise schemas.refuse(node)
    extras = () if closed else tuple(undeclared(schemas, node))
    few = max(keyword_values(node, "minProperties"), default=0)
    most = min(keyword_values(node, "maxProperties"), default=None)
    listed = not properties or few > len(properties) or _describes_others(node)
    return Object(tuple(properties), required, few, most, extras, listed, needed_check(schemas, node))


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


def _closed_names(schemas: Schemas, node: Node) -> list[str]:
    """Return the names that are possible if `propertyNames` lists them, else none."""
    rules = tuple(part.child("propertyNames") for part in node if "propertyNames" in part.schema)
    if not rules or not schemas.feasible(rules):
        return []
    listed = listed_values(schemas, schemas.flat(rules))
    return [name for name in listed.values if isinstance(name, str)] if listed else []


def _may_be_named(schemas: Schemas, node: Node, name: str) -> bool:
    rules = tuple(part.child("propertyNames") for part in node if "propertyNames" in part.schema)
    return not rules or schemas.fits(rules)(name)


def _describes_others(node: Node) -> bool:
    """Return whether a schema says something about properties that it does not declare by name."""
    return any(
        "patternProperties" in part.schema or part.schema.get("additionalProperties") not in (None, True, {})
        for part in node
    )


def undeclared(schemas: Schemas, node: Node) -> Iterator[Extra]:
    """Yield the kinds of properties that a flat node admits undeclared: one per pattern, and the others."""
    text = (
        inline({"type": "string"}),
        *(part.child("propertyNames") for part in node if "propertyNames" in part.schema),
    )
    patterns = dict.fromkeys(name for names in keyword_values(node, "patternProperties") for name in names)
    kinds = []
    for pattern in patterns:
        holders = [part for part in node if pattern in part.schema.get("patternProperties", ())]
        own = tuple(part.child("patternProperties", pattern) for part in holders)
        kinds.append(Extra((*text, inline({"pattern": pattern})), own))
    additional = tuple(part.child("additionalProperties") for part in node if "additionalProperties" in part.schema)
    unlike = tuple(inline({"not": {"pattern": pattern}}) for pattern in patterns)
    kinds.append(Extra((*text, *unlike), additional))
    return (kind for kind in kinds if schemas.feasible(kind.names) and schemas.feasible(kind.values))
