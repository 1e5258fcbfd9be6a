"""Reduce a value to its trace: all that the features of the value depend on, and little else.

Two values with equal traces show the same features, so that one of them need be walked. A trace is ten times cheaper
than the walk. Hides the tree of tracers, of which every schema has one, wherever it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from contracts.coverage.shapes import Choice, Shape, Test, shape_of
from contracts.openapi import Document, identity, matches_pattern

Trace = Hashable

MAX_PLANS: Final = 256
"""For how many sets of property names the way through an object is kept, of each schema."""


def trace_of(document: Document, pointer: str, value: Any) -> Trace:
    """Return the trace of a value of the schema at the pointer; raises RecursionError if it is nested too deeply."""
    return tracer_of(document, pointer).trace(value)


def tracer_of(document: Document, pointer: str) -> Tracer:
    """Return the tracer of the schema at the pointer, for who traces many values of it."""
    return _tracer(document, shape_of(document, pointer))


@lru_cache(maxsize=65_536)
def _tracer(document: Document, shape: Shape) -> Tracer:
    return Tracer(document, shape)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The way through objects with the same property names: what these names show, and the properties to look into."""

    shown: Hashable
    traced: tuple[tuple[str, Callable[[Any], Trace]], ...]


class Tracer:
    """Traces the values of one schema; how is found out when the first value comes, for a schema may hold itself."""

    __slots__ = (
        "_additional", "_branches", "_choices", "_conditional", "_conjuncts", "_document", "_is_ready", "_items",
        "_patterns", "_plans", "_prefix", "_properties", "_shape", "trace",
    )  # fmt: skip

    def __init__(self, document: Document, shape: Shape) -> None:
        self._document, self._shape, self._is_ready = document, shape, False
        self.trace: Callable[[Any], Trace] = self._trace_first
        """Returns the trace of a value; every step in it tells which steps follow.

        It raises RecursionError if the value is nested too deeply.
        """

    def _at(self, pointer: str) -> Tracer:
        return tracer_of(self._document, pointer)

    def _trace_first(self, value: Any) -> Trace:
        shape = self._shape
        self._choices = [_chosen(choice) for choice in shape.choices]
        self._conjuncts = [self._at(pointer) for pointer in shape.conjuncts]
        self._branches = {each.which: self._at(each.pointer) for each in shape.branches}
        self._conditional: list[tuple[Test, Tracer]] = [
            (each.applies, self._at(each.pointer)) for each in shape.alternatives
        ]
        self._properties = {name: self._at(pointer) for name, _, pointer in shape.properties}
        self._patterns = [(pattern, self._at(pointer)) for pattern, pointer in shape.patterns]
        self._additional = self._at(shape.additional) if shape.additional else None
        self._prefix = [self._at(pointer) for pointer in shape.prefix]
        self._items = self._at(shape.items) if shape.items else None
        self._plans: dict[tuple[str, ...], _Plan] = {}
        self.trace = self._way(value)
        self._is_ready = True
        return self.trace(value)

    def way_for(self, value: Any) -> Callable[[Any], Trace]:
        """Return what traces values like this one, now and later: `trace` changes with the first of them."""
        if not self._is_ready:
            self.trace(value)
        return self.trace

    def _way(self, value: Any) -> Callable[[Any], Trace]:
        """Return the shortest way to a trace of values like this one."""
        inside = self._patterns or self._additional or self._prefix or self._items
        parts = (self._choices, self._conjuncts, self._conditional, self._branches, self._properties)
        present = [part for part in parts if part]
        if inside or len(present) != 1 or (self._shape.declares and not self._properties):
            return self._trace_all
        if self._properties:
            return self._trace_properties
        if self._branches:
            return self._trace_branch
        if self._choices and len(self._choices) == 1:
            return self._choices[0]
        if self._conjuncts and len(self._conjuncts) == 1:
            return self._conjuncts[0].way_for(value)
        return self._trace_all

    @property
    def shows_nothing(self) -> bool:
        """Whether all values are alike by this schema."""
        shape = self._shape
        choosing = (*shape.choices, *shape.conjuncts, *shape.branches, *shape.alternatives)
        holding = (*shape.properties, *shape.patterns, *shape.prefix, shape.additional or shape.items)
        return not (choosing or any(holding) or shape.declares)

    def _trace_properties(self, value: Any) -> Trace:
        if not isinstance(value, dict):
            return None
        names = tuple(value)
        plan = self._plans.get(names) or self._plan(names, value)
        if not plan.traced:
            return plan.shown
        return plan.shown, *[trace(value[name]) for name, trace in plan.traced]

    def _trace_branch(self, value: Any) -> Trace:
        assert self._shape.union
        return self._branch(value, value.get(self._shape.union.tag)) if isinstance(value, dict) else None

    def _trace_all(self, value: Any) -> Trace:
        steps: list[Hashable] = [choose(value) for choose in self._choices]
        steps += [tracer.trace(value) for tracer in self._conjuncts]
        for applies, tracer in self._conditional:
            steps.append((tracer.trace(value),) if applies(value) else None)
        if isinstance(value, dict):
            if self._shape.union:
                steps.append(self._branch(value, value.get(self._shape.union.tag)))
            self._see_object(value, steps)
        elif isinstance(value, list):
            self._see_array(value, steps)
        return tuple(steps)

    def _branch(self, value: dict[str, Any], tag: Any) -> Trace:
        branch = self._branches.get(tag) if isinstance(tag, str) else None
        return (tag, branch.trace(value)) if branch else None

    def _see_object(self, value: dict[str, Any], steps: list[Hashable]) -> None:
        if self._properties:
            steps.append(self._trace_properties(value))
        elif self._shape.declares and not self._shape.is_open:
            steps.append(("names", *value))
        if self._patterns or self._additional:
            steps.append(("members", *dict.fromkeys(self._member(*member) for member in value.items())))

    def _plan(self, names: tuple[str, ...], value: dict[str, Any]) -> _Plan:
        present = tuple(name in names for name in self._properties)
        is_open = self._shape.is_open
        extra = () if is_open else tuple(name for name in names if name not in self._properties)
        traced = [(name, tracer) for name, tracer in self._properties.items() if name in names]
        telling = [(name, tracer) for name, tracer in traced if not tracer.shows_nothing]
        plan = _Plan((present, extra), tuple((name, tracer.way_for(value[name])) for name, tracer in telling))
        if len(self._plans) < MAX_PLANS:
            self._plans[names] = plan
        return plan

    def _member(self, name: str, item: Any) -> Hashable:
        """Return which schemas apply to a property without a declared name, and its trace by each."""
        meant = [number for number, (pattern, _) in enumerate(self._patterns) if matches_pattern(pattern, name)]
        if not meant and self._additional and name not in self._properties:
            return self._additional.trace(item)
        return tuple((number, self._patterns[number][1].trace(item)) for number in meant)

    def _see_array(self, value: list[Any], steps: list[Hashable]) -> None:
        if self._prefix:
            steps += ["prefix", *(tracer.trace(item) for tracer, item in zip(self._prefix, value, strict=False))]
        if self._items:
            # Alike items show alike features, however many there are; the order is that in which they come first.
            steps.append(("items", *dict.fromkeys(map(self._items.trace, value[len(self._prefix) :]))))


def _chosen(choice: Choice) -> Callable[[Any], Hashable]:
    """Return the choice as a function whose results are few: None for all that shows no feature."""
    if choice.of is not identity:
        shows, of = choice.shows, choice.of

        def result(value: Any) -> Hashable:
            found = of(value)
            return found if found in shows else None

        return result
    texts = {which: which for key, (_, which) in choice.shows.items() if key.startswith('"')}
    rest = {key: which for key, (_, which) in choice.shows.items() if not key.startswith('"')}

    def listed(value: Any) -> Hashable:
        if isinstance(value, str):
            return texts.get(value)
        return ("not text", rest.get(identity(value))) if rest else None

    return listed
