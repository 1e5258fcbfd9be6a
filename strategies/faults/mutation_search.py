"""Find values that break one keyword of a schema and keep everything else.

A keyword's own change of a value is tried first; failing that, a value is built of the schema with the keyword negated.
jsonschema is asked whether the other keywords are kept. Hides that search.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from contracts.openapi import INTEGERS
from strategies.faults.mutations import NOTHING, Change
from strategies.faults.schema_locations import Site, places
from strategies.values import Node, Unsatisfiable, Walk, covering_node, put

UNDECLARED: Final = "zz-undeclared"
"""The name of a property that no document declares."""

MAX_BUILT: Final = 6
"""How many values are built at most to find one that breaks a keyword and nothing else."""


@dataclass(frozen=True, slots=True)
class SchemaMutation:
    """A way to break one rule of a schema by a change of the whole value.

    `name` says where and how, for the names of faults. `place` is a JSON pointer with `*` for the index of an item and
    for a name that no document declares.
    """

    name: str
    rule: str
    place: str
    change: Change


Breaks = Callable[[Site, str, Any], Iterator[SchemaMutation]]
"""Yields the mutations that break a keyword of a site's schema, given the keyword and its value."""

SAMPLES: Final[dict[str, Any]] = {
    "null": None,
    "boolean": True,
    "integer": 5,
    "number": 1.5,
    "string": "text",
    "array": [],
    "object": {},
}
"""JSON type to a value of it."""


def mutation(site: Site, keyword: str, what: str, change: Change, rule: str = "", inside: str = "") -> SchemaMutation:
    """Return the mutation of a keyword, at the site or at a JSON pointer `inside` its values.

    `what` distinguishes it from the keyword's other mutations; the rule is the keyword's unless another is given. It
    changes the first value of the site that has something to break.
    """

    def changed(value: Any) -> Any:
        broken = ((path, change(part)) for path, part in places(value, site.steps))
        return next((put(value, path, new) for path, new in broken if new is not NOTHING), NOTHING)

    return SchemaMutation(f"{site.name}{inside} {what}", rule or f"schema.{keyword}", site.place + inside, changed)


def replaced(new: Any) -> Change:
    """Return the change of any value into this one."""
    return lambda value: new


Keywords = tuple[str | None, ...]
"""Keywords that a value may break; None stands for a `false` schema."""


def sound(site: Site, broken: Keywords, candidates: Iterable[Any]) -> Iterator[Any]:
    """Yield the candidates that break one or more of the `broken` keywords and no other one."""
    for candidate in candidates:
        found = site.walk.schemas.broken_keywords(site.node, candidate)
        if found and found <= set(broken):
            yield candidate


def first_sound(site: Site, broken: Keywords, candidates: Callable[[Any], Iterable[Any]]) -> Change:
    """Return the change of a value into the first sound one of the candidates that are made of it."""
    return lambda value: next(sound(site, broken, candidates(value)), NOTHING)


def built(site: Site, node: Node, value: Any) -> Iterator[Any]:
    """Yield values of a node; an object keeps as many properties of the given value as possible."""
    for made in some_values(site.walk, node):
        if isinstance(made, dict) and isinstance(value, dict):
            yield from ({**made, **value}, {**value, **made})
        yield made


@lru_cache(maxsize=1024)
def some_values(walk: Walk, node: Node) -> tuple[Any, ...]:
    """Return at most `MAX_BUILT` values of a node; empty if it has none, or none is found."""
    try:
        return covering_node(walk, node, MAX_BUILT)
    except Unsatisfiable:
        return ()


def built_if_feasible(site: Site, keyword: str, what: str, node: Node, rule: str = "") -> Iterator[SchemaMutation]:
    """Yield the mutation into a value of the node that breaks the keyword alone, unless the node can have no value."""
    if site.walk.schemas.feasible(node):
        yield mutation(site, keyword, what, first_sound(site, (keyword,), partial(built, site, node)), rule)


def _beyond(name: str, least: int, greatest: int) -> dict[str, int]:
    """Return the values just beyond the limits of a format of integers, by what is wrong with them."""
    bits = f"{int(name.removeprefix('u').removeprefix('int')) + 1} bits"
    return {bits: greatest + 1, f"negative, {bits}" if least else "negative": least - 1}


INTEGER_FLAWS: Final = {name: _beyond(name, *limits) for name, limits in INTEGERS.items()}
"""Format of integers to values that are not of it, by what is wrong with them."""
