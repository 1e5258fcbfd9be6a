"""What a schema promises that a value can show: a tree, compiled once, that a value is walked through.

Every place of the answer has a node of its own; a schema inside itself leads back to the node that it was first met at,
so that the tree ends and yet nothing is lost, however deep a value is nested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from contracts import formats
from contracts.assertions import matches
from contracts.dialect import identity, json_type
from contracts.document import Document
from contracts.json_text import text_of
from contracts.pointer import join
from contracts.validation import compiled


@dataclass(frozen=True, slots=True, order=True)
class Feature:
    """Something to be seen: where in which answer, of what kind, and which.

    `place` is `status` for the status itself, else the status and a JSON pointer, `*` for any item or any property that
    has no name of its own, and `[TAG]` behind a union. Kinds: `status`, `branch`, `value` (of an enum), `alternative`
    (of an untagged union, or of several types), the two sides of an optional property, `present` and `absent`, `empty`
    and `several` (of an array), `format`, `bound`, `pair` (of a union's branch and another choice); beyond what is
    promised, `extra` (a property).
    """

    operation: str
    place: str
    kind: str
    which: str = ""


@dataclass(slots=True, eq=False)
class Node:
    """What one schema promises at one place.

    `beside` are nodes of the same value; those in `branches`, `ways`, `conditions` and `dependents` are so if the value
    is of their kind. `free` tells that properties beyond the declared are expected.
    """

    place: str
    tag: str = ""
    values: dict[Any, Feature] = field(default_factory=dict)
    types: dict[str, Feature] = field(default_factory=dict)
    tests: list[tuple[Callable[[Any], bool], Feature]] = field(default_factory=list)
    beside: list[Node] = field(default_factory=list)
    branches: dict[str, tuple[Feature, Node]] = field(default_factory=dict)
    ways: list[tuple[str, Feature, Node]] = field(default_factory=list)
    conditions: list[tuple[str, Node | None, Node | None]] = field(default_factory=list)
    dependents: dict[str, Node] = field(default_factory=dict)
    properties: dict[str, tuple[Feature | None, Feature | None, Node]] = field(default_factory=dict)
    patterns: list[tuple[str, Node]] = field(default_factory=list)
    others: Node | None = None
    prefix: list[Node] = field(default_factory=list)
    items: Node | None = None
    speaks: bool = False
    free: bool = False


class Grower:
    """Compiles the tree of one answer; `operation` and `status` begin the names of its features."""

    def __init__(self, document: Document, operation: str) -> None:
        self._document, self._operation = document, operation

    def grow(self, pointer: str, place: str, above: dict[str, Node] | None = None, tag: str = "") -> Node:
        """The node of the schema at the pointer; `tag` names a property that is seen as the branch it names."""
        at, schema = self._document.resolve(pointer)
        above = above or {}
        if at in above:
            return above[at]
        node = Node(place, tag)
        if not isinstance(schema, dict):
            return node
        above = {**above, at: node}
        if "$ref" in schema:
            node.beside.append(self.grow(schema["$ref"], place, above, tag))
        for index in range(len(schema.get("allOf", ()))):
            node.beside.append(self.grow(at + join("allOf", index), place, above, tag))
        self._choices(node, schema)
        self._alternatives(node, at, schema, above)
        self._conditions(node, at, schema, above)
        self._properties(node, at, schema, above)
        self._items(node, at, schema, above)
        return node

    def _feature(self, place: str, kind: str, which: str = "") -> Feature:
        return Feature(self._operation, place, kind, which)

    def _choices(self, node: Node, schema: dict[str, Any]) -> None:
        for listed in schema.get("enum", ()):
            which = listed if isinstance(listed, str) else text_of(listed)
            node.values[identity(listed)] = self._feature(node.place, "value", which)
        types = schema.get("type")
        if isinstance(types, list) and len(types) > 1:
            node.types = {name: self._feature(node.place, "alternative", name) for name in types}
        kind = schema.get("format")
        if kind in formats.ASSERTED:
            wanted = str if kind not in ("int32", "int64") else int
            node.tests.append((_of_format(formats.ASSERTED[kind], wanted), self._feature(node.place, "format", kind)))
        for which, test in _bounds(schema):
            node.tests.append((test, self._feature(node.place, "bound", which)))

    def _alternatives(self, node: Node, at: str, schema: dict[str, Any], above: dict[str, Node]) -> None:
        union = self._document.unions.get(at)
        if union is not None:
            node.tag = union.tag
            for branch in union.tagged:
                for tag in branch.tags:
                    inner = self.grow(branch.target, f"{node.place}[{tag}]", above, union.tag)
                    node.branches[tag] = self._feature(node.place + join(union.tag), "branch", tag), inner
            return
        for keyword in ("anyOf", "oneOf"):
            for index in range(len(schema.get(keyword, ()))):
                target = at + join(keyword, index)
                feature = self._feature(node.place, "alternative", self._name(target))
                node.ways.append((target, feature, self.grow(target, node.place, above)))

    def _conditions(self, node: Node, at: str, schema: dict[str, Any], above: dict[str, Node]) -> None:
        if "if" in schema:
            then, other = (
                self.grow(at + join(keyword), node.place, above) if keyword in schema else None
                for keyword in ("then", "else")
            )
            node.conditions.append((at + join("if"), then, other))
        for name in schema.get("dependentSchemas", {}):
            node.dependents[name] = self.grow(at + join("dependentSchemas", name), node.place, above)

    def _properties(self, node: Node, at: str, schema: dict[str, Any], above: dict[str, Node]) -> None:
        node.speaks = "properties" in schema
        node.free = bool({"additionalProperties", "unevaluatedProperties", "patternProperties"} & schema.keys())
        for name in schema.get("properties", {}):
            inside = node.place + join(name)
            if name == node.tag:
                node.properties[name] = None, None, Node(inside)
                continue
            optional = name not in schema.get("required", ())
            present, absent = (self._feature(inside, side) if optional else None for side in ("present", "absent"))
            node.properties[name] = present, absent, self.grow(at + join("properties", name), inside, above)
        for pattern in schema.get("patternProperties", {}):
            inner = self.grow(at + join("patternProperties", pattern), node.place + "/*", above)
            node.patterns.append((pattern, inner))
        if isinstance(schema.get("additionalProperties"), dict):
            node.others = self.grow(at + join("additionalProperties"), node.place + "/*", above)

    def _items(self, node: Node, at: str, schema: dict[str, Any], above: dict[str, Node]) -> None:
        for index in range(len(schema.get("prefixItems", ()))):
            node.prefix.append(self.grow(at + join("prefixItems", index), node.place + join(index), above))
        if "items" not in schema or schema["items"] is False:
            return
        node.items = self.grow(at + join("items"), node.place + "/*", above)
        most = schema.get("maxItems")
        if not schema.get("minItems"):
            node.tests.append((lambda value: value == [], self._feature(node.place, "empty")))
        if most is None or most > 1:
            several: Callable[[Any], bool] = lambda value: isinstance(value, list) and len(value) > 1  # noqa: E731
            node.tests.append((several, self._feature(node.place, "several")))

    def _name(self, pointer: str) -> str:
        at, schema = self._document.resolve(pointer)
        kind = schema.get("type") if isinstance(schema, dict) else None
        if at.startswith("#/components/schemas/") and at.count("/") == 3:
            return at.rsplit("/", 1)[1]
        return kind if isinstance(kind, str) else text_of(schema)


def _of_format(decide: Callable[[Any], bool], kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind) and not isinstance(value, bool) and decide(value)


_SIZED: Final[dict[str, type[str | list[Any] | dict[str, Any]]]] = {
    "Length": str,
    "Items": list,
    "Properties": dict,
}


def _bounds(schema: dict[str, Any]) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    """What each bound of the schema is called, and whether a value lies on it."""
    for keyword in ("minimum", "maximum"):
        if keyword in schema:
            yield f"{keyword} {schema[keyword]}", _is_number(schema[keyword])
    if schema.get("type") == "integer":
        for keyword, step in (("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
            if isinstance(schema.get(keyword), int):
                yield f"{keyword} {schema[keyword]}", _is_number(schema[keyword] + step)
    for noun, kind in _SIZED.items():
        for keyword in ("min" + noun, "max" + noun):
            if keyword in schema:
                yield f"{keyword} {schema[keyword]}", _is_of_size(kind, schema[keyword])


def _is_number(bound: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value == bound


def _is_of_size(kind: type[str | list[Any] | dict[str, Any]], size: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind) and len(value) == size


@dataclass(slots=True)
class _Object:
    """What the nodes of one object say of it together: the names they declare, and whether others are expected."""

    place: str
    names: set[str] = field(default_factory=set)
    speaks: bool = False
    free: bool = False


class Walker:
    """Walks one value through a tree; what it showed is in `found`, and in `extra` places of undeclared properties."""

    def __init__(self, document: Document) -> None:
        self._validation = compiled(document)
        self.found: set[Feature] = set()
        self.extra: list[str] = []

    def walk(self, node: Node, value: Any) -> None:
        """Take in a value that nothing but this node and what is beside it judges."""
        whole = _Object(node.place)
        self._see(node, value, whole)
        if isinstance(value, dict) and whole.speaks and not whole.free:
            self.extra += [whole.place + join(name) for name in value if name not in whole.names]

    def _see(self, node: Node, value: Any, whole: _Object) -> None:
        if node.values and (listed := node.values.get(identity(value))):
            self.found.add(listed)
        if node.types:
            self._see_type(node, value)
        for test, feature in node.tests:
            if test(value):
                self.found.add(feature)
        for inner in node.beside:
            self._see(inner, value, whole)
        if node.ways or node.conditions:
            self._see_alternatives(node, value, whole)
        if isinstance(value, dict):
            self._see_object(node, value, whole)
        elif isinstance(value, list) and (node.items or node.prefix):
            self._see_array(node, value)

    def _see_type(self, node: Node, value: Any) -> None:
        kind = json_type(value)
        feature = node.types.get(kind) or (node.types.get("number") if kind == "integer" else None)
        if feature:
            self.found.add(feature)

    def _see_alternatives(self, node: Node, value: Any, whole: _Object) -> None:
        for target, feature, inner in node.ways:
            if self._validation.is_valid(target, value):
                self.found.add(feature)
                self._see(inner, value, whole)
        for condition, then, other in node.conditions:
            meant = then if self._validation.is_valid(condition, value) else other
            if meant:
                self._see(meant, value, whole)

    def _see_object(self, node: Node, value: dict[str, Any], whole: _Object) -> None:
        whole.speaks |= node.speaks
        whole.free |= node.free
        tag = value.get(node.tag) if node.branches else None
        branch = node.branches.get(tag) if isinstance(tag, str) else None
        if branch:
            self.found.add(branch[0])
            whole.place = branch[1].place
            self._see(branch[1], value, whole)
        for name, inner in node.dependents.items():
            if name in value:
                self._see(inner, value, whole)
        for name, (present, absent, inner) in node.properties.items():
            if name in value:
                whole.names.add(name)
                if present:
                    self.found.add(present)
                self.walk(inner, value[name])
            elif absent:
                self.found.add(absent)
        if node.patterns or node.others:
            self._see_unnamed(node, value)

    def _see_unnamed(self, node: Node, value: dict[str, Any]) -> None:
        for name, item in value.items():
            meant = [inner for pattern, inner in node.patterns if matches(pattern, name)]
            if not meant and node.others and name not in node.properties:
                meant = [node.others]
            for inner in meant:
                self.walk(inner, item)

    def _see_array(self, node: Node, value: list[Any]) -> None:
        for inner, item in zip(node.prefix, value, strict=False):
            self.walk(inner, item)
        if node.items:
            for item in value[len(node.prefix) :]:
                self.walk(node.items, item)


def features(root: Node) -> Iterator[Feature]:
    """Every feature of a tree, in the document's order; some may stand in it twice."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield from node.values.values()
        yield from node.types.values()
        yield from (feature for _, feature in node.tests)
        yield from (feature for feature, _ in node.branches.values())
        yield from (feature for _, feature, _ in node.ways)
        yield from (side for *sides, _ in node.properties.values() for side in sides if isinstance(side, Feature))
        waiting += reversed(list(_inside(node)))


def _inside(node: Node) -> Iterator[Node]:
    yield from node.beside
    yield from (inner for _, inner in node.branches.values())
    yield from (inner for _, _, inner in node.ways)
    yield from (inner for _, *inners in node.conditions for inner in inners if isinstance(inner, Node))
    yield from node.dependents.values()
    yield from (inner for *_, inner in node.properties.values())
    yield from (inner for _, inner in node.patterns)
    yield from (inner for inner in (node.others, *node.prefix, node.items) if inner)
