"""Walk over a schema and build one value. A Chooser decides at every fork: chance, or a covering set.

Hides how the steps of `build_plan` are carried out: recursion, undeclared properties, and values that do not fit. Every
drawn value is valid by two validators, jsonschema and jsonschema_rs. Hypothesis is imported when a strategy is made, so
that a mock server, which needs covering sets only, starts without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from math import inf
from typing import Final, Literal, NoReturn, Protocol

from contracts.openapi import Document, identity, to_pointer
from strategies.values.build_plan import step
from strategies.values.build_steps import Array, Fork, Guard, Object, Scalar, Step, Values
from strategies.values.node import Node
from strategies.values.scalars import JSON, Fits, Leaf
from strategies.values.schemas import Schemas

Kind = Literal["strong", "weak", "presence"]
"""The kind of a choice: the branch of a union or a value of an enum; presence of a property; anything else."""

PRESENCE: Final = ("absent", "present")

Choice = tuple[str, str]
"""The name of a place, and the option taken there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position of the walk: a name, the choices that led there, and the recursive schemas entered on the way.

    At a `small` place the walk takes the least value, because recursion has gone deep enough.
    """

    name: str = ""
    given: tuple[Choice, ...] = ()
    entered: tuple[str, ...] = ()
    small: bool = False

    def inside(self, name: str, *given: Choice) -> Place:
        """Return the place of a part of the value."""
        return Place(self.name + to_pointer(name), (*self.given, *given), self.entered, self.small)

    def aside(self, what: str) -> Place:
        """Return the place of a choice about the value, such as its length."""
        return Place(f"{self.name}<{what}>", self.given, self.entered, self.small)

    def chosen(self, option: str) -> Place:
        """Return the same place after the option is taken."""
        return Place(f"{self.name}<{option}>", (*self.given, (self.name, option)), self.entered, self.small)


class Chooser(Protocol):
    """Decide at every fork of a walk."""

    attempts: int
    """How often a node is built before its values that do not fit end the attempt."""
    recursion: int
    """How often a schema may be entered inside itself."""
    fair: bool
    """Whether the branches not taken of a union that is the whole value are built as well, and dropped."""

    @property
    def is_full(self) -> bool:
        """Whether the value has so many choices that the rest of it is to be the least."""

    def pick(self, kind: Kind, place: Place, options: Sequence[str]) -> int:
        """Return the index of the option to take; there are at least two."""

    def leaf(self, place: Place, leaf: Leaf, fits: Fits | None) -> JSON:
        """Return a value of the leaf that fits."""

    def rarely(self, place: Place) -> bool:
        """Return whether to add an undeclared property that the schema does not mention."""

    def mark(self) -> object:
        """Return the state of the choices made so far, for `undo`."""

    def undo(self, mark: object) -> None:
        """Forget the choices made since the mark, because they led to no fitting value."""

    def reject(self, place: Place) -> NoReturn:
        """Give up the whole value, because no part that fits was found at the place."""


@lru_cache(maxsize=16)
def walk_of(document: Document) -> Walk:
    """Return the document's walk, made once: its operations share schemas, and what is known of them."""
    return Walk(document)


class Walk:
    """Build values of one document's schemas. Results about a schema are kept for the next value.

    `step(node)` is how a value of the node is built; it raises Unsatisfiable if there is none.
    """

    def __init__(self, document: Document) -> None:
        self.schemas = Schemas(document)
        self.step: Callable[[Node], Step] = cache(partial(step, self.schemas))
        self._recursive: Callable[[Node], tuple[str, ...]] = cache(self._recursive_places)

    def node(self, pointer: str) -> Node:
        """Return the node of the schema at a JSON pointer; raise LookupError if there is none."""
        return (self.schemas.at(pointer),)

    def build(self, node: Node, chooser: Chooser, place: Place) -> JSON:
        """Build one value of the node; raise Unsatisfiable if there is none."""
        place = self._entering(node, chooser, place)
        match self.step(node):
            case Scalar(leaf, fits):
                return chooser.leaf(place, leaf, fits)
            case Values(values, strong):
                labels = [json.dumps(value) for value in values]
                # The values belong to the document, and a fault changes the answer that it is given, so copy them.
                return deepcopy(values[_pick(chooser, "strong" if strong else "weak", place, labels)])
            case Fork() as fork:
                return self._fork(fork, chooser, place)
            case Guard(inner, fits):
                return _fitting(partial(self.build, inner, chooser, place), fits, chooser, place)
            case Object() as shape:
                return _fitting(partial(self._object, shape, chooser, place), shape.fits, chooser, place)
            case Array() as shape:
                return _fitting(partial(self._array, shape, chooser, place), shape.fits, chooser, place)

    def _entering(self, node: Node, chooser: Chooser, place: Place) -> Place:
        entered = self._recursive(node)
        if not entered and not chooser.is_full:
            return place
        small = (
            place.small
            or chooser.is_full
            or any(place.entered.count(pointer) > chooser.recursion for pointer in entered)
        )
        return Place(place.name, place.given, (*place.entered, *entered), small)

    def _recursive_places(self, node: Node) -> tuple[str, ...]:
        pointers = (part.pointer for part in self.schemas.flat(node))
        return tuple(pointer for pointer in pointers if pointer and self.schemas.recursive(pointer))

    def _fork(self, fork: Fork, chooser: Chooser, place: Place) -> JSON:
        if place.small:
            return self.build(min(fork.nodes, key=self.height), chooser, place)
        index = _pick(chooser, "strong" if fork.strong else "weak", place, fork.labels)
        if place.name or not (fork.strong and chooser.fair):
            return self.build(fork.nodes[index], chooser, place.chosen(fork.labels[index]))
        branches = zip(fork.nodes, fork.labels, strict=True)
        return [self.build(node, chooser, place.chosen(label)) for node, label in branches][index]

    def _object(self, shape: Object, chooser: Chooser, place: Place) -> dict[str, JSON]:
        value: dict[str, JSON] = {}
        count = len(shape.required)
        left = len(shape.properties) - count
        for name, node in shape.properties:
            inside = place.inside(name)
            if name not in shape.required:
                # Presence is decided next to the value, so that Hypothesis shrinks both away together.
                present = self._present(shape, count, left, chooser, place.inside(name + "?"))
                left -= 1
                if not present:
                    continue
                count += 1
                inside = place.inside(name, (place.inside(name + "?").name, PRESENCE[1]))
            value[name] = self.build(node, chooser, inside)
        for _ in range(self._extra_count(shape, count, chooser, place)):
            self._add_extra(shape, value, chooser, place)
        return value

    def _present(self, shape: Object, count: int, left: int, chooser: Chooser, place: Place) -> bool:
        """Decide whether to add an optional property to `count` others, while `left` are still undecided."""
        if shape.most is not None and count >= shape.most:
            return False
        if not shape.extras and count + left <= shape.fewest:
            return True
        return not place.small and bool(_pick(chooser, "presence", place, PRESENCE))

    def _add_extra(self, shape: Object, value: dict[str, JSON], chooser: Chooser, place: Place) -> None:
        index = _pick(chooser, "weak", place.aside("extra"), [str(i) for i in range(len(shape.extras))])
        extra = shape.extras[index]
        taken = {*value, *(name for name, _ in shape.properties)}
        build_name = partial(self.build, extra.names, chooser, place.aside("name"))
        name = _attempted(build_name, lambda name: name not in taken, chooser)
        if name is not _NOTHING:
            value[name] = self.build(extra.values, chooser, place.aside(f"extra {index}"))

    def _extra_count(self, shape: Object, count: int, chooser: Chooser, place: Place) -> int:
        fewest = max(0, shape.fewest - count)
        most = inf if shape.most is None else shape.most - count
        if not shape.extras or place.small or most <= 0:
            return fewest
        if not shape.listed:
            return max(fewest, int(chooser.rarely(place)))
        counts = [number for number in (fewest, fewest + 1, fewest + 2) if number <= most]
        return counts[_pick(chooser, "weak", place.aside("extras"), [str(number) for number in counts])]

    def _array(self, shape: Array, chooser: Chooser, place: Place) -> list[JSON]:
        lengths = [str(length) for length in shape.lengths]
        count = place.aside("length")
        index = 0 if place.small else _pick(chooser, "weak", count, lengths)
        given = ((count.name, lengths[index]),) if len(lengths) > 1 else ()
        items: list[JSON] = []
        for number in range(shape.lengths[index]):
            node = shape.items[min(number, len(shape.items) - 1)]
            # Prefix items have places of their own, while all items behind them share one.
            label = str(number) if number < len(shape.items) - 1 else "-"
            item = self._item(node, items if shape.unique else [], chooser, place.inside(label, *given))
            if item is not _NOTHING:
                items.append(item)
        return items

    def _item(self, node: Node, others: list[JSON], chooser: Chooser, place: Place) -> JSON:
        """Build an item unlike the others; `_NOTHING` after some attempts, so that the array stays shorter."""
        taken = {identity(other) for other in others}
        build = partial(self.build, node, chooser, place)
        return _attempted(build, lambda item: identity(item) not in taken, chooser)

    def height(self, node: Node, above: tuple[Node, ...] = ()) -> float:
        """Return how deep the least value of the node is nested; infinite if it would have to hold itself."""
        if node in above:
            return inf
        above = (*above, node)
        match self.step(node):
            case Fork(nodes=nodes):
                return min(self.height(inner, above) for inner in nodes)
            case Guard(inner):
                return self.height(inner, above)
            case Object() as shape:
                inside = [inner for name, inner in shape.properties if name in shape.required]
            case Array() as shape:
                inside = list(shape.items[: shape.lengths[0]])
            case _:
                return 0
        return 1 + max((self.height(inner, above) for inner in inside), default=0)


_NOTHING: Final = object()


def _pick(chooser: Chooser, kind: Kind, place: Place, options: Sequence[str]) -> int:
    return chooser.pick(kind, place, options) if len(options) > 1 else 0


def _fitting(build: Callable[[], JSON], fits: Fits | None, chooser: Chooser, place: Place) -> JSON:
    value = _attempted(build, fits, chooser) if fits else build()
    return value if value is not _NOTHING else chooser.reject(place)


def _attempted(build: Callable[[], JSON], is_wanted: Fits, chooser: Chooser) -> JSON:
    """Return the first wanted one of some values that are built; `_NOTHING` if none is."""
    for _ in range(chooser.attempts):
        mark = chooser.mark()
        value = build()
        if is_wanted(value):
            return value
        chooser.undo(mark)
    return _NOTHING
