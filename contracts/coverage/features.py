"""Find the features that an operation promises, and those that one response shows.

Hides the tree that a schema is compiled into: every place of the response has its own node. A schema that contains
itself leads back to the node at which it was first met, so that the tree is finite although a value may be nested to
any depth. A value is credited to the branch that its tag claims, not to the branch's siblings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from contracts.coverage.single_tests import single_tests
from contracts.judge import ParsedResponse, compiled, judged_schemas
from contracts.openapi import (
    UNREADABLE,
    Document,
    Operation,
    Union,
    identity,
    json_type,
    matches_pattern,
    text_of,
    to_pointer,
)


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


@dataclass(slots=True)
class Shown:
    """The features that the values of one response show, and the locations of their undeclared properties."""

    found: set[Feature] = field(default_factory=set)
    undeclared: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Whole:
    """One value; all schemas that apply to it determine its location and its declared properties together."""

    shown: Shown
    location: str
    declared: list[Mapping[str, object]] = field(default_factory=list)
    open: bool = False


class Node:
    """One schema at one place of a response: the features that it promises, and the collecting of those that it shows.

    `location` begins the locations of its features; for the whole body it is the status. `above` are the nodes around
    it, by pointer. `tag` names the property that is counted as a branch, and not as a property. `required` are the
    properties that other schemas of the same value require.
    """

    def __init__(
        self,
        document: Document,
        operation: str,
        pointer: str,
        location: str,
        above: Mapping[str, Node],
        tag: str = "",
        required: frozenset[str] = frozenset(),
    ) -> None:
        self.location = location
        self._document, self._operation = document, operation
        self._at, schema = document.resolve(pointer)
        self._above = {**above, self._at: self}
        self._required = required | _required(document, self._at)
        self._features: list[Feature] = []
        self._inner: list[Node] = []
        # Functions of a value, with the features by their results.
        self._choices: list[tuple[Callable[[Any], Any], Mapping[Any, Feature]]] = []
        # Functions that say whether a node applies to the same value, with the feature that this shows.
        self._parts: list[tuple[Callable[[Any], bool], Node, Feature | None]] = []
        self._properties: dict[str, tuple[Feature | None, Feature | None, Node | None]] = {}
        self._compile(schema if isinstance(schema, dict) else {}, tag)

    def features(self) -> Iterator[Feature]:
        """Yield every feature of the tree, in the document's order; a feature may come twice."""
        yield from self._features
        for inner in self._inner:
            yield from inner.features()

    def _promise(self, kind: str, which: str = "", below: str = "") -> Feature:
        self._features.append(Feature(self._operation, self.location + below, kind, which))
        return self._features[-1]

    def _child(self, pointer: str, below: str = "", tag: str = "") -> Node:
        around = self._above.get(self._document.resolve(pointer)[0])
        if around:
            return around
        # A node of the same value has the same location, or that of a branch.
        required = frozenset() if below.startswith("/") else self._required
        location = self.location + below
        self._inner.append(Node(self._document, self._operation, pointer, location, self._above, tag, required))
        return self._inner[-1]

    def _compile(self, schema: dict[str, Any], tag: str) -> None:
        union = self._document.unions.get(self._at)
        self._compile_choices(schema)
        for pointer in _conjuncts(self._at, schema):
            self._parts.append((lambda value: True, self._child(pointer, tag=tag), None))
        if union:
            self._compile_branches(union)
        else:
            self._compile_alternatives(schema)
        self._compile_conditions(schema)
        self._compile_properties(schema, union.tag if union else tag)
        self._declares = "properties" in schema
        self._open = bool({"additionalProperties", "unevaluatedProperties", "patternProperties"} & schema.keys())
        keyword = self._at + to_pointer("patternProperties")
        patterns = schema.get("patternProperties", ())
        self._patterns = {pattern: self._child(keyword + to_pointer(pattern), "/*") for pattern in patterns}
        additional = isinstance(schema.get("additionalProperties"), dict)
        self._additional = self._child(self._at + to_pointer("additionalProperties"), "/*") if additional else None
        places = [to_pointer(index) for index in range(len(schema.get("prefixItems", ())))]
        self._prefix = [self._child(self._at + to_pointer("prefixItems") + place, place) for place in places]
        has_items = schema.get("items", False) is not False
        self._items = self._child(self._at + to_pointer("items"), "/*") if has_items else None

    def _compile_choices(self, schema: dict[str, Any]) -> None:
        # A listed value that the schema's other keywords rule out is promised by no one, nor is a type without any.
        listed = {identity(value): value for value in schema.get("enum", ()) if self._is_valid(self._at, value)}
        if listed:
            texts = {key: value if isinstance(value, str) else text_of(value) for key, value in listed.items()}
            self._choices.append((identity, {key: self._promise("value", text) for key, text in texts.items()}))
        types = schema.get("type")
        if "enum" in schema and isinstance(types, list):
            kinds = {json_type(value) for value in listed.values()}
            types = [name for name in types if name in kinds or (name == "number" and "integer" in kinds)]
        if isinstance(types, list) and len(types) > 1:
            typed = {name: self._promise("alternative", name) for name in types}
            if "number" in typed:
                typed.setdefault("integer", typed["number"])
            self._choices.append((json_type, typed))
        for kind, which, test in single_tests(schema):
            self._choices.append((test, {True: self._promise(kind, which)}))

    def _compile_branches(self, union: Union) -> None:
        for branch in union.tagged:
            for tag in branch.tags:
                feature = self._promise("branch", tag, to_pointer(union.tag))
                node = self._child(branch.target, f"[{tag}]", union.tag)
                self._parts.append((partial(_claims, union.tag, tag), node, feature))

    def _compile_alternatives(self, schema: dict[str, Any]) -> None:
        for keyword in ("anyOf", "oneOf"):
            for index in range(len(schema.get(keyword, ()))):
                target = self._at + to_pointer(keyword, index)
                feature = self._promise("alternative", self._name(target))
                self._parts.append((partial(self._is_valid, target), self._child(target), feature))

    def _compile_conditions(self, schema: dict[str, Any]) -> None:
        holds = partial(self._is_valid, self._at + to_pointer("if"))
        for keyword, applies in (("then", holds), ("else", lambda value: not holds(value))):
            if "if" in schema and keyword in schema:
                self._parts.append((applies, self._child(self._at + to_pointer(keyword)), None))
        for name in schema.get("dependentSchemas", ()):
            node = self._child(self._at + to_pointer("dependentSchemas", name))
            self._parts.append((partial(_has, name), node, None))

    def _compile_properties(self, schema: dict[str, Any], tag: str) -> None:
        required = {*self._required, tag}
        for name in schema.get("properties", ()):
            below, sides = to_pointer(name), ("present", "absent")
            present, absent = (None if name in required else self._promise(side, below=below) for side in sides)
            node = None if name == tag else self._child(self._at + to_pointer("properties", name), below)
            self._properties[name] = present, absent, node

    def _is_valid(self, pointer: str, value: Any) -> bool:
        return compiled(self._document).is_valid(pointer, value)

    def _name(self, pointer: str) -> str:
        at, schema = self._document.resolve(pointer)
        kind = schema.get("type") if isinstance(schema, dict) else None
        if at.startswith("#/components/schemas/") and at.count("/") == 3:
            return at.rsplit("/", 1)[1]
        return kind if isinstance(kind, str) else text_of(schema)

    def walk(self, value: Any, shown: Shown) -> None:
        """Collect the features of a value and everything in it; the node is the whole schema of the value."""
        whole = _Whole(shown, self.location)
        self.see(value, whole)
        if isinstance(value, dict) and whole.declared and not whole.open:
            extra = (name for name in value if not any(name in names for names in whole.declared))
            shown.undeclared += [whole.location + to_pointer(name) for name in extra]

    def see(self, value: Any, whole: _Whole) -> None:
        """Collect the features of a value; the node is that of one of the schemas which apply to it."""
        for choose, features in self._choices:
            if seen := features.get(choose(value)):
                whole.shown.found.add(seen)
        for applies, node, feature in self._parts:
            if applies(value):
                if feature:
                    whole.shown.found.add(feature)
                    # Only a branch has a location of its own.
                    whole.location = node.location if feature.kind == "branch" else whole.location
                node.see(value, whole)
        if isinstance(value, dict):
            self._see_object(value, whole)
        elif isinstance(value, list):
            self._see_array(value, whole.shown)

    def _see_object(self, value: dict[str, Any], whole: _Whole) -> None:
        whole.open |= self._open
        if self._declares:
            whole.declared.append(self._properties)
        for name, (present, absent, node) in self._properties.items():
            seen = present if name in value else absent
            if seen:
                whole.shown.found.add(seen)
            if node and name in value:
                node.walk(value[name], whole.shown)
        for name, item in value.items() if self._patterns or self._additional else ():
            meant = [node for pattern, node in self._patterns.items() if matches_pattern(pattern, name)]
            if not meant and self._additional and name not in self._properties:
                meant = [self._additional]
            for node in meant:
                node.walk(item, whole.shown)

    def _see_array(self, value: list[Any], shown: Shown) -> None:
        for node, item in zip(self._prefix, value, strict=False):
            node.walk(item, shown)
        if self._items:
            for item in value[len(self._prefix) :]:
                self._items.walk(item, shown)


def _conjuncts(pointer: str, schema: dict[str, Any]) -> list[str]:
    """Return the pointers of the schemas that always apply to the same value."""
    references = [schema["$ref"]] if "$ref" in schema else []
    return references + [pointer + to_pointer("allOf", index) for index in range(len(schema.get("allOf", ())))]


def _required(document: Document, pointer: str) -> frozenset[str]:
    """Return the properties that a schema requires, in itself or in those that always apply to the same value."""
    at, schema = document.resolve(pointer)
    if not isinstance(schema, dict):
        return frozenset()
    inner = (_required(document, conjunct) for conjunct in _conjuncts(at, schema))
    return frozenset(schema.get("required", ())).union(*inner)


def _claims(tag: str, claimed: str, value: Any) -> bool:
    return isinstance(value, dict) and value.get(tag) == claimed


def _has(name: str, value: Any) -> bool:
    return isinstance(value, dict) and name in value


MAX_UNDECLARED: Final = 50
"""The number of undeclared properties of one response that are reported."""


@dataclass(frozen=True, slots=True)
class ObservedFeatures:
    """The features that one response shows: those that the document promises, and `undeclared` ones."""

    promised: frozenset[Feature]
    undeclared: tuple[Feature, ...]


@lru_cache(maxsize=16)
def promised_features(operation: Operation) -> tuple[Feature, ...]:
    """Return every feature that the operation promises and a response can show, in the document's order."""
    found: dict[Feature, None] = {}
    for spec in operation.responses:
        found[Feature(operation.path, "status", "status", spec.status)] = None
        for schema in judged_schemas(operation, spec):
            tree = _tree(operation, spec.status, schema)
            found.update(dict.fromkeys((*tree.features, *tree.pairs.values())))
    return tuple(found)


def features_of(operation: Operation, parsed: ParsedResponse, status: int) -> ObservedFeatures:
    """Return the features that a response of this status shows. Equal responses are walked once."""
    known = _OBSERVED.get(parsed)
    if known is None:
        known = _OBSERVED[parsed] = _observed(operation, parsed, status)
    return known


# Equal responses share one ParsedResponse, so that its features live as long as it does.
_OBSERVED: Final[WeakKeyDictionary[ParsedResponse, ObservedFeatures]] = WeakKeyDictionary()


def _observed(operation: Operation, parsed: ParsedResponse, status: int) -> ObservedFeatures:
    spec = parsed.spec
    if spec is None:
        return ObservedFeatures(frozenset(), (Feature(operation.path, "status", "status", str(status)),))
    shown = Shown()
    if parsed.value is not UNREADABLE and parsed.schema:
        tree = _tree(operation, spec.status, parsed.schema)
        with suppress(RecursionError):  # The judge reports such a body as json.depth.
            tree.root.walk(parsed.value, shown)
        shown.found.update(tree.pairs_in(shown.found))
    shown.found.add(Feature(operation.path, "status", "status", spec.status))
    undeclared = dict.fromkeys(shown.undeclared[:MAX_UNDECLARED])
    extra = (Feature(operation.path, location, "extra") for location in undeclared)
    return ObservedFeatures(frozenset(shown.found), tuple(extra))


@dataclass(frozen=True, slots=True)
class _Tree:
    root: Node
    features: tuple[Feature, ...]
    pairs: dict[tuple[Feature, Feature], Feature]

    def pairs_in(self, found: set[Feature]) -> list[Feature]:
        """Return the pairs whose two sides are among the features found."""
        branches = [feature for feature in found if feature.kind == "branch"]
        choices = [feature for feature in found if feature.kind in ("branch", "value")] if branches else []
        return [self.pairs[pair] for one in branches for two in choices if (pair := (one, two)) in self.pairs]


@lru_cache(maxsize=64)
def _tree(operation: Operation, status: str, schema: str) -> _Tree:
    root = Node(operation.document, operation.path, schema, status, {})
    found = tuple(dict.fromkeys(root.features()))
    return _Tree(root, found, dict(_pairs(found)))


def _pairs(found: tuple[Feature, ...]) -> Iterator[tuple[tuple[Feature, Feature], Feature]]:
    """Yield every pair of a union's branch and a choice elsewhere in the same response.

    Choices inside arrays are left out, because one array shows many of them together.
    """
    choices = [feature for feature in found if feature.kind in ("branch", "value") and "/*" not in feature.location]
    for number, one in enumerate(choices):
        for two in choices[number + 1 :]:
            first, second = (one, two) if one.kind == "branch" else (two, one)
            if first.kind == "branch" and not _inside_one(first, second):
                location = f"{first.location} x {second.location}"
                feature = Feature(first.operation, location, "pair", f"{first.which} x {second.which}")
                yield (first, second), feature
                yield (second, first), feature


def _inside_one(branch: Feature, other: Feature) -> bool:
    """Return whether the two are choices of one union, or one union stands in a branch of the other."""
    union, others = (feature.location.rpartition("/")[0] for feature in (branch, other))
    same = branch.location == other.location
    return same or other.location.startswith(union + "[") or (other.kind == "branch" and union.startswith(others + "["))
