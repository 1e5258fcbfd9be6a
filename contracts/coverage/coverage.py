"""Find the features that an operation promises, and those that one response shows.

Hides how features are paired. A value is credited to the branch that its tag claims, not to the branch's siblings.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from contracts.coverage.features import Feature, Node, Shown
from contracts.judge import ParsedResponse
from contracts.openapi import UNREADABLE, Operation

MAX_UNDECLARED: Final = 50
"""The number of undeclared properties of one response that are reported."""


@dataclass(frozen=True, slots=True)
class ObservedFeatures:
    """The features that one response shows: those that the document promises, and `undeclared` ones."""

    promised: frozenset[Feature]
    undeclared: tuple[Feature, ...]


@functools.lru_cache(maxsize=16)
def promised_features(operation: Operation) -> tuple[Feature, ...]:
    """Return every feature that the operation promises and a response can show, in the document's order."""
    found: dict[Feature, None] = {}
    for spec in operation.responses:
        found[Feature(operation.path, "status", "status", spec.status)] = None
        for schema in spec.content.values():
            if schema:
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


@functools.lru_cache(maxsize=64)
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
