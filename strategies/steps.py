"""What building a value takes, node by node: a choice, a leaf, an object or an array; one short function per keyword.

A step says what there is to choose and knows nothing of who chooses; `walk` carries it out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.formats import HINTS
from strategies.leaves import JSON, Anything, Leaf, Number, Text
from strategies.schemas import HARD, Node, Part, Schemas, made, pin

Fits = Callable[[JSON], bool]


@dataclass(frozen=True, slots=True)
class Fork:
    """One of several nodes. `strong` where the choice is the document's own: a union, not an array's type."""

    labels: tuple[str, ...]
    nodes: tuple[Node, ...]
    strong: bool


@dataclass(frozen=True, slots=True)
class Values:
    """One of several values; `strong` where an enum lists them."""

    values: tuple[JSON, ...]
    strong: bool


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf, and what its values have to satisfy beyond it (None: nothing)."""

    leaf: Leaf
    fits: Fits | None


@dataclass(frozen=True, slots=True)
class Guard:
    """Another node, of whose values only those count that fit."""

    node: Node
    fits: Fits


@dataclass(frozen=True, slots=True)
class Extra:
    """Properties beyond the declared: what their names and their values are."""

    names: Node
    values: Node


@dataclass(frozen=True, slots=True)
class Object:
    """Properties by name, the required ones, and how many there may be.

    `extras` is empty for a closed object; they are `listed` where the schema itself speaks of them.
    """

    properties: tuple[tuple[str, Node], ...]
    required: frozenset[str]
    fewest: int
    most: int | None
    extras: tuple[Extra, ...]
    listed: bool
    fits: Fits | None


@dataclass(frozen=True, slots=True)
class Array:
    """Items by index, the last of `items` for all that follow, and the lengths to choose from."""

    items: tuple[Node, ...]
    lengths: tuple[int, ...]
    unique: bool
    fits: Fits | None = field(compare=False)


Step = Fork | Values | Scalar | Guard | Object | Array

_OF_TYPE: Final = {
    "string": "format maxLength minLength pattern",
    "number": "exclusiveMaximum exclusiveMinimum maximum minimum multipleOf",
    "array": "contains items maxContains maxItems minContains minItems prefixItems uniqueItems",
    "object": "additionalProperties maxProperties minProperties patternProperties properties propertyNames required",
}
"""The type that a keyword speaks of."""

_UNSURE: Final = frozenset(
    "contains format maxContains multipleOf pattern patternProperties propertyNames uniqueItems".split()
)
"""Keywords that two validators may read differently; what is built by them is put before both."""


def step(schemas: Schemas, node: Node) -> Step:
    """How a value of the node is built; raises Unsatisfiable where none is, DocumentError for an unknown keyword."""
    flat = schemas.flat(node)
    if not schemas.feasible(flat):
        raise schemas.refuse(node)
    return next(found for rule in _RULES if (found := rule(schemas, flat)))


def _anything(schemas: Schemas, node: Node) -> Step | None:
    return None if node else Scalar(Anything(), None)


def _union(schemas: Schemas, node: Node) -> Step | None:
    """OpenAPI 3.1.0, Discriminator Object: one branch, its tag present."""
    for part in node:
        union = schemas.document.unions.get(part.pointer or "")
        if union is None or union.keyword not in part.schema:
            continue
        rest = _rest(node, part, union.keyword)
        tags = {branch.pointer: branch.tags for branch in (*union.tagged, *union.untagged)}
        names = {branch.pointer: branch.name for branch in (*union.tagged, *union.untagged)}
        ways = []
        for index in range(len(part.schema[union.keyword])):
            alternative = part.child(union.keyword, index)
            assert alternative.pointer is not None
            pinned = tags[alternative.pointer]
            extra = (made(pin(union.tag, pinned)),) if pinned else ()
            ways.append((names[alternative.pointer], (*rest, alternative, *extra)))
        return _fork(schemas, node, ways)
    return None


def _hard(schemas: Schemas, node: Node) -> Step | None:
    """What no conjunction can say is folded away, as far as the algebra goes, and the rest is filtered."""
    if not any(HARD & part.schema.keys() for part in node):
        return None
    inner, fits = (schemas.folded(node),), schemas.fits(node)
    match step(schemas, inner):
        case Scalar(leaf):
            return Scalar(leaf, fits)
        case Values(values, strong) if any(map(fits, values)):
            return Values(tuple(filter(fits, values)), strong)
    return Guard(inner, fits)


def _one_of(schemas: Schemas, node: Node) -> Step | None:
    part = next((part for part in node if "oneOf" in part.schema), None)
    if part is None:
        return None
    rest = _rest(node, part, "oneOf")
    alternatives = [part.child("oneOf", index) for index in range(len(part.schema["oneOf"]))]
    ways = []
    for chosen in alternatives:
        rivals = [other for other in alternatives if other is not chosen and schemas.feasible((*rest, chosen, other))]
        barred = tuple(made({"not": other.schema}) for other in rivals)
        ways.append((_label(chosen), (*rest, chosen, *barred)))
    return _fork(schemas, node, ways)


def _any_of(schemas: Schemas, node: Node) -> Step | None:
    part = next((part for part in node if "anyOf" in part.schema), None)
    if part is None:
        return None
    rest = _rest(node, part, "anyOf")
    alternatives = [part.child("anyOf", index) for index in range(len(part.schema["anyOf"]))]
    return _fork(schemas, node, [(_label(chosen), (*rest, chosen)) for chosen in alternatives])


def _rest(node: Node, part: Part, keyword: str) -> Node:
    rest = part.without(keyword)
    return (*(other for other in node if other is not part), *((rest,) if rest.schema else ()))


def _label(part: Part) -> str:
    if not isinstance(part.schema, dict):
        return json.dumps(part.schema)
    name = part.schema.get("$ref", "").rsplit("/", 1)[-1] or part.schema.get("title") or part.schema.get("type")
    return str(name or (part.pointer or "").rsplit("/", 1)[-1])


def _fork(schemas: Schemas, node: Node, ways: list[tuple[str, Node]], strong: bool = True) -> Step:
    open_ = [(label, way) for label, way in ways if schemas.feasible(way)]
    if not open_:
        raise schemas.refuse(node)
    return Fork(_distinct([label for label, _ in open_]), tuple(way for _, way in open_), strong)


def _distinct(labels: list[str]) -> tuple[str, ...]:
    return tuple(label if labels.count(label) == 1 else f"{label}#{index}" for index, label in enumerate(labels))


def _enum(schemas: Schemas, node: Node) -> Step | None:
    lists = [part.schema["enum"] for part in node if "enum" in part.schema]
    lists += [[part.schema["const"]] for part in node if "const" in part.schema]
    if not lists:
        return None
    fits = schemas.fits(node)
    values = tuple(value for value in min(lists, key=len) if fits(value))
    if not values:
        raise schemas.refuse(node)
    return Values(values, True)


def _typed(schemas: Schemas, node: Node) -> Step | None:
    types = _types(node)
    if len(types) > 1:
        ways = [(name, (*node, made({"type": name}))) for name in types]
        return _fork(schemas, node, ways, strong=False)
    if not types:
        raise schemas.refuse(node)
    return _TYPES[types[0]](schemas, node)


def _types(node: Node) -> list[str]:
    """The types that all parts allow; where none says, those that some keyword speaks of."""
    lists = [[name] if isinstance(name, str) else name for part in node if (name := part.schema.get("type"))]
    if not lists:
        spoken = {keyword for part in node for keyword in part.schema}
        return [name for name, keywords in _OF_TYPE.items() if spoken & set(keywords.split())]
    wide = [{*names, "integer"} if "number" in names else set(names) for names in lists]
    common = set.intersection(*wide)
    if "number" in common:
        common.discard("integer")
    return [name for name in (*lists[0], "integer") if name in common][: len(common)]


def _null(schemas: Schemas, node: Node) -> Step:
    return Values((None,), False)


def _boolean(schemas: Schemas, node: Node) -> Step:
    return Values((False, True), False)


def _string(schemas: Schemas, node: Node) -> Step:
    leaf = Text(
        shortest=max(_all(node, "minLength"), default=0),
        longest=min(_all(node, "maxLength"), default=None),
        patterns=tuple(dict.fromkeys(_all(node, "pattern"))),
        formats=tuple(dict.fromkeys(name for name in _all(node, "format") if name not in HINTS)),
    )
    return Scalar(leaf, _sure(schemas, node))


def _number(schemas: Schemas, node: Node) -> Step:
    lows = [(low, False) for low in _all(node, "minimum")] + [(low, True) for low in _all(node, "exclusiveMinimum")]
    highs = [(high, True) for high in _all(node, "maximum")] + [
        (high, False) for high in _all(node, "exclusiveMaximum")
    ]
    for name in _all(node, "format"):
        bits = {"int32": 32, "int64": 64}.get(name)
        if bits is not None:
            lows.append((-(2 ** (bits - 1)), False))
            highs.append((2 ** (bits - 1) - 1, True))
    low, above = max(lows, default=(None, False))
    high, reached = min(highs, default=(None, True))
    whole = _types(node) == ["integer"]
    return Scalar(Number(whole, low, high, above, not reached, tuple(_all(node, "multipleOf"))), _sure(schemas, node))


def _array(schemas: Schemas, node: Node) -> Step:
    few = max(_all(node, "minItems"), default=0)
    most = min(_all(node, "maxItems"), default=None)
    needed = [(part, part.schema.get("minContains", 1)) for part in node if "contains" in part.schema]
    inside = [part.child("contains") for part, count in needed for _ in range(count)]
    known = max([len(inside), *(len(items) for items in _all(node, "prefixItems"))])
    items = []
    for index in range(known + 1):
        item = _item(node, index) + ((inside[index],) if index < len(inside) else ())
        if not schemas.feasible(item):
            most = min(index, index if most is None else most)
            break
        items.append(item)
    lengths = _lengths(max(few, len(inside)), most, known)
    if not lengths:
        raise schemas.refuse(node)
    return Array(tuple(items), lengths, True in _all(node, "uniqueItems"), _sure(schemas, node))


def _item(node: Node, index: int) -> Node:
    found = []
    for part in node:
        if index < len(part.schema.get("prefixItems", ())):
            found.append(part.child("prefixItems", index))
        elif "items" in part.schema:
            found.append(part.child("items"))
    return tuple(found)


def _lengths(few: int, most: int | None, known: int = 0) -> tuple[int, ...]:
    """None, one, several, and the edges, as far as they are allowed."""
    wanted = {few, few + 1, few + 3, known} | ({most} if most is not None and most <= few + 10 else set())
    return tuple(sorted(length for length in wanted if length >= few and (most is None or length <= most)))


def _object(schemas: Schemas, node: Node) -> Step:
    required = frozenset(name for names in _all(node, "required") for name in names)
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
    few = max(_all(node, "minProperties"), default=0)
    listed = not properties or few > len(properties) or _speaks_of_others(node)
    most = min(_all(node, "maxProperties"), default=None)
    return Object(tuple(properties), required, few, most, extras, listed, _sure(schemas, node))


def property_node(node: Node, name: str) -> Node:
    """All that judges a property of this name (Core, section 10.3.2: `additionalProperties` is for the others)."""
    found = []
    for part in node:
        own = [part.child("properties", name)] if name in part.schema.get("properties", ()) else []
        own += [
            part.child("patternProperties", p) for p in part.schema.get("patternProperties", ()) if re.search(p, name)
        ]
        if not own and "additionalProperties" in part.schema:
            own = [part.child("additionalProperties")]
        found += own
    return tuple(found)


def _closed_names(schemas: Schemas, node: Node) -> list[str]:
    """The names there may be, where `propertyNames` counts them up."""
    rules = tuple(part.child("propertyNames") for part in node if "propertyNames" in part.schema)
    if not rules or not schemas.feasible(rules):
        return []
    listed = _enum(schemas, schemas.flat(rules))
    return [name for name in listed.values if isinstance(name, str)] if isinstance(listed, Values) else []


def _may_be_named(schemas: Schemas, node: Node, name: str) -> bool:
    rules = tuple(part.child("propertyNames") for part in node if "propertyNames" in part.schema)
    return not rules or schemas.fits(rules)(name)


def _speaks_of_others(node: Node) -> bool:
    return any(
        "patternProperties" in part.schema or part.schema.get("additionalProperties") not in (None, True, {})
        for part in node
    )


def undeclared(schemas: Schemas, node: Node) -> Iterator[Extra]:
    """The kinds of properties there may be beyond the declared."""
    text = (made({"type": "string"}), *(part.child("propertyNames") for part in node if "propertyNames" in part.schema))
    patterns = dict.fromkeys(pattern for patterns in _all(node, "patternProperties") for pattern in patterns)
    ways = []
    for pattern in patterns:
        holders = [part for part in node if pattern in part.schema.get("patternProperties", ())]
        own = tuple(part.child("patternProperties", pattern) for part in holders)
        ways.append(Extra((*text, made({"pattern": pattern})), own))
    additional = tuple(part.child("additionalProperties") for part in node if "additionalProperties" in part.schema)
    unlike = tuple(made({"not": {"pattern": pattern}}) for pattern in patterns)
    ways.append(Extra((*text, *unlike), additional))
    return (way for way in ways if schemas.feasible(way.names) and schemas.feasible(way.values))


def _all(node: Node, keyword: str) -> list[Any]:
    return [part.schema[keyword] for part in node if keyword in part.schema]


def _sure(schemas: Schemas, node: Node) -> Fits | None:
    """The validators' word, where building alone may not suffice."""
    unsure = any(
        keyword in _UNSURE and not (keyword == "format" and value in HINTS)
        for part in node
        for keyword, value in part.schema.items()
    )
    return schemas.fits(node) if unsure else None


_RULES: Final[tuple[Callable[[Schemas, Node], Step | None], ...]] = (
    _anything,
    _union,
    _hard,
    _one_of,
    _any_of,
    _enum,
    _typed,
)

_TYPES: Final[dict[str, Callable[[Schemas, Node], Step]]] = {
    "null": _null,
    "boolean": _boolean,
    "integer": _number,
    "number": _number,
    "string": _string,
    "array": _array,
    "object": _object,
}
