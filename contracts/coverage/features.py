"""Compile the features that a schema promises into a tree, and collect those that a value shows.

Hides the tree: every place of the response has its own node. A schema that contains itself leads back to the node at
which it was first met, so that the tree is finite although a value may be nested to any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.judge import compiled
from contracts.openapi import ASSERTED, Document, identity, json_type, matches_pattern, text_of, to_pointer


@dataclass(frozen=True, slots=True, order=True)
class Feature:
    """A choice that the document leaves to a response: its operation, location and kind, and `which` one was made.

    `location` is `status` for the status itself, otherwise the status and a JSON pointer, with `*` for any item and any
    property without a declared name, and `[TAG]` behind a union. The kinds are `status`, `branch`, `value` (of an
    enum), `alternative` (of an untagged union, or of several types), `present` and `absent` (of an optional property),
    `empty` and `several` (of an array), `format`, `bound`, `pair` (of a union's branch and another choice) and, for a
    property that is not declared, `extra`.
    """

    operation: str
    location: str
    kind: str
    which: str = ""


@dataclass(slots=True, eq=False)
class Node:
    """The features that one schema promises at one place, and the nodes of its subschemas.

    `conjuncts` always apply to the same value; the nodes in `branches`, `alternatives`, `conditions` and `dependents`
    apply to it if it matches. `declares` says that the schema lists properties, `open` that it expects others too.
    """

    location: str
    tag: str = ""
    values: dict[Any, Feature] = field(default_factory=dict)
    types: dict[str, Feature] = field(default_factory=dict)
    tests: list[tuple[Callable[[Any], bool], Feature]] = field(default_factory=list)
    conjuncts: list[Node] = field(default_factory=list)
    branches: dict[str, tuple[Feature, Node]] = field(default_factory=dict)
    alternatives: list[tuple[str, Feature, Node]] = field(default_factory=list)
    conditions: list[tuple[str, Node | None, Node | None]] = field(default_factory=list)
    dependents: dict[str, Node] = field(default_factory=dict)
    properties: dict[str, tuple[Feature | None, Feature | None, Node]] = field(default_factory=dict)
    patterns: list[tuple[str, Node]] = field(default_factory=list)
    additional: Node | None = None
    prefix: list[Node] = field(default_factory=list)
    items: Node | None = None
    declares: bool = False
    open: bool = False


class TreeBuilder:
    """Compiles the tree of one response's schema; `operation` is the path that its features carry."""

    def __init__(self, document: Document, operation: str) -> None:
        self._document, self._operation = document, operation

    def build(self, pointer: str, location: str, above: dict[str, Node] | None = None, tag: str = "") -> Node:
        """Return the node of the schema at the pointer.

        `location` begins the locations of its features; for the whole body it is the status. `above` are the nodes
        around it, by pointer. `tag` names the property that is counted as a branch, and not as a property.
        """
        at, schema = self._document.resolve(pointer)
        above = above or {}
        if at in above:
            return above[at]
        node = Node(location, tag)
        if not isinstance(schema, dict):
            return node
        above = {**above, at: node}
        if "$ref" in schema:
            node.conjuncts.append(self.build(schema["$ref"], location, above, tag))
        for index in range(len(schema.get("allOf", ()))):
            node.conjuncts.append(self.build(at + to_pointer("allOf", index), location, above, tag))
        self._choices(node, schema)
        self._alternatives(node, at, schema, above)
        self._conditions(node, at, schema, above)
        self._properties(node, at, schema, above)
        self._items(node, at, schema, above)
        return node

    def _feature(self, location: str, kind: str, which: str = "") -> Feature:
        return Feature(self._operation, location, kind, which)

    def _choices(self, node: Node, schema: dict[str, Any]) -> None:
        for listed in schema.get("enum", ()):
            which = listed if isinstance(listed, str) else text_of(listed)
            node.values[identity(listed)] = self._feature(node.location, "value", which)
        types = schema.get("type")
        if isinstance(types, list) and len(types) > 1:
            node.types = {name: self._feature(node.location, "alternative", name) for name in types}
        kind = schema.get("format")
        if kind in ASSERTED:
            wanted = str if kind not in ("int32", "int64") else int
            node.tests.append((_of_format(ASSERTED[kind], wanted), self._feature(node.location, "format", kind)))
        for which, test in _bounds(schema):
            node.tests.append((test, self._feature(node.location, "bound", which)))

    def _alternatives(self, node: Node, at: str, schema: dict[str, Any], above: dict[str, Node]) -> None:
        union = self._document.unions.get(at)
        if union is not None:
            node.tag = union.tag
            for branch in union.tagged:
                for tag in branch.tags:
                    inner = self.build(branch.target, f"{node.location}[{tag}]", above, union.tag)
                    node.branches[tag] = self._feature(node.location + to_pointer(union.tag), "branch", tag), inner
            return
        for keyword in ("anyOf", "oneOf"):
            for index in range(len(schema.get(keyword, ()))):
                target = at + to_pointer(keyword, index)
                feature = self._feature(node.location, "alternative", self._name(target))
                node.alternatives.append((target, feature, self.build(target, node.location, above)))

    def _conditions(self, node: Node, at: str, schema: dict[str, Any], above: dict[str, Node]) -> None:
        if "if" in schema:
            then, other = (
                self.build(at + to_pointer(keyword), node.location, above) if keyword in schema else None
                for keyword in ("then", "else")
            )
            node.conditions.append((at + to_pointer("if"), then, other))
        for name in schema.get("dependentSchemas", {}):
            node.dependents[name] = self.build(at + to_pointer("dependentSchemas", name), node.location, above)

    def _properties(self, node: Node, at: str, schema: dict[str, Any], above: dict[str, Node]) -> None:
        node.declares = "properties" in schema
        node.open = bool({"additionalProperties", "unevaluatedProperties", "patternProperties"} & schema.keys())
        for name in schema.get("properties", {}):
            inside = node.location + to_pointer(name)
            if name == node.tag:
                node.properties[name] = None, None, Node(inside)
                continue
            optional = name not in schema.get("required", ())
            present, absent = (self._feature(inside, side) if optional else None for side in ("present", "absent"))
            node.properties[name] = present, absent, self.build(at + to_pointer("properties", name), inside, above)
        for pattern in schema.get("patternProperties", {}):
            inner = self.build(at + to_pointer("patternProperties", pattern), node.location + "/*", above)
            node.patterns.append((pattern, inner))
        if isinstance(schema.get("additionalProperties"), dict):
            node.additional = self.build(at + to_pointer("additionalProperties"), node.location + "/*", above)

    def _items(self, node: Node, at: str, schema: dict[str, Any], above: dict[str, Node]) -> None:
        for index in range(len(schema.get("prefixItems", ()))):
            inside = node.location + to_pointer(index)
            node.prefix.append(self.build(at + to_pointer("prefixItems", index), inside, above))
        if "items" not in schema or schema["items"] is False:
            return
        node.items = self.build(at + to_pointer("items"), node.location + "/*", above)
        most = schema.get("maxItems")
        if not schema.get("minItems"):
            node.tests.append((lambda value: value == [], self._feature(node.location, "empty")))
        if most is None or most > 1:
            several: Callable[[Any], bool] = lambda value: isinstance(value, list) and len(value) > 1  # noqa: E731
            node.tests.append((several, self._feature(node.location, "several")))

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
    """Yield the name of each bound of the schema, with a test of whether a value lies on it."""
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
    """What all nodes of one object declare together: the names of properties, and whether others are expected."""

    location: str
    names: set[str] = field(default_factory=set)
    declares: bool = False
    open: bool = False


class FeatureCollector:
    """Collects the features that values show: `found`, and the locations of `undeclared` properties."""

    def __init__(self, document: Document) -> None:
        self._validation = compiled(document)
        self.found: set[Feature] = set()
        self.undeclared: list[str] = []

    def walk(self, node: Node, value: Any) -> None:
        """Collect the features of a value and everything in it; the node is the whole schema of the value."""
        whole = _Object(node.location)
        self._see(node, value, whole)
        if isinstance(value, dict) and whole.declares and not whole.open:
            self.undeclared += [whole.location + to_pointer(name) for name in value if name not in whole.names]

    def _see(self, node: Node, value: Any, whole: _Object) -> None:
        if node.values and (listed := node.values.get(identity(value))):
            self.found.add(listed)
        if node.types:
            self._see_type(node, value)
        for test, feature in node.tests:
            if test(value):
                self.found.add(feature)
        for inner in node.conjuncts:
            self._see(inner, value, whole)
        if node.alternatives or node.conditions:
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
        for target, feature, inner in node.alternatives:
            if self._validation.is_valid(target, value):
                self.found.add(feature)
                self._see(inner, value, whole)
        for condition, then, other in node.conditions:
            meant = then if self._validation.is_valid(condition, value) else other
            if meant:
                self._see(meant, value, whole)

    def _see_object(self, node: Node, value: dict[str, Any], whole: _Object) -> None:
        whole.declares |= node.declares
        whole.open |= node.open
        tag = value.get(node.tag) if node.branches else None
        branch = node.branches.get(tag) if isinstance(tag, str) else None
        if branch:
            self.found.add(branch[0])
            whole.location = branch[1].location
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
        if node.patterns or node.additional:
            self._see_unnamed(node, value)

    def _see_unnamed(self, node: Node, value: dict[str, Any]) -> None:
        for name, item in value.items():
            meant = [inner for pattern, inner in node.patterns if matches_pattern(pattern, name)]
            if not meant and node.additional and name not in node.properties:
                meant = [node.additional]
            for inner in meant:
                self.walk(inner, item)

    def _see_array(self, node: Node, value: list[Any]) -> None:
        for inner, item in zip(node.prefix, value, strict=False):
            self.walk(inner, item)
        if node.items:
            for item in value[len(node.prefix) :]:
                self.walk(node.items, item)


def features(root: Node) -> Iterator[Feature]:
    """Yield every feature of a tree, in the document's order; a feature may come twice."""
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
        yield from (feature for _, feature, _ in node.alternatives)
        yield from (side for *sides, _ in node.properties.values() for side in sides if isinstance(side, Feature))
        waiting += reversed(list(_inside(node)))


def _inside(node: Node) -> Iterator[Node]:
    yield from node.conjuncts
    yield from (inner for _, inner in node.branches.values())
    yield from (inner for _, _, inner in node.alternatives)
    yield from (inner for _, *inners in node.conditions for inner in inners if isinstance(inner, Node))
    yield from node.dependents.values()
    yield from (inner for *_, inner in node.properties.values())
    yield from (inner for _, inner in node.patterns)
    yield from (inner for inner in (node.additional, *node.prefix, node.items) if inner)
