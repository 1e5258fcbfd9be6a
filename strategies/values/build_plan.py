"""Derive the step that builds a value of a node: one short function per keyword, tried in order.

A step says which choices there are and leaves them to the chooser of the walk that carries it out (`walk`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from contracts.openapi import HINTS
from strategies.values.build_steps import Fork, Guard, Scalar, Step, Values
from strategies.values.container_steps import array_step, keyword_values, listed_values, needed_check, object_step
from strategies.values.scalars import Anything, Number, Text
from strategies.values.schemas import BITS, HARD, Node, Part, Schemas, inline, pin, without

_OF_TYPE: Final = {
    "string": "format maxLength minLength pattern",
    "number": "exclusiveMaximum exclusiveMinimum maximum minimum multipleOf",
    "array": "contains items maxContains maxItems minContains minItems prefixItems uniqueItems",
    "object": "additionalProperties maxProperties minProperties patternProperties properties propertyNames required",
}
"""JSON type to the keywords that assert something about values of it."""


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
            rivals = [other for other in others if schemas.feasible((*rest, chosen, other))]
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
    types = _types(node)
    if len(types) > 1:
        branches = [(name, (*node, inline({"type": name}))) for name in types]
        return _fork(schemas, node, branches, strong=False)
    if not types:
        raise schemas.refuse(node)
    return _TYPES[types[0]](schemas, node)


def _types(node: Node) -> list[str]:
    """Return the types that all parts allow; if no part names one, those that its keywords assert something about."""
    lists = [[name] if isinstance(name, str) else name for name in keyword_values(node, "type")]
    if not lists:
        used = {keyword for part in node for keyword in part.schema}
        return [name for name, keywords in _OF_TYPE.items() if used & set(keywords.split())]
    wide = [{*names, "integer"} if "number" in names else set(names) for names in lists]
    common = set.intersection(*wide)
    if "number" in common:
        common.discard("integer")
    return [name for name in (*lists[0], "integer") if name in common][: len(common)]


def _string(schemas: Schemas, node: Node) -> Step:
    leaf = Text(
        shortest=max(keyword_values(node, "minLength"), default=0),
        longest=min(keyword_values(node, "maxLength"), default=None),
        patterns=tuple(dict.fromkeys(keyword_values(node, "pattern"))),
        formats=tuple(dict.fromkeys(name for name in keyword_values(node, "format") if name not in HINTS)),
    )
    return Scalar(leaf, needed_check(schemas, node))


def _number(schemas: Schemas, node: Node) -> Step:
    lows = [(low, False) for low in keyword_values(node, "minimum")]
    lows += [(low, True) for low in keyword_values(node, "exclusiveMinimum")]
    highs = [(high, True) for high in keyword_values(node, "maximum")]
    highs += [(high, False) for high in keyword_values(node, "exclusiveMaximum")]
    for name in keyword_values(node, "format"):
        if name in BITS:
            lows.append((-(2 ** (BITS[name] - 1)), False))
            highs.append((2 ** (BITS[name] - 1) - 1, True))
    low, above = max(lows, default=(None, False))
    high, reached = min(highs, default=(None, True))
    whole = _types(node) == ["integer"]
    steps = tuple(keyword_values(node, "multipleOf"))
    return Scalar(Number(whole, low, high, above, not reached, steps), needed_check(schemas, node))


_RULES: Final[tuple[Callable[[Schemas, Node], Step | None], ...]] = (
    lambda schemas, node: None if node else Scalar(Anything(), None),
    _union,
    _hard,
    _alternatives,
    listed_values,
    _typed,
)

_TYPES: Final[dict[str, Callable[[Schemas, Node], Step]]] = {
    "null": lambda schemas, node: Values((None,), False),
    "boolean": lambda schemas, node: Values((False, True), False),
    "integer": _number,
    "number": _number,
    "string": _string,
    "array": array_step,
    "object": object_step,
}
