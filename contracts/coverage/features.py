"""Find the features that an operation promises, and those that one response shows.

Hides the tree that a schema is compiled into: every place of the response has its own node. A schema that contains
itself leads back to the node at which it was first met, so that the tree is finite although a value may be nested to
any depth. A value is credited to the branch that its tag claims, not to the branch's siblings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from contracts.coverage.shapes import Shape, Test, shape_of
from contracts.coverage.traces import Trace, trace_of
from contracts.judge import ParsedResponse, judged_schemas
from contracts.openapi import UNREADABLE, Document, Operation, ResponseSpec, matches_pattern, to_pointer


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

    `location` begins the locations of its features; for the whole body it is the status. `above` is the node around it.
    `tag` names the property that is counted as a branch, and not as a property. `required` are the properties that
    other schemas of the same value require.
    """

    __slots__ = (
        "_additional", "_choices", "_document", "_inner", "_is_compiled", "_items", "_operation", "_parts", "_patterns",
        "_prefix", "_promised", "_properties", "_required", "_tag", "above", "location", "shape",
    )  # fmt: skip

    def __init__(
        self,
        document: Document,
        operation: str,
        shape: Shape,
        location: str,
        above: Node | None = None,
        tag: str = "",
        required: frozenset[str] = frozenset(),
    ) -> None:
        self.location = location
        self.shape, self.above = shape, above
        self._document, self._operation = document, operation
        self._tag, self._required = tag, required
        self._is_compiled = False

    def _compile(self) -> None:
        """Make the nodes below: when a value comes here, for most of a large document is seldom met."""
        shape = self.shape
        self._is_compiled = True
        self._required |= shape.required
        self._promised: list[Feature] = []
        self._inner: list[Node] = []
        # Functions of a value, with the features by their results.
        self._choices = [
            (choice.of, {result: self._promise(*shown) for result, shown in choice.shows.items()})
            for choice in shape.choices
        ]
        # Functions that say whether a node applies to the same value, with the feature that this shows.
        self._parts: list[tuple[Test, Node, Feature | None]] = list(self._compile_parts(self._tag))
        self._properties = {
            name: self._compile_property(name, below, pointer, shape.union.tag if shape.union else self._tag)
            for name, below, pointer in shape.properties
        }
        self._patterns = [(pattern, self._child(pointer, "/*")) for pattern, pointer in shape.patterns]
        self._additional = self._child(shape.additional, "/*") if shape.additional else None
        self._prefix = [self._child(pointer, to_pointer(index)) for index, pointer in enumerate(shape.prefix)]
        self._items = self._child(shape.items, "/*") if shape.items else None

    def features(self) -> Iterator[Feature]:
        """Yield every feature of the tree, in the document's order; a feature may come twice."""
        if not self._is_compiled:
            self._compile()
        yield from self._promised
        for inner in self._inner:
            yield from inner.features()

    def _promise(self, kind: str, which: str = "", below: str = "") -> Feature:
        self._promised.append(Feature(self._operation, self.location + below, kind, which))
        return self._promised[-1]

    def _child(self, pointer: str, below: str = "", tag: str = "") -> Node:
        shape = shape_of(self._document, pointer)
        around: Node | None = self
        while around is not None:
            if around.shape is shape:
                return around
            around = around.above
        # A node of the same value has the same location, or that of a branch.
        required = frozenset() if below.startswith("/") else self._required
        location = self.location + below
        self._inner.append(Node(self._document, self._operation, shape, location, self, tag, required))
        return self._inner[-1]

    def _compile_parts(self, tag: str) -> Iterator[tuple[Test, Node, Feature | None]]:
        shape = self.shape
        for pointer in shape.conjuncts:
            yield _always, self._child(pointer, tag=tag), None
        for each in shape.branches:
            assert shape.union is not None
            feature = self._promise("branch", each.which, to_pointer(shape.union.tag))
            yield each.applies, self._child(each.pointer, f"[{each.which}]", shape.union.tag), feature
        for each in shape.alternatives:
            promised = self._promise(each.kind, each.which) if each.kind else None
            yield each.applies, self._child(each.pointer), promised

    def _compile_property(
        self, name: str, below: str, pointer: str, tag: str
    ) -> tuple[Feature | None, Feature | None, Node | None]:
        is_required = name in self._required or name == tag
        present, absent = (None if is_required else self._promise(side, below=below) for side in ("present", "absent"))
        return present, absent, None if name == tag else self._child(pointer, below)

    def walk(self, value: Any, shown: Shown) -> None:
        """Collect the features of a value and everything in it; the node is the whole schema of the value."""
        whole = _Whole(shown, self.location)
        self.see(value, whole)
        if isinstance(value, dict) and whole.declared and not whole.open:
            extra = (name for name in value if not any(name in names for names in whole.declared))
            shown.undeclared += [whole.location + to_pointer(name) for name in extra]

    def see(self, value: Any, whole: _Whole) -> None:
        """Collect the features of a value; the node is that of one of the schemas which apply to it."""
        if not self._is_compiled:
            self._compile()
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
        whole.open |= self.shape.is_open
        if self.shape.declares:
            whole.declared.append(self._properties)
        for name, (present, absent, node) in self._properties.items():
            seen = present if name in value else absent
            if seen:
                whole.shown.found.add(seen)
            if node and name in value:
                node.walk(value[name], whole.shown)
        for name, item in value.items() if self._patterns or self._additional else ():
            meant = [node for pattern, node in self._patterns if matches_pattern(pattern, name)]
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


def _always(value: Any) -> bool:
    return True


MAX_UNDECLARED: Final = 50
"""The number of undeclared properties of one response that are reported."""


@dataclass(frozen=True, slots=True)
class ObservedFeatures:
    """The features that one response shows: those that the document promises, and `undeclared` ones."""

    promised: frozenset[Feature]
    undeclared: tuple[Feature, ...]


@lru_cache(maxsize=1024)
def promised_features(operation: Operation) -> tuple[Feature, ...]:
    """Return every feature that the operation promises and a response can show, in the document's order."""
    found: dict[Feature, None] = {}
    for spec in operation.responses:
        found[Feature(operation.path, "status", "status", spec.status)] = None
        for schema in judged_schemas(operation, spec):
            features = _promised_by(operation, spec.status, schema)
            found.update(dict.fromkeys(features))
            if _are_combined(features):
                found.update(dict.fromkeys(_pairs(features)))
    return tuple(found)


def _promised_by(operation: Operation, status: str, schema: str) -> tuple[Feature, ...]:
    """Return the features that a body of the schema can show, each once and without pairs."""
    return tuple(dict.fromkeys(_root(operation, status, schema).features()))


def _root(operation: Operation, status: str, schema: str) -> Node:
    return Node(operation.document, operation.path, shape_of(operation.document, schema), status)


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
    if parsed.value is UNREADABLE or not parsed.schema:
        return _whole(operation, spec, Shown())
    tree = _tree(operation, spec.status, parsed.schema)
    try:
        trace = trace_of(operation.document, parsed.schema, parsed.value)
    except RecursionError:  # The judge reports such a body as json.depth.
        return _whole(operation, spec, Shown())
    if (known := tree.observed.get(trace)) is not None:
        return known
    shown = Shown()
    with suppress(RecursionError):
        tree.root.walk(parsed.value, shown)
    if tree.combines:
        shown.found.update(_pairs(shown.found))
    if len(tree.observed) >= MAX_TRACES:
        tree.observed.clear()
    found = tree.observed[trace] = _whole(operation, spec, shown)
    return found


def _whole(operation: Operation, spec: ResponseSpec, shown: Shown) -> ObservedFeatures:
    """Return what a body showed, and the status that it came with."""
    shown.found.add(Feature(operation.path, "status", "status", spec.status))
    undeclared = tuple(dict.fromkeys(shown.undeclared))[:MAX_UNDECLARED]
    extra = (Feature(operation.path, location, "extra") for location in undeclared)
    return ObservedFeatures(frozenset(shown.found), tuple(extra))


MAX_TRACES: Final = 4096
"""Of how many traces of one body the features are kept."""


@dataclass(frozen=True, slots=True)
class _Tree:
    root: Node
    combines: bool
    observed: dict[Trace, ObservedFeatures] = field(default_factory=dict)
    """The features by the trace of the values that showed them."""


@lru_cache(maxsize=1024)
def _tree(operation: Operation, status: str, schema: str) -> _Tree:
    return _Tree(_root(operation, status, schema), _are_combined(_promised_by(operation, status, schema)))


MAX_PAIRS: Final = 4096
"""The number of pairs that one body may promise; of more, none is promised."""


def _are_combined(features: Iterable[Feature]) -> bool:
    """Return whether a body with these features promises pairs: if there are any, and they are few."""
    choices = _choices(features)
    branches = sum(each.kind == "branch" for each in choices)
    return 0 < branches * len(choices) <= MAX_PAIRS


def _choices(features: Iterable[Feature]) -> list[Feature]:
    """Return the choices that are combined; those inside arrays are not, because one array shows many together."""
    return [each for each in features if each.kind in ("branch", "value") and "/*" not in each.location]


def _pairs(features: Iterable[Feature]) -> Iterator[Feature]:
    """Yield every pair of a union's branch and a choice elsewhere in the same response."""
    # In this order a pair has one name, wherever its two choices come from.
    choices = sorted(_choices(features))
    for number, one in enumerate(choices):
        for two in choices[number + 1 :]:
            first, second = (one, two) if one.kind == "branch" else (two, one)
            if first.kind == "branch" and not _inside_one(first, second):
                location = f"{first.location} x {second.location}"
                yield Feature(first.operation, location, "pair", f"{first.which} x {second.which}")


def _inside_one(branch: Feature, other: Feature) -> bool:
    """Return whether the two are choices of one union, or one union stands in a branch of the other."""
    union, others = (feature.location.rpartition("/")[0] for feature in (branch, other))
    same = branch.location == other.location
    return same or other.location.startswith(union + "[") or (other.kind == "branch" and union.startswith(others + "["))
