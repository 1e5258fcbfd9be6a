"""What a document promises that can be seen in its answers, and which of it one answer shows.

A value is credited to the branch that its tag claims, not to the branch's siblings.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from contracts.checks import Reading
from contracts.document import Operation
from contracts.features import Feature, Grower, Node, Walker, features
from contracts.json_text import UNREADABLE

EXTRAS: Final = 50
"""How many undeclared properties of one answer are told."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one answer shows: of the features that are promised, and beyond them."""

    promised: frozenset[Feature]
    undeclared: tuple[Feature, ...]


@functools.lru_cache(maxsize=16)
def promised(operation: Operation) -> tuple[Feature, ...]:
    """Everything the document promises that an answer can show, in the document's order."""
    found: dict[Feature, None] = {}
    for promise in operation.promises:
        found[Feature(operation.path, "status", "status", promise.status)] = None
        for schema in promise.content.values():
            if schema:
                tree = _tree(operation, promise.status, schema)
                found.update(dict.fromkeys((*tree.features, *tree.pairs.values())))
    return tuple(found)


def seen(operation: Operation, reading: Reading, status: int) -> Shown:
    """What one answer shows. Equal answers are walked once."""
    known = _SEEN.get(reading)
    if known is None:
        known = _SEEN[reading] = _shown(operation, reading, status)
    return known


# Kept as long as the reading is: equal answers are one reading.
_SEEN: Final[WeakKeyDictionary[Reading, Shown]] = WeakKeyDictionary()


def _shown(operation: Operation, reading: Reading, status: int) -> Shown:
    promise = reading.promise
    if promise is None:
        return Shown(frozenset(), (Feature(operation.path, "status", "status", str(status)),))
    walker = Walker(operation.document)
    if reading.value is not UNREADABLE and reading.schema:
        tree = _tree(operation, promise.status, reading.schema)
        with suppress(RecursionError):  # Told as json.depth.
            walker.walk(tree.root, reading.value)
        walker.found.update(tree.met(walker.found))
    walker.found.add(Feature(operation.path, "status", "status", promise.status))
    extra = (Feature(operation.path, place, "extra") for place in dict.fromkeys(walker.extra[:EXTRAS]))
    return Shown(frozenset(walker.found), tuple(extra))


@dataclass(frozen=True, slots=True)
class _Tree:
    root: Node
    features: tuple[Feature, ...]
    pairs: dict[tuple[Feature, Feature], Feature]

    def met(self, found: set[Feature]) -> list[Feature]:
        """The pairs whose two sides are among those found."""
        branches = [each for each in found if each.kind == "branch"]
        choices = [each for each in found if each.kind in ("branch", "value")] if branches else []
        return [self.pairs[pair] for one in branches for two in choices if (pair := (one, two)) in self.pairs]


@functools.lru_cache(maxsize=64)
def _tree(operation: Operation, status: str, schema: str) -> _Tree:
    root = Grower(operation.document, operation.path).grow(schema, status)
    found = tuple(dict.fromkeys(features(root)))
    return _Tree(root, found, dict(_pairs(found)))


def _pairs(found: tuple[Feature, ...]) -> Iterator[tuple[tuple[Feature, Feature], Feature]]:
    """Each branch of a union with each choice elsewhere in the same answer; not of items, of which there are many."""
    choices = [each for each in found if each.kind in ("branch", "value") and "/*" not in each.place]
    for number, one in enumerate(choices):
        for two in choices[number + 1 :]:
            first, second = (one, two) if one.kind == "branch" else (two, one)
            if first.kind == "branch" and not _inside_one(first, second):
                place = f"{first.place} x {second.place}"
                feature = Feature(first.operation, place, "pair", f"{first.which} x {second.which}")
                yield (first, second), feature
                yield (second, first), feature


def _inside_one(branch: Feature, other: Feature) -> bool:
    """Whether the two are choices of one union, or the other stands in a branch of this one, or holds it."""
    union, others = (each.place.rpartition("/")[0] for each in (branch, other))
    same = branch.place == other.place
    return same or other.place.startswith(union + "[") or (other.kind == "branch" and union.startswith(others + "["))
