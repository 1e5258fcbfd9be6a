"""Derive the step that builds a value of a node: one short function per keyword, tried in order.

A step says which choices there are and leaves them to the chooser of the walk that carries it out (`walk`). Hides how
`properties`, `patternProperties`, `additionalProperties`, `propertyNames`, `prefixItems`, `items` and `contains` share
out the parts of a value (JSON Schema 2020-12 Core, section 10.3).
"""

import json
from collections.abc import Callable, Iterator
from typing import Final

from contracts.openapi import HINTS, INTEGERS
from strategies.values.build_steps import Array, Extra, Fork, Guard, Object, Scalar, Step, Values
from strategies.values.node import (
    HARD,
    Node,
    Part,
    inline,
    item_node,
    keyword_values,
    listed_values,
    pin,
    property_node,
    types,
    without,
)
from strategies.values.scalars import Anything, Fits, Number, Text
from strategies.values.schemas import Schemas

_UNSURE: Final = frozenset(
    "contains format maxContains multipleOf pattern patternProperties propertyNames uniqueItems".split()
)
"""Keywords that two validators may read differently; values that they shape are put before both."""


def _needed_check(schemas: Schemas, node: Node) -> Fits | None:
    """Return the validators' test of a value if building it by the keywords alone may not suffice, else None."""
    unsure = any(
        keyword in _UNSURE and not (keyword == "format" and value in HINTS)
        for part in node
        for keyword, value in part.schema.items()
    )
    return schemas.fits(node) if unsure else None


def _values_in_lists(schemas: Schemas, node: Node) -> Values | None:
    """Return the values that `enum` and `const` list and the whole node admits; None if neither keyword is there.

    Raises Unsatisfiable if none of them fits.
    """
    lists = listed_values(node)
    if not lists:
        return None
    fits = schemas.fits(node)
    values = tuple(value for value in min(lists, key=len) if fits(value))
    if not values:
        raise schemas.refuse(node)
    return Values(values, True)


def step(schemas: Schemas, node: Node) -> Step:
    """Return how a value of the node is built.

    Raises Unsatisfiable if no value is possible, DocumentError for an unknown keyword.
    """
    flat = schemas.flat(node)
    if not schemas.feasible(flat):
        raise schemas.refuse(node)
    return next(found for rule in _RULES if (found := rule(schemas, flat)))


def _union(schemas: Schemas, node: Node) -> Step | None:
    """Choose a branch, its tag present and one of the branch's own (OpenAPI 3.1.0, Discriminator Object)."""
    for part in node:
        union = schemas.document.unions.get(part.pointer or "")
        if union is None or union.keyword not in part.schema:
            continue
        rest = without(node, part, union.keyword)
        known = {branch.pointer: branch for branch in (*union.tagged, *union.untagged)}
        branches = []
        for index in range(len(part.schema[union.keyword])):
            alternative = part.child(union.keyword, index)
            branch = known[str(alternative.pointer)]
            pinned = (inline(pin(union.tag, branch.tags)),) if branch.tags else ()
            branches.append((branch.name, (*rest, alternative, *pinned)))
        return _fork(schemas, node, branches)
    return None


def _hard(schemas: Schemas, node: Node) -> Step | None:
    """Fold away keywords that no conjunction expresses, as far as the algebra goes, and filter by the validators."""
    if not any(HARD & part.schema.keys() for part in node):
        return None
    folded, fits = (schemas.folded(node),), schemas.fits(node)
    match step(schemas, folded):
        case Scalar(leaf):
            return Scalar(leaf, fits)
        case Values(values, strong) if any(map(fits, values)):
            return Values(tuple(filter(fits, values)), strong)
    return Guard(folded, fits)


def _alternatives(schemas: Schemas, node: Node) -> Step | None:
    """Choose an alternative of `oneOf` or `anyOf`; a value of `oneOf` fits none of the others."""
    for keyword in ("oneOf", "anyOf"):
        part = next((part for part in node if keyword in part.schema), None)
        if part is None:
            continue
        rest = without(node, part, keyword)
        alternatives = [part.child(keyword, index) for index in range(len(part.schema[keyword]))]
        branches = []
        for chosen in alternatives:
            others = [other for other in alternatives if keyword == "oneOf" and other is not chosen]
            rivals = [other for other in others if not schemas.plain.are_apart((chosen,), (other,))]
            rivals = [other for other in rivals if schemas.feasible((*rest, chosen, other))]
            barred = tuple(inline({"not": other.schema}) for other in rivals)
            branches.append((_label(chosen), (*rest, chosen, *barred)))
        return _fork(schemas, node, branches)
    return None


def _label(part: Part) -> str:
    if not isinstance(part.schema, dict):
        return json.dumps(part.schema)
    name = part.schema.get("$ref", "").rsplit("/", 1)[-1] or part.schema.get("title") or part.schema.get("type")
    return str(name or (part.pointer or "").rsplit("/", 1)[-1])


def _fork(schemas: Schemas, node: Node, branches: list[tuple[str, Node]], strong: bool = True) -> Step:
    possible = [(label, branch) for label, branch in branches if schemas.feasible(branch)]
    if not possible:
        raise schemas.refuse(node)
    return Fork(_distinct([label for label, _ in possible]), tuple(branch for _, branch in possible), strong)


def _distinct(labels: list[str]) -> tuple[str, ...]:
    return tuple(label if labels.count(label) == 1 else f"{label}#{index}" for index, label in enumerate(labels))


def _typed(schemas: Schemas, node: Node) -> Step | None:
    names = types(node)
    if len(names) > 1:
        branches = [(name, (*node, inline({"type": name}))) for name in names]
        return _fork(schemas, node, branches, strong=False)
    if not names:
        raise schemas.refuse(node)
    return _TYPES[names[0]](schemas, node)


def _string(schemas: Schemas, node: Node) -> Step:
    leaf = Text(
        shortest=max(keyword_values(node, "minLength"), default=0),
        longest=min(keyword_values(node, "maxLength"), default=None),
        patterns=tuple(dict.fromkeys(keyword_values(node, "pattern"))),
        formats=tuple(dict.fromkeys(name for name in keyword_values(node, "format") if name not in HINTS)),
    )
    return Scalar(leaf, _needed_check(schemas, node))


def _number(schemas: Schemas, node: Node) -> Step:
    lows = [(low, False) for low in keyword_values(node, "minimum")]
    lows += [(low, True) for low in keyword_values(node, "exclusiveMinimum")]
    highs = [(high, True) for high in keyword_values(node, "maximum")]
    highs += [(high, False) for high in keyword_values(node, "exclusiveMaximum")]
    for name in keyword_values(node, "format"):
        if name in INTEGERS:
            lows.append((INTEGERS[name][0], False))
            highs.append((INTEGERS[name][1], True))
    low, above = max(lows, default=(None, False))
    high, reached = min(highs, default=(None, True))
    whole = types(node) == ["integer"]
    steps = tuple(keyword_values(node, "multipleOf"))
    return Scalar(Number(whole, low, high, above, not reached, steps), _needed_check(schemas, node))


def _array_step(schemas: Schemas, node: Node) -> Step:
    """Return how an array of a flat node is built; raise Unsatisfiable if no length is possible."""
    few = max(keyword_values(node, "minItems"), default=0)
    most = min(keyword_values(node, "maxItems"), default=None)
    needed = [(part, part.schema.get("minContains", 1)) for part in node if "contains" in part.schema]
    contained = [part.child("contains") for part, count in needed for _ in range(count)]
    known = max([len(contained), *(len(items) for items in keyword_values(node, "prefixItems"))])
    items = []
    for index in range(known + 1):
        item = item_node(node, index) + ((contained[index],) if index < len(contained) else ())
        if not schemas.feasible(item):
            most = min(index, index if most is None else most)
            break
        items.append(item)
    lengths = _lengths(max(few, len(contained)), most, known)
    if not lengths:
        raise schemas.refuse(node)
    unique = True in keyword_values(node, "uniqueItems")
    return Array(tuple(items), lengths, unique, _needed_check(schemas, node))


def _lengths(few: int, most: int | None, known: int = 0) -> tuple[int, ...]:
    """Return those of the lengths none, one, several and the edges that are allowed, in order."""
    wanted = {few, few + 1, few + 3, known} | ({most} if most is not None and most <= few + 10 else set())
    return tuple(sorted(length for length in wanted if length >= few and (most is None or length <= most)))


def _object_step(schemas: Schemas, node: Node) -> Step:
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
    return Object(tuple(properties), required, few, most, extras, listed, _needed_check(schemas, node))


def _children(node: Node, keyword: str) -> Node:
    """Return the schemas that stand at the keyword in the parts of a node."""
    return tuple(part.child(keyword) for part in node if keyword in part.schema)


def _closed_names(schemas: Schemas, node: Node) -> list[str]:
    """Return the names that are possible if `propertyNames` lists them, else none."""
    rules = _children(node, "propertyNames")
    if not rules or not schemas.feasible(rules):
        return []
    listed = _values_in_lists(schemas, schemas.flat(rules))
    return [name for name in listed.values if isinstance(name, str)] if listed else []


def _may_be_named(schemas: Schemas, node: Node, name: str) -> bool:
    rules = _children(node, "propertyNames")
    return not rules or schemas.fits(rules)(name)


def _describes_others(node: Node) -> bool:
    """Return whether a schema says something about properties that it does not declare by name."""
    return any(
        "patternProperties" in part.schema or part.schema.get("additionalProperties") not in (None, True, {})
        for part in node
    )


def undeclared(schemas: Schemas, node: Node) -> Iterator[Extra]:
    """Yield the kinds of properties that a flat node admits undeclared: one per pattern, and the others."""
    text = (inline({"type": "string"}), *_children(node, "propertyNames"))
    patterns = dict.fromkeys(name for names in keyword_values(node, "patternProperties") for name in names)
    kinds = []
    for pattern in patterns:
        holders = [part for part in node if pattern in part.schema.get("patternProperties", ())]
        own = tuple(part.child("patternProperties", pattern) for part in holders)
        kinds.append(Extra((*text, inline({"pattern": pattern})), own))
    unlike = tuple(inline({"not": {"pattern": pattern}}) for pattern in patterns)
    kinds.append(Extra((*text, *unlike), _children(node, "additionalProperties")))
    return (kind for kind in kinds if schemas.feasible(kind.names) and schemas.feasible(kind.values))


_RULES: Final[tuple[Callable[[Schemas, Node], Step | None], ...]] = (
    lambda schemas, node: None if node else Scalar(Anything(), None),
    _union,
    _hard,
    _alternatives,
    _values_in_lists,
    _typed,
)

_TYPES: Final[dict[str, Callable[[Schemas, Node], Step]]] = {
    "null": lambda schemas, node: Values((None,), False),
    "boolean": lambda schemas, node: Values((False, True), False),
    "integer": _number,
    "number": _number,
    "string": _string,
    "array": _array_step,
    "object": _object_step,
}
